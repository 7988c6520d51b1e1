"""Tails of weighted sums of χ² variables, to which Pearson's X² converges in a survey.

With λ the generalised design effects, X² behaves as Σ λ_i χ²₁ (Rao & Scott 1981). That the λ
are estimated is allowed for by comparing with x·χ²_d/d, d the denominator's degrees of
freedom, as in an F distribution (R: ``survey:::pFsum`` and ``pchisqsum``).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr

from mspsurvey.inference.design.coding import Floats

_NEAR_MEAN = 1e-4
"""Below this the saddlepoint formula divides nothing by nothing."""

_INSIDE = 0.99999
"""The saddlepoint lies strictly between the poles of the cumulant function."""

_TERMS, _REST = 20_000, 1e-14
"""Longest series of the exact tail, and what may be left of its weights when it stops."""

_NO_EFFECT = 1e-10
"""A design effect below this fraction of the largest is what rounding leaves of 0."""


def satterthwaite(effects: Floats) -> tuple[float, float]:
    """Give the sum of the λ, and d₀ = (Σλ)² / Σλ², the degrees of freedom they are worth."""
    total = float(effects.sum())
    return total, total**2 / float((effects**2).sum())


def exact_tail(x: float, effects: Floats, ddf: float) -> float:
    """Chance that Σ λ_i χ²₁ exceeds x, as a mixture of χ² (or F) tails (Ruben 1962).

    With β the smallest λ, Σ λ_i χ²₁ is β·χ²_{k + 2j} with chance c_j, where c₀ = Π √(β/λ_i)
    and c_j = (1/j) Σ_{r<j} g_{j−r} c_r with g_m = ½ Σ (1 − β/λ_i)^m.

    Parameters
    ----------
    x : float
        The statistic.
    effects : ndarray of float, shape (k,)
        λ, none negative.
    ddf : float
        Denominator's degrees of freedom; infinite where the λ count as known.
    """
    a = effects[effects > _NO_EFFECT * effects.max()]
    weights = _mixture(a)
    size = len(a) + 2.0 * np.arange(len(weights))
    at = x / float(a.min())
    tails = chdtrc(size, at) if math.isinf(ddf) else fdtrc(size, ddf, at / size)
    left = max(0.0, 1.0 - float(weights.sum()))
    return min(1.0, float(weights @ tails) + left * float(tails[-1]))


def _mixture(a: Floats) -> Floats:
    """Chances c_j, until nothing is left of them."""
    smallest = a.min()
    ratio = 1 - smallest / a
    weights, g = np.zeros(_TERMS), np.zeros(_TERMS)
    weights[0] = math.sqrt(float(np.prod(smallest / a)))
    power, total = np.ones_like(a), float(weights[0])
    for j in range(1, _TERMS):
        if 1 - total < _REST:
            return weights[:j]
        power = power * ratio
        g[j] = power.sum() / 2
        weights[j] = float(g[j:0:-1] @ weights[:j]) / j
        total += weights[j]
    return weights


def saddlepoint_tail(x: float, effects: Floats, ddf: float) -> float:
    """Chance that Σ λ_i χ²₁ exceeds x, by a saddlepoint (Kuonen 1999).

    Parameters as in ``exact_tail``. Of ``ddf`` the whole number counts, as in R. Near the
    mean, where there is no saddlepoint, Satterthwaite's approximation.
    """
    a = effects[effects > _NO_EFFECT * effects.max()]
    if math.isinf(ddf):
        tail = _saddle(x, a, np.ones(len(a)))
    else:
        sizes = np.append(np.ones(len(a)), math.floor(ddf))
        tail = _saddle(0.0, np.append(a, -x / ddf), sizes)
    if tail is not None:
        return tail
    total, d0 = satterthwaite(a)
    if math.isinf(ddf):
        return float(chdtrc(d0, x * d0 / total))
    return float(fdtrc(d0, ddf, x / total))


def _saddle(x: float, a: Floats, h: Floats) -> float | None:
    """Tail beyond x of Σ a_i χ²_{h_i}; None where x is the mean."""
    from scipy.optimize import brentq  # slow to import, and only this tail needs it

    scale = float(a.max())
    a, x = a / scale, x / scale
    low, high = _poles(a, h, x)
    z = float(brentq(lambda z: float((h * a / (1 - 2 * z * a)).sum()) - x, low, high,
                     xtol=1e-15, rtol=1e-14))  # fmt: skip
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
