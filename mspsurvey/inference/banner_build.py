"""How a banner is made: estimates by column, then protection, then letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.errors import EstimateError
from mspsurvey.inference.banner import TOTAL, Banner, Column, Letters
from mspsurvey.inference.banner_rows import LEVEL, MEAN, NET, TICK, Block, Line, Nets, blocks
from mspsurvey.inference.coding import Bools, Floats
from mspsurvey.inference.disclose import FEWEST_RESPONDENTS
from mspsurvey.inference.estimate import NUMBERS, SUPPRESS, Estimates
from mspsurvey.inference.letters import (
    Comparisons,
    adjust_rows,
    column_letters,
    compare_columns,
    lower_columns,
)
from mspsurvey.inference.protect import (
    GIVES_AWAY,
    Equation,
    discloses,
    net_of,
    protect,
    sum_to_base,
    total_of,
)
from mspsurvey.inference.testing.base import label, require_choice
from mspsurvey.inference.testing.multiplicity import check_adjust
from mspsurvey.inference.testing.values import item_words

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

FAMILIES = ("table", "row")

By = tuple[str, ...]
Key = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """Estimates under one heading, and where each line's are.

    ``place`` gives, by item and level, the table and its rows, one a column.
    """

    place: Mapping[Key, tuple[Estimates, NDArray[np.int64]]]


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
    everyone = survey.where(base) if isinstance(base, str) else survey
    made = blocks(everyone, rows, nets or {})
    rules = _rules(made, base)
    headings = _headings(everyone, columns)
    wanted = {"interval": interval, "confidence": confidence}
    found = [_found(everyone, made, rules, by, wanted) for by in ((), *headings)]
    listed = _columns(everyone, headings)
    data = _protected(_cells(made, listed, found), made, listed)
    told = None
    if letters and everyone.sample_type == "probability" and headings:
        above, count = _letters(data, made, listed, found, kind, family, alpha)
        data, told = data.assign(above=above), Letters(kind, family, alpha, count)
    source = next(iter(found[0].place.values()))[0]
    return Banner(data, tuple(made), tuple(listed), source, told, _notes(made, rules))


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


def _found(
    survey: Survey,
    made: Sequence[Block],
    rules: Mapping[str, str],
    by: By,
    wanted: Mapping[str, Any],
) -> Found:
    """Estimate all lines under one heading, those with the same base together."""
    place: dict[Key, tuple[Estimates, NDArray[np.int64]]] = {}
    for rule in dict.fromkeys(rules.get(b.name, "") for b in made):
        domain = survey.where(rule) if rule else survey
        lines = [x for b in made if rules.get(b.name, "") == rule for x in b.lines]
        for estimates in _estimated(domain, lines, by, wanted):
            _put(place, estimates)
    return Found(place)


def _estimated(
    survey: Survey, lines: Sequence[Line], by: By, wanted: Mapping[str, Any]
) -> list[Estimates]:
    """Ask once for all shares, once for all means, and for each net."""
    shares = list(dict.fromkeys(x.item for x in lines if x.kind in (LEVEL, TICK)))
    means = [x.item for x in lines if x.kind == MEAN]
    answers = []
    if shares:
        answers.append(survey.share(shares, by=list(by), **wanted))
    if means:
        answers.append(survey.mean(means, by=list(by), confidence=wanted["confidence"]))
    for line in lines:
        if line.kind == NET:
            answers.append(
                survey.share(line.item, by=list(by), level=list(line.members), net=line.level,
                             **wanted)
            )  # fmt: skip
    return answers


def _put(place: dict[Key, tuple[Estimates, NDArray[np.int64]]], estimates: Estimates) -> None:
    items = estimates.data["item"].to_numpy(dtype=object)
    levels = estimates.data["level"].to_numpy(dtype=object)
    positions: dict[Key, list[int]] = {}
    for position, key in enumerate(zip(items, levels, strict=True)):
        positions.setdefault(key, []).append(position)
    for key, found in positions.items():
        place[key] = (estimates, np.array(found, dtype=np.int64))


def _cells(
    made: Sequence[Block], columns: Sequence[Column], found: Sequence[Found]
) -> pd.DataFrame:
    """Tidy table, by row, then column."""
    numbers: dict[str, list[Any]] = {name: [] for name in (*NUMBERS, "verdict", "why")}
    for block in made:
        for line in block.lines:
            for part in found:
                estimates, positions = part.place[line.item, line.level]
                for name, values in numbers.items():
                    values.append(estimates.data[name].to_numpy()[positions])
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


def _parts(columns: Sequence[Column]) -> list[list[int]]:
    """Places of the columns under each heading, the total apart."""
    by: dict[By, list[int]] = {}
    for place, column in enumerate(columns):
        if column.by:
            by.setdefault(column.by, []).append(place)
    return list(by.values())


def _protected(
    data: pd.DataFrame, made: Sequence[Block], columns: Sequence[Column]
) -> pd.DataFrame:
    """Hide what would give a hidden cell away, block by block, and bases likewise."""
    width = len(columns)
    verdict = data["verdict"].to_numpy(dtype=object).copy()
    why = data["why"].to_numpy(dtype=object).copy()
    base_hidden = np.zeros(len(data), dtype=bool)
    numbers = {k: data[k].to_numpy(dtype=np.float64) for k in ("estimate", "base", "n")}
    first = 0
    for block in made:
        cells = slice(first, first + len(block.lines) * width)
        first = cells.stop
        own = {k: v[cells].reshape(-1, width) for k, v in numbers.items()}
        hidden = verdict[cells] == SUPPRESS
        more = _hidden_cells(block, columns, own, hidden, why[cells]) & ~hidden
        verdict[cells] = np.where(more, SUPPRESS, verdict[cells])
        why[cells] = np.where(more, GIVES_AWAY, why[cells])
        base_hidden[cells] = _hidden_bases(own["n"], columns).ravel()
    return data.assign(verdict=verdict, why=why, base_hidden=base_hidden)


def _hidden_cells(
    block: Block,
    columns: Sequence[Column],
    own: Mapping[str, Floats],
    hidden: Bools,
    why: NDArray[np.object_],
) -> Bools:
    secret = hidden & np.array([discloses(str(reason)) for reason in why])
    if not secret.any():
        return hidden
    width = len(columns)
    equations: list[Equation] = []
    places = {line.level: r for r, line in enumerate(block.lines) if line.kind == LEVEL}
    if places:
        equations += sum_to_base(list(places.values()), width)
    for row, line in enumerate(block.lines):
        if line.kind == NET:
            equations += net_of(row, [places[m] for m in line.members], width)
        for parts in _parts(columns):
            base = own["base"][row]
            # With respondents outside all columns, the total is not their mean.
            if np.isclose(base[parts].sum(), base[0], rtol=1e-9):
                equations.append(total_of(row, 0, [p for p in parts if base[p] > 0], width))
    amount = (own["estimate"] * own["base"]).ravel()
    total = np.tile(np.arange(width) == 0, len(block.lines))
    return protect(amount, hidden, secret, total, equations)


def _hidden_bases(n: Floats, columns: Sequence[Column]) -> Bools:
    """Bases below ten, and a second one where the total would give the first away."""
    hidden = n < FEWEST_RESPONDENTS
    for row, marks in zip(n, hidden, strict=True):
        for parts in _parts(columns):
            own = np.array(parts)
            small = marks[own] & (row[own] > 0)
            if small.sum() == 1 and len(own) > 1:
                rest = own[~marks[own]]
                if len(rest):
                    marks[rest[np.argmin(row[rest])]] = True
    return hidden


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
    parts = _parts(columns)
    lines = [(b, x) for b in made for x in b.lines]
    rows = [
        [
            _compared(
                part.place[line.item, line.level], shown[r, own], mirror=_mirrors(block, line)
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
    place: tuple[Estimates, NDArray[np.int64]], shown: Bools, *, mirror: bool
) -> Comparisons:
    estimates, positions = place
    root = estimates.columns(positions)
    # Few columns: einsum is quicker than a product that wakes all cores.
    return compare_columns(
        estimates.data["estimate"].to_numpy(dtype=np.float64)[positions],
        np.einsum("ia,ib->ab", root, root),
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
