"""From a question to a test: which test fits the item, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mspsurvey.errors import EstimateError
from mspsurvey.inference.testing import values as of
from mspsurvey.inference.testing.base import require_choice, require_probability, split
from mspsurvey.inference.testing.means import equal_means, t_test
from mspsurvey.inference.testing.multiplicity import family
from mspsurvey.inference.testing.ranks import rank_test
from mspsurvey.inference.testing.result import TestResult, Tests
from mspsurvey.inference.testing.tables import fit_test, table_test

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

METHODS = ("chisq", "t", "means", "rank")


@dataclass(frozen=True)
class Question:
    """What is asked of each item; see ``answer``."""

    by: tuple[str, ...]
    method: str | None
    statistic: str
    scores: str
    ties: str
    groups: tuple[str, ...] | None
    level: tuple[str, ...]
    against: float | Mapping[str, float] | None
    pair: str | None
    confidence: float

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.method is not None:
            require_choice("method", self.method, METHODS)
        if not 0 < self.confidence < 1:
            raise EstimateError(
                "A confidence between 0 and 1 was wanted.", f"It is {self.confidence!r}."
            )
        if self.by and (self.against is not None or self.pair is not None):
            raise EstimateError(
                "Groups, a given value or a second column was wanted: one of them.",
                "There is `by` and another.",
                "Leave out by=, or the other.",
            )


def answer(
    survey: Survey,
    items: Sequence[str],
    *,
    by: Sequence[str] = (),
    method: str | None = None,
    statistic: str = "F",
    scores: str = "wilcoxon",
    ties: str = "rows",
    groups: Sequence[str] | None = None,
    level: Sequence[str] = (),
    against: float | Mapping[str, float] | None = None,
    pair: str | None = None,
    adjust: str | None = "holm",
    confidence: float = 0.95,
) -> TestResult | Tests:
    """Test one item, or several as a family.

    Parameters
    ----------
    survey : Survey
    items : sequence of str
        Variables.
    by : sequence of str
        Grouping variables; their combinations are the groups.
    method : {"chisq", "t", "means", "rank"}, optional
        ``chisq``: association of two classifications, or fit of one to the shares in
        ``against``. ``t``: two groups' means, one mean against a value, or a pair. ``means``:
        Wald test that several groups have one mean. ``rank``: two or more groups. If not
        given: ``chisq`` for a classification, for numbers ``t``, or ``means`` where there are
        more than two groups.
    statistic : {"F", "Chisq", "lincom", "saddlepoint", "Wald", "adjWald"}
        Of ``chisq``, named as in R's ``svychisq``.
    scores : {"wilcoxon", "vanderWaerden", "median", "KruskalWallis"}
        Of ``rank``.
    ties : {"rows", "weights"}
        Of ``rank``; see ``ranks.rank_test``.
    groups : sequence of str, optional
        Codes of the groups to compare, of one grouping variable.
    level : sequence of str
        Compare the share of this level, or net of levels, by ``t``, ``means`` or ``rank``.
    against : float or mapping of str to float, optional
        Given value of a mean; given share of each level.
    pair : str, optional
        A second column of numbers of the same respondents: tests item less pair.
    adjust : {"holm", "bh", "none"} or None
        How the number of items is allowed for.
    confidence : float
        Of the intervals.

    Returns
    -------
    TestResult, or Tests for several items

    Raises
    ------
    EstimateError
        Where the test does not fit the item, the groups or the sample.
    """
    question = Question(
        tuple(by), method, statistic, scores, ties, None if groups is None else tuple(groups),
        tuple(level), against, pair, confidence,
    )  # fmt: skip
    results = [_one(survey, item, question) for item in items]
    return results[0] if len(results) == 1 else family(results, adjust=adjust)


def _one(survey: Survey, item: str, asked: Question) -> TestResult:
    method = asked.method or _fitting(survey, item, asked)
    survey = _at_hand(survey, item, asked, method)
    require_probability(survey)
    if method == "chisq":
        return _chisq(survey, item, asked)
    measured = _values(survey, item, asked)
    if not asked.by and method != "t":
        raise EstimateError(
            f"Groups to compare were wanted, for method={method!r}.", "There is no `by`."
        )
    if method == "rank":
        return rank_test(
            survey, measured, by=asked.by, groups=asked.groups, scores=asked.scores,
            ties=asked.ties, confidence=asked.confidence,
        )  # fmt: skip
    if method == "means" or (asked.method is None and _several(survey, measured, asked)):
        return equal_means(survey, measured, by=asked.by, groups=asked.groups)
    return t_test(
        survey, measured, by=asked.by, groups=asked.groups, against=_value(asked.against),
        confidence=asked.confidence,
    )  # fmt: skip


def _fitting(survey: Survey, item: str, asked: Question) -> str:
    """Choose the test by what the item is."""
    if isinstance(asked.against, Mapping):
        return "chisq"
    numbers = asked.pair is not None or bool(asked.level) or not survey.classifies(item)
    return "t" if numbers else "chisq"


def _several(survey: Survey, measured: of.Values, asked: Question) -> bool:
    """Whether there are more than two groups, which a t-test cannot compare."""
    if not asked.by:
        return False
    return len(split(survey, measured.valid, asked.by, asked.groups).names) > 2


def _at_hand(survey: Survey, item: str, asked: Question, method: str) -> Survey:
    """Sums by sampling unit are enough, but for ranks and pairs."""
    columns = [item] if asked.pair is None else [item, asked.pair]
    form = "levels" if method == "chisq" or asked.level else "numbers"
    if method == "rank" or asked.pair is not None:
        form = "rows"
    return survey.at_hand(columns, by=asked.by, form=form)


def _chisq(survey: Survey, item: str, asked: Question) -> TestResult:
    if asked.by:
        return table_test(
            survey, item, by=asked.by, groups=asked.groups, statistic=asked.statistic,
            confidence=asked.confidence,
        )  # fmt: skip
    if isinstance(asked.against, Mapping):
        return fit_test(
            survey, item, asked.against, statistic=asked.statistic, confidence=asked.confidence
        )
    raise EstimateError(
        f"Groups, or given shares, were wanted to test '{item}' against.",
        "There is neither `by` nor `against`.",
        "Groups: by='size'. Given shares: against={'yes': 0.4, 'no': 0.6}.",
    )


def _values(survey: Survey, item: str, asked: Question) -> of.Values:
    if asked.level:
        return of.indicator(survey, item, list(asked.level))
    if asked.pair is not None:
        return of.paired(survey, item, asked.pair)
    return of.number(survey, item)


def _value(against: float | Mapping[str, float] | None) -> float:
    if isinstance(against, Mapping):
        raise EstimateError(
            "One value to compare a mean with was wanted.",
            "There are shares by level.",
            "Use method='chisq', or against=0.5 with level='yes'.",
        )
    return 0.0 if against is None else float(against)
