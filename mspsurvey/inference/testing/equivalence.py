"""Equivalence: whether a difference is too small to be of interest.

Two one-sided t-tests (Schuirmann 1987): with m the smallest difference of interest, d the
difference, its standard error s and D degrees of freedom, "d ≤ −m" and "d ≥ m" are both
rejected at level α where p = max(P(t_D > (d + m)/s), P(t_D < (d − m)/s)) ≤ α, which is where
the 1 − 2α interval lies within ±m. Without that no two groups are called "about the same".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import stdtr

from mspsurvey.errors import EstimateError
from mspsurvey.inference.testing import values as of
from mspsurvey.inference.testing.base import context, require_df, require_probability
from mspsurvey.inference.testing.means import Contrast, hidden, one_sample, two_sample
from mspsurvey.inference.testing.result import TestResult
from mspsurvey.inference.testing.wording import (
    SESOI_SCALE,
    SESOI_SHARE,
    compare_words,
    number,
    points,
)

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

SCALE = (0.0, 10.0)
"""Ends of the answers for which ``SESOI_SCALE`` is meant."""


@dataclass(frozen=True)
class OneSided:
    """The two one-sided tests of one difference against ±margin."""

    contrast: Contrast
    margin: float

    @property
    def t(self) -> float:
        """The t statistic that is less far out, and so decides."""
        c = self.contrast
        lower, upper = (c.estimate + self.margin) / c.se, (c.estimate - self.margin) / c.se
        return lower if lower < -upper else upper

    @property
    def p(self) -> float:
        """Larger of the two p-values."""
        c = self.contrast
        if c.se == 0:
            return math.nan
        lower = stdtr(c.df, -(c.estimate + self.margin) / c.se)
        upper = stdtr(c.df, (c.estimate - self.margin) / c.se)
        return float(max(lower, upper))


def equivalence(
    survey: Survey,
    item: str,
    *,
    by: Sequence[str] = (),
    groups: Sequence[str] | None = None,
    level: Sequence[str] = (),
    against: float | None = None,
    pair: str | None = None,
    margin: float | None = None,
    alpha: float = 0.05,
) -> TestResult:
    """Test whether a difference lies within ± a smallest difference of interest.

    Parameters
    ----------
    survey : Survey
    item : str
        A column of numbers; with ``level``, a classification whose share is meant.
    by : sequence of str
        Grouping variables that leave two groups; none compares with ``against`` or ``pair``.
    groups : sequence of str, optional
        Two codes of the grouping variable: the second less the first.
    level : sequence of str
        Level, or several as a net.
    against : float, optional
        A given value.
    pair : str, optional
        A second column of numbers of the same respondents.
    margin : float, optional
        Smallest difference of interest, in the unit of the item: 0.05 (5 points) for shares
        and 0.3 for answers from 0 to 10, if not given.
    alpha : float
        Level of each of the two tests.

    Returns
    -------
    TestResult
        ``p`` is the larger of the two; the interval is that of 1 − 2α. ``words`` is the
        house's name for the difference: "about the same", "no clear difference (between …)",
        "higher", "slightly lower", ….

    Raises
    ------
    EstimateError
        Where no margin is given for an item that has none by rule.
    """
    if not 0 < alpha < 0.5:
        raise EstimateError("An alpha between 0 and 0.5 was wanted.", f"It is {alpha!r}.")
    columns, form = ([item], "numbers") if pair is None else ([item, pair], "rows")
    survey = survey.at_hand(columns, by=by, form="levels" if level else form)
    require_probability(survey)
    measured = _values(survey, item, list(level), pair)
    limit = _margin(survey, item, measured.share, margin)
    if by:
        contrast = two_sample(survey, measured, by, groups)
    else:
        contrast = one_sample(survey, measured, _against(against, pair))
    require_df(contrast.df)
    test = OneSided(contrast, limit)
    low, high = contrast.interval(1 - 2 * alpha)
    why = hidden(measured, contrast.rows)
    return TestResult(
        item=item, by=tuple(by), method=_method(limit, measured.share, alpha),
        statistic=test.t if contrast.se > 0 else math.nan, statistic_name="t",
        df=(contrast.df,), p=test.p, n=int(contrast.rows.n.sum()),
        groups=contrast.rows.counts, effect=contrast.words, estimate=contrast.estimate,
        se=contrast.se, low=low, high=high, unit="points" if measured.share else "",
        confidence=1 - 2 * alpha,
        # The words hold the numbers.
        words=measured.words if why else _words(contrast, limit, measured.share, (low, high)),
        hidden=why,
        note="" if contrast.se > 0 else "There is no sampling error to test by.",
        left_out=survey.left_out(measured.items, measured.valid, by), **context(survey),
    )  # fmt: skip


def _values(survey: Survey, item: str, level: list[str], pair: str | None) -> of.Values:
    if level:
        return of.indicator(survey, item, level)
    return of.number(survey, item) if pair is None else of.paired(survey, item, pair)


def _against(against: float | None, pair: str | None) -> float:
    if against is None and pair is None:
        raise EstimateError(
            "Something to compare with was wanted.",
            "There is none of by, pair and against.",
            "Two groups: by='member'; a given value: against=7.5.",
        )
    return 0.0 if against is None else against


def _margin(survey: Survey, item: str, share: bool, margin: float | None) -> float:
    if margin is not None:
        if not margin > 0:
            raise EstimateError("A margin above 0 was wanted.", f"It is {margin!r}.")
        return margin
    if share:
        return SESOI_SHARE
    variable = survey.coder.variable(item)
    ends = None if variable is None else (variable.low, variable.high)
    if variable is not None and variable.values:
        ends = (min(variable.values.values()), max(variable.values.values()))
    if ends == SCALE:
        return SESOI_SCALE
    raise EstimateError(
        f"The smallest difference of interest in '{item}' was wanted.",
        "There is a rule for shares (5 points) and for answers from 0 to 10 (0.3) only.",
        "Write it down before looking: margin=….",
    )


def _method(margin: float, share: bool, alpha: float) -> str:
    said = points(margin) if share else number(margin)
    return f"Equivalence, two one-sided t-tests at {100 * alpha:.3g}%, margin ±{said}"


def _words(contrast: Contrast, margin: float, share: bool, inner: tuple[float, float]) -> str:
    low, high = contrast.interval(0.95)
    return compare_words(
        contrast.estimate, low, high, sesoi=margin, low_90=inner[0], high_90=inner[1],
        words=("higher", "lower"), share=share,
    )  # fmt: skip
