"""Post-stratification, and raking of surveys: shares as known, errors as R's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_cases import TWELVE, M, twelve

import mspsurvey as ms
from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import Margin

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"


def test_post_stratified_weights_and_errors_are_the_golden_ones_of_r() -> None:
    # R 4.2.2, survey 4.1-1: k <- postStratify(d, ~m, data.frame(m = c("n", "y"),
    #   Freq = c(40, 45))); svymean(~y, k); svytotal(~y, k); svyby(~y, ~h, k, svymean)
    survey = ms.weight.poststratify(twelve(), M)
    grown = TWELVE["m"].map({"n": 40 / 36, "y": 45 / 42})
    assert survey.frame["w_poststratify"].tolist() == pytest.approx((TWELVE["w"] * grown).tolist())
    by = survey.mean("y", by="h").data["se"]
    found = [survey.mean("y").data["se"][0], survey.total("y").data["se"][0], *by]
    expected = [0.78884870811008845, 67.052140189357516, 1.1733551928541266, 1.0067096693489752]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_share_of_a_post_stratum_is_known() -> None:
    share = ms.weight.poststratify(twelve(), M).share("m").data
    assert share["estimate"].tolist() == pytest.approx([40 / 85, 45 / 85])
    assert share["se"].tolist() == [0, 0]


def test_base_weights_keep_their_proportions_within_a_post_stratum() -> None:
    survey = ms.weight.poststratify(twelve(), M)
    factors = survey.design.weights / TWELVE["w"]
    assert factors.groupby(TWELVE["m"]).nunique().tolist() == [1, 1]


def test_two_margins_are_for_raking_or_crossing() -> None:
    both = M | {"h": {"a": 55.0, "b": 30.0}}
    with pytest.raises(WeightError, match="takes one margin"):
        ms.weight.poststratify(twelve(), both)
    crossed = {"m*h": {"n*a": 22.0, "n*b": 18.0, "y*a": 33.0, "y*b": 12.0}}
    survey = ms.weight.poststratify(twelve(), crossed)
    sums = pd.Series(survey.design.weights).groupby([TWELVE["m"], TWELVE["h"]]).sum()
    assert sums.tolist() == pytest.approx([22, 18, 33, 12])
    assert survey.total("h").data["se"].tolist() == pytest.approx([0, 0], abs=1e-9)


def test_a_level_without_a_respondent_is_refused() -> None:
    with pytest.raises(WeightError, match="'maybe' counts 5 units and has none"):
        ms.weight.poststratify(twelve(), {"m": {"n": 40.0, "y": 40.0, "maybe": 5.0}})


def test_the_number_of_a_variable_is_for_calibration() -> None:
    with pytest.raises(WeightError, match="Use calibrate"):
        ms.weight.rake(twelve(), {"x": 400.0})


def test_a_raked_survey_is_the_frame_raked_by_itself() -> None:
    margins = [Margin("m", {"n": 40, "y": 45}, "a"), Margin("h", {"a": 55, "b": 30}, "b")]
    survey = ms.weight.rake(twelve(), margins)
    alone = ms.weight.rake(TWELVE, TWELVE["w"], margins)
    assert survey.design.weights.tolist() == alone.weights.tolist()
    declared = Survey(
        TWELVE.assign(r=alone.weights), weights="r", strata="h", raked_to=["m", "h"],
        raked_from="w",
    )  # fmt: skip
    assert survey.mean("y").data["se"][0] == pytest.approx(declared.mean("y").data["se"][0])
    assert "raked to m, h" in survey.weight


def test_a_plain_regression_gives_the_errors_of_r_after_raking() -> None:
    # R: rake(d, list(~m, ~s), …) on these eight; see test_weights.py for the call.
    frame = pd.DataFrame(
        {"h": list("aaabbbbb"), "m": list("ynynnyyn"), "s": list("11221212"),
         "y": [3.0, 5, 8, 2, 9, 4, 6, 7], "w": [10.0] * 3 + [4.0] * 5}
    )  # fmt: skip
    margins = {"m": {"n": 20.0, "y": 30.0}, "s": {"1": 22.0, "2": 28.0}}
    survey = Survey(frame, weights="w", strata="h")
    plain = ms.weight.rake(survey, margins, regression="plain")
    np.testing.assert_allclose(plain.mean("y").data["se"], [1.19133843328183], rtol=1e-8)
    np.testing.assert_allclose(plain.total("y").data["se"], [59.5669216640915], rtol=1e-8)
    own = ms.weight.rake(survey, margins)
    assert own.share("s").data["se"].tolist() == pytest.approx([0, 0], abs=1e-6)


def test_a_respondent_without_a_value_is_held_and_noted() -> None:
    frame = TWELVE.assign(m=[None, *TWELVE["m"][1:]])
    survey = Survey(frame, weights="w", strata="h")
    with pytest.raises(WeightError, match="missing for 1"):
        ms.weight.rake(survey, M)
    held = ms.weight.rake(survey, M, unknown="hold")
    assert held.design.weights.sum() == pytest.approx(85)
    assert "1 respondents have no 'm' and were held." in held.weighting[-1].note


def test_margins_that_cannot_hold_together_come_with_the_nearest() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"], "w": [1.0, 1.0]})
    margins = {"a": {"x": 30.0, "y": 70.0}, "b": {"x": 60.0, "y": 40.0}}
    with pytest.raises(WeightError, match="The nearest that weights of 0 or more can come"):
        ms.weight.rake(Survey(frame, weights="w"), margins)


def test_the_new_weights_are_a_column_and_the_old_frame_stays() -> None:
    survey = twelve()
    once = ms.weight.rake(survey, M)
    twice = ms.weight.rake(once, {"h": {"a": 55.0, "b": 30.0}})
    assert "w_rake" not in survey.frame.columns
    assert {"w", "w_rake", "w_rake_2"} <= set(twice.frame.columns)
    assert [step.name for step in twice.weighting] == ["rake", "rake"]
    assert twice.weighting[-1].before is once


# R 4.2.2: r <- as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), "JK1"),
# then postStratify, rake (2 margins) and calibrate(~stype + api99); SE of the mean of api00,
# of the total of enroll.
REPLICATED = {
    "poststratify": [27.205422525194038, 478192.77081149869],
    "rake": [27.1442585775909, 468244.54474440834],
    "calibrate": [3.9825087280317408, 483563.75741718156],
}


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
@pytest.mark.parametrize("step", REPLICATED)
def test_replicates_are_weighed_again_as_in_r(step: str) -> None:
    frame = pd.read_csv(ORACLE / "data" / "apiclus1.csv")
    types = {"stype": {"E": 4421.0, "H": 755.0, "M": 1018.0}}
    known = {"poststratify": types, "rake": types | {"sch.wide": {"No": 1072.0, "Yes": 5122.0}},
             "calibrate": types | {"api99": 3914069.0}}[step]  # fmt: skip
    survey = Survey(frame, weights="pw", psu="dnum")
    function = getattr(ms.weight, step)
    before, after = function(survey.replicate("JK1"), known), function(survey, known)
    for made in (before, ms.weight.replicate(after, kind="JK1")):
        found = [made.mean("api00").data["se"][0], made.total("enroll").data["se"][0]]
        np.testing.assert_allclose(found, REPLICATED[step], rtol=1e-8)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
@pytest.mark.parametrize("key", ["clus10_postStratify", "clus1_postStratify"])
def test_post_stratification_of_a_cluster_sample_is_that_of_r(key: str) -> None:
    known = json.loads((ORACLE / "r_survey.json").read_text())
    frame = pd.read_csv(ORACLE / "data" / "apiclus1.csv")
    fpc = "fpc" if key.startswith("clus1_") else None
    survey = ms.weight.poststratify(
        Survey(frame, weights="pw", psu="dnum", fpc=fpc),
        {"stype": {"E": 4421.0, "H": 755.0, "M": 1018.0}},
    )
    np.testing.assert_allclose(
        survey.design.weights, known[f"weighting/{key}"]["weights"], rtol=1e-8
    )
    name, answer = ("mean_api00", survey.mean("api00")) if fpc is None else (
        "total_enroll", survey.total("enroll"))  # fmt: skip
    reference = known[f"weighting/{key}/{name}"]
    np.testing.assert_allclose(answer.data["se"], [reference["se"]], rtol=1e-8)


@given(st.integers(0, 10_000), st.floats(0.01, 1000))
@settings(max_examples=25, deadline=None)
def test_weights_times_a_constant_change_no_raked_share(seed: int, constant: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "a": np.r_[list("xyz"), rng.choice(list("xyz"), 57)],
            "b": np.r_[list("pqp"), rng.choice(list("pq"), 57)],
            "c": rng.choice(list("uv"), 60),
            "w": rng.uniform(1, 9, 60),
        }
    )
    margins = {"a": {"x": 30.0, "y": 50.0, "z": 20.0}, "b": {"p": 40.0, "q": 60.0}}
    one = ms.weight.rake(Survey(frame, weights="w"), margins)
    other = ms.weight.rake(Survey(frame.assign(w=frame["w"] * constant), weights="w"), margins)
    np.testing.assert_allclose(
        other.share("c").data["estimate"], one.share("c").data["estimate"], rtol=1e-9
    )
    assert one.total("a").data["estimate"].tolist() == pytest.approx([30, 50, 20], rel=1e-9)
