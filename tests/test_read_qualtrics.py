"""Exports of Qualtrics in their dialects."""

from __future__ import annotations

import pandas as pd
import pytest
from intake_sample import csv_text, qualtrics_rows, small_instrument
from sheet_sample import write_csv

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses

LEGACY = """V1,V2,V3,V4,V5,V6,V7,V8,V9,V10,Q1,Q2_1,Q2_2,
ResponseID,ResponseSet,Name,ExternalDataReference,EmailAddress,IPAddress,Status,StartDate,EndDate,\
Finished,How are you?,Tick all-Tea,Tick all-Coffee,
R_1,Default,Ann,S7,ann@example.org,203.0.113.1,0,2016-01-02 10:00:00,2016-01-02 10:05:00,1,2,1,,
R_2,Default,Bob,S8,bob@example.org,203.0.113.2,2,2016-01-02 11:00:00,2016-01-02 11:05:00,0,,,1,
"""
INSIGHTS = """ResponseID,Finished,Status,StartDate,Q2_-1,Q2_-1,Q3
ResponseID,Finished,Status,StartDate,Which?-None,Which?-Other,Free text
{'ImportId': 'responseId'},{'ImportId': 'finished'},{'ImportId': 'status'},\
{'ImportId': 'startDate'},{'ImportId': 'QID2-4'},{'ImportId': 'QID2-5'},{'ImportId': 'QID3-TEXT'}
R_1,1,0,2017-03-04 10:00:00,1,,"two
lines"
"""


def write(tmp_path, text, name="export.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def current(tmp_path, *rows):
    return write(tmp_path, csv_text(qualtrics_rows(small_instrument(tmp_path), *rows)))


def test_the_current_dialect_has_its_time_zone_in_the_import_id(tmp_path):
    export = read_responses(current(tmp_path, {}))
    assert (export.platform, export.dialect, len(export)) == ("qualtrics", "current", 1)
    # 10:00 in New York in August is 14:00 UTC.
    assert export.meta["started"][0] == pd.Timestamp("2026-08-10 14:00", tz="UTC")
    assert export.meta["duration_s"][0] == 600
    assert export.meta["sample_id"][0] == "S1"
    assert export.answers["emp"][0] == "10"
    assert export.wording("emp") == "How many people?"


def test_personal_columns_are_dropped_on_reading(tmp_path):
    export = read_responses(current(tmp_path, {}))
    everything = export.frame().astype("str").to_numpy().ravel()
    assert "ann@example.org" not in everything
    assert "203.0.113.9" not in everything
    personal = export.columns.loc[export.columns["role"] == "personal", "name"]
    assert list(personal) == ["IPAddress", "RecipientEmail"]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("IP Address", "real"), ("0", "real"), ("Survey Preview", "preview"), ("1", "preview"),
        ("Survey Test", "test"), ("2", "test"), ("Spam", "spam"), ("8", "spam"),
        ("Imported", "imported"), ("Umfragevorschau", "preview"),
        ("Anteprima sondaggio", "preview"),
    ],
)  # fmt: skip
def test_a_status_is_read_in_words_and_numbers(tmp_path, cell, status):
    export = read_responses(current(tmp_path, {"Status": cell}))
    assert export.meta["status"][0] == status


@pytest.mark.parametrize(("cell", "finished"), [("True", True), ("1", True), ("False", False)])
def test_finished_is_read_in_words_and_numbers(tmp_path, cell, finished):
    export = read_responses(current(tmp_path, {"Finished": cell}))
    assert bool(export.meta["finished"][0]) is finished


def test_a_legacy_export_has_two_header_rows_and_a_last_comma(tmp_path):
    export = read_responses(write(tmp_path, "\ufeff" + LEGACY))
    assert (export.dialect, len(export)) == ("legacy", 2)
    assert list(export.answers) == ["Q1", "Q2_1", "Q2_2"]
    assert list(export.meta["sample_id"]) == ["S7", "S8"]
    assert list(export.meta["status"]) == ["real", "test"]
    assert list(export.columns.set_index("name").loc[["Q2_1", "Q2_2"], "choice"]) == [
        "Tea", "Coffee",
    ]  # fmt: skip
    assert "Ann" not in export.frame().astype("str").to_numpy()


def test_a_doubled_name_is_told_apart_by_its_import_id(tmp_path):
    export = read_responses(write(tmp_path, INSIGHTS))
    assert (export.dialect, len(export)) == ("insights", 1)
    assert list(export.answers) == ["Q2_-1~QID2-4", "Q2_-1~QID2-5", "Q3"]
    assert export.answers.loc[0, "Q3"] == "two\nlines"
    assert "2 column names" not in " ".join(export.problems)
    assert "1 column names stand twice; told apart by their ImportId" in export.problems


def test_an_export_without_its_second_and_third_row_is_read(tmp_path):
    rows = qualtrics_rows(small_instrument(tmp_path), {}, {})
    export = read_responses(write(tmp_path, csv_text([rows[0], *rows[3:]])))
    assert (export.dialect, len(export)) == ("stripped", 2)
    two = read_responses(write(tmp_path, csv_text([rows[0], rows[1], *rows[3:]])))
    assert len(two) == 2
    assert two.wording("emp") == "How many people?"


def test_header_rows_alone_are_a_read_error(tmp_path):
    rows = qualtrics_rows(small_instrument(tmp_path))
    with pytest.raises(ReadError, match="header rows only"):
        read_responses(write(tmp_path, csv_text(rows)))


def test_a_table_of_something_else_names_what_was_looked_for(tmp_path):
    with pytest.raises(ReadError, match="qualtrics: a row of ImportId marks") as caught:
        read_responses(write(tmp_path, "city,people\nOslo,700000\n"))
    assert "'city', 'people'" in caught.value.came


def test_an_unknown_format_says_which_are_known(tmp_path):
    with pytest.raises(ReadError, match="Did you mean 'qualtrics'"):
        read_responses(write(tmp_path, "a,b\n1,2\n"), format="qualtric")


def test_without_an_instrument_columns_get_the_types_they_show(tmp_path):
    export = read_responses(current(tmp_path, {"emp": "10"}, {"emp": ""}, {"emp": "12"}))
    frame = export.frame()
    assert frame["emp"].dtype == "float64"
    assert frame["emp"].sum() == 10 + 12
    assert list(frame["v1"].cat.categories) == ["Agree"]
    assert frame["note"].isna().all()


def test_an_hour_that_a_clock_lives_twice_still_has_a_time(tmp_path):
    export = read_responses(current(tmp_path, {"StartDate": "2026-11-01 01:30:00"}))
    assert export.meta["started"][0] == pd.Timestamp("2026-11-01 05:30", tz="UTC")


def test_a_date_that_a_spreadsheet_rewrote_is_read(tmp_path):
    export = read_responses(current(tmp_path, {"StartDate": "8/10/2026 10:00"}))
    assert export.meta["started"][0] == pd.Timestamp("2026-08-10 14:00", tz="UTC")


def with_columns(tmp_path, *columns):
    """Write an export of one response, with columns of name, wording, id/choice and cell."""
    given = [("ResponseId", "Response ID", "_recordId", "R_1"), *columns]
    rows = [[*row] for row in zip(*given, strict=True)]
    parts = [ident.partition("/") for ident in rows[2]]
    rows[2] = [
        f'{{"ImportId":"{ident}"' + (f',"choiceId":"{choice}"}}' if choice else "}")
        for ident, _, choice in parts
    ]
    return read_responses(write(tmp_path, csv_text(rows)))


def test_what_the_platform_puts_into_the_wording_is_taken_out(tmp_path):
    export = with_columns(
        tmp_path,
        ("Q1", "Which size? - Selected Choice", "QID1", "Other"),
        ("Q1_4_TEXT", "Which size? - Other - Text", "QID1_4_TEXT", "tiny"),
        ("Q2_1", "Tools - Selected Choice - RMM", "QID2_1", "RMM"),
        ("Q2_2", "Tools - Selected Choice - Backup", "QID2_2", ""),
    )
    assert [export.wording(n) for n in ("Q1", "Q2_1")] == ["Which size?", "Tools - RMM"]
    assert list(export.columns["choice"])[-2:] == ["RMM", "Backup"]


def test_a_dash_within_a_word_parts_no_question_from_its_choices(tmp_path):
    export = with_columns(
        tmp_path,
        ("1_Q7", "Why co-manage with Acme?", "1_QID7_TEXT", "a"),
        ("2_Q7", "Why co-manage with Beta?", "2_QID7_TEXT", "b"),
    )
    assert list(export.columns["choice"]) == ["", "", ""]


def test_what_nobody_was_asked_is_no_answer(tmp_path):
    export = with_columns(
        tmp_path,
        ("Q1_NPS_GROUP", "Recommend? - Group", "QID1_NPS_GROUP", "Promoter"),
        ("Q2_Browser", "Browser", "QID2_BROWSER", "Firefox"),
        ("Q3_Name", "Upload - Name", "QID3_FILE_NAME", "cv_ann_li.pdf"),
        ("Q3_Size", "Upload - Size", "QID3_FILE_SIZE", "12"),
        ("Email", "Email", "Email", "ann@example.org"),
        ("Q4", "Your e-mail?", "QID4_TEXT", "x"),
    )
    assert list(export.columns["role"])[1:] == [
        "embedded", "embedded", "personal", "embedded", "personal", "text",
    ]  # fmt: skip
    assert list(export.personal.iloc[0]) == ["cv_ann_li.pdf", "ann@example.org"]


def test_a_word_that_is_neither_yes_nor_no_is_reported(tmp_path):
    export = read_responses(current(tmp_path, {"Finished": "Qui sait"}))
    assert not export.meta["finished"][0]
    assert "Finished: 'qui sait' is neither yes nor no; taken as unfinished" in export.problems


def test_a_title_above_the_three_header_rows_is_left_out(tmp_path):
    path = current(tmp_path, {})
    path.write_text("A survey\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert list(read_responses(path).answers["emp"]) == ["10"]


def test_the_id_of_a_choice_tells_the_columns_of_one_question_apart(tmp_path):
    export = with_columns(
        tmp_path,
        ("Q1_1", "Tools - RMM", "QID1/1", "RMM"),
        ("Q1_2", "Tools - Backup", "QID1/2", ""),
        ("Q1_DO_1", "Display order", "QID1_DO/1", "2"),
    )
    assert list(export.columns["id"])[1:] == ["QID1_1", "QID1_2", "QID1_DO_1"]
    assert list(export.columns["role"])[1:] == ["answer", "answer", "order"]
    assert list(export.columns["choice"])[1:] == ["RMM", "Backup", ""]


def test_rows_of_a_grid_are_told_apart_within_each_item_of_a_loop(tmp_path):
    export = with_columns(
        tmp_path,
        ("1_Q1_1", "Acme - Price", "1_QID1_1", "3"),
        ("1_Q1_2", "Acme - Support", "1_QID1_2", "4"),
        ("2_Q1_1", "Beta - Price", "2_QID1_1", "3"),
        ("2_Q1_2", "Beta - Support", "2_QID1_2", "4"),
    )
    assert list(export.columns["choice"])[1:] == ["Price", "Support"] * 2


def test_a_row_of_wording_is_no_response_though_there_are_no_dates(tmp_path):
    rows = [
        ["ResponseId", "Progress", "Finished", "Q1"],
        ["Response ID", "Progress", "Finished", "How many?"],
        ["R_1", "100", "True", "7"],
    ]
    export = read_responses(write(tmp_path, csv_text(rows)))
    assert (len(export), export.wording("Q1")) == (1, "How many?")


def test_without_ids_what_the_platform_added_is_known_by_its_name(tmp_path):
    names = ["ResponseId", "Finished", "Progress", "StartDate", "Q_RecaptchaScore", "Q1_Browser",
             "Q2 - Parent Topics", "Q2", "Q_size"]  # fmt: skip
    row = ["R_1", "1", "100", "2026-03-01 10:00", "0.9", "Firefox", "Price", "dear", "3"]
    export = read_responses(write_csv(tmp_path / "q.csv", [names, row]))
    roles = dict(zip(export.columns["name"], export.columns["role"], strict=True))
    assert [n for n, role in roles.items() if role == "embedded"] == names[4:7]
    assert [n for n, role in roles.items() if role == "answer"] == names[7:]


def test_two_responses_with_one_id_are_reported(tmp_path):
    row = ["R_1", "1", "100", "2026-03-01 10:00", "x"]
    names = ["ResponseId", "Finished", "Progress", "StartDate", "Q1"]
    export = read_responses(write_csv(tmp_path / "q.csv", [names, row, row]))
    assert "1 responses have the id of another" in export.problems
