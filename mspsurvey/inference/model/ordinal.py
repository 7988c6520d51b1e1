"""Proportional odds: one set of coefficients, and a threshold between neighbouring levels.

P(y ≤ k) = F(ζ_k − η) with F the logistic distribution and η = x'b without intercept
(McCullagh, *Journal of the Royal Statistical Society B* 42 (1980), 109–142; R: ``polr`` and
``svyolr``). For a row at level k, with a = ζ_k − η, c = ζ_{k−1} − η, A = F(a), C = F(c) and
κ_k = 1 / (exp(ζ_k − ζ_{k−1}) − 1), the logarithm of its probability falls apart into
log A + log(1 − C) + log(1 − exp(c − a)), so that ::

    ∂l/∂η = A + C − 1,   ∂l/∂ζ_k = 1 − A + κ_k,   ∂l/∂ζ_{k−1} = −C − κ_k

and the second derivatives are products of the same quantities; at the ends A = 1, C = 0 and
κ = 0. It is concave where the thresholds rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.glm import FAMILIES, largest
from mspsurvey.inference.model.matrix import Cells, Dense, blocks
from mspsurvey.inference.model.newton import Point
from mspsurvey.inference.model.points import Points

_LOGISTIC = FAMILIES["binomial"]


@dataclass(frozen=True)
class Ordinal:
    """Log-likelihood; parameters are b of all columns but the first, then ζ_1, …, ζ_{K−1}.

    The model matrix has an intercept as its first column, whose place the thresholds take.
    """

    levels: tuple[str, ...]

    @property
    def outcomes(self) -> int:
        """Levels of the outcome."""
        return len(self.levels)

    @property
    def cuts(self) -> int:
        """Thresholds, K − 1."""
        return len(self.levels) - 1

    def labels(self, columns: Sequence[str]) -> list[tuple[str, str]]:
        """Coefficients, then thresholds: ``1|2``."""
        pairs = zip(self.levels[:-1], self.levels[1:], strict=True)
        cuts = [("", f"{a}|{b}") for a, b in pairs]
        return [*(("", column) for column in columns[1:]), *cuts]

    @property
    def stops_as_r(self) -> bool:
        """Iteration goes to the maximum."""
        return False

    def completed(self, rows: Points, points: Points) -> Points:
        """No deviance is kept."""
        del rows
        return points

    def start(self, rows: Points, points: Points, intercept: int | None) -> Floats:
        """No effects, and thresholds that give the shares."""
        del rows, intercept
        below = np.cumsum(points.outcomes.sum(axis=0))[:-1] / points.outcomes.sum()
        return np.concatenate([np.zeros(points.matrix.columns - 1), np.log(below / (1 - below))])

    def evaluate(self, points: Points, parameters: Floats) -> Point | None:
        """Gradient and information; None where the thresholds do not rise."""
        slopes, cuts = self._split(parameters)
        gaps = np.diff(cuts)
        if (gaps <= 0).any():
            return None
        kappa = np.concatenate([[0.0], 1 / np.expm1(gaps), [0.0]])
        sums = points.matrix.sums(1 + self.cuts, 1)
        score = np.zeros(self.cuts)
        spread = np.zeros(self.cuts)
        for rows in blocks(points.matrix.rows):
            weights = points.outcomes[rows]
            below, density = self._curve(points, slopes, cuts, rows)
            both = weights[:, :-1] + weights[:, 1:]
            eta = (below * both).sum(axis=1) - weights[:, :-1].sum(axis=1)
            flat = density * both
            score += (weights[:, :-1] - below * both).sum(axis=0)
            spread += flat.sum(axis=0)
            sums.add(rows, np.column_stack([eta, flat]), flat.sum(axis=1)[:, None])
        linear, square = sums.result()
        whole = points.outcomes.sum(axis=0)
        return self._assembled(linear, square[0], score, spread, whole, kappa)

    def _assembled(
        self, linear: Floats, square: Floats, score: Floats, spread: Floats, whole: Floats,
        kappa: Floats,
    ) -> Point:  # fmt: skip
        tau = kappa * (1 + kappa) * whole
        score = score + kappa[:-1] * whole[:-1] - kappa[1:] * whole[1:]
        corner = np.diag(spread + tau[:-1] + tau[1:])
        for k in range(self.cuts - 1):
            corner[k, k + 1] = corner[k + 1, k] = -tau[k + 1]
        cross = -linear[1:, 1:].T
        information = np.block([[square[1:, 1:], cross], [cross.T, corner]])
        return Point(np.concatenate([linear[0, 1:], score]), information)

    def reach(self, points: Points, step: Floats) -> float:
        """Largest change of η or of a threshold."""
        slopes, cuts = self._split(step)
        return max(largest(points, slopes[None]), float(np.abs(cuts).max()))

    def values(
        self, points: Points, parameters: Floats, before: Floats, outcome: Floats | Ints
    ) -> Floats:
        """∂l/∂η, then ∂l/∂ζ_k, of each row, shape (rows, K)."""
        del before
        slopes, cuts = self._split(parameters)
        kappa = np.concatenate([[0.0], 1 / np.expm1(np.diff(cuts)), [0.0]])
        values = np.zeros((points.matrix.rows, 1 + self.cuts))
        for rows in blocks(points.matrix.rows):
            level = np.asarray(outcome[rows], dtype=np.int64)
            below, _ = self._curve(points, slopes, cuts, rows)
            every = np.arange(len(level))
            wide = np.column_stack([np.zeros(len(level)), below, np.ones(len(level))])
            upper, lower = wide[every, level + 1], wide[every, level]
            block = np.zeros((len(level), self.outcomes + 1))
            block[every, level + 1] = 1 - upper + kappa[level]
            block[every, level] = -lower - kappa[level]
            values[rows, 0] = upper + lower - 1
            values[rows, 1:] = block[:, 1:-1]
        return values

    def totals(self, matrix: Cells | Dense, values: Floats, index: Ints, size: int) -> Floats:
        """Sum scores by group: those of b go with x, those of ζ by themselves."""
        slopes = matrix.totals(values[:, :1], index, size)[:, 0, 1:]
        cuts = [np.bincount(index, weights=v, minlength=size) for v in values[:, 1:].T]
        return np.column_stack([slopes, *cuts])

    def back(self, columns: Floats) -> Floats:
        """Carry back coefficients; what they move the intercept by, the thresholds take."""
        size = len(columns) - 1
        whole = np.eye(size + self.cuts)
        whole[:size, :size] = columns[1:, 1:]
        whole[size:, :size] = -columns[0, 1:]
        return whole

    def means(self, points: Points, parameters: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Shares of the levels, shape (rows, K), and Σ w·∂π/∂(b, ζ)."""
        slopes, cuts = self._split(parameters)
        means = np.empty((points.matrix.rows, self.outcomes))
        sums, flat = points.matrix.sums(self.outcomes, 0), np.zeros(self.cuts)
        for rows in blocks(points.matrix.rows):
            below, density = self._curve(points, slopes, cuts, rows)
            edge = np.zeros((len(below), 1))
            means[rows] = np.diff(np.concatenate([edge, below, edge + 1], axis=1), axis=1)
            dense = weights[rows, None] * density
            steps = -np.diff(np.concatenate([edge, dense, edge], axis=1), axis=1)
            sums.add(rows, steps, np.empty((len(below), 0)))
            flat += dense.sum(axis=0)
        by_cut = np.zeros((self.outcomes, self.cuts))
        for k in range(self.cuts):
            by_cut[k, k], by_cut[k + 1, k] = flat[k], -flat[k]
        return means, np.concatenate([sums.result()[0][:, 1:], by_cut], axis=1)

    def _split(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Coefficients with a 0 for the intercept, and thresholds."""
        size = len(parameters) - self.cuts
        return np.concatenate([[0.0], parameters[:size]]), parameters[size:]

    def _curve(
        self, points: Points, slopes: Floats, cuts: Floats, rows: slice
    ) -> tuple[Floats, Floats]:
        """F and its density at ζ_k − η, shape (rows, K − 1)."""
        below = _LOGISTIC.mean(cuts - points.linear(slopes[None], rows))
        return below, _LOGISTIC.variance(below)
