"""Exports of SurveyMonkey: header rows in all their numbers, ticks, metadata, summaries."""

from __future__ import annotations

import pandas as pd
import pytest
from sheet_sample import write_csv, write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses

TOP = [
    "Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address",
    "First Name", "Last Name", "Custom Data 1",
]  # fmt: skip
ANN = [
    "11000000002", "77", "02/13/2026 04:47:21 PM", "02/13/2026 04:49:21 PM", "203.0.113.4",
    "ann@example.org", "Ann", "Li", "vip",
]  # fmt: skip
BOB = ["11000000001", "77", "02/12/2026 09:00:00 AM", "", "203.0.113.5", "", "", "", ""]
QUESTIONS = ["Which tools?", "", "", "How many clients?", "Why?"]
CHOICES = ["RMM", "Backup", "Other (please specify)", "Response", "Open-Ended Response"]
ROWS = [
    [*TOP, *QUESTIONS],
    [*[""] * len(TOP), *CHOICES],
    [*ANN, "RMM", "", "a \"box\"", "007", "Growth,\nmostly"],
    [*BOB, "RMM", "Backup", "", "20", ""],
]  # fmt: skip
NAMES = [
    "Which tools? [RMM]", "Which tools? [Backup]", "Which tools? [Other (please specify)]",
    "How many clients?", "Why?",
]  # fmt: skip


@pytest.fixture
def export(tmp_path):
    return read_responses(write_csv(tmp_path / "e.csv", ROWS), time_zone="America/New_York")


def test_two_header_rows_are_put_together(export):
    assert (export.platform, export.dialect) == ("surveymonkey", "two header rows")
    assert list(export.answers) == NAMES
    assert list(export.answers.loc[0]) == ["RMM", "", 'a "box"', "007", "Growth,\nmostly"]
    asked = export.columns.iloc[len(TOP) :]
    assert list(asked["id"]) == ["q1_1", "q1_2", "q1_3", "q2", "q3"]
    assert list(asked["wording"]) == ["Which tools?"] * 3 + ["How many clients?", "Why?"]
    assert list(asked["choice"]) == ["RMM", "Backup", "Other (please specify)", "", ""]
    assert list(asked["role"]) == ["answer", "answer", "text", "answer", "text"]


def test_the_metadata_are_read(export):
    assert list(export.meta["resp_id"]) == ["11000000002", "11000000001"]
    assert export.meta["started"][0] == pd.Timestamp("2026-02-13 21:47:21", tz="UTC")
    assert list(export.meta["duration_s"].fillna(-1)) == [120, -1]
    assert list(export.meta["finished"]) == [True, False]


def test_personal_columns_are_kept_apart(export):
    assert list(export.personal) == TOP[4:]
    shown = export.frame().astype("str").to_numpy().ravel()
    assert not {"203.0.113.4", "ann@example.org", "Ann", "Li", "vip"} & set(shown)


def test_a_tick_is_a_code_with_a_label(export):
    assert export.choices.to_numpy().tolist() == [
        ["Which tools? [RMM]", "RMM", "RMM", ""],
        ["Which tools? [Backup]", "Backup", "Backup", ""],
    ]


def test_a_repeated_question_is_one_question(tmp_path):
    rows = [[*TOP, *["Which tools?"] * 3, *QUESTIONS[3:]], *ROWS[1:]]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == NAMES
    assert list(export.columns["id"])[-5:] == ["q1_1", "q1_2", "q1_3", "q2", "q3"]


def test_a_question_asked_twice_is_two_questions(tmp_path):
    rows = [
        [*TOP, "Why?", "Why?", "Which?", ""],
        [*[""] * len(TOP), "Response", "Response", "A", "B"],
        [*ANN, "x", "y", "A", ""],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == ["Why?~q1", "Why?~q2", "Which? [A]", "Which? [B]"]
    assert "1 headings stand twice; told apart by their place" in export.problems


def test_three_header_rows_give_the_number_of_the_question(tmp_path):
    blank = [""] * len(TOP)
    rows = [
        [*blank, "Q4", "", "", "Q7", "Q9", ""],
        [*TOP, *QUESTIONS, ""],
        [*blank, "RMM", "Backup", "Other", "How many clients?", "Why?", ""],
        [*ANN, "1", "", "", "7", "x", ""],
        [*BOB, "1", "2", "", "20", "", ""],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert export.dialect == "three header rows"
    assert list(export.columns["id"])[-5:] == ["Q4_1", "Q4_2", "Q4_3", "Q7", "Q9"]
    assert list(export.answers)[3:] == ["How many clients?", "Why?"]
    assert export.choices[["code", "label"]].to_numpy().tolist() == [["1", "RMM"], ["2", "Backup"]]
    assert "1 columns without heading or answers left out" in export.problems


def test_a_heading_row_that_repeats_the_metadata_and_serial_dates_are_read(tmp_path):
    top = ["Respondent ID", "Start Date", "End Date", "Collector"]
    rows = [
        [*top, "How often?", "", "Which size?"],
        [*top, "By phone", "By mail", "Which size?"],
        ["10103000748", "46066.5", "46066.75", "Main link", "Never", "Often", "10+"],
        ["10103000749", "46067.5", "46067.75", "Main link", "Often", "Often", "1-9"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == [
        "How often? [By phone]", "How often? [By mail]", "Which size?",
    ]  # fmt: skip
    assert export.meta["started"][0] == pd.Timestamp("2026-02-13 12:00", tz="UTC")
    assert export.choices.empty


def test_a_title_above_the_headings_is_reported(tmp_path):
    rows = [["Survey of 2026", *[""] * (len(ROWS[0]) - 1)], *ROWS]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == NAMES
    assert "a title stands above the headings: 'Survey of 2026'" in export.problems


def test_headings_that_stand_again_among_the_responses_take_none_with_them(tmp_path):
    # The heading above has lost its first name; the one below is whole, and comes too late.
    spoiled = ["?spondent ID", *ROWS[0][1:]]
    rows = [spoiled, ROWS[1], *[ROWS[2]] * 3, ROWS[0], ROWS[3]]
    export = read_responses(write_csv(tmp_path / "e.csv", rows), "surveymonkey")
    assert len(export) == 5


def test_flattened_headings_are_grouped_by_their_number(tmp_path):
    rows = [
        [*TOP[:4], "1. How often?", "2. Python.", "2. R.", "2. Other (please specify)."],
        [*ANN[:4], "Daily", "Python", "", "Julia"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert export.dialect == "one header row"
    assert list(export.columns["id"])[4:] == ["q1", "q2_1", "q2_2", "q2_3"]
    assert list(export.answers)[:3] == ["How often?", "Question 2 [Python]", "Question 2 [R]"]
    assert export.columns["role"].iloc[-1] == "text"


def test_doubled_carriage_returns_and_a_blank_tail_change_nothing(tmp_path):
    plain = read_responses(write_csv(tmp_path / "a.csv", ROWS))
    tail = [[""] * len(ROWS[0])] * 687
    odd = read_responses(write_csv(tmp_path / "b.csv", [*ROWS, *tail], end="\r\r\n"))
    pd.testing.assert_frame_equal(plain.answers, odd.answers)
    assert "687 blank rows left out" in odd.problems


def test_a_workbook_reads_like_its_csv(tmp_path):
    plain = read_responses(write_csv(tmp_path / "a.csv", ROWS))
    book = read_responses(write_workbook(tmp_path / "b.xlsx", {"Sheet": ROWS}))
    pd.testing.assert_frame_equal(plain.answers, book.answers)
    pd.testing.assert_frame_equal(plain.meta, book.meta)


@pytest.mark.parametrize(
    ("top", "single", "open_ended", "other"),
    [
        (["Befragten-ID", "Collector-ID", "Startdatum", "Enddatum", "IP-Adresse"],
         "Antwort", "Offene Antwort", "Sonstiges (bitte angeben)"),
        (["ID du répondant", "ID du collecteur", "Date de début", "Date de fin", "Adresse IP"],
         "Réponse", "Réponse ouverte", "Autre (veuillez préciser)"),
        (["ID del encuestado", "ID del recopilador", "Fecha de inicio", "Fecha de finalización",
          "Dirección IP"], "Respuesta", "Respuesta abierta", "Otro (especifique)"),
    ],
)  # fmt: skip
def test_headings_in_other_languages_are_known(tmp_path, top, single, open_ended, other):
    rows = [
        [*top, *QUESTIONS],
        [*[""] * 5, "RMM", "Backup", other, single, open_ended],
        [*ANN[:5], "RMM", "", "x", "7", "y"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert (export.platform, len(export.answers.columns)) == ("surveymonkey", 5)
    assert list(export.columns["role"])[4:] == [
        "personal", "answer", "answer", "text", "answer", "text",
    ]  # fmt: skip


def test_contact_fields_are_personal(tmp_path):
    rows = [
        [*TOP[:4], "Where can we reach you?", "", "", "Why?"],
        [*[""] * 4, "Name", "Country", "Phone Number", "Open-Ended Response"],
        [*ANN[:4], "Ann Li", "US", "555-0100", "x"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == ["Where can we reach you? [Country]", "Why?"]
    assert list(export.personal.iloc[0]) == ["Ann Li", "555-0100"]


def test_a_published_file_without_metadata_is_known_by_its_second_row(tmp_path):
    rows = [
        ["Which tools?", "", "Role?", "Size?", "Why?"],
        ["RMM", "Backup", "Response", "Response", "Open-Ended Response"],
        ["RMM", "", "Owner", "1-9", "x"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert (export.platform, list(export.meta["resp_id"])) == ("surveymonkey", ["row_1"])
    assert list(export.answers)[:3] == ["Which tools? [RMM]", "Which tools? [Backup]", "Role?"]


def test_an_export_without_questions_is_a_read_error(tmp_path):
    with pytest.raises(ReadError, match="questions beside its metadata"):
        read_responses(write_csv(tmp_path / "e.csv", [TOP, ANN]))


@pytest.mark.parametrize(
    ("sheets", "evidence"),
    [
        ({"Question 1": [["How often?"], ["Answer Choices", "Responses", ""],
                         ["Never", 0.25, 1], ["Often", 0.75, 3], ["", "Answered", 4]]},
         "Answer Choices"),
        ({"Question 1": [["Title"], ["", "Yes", "", "No", "", "Total", ""],
                         ["Q1: A", 0.5, 2, 0.5, 2, 1.0, 4], ["Q1: B", 0, 0, 1, 3, 1.0, 3]]},
         "Total"),
        ({"S": [["Team", "All", "Yes%"], ["A", 3, "30%"], ["B", 4, "40%"],
                ["C", 5, "35%"], ["Grand Total", 12, "35%"]]}, "Grand Total"),
        ({"Question 1": [["a", "b"], ["x", 1]], "Question 2": [["a", "b"], ["x", 1]]},
         "a sheet for each question"),
    ],
)  # fmt: skip
def test_a_summary_is_refused_as_such(tmp_path, sheets, evidence):
    with pytest.raises(ReadError, match="summary of the results") as caught:
        read_responses(write_workbook(tmp_path / "s.xlsx", sheets))
    assert evidence in caught.value.came
    assert "individual responses" in caught.value.do


def test_an_unknown_language_is_told_by_the_place_of_the_metadata(tmp_path):
    top = ["Svarande-id", "Insamlar-id", "Första dag", "Sista dag", "IP-adress", "Förnamn"]
    rows = [
        [*top, "Vilka?", ""],
        [*[""] * 6, "RMM", "Annat (ange)"],
        ["11000000002", "400123456", *ANN[2:5], "Ann", "RMM", ""],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert (export.platform, list(export.answers.iloc[0])) == ("surveymonkey", ["RMM", ""])
    assert list(export.personal.iloc[0]) == ["203.0.113.4", "Ann"]
    assert (export.meta["resp_id"][0], export.meta["duration_s"][0]) == ("11000000002", 120)


def test_ids_that_a_spreadsheet_has_rounded_tell_no_two_responses_apart(tmp_path):
    rounded = [["1.1E+10", *row[1:]] for row in ROWS[2:]]
    export = read_responses(write_csv(tmp_path / "e.csv", [*ROWS[:2], *rounded]))
    assert list(export.meta["resp_id"]) == ["row_1", "row_2"]
    assert any("rounded 2 ids" in problem for problem in export.problems)


def test_blanks_in_the_gaps_of_the_headings_change_nothing(tmp_path):
    blanks = [[cell or " " for cell in ROWS[0]], *ROWS[1:]]
    export = read_responses(write_csv(tmp_path / "e.csv", blanks))
    assert list(export.answers) == NAMES


def test_contact_fields_in_another_language_are_personal(tmp_path):
    rows = [
        [*TOP[:4], "Kontakt", "", "", "Warum?"],
        [*[""] * 4, "Name", "Land", "Telefonnummer", "Offene Antwort"],
        [*ANN[:4], "Ann Li", "DE", "555-0100", "x"],
    ]
    export = read_responses(write_csv(tmp_path / "e.csv", rows))
    assert list(export.answers) == ["Kontakt [Land]", "Warum?"]


def test_long_ids_of_respondents_are_evidence_enough(tmp_path):
    path = write_csv(tmp_path / "e.csv", [["Respondent ID", "Why?"], ["11000000002", "x"]])
    assert read_responses(path).platform == "surveymonkey"
    short = write_csv(tmp_path / "s.csv", [["Respondent ID", "Why?"], ["2", "x"]])
    with pytest.raises(ReadError, match="known platform"):
        read_responses(short)
