"""One variance under every estimator: from unit totals of scores to their covariance.

An estimator that is a smooth function of weighted totals has a score u for each row (its
influence times its weight). This module takes the totals of u over the units of the last
stage and gives a matrix R, the *root*, whose columns belong to the estimates: the covariance
of estimates a and b is the product of columns a and b of R. Standard errors then cost a sum
of squares, and a covariance is there for any pair that is asked for.

Sources: Särndal, Swensson & Wretman, *Model Assisted Survey Sampling* (1992), 4.3 and 5.5;
Lumley, *Complex Surveys* (2010), chapter 2, whose R package ``survey`` is what the tests
compare with; Woodruff (1971) for the linearisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mspsurvey.errors import DesignError
from mspsurvey.inference.coding import Bools, Coded, Floats, Ints, compressed
from mspsurvey.inference.design import CERTAIN, Design, Stage, parent_starts

RAKING_CYCLES = 10
"""Cycles of projection on the margins, as many as R's ``svyrecvar`` makes."""


def variance_root(totals: Floats, design: Design, present: Bools | None = None) -> Floats:
    """Give the root of the design-based covariance of linearised estimates.

    Stage by stage, from the last to the first, with z_hi the total of the scores in unit i
    of stratum h, the covariance is the sum of ::

        f_h · (1 − n_h/N_h) · n_h/(n_h − 1) · Σ_i (z_hi − z̄_h)(z_hi − z̄_h)'

    where n_h and N_h count sampled units and all units of the stratum, and f_h is the
    product of the sampling fractions of the stages above.

    Parameters
    ----------
    totals : ndarray of float, shape (units, estimates)
        Totals of the scores in each unit of the last stage; 0 in units without the domain.
    design : Design
    present : ndarray of bool, shape (units, estimates), optional
        Units with a row in the estimate's domain. Only ``lonely_psu="average"`` asks: it
        averages over the strata that the domain is in, as R's ``subset`` leaves them; all
        strata if not given.

    Returns
    -------
    ndarray of float, shape (rows, estimates)
        R, with covariance R'R. Rows are units of all stages.

    Raises
    ------
    DesignError
        Where a stratum has one unit, is not taken whole, and ``lonely_psu`` is "fail".
    """
    parts = []
    for stage in reversed(design.stages):
        parts.append(_stage_root(totals, stage, design.lonely_psu, present))
        if stage.number > 1:
            first = parent_starts(stage)
            totals = np.add.reduceat(totals, first, axis=0)
            if present is not None:
                present = np.logical_or.reduceat(present, first, axis=0)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def variances(root: Floats) -> Floats:
    """Variance of each estimate: the diagonal of R'R."""
    diagonal: Floats = np.einsum("ij,ij->j", root, root)
    return diagonal


def _stage_root(totals: Floats, stage: Stage, lonely_psu: str, present: Bools | None) -> Floats:
    scale = _scales(stage)[:, None]
    means = np.add.reduceat(totals, stage.starts, axis=0) / stage.sampled[:, None]
    if stage.lonely.any():
        _refuse_lonely(stage, lonely_psu)
        if lonely_psu == "adjust":
            # Centred at the mean of all scores, which is 0: the single unit keeps its total.
            means[stage.lonely] = 0.0
        elif lonely_psu == "average":
            scale = scale * _average(stage, totals.shape[1], present)
    centred = totals - means[stage.stratum]
    centred *= np.sqrt(scale)[stage.stratum]
    return centred


def _scales(stage: Stage) -> Floats:
    """Factor of each stratum's sum of squares."""
    n = stage.sampled
    correction = np.where(stage.unsampled < CERTAIN, 0.0, stage.unsampled)
    scale: Floats = stage.fraction * correction * n / np.maximum(n - 1, 1)
    return scale


def _refuse_lonely(stage: Stage, lonely_psu: str) -> None:
    count = int(stage.lonely.sum())
    if lonely_psu == "fail":
        first = int(np.flatnonzero(stage.lonely)[0])
        raise DesignError(
            "A variance needs two or more units in each stratum.",
            f"At stage {stage.number}, {stage.labels[first]} has only one "
            f"({count:,} such strata in all).",
            "Merge strata, or choose lonely_psu='adjust', 'average', 'certainty' or 'remove'.",
        )
    if lonely_psu == "average" and count == len(stage.starts):
        raise DesignError(
            "lonely_psu='average' needs a stratum with two or more units to take it from.",
            f"At stage {stage.number} there is none.",
            "Choose lonely_psu='adjust'.",
        )


def _average(stage: Stage, estimates: int, present: Bools | None) -> Floats:
    """Factor, shape (strata, estimates), that lets lonely strata have the mean of the others.

    Under each unit of the stage above: strata that hold the domain, over those of them with
    two or more units; not a number where all of them are lonely.
    """
    if present is None:
        held = np.ones((len(stage.starts), estimates), dtype=bool)
    else:
        held = np.logical_or.reduceat(present, stage.starts, axis=0)
    first = np.flatnonzero(np.r_[True, np.diff(stage.parent) != 0])
    strata = np.add.reduceat(held.astype(np.float64), first, axis=0)
    lonely = np.add.reduceat((held & stage.lonely[:, None]).astype(np.float64), first, axis=0)
    known = strata - lonely
    # A domain that is in no stratum has a variance of 0, whatever the factor.
    factor = np.where(strata > 0, strata / np.where(known > 0, known, np.nan), 1.0)
    runs = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(stage.parent)]))
    spread: Floats = factor[runs]
    return np.where(stage.lonely[:, None] & (spread > 0), 0.0, spread)


@dataclass(frozen=True)
class Raking:
    """What raked weights do to a variance: scores are replaced by their residuals.

    With e = u/w the score per unit of weight, the residual is e less its regression on the
    indicators of all margins, weighted by the weights d before raking: found by cycling
    through the margins and taking off the d-weighted mean of e in each level (Deville &
    Särndal 1992). ``svyrecvar`` in R's survey takes unweighted means, which is the same only
    where the d are equal. A row without a value in a margin is left as it is by that margin.

    Attributes
    ----------
    cell : ndarray of int, shape (rows,)
        Joint cell of all margins.
    levels : tuple of ndarray of int, each of shape (cells,)
        Level of each joint cell in each margin, −1 for none.
    base : ndarray of float, shape (rows,)
        Weight d of each row before raking.
    size : ndarray of float, shape (cells,)
        Sum of d in each cell.
    weights : matrix of float, shape (units, cells)
        Sum of weights by unit and cell; sparse where there are many units.
    """

    cell: Ints
    levels: tuple[Ints, ...]
    base: Floats
    size: Floats
    weights: Any

    @property
    def cells(self) -> int:
        """Count of the joint cells that occur."""
        return len(self.size)

    @classmethod
    def build(cls, margins: list[Coded], design: Design, base: Floats) -> Raking:
        """Cross the margins that the weights were raked to, starting from ``base``."""
        key, size = np.zeros(len(design.unit), dtype=np.int64), 1
        for margin in margins:
            key = key * (len(margin.levels) + 1) + margin.codes + 1
            size *= len(margin.levels) + 1
        cell, _ = compressed(key, size)
        cells = int(cell.max()) + 1
        levels = []
        for margin in margins:
            of_cell = np.empty(cells, dtype=np.int64)
            of_cell[cell] = margin.codes
            levels.append(of_cell)
        total = np.bincount(cell, weights=base, minlength=cells).astype(np.float64)
        return cls(cell, tuple(levels), base, total, _weights_by_cell(design, cell, cells))

    def residuals(self, totals: Floats, sums: Floats) -> Floats:
        """Take the regression on the margins out of unit totals of scores.

        Parameters
        ----------
        totals : ndarray of float, shape (units, estimates)
            Totals of w·e by unit of the last stage.
        sums : ndarray of float, shape (cells, estimates)
            Sums of d·e by joint cell.

        Returns
        -------
        ndarray of float, shape (units, estimates)
        """
        coefficient = np.zeros_like(sums)
        joins = [self._indicator(level) for level in self.levels]
        sizes = [join @ self.size for join in joins]
        for _ in range(RAKING_CYCLES):
            for join, size in zip(joins, sizes, strict=True):
                left = sums - self.size[:, None] * coefficient
                coefficient += join.T @ ((join @ left) / size[:, None])
        residuals: Floats = totals - self.weights @ coefficient
        return residuals

    @staticmethod
    def _indicator(level: Ints) -> Floats:
        """Matrix, shape (levels that occur, cells), of which cell lies in which level."""
        found = np.unique(level[level >= 0])
        matrix: Floats = (found[:, None] == level[None, :]).astype(np.float64)
        return matrix


DENSE_CELLS = 20_000_000
"""Largest table of units × cells that is kept whole; it takes 160 MB."""


def _weights_by_cell(design: Design, cell: Ints, cells: int) -> Any:
    shape = (design.units, cells)
    if design.units * cells > DENSE_CELLS:
        from scipy.sparse import csr_array  # slow to import, and only large samples need it

        return csr_array((design.weights, (design.unit, cell)), shape=shape)
    key = design.unit * cells + cell
    sums = np.bincount(key, weights=design.weights, minlength=shape[0] * shape[1])
    return sums.reshape(shape)
