"""Nonresponse adjustment of a survey of all sampled records.

The survey holds every sampled record with its base weight; afterwards those who did not
answer have weight 0 and stay in the design, so that strata and sampling units are counted as
they were drawn. Response factors are taken as known by linearised standard errors; replicate
weights make them anew each time. Answering is one more phase of drawing: a finite population
correction counts those who answered (see ``_answered``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.classes import nonresponse
from mspsurvey.inference.weight.propensity import (
    model_matrix,
    propensities,
    propensity_classes,
)
from mspsurvey.inference.weight.reweight import active_rows, choose, column_for, joined, spread_out
from mspsurvey.inference.weight.step import WeightStep

USES = ("classes", "inverse")


@dataclass(frozen=True)
class Sampled:
    """Active records: who answered, and who is or may be eligible."""

    responded: Bools
    standing: Bools
    frame: pd.DataFrame


def nonresponse_survey(
    survey: Survey,
    *,
    responded: str,
    eligible: str | None = None,
    classes: Sequence[str] = (),
    predictors: Sequence[str] = (),
    use: str = "classes",
    count: int = 5,
) -> Survey:
    """Let respondents stand for others; see ``nonresponse``."""
    choose("use", use, USES)
    if bool(classes) == bool(predictors):
        raise WeightError(
            "Either classes or predictors of response were wanted.",
            "Both are given." if classes else "Neither is given.",
        )
    active = active_rows(survey)
    sampled = _sampled(survey, active, responded, eligible)
    if predictors:
        return _by_propensity(survey, sampled, active, list(predictors), use, count)
    labels = _crossed(sampled.frame, list(classes))
    words = f"adjusted for nonresponse by {', '.join(classes)}"
    return _by_classes(survey, sampled, active, labels, words, "")


def _sampled(survey: Survey, active: Bools, responded: str, eligible: str | None) -> Sampled:
    frame = survey.frame.loc[active]
    answered = _truth(frame, responded)
    able = np.ones(len(frame), dtype=bool) if eligible is None else _truth(frame, eligible)
    return Sampled(answered, able | answered, frame)


def _truth(frame: pd.DataFrame, name: str) -> Bools:
    if name not in frame.columns:
        raise WeightError(f"A column '{name}' was wanted.", "The survey has none.")
    column = frame[name]
    if column.isna().any():
        raise WeightError(f"'{name}' should be known of every record.", "Some are missing.")
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(column.dtype) and column.isin([0, 1]).all():
        return column.eq(1).to_numpy(dtype=bool)
    if column.isin(["yes", "no"]).all():
        return column.eq("yes").to_numpy(dtype=bool)
    raise WeightError(
        f"'{name}' should hold True and False, yes and no, or 1 and 0.",
        f"It holds {', '.join(map(str, column.unique()[:4]))}.",
    )


def _crossed(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    for name in names:
        if name not in frame.columns or frame[name].isna().any():
            raise WeightError(
                f"The class '{name}' should be known of every sampled record.",
                "There is no such column." if name not in frame.columns else "Some lack it.",
            )
    labels = frame[names[0]].astype("str")
    for name in names[1:]:
        labels = labels + " / " + frame[name].astype("str")
    return labels


def _by_classes(
    survey: Survey, sampled: Sampled, active: Bools, labels: pd.Series, words: str, note: str
) -> Survey:
    def function(weights: Floats) -> Floats:
        made = nonresponse(
            pd.Series(weights[active], index=labels.index),
            responded=pd.Series(sampled.responded, index=labels.index),
            eligible=pd.Series(sampled.standing, index=labels.index),
            classes=labels,
        )
        return spread_out(made.to_numpy(), active)

    return _stepped(survey, sampled, active, labels, words, note, function)


def _by_propensity(
    survey: Survey, sampled: Sampled, active: Bools, predictors: list[str], use: str, count: int
) -> Survey:
    x, names = model_matrix(sampled.frame, predictors)
    standing = sampled.standing

    def chances(weights: Floats) -> Floats:
        p = np.ones(len(standing))
        p[standing] = propensities(x[standing], sampled.responded[standing], weights[standing])
        return p

    p = chances(survey.design.weights[active])
    low, high = p[standing].min(), p[standing].max()
    note = f"Propensities from {low:.3f} to {high:.3f}, of {', '.join(names[1:])}."
    words = f"adjusted for nonresponse by propensity ({', '.join(predictors)})"
    classes = np.zeros(len(p), dtype=np.int64)
    classes[standing] = propensity_classes(p[standing], count)
    labels = pd.Series([f"propensity class {c + 1}" for c in classes], index=sampled.frame.index)
    if use == "classes":
        return _by_classes(survey, sampled, active, labels, words, note)

    def function(weights: Floats) -> Floats:
        own = weights[active]
        given = sampled.responded & (own > 0)
        made = np.where(given, own / np.where(given, chances(own), 1.0), 0.0)
        return spread_out(made, active)

    return _stepped(survey, sampled, active, labels, words, note, function)


def _stepped(
    survey: Survey, sampled: Sampled, active: Bools, labels: pd.Series, words: str, note: str,
    function: Callable[[Floats], Floats],
) -> Survey:  # fmt: skip
    before = survey.design.weights
    after = function(before)
    table = _class_table(sampled, labels, before[active], after[active])
    out = int((~sampled.standing).sum())
    note = f"{note} {out:,} records are known to be ineligible and are not stood for.".strip()
    step = WeightStep(
        "nonresponse", column_for(survey, "nonresponse"), joined(survey, words), survey, table,
        note, function=function,
    )  # fmt: skip
    made = survey.reweighted(step, after, function)
    return made.like(design=_answered(made.design, sampled, active))


def _answered(design: Design, sampled: Sampled, active: Bools) -> Design:
    """Let the last 1 − n/N count those of the n who answered, where each row is a unit.

    With a share a of the n answering by chance, a mean of them has the variance
    (1 − a·n/N)·s²/(a·n) and not (1 − n/N)·s²/(a·n): drawing everybody would not make up for
    those who do not answer. N/a in place of N says so.
    """
    if not design.elementary:
        return design
    stage, stratum = design.stages[-1], design.group[active]
    count = len(stage.sampled)
    asked = np.bincount(stratum[sampled.standing], minlength=count)
    given = np.bincount(stratum[sampled.responded], minlength=count)
    size = stage.size * np.where(given > 0, asked / np.maximum(given, 1), 1.0)
    return replace(design, stages=(*design.stages[:-1], replace(stage, size=size)))


def _class_table(
    sampled: Sampled, labels: pd.Series, before: Floats, after: Floats
) -> pd.DataFrame:
    """Record by class: respondents, what they should stand for, and do stand for."""
    parts = pd.DataFrame(
        {
            "level": labels.to_numpy(),
            "n": sampled.responded.astype(np.float64),
            "target": np.where(sampled.standing, before, 0.0),
            "before": np.where(sampled.responded, before, 0.0),
            "after": after,
        }
    )
    table = parts.groupby("level", sort=True).sum().reset_index()
    return table.assign(variable="class", source="the sample")[
        ["variable", "level", "n", "target", "before", "after", "source"]
    ]
