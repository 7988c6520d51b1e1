"""Calibration: weights and errors as R's, totals met or an error that says how near."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_cases import KNOWN, TWELVE, M, twelve

import mspsurvey as ms
from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import Margin, Total

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"

# R 4.2.2, survey 4.1-1, with pop <- c(`(Intercept)` = 85, my = 45, x = 400):
#   k <- calibrate(d, ~m + x, pop, …, epsilon = 1e-13)
#   weights(k)[1:3]; svymean(~y, k); SE; SE(svytotal(~y, k)); SE(svyby(~y, ~h, k, svymean))
GOLDEN: dict[str, tuple[dict[str, Any], list[float], list[float]]] = {
    "linear": (
        {},
        [12.554704595186, 8.7253829321663, 11.1232676878191],
        [4.9542841206504491, 0.43225948045317442, 36.742055838519846, 0.8523963471398609,
         0.97933918190119651],
    ),
    "linear, bounds=c(.9, 1.4)": (
        {"bounds": (0.9, 1.4)},
        [12.8466216216216, 9, 10.3533783783784],
        [4.9101669316375203, 0.42201567607896462, 35.871332466711998, 0.82879426181847526,
         1.0368860970343468],
    ),
    "calfun='raking'": (
        {"distance": "raking"},
        [12.5077369262349, 8.78861268784991, 10.9529688098945],
        [4.94782044172584, 0.42878801938495748, 36.446981647721593, 0.84740395320239004,
         0.98455254416993077],
    ),
    "calfun='logit', bounds=c(.8, 1.5)": (
        {"distance": "logit", "bounds": (0.8, 1.5)},
        [12.6660566861534, 8.76882430437813, 10.8860252430277],
        [4.9416581642809057, 0.42916152557287046, 36.478729673694012, 0.84458981958561963,
         0.99641199968412675],
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", GOLDEN)
def test_calibrated_weights_and_errors_are_the_golden_ones_of_r(call: str) -> None:
    options, weights, expected = GOLDEN[call]
    survey = ms.weight.calibrate(twelve(), KNOWN, **options)
    np.testing.assert_allclose(survey.frame["w_calibrate"][:3], weights, rtol=1e-12)
    np.testing.assert_allclose(numbers(survey), expected, rtol=1e-10)


def numbers(survey: Survey) -> list[float]:
    """Mean with its error, error of the total, errors of the means by stratum."""
    mean, by = survey.mean("y").data, survey.mean("y", by="h").data
    total = survey.total("y").data
    return [mean["estimate"][0], mean["se"][0], total["se"][0], *by["se"]]


def test_the_ratio_estimator_is_calibration_to_one_number_with_its_own_spread() -> None:
    # R: calibrate(d, ~x - 1, 400, variance = 1); all weights grow by 400 / Σ w·x.
    survey = ms.weight.calibrate(twelve(), {"x": 400.0}, spread="x")
    factor = 400 / (TWELVE["w"] * TWELVE["x"]).sum()
    assert survey.design.weights.tolist() == pytest.approx((TWELVE["w"] * factor).tolist())
    np.testing.assert_allclose(survey.mean("y").data["se"], [0.94646301668162813], rtol=1e-10)
    np.testing.assert_allclose(survey.total("y").data["se"], [49.048810000746634], rtol=1e-10)


def test_what_was_calibrated_to_is_met_and_has_no_error() -> None:
    survey = ms.weight.calibrate(twelve(), KNOWN, distance="raking")
    number, counts = survey.total("x").data, survey.total("m").data
    assert number["estimate"].tolist() == pytest.approx([400], rel=1e-12)
    assert counts["estimate"].tolist() == pytest.approx([40, 45], rel=1e-12)
    assert [*number["se"], *counts["se"]] == [0, 0, 0]


def test_what_was_fitted_last_has_no_error_whatever_came_before() -> None:
    survey = ms.weight.calibrate(ms.weight.rake(twelve(), M), {"": 90.0, "x": 410.0})
    assert survey.total("x").data["se"].tolist() == [0]
    assert survey.mean("y").data["se"][0] < twelve().mean("y").data["se"][0]


def test_bounds_can_be_of_the_weights_themselves() -> None:
    survey = ms.weight.calibrate(twelve(), KNOWN, bounds=(3.5, 13.0), bounds_of="weight")
    assert survey.design.weights.min() >= 3.5 - 1e-12
    assert survey.design.weights.max() <= 13 + 1e-12
    assert survey.total("x").data["estimate"].tolist() == pytest.approx([400])


def test_one_factor_holds_for_a_whole_group() -> None:
    frame = TWELVE.assign(g=[1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5])
    survey = ms.weight.calibrate(
        Survey(frame, weights="w", strata="h"), {"": 80.0, "x": 400.0}, within="g"
    )
    factors = survey.frame["w_calibrate"] / frame["w"]
    assert factors.groupby(frame["g"]).std().max() == pytest.approx(0, abs=1e-14)
    assert survey.total("x").data["estimate"].tolist() == pytest.approx([400])


def test_totals_that_bounds_cannot_meet_are_named_with_the_nearest() -> None:
    # With factors of at most 1.1, m = y comes to 1.1 · (10 + 10 + 10 + 3·4 + 4·0 …) at most.
    most = 1.1 * TWELVE.loc[TWELVE["m"].eq("y"), "w"].sum()
    with pytest.raises(WeightError) as error:
        ms.weight.calibrate(twelve(), {"m": {"n": 30.0, "y": 70.0}}, bounds=(0.9, 1.1))
    assert f"'m' at 'y' {most:,.6g} instead of 70" in str(error.value)
    assert "Without bounds the factors run from" in str(error.value)


def test_totals_that_contradict_one_another_are_refused() -> None:
    frame = TWELVE.assign(twice=2 * TWELVE["x"])
    survey = Survey(frame, weights="w", strata="h")
    with pytest.raises(WeightError, match="contradict"):
        ms.weight.calibrate(survey, {"x": 400.0, "twice": 801.0})
    fine = ms.weight.calibrate(survey, {"x": 400.0, "twice": 800.0})
    assert fine.total("x").data["estimate"].tolist() == pytest.approx([400])


def test_negative_weights_are_refused() -> None:
    with pytest.raises(WeightError, match="should not be negative"):
        ms.weight.calibrate(twelve(), {"": 78.0, "x": 650.0})


def test_a_total_needs_a_value_of_everyone() -> None:
    frame = TWELVE.assign(x=[None, *TWELVE["x"][1:]])
    with pytest.raises(WeightError, match="missing for 1"):
        ms.weight.calibrate(Survey(frame, weights="w"), {"x": 400.0})


def test_a_domain_cannot_be_weighed() -> None:
    with pytest.raises(WeightError, match="looks at a domain"):
        ms.weight.calibrate(twelve().where("x > 2"), KNOWN)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"distance": "logit"}, "needs finite bounds"),
        ({"distance": "linera"}, "Did you mean 'linear'"),
        ({"bounds": (2.0, 0.5)}, "a lower and a higher"),
        ({"bounds_of": "g"}, "bounds_of is one of"),
    ],
)
def test_an_unusable_rule_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(WeightError, match=words):
        ms.weight.calibrate(twelve(), KNOWN, **options)


@pytest.mark.parametrize("distance", ["linear", "raking", "logit"])
def test_calibration_to_the_current_totals_changes_nothing(distance: str) -> None:
    now = {"x": float((TWELVE["w"] * TWELVE["x"]).sum()),
           "m": {k: float(v) for k, v in TWELVE.groupby("m")["w"].sum().items()}}  # fmt: skip
    bounds = (0.5, 2.0) if distance == "logit" else None
    survey = ms.weight.calibrate(twelve(), now, distance=distance, bounds=bounds)
    np.testing.assert_allclose(survey.design.weights, TWELVE["w"], rtol=1e-12)


def test_calibration_to_margins_by_raking_distance_is_raking() -> None:
    margins = {"m": {"n": 40.0, "y": 45.0}, "h": {"a": 55.0, "b": 30.0}}
    raked = ms.weight.rake(twelve(), margins).design.weights
    calibrated = ms.weight.calibrate(twelve(), margins, distance="raking").design.weights
    np.testing.assert_allclose(calibrated, raked, rtol=1e-10)


@given(st.integers(0, 10_000), st.floats(0.85, 1.15), st.floats(0.01, 1000))
@settings(max_examples=25, deadline=None)
def test_totals_are_met_and_units_of_weights_change_no_share(
    seed: int, grown: float, units: float
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"w": rng.uniform(1, 5, 60), "x": rng.gamma(4, 1, 60), "c": rng.choice(list("ab"), 60)}
    )
    total = float((frame["w"] * frame["x"]).sum() * grown)
    size = float(frame["w"].sum())
    survey = ms.weight.calibrate(
        Survey(frame, weights="w"), {"": size, "x": total}, distance="raking"
    )
    assert survey.total("x").data["estimate"][0] == pytest.approx(total, rel=1e-9)
    scaled = ms.weight.calibrate(
        Survey(frame.assign(w=frame["w"] * units), weights="w"),
        {"": size * units, "x": total * units},
        distance="raking",
    )
    np.testing.assert_allclose(
        scaled.share("c").data[["estimate", "se"]], survey.share("c").data[["estimate", "se"]],
        rtol=1e-7,
    )  # fmt: skip


def test_the_source_of_a_total_stands_in_the_record() -> None:
    known = [Margin("m", {"n": 40, "y": 45}, "a count"), Total("x", 400, "a ledger")]
    step = ms.weight.calibrate(twelve(), known).weighting[-1]
    assert step.table["source"].tolist() == ["a count", "a count", "a ledger"]
    assert step.table["target"].tolist() == [40, 45, 400]
    assert step.table["before"].tolist() == pytest.approx([36, 42, 402])


POPULATION = {"stype": {"E": 4421.0, "H": 755.0, "M": 1018.0}, "api99": 3914069.0}
ORACLE_CALLS: dict[str, dict[str, Any]] = {
    "clus10_calib_linear": {},
    "clus1_calib_linear": {},
    "clus10_calib_linear_bounds": {"bounds": (0.7, 1.9)},
    "clus10_calib_logit_bounds": {"bounds": (0.7, 1.9), "distance": "logit"},
    "clus10_calib_raking": {"distance": "raking"},
}


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
@pytest.mark.parametrize("key", ORACLE_CALLS)
def test_calibration_of_a_cluster_sample_is_that_of_r(key: str) -> None:
    frame = pd.read_csv(ORACLE / "data" / "apiclus1.csv")
    fpc = "fpc" if key.startswith("clus1_") else None
    survey = Survey(frame, weights="pw", psu="dnum", fpc=fpc)
    agree(ms.weight.calibrate(survey, POPULATION, **ORACLE_CALLS[key]), key)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
def test_ratio_calibration_of_a_stratified_sample_is_that_of_r() -> None:
    survey = Survey(pd.read_csv(ORACLE / "data" / "apistrat.csv"), weights="pw", strata="stype")
    agree(
        ms.weight.calibrate(survey, {"enroll": 3811472.0}, spread="enroll"), "strat0_calib_ratio"
    )


def agree(survey: Survey, key: str) -> None:
    known = json.loads((ORACLE / "r_survey.json").read_text())
    expected = known[f"weighting/{key}"]["weights"]
    np.testing.assert_allclose(survey.design.weights, expected, rtol=1e-8)
    found = 0
    for name, answer in (
        ("mean_api00", survey.mean("api00")), ("total_enroll", survey.total("enroll")),
    ):  # fmt: skip
        reference = known.get(f"weighting/{key}/{name}")
        if reference is not None:
            found += 1
            np.testing.assert_allclose(answer.data["estimate"], [reference["est"]], rtol=1e-8)
            np.testing.assert_allclose(answer.data["se"], [reference["se"]], rtol=1e-8, atol=1e-6)
    assert found


GENERATED = """
suppressMessages(library(survey))
grake <- eval(parse(text = gsub("MASS::ginv", "ginv0", deparse(survey:::grake))))
ginv0 <- function(X, tol) {
  s <- svd(X); p <- s$d > tol * s$d[1]
  s$v[, p, drop = FALSE] %*% ((1 / s$d[p]) * t(s$u[, p, drop = FALSE]))
}
as <- methods::as
environment(grake) <- globalenv()
assignInNamespace("grake", grake, "survey")
f <- read.csv("sample.csv"); p <- scan("totals.txt", quiet = TRUE)
d <- svydesign(id = ~p, strata = ~h, weights = ~w, fpc = ~N, data = f)
pop <- c(`(Intercept)` = p[1], ab = p[2], ac = p[3], z = p[4])
say <- function(k) cat(c(
  coef(svymean(~y, k)), SE(svymean(~y, k)), SE(svytotal(~y, k)), SE(svyratio(~y, ~z, k)),
  SE(svyby(~y, ~b, k, svymean)), SE(svyby(~y, ~a, k, svytotal))), "\n")
options(digits = 16)
l <- calibrate(d, ~a + z, pop)
say(l)
say(calibrate(d, ~a + z, pop, bounds = c(.8, 1.5), epsilon = 1e-13))
say(calibrate(d, ~a + z, pop, calfun = "raking", epsilon = 1e-13))
say(calibrate(d, ~a + z, pop, calfun = "logit", bounds = c(.5, 2), epsilon = 1e-13))
say(calibrate(d, ~a + z, pop, variance = f$z))
say(calibrate(d, ~a + z, pop, bounds = c(5, 90), bounds.const = TRUE, epsilon = 1e-13))
say(trimWeights(l, upper = 60, lower = 10))
"""


@pytest.mark.r
@pytest.mark.parametrize("seed", [1, 2])
def test_a_generated_design_is_calibrated_as_by_r(tmp_path: Path, seed: int) -> None:
    frame, known = _generated(seed)
    frame.to_csv(tmp_path / "sample.csv", index=False)
    levels = known["a"]
    totals = [sum(levels.values()), levels["b"], levels["c"], known["z"]]
    (tmp_path / "totals.txt").write_text(" ".join(f"{t:.17g}" for t in totals))
    (tmp_path / "run.R").write_text(GENERATED)
    program = shutil.which("Rscript")
    assert program
    said = subprocess.run(
        [program, "run.R"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    survey = Survey(frame, weights="w", strata="h", psu="p", fpc="N")
    linear = ms.weight.calibrate(survey, known)
    ours = [
        linear,
        ms.weight.calibrate(survey, known, bounds=(0.8, 1.5)),
        ms.weight.calibrate(survey, known, distance="raking"),
        ms.weight.calibrate(survey, known, distance="logit", bounds=(0.5, 2)),
        ms.weight.calibrate(survey, known, spread="z"),
        ms.weight.calibrate(survey, known, bounds=(5, 90), bounds_of="weight"),
        ms.weight.trim(linear, 60, lower=10, share="equal", strict=False),
    ]
    lines = said.strip().splitlines()
    for line, survey in zip(lines, ours, strict=True):
        expected = [float(number) for number in line.split()]
        by_a, by_b = survey.total("y", by="a").data, survey.mean("y", by="b").data
        mean = survey.mean("y").data
        found = [mean["estimate"][0], mean["se"][0], survey.total("y").data["se"][0],
                 survey.ratio("y", "z").data["se"][0], *by_b["se"], *by_a["se"]]  # fmt: skip
        # Bounds of the weights stop R at its last step; elsewhere all digits that it prints.
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def _generated(seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    units = [(h, p) for h in range(6) for p in range(5) for _ in range(rng.integers(6, 14))]
    frame = pd.DataFrame(units, columns=["h", "p"])
    size = len(frame)
    frame["p"] += 10 * frame["h"]
    frame["N"] = 30 + 7 * frame["h"]
    frame["a"], frame["b"] = rng.choice(list("abc"), size), rng.choice(list("xy"), size)
    frame["z"], frame["w"] = rng.gamma(3, 4, size).round(4), rng.lognormal(3, 0.5, size).round(4)
    frame["y"] = (5 + 2 * frame["a"].eq("a") + frame["z"] / 2 + rng.normal(0, 2, size)).round(4)
    levels = frame.groupby("a")["w"].sum() * [1.06, 0.97, 1.03]
    z = float((frame["w"] * frame["z"]).sum() * 1.04)
    return frame, {"a": {str(k): float(v) for k, v in levels.items()}, "z": z}
