"""Pseudo-weights: an opt-in sample weighed by a reference sample that was drawn by chance.

Sources: Elliott & Valliant, *Statistical Science* 32 (2017), 249–264; Wang, Valliant & Li,
*Statistics in Medicine* 40 (2021), 5237–5250.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.propensity import loglinear, model_matrix, propensities
from mspsurvey.inference.weight.reweight import (
    active_rows,
    choose,
    column_for,
    joined,
    spread_out,
)
from mspsurvey.inference.weight.step import STEP_TABLE, WeightStep

METHODS = ("elliott-valliant", "adjusted-logit")


def quasi_randomise(
    optin: Survey,
    reference: Survey,
    on: Sequence[str],
    *,
    method: str = "elliott-valliant",
) -> Survey:
    """Weigh an opt-in sample as if people had been drawn into it, by what a reference tells.

    With p(x) the chance that a row of both samples together is from the opt-in sample and
    d(x) the mean weight of the reference sample at x, the weight is d(x)·(1 − p(x))/p(x). It
    repairs what the variables explain, and only where everyone has some chance to opt in.

    Parameters
    ----------
    optin : Survey
        Sample type "opt-in" or "referral".
    reference : Survey
        A probability sample of the same population, with weights that gross up to it.
    on : sequence of str
        Variables of both, with the same codes.
    method : {"elliott-valliant", "adjusted-logit"}
        p from an unweighted logit and d from a log-linear model; or both at once, from a
        logit in which the reference sample has its weights (Wang, Valliant & Li).

    Returns
    -------
    Survey
        The opt-in sample with pseudo-weights; still without a margin of sampling error.

    Raises
    ------
    WeightError
        Where the reference is no probability sample, or variables separate the samples.
    """
    choose("method", method, METHODS)
    _require_roles(optin, reference)
    active, drawn = active_rows(optin), active_rows(reference)
    own, other = _columns(optin, active, on), _columns(reference, drawn, on)
    _require_overlap(own, other, on)
    x, _ = model_matrix(pd.concat([own, other], ignore_index=True), list(on))
    d, inside = reference.design.weights[drawn], np.arange(len(x)) < len(own)

    def function(weights: Floats) -> Floats:
        given = weights[active]
        there = np.ones(len(d)) if method == "elliott-valliant" else d
        p = propensities(x, inside, np.concatenate([given, there]))[: len(own)]
        made = given * (1 - p) / p
        if method == "elliott-valliant":
            made = made * np.exp(x[: len(own)] @ loglinear(x[len(own) :], d))
        return spread_out(made, active)

    after = function(active.astype(np.float64))
    words = f"weighted as if drawn by chance, by {', '.join(on)} of a reference sample"
    step = WeightStep(
        "quasi-randomise", column_for(optin, "pseudo"), joined(optin, words), optin,
        _table(own, other, after[active], d, on), f"Method {method}.", function=function,
    )  # fmt: skip
    return optin.reweighted(step, after, function)


def _require_roles(optin: Survey, reference: Survey) -> None:
    if reference.sample_type != "probability":
        raise WeightError(
            "The reference should be a probability sample.", f"It is {reference.sample_type}."
        )
    if optin.sample_type == "probability":
        raise WeightError(
            "An opt-in sample was wanted.",
            "This one is declared a probability sample.",
            "Weigh it by its design and nonresponse, or declare sample_type='opt-in'.",
        )
    if len(np.unique(optin.design.weights[optin.design.weights > 0])) > 1:
        raise WeightError(
            "Pseudo-weights start from an unweighted opt-in sample.",
            "This one has weights.",
            "Declare it without weights, and calibrate afterwards.",
        )


def _columns(survey: Survey, active: Bools, on: Sequence[str]) -> pd.DataFrame:
    if not on:
        raise WeightError("Variables that both samples have were wanted.", "None are named.")
    survey.coder.require(on)
    frame = survey.frame.loc[active, list(on)]
    texts = [n for n in on if not pd.api.types.is_numeric_dtype(frame[n].dtype)]
    return frame.astype(dict.fromkeys(texts, object)).reset_index(drop=True)


def _require_overlap(own: pd.DataFrame, other: pd.DataFrame, on: Sequence[str]) -> None:
    for name in on:
        if pd.api.types.is_numeric_dtype(own[name].dtype):
            continue
        absent = sorted(set(other[name].dropna()) - set(own[name].dropna()))
        if absent:
            raise WeightError(
                f"Every level of '{name}' should have somebody in the opt-in sample.",
                f"'{absent[0]}' has nobody.",
                "No weight repairs that; merge levels, or speak of a smaller population.",
            )


def _table(
    own: pd.DataFrame, other: pd.DataFrame, weights: Floats, d: Floats, on: Sequence[str]
) -> pd.DataFrame:
    """Record: each level by the reference's weights, and by the opt-in sample's."""
    rows = []
    for name in on:
        if pd.api.types.is_numeric_dtype(own[name].dtype):
            pairs = [("", own[name].to_numpy(float), other[name].to_numpy(float))]
        else:
            levels = sorted(set(own[name]) | set(other[name]), key=str)
            pairs = [
                (str(v), own[name].eq(v).to_numpy(float), other[name].eq(v).to_numpy(float))
                for v in levels
            ]
        for level, mine, theirs in pairs:
            rows.append(
                (name, level, float((mine != 0).sum()), float(d @ theirs), float(mine.sum()),
                 float(weights @ mine), "the reference sample")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(STEP_TABLE))
