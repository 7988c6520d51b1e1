"""From a question to a table: items and groups in, ``Estimates`` out.

Each estimator says what is to be summed (an ``Item``); what follows, variance, interval,
verdict and layout, is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.coding import Bools, Floats
from mspsurvey.inference.disclose import Row, complement, judge
from mspsurvey.inference.estimate import Estimates
from mspsurvey.inference.interval import check_interval, mean_interval, share_interval
from mspsurvey.inference.linear import Item, Linear, estimate
from mspsurvey.inference.moments import Domains

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

DEFF = ("wor", "wr")
NO_ERROR = 1e-12
"""A standard error below this fraction of the estimate is rounding, not sampling."""


@dataclass(frozen=True)
class Interval:
    """How uncertainty is to be said: kind of interval, its confidence, kind of deff."""

    method: str
    confidence: float
    deff: str

    def __post_init__(self) -> None:
        """Check the names."""
        check_interval(self.method, self.confidence)
        if self.deff not in DEFF:
            raise EstimateError(
                f"deff is one of {', '.join(DEFF)}.",
                f"It is {self.deff!r}.",
                did_you_mean(str(self.deff), DEFF),
            )


@dataclass(frozen=True)
class Levels:
    """Which levels are asked for: all, one, or several as one net."""

    level: str | Sequence[str] | None = None
    net: str | None = None

    def __post_init__(self) -> None:
        """Check that a net has levels."""
        if self.net is not None and self.level is None:
            raise EstimateError(
                f"The levels that make up the net '{self.net}' were wanted.",
                "None are given.",
                "Name them: level=['2', '3'].",
            )

    @property
    def codes(self) -> list[str]:
        """Codes that are asked for, none for all."""
        if self.level is None:
            return []
        many = [self.level] if isinstance(self.level, str | int) else self.level
        return [str(code) for code in many]

    @property
    def text(self) -> str:
        """What stands in the column ``level`` for a net."""
        return self.net if self.net is not None else "+".join(self.codes)


@dataclass(frozen=True)
class Asked:
    """One item as asked: what is summed, what its rows are called, what it rests on."""

    name: str
    item: Item
    levels: tuple[str, ...]
    needs: tuple[str, ...]
    whole: bool = False

    def valid(self, rows: int) -> Bools:
        """Rows with a valid answer, of so many."""
        if self.item.level is None:
            return np.ones(rows, dtype=bool)
        answered: Bools = self.item.level >= 0
        return answered


def share(
    survey: Survey,
    items: Sequence[str],
    by: Sequence[str],
    levels: Levels,
    of: str | None,
    wanted: Interval,
) -> Estimates:
    """Estimate shares; see ``Survey.share``."""
    size = None if of is None else _sizes(survey, of)
    asked = [_classified(survey, name, levels, "share", of, size) for name in items]
    return _answer(survey, asked, by, "share", wanted, of=of or "")


def total(
    survey: Survey, items: Sequence[str], by: Sequence[str], levels: Levels, wanted: Interval
) -> Estimates:
    """Estimate totals; see ``Survey.total``."""
    asked = [
        _classified(survey, name, levels, "total", None, None)
        if _classification(survey, name)
        else _summed(survey, name, "total")
        for name in items
    ]
    return _answer(survey, asked, by, "total", wanted)


def mean(survey: Survey, items: Sequence[str], by: Sequence[str], wanted: Interval) -> Estimates:
    """Estimate means; see ``Survey.mean``."""
    return _answer(survey, [_summed(survey, n, "ratio") for n in items], by, "mean", wanted)


def ratio(
    survey: Survey, numerator: str, denominator: str, by: Sequence[str], wanted: Interval
) -> Estimates:
    """Estimate a ratio of two totals; see ``Survey.ratio``."""
    top, bottom = survey.coder.numbers(numerator), survey.coder.numbers(denominator)
    valid = np.isfinite(top) & np.isfinite(bottom)
    item = Item(_level(valid), top=top, bottom=bottom)
    asked = Asked(f"{numerator}/{denominator}", item, ("",), (numerator, denominator))
    return _answer(survey, [asked], by, "ratio", wanted)


def _classification(survey: Survey, name: str) -> bool:
    """Whether totals of this column are counts of its levels."""
    survey.coder.require([name])
    variable = survey.coder.variable(name)
    if variable is not None:
        return variable.categorical
    dtype = survey.coder.frame[name].dtype
    return not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _sizes(survey: Survey, of: str) -> Floats:
    size = survey.coder.numbers(of)
    if (size < 0).any():
        raise EstimateError(
            f"A share of the total of '{of}' needs numbers that are not negative.",
            f"The smallest is {np.nanmin(size):g}.",
            f"Ask for the ratio of two totals, or clean '{of}'.",
        )
    return size


def _classified(
    survey: Survey, name: str, levels: Levels, kind: str, of: str | None, size: Floats | None
) -> Asked:
    """Positions of an item's levels; what is not asked for still counts in the base."""
    coded = survey.coder.coded(name)
    codes, level = levels.codes, coded.codes
    count = kept = len(coded.levels)
    texts: tuple[str, ...] = coded.levels
    if codes:
        # Level 0 is what is asked for, 1 any other answer; the last place is for code −1.
        places = np.ones(len(coded.levels) + 1, dtype=np.int8)
        places[[coded.position(code, name) for code in codes]] = 0
        places[-1] = -1
        level, count, kept, texts = places[level], 2, 1, (levels.text,)
    if size is not None:
        level = np.where(np.isfinite(size), level, -1)
    item = Item(level, count, kept, top=size, bottom=size, kind=kind)
    needs = (name,) if of is None else (name, of)
    return Asked(name, item, texts, needs, whole=kind == "share" and not codes)


def _summed(survey: Survey, name: str, kind: str) -> Asked:
    """Values of an item, for a mean or a total."""
    variable = survey.coder.variable(name)
    money = variable is not None and variable.kind == "money"
    if kind == "total":
        values, shift = survey.coder.numbers(name), 0.0
        valid = np.isfinite(values)
        # Without an instrument nothing says that a number is not money.
        money = money or variable is None
    else:
        values, shift, valid = survey.coder.centred(name)
    item = Item(_level(valid), top=values, kind=kind, shift=shift, dominance=money)
    return Asked(name, item, ("",), (name,))


def _level(valid: Bools) -> NDArray[np.int8] | None:
    """Level 0 for valid rows, −1 for others; None where all are valid."""
    return None if valid.all() else valid.view(np.int8) - np.int8(1)


def _answer(
    survey: Survey,
    asked: Sequence[Asked],
    by: Sequence[str],
    statistic: str,
    wanted: Interval,
    *,
    of: str = "",
) -> Estimates:
    """Estimate, judge and lay out."""
    _no_clash(by)
    domains = survey.domains(by)
    results = [estimate(a.item, domains, survey.design, survey.raking) for a in asked]
    tables = [_columns(a, r, statistic, wanted) for a, r in zip(asked, results, strict=True)]
    data = _frame(asked, tables, domains, by)
    left_out: dict[str, int] = {}
    rows = len(domains.index)
    for a, r in zip(asked, results, strict=True):
        # Counting reasons takes a pass over the rows, and most items have none.
        if int(r.n.sum()) != len(survey):
            for reason, n in survey.left_out(a.needs, a.valid(rows), by).items():
                left_out[reason] = left_out.get(reason, 0) + n
    roots = [r.root for r in results]
    kept = [r for r in roots if r is not None]
    return Estimates(
        data=data,
        statistic=statistic,
        by=tuple(by),
        variables=_variables(survey, [n for a in asked for n in a.needs], by),
        population=_population(survey, of),
        where=survey.domain,
        weight=survey.weight,
        precision_kind="mose" if survey.sample_type == "probability" else "none",
        left_out=left_out,
        root=np.concatenate(kept, axis=1) if len(kept) == len(roots) else None,
        synthetic=survey.synthetic,
        of=of,
        confidence=wanted.confidence,
    )


def _population(survey: Survey, of: str) -> str:
    """Whom a share speaks of: respondents' units, or what they have of a number."""
    variable = survey.coder.variable(of) if of else None
    if variable is None:
        return survey.population
    return f"{variable.label.lower()} of {survey.population}"


def _no_clash(by: Sequence[str]) -> None:
    if len(set(by)) < len(by):
        raise EstimateError("Each grouping variable may be named once.", f"They are {by}.")


def _variables(survey: Survey, names: Sequence[str], by: Sequence[str]) -> Mapping[str, Any]:
    found = {name: survey.coder.variable(name) for name in (*names, *by)}
    return {name: variable for name, variable in found.items() if variable is not None}


def _columns(asked: Asked, result: Linear, statistic: str, wanted: Interval) -> dict[str, Any]:
    """Numbers, interval and verdict of one item, each of shape (D, L)."""
    estimates, shape = result.estimate, result.estimate.shape
    per_group = {k: np.broadcast_to(getattr(result, k)[:, None], shape)
                 for k in ("n", "df", "base", "rows", "kish", "largest")}  # fmt: skip
    n = per_group["n"]
    empty = n == 0
    variance = np.where(empty, np.nan, result.variance)
    # What is left after a sum to 0 or to a raked margin is rounding.
    variance = np.where(variance < (NO_ERROR * np.abs(estimates)) ** 2, 0.0, variance)
    n_eff = _effective(estimates, variance, result.simple, per_group, statistic)
    df = np.where(empty, np.nan, per_group["df"])
    if statistic == "share":
        low, high = share_interval(
            estimates, variance, n_eff=n_eff, n=per_group["rows"], df=df,
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
        largest=per_group["largest"],
    )
    verdict, why = judge(row, share=statistic == "share")
    if asked.whole:
        verdict, why = complement(estimates, verdict, why)
    return columns | {"verdict": verdict, "why": why}


def _effective(
    estimates: Floats, variance: Floats, simple: Floats, groups: Mapping[str, Floats],
    statistic: str,
) -> Floats:  # fmt: skip
    """Effective sample size.

    For a share p(1 − p)/v, as Korn and Graubard take it; else n over the design effect with
    replacement. Where there is no variance to compare, Kish's (Σw)²/Σw².
    """
    known = variance > 0
    divisor = np.where(known, variance, 1.0)
    if statistic == "share":
        size = estimates * (1 - estimates) / divisor
    else:
        size = groups["n"] * simple / divisor
    return np.where(groups["n"] > 0, np.where(known, size, groups["kish"]), np.nan)


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
