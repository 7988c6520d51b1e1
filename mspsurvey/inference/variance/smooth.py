"""Smooth functions of weighted means, with their design-based covariance.

With m the weighted means of some columns and θ = f(m), the score of a row is
∇f(m)·(m_i − m)/Σw (Woodruff, *Journal of the American Statistical Association* 66 (1971));
replicates compute f anew. Reliability coefficients are such functions, of means of products
of answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.variance.variance import variance_root, variances

STEP = 1e-5
"""Step of the numeric slope, relative to the spread of a mean's column."""

Function = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Smooth:
    """Values of a smooth function, and what they rest on.

    Attributes
    ----------
    value : ndarray of float, shape (estimates,)
    root : ndarray of float, shape (any, estimates)
        Root of their covariance.
    n, base, df, n_eff : float
        Respondents with all answers; their weights' sum; degrees of freedom; Kish's
        effective number.
    """

    value: Floats
    root: Floats
    n: int
    base: float
    df: float
    n_eff: float

    @property
    def variance(self) -> Floats:
        """Variance of each value."""
        return variances(self.root)


def smooth(survey: Survey, columns: Floats, function: Function) -> Smooth:
    """Apply a function to the weighted means of columns, within the survey's domain.

    Parameters
    ----------
    survey : Survey
    columns : ndarray of float, shape (rows, q)
        Rows with a gap in any column are left out of all of them.
    function : callable
        From means, shape (q,), to values, shape (estimates,).

    Raises
    ------
    EstimateError
        Where nobody has an answer to everything.
    """
    valid = np.isfinite(columns).all(axis=1) & (survey.domains([]).index == 0)
    if not valid.any():
        raise EstimateError("Respondents with all the answers were wanted.", "There are none.")
    design = survey.design
    inside = columns[valid]
    weights = design.weights[valid]
    means = weights @ inside / weights.sum()
    value = np.atleast_1d(function(means))
    if design.replicates is not None:
        root = _replicated(survey, valid, inside, function, value)
    else:
        spread = np.sqrt(weights @ (inside - means) ** 2 / weights.sum())
        slopes = _slopes(function, means, spread)
        scores = np.zeros((len(valid), len(value)))
        scores[valid] = (inside - means) @ slopes.T / weights.sum()
        root = _linearised(survey, scores, valid)
    return Smooth(
        value, root, int(valid.sum()), float(weights.sum()),
        float(design.degrees_of_rows(valid)),
        float(weights.sum() ** 2 / (weights**2).sum()),
    )  # fmt: skip


def _linearised(survey: Survey, scores: Floats, valid: Bools) -> Floats:
    design = survey.design
    if survey.raking is not None:
        return variance_root(survey.raking.residual_totals(scores), design)
    present = None
    if design.asks_domains:
        held = design.per_unit(valid[:, None].astype(np.float64)) > 0
        present = np.repeat(held, scores.shape[1], axis=1)
    totals = design.per_unit(scores * design.weights[:, None])
    return variance_root(totals, design, present)


def _replicated(
    survey: Survey, valid: Bools, inside: Floats, function: Function, value: Floats
) -> Floats:
    replicates = survey.design.replicates
    assert replicates is not None
    anew = []
    for number in range(replicates.count):
        weights = replicates.weights(number)[valid]
        total = weights.sum()
        known = total > 0
        anew.append(np.atleast_1d(function(weights @ inside / total)) if known else value * np.nan)
    return replicates.root(np.stack(anew), value)


def _slopes(function: Function, means: Floats, spread: Floats) -> Floats:
    """Slopes by central differences, shape (estimates, q)."""
    steps = STEP * np.where(spread > 0, spread, 1.0)
    columns = []
    for position, step in enumerate(steps):
        ahead, behind = means.copy(), means.copy()
        ahead[position] += step
        behind[position] -= step
        rise = np.atleast_1d(function(ahead)) - np.atleast_1d(function(behind))
        columns.append(rise / (2 * step))
    return np.stack(columns, axis=1)
