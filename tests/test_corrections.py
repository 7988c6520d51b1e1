"""Answers corrected by a person: what is applied, and what stops the build."""

from __future__ import annotations

import pandas as pd
import pytest
from intake_sample import small_instrument, work_of

from mspsurvey.errors import DataError, DefinitionError
from mspsurvey.intake.clean import clean
from mspsurvey.intake.corrections import CORRECTIONS, read_corrections
from mspsurvey.intake.work import Log, change_table

HEAD = "resp_id,variable,old,new,reason,source,by\n"


def read(tmp_path, *lines, head=HEAD):
    path = tmp_path / "corrections.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return read_corrections(path, small_instrument(tmp_path))


def corrected(tmp_path, line, *rows):
    return clean(work_of(tmp_path, *rows, settings={CORRECTIONS: read(tmp_path, line)}), Log())


def test_a_correction_replaces_the_old_value_and_is_logged_with_its_source(tmp_path):
    work, log = corrected(
        tmp_path, "R2,emp,100,10,a nought too many,telephone,KS", {"emp": "100"}, {"emp": "100"}
    )
    assert work.answers["emp"].tolist() == [100, 10]
    made = change_table(log)[["resp_id", "variable", "old", "new", "rule", "reason"]]
    assert made.to_numpy().tolist() == [
        ["R2", "emp", "100", "10", "H1", "a nought too many (telephone, by KS)"],
    ]


@pytest.mark.parametrize(
    ("variable", "old", "new", "value", "reason"),
    [
        ("v1", "Agree", "Strongly agree", "4", ""),
        ("v1", "Agree", "4", "4", ""),
        ("emp", "10", "", None, "no_answer"),
        ("emp", "10", "prefer not to say", None, "refused"),
        ("tools_mfa", "", "yes", "yes", ""),
    ],
)
def test_a_corrected_answer_goes_the_way_of_all_others(
    tmp_path, variable, old, new, value, reason
):
    work, _ = corrected(tmp_path, f"R1,{variable},{old},{new},typing error,telephone,", {})
    got = work.answers.loc[0, variable]
    assert pd.isna(got) if value is None else got == value
    assert work.missing.loc[0, variable] == reason


def test_the_old_value_is_compared_with_plain_blanks_and_quotes(tmp_path):
    work, _ = corrected(tmp_path, "R1,v1,Don't know,Agree,call,telephone,", {"v1": "Don’t  know"})
    assert work.answers.loc[0, "v1"] == "3"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("R1,emp,99,12,r,s,", "line 2: emp of R1 should be '99'.*There stands '10'"),
        ("R9,emp,10,12,r,s,", "line 2: a response of 'msps' was wanted.*R9"),
        ("R1,note,x,y,r,s,", r"There stands '\[redacted\]'"),
    ],
)
def test_a_line_that_does_not_fit_the_export_stops_the_build(tmp_path, line, words):
    with pytest.raises(DataError, match=words):
        corrected(tmp_path, line, {"note": "call Ann"})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("R1,emq,10,12,r,s,", "line 2: a variable.*emq"),
        ("R1,v1,Agree,Maybe,r,s,", "line 2: an answer to v1.*'Maybe'"),
        ("R1,emp,10,9999,r,s,", "line 2: an answer to emp.*'9999'"),
        ("R1,emp,10,about 5,r,s,", "line 2: an answer to emp"),
        ("R1,emp,10,12,,s,", "line 2: each correction needs a reason"),
        ("R1,emp,10,12,r,,", "line 2: each correction needs a source"),
        ("R1,stratum,a,b,r,s,", "comes from the sample"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_by_its_number(tmp_path, line, words):
    with pytest.raises(DefinitionError, match=words):
        read(tmp_path, line)


def test_a_cell_is_corrected_once(tmp_path):
    with pytest.raises(DefinitionError, match="emp of R1 stands more than once"):
        read(tmp_path, "R1,emp,10,12,r,s,", "R1,emp,12,13,r,s,")


@pytest.mark.parametrize("head", ["resp_id,variable,old,new,reason\n", HEAD.replace("by", "who")])
def test_other_columns_are_refused(tmp_path, head):
    with pytest.raises(DefinitionError, match="should have the columns"):
        read(tmp_path, "R1,emp,10,12,r", head=head)
