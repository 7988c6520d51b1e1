"""Predictions averaged over the respondents of a domain, and what one variable does to them.

With μ_i(s) the prediction for respondent i in setting s (a variable set to a level, others
as they are), the average is θ(s) = Σ w·μ_i(s) / Σ w (g-computation). Its influence has two
parts: w·(μ_i − θ)/Σ w, for whom the sample happens to hold, and (Σ w·∂μ_i/∂φ / Σ w) times the
influence on the parameters φ. Both go through the design together, as in Stata's
``margins, vce(unconditional)``; R's ``svypredmeans`` adds the two variances as if the parts
were independent. Source: Graubard & Korn, *Biometrics* 55 (1999), 652–659.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.coding import Floats, Ints, code_text
from mspsurvey.inference.disclose import Row, complement, judge
from mspsurvey.inference.estimate import Estimates
from mspsurvey.inference.interval import mean_interval, share_interval, t_quantile
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.model.formula import Column
from mspsurvey.inference.model.influence import Influence, influence, root_of, small_root
from mspsurvey.inference.model.matrix import Dense
from mspsurvey.inference.model.points import Points
from mspsurvey.inference.model.report import verdict, with_context

STEP = 1e-5
"""Step of a numerical slope, in standard deviations; its error is of the order of 1e-10."""
SHARES = ("binomial", "ordinal", "multinomial")


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


def averages(solved: Solved, settings: Sequence[Setting]) -> Averages:
    """Average predictions, with the root of their covariance."""
    weights = solved.rows.weights
    whole = weights.sum()
    replicates = solved.survey.design.replicates
    values: list[Floats] = []
    moved: list[Influence] = []
    again: list[Floats] = []
    for setting in settings:
        points = solved.points_of(solved.encoded.matrix(setting.changed))
        means, slopes = solved.likelihood.means(points, solved.parameters, weights)
        value = weights @ means / whole
        values.append(value)
        if replicates is not None:
            again.append(_replicated(solved, points))
        else:
            assert solved.moved is not None
            part = _sampling(solved, (means - value) / whole)
            moved.append(part + solved.moved.through(slopes.T / whole))
    value = np.concatenate(values)
    if replicates is not None:
        return Averages(value, replicates.root(np.concatenate(again, axis=1), value))
    joint = Influence(np.concatenate([m.totals for m in moved], axis=1))
    return Averages(value, small_root(root_of(solved.survey, solved.rows.chosen, joint)))


def _sampling(solved: Solved, away: Floats) -> Influence:
    """Influence of whom the sample holds; ``away`` has shape (rows, K)."""

    def totals(weights: Floats, index: Ints, size: int) -> Floats:
        columns = [np.bincount(index, weights=weights * a, minlength=size) for a in away.T]
        return np.stack(columns, axis=1)

    return influence(solved.survey, solved.rows.chosen, totals)


def _replicated(solved: Solved, points: Points) -> Floats:
    """Averages by the parameters and weights of each replicate, shape (R, K)."""
    replicates, rows = solved.survey.design.replicates, solved.rows
    assert replicates is not None
    assert solved.replicated is not None
    out = []
    for number, parameters in enumerate(solved.replicated):
        weights = rows.of(replicates.weights(number))
        means, _ = solved.likelihood.means(points, parameters, weights)
        out.append(weights @ means / weights.sum())
    return np.array(out)


def predicted(
    solved: Solved, kind: str, confidence: float, variable: str | None,
    at: Sequence[str | float] | None, given: Mapping[str, str | float] | None,
) -> Estimates:  # fmt: skip
    """Predictions at values of one variable; see ``Fit.margins``."""
    held = {name: _column(solved, name, value) for name, value in (given or {}).items()}
    if variable is None:
        return _estimates(solved, kind, confidence, [Setting(held)], averages(solved, [Setting(held)]), None)
    settings = []
    for value in _values(solved, variable, at):
        changed = held | {variable: _column(solved, variable, value)}
        settings.append(Setting(changed, code_text(value)))
    return _estimates(solved, kind, confidence, settings, averages(solved, settings), variable)


def effects(
    solved: Solved, kind: str, confidence: float, variable: str,
    given: Mapping[str, str | float] | None,
) -> Estimates:  # fmt: skip
    """Average marginal effects; see ``Fit.effects``."""
    _require(solved, variable)
    if not solved.encoded.columns[variable].levels:
        return _slopes(solved, kind, confidence, variable, given)
    est = predicted(solved, kind, confidence, variable, None, given)
    levels = solved.encoded.columns[variable].levels
    pieces = [est.compare({variable: level}, {variable: levels[0]}) for level in levels[1:]]
    data = pd.concat([piece.data for piece in pieces], ignore_index=True)
    root = np.concatenate([piece._root() for piece in pieces], axis=1)
    return with_context(solved, data, "difference", root, est.by, confidence, est.statistic)


def _slopes(
    solved: Solved, kind: str, confidence: float, variable: str,
    given: Mapping[str, str | float] | None,
) -> Estimates:  # fmt: skip
    values = np.asarray(solved.encoded.columns[variable].values, dtype=np.float64)
    step = STEP * (float(values.std()) or 1.0)
    held = {name: _column(solved, name, value) for name, value in (given or {}).items()}
    settings = [Setting(held | {variable: side}) for side in (step, -step)]
    both = averages(solved, settings)
    count = len(both.value) // 2
    width = 2 * step
    value = (both.value[:count] - both.value[count:]) / width
    root = (both.root[:, :count] - both.root[:, count:]) / width
    est = _estimates(solved, "slope", confidence, [Setting({})], Averages(value, root), None)
    of = "share" if kind in SHARES else "mean"
    n = len(values)
    judged, why = verdict(n, n, solved.design_df)
    data = est.data.assign(verdict=judged, why=why)
    data.insert(2, "by", variable)
    return with_context(solved, data, "slope", root, ("by",), confidence, of)


def _require(solved: Solved, variable: str) -> None:
    if variable not in solved.encoded.columns:
        raise EstimateError(
            "A predictor of the model was wanted.",
            f"{solved.parsed.text!r} has none called {variable!r}.",
            did_you_mean(variable, solved.encoded.columns),
        )


def _values(
    solved: Solved, variable: str, at: Sequence[str | float] | None
) -> Sequence[str | float]:
    _require(solved, variable)
    levels = solved.encoded.columns[variable].levels
    if at is not None:
        return [at] if isinstance(at, str | int | float) else list(at)
    if not levels:
        raise EstimateError(
            f"Values of the number '{variable}' were wanted, to predict at.",
            "None are given.",
            f"Give them, .margins({variable!r}, at=[…]), or ask for .effects({variable!r}).",
        )
    return levels


def _column(solved: Solved, variable: str, value: Any) -> Column:
    """One value of a variable, as a column of one row."""
    _require(solved, variable)
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


def profiles(
    solved: Solved, kind: str, confidence: float, wanted: Mapping[str, Any] | pd.DataFrame
) -> Estimates:
    """Predictions for profiles; see ``Fit.predict``."""
    frame = _profiles(wanted)
    variables = solved.parsed.variables
    absent = [v for v in variables if v not in frame.columns]
    if absent:
        raise EstimateError(
            "A value of every predictor was wanted.",
            f"There is none of {', '.join(map(repr, absent))}.",
            "For an average over the respondents ask for .margins().",
        )
    columns = {}
    for name in variables:
        cells = [_column(solved, name, value) for value in frame[name]]
        values = np.concatenate([c.values for c in cells])
        columns[name] = Column(cells[0].levels, values)
    points = Points(Dense(solved.encoded.encoder.dense(columns)), np.ones(len(frame)),
                    np.ones((len(frame), 1)))  # fmt: skip
    value, root = _at_profiles(solved, points)
    codes = {n: [code_text(v) for v in frame[n]] for n in variables}
    settings = [Setting({}, "") for _ in range(len(frame))]
    est = _estimates(solved, kind, confidence, settings, Averages(value, root), None)
    each = len(value) // len(frame)
    data = est.data
    for place, name in enumerate(variables):
        data.insert(2 + place, name, np.repeat(codes[name], each))
    return with_context(solved, data, est.statistic, root, tuple(variables), confidence)


def _profiles(wanted: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    if isinstance(wanted, pd.DataFrame):
        return wanted.reset_index(drop=True)
    lists = {k: list(v) if isinstance(v, list | tuple | np.ndarray | pd.Series) else [v]
             for k, v in wanted.items()}  # fmt: skip
    longest = max((len(v) for v in lists.values()), default=1)
    uneven = [k for k, v in lists.items() if len(v) not in (1, longest)]
    if uneven:
        raise EstimateError(
            "One value, or one a profile, was wanted of each predictor.",
            f"'{uneven[0]}' has {len(lists[uneven[0]])} for {longest} profiles.",
        )
    return pd.DataFrame({k: v * longest if len(v) == 1 else v for k, v in lists.items()})


def _at_profiles(solved: Solved, points: Points) -> tuple[Floats, Floats]:
    """Predictions of each profile, and the root of their covariance by the delta method."""
    count = points.matrix.rows
    value, slopes = [], []
    for place in range(count):
        weights = (np.arange(count) == place).astype(np.float64)
        means, by = solved.likelihood.means(points, solved.parameters, weights)
        value.append(means[place])
        slopes.append(by)
    return np.concatenate(value), solved.root @ np.concatenate(slopes).T


def _estimates(
    solved: Solved, kind: str, confidence: float, settings: Sequence[Setting], found: Averages,
    variable: str | None,
) -> Estimates:  # fmt: skip
    """Lay predictions out, with intervals and verdicts."""
    shown = solved.outcome.shown
    share = kind in SHARES
    variance = (found.root**2).sum(axis=0)
    n, positive = _counts(solved, settings, variable)
    df = np.full(len(found.value), float(solved.design_df))
    n_eff = _effective(solved, found.value, variance, share)
    low, high = _interval(found.value, variance, n_eff, n, df, kind, confidence)
    data = pd.DataFrame(
        {"item": solved.outcome.name, "level": list(shown) * len(settings)}
    )
    by: tuple[str, ...] = ()
    if variable is not None:
        by = (variable,)
        data[variable] = np.repeat([s.code for s in settings], len(shown))
    row = Row(found.value, np.sqrt(variance), low, high, df, n, n_eff, positive, np.zeros(len(n)))
    judged, why = judge(row, share=share)
    if share and len(shown) > 1:
        shape = (len(settings), len(shown))
        judged, why = complement(
            found.value.reshape(shape), judged.reshape(shape), why.reshape(shape)
        )
    data = data.assign(
        estimate=found.value, se=np.sqrt(variance), low=low, high=high, df=df,
        n=n.astype(np.int64), n_eff=n_eff, deff=np.nan, base=solved.rows.weights.sum(),
        verdict=judged.ravel(), why=why.ravel(),
    )  # fmt: skip
    return with_context(solved, data, "share" if share else "mean", found.root, by, confidence)


def _counts(
    solved: Solved, settings: Sequence[Setting], variable: str | None
) -> tuple[Floats, Floats]:
    """Rows that a prediction rests on, those at its level, and answers of its kind there."""
    outcome = solved.outcome
    shown = len(outcome.shown)
    counts, positive = [], []
    for setting in settings:
        at = np.ones(len(outcome.values), dtype=bool)
        column = solved.encoded.columns[variable] if variable is not None else None
        if column is not None and column.levels:
            at = column.values == column.levels.index(setting.code)
        counts.append(np.full(shown, float(at.sum())))
        values = outcome.values[at]
        if outcome.levels:
            positive.append(np.bincount(values, minlength=shown).astype(np.float64))
        else:
            positive.append(np.array([float((values != 0).sum())]))
    return np.concatenate(counts), np.concatenate(positive)


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
