"""Confidence intervals, as functions of arrays.

In all of them p is a share, v its variance, ν the degrees of freedom of the domain and
t_ν(q) the q-quantile of Student's t.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, expit, stdtrit

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats, Ints

INTERVALS = ("logit", "korn-graubard", "wilson", "arcsine", "mean", "likelihood")
SYNONYMS = {"beta": "korn-graubard", "xlogit": "logit", "asin": "arcsine"}
"""Names that R's ``svyciprop`` has for the same intervals."""
NEWTON_STEPS, SETTLED = 50, 1e-13
"""Most steps to a limit of likelihood, in log odds, and a step that counts as none."""


def t_quantile(df: Floats, confidence: float) -> Floats:
    """Give t_ν(1 − α/2), NaN where there is no degree of freedom."""
    known = np.asarray(df, dtype=np.float64)
    quantile = stdtrit(np.maximum(known, 1.0), 0.5 + confidence / 2)
    answer: Floats = np.where(known >= 1, quantile, np.nan)
    return answer


def mean_interval(
    estimate: Floats, variance: Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Symmetric interval: estimate ± t_ν · √v (R: ``confint(…, df = degf(design))``)."""
    half = t_quantile(df, confidence) * np.sqrt(variance)
    return estimate - half, estimate + half


def logit_interval(
    share: Floats, variance: Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Interval on the scale of log odds: logit(p) ± t_ν · √v / (p(1 − p)), carried back.

    Never leaves 0 to 1; not defined at 0 and 1 (R: ``svyciprop(method = "logit")``).
    """
    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    middle = np.log(p / (1 - p))
    half = t_quantile(df, confidence) * np.sqrt(variance) / (p * (1 - p))
    low = np.where(inside, 1 / (1 + np.exp(half - middle)), np.nan)
    high = np.where(inside, 1 / (1 + np.exp(-half - middle)), np.nan)
    return low, high


def arcsine_interval(
    share: Floats, variance: Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Interval on the scale of a = arcsin √p, whose variance is v / (4p(1 − p)).

    The limits sin²(a ± t_ν · √v / (2√(p(1 − p)))) are kept within 0 to 1, where R's
    ``svyciprop(method = "asin")`` lets them turn back; not defined at 0 and 1.
    """
    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    middle = np.arcsin(np.sqrt(p))
    half = t_quantile(df, confidence) * np.sqrt(variance / (4 * p * (1 - p)))
    low = np.sin(np.clip(middle - half, 0.0, np.pi / 2)) ** 2
    high = np.sin(np.clip(middle + half, 0.0, np.pi / 2)) ** 2
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def wilson_interval(
    share: Floats, n_eff: Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Wilson's score interval at the effective sample size m = p(1 − p)/v.

    (p + c/2 ± √(c·p(1 − p) + c²/4)) / (1 + c) with c = t_ν² / m (Wilson 1927; for complex
    samples Franco, Little, Louis & Slud, *Journal of Survey Statistics and Methodology* 7
    (2019)). Within 0 to 1, and defined at both ends for a given m.
    """
    usable = np.isfinite(n_eff) & (n_eff > 0)
    c = t_quantile(df, confidence) ** 2 / np.where(usable, n_eff, 1.0)
    c = np.where(usable, c, np.nan)
    spread = np.sqrt(c * np.clip(share * (1 - share), 0.0, None) + c**2 / 4)
    return (share + c / 2 - spread) / (1 + c), (share + c / 2 + spread) / (1 + c)


def korn_graubard_interval(
    share: Floats, n_eff: Floats, n: Ints | Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Exact binomial limits at an effective sample size (Korn & Graubard 1998).

    With m = n_eff · (t_{n−1} / t_ν)² the limits are the α/2-quantile of
    Beta(m·p, m·(1 − p) + 1) and the 1 − α/2-quantile of Beta(m·p + 1, m·(1 − p)), which
    stay informative at 0 and 1 (R: ``svyciprop(method = "beta")``).

    Parameters
    ----------
    share, n_eff, df : ndarray of float
        p; p(1 − p)/v; ν.
    n : ndarray
        Rows of the domain, answered or not (R's ``nrow(design)``).
    """
    tail = (1 - confidence) / 2
    nominal = t_quantile(np.asarray(n, dtype=np.float64) - 1, confidence)
    m = n_eff * (nominal / t_quantile(df, confidence)) ** 2
    usable = np.isfinite(m) & (m > 0) & np.isfinite(share)
    m, p = np.where(usable, m, 1.0), np.clip(np.where(usable, share, 0.5), 0.0, 1.0)
    yes, no = m * p, m * (1 - p)
    low = np.where(yes > 0, betaincinv(np.where(yes > 0, yes, 1.0), no + 1, tail), 0.0)
    high = np.where(no > 0, betaincinv(yes + 1, np.where(no > 0, no, 1.0), 1 - tail), 1.0)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def likelihood_interval(
    share: Floats, n_eff: Floats, n: Ints | Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Limits at which the likelihood of m answers has fallen by t_ν²/2 from its top at p.

    With m = n_eff·(n − 1)/n they are the two q that solve
    2m · (p·log(p/q) + (1 − p)·log((1 − p)/(1 − q))) = t_ν² (Rao & Scott 1984; R:
    ``svyciprop(method = "likelihood")``, which draws a curve through about ten points of
    the left side, and so stops at the sixth digit). Not defined at 0 and 1.

    Parameters
    ----------
    share, n_eff, df : ndarray of float
        p; p(1 − p)/v; ν.
    n : ndarray
        Answers in the domain.
    """
    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = t_quantile(df, confidence) ** 2 / (2 * n_eff * (n - 1) / n)
    # By symmetry the lower limit of p is the upper one of 1 − p.
    low, high = 1 - _fallen(1 - p, fall), _fallen(p, fall)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def _fallen(p: Floats, fall: Floats) -> Floats:
    """Give q above p with p·log(p/q) + (1 − p)·log((1 − p)/(1 − q)) = fall."""
    top = p * np.log(p) + (1 - p) * np.log1p(-p)
    # In log odds the left side is convex, and at this start it is past `fall`, so that
    # Newton's steps go down to the root and not beyond it.
    odds = (fall - top) / (1 - p)
    for _ in range(NEWTON_STEPS):
        share = expit(odds)
        excess = top - p * odds + np.logaddexp(0.0, odds) - fall
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(share > p, excess / (share - p), 0.0)
        odds = odds - step
        if not (np.abs(step) > SETTLED).any():
            break
    limit: Floats = expit(odds)
    return limit


_BY_VARIANCE = {"logit": logit_interval, "arcsine": arcsine_interval, "mean": mean_interval}


def share_interval(
    share: Floats,
    variance: Floats,
    *,
    n_eff: Floats,
    n: Floats,
    df: Floats,
    method: str,
    confidence: float,
) -> tuple[Floats, Floats]:
    """Interval of a share by name; at 0 and 1 always the exact one of Korn and Graubard."""
    method = SYNONYMS.get(method, method)
    if method == "korn-graubard":
        return korn_graubard_interval(share, n_eff, n, df, confidence)
    if method == "wilson":
        low, high = wilson_interval(share, n_eff, df, confidence)
    elif method == "likelihood":
        low, high = likelihood_interval(share, n_eff, n, df, confidence)
    else:
        low, high = _BY_VARIANCE[method](share, variance, df, confidence)
    edge = (share <= 0) | (share >= 1)
    if not edge.any():
        return low, high
    exact = korn_graubard_interval(share, n_eff, n, df, confidence)
    return np.where(edge, exact[0], low), np.where(edge, exact[1], high)


def check_interval(method: str, confidence: float) -> None:
    """Raise where the name of an interval or its confidence is not usable."""
    if SYNONYMS.get(method, method) not in INTERVALS:
        raise EstimateError(
            f"An interval is one of {', '.join(INTERVALS)}.",
            f"It is {method!r}.",
            did_you_mean(str(method), INTERVALS),
        )
    if not 0 < confidence < 1:
        raise EstimateError(
            "A confidence between 0 and 1 was wanted, such as 0.95.", f"It is {confidence!r}."
        )
