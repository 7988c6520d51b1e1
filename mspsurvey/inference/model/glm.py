"""Generalised linear models with canonical link: Gaussian, binomial, Poisson.

With η = x'b + offset the linear predictor and μ = g⁻¹(η) the mean, the coefficients solve
Σ w·x·(y − μ) = 0, the estimating equation of the census that weights w stand in for
(Binder, *International Statistical Review* 51 (1983), 279–292; R: ``svyglm``). Newton's
method is iteratively reweighted least squares here, since the link is canonical. It starts
and stops where R's ``glm`` does with ``epsilon = 1e-14``, whose last step leaves up to 1e-7
in standard errors: following the same way, all digits agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.matrix import Cells, Dense, blocks
from mspsurvey.inference.model.newton import Point
from mspsurvey.inference.model.points import Points

Curve = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Family:
    """A distribution with its canonical link, for which dμ/dη is the variance function v.

    Attributes
    ----------
    name : str
    mean, variance : callable
        μ of η, and v of μ.
    tilt : callable
        d log v/dη, as a function of μ.
    link : callable
        η of μ.
    begin : callable
        From weights and outcomes of rows to means that iteration starts from (in R the
        family's ``initialize``).
    deviance : callable
        From η, μ, sums of weights and of w·y to the deviance, as if points were rows.
    saturated : callable
        What points of several rows lack of it is the difference of this, from sums of
        weights and of w·y, between rows and points.
    """

    name: str
    mean: Curve
    variance: Curve
    tilt: Curve
    link: Curve
    begin: Callable[[Floats, Floats], Floats]
    deviance: Callable[[Floats, Floats, Floats, Floats], float]
    saturated: Callable[[Floats, Floats], float]


def _logistic(eta: Floats) -> Floats:
    with np.errstate(over="ignore"):
        mean: Floats = 1.0 / (1.0 + np.exp(-eta))
    return mean


def _logit(mean: Floats) -> Floats:
    logit: Floats = np.log(mean / (1 - mean))
    return logit


def _logistic_deviance(eta: Floats, mean: Floats, weights: Floats, sums: Floats) -> float:
    # Σ w·log(1 + exp(η)) − Σ w·y·η with log(1 + exp(η)) = η − log μ. Not by BLAS, which would
    # wake its threads for each small block; and sums are pairwise, since iteration stops by
    # the fourteenth digit.
    return float(2 * ((weights - sums) * eta - weights * np.log(mean)).sum())


def _poisson_deviance(eta: Floats, mean: Floats, weights: Floats, sums: Floats) -> float:
    del eta
    expected = weights * mean
    known = np.where(sums > 0, sums, 1.0)
    logarithm = np.log(known / np.where(sums > 0, expected, 1.0))
    return float(2 * (sums * logarithm - (sums - expected)).sum())


def _poisson_saturated(weights: Floats, sums: Floats) -> float:
    known = sums > 0
    return float(2 * (sums[known] * np.log(sums[known] / weights[known])).sum())


def _none(*_: Floats) -> float:
    return 0.0


def _itself(values: Floats) -> Floats:
    return values


FAMILIES = {
    "gaussian": Family(
        "gaussian", _itself, np.ones_like, np.zeros_like, _itself, lambda _, y: y, _none, _none
    ),
    "binomial": Family(
        "binomial", _logistic, lambda m: m * (1 - m), lambda m: 1 - 2 * m, _logit,
        lambda w, y: (w * y + 0.5) / (w + 1), _logistic_deviance, _none,
    ),
    "poisson": Family(
        "poisson", np.exp, _itself, np.ones_like, np.log, lambda _, y: y + 0.1,
        _poisson_deviance, _poisson_saturated,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Glm:
    """Log-likelihood of a generalised linear model; its parameters are coefficients b."""

    family: Family

    @property
    def outcomes(self) -> int:
        """The outcome is a number."""
        return 0

    def labels(self, columns: Sequence[str]) -> list[tuple[str, str]]:
        """One coefficient for each column."""
        return [("", column) for column in columns]

    @property
    def stops_as_r(self) -> bool:
        """Whether iteration ends where R's does; a Gaussian model needs only one step."""
        return self.family.name != "gaussian"

    def start(self, rows: Points, points: Points, intercept: int | None) -> Floats:
        """One step of weighted least squares from the family's first means, as in R."""
        del points, intercept
        sums = rows.matrix.sums(1, 1)
        for block in blocks(rows.matrix.rows):
            weights, total = rows.weights[block], rows.outcomes[block, 0]
            y = np.divide(total, weights, out=np.zeros_like(total), where=weights > 0)
            mean = self.family.begin(weights, y)
            eta = self.family.link(mean)
            slope = self.family.variance(mean)
            if rows.offset is not None:
                eta = eta - rows.offset[block]
            score = weights * (slope * eta + y - mean)
            sums.add(block, score[:, None], (weights * slope)[:, None])
        linear, square = sums.result()
        return np.asarray(np.linalg.lstsq(square[0], linear[0])[0])

    def completed(self, rows: Points, points: Points) -> Points:
        """Let points know what their rows' deviance has besides."""
        if points is rows:
            return points
        of = self.family.saturated
        lacks = of(rows.weights, rows.outcomes[:, 0]) - of(points.weights, points.outcomes[:, 0])
        return replace(points, constant=lacks)

    def evaluate(self, points: Points, parameters: Floats) -> Point:
        """Gradient Σ w·x·(y − μ), information Σ w·v·x x', and deviance."""
        sums, deviance = points.matrix.sums(1, 1), points.constant
        with np.errstate(all="ignore"):
            for rows in blocks(points.matrix.rows):
                weights, total = points.weights[rows], points.outcomes[rows, 0]
                eta = points.linear(parameters[None], rows)[:, 0]
                mean = self.family.mean(eta)
                slope = weights * self.family.variance(mean)
                sums.add(rows, (total - weights * mean)[:, None], slope[:, None])
                deviance += self.family.deviance(eta, mean, weights, total)
            linear, square = sums.result()
        return Point(linear[0], square[0], deviance)

    def reach(self, points: Points, step: Floats) -> float:
        """Largest change of η."""
        return largest(points, step[None])

    def values(
        self, points: Points, parameters: Floats, before: Floats, outcome: Floats | Ints
    ) -> Floats:
        """Residuals (v₋/v)·(y − μ), v₋ being the variance function before the last step.

        That is what the working weights and residuals of R's ``glm`` make of them. The step
        is so short that v₋/v is 1 + (d log v/dη)·(η₋ − η) to all digits.
        """
        values = np.empty((points.matrix.rows, 1))
        both = np.stack([parameters, before - parameters])
        for rows in blocks(points.matrix.rows):
            eta = points.matrix.linear(both, rows)
            if points.offset is not None:
                eta[:, 0] += points.offset[rows]
            mean = self.family.mean(eta[:, 0])
            ratio = 1 + self.family.tilt(mean) * eta[:, 1]
            values[rows, 0] = ratio * (outcome[rows] - mean)
        return values

    def totals(self, matrix: Cells | Dense, values: Floats, index: Ints, size: int) -> Floats:
        """Sum scores by group."""
        return matrix.totals(values, index, size)[:, 0]

    def back(self, columns: Floats) -> Floats:
        """Coefficients are carried back as they are."""
        return columns

    def means(self, points: Points, parameters: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Means μ, shape (rows, 1), and Σ w·∂μ/∂b, shape (1, columns)."""
        means = np.empty((points.matrix.rows, 1))
        sums = points.matrix.sums(1, 0)
        for rows in blocks(points.matrix.rows):
            eta = points.linear(parameters[None], rows)[:, 0]
            means[rows, 0] = mean = self.family.mean(eta)
            slope = self.family.variance(mean)
            sums.add(rows, (weights[rows] * slope)[:, None], np.empty((len(eta), 0)))
        return means, sums.result()[0]


def largest(points: Points, coefficients: Floats) -> float:
    """Largest |x'b| over points, whatever the offset."""
    matrix = points.matrix
    return max(float(np.abs(matrix.linear(coefficients, r)).max()) for r in blocks(matrix.rows))
