"""What fitting weights to known totals does to a variance: scores become residuals.

Weights that were raked, calibrated or post-stratified reproduce known totals whatever the
sample, so that what an outcome has in common with those totals no longer varies. Its score
per unit of weight, e, is replaced by the residual of a regression on the fitted variables,
and the residual is weighted by the final weight (Deville & Särndal, *Journal of the American
Statistical Association* 87 (1992), 376–382; "g-weighted residuals" in Särndal, Swensson &
Wretman 1992, 6.6; R: ``svyrecvar`` after ``calibrate`` and ``postStratify``).

Several steps make a chain, which is undone from its end: with g the factors of the last
step, Σ w·e varies as Σ (w/g)·g·(e − x'b), a total by the weights before that step, which the
step before takes its own regression out of. So what was fitted last has no error. (R takes
the steps in the order in which they were made, and gives a total that was fitted last one.)

The regressions are made from moments, weighted sums over rows, so that they are done once
for all estimates and domains of an item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mspsurvey.inference.design.coding import Coded, Floats, Ints, compressed
from mspsurvey.inference.design.design import Design

RANK = 1e-11
"""A column that adds less than this, relative to the largest, repeats the others."""

CYCLES = 10
CONVERGED = 1e-3
"""Ten cycles count as converged where they leave less than this of a margin."""

By = Callable[[Ints | None, str, int, Floats | None], Floats]
"""Sums of values by code, item level and domain: (codes, name, count, values) → (count, D, L)."""


@dataclass(frozen=True)
class Adjustment:
    """One step that fitted weights to known totals.

    Attributes
    ----------
    name : str
        What was done, in one word.
    before : ndarray of float, shape (rows,)
        d, by which the regression is weighted: the weights before the step (over the
        variance given to it, if any); 0 in rows that took no part.
    after : ndarray of float, shape (rows,)
        The weights that the step gave.
    cell : ndarray of int, shape (rows,), optional
        Row of ``columns`` that belongs to each respondent; None where each has its own.
    columns : ndarray of float, shape (cells or rows, K)
        Variables whose totals were fitted.
    margins : tuple of int
        Where raking went through several margins in turn: the number of levels of each, in
        the order of the columns. Empty where all totals were fitted at once.
    """

    name: str
    before: Floats
    after: Floats
    cell: Ints | None
    columns: Floats
    margins: tuple[int, ...] = ()

    @classmethod
    def of_margins(
        cls, name: str, margins: Sequence[Coded], *, before: Floats, after: Floats
    ) -> Adjustment:
        """Describe raking to margins of classifications, which works on their joint cells.

        A row without a value in a margin is left as it is by that margin.
        """
        key, size = np.zeros(len(before), dtype=np.int64), 1
        for margin in margins:
            key = key * (len(margin.levels) + 1) + margin.codes + 1
            size *= len(margin.levels) + 1
        cell, _ = compressed(key, size)
        cells = int(cell.max()) + 1
        columns = []
        for margin in margins:
            level = np.empty(cells, dtype=np.int64)
            level[cell] = margin.codes
            columns.append(level[:, None] == np.arange(len(margin.levels)))
        indicators = np.concatenate(columns, axis=1).astype(np.float64)
        levels = tuple(len(margin.levels) for margin in margins)
        return cls(name, before, after, cell, indicators, levels)


@dataclass(frozen=True)
class _Step:
    """An adjustment made ready.

    ``basis`` z has shape (cells or rows, r), ``share`` is the factor d·w/c of each row's e,
    with c (``after``) the weights after the step and w the final ones; ``solve``, shape
    (r, r), turns Σ d·z·e into slopes.
    """

    basis: Floats
    cell: Ints | None
    share: Floats
    solve: Floats
    after: Floats
    design: Design

    @property
    def rank(self) -> int:
        """Columns that do not repeat one another, r."""
        return int(self.basis.shape[1])

    def taken(self, slope: Floats) -> Floats:
        """What the regression takes out of unit totals, Σ c·z'slope by unit."""
        if self.design.elementary:
            # With a unit a row, a table of units by columns would be as long as the frame.
            fitted = self.basis @ slope
            by_row = fitted if self.cell is None else fitted[self.cell]
            return self.design.per_unit(by_row * self.after[:, None])
        return self.units @ slope

    @cached_property
    def units(self) -> Floats:
        """Sums of c·z by unit, shape (units, r)."""
        return self.design.per_unit(_rows(self) * self.after[:, None])


@dataclass(frozen=True)
class Calibration:
    """The chain of adjustments that led to a survey's weights.

    Attributes
    ----------
    adjustments : tuple of Adjustment
        In the order in which they were made.
    design : Design
        With its final weights.
    """

    adjustments: tuple[Adjustment, ...]
    design: Design

    @cached_property
    def steps(self) -> tuple[_Step, ...]:
        """Adjustments made ready, the last one first, when a variance first asks for them."""
        return tuple(_prepared(a, self.design) for a in self.adjustments[::-1])

    @cached_property
    def crossed(self) -> tuple[tuple[Floats, ...], ...]:
        """For each pair of ``steps``, r before s, Σ d_s·(c_r/c_s)·z_s z_r', (r_s, r_r)."""
        return tuple(
            tuple(self._crossed(s, r) for r in range(s)) for s in range(len(self.adjustments))
        )

    def _crossed(self, s: int, r: int) -> Floats:
        own, other = self.adjustments[::-1][s], self.adjustments[::-1][r]
        factor = _ratio(own.before, own.after) * other.after
        product: Floats = _rows(self.steps[s]).T @ (_rows(self.steps[r]) * factor[:, None])
        return product

    def sums(self, by: By, values: Floats | None) -> Floats:
        """Sum values over rows as the regressions need them, shape (Σ r, D, L).

        Parameters
        ----------
        by : callable
            Tabulates rows by a code, and by domain and level of an item.
        values : ndarray of float, shape (rows,), optional
            What is summed; 1 a row if not given.
        """
        parts = []
        for number, step in enumerate(self.steps):
            scaled = step.share if values is None else step.share * values
            if step.cell is None:
                columns = [by(None, "groups", 1, scaled * z)[0] for z in step.basis.T]
                parts.append(np.stack(columns))
            else:
                cells = by(step.cell, f"cells {number}", len(step.basis), scaled)
                parts.append(np.tensordot(step.basis, cells, axes=(0, 0)))
        return np.concatenate(parts)

    def residuals(self, totals: Floats, sums: Floats) -> Floats:
        """Take the regressions out of unit totals of scores.

        Parameters
        ----------
        totals : ndarray of float, shape (units, estimates)
            Totals of w·e by unit of the last stage.
        sums : ndarray of float, shape (Σ r, estimates)
            Sums of e, as ``sums`` gives them.

        Returns
        -------
        ndarray of float, shape (units, estimates)
        """
        slopes: list[Floats] = []
        first = 0
        for step, crossed in zip(self.steps, self.crossed, strict=True):
            left = sums[first : first + step.rank]
            for matrix, earlier in zip(crossed, slopes, strict=True):
                left = left - matrix @ earlier
            slope = step.solve @ left
            totals = totals - step.taken(slope)
            slopes.append(slope)
            first += step.rank
        return totals

    def residual_totals(self, scores: Floats, design: Design | None = None) -> Floats:
        """Unit totals of weighted scores that are given row by row, less the regressions.

        Parameters
        ----------
        scores : ndarray of float, shape (rows, estimates)
            e, scores per unit of weight; 0 outside the domain.
        design : Design, optional
            The survey's own.

        Returns
        -------
        ndarray of float, shape (units, estimates)
        """
        sums = []
        for step in self.steps:
            scaled = scores * step.share[:, None]
            if step.cell is not None:
                scaled = unit_sums(step.cell, scaled, len(step.basis))
            sums.append(step.basis.T @ scaled)
        design = self.design if design is None else design
        totals = design.per_unit(scores * design.weights[:, None])
        return self.residuals(totals, np.concatenate(sums))


def unit_sums(codes: Ints, values: Floats, count: int) -> Floats:
    """Sum each column of values, shape (rows, K), by code, to shape (count, K)."""
    columns = [np.bincount(codes, weights=column, minlength=count) for column in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0))


def _prepared(adjustment: Adjustment, design: Design) -> _Step:
    d, c, cell = adjustment.before, adjustment.after, adjustment.cell
    columns = adjustment.columns
    size = d
    if cell is not None:
        size = np.bincount(cell, weights=d, minlength=len(columns)).astype(np.float64)
    if len(adjustment.margins) > 1:
        basis, solve = _cycled(columns, size, adjustment.margins)
    else:
        basis = _orthonormal(columns, size)
        solve = np.eye(basis.shape[1])
    return _Step(basis, cell, _ratio(d * design.weights, c), solve, c, design)


def _orthonormal(columns: Floats, size: Floats) -> Floats:
    """Columns with the same span, Σ size·z z' = 1, and none that repeats the others."""
    root = np.sqrt(size)[:, None]
    # Scaled to one length first, so that what is left out does not depend on units.
    scaled = columns * root
    length = np.sqrt((scaled**2).sum(axis=0))
    left, values, _ = np.linalg.svd(
        scaled[:, length > 0] / length[length > 0], full_matrices=False
    )
    left = left[:, values > RANK * values.max(initial=0.0)]
    basis: Floats = np.divide(left, root, out=np.zeros_like(left), where=root > 0)
    return basis


def _cycled(columns: Floats, size: Floats, margins: Sequence[int]) -> tuple[Floats, Floats]:
    """Regress on one margin after the other, in turn, as raking itself goes.

    R makes ten cycles, and so do we where they get there; where they do not, the regression
    is solved at once.
    """
    gram = columns.T @ (columns * size[:, None])
    diagonal = np.diag(gram)[:, None]
    slopes, ends = np.zeros_like(gram), np.cumsum(margins)
    for _ in range(CYCLES):
        for end, count in zip(ends, margins, strict=True):
            part = slice(end - count, end)
            left = np.eye(len(gram))[part] - gram[part] @ slopes
            slopes[part] += np.divide(
                left, diagonal[part], out=np.zeros_like(left), where=diagonal[part] > 0
            )
    if np.abs(gram @ slopes @ gram - gram).max() <= CONVERGED * diagonal.max():
        return columns, slopes
    basis = _orthonormal(columns, size)
    return basis, np.eye(basis.shape[1])


def _rows(step: _Step) -> Floats:
    """Basis of each row, shape (rows, r)."""
    return step.basis if step.cell is None else step.basis[step.cell]


def _ratio(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)
