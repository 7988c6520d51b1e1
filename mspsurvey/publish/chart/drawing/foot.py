"""Foot of a chart: how the number was come by, how sure it is, and who paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.measure import drawable, printable, text_width, wrap
from mspsurvey.publish.chart.drawing.shapes import Run
from mspsurvey.publish.chart.fields import Fields

GUTTER = 44
GAP = 5
HEAD_GAP = 9
LINES = 14
"""Lines of one entry at the most: hostile or careless text must not push out the rest."""
STRENGTH = {"strong": "●●●", "moderate": "●●○", "limited": "●○○", "insufficient": "○○○"}


@dataclass(frozen=True)
class Entry:
    """Head and text of one entry, broken into lines."""

    head: str
    lines: tuple[str, ...]
    indent: float

    @property
    def height(self) -> float:
        """Height in CSS pixels, with the gap after it."""
        return len(self.lines) * theme.FOOT.leading + GAP


def entries(fields: Fields) -> list[tuple[str, str]]:
    """Head and text of each entry, in reading order; empty fields are left out."""
    n = f"n = {fields.n_unweighted:,} answers" if fields.n_unweighted else ""
    n_eff = f" (worth {fields.n_eff:,.0f} in effect)" if fields.n_eff and n else ""
    base = ". ".join(p for p in (_bare(fields.filter), f"{n}{n_eff}") if p)
    field_work = "; ".join(p for p in (_bare(fields.field_dates), fields.sample_type) if p)
    given = [
        ("Question", fields.question_text),
        ("Base", base),
        ("Weighted", fields.weighted),
        ("Fieldwork", field_work),
        ("Uncertainty", fields.uncertainty),
        ("Comparisons", fields.comparison_note),
        ("Caveats", _numbered(fields.caveats)),
        ("Strength of evidence", _strength(fields.strength)),
        ("Bears on", fields.direction),
        ("Definitions", fields.definition_version),
    ]
    return [(head, text) for head, text in given if text.strip()]


def closing(fields: Fields) -> list[tuple[str, str]]:
    """Entries that run over the whole width: source with sponsor, and code."""
    code = " · ".join(p for p in (fields.estimand_id, fields.code_ref) if p)
    return [(h, t) for h, t in (("Source", fields.source), ("Reproduce", code)) if t.strip()]


def set_foot(
    fields: Fields, *, left: float, right: float, top: float
) -> tuple[list[Run], float, float]:
    """Set the foot in two columns, and its last entries below them.

    Returns
    -------
    runs : list of Run
    rule : float
        Where a rule stands between columns and last entries.
    bottom : float
        Where the foot ends.
    """
    width = (right - left - GUTTER) / 2
    blocks = [_entry(h, t, width) for h, t in entries(fields)]
    split = _split([b.height for b in blocks])
    first, y_first = _column(blocks[:split], left, top)
    second, y_second = _column(blocks[split:], left + width + GUTTER, top)
    rule = max(y_first, y_second) + 6
    last, bottom = _column(
        [_entry(h, t, right - left) for h, t in closing(fields)], left, rule + 10
    )
    return [*first, *second, *last], rule, bottom


def _entry(head: str, text: str, width: float) -> Entry:
    size = theme.FOOT.size
    indent = text_width(head, size, bold=True) + HEAD_GAP
    words = drawable(printable(text))
    return Entry(head, wrap(words, width, size, most=LINES, indent=indent), indent)


def _column(blocks: Sequence[Entry], x: float, top: float) -> tuple[list[Run], float]:
    runs: list[Run] = []
    y = top
    size, leading = theme.FOOT.size, theme.FOOT.leading
    for block in blocks:
        runs.append(Run(x=x, y=y + size, text=block.head, size=size, bold=True))
        for i, line in enumerate(block.lines):
            indent = block.indent if i == 0 else 0
            if line:
                runs.append(
                    Run(
                        x=x + indent, y=y + size + i * leading, text=line, size=size,
                        colour=theme.MUTED,
                    )
                )  # fmt: skip
        y += block.height
    return runs, y


def _split(heights: Sequence[float]) -> int:
    """Where to break entries into two columns so that the taller one is lowest."""
    tallest = [max(sum(heights[:i]), sum(heights[i:])) for i in range(len(heights) + 1)]
    # The later of equals: the left column is the one to be full.
    return max(i for i, t in enumerate(tallest) if t == min(tallest))


def _strength(text: str) -> str:
    word = text.split(maxsplit=1)[0].strip(".,:;(").lower() if text.strip() else ""
    return f"{STRENGTH[word]} {text}" if word in STRENGTH else text


def _numbered(caveats: Sequence[str]) -> str:
    texts = [c.strip() for c in caveats if c.strip()]
    if len(texts) < 2:
        return "".join(texts)
    return " ".join(f"({i}) {_bare(c)}." for i, c in enumerate(texts, 1))


def _bare(text: str) -> str:
    return text.strip().rstrip(".")
