"""Predictions as ``Estimates``: values, intervals, what they rest on, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats, code_text
from mspsurvey.inference.disclosure.groups import Groups, protect_bases, protect_groups
from mspsurvey.inference.estimator.interval import mean_interval, share_interval, t_quantile
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.model.formula import Column
from mspsurvey.inference.model.report import with_context
from mspsurvey.inference.result.disclose import Row, Texts, complement, judge
from mspsurvey.inference.result.estimate import Estimates

SHARES = ("binomial", "ordinal", "multinomial")
"""Kinds of model whose predictions are shares."""


@dataclass(frozen=True)
class Setting:
    """Values that everybody is given.

    Attributes
    ----------
    changed : mapping
        Column of one value by variable; a float stands for a shift.
    code : str
        What stands in the column of the variable.
    """

    changed: Mapping[str, Column | float]
    code: str = ""


@dataclass(frozen=True)
class Averages:
    """Averages in S settings of K means each, in that order.

    Attributes
    ----------
    value : ndarray of float, shape (S · K,)
    root : ndarray of float, shape (any, S · K)
    """

    value: Floats
    root: Floats = field(repr=False)


def require_predictor(solved: Solved, variable: str) -> None:
    """Raise where a variable is not among the predictors."""
    if variable not in solved.encoded.columns:
        raise EstimateError(
            "A predictor of the model was wanted.",
            f"{solved.parsed.text!r} has none called {variable!r}.",
            did_you_mean(variable, solved.encoded.columns),
        )


def value_column(solved: Solved, variable: str, value: Any) -> Column:
    """One value of a variable, as a column of one row."""
    require_predictor(solved, variable)
    levels = solved.encoded.columns[variable].levels
    if not levels:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number):
            raise EstimateError(f"A number was wanted for '{variable}'.", f"It is {value!r}.")
        return Column((), np.array([number]))
    code = code_text(value)
    if code not in levels:
        raise EstimateError(
            f"A level of '{variable}' that the model knows was wanted.",
            f"It has no {code!r}.",
            did_you_mean(code, levels),
        )
    return Column(levels, np.array([levels.index(code)]))


def laid_out(
    solved: Solved, kind: str, confidence: float, settings: Sequence[Setting], found: Averages,
    variable: str | None,
) -> Estimates:  # fmt: skip
    """Lay predictions out, with intervals and verdicts."""
    shown = solved.outcome.shown
    share = kind in SHARES
    variance = (found.root**2).sum(axis=0)
    n, positive, kish = _counts(solved, settings, variable)
    df = np.full(len(found.value), float(solved.design_df))
    n_eff = _effective(solved, found.value, variance, share)
    low, high = _interval(found.value, variance, n_eff, n, df, kind, confidence)
    data = pd.DataFrame({"item": solved.outcome.name, "level": list(shown) * len(settings)})
    by: tuple[str, ...] = ()
    if variable is not None:
        by = (variable,)
        data[variable] = np.repeat([s.code for s in settings], len(shown))
    row = Row(
        found.value, np.sqrt(variance), low, high, df, n, n_eff, positive,
        largest=np.zeros(len(n)), kish=kish,
    )  # fmt: skip
    judged, why = judge(row, share=share)
    shape = (len(settings), len(shown))
    judged, why = judged.reshape(shape), why.reshape(shape)
    values = found.value.reshape(shape)
    if variable is not None:
        judged, why = _protected(solved, variable, settings, values, judged, why)
    if share and len(shown) > 1:
        judged, why = complement(values, judged, why)
    data = data.assign(
        estimate=found.value, se=np.sqrt(variance), low=low, high=high, df=df,
        n=n.astype(np.int64), n_eff=n_eff, deff=np.nan, base=solved.rows.weights.sum(),
        verdict=judged.ravel(), why=why.ravel(),
    )  # fmt: skip
    return with_context(solved, data, "share" if share else "mean", found.root, by, confidence)


def _protected(
    solved: Solved, variable: str, settings: Sequence[Setting], values: Floats,
    verdict: Texts, why: Texts,
) -> tuple[Texts, Texts]:  # fmt: skip
    """Hide what would give another level of a classification away.

    Where the variable is the only predictor, predictions are the shares of its levels, which
    add up to that of all.
    """
    column = solved.encoded.columns[variable]
    codes = tuple((level,) for level in column.levels)
    at = [column.levels.index(s.code) for s in settings if s.code in column.levels]
    if len(at) < len(settings):
        return verdict, why
    n, base = (
        np.bincount(column.answers, weights, minlength=len(codes)).astype(np.float64)
        for weights in (None, solved.rows.weights)
    )
    whole = np.full((len(codes), values.shape[1]), "", dtype=object)
    given, reasons = whole.copy(), whole.copy()
    given[at], reasons[at] = verdict, why
    if len(at) == len(codes):
        amounts = np.empty_like(values)
        amounts[at] = values * base[at][:, None]
        groups = Groups(amounts, base, n, codes, share=bool(solved.outcome.levels),
                        whole=values.shape[1] > 1)  # fmt: skip
        given, reasons = protect_groups(groups, given, reasons)
    else:
        given, reasons = protect_bases(n, codes, given, reasons)
    return given[at], reasons[at]


def _counts(
    solved: Solved, settings: Sequence[Setting], variable: str | None
) -> tuple[Floats, Floats, Floats]:
    """Rows at the level of a prediction, answers of its kind there, and Kish's count of them."""
    outcome, weights = solved.outcome, solved.rows.weights
    shown = len(outcome.shown)
    counts, positive, kish = [], [], []
    for setting in settings:
        at = np.ones(len(outcome.y), dtype=bool)
        column = solved.encoded.columns[variable] if variable is not None else None
        if column is not None and column.levels:
            at = column.answers == column.levels.index(setting.code)
        counts.append(np.full(shown, float(at.sum())))
        kish.append(np.full(shown, weights[at].sum() ** 2 / (weights[at] ** 2).sum()))
        values = outcome.y[at]
        if outcome.levels:
            positive.append(np.bincount(values, minlength=shown).astype(np.float64))
        else:
            positive.append(np.array([float((values != 0).sum())]))
    return np.concatenate(counts), np.concatenate(positive), np.concatenate(kish)


def _effective(solved: Solved, value: Floats, variance: Floats, share: bool) -> Floats:
    """Effective size: p(1 − p)/v of a share, else Kish's (Σw)²/Σw²."""
    weights = solved.rows.weights
    kish = float(weights.sum() ** 2 / (weights**2).sum())
    if not share:
        return np.full(len(value), kish)
    known = variance > 0
    size = value * (1 - value) / np.where(known, variance, 1.0)
    return np.where(known, size, kish)


def _interval(
    value: Floats, variance: Floats, n_eff: Floats, n: Floats, df: Floats, kind: str,
    confidence: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Interval on the scale of the link, carried back; symmetric for means of numbers."""
    if kind in SHARES:
        return share_interval(
            value, variance, n_eff=n_eff, n=n, df=df, method="logit", confidence=confidence
        )
    if kind == "poisson" and (value > 0).all():
        half = t_quantile(df, confidence) * np.sqrt(variance) / value
        return value * np.exp(-half), value * np.exp(half)
    return mean_interval(value, variance, df, confidence)
