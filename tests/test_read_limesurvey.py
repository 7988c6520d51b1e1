"""Exports of LimeSurvey in their styles of headings."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
import xlsxwriter

from mspsurvey.errors import ReadError
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


POLISH = """"ID odpowiedzi","Data wysłania","Strona","Język","Ziarno","Początek","Koniec",\
"Adres","Ile?","Narzędzia [RMM]"
1,2026-03-01 10:00:00,3,pl,123456789,2026-03-01 09:50:00,2026-03-01 10:00:00,10.0.0.1,33,Tak
2,,1,pl,123456780,2026-03-01 09:50:00,2026-03-01 09:51:00,10.0.0.2,N/A,N/A
"""
VV = """Response ID\tDate submitted\tLast page\tStart language\tLarge?\tTools [RMM]\tRows [A]\tWhy?
id\tsubmitdate\tlastpage\tstartlanguage\tsize\ttools_SQ001\tm_A#0\twhy
1\t2026-03-01 10:00:00\t3\ten\tA1\tY\t2\tsay {quote}no{quote}
2\t{question_not_shown}\t1\ten\t{question_not_shown}\t{question_not_shown}\t\t
"""
TIMED = """id,token,dept,submitdate,lastpage,startlanguage,startdate,Q1,file,\
file[filecount],interviewtime,groupTime8,Q1Time
1,abc,HR,2026-03-01 10:00:00,3,en,2026-03-01 09:50:00,A1,"[{""name"":""ann.pdf""}]",1,33.5,20,13
"""
OWN = """"Antwort ID";"Größe? [Kommentar]";"Was? [RMM]";"Was? [Sonstiges]";"Wo? [Sonstiges]"
1;weil;Ja;eigenes;Nein
"""


def roles(export):
    return dict(zip(export.columns["header"], export.columns["role"], strict=True))


def test_metadata_in_an_unknown_language_is_told_by_its_order_and_form(tmp_path):
    export = read(tmp_path, POLISH)
    assert list(export.answers) == ["Ile?", "Narzędzia [RMM]"]
    assert list(export.personal) == ["Adres"]
    assert list(export.meta["finished"]) == [True, False]
    assert list(export.meta["duration_s"]) == [600, 60]


def test_a_file_that_the_platform_takes_back_is_read(tmp_path):
    export = read(tmp_path, VV)
    assert (export.dialect, len(export)) == ("vv", 2)
    assert list(export.answers) == ["size", "tools[SQ001]", "m[A][1]", "why"]
    assert export.wording("tools[SQ001]") == "Tools [RMM]"
    assert list(export.answers.loc[0]) == ["A1", "Y", "2", 'say "no"']
    assert list(export.answers.loc[1]) == ["N/A", "N/A", "", ""]
    assert list(export.meta["finished"]) == [True, False]


def test_times_files_and_the_list_of_participants_are_no_answers(tmp_path):
    found = roles(read(tmp_path, TIMED))
    assert [found[h] for h in ("groupTime8", "Q1Time")] == ["timing", "timing"]
    assert [found[h] for h in ("dept", "file", "Q1")] == ["personal", "personal", "answer"]


def test_the_fields_beside_a_question_are_texts_in_headings_of_text_too(tmp_path):
    found = roles(read(tmp_path, OWN))
    # The last one is ticked: an author offered it as a choice.
    assert list(found.values())[1:] == ["text", "answer", "text", "answer"]


def test_without_a_date_of_submission_no_response_is_called_partial(tmp_path):
    export = read(tmp_path, OWN)
    assert list(export.meta["finished"]) == [True]
    assert "the file does not say which responses are complete" in export.problems


def test_codes_that_r_has_changed_are_put_back(tmp_path):
    text = CODES.replace("[", ".").replace("]", ".")
    assert list(read(tmp_path, text).answers) == ["Q1", "G[a]", "M[x]", "M[other]"]


def test_headings_of_text_alone_are_read_where_the_format_is_named(tmp_path):
    text = "Where? [At home],Where? [Away]\nYes,No\nNo,Yes\n"
    with pytest.raises(ReadError, match="known platform"):
        read(tmp_path, text)
    assert list(read(tmp_path, text, format="limesurvey").columns["choice"]) == ["At home", "Away"]


def test_the_na_of_r_is_blank(tmp_path):
    text = "id,submitdate,lastpage,startlanguage,a,b,c,d\n"
    text += "1,2026-03-01 10:00:00,3,en,1,2,x,NA\n2,NA,NA,en,NA,NA,NA,y\n"
    export = read(tmp_path, text)
    assert list(export.meta["finished"]) == [True, False]
    assert list(export.answers.loc[1]) == ["", "", "", "y"]
    assert "cells with 'NA', as R writes them, are blank" in export.problems
    words = "id,submitdate,lastpage,startlanguage,a,b,c\n1,2026-03-01 10:00:00,3,en,x,y,z\n"
    words += "2,2026-03-01 10:00:00,3,en,NA,NA,NA\n"
    assert list(read(tmp_path, words).answers.loc[1]) == ["", "", ""]
    typed = text.replace("2,NA,NA,en,NA,NA,NA", "2,,,en,NA,5,NA")
    assert list(read(tmp_path, typed).answers.loc[1]) == ["NA", "5", "NA", "y"]


def test_an_uploaded_file_is_personal_in_headings_of_text_too(tmp_path):
    text = (
        '"Response ID","Date submitted","Last page","Start language","Your logo",'
        '"filecount - Your logo"\n'
        '1,"2026-03-01 10:00:00",3,en,"[{""name"":""ann.png""}]",1\n'
    )
    export = read(tmp_path, text)
    assert list(export.personal) == ["Your logo"]
    assert list(export.answers) == ["filecount - Your logo"]
