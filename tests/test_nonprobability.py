"""Opt-in samples: pseudo-weights by hand, the benchmark check, and which precision is left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mspsurvey as ms
from mspsurvey.errors import EstimateError, WeightError
from mspsurvey.inference.quality.nonprobability import (
    Participation,
    check_benchmarks,
    precision_kind,
    quasi_randomise,
    with_precision,
)
from mspsurvey.inference.survey import Survey

REFERENCE = pd.DataFrame({"g": list("aaabbb"), "d": [10.0, 20, 30, 5, 5, 20]})
OPTIN = pd.DataFrame({"g": list("aabbbbbb"), "y": [1.0, 3, 0, 0, 1, 1, 2, 2]})


def reference() -> Survey:
    return Survey(REFERENCE, weights="d")


def optin(frame: pd.DataFrame = OPTIN) -> Survey:
    return Survey(frame, sample_type="opt-in")


@pytest.mark.parametrize("method", ["elliott-valliant", "adjusted-logit"])
def test_with_cells_as_model_pseudo_weights_gross_up_to_the_reference(method: str) -> None:
    survey = quasi_randomise(optin(), reference(), ["g"], method=method)
    # a: 60 units by two volunteers; b: 30 by six.
    assert survey.design.weights.tolist() == pytest.approx([60 / 2] * 2 + [30 / 6] * 6)
    mean = survey.mean("y").data["estimate"][0]
    assert mean == pytest.approx((30 * 4 + 5 * 6) / 90)


def test_pseudo_weights_take_out_what_selection_by_a_known_variable_does() -> None:
    rng = np.random.default_rng(11)
    z = rng.normal(size=40_000)
    y = 10 + 2 * z + rng.normal(size=len(z))
    chosen = rng.random(len(z)) < 1 / (1 + np.exp(3 - 1.0 * z))
    drawn = rng.permutation(len(z))[:2000]
    people = optin(pd.DataFrame({"z": z[chosen], "y": y[chosen]}))
    known = Survey(pd.DataFrame({"z": z[drawn], "d": len(z) / 2000}), weights="d")
    weighted = quasi_randomise(people, known, ["z"])
    raw = abs(people.mean("y").data["estimate"][0] - y.mean())
    left = abs(weighted.mean("y").data["estimate"][0] - y.mean())
    assert raw > 1
    assert left < 0.15


def test_a_pseudo_weighted_sample_has_still_no_margin_of_sampling_error() -> None:
    est = ms.weight.quasi_randomise(optin(), reference(), ["g"]).mean("y")
    assert est.precision_kind == "none"
    assert est.frame[["se", "low", "high"]].isna().all(axis=None)
    assert "No margin of sampling error" in est.footer


def test_replicates_of_an_opt_in_sample_are_modelled_anew() -> None:
    many_volunteers = OPTIN.loc[OPTIN.index.repeat(6)].reset_index(drop=True)
    replicated = optin(many_volunteers).replicate("bootstrap", n=20, seed=3)
    survey = quasi_randomise(replicated, reference(), ["g"])
    replicates = survey.design.replicates
    assert replicates is not None
    for number in range(replicates.count):
        sums = pd.Series(replicates.weights(number)).groupby(many_volunteers["g"]).sum()
        assert sums.to_dict() == pytest.approx({"a": 60, "b": 30})


def test_a_level_that_nobody_opted_in_from_is_refused() -> None:
    with pytest.raises(WeightError, match="'a' has nobody"):
        quasi_randomise(optin(OPTIN[OPTIN["g"].eq("b")]), reference(), ["g"])


def test_roles_are_checked() -> None:
    with pytest.raises(WeightError, match="should be a probability sample"):
        quasi_randomise(optin(), optin(), ["g"])
    with pytest.raises(WeightError, match="declared a probability sample"):
        quasi_randomise(Survey(OPTIN), reference(), ["g"])


def many() -> Survey:
    frame = pd.DataFrame(
        {name: np.repeat(["no", "yes"], [120, 80]) for name in ("p", "q", "r")}
        | {"g": np.tile(["a", "b"], 100)}
    )
    known = Survey(pd.DataFrame({"g": ["a", "b"] * 5, "d": 10.0}), weights="d")
    return quasi_randomise(optin(frame), known, ["g"])


def outside(share: float) -> dict[str, dict[str, float]]:
    return {name: {"yes": share} for name in ("p", "q", "r")}


def test_the_benchmark_check_is_the_mean_absolute_difference_over_items() -> None:
    figures = outside(0.42) | {"r": {"yes": 0.37}}
    check = check_benchmarks(many(), figures)
    assert check.items == 3
    assert check.mean_absolute_difference == pytest.approx((0.02 + 0.02 + 0.03) / 3)
    assert check.passed
    assert check.strength == 0
    assert "2.3 points" in check.words


def test_more_than_five_points_fail_and_cost_a_point_of_strength() -> None:
    check = check_benchmarks(many(), outside(0.46))
    assert not check.passed
    assert check.strength == -1


def test_fewer_than_three_items_are_no_check() -> None:
    two = {name: shares for name, shares in outside(0.4).items() if name != "r"}
    with pytest.raises(EstimateError, match="3 or more items"):
        check_benchmarks(many(), two)


def test_an_item_that_was_weighted_to_is_no_benchmark() -> None:
    survey = ms.weight.rake(many(), {"p": {"no": 50.0, "yes": 50.0}})
    with pytest.raises(EstimateError, match="fitted to 'p'"):
        check_benchmarks(survey, outside(0.4))


def test_a_passed_check_and_a_named_model_give_a_credible_interval() -> None:
    check = check_benchmarks(many(), outside(0.42))
    survey = with_precision(many(), check, model="quasi-randomisation by g")
    est = survey.share("p")
    assert est.precision_kind == "credible"
    assert est.frame["se"].notna().all()
    assert "quasi-randomisation by g" in est.footer
    assert "Benchmark check passed" in est.footer
    assert survey.where("g == 'a'").share("p").precision_kind == "credible"


def test_a_failed_check_leaves_no_precision() -> None:
    check = check_benchmarks(many(), outside(0.6))
    survey = with_precision(many(), check, model="quasi-randomisation by g")
    est = survey.share("p")
    assert est.precision_kind == "none"
    assert est.frame["se"].isna().all()


def test_only_a_probability_sample_has_a_margin_of_sampling_error() -> None:
    passed = check_benchmarks(many(), outside(0.4))
    assert precision_kind("probability") == "mose"
    assert precision_kind("opt-in") == "none"
    assert precision_kind("opt-in", weighted=True, check=passed, model="m") == "credible"
    assert precision_kind("opt-in", weighted=False, check=passed, model="m") == "none"
    assert precision_kind("opt-in", weighted=True, check=passed, model=" ") == "none"
    assert precision_kind("referral", weighted=True, check=passed, model="m") == "none"
    with pytest.raises(EstimateError, match="needs no check"):
        with_precision(reference(), passed, model="m")


def test_an_open_survey_has_participation_and_completion_but_no_response_rate() -> None:
    rates = Participation(1000, 400, 100, 80)
    assert (rates.view, rates.participation, rates.completion) == (0.4, 0.25, 0.8)
    with pytest.raises(EstimateError, match="each a part of the one before"):
        Participation(1000, 400, 500, 80)
