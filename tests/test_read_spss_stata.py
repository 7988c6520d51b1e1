"""Files of SPSS and Stata: labels, codes that mean no answer, dates, and damage."""

from __future__ import annotations

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.export import choice_table
from mspsurvey.intake.readers.file import apart_process
from mspsurvey.intake.readers.spss_stata import responses
from mspsurvey.intake.readers.spss_stata.values import (
    is_missing,
    missing_reason,
    moment_writer,
    number_text,
)

FRAME = pd.DataFrame(
    {
        "respid": ["b7", "a1", "c3"],
        "use": [1.0, -8.0, float("nan")],
        "staff": [2.5, 400.0, -99.0],
        "place": ["Köln  ", "Ulm", None],
        "code": ["a", "ZZ", "a"],
    }
)


@pytest.fixture(scope="module")
def sav(tmp_path_factory):
    path = tmp_path_factory.mktemp("sav") / "wave.sav"
    pyreadstat.write_sav(
        FRAME, path,
        column_labels={"use": "Do you use it?", "staff": "How many people?"},
        variable_value_labels={"use": {1.0: "Yes", 2.0: "No", -8.0: "Don't know"}},
        missing_ranges={"use": [-8.0], "staff": [{"lo": -99.0, "hi": -1.0}], "code": ["ZZ"]},
    )  # fmt: skip
    return read_responses(path)


def test_answers_are_plain_text_and_the_name_of_a_response_is_found(sav):
    assert (sav.platform, sav.dialect, len(sav)) == ("spss", "sav", 3)
    assert list(sav.answers) == ["use", "staff", "place", "code"]
    assert sav.answers.to_numpy().tolist() == [
        ["1", "2.5", "Köln", "a"], ["-8", "400", "Ulm", "ZZ"], ["", "-99", "", "a"],
    ]  # fmt: skip
    assert list(sav.meta["resp_id"]) == ["b7", "a1", "c3"]
    assert list(sav.columns["role"]) == ["meta", "answer", "answer", "answer", "answer"]
    assert sav.wording("use") == "Do you use it?"


def test_codes_declared_as_no_answer_stay_and_carry_their_reason(sav):
    expected = choice_table([
        ("use", "1", "Yes", ""), ("use", "2", "No", ""), ("use", "-8", "Don't know", "dont_know"),
        ("staff", "-99", "", "user"),
        ("code", "ZZ", "", "user"),
    ])  # fmt: skip
    got = sav.choices.sort_values(["name", "code"], ignore_index=True)
    pd.testing.assert_frame_equal(got, expected.sort_values(["name", "code"], ignore_index=True))


def test_a_compressed_and_a_portable_file_give_the_same_answers(tmp_path):
    small = FRAME[["staff", "code"]].rename(columns=str.upper)
    pyreadstat.write_sav(small, tmp_path / "a.zsav", compress=True)
    pyreadstat.write_por(small, tmp_path / "a.por")
    packed, portable = read_responses(tmp_path / "a.zsav"), read_responses(tmp_path / "a.por")
    assert (packed.dialect, portable.dialect) == ("sav", "por")
    pd.testing.assert_frame_equal(packed.answers, portable.answers)


def test_tagged_missing_values_of_stata_are_written_as_stata_writes_them(tmp_path):
    frame = pd.DataFrame({"x": [1.0, "a", "r", 2.0], "s": ["a", "", "b", "c"]})
    path = tmp_path / "wave.dta"
    pyreadstat.write_dta(
        frame, path, missing_user_values={"x": ["a", "r"]},
        variable_value_labels={"x": {1.0: "low", "a": "Refused"}},
    )  # fmt: skip
    export = read_responses(path, "stata")
    assert list(export.answers["x"]) == ["1", ".a", ".r", "2"]
    assert list(export.answers["s"]) == ["a", "", "b", "c"]
    known = export.choices.set_index("code")["missing"].to_dict()
    assert known == {"1": "", ".a": "refused", ".r": "user"}
    assert list(export.meta["resp_id"]) == ["row_1", "row_2", "row_3", "row_4"]


def test_dates_are_iso_and_one_beyond_the_calendar_stays_a_number(tmp_path):
    frame = pd.DataFrame({"day": [13_166_064_000.0, 9e15], "at": [36_610.0, float("nan")]})
    path = tmp_path / "dates.sav"
    pyreadstat.write_sav(frame, path, variable_format={"day": "DATETIME20", "at": "TIME8"})
    export = read_responses(path)
    assert list(export.answers["day"]) == ["2000-01-01 00:00:00", "9000000000000000"]
    assert list(export.answers["at"]) == ["10:10:10", ""]
    assert any("1 values of 'day' are no date" in p for p in export.problems)


@pytest.mark.parametrize(
    ("kind", "form", "value", "text"),
    [
        ("sav", "ADATE10", 86_400.0, "1582-10-15"),
        ("sav", "DTIME12", 90_061.0, "25:01:01"),
        ("dta", "%td", 366.0, "1961-01-01"),
        ("dta", "%tc", 1000.0, "1960-01-01 00:00:01"),
        ("dta", "%tcHH:MM:SS", 61_000.0, "00:01:01"),
        ("dta", "%tm", -1.0, "1959-12"),
    ],
)
def test_each_format_of_dates_is_known(kind, form, value, text):
    write = moment_writer(kind, form)
    assert write is not None
    assert write(value) == text


def test_a_multiple_response_set_gives_its_columns_one_question():
    stored = responses._Stored(
        "sav", {"t1": ([1.0, 2.0], [0, 1]), "t2": ([2.0, None], [0, 1])},
        {"t1": "Tea", "t2": "Milk"}, {}, {}, {}, {}, {},
        {"drinks": {"is_dichotomy": True, "counted_value": 1, "label": "Which?",
                    "variable_list": ["t1", "t2"]}},
    )  # fmt: skip
    columns = responses._columns(stored, {})
    assert columns[["id", "wording", "choice"]].to_numpy().tolist() == [
        ["drinks", "Which? - Tea", "Tea"], ["drinks", "Which? - Milk", "Milk"],
    ]  # fmt: skip
    cells = pd.Series(["1", "2"], dtype="str")
    assert responses._choices(stored, "t1", cells) == [
        ("t1", "1", "Yes", ""), ("t1", "2", "No", ""),
    ]  # fmt: skip


def test_personal_columns_are_no_answers(tmp_path):
    frame = pd.DataFrame({"RecipientEmail": ["ann@example.org"], "q": [1.0], "Progress": [50.0]})
    pyreadstat.write_sav(frame, tmp_path / "p.sav")
    export = read_responses(tmp_path / "p.sav")
    assert list(export.answers) == ["q"]
    assert export.personal.to_numpy().tolist() == [["ann@example.org"]]
    assert export.meta["progress"][0] == 50


def test_damage_is_one_clear_error_even_where_it_would_end_the_process(tmp_path):
    path = tmp_path / "wave.sav"
    pyreadstat.write_sav(FRAME, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match="should be a whole file of SPSS"):
        read_responses(path)
    path.write_bytes(b"$FL2" + b"\xff" * 400)
    with pytest.raises(ReadError, match="should be a whole file of SPSS"):
        read_responses(path)


def test_a_process_that_dies_is_one_clear_error(tmp_path, monkeypatch):
    script = tmp_path / "dies.py"
    script.write_text("import os\nos.abort()\n", encoding="utf-8")
    monkeypatch.setattr(apart_process, "__file__", str(script))
    path = tmp_path / "wave.sav"
    path.write_bytes(b"$FL2 rest")
    with pytest.raises(ReadError, match="stops the program"):
        read_responses(path)


def test_the_wrong_format_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ReadError, match="does not begin like one"):
        read_responses(path, "spss")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_said_so_that_it_reads_back_the_same(value):
    assert float(number_text(value)) == value


def test_a_number_of_four_bytes_has_no_more_digits_than_it_holds():
    assert number_text(1.100000023841858, single=True) == "1.1"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("Refused to answer", "refused"), ("DK", "dont_know"), ("Inapplicable", "not_applicable"),
        ("Not asked", "not_shown"), ("No answer", "no_answer"), ("Ledger", "user"),
    ],
)  # fmt: skip
def test_words_of_a_label_give_the_reason(label, reason):
    assert missing_reason(label) == reason


def test_both_ends_of_a_range_are_missing():
    ranges = [{"lo": -9.0, "hi": -5.0}, {"lo": "NA", "hi": "NA"}]
    assert [is_missing(v, ranges) for v in (-9.0, -5.0, -4.9, "NA ", "N", None)] == [
        True, True, False, True, False, False,
    ]  # fmt: skip
