"""How a banner is made: estimates by column, then protection, then letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.condition import Condition
from mspsurvey.errors import EstimateError
from mspsurvey.inference.banner.banner import TOTAL, Banner, Column, Letters
from mspsurvey.inference.banner.found import By, Found, found_cells
from mspsurvey.inference.banner.guard import protected, under_headings
from mspsurvey.inference.banner.letters import (
    Comparisons,
    adjust_rows,
    column_letters,
    compare_columns,
    lower_columns,
)
from mspsurvey.inference.banner.rows import LEVEL, MEAN, TICK, Block, Line, Nets, blocks
from mspsurvey.inference.design.coding import Bools
from mspsurvey.inference.estimator.asked import Interval
from mspsurvey.inference.result.estimate import NUMBERS, SUPPRESS, Estimates
from mspsurvey.inference.testing.base import label, require_choice
from mspsurvey.inference.testing.multiplicity import check_adjust
from mspsurvey.inference.testing.values import item_words
from mspsurvey.inference.variance.element_covariance import Covariances

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

FAMILIES = ("table", "row")


def banner(
    survey: Survey,
    rows: Sequence[str],
    columns: Sequence[str | Sequence[str]],
    *,
    nets: Nets | None = None,
    letters: bool = True,
    adjust: str | None = "holm",
    family: str = "table",
    alpha: float = 0.05,
    base: str | Mapping[str, str] | None = None,
    interval: str = "logit",
    confidence: float = 0.95,
) -> Banner:
    """Lay many items out by many columns; see ``Survey.banner``.

    Parameters
    ----------
    survey : Survey
    rows : sequence of str
        Items: shares of classifications, means of numbers; a question of several choices is
        one item.
    columns : sequence of str or of sequence of str
        Headings: a grouping variable each, or several crossed. A total comes first.
    nets : mapping, optional
        ``{"item": {"Top two": ["4", "5"]}}``; or ``{"Top two": ["4", "5"]}`` for every item
        that has those levels.
    letters : bool
        Whether columns under a heading are compared. A sample that people chose to be in has
        no letters.
    adjust : {"holm", "bh", "none"} or None
        How the number of comparisons is allowed for.
    family : {"table", "row"}
        Over which comparisons: all of the table, or those of one row under one heading.
    alpha : float
        Level of the comparisons.
    base : str or mapping, optional
        A rule that all rows are restricted to, or one by item.
    interval, confidence
        As for ``Survey.share``.

    Returns
    -------
    Banner
    """
    kind = check_adjust(adjust)
    require_choice("family", family, FAMILIES)
    survey = _at_hand(survey, rows, columns, base)
    everyone = survey.where(base) if isinstance(base, str) else survey
    made = blocks(everyone, rows, nets or {})
    rules = _rules(made, base)
    headings = _headings(everyone, columns)
    wanted = Interval(interval, confidence, "wor")
    found = found_cells(everyone, made, rules, headings, wanted)
    listed = _columns(everyone, headings)
    data = protected(_cells(made, listed, found), made, listed)
    told = None
    if letters and everyone.precision_kind != "none" and headings:
        above, count = _letters(data, made, listed, found, kind, family, alpha)
        data, told = data.assign(above=above), Letters(kind, family, alpha, count)
    source = next(iter(found[0].place.values()))[0]
    domains = {b.name: everyone.where(r).domain if (r := rules.get(b.name)) else everyone.domain
               for b in made}  # fmt: skip
    notes = _notes(made, rules)
    return Banner(data, tuple(made), tuple(listed), source, told, notes, domains=domains)


def _at_hand(
    survey: Survey,
    rows: Sequence[str],
    columns: Sequence[str | Sequence[str]],
    base: str | Mapping[str, str] | None,
) -> Survey:
    """Take home the columns of the table and of its bases, where they lie elsewhere."""
    headings = [c for by in columns for c in ([by] if isinstance(by, str) else by)]
    rules = [] if base is None else [base] if isinstance(base, str) else list(base.values())
    named = [n for rule in rules for n in sorted(Condition.parse(rule, where="base").names)]
    items = [column for row in rows for column in survey.columns_of([row])]
    return survey.at_hand(list(dict.fromkeys([*items, *headings, *named])))


def _rules(made: Sequence[Block], base: str | Mapping[str, str] | None) -> dict[str, str]:
    """Rule of each block that has its own."""
    rules = dict(base) if isinstance(base, Mapping) else {}
    names = {b.name for b in made}
    for name in rules:
        if name not in names:
            raise EstimateError(
                "A base of an item in the rows was wanted.", f"{name!r} is not in them."
            )
    return rules


def _headings(survey: Survey, columns: Sequence[str | Sequence[str]]) -> list[By]:
    if isinstance(columns, str):
        columns = [columns]
    headings = [(c,) if isinstance(c, str) else tuple(c) for c in columns]
    if len(set(headings)) < len(headings):
        raise EstimateError("Each heading may be named once.", f"They are {headings}.")
    for by in headings:
        survey.domains(by)
    return headings


def _columns(survey: Survey, headings: Sequence[By]) -> list[Column]:
    """Columns in order, with their letters."""
    columns = [Column((), (), "", TOTAL)]
    for by in headings:
        heading = " by ".join(item_words(survey, b) for b in by)
        for codes in survey.domains(by).combinations:
            words = [label(survey, b, c) for b, c in zip(by, codes, strict=True)]
            columns.append(Column(by, codes, heading, ", ".join(words)))
    names = iter(column_letters(len(columns) - 1))
    return [
        c if not c.by else Column(c.by, c.codes, c.heading, c.label, next(names)) for c in columns
    ]


def _cells(
    made: Sequence[Block], columns: Sequence[Column], found: Sequence[Found]
) -> pd.DataFrame:
    """Tidy table, by row, then column."""
    # Taking a column out of a frame is slow, and there are many lines.
    taken: dict[int, dict[str, NDArray[Any]]] = {}
    numbers: dict[str, list[Any]] = {name: [] for name in (*NUMBERS, "verdict", "why")}
    for line in (x for b in made for x in b.lines):
        for part in found:
            estimates, positions = part.place[line.item, line.level]
            if id(estimates) not in taken:
                taken[id(estimates)] = {k: estimates.data[k].to_numpy() for k in numbers}
            for name, values in numbers.items():
                values.append(taken[id(estimates)][name][positions])
    lines = [(b, x) for b in made for x in b.lines]
    width = len(columns)
    frame: dict[str, Any] = {
        "block": np.repeat([b.name for b, _ in lines], width),
        "item": np.repeat([x.item for _, x in lines], width),
        "level": np.repeat([x.level for _, x in lines], width),
        "kind": np.repeat([x.kind for _, x in lines], width),
        "column": np.tile([" & ".join(c.by) for c in columns], len(lines)),
        "group": np.tile([" & ".join(c.codes) for c in columns], len(lines)),
        "statistic": np.repeat(["mean" if x.kind == MEAN else "share" for _, x in lines], width),
    }
    frame |= {name: np.concatenate(values) for name, values in numbers.items()}
    frame["letter"] = np.tile([c.letter for c in columns], len(lines))
    return pd.DataFrame(frame).assign(above="")


def _letters(
    data: pd.DataFrame,
    made: Sequence[Block],
    columns: Sequence[Column],
    found: Sequence[Found],
    adjust: str,
    family: str,
    alpha: float,
) -> tuple[list[str], int]:
    """Letters of each cell, in the order of ``data``, and the number of comparisons."""
    width = len(columns)
    shown = data["verdict"].ne(SUPPRESS).to_numpy().reshape(-1, width)
    parts = under_headings(columns)
    lines = [(b, x) for b in made for x in b.lines]
    covariances = Covariances()
    rows = [
        [
            _compared(
                covariances,
                part.place[line.item, line.level],
                shown[r, own],
                mirror=_mirrors(block, line),
            )
            for part, own in zip(found[1:], parts, strict=True)
        ]
        for r, (block, line) in enumerate(lines)
    ]
    p, count = adjust_rows(rows, adjust, family)
    above: list[str] = []
    for row, values in zip(rows, p, strict=True):
        above.append("")
        for compared, own, table in zip(row, parts, values, strict=True):
            above += lower_columns(compared, table, [columns[c].letter for c in own], alpha)
    return above, count


def _compared(
    covariances: Covariances,
    place: tuple[Estimates, NDArray[np.int64]],
    shown: Bools,
    *,
    mirror: bool,
) -> Comparisons:
    estimates, positions = place
    if estimates.root is None:
        raise EstimateError(
            "The covariance between columns was wanted, for letters.",
            "It was not kept for these estimates.",
            "Ask for the banner with letters=False.",
        )
    return compare_columns(
        estimates.data["estimate"].to_numpy(dtype=np.float64)[positions],
        covariances.of(estimates.root, positions),
        estimates.data["df"].to_numpy(dtype=np.float64)[positions],
        shown,
        mirror=mirror,
    )


def _mirrors(block: Block, line: Line) -> bool:
    """Whether a row is the second of two levels, which says the same as the first."""
    levels = [x.level for x in block.lines if x.kind == LEVEL]
    return len(levels) == 2 and line.kind == LEVEL and line.level == levels[1]


def _notes(made: Sequence[Block], rules: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if any(x.kind == TICK for b in made for x in b.lines):
        notes.append("Where more than one answer could be given, shares add up to more than 100%.")
    notes += [f"Base of {b.label}: only where {rules[b.name]}." for b in made if b.name in rules]
    return tuple(notes)
