"""Exports of Alchemer and Typeform."""

from __future__ import annotations

import pandas as pd
from sheet_sample import write_csv

from mspsurvey.intake.readers import read_responses


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
