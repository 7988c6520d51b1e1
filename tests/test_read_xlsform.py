"""Forms written as XLSForm, and what they say of the columns of an export."""

from __future__ import annotations

import pandas as pd
import pytest
from sheet_sample import write_workbook

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.kobo.xlsform import read_xlsform

SURVEY = [
    ["type", "name", "label::English (en)", "label::Français (fr)", "relevant"],
    ["start", "begun", "", "", ""],
    ["begin_group", "firm", "Your firm", "Votre société", ""],
    ["text", "name", "Name", "Nom", ""],
    ["select_one yn", "msp", "Do you use an <b>MSP</b>?", "Un MSP ?", ""],
    ["end_group", "", "", "", ""],
    ["select_multiple tool or_other", "tools", "Which tools?", "Quels outils ?", "${msp}='y'"],
    ["begin repeat", "site", "Sites", "Sites", ""],
    ["text", "town", "Town", "Ville", ""],
    ["end repeat", "", "", "", ""],
    ["geopoint", "at", "Where?", "Où ?", ""],
    ["note", "bye", "Thank you", "Merci", ""],
]
CHOICES = [
    ["list name", "name", "label::English (en)", "label::Français (fr)"],
    ["yn", "y", "Yes", "Oui"],
    ["yn", "n", "No", "Non"],
    ["tool", "rmm", "Remote monitoring", "Surveillance"],
    ["tool", "psa", "Remote", "Service"],
]
SETTINGS = [["form_title", "form_id", "default_language"], ["A form", "f1", "English (en)"]]

NAMES = (
    "begun;firm/name;firm/msp;tools;tools/rmm;tools/psa;tools_other;at;_id;_uuid\n"
    "2026-03-01T09:00:00+00:00;Alm;y;psa rmm;1;1;;52 4;1;u\n"
)
LABELS = (
    "begun;Your firm/Name;Your firm/Do you use an MSP?;Which tools?;"
    "Which tools?/Remote monitoring;Which tools?/Remote;tools_other;Where?;_id;_uuid\n"
    "2026-03-01T09:00:00+00:00;Alm;Yes;Remote Remote monitoring;1;1;;52 4;1;u\n"
)


def write(path, **sheets):
    """Write a workbook, a sheet for each keyword."""
    return write_workbook(path, sheets)


@pytest.fixture
def form(tmp_path):
    return write(tmp_path / "form.xlsx", survey=SURVEY, choices=CHOICES, settings=SETTINGS)


def read(tmp_path, text, form):
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_responses(path, codebook=form)


def test_a_form_is_read_with_its_groups_lists_and_languages(form):
    found = read_xlsform(form)
    assert (found.title, found.ident) == ("A form", "f1")
    assert found.languages == ("English (en)", "Français (fr)")
    assert [f.path for f in found.fields] == [
        "begun", "firm/name", "firm/msp", "tools", "tools_other", "site/town", "at", "bye",
    ]  # fmt: skip
    # As forms have it when they are fielded, "or other" adds a choice.
    assert [c.name for c in found.lists["tool"]] == ["rmm", "psa", "other"]
    assert found.repeats == ("site",)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [
        ("select one from yn", "select_one"),
        ("select_one yn", "select_one"),
        ("select all that apply from yn", "select_multiple"),
        ("select multiple yn or specify other", "select_multiple"),
        ("select_multiple_from_file towns.csv", "select_multiple"),
        ("rank yn", "rank"),
        ("Integer", "integer"),
        ("end", "end"),
    ],
)
def test_types_are_known_in_their_spellings(tmp_path, kind, read_as):
    path = write(tmp_path / "f.xlsx", survey=[["type", "name"], ["text", "a"], [kind, "q"]])
    assert read_xlsform(path).fields[1].kind == read_as


def test_what_is_odd_about_a_form_is_kept_and_reported(tmp_path):
    path = write(
        tmp_path / "f.xlsx",
        survey=[
            ["type", "name", "label", "label"], ["text", "q", "", "Why?"],
            ["text", "q", "Who?", ""], ["end group", "", "", ""],
        ],
        choices=[["list_name", "name", "label"], ["l", "a", "A"], ["l", "a", "B"]],
    )  # fmt: skip
    found = read_xlsform(path)
    assert [f.labels[""] for f in found.fields] == ["Why?", "Who?"]
    assert len(found.problems) == 4


def test_rows_of_a_score_and_ranks_are_questions_with_its_choices(tmp_path):
    path = write(
        tmp_path / "f.xlsx",
        survey=[
            ["type", "name", "kobo--score-choices"], ["begin_score", "how", "yn"],
            ["score__row", "fast", ""], ["end_score", "", ""],
        ],
        choices=CHOICES,
    )  # fmt: skip
    (row,) = read_xlsform(path).fields
    assert (row.path, row.kind, row.choices) == ("how/fast", "select_one", "yn")


def test_names_and_labels_give_the_same_columns(tmp_path, form):
    names, labels = (read(tmp_path, text, form) for text in (NAMES, LABELS))
    assert list(names.answers) == [
        "firm/name", "firm/msp", "tools", "tools/rmm", "tools/psa", "tools_other",
    ]  # fmt: skip
    assert list(labels.answers) == list(names.answers)
    said = ["name", "id", "wording", "choice", "role"]
    pd.testing.assert_frame_equal(names.columns[said], labels.columns[said])
    assert names.wording("firm/msp") == "Do you use an MSP?"


@pytest.mark.parametrize(
    "text",
    [
        NAMES.replace("firm/", ""),
        NAMES.replace("/", ":"),
        LABELS.replace("Your firm/", ""),
        LABELS.replace("tools_other", "Specify other."),
        LABELS.replace("Your firm/Name", "Votre société/Nom").replace(
            "Your firm/Do you use an MSP?", "Votre société/Un MSP ?"
        ).replace("Which tools?", "Quels outils ?").replace("Remote monitoring", "Surveillance")
        .replace("Remote", "Service").replace("Where?", "Où ?").replace("Yes", "Oui"),
    ],
    ids=["no groups", "colons", "labels without groups", "other has a label", "another language"],
)  # fmt: skip
def test_each_way_to_export_gives_the_columns_of_the_form(tmp_path, form, text):
    export = read(tmp_path, text, form)
    assert list(export.answers) == list(read(tmp_path, NAMES, form).answers)


def test_a_label_of_a_choice_is_said_of_the_text_that_stands_in_the_answers(tmp_path, form):
    names, labels = (read(tmp_path, text, form).choices for text in (NAMES, LABELS))
    assert list(names.loc[names["name"] == "firm/msp", "code"]) == ["y", "n"]
    assert list(labels.loc[labels["name"] == "firm/msp", "code"]) == ["Yes", "No"]
    assert list(names["label"]) == list(labels["label"])


@pytest.mark.parametrize(
    "text",
    [
        "firm/name;tools;_uuid\nAlm;psa rmm;u\nBirk;rmm;v\nCem;;w\n",
        "Your firm/Name;Which tools?;_uuid\nAlm;Remote Remote monitoring;u\n"
        "Birk;Remote monitoring;v\nCem;;w\n",
    ],
    ids=["names", "labels"],
)
def test_a_joined_cell_is_cut_by_the_choices_of_the_form(tmp_path, form, text):
    export = read(tmp_path, text, form)
    assert list(export.answers["tools/rmm"]) == ["1", "1", ""]
    assert list(export.answers["tools/psa"]) == ["1", "0", ""]
    assert export.columns.set_index("name").loc["tools", "role"] == "order"


def test_a_joined_cell_with_an_unknown_word_is_reported_not_cut(tmp_path, form):
    export = read(tmp_path, "firm/name;tools;_uuid\nAlm;psa fax;u\n", form)
    assert list(export.answers["tools/psa"]) == [""]
    assert "'psa fax'" in " ".join(export.problems)


def test_the_form_knows_positions_and_clocks_under_other_names(tmp_path, form):
    export = read(tmp_path, NAMES, form)
    assert list(export.personal) == ["at"]
    assert export.meta["started"][0] == pd.Timestamp("2026-03-01 09:00", tz="UTC")


def test_repeats_that_a_csv_leaves_out_are_reported(tmp_path, form):
    assert "the form repeats site" in " ".join(read(tmp_path, NAMES, form).problems)


def test_repeats_are_called_as_in_the_form(tmp_path, form):
    main = [["Name", "_id", "_uuid", "_index"], ["Alm", "1", "u", "1"]]
    sites = [["Sites/Town", "_parent_table_name", "_parent_index"], ["Aa", "A form", "1"]]
    path = write(tmp_path / "export.xlsx", **{"A form": main, "Sites": sites})
    linked = read_responses(path, codebook=form).linked
    assert list(linked["site"].answers) == ["site/town"]


def test_a_column_that_the_form_does_not_have_is_reported(tmp_path, form):
    problems = read(tmp_path, "firm/name;added;_uuid\nAlm;x;u\n", form).problems
    assert "1 columns are not in the codebook: 'added'" in problems


def test_the_form_of_another_survey_is_refused(tmp_path, form):
    with pytest.raises(ReadError, match="None of its"):
        read(tmp_path, "x/y;_uuid\n1;u\n", form)


def test_a_form_is_no_data_and_data_are_no_form(tmp_path, form):
    with pytest.raises(ReadError, match="XLSForm"):
        read_responses(form)
    data = tmp_path / "data.csv"
    data.write_text(NAMES, encoding="utf-8")
    with pytest.raises(ReadError, match="should be a form"):
        read_xlsform(data)


def test_the_choice_other_is_not_taken_for_its_words(tmp_path, form):
    text = LABELS.replace("tools_other", "Which tools?/Other;Specify other.")
    text = text.replace(";1;1;;", ";1;1;0;;")
    columns = read(tmp_path, text, form).columns.set_index("header")["id"]
    assert columns["Which tools?/Other"] == "tools/other"
    assert columns["Specify other."] == "tools_other"
