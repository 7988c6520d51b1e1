"""Nonresponse by classes and by propensity: who stands for whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from weight_cases import TWELVE

import mspsurvey as ms
from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.propensity import (
    logit,
    loglinear,
    model_matrix,
    propensities,
    propensity_classes,
)

SAMPLE = pd.DataFrame(
    {
        "h": ["a"] * 6 + ["b"] * 6,
        "answered": [True, True, False, True, False, True, True, False, False, True, True, False],
        "eligible": [True] * 8 + [False] + [True] * 3,
        "y": [3.0, 5, 0, 2, 0, 4, 6, 0, 0, 6, 9, 0],
        "w": [10.0] * 6 + [4.0] * 6,
    }
)


def sampled() -> Survey:
    return Survey(SAMPLE, weights="w", strata="h")


def test_the_logit_is_that_of_r_weighted_by_the_design() -> None:
    # R 4.2.2, survey 4.1-1: svyglm(I(m == "y") ~ x + h, d, family = quasibinomial(),
    #   control = list(epsilon = 1e-14))
    x, names = model_matrix(TWELVE, ["x", "h"])
    beta = logit(x, TWELVE["m"].eq("y").to_numpy(), TWELVE["w"].to_numpy())
    assert names == ["constant", "x", "h=b"]
    expected = [-0.2456819509621402, 0.1227161035254318, -0.6270061144307094]
    np.testing.assert_allclose(beta, expected, rtol=1e-10)


def test_with_one_class_a_predictor_the_propensity_is_the_weighted_rate() -> None:
    x, _ = model_matrix(SAMPLE, ["h"])
    p = propensities(x, SAMPLE["answered"].to_numpy(), SAMPLE["w"].to_numpy())
    assert p.tolist() == pytest.approx([4 / 6] * 6 + [3 / 6] * 6)


def test_classes_and_inverse_propensity_agree_where_the_model_is_the_classes() -> None:
    by_class = ms.weight.nonresponse(sampled(), responded="answered", classes=["h"])
    inverse = ms.weight.nonresponse(
        sampled(), responded="answered", predictors=["h"], use="inverse"
    )
    # a: 10 · 6/4; b: 4 · 6/3.
    expected = np.where(SAMPLE["answered"], np.where(SAMPLE["h"].eq("a"), 15.0, 8.0), 0.0)
    assert by_class.design.weights.tolist() == pytest.approx(expected.tolist())
    assert inverse.design.weights.tolist() == pytest.approx(expected.tolist())


def test_the_ineligible_are_not_stood_for() -> None:
    survey = ms.weight.nonresponse(
        sampled(), responded="answered", eligible="eligible", classes=["h"]
    )
    # In b five are or may be eligible: 4 · 5/3.
    assert survey.frame.loc[6, "w_nonresponse"] == pytest.approx(20 / 3)
    assert "1 records are known to be ineligible" in survey.weighting[-1].note


def test_nonrespondents_stay_in_the_design_and_out_of_estimates() -> None:
    survey = ms.weight.nonresponse(sampled(), responded="answered", classes=["h"])
    mean = survey.mean("y").data
    expected = (15 * (3 + 5 + 2 + 4) + 8 * (6 + 6 + 9)) / (15 * 4 + 8 * 3)
    assert mean["estimate"].tolist() == pytest.approx([expected])
    assert mean["n"].tolist() == [7]
    whole = Survey(survey.frame, weights="w_nonresponse", strata="h").mean("y").data
    assert mean["se"][0] == pytest.approx(whole["se"][0])


def test_a_finite_population_is_counted_by_those_who_answered() -> None:
    # Of 20 ten are drawn and five answer 1 to 5: (1 − 5/20)·10/9·Σ (4·(y − 3)/20)².
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, 5] + [0] * 5, "r": [True] * 5 + [False] * 5})
    frame = frame.assign(w=2.0, N=20, c="all")
    survey = Survey(frame, weights="w", fpc="N")
    answered = ms.weight.nonresponse(survey, responded="r", classes=["c"])
    variance = answered.mean("y").data["se"][0] ** 2
    assert variance == pytest.approx(0.75 * 10 / 9 * 0.4)
    # A jackknife and its factors made anew see the same fraction.
    replicated = ms.weight.replicate(answered, kind="JKn")
    assert replicated.design.replicates is not None
    assert replicated.design.replicates.rscales.tolist() == pytest.approx([0.75 * 0.9] * 10)
    # With everybody's answer nothing changes.
    full = ms.weight.nonresponse(
        Survey(frame.assign(r=True), weights="w", fpc="N"), responded="r", classes=["c"]
    )
    assert full.mean("y").data["se"][0] == pytest.approx(survey.mean("y").data["se"][0])


def test_propensity_classes_have_equal_numbers() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert propensity_classes(p, 3).tolist() == [0, 0, 1, 1, 2, 2]


def test_propensity_classes_keep_the_sum_of_weights() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"z": rng.normal(size=300), "w": rng.uniform(1, 4, 300)})
    frame["answered"] = rng.random(300) < 1 / (1 + np.exp(-frame["z"]))
    survey = ms.weight.nonresponse(
        Survey(frame, weights="w"), responded="answered", predictors=["z"], count=4
    )
    assert survey.design.weights.sum() == pytest.approx(frame["w"].sum())
    step = survey.weighting[-1]
    assert step.table["after"].tolist() == pytest.approx(step.table["target"].tolist())
    assert len(step.table) == 4
    # Those who answer less often stand for more.
    factors = (step.table["after"] / step.table["before"]).tolist()
    assert factors == sorted(factors, reverse=True)


def test_replicates_make_the_response_factors_anew() -> None:
    survey = ms.weight.nonresponse(sampled().replicate("JKn"), responded="answered", classes=["h"])
    replicates = survey.design.replicates
    assert replicates is not None
    for number in range(replicates.count):
        # A replicate's respondents stand for all of its sampled records, as many as there are.
        weights = replicates.weights(number)
        assert weights.sum() == pytest.approx(SAMPLE["w"].sum())
        assert (weights[~SAMPLE["answered"]] == 0).all()


def test_a_predictor_that_tells_response_for_certain_is_refused() -> None:
    frame = SAMPLE.assign(seen=SAMPLE["answered"].map({True: "yes", False: "no"}))
    with pytest.raises(WeightError, match="tell for certain"):
        ms.weight.nonresponse(
            Survey(frame, weights="w"), responded="answered", predictors=["seen"]
        )


def test_predictors_that_repeat_one_another_are_refused() -> None:
    frame = SAMPLE.assign(again=SAMPLE["h"])
    with pytest.raises(WeightError, match="repeat one another"):
        ms.weight.nonresponse(
            Survey(frame, weights="w"), responded="answered", predictors=["h", "again"]
        )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Neither is given"),
        ({"classes": ["h"], "predictors": ["h"]}, "Both are given"),
        ({"classes": ["g"]}, "no such column"),
        ({"predictors": ["g"]}, "none called 'g'"),
        ({"classes": ["h"], "use": "inverted"}, "Did you mean 'inverse'"),
    ],
)
def test_what_cannot_be_done_is_said(options: dict[str, object], words: str) -> None:
    with pytest.raises(WeightError, match=words):
        ms.weight.nonresponse(sampled(), responded="answered", **options)  # type: ignore[call-overload]


def test_response_is_a_truth_value() -> None:
    words = Survey(SAMPLE.assign(answered=SAMPLE["answered"].map({True: "yes", False: "no"})),
                   weights="w")  # fmt: skip
    numbers = Survey(SAMPLE.assign(answered=SAMPLE["answered"].astype(int)), weights="w")
    for survey in (words, numbers):
        made = ms.weight.nonresponse(survey, responded="answered", classes=["h"])
        assert made.design.weights[0] == pytest.approx(15)
    with pytest.raises(WeightError, match="should hold True and False"):
        ms.weight.nonresponse(sampled(), responded="y", classes=["h"])


def test_a_log_linear_model_of_cells_gives_their_means() -> None:
    frame = pd.DataFrame({"g": list("aabb")})
    x, _ = model_matrix(frame, ["g"])
    y = np.array([1.0, 3.0, 5.0, 9.0])
    assert np.exp(x @ loglinear(x, y)).tolist() == pytest.approx([2, 2, 7, 7])
