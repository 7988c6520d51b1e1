"""Fit: a fitted model, with its coefficients and what can be asked of it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.interval import mean_interval
from mspsurvey.inference.model import margins, profile, report, terms
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.result.estimate import Estimates, stated
from mspsurvey.inference.testing.result import TestResult

ERRORS = ["se", "low", "high", "t", "p"]
"""Columns that are blank where people chose themselves to take part."""


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    solved : Solved
        Parameters, their influence and the rows they come from.
    kind : str
        ``gaussian``, ``binomial``, ``poisson``, ``ordinal`` or ``multinomial``.
    confidence : float
        Of the intervals.
    override : str
        Reason given for showing suppressed coefficients, "" if none was.
    """

    solved: Solved = field(repr=False)
    kind: str
    confidence: float = 0.95
    override: str = ""

    @property
    def formula(self) -> str:
        """As it was asked for."""
        return self.solved.parsed.text

    @property
    def n(self) -> int:
        """Respondents that the model rests on."""
        return len(self.solved.rows.weights)

    @property
    def df(self) -> int:
        """Degrees of freedom: sampling units less strata, less predictors (as R's svyglm)."""
        return self.solved.df

    @property
    def estimate(self) -> Floats:
        """Parameters, shape (q,), in the order of ``coefficients``."""
        return self.solved.parameters

    @cached_property
    def vcov(self) -> Floats:
        """Design-based covariance of the parameters, shape (q, q)."""
        return np.asarray(self.solved.root.T @ self.solved.root)

    @property
    def left_out(self) -> dict[str, int]:
        """Rows of the domain that lack an answer, by reason."""
        solved = self.solved
        if self.n == len(solved.survey):
            return {}
        names = [*solved.parsed.needs, *solved.parsed.variables]
        return solved.survey.left_out(names, solved.rows.inside, ())

    @property
    def coefficients(self) -> pd.DataFrame:
        """Tidy table: (outcome,) term, estimate, se, low, high, t, df, p, n.

        ``t`` is estimate/se, ``p`` two-sided with ``df`` degrees of freedom. Blank where a
        coefficient would tell of a few firms; ``unsuppressed(reason)`` shows it.
        """
        estimate, se = self.estimate, np.sqrt(np.diag(self.vcov))
        low, high = mean_interval(estimate, se**2, np.asarray(self.df), self.confidence)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = estimate / se
        levels, columns = zip(*self.solved.labels, strict=True)
        table = pd.DataFrame(
            {"term": columns, "estimate": estimate, "se": se, "low": low, "high": high, "t": t,
             "df": self.df, "p": terms.two_sided(t, self.df), "n": self.n}
        )  # fmt: skip
        if any(levels):
            table.insert(0, "outcome", levels)
        if self.solved.survey.precision_kind == "none":
            table[ERRORS] = np.nan
        return table if self.override else report.masked(self.solved, table)

    @property
    def frame(self) -> pd.DataFrame:
        """The coefficients; see ``coefficients``."""
        return self.coefficients

    @property
    def estimates(self) -> Estimates:
        """Coefficients as ``Estimates``, for charts and tables."""
        return replace(report.coefficients(self.solved, self.confidence), override=self.override)

    @property
    def ratios(self) -> Estimates:
        """exp(b) of the coefficients, without intercepts: odds ratios or rate ratios.

        The interval is that of b, carried over.
        """
        ratios = report.ratios(self.solved, self.kind, self.confidence)
        return replace(ratios, override=self.override)

    def unsuppressed(self, reason: str) -> Fit:
        """Show every coefficient, for a stated reason that is printed with them."""
        return replace(self, override=stated(reason))

    def chart(self, **options: Any) -> Any:
        """Draw the coefficients; see ``Estimates.chart``."""
        return self.estimates.chart(**options)

    def margins(
        self,
        variable: str | None = None,
        *,
        at: Sequence[str | float] | None = None,
        given: Mapping[str, str | float] | None = None,
    ) -> Estimates:
        """Predicted shares or means at values of one variable, others as they are.

        Everybody in the domain is given the value in turn, and the predictions are averaged
        with the weights (g-computation). Standard errors hold both for the coefficients and
        for whom the sample happens to hold (Stata: ``margins, vce(unconditional)``).

        Parameters
        ----------
        variable : str, optional
            All of its levels that occur, or ``at`` some. Without one, as observed.
        at : sequence, optional
            Levels, or values of a number.
        given : mapping, optional
            Values at which other variables are held.

        Returns
        -------
        Estimates
            ``.compare(a, b)`` gives an average effect.
        """
        return margins.predicted(self.solved, self.kind, self.confidence, variable, at, given)

    def effects(
        self, variable: str, *, given: Mapping[str, str | float] | None = None
    ) -> Estimates:
        """Average marginal effects of one variable.

        For a classification the difference of predicted shares (or means) between each level
        and the first; for a number the average slope ∂μ/∂x. Parameters as in ``margins``.
        """
        return margins.effects(self.solved, self.kind, self.confidence, variable, given)

    def predict(self, profiles: Mapping[str, Any] | pd.DataFrame) -> Estimates:
        """Predicted shares or means of profiles.

        Parameters
        ----------
        profiles : mapping or DataFrame
            A value, or one a profile, of every variable of the formula:
            ``{"size": ["1-4", "100+"], "sector": "legal"}``. An offset counts as 0.
        """
        return profile.profiles(self.solved, self.kind, self.confidence, profiles)

    def test(self, term: str | Sequence[str]) -> TestResult:
        """Wald test that all coefficients of one or more terms are 0.

        F = b'V⁻¹b / k with k and ``df`` degrees of freedom (R: ``regTermTest``).
        """
        return terms.test(self.solved, self.kind, term)

    def _repr_html_(self) -> str:
        """Table of coefficients for a notebook."""
        return report.page(self.coefficients, html.escape(report.footer(self)))

    def __repr__(self) -> str:
        """Say model, rows and degrees of freedom in one line."""
        return f"<Fit: {self.kind} {self.formula!r}; {self.n:,} respondents; {self.df} df>"
