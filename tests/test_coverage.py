"""Nominal 95 % intervals hold the truth about 95 times in 100: a short form of the simulation.

The whole of it is ``make coverage``, and its result ``docs/methods/coverage.md``.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.coverage import DESIGNS, simulate
from benchmarks.world import WORLD, surveys

SAMPLES = {"element": 600, "cluster": 600, "raked": 300}
ASKED = (
    "share, middle, logit", "share, middle, korn-graubard", "share, middle, wilson",
    "share, rare, logit", "mean", "total", "median",
)  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_the_truth_as_often_as_they_say(design: str) -> None:
    found = simulate(design, 300, SAMPLES[design], only=ASKED).set_index("estimator")
    assert (found["shown"] > 0.9 * SAMPLES[design]).all()
    # Beyond 92.5–97.5 % by more than two standard errors of the simulation.
    slack = 2 * np.sqrt(0.05 * 0.95 / found["shown"])
    assert (found["coverage"] > 0.925 - slack).all(), found
    assert (found["coverage"] < 0.975 + slack).all(), found


def test_many_samples_in_one_table_are_asked_as_each_alone() -> None:
    survey = surveys(WORLD(), np.random.default_rng(3), "cluster", 100, 2)
    both = survey.mean("mild", by="sample").data
    frame = survey.frame
    first = frame[frame["sample"] == "000"]
    alone = type(survey)(first, weights="w", strata="stratum", psu="psu").mean("mild").data
    for column in ("estimate", "se", "low", "high", "df", "n"):
        assert both[column].iloc[0] == pytest.approx(alone[column].iloc[0], rel=1e-10)
