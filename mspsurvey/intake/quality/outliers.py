"""C7: a pattern of answers far from all others, by Mahalanobis distance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from mspsurvey.instrument import Variable
from mspsurvey.intake.quality.grids import LEAST_LEVELS
from mspsurvey.intake.work import Work

LEAST_ITEMS = 5
RESPONSES_AN_ITEM = 5
OUTLIER_P = 0.001
RIDGE = 0.05
"""Weight of the identity in the correlation matrix, which keeps it invertible."""


def family(work: Work) -> list[Variable]:
    """The largest set of grid rows whose answers are scored alike: the practice items."""
    sets: dict[tuple[tuple[str, float], ...], list[Variable]] = {}
    for variable in work.instrument:
        scored = variable.kind == "grid" and len(variable.values) >= LEAST_LEVELS
        if scored and variable.role == "answer" and work.has(variable.name):
            scale = dict(variable.values)
            sets.setdefault(tuple(scale.items()), []).append(variable)
    return max(sets.values(), key=len, default=[])


def outliers(work: Work) -> pd.DataFrame:
    """Measure how far each response's practice items lie from the middle of all.

    Returns
    -------
    DataFrame
        ``outlier_p``: chance of such a distance if answers were normal (they are not: read
        it as a rank); NaN with fewer than five items or five responses an item; flag ``C7``.
    """
    items = family(work)
    p = np.full(len(work.answers), np.nan)
    if len(items) >= LEAST_ITEMS and len(work.answers) >= RESPONSES_AN_ITEM * len(items):
        values = np.column_stack(
            [work.answers[v.name].map(v.values).astype("float64") for v in items]
        )
        distance, count = mahalanobis(values)
        enough = count >= LEAST_ITEMS
        p[enough] = chi2.sf(distance[enough], count[enough])
    return pd.DataFrame({"outlier_p": p, "C7": p < OUTLIER_P}, index=work.answers.index)


def mahalanobis(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance of each row over the items it answered.

    D² = zᵀ R⁻¹ z, with z the standardised answers given and R their part of the correlation
    matrix, taken over pairs of answers and drawn a little towards the identity. Rows with
    the same gaps are worked out together.

    Parameters
    ----------
    values : ndarray of float, responses × items
        NaN is no answer.

    Returns
    -------
    distance : ndarray of float
        0 for a row without answers.
    count : ndarray of int
        Items answered, with any spread at all.
    """
    given = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (values - _mean(values, given)) / _sd(values, given)
    given &= np.isfinite(z)
    z = np.where(given, z, 0.0)
    pairs = np.maximum(given.T.astype("float64") @ given, 1)
    r = (1 - RIDGE) * (z.T @ z) / pairs
    np.fill_diagonal(r, 1.0)
    distance = np.zeros(len(z))
    patterns, which = np.unique(np.packbits(given, axis=1), axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel(), minlength=len(patterns)))
    for rows in np.split(order, ends[:-1]):
        there = given[rows[0]]
        if there.any():
            part = z[np.ix_(rows, there)]
            solved = np.linalg.solve(r[np.ix_(there, there)], part.T)
            distance[rows] = np.einsum("ij,ji->i", part, solved)
    return np.maximum(distance, 0.0), given.sum(axis=1)


def _mean(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    total: np.ndarray = np.where(given, values, 0.0).sum(axis=0)
    return np.asarray(total / given.sum(axis=0))


def _sd(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    squares = np.where(given, (values - _mean(values, given)) ** 2, 0.0).sum(axis=0)
    deviation = np.sqrt(squares / (given.sum(axis=0) - 1))
    return np.where(deviation > 0, deviation, np.nan)
