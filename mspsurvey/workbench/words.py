"""Words of a report: paragraphs filled with findings, differences, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mspsurvey.errors import PublicationError
from mspsurvey.evidence import phrase
from mspsurvey.evidence.finding import Finding
from mspsurvey.study_file import Source

_NUMBER = re.compile(r"[-−+~$£€]?[\d.,\s]+(%|percent|points)?")


class Contrast(str):
    """A difference in words, whose numbers are kept with a finding."""


def said(text: str, findings: Mapping[str, Finding | str]) -> str:
    """Fill the tokens of a paragraph, and refuse numbers that are no findings."""
    for name, value in findings.items():
        if not isinstance(value, Finding) and _NUMBER.fullmatch(str(value).strip()):
            raise PublicationError(
                f"A finding was wanted for '{name}': a report prints no other numbers.",
                f"It is {value!r}.",
                "Make it with report.find(…).",
            )
    filled = phrase.check_words(text.format(**findings))
    return filled[:1].upper() + filled[1:]


def show(text: str) -> None:
    """Show a paragraph of Markdown in the notebook."""
    from IPython.display import Markdown, display  # only in notebooks

    display(Markdown(text))  # type: ignore[no-untyped-call]


def difference_words(row: Mapping[str, Any], *, words: tuple[str, str], share: bool) -> Contrast:
    """Name a difference by the rule for wording, with its size where there is one."""
    named = phrase.compare_words(
        row["estimate"], row["low"], row["high"], words=words, share=share,
        sesoi=phrase.SESOI_SHARE if share else phrase.SESOI_SCALE,
    )  # fmt: skip
    if named.startswith("no clear"):
        return Contrast(named)
    return Contrast(f"{named}, by {size(row, share=share)}")


def size(row: Mapping[str, Any], *, share: bool) -> str:
    """Size of a difference, as "24 points (17 to 31)"; signs only where they differ."""
    scale = 100 if share else 1
    values = [scale * row[name] for name in ("estimate", "low", "high")]
    if values[1] >= 0 or values[2] <= 0:
        values = [abs(values[0]), *sorted(abs(v) for v in values[1:])]
    first, low, high = (
        (f"{v:.0f}" if share else phrase.number(v)).replace("-", "−") for v in values
    )
    return f"{first}{' points' if share else ''} ({low} to {high})"


def dates(source: Source) -> str:
    """Write the field dates as "3 August 2026 to 16 October 2026"."""
    start, end = source.field_start, source.field_end
    return f"{start.day} {start:%B %Y} to {end.day} {end:%B %Y}"


def cell() -> int:
    """Number of the code cell that runs, counted as Jupyter counts; 0 outside a notebook."""
    from IPython import get_ipython  # only in notebooks

    shell = get_ipython()
    return int(shell.execution_count) if shell is not None else 0
