"""Survey: immutable, domains by zero scores, levels in the questionnaire's order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import DataError, DesignError, EstimateError
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Question, Variable


def variable(name: str, kind: str, *codes: str, question: str = "", **more: object) -> Variable:
    options = tuple(Option(c, c.upper(), float(i)) for i, c in enumerate(codes))
    return Variable(name, f"{name}?", name, kind, question or name, options, **more)  # type: ignore[arg-type]


VARIABLES = [
    variable("size", "single", "small", "medium", "large"),
    variable("mfa", "single", "no", "yes"),
    variable("price", "money"),
    variable("tool_a", "tick", "no", "yes", question="tool"),
    variable("tool_b", "tick", "no", "yes", question="tool"),
]
QUESTIONS = {
    "tool": Question("tool", "Tools?", "multi", "b", ("tool_a", "tool_b")),
    "mfa": Question("mfa", "mfa?", "single", "b", ("mfa",)),
}
INSTRUMENT = Instrument(
    "demo", "Demo", "1", "firms", "now", {"b": "B"}, QUESTIONS, {v.name: v for v in VARIABLES}
)

FRAME = pd.DataFrame(
    {
        "resp_id": [f"r{i}" for i in range(6)],
        "size": ["small", "small", "large", "large", "large", None],
        "mfa": ["yes", "no", "yes", "yes", None, "yes"],
        "price": [10.0, 20.0, 30.0, np.nan, 50.0, 60.0],
        "tool_a": ["yes"] * 6,
        "tool_b": ["no", "yes"] * 3,
        "w": [1.0, 3.0, 2.0, 2.0, 5.0, 1.0],
    }
)
SURVEY = Survey(FRAME, weights="w", instrument=INSTRUMENT)


def test_a_share_is_the_weight_at_the_level_over_the_weight_of_valid_answers() -> None:
    data = SURVEY.share("mfa").data
    assert data["level"].tolist() == ["no", "yes"]
    assert data["estimate"].tolist() == pytest.approx([3 / 9, (1 + 2 + 2 + 1) / 9])
    assert data["n"].tolist() == [5, 5]
    assert data["base"].tolist() == [9, 9]


def test_groups_come_in_the_order_of_the_questionnaire_empty_ones_too() -> None:
    data = SURVEY.share("mfa", by="size").data
    assert data["size"].tolist() == ["small"] * 2 + ["medium"] * 2 + ["large"] * 2
    empty = data[data["size"] == "medium"]
    assert empty["n"].tolist() == [0, 0]
    assert empty["estimate"].isna().all()
    assert empty["verdict"].tolist() == ["suppress", "suppress"]
    assert empty["why"].tolist() == ["no respondents", "no respondents"]


def test_every_row_has_a_verdict_whatever_the_statistic() -> None:
    answers = [
        SURVEY.share("mfa", by="size"),
        SURVEY.mean("price", by=["size", "mfa"]),
        SURVEY.total("price", by="size"),
        SURVEY.ratio("price", "w", by="size"),
        SURVEY.share("mfa", of="price", by="size"),
    ]
    for est in answers:
        assert est.data["verdict"].isin(["show", "flag", "suppress"]).all()
        assert est.data.loc[est.data["verdict"] != "suppress", "se"].notna().all()


def test_without_an_instrument_levels_are_sorted() -> None:
    frame = pd.DataFrame({"g": ["b", "a", "b"], "k": [2.0, 1.0, 10.0]})
    assert Survey(frame).share("g").data["level"].tolist() == ["a", "b"]
    assert Survey(frame).share("k").data["level"].tolist() == ["1", "2", "10"]


def test_levels_taken_together_are_a_net() -> None:
    frame = pd.DataFrame({"m": ["1", "2", "3", "3"]})
    data = Survey(frame).share("m", level=["2", "3"]).data
    assert data["level"].tolist() == ["2+3"]
    assert data["estimate"].tolist() == [3 / 4]
    named = Survey(frame).share("m", level=["2", "3"], net="some").data
    assert named["level"].tolist() == ["some"]


def test_a_share_of_a_total_weighs_by_the_number() -> None:
    data = SURVEY.share("mfa", level="yes", of="price").data
    # Answers to both: prices 10, 20, 30, 60 with weights 1, 3, 2, 1.
    expected = (10 + 2 * 30 + 60) / (10 + 3 * 20 + 2 * 30 + 60)
    assert data["estimate"].tolist() == pytest.approx([expected])
    assert data["n"].tolist() == [4]


def test_a_question_with_several_ticks_stands_for_all_of_them() -> None:
    data = SURVEY.share("tool", level="yes").data
    assert data["item"].tolist() == ["tool_a", "tool_b"]
    assert data["estimate"].tolist() == pytest.approx([1, (3 + 2 + 1) / 14])


def test_a_mean_of_codes_is_a_mean_of_their_values() -> None:
    assert SURVEY.mean("mfa").data["estimate"].tolist() == pytest.approx([6 / 9])


def test_total_ratio_and_mean_are_sums_of_weighted_values() -> None:
    products = 1 * 10 + 3 * 20 + 2 * 30 + 5 * 50 + 1 * 60
    weights = 1 + 3 + 2 + 5 + 1
    assert SURVEY.total("price").data["estimate"].tolist() == pytest.approx([products])
    assert SURVEY.mean("price").data["estimate"].tolist() == pytest.approx([products / weights])
    squares = 1 + 3 * 3 + 2 * 2 + 5 * 5 + 1
    assert SURVEY.ratio("price", "w").data["estimate"].tolist() == pytest.approx(
        [products / squares]
    )


def test_a_domain_is_the_group_of_the_same_name() -> None:
    domain = SURVEY.where("size == 'large'")
    inside = domain.mean("price").data.iloc[0]
    group = SURVEY.mean("price", by="size").data.set_index("size").loc["large"]
    for column in ("estimate", "se", "n", "df", "deff"):
        assert inside[column] == pytest.approx(group[column])
    assert len(domain) == 3
    assert len(SURVEY) == 6


def test_domains_of_domains_say_both_conditions() -> None:
    domain = SURVEY.where("size == 'large'").where("price > 40")
    assert len(domain) == 1
    assert domain.mean("price").where == "(size == 'large') and (price > 40)"


def test_brackets_are_refused_and_the_way_is_shown() -> None:
    with pytest.raises(DesignError, match=r"\.where"):
        SURVEY[FRAME["size"] == "large"]


def test_a_survey_does_not_change() -> None:
    with pytest.raises(DesignError, match="does not change"):
        SURVEY.population = "others"


def test_later_changes_to_the_frame_do_not_reach_the_survey() -> None:
    frame = FRAME.copy()
    survey = Survey(frame, weights="w")
    frame["price"] = 0.0
    frame.loc[0, "w"] = 100.0
    taken = survey.frame
    taken["mfa"] = "no"
    assert survey.mean("price").data["estimate"][0] == SURVEY.mean("price").data["estimate"][0]
    assert survey.share("mfa").data["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: SURVEY.share("mfb"), "Did you mean 'mfa'"),
        (lambda: SURVEY.share("mfa", by="sise"), "Did you mean 'size'"),
        (lambda: SURVEY.share("mfa", level="yess"), "Did you mean 'yes'"),
        (lambda: SURVEY.where("size == 'smal'"), "Did you mean 'small'"),
        (lambda: SURVEY.where("sise == 'small'"), "Did you mean 'size'"),
        (lambda: SURVEY.where("size > 3"), "Numbers were wanted"),
        (lambda: SURVEY.share("mfa", interval="logid"), "Did you mean 'logit'"),
        (lambda: SURVEY.share("mfa", net="all"), "levels that make up the net"),
        (lambda: SURVEY.mean("resp_id"), "share"),
        (lambda: SURVEY.share("mfa", by=["size", "size"]), "named once"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(ask: object, words: str) -> None:
    with pytest.raises(EstimateError, match=words):
        ask()  # type: ignore[operator]


def test_codes_that_the_instrument_does_not_have_are_refused() -> None:
    with pytest.raises(DataError, match="'huge'"):
        Survey(FRAME.assign(size="huge"), instrument=INSTRUMENT).share("size")


MISSING = pd.DataFrame(
    {
        "resp_id": FRAME["resp_id"][::-1].to_numpy(),
        "mfa": [None, "refused", None, None, None, None],
        "price": [None, None, "dont_know", None, None, None],
    }
)


def test_what_is_left_out_is_counted_by_reason() -> None:
    survey = Survey(FRAME, weights="w", instrument=INSTRUMENT, missing=MISSING)
    assert survey.share("mfa").left_out == {"refused": 1}
    assert survey.mean("price").left_out == {"dont_know": 1}
    assert survey.share("mfa", by="size").left_out == {"no_size": 1, "refused": 1}
    assert SURVEY.share("mfa").left_out == {"no_answer": 1}
    assert survey.where("size == 'small'").share("mfa").left_out == {}


def test_reasons_are_matched_by_respondent() -> None:
    with pytest.raises(DataError, match="one row for each respondent"):
        Survey(FRAME, missing=MISSING[1:])


def test_rows_of_weight_zero_do_not_count() -> None:
    survey = Survey(FRAME.assign(w=[1.0, 0, 1, 1, 1, 1]), weights="w")
    assert len(survey) == 5
    assert survey.share("mfa").data["estimate"].tolist() == [0, 1]


def test_people_who_chose_themselves_get_no_sampling_error() -> None:
    est = Survey(FRAME, weights="w", sample_type="opt-in").share("mfa").unsuppressed("a test")
    assert est.precision_kind == "none"
    assert est.frame[["se", "low", "high"]].isna().all(axis=None)
    assert "chose themselves" in est.footer


def random_frame(seed: int, rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "h": np.r_[["a", "b"], ["a", "b"], rng.choice(["a", "b"], rows - 4)],
            "q": rng.choice(["1", "2", "3"], rows),
            "g": rng.choice(["x", "y"], rows),
            "y": rng.normal(100, 20, rows),
            "w": rng.lognormal(0, 1, rows),
        }
    )


@given(st.integers(0, 1000), st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_weights_times_a_constant_change_no_share(seed: int, constant: float) -> None:
    frame = random_frame(seed)
    one = Survey(frame, weights="w", strata="h").share("q", by="g").data
    other = Survey(frame.assign(w=frame["w"] * constant), weights="w", strata="h")
    two = other.share("q", by="g").data
    for column in ("estimate", "se", "low", "high", "n_eff"):
        np.testing.assert_allclose(one[column], two[column], rtol=1e-9)
    assert one["verdict"].tolist() == two["verdict"].tolist()


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    frame = random_frame(seed)
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    surveys = [Survey(f, weights="w", strata="h") for f in (frame, shuffled)]
    for ask in (lambda s: s.share("q", by="g"), lambda s: s.mean("y", by=["g", "q"])):
        one, two = (ask(s).data for s in surveys)
        pd.testing.assert_frame_equal(one, two, rtol=1e-9)


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_shares_of_all_levels_sum_to_one_and_lie_in_their_intervals(seed: int) -> None:
    data = Survey(random_frame(seed), weights="w", strata="h").share("q", by="g").data
    assert data.groupby("g")["estimate"].sum().tolist() == pytest.approx([1, 1])
    assert (data["low"] <= data["estimate"]).all()
    assert (data["estimate"] <= data["high"]).all()
    assert (data["low"] >= 0).all()
    assert (data["high"] <= 1).all()


def test_blocks_of_domains_give_what_one_table_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = random_frame(3)
    whole = Survey(frame, weights="w", strata="h").share("q", by=["g", "h"])
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.BLOCK", 500)
    blocks = Survey(frame, weights="w", strata="h").share("q", by=["g", "h"])
    pd.testing.assert_frame_equal(whole.data, blocks.data)
    with pytest.raises(EstimateError, match="fewer groups"):
        _ = blocks.covariance
