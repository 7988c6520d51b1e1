"""Exports whose headings and cells are labels, and columns that a codebook calls personal."""

from __future__ import annotations

import pytest
from instrument_cases import HEAD, made

from mspsurvey.instrument.target import target
from mspsurvey.instrument.write.redcap import redcap_dictionary
from mspsurvey.intake.mapping import map_export
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.rules import labels
from mspsurvey.intake.work import Log, Work, run

# Two grids with rows of one label, a choice in brackets, and two variables that stay hidden.
QUESTIONS = """\
blocks:
  - name: tools
    title: Tools
    questions:
      - name: has
        kind: grid
        text: "Do you have:"
        options: [{code: "1", label: "Yes, all"}, {code: "0", label: "No"}]
        rows: [{name: has_backup, text: Backups}, {name: has_mfa, text: MFA}]
      - name: wants
        kind: grid
        text: "Do you want:"
        options: [{code: "1", label: Much}, {code: "0", label: Little}]
        rows: [{name: wants_backup, text: Backups}, {name: wants_mfa, text: MFA}]
      - name: why
        kind: multi
        text: Why?
        options: [{code: law, label: The law (EU)}, {code: other, label: Another}]
        other: which?
      - {name: zip3, kind: text, role: identifier, text: Zip code?}
      - {name: staff, kind: number, text: How many people?, low: 0, high: 9}
"""
REDCAP = """"Record ID",Backups,MFA,Backups,MFA,\
"Why? (choice=The law (EU))","Why? (choice=Another)","Why? Other: which?",\
"Zip code?","How many people?",Complete?
1,"Yes, all",No,Little,Much,Checked,Unchecked,,123,4,Complete
"""
KOBO = """Backups;MFA;Backups;MFA;Why?;Why?/The law (EU);Why?/Another;\
Why? Other: which?;Zip code?;How many people?;_id;_uuid;_submission_time
Yes, all;No;Little;Much;The law (EU);1;0;;123;4;1;u;2026-03-01T10:00:00
"""
GROUPS = """Tools/Do you have:/Backups;Tools/Do you have:/MFA;Tools/Do you want:/Backups;\
Tools/Do you want:/MFA;Tools/Why?;Tools/Why?/The law (EU);Tools/Why?/Another;\
Tools/Why? Other: which?;Tools/Zip code?;Tools/How many people?;_id;_uuid;_submission_time
Yes, all;No;Little;Much;The law (EU);1;0;;123;4;1;u;2026-03-01T10:00:00
"""
RAW = """record_id,has_backup,has_mfa,wants_backup,wants_mfa,why___law,why___other,why_oth,\
zip3,staff,tools_complete
1,1,0,0,1,1,0,,123,4,2
"""


@pytest.fixture
def instrument(tmp_path):
    return made(tmp_path, HEAD + QUESTIONS)


def mapped(tmp_path, instrument, text, **options):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return map_export(read_responses(path, **options), instrument)


@pytest.mark.parametrize("text", [REDCAP, KOBO, GROUPS])
def test_labels_find_their_variable_without_a_codebook(tmp_path, instrument, text):
    found = mapped(tmp_path, instrument, text)
    assert (found.columns.absent, found.columns.unused) == ([], [])
    row = found.answers.iloc[0]
    assert list(row[["has_backup", "has_mfa", "wants_backup", "wants_mfa"]]) == [
        "Yes, all", "No", "Little", "Much",
    ]  # fmt: skip
    assert list(row[["zip3", "staff"]]) == ["123", "4"]
    assert (row["why_law"], row["why_other"]) in [("Checked", "Unchecked"), ("1", "0")]


def test_a_label_of_two_questions_is_not_guessed_where_one_is_absent(tmp_path, instrument):
    lines = [line.split(";", 1)[1] for line in KOBO.splitlines()]
    columns = mapped(tmp_path, instrument, "\n".join(lines)).columns
    assert columns.absent == ["has_backup", "wants_backup"]
    assert columns.columns["wants_mfa"].startswith("MFA")


def test_what_the_dictionary_hides_is_found_by_a_variable_that_stays_hidden(tmp_path, instrument):
    dictionary = tmp_path / "dictionary.csv"
    dictionary.write_text(redcap_dictionary(target(instrument, "redcap")), encoding="utf-8")
    found = mapped(tmp_path, instrument, RAW, codebook=dictionary)
    assert found.columns.absent == []
    assert list(found.answers.iloc[0][["zip3", "why_oth"]]) == ["123", ""]


def test_a_column_with_personal_data_is_no_answer_to_an_open_question(tmp_path, instrument):
    dictionary = tmp_path / "dictionary.csv"
    text = redcap_dictionary(target(instrument, "redcap"))
    flagged = [
        line.replace("number,0,9,", "number,0,9,y") if line.startswith("staff") else line
        for line in text.splitlines()
    ]
    dictionary.write_text("\n".join(flagged), encoding="utf-8")
    assert mapped(tmp_path, instrument, RAW, codebook=dictionary).columns.absent == ["staff"]


@pytest.mark.parametrize(("yes", "no"), [("1", "2"), ("Ja", "Nein"), ("Oui", "Non sélectionné")])
def test_a_tick_of_limesurvey_is_read_whatever_it_writes_for_no(tmp_path, instrument, yes, no):
    text = "id,submitdate,why[law],why[other],hasbackup,hasmfa,wantsbackup,wantsmfa,zip3,staff\n"
    text += f"1,2026-03-01 10:00:00,{yes},{no},1,0,0,1,123,4\n"
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    export = read_responses(path)
    answers = map_export(export, instrument).answers
    work = Work("t", instrument, answers, answers.replace(".*", "", regex=True), export.meta, {},
                export.not_shown)  # fmt: skip
    work, _ = run(work, labels.RULES, Log())
    assert list(work.answers.loc[0, ["why_law", "why_other"]]) == ["yes", "no"]


def test_words_beside_other_in_headings_of_text_are_those_of_the_question(tmp_path, instrument):
    text = '"Response ID","Date submitted","Why? [The law (EU)]","Why? [Other]"\n'
    path = tmp_path / "export.csv"
    path.write_text(text + "1,2026-03-01 10:00:00,Yes,our own\n", encoding="utf-8")
    columns = map_export(read_responses(path), instrument, fewest=0).columns
    assert columns.columns == {"why_law": "Why? [The law (EU)]", "why_oth": "Why? [Other]"}
