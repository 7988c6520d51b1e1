"""From estimates to a table: intervals, verdicts, what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.disclosure.groups import Groups, protect_bases, protect_groups
from mspsurvey.inference.estimator.asked import Asked, Interval
from mspsurvey.inference.estimator.interval import mean_interval, share_interval
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.linear import Linear, estimate
from mspsurvey.inference.estimator.moments import Domains
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import Row, complement, judge
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.variance.root import beside
from mspsurvey.instrument import Variable

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

ADDITIVE = ("share", "mean", "total")
"""Statistics that, times their base, add up over groups."""
SUMS = ("share", "mean", "total", "ratio")
"""Statistics whose interval takes a sum over respondents for nearly normal."""
NO_ERROR = 1e-12
"""A standard error below this fraction of the estimate is rounding, not sampling."""


@dataclass(frozen=True)
class Answer:
    """One item as asked, its estimates, and their limits where these are made already."""

    asked: Asked
    result: Linear
    limits: tuple[Floats, Floats] | None = None


def answer(
    survey: Survey,
    asked: Sequence[Asked],
    by: Sequence[str],
    statistic: str,
    wanted: Interval,
    *,
    of: str = "",
) -> Estimates:
    """Estimate, judge and lay out."""
    require_groups(by)
    answers = [Answer(a, estimated(survey, a.item, by)) for a in asked]
    return laid_out(survey, answers, by, statistic, wanted, of=of)


def estimated(survey: Survey, item: Item, by: Sequence[str]) -> Linear:
    """Estimate one item in all groups."""
    if survey.within is not None:
        # Where rows stand for many respondents: what they hide.
        item = replace(item, within=survey.within)
    return estimate(item, survey.domains(by), survey.design, survey.raking)


def laid_out(
    survey: Survey,
    answers: Sequence[Answer],
    by: Sequence[str],
    statistic: str,
    wanted: Interval,
    *,
    of: str = "",
    variables: Mapping[str, Variable] | None = None,
) -> Estimates:
    """Judge estimates and lay them out: items, in each the groups, in each the levels.

    Parameters
    ----------
    survey : Survey
    answers : sequence of Answer
    by : sequence of str
    statistic, of : str
        As in ``Estimates``.
    wanted : Interval
    variables : mapping, optional
        Variables of items that the instrument does not have as such.
    """
    tables = [
        _columns(a, statistic, wanted, long_tail=_long_tail(survey, a.asked)) for a in answers
    ]
    codes = survey.domains(by).combinations
    tables = [
        _protected(t, a, statistic if not of else "", codes)
        for t, a in zip(tables, answers, strict=True)
    ]
    known = _variables(survey, [n for a in answers for n in a.asked.needs], by)
    return Estimates(
        data=_frame([a.asked for a in answers], tables, survey.domains(by), by),
        statistic=statistic,
        by=tuple(by),
        variables={**known, **(variables or {})},
        population=_population(survey, of),
        where=survey.domain,
        weight=survey.weight,
        precision_kind=survey.precision_kind,
        left_out=_left_out(survey, answers, by),
        respondents=_respondents(answers),
        root=beside([a.result.root for a in answers]),
        synthetic=survey.synthetic,
        of=of,
        confidence=wanted.confidence,
    )


def _left_out(survey: Survey, answers: Sequence[Answer], by: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for part in answers:
        # Counting reasons takes a pass over the rows, and most items have none.
        if int(part.result.n.sum()) != len(survey):
            valid = part.asked.valid(len(survey.design.weights))
            for reason, n in survey.left_out(part.asked.needs, valid, by).items():
                counts[reason] = counts.get(reason, 0) + n
    return counts


def _respondents(answers: Sequence[Answer]) -> dict[str, int]:
    """Count those in the base of each item; nothing where a group is too small to be told."""
    if any((part.result.n < FEWEST_RESPONDENTS).any() for part in answers):
        return {}
    return {part.asked.name: int(part.result.n.sum()) for part in answers}


def _population(survey: Survey, of: str) -> str:
    """Whom a share speaks of: respondents' units, or what they have of a number."""
    variable = survey.coder.variable(of) if of else None
    if variable is None:
        return survey.population
    return f"{variable.label.lower()} of {survey.population}"


def require_groups(by: Sequence[str]) -> None:
    """Refuse a grouping variable that is named twice."""
    if len(set(by)) < len(by):
        raise EstimateError("Each grouping variable may be named once.", f"They are {by}.")


def require_rows(survey: Survey, what: str) -> None:
    """Refuse where respondents are not in memory row by row."""
    if survey.design.number is not None:
        raise EstimateError(
            f"{what} needs the answers of each respondent.",
            "This survey keeps sums of them.",
            "Take the columns home first: survey.collect([…]).",
        )


def _variables(survey: Survey, names: Sequence[str], by: Sequence[str]) -> Mapping[str, Any]:
    found = {name: survey.coder.variable(name) for name in (*names, *by)}
    return {name: variable for name, variable in found.items() if variable is not None}


def _long_tail(survey: Survey, asked: Asked) -> bool:
    """Whether a number with a long tail is summed."""
    found = (survey.coder.variable(name) for name in asked.needs)
    return any(variable.long_tail for variable in found if variable is not None)


def _columns(part: Answer, statistic: str, wanted: Interval, *, long_tail: bool) -> dict[str, Any]:
    """Numbers, interval and verdict of one item, each of shape (D, L)."""
    result = part.result
    estimates, shape = result.estimate, result.estimate.shape
    per_group = {k: np.broadcast_to(getattr(result, k)[:, None], shape)
                 for k in ("n", "df", "base", "rows", "kish")}  # fmt: skip
    n = per_group["n"]
    empty = n == 0
    variance = np.where(empty, np.nan, result.variance)
    # What is left after a sum to 0 or to a raked margin is rounding.
    variance = np.where(variance < (NO_ERROR * np.abs(estimates)) ** 2, 0.0, variance)
    n_eff = _effective(estimates, variance, result.simple, per_group, statistic)
    df = np.where(empty, np.nan, per_group["df"])
    if part.limits is not None:
        low, high = part.limits
    elif statistic == "share":
        # As R: its exact interval counts rows without an answer, its models do not.
        rows = n if wanted.method == "likelihood" else per_group["rows"]
        low, high = share_interval(
            estimates, variance, n_eff=n_eff, n=rows, df=df,
            method=wanted.method, confidence=wanted.confidence,
        )  # fmt: skip
    else:
        low, high = mean_interval(estimates, variance, df, wanted.confidence)
    columns: dict[str, Any] = {
        "estimate": np.where(empty, np.nan, estimates),
        "se": np.sqrt(variance),
        "low": low,
        "high": high,
        "df": df,
        "n": n,
        "n_eff": n_eff,
        "deff": _design_effect(variance, result.simple, per_group, wanted.deff),
        "base": per_group["base"],
    }
    row = Row(
        **{k: columns[k] for k in ("estimate", "se", "low", "high", "df", "n", "n_eff")},
        positive=result.positive,
        largest=np.broadcast_to(result.largest, shape),
        kish=per_group["kish"],
    )
    verdict, why = judge(
        row,
        share=statistic == "share",
        count=statistic == "total" and part.asked.item.top is None,
        relative=statistic != "correlation",
        long_tail=long_tail and statistic in SUMS,
    )
    return columns | {"verdict": verdict, "why": why}


def _protected(
    columns: dict[str, Any], part: Answer, statistic: str, codes: tuple[tuple[str, ...], ...]
) -> dict[str, Any]:
    """Hide what would give a hidden number away, by the other levels or the other groups.

    Parameters
    ----------
    columns : dict
        Of one item, as ``_columns`` makes them.
    statistic : str
        "" where estimates of groups do not add up to that of all.
    """
    verdict, why = columns["verdict"], columns["why"]
    if statistic in ADDITIVE:
        factor = columns["base"] if statistic in ("share", "mean") else 1.0
        groups = Groups(
            columns["estimate"] * factor, part.result.base, part.result.n, codes,
            share=statistic == "share", whole=part.asked.whole,
        )  # fmt: skip
        verdict, why = protect_groups(groups, verdict, why)
    else:
        verdict, why = protect_bases(part.result.n, codes, verdict, why)
    if part.asked.whole:
        verdict, why = complement(columns["estimate"], verdict, why)
    return columns | {"verdict": verdict, "why": why}


def _effective(
    estimates: Floats, variance: Floats, simple: Floats, groups: Mapping[str, Floats],
    statistic: str,
) -> Floats:  # fmt: skip
    """Effective sample size.

    For a share p(1 − p)/v, as Korn and Graubard take it; else n over the design effect with
    replacement. Where the variance is 0, Kish's (Σw)²/Σw².
    """
    none = variance == 0
    divisor = np.where(none, 1.0, variance)
    if statistic == "share":
        size = estimates * (1 - estimates) / divisor
    else:
        size = groups["n"] * simple / divisor
    return np.where(groups["n"] > 0, np.where(none, groups["kish"], size), np.nan)


def _design_effect(
    variance: Floats, simple: Floats, groups: Mapping[str, Floats], kind: str
) -> Floats:
    """Variance over that of a simple random sample of the same size.

    Without replacement the latter has the factor 1 − n/N with N = Σw; weights that do not
    gross up to more than n give no N, and the factor is left out.
    """
    n, base = groups["n"], groups["base"]
    grossed = (base > n) & (kind == "wor")
    correction = np.where(grossed, 1 - n / np.where(base > 0, base, 1.0), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect: Floats = variance / (simple * correction)
    return np.where(np.isfinite(effect), effect, np.nan)


def _frame(
    asked: Sequence[Asked],
    tables: Sequence[Mapping[str, Any]],
    domains: Domains,
    by: Sequence[str],
) -> pd.DataFrame:
    """Lay out: items, in each the groups, in each the levels."""
    groups = domains.count
    columns: dict[str, Any] = {
        "item": np.repeat([a.name for a in asked], [groups * len(a.levels) for a in asked]),
        "level": np.concatenate([np.tile(np.array(a.levels), groups) for a in asked]),
    }
    for position, name in enumerate(by):
        codes = np.array([c[position] for c in domains.combinations])
        columns[name] = np.concatenate([np.repeat(codes, len(a.levels)) for a in asked])
    for key in tables[0]:
        columns[key] = np.concatenate([t[key].ravel() for t in tables])
    columns["n"] = columns["n"].astype(np.int64)
    return pd.DataFrame(columns)
