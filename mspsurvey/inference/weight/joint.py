"""Respondents in the joint cells of several margins, and raking on those cells.

A million rows then cost little more than a thousand: each cycle goes over the cells alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Coded, Floats, Ints, compressed
from mspsurvey.inference.weight.fit import nearest
from mspsurvey.inference.weight.margin import (
    Margin,
    code_variables,
    on_one_total,
    placed,
)
from mspsurvey.inference.weight.step import STEP_TABLE

TOLERANCE = 1e-6
"""Largest relative distance of a raked margin from its total that is let through."""
EXACT = 1e-13
"""Raking goes on until margins are met to this, or no cycle brings them nearer."""
CYCLES = 2_000


@dataclass(frozen=True)
class Joint:
    """Respondents in the joint cells of several margins.

    Attributes
    ----------
    cell : ndarray of int, shape (rows,)
        Joint cell of each respondent.
    counts : ndarray of int, shape (cells,)
        Respondents in each cell.
    margins : tuple of Margin
        All on one total.
    lacking : mapping
        Respondents without a value, by margin.
    levels : tuple of ndarray of int, each of shape (cells,)
        Level of each cell in each margin; one past the last where unknown.
    targets : tuple of ndarray of float
        Total of each level of each margin, none of them 0.
    names : tuple of tuple of str
        Levels that these are.
    """

    cell: Ints
    counts: Ints
    margins: tuple[Margin, ...]
    lacking: dict[str, int]
    levels: tuple[Ints, ...]
    targets: tuple[Floats, ...]
    names: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, margins: Sequence[Margin], *, unknown: str) -> Joint:
        """Place respondents; refuse those without a value unless they are held."""
        margins = on_one_total(margins)
        cell, counts, variables = _crossed(code_variables(margins, frame))
        found = [placed(margin, variables, counts) for margin in margins]
        lacking = {
            m.variable: int(counts[place < 0].sum())
            for m, (place, _) in zip(margins, found, strict=True)
        }
        if unknown == "error" and any(lacking.values()):
            name = next(variable for variable, n in lacking.items() if n)
            raise WeightError(
                f"The margin variable '{name}' should be known for every respondent.",
                f"It is missing for {lacking[name]:,}.",
                "Fill it from the frame, or rake with unknown='hold'.",
            )
        parts = list(zip(margins, found, strict=True))
        return cls(
            cell=cell,
            counts=counts,
            margins=tuple(margins),
            lacking=lacking,
            levels=tuple(np.where(place < 0, len(names), place) for place, names in found),
            targets=tuple(np.array([m.totals[n] for n in names]) for m, (_, names) in parts),
            names=tuple(tuple(names) for _, names in found),
        )

    @property
    def total(self) -> float:
        """Sum over the levels of any margin."""
        return self.margins[0].total

    def sums(self, weights: Floats) -> Floats:
        """Sums of weights by cell."""
        sums = np.bincount(self.cell, weights=weights, minlength=len(self.levels[0]))
        return sums.astype(np.float64, copy=False)

    def columns(self) -> Floats:
        """Indicators of all levels, shape (cells, levels)."""
        parts = [
            level[:, None] == np.arange(len(target))
            for level, target in zip(self.levels, self.targets, strict=True)
        ]
        return np.concatenate(parts, axis=1).astype(np.float64)

    def fit(self, weight: Floats, *, cycles: int = CYCLES) -> tuple[Floats, int]:
        """Factors of the cells with which every margin holds, and the cycles it took.

        Parameters
        ----------
        weight : ndarray of float, shape (cells,)
            Sums of weights to start from.
        """
        self._require_held(weight)
        # Those who are held in a margin should start on the population's scale.
        factor, last = np.full(len(weight), self.total / weight.sum()), np.inf
        for cycle in range(1, cycles + 1):
            for level, target in zip(self.levels, self.targets, strict=True):
                sums, wanted = self._sums(weight * factor, level, target)
                factor *= np.append(wanted / sums[:-1], 1.0)[level]
            error = max(self.errors(weight * factor))
            if error <= EXACT or (error <= 1e-10 and error >= last):
                return factor, cycle
            last = error
        if last > TOLERANCE:
            self._fail(weight, factor, cycles)
        return factor, cycles

    def _require_held(self, weight: Floats) -> None:
        """Refuse a level whose respondents all have weight 0, as in a bootstrap replicate."""
        parts = zip(self.margins, self.levels, self.targets, self.names, strict=True)
        for margin, level, target, names in parts:
            sums = np.bincount(level, weights=weight, minlength=len(target) + 1)[: len(target)]
            if (sums <= 0).any():
                raise WeightError(
                    f"Every level of the margin '{margin.variable}' should have weight.",
                    f"Those at '{names[int(np.argmin(sums))]}' all have weight 0.",
                    "Merge that level with a neighbour, in the margin and in the variable.",
                )

    def _fail(self, weight: Floats, factor: Floats, cycles: int) -> None:
        """Say which margin is not met, and how near all of them together can be got."""
        errors = self.errors(weight * factor)
        worst = int(np.argmax(errors))
        totals = np.concatenate(self.targets)
        best = nearest(self.columns(), weight * factor, totals, 0.0, np.inf)
        names = [
            f"'{m.variable}' at '{n}'"
            for m, ns in zip(self.margins, self.names, strict=True)
            for n in ns
        ]
        furthest = np.argsort(-np.abs(best.off), kind="stable")[:3]
        near = "; ".join(
            f"{names[i]} {best.achieved[i]:,.6g} instead of {totals[i]:,.6g}" for i in furthest
        )
        raise WeightError(
            f"Every margin should be met to {TOLERANCE:g} of its total.",
            f"After {cycles:,} cycles '{self.margins[worst].variable}' is still off by "
            f"{errors[worst]:.2g}. The nearest that weights of 0 or more can come: {near}.",
            "The margins contradict one another where respondents are few; merge levels "
            "or leave one margin out.",
        )

    def _sums(self, now: Floats, level: Ints, target: Floats) -> tuple[Floats, Floats]:
        """Sums of weights by level, last of the held; and what each level should come to."""
        sums = np.bincount(level, weights=now, minlength=len(target) + 1).astype(np.float64)
        left = max(1.0 - float(sums[-1]) / self.total, 0.0)
        return sums, target * left

    def errors(self, now: Floats) -> list[float]:
        """Largest relative distance of each margin from its total, of weights by cell."""
        distances = []
        for level, target in zip(self.levels, self.targets, strict=True):
            sums, wanted = self._sums(now, level, target)
            distances.append(float(np.max(np.abs(sums[:-1] - wanted) / target)))
        return distances

    def table(self, before: Floats, after: Floats) -> pd.DataFrame:
        """Margins before and after, from sums of weights by cell; see ``Raked.table``."""
        columns: dict[str, list[Any]] = {name: [] for name in STEP_TABLE}
        for margin, level, names in zip(self.margins, self.levels, self.names, strict=True):
            size = len(names)
            for name, values in (("n", self.counts), ("before", before), ("after", after)):
                sums = np.bincount(level, weights=values, minlength=size + 1)[:size]
                columns[name] += sums.tolist()
            columns["variable"] += [margin.variable] * size
            columns["level"] += names
            columns["target"] += [margin.totals[name] for name in names]
            columns["source"] += [margin.source] * size
        return pd.DataFrame(columns)


def _crossed(variables: Mapping[str, Coded]) -> tuple[Ints, Ints, dict[str, Coded]]:
    """Cross variables: cell of each row, rows of each cell, and codes of each cell."""
    # Rows are gone over as few times as can be; what follows is done on the cells.
    first, *others = variables.values()
    key, size, below = first.codes.astype(np.int64), len(first.levels) + 1, 1
    for coded in others:
        width = len(coded.levels) + 1
        key *= width
        key += coded.codes
        size, below = size * width, below * width + 1
    # Codes begin at −1, so that the lowest key is −(1 + width·(1 + …)).
    key += below
    cell, keys = compressed(key, size)
    codes = {}
    for name in reversed(list(variables)):
        width = len(variables[name].levels) + 1
        codes[name] = Coded(keys % width - 1, variables[name].levels)
        keys = keys // width
    return cell, np.bincount(cell), codes
