"""The risk report: how well respondents are hidden among one another, before and after."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mspsurvey.publish.release.diversity import distinct, entropy
from mspsurvey.publish.release.public_file import PublicFile, sizes

BANDS = ((1, 1), (2, 4), (5, 9), (10, 24), (25, 99), (100, None))
"""Sizes of classes, as the report tells them."""


def risk_table(made: PublicFile) -> pd.DataFrame:
    """Give measures of risk, a row each, before and after.

    Returns
    -------
    DataFrame
        ``measure, before, after``: records, keys, classes, the smallest class, the share of
        records that are unique and that are in classes below k, and the chance of finding a
        known respondent by picking one of those alike, mean 1/f and largest 1/f.
    """
    before, after = sizes(made)
    rows = zip(_measures(before, made.plan.k), _measures(after, made.plan.k), strict=True)
    return pd.DataFrame(
        [(name, was, now) for (name, was), (_, now) in rows],
        columns=["measure", "before", "after"],
    )


def _measures(found: np.ndarray, k: int) -> Iterator[tuple[str, str]]:
    yield "records", f"{len(found):,}"
    yield "classes of records alike in all keys", f"{round((1 / found).sum()):,}"
    yield "records in the smallest class", f"{found.min():,}"
    yield "records that are unique", _percent((found == 1).mean())
    yield f"records in classes below {k}", _percent((found < k).mean())
    yield "chance to find a known respondent, mean", _percent((1 / found).mean())
    yield "chance to find a known respondent, highest", _percent((1 / found).max())


def size_table(made: PublicFile) -> pd.DataFrame:
    """Count the records by the size of their class, before and after."""
    before, after = sizes(made)
    return pd.DataFrame(
        [(_band(*b), _inside(before, *b), _inside(after, *b)) for b in BANDS],
        columns=["records alike", "before", "after"],
    )


def diversity_table(made: PublicFile) -> pd.DataFrame:
    """Tell how different the sensitive answers are among records that are alike.

    Returns
    -------
    DataFrame
        ``answer, classes kept, classes blanked, answers blanked, fewest, entropy``: of the
        classes that keep an answer the fewest different ones, and the smallest exp(H).
    """
    keys = made.keys.keys
    classes = keys.groupby(list(keys.columns), sort=False).ngroup()
    rows = []
    for name, (kept, lost) in made.sensitive.classes.items():
        answers = made.sensitive.answers[name]
        known = answers.groupby(classes).count().gt(0)
        fewest = distinct(answers, classes)[known].min() if known.any() else 0
        spread = entropy(answers, classes)[known].min() if known.any() else 0.0
        blanked = made.sensitive.blanked[name]
        rows.append((name, kept, lost, blanked, int(fewest), f"{spread:.2f}"))
    return pd.DataFrame(
        rows,
        columns=["answer", "classes kept", "classes blanked", "answers blanked", "fewest",
                 "entropy"],
    )  # fmt: skip


def risk_report(made: PublicFile, *, title: str, stamp: str) -> str:
    """Write the report in Markdown."""
    return "\n".join(_lines(made, title, stamp)) + "\n"


def _lines(made: PublicFile, title: str, stamp: str) -> Iterator[str]:
    plan = made.plan
    yield f"# Risk of the public-use file: {title}"
    if stamp:
        yield f"\n**{stamp}**"
    yield f"\nKeys, known to others: {', '.join(map(str, made.before.columns))}."
    yield f"Each record has at least {plan.k - 1} others that are alike in all of them"
    yield f"(k = {plan.k}); each sensitive answer that is given has at least {plan.l} different"
    yield f"values among these, and at least {plan.k} of them answered (l = {plan.l})."
    yield "\n## Records that are alike\n"
    yield from _markdown(risk_table(made))
    yield "\n"
    yield from _markdown(size_table(made))
    yield "\n## What was done\n"
    for step in made.keys.done:
        yield f"- Recoded: {step.words}."
    for name, count in made.keys.blanked.items():
        yield f"- Blanked: {count:,} values of {name}."
    for name, top in made.tops.items():
        yield f"- Cut off: {name} at {top:g}; two figures, and at least {plan.k} records a value."
    yield "- Weights: the mean of the records that are alike, three significant figures."
    yield "- Records: numbered anew, in the order of a keyed hash. Free text: none."
    if plan.sensitive:
        yield "\n## Sensitive answers\n"
        yield from _markdown(diversity_table(made))


def _markdown(table: pd.DataFrame) -> Iterator[str]:
    yield "| " + " | ".join(table.columns) + " |"
    yield "|" + "---|" * len(table.columns)
    for row in table.itertuples(index=False):
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _band(low: int, high: int | None) -> str:
    return f"{low} or more" if high is None else str(low) if low == high else f"{low} to {high}"


def _inside(found: np.ndarray, low: int, high: int | None) -> int:
    return int(((found >= low) & (found <= (high or np.inf))).sum())
