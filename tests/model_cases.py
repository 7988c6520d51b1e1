"""Small samples for the tests of models, and R's results for larger ones."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Question, Variable

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"


def variable(name: str, kind: str, *codes: str) -> Variable:
    options = tuple(Option(c, c.upper(), float(i + 1)) for i, c in enumerate(codes))
    return Variable(name, f"{name}?", name.upper(), kind, name, options)


VARIABLES = [
    variable("size", "single", "small", "medium", "large"),
    variable("mfa", "single", "no", "yes"),
    variable("rating", "single", "bad", "fair", "good"),
    variable("price", "number"),
]
INSTRUMENT = Instrument(
    "demo", "Demo", "1", "firms", "now", {"b": "B"},
    {v.name: Question(v.name, f"{v.name}?", v.kind, "b", (v.name,)) for v in VARIABLES},
    {v.name: v for v in VARIABLES},
)  # fmt: skip


def firms(seed: int = 1, count: int = 240) -> pd.DataFrame:
    """Firms in four strata of five sampling units, made up."""
    rng = np.random.default_rng(seed)
    size = rng.choice(["small", "medium", "large"], count, p=[0.5, 0.3, 0.2])
    price = rng.normal(50, 10, count).round(2)
    lift = np.select([size == "medium", size == "large"], [0.5, 1.0], 0.0)
    place = lift + 0.03 * (price - 50) + rng.logistic(size=count)
    return pd.DataFrame(
        {
            "size": size,
            "price": price,
            "mfa": np.where(place > 0.2, "yes", "no"),
            "rating": np.array(["bad", "fair", "good"])[np.digitize(place, [-0.5, 1.0])],
            "staff": rng.poisson(np.exp(1 + 0.3 * lift)) + 0.0,
            "w": np.exp(rng.normal(size=count) * 0.4).round(4) * 10,
            "stratum": np.arange(count) % 4,
            "unit": np.arange(count) // 4 % 5,
        }
    )


def survey(frame: pd.DataFrame, **more: Any) -> Survey:
    design = {"weights": "w", "strata": "stratum", "psu": "unit", "instrument": INSTRUMENT}
    return Survey(frame, **(design | more))


@cache
def results() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((ORACLE / "r_survey.json").read_text())
    return answer


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(ORACLE / "data" / f"{name}.csv")


def oracle_design(name: str) -> Survey:
    """Designs of the R results, by the part of their keys before the slash."""
    finite = not name.endswith("0")
    if name in ("strat", "strat0"):
        fpc = "fpc" if finite else None
        return Survey(table("apistrat"), weights="pw", strata="stype", fpc=fpc)
    if name in ("clus1", "clus10"):
        return Survey(table("apiclus1"), weights="pw", psu="dnum", fpc="fpc" if finite else None)
    if name == "nhanes":
        return Survey(table("nhanes"), weights="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")
    if name.startswith("nested"):
        fpc = "N1" if finite else None
        return Survey(table("msp_nested"), weights="wt", strata="region", psu="msp", fpc=fpc)
    return replicated(name)


def replicated(name: str) -> Survey:
    """Replicate designs; where R's scales are not in its results they are JKn's."""
    frame = table("nhanes2psu" if "_nh_" in name else "apiclus1" if "clus" in name else "apistrat")
    weights = table(name).set_axis(frame.index, axis=0)
    info = results().get(f"{name}/info", {"scale": 1.0, "rscales": None, "mse": False})
    rscales = info["rscales"]
    if rscales is None:
        n = frame.groupby("stype")["stype"].transform("size")
        finite = 1 - n / frame["fpc"] if name == "rep_strat_JKn" else 1.0
        left_out = weights.to_numpy().argmin(axis=0)
        rscales = ((n - 1) / n * finite).to_numpy()[left_out]
    return Survey(
        frame, weights="WTMEC2YR" if "_nh_" in name else "pw", replicates=weights, kind="other",
        scale=info["scale"], rscales=rscales, mse=bool(info["mse"]),
    )  # fmt: skip
