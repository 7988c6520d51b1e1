"""Tests of means: one sample, paired, two groups, and several groups at once.

A t-test is a regression of the outcome on the group with design-based variance, so that
groups that share sampling units are not taken for independent (R: ``svyttest``). Degrees of
freedom are sampling units less strata, among the rows that count, less 1; R takes the 1 off
also in the one-sample test, and so does this module (Stata's ``svy: mean`` does not).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.interval import t_quantile
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import FEW_CASES, FEW_RESPONDENTS, FEWEST_CASES, FEWEST_N
from mspsurvey.inference.testing.base import (
    Split,
    context,
    covariance_root,
    degrees,
    group_means,
    require_df,
    require_groups,
    split,
)
from mspsurvey.inference.testing.chisq import quadratic, wald_tail
from mspsurvey.inference.testing.result import TestResult
from mspsurvey.inference.testing.values import Values

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


@dataclass(frozen=True)
class Contrast:
    """A difference with its standard error: of two groups, or of one mean and a value.

    ``words`` says what was taken from what; ``df`` are those of its t statistic.
    """

    estimate: float
    se: float
    df: int
    words: str
    rows: Split

    @property
    def t(self) -> float:
        """Estimate over standard error; NaN where neither varies."""
        if self.se > 0:
            return self.estimate / self.se
        return math.nan if self.estimate == 0 else math.copysign(math.inf, self.estimate)

    @property
    def p(self) -> float:
        """Two-sided p-value; NaN where there is nothing to test by."""
        return two_sided(self.t, self.df) if self.se > 0 and self.df > 0 else math.nan

    def interval(self, confidence: float) -> tuple[float, float]:
        """Estimate ± t·se; not known without degrees of freedom."""
        half = float(t_quantile(np.array(float(self.df)), confidence)) * self.se
        return self.estimate - half, self.estimate + half


def two_sided(t: float, df: float) -> float:
    """Chance that Student's t is farther from 0 than this."""
    return float(2 * stdtr(df, -abs(t)))


def one_sample(survey: Survey, values: Values, against: float) -> Contrast:
    """Mean less a given value."""
    rows = split(survey, values.valid, ())
    require_groups(survey, rows, ("everyone",), 1)
    found = group_means(survey, values.y - against, rows)
    root = covariance_root(found)
    words = "mean" if against == 0 else f"mean less {against:g}"
    return _contrast(survey, float(found.estimate[0, 0]), root[:, 0], rows, words)


def two_sample(
    survey: Survey, values: Values, by: Sequence[str], groups: Sequence[str] | None
) -> Contrast:
    """Mean of the second group less mean of the first, as a regression on the group gives it."""
    rows = split(survey, values.valid, by, groups)
    require_groups(survey, rows, by, 2)
    found = group_means(survey, values.y, rows)
    root = covariance_root(found)
    difference = float(found.estimate[1, 0] - found.estimate[0, 0])
    words = f"{rows.names[1]} less {rows.names[0]}"
    return _contrast(survey, difference, root[:, 1] - root[:, 0], rows, words)


def _contrast(survey: Survey, estimate: float, root: Floats, rows: Split, words: str) -> Contrast:
    df = degrees(survey, rows.inside) - 1
    se = math.sqrt(float(root @ root))
    # What is left of a variance of 0 is rounding.
    se = 0.0 if se < 1e-14 * abs(estimate) else se
    return Contrast(estimate, se, df, words, rows)


def t_test(
    survey: Survey,
    values: Values,
    *,
    by: Sequence[str],
    groups: Sequence[str] | None = None,
    against: float = 0.0,
    confidence: float = 0.95,
) -> TestResult:
    """Design-based t-test (R: ``svyttest``); paired where ``values`` are differences.

    t = d/se(d), with d the mean less ``against``, or the difference of two groups' means.
    """
    if by:
        contrast, kind = two_sample(survey, values, by, groups), "two-sample"
    else:
        contrast = one_sample(survey, values, against)
        kind = "paired" if len(values.items) == 2 else "one-sample"
    require_df(contrast.df)
    low, high = contrast.interval(confidence)
    return TestResult(
        item=" − ".join(values.items), by=tuple(by), method=f"Design-based {kind} t-test",
        statistic=contrast.t, statistic_name="t", df=(contrast.df,), p=contrast.p,
        n=int(contrast.rows.n.sum()), groups=contrast.rows.counts,
        effect=contrast.words, estimate=contrast.estimate, se=contrast.se, low=low, high=high,
        unit="points" if values.share else "", confidence=confidence,
        words=values.words, hidden=hidden(values, contrast.rows),
        note="" if contrast.se > 0 else "There is no sampling error to test by.",
        left_out=survey.left_out(values.items, values.valid, by), **context(survey),
    )  # fmt: skip


def equal_means(
    survey: Survey,
    values: Values,
    *,
    by: Sequence[str],
    groups: Sequence[str] | None = None,
) -> TestResult:
    """Wald test that all groups have the same mean.

    With m the k − 1 differences to the first group and V their covariance, W = m'V⁻¹m and
    F = W/(k − 1) against F(k − 1, d − k + 1), d sampling units less strata (R:
    ``regTermTest(svyglm(y ~ g), ~g)``, whose df count the same).
    """
    rows = split(survey, values.valid, by, groups)
    require_groups(survey, rows, by, None)
    found = group_means(survey, values.y, rows)
    root = covariance_root(found)
    means = found.estimate[:, 0]
    k = len(means) - 1
    df = degrees(survey, rows.inside)
    require_df(df - k)
    tail = wald_tail(quadratic(root[:, 1:] - root[:, :1], means[1:] - means[0]), k, df - k)
    return TestResult(
        item=values.items[0], by=tuple(by), method="Design-based Wald test of equal means",
        statistic=tail.statistic, df=tail.df, p=tail.p, n=int(rows.n.sum()),
        groups=rows.counts, effect="largest less smallest mean",
        estimate=float(means.max() - means.min()), unit="points" if values.share else "",
        words=values.words, hidden=hidden(values, rows),
        left_out=survey.left_out(values.items, values.valid, by), **context(survey),
    )  # fmt: skip


def hidden(values: Values, rows: Split) -> str:
    """Rule of the presentation standard by which a difference of groups may not be shown."""
    smallest = int(rows.n.min())
    if smallest < FEWEST_RESPONDENTS:
        return FEW_RESPONDENTS
    if values.share:
        ones = np.bincount(rows.group, weights=values.y, minlength=len(rows.n) + 1)[:-1]
        few = np.minimum(ones, rows.n - ones)
        if ((few > 0) & (few < FEWEST_CASES)).any():
            return FEW_CASES
    return f"n below {FEWEST_N}" if smallest < FEWEST_N else ""
