"""Names, labels and scales of an earlier wave, on an export that holds two waves."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest
from intake_sample import ANSWERS, INSTRUMENT, csv_text, qualtrics_rows, small_instrument
from test_intake import study

from mspsurvey.errors import DataError, DefinitionError
from mspsurvey.instrument import load_instrument
from mspsurvey.intake.drift import Line, opposite, read_drift, renamed
from mspsurvey.intake.readers import RawExport
from mspsurvey.intake.take_in import take_in

HEAD = "wave,kind,variable,old,new,reason\n"


def two_waves(tmp_path, drift, *rows, old_name=""):
    """Take in an export with a column ``wave``, and one under the name of the first wave."""
    config = study(tmp_path, *({k: v for k, v in r.items() if k in ANSWERS} for r in rows))
    table = list(csv.reader(io.StringIO((tmp_path / "export.csv").read_text())))
    added = ["wave", *([old_name] if old_name else [])]
    for line, cells in enumerate(table):
        row = rows[line - 3] if line >= 3 else {}
        cells += (
            [row.get(name, "") for name in added]
            if line >= 3
            else ([f'{{"ImportId":"{name}"}}' for name in added] if line == 2 else added)
        )
    (tmp_path / "export.csv").write_text(csv_text(table))
    (tmp_path / "drift.csv").write_text(HEAD + drift)
    source = replace(config.sources["msps"], drift=tmp_path / "drift.csv")
    config.sources = {"msps": source}
    return take_in(config)


def test_labels_names_and_scales_of_the_first_wave_are_read_as_today_s(tmp_path):
    drift = (
        "1,label,v1,Rather agree,Agree,reworded\n"
        "1,reversed,v2,,,the scale ran the other way\n"
        "1,column,emp,staff,,renamed\n"
        "1,not_asked,grow_pct,,,new in wave 2\n"
    )
    made = two_waves(
        tmp_path, drift,
        {"wave": "1", "v1": "Rather agree", "v2": "Strongly agree", "staff": "7", "emp": "",
         "grow_pct": "", "emp_tech": "2"},
        {"wave": "2", "v1": "Agree", "v2": "Strongly agree", "grow_pct": ""},
        old_name="staff",
    )  # fmt: skip
    answers, missing = made.responses["msps"], made.missing["msps"]
    assert answers["v1"].tolist() == ["3", "3"]
    assert answers["v2"].tolist() == ["1", "4"]
    assert answers["emp"].tolist() == [7, 10]
    assert missing["grow_pct"].tolist() == ["not_in_version", "no_answer"]
    logged = made.changes[made.changes["rule"].isin(["Y1", "Y2"])]
    assert logged[["row", "variable", "old", "new", "rule"]].to_numpy().tolist() == [
        [1, "v1", "Rather agree", "Agree", "Y1"],
        [1, "v2", "Strongly agree", "Strongly disagree", "Y2"],
    ]
    assert "wave 1: column staff holds emp (1 rows)" in made.problems["problem"].tolist()


def test_a_whole_export_of_an_earlier_wave_needs_no_column_for_it(tmp_path):
    config = study(tmp_path, {"v1": "Rather agree"})
    (tmp_path / "drift.csv").write_text(HEAD + "all,label,v1,Rather agree,Agree,reworded\n")
    source = replace(config.sources["msps"], drift=tmp_path / "drift.csv")
    config.sources = {"msps": source}
    assert take_in(config).responses["msps"]["v1"].tolist() == ["3"]


def test_two_labels_may_change_places(tmp_path):
    drift = "1,label,v1,Agree,Disagree,r\n1,label,v1,Disagree,Agree,r\n"
    made = two_waves(
        tmp_path, drift, {"wave": "1", "v1": "Agree"}, {"wave": "1", "v1": "Disagree"}
    )
    assert made.responses["msps"]["v1"].tolist() == ["2", "3"]


@pytest.mark.parametrize(
    ("text", "other"),
    [("4", "1"), ("Strongly agree", "Strongly disagree"), ("2", "3"), ("Don't know", "Don't know"),
     ("dk", "dk"), ("", ""), ("Maybe", "Maybe")],
)  # fmt: skip
def test_a_scale_is_turned_from_end_to_end(tmp_path, text, other):
    assert opposite(small_instrument(tmp_path)["v1"], text) == other


def test_a_number_between_two_ends_is_turned_too(tmp_path):
    share = small_instrument(tmp_path)["grow_pct"]
    assert opposite(share, "30") == "70"
    assert opposite(share, "lots") == "lots"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,lable,v1,a,Agree,r", "line 2: one of column, label"),
        ("1,label,v9,a,Agree,r", "line 2: a variable.*v9"),
        ("1,label,v1,a,Maybe,r", "line 2: a label or code of v1.*'Maybe'"),
        ("1,label,v1,,Agree,r", "line 2: a label line needs a old"),
        ("1,label,v1,a,Agree,", "line 2: a label line needs a reason"),
        (",label,v1,a,Agree,r", "line 2: a label line needs a wave"),
        ("1,reversed,note,,,r", "line 2: a scale was wanted"),
    ],
)
def test_a_line_that_names_what_there_is_not_is_refused(tmp_path, line, words):
    (tmp_path / "drift.csv").write_text(HEAD + line + "\n")
    with pytest.raises(DefinitionError, match=words):
        read_drift(tmp_path / "drift.csv", small_instrument(tmp_path))


def test_other_columns_are_refused(tmp_path):
    (tmp_path / "drift.csv").write_text("wave,old,new\n")
    with pytest.raises(DefinitionError, match="should have the columns"):
        read_drift(tmp_path / "drift.csv", small_instrument(tmp_path))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("3,reversed,v2,,,r", "responses of wave '3' were wanted.*has the waves 1"),
        ("1,column,emp,headcount,,r", "There is none called 'headcount'"),
    ],
)
def test_a_wave_or_column_that_the_export_lacks_stops_the_build(tmp_path, line, words):
    with pytest.raises(DataError, match=words):
        two_waves(tmp_path, line + "\n", {"wave": "1"})


def test_an_export_without_waves_says_how_to_name_them(tmp_path):
    config = study(tmp_path, {})
    (tmp_path / "drift.csv").write_text(HEAD + "1,reversed,v2,,,r\n")
    source = replace(config.sources["msps"], drift=tmp_path / "drift.csv")
    config.sources = {"msps": source}
    with pytest.raises(DataError, match="no column called wave"):
        take_in(config)
    assert qualtrics_rows(small_instrument(tmp_path))[0][-1] == "note"


def test_an_old_name_may_belong_to_a_column_that_the_platform_hides(tmp_path):
    path = tmp_path / "with_mail.yaml"
    question = "{name: mail, kind: text, text: Your e-mail?, role: identifier}"
    path.write_text(INSTRUMENT.rstrip() + f"\n      - {question}\n", encoding="utf-8")
    names = {"contact": "answer", "mail": "personal"}
    export = RawExport(
        answers=pd.DataFrame({"contact": ["a@b.example", ""]}),
        personal=pd.DataFrame({"mail": ["", "c@d.example"]}),
        columns=pd.DataFrame(
            [(n, n, n, "", "", role) for n, role in names.items()],
            columns=["name", "header", "id", "wording", "choice", "role"],
        ),
        meta=pd.DataFrame({"row": [1, 2]}), platform="plain", dialect="",
    )  # fmt: skip
    line = Line("drift.csv, line 2", "1", "column", "mail", "contact", "", "renamed")
    made = renamed(export, load_instrument(path), [line], pd.Series(["1", "2"]))
    assert made.personal["mail"].tolist() == ["a@b.example", "c@d.example"]
    assert made.answers["contact"].tolist() == ["", ""]
