"""A small stratified sample with unequal weights, for the tests of weighting."""

from __future__ import annotations

import pandas as pd

from mspsurvey.inference.survey import Survey

TWELVE = pd.DataFrame(
    {
        "h": ["a"] * 5 + ["b"] * 7,
        "m": list("ynynynnyynyn"),
        "x": [3.0, 8, 5, 2, 9, 4, 6, 7, 1, 5, 8, 2],
        "y": [3.0, 5, 8, 2, 9, 4, 6, 7, 3, 6, 9, 1],
        "w": [10.0] * 5 + [4.0] * 7,
    }
)
"""As ``f`` in R, with d <- svydesign(id = ~1, strata = ~h, weights = ~w, data = f)."""

M = {"m": {"n": 40.0, "y": 45.0}}
KNOWN = M | {"x": 400.0}


def twelve() -> Survey:
    return Survey(TWELVE, weights="w", strata="h")
