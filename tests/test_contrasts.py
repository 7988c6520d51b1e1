"""Contrasts, functions, variance, correlation, and questions with several answers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import EstimateError
from mspsurvey.inference.estimator.interval import arcsine_interval, wilson_interval
from mspsurvey.inference.estimator.spread import fisher_interval
from mspsurvey.inference.result.estimate import BASE_GIVES_AWAY
from mspsurvey.inference.result.expression import Expression
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Question, Variable


def people(seed: int = 0, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(10, 2, rows)
    return pd.DataFrame(
        {
            "g": rng.choice(["small", "mid", "large"], rows),
            "q": rng.choice(["yes", "no"], rows),
            "x": x,
            "y": 3 * x + rng.normal(0, 4, rows),
            "w": rng.uniform(1, 4, rows),
        }
    )


SURVEY = Survey(people(), weights="w")
BY_GROUP = SURVEY.mean("y", by="g")


def test_a_difference_is_the_contrast_of_one_and_minus_one() -> None:
    difference = BY_GROUP.compare("small", "large").data.iloc[0]
    contrast = BY_GROUP.contrast({"small": 1, "large": -1}, name="gap").data.iloc[0]
    for column in ("estimate", "se", "low", "high", "df", "n"):
        assert contrast[column] == pytest.approx(difference[column])
    assert contrast["g"] == "gap"


def test_a_contrast_is_made_in_each_combination_of_the_other_columns() -> None:
    est = SURVEY.share("q", by="g")
    data = est.contrast({"small": 0.5, "mid": 0.5, "large": -1}).data
    assert data["level"].tolist() == ["no", "yes"]
    assert data["estimate"].sum() == pytest.approx(0)
    named = est.contrast({("yes", "small"): 1, ("no", "mid"): -1}).data
    by_hand = est.data.set_index(["level", "g"])["estimate"]
    assert named["estimate"].tolist() == [by_hand["yes", "small"] - by_hand["no", "mid"]]


def test_several_contrasts_have_their_covariance() -> None:
    est = BY_GROUP.contrast({"a": {"small": 1, "mid": -1}, "b": {"mid": 1, "small": -1}})
    assert est.data["g"].tolist() == ["a", "b"]
    v = est.covariance
    # One is minus the other.
    assert v[0, 1] == pytest.approx(-v[0, 0])


def test_weights_may_stand_row_by_row() -> None:
    codes = BY_GROUP.data["g"].tolist()
    weights = [{"small": 1, "mid": 0, "large": -1}[c] for c in codes]
    one = BY_GROUP.contrast(weights).data.iloc[0]
    two = BY_GROUP.contrast({"small": 1, "large": -1}).data.iloc[0]
    assert one["se"] == pytest.approx(two["se"])


def test_the_error_of_a_function_is_that_of_its_slopes() -> None:
    est = SURVEY.mean(["y", "x"])
    (y, x), v = est.data["estimate"], est.covariance
    slopes = np.array([1 / x, -y / x**2])
    for what in ("y / x", lambda m: m[0] / m[1]):
        row = est.function(what).data.iloc[0]
        assert row["estimate"] == pytest.approx(y / x)
        assert row["se"] == pytest.approx(np.sqrt(slopes @ v @ slopes), rel=1e-12)


def test_the_ratio_of_means_is_the_ratio_of_totals() -> None:
    ratio = SURVEY.ratio("y", "x").data.iloc[0]
    made = SURVEY.mean(["y", "x"]).function("y / x").data.iloc[0]
    for column in ("estimate", "se", "low", "high"):
        assert made[column] == pytest.approx(ratio[column])


@pytest.mark.parametrize(
    "what",
    [
        lambda m: abs(m[0]) * m[1],
        lambda m: max(m[0], m[1]) * m[1],
        lambda m: math.exp(math.log(m[0]) + math.log(m[1])),
    ],
    ids=["abs", "max", "math"],
)
def test_functions_that_take_no_complex_numbers_have_errors_too(what: object) -> None:
    est = SURVEY.mean(["y", "x"])
    expected = est.function("y * x").data["se"][0]
    assert est.function(what).data["se"][0] == pytest.approx(expected, rel=1e-8)  # type: ignore[arg-type]


def test_a_function_may_give_several_numbers() -> None:
    est = SURVEY.mean(["y", "x"]).function(lambda m: [m[0] - m[1], m[0] + m[1]], name="sum")
    assert est.data["item"].tolist() == ["sum 1", "sum 2"]
    y, x = SURVEY.mean(["y", "x"]).data["estimate"]
    assert est.data["estimate"].tolist() == pytest.approx([y - x, y + x])


def test_a_formula_names_codes_between_backticks() -> None:
    frame = people().assign(g=lambda f: f["g"].replace({"small": "1-4", "large": "100+"}))
    est = Survey(frame, weights="w").mean("y", by="g")
    made = est.function("log(`1-4` / `100+`) ^ 2").data["estimate"]
    by_hand = est.data.set_index("g")["estimate"]
    assert made.tolist() == pytest.approx([np.log(by_hand["1-4"] / by_hand["100+"]) ** 2])


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "y.real", "y[0]", "open(y)", "y if x else y", "lambda: y", "y +", "'y'",
     "y := 3", "log(y, 2)", "[y for y in x]", "y" * 2000],
)  # fmt: skip
def test_a_formula_is_arithmetic_and_nothing_else(text: str) -> None:
    with pytest.raises(EstimateError, match="formula of estimates"):
        Expression.parse(text)


def test_a_huge_power_is_no_number_and_takes_no_time() -> None:
    row = SURVEY.mean(["y", "x"]).function("y ** 9 ** 9 ** 9").data.iloc[0]
    assert row["verdict"] == "suppress"
    assert row["why"] == "not defined for these estimates"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda e: e.contrast({"smal": 1, "mid": -1}), "Did you mean 'small'"),
        (lambda e: e.contrast([1, -1]), "weight for each of 3 rows"),
        (lambda e: e.contrast({}), "There are none"),
        (lambda e: e.contrast({"small": float("nan")}), "finite"),
        (lambda e: e.contrast({("small", "mid"): 1}), "A code for each of g"),
        (lambda e: e.contrast({"a": {"small": 1}, "mid": 1}), "Both are given"),
        (lambda e: e.function("smal / mid"), "Did you mean 'small'"),
        (lambda e: e.function(lambda m: m[7]), "It failed"),
        (lambda e: e.function("logg(small)"), "Did you mean 'log'"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(ask: object, words: str) -> None:
    with pytest.raises(EstimateError, match=words):
        ask(BY_GROUP)  # type: ignore[operator]


def test_what_rests_on_a_suppressed_number_is_suppressed() -> None:
    frame = people(rows=40).assign(g=["small"] * 35 + ["large"] * 5)
    est = Survey(frame).mean("y", by="g")
    for made in (est.contrast({"small": 1, "large": -1}), est.function("small / large")):
        assert made.data["verdict"].tolist() == ["suppress"]
        assert made.data["why"].tolist() in ([BASE_GIVES_AWAY], ["fewer than 10 respondents"])
        assert made.frame["estimate"].isna().all()


@given(st.integers(0, 500), st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=25, deadline=None)
def test_a_linear_function_is_a_contrast(seed: int, a: float, b: float) -> None:
    est = Survey(people(seed, 80), weights="w").mean("y", by="g")
    one = est.contrast({"small": a, "mid": b}).data.iloc[0]
    two = est.function(f"{a} * small + {b} * mid").data.iloc[0]
    np.testing.assert_allclose(one["se"], two["se"], rtol=1e-9, atol=1e-12)


def test_the_variance_of_equal_weights_is_the_usual_one() -> None:
    frame = people()
    data = Survey(frame).variance("y", by="g").data.set_index("g")["estimate"]
    for code, part in frame.groupby("g")["y"]:
        assert data[code] == pytest.approx(part.var())


def test_a_correlation_of_equal_weights_is_the_usual_one() -> None:
    frame = people()
    row = Survey(frame).correlation("x", "y").data.iloc[0]
    r = np.corrcoef(frame["x"], frame["y"])[0, 1]
    assert row["estimate"] == pytest.approx(r)
    assert -1 < row["low"] < r < row["high"] < 1
    assert row["se"] == pytest.approx((1 - r**2) / np.sqrt(len(frame)), rel=0.15)


# R 4.2.2, survey 4.1-1: d <- svydesign(id = ~ambulance, strata = ~ESA, weights = ~wt,
#   data = scd, nest = TRUE) with wt <- c(2, 3, 1, 4, 2, 2); v <- svyvar(~alive + arrests, d):
#   v[1, 2] / sqrt(v[1, 1] * v[2, 2]), the delta method on attr(v, "var"); svyvar(~alive, d)
GOLDEN_CORRELATION = [0.965718989718274, 0.0210706691190046]
GOLDEN_VARIANCE = [521.902040816327, 165.198638294217]
SCD = pd.DataFrame(
    {
        "ESA": [1, 1, 2, 2, 3, 3],
        "ambulance": [1, 2, 1, 2, 1, 2],
        "arrests": [120.0, 78, 185, 228, 670, 530],
        "alive": [25.0, 24, 30, 49, 80, 70],
        "wt": [2.0, 3.0, 1.0, 4.0, 2.0, 2.0],
    }
)


def test_variance_and_correlation_give_the_golden_values_of_r() -> None:
    survey = Survey(SCD, weights="wt", strata="ESA", psu="ambulance")
    variance = survey.variance("alive").data[["estimate", "se"]].to_numpy()[0]
    correlation = survey.correlation("alive", "arrests").data[["estimate", "se"]].to_numpy()[0]
    np.testing.assert_allclose(variance, GOLDEN_VARIANCE, rtol=1e-10)
    np.testing.assert_allclose(correlation, GOLDEN_CORRELATION, rtol=1e-10)


def test_a_correlation_with_itself_is_one_and_with_a_constant_none() -> None:
    survey = Survey(people().assign(c=1.0))
    assert survey.correlation("x", "x").data[["estimate", "low", "high"]].to_numpy() == (
        pytest.approx(np.ones((1, 3)))
    )
    constant = survey.correlation("x", "c").data.iloc[0]
    assert np.isnan(constant["estimate"])
    assert constant["verdict"] == "suppress"


def test_a_correlation_near_none_is_shown_all_the_same() -> None:
    frame = people().assign(z=np.random.default_rng(3).normal(size=300))
    row = Survey(frame).correlation("x", "z").data.iloc[0]
    assert abs(row["estimate"]) < 3 * row["se"]
    assert row["verdict"] == "show"


@given(st.integers(0, 500), st.floats(0.1, 10), st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_a_correlation_knows_neither_scale_nor_origin(seed: int, a: float, b: float) -> None:
    frame = people(seed, 60)
    one = Survey(frame, weights="w").correlation("x", "y").data
    two = Survey(frame.assign(y=a * frame["y"] + b), weights="w").correlation("x", "y").data
    for column in ("estimate", "se", "low", "high"):
        np.testing.assert_allclose(one[column], two[column], rtol=1e-7)


def test_the_interval_of_a_correlation_is_fishers() -> None:
    low, high = fisher_interval(np.array([0.5]), np.array([0.01]), np.array([1e9]), 0.95)
    middle, half = np.arctanh(0.5), 1.959964 * 0.1 / 0.75
    assert low[0] == pytest.approx(np.tanh(middle - half))
    assert high[0] == pytest.approx(np.tanh(middle + half))


def test_wilsons_interval_at_n_is_the_textbook_one() -> None:
    # Newcombe (1998), table I: 81 of 263, z = 1.959964.
    low, high = wilson_interval(np.array([81 / 263]), np.array([263.0]), np.array([1e12]), 0.95)
    assert (round(low[0], 4), round(high[0], 4)) == (0.2553, 0.3662)


def test_an_arcsine_interval_does_not_turn_back_at_its_ends() -> None:
    low, high = arcsine_interval(np.array([0.01]), np.array([0.01]), np.array([5.0]), 0.95)
    assert low[0] == 0
    assert 0.01 < high[0] < 1


@pytest.mark.parametrize("interval", ["wilson", "arcsine", "logit", "beta", "mean", "likelihood"])
def test_every_interval_of_a_share_holds_it_also_at_the_ends(interval: str) -> None:
    frame = pd.DataFrame({"q": ["yes"] * 40, "r": ["yes", "no"] * 20})
    for item in ("q", "r"):
        data = Survey(frame).share(item, interval=interval).data
        assert (data["low"] <= data["estimate"]).all()
        assert (data["estimate"] <= data["high"]).all()
        assert (data["low"] >= 0).all()
        assert (data["high"] <= 1).all()
        assert (data["high"] > data["low"]).all()


def tick(code: str) -> Variable:
    options = (Option("no", "No", 0.0), Option("yes", "Yes", 1.0))
    return Variable(f"tool_{code}", f"Tools? {code}", code, "tick", "tool", options)


OPTIONS = (Option("a", "Tool A"), Option("b", "Tool B"), Option("none", "None of these"))
INSTRUMENT = Instrument(
    "demo", "Demo", "1", "firms", "now", {"b": "B"},
    {"tool": Question("tool", "Which tools?", "multi", "b",
                      ("tool_a", "tool_b", "tool_none"), OPTIONS)},
    {f"tool_{c}": tick(c) for c in ("a", "b", "none")},
)  # fmt: skip
TICKS = pd.DataFrame(
    {
        "tool_a": ["yes", "yes", "no", None, None],
        "tool_b": ["no", "yes", None, None, "no"],
        "tool_none": ["no", "no", "no", None, "yes"],
        "g": ["x", "x", "x", "x", "y"],
        "w": [1.0, 2.0, 3.0, 9.0, 4.0],
    }
)
TOOLS = Survey(TICKS, weights="w", instrument=INSTRUMENT)


def test_a_question_with_several_answers_is_one_item() -> None:
    est = TOOLS.share("tool")
    assert est.data["item"].tolist() == ["tool"] * 3
    assert est.data["level"].tolist() == ["a", "b", "none"]
    # The base is who answered any of it: not the fourth row, with its weight of 9.
    assert est.data["base"].tolist() == [10] * 3
    assert est.data["estimate"].tolist() == pytest.approx([3 / 10, 2 / 10, 4 / 10])
    assert est.label("item", "tool") == "Which tools?"
    assert est.label("level", "a") == "Tool A"
    assert est.left_out == {"no_answer": 1}


def test_options_taken_together_are_those_who_chose_any() -> None:
    data = TOOLS.share("tool", level=["a", "b"], net="any tool").data
    assert data["level"].tolist() == ["any tool"]
    assert data["estimate"].tolist() == pytest.approx([3 / 10])
    with pytest.raises(EstimateError, match="An option of 'tool'"):
        TOOLS.share("tool", level="c")


def test_options_by_group_have_their_errors_and_covariance() -> None:
    est = TOOLS.share("tool", by="g")
    assert est.data["g"].tolist() == ["x"] * 3 + ["y"] * 3
    assert est.data["level"].tolist() == ["a", "b", "none"] * 2
    variances = np.diag(est.unsuppressed("test").covariance)
    np.testing.assert_allclose(np.sqrt(variances), est.data["se"], atol=1e-12)
    alone = TOOLS.where("tool_a == 'yes' or tool_a == 'no' or tool_none == 'yes'")
    one = alone.share("tool_b", level="yes").data
    assert one["n"].tolist() == [3]


def test_ticks_one_by_one_are_still_to_be_had() -> None:
    data = TOOLS.share("tool", level="yes").data
    assert data["item"].tolist() == ["tool_a", "tool_b", "tool_none"]
