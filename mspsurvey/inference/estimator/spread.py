"""Population variance and correlation, in all domains at once.

With m the weighted mean of x in a domain of n answers, the variance is
s² = n/(n − 1) · Σ w·(x − m)² / Σ w (R: ``svyvar``), and its score that of a mean of
(x − m)²: that m is estimated too changes nothing of first order. The correlation is
r = Σ w·a·b / Σ w with a and b the two variables less their means over their (weighted)
standard deviations; its score is that of a mean of a·b − r·(a² + b²)/2. With replicate
weights both are made anew from each replicate.

The interval of r is Fisher's: tanh(artanh r ± t_ν · se/(1 − r²)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.estimator.asked import Asked, Interval, present_level
from mspsurvey.inference.estimator.interval import t_quantile
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.layout import (
    Answer,
    estimated,
    laid_out,
    require_groups,
    require_rows,
)  # fmt: skip
from mspsurvey.inference.estimator.linear import Linear
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.variance.root import scaled
from mspsurvey.inference.variance.variance import variances

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


def variance(
    survey: Survey, items: Sequence[str], by: Sequence[str], wanted: Interval
) -> Estimates:
    """Estimate population variances; see ``Survey.variance``."""
    require_groups(by)
    require_rows(survey, "A population variance")
    answers = [_variance(survey, name, by) for name in items]
    return laid_out(survey, answers, by, "variance", wanted)


def _variance(survey: Survey, name: str, by: Sequence[str]) -> Answer:
    values, _, valid = survey.coder.centred(name)
    away = values - _per_row(survey, values, valid, by)
    first = Item(present_level(valid), top=away)
    square = Item(first.level, top=away**2)
    found = estimated(survey, square, by)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(found.n > 1, found.n / (found.n - 1), np.nan)[:, None]
    result = replace(
        found,
        estimate=found.estimate * factor,
        variance=found.variance * factor**2,
        simple=found.simple * factor**2,
        root=scaled(found.root, factor.ravel()),
    )
    if found.replicated is not None:
        means = estimated(survey, first, by).replicated
        assert means is not None
        result = _anew(survey, result, (found.replicated - means**2) * factor)
    return Answer(Asked(name, square, ("",), (name,)), result)


def correlation(survey: Survey, x: str, y: str, by: Sequence[str], wanted: Interval) -> Estimates:
    """Estimate a correlation; see ``Survey.correlation``."""
    require_groups(by)
    require_rows(survey, "A correlation")
    numbers = [survey.coder.centred(name) for name in (x, y)]
    valid: Bools = numbers[0][2] & numbers[1][2]
    a, b = (_standardised(survey, values, valid, by) for values, _, _ in numbers)
    level = present_level(valid)
    product = estimated(survey, Item(level, top=a * b), by)
    r = np.clip(product.estimate, -1.0, 1.0)
    index = survey.domains(by).index
    of_row = np.append(r[:, 0], np.nan)[index]
    moved = estimated(survey, Item(level, top=a * b - of_row * (a**2 + b**2) / 2), by)
    result = replace(moved, estimate=r)
    if moved.replicated is not None:
        parts = [
            estimated(survey, Item(level, top=values), by).replicated
            for values in (a, b, a**2, b**2)
        ]
        result = _anew(survey, result, _correlations(product.replicated, parts))
    limits = fisher_interval(r, result.variance, result.df[:, None], wanted.confidence)
    asked = Asked(f"{x}~{y}", Item(level), ("",), (x, y))
    return laid_out(survey, [Answer(asked, result, limits)], by, "correlation", wanted)


def fisher_interval(
    r: Floats, variance: Floats, df: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Interval of a correlation on the scale of artanh r, which has variance v/(1 − r²)²."""
    inside = np.abs(r) < 1
    middle = np.arctanh(np.where(inside, r, 0.0))
    size = np.where(inside, 1 - r**2, 1.0)
    half = t_quantile(df, confidence) * np.sqrt(variance) / size
    low, high = np.tanh(middle - half), np.tanh(middle + half)
    return np.where(inside, low, r), np.where(inside, high, r)


def _per_row(survey: Survey, values: Floats, valid: Bools, by: Sequence[str]) -> Floats:
    """Mean of each row's own group, shape (rows,)."""
    mean = estimated(survey, Item(present_level(valid), top=values), by).estimate[:, 0]
    by_row: Floats = np.append(mean, np.nan)[survey.domains(by).index]
    return by_row


def _standardised(survey: Survey, values: Floats, valid: Bools, by: Sequence[str]) -> Floats:
    away = values - _per_row(survey, values, valid, by)
    spread = _per_row(survey, away**2, valid, by)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: Floats = np.where(spread > 0, away / np.sqrt(spread), np.nan)
    return scores


def _correlations(product: Floats | None, parts: Sequence[Floats | None]) -> Floats:
    """Correlation in each replicate, from its means of a·b, a, b, a² and b²."""
    a, b, a2, b2 = (np.asarray(part) for part in parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        r: Floats = (np.asarray(product) - a * b) / np.sqrt((a2 - a**2) * (b2 - b**2))
    return r


def _anew(survey: Survey, result: Linear, replicated: Floats) -> Linear:
    """The result with the covariance of what each replicate gives."""
    replicates = survey.design.replicates
    assert replicates is not None
    root = replicates.root(replicated.reshape(len(replicated), -1), result.estimate.ravel())
    spread = variances(root).reshape(result.estimate.shape)
    return replace(result, variance=spread, root=root, replicated=replicated)
