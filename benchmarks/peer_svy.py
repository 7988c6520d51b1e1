"""The six tasks with PyPI's svy, run in an environment of its own."""

from __future__ import annotations

from typing import Any

import polars as pl
import svy

from benchmarks.sample import ITEM_NAMES, PREDICTORS


def sample(frame: pl.DataFrame) -> svy.Sample:
    """Declare the design."""
    return svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="w"))


def tasks(frame: pl.DataFrame, targets: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Give each task as a call without arguments."""

    def bootstrap() -> Any:
        weighed = sample(frame).weighting.create_bs_wgts(200, rstate=1)
        return weighed.estimation.mean("y", by="domain", method="replication")

    return {
        "mean": lambda: sample(frame).estimation.mean("y", by="domain"),
        "items": lambda: sample(frame).estimation.prop(list(ITEM_NAMES), by="domain"),
        "logit": lambda: sample(frame).glm.fit("yes", x=list(PREDICTORS), family="binomial"),
        "rake": lambda: sample(frame).weighting.rake(controls=targets, tol=1e-8),
        "bootstrap": bootstrap,
        "median": lambda: sample(frame).estimation.median("y", by="domain"),
    }


def check(task: str, answer: Any) -> list[float]:
    """Give an estimate and its standard error."""
    if task == "rake":
        weights = answer.data["rk_wgt"]
        return [float(weights.max()), float(weights.sum())]
    if task == "logit":
        coefficient = answer.coefs[1]
        return [float(coefficient.est), float(coefficient.se)]
    first = answer[0] if task == "items" else answer
    one = first.estimates[0]
    return [float(one.est), float(one.lci if task == "median" else one.se)]
