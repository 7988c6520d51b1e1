"""The six tasks with this package; the survey is made afresh in every call."""

from __future__ import annotations

from typing import Any

import pandas as pd

import mspsurvey as ms
from benchmarks.sample import ITEM_NAMES, PREDICTORS


def survey(frame: pd.DataFrame) -> ms.Survey:
    """Declare the design."""
    return ms.Survey(frame, weights="w", strata="stratum", psu="psu")


def tasks(frame: pd.DataFrame, targets: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Give each task as a call without arguments; those that are not built yet are left out."""
    formula = f"yes ~ {' + '.join(PREDICTORS)}"
    every = {
        "mean": lambda: survey(frame).mean("y", by="domain"),
        "items": lambda: survey(frame).share(list(ITEM_NAMES), by="domain"),
        "logit": lambda: survey(frame).glm(formula, family="binomial"),
        "rake": lambda: ms.weight.rake(survey(frame), targets),
        "bootstrap": lambda: survey(frame).replicate("bootstrap", n=200).mean("y", by="domain"),
        "median": lambda: survey(frame).quantile("y", [0.5], by="domain"),
    }
    needs = {"logit": "glm", "bootstrap": "replicate", "median": "quantile"}
    return {k: v for k, v in every.items() if hasattr(ms.Survey, needs.get(k, "mean"))}


def check(task: str, answer: Any) -> list[float]:
    """Give an estimate and its standard error, to be compared with the others'."""
    if task == "rake":
        return [float(answer.design.weights.max()), float(answer.design.weights.sum())]
    if task == "logit":
        table = answer.frame
        return [float(table["estimate"].iloc[1]), float(table["se"].iloc[1])]
    row = answer.data.iloc[0]
    if task == "median":
        return [float(row["estimate"]), float(row["low"])]
    return [float(row["estimate"]), float(row["se"])]
