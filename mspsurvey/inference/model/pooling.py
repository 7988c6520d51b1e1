"""Rubin's rules: m fits to completed data as one.

With q_i the parameters and U_i their covariance in the i-th data set, q̄ their mean, Ū the
mean covariance and B the covariance between the q_i, the pooled covariance is
T = Ū + (1 + 1/m)·B. Of each parameter λ = (1 + 1/m)·B/T is the part that is due to missing
answers, and its degrees of freedom are those of Barnard & Rubin (1999),
1/ν = λ²/(m − 1) + 1/ν_obs with ν_obs = (ν + 1)/(ν + 3)·ν·(1 − λ) and ν those of complete data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.interval import t_quantile
from mspsurvey.inference.model import terms
from mspsurvey.inference.model.fit import ERRORS, Fit
from mspsurvey.inference.model.report import masked
from mspsurvey.inference.testing.result import TestResult


@dataclass(frozen=True)
class Pooled:
    """Fits to m completed data sets, put together.

    Attributes
    ----------
    fits : tuple of Fit
    """

    fits: tuple[Fit, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Check that all have the same parameters."""
        first = self.fits[0].solved.labels
        if any(fit.solved.labels != first for fit in self.fits[1:]):
            raise EstimateError(
                "The same levels in every completed data set were wanted.",
                "Some levels occur only in a part of them.",
                "Put rare levels together before imputing.",
            )

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.fits)

    @property
    def formula(self) -> str:
        """As it was asked for."""
        return self.fits[0].formula

    @property
    def estimate(self) -> Floats:
        """q̄, shape (q,)."""
        return np.asarray(np.mean([fit.estimate for fit in self.fits], axis=0))

    @cached_property
    def within(self) -> Floats:
        """Ū, shape (q, q)."""
        return np.asarray(np.mean([fit.vcov for fit in self.fits], axis=0))

    @cached_property
    def between(self) -> Floats:
        """B, shape (q, q)."""
        away = np.array([fit.estimate for fit in self.fits]) - self.estimate
        return np.asarray(away.T @ away / (self.m - 1))

    @property
    def vcov(self) -> Floats:
        """T, shape (q, q)."""
        return self.within + (1 + 1 / self.m) * self.between

    @property
    def share_missing(self) -> Floats:
        """λ, shape (q,)."""
        share: Floats = (1 + 1 / self.m) * np.diag(self.between) / np.diag(self.vcov)
        return share

    @property
    def df(self) -> Floats:
        """Degrees of freedom of Barnard and Rubin, shape (q,)."""
        complete = self.fits[0].df
        if complete < 1:
            return np.full(len(self.estimate), float(complete))
        share = self.share_missing
        observed = (complete + 1) / (complete + 3) * complete * (1 - share)
        df: Floats = 1 / (share**2 / (self.m - 1) + 1 / observed)
        return df

    @property
    def coefficients(self) -> pd.DataFrame:
        """Tidy table as of ``Fit``, with ``fmi``, the part λ that is due to missing answers."""
        first = self.fits[0]
        table = first.coefficients
        se, df = np.sqrt(np.diag(self.vcov)), self.df
        half = t_quantile(df, first.confidence) * se
        t = self.estimate / se
        p = np.array([float(terms.two_sided(a, b)) for a, b in zip(t, df, strict=True)])
        table = table.assign(
            estimate=self.estimate, se=se, low=self.estimate - half, high=self.estimate + half,
            t=t, df=df, p=p, fmi=self.share_missing,
        )  # fmt: skip
        if first.solved.survey.precision_kind == "none":
            table[ERRORS] = np.nan
        return table if first.override else masked(first.solved, table)

    @property
    def frame(self) -> pd.DataFrame:
        """The coefficients; see ``coefficients``."""
        return self.coefficients

    def unsuppressed(self, reason: str) -> Pooled:
        """Show every coefficient, for a stated reason."""
        return replace(self, fits=tuple(fit.unsuppressed(reason) for fit in self.fits))

    def test(self, term: str | Sequence[str]) -> TestResult:
        """Test that all coefficients of one or more terms are 0.

        D1 of Li, Raghunathan & Rubin (*JASA* 86 (1991), 1065–1073): with r̄ the mean relative
        increase of variance, (1 + 1/m)·tr(B Ū⁻¹)/k, F = q̄'Ū⁻¹q̄ / (k·(1 + r̄)); its second
        degrees of freedom are at most those of complete data.
        """
        first = self.fits[0]
        places = terms.members(first.solved, term)
        single = first.test(term)
        q, grid = self.estimate[places], np.ix_(places, places)
        k, complete = len(places), first.df
        f, _ = terms.wald(q, self.within[grid], complete)
        r = (1 + 1 / self.m) * np.trace(np.linalg.solve(self.within[grid], self.between[grid])) / k
        df = min(_second_df(k * (self.m - 1), k, float(r)), float(complete))
        f /= 1 + r
        return TestResult(
            item=single.item, by=single.by, method=f"{single.method}, {self.m} imputations",
            statistic=f, df=(k, df), p=float(fdtrc(k, df, f)), n=single.n, words=single.words,
            population=single.population, where=single.where, weight=single.weight,
            synthetic=single.synthetic,
        )  # fmt: skip

    def __repr__(self) -> str:
        """Say model and number of data sets in one line."""
        return f"<Pooled: {self.formula!r} over {self.m} imputations>"


def _second_df(t: float, k: int, r: float) -> float:
    if r <= 0:
        return np.inf
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    return t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2
