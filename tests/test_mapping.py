"""From the columns and codes of every platform to one instrument; proposals and decisions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_cases import INSTRUMENT

from mspsurvey.errors import DefinitionError, ReadError
from mspsurvey.instrument import load_instrument
from mspsurvey.instrument.target import COLUMNS, target
from mspsurvey.intake.mapping import (
    Decisions,
    Entry,
    map_export,
    read_decisions,
    with_proposals,
    write_decisions,
)
from mspsurvey.intake.mapping.joined import Pieces, cut
from mspsurvey.intake.mapping.propose import propose
from mspsurvey.intake.readers.export import RawExport, choice_table, make_meta
from mspsurvey.intake.rules import labels, numbers
from mspsurvey.intake.work import Log, Work, run

# Two responses on every platform; the second leaves the drinks open.
CODED = pd.DataFrame(
    {
        "host": ["staff", "firm"], "kind_of_tea": ["yes", None], "kind_of_milk": ["yes", None],
        "kind_of_cocoa": ["no", None], "view_hot": ["2", None], "view_good": ["1", "2"],
        "cups": [3.0, None],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def instrument(tmp_path_factory):
    path = tmp_path_factory.mktemp("instrument") / "drinks.yaml"
    path.write_text(INSTRUMENT, encoding="utf-8")
    return load_instrument(path)


def export_of(platform, columns, *rows, choices=(), not_shown=None):
    """An export from columns (name, id, wording, choice, role) and rows of cells."""
    listing = pd.DataFrame(
        [(c[0], c[0], *c[1:]) for c in columns],
        columns=["name", "header", "id", "wording", "choice", "role"], dtype="str",
    )  # fmt: skip
    answers = pd.DataFrame(list(rows), columns=[c[0] for c in columns], dtype="str")
    meta = make_meta(len(rows), {"resp_id": pd.Series([f"R{i}" for i in range(len(rows))])})
    return RawExport(
        answers, listing, meta, platform, "", choices=choice_table(choices), not_shown=not_shown
    )


def question(name, wording="", choice="", ident="", role="answer"):
    return (name, ident, wording or name, choice, role)


def qualtrics_codes():
    agree = [("1", "Disagree", ""), ("2", "Agree", ""), ("-1", "Don't know", "")]
    return export_of(
        "qualtrics",
        [question("Q1", "Who pays?", ident="QID1"),
         question("Q2_1", "Which drinks are there? - Tea", "Tea", "QID2_1"),
         question("Q2_2", "Which drinks are there? - Milk (cold, warm)", "Milk (cold, warm)"),
         question("Q2_-1", "Which drinks are there? - Cocoa", "Cocoa"),
         question("view_1", "Agree or not? - It is hot", "It is hot", "QID3_1"),
         question("view_2", "Agree or not? - It is good", "It is good", "QID3_2"),
         question("Q4", "How many cups?", ident="QID4_TEXT", role="text")],
        ["7", "1", "1", "", "2", "1", "3"], ["4", "", "", "", "-1", "2", ""],
        choices=[("Q1", "4", "The firm", ""), ("Q1", "7", "Staff, each", "")]
        + [(c, *a) for c in ("view_1", "view_2") for a in agree],
    )  # fmt: skip


def surveymonkey():
    return export_of(
        "surveymonkey",
        [question("Who pays?"),
         question("c2", "Which drinks are there?", "Tea"),
         question("c3", "Which drinks are there?", "Milk (cold, warm)"),
         question("c4", "Which drinks are there?", "Cocoa"),
         question("c5", "Do you agree:", "It is hot"),
         question("c6", "Do you agree:", "It is good"),
         question("How many cups?", choice="Open-Ended Response")],
        ["Staff, each", "Tea", "Milk (cold, warm)", "", "Agree", "Disagree", "3"],
        ["The firm", "", "", "", "Don't know", "Agree", ""],
    )  # fmt: skip


def limesurvey():
    return export_of(
        "limesurvey",
        [question("host"), question("kindof[tea]", ident="kindof[tea]", choice="tea"),
         question("kindof[milk]", ident="kindof[milk]"),
         question("kindof[cocoa]", ident="kindof[cocoa]"),
         question("view[viewhot]", ident="view[viewhot]"),
         question("view[viewgood]", ident="view[viewgood]"), question("cups")],
        ["staff", "Y", "Y", "", "2", "1", "3"], ["firm", "N/A", "N/A", "N/A", "dk", "2", ""],
        not_shown="N/A",
    )  # fmt: skip


def one_cell(platform, first, second=""):
    return export_of(
        platform,
        [question("Who pays?"), question("Which drinks are there?"),
         question("Do you agree: [It is hot]"), question("Do you agree: [It is good]"),
         question("How many cups?")],
        ["Staff, each", first, "Agree", "Disagree", "3"],
        ["The firm", second, "Don't know", "Agree", ""],
    )  # fmt: skip


def kobo():
    return export_of(
        "kobo",
        [question("host"), question("kind_of"), question("view_hot"), question("view_good"),
         question("cups")],
        ["staff", "milk tea", "2", "1", "3"], ["firm", "", "dk", "2", ""],
    )  # fmt: skip


def redcap():
    return export_of(
        "redcap",
        [question("host"), question("kind_of___tea", "Which drinks are there?", "Tea"),
         question("kind_of___milk", "Which drinks are there?", "Milk (cold, warm)"),
         question("kind_of___cocoa", "Which drinks are there?", "Cocoa"),
         question("view_hot"), question("view_good"), question("cups")],
        ["staff", "1", "1", "0", "2", "1", "3"], ["firm", "", "", "", "dk", "2", ""],
        choices=[("host", "firm", "The firm", ""), ("host", "staff", "Staff, each", "")],
    )  # fmt: skip


def spss():
    ticks = [(f"d{i}", code, label, "") for i in (1, 2, 3)
             for code, label in (("1", "Yes"), ("2", "Not mentioned"))]  # fmt: skip
    agree = [("1", "Disagree", ""), ("2", "Agree", ""), ("-8", "No idea", "dont_know")]
    return export_of(
        "spss",
        [question("v1", "Who pays?"),
         question("d1", "Which drinks are there? - Tea", "Tea", "drinks"),
         question("d2", "Which drinks are there? - Milk (cold, warm)", "Milk (cold, warm)"),
         question("d3", "Which drinks are there? - Cocoa", "Cocoa", "drinks"),
         question("view_hot"), question("view_good"), question("v9", "How many cups?")],
        ["2", "1", "1", "2", "2", "1", "3"], ["1", "", "", "", "-8", "2", "-9"],
        choices=[("v1", "1", "The firm", ""), ("v1", "2", "Staff, each", ""), *ticks,
                 *((c, *a) for c in ("view_hot", "view_good") for a in agree),
                 ("v9", "-9", "", "user")],
    )  # fmt: skip


def codes_in_any_column():
    drinks = (("1", "Tea"), ("2", "Milk (cold, warm)"), ("3", "Cocoa"))
    several = [(c, *drink, "") for c in ("m1", "m2") for drink in drinks]
    whole = spss()
    ticks = ["d1", "d2", "d3"]
    answers = whole.answers.drop(columns=ticks).assign(m1=["2", ""], m2=["1", ""])
    added = [("m1", "m1", "drinks", "Which drinks are there?", "", "answer"),
             ("m2", "m2", "drinks", "Which drinks are there?", "", "answer")]  # fmt: skip
    columns = pd.concat([
        whole.columns[~whole.columns["name"].isin(ticks)],
        pd.DataFrame(added, columns=list(whole.columns), dtype="str"),
    ])  # fmt: skip
    kept = whole.choices[~whole.choices["name"].isin(ticks)]
    choices = pd.concat([kept, choice_table(several)], ignore_index=True)
    return RawExport(answers.astype("str"), columns, whole.meta, "spss", "sav", choices=choices)


PLATFORMS = {
    "qualtrics": qualtrics_codes, "surveymonkey": surveymonkey, "limesurvey": limesurvey,
    "google": lambda: one_cell("google_forms", "Tea, Milk (cold, warm)"),
    "microsoft": lambda: one_cell("microsoft_forms", "Milk\u00a0(cold, warm);Tea;"),
    "kobo": kobo, "redcap": redcap, "spss": spss, "spss, one code a column": codes_in_any_column,
}  # fmt: skip


def coded(export, instrument):
    """Answers and reasons after the rules that read labels and numbers."""
    found = map_export(export, instrument)
    work = Work("s", instrument, found.answers, found.missing, export.meta, {}, export.not_shown)
    work, _ = run(work, (*labels.RULES, *numbers.RULES), Log())
    return work


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_same_answers_come_in_alike_from_every_platform(platform, instrument):
    work = coded(PLATFORMS[platform](), instrument)
    pd.testing.assert_frame_equal(work.answers, CODED.astype(work.answers.dtypes.to_dict()))
    assert list(work.missing["view_hot"]) == ["", "dont_know"]
    assert list(work.missing["view_good"]) == ["", ""]


def test_a_code_for_no_answer_is_a_blank_with_a_reason(instrument):
    found = map_export(spss(), instrument)
    assert list(found.answers["cups"]) == ["3", ""]
    assert list(found.raw["cups"]) == ["3", "-9"]
    assert list(found.missing["cups"]) == ["", "no_answer"]
    assert list(found.answers["view_hot"]) == ["Agree", "Don't know"]
    assert coded(spss(), instrument).missing["cups"][1] == "no_answer"


def test_how_each_column_was_found_is_said(instrument):
    how = map_export(qualtrics_codes(), instrument).columns.how
    assert how["host"] == "wording"
    assert how["view_hot"] == "choice"
    assert map_export(limesurvey(), instrument).columns.how["kind_of_tea"] == "form"
    assert map_export(kobo(), instrument).columns.joined == {"kind_of": ("kind_of",)}


def test_a_choice_that_is_unknown_does_not_hide_the_others(instrument):
    found = map_export(
        one_cell("google_forms", "Tea, Juice, red, Cocoa", "Juice, red"), instrument
    )
    assert list(found.answers["kind_of_cocoa"]) == ["yes", "no"]
    assert list(found.answers["kind_of_milk"]) == ["no", "no"]
    choices = found.coverage.choices
    assert choices[["variable", "text", "count"]].to_numpy().tolist() == [
        ["kind_of", "Juice, red", 2]
    ]


def test_a_platforms_code_is_not_taken_for_ours(instrument):
    export = export_of(
        "qualtrics", [question("host"), question("view_hot"), question("view_good"),
                      question("cups")],
        ["firm", "1", "2", "4"],
        choices=[("view_hot", "1", "Agree", ""), ("view_good", "2", "Fully agree", "")],
    )  # fmt: skip
    found = map_export(export, instrument)
    assert found.answers.loc[0, "view_hot"] == "Agree"
    # Its label is none of ours, so that a person has to say what it is.
    assert found.answers.loc[0, "view_good"] == "Fully agree"
    assert list(found.coverage.choices["nearest"]) == ["2"]


def reworded():
    return export_of(
        "plain", [question("host"), question("view_hot"), question("view_good"),
                  question("kind_of_tea"), question("q17", "How many cups do you drink?")],
        ["firm", "Agree", "Rather agree", "Tea", "5"], ["staff", "Agree", "Rather agree", "", "6"],
    )  # fmt: skip


def test_likeness_is_proposed_and_never_applied(instrument):
    found = map_export(reworded(), instrument)
    assert list(found.answers["cups"]) == ["", ""]
    assert found.columns.unused == ["q17"]
    assert "cups" in found.columns.absent
    proposals = {(p.kind, p.export, p.variable, p.code) for p in found.coverage.proposals}
    assert ("column", "q17", "cups", "") in proposals
    assert ("choice", "Rather agree", "view_good", "2") in proposals
    assert found.coverage.undecided == len(found.coverage.proposals)
    text = found.coverage.text()
    assert "q17 (2) ~ cups" in text
    assert "view_good: Rather agree (2) ~ 2" in text
    assert "kind_of_milk" in text
    assert list(found.coverage.table()["what"].unique()) == [
        "column without a question", "choice without an option", "question without a column",
    ]  # fmt: skip


def test_what_a_person_accepted_is_applied_and_what_was_rejected_is_not_proposed(instrument):
    decisions = Decisions((
        Entry("column", "q17", "cups", decision="accept"),
        Entry("choice", "Rather agree", "view", "2", decision="accept"),
        Entry("column", "view_hot", "view_hot", decision="reject"),
    ))  # fmt: skip
    found = map_export(reworded(), instrument, decisions)
    assert list(found.answers["cups"]) == ["5", "6"]
    assert found.columns.how["cups"] == "decision"
    assert list(found.answers["view_good"]) == ["Agree", "Agree"]
    assert "view_hot" in found.columns.absent
    assert not [p for p in found.coverage.proposals if p.variable in ("cups", "view_hot")]


def test_a_column_may_be_taken_for_all_choices_of_a_question(instrument):
    export = one_cell("google_forms", "Tea")
    renamed = export.columns.replace("Which drinks are there?", "drinks")
    export = RawExport(
        export.answers.rename(columns={"Which drinks are there?": "drinks"}), renamed,
        export.meta, "google_forms", "",
    )  # fmt: skip
    decisions = Decisions((Entry("column", "drinks", "kind_of", decision="accept"),))
    assert list(map_export(export, instrument, decisions).answers["kind_of_tea"]) == ["yes", ""]


def test_an_accepted_column_that_is_not_there_is_an_error(instrument):
    decisions = Decisions((Entry("column", "q71", "cups", decision="accept"),))
    with pytest.raises(DefinitionError, match="'q17'"):
        map_export(reworded(), instrument, decisions)


def test_the_file_keeps_decisions_and_renews_proposals(tmp_path, instrument):
    path = tmp_path / "mapping.csv"
    kept = Entry("choice", "=Rather", "view", "2", "70", "accept", "told by the client")
    old = Entry("column", "gone", "cups", "", "61")
    write_decisions(path, Decisions((kept, old)))
    assert "'=Rather" in path.read_text()
    read = read_decisions(path, instrument)
    assert read.entries == (kept, old)
    fresh = Entry("column", "q17", "cups", "", "80")
    again = Entry("choice", "=Rather", "view", "1", "65")
    assert with_proposals(read, [fresh, again]).entries == (kept, fresh)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("columns,q17,cups,,,,", "kind should be one of"),
        ("column,q17,cups,,,yes,", "decision should be one of"),
        ("column,q17,cup,,,,", "Did you mean 'cups'"),
        ("choice,x,host,firma,,,", "Did you mean 'firm'"),
        ("column,q17,cups,,,accept,\ncolumn,q18,cups,,,accept,", "'q17' and 'q18'"),
    ],
)
def test_an_entry_that_names_nothing_is_an_error(tmp_path, instrument, row, message):
    path = tmp_path / "mapping.csv"
    path.write_text(f"kind,export,variable,code,score,decision,note\n{row}\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=message):
        read_decisions(path, instrument)


def test_another_table_and_an_absent_file_are_errors(tmp_path, instrument):
    path = tmp_path / "mapping.csv"
    with pytest.raises(DefinitionError, match="mspsurvey map"):
        read_decisions(path, instrument)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match="It has a, b"):
        read_decisions(path, instrument)


def test_the_table_of_columns_beside_a_form_leads_back(tmp_path, instrument):
    path = tmp_path / "columns.csv"
    table = target(instrument, "limesurvey").table()
    pd.DataFrame(table, columns=list(COLUMNS)).to_csv(path, index=False)
    found = read_decisions(path, instrument)
    assert ("kindof[tea]", "kind_of_tea") in found.accepted
    assert found.choices("host")["staff"] == "staff"
    mapped = map_export(limesurvey(), instrument, found)
    assert set(mapped.columns.how.values()) == {"decision"}


def test_an_export_of_another_survey_is_an_error(instrument):
    export = export_of("plain", [question("colour"), question("town")], ["red", "Ulm"])
    with pytest.raises(ReadError, match="another survey"):
        map_export(export, instrument)
    assert map_export(export, instrument, fewest=0).columns.unused == ["colour", "town"]


def test_what_looks_personal_is_neither_shown_nor_proposed(instrument):
    export = export_of("plain", [question("host")], ["ann@example.org"])
    coverage = map_export(export, instrument, fewest=0).coverage
    assert list(coverage.choices["text"]) == ["[redacted]"]
    assert "ann@" not in coverage.text()
    assert not coverage.proposals


def test_the_verb_writes_proposals_for_a_source(tmp_path):
    (tmp_path / "drinks.yaml").write_text(INSTRUMENT, encoding="utf-8")
    export = tmp_path / "wave.csv"
    export.write_text("id,submitdate,lastpage,host,viewhot,cupz\n"
                      "1,2026-01-01 10:00:00,2,The  firms,Agree,3\n")  # fmt: skip
    source = SimpleNamespace(
        export=export, instrument=tmp_path / "drinks.yaml", platform="auto", codebook=None,
        mapping=Path(tmp_path / "mapping.csv"), time_zone=None,
    )  # fmt: skip
    coverage = propose(source)
    assert ("column", "cupz", "cups") in {p[:3] for p in coverage.proposals}
    edited = source.mapping.read_text().replace(
        "column,cupz,cups,,75,,", "column,cupz,cups,,75,accept,mine"
    )
    source.mapping.write_text(edited)
    assert "cups" not in list(propose(source).questions["variable"])
    assert "column,cupz,cups,,75,accept,mine" in source.mapping.read_text()


LABELS = ["Tea", "Tea, green", "Milk (cold, warm)", "Cocoa"]


@given(st.lists(st.sampled_from(LABELS), unique=True), st.sampled_from([", ", ";", "; "]))
def test_what_was_joined_is_cut_again(chosen, separator):
    known = {label: label for label in LABELS}
    assert set(cut(separator.join(chosen), known).codes) == set(chosen)


def test_a_text_with_very_many_signs_is_no_list_of_choices():
    assert cut("Tea," * 50_000, {"Tea": "tea"}) == Pieces(rest=("Tea," * 50_000,))
