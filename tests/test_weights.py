"""Weights: each step by hand, what is refused, and what must always hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import (
    Margin,
    base_weights,
    design_effect,
    effective_n,
    frame_counts,
    load_margins,
    nonresponse,
    rake,
    trim,
)
from mspsurvey.inference.weight.weigh import STEP_COLUMNS, weigh
from mspsurvey.schema import WEIGHT_COLUMNS
from mspsurvey.study_file import WeightPlan


def test_kish_design_effect_of_one_doubled_weight() -> None:
    assert design_effect(np.array([1.0, 1.0, 2.0])) == 3 * (1 + 1 + 4) / 4**2
    assert effective_n(np.array([1.0, 1.0, 2.0])) == 4**2 / (1 + 1 + 4)


def test_base_weight_is_frame_over_sampled() -> None:
    sample = pd.DataFrame({"stratum": ["a", "a", "b"]})
    counts = pd.Series({"a": 10.0, "b": 7.0})
    assert base_weights(sample, counts).tolist() == [10 / 2, 10 / 2, 7 / 1]


def test_a_frame_is_counted_by_record_or_taken_by_stratum() -> None:
    records = pd.DataFrame({"stratum": ["b", "a", "b"]})
    strata = pd.DataFrame({"stratum": ["b", "a"], "stratum_size": ["2", "1"]})
    assert frame_counts(records).to_dict() == {"a": 1.0, "b": 2.0}
    assert frame_counts(strata).to_dict() == {"a": 1.0, "b": 2.0}


def test_a_stratum_without_a_sample_is_refused() -> None:
    with pytest.raises(WeightError, match="'b' of the frame has no sampled record"):
        base_weights(pd.DataFrame({"stratum": ["a"]}), pd.Series({"a": 2.0, "b": 1.0}))


def test_respondents_stand_for_the_others_of_their_class() -> None:
    weights = pd.Series([2.0, 2.0, 4.0, 4.0, 5.0])
    responded = pd.Series([True, False, True, False, True])
    eligible = pd.Series([True, True, True, False, True])
    classes = pd.Series(["x", "x", "x", "x", "y"])
    adjusted = nonresponse(weights, responded=responded, eligible=eligible, classes=classes)
    # In x: 2 + 2 + 4 are or may be eligible, 2 + 4 answered; the ineligible is not stood for.
    assert adjusted.tolist() == [2 * 8 / 6, 0, 4 * 8 / 6, 0, 5]


def test_a_class_without_respondents_is_refused() -> None:
    yes = pd.Series([True, True])
    with pytest.raises(WeightError, match="Class 'y' has none"):
        nonresponse(
            pd.Series([1.0, 1.0]),
            responded=pd.Series([True, False]),
            eligible=yes,
            classes=pd.Series(["x", "y"]),
        )


# R 4.2.2, survey 4.1-1:
#   d <- svydesign(id = ~1, strata = ~h, weights = ~w, data = f)
#   k <- rake(d, list(~m, ~s), list(data.frame(m = c("n", "y"), Freq = c(20, 30)),
#             data.frame(s = c("1", "2"), Freq = c(22, 28))),
#             control = list(maxit = 1000, epsilon = 1e-14))
#   weights(k); svymean(~y, k); svytotal(~y, k); svyby(~y, ~h, k, svymean)
EIGHT = pd.DataFrame(
    {
        "h": list("aaabbbbb"),
        "m": list("ynynnyyn"),
        "s": list("11221212"),
        "y": [3.0, 5, 8, 2, 9, 4, 6, 7],
        "w": [10.0] * 3 + [4.0] * 5,
    }
)
MARGINS = [Margin("m", {"n": 20, "y": 30}, "made up"), Margin("s", {"1": 22, "2": 28}, "made up")]
R_WEIGHTS = [
    8.24753801844513, 7.46674769584058, 13.1810334101263, 4.77327661291159,
    2.98669907833623, 5.27241336405052, 3.29901520737805, 4.77327661291159,
]  # fmt: skip


def test_raking_gives_the_golden_weights_of_r() -> None:
    raked = rake(EIGHT, EIGHT["w"], MARGINS)
    np.testing.assert_allclose(raked.weights, R_WEIGHTS, rtol=1e-12)


def test_errors_after_raking_are_the_golden_ones_of_r_where_r_is_right() -> None:
    # R takes unweighted means of the scores in each margin, as if all weights before raking
    # were equal; with such weights given, the numbers are R's.
    frame = EIGHT.assign(w=rake(EIGHT, EIGHT["w"], MARGINS).weights, equal=1.0)
    survey = Survey(frame, weights="w", strata="h", raked_to=["m", "s"], raked_from="equal")
    mean, total, by = survey.mean("y"), survey.total("y"), survey.mean("y", by="h")
    np.testing.assert_allclose(mean.data["estimate"], [5.56496291474499])
    np.testing.assert_allclose(mean.data["se"], [1.19133843328183], rtol=1e-8)
    np.testing.assert_allclose(total.data["se"], [59.5669216640915], rtol=1e-8)
    np.testing.assert_allclose(by.data["se"], [1.1441418694594, 1.44986541675172], rtol=1e-8)


def test_errors_after_raking_come_from_a_regression_weighted_by_the_weights_before() -> None:
    frame = EIGHT.assign(base=EIGHT["w"], w=rake(EIGHT, EIGHT["w"], MARGINS).weights)
    survey = Survey(frame, weights="w", strata="h", raked_to=["m", "s"], raked_from="base")
    w, d = frame["w"].to_numpy(), np.sqrt(frame["base"].to_numpy())
    y = frame["y"].to_numpy()
    score = (y - np.average(y, weights=w)) / w.sum()
    margins = np.column_stack([frame["m"].eq("n"), frame["m"].eq("y"), frame["s"].eq("1")])
    slopes = np.linalg.lstsq(margins * d[:, None], score * d, rcond=None)[0]
    totals = pd.DataFrame({"u": w * (score - margins @ slopes), "h": frame["h"]}).groupby("h")["u"]
    variance = (totals.size() * totals.var()).sum()  # n/(n − 1) · Σ (u − ū)², by stratum
    assert survey.mean("y").data["se"].tolist() == pytest.approx([np.sqrt(variance)], rel=1e-9)


def test_the_share_of_a_raked_margin_has_no_error() -> None:
    frame = EIGHT.assign(w=rake(EIGHT, EIGHT["w"], MARGINS).weights)
    raked = Survey(frame, weights="w", strata="h", raked_to=["m", "s"]).share("m").data
    assert raked["estimate"].tolist() == pytest.approx([0.4, 0.6])
    assert raked["se"].tolist() == pytest.approx([0, 0], abs=1e-9)
    assert (Survey(frame, weights="w", strata="h").share("m").data["se"] > 0.01).all()


def test_it_has_none_either_where_margins_go_together_and_raking_is_slow() -> None:
    # Ten cycles of R's regression leave 3e-7 of a share here; "plain" follows them.
    cells = [("p", "i")] * 7 + [("p", "j")] * 2 + [("q", "i")] * 2 + [("q", "j")] * 7
    frame = pd.DataFrame(cells, columns=["a", "b"]).assign(w=np.linspace(1, 2, 18))
    margins = {"a": {"p": 12, "q": 15}, "b": {"i": 14, "j": 13}}
    exact = rake(Survey(frame, weights="w"), margins)
    cycled = rake(Survey(frame, weights="w"), margins, regression="plain")
    assert exact.share(["a", "b"]).data["se"].max() == 0
    assert 1e-9 < cycled.share(["a", "b"]).data["se"].max() < 1e-5


def test_raking_starts_from_the_base_weight() -> None:
    frame = pd.DataFrame({"m": ["x", "x", "y"]})
    raked = rake(frame, pd.Series([1.0, 3.0, 5.0]), [Margin("m", {"x": 8, "y": 2})])
    assert raked.weights.tolist() == pytest.approx([8 * 1 / 4, 8 * 3 / 4, 2])


def test_a_level_without_a_respondent_is_refused() -> None:
    margin = Margin("m", {"n": 20, "y": 25, "maybe": 5})
    with pytest.raises(WeightError, match="'maybe' counts 5 units and has none"):
        rake(EIGHT, EIGHT["w"], [margin])


def test_a_respondents_level_without_a_total_is_refused() -> None:
    with pytest.raises(WeightError, match="lacks 'y', which 4 respondents have"):
        rake(EIGHT, EIGHT["w"], [Margin("m", {"n": 20})])


def test_margins_that_sum_to_different_totals_are_refused_and_named() -> None:
    with pytest.raises(WeightError, match="'m' sums to 50, 's' to 52"):
        rake(EIGHT, EIGHT["w"], [MARGINS[0], Margin("s", {"1": 22, "2": 30})])


def test_margins_apart_by_rounding_are_brought_to_the_first() -> None:
    thousands = [Margin("m", {"n": 2000, "y": 3000}), Margin("s", {"1": 2201, "2": 2800})]
    table = rake(EIGHT, EIGHT["w"], thousands).table
    assert table["target"].tolist() == pytest.approx(
        [2000, 3000, 2201 * 5000 / 5001, 2800 * 5000 / 5001]
    )


def test_margins_that_cannot_be_met_together_do_not_converge_and_say_so() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]})
    margins = [Margin("a", {"x": 30, "y": 70}), Margin("b", {"x": 60, "y": 40})]
    with pytest.raises(WeightError, match="still off"):
        rake(frame, pd.Series([1.0, 1.0]), margins)


def test_a_respondent_without_a_value_is_refused_unless_held() -> None:
    frame = EIGHT.assign(m=["y", "n", "y", "n", "n", "y", "y", None])
    with pytest.raises(WeightError, match="missing for 1"):
        rake(frame, EIGHT["w"], MARGINS)
    held = rake(frame, EIGHT["w"], MARGINS, unknown="hold")
    known = held.weights.where(frame["m"].notna()).groupby(frame["m"]).sum()
    assert known["y"] / known["n"] == pytest.approx(30 / 20)
    assert held.weights.sum() == pytest.approx(50)
    assert held.unknown == {"m": 1}


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(5, 500), min_size=3, max_size=3),
    st.floats(0.2, 0.8),
)
@settings(max_examples=40, deadline=None)
def test_a_raked_margin_is_a_margin(seed: int, sizes: list[int], half: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": np.r_[["s", "m", "l"] * 2, rng.choice(["s", "m", "l"], 60)],
            "area": np.r_[["in"] * 3, ["out"] * 3, rng.choice(["in", "out"], 60)],
        }
    )
    total = sum(sizes)
    margins = [
        Margin("size", dict(zip(["s", "m", "l"], sizes, strict=True))),
        Margin("area", {"in": total * half, "out": total * (1 - half)}),
    ]
    raked = rake(frame, pd.Series(rng.uniform(0.5, 20, len(frame))), margins)
    for margin in margins:
        sums = raked.weights.groupby(frame[margin.variable]).sum()
        assert sums.to_dict() == pytest.approx(dict(margin.totals), rel=1e-6)
    again = rake(frame, raked.weights, margins)
    np.testing.assert_allclose(again.weights, raked.weights, rtol=1e-6)


def test_trimming_keeps_the_sum_and_the_limit() -> None:
    trimmed = trim(pd.Series([1.0, 1.0, 2.0, 8.0]), 5.0)
    # 3 are cut from the 8 and shared out in the proportions 1 : 1 : 2.
    assert trimmed.tolist() == pytest.approx([1 + 3 / 4, 1 + 3 / 4, 2 + 3 / 2, 5])


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(WeightError, match="larger limit"):
        trim(pd.Series([1.0, 8.0]), 4.0)


SAMPLE = pd.DataFrame(
    {
        "sample_id": [f"s{i}" for i in range(12)],
        "stratum": ["small"] * 8 + ["large"] * 4,
        "area": ["metro", "rural"] * 6,
        "disposition": ["complete"] * 4
        + ["refusal", "unknown", "ineligible", "non_contact"]
        + ["complete", "complete", "complete", "ineligible"],
    }
)
FRAME = pd.DataFrame({"stratum": ["small"] * 80 + ["large"] * 12})
RESPONSES = pd.DataFrame(
    {
        "resp_id": ["r9", "r8", "r0", "r1", "r2", "r3", "r10"],
        "sample_id": ["s9", "s8", "s0", "s1", "s2", "s3", "s10"],
        "member": ["yes", "no", "yes", "no", "no", "no", "yes"],
    }
)
PLAN = WeightPlan(nonresponse=("stratum",), trim=5.0)
MEMBERS = pd.DataFrame(
    {"variable": "member", "level": ["yes", "no"], "total": [25, 60], "source": "a list"}
)
AREAS = pd.DataFrame(
    {"variable": "area", "level": ["metro", "rural"], "total": [45, 40], "source": "a count"}
)


def test_weighing_gives_the_columns_of_the_contract_in_the_order_of_the_responses() -> None:
    weights, steps = weigh(
        RESPONSES, sample=SAMPLE, frame=FRAME, plan=PLAN, margins=[MEMBERS, AREAS]
    )
    assert tuple(weights.columns) == WEIGHT_COLUMNS
    assert weights["resp_id"].tolist() == RESPONSES["resp_id"].tolist()
    assert list(steps.columns) == list(STEP_COLUMNS)
    # small: 80 of 8 sampled; 7 of them may be eligible and 4 answered.
    small = weights.set_index("resp_id").loc["r0"]
    assert (small["stratum_size"], small["w_base"]) == (80, 80 / 8)
    assert small["w_nonresponse"] == 80 / 8 * 7 / 4
    by_member = weights["w"].groupby(RESPONSES["member"]).sum()
    assert by_member.to_dict() == pytest.approx({"no": 60, "yes": 25})


def test_a_margin_variable_that_was_not_asked_comes_from_the_sample() -> None:
    weights, _ = weigh(RESPONSES, sample=SAMPLE, frame=FRAME, plan=PLAN, margins=[AREAS])
    area = RESPONSES["sample_id"].map(SAMPLE.set_index("sample_id")["area"])
    assert weights["w"].groupby(area).sum().to_dict() == pytest.approx({"metro": 45, "rural": 40})


def test_the_record_says_what_each_step_cost() -> None:
    weights, steps = weigh(
        RESPONSES, sample=SAMPLE, frame=FRAME, plan=PLAN, margins=[MEMBERS, AREAS]
    )
    last = steps.iloc[-1]
    assert last["step"] == "final"
    assert last["deff_kish"] == pytest.approx(design_effect(weights["w"]))
    assert set(steps["step"]) == {"base", "nonresponse", "rake", "trim", "final"}
    members = steps[(steps["step"] == "rake") & (steps["variable"] == "member")]
    assert members["after"].tolist() == pytest.approx([25, 60])
    assert members["source"].tolist() == ["a list", "a list"]


def test_trimmed_weights_meet_the_margins_again() -> None:
    rng = np.random.default_rng(3)
    sample = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(200)],
            "stratum": "all",
            "disposition": "complete",
            "m": np.where(np.arange(200) < 20, "rare", "common"),
            "g": rng.choice(["x", "y"], 200, p=[0.8, 0.2]),
        }
    )
    frame = pd.DataFrame({"stratum": ["all"], "stratum_size": [10_000]})
    responses = sample[["sample_id", "m", "g"]].assign(resp_id=sample["sample_id"])
    margins = [
        Margin("m", {"rare": 3000, "common": 7000}),
        Margin("g", {"x": 5000, "y": 5000}),
    ]
    plan = WeightPlan(trim=4.0)
    weights, steps = weigh(responses, sample=sample, frame=frame, plan=plan, margins=margins)
    assert (weights["w_rake"] != weights["w"]).any()
    for margin in margins:
        sums = weights["w"].groupby(sample[margin.variable]).sum().to_dict()
        assert sums == pytest.approx(dict(margin.totals), rel=1e-6)
    assert "were cut" in steps.loc[steps["step"] == "trim", "note"].iloc[-1]
    ratio = weights["w"] / weights["w_base"]
    assert ratio.max() < (weights["w_rake"] / weights["w_base"]).max()


def test_an_uninvited_answer_is_refused() -> None:
    stranger = RESPONSES.assign(sample_id=["x", *RESPONSES["sample_id"][1:]])
    with pytest.raises(WeightError, match="'x'"):
        weigh(stranger, sample=SAMPLE, frame=FRAME, plan=PLAN, margins=[MEMBERS])


def test_one_sampled_unit_may_answer_once() -> None:
    twice = RESPONSES.assign(sample_id=["s8", *RESPONSES["sample_id"][1:]])
    with pytest.raises(WeightError, match="stand once"):
        weigh(twice, sample=SAMPLE, frame=FRAME, plan=PLAN, margins=[MEMBERS])


def test_a_margin_file_needs_its_source(tmp_path: Path) -> None:
    path = tmp_path / "size.csv"
    path.write_text("variable,level,total,source\nsize,1-4,10,a census\nsize,5-9,20,a census\n")
    assert load_margins(path) == [Margin("size", {"1-4": 10, "5-9": 20}, "a census")]
    path.write_text("variable,level,total,source\nsize,1-4,10,\n")
    with pytest.raises(WeightError, match="source"):
        load_margins(path)


def test_two_variables_may_be_crossed_in_one_margin() -> None:
    margin = Margin("m*s", {"n*1": 10, "n*2": 10, "y*1": 12, "y*2": 18})
    weights = rake(EIGHT, EIGHT["w"], [margin]).weights
    sums = weights.groupby([EIGHT["m"], EIGHT["s"]]).sum()
    assert sums.tolist() == pytest.approx([10, 10, 12, 18])
