"""Exports of KoboToolbox and ODK: names or labels, groups, joined cells, repeats."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheet_sample import write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.kobo.ticks import cut

NAMES = """"start";"end";"firm/name";"tools";"tools/rmm";"tools/psa";"tools_other";"_id";"_uuid";\
"_submission_time";"_validation_status";"__version__";"_submitted_by";"_index"
"2026-03-01T09:00:00.000-05:00";"2026-03-01T09:10:00.000-05:00";"Alm";"psa rmm";"1";"1";"";"71";\
"u-1";"2026-03-01T14:11:00";"";"v1";"ann";"1"
"2026-03-02T09:00:00.000-05:00";"";"Birk";"rmm";"1";"0";"own";"72";"u-2";"2026-03-02T14:30:00";\
"validation_status_approved";"v1";"ann";"2"
"""
ODK = """SubmissionDate,start,firm-name,tools,tools/rmm,tools/psa,place-Latitude,place-Longitude,\
meta-instanceID,KEY,SubmitterID,SubmitterName,AttachmentsPresent,ReviewState,DeviceID,Edits,\
FormVersion
2026-03-01T14:11:00.000Z,2026-03-01T09:00:00.000-05:00,Alm,rmm,1,0,52.1,4.3,uuid:1,uuid:1,7,Ann,\
0,approved,collect:x,0,2026
"""


def read(tmp_path, text, **options):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_responses(path, **options)


def roles(export):
    return dict(zip(export.columns["name"], export.columns["role"], strict=True))


def workbook(path, **sheets):
    """Write a workbook, a sheet for each keyword."""
    return write_workbook(path, sheets)


def test_an_export_with_names_is_read(tmp_path):
    export = read(tmp_path, NAMES)
    assert (export.platform, export.dialect, len(export)) == ("kobo", "names", 2)
    assert list(export.answers) == [
        "firm/name", "tools", "tools/rmm", "tools/psa", "tools_other", "_validation_status",
        "__version__",
    ]  # fmt: skip
    assert list(export.meta["resp_id"]) == ["71", "72"]
    assert export.meta["started"][0] == pd.Timestamp("2026-03-01 14:00", tz="UTC")
    assert export.meta["duration_s"][0] == 10 * 60
    assert export.problems == []


def test_columns_have_the_id_of_their_question_without_its_groups(tmp_path):
    columns = read(tmp_path, NAMES).columns.set_index("name")
    assert columns.loc["firm/name", "id"] == "name"
    assert list(columns.loc["tools/psa", ["id", "wording", "choice"]]) == [
        "tools/psa", "tools", "psa",
    ]  # fmt: skip


def test_a_missing_end_is_the_time_of_sending(tmp_path):
    ended = read(tmp_path, NAMES).meta["ended"]
    assert ended[1] == pd.Timestamp("2026-03-02 14:30", tz="UTC")


def test_the_joined_cell_stands_back_behind_the_columns_of_its_choices(tmp_path):
    found = roles(read(tmp_path, NAMES))
    columns = ["tools", "tools/rmm", "tools_other"]
    assert [found[c] for c in columns] == ["order", "answer", "text"]


def test_who_sent_the_form_is_kept_apart(tmp_path):
    export = read(tmp_path, NAMES)
    assert list(export.personal) == ["_submitted_by"]
    assert not export.frame().astype("str").isin(["ann"]).any().any()


def test_a_contradiction_of_joined_cell_and_columns_is_reported(tmp_path):
    (problem,) = read(tmp_path, NAMES.replace('"psa rmm";"1";"1"', '"psa";"1";"1"')).problems
    assert "1 rows" in problem
    assert "'tools'" in problem


@pytest.mark.parametrize("separator", [".", ":", "-"])
def test_other_signs_between_group_and_question_are_found(tmp_path, separator):
    text = NAMES.replace("tools/", f"tools{separator}").replace("firm/", f"firm{separator}")
    export = read(tmp_path, text)
    assert list(export.columns["id"])[2:6] == ["name", "tools", "tools/rmm", "tools/psa"]


def test_names_that_r_has_changed_are_known(tmp_path):
    text = NAMES.replace("/", ".").replace('"_', '"X_').replace(";", ",")
    export = read(tmp_path, text)
    assert (export.platform, list(export.meta["resp_id"])) == ("kobo", ["71", "72"])
    assert "X_validation_status" not in export.answers


def test_ticks_that_a_spreadsheet_wrote_as_truth_values_are_ticks(tmp_path):
    text = NAMES.replace('"1";"1"', '"TRUE";"TRUE"').replace('"1";"0"', '"TRUE";"FALSE"')
    assert read(tmp_path, text).problems == []


def test_columns_of_choices_are_known_without_the_joined_cell(tmp_path):
    text = 'q/a;q/b;r/x;r/y\n1;0;0;0\n"";"";1;0\n0;1;1;1\n'
    export = read(tmp_path, text)
    # Nobody leaves all choices of a question open and answers it: r is a group of two questions.
    assert list(export.columns["id"]) == ["q/a", "q/b", "x", "y"]


def test_a_row_of_tags_is_no_response(tmp_path):
    lines = NAMES.splitlines()
    tags = ";".join(['"#date"', '"#org+name"', *['""'] * 12])
    export = read(tmp_path, "\n".join([lines[0], tags, *lines[1:]]))
    assert len(export) == 2
    assert "HXL" in export.problems[0]


def test_a_position_and_a_file_are_personal(tmp_path):
    text = (
        "_uuid;_id;at;_at_latitude;_at_longitude;photo;photo_URL\n"
        "u;1;52.1 4.3 0 0;52.1;4.3;a.jpg;https://files.example/a.jpg\n"
    )
    export = read(tmp_path, text)
    assert export.answers.empty
    assert set(export.personal) == {
        "at", "_at_latitude", "_at_longitude", "photo", "photo_URL",
    }  # fmt: skip


def test_a_question_that_moved_between_versions_is_one_column(tmp_path):
    text = "_uuid;__version__;old/size;new/size\nu1;v1;5;\nu2;v2;;7\n"
    export = read(tmp_path, text)
    assert list(export.answers["new/size"]) == ["5", "7"]
    assert list(export.answers["old/size"]) == ["5", ""]
    assert "'size' has moved" in export.problems[0]


def test_two_questions_of_one_version_are_not_merged(tmp_path):
    text = "_uuid;__version__;old/size;new/size\nu1;v1;5;\nu2;v1;;7\n"
    assert list(read(tmp_path, text).answers["new/size"]) == ["", "7"]


def test_labels_are_cut_behind_a_group_but_not_within_a_question(tmp_path):
    text = (
        "_uuid;_submission_time;Your firm/Name;Your firm/Staff;Do you use CI/CD?;Tools;"
        "Tools/Anti-virus;Tools/Backup / restore\n"
        "u;2026-03-01T14:11:00;Alm;5;Yes;Backup / restore Anti-virus;1;1\n"
    )
    export = read(tmp_path, text)
    assert export.dialect == "labels"
    assert list(export.columns["wording"])[2:6] == ["Name", "Staff", "Do you use CI/CD?", "Tools"]
    assert list(export.columns["choice"])[6:] == ["Anti-virus", "Backup / restore"]
    assert export.problems == []


def test_a_doubled_label_gives_two_columns(tmp_path):
    export = read(tmp_path, "_uuid;_id;Please say;Please say\nu;1;a;b\n")
    assert list(export.answers.loc[0]) == ["a", "b"]
    assert export.answers.columns.is_unique


def test_a_name_without_any_sign_of_the_platform_is_refused_unless_it_is_named(tmp_path):
    text = "size;place\n5;x\n6;y\n"
    with pytest.raises(ReadError):
        read(tmp_path, text)
    assert len(read(tmp_path, text, format="kobo")) == 2


def test_odk_central_divides_groups_by_dashes(tmp_path):
    export = read(tmp_path, ODK)
    assert (export.platform, export.dialect) == ("kobo", "odk")
    assert list(export.columns["id"])[2:6] == ["name", "tools", "tools/rmm", "tools/psa"]
    assert list(export.meta["resp_id"]) == ["uuid:1"]
    assert {"place-Latitude", "SubmitterName", "DeviceID"} <= set(export.personal)


def test_odk_briefcase_writes_the_month_in_letters(tmp_path):
    text = (
        "SubmissionDate,start,firm-name,meta-instanceID,KEY\n"
        '"Mar 1, 2026 2:11:00 PM","Mar 1, 2026 2:00:00 PM",Alm,uuid:1,uuid:1\n'
    )
    meta = read(tmp_path, text, time_zone="UTC").meta
    assert meta["duration_s"][0] == 11 * 60


def test_odk_aggregate_divides_groups_by_colons_and_names_its_repeats(tmp_path):
    text = "SubmissionDate,meta:instanceID,firm:name,SET-OF-site,KEY\n2026-03-01,u,Alm,u/site,u\n"
    export = read(tmp_path, text)
    assert (export.dialect, list(export.columns["id"])[2]) == ("odk", "name")
    assert "the rows of site stand in files of their own" in export.problems


def test_the_table_of_a_repeat_alone_is_refused(tmp_path):
    with pytest.raises(ReadError, match="repeated group only"):
        read(tmp_path, "name,PARENT_KEY,KEY\nAnn,uuid:1,uuid:1/p[1]\nBo,uuid:1,uuid:1/p[2]\n")


def test_repeats_within_repeats_find_their_response(tmp_path):
    path = workbook(
        tmp_path / "export.xlsx",
        **{
            "A survey of sites and the mach…": [
                ["firm", "_id", "_uuid", "_index"], ["Alm", "71", "u1", "1"],
                ["Birk", "72", "u2", "2"],
            ],
            "site": [
                ["site/town", "_index", "_parent_table_name", "_parent_index"],
                ["Aa", "1", "A survey of sites and the machines there", "2"],
                ["Bo", "2", "A survey of sites and the machines there", "1"],
            ],
            "machine": [
                ["site/machine/kind", "_index", "_parent_table_name", "_parent_index"],
                ["saw", "1", "site", "1"], ["drill", "2", "site", "2"], ["axe", "3", "site", "9"],
            ],
        },
    )  # fmt: skip
    export = read_responses(path)
    assert list(export.linked) == ["site", "machine"]
    assert list(export.linked["site"].meta["resp_id"]) == ["72", "71"]
    assert list(export.linked["machine"].meta["resp_id"]) == ["72", "71", ""]
    assert "machine: 1 rows belong to no response of the file" in export.problems


def test_repeats_of_odk_are_joined_by_their_keys(tmp_path):
    path = workbook(
        tmp_path / "export.xlsx",
        main=[["SubmissionDate", "firm", "KEY"], ["2026-03-01", "Alm", "uuid:1"]],
        site=[["town", "PARENT_KEY", "KEY"], ["Aa", "uuid:1", "uuid:1/site[1]"]],
        machine=[["kind", "PARENT_KEY", "KEY"], ["saw", "uuid:1/site[1]", "m1"]],
    )
    linked = read_responses(path).linked
    assert list(linked["machine"].meta["resp_id"]) == ["uuid:1"]
    assert list(linked["machine"].answers["kind"]) == ["saw"]


def test_other_sheets_are_named_not_hidden(tmp_path):
    path = workbook(
        tmp_path / "export.xlsx",
        main=[["firm", "_id", "_uuid"], ["Alm", "1", "u"]],
        notes=[["Who", "What"], ["Ann", "checked"]],
    )
    assert "sheets not read: notes" in read_responses(path).problems


WORDS = st.sampled_from(["tea", "tea with milk", "milk", "black coffee", "coffee"])


@given(st.lists(WORDS, unique=True))
def test_a_joined_cell_is_cut_into_choices_that_make_it_up(chosen):
    choices = ["tea", "tea with milk", "milk", "black coffee", "coffee"]
    found = cut(" ".join(chosen), choices)
    if not chosen:
        assert found is None
    else:
        # "tea" and then "tea with milk" may share words, but none is left over.
        words = sorted(" ".join(choices[i] for i in found).split())
        assert set(words) == set(" ".join(chosen).split())


CENTRAL = "SubmissionDate,firm-size,meta-instanceID,KEY,SubmitterName,Whatever\n"
CENTRAL += "2026-03-01T14:11:00.000Z,5,uuid:1,uuid:1,Ann,x\n"
STAFF = "name,photo,PARENT_KEY,KEY\nCy,1.jpg,uuid:1,uuid:1/staff[1]\nBo,,uuid:9,uuid:9/staff[1]\n"


def test_repeats_that_central_wrote_beside_the_main_table_are_linked(tmp_path):
    (tmp_path / "form-staff.csv").write_text(STAFF)
    (tmp_path / "form-other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "form.csv").write_text(CENTRAL)
    export = read_responses(tmp_path / "form.csv")
    assert list(export.linked) == ["staff"]
    staff = export.linked["staff"]
    assert list(staff.meta["resp_id"]) == ["uuid:1", ""]
    assert list(staff.answers["name"]) == ["Cy", "Bo"]
    assert "staff: 1 rows belong to no response of the file" in export.problems
    with pytest.raises(ReadError, match="repeated group only"):
        read_responses(tmp_path / "form-staff.csv")


def test_what_central_puts_behind_its_key_is_its_own(tmp_path):
    found = roles(read(tmp_path, CENTRAL))
    assert (found["SubmitterName"], found["Whatever"]) == ("personal", "embedded")


def test_names_of_pictures_are_personal(tmp_path):
    (tmp_path / "form-staff.csv").write_text(STAFF)
    (tmp_path / "form.csv").write_text(CENTRAL)
    assert list(read_responses(tmp_path / "form.csv").linked["staff"].personal) == ["photo"]


AGGREGATE = """*meta-instance-id*,*meta-submission-date*,start,firm:size,at:Latitude,at:Longitude
uuid:a,"Mar 1, 2026 2:11:00 PM","Mar 1, 2026 2:00:00 PM",5,52.1,4.3
"""


def test_a_table_of_aggregate_is_read(tmp_path):
    export = read(tmp_path, AGGREGATE)
    assert (export.dialect, list(export.meta["resp_id"])) == ("odk", ["uuid:a"])
    assert export.meta["ended"][0] == pd.Timestamp("2026-03-01 14:11", tz="UTC")
    assert list(export.answers) == ["firm:size"]


ONA = """firm/tools/rmm,firm/tools/psa,staff[1]/name,staff[2]/name,Q1.1,meta/instanceID,_uuid,\
_submission_time
True,False,Cy,n/a,4,uuid:1,1,2026-03-01T14:11:00
False,False,n/a,n/a,5,uuid:2,2,2026-03-01T14:12:00
"""


def test_ona_says_what_is_blank_and_what_was_chosen_in_words(tmp_path):
    export = read(tmp_path, ONA)
    ids = ["tools/rmm", "tools/psa", "staff[1]/name", "staff[2]/name", "Q1.1"]
    assert list(export.columns["id"])[:5] == ids
    assert list(export.answers["staff[1]/name"]) == ["Cy", ""]
    typed = ONA.replace("True,False,Cy", "True,False,")
    assert list(read(tmp_path, typed).answers["staff[2]/name"]) == ["n/a", "n/a"]


def test_a_choice_may_hold_the_sign_of_groups(tmp_path):
    text = "Why?/Air;Why?/Sea/river;_uuid;_submission_time\n1;0;u;2026-03-01T14:11:00\n"
    text = text.replace("Why?/Air;", "Why?/Air;Why?/Rail;").replace("1;0;u", "1;0;0;u")
    assert list(read(tmp_path, text).columns["choice"])[:3] == ["Air", "Rail", "Sea/river"]


def test_ids_that_a_spreadsheet_has_rounded_are_not_taken(tmp_path):
    text = NAMES.replace('"71"', '"4,21E+08"').replace('"72"', '"4,21E+08"')
    assert list(read(tmp_path, text).meta["resp_id"]) == ["u-1", "u-2"]
