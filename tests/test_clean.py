"""Rules of cleaning, one by one, on a few responses."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_sample import small_instrument, work_of

from mspsurvey.errors import ReadError
from mspsurvey.intake.clean import RULES, clean
from mspsurvey.intake.mapping import map_columns, map_export
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.rules.labels import Decoder, soft_refusal
from mspsurvey.intake.rules.numbers import parse_number
from mspsurvey.intake.rules.others import sector_of
from mspsurvey.intake.rules.places import find_state
from mspsurvey.intake.rules.typography import mend_letters, tidy_text
from mspsurvey.intake.shown import shown
from mspsurvey.intake.work import Log, change_table, quarantine_table, query_table


def cleaned(tmp_path, *rows, settings=None):
    return clean(work_of(tmp_path, *rows, settings=settings), Log())


def changes_of(tmp_path, *rows, settings=None):
    return change_table(cleaned(tmp_path, *rows, settings=settings)[1])


def test_a_tidy_response_is_left_alone(tmp_path):
    work, log = cleaned(tmp_path, {})
    assert change_table(log).empty
    assert quarantine_table(log).empty
    assert work.answers.loc[0, ["scr_role", "v1", "tools_edr", "tools_mfa"]].tolist() == [
        "owner", "3", "yes", "no",
    ]  # fmt: skip
    assert work.answers.loc[0, "emp"] == 10


def test_cleaning_does_not_change_what_it_was_given(tmp_path):
    work = work_of(tmp_path, {"emp": "about 50", "v1": "Agre"})
    before = work.answers.copy(deep=True)
    clean(work, Log())
    pd.testing.assert_frame_equal(work.answers, before)


def test_every_rule_has_a_severity_and_a_sentence():
    for rule in RULES:
        assert rule.severity in "EQI"
        assert rule.message.endswith(".")


@pytest.mark.parametrize(
    ("typed", "value", "rule"),
    [
        ("12", 12, ""), ("12.0", 12, ""), ("1,200", 1200, "N1"), ("1.2k", 1200, "N1"),
        ("1.2 million", 1_200_000, "N1"), ("about 50", 50, "N2"), ("~30%", 30, "N2"),
        ("50 or so", 50, "N2"), ("30%", 30, "N1"), ("10-15", 12.5, "N3"),
        ("10 to 15 people", 12.5, "N3"), ("between 10 and 20", 15, "N3"), ("none", 0, "N1"),
        ("a dozen", 12, "N1"), ("100+", 100, "N2"), ("$1,250.50", 1250.5, "N1"),
        ("1,5", 1.5, "N1"), ("lots", None, "N5"), ("N/A", None, "N4"), ("-", None, "N4"),
        ("", None, ""), ("15-10", None, "N5"), ("10-15k", 12_500, "N3"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_was_meant(typed, value, rule):
    number = parse_number(typed)
    assert (number.value, number.rule) == (value, rule)


@given(st.integers(0, 10**9))
def test_a_number_with_commas_is_the_number(value):
    assert parse_number(f"{value:,}").value == value


@given(st.text(max_size=30))
def test_no_text_makes_the_number_reader_fail(text):
    number = parse_number(tidy_text(text))
    assert number.value is None or isinstance(number.value, float)


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("US$ 120", "USD"),
        ("CAD 150", "CAD"),
        ("£90", "GBP"),
        ("80 €", "EUR"),
        ("110 euros", "EUR"),
    ],
)
def test_a_currency_is_found_beside_the_amount(typed, currency):
    assert parse_number(typed).currency == currency


def test_a_number_in_words_is_logged_with_its_rule(tmp_path):
    changes = changes_of(tmp_path, {"emp": "about 50"})
    assert changes[["resp_id", "variable", "old", "new", "rule"]].to_numpy().tolist() == [
        ["R1", "emp", "about 50", "50", "N2"],
    ]


def test_an_amount_abroad_is_converted_at_the_study_s_rate(tmp_path):
    row = {"price_user_month": "£100"}
    work, log = cleaned(tmp_path, row, settings={"exchange": {"GBP": 1.25}})
    assert work.answers.loc[0, "price_user_month"] == 100 * 1.25
    assert "U1" in set(change_table(log)["rule"])


def test_an_amount_without_a_rate_is_missing_and_asked_about(tmp_path):
    work, log = cleaned(tmp_path, {"price_user_month": "£100"})
    assert pd.isna(work.answers.loc[0, "price_user_month"])
    assert work.missing.loc[0, "price_user_month"] == "unparseable"
    assert query_table(log)["rule"].tolist() == ["U1"]


def test_a_yearly_price_becomes_a_monthly_one(tmp_path):
    rows = [{"price_user_month": p} for p in ("100", "110", "120", "1320", "90 per year")]
    work, _ = cleaned(tmp_path, *rows)
    assert work.answers["price_user_month"].tolist() == [100, 110, 120, 1320 / 12, 90 / 12]


def test_a_fraction_is_turned_into_percent(tmp_path):
    work, _ = cleaned(tmp_path, {"grow_pct": ".35"}, {"grow_pct": "350"})
    assert work.answers["grow_pct"][0] == 35
    assert pd.isna(work.answers["grow_pct"][1])


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        (("60", "41"), [60, 41]),            # 101: accepted
        (("60", "45"), [60 / 1.05, 45 / 1.05]),  # 105: rescaled
        (("80", "60"), [None, None]),        # 140: missing
        (("0.6", "0.4"), [60, 40]),          # fractions
        (("600", "40"), [60, 40]),           # one zero too many
    ],
)  # fmt: skip
def test_parts_of_a_whole_add_up(tmp_path, parts, kept):
    work, _ = cleaned(tmp_path, {"part_a": parts[0], "part_b": parts[1]})
    for name, value in zip(("part_a", "part_b"), kept, strict=True):
        got = work.answers.loc[0, name]
        assert pd.isna(got) if value is None else got == pytest.approx(value)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Strongly agree", "4"), ("Stronlgy agree", "4"), ("strongly  AGREE", "4"), ("4", "4"),
        ("Agre", "3"), ("Disagre", "2"), ("Maybe", None),
    ],
)  # fmt: skip
def test_a_label_is_found_by_edit_distance(tmp_path, typed, code):
    work, _ = cleaned(tmp_path, {"v1": typed})
    value = work.answers.loc[0, "v1"]
    assert pd.isna(value) if code is None else value == code


def test_a_label_between_two_options_is_left_to_a_person(tmp_path):
    decoder = Decoder(small_instrument(tmp_path)["has_plan"], None)
    assert decoder("Yno").code is None


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ("9-Jan", "a"), ("01. Sep", "a"), ("2026-01-09 00:00:00", "a"), ("2026-09-01", "a"),
        ("19-Oct", "b"), ("Feb-49", "c"), ("1949-02-01", "c"), ("9-Mar", None), ("Jan-49", None),
    ],
)  # fmt: skip
def test_a_range_that_a_spreadsheet_took_for_a_date_is_found(tmp_path, shown, code):
    asked = small_instrument(tmp_path)["v1"]
    labels = {"a": "1-9", "b": "10 - 19", "c": "2–49"}
    options = tuple(replace(asked.options[0], code=c, label=t) for c, t in labels.items())
    found = Decoder(replace(asked, options=options), None)(shown)
    assert found.code == code
    assert bool(found.code) is (found.note == "range that a spreadsheet took for a date")


def test_an_unknown_label_is_missing_and_asked_about(tmp_path):
    work, log = cleaned(tmp_path, {"v1": "Maybe"})
    assert work.missing.loc[0, "v1"] == "unparseable"
    assert query_table(log)[["variable", "value", "rule"]].to_numpy().tolist() == [
        ["v1", "Maybe", "S3"],
    ]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("-", "refused"), (".", "refused"), ("Prefer not to say", "refused"), ("🤐", "refused"),
        ("don't know", "dont_know"), ("n/a", "not_applicable"), ("Ohio", None),
    ],
)  # fmt: skip
def test_a_soft_refusal_gets_its_reason(typed, reason):
    assert soft_refusal(typed) == reason


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("La.", "LA"), ("Lousiana", "LA"), ("Calif", "CA"), ("70112", "LA"), ("tx", "TX"),
        ("N. Carolina", "NC"), ("new york", "NY"), ("Kansass", "KS"), ("XY", None),
    ],
)  # fmt: skip
def test_a_state_is_found_however_it_is_spelt(typed, code):
    assert find_state(typed).code == code


def test_a_place_abroad_is_known_as_such():
    assert find_state("Ontario").abroad
    assert find_state("Québec").abroad


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("dentist", "health"), ("CPA", "professional"), ("church", "non-profit"),
        ("city hall", "government"), ("law firm", "legal"), ("church school", None), ("x", None),
    ],
)  # fmt: skip
def test_words_after_other_are_coded_where_they_are_clear(text, sector):
    assert sector_of(text) == sector


def test_letters_and_blanks_are_mended():
    assert mend_letters("donâ€™t knowÂ\u00a0") == "don’t know\u00a0"
    assert mend_letters("Málaga, São Paulo") == "Málaga, São Paulo"
    assert tidy_text(" a\u00a0 “b” – c ") == 'a "b" - c'


def test_more_technicians_than_staff_is_an_error(tmp_path):
    work, _ = cleaned(tmp_path, {"emp": "5", "emp_tech": "8"})
    assert pd.isna(work.answers.loc[0, "emp_tech"])
    assert work.answers.loc[0, "emp"] == 5


def test_a_number_outside_its_range_is_missing(tmp_path):
    changes = changes_of(tmp_path, {"emp": "-3"})
    assert changes[["variable", "old", "new", "rule"]].to_numpy().tolist() == [
        ["emp", "-3", "", "R8"],
    ]


def test_an_answer_that_the_route_hides_is_taken_out(tmp_path):
    work, log = cleaned(tmp_path, {"has_plan": "No", "plan_age": "3"})
    assert pd.isna(work.answers.loc[0, "plan_age"])
    assert work.missing.loc[0, "plan_age"] == "not_shown"
    assert change_table(log)["rule"].tolist() == ["G6"]


def test_a_refusal_of_a_hidden_question_is_not_shown(tmp_path):
    work, _ = cleaned(tmp_path, {"has_plan": "No", "plan_age": "prefer not"})
    assert work.missing.loc[0, "plan_age"] == "not_shown"


def test_an_answer_stays_where_the_route_itself_was_lost(tmp_path):
    work, _ = cleaned(tmp_path, {"has_plan": "", "plan_age": "3"})
    assert work.answers.loc[0, "plan_age"] == 3


def test_each_missing_answer_has_its_reason(tmp_path):
    gone = {"v1": "", "v2": "", "note": ""}
    work, _ = cleaned(
        tmp_path,
        {"has_plan": "No", "plan_age": "", "v1": "Don't know", "grow_pct": ""},
        {"has_plan": "", **gone, "plan_age": "", "FINISHED": "no"},
        {"plan_age": "N/A"},
    )
    reasons = work.missing
    assert reasons.loc[0, ["plan_age", "v1", "grow_pct"]].tolist() == [
        "not_shown", "dont_know", "no_answer",
    ]  # fmt: skip
    assert reasons.loc[1, ["has_plan", "plan_age", "v1"]].tolist() == [
        "not_reached", "not_reached", "not_reached",
    ]  # fmt: skip
    assert reasons.loc[2, "plan_age"] == "not_shown"


def test_a_tick_of_dont_know_makes_the_others_missing(tmp_path):
    work, _ = cleaned(tmp_path, {"tools_edr": "", "tools_dk": "Don't know"})
    assert work.answers.loc[0, "tools_dk"] == "yes"
    assert work.missing.loc[0, ["tools_edr", "tools_mfa"]].tolist() == ["dont_know"] * 2


def test_no_tick_at_all_is_no_answer(tmp_path):
    work, _ = cleaned(tmp_path, {"tools_edr": ""})
    assert (
        work.missing.loc[0, ["tools_edr", "tools_mfa", "tools_dk"]].tolist() == ["no_answer"] * 3
    )


def test_previews_and_tests_are_set_aside(tmp_path):
    _, log = cleaned(tmp_path, {"STATUS": "preview"}, {"note": "test test"}, {"note": "tested it"})
    assert quarantine_table(log)[["row", "rule"]].to_numpy().tolist() == [[1, "S5"], [2, "S5"]]


def test_who_fails_the_screener_is_set_aside(tmp_path):
    _, log = cleaned(tmp_path, {"scr_ok": "No"}, {})
    assert quarantine_table(log)[["row", "rule"]].to_numpy().tolist() == [[1, "L1"]]


def test_complete_partial_and_broken_off_are_told_apart(tmp_path):
    blank = dict.fromkeys(("emp", "emp_tech", "has_plan", "v1", "v2"), "")
    work, log = cleaned(
        tmp_path,
        {},
        {"has_plan": ""},  # 4 of 5 core items, but not the required one
        {**blank, "v1": "Agree", "v2": "Agree", "emp": "4"},  # 3 of 5
        {**blank, "v1": "Agree", "v2": "Agree"},  # 2 of 5
    )
    assert work.meta["completion"].tolist() == ["complete", "partial", "partial", "break_off"]
    assert quarantine_table(log)[["row", "rule"]].to_numpy().tolist() == [[4, "B1"]]


def test_free_text_never_stands_in_the_log(tmp_path):
    changes = changes_of(tmp_path, {"note": " my  name is Ann "})
    assert changes[["variable", "old", "new"]].to_numpy().tolist() == [
        ["note", "[redacted]", "[redacted]"],
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12.0, "12"), (float("nan"), ""), ("ann@example.org", "[redacted]"),
        ("call +1 504 555 0100", "[redacted]"), ("=cmd()", "'=cmd()"), ("-3", "-3"),
    ],
)  # fmt: skip
def test_the_log_shows_nothing_personal_and_no_formula(value, said):
    assert shown(value) == said


def export_of(tmp_path, header):
    path = tmp_path / "e.csv"
    cells = ["x"] * (header.count(",") + 1)
    path.write_text(
        f"id,submitdate,lastpage,{header}\n1,2026-01-01 10:00:00,2,{','.join(cells)}\n"
    )
    return read_responses(path)


def test_columns_are_found_by_name_row_and_tick(tmp_path):
    header = (
        "scr_ok,SCR_ROLE,emp,emptech,part[part_a],part[b],grow_pct,price_user_month,tools[edr],"
        "tools[mfa],has_plan,view[v1],view[v2],other[x]"
    )
    columns = map_columns(export_of(tmp_path, header), small_instrument(tmp_path))
    assert columns.columns["emp_tech"] == "emptech"
    assert columns.columns["part_a"] == "part[part_a]"
    assert columns.columns["part_b"] == "part[b]"
    assert columns.columns["tools_edr"] == "tools[edr]"
    assert columns.columns["v2"] == "view[v2]"
    assert columns.absent == ["tools_dk", "plan_age", "note"]
    assert columns.unused == ["other[x]"]
    frame = map_export(export_of(tmp_path, header), small_instrument(tmp_path)).answers
    assert frame.loc[0, "note"] == ""


def test_a_column_is_found_by_its_wording(tmp_path):
    header = "scr_ok,scr_role,emp,emp_tech,grow_pct,has_plan,v1,v2,part_a,part_b,Anything else?"
    columns = map_columns(export_of(tmp_path, header), small_instrument(tmp_path))
    assert (columns.columns["note"], columns.how["note"]) == ("Anything else?", "wording")


def test_an_export_of_another_survey_names_both(tmp_path):
    with pytest.raises(ReadError, match="Small survey") as caught:
        map_columns(export_of(tmp_path, "emp_total,colour,town"), small_instrument(tmp_path))
    assert "another survey: 0 of them" in caught.value.came
    assert "emp ~ emp_total" in caught.value.came
