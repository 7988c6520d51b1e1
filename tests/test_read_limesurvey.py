"""Exports of LimeSurvey in their styles of headings."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
import xlsxwriter

from mspsurvey.intake.readers import read_responses

CODES = """id,submitdate,lastpage,startlanguage,seed,token,startdate,datestamp,ipaddr,Q1,G[a],\
M[x],M[other]
1,2026-08-20 10:30:00,9,en,5,S1,2026-08-20 10:00:00,2026-08-20 10:30:00,203.0.113.4,A1,2,Y,
2,,3,en,6,S2,2026-08-20 11:00:00,2026-08-20 11:05:00,203.0.113.5,,N/A,N/A,N/A
"""
TEXT = """"ID de la réponse","Date de soumission","Dernière page","Langue de départ",\
"Nom &amp; <b>rôle</b>","Outils [Thé]","Outils [Café]"
1,1980-01-01 00:00:00,4,fr,Ann,Oui,Non
"""
CODE_AND_TEXT = """"id. Response ID","submitdate. Date submitted","rse3[SQ001]. Who uses it? []",\
"tool[2]. Which? [Tea]"
7,2026-01-02 10:00:00,"\ufeff1 (None at all)",Yes
"""
GROUPED = """Which drink?;;Where?
Tea;Coffee;At home
Ja;Nein;Ja
Nein;Nein;Nein
"""


def read(tmp_path, text, **options):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_responses(path, **options)


def test_code_headings_are_read(tmp_path):
    export = read(tmp_path, CODES, time_zone="America/New_York")
    assert (export.platform, export.dialect, len(export)) == ("limesurvey", "code", 2)
    assert list(export.answers) == ["Q1", "G[a]", "M[x]", "M[other]"]
    assert list(export.meta["sample_id"]) == ["S1", "S2"]
    assert list(export.meta["finished"]) == [True, False]
    assert export.meta["duration_s"][0] == 30 * 60
    assert export.meta["started"][0] == pd.Timestamp("2026-08-20 14:00", tz="UTC")


def test_not_shown_and_left_open_stay_apart(tmp_path):
    export = read(tmp_path, CODES)
    assert export.not_shown == "N/A"
    assert list(export.answers.loc[1]) == ["", "N/A", "N/A", "N/A"]


def test_the_address_is_dropped(tmp_path):
    assert "203.0.113.4" not in read(tmp_path, CODES).frame().astype("str").to_numpy()


def test_metadata_in_another_language_and_entities_are_read(tmp_path):
    export = read(tmp_path, TEXT)
    assert (export.dialect, len(export)) == ("text", 1)
    assert list(export.answers) == ["Nom & rôle", "Outils [Thé]", "Outils [Café]"]
    assert list(export.columns["choice"])[-2:] == ["Thé", "Café"]
    assert export.meta["resp_id"][0] == "1"


def test_the_date_of_an_anonymised_survey_is_no_date(tmp_path):
    export = read(tmp_path, TEXT)
    assert export.meta["ended"].isna().all()
    assert bool(export.meta["finished"][0])
    assert "submission dates are 1980-01-01: the survey was anonymised" in export.problems


def test_code_and_text_headings_and_a_mark_inside_a_code_are_read(tmp_path):
    export = read(tmp_path, CODE_AND_TEXT)
    assert export.dialect == "code and text"
    assert list(export.answers) == ["rse3[SQ001]", "tool[2]"]
    assert export.answers.loc[0, "rse3[SQ001]"] == "1 (None at all)"
    assert export.wording("tool[2]") == "Which? [Tea]"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_semicolons_and_a_byte_order_mark_are_read(tmp_path, mark):
    export = read(tmp_path, mark + CODES.replace(",", ";"))
    assert (len(export), export.answers.shape[1]) == (2, 4)


def test_two_header_rows_without_metadata_are_put_together(tmp_path):
    export = read(tmp_path, "\ufeff" + GROUPED)
    assert (export.dialect, len(export)) == ("grouped", 2)
    assert list(export.columns["wording"]) == [
        "Which drink? [Tea]", "Which drink? [Coffee]", "Where? [At home]",
    ]  # fmt: skip


def test_a_workbook_is_read_like_the_text(tmp_path):
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(csv.reader(CODES.splitlines())):
            for column, cell in enumerate(cells):
                sheet.write(row, column, int(cell) if cell.isdigit() else cell)
    workbook, text = read_responses(path), read(tmp_path, CODES)
    assert (workbook.platform, workbook.dialect) == ("limesurvey", "code")
    pd.testing.assert_frame_equal(workbook.answers, text.answers)
    pd.testing.assert_frame_equal(workbook.meta, text.meta)
