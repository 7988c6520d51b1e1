"""Distances between weights before and after calibration.

A distance gives the factor of a weight as F(u), with u = x'η: a rising function with
F(0) = 1 and F'(0) = 1. Calibration minimises the sum of the distances subject to the totals;
its dual minimises Σ w·H(u) − η'T with H' = F, which is convex and has no constraints.

Source: Deville & Särndal, *Journal of the American Statistical Association* 87 (1992), table
1; with bounds as ``cal.linear``, ``cal.raking`` and ``cal.logit`` in R's survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.errors import WeightError, did_you_mean
from mspsurvey.inference.design.coding import Floats

DISTANCES = ("linear", "raking", "logit")
Bounds = tuple[float, float] | tuple[Floats, Floats]


@dataclass(frozen=True)
class Distance:
    """A distance with bounds on the factors.

    Attributes
    ----------
    name : str
        ``linear`` (generalised regression): F = 1 + u; ``raking``: F = exp(u), cut at the
        bounds if there are any; ``logit``: between its bounds, which it needs,
        F = (L(U−1) + U(1−L)·exp(Au)) / (U−1 + (1−L)·exp(Au)), A = (U−L)/((U−1)(1−L)).
    low, high : float or ndarray of float
        Bounds L < 1 < U of the factors, for all or for each row.
    """

    name: str
    low: float | Floats = -np.inf
    high: float | Floats = np.inf

    def __post_init__(self) -> None:
        """Check the name and the bounds."""
        if self.name not in DISTANCES:
            raise WeightError(
                f"A distance is one of {', '.join(DISTANCES)}.",
                f"It is {self.name!r}.",
                did_you_mean(str(self.name), DISTANCES),
            )
        low, high = np.asarray(self.low), np.asarray(self.high)
        if not ((low < high).all() and np.isfinite(low[low > -np.inf]).all()):
            raise WeightError(
                "Bounds are a lower and a higher number.", f"They are {low!r} and {high!r}."
            )
        if self.name == "logit" and not (
            np.isfinite(low).all() and np.isfinite(high).all() and (low < 1).all()
            and (high > 1).all()
        ):  # fmt: skip
            raise WeightError(
                "The logit distance needs finite bounds on both sides of 1.",
                f"They are {self.low} and {self.high}.",
                "Give bounds=(0.5, 2), or take distance='raking'.",
            )

    def factor(self, u: Floats) -> Floats:
        """F(u)."""
        if self.name == "logit":
            logistic = 1 / (1 + np.exp(-np.clip(self._steep * u + self._offset, -700, 700)))
            return np.asarray(self.low + (self.high - self.low) * logistic, dtype=np.float64)
        free = 1 + u if self.name == "linear" else np.exp(np.minimum(u, 700.0))
        return np.asarray(np.clip(free, self.low, self.high), dtype=np.float64)

    def slope(self, u: Floats) -> Floats:
        """F'(u); 0 where a bound holds."""
        g = self.factor(u)
        if self.name == "logit":
            return np.asarray(
                self._steep * (g - self.low) * (self.high - g) / (self.high - self.low)
            )
        inside = (g > self.low) & (g < self.high)
        return np.where(inside, 1.0 if self.name == "linear" else g, 0.0)

    def integral(self, u: Floats) -> Floats:
        """H(u), up to a constant."""
        if self.name == "logit":
            scale = (self.high - self.low) / self._steep
            power = np.clip(self._steep * u, -1e100, 1e100) + self._offset
            return np.asarray(self.low * u + scale * np.logaddexp(0, power))
        bottom, top = self._ends
        v = np.clip(u, bottom, top)
        inner = v + v**2 / 2 if self.name == "linear" else np.exp(np.minimum(v, 700.0))
        outer = np.where(u > v, self.high, np.where(u < v, self.low, 0.0))
        # Past a bound F stays what it is there, so that H goes on in a straight line.
        return np.asarray(inner + np.where(u == v, 0.0, outer) * np.where(u == v, 0.0, u - v))

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        """Where F reaches its bounds."""
        low, high = np.asarray(self.low, dtype=float), np.asarray(self.high, dtype=float)
        if self.name == "linear":
            return low - 1, high - 1
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(low, 0.0)), np.log(high)

    @property
    def _steep(self) -> Floats:
        """A."""
        low, high = np.asarray(self.low, dtype=float), np.asarray(self.high, dtype=float)
        return np.asarray((high - low) / ((high - 1) * (1 - low)))

    @property
    def _offset(self) -> Floats:
        """log((1 − L)/(U − 1)): F as a logistic curve from L to U."""
        low, high = np.asarray(self.low, dtype=float), np.asarray(self.high, dtype=float)
        return np.asarray(np.log((1 - low) / (high - 1)))
