"""Exports of Alchemer and Typeform."""

from __future__ import annotations

import pandas as pd
from sheet_sample import write_csv

from mspsurvey.intake.readers import detect, read_responses


def test_an_export_of_alchemer_is_read(tmp_path):
    rows = [
        ["Response ID", "Time Started", "Date Submitted", "Status", "Language", "IP Address",
         "City", "How many?", "RMM:Which tools?", "Backup:Which tools?", "Note: why?"],
        ["1", "Feb 1, 2026 9:00:00 AM", "Feb 1, 2026 9:05:00 AM", "Complete", "English",
         "203.0.113.4", "Ulm", "007", "RMM", "", "x"],
        ["2", "Feb 2, 2026 9:00:00 AM", "Feb 2, 2026 9:01:00 AM", "Partial", "English",
         "203.0.113.5", "Ulm", "", "", "Backup", ""],
    ]  # fmt: skip
    export = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert export.platform == "alchemer"
    assert list(export.answers) == [
        "How many?", "Which tools? [RMM]", "Which tools? [Backup]", "Note: why?",
    ]  # fmt: skip
    assert list(export.meta["finished"]) == [True, False]
    assert export.meta["started"][0] == pd.Timestamp("2026-02-01 09:00", tz="UTC")
    assert list(export.personal) == ["IP Address", "City"]
    assert list(export.choices["label"]) == ["RMM", "Backup"]


def test_what_was_written_in_beside_ticks_is_a_text_and_hides_no_choice(tmp_path):
    rows = [
        ["Response ID", "Time Started", "Date Submitted", "Status", "RMM:Which tools?",
         "Other - Write In (Required):Which tools?"],
        ["1", "2026-02-01 09:00", "2026-02-01 09:05", "Complete", "RMM", "own scripts"],
        ["2", "2026-02-02 09:00", "2026-02-02 09:05", "Complete", "", "a sheet"],
    ]  # fmt: skip
    export = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert list(export.columns["role"][-2:]) == ["answer", "text"]
    assert list(export.choices["label"]) == ["RMM"]


def test_an_export_of_typeform_is_read(tmp_path):
    rows = [
        ["#", "How many?", "RMM", "Backup", "Other", "Which size?", "Other", "Response Type",
         "Start Date (UTC)", "Submit Date (UTC)", "Network ID"],
        ["abc1", "3", "RMM", "", "own", "1-9", "", "completed", "2026-02-01 09:00:00",
         "2026-02-01 09:05:00", "9f"],
        ["abc2", "4", "", "", "", "", "", "partial", "2026-02-01 10:00:00", "", "8e"],
    ]  # fmt: skip
    export = read_responses(write_csv(tmp_path / "t.csv", rows), time_zone="America/New_York")
    assert (export.platform, list(export.meta["resp_id"])) == ("typeform", ["abc1", "abc2"])
    assert list(export.answers) == [
        "How many?", "RMM", "Backup", "Other~q4", "Which size?", "Other~q6",
    ]  # fmt: skip
    assert export.meta["ended"][0] == pd.Timestamp("2026-02-01 09:05", tz="UTC")
    assert list(export.meta["finished"]) == [True, False]
    assert list(export.personal["Network ID"]) == ["9f", "8e"]


def test_what_came_with_the_address_of_a_survey_is_no_answer(tmp_path):
    rows = [
        ["Response ID", "Time Started", "Date Submitted", "Status", "URL Variable: src", "Why?"],
        ["1", "2026-02-01 09:00:00", "2026-02-01 09:05:00", "Complete", "mail", "x"],
    ]
    export = read_responses(write_csv(tmp_path / "a.csv", rows))
    assert list(export.columns["role"])[4:] == ["embedded", "answer"]


def test_typeform_by_e_mail_ends_in_the_time_and_the_id(tmp_path):
    rows = [["How many?", "Score", "Submitted At", "Token"], ["3", "9", "2026-02-01 09:00", "abc"]]
    export = read_responses(write_csv(tmp_path / "t.csv", rows))
    assert (export.platform, export.meta["resp_id"][0]) == ("typeform", "abc")
    assert list(export.answers) == ["How many?", "Score"]


def test_typeform_guards_signs_and_writes_no_time_as_the_year_one(tmp_path):
    rows = [
        ["#", "Tags", "Call?", "Start Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags"],
        ["a", "x", "'+1 555 0100", "2026-02-01 09:00:00", "0001-01-01 00:00:00", "9f", ""],
        ["b", "y", "'tis a\\_b", "2026-02-01 09:00:00", "2026-02-01 09:05:00", "9f", ""],
    ]
    export = read_responses(write_csv(tmp_path / "t.csv", rows))
    assert list(export.answers["Call?"]) == ["+1 555 0100", "'tis a_b"]
    assert list(export.meta["finished"]) == [False, True]


def test_as_many_rows_as_a_sheet_can_hold_are_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(detect, "SHEET_ROWS", (3,))
    rows = [["id", "q"], ["1", "x"], ["2", "y"]]
    full = read_responses(write_csv(tmp_path / "a.csv", rows), "plain")
    assert any("it may be cut off" in problem for problem in full.problems)
    less = read_responses(write_csv(tmp_path / "b.csv", rows[:2]), "plain")
    assert not any("cut off" in problem for problem in less.problems)
