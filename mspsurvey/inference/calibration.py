"""What fitting weights to known totals does to a variance: scores become residuals.

Weights that were raked, calibrated or post-stratified reproduce known totals whatever the
sample, so that what an outcome has in common with those totals no longer varies. Its score
per unit of weight, e, is replaced by the residual of a regression on the fitted variables,
and the residual is weighted by the final weight (Deville & Särndal, *Journal of the American
Statistical Association* 87 (1992), 376–382; "g-weighted residuals" in Särndal, Swensson &
Wretman 1992, 6.6; R: ``svyrecvar`` after ``calibrate`` and ``postStratify``).

Several steps make a chain, each taking its regression out of what the one before left. The
regression is made from moments, weighted sums over rows, so that it is done once for all
estimates and domains of an item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.coding import Coded, Floats, Ints, compressed
from mspsurvey.inference.design import Design

RANK = 1e-11
"""A column that adds less than this, relative to the largest, repeats the others."""

CYCLES = 10
CONVERGED = 1e-5
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
    with c the weights after the step and w the final ones; ``solve``, shape (r, r), turns
    Σ d·z·e into slopes; ``units`` has the sums of c·z by unit, shape (units, r).
    """

    basis: Floats
    cell: Ints | None
    share: Floats
    solve: Floats
    units: Floats

    @property
    def rank(self) -> int:
        """Columns that do not repeat one another, r."""
        return self.basis.shape[1]


@dataclass(frozen=True)
class Calibration:
    """The chain of adjustments that led to a survey's weights.

    Attributes
    ----------
    adjustments : tuple of Adjustment
        In the order in which they were made.
    steps : tuple
        The same, ready for use.
    crossed : tuple of tuple of ndarray
        For step s and each earlier step r, Σ d_s·(c_r/c_s)·z_s z_r', shape (r_s, r_r).
    """

    adjustments: tuple[Adjustment, ...]
    steps: tuple[_Step, ...]
    crossed: tuple[tuple[Floats, ...], ...]

    @classmethod
    def build(cls, adjustments: Sequence[Adjustment], design: Design) -> Calibration:
        """Prepare adjustments for a design with its final weights."""
        steps = tuple(_prepared(a, design) for a in adjustments)
        crossed = []
        for s, adjustment in enumerate(adjustments):
            own, rows = _rows(steps[s]), _ratio(adjustment.before, adjustment.after)
            crossed.append(
                tuple(
                    own.T @ (_rows(steps[r]) * (rows * adjustments[r].after)[:, None])
                    for r in range(s)
                )
            )
        return cls(tuple(adjustments), steps, tuple(crossed))

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
            totals = totals - step.units @ slope
            slopes.append(slope)
            first += step.rank
        return totals

    def residual_totals(self, scores: Floats, design: Design) -> Floats:
        """Unit totals of weighted scores that are given row by row, less the regressions.

        Parameters
        ----------
        scores : ndarray of float, shape (rows, estimates)
            e, scores per unit of weight; 0 outside the domain.

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
        totals = unit_sums(design.unit, scores * design.weights[:, None], design.units)
        return self.residuals(totals, np.concatenate(sums))


def unit_sums(codes: Ints, values: Floats, count: int) -> Floats:
    """Sum each column of values, shape (rows, K), by code, to shape (count, K)."""
    columns = [np.bincount(codes, weights=column, minlength=count) for column in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0))


def _prepared(adjustment: Adjustment, design: Design) -> _Step:
    d, c, cell = adjustment.before, adjustment.after, adjustment.cell
    columns = adjustment.columns
    size = d if cell is None else np.bincount(cell, weights=d, minlength=len(columns))
    if len(adjustment.margins) > 1:
        basis, solve = _cycled(columns, size, adjustment.margins)
    else:
        basis = _orthonormal(columns, size)
        solve = np.eye(basis.shape[1])
    by_row = basis if cell is None else basis[cell]
    units = unit_sums(design.unit, by_row * c[:, None], design.units)
    return _Step(basis, cell, _ratio(d * design.weights, c), solve, units)


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
    return np.divide(left, root, out=np.zeros_like(left), where=root > 0)


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
