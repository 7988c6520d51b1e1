"""Exports of REDCap, raw and with labels, and their data dictionary."""

from __future__ import annotations

import pandas as pd
import pytest

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.redcap.dictionary import read_dictionary, split_choices

DICTIONARY = """"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",\
"Choices, Calculations, OR Slider Labels","Field Note",\
"Text Validation Type OR Show Slider Number",Identifier?
record_id,firm,,text,"Record ID",,,,
name,firm,,text,"Name of the firm",,,,y
msp,firm,,yesno,"Do you use an <b>MSP</b>?",,,,
size,firm,,radio,"How large?","1, Small | 2, Large, or larger",,,
staff,firm,,text,Staff,,,number_1dp_comma_decimal,
intro,tools,,descriptive,"Now your tools",,,,
tools,tools,,checkbox,Tools,"1, RMM|-9, None of these|a.b, Other",,,
mood,tools,,slider,Mood,"bad | so-so | good",,,
total,tools,,calc,Total,"[staff]*2",,,
more,tools,,notes,"Anything else?",,,,
"""
RAW = '''record_id,redcap_survey_identifier,firm_timestamp,name,msp,size,staff,firm_complete,\
tools_timestamp,tools___1,tools____9,tools___a_b,mood,total,more,tools_complete
1,s1,2026-03-01 10:00:00,Alm,1,2,"3,5",2,2026-03-02 11:00:00,1,0,1,40,7,"said ""no""",2
2,,2026-03-01 12:00:00,Birk,0,1,2,2,[not completed],0,0,0,,,,0
'''
LABELS = '''"Record ID","Survey Identifier","Survey Timestamp","Name of the firm",\
"Do you use an MSP?","How large?",Staff,Complete?,"Survey Timestamp","Tools (choice=RMM)",\
"Tools (choice=None of these)","Tools (choice=Other)",Mood,Total,"Anything else?",Complete?
1,s1,2026-03-01 10:00:00,Alm,Yes,"Large, or larger","3,5",Complete,2026-03-02 11:00:00,Checked,\
Unchecked,Checked,40,7,"said ""no""",Complete
2,,2026-03-01 12:00:00,Birk,No,Small,2,Complete,[not completed],Unchecked,Unchecked,Unchecked,,,,\
Incomplete
'''
PANEL = """record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,size,\
firm_complete,visit_day,visit_note,visit_complete
1,start_arm_1,,,2,2,,,
1,start_arm_1,visit,1,,,mon,,2
1,start_arm_1,visit,2,,,tue,,0
1,later_arm_1,,,3,0,,,
2,later_arm_1,visit,1,,,wed,,2
"""


def write(tmp_path, text, name="export.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


def read(tmp_path, text, **options):
    return read_responses(write(tmp_path, text), **options)


def described(tmp_path, text):
    return read(tmp_path, text, codebook=write(tmp_path, DICTIONARY, "dictionary.csv"))


def test_a_raw_export_is_read(tmp_path):
    export = read(tmp_path, RAW)
    assert (export.platform, export.dialect, len(export)) == ("redcap", "raw", 2)
    assert list(export.answers) == [
        "name", "msp", "size", "staff", "firm_complete", "tools___1", "tools____9",
        "tools___a_b", "mood", "total", "more", "tools_complete",
    ]  # fmt: skip
    assert list(export.meta["resp_id"]) == ["1", "2"]
    assert list(export.meta["sample_id"]) == ["s1", ""]
    assert export.answers.loc[0, "more"] == 'said "no"'


def test_a_form_that_was_not_sent_leaves_the_response_open(tmp_path):
    meta = read(tmp_path, RAW).meta
    assert list(meta["finished"]) == [True, False]
    assert list(meta["progress"]) == [100.0, 50.0]
    assert meta["ended"][0] == pd.Timestamp("2026-03-02 11:00", tz="UTC")
    assert meta["ended"][1] == pd.Timestamp("2026-03-01 12:00", tz="UTC")


def test_the_clock_of_the_server_is_where_the_caller_says(tmp_path):
    export = read(tmp_path, RAW, time_zone="America/Chicago")
    assert export.meta["ended"][1] == pd.Timestamp("2026-03-01 18:00", tz="UTC")
    assert not [p for p in export.problems if "zone" in p]
    assert [p for p in read(tmp_path, RAW).problems if "no time zone" in p]


def test_boxes_have_field_and_choice(tmp_path):
    columns = read(tmp_path, RAW).columns.set_index("name")
    assert list(columns.loc["tools____9", ["id", "wording", "choice"]]) == [
        "tools____9", "tools", "_9",
    ]  # fmt: skip


def test_labels_are_known_without_the_dictionary(tmp_path):
    export = read(tmp_path, LABELS)
    assert (export.platform, export.dialect, len(export)) == ("redcap", "labels", 2)
    assert list(export.meta["finished"]) == [True, False]
    choices = export.columns.set_index("name")["choice"]
    assert choices["Tools (choice=None of these)"] == "None of these"


def test_raw_and_labels_give_the_same_columns(tmp_path):
    raw, labels = described(tmp_path, RAW), described(tmp_path, LABELS)
    assert list(raw.answers) == list(labels.answers) == list(read(tmp_path, RAW).answers)[1:]
    said = ["name", "id", "wording", "choice", "role"]
    of_fields = ~raw.columns["id"].str.contains("complete|timestamp|identifier")
    pd.testing.assert_frame_equal(
        raw.columns.loc[of_fields, said], labels.columns.loc[of_fields, said]
    )
    assert not [p for p in raw.problems + labels.problems if "codebook" in p]


def test_the_dictionary_gives_wording_choices_and_roles(tmp_path):
    export = described(tmp_path, RAW)
    assert export.wording("msp") == "Do you use an MSP?"
    columns = export.columns.set_index("name")
    assert columns.loc["tools___a_b", "choice"] == "Other"
    assert list(columns.loc[["mood", "total", "more"], "role"]) == ["answer", "embedded", "text"]
    assert list(export.personal) == ["redcap_survey_identifier", "name"]
    assert list(export.choices.loc[export.choices["name"] == "size", "label"]) == [
        "Small", "Large, or larger",
    ]  # fmt: skip
    # A slider has words at its ends, not choices.
    assert set(export.choices["name"]) == {"msp", "size"}


def test_a_code_is_said_as_the_answers_have_it(tmp_path):
    choices = [described(tmp_path, text).choices.set_index("name") for text in (RAW, LABELS)]
    assert list(choices[0].loc["msp", "code"]) == ["1", "0"]
    assert list(choices[1].loc["msp", "code"]) == ["Yes", "No"]


def test_codes_under_labels_are_understood(tmp_path):
    text = "\n".join([LABELS.split("1,s1")[0].strip(), *RAW.splitlines()[1:]])
    choices = described(tmp_path, text).choices
    assert list(choices.loc[choices["name"] == "size", "code"]) == ["1", "2"]


def test_decimal_commas_are_reported_where_numbers_are_due(tmp_path):
    assert "1 numbers of 'staff' have a decimal comma" in described(tmp_path, RAW).problems


def test_events_and_repeated_forms_become_tables(tmp_path):
    export = read(tmp_path, PANEL)
    assert list(export.meta["resp_id"]) == ["1/start_arm_1", "1/later_arm_1"]
    assert list(export.answers) == ["record_id", "redcap_event_name", "size", "firm_complete"]
    visit = export.linked["visit"]
    assert list(visit.meta["resp_id"]) == ["1/start_arm_1"] * 2 + ["2/later_arm_1"]
    assert list(visit.answers) == [
        "record_id", "redcap_event_name", "redcap_repeat_instance", "visit_day", "visit_note",
        "visit_complete",
    ]  # fmt: skip
    assert list(visit.meta["finished"]) == [True, False, True]
    assert "visit: 1 rows belong to a record without a row of its own" in export.problems


def test_no_row_of_an_export_is_lost(tmp_path):
    export = read(tmp_path, PANEL)
    assert len(export) + sum(map(len, export.linked.values())) == 5


def test_a_repeated_event_has_its_instance_in_the_id(tmp_path):
    text = (
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,q,f_complete\n"
        "1,visit,,1,a,2\n1,visit,,2,b,2\n"
    )
    export = read(tmp_path, text)
    assert list(export.meta["resp_id"]) == ["1/visit/1", "1/visit/2"]
    assert export.linked == {}


def test_an_export_of_a_repeated_form_alone_keeps_its_rows(tmp_path):
    text = (
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,q,f_complete\n"
        "1,f,1,a,2\n1,f,2,b,2\n"
    )
    export = read(tmp_path, text)
    assert list(export.meta["resp_id"]) == ["1/f/1", "1/f/2"]
    assert "repeated forms only" in export.problems[0]


def test_a_table_of_a_repeated_form_is_called_as_in_the_dictionary(tmp_path):
    dictionary = (
        "field_name,form_name,field_type,field_label,select_choices_or_calculations\n"
        "record_id,firm,text,Record ID,\nsize,firm,text,Size,\nday,visit,text,Day of visit,\n"
    )
    text = (
        "Record ID,Repeat Instrument,Repeat Instance,Size,Complete?,Day of visit,Complete?\n"
        "1,,,5,Complete,,\n1,Visits we made,1,,,mon,Incomplete\n"
    )
    export = read(tmp_path, text, codebook=write(tmp_path, dictionary, "d.csv"))
    assert list(export.answers) == ["record_id", "size", "firm_complete"]
    assert list(export.linked) == ["visit"]
    assert "day" in export.linked["visit"].answers


def test_a_file_without_states_says_so(tmp_path):
    export = read(tmp_path, "record_id,tools___1,tools___2\n1,0,1\n2,1,1\n")
    assert export.meta["finished"].all()
    assert "does not say" in " ".join(export.problems)


def test_a_file_without_a_usual_id_is_known_by_the_state_of_its_form(tmp_path):
    assert read(tmp_path, "who,age,firm_complete\n1,33,2\n2,34,0\n").platform == "redcap"
    with pytest.raises(ReadError):
        read(tmp_path, "who,age,task_complete\n1,33,1\n2,34,0\n")


def test_more_repeated_forms_than_a_project_can_have_are_refused(tmp_path):
    rows = "".join(f"1,f{i},1,x,2\n" for i in range(300))
    head = "record_id,redcap_repeat_instrument,redcap_repeat_instance,q,f_complete\n1,,,x,2\n"
    with pytest.raises(ReadError, match="300 different"):
        read(tmp_path, head + rows)


def test_a_box_may_hold_its_label(tmp_path):
    export = read(tmp_path, "record_id,tools___1,f_complete\n1,RMM,2\n2,,2\n")
    assert export.columns.set_index("name").loc["tools___1", "choice"] == "1"


@pytest.mark.parametrize(
    "text", ["1, Yes | 2, No, thanks", "1,Yes|2,No, thanks", "1, Yes\n2, No, thanks"]
)
def test_choices_end_their_code_at_the_first_comma(text):
    assert split_choices(text) == {"1": "Yes", "2": "No, thanks"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_dictionary_has_headings_for_people_or_programs(tmp_path, encoding):
    people = read_dictionary(write(tmp_path, DICTIONARY, "d.csv", encoding))
    assert [f.name for f in people][-2:] == ["total", "more"]
    assert people[3].choices == {"1": "Small", "2": "Large, or larger"}
    programs = read_dictionary(
        write(
            tmp_path,
            "field_name,form_name,field_type,field_label,identifier\nrecord_id,f,text,Id,\n"
            "mail,f,text,E-mail,y\n",
            encoding=encoding,
        )
    )
    assert [f.personal for f in programs] == [False, True]


def test_a_dictionary_is_no_data_and_data_are_no_dictionary(tmp_path):
    with pytest.raises(ReadError, match="data dictionary"):
        read(tmp_path, DICTIONARY)
    with pytest.raises(ReadError, match="should be a data dictionary"):
        read(tmp_path, RAW, codebook=write(tmp_path, RAW, "other.csv"))


def test_the_dictionary_of_another_project_is_refused(tmp_path):
    other = "field_name,form_name,field_type,field_label\nx,f,text,X\ny,f,text,Y\n"
    with pytest.raises(ReadError, match="None of its"):
        read(tmp_path, RAW, codebook=write(tmp_path, other, "d.csv"))


def test_a_column_that_the_dictionary_does_not_have_is_reported(tmp_path):
    problems = described(tmp_path, "record_id,size,tools___ni,f_complete\n1,1,0,2\n").problems
    assert [p for p in problems if "'tools___ni'" in p]


@pytest.mark.parametrize("content", ["\n", "", " "])
def test_an_empty_export_is_one_clear_error(tmp_path, content):
    with pytest.raises(ReadError, match="empty"):
        read(tmp_path, content)


def test_a_dictionary_in_another_language_is_known_by_the_order_of_its_columns(tmp_path):
    head = ["Feldname", "Formular", "Abschnitt", "Feldtyp", "Beschriftung", "Auswahl", "Notiz",
            "Prüfung", "von", "bis", "Personenbezug?"]  # fmt: skip
    rows = [
        "record_id,firm,,text,Nummer,,,,,,",
        "name,firm,,text,Name,,,,,,y",
        'size,firm,,radio,Größe,"1, Klein | 2, Groß",,,,,',
    ]
    text = "\n".join([",".join(head), *rows])
    fields = read_dictionary(write(tmp_path, text, "dictionary.csv"))
    assert [(f.kind, f.label, f.personal) for f in fields[1:]] == [
        ("text", "Name", True), ("radio", "Größe", False),
    ]  # fmt: skip
    assert fields[2].choices == {"1": "Klein", "2": "Groß"}
    with pytest.raises(ReadError, match="should be a data dictionary"):
        read_dictionary(write(tmp_path, text.replace("radio", "red"), "dictionary.csv"))


def test_states_of_forms_that_pandas_numbered_are_known(tmp_path):
    text = LABELS.replace('Complete?\n', 'Complete?.1\n', 1).replace(
        '"Survey Timestamp","Tools', '"Survey Timestamp.1","Tools'
    )  # fmt: skip
    meta = read(tmp_path, text).meta
    assert list(meta["finished"]) == [True, False]
    assert list(meta["progress"]) == [100.0, 50.0]


def test_a_file_with_a_row_for_each_value_is_refused(tmp_path):
    with pytest.raises(ReadError, match="flat CSV"):
        read(tmp_path, "record,event_id,field_name,value\n1,40,age,33\n1,40,sex,1\n")


@pytest.mark.parametrize(
    ("choice", "ticks"),
    [("'RMM, or like it'", ("Checked", "Unchecked")), ("RMM, or like it", ("Coché", "Non coché"))],
)
def test_a_box_is_known_by_its_label_in_old_exports_and_other_languages(tmp_path, choice, ticks):
    text = (
        f'"Record ID","Tools (choice={choice})","Complete?"\n1,{ticks[0]},Complete\n'
        f"2,{ticks[1]},Complete\n"
    )
    columns = read(tmp_path, text).columns
    assert list(columns.loc[1, ["wording", "choice"]]) == ["Tools", "RMM, or like it"]
