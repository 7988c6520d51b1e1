"""Trimming: limits kept, sums kept, and the calibration not forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_cases import KNOWN, twelve

import mspsurvey as ms
from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import trim

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"

# R 4.2.2, survey 4.1-1, with l <- calibrate(d, ~m + x, pop):
#   k <- trimWeights(l, upper = 11, lower = 4); weights(k); SE(svymean(~y, k));
#   SE(svytotal(~y, k))
R_WEIGHTS = [
    11, 9.17750338647494, 11, 11, 8.71251432739398, 5.08742315306867, 4.51484839012191, 4,
    6.04657705532979, 4.80113577159529, 4, 5.65999791601542,
]  # fmt: skip


def test_equal_sharing_and_the_errors_after_it_are_the_golden_ones_of_r() -> None:
    calibrated = ms.weight.calibrate(twelve(), KNOWN)
    survey = ms.weight.trim(calibrated, 11, lower=4, share="equal", strict=False)
    np.testing.assert_allclose(survey.frame["w_trim"], R_WEIGHTS, rtol=1e-12)
    found = [survey.mean("y").data["se"][0], survey.total("y").data["se"][0]]
    np.testing.assert_allclose(found, [0.4296793418847169, 38.030690524377299], rtol=1e-10)


def test_trimming_once_by_hand() -> None:
    weights = pd.Series([1.0, 1.0, 2.0, 8.0])
    # 3 are cut from the 8: equally, 1 each; in proportion, 3/4, 3/4 and 3/2.
    assert trim(weights, 5, share="equal").tolist() == [2, 2, 3, 5]
    assert trim(weights, 5).tolist() == pytest.approx([1.75, 1.75, 3.5, 5])


def test_strict_trimming_goes_on_where_sharing_made_others_too_large() -> None:
    weights = pd.Series([1.0, 4.9, 9.0])
    once = trim(weights, 5, share="equal", strict=False)
    # 4 are cut and 2 go to each of the others, so that 4.9 becomes 6.9.
    assert once.tolist() == pytest.approx([3, 6.9, 5])
    strict = trim(weights, 5, share="equal")
    assert strict.tolist() == pytest.approx([14.9 - 10, 5, 5])
    assert trim(weights, 5).tolist() == pytest.approx([14.9 - 10, 5, 5])


def test_a_lower_limit_takes_from_the_others() -> None:
    trimmed = trim(pd.Series([1.0, 4.0, 5.0]), 9, lower=2)
    assert trimmed.tolist() == pytest.approx([2, 32 / 9, 40 / 9])


def test_limits_without_room_are_refused() -> None:
    with pytest.raises(WeightError, match="larger limit"):
        trim(pd.Series([1.0, 8.0]), 4.0)
    with pytest.raises(WeightError, match="smaller lower limit"):
        trim(pd.Series([1.0, 8.0]), 10.0, lower=5.0)
    with pytest.raises(WeightError, match="share is one of"):
        trim(pd.Series([1.0, 8.0]), 6.0, share="fair")


def test_trimming_says_how_far_it_takes_margins_off() -> None:
    survey = ms.weight.trim(ms.weight.calibrate(twelve(), KNOWN), 11)
    table = survey.weighting[-1].table
    off = ((table["after"] - table["target"]) / table["target"]).abs().max()
    assert off > 0.001
    assert f"margins up to {100 * off:.1f}% off" in survey.mean("y").footer


def test_trimming_keeps_what_calibration_gained() -> None:
    survey = ms.weight.trim(ms.weight.calibrate(twelve(), KNOWN), 12.5)
    plain = Survey(survey.frame, weights="w_trim", strata="h")
    assert survey.mean("y").data["se"][0] < 0.7 * plain.mean("y").data["se"][0]


def test_weights_can_be_calibrated_again_inside_the_limits() -> None:
    calibrated = ms.weight.calibrate(twelve(), KNOWN)
    survey = ms.weight.trim(calibrated, 12.9, lower=3.5, after="recalibrate")
    assert survey.design.weights.max() <= 12.9 + 1e-9
    assert survey.design.weights.min() >= 3.5 - 1e-9
    total = survey.total("x").data
    assert total["estimate"].tolist() == pytest.approx([400])
    assert total["se"].tolist() == [0]
    assert [s.name for s in survey.weighting] == ["calibrate", "trim", "calibrate"]


def test_limits_too_tight_for_the_margins_are_refused_with_the_nearest() -> None:
    calibrated = ms.weight.calibrate(twelve(), KNOWN)
    with pytest.raises(WeightError, match="the nearest that they can be got together"):
        ms.weight.trim(calibrated, 7.4, after="recalibrate")


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
@pytest.mark.parametrize(("key", "strict"), [("rake3_trim", False), ("rake3_trim_strict", True)])
def test_trimming_after_raking_is_that_of_r(key: str, strict: bool) -> None:
    known = json.loads((ORACLE / "r_survey.json").read_text())
    frame = pd.read_csv(ORACLE / "data" / "apiclus1.csv")
    margins = {
        "stype": {"E": 4421.0, "H": 755.0, "M": 1018.0},
        "sch.wide": {"No": 1072.0, "Yes": 5122.0},
        "comp.imp": {"No": 1712.0, "Yes": 4482.0},
    }
    raked = ms.weight.rake(Survey(frame, weights="pw", psu="dnum"), margins)
    survey = ms.weight.trim(raked, 45, lower=20, share="equal", strict=strict)
    expected = known[f"weighting/{key}"]["weights"]
    np.testing.assert_allclose(survey.design.weights, expected, rtol=1e-8)
    for name, answer in (
        ("mean_api00", survey.mean("api00")), ("total_enroll", survey.total("enroll")),
    ):  # fmt: skip
        reference = known[f"weighting/{key}/{name}"]
        np.testing.assert_allclose(answer.data["se"], [reference["se"]], rtol=1e-8)


@given(
    st.lists(st.floats(0.1, 50), min_size=3, max_size=30),
    st.floats(1.05, 4),
    st.sampled_from(["proportional", "equal"]),
)
@settings(max_examples=60, deadline=None)
def test_the_sum_stays_and_no_weight_is_above_the_limit(
    weights: list[float], times: float, share: str
) -> None:
    before = pd.Series(weights)
    upper = times * before.mean()
    after = trim(before, upper, share=share)
    assert after.sum() == pytest.approx(before.sum(), rel=1e-9)
    assert after.max() <= upper * (1 + 1e-9)
    assert (after[before <= upper] >= before[before <= upper] * (1 - 1e-12)).all()
