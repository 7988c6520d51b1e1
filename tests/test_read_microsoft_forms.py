"""Exports of Microsoft Forms, plain tables, and files that no platform wrote."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from sheet_sample import write_csv, write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.detect import PLATFORMS

TOP = ["Id", "Start time", "Completion time", "Email", "Name"]
MOMENTS = [dt.datetime(2026, 2, 1, 9, 0), dt.datetime(2026, 2, 1, 9, 5)]
FIRST = ["1", "01/02/2026 09:00:00", "01/02/2026 09:05:00", "anonymous", "Ann Li"]
QUESTIONS = ["Which tools?\n", "Year", "Year2", "Points - Year", "Feedback - Year", "Grid [row]"]
ANSWERS = ["RMM\u00a0;Backup;", "2025", "2026", "1", "good", "Essential for all"]


def test_a_workbook_is_read(tmp_path):
    rows = [[*TOP, *QUESTIONS], [1, *MOMENTS, "anonymous", "Ann Li", *ANSWERS]]
    path = write_workbook(tmp_path / "m.xlsx", {"Sheet1": rows})
    export = read_responses(path, time_zone="Europe/London")
    assert (export.platform, export.dialect) == ("microsoft_forms", "workbook")
    assert list(export.answers) == ["Which tools?", "Year~q2", "Year~q3", "Grid [row]"]
    assert export.answers.loc[0, "Which tools?"] == "RMM\u00a0;Backup;"
    assert export.meta["started"][0] == pd.Timestamp("2026-02-01 09:00", tz="UTC")
    assert (export.meta["duration_s"][0], export.meta["resp_id"][0]) == (300, "1")
    assert list(export.personal.iloc[0]) == ["anonymous", "Ann Li"]


def test_damage_to_headings_and_choices_is_reported(tmp_path):
    export = read_responses(
        write_csv(tmp_path / "m.csv", [[*TOP, *QUESTIONS], [*FIRST, *ANSWERS]])
    )
    assert "1 headings end in a blank or a line end; cut off" in export.problems
    assert "1 cells hold a no-break space, which makes two choices of one" in export.problems


def test_day_first_dates_are_told_from_the_rows(tmp_path):
    second = ["2", "13/02/2026 10:00:00", "13/02/2026 10:01:00", "anonymous", ""]
    rows = [[*TOP, "Why?"], [*FIRST, "x"], [*second, "y"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert list(export.meta["started"].dt.day) == [1, 13]
    assert list(export.meta["started"].dt.month) == [2, 2]


def test_all_the_leading_columns_of_a_quiz_are_metadata(tmp_path):
    top = [*TOP, "Total points", "Quiz feedback", "Last modified time", "Language"]
    rows = [[*top, "Name"], [*FIRST, "3", "", "", "English", "an answer"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert list(export.meta["language"]) == ["English"]
    assert list(export.answers.iloc[0]) == ["an answer"]


@pytest.mark.parametrize(
    "top",
    [
        ["ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"],
        ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"],
        ["ID", "Hora de inicio", "Hora de finalización", "Correo electrónico", "Nombre"],
        ["Id", "Begintijd", "Tijd van voltooien", "E-mail", "Naam"],
        ["Id", "Starttid", "Slutförandetid", "E-post", "Namn"],
        ["ID", "Ura začetka", "Čas zaključka", "Email", "Name"],
        ["ID", "Sākuma laiks", "Pabeigšanas laiks", "E-pasts", "Name"],
        ["Identyfikator", "Godzina rozpoczęcia", "Godzina ukończenia", "Adres e-mail", "Nazwa"],
        ["Код", "Время начала", "Время выполнения", "Электронная почта", "Имя"],
        ["ID", "시작 시간", "완료 시간", "전자 메일", "이름"],
    ],
)
def test_headings_in_other_languages_are_known(tmp_path, top):
    rows = [[*top, "Why?"], [*FIRST, "x"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert (export.platform, list(export.answers)) == ("microsoft_forms", ["Why?"])
    assert export.meta["duration_s"][0] == 300


def test_a_table_of_unknown_origin_is_an_error_that_lists_what_was_looked_for(tmp_path):
    path = write_csv(tmp_path / "t.csv", [["town", "people"], ["Ulm", "7"]])
    with pytest.raises(ReadError) as caught:
        read_responses(path)
    assert all(f"{name}:" in caught.value.wanted for name in PLATFORMS)
    assert "'town', 'people'" in caught.value.came
    assert '"plain"' in caught.value.do


def test_a_plain_table_is_read_where_it_is_asked_for(tmp_path):
    rows = [
        ["A title", "", "", "", ""],
        ["id", "email", "town", "size [large]", ""],
        ["7", "ann@example.org", "Ulm", "1", ""],
    ]
    export = read_responses(write_csv(tmp_path / "t.csv", rows), "plain")
    assert list(export.answers) == ["town", "size [large]"]
    assert list(export.meta["resp_id"]) == ["7"]
    assert list(export.personal["email"]) == ["ann@example.org"]
    assert "a title stands above the headings: 'A title'" in export.problems
    assert "1 columns without heading or answers left out" in export.problems


def test_the_other_sheets_of_a_plain_workbook_are_named(tmp_path):
    sheets = {"data": [["a", "b"], [1, 2]], "notes": [["x"]]}
    export = read_responses(write_workbook(tmp_path / "t.xlsx", sheets), "plain")
    assert list(export.answers.iloc[0]) == ["1", "2"]
    assert "only the sheet 'data' is read, not 'notes'" in export.problems


def test_answers_without_a_heading_are_kept_and_reported(tmp_path):
    path = write_csv(tmp_path / "t.csv", [["a", "", "a"], ["1", "2", "3"]])
    export = read_responses(path, "plain")
    assert list(export.answers.iloc[0]) == ["1", "2", "3"]
    assert "1 columns have answers but no heading" in export.problems
    assert "1 headings stand twice; told apart by their place" in export.problems


def test_a_format_of_which_nothing_is_there_is_an_error(tmp_path):
    path = write_csv(tmp_path / "t.csv", [["town", "people"], ["Ulm", "7"]])
    with pytest.raises(ReadError, match="Nothing of this is there"):
        read_responses(path, "microsoft_forms")


def test_two_platforms_equally_likely_are_both_named(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "t.csv", [["town", "people"], ["Ulm", "7"]])
    for name in ("kobo", "redcap"):
        platform = PLATFORMS[name]
        monkeypatch.setitem(
            PLATFORMS,
            name,
            type(platform)(name, lambda book: (0.7, ""), platform.read, platform.looked_for),
        )
    with pytest.raises(ReadError, match=r"of kobo .* as well as of redcap"):
        read_responses(path)


def test_rows_of_a_grid_repeat_their_question_before_a_dot(tmp_path):
    grid = ["How good is it?.Price", "How good is it?.Node.js", "Why, e.g. U.S. law?", "What?.x"]
    rows = [[*TOP, *grid], [*FIRST, "Good", "Bad", "y", "z"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert list(export.answers) == [
        "How good is it? [Price]", "How good is it? [Node.js]", "Why, e.g. U.S. law?", "What?.x",
    ]  # fmt: skip
    asked = export.columns[export.columns["role"].eq("answer")]
    assert list(asked["id"]) == ["q1_1", "q1_2", "q3", "q4"]


def test_the_mark_of_direction_is_no_part_of_a_language(tmp_path):
    rows = [[*TOP, "Language", "Why?"], [*FIRST, "English (United States)\u200e", "x"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert list(export.meta["language"]) == ["English (United States)"]


def test_a_title_above_and_numbers_beside_an_export_are_left_out_and_reported(tmp_path):
    rows = [["A survey", *[""] * 6], ["", *TOP, "Why?"], ["0", *FIRST, "x"]]
    titled = read_responses(write_csv(tmp_path / "m.csv", [rows[0][:6], [*TOP, "Why?"],
                                                           [*FIRST, "x"]]))  # fmt: skip
    numbered = read_responses(write_csv(tmp_path / "n.csv", rows[1:]))
    for export in (titled, numbered):
        assert (export.platform, list(export.answers["Why?"])) == ("microsoft_forms", ["x"])
    assert "a title stands above the headings: 'A survey'" in titled.problems
    assert "a first column that counts the rows is left out" in numbered.problems


def test_headings_that_stand_again_between_two_exports_are_no_response(tmp_path):
    rows = [[*TOP, "Why?"], [*FIRST, "x"], [*TOP, "Why?"], ["2", *FIRST[1:], "y"]]
    export = read_responses(write_csv(tmp_path / "m.csv", rows))
    assert list(export.answers["Why?"]) == ["x", "y"]
    assert "1 rows repeat the headings; left out" in export.problems
