"""Survey in, survey out: each step of weighting as a new column, a record, and a variance.

Every function gives a new Survey with the same rows and design. Its standard errors know
the totals that were fitted; its replicate weights went through the same step, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError, did_you_mean
from mspsurvey.inference.design.calibration import Adjustment
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.calibrating import Rule, averaged, calibrate_weights
from mspsurvey.inference.weight.joint import Joint
from mspsurvey.inference.weight.step import STEP_TABLE, WeightStep
from mspsurvey.inference.weight.totals import (
    Columns,
    Given,
    Known,
    columns_of,
    known_margins,
    known_totals,
)
from mspsurvey.inference.weight.trimming import trim as trim_weights

Function = Callable[[Floats], Floats]
REGRESSIONS = ("design", "plain")
AFTER_TRIM = ("keep", "recalibrate")


def rake_survey(
    survey: Survey, margins: Given, *, unknown: str = "error", regression: str = "design"
) -> Survey:
    """Rake to margins; see ``rake``."""
    choose("regression", regression, REGRESSIONS)
    known = known_margins(margins)
    names = ", ".join(m.variable for m in known)
    return _raked(survey, "rake", f"raked to {names}", known, unknown, regression)


def poststratify_survey(survey: Survey, margin: Given) -> Survey:
    """Post-stratify to one margin; see ``poststratify``."""
    known = known_margins(margin)
    if len(known) > 1:
        raise WeightError(
            "Post-stratification takes one margin.",
            f"There are {len(known)}: {', '.join(m.variable for m in known)}.",
            "Cross them in one ('a*b'), or rake.",
        )
    words = f"post-stratified to {known[0].variable}"
    return _raked(survey, "poststratify", words, known, "error", "design")


def _raked(
    survey: Survey, name: str, words: str, known: Sequence[Known], unknown: str, regression: str
) -> Survey:
    active, before = active_rows(survey), survey.design.weights
    joint = Joint.of(survey.frame.loc[active], known_margins(list(known)), unknown=unknown)
    cycles = []

    def function(weights: Floats) -> Floats:
        factor, done = joint.fit(joint.sums(weights[active]))
        cycles.append(done)
        return spread_out(weights[active] * factor[joint.cell], active)

    after = function(before)
    table = joint.table(joint.sums(before[active]), joint.sums(after[active]))
    held = [
        f"{n:,} respondents have no '{v}' and were held." for v, n in joint.lacking.items() if n
    ]
    base = before if regression == "design" else active.astype(np.float64)
    cell, columns = _with_outsiders(joint.cell, joint.columns(), active)
    # R's ten cycles may leave a trace of a margin: they are followed where R's regression is.
    as_r = regression == "plain" or np.ptp(before[active]) <= 1e-12 * before[active].max()
    levels = tuple(len(t) for t in joint.targets) if as_r else ()
    step = WeightStep(
        name, column_for(survey, name), joined(survey, words), survey, table,
        " ".join([f"{cycles[0]:,} cycles.", *held]), known=tuple(known), function=function,
    )  # fmt: skip
    adjustment = Adjustment(name, np.where(active, base, 0.0), after, cell, columns, levels)
    return survey.reweighted(step, after, function, adjustment=adjustment)


def calibrate_survey(
    survey: Survey,
    totals: Given,
    *,
    distance: str = "linear",
    bounds: tuple[float, float] | None = None,
    bounds_of: str = "factor",
    spread: str | None = None,
    within: str | None = None,
) -> Survey:
    """Calibrate to known totals; see ``calibrate``."""
    active, known = active_rows(survey), known_totals(totals)
    columns = columns_of(survey.frame.loc[active], known)
    rule = Rule(distance, bounds, bounds_of)
    words = f"calibrated to {', '.join(k.variable or 'the number of units' for k in known)}"
    return _calibrated(survey, columns, rule, words, known, spread, within)


def _calibrated(
    survey: Survey, columns: Columns, rule: Rule, words: str, known: Sequence[Known],
    spread: str | None = None, within: str | None = None,
) -> Survey:  # fmt: skip
    active, before = active_rows(survey), survey.design.weights
    if within is not None:
        groups = code_groups(survey.frame.loc[active], within)
        columns = averaged(columns, groups, before[active])
    variance = None if spread is None else _spread(survey, spread, active)

    def function(weights: Floats) -> Floats:
        made = calibrate_weights(columns, weights[active], rule, spread=variance)
        return spread_out(made, active)

    after = function(before)
    cell, values = _with_outsiders(columns.cell, columns.values, active)
    d = before if variance is None else before / spread_out(variance, active, 1.0)
    step = WeightStep(
        "calibrate", column_for(survey, "calibrate"), joined(survey, words), survey,
        columns.table(before[active], after[active]), f"{rule.words}.", known=tuple(known),
        function=function,
    )  # fmt: skip
    adjustment = Adjustment("calibrate", np.where(active, d, 0.0), after, cell, values)
    return survey.reweighted(step, after, function, adjustment=adjustment)


def trim_survey(
    survey: Survey,
    upper: float | pd.Series,
    *,
    lower: float | pd.Series = 0.0,
    share: str = "proportional",
    strict: bool = True,
    after: str = "keep",
) -> Survey:
    """Trim weights; see ``trim``."""
    choose("after", after, AFTER_TRIM)
    active, before = active_rows(survey), survey.design.weights
    own, limits = before[active], (_limits(lower, active), _limits(upper, active))
    made = trim_weights(
        pd.Series(own), limits[1], lower=limits[0], share=share, strict=strict
    ).to_numpy()
    factor = spread_out(made / own, active)
    known = survey.weighting[-1].known if survey.weighting else ()
    columns = columns_of(survey.frame.loc[active], known, unknown="hold") if known else None
    table = pd.DataFrame(columns=list(STEP_TABLE))
    if columns is not None:
        table = columns.table(own, made)
    cut = int(((own > limits[1]) | (own < limits[0])).sum())
    step = WeightStep(
        "trim", column_for(survey, "trim"), joined(survey, f"trimmed{_off(table)}"), survey,
        table, f"{cut:,} weights were outside the limits.", known=tuple(known),
        function=lambda weights: weights * factor,
    )  # fmt: skip
    trimmed = survey.reweighted(step, before * factor, lambda weights: weights * factor)
    if after == "keep" or columns is None:
        return trimmed
    return _again(trimmed, columns, own, limits, known)


def _again(
    survey: Survey, columns: Columns, before: Floats, limits: tuple[Floats, Floats],
    known: Sequence[Known],
) -> Survey:  # fmt: skip
    """Bring trimmed weights back to the totals they had, inside the limits."""
    if any(len(np.unique(limit)) > 1 for limit in limits):
        raise WeightError(
            "Calibration after trimming needs limits that are the same for all.",
            "They differ between respondents.",
            "Give numbers, or calibrate with bounds afterwards.",
        )
    totals = columns.sums(before)
    columns = Columns(columns.names, columns.values, columns.cell, totals, columns.sources)
    rule = Rule("linear", (float(limits[0][0]), float(limits[1][0])), "weight")
    words = f"calibrated to {', '.join(k.variable for k in known)} within the limits"
    return _calibrated(survey, columns, rule, words, known)


def _off(table: pd.DataFrame) -> str:
    """Words for how far trimming took margins off; "" where there are none."""
    if table.empty:
        return ""
    off = (table["after"] - table["target"]).abs() / table["target"].abs().clip(lower=1e-300)
    return f" (margins up to {100 * off.max():.1f}% off)" if off.max() > 1e-6 else ""


def active_rows(survey: Survey) -> Bools:
    """Rows with weight; refuses a domain, since weights are made for a whole sample."""
    if survey.domain:
        raise WeightError(
            "Weights are made for the whole sample.",
            f"This survey looks at a domain: {survey.domain}.",
            "Weigh first, then look at the domain with .where(…).",
        )
    if survey.design.number is not None:
        raise WeightError(
            "Weighting needs the answers of each respondent.",
            "This survey keeps sums of them.",
            "Take the columns home first: survey.collect([…]).",
        )
    active: Bools = survey.design.weights > 0
    return active


def spread_out(values: Floats, active: Bools, rest: float = 0.0) -> Floats:
    """Put values of active rows into all rows."""
    out = np.full(len(active), rest)
    out[active] = values
    return out


def _with_outsiders(
    cell: Ints | None, columns: Floats, active: Bools
) -> tuple[Ints | None, Floats]:
    """Carry columns of active rows over to all rows; the others have nothing in them."""
    if cell is None:
        out = np.zeros((len(active), columns.shape[1]))
        out[active] = columns
        return None, out
    cells = np.full(len(active), len(columns), dtype=np.int64)
    cells[active] = cell
    return cells, np.vstack([columns, np.zeros((1, columns.shape[1]))])


def _limits(limit: float | pd.Series, active: Bools) -> Floats:
    values = np.asarray(limit, dtype=np.float64)
    if values.ndim and len(values) != len(active):
        raise WeightError(
            "Limits should be one number, or one a row of the survey's frame.",
            f"There are {len(values):,} for {len(active):,} rows.",
        )
    return np.broadcast_to(values, active.shape)[active]


def _spread(survey: Survey, name: str, active: Bools) -> Floats:
    values = survey.coder.numbers(name)[active]
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise WeightError(
            f"spread='{name}' should be a positive number for every respondent.",
            f"The smallest is {np.nanmin(values):g}, {int((~np.isfinite(values)).sum()):,} "
            "are missing.",
        )
    return values


def code_groups(frame: pd.DataFrame, name: str) -> Ints:
    """Number the groups of a column from 0."""
    codes, _ = pd.factorize(frame[name], sort=True)
    if (codes < 0).any():
        raise WeightError(f"Every respondent should have a '{name}'.", "Some have none.")
    return codes.astype(np.int64)


def column_for(survey: Survey, name: str) -> str:
    """Name of a new column of weights: w_rake, then w_rake_2."""
    wanted, number = f"w_{name}", 1
    while wanted in survey.frame.columns:
        number += 1
        wanted = f"w_{name}_{number}"
    return wanted


def joined(survey: Survey, words: str) -> str:
    """What was done before, then this."""
    return f"{survey.weighting[-1].words}, then {words}" if survey.weighting else words


def choose(name: str, value: str, known: Sequence[str]) -> None:
    """Raise where an option is not one of the known ones."""
    if value not in known:
        raise WeightError(
            f"{name} is one of {', '.join(known)}.",
            f"It is {value!r}.",
            did_you_mean(str(value), known),
        )
