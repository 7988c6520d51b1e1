"""How many answers a claim needs, and how many a sample gives.

Letters: e the half-width of an interval, z the normal quantile of its confidence, S² the
variance in the population, p(1 − p)·N/(N − 1) for a share p, D the design effect, N and n
units in the population and in the sample. With v = e²/z² ::

    n = D·S² / (v + D·S²/N)

Sources: Cochran, *Sampling Techniques* (1977), 4.4; Fleiss, Levin & Paik, *Statistical Methods
for Rates and Proportions* (2003), chapter 4, for differences (R: ``power.prop.test``). Division
among strata is in ``allocation.py``, planning from claims in ``claims.py``; all can be had
from here.
"""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

from mspsurvey.errors import EstimateError
from mspsurvey.inference.plan.allocation import ALLOCATIONS, allocate
from mspsurvey.inference.plan.claims import Claim, Plan, plan

__all__ = [
    "ALLOCATIONS",
    "Claim",
    "Plan",
    "allocate",
    "half_width_of_share",
    "plan",
    "power_for_difference",
    "size_for_difference",
    "size_for_mean",
    "size_for_share",
]


def size_for_share(
    half_width: float,
    *,
    share: float = 0.5,
    deff: float = 1.0,
    population: float | None = None,
    confidence: float = 0.95,
) -> int:
    """Answers that make the interval of a share at most so wide.

    Parameters
    ----------
    half_width : float
        Of the interval, as a fraction: 0.03 for 3 points either way.
    share : float
        What the share may be; 0.5 needs most.
    deff : float
        Design effect that is expected of weights and clusters.
    population : float, optional
        Units in the population; infinite if not given.
    confidence : float
        Of the interval.

    Returns
    -------
    int
        Answers, not invitations.
    """
    _fractions(share=share, half_width=half_width, confidence=confidence)
    spread = share * (1 - share) * _finite(population)
    return _size(half_width, spread, deff, population, confidence)


def size_for_mean(
    half_width: float,
    sd: float,
    *,
    deff: float = 1.0,
    population: float | None = None,
    confidence: float = 0.95,
) -> int:
    """Answers that make the interval of a mean at most so wide; ``sd`` is S."""
    _fractions(confidence=confidence)
    _positive(half_width=half_width, sd=sd)
    return _size(half_width, sd**2, deff, population, confidence)


def half_width_of_share(
    n: float,
    *,
    share: float = 0.5,
    deff: float = 1.0,
    population: float | None = None,
    confidence: float = 0.95,
) -> float:
    """Half-width that n answers give, z·√(D·S²·(1/n − 1/N)): ``size_for_share`` turned round."""
    _fractions(share=share, confidence=confidence)
    _positive(n=n, deff=deff)
    rest = 0.0 if population is None else 1 / population
    spread = share * (1 - share) * _finite(population)
    return _z(confidence) * math.sqrt(deff * spread * max(1 / n - rest, 0.0))


def size_for_difference(
    first: float,
    second: float,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    deff: float = 1.0,
    ratio: float = 1.0,
) -> int:
    """Answers in the first of two groups with which a difference of shares shows up.

    ::

        n = D · (z_α·√((1 + 1/k)·p̄(1 − p̄)) + z_β·√(p₁(1 − p₁) + p₂(1 − p₂)/k))² / (p₁ − p₂)²

    with k the size of the second group over the first and p̄ = (p₁ + k·p₂)/(1 + k).

    Parameters
    ----------
    first, second : float
        Shares p₁ and p₂ as fractions.
    power : float
        Chance that the two-sided test at 1 − confidence finds the difference.
    ratio : float
        k; the second group has k times as many answers.
    """
    _fractions(first=first, second=second, power=power, confidence=confidence)
    _positive(deff=deff, ratio=ratio)
    if first == second:
        raise EstimateError("Two different shares were wanted.", f"Both are {first:g}.")
    null, other = _difference_spreads(first, second, ratio)
    root = _z(confidence) * math.sqrt(null) + float(ndtri(power)) * math.sqrt(other)
    return _up(deff * (root / (first - second)) ** 2)


def power_for_difference(
    n: float,
    first: float,
    second: float,
    *,
    confidence: float = 0.95,
    deff: float = 1.0,
    ratio: float = 1.0,
) -> float:
    """Chance that a difference of shares shows up with n answers in the first group."""
    _fractions(first=first, second=second, confidence=confidence)
    _positive(n=n, deff=deff, ratio=ratio)
    null, other = _difference_spreads(first, second, ratio)
    reach = math.sqrt(n / deff) * abs(first - second) - _z(confidence) * math.sqrt(null)
    return float(ndtr(reach / math.sqrt(other)))


def _size(
    half_width: float, spread: float, deff: float, population: float | None, confidence: float
) -> int:
    _positive(half_width=half_width, deff=deff)
    wanted = (half_width / _z(confidence)) ** 2
    rest = 0.0 if population is None else deff * spread / population
    answers = deff * spread / (wanted + rest)
    return _up(answers if population is None else min(answers, population))


def _difference_spreads(first: float, second: float, ratio: float) -> tuple[float, float]:
    """Variances of a difference times n, where there is none and where there is."""
    middle = (first + ratio * second) / (1 + ratio)
    null = (1 + 1 / ratio) * middle * (1 - middle)
    return null, first * (1 - first) + second * (1 - second) / ratio


def _z(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2))


def _up(number: float) -> int:
    """Round up, but not for the sake of rounding errors."""
    return math.ceil(number - 1e-9 * max(number, 1.0))


def _finite(population: float | None) -> float:
    if population is None:
        return 1.0
    if population < 2:
        raise EstimateError("A population of two or more was wanted.", f"It is {population:g}.")
    return population / (population - 1)


def _fractions(**given: float) -> None:
    for name, value in given.items():
        if not 0 < value < 1:
            raise EstimateError(
                f"A {name.replace('_', ' ')} between 0 and 1 was wanted.", f"It is {value:g}.",
                "Shares and half-widths are fractions: 0.03 is 3 points.",
            )  # fmt: skip


def _positive(**given: float) -> None:
    for name, value in given.items():
        if not value > 0:
            raise EstimateError(
                f"A positive {name.replace('_', ' ')} was wanted.", f"It is {value:g}."
            )
