"""Before and after: what each step of weighting did, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.kish import design_effect, effective_n
from mspsurvey.inference.weight.step import STEP_TABLE

START = "start"


@dataclass(frozen=True)
class Diagnostics:
    """What weighting did to a survey, step by step.

    Attributes
    ----------
    steps : DataFrame
        A row for the weights at the start and after each step: ``step, column, n, sum,
        smallest, median, largest, largest_to_median, deff_kish, n_eff, off, note``. ``off`` is
        the largest relative distance from a known total after the step.
    margins : DataFrame
        A row for each class, level or total that a step looked at: ``step``, then ``variable,
        level, n, target, before, after, source``, then ``off_before`` and ``off_after``,
        relative to the target.
    outcomes : DataFrame
        A row for each outcome (and level) and step: ``item, level, step, estimate, se, deff,
        n_eff``. This design effect is the real one, against a simple random sample of as
        many: it has what calibration gains and what unequal weights cost.
    """

    steps: pd.DataFrame
    margins: pd.DataFrame
    outcomes: pd.DataFrame


def diagnose(survey: Survey, outcomes: Sequence[str] = ()) -> Diagnostics:
    """Lay out before and after of every step of weighting.

    Parameters
    ----------
    survey : Survey
        One that came out of steps of ``ms.weight``.
    outcomes : sequence of str
        Variables whose real design effect is wanted: means of numbers, shares of levels.
    """
    chain = surveys(survey)
    names = [START, *(step.name for step in survey.weighting)]
    steps = [_whole(name, s) for name, s in zip(names, chain, strict=True)]
    tables = [
        step.table.assign(step=step.name)[["step", *STEP_TABLE]] for step in survey.weighting
    ]
    filled = [t for t in tables if len(t)]
    margins = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(
        columns=["step", *STEP_TABLE]
    )  # fmt: skip
    size = margins["target"].abs().replace(0.0, np.nan)
    for side in ("before", "after"):
        margins[f"off_{side}"] = (margins[side] - margins["target"]) / size
    found = [_outcome(n, s, item) for item in outcomes for n, s in zip(names, chain, strict=True)]
    columns = ["item", "level", "step", "estimate", "se", "deff", "n_eff"]
    asked = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    return Diagnostics(pd.DataFrame(steps), margins, asked[columns])


def surveys(survey: Survey) -> list[Survey]:
    """The survey as it was before each step, and as it is now."""
    if not survey.weighting:
        raise WeightError(
            "A survey whose weights were made here was wanted.",
            "It has no steps of weighting.",
            "Make them with ms.weight.rake, .calibrate, .poststratify, .nonresponse or .trim.",
        )
    return [*(step.before for step in survey.weighting), survey]


def before_and_after(survey: Survey, items: Sequence[str]) -> tuple[Estimates, Estimates]:
    """Shares of classifications by the weights at the start, and by the final ones."""
    chain = surveys(survey)
    return chain[0].share(list(items)), chain[-1].share(list(items))


def effects_before_and_after(survey: Survey, items: Sequence[str]) -> tuple[Estimates, Estimates]:
    """Design effects of means (or shares) by the weights at the start, and the final ones.

    Laid out as estimates, so that they can be drawn: ``statistic="design effect"``, without
    an interval.
    """
    chain = surveys(survey)
    first, last = (_effects(s, items) for s in (chain[0], chain[-1]))
    return first, last


def _effects(survey: Survey, items: Sequence[str]) -> Estimates:
    kinds = {_categorical(survey, item) for item in items}
    if len(kinds) > 1:
        raise WeightError(
            "Items of one kind were wanted, all numbers or all classifications.",
            f"They are {', '.join(items)}.",
        )
    est = survey.share(list(items)) if kinds.pop() else survey.mean(list(items))
    blank = dict.fromkeys(("se", "low", "high"), np.nan)
    data = est.data.assign(estimate=est.data["deff"], **blank)
    return replace(est, data=data, statistic="design effect", root=None)


def _whole(name: str, survey: Survey) -> dict[str, object]:
    w = survey.design.weights[survey.design.weights > 0]
    last = survey.weighting[-1] if survey.weighting else None
    middle = float(np.median(w))
    return {
        "step": name,
        "column": last.column if last else survey.weight,
        "n": len(w),
        "sum": float(w.sum()),
        "smallest": float(w.min()),
        "median": middle,
        "largest": float(w.max()),
        "largest_to_median": float(w.max()) / middle,
        "deff_kish": design_effect(w),
        "n_eff": effective_n(w),
        "off": _off(last.table) if last else np.nan,
        "note": last.note if last else "",
    }


def _off(table: pd.DataFrame) -> float:
    size = table["target"].astype("float64").abs()
    if not (size > 0).any():
        return float("nan")
    apart = (table["after"] - table["target"]).astype("float64").abs()
    return float((apart[size > 0] / size[size > 0]).max())


def _outcome(name: str, survey: Survey, item: str) -> pd.DataFrame:
    est = survey.share(item) if _categorical(survey, item) else survey.mean(item)
    return est.frame.assign(step=name)


def _categorical(survey: Survey, item: str) -> bool:
    """Whether an item is asked for by shares of its levels."""
    survey.coder.require([item])
    variable = survey.coder.variable(item)
    if variable is not None:
        return variable.categorical
    return not pd.api.types.is_numeric_dtype(survey.coder.frame[item].dtype)
