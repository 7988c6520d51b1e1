"""From a question to a table: items and groups in, ``Estimates`` out.

Each estimator says what is to be summed (an ``Item``); what follows, variance, interval,
verdict and layout, is the same for all of them (``layout``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Coder, Floats
from mspsurvey.inference.estimator.asked import Asked, Interval, Levels, present_level
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.layout import (
    Answer,
    answer,
    estimated,
    laid_out,
    require_groups,
)
from mspsurvey.inference.estimator.multi import multi_answer, multiple, variable_of
from mspsurvey.inference.result.estimate import Estimates

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

__all__ = [
    "Interval",
    "Levels",
    "classified",
    "is_classification",
    "mean",
    "ratio",
    "refuse_negative",
    "share",
    "summed",
    "total",
]


def share(
    survey: Survey,
    items: Sequence[str],
    by: Sequence[str],
    levels: Levels,
    of: str | None,
    wanted: Interval,
) -> Estimates:
    """Estimate shares; see ``Survey.share``."""
    require_groups(by)
    size = None if of is None else _sizes(survey, of)
    answers, variables = [], {}
    for name in items:
        question = multiple(survey, name, levels)
        if question is not None:
            answers.append(multi_answer(survey, question, levels, by, of, size))
            variables[name] = variable_of(survey, question)
            continue
        for part in survey.columns_of([name]):
            asked = classified(survey, part, levels, "share", of, size)
            answers.append(Answer(asked, estimated(survey, asked.item, by)))
    made = laid_out(survey, answers, by, "share", wanted, of=of or "", variables=variables)
    return replace(made, nets=levels.members)


def total(
    survey: Survey, items: Sequence[str], by: Sequence[str], levels: Levels, wanted: Interval
) -> Estimates:
    """Estimate totals; see ``Survey.total``."""
    asked = [
        classified(survey, name, levels, "total", None, None)
        if is_classification(survey.coder, name)
        else summed(survey, name, "total")
        for name in items
    ]
    return replace(answer(survey, asked, by, "total", wanted), nets=levels.members)


def mean(survey: Survey, items: Sequence[str], by: Sequence[str], wanted: Interval) -> Estimates:
    """Estimate means; see ``Survey.mean``."""
    return answer(survey, [summed(survey, n, "ratio") for n in items], by, "mean", wanted)


def ratio(
    survey: Survey, numerator: str, denominator: str, by: Sequence[str], wanted: Interval
) -> Estimates:
    """Estimate a ratio of two totals; see ``Survey.ratio``."""
    top, bottom = survey.coder.numbers(numerator), survey.coder.numbers(denominator)
    valid = np.isfinite(top) & np.isfinite(bottom)
    item = Item(present_level(valid), top=top, bottom=bottom, dominance=True)
    asked = Asked(f"{numerator}/{denominator}", item, ("",), (numerator, denominator))
    return answer(survey, [asked], by, "ratio", wanted)


def is_classification(coder: Coder, name: str) -> bool:
    """Whether totals of this column are counts of its levels."""
    coder.require([name])
    variable = coder.variable(name)
    if variable is not None:
        return variable.categorical
    dtype = coder.frame[name].dtype
    return not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _sizes(survey: Survey, of: str) -> Floats:
    size = survey.coder.numbers(of)
    refuse_negative(of, float(np.nanmin(size, initial=0.0)))
    return size


def refuse_negative(of: str, smallest: float) -> None:
    """Raise where a share of the total of numbers below 0 was asked for."""
    if smallest < 0:
        raise EstimateError(
            f"A share of the total of '{of}' needs numbers that are not negative.",
            f"The smallest is {smallest:g}.",
            f"Ask for the ratio of two totals, or clean '{of}'.",
        )


def classified(
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
    item = Item(level, count, kept, top=size, bottom=size, kind=kind, dominance=True)
    needs = (name,) if of is None else (name, of)
    return Asked(name, item, texts, needs, whole=kind == "share" and not codes)


def summed(survey: Survey, name: str, kind: str) -> Asked:
    """Values of an item, for a mean or a total."""
    if kind == "total":
        values, shift = survey.coder.numbers(name), 0.0
        valid = np.isfinite(values)
    else:
        values, shift, valid = survey.coder.centred(name)
    item = Item(present_level(valid), top=values, kind=kind, shift=shift, dominance=True)
    return Asked(name, item, ("",), (name,))
