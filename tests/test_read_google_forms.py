"""Exports of Google Forms, and cells that hold several choices."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheet_sample import write_csv, write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.joined import split_choices, split_with_other

HEAD = [
    "Timestamp", "Email Address", "Which tools?", "How often? [by phone]", "How often? [by mail]",
]  # fmt: skip
ROWS = [
    HEAD,
    ["4/22/2026 19:57:50", "ann@example.org", "RMM, Backup (A, B)", "Often", "Never"],
    ["4/23/2026 8:00:00", "", "RMM, something, else", "", "line one\nline two"],
]


def test_the_headings_are_the_wording(tmp_path):
    export = read_responses(write_csv(tmp_path / "g.csv", ROWS), time_zone="Europe/Berlin")
    assert (export.platform, export.dialect, len(export)) == ("google_forms", "headings", 2)
    assert list(export.answers) == HEAD[2:]
    assert list(export.columns["wording"])[2:] == ["Which tools?", "How often?", "How often?"]
    assert list(export.columns["choice"])[2:] == ["", "by phone", "by mail"]
    assert list(export.columns["id"])[2:] == ["q2", "q3_1", "q3_2"]
    assert export.answers.iloc[1, 2] == "line one\nline two"
    assert export.meta["ended"][0] == pd.Timestamp("2026-04-22 17:57:50", tz="UTC")
    assert export.meta["finished"].all()


def test_the_address_is_kept_apart(tmp_path):
    export = read_responses(write_csv(tmp_path / "g.csv", ROWS))
    assert list(export.personal["Email Address"]) == ["ann@example.org", ""]


@pytest.mark.parametrize(
    ("head", "stamp"),
    [
        ("Zeitstempel", "22.04.2026 19:57:50"),
        ("Horodateur", "22/04/2026 19:57:50"),
        ("Marca temporal", "22/04/2026 19:57:50"),
        ("Carimbo de data/hora", "22/04/2026 19:57:50"),
        ("Tijdstempel", "22-04-2026 19:57:50"),
        ("タイムスタンプ", "2026/04/22 19:57:50"),
        ("Timestamp", "2026/04/22 7:57:50 PM GMT"),
        ("Timestamp", "2026/04/22 9:57:50 PM GMT+2"),
        ("Timestamp", "2026/04/22 1:57:50 PM MDT"),
        ("タイムスタンプ", "2026/04/23 4:57:50 午前 GMT+9"),
        ("时间戳记", "2026/04/22 下午7:57:50"),
        ("타임스탬프", "2026. 4. 22 오후 7:57:50"),
        ("Marca temporal", "2026/04/22 9:57:50 p. m. CEST"),
        ("Χρονική σήμανση", "22/4/2026 7:57:50 μ.μ."),
        ("طابع زمني", "22/04/2026 7:57:50 م"),
        ("Informazioni cronologiche", "22/04/2026 19.57.50"),
        ("Aikaleima", "22.4.2026 klo 19.57.50"),
        ("Vremenska oznaka", "22. 04. 2026. 19:57:50"),
        ("Időbélyeg", "2026.04.22. du. 7:57:50"),
    ],
)
def test_stamps_in_many_languages_are_one_moment(tmp_path, head, stamp):
    rows = [[head, "A?"], [stamp, "x"]]
    export = read_responses(write_csv(tmp_path / "g.csv", rows))
    assert export.meta["ended"][0] == pd.Timestamp("2026-04-22 19:57:50", tz="UTC")


def test_day_and_month_are_told_apart_by_the_order_of_the_rows(tmp_path):
    rows = [["Timestamp", "A?"], *([f"0{day}/03/2026 10:00:00", "x"] for day in (1, 2, 5))]
    export = read_responses(write_csv(tmp_path / "g.csv", rows))
    assert list(export.meta["ended"].dt.day) == [1, 2, 5]
    lone = read_responses(write_csv(tmp_path / "h.csv", rows[:2]))
    assert any("cannot be told apart" in problem for problem in lone.problems)


def test_a_workbook_gives_true_dates_and_plain_numbers(tmp_path):
    rows = [["Timestamp", "How many?"], [dt.datetime(2026, 4, 22, 19, 57, 50), 3.0]]
    path = write_workbook(tmp_path / "g.xlsx", {"Form Responses 1": rows})
    export = read_responses(path)
    assert list(export.answers["How many?"]) == ["3"]
    assert export.meta["ended"][0] == pd.Timestamp("2026-04-22 19:57:50", tz="UTC")


def test_a_sheet_for_each_language_is_put_together(tmp_path):
    sheets = {
        "EN": [["Timestamp", "Why?"], ["2026-04-22 10:00:00", "x"]],
        "DE": [["Zeitstempel", "Warum?"], ["2026-04-23 10:00:00", "y"]],
        "Notes": [["remember", "this"]],
        "Old": [["Timestamp", "A", "B"], ["2026-04-21 10:00:00", "y", "z"]],
    }
    export = read_responses(write_workbook(tmp_path / "g.xlsx", sheets))
    assert list(export.answers["Why?"]) == ["x", "y"]
    assert list(export.meta["language"]) == ["EN", "DE"]
    assert "the sheet 'Old' has 1 rows of 3 columns, not 2; left out" in export.problems


def test_a_sheet_of_responses_without_headings_is_read_by_place(tmp_path):
    rows = [["2026-04-22 10:00:00", "x"], ["2026-04-23 10:00:00", "y"]]
    path = write_workbook(tmp_path / "g.xlsx", {"Form Responses 1": rows})
    export = read_responses(path)
    assert (export.dialect, list(export.answers.iloc[:, 0])) == ("no headings", ["x", "y"])
    assert "there is no header row; columns go by place" in export.problems


def test_stamped_rows_without_a_name_are_not_guessed_but_can_be_named(tmp_path):
    path = write_csv(tmp_path / "g.csv", [["2026-04-22 10:00:00", "x"]] * 2)
    with pytest.raises(ReadError, match="known platform"):
        read_responses(path)
    assert len(read_responses(path, "google_forms")) == 2


def test_points_of_a_quiz_are_no_answers(tmp_path):
    rows = [
        ["Timestamp", "Total score", "Why?", "Why? [Score]", "Why? [Feedback]"],
        ["2026-04-22 10:00:00", "3 / 5", "x", "3 / 5", "good"],
    ]
    assert list(read_responses(write_csv(tmp_path / "g.csv", rows)).answers) == ["Why?"]


def test_two_questions_of_one_wording_are_told_apart(tmp_path):
    rows = [["Timestamp", "Why?", "Why?"], ["2026-04-22 10:00:00", "x", "y"]]
    export = read_responses(write_csv(tmp_path / "g.csv", rows))
    assert list(export.answers) == ["Why?~q1", "Why?~q2"]


LABELS = ["RMM", "Backup (A, B)", "Backup", "A", "A, B", "B, C", "I don't know, ask me"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("", []),
        ("RMM", ["RMM"]),
        ("RMM, Backup (A, B)", ["RMM", "Backup (A, B)"]),
        ("RMM;Backup;", ["RMM", "Backup"]),
        ("rmm\u00a0; Backup", ["RMM", "Backup"]),
        ("A, B", ["A, B"]),
        ("A, B, C", ["A", "B, C"]),
        ("I don't know, ask me", ["I don't know, ask me"]),
        ("RMM\nBackup", ["RMM", "Backup"]),
        ("RMMs", None),
        ("RMM, and more", None),
        (";", None),
    ],
)
def test_a_cell_is_covered_by_the_longest_choices(cell, found):
    assert split_choices(cell, LABELS) == found


def test_words_of_other_are_what_no_choice_covers():
    assert split_with_other("RMM, my own, tool", LABELS) == (["RMM"], "my own, tool")
    assert split_with_other("my own", LABELS) == ([], "my own")


def test_a_cell_of_very_many_choices_is_split():
    assert split_choices("RMM, " * 5_000, LABELS) == ["RMM"] * 5_000


WORD = st.text(st.sampled_from("ab ,;("), min_size=1, max_size=6).map(str.strip)
PROPER = WORD.filter(lambda w: w and w.strip(" ,;") == w)

LABEL_SETS = st.lists(PROPER, min_size=1, max_size=5, unique_by=lambda w: " ".join(w.split()))


@given(LABEL_SETS, st.data())
def test_what_was_joined_is_split_into_known_choices(labels, data):
    ticked = data.draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))
    marked = any(mark in label for label in labels for mark in ",;")
    for cell in (", ".join(ticked), "".join(f"{t};" for t in ticked)):
        found = split_choices(cell, labels)
        # With marks inside the labels there may be several ways to cover a cell.
        assert found == ticked or (marked and found and set(found) <= set(labels))


def test_points_of_a_quiz_in_another_language_are_no_answers(tmp_path):
    rows = [
        ["Marca temporal", "Puntuación", "¿Por qué?", "¿Por qué? [Puntuación]"],
        ["22/04/2026 10:00:00", "3 / 5", "x", "3 / 5"],
    ]
    assert list(read_responses(write_csv(tmp_path / "g.csv", rows)).answers) == ["¿Por qué?"]


def test_stamps_that_a_spreadsheet_cut_to_days_are_still_stamps(tmp_path):
    rows = [["Timestamp", "Why?"], ["4/22/2026", "x"], ["45000", "y"]]
    export = read_responses(write_csv(tmp_path / "g.csv", rows))
    assert (export.platform, export.meta["ended"].notna().all()) == ("google_forms", True)
