"""Calibration: factors nearest to 1 with which known totals hold.

The dual of the problem (see ``distance.py``) is convex, so that Newton steps with a line
search find the factors wherever there are any; where there are none, ``nearest`` says how
near the totals can be got within the bounds.

Source: Deville & Särndal, *Journal of the American Statistical Association* 87 (1992); R:
``survey::calibrate``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.weight.distance import Distance

EXACT = 1e-13
"""Steps go on until totals are met to this, relative to their size, or get no nearer."""
STEPS = 200
HALVINGS = 40
RIDGES = (1e-2, 1e-4, 1e-6, 1e-8)
"""How strongly a total is let go, relative to the others, on the way to the nearest ones."""


@dataclass(frozen=True)
class Fit:
    """Factors and how near they bring the totals.

    Attributes
    ----------
    factors : ndarray of float, shape (rows,)
        g: weight after over weight before.
    achieved : ndarray of float, shape (K,)
        Σ w·g·x.
    off : ndarray of float, shape (K,)
        Distance of each from its total, relative to the size of the total.
    steps : int
        Newton steps taken.
    """

    factors: Floats
    achieved: Floats
    off: Floats
    steps: int

    @property
    def error(self) -> float:
        """Largest relative distance."""
        return float(np.abs(self.off).max(initial=0.0))


def fit(
    columns: Floats,
    weights: Floats,
    totals: Floats,
    distance: Distance,
    *,
    spread: Floats | None = None,
    ridge: float = 0.0,
) -> Fit:
    """Find the factors g = F(x'η/σ²) with Σ w·g·x = T, or come as near as the steps lead.

    Parameters
    ----------
    columns : ndarray of float, shape (rows, K)
        x, variables whose totals are known. They may repeat one another.
    weights : ndarray of float, shape (rows,)
        w, weights before; rows of weight 0 take no part.
    totals : ndarray of float, shape (K,)
        T.
    distance : Distance
    spread : ndarray of float, shape (rows,), optional
        σ², how much factors may vary: 1 for all if not given.
    ridge : float
        0 asks for the totals themselves; above it, totals are let go in exchange for
        smaller η.
    """
    x, scale = _scaled(columns, weights, totals)
    problem = _Dual(x, weights, totals / scale, distance, spread, ridge)
    eta, steps = _minimise(problem)
    g = distance.factor(problem.u(eta))
    achieved = columns.T @ (weights * g)
    return Fit(g, achieved, (achieved - totals) / scale, steps)


def nearest(
    columns: Floats, weights: Floats, totals: Floats, low: float | Floats, high: float | Floats
) -> Fit:
    """Bring totals as near to what was asked as bounds on the factors allow.

    It minimises the sum of squared relative distances from the totals, by calibration that
    is let go less and less.
    """
    distance = Distance("linear", low, high)
    x, scale = _scaled(columns, weights, totals)
    eta, steps = np.zeros(x.shape[1]), 0
    problem = _Dual(x, weights, totals / scale, distance, None, 1.0)
    size = np.trace(problem.hessian(eta)) / max(len(eta), 1)
    for ridge in RIDGES:
        problem = _Dual(x, weights, totals / scale, distance, None, ridge * size)
        eta, more = _minimise(problem, eta)
        steps += more
    g = distance.factor(problem.u(eta))
    achieved = columns.T @ (weights * g)
    return Fit(g, achieved, (achieved - totals) / scale, steps)


def _scaled(columns: Floats, weights: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Columns in units of their totals, so that distances can be compared."""
    scale = np.maximum(np.abs(totals), np.abs(columns).T @ weights)
    # A total that is 0 of a variable that is 0 everywhere holds by itself.
    scale = np.where(scale > 0, scale, 1.0)
    return columns / scale, scale


@dataclass(frozen=True)
class _Dual:
    """φ(η) = Σ w·σ²·H(x'η/σ²) − η'T + ridge·η'η/2, and its derivatives."""

    x: Floats
    weights: Floats
    totals: Floats
    distance: Distance
    spread: Floats | None
    ridge: float

    def u(self, eta: Floats) -> Floats:
        linear: Floats = self.x @ eta
        return linear if self.spread is None else linear / self.spread

    def value(self, eta: Floats) -> float:
        parts = self.distance.integral(self.u(eta)) * self.weights
        parts = parts if self.spread is None else parts * self.spread
        return float(parts.sum() - eta @ self.totals + self.ridge * (eta @ eta) / 2)

    def gradient(self, eta: Floats) -> Floats:
        g = self.distance.factor(self.u(eta))
        slope: Floats = self.x.T @ (self.weights * g) - self.totals + self.ridge * eta
        return slope

    def hessian(self, eta: Floats) -> Floats:
        curve = self.distance.slope(self.u(eta)) * self.weights
        curve = curve if self.spread is None else curve / self.spread
        matrix: Floats = self.x.T @ (self.x * curve[:, None])
        return matrix + self.ridge * np.eye(len(matrix))


def _minimise(problem: _Dual, eta: Floats | None = None) -> tuple[Floats, int]:
    eta = np.zeros(problem.x.shape[1]) if eta is None else eta
    gradient = problem.gradient(eta)
    best, still = np.inf, 0
    for step in range(1, STEPS + 1):
        error = float(np.abs(gradient).max(initial=0.0))
        # Newton steps halve the error at least; three that do not are at the end of digits.
        still = 0 if error < best / 2 else still + 1
        best = min(best, error)
        if error <= EXACT or (still >= 3 and error <= 1e-10):
            return eta, step - 1
        eta, moved = _step(problem, eta, gradient)
        if not moved:
            return eta, step
        gradient = problem.gradient(eta)
    return eta, STEPS


def _step(problem: _Dual, eta: Floats, gradient: Floats) -> tuple[Floats, bool]:
    """Take one Newton step, halved until it leads downwards."""
    hessian = problem.hessian(eta)
    # Columns that repeat one another leave the matrix without an inverse, not the factors.
    lift = 1e-14 * max(np.trace(hessian), 1e-300)
    try:
        direction = np.linalg.solve(hessian + lift * np.eye(len(hessian)), -gradient)
    except np.linalg.LinAlgError:
        direction = np.linalg.lstsq(hessian, -gradient, rcond=None)[0]
    here, slope = problem.value(eta), float(gradient @ direction)
    error = np.abs(gradient).max()
    length = 1.0
    # Where no factors meet the totals, steps lead ever further away.
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(HALVINGS):
            there = eta + length * direction
            value = problem.value(there)
            # Near the end the value cannot tell steps apart; the gradient still can.
            if np.isfinite(value) and (
                value <= here + 1e-4 * length * slope
                or np.abs(problem.gradient(there)).max() < 0.9 * error
            ):
                return there, bool(np.isfinite(there).all())
            length /= 2
    return eta, False
