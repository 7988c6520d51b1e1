"""Tests of classifications as they are asked for: two by two variables, or given shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.estimator.interval import t_quantile
from mspsurvey.inference.result.disclose import FEWEST_CASES, FEWEST_N
from mspsurvey.inference.testing import values as of
from mspsurvey.inference.testing.base import (
    Split,
    context,
    covariance_root,
    label,
    require_choice,
    require_df,
    require_groups,
    split,
    table,
)
from mspsurvey.inference.testing.chisq import (
    NAMES,
    RAO_SCOTT,
    WALD,
    Pearson,
    association,
    goodness_of_fit,
    wald,
)
from mspsurvey.inference.testing.means import hidden, two_sample
from mspsurvey.inference.testing.result import TestResult

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


def table_test(
    survey: Survey,
    item: str,
    *,
    by: Sequence[str],
    groups: Sequence[str] | None = None,
    statistic: str = "F",
    confidence: float = 0.95,
) -> TestResult:
    """Test whether the shares of an item differ between groups (R: ``svychisq``).

    X² is scaled to all rows of the domain, as R does, also those without an answer; F and p
    do not depend on it. ν are the degrees of freedom of the domain.
    """
    require_choice("statistic", statistic, (*RAO_SCOTT, *WALD))
    coded = survey.coder.coded(item)
    rows = split(survey, coded.codes >= 0, by, groups)
    require_groups(survey, rows, by, None)
    codes, levels = _used(coded.codes, rows)
    if len(levels) < 2:
        raise EstimateError(
            f"Two or more levels of '{item}' were wanted.", "All answers are the same."
        )
    require_df(survey.df)
    shape = (len(levels), len(rows.names))
    cell = np.where(rows.inside, codes * shape[1] + rows.group, -1)
    found = table(survey, cell, shape[0] * shape[1], "share")
    pearson = association(
        found.estimate.reshape(shape), covariance_root(found), n=len(survey), nu=survey.df
    )
    if statistic in WALD:
        totals = table(survey, cell, shape[0] * shape[1], "total")
        tail = wald(
            totals.estimate.reshape(shape), covariance_root(totals), nu=survey.df,
            adjusted=statistic == "adjWald",
        )  # fmt: skip
    else:
        tail = pearson.tail(statistic, replicated=replicated(survey))
    names = [coded.levels[k] for k in levels]
    effect = _effect(survey, item, by, rows, names, pearson, confidence)
    return TestResult(
        item=item, by=tuple(by), method=NAMES[statistic], statistic=tail.statistic,
        statistic_name=tail.name, df=tail.df, p=tail.p, n=int(rows.n.sum()),
        groups=rows.counts, confidence=confidence,
        left_out=survey.left_out([item], coded.codes >= 0, by), **effect, **context(survey),
    )  # fmt: skip


def replicated(survey: Survey) -> bool:
    """Whether the survey's variance comes from replicate weights."""
    return getattr(survey.design, "replicates", None) is not None


def _used(codes: Ints | Any, rows: Split) -> tuple[Ints, Ints]:
    """Number the levels that occur among the rows, and say which they are."""
    inside = rows.inside
    levels = np.unique(codes[inside])
    place = np.searchsorted(levels, np.where(inside, codes, levels[0] if len(levels) else 0))
    return place.astype(np.int64), levels


def _effect(
    survey: Survey,
    item: str,
    by: Sequence[str],
    rows: Split,
    levels: Sequence[str],
    pearson: Pearson,
    confidence: float,
) -> dict[str, Any]:
    """Size of the association: a difference of two shares, or Cramér's V of a larger table."""
    words = f"{of.item_words(survey, item)}, by {', '.join(of.item_words(survey, b) for b in by)}"
    if pearson.shape != (2, 2):
        low, high = pearson.cramer_interval(confidence)
        return {"effect": "Cramér's V", "estimate": pearson.cramer, "low": low, "high": high,
                "words": words}  # fmt: skip
    level = "yes" if "yes" in levels else levels[-1]
    share = of.indicator(survey, item, [level])
    groups = None if len(by) != 1 else _codes(survey, by[0], rows)
    contrast = two_sample(survey, share, by, groups)
    low, high = contrast.interval(confidence)
    return {"effect": f"{label(survey, item, level)}, {contrast.words}", "unit": "points",
            "estimate": contrast.estimate, "se": contrast.se, "low": low, "high": high,
            "words": words, "hidden": hidden(share, contrast.rows)}  # fmt: skip


def _codes(survey: Survey, by: str, rows: Split) -> list[str]:
    """Codes of the groups that are compared, by the first row of each."""
    coded = survey.coder.coded(by)
    first = [int(np.flatnonzero(rows.group == g)[0]) for g in range(len(rows.names))]
    return [coded.levels[coded.codes[row]] for row in first]


def fit_test(
    survey: Survey,
    item: str,
    against: Mapping[str, float],
    *,
    statistic: str = "F",
    confidence: float = 0.95,
) -> TestResult:
    """Test whether the shares of an item are the given ones (Rao & Scott 1981)."""
    require_choice("statistic", statistic, RAO_SCOTT)
    coded = survey.coder.coded(item)
    given, levels = _given(survey, item, coded.levels, against)
    rows = split(survey, coded.codes >= 0, ())
    require_groups(survey, rows, ("everyone",), 1)
    require_df(survey.df)
    place = np.full(len(coded.levels) + 1, -1, dtype=np.int64)
    place[levels] = np.arange(len(levels))
    cell = np.where(rows.inside, place[coded.codes], -1)
    if (place[coded.codes[rows.inside]] < 0).any():
        raise EstimateError(
            f"A given share of every level of '{item}' that occurs was wanted.",
            f"Some respondents chose another than {', '.join(against)}.",
        )
    found = table(survey, cell, len(levels), "share")
    root, shares = covariance_root(found), found.estimate[0]
    n = int(rows.n.sum())
    pearson = goodness_of_fit(shares, root, given, n=n, nu=survey.df)
    tail = pearson.tail(statistic, replicated=replicated(survey))
    gap = _gap(survey, item, [coded.levels[k] for k in levels], shares, given, root, confidence)
    few = np.bincount(cell[cell >= 0], minlength=len(levels))[gap.pop("at")]
    return TestResult(
        item=item, method=NAMES[statistic].replace("association", "fit to given shares"),
        statistic=tail.statistic, statistic_name=tail.name, df=tail.df, p=tail.p, n=n,
        confidence=confidence, unit="points", words=of.item_words(survey, item),
        hidden=_hidden(n, int(few)), left_out=survey.left_out([item], coded.codes >= 0, ()),
        **gap, **context(survey),
    )  # fmt: skip


def _given(
    survey: Survey, item: str, levels: Sequence[str], against: Mapping[str, float]
) -> tuple[Floats, list[int]]:
    coded = survey.coder.coded(item)
    places = sorted(coded.position(level, item) for level in against)
    given = np.array([float(against[levels[p]]) for p in places])
    if (given <= 0).any() or abs(given.sum() - 1) > 1e-6 or len(given) < 2:
        raise EstimateError(
            "Given shares should be two or more, all above 0, and add up to 1.",
            f"They add up to {given.sum():g}, the smallest is {given.min(initial=1):g}.",
            "Leave out levels that cannot occur.",
        )
    return given / given.sum(), places


def _gap(
    survey: Survey,
    item: str,
    levels: Sequence[str],
    shares: Floats,
    given: Floats,
    root: Floats,
    confidence: float,
) -> dict[str, Any]:
    """Largest distance between an estimated and a given share, with its interval."""
    at = int(np.argmax(np.abs(shares - given)))
    gap, se = float(shares[at] - given[at]), float(math.sqrt(root[:, at] @ root[:, at]))
    half = float(t_quantile(np.array(float(survey.df)), confidence)) * se
    return {"at": at, "effect": f"largest gap, {label(survey, item, levels[at])}", "estimate": gap,
            "se": se, "low": gap - half, "high": gap + half}  # fmt: skip


def _hidden(n: int, at_level: int) -> str:
    if n < FEWEST_N:
        return f"n below {FEWEST_N}"
    few = min(at_level, n - at_level)
    return f"fewer than {FEWEST_CASES} cases" if 0 < few < FEWEST_CASES else ""
