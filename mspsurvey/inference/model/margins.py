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

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats, Ints, code_text
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.model.influence import root_of, unit_totals
from mspsurvey.inference.model.points import Points
from mspsurvey.inference.model.prediction import (
    SHARES,
    Averages,
    Setting,
    laid_out,
    require_predictor,
    value_column,
)
from mspsurvey.inference.model.report import verdict, with_context
from mspsurvey.inference.result.estimate import Estimates

STEP = 1e-5
"""Step of a numerical slope, in standard deviations; its error is of the order of 1e-10."""


def averages(solved: Solved, settings: Sequence[Setting]) -> Averages:
    """Average predictions, with the root of their covariance."""
    weights = solved.rows.weights
    whole = weights.sum()
    replicates = solved.survey.design.replicates
    values: list[Floats] = []
    slopes: list[Floats] = []
    parts: list[Floats] = []
    for setting in settings:
        points = solved.points_of(solved.encoded.matrix(setting.changed))
        means, by = solved.likelihood.means(points, solved.parameters, weights)
        value = weights @ means / whole
        values.append(value)
        slopes.append(by.T / whole)
        if replicates is not None:
            parts.append(_replicated(solved, points))
        else:
            parts.append(_sampling(solved, (means - value) / whole))
    value, part = np.concatenate(values), np.concatenate(parts, axis=1)
    if replicates is not None:
        return Averages(value, replicates.root(part, value))
    assert solved.moved is not None
    moved = solved.moved.through(np.concatenate(slopes, axis=1)).beside(part)
    return Averages(value, root_of(solved.survey, solved.rows.chosen, moved))


def _sampling(solved: Solved, away: Floats) -> Floats:
    """Unit totals for whom the sample holds; ``away`` has shape (rows, K)."""

    def totals(weights: Floats, index: Ints, size: int) -> Floats:
        columns = [np.bincount(index, weights=weights * a, minlength=size) for a in away.T]
        return np.stack(columns, axis=1)

    return unit_totals(solved.survey, solved.rows.chosen, totals)


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
    held = {name: value_column(solved, name, value) for name, value in (given or {}).items()}
    if variable is None:
        return laid_out(
            solved, kind, confidence, [Setting(held)], averages(solved, [Setting(held)]), None
        )
    settings = []
    for value in _values(solved, variable, at):
        changed = held | {variable: value_column(solved, variable, value)}
        settings.append(Setting(changed, code_text(value)))
    return laid_out(solved, kind, confidence, settings, averages(solved, settings), variable)


def effects(
    solved: Solved, kind: str, confidence: float, variable: str,
    given: Mapping[str, str | float] | None,
) -> Estimates:  # fmt: skip
    """Average marginal effects; see ``Fit.effects``."""
    require_predictor(solved, variable)
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
    values = np.asarray(solved.encoded.columns[variable].answers, dtype=np.float64)
    step = STEP * (float(values.std()) or 1.0)
    held = {name: value_column(solved, name, value) for name, value in (given or {}).items()}
    settings = [Setting(held | {variable: side}) for side in (step, -step)]
    both = averages(solved, settings)
    count = len(both.value) // 2
    width = 2 * step
    value = (both.value[:count] - both.value[count:]) / width
    root = (both.root[:, :count] - both.root[:, count:]) / width
    est = laid_out(solved, "slope", confidence, [Setting({})], Averages(value, root), None)
    of = "share" if kind in SHARES else "mean"
    n = len(values)
    judged, why = verdict(n, n, solved.design_df)
    data = est.data.assign(verdict=judged, why=why)
    data.insert(2, "predictor", variable)
    return with_context(solved, data, "slope", root, ("predictor",), confidence, of)


def _values(
    solved: Solved, variable: str, at: Sequence[str | float] | None
) -> Sequence[str | float]:
    require_predictor(solved, variable)
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
