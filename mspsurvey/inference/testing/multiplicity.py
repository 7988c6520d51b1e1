"""Many tests: Holm and Benjamini–Hochberg over a family.

Holm (1979) keeps the chance of one or more false findings in the family below the level,
whatever the tests have to do with each other. Benjamini and Hochberg (1995) keep the expected
share of false ones among the findings below it, where tests are independent or positively
related. R: ``p.adjust``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.testing.result import ADJUSTMENTS, TestResult, Tests


def adjusted(p: ArrayLike, adjust: str | None) -> Floats:
    """Adjust the p-values of one family.

    With p₍₁₎ ≤ … ≤ p₍m₎ in order, Holm's are max over j ≤ i of (m − j + 1)·p₍j₎, those of
    Benjamini and Hochberg min over j ≥ i of m·p₍j₎/j; both at most 1.

    Parameters
    ----------
    p : array of float, shape (tests,)
        NaN where there is no test: it stays NaN and does not count in m.
    adjust : {"holm", "bh", "none"} or None

    Returns
    -------
    ndarray of float, shape (tests,)

    Raises
    ------
    EstimateError
        Where ``adjust`` is none of these.
    """
    kind = check_adjust(adjust)
    plain = np.asarray(p, dtype=np.float64)
    answer = plain.copy()
    known = np.flatnonzero(~np.isnan(plain))
    if kind == "none" or not len(known):
        return answer
    order = known[np.argsort(plain[known], kind="stable")]
    m = len(order)
    if kind == "holm":
        steps = np.maximum.accumulate((m - np.arange(m)) * plain[order])
    else:
        steps = np.minimum.accumulate((m / np.arange(m, 0, -1)) * plain[order][::-1])[::-1]
    answer[order] = np.minimum(steps, 1.0)
    return answer


def check_adjust(adjust: str | None) -> str:
    """Give the name of an adjustment, or raise with the nearest ones."""
    kind = "none" if adjust is None else adjust
    if kind not in ADJUSTMENTS:
        raise EstimateError(
            f"adjust is one of {', '.join(ADJUSTMENTS)}.",
            f"It is {adjust!r}.",
            did_you_mean(str(adjust), ADJUSTMENTS),
        )
    return kind


def family(results: Iterable[TestResult], *, adjust: str | None = "holm") -> Tests:
    """Take tests as one family and say so in each of them.

    Parameters
    ----------
    results : iterable of TestResult
        All tests that were made to answer one question; also those that showed nothing.
    adjust : {"holm", "bh", "none"} or None

    Returns
    -------
    Tests
    """
    kind = check_adjust(adjust)
    tests = tuple(results)
    p = adjusted([t.p for t in tests], kind)
    made = sum(not np.isnan(t.p) for t in tests)
    size = max(made, 1)
    return Tests(
        tuple(
            replace(t, family=size, adjust=kind, p_adjusted=float(q))
            for t, q in zip(tests, p, strict=True)
        ),
        kind,
    )
