"""Tails of weighted sums of χ² variables, to which Pearson's X² converges in a survey.

With λ the generalised design effects, X² behaves as Σ λ_i χ²₁ (Rao & Scott 1981). That the λ
are estimated is allowed for by comparing with x·χ²_d/d, d the denominator's degrees of
freedom, as in an F distribution (R: ``survey:::pFsum``, ``pchisqsum``).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import fdtrc, ndtr

from mspsurvey.inference.coding import Floats

_NEAR_MEAN = 1e-4
"""Below this the saddlepoint formula divides nothing by nothing."""

_INSIDE = 0.99999
"""The saddlepoint lies strictly between the poles of the cumulant function."""


def satterthwaite(effects: Floats) -> tuple[float, float]:
    """Give the sum of the λ, and d₀ = (Σλ)² / Σλ², the degrees of freedom they are worth."""
    total = float(effects.sum())
    return total, total**2 / float((effects**2).sum())


def saddlepoint_tail(x: float, effects: Floats, ddf: float) -> float:
    """Chance that Σ λ_i χ²₁ exceeds x, by a saddlepoint (Kuonen 1999).

    Parameters
    ----------
    x : float
        The statistic.
    effects : ndarray of float, shape (k,)
        λ, all positive.
    ddf : float
        Denominator's degrees of freedom; infinite where the λ count as known.

    Returns
    -------
    float
        Satterthwaite's approximation where x is too near to the mean for a saddlepoint.
    """
    if math.isinf(ddf):
        tail = _saddle(x, effects, np.ones(len(effects)))
    else:
        tail = _saddle(0.0, *_against(x, effects, ddf))
    if tail is not None:
        return tail
    total, d0 = satterthwaite(effects)
    denominator = 1e12 if math.isinf(ddf) else ddf
    return float(fdtrc(d0, denominator, x / total))


def exact_tail(x: float, effects: Floats, ddf: float) -> float:
    """Chance that Σ λ_i χ²₁ exceeds x, by inverting the characteristic function (Imhof 1961).

    ½ + (1/π) ∫₀^∞ sin θ(u) / (u·ρ(u)) du with θ(u) = ½ Σ h_i arctan(λ_i u) − ½ x u and
    ρ(u) = Π (1 + λ_i² u²)^(h_i/4), h_i the degrees of freedom of each term. The error is
    about 1e-10, so that tails below 1e-8 are better taken from the saddlepoint. Parameters
    as in ``saddlepoint_tail``.
    """
    from scipy.integrate import quad  # slow to import, and only this tail needs it

    ones = np.ones(len(effects))
    at, a, h = (x, effects, ones) if math.isinf(ddf) else (0.0, *_against(x, effects, ddf))
    scale = float(np.abs(a).max())
    a, at = a / scale, at / scale

    def integrand(u: float) -> float:
        angle = 0.5 * float(h @ np.arctan(a * u)) - 0.5 * at * u
        return math.sin(angle) / (u * math.exp(0.25 * float(h @ np.log1p((a * u) ** 2))))

    # The first hump and the tail are done apart, on a scale where both are smooth.
    pieces = [quad(integrand, *ends, limit=500, epsabs=1e-12, epsrel=1e-10)[0]
              for ends in ((0.0, 1.0), (1.0, 10.0), (10.0, 100.0), (100.0, np.inf))]  # fmt: skip
    return float(np.clip(0.5 + sum(pieces) / math.pi, 0.0, 1.0))


def _against(x: float, effects: Floats, ddf: float) -> tuple[Floats, Floats]:
    """Coefficients and degrees of freedom of Σ λ_i χ²₁ − (x/d)·χ²_d."""
    return np.append(effects, -x / ddf), np.append(np.ones(len(effects)), ddf)


def _saddle(x: float, a: Floats, h: Floats) -> float | None:
    """Tail beyond x of Σ a_i χ²_{h_i}; None where x is the mean."""
    scale = float(a.max())
    a, x = a / scale, x / scale

    def slope(z: float) -> float:
        return float((h * a / (1 - 2 * z * a)).sum()) - x

    low, high = _poles(a, h, x)
    from scipy.optimize import brentq  # slow to import, and only this tail needs it

    z = float(brentq(slope, low, high, xtol=1e-15, rtol=1e-14))
    if abs(z) < _NEAR_MEAN:
        return None
    cumulant = -float((h * np.log(1 - 2 * z * a)).sum()) / 2
    curvature = 2 * float((h * a**2 / (1 - 2 * z * a) ** 2).sum())
    w = math.copysign(math.sqrt(2 * (z * x - cumulant)), z)
    v = z * math.sqrt(curvature)
    return float(ndtr(-(w + math.log(v / w) / w)))


def _poles(a: Floats, h: Floats, x: float) -> tuple[float, float]:
    """Bounds between which the saddlepoint lies."""
    high = float((1 / (2 * a[a > 0])).min()) * _INSIDE
    if (a < 0).any():
        return float((1 / (2 * a[a < 0])).max()) * _INSIDE, high
    return (-0.01 if x > float((h * a).sum()) else -float(h.sum()) / (2 * x)), high
