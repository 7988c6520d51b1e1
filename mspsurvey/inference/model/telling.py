"""Coefficients that would tell of a few firms.

A coefficient of a category is a mean of that category, in a model without other terms exactly.
So what holds for means by group holds for the columns of a model matrix: those that fewer than
ten respondents have tell of them, and of the others of the term one more goes along, since all
together make the mean. A saturated model of classes gives the share of every cell back: there
one or two answers of a kind count as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.disclosure.groups import bases_to_hide
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import FEW_CASES, FEW_RESPONDENTS, FEWEST_CASES
from mspsurvey.inference.result.estimate import GIVES_AWAY

INTERCEPT = "Intercept"


def telling(solved: Solved) -> Mapping[str, str]:
    """Name the columns whose coefficient may not be shown, with the rule behind it."""
    encoder = solved.encoded.encoder
    found: dict[str, str] = {}
    for single, within in _terms(solved):
        groups = _Groups.of(solved, within)
        names = [INTERCEPT, *(encoder.columns[k] for k in within)]
        if single:
            found |= dict(groups.by_column(names))
        elif worst := next((why for why in groups.why if why), ""):
            # Each coefficient is a difference of cells: one small cell is in many of them.
            found |= dict.fromkeys(names, worst)
    return found


def telling_rows(solved: Solved, matrix: Floats) -> list[str]:
    """Rule by which the prediction for each row of a model matrix is hidden, "" if it is not.

    A prediction tells of those who are alike in a term, in a model of that term exactly.
    """
    found = [""] * len(matrix)
    for _, within in _terms(solved):
        groups = _Groups.of(solved, within)
        for place, row in enumerate(matrix[:, within]):
            found[place] = found[place] or groups.first(np.isclose(groups.held, row).all(axis=1))
    return found


def _terms(solved: Solved) -> Iterator[tuple[bool, list[int]]]:
    """Columns of each term and of all that it is made of, and whether it is a single factor."""
    encoder = solved.encoded.encoder
    marks = _marks(solved)
    for term in dict.fromkeys(encoder.terms):
        factors = set(term.split(":"))
        within = [k for k in marks if set(encoder.terms[k].split(":")) <= factors]
        if within:
            yield len(factors) == 1, within


def _marks(solved: Solved) -> list[int]:
    """Columns that mark groups, not numbers: of a classification, or all 0 and 1."""
    encoder, table = solved.encoded.encoder, solved.encoded.table
    classes = {v for v, column in solved.encoded.columns.items() if column.levels}
    marks = []
    for k, term in enumerate(encoder.terms):
        values = np.unique(table[:, k])
        taken = {v for factor in term.split(":") for v in encoder.reads(factor)}
        if len(values) > 1 and (classes & taken or np.isin(values, (0, 1)).all()):
            marks.append(k)
    return marks


@dataclass(frozen=True)
class _Groups:
    """Respondents parted by the columns that mark groups.

    Attributes
    ----------
    held : ndarray of float, shape (groups, columns)
        What the columns are in each.
    n : ndarray of int, shape (groups,)
    why : tuple of str
        Rule by which each is hidden, "" where it is not.
    """

    held: Floats
    n: Ints
    why: tuple[str, ...]

    @classmethod
    def of(cls, solved: Solved, columns: list[int]) -> _Groups:
        table = solved.encoded.table
        cell = solved.encoded.cell if len(table) > 1 else np.zeros(solved.encoded.count, np.int64)
        held, place = np.unique(table[:, columns], axis=0, return_inverse=True)
        group = place.reshape(-1)[cell]
        n = np.bincount(group, minlength=len(held))
        few, small = _few_cases(solved, group, n), n < FEWEST_RESPONDENTS
        hidden = bases_to_hide(n.astype(np.float64), [range(len(n))]) | few
        more = _with_another(hidden, n)
        why = np.select([small, few, more], [FEW_RESPONDENTS, FEW_CASES, GIVES_AWAY], default="")
        return cls(held, n, tuple(map(str, why)))

    def first(self, among: Bools) -> str:
        """Rule by which the first of these groups is hidden, "" where none is."""
        return next((self.why[g] for g in np.flatnonzero(among) if self.why[g]), "")

    def by_column(self, names: list[str]) -> Iterator[tuple[str, str]]:
        """Columns that are hidden, with the rule; all of them where the reference is."""
        held = self.held != 0
        reference = ~held.any(axis=1)
        for place, name in enumerate(names):
            own = held[:, place - 1] | reference if place else reference
            if reason := self.first(own):
                yield name, reason


def _few_cases(solved: Solved, group: Ints, n: Ints) -> Bools:
    """Groups of a saturated model in which one or two have an answer, or have another."""
    few = np.zeros(len(n), dtype=bool)
    saturated = solved.encoded.table.shape[1] >= len(solved.encoded.table)
    # Levels are numbered; yes and no are 1 and 0.
    levels = range(max(len(solved.outcome.levels), 2))
    classes = saturated and np.isin(solved.outcome.y, levels).all()
    for level in levels if classes else ():
        cases = np.bincount(group[solved.outcome.y == level], minlength=len(n))
        fewer = np.minimum(cases, n - cases)
        few |= (fewer > 0) & (fewer < FEWEST_CASES)
    return few


def _with_another(hidden: Bools, n: Ints) -> Bools:
    """Hide the smallest other group where one is hidden alone."""
    if hidden.sum() != 1 or len(n) < 2:
        return hidden
    more = hidden.copy()
    more[int(np.argmin(np.where(hidden, np.iinfo(np.int64).max, n)))] = True
    return more
