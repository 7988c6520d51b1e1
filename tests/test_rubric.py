"""The rubric: each rule on a firm whose class can be worked out by eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import DataError, DefinitionError
from mspsurvey.evidence.rubric import (
    classify,
    cut_levels,
    load_rubric,
    read_answers,
    rubric_variables,
    score,
    score_without,
)

FILE = Path(__file__).parents[1] / "definitions" / "rubric.toml"
RUBRIC = load_rubric(FILE)
ASKED = [item.name for item in RUBRIC.items if not item.derived_from]
CRITERIA = [item.name for item in RUBRIC.criteria]
CRITICAL = [item.name for item in RUBRIC.critical]
OTHERS = [name for name in CRITERIA if name not in CRITICAL]


def firm(everywhere: str | None = "2", *, recurring: float = 60.0, **answers: str | None):
    """One firm that gives the same answer everywhere, but for those named."""
    row = dict.fromkeys(ASKED, everywhere) | answers
    return pd.DataFrame([{**row, "rev_recurring_pct": recurring}]).astype(
        dict.fromkeys(ASKED, "object")
    )


def with_criteria(met: int, critical: int) -> pd.DataFrame:
    """A firm that meets so many of the 12 criteria, so many of the 4 critical ones among them."""
    yes = CRITICAL[:critical] + OTHERS[: met - critical]
    return firm("0", **dict.fromkeys(yes, "2"))


def class_of(frame: pd.DataFrame, **options) -> str | float:
    return score(frame, RUBRIC, **options)["base_class"].iloc[0]


# --- The file ----------------------------------------------------------------------------


def test_the_rubric_has_32_items_in_8_domains_of_4():
    assert len(RUBRIC.items) == 32
    assert [len(RUBRIC.items_of(d.code)) for d in RUBRIC.domains] == [4] * 8


def test_the_twelve_criteria_and_four_critical_ones_are_the_published_ones():
    assert CRITERIA == ["g1", "g3", "p2", "p4", "o2", "o3", "a1", "a4", "d1", "i1", "t1", "t2"]
    assert CRITICAL == ["g1", "a1", "d1", "i1"]


def test_a_bought_certificate_is_no_criterion():
    assert "b4" not in CRITERIA


def test_domains_weigh_the_same():
    assert {domain.weight for domain in RUBRIC.domains} == {1.0}


def test_charts_print_the_version():
    assert RUBRIC.name == "rubric v1.0"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('domain = "gov"', 'domain = "gvo"', "items[1].domain"),
        ('version = "1.0"', "", "version"),
        ("from = 45", "from = 20", "levels[3].from"),
        ("criteria = 10", "criteria = 13", "classes[1].criteria"),
        ('name = "g2"', 'name = "g1"', "'g1' stands twice"),
        ('label = "Governance"', 'lable = "Governance"', "lable"),
        ("critical = true", 'critical = "yes"', "true or false"),
        ("cuts = [25, 50, 75]", "cuts = [50, 25, 75]", "rising"),
    ],
)
def test_a_broken_rubric_names_file_and_key(tmp_path, old, new, said):
    broken = tmp_path / "rubric.toml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_rubric(broken)
    assert said in str(error.value)
    assert "rubric.toml" in str(error.value)


# --- Scores ----------------------------------------------------------------------------


def test_twos_everywhere_score_two_thirds():
    result = score(firm("2"), RUBRIC)
    assert result["dom_gov"].iloc[0] == pytest.approx(200 / 3)
    assert result["score"].iloc[0] == pytest.approx(200 / 3)


def test_a_domain_is_the_mean_of_its_answered_items():
    result = score(firm("3", g1="0", g2="1", g3="2", g4=None), RUBRIC)
    assert result["dom_gov"].iloc[0] == pytest.approx((0 + 1 + 2) / 3 / 3 * 100)


def test_two_of_four_answers_give_no_domain_score():
    result = score(firm("2", p1=None, p2=None), RUBRIC)
    assert np.isnan(result["dom_pol"].iloc[0])
    assert result["score"].iloc[0] == pytest.approx(200 / 3)


def test_six_domains_give_a_total_and_five_do_not():
    two_domains = dict.fromkeys(["p1", "p2", "o1", "o2"])
    assert score(firm("2", **two_domains), RUBRIC)["score"].notna().iloc[0]
    three = two_domains | dict.fromkeys(["t1", "t2"])
    assert score(firm("2", **three), RUBRIC)["score"].isna().iloc[0]


def test_24_items_give_a_total_and_23_do_not():
    # Two domains lost (2 × 4 items), and the six others whole: 24 answered.
    lost = dict.fromkeys(["p1", "p2", "p3", "p4", "o1", "o2", "o3", "o4"])
    assert score(firm("2", **lost), RUBRIC)["score"].notna().iloc[0]
    assert score(firm("2", **lost, t1=None), RUBRIC)["score"].isna().iloc[0]


def test_do_not_know_is_missing_and_not_zero():
    known = score(firm("3", g2=None), RUBRIC)
    unsure = score(firm("3", g2="dk"), RUBRIC)
    nine = score(firm("3", g2="9"), RUBRIC)
    assert known["dom_gov"].iloc[0] == unsure["dom_gov"].iloc[0] == 100
    assert nine["dom_gov"].iloc[0] == 100


def test_does_not_apply_leaves_the_mean_and_counts_as_answered():
    # d1 and d2 do not apply, d4 is missing: three of four are answered, d3 alone is scored.
    result = score(firm("2", d1="na", d2="8", d3="1", d4=None), RUBRIC)
    assert result["dom_dat"].iloc[0] == pytest.approx(100 / 3)


def test_does_not_apply_where_it_is_not_offered_is_missing():
    result = score(firm("2", g1="8", g2="8"), RUBRIC)
    assert np.isnan(result["dom_gov"].iloc[0])


@pytest.mark.parametrize(
    ("recurring", "scored"),
    [(0, "0"), (24.9, "0"), (25, "1"), (49.9, "1"), (50, "2"), (74.9, "2"), (75, "3"), (100, "3")],
)
def test_b1_is_cut_from_recurring_revenue(recurring, scored):
    assert score(firm(recurring=recurring), RUBRIC)["b1"].iloc[0] == scored


def test_b1_is_missing_where_revenue_is():
    assert score(firm(recurring=np.nan), RUBRIC)["b1"].isna().iloc[0]


def test_an_unknown_code_is_an_error_that_shows_it():
    with pytest.raises(DataError, match="'often'"):
        score(firm("2", g1="often"), RUBRIC)


def test_numbers_are_read_as_codes():
    assert class_of(firm("2").assign(g1=2, a1=2.0)) == "met"


def test_scoring_leaves_its_input_alone():
    frame = firm("2", d1="na")
    before = frame.copy()
    score(frame, RUBRIC)
    pd.testing.assert_frame_equal(frame, before)


def test_a_score_without_a_domain_is_the_mean_of_the_others():
    frame = firm("2", g1="0", g2="0", g3="0", g4="0")
    assert score(frame, RUBRIC)["score"].iloc[0] == pytest.approx(7 * (200 / 3) / 8)
    assert score_without(frame, RUBRIC, "gov").iloc[0] == pytest.approx(200 / 3)


# --- Levels ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "b4", "level"),
    [
        (0, 0, "1"), (24.999, 0, "1"), (25, 0, "2"), (44.999, 0, "2"), (45, 0, "3"),
        (64.999, 0, "3"), (65, 0, "4"), (81.999, 3, "4"), (82, 2, "5"), (82, 1, "4"),
        (100, 1, "4"), (100, 3, "5"), (90, np.nan, "4"),
    ],
)  # fmt: skip
def test_a_cut_point_belongs_to_the_upper_level(total, b4, level):
    scores = pd.DataFrame({"b4": [float(b4)]})
    assert cut_levels(pd.Series([float(total)]), scores, RUBRIC).iloc[0] == level


def test_no_score_gives_no_level():
    scores = pd.DataFrame({"b4": [3.0]})
    assert cut_levels(pd.Series([np.nan]), scores, RUBRIC).isna().iloc[0]


def test_levels_are_ordered():
    levels = score(firm("2"), RUBRIC)["mat_level"]
    assert list(levels.cat.categories) == ["1", "2", "3", "4", "5"]
    assert levels.cat.ordered


# --- Baseline class ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("met", "critical", "expected"),
    [
        (12, 4, "met"), (10, 4, "met"), (9, 4, "partly"), (7, 4, "partly"), (6, 4, "not_met"),
        (11, 3, "partly"), (10, 3, "partly"), (7, 3, "partly"), (6, 3, "not_met"),
        (10, 2, "not_met"), (8, 2, "not_met"), (0, 0, "not_met"),
    ],
)  # fmt: skip
def test_the_class_follows_the_two_counts(met, critical, expected):
    result = score(with_criteria(met, critical), RUBRIC).iloc[0]
    assert (result["base_n"], result["base_critical_n"]) == (met, critical)
    assert result["base_class"] == expected


def test_informal_practice_does_not_meet_a_criterion():
    assert class_of(firm("1")) == "not_met"
    assert class_of(firm("2")) == "met"


def test_one_or_two_missing_criteria_count_as_not_met():
    assert class_of(firm("2", g3=None, p2=None)) == "met"  # 10 of 12 are left
    assert class_of(firm("2", g3=None, p2=None, p4="0")) == "partly"  # 9 are left


def test_three_missing_criteria_leave_a_firm_unclassified():
    result = score(firm("2", g3=None, p2="dk", p4="9"), RUBRIC).iloc[0]
    assert pd.isna(result["base_class"])
    assert np.isnan(result["base_n"])
    assert result["base_bound_low"] == "not_met"
    assert result["base_bound_high"] == "met"


def test_a_missing_critical_criterion_that_could_decide_leaves_a_firm_unclassified():
    # 11 met: with a1 the baseline is met, without it only partly.
    assert pd.isna(class_of(firm("2", a1=None)))


def test_a_missing_critical_criterion_that_cannot_decide_does_no_harm():
    # Six others are met and no critical one: one more makes neither 7 of 12 with 3 critical.
    frame = firm("0", **dict.fromkeys(OTHERS[:6], "2"), a1=None)
    assert class_of(frame) == "not_met"


def test_bounds_equal_the_class_where_there_is_one():
    result = score(with_criteria(8, 3), RUBRIC).iloc[0]
    assert result["base_bound_low"] == result["base_bound_high"] == "partly"


def test_a_criterion_that_does_not_apply_is_met_where_the_question_names_the_reason():
    assert class_of(firm("2", d1="na")) == "met"
    reason = pd.DataFrame({"d1": ["not_applicable"]})
    assert class_of(firm("2", d1=None), missing=reason) == "met"


def test_a_criterion_that_does_not_apply_is_missing_where_the_reason_is_not_accepted():
    frame = firm("2", d1="na").assign(d1_na_reason="no_time")
    assert pd.isna(class_of(frame))  # d1 is critical and would decide
    assert pd.isna(class_of(firm("2", d1=None), missing=pd.DataFrame({"d1": ["dont_know"]})))


def test_a_criterion_that_may_not_be_excused_is_missing():
    assert pd.isna(class_of(firm("2", g1="na")))


def test_another_bar_for_the_best_class_changes_only_that_class():
    frame = with_criteria(9, 4)
    assert classify(frame, RUBRIC).iloc[0] == "partly"
    assert classify(frame, RUBRIC, needed=9).iloc[0] == "met"
    assert classify(with_criteria(10, 3), RUBRIC, critical=3).iloc[0] == "met"


def test_a_dropped_criterion_is_taken_as_met():
    assert classify(with_criteria(9, 4), RUBRIC, dropped=OTHERS[-1:]).iloc[0] == "met"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["0", "1", "2", "3", None]), min_size=12, max_size=12),
    st.integers(0, 11),
)
def test_more_practice_never_lowers_the_class(answers, raised):
    before = dict(zip(CRITERIA, answers, strict=True))
    low = classify(firm("0", **before), RUBRIC).iloc[0]
    after = before | {CRITERIA[raised]: "3"}
    high = classify(firm("0", **after), RUBRIC).iloc[0]
    order = ["not_met", "partly", "met"]
    if not pd.isna(low) and not pd.isna(high):
        assert order.index(high) >= order.index(low)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["0", "1", "2", "3", "na", "dk", None]), min_size=31, max_size=31))
def test_scores_stay_between_0_and_100(answers):
    result = score(firm("2", **dict(zip(ASKED, answers, strict=True))), RUBRIC)
    numbers = result.filter(regex="^dom_|^score$").to_numpy(dtype=float)
    assert ((numbers >= 0) & (numbers <= 100) | np.isnan(numbers)).all()


def test_every_derived_column_is_described_and_nothing_else():
    frame = firm("2").assign(resp_id="r1")
    described = [variable.name for variable in rubric_variables(RUBRIC)]
    assert list(score(frame, RUBRIC).columns) == ["resp_id", *described]


def test_described_levels_are_the_categories():
    result = score(firm("2"), RUBRIC)
    for variable in rubric_variables(RUBRIC):
        if variable.categorical:
            assert list(result[variable.name].cat.categories) == list(variable.levels)


def test_items_and_questions_agree_where_the_questionnaire_is_there():
    from mspsurvey.instrument import load_instrument

    path = FILE.parent / "msp.yaml"
    if not path.is_file():
        pytest.skip("the demo's questionnaire is not there")
    try:
        instrument = load_instrument(path)
    except DefinitionError as error:
        pytest.fail(str(error))
    for item in RUBRIC.items:
        variable = instrument[item.derived_from or item.name]
        if not item.derived_from:
            assert variable.levels == RUBRIC.codes
            excusable = any(r == "not_applicable" for r in variable.missing_codes.values())
            assert excusable == bool(item.reasons), item.name


def test_criteria_are_numbers_for_robustness():
    answers = read_answers(firm("2", g1=None, g3="1"), RUBRIC)
    assert np.isnan(answers.criteria["g1"].iloc[0])
    assert answers.criteria["g3"].iloc[0] == 0
    assert answers.criteria["p2"].iloc[0] == 1
