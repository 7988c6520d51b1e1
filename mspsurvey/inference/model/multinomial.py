"""Baseline-category logit: one set of coefficients for each level but the first.

With K levels, π_k = exp(x'b_k) / Σ_j exp(x'b_j) and b_1 = 0, the score for b_k is
w·x·(1(y = k) − π_k) and the information for b_k and b_l is Σ w·(π_k·1(k = l) − π_k·π_l)·x x'
(Agresti, *Categorical Data Analysis* (2013), 8.1; Stata: ``svy: mlogit``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.glm import largest
from mspsurvey.inference.model.matrix import Cells, Dense, blocks, pairs_of
from mspsurvey.inference.model.newton import Point
from mspsurvey.inference.model.points import Points


@dataclass(frozen=True)
class Multinomial:
    """Log-likelihood; parameters are b_2, …, b_K, one after the other."""

    levels: tuple[str, ...]

    @property
    def outcomes(self) -> int:
        """Levels of the outcome."""
        return len(self.levels)

    @property
    def equations(self) -> int:
        """Sets of coefficients."""
        return len(self.levels) - 1

    def labels(self, columns: Sequence[str]) -> list[tuple[str, str]]:
        """One coefficient for each level but the first, and each column."""
        return [(level, column) for level in self.levels[1:] for column in columns]

    @property
    def stops_as_r(self) -> bool:
        """Iteration goes to the maximum."""
        return False

    def completed(self, rows: Points, points: Points) -> Points:
        """No deviance is kept."""
        del rows
        return points

    def start(self, rows: Points, points: Points, intercept: int | None) -> Floats:
        """No effects, and intercepts that give the shares."""
        del rows
        start = np.zeros((self.equations, points.matrix.columns))
        if intercept is not None:
            shares = points.outcomes.sum(axis=0)
            start[:, intercept] = np.log(shares[1:] / shares[0])
        return start.ravel()

    def evaluate(self, points: Points, parameters: Floats) -> Point:
        """Gradient and information."""
        pairs = pairs_of(self.equations)
        sums = points.matrix.sums(self.equations, len(pairs))
        for rows in blocks(points.matrix.rows):
            shares = self._shares(points, parameters, rows)[:, 1:]
            weights = points.weights[rows, None]
            scores = points.outcomes[rows, 1:] - weights * shares
            spread = [shares[:, k] * ((k == j) - shares[:, j]) for k, j in pairs]
            sums.add(rows, scores, weights * np.stack(spread, axis=1))
        linear, square = sums.result()
        columns = points.matrix.columns
        information = np.empty((self.equations, columns, self.equations, columns))
        for (k, j), block in zip(pairs, square, strict=True):
            information[k, :, j] = block
            information[j, :, k] = block.T
        size = self.equations * columns
        return Point(linear.ravel(), information.reshape(size, size))

    def reach(self, points: Points, step: Floats) -> float:
        """Largest change of a linear predictor."""
        return largest(points, step.reshape(self.equations, -1))

    def values(
        self, points: Points, parameters: Floats, before: Floats, outcome: Floats | Ints
    ) -> Floats:
        """Indicators of the levels less their predicted shares."""
        del before
        values = np.empty((points.matrix.rows, self.equations))
        for rows in blocks(points.matrix.rows):
            chosen = outcome[rows, None] == np.arange(1, self.outcomes)
            values[rows] = chosen - self._shares(points, parameters, rows)[:, 1:]
        return values

    def totals(self, matrix: Cells | Dense, values: Floats, index: Ints, size: int) -> Floats:
        """Sum scores by group."""
        return matrix.totals(values, index, size).reshape(size, -1)

    def back(self, columns: Floats) -> Floats:
        """Carry each set of coefficients back."""
        return np.asarray(np.kron(np.eye(self.equations), columns), dtype=np.float64)

    def means(self, points: Points, parameters: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Shares π, shape (rows, K), and Σ w·∂π/∂b."""
        means = np.empty((points.matrix.rows, self.outcomes))
        sums = points.matrix.sums(self.outcomes * self.equations, 0)
        for rows in blocks(points.matrix.rows):
            shares = self._shares(points, parameters, rows)
            means[rows] = shares
            slopes = shares[:, :, None] * (np.eye(self.outcomes)[:, 1:] - shares[:, None, 1:])
            slopes *= weights[rows, None, None]
            sums.add(rows, slopes.reshape(len(shares), -1), np.empty((len(shares), 0)))
        return means, sums.result()[0].reshape(self.outcomes, -1)

    def _shares(self, points: Points, parameters: Floats, rows: slice) -> Floats:
        eta = points.linear(parameters.reshape(self.equations, -1), rows)
        full = np.concatenate([np.zeros((len(eta), 1)), eta], axis=1)
        full -= full.max(axis=1, keepdims=True)
        np.exp(full, out=full)
        full /= full.sum(axis=1, keepdims=True)
        return full
