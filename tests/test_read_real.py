"""Files that platforms really wrote, counted by hand; skipped where they are not at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.kobo.xlsform import read_xlsform

REAL = Path(__file__).parents[2] / "shared" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not here")

# File, dialect, responses, columns of the file that are kept as answers, and one column with
# its wording. Rows = records of the file − header rows (3, 2 or 1); counted with csv.reader.
EXPECTED = [
    ("qualtrics/lvm_qualtrics.csv", "current", 159 - 3, 195 - 17,
     ("education", "What is the highest level of education that you obtained?")),
    ("qualtrics/lvm_qualtrics_text.csv", "current", 159 - 3, 195 - 17,
     ("education", "What is the highest level of education that you obtained?")),
    ("qualtrics/qt_Better_Sample_Survey_Better_Sample_Survey.csv", "insights", 13 - 3, 59 - 14,
     ("q1_recent_q1_recent_1_1",
      "Please indicate how recently you've eaten each of the following fruit"
      "-Canteloupe-In the last week")),
    ("qualtrics/qt_Long_Exhaustive_Sample_Survey_Long_Exhaustive_Sample_Survey.csv", "insights",
     34 - 3, 367 - 14,
     ("Q2", "This is a plain mcsa question. What kind of fruit do you like most?")),
    ("qualtrics/qt_No_Basis_for_Evaluation_No_Basis_for_Evaluation__Insights_.csv", "insights",
     18 - 3, 49 - 14, ("Q2_-1", "Check all statements you agree with-No basis for evaluation")),
    ("qualtrics/qt_No_Basis_for_Evaluation_No_Basis_for_Evaluation__Legacy_.csv", "legacy",
     17 - 2, 48 - 13, ("Q2_1", "Check all statements you agree with-Squash are great")),
    ("qualtrics/rops_sample.csv", "current", 4 - 3, 20 - 17,
     ("Q1", "This is a multiple choice question.")),
    ("qualtrics/rops_sample_legacy.csv", "legacy", 3 - 2, 15 - 13,
     ("Q2", "This is a free text question.")),
    ("limesurvey/automotive_semicolon_bom.csv", "grouped", 47 - 2, 38,
     ("Welchen fachlichen Hintergrund haben Sie? [Informatik]",
      "Welchen fachlichen Hintergrund haben Sie? [Informatik]")),
    ("limesurvey/sealuzh_test_quality.csv", "text", 71 - 1, 146 - 5,
     ("How do you measure feature {factors_SQ005} in that software project?",
      "How do you measure feature {factors_SQ005} in that software project?")),
    ("limesurvey/ssi_2017_us_public.csv", "code and text", 165 - 1, 242 - 1,
     ("rse1", "Do you write code as part of your job?")),
]  # fmt: skip

# Of the files of Kobo's own exporter, those with no path or id in their headings show nothing
# of the platform: they are refused.
KOBO = [
    (f"kobo/formpack_{name}.{kind}", "names", responses, columns, wording)
    for name, responses, columns, wording in [
        ("grouped_questions_xml_both", 3 - 1, 6, ("g1/sg1/g1sg1q1", "g1sg1q1")),
        ("grouped_repeatable_xml_both", 7 - 1, 4 - 3,
         ("household_visit/household_location", "household_location")),
        ("or_other_xml_both", 4 - 1, 9, ("fav_emperors/julius", "fav_emperors")),
        ("or_other_xml_details", 4 - 1, 8, ("fav_emperors/other", "fav_emperors")),
    ]
    for kind in ("csv", "xlsx")
]  # fmt: skip
# Without the record's id where each record is one row; two of six rows are of no repeated form.
REDCAP = [
    ("redcap/redcapr_checkboxes-1_data.csv", "raw", 5 - 1, 13 - 1,
     ("check_two___a", "check_two")),
    ("redcap/redcapr_longitudinal_data.csv", "raw", 19 - 1, 125, ("gym___0", "gym")),
    ("redcap/redcapr_repeating-instruments_data.csv", "raw", 2, 15 - 2 - 4, ("dob", "dob")),
    ("redcap/redcapr_simple_data.csv", "raw", 5, 24 - 1, ("height", "height")),
]  # fmt: skip
# Records of the file − header rows; columns − metadata and personal ones − those blank
# throughout. The words above a tick are its choice.
JOB = "What is your job function? (check all that apply)"
SHEETS = [
    ("surveymonkey/538_steak-risk-survey.csv", "two header rows", 552 - 2, 15 - 1,
     ("Do you eat steak?", "Do you eat steak?")),
    ("surveymonkey/cncf_2022_raw.csv", "three header rows", 2289 - 3, 215 - 6 - 2,
     (f"{JOB} [Software Architect]", JOB)),
    ("surveymonkey/cncf_CNCF_Ambassadors_Survey_2019_H1.csv", "two header rows", 23 - 2, 49 - 8,
     ("Which CNCF Project are you contributing to/representing? [TiKV]",
      "Which CNCF Project are you contributing to/representing?")),
    ("surveymonkey/cncf_cnswp-survey-raw-data.csv", "two header rows", 73 - 2, 45 - 9,
     ("What job title that best fits your role? [Other (please specify)]",
      "What job title that best fits your role?")),
    ("surveymonkey/ospo_2018_results.csv", "two header rows", 750 - 2, 174 - 4 - 1,
     ("How often does your company do the following activities? [Contribute code upstream]",
      "How often does your company do the following activities?")),
    ("surveymonkey/ospo_2023_RawData.csv", "three header rows", 492 - 3, 492 - 5,
     ("Please indicate what best describes who you are. (select one) [I am a bot]",
      "Please indicate what best describes who you are. (select one)")),
    ("google_forms/dask2019.csv", "headings", 260 - 1, 24 - 1,
     ("What common feature requests do you care about most? [GPUs]",
      "What common feature requests do you care about most?")),
    ("google_forms/info478_dw.xlsx", "headings", 11 - 1, 18 - 1,
     ("has a persistent cough and fever, is short of breath, feels weak, and has lost a lot of "
      "weight.",) * 2),
]  # fmt: skip
EXPECTED += KOBO + REDCAP + SHEETS


@pytest.mark.parametrize(
    ("name", "dialect", "responses", "columns", "wording"), EXPECTED, ids=[e[0] for e in EXPECTED]
)
def test_a_real_export_is_read_whole(name, dialect, responses, columns, wording):
    export = read_responses(REAL / name)
    assert export.platform == name.split("/")[0]
    assert (export.dialect, len(export), export.answers.shape[1]) == (dialect, responses, columns)
    assert export.wording(wording[0]) == wording[1]
    assert len(export.frame()) == responses


def test_the_share_of_unfinished_responses_is_that_of_the_file():
    numbers = read_responses(REAL / "qualtrics/lvm_qualtrics.csv")
    words = read_responses(REAL / "qualtrics/lvm_qualtrics_text.csv")
    assert (~numbers.meta["finished"]).sum() == 22
    assert (~words.meta["finished"]).sum() == 22
    assert list(numbers.meta["started"]) == list(words.meta["started"])


# Responses and variables, counted with pyreadstat.
STORED = {
    "haven_labelled-num-na.sav": (2, 1), "haven_labelled-str.sav": (2, 1),
    "haven_tagged-na-double.dta": (8, 1), "haven_umlauts.sav": (4, 1),
    "pr_ordered_category.sav": (4, 1), "pr_sample.dta": (5, 7), "pr_sample.zsav": (5, 7),
    "pr_sample_large.sav": (485, 7), "pr_sample_missing.sav": (7, 7),
    "pr_simple_alltypes.sav": (6, 12),
}  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_a_real_file_of_spss_or_stata_is_read_whole(name):
    export = read_responses(REAL / "spss_stata" / name)
    assert (len(export), len(export.columns)) == STORED[name]


READ = {e[0] for e in EXPECTED} | {f"spss_stata/{name}" for name in STORED}
OTHERS = sorted(
    p for p in (REAL.rglob("*") if REAL.is_dir() else [])
    if p.is_file() and str(p.relative_to(REAL)) not in READ
)  # fmt: skip


@pytest.mark.parametrize("path", OTHERS, ids=lambda p: str(p.relative_to(REAL)))
def test_a_file_of_another_kind_is_one_clear_error(path):
    with pytest.raises(ReadError) as caught:
        read_responses(path)
    assert caught.value.came


@pytest.mark.parametrize("name", [e[0] for e in REDCAP])
def test_a_real_dictionary_describes_each_column_of_its_data(name):
    export = read_responses(REAL / name, codebook=REAL / name.replace("_data", "_dictionary"))
    assert not [p for p in export.problems if "codebook" in p]
    assert export.answers.columns.is_unique
    assert len(export.personal) in (0, len(export))


def test_a_real_repeated_group_finds_its_responses():
    export = read_responses(REAL / "kobo/formpack_grouped_repeatable_xml_both.xlsx")
    members = export.linked["houshold_member_repeat"]
    assert list(members.meta["resp_id"]) == list("1223445566666")


def test_a_real_repeated_form_finds_its_records():
    data = REAL / "redcap/redcapr_repeating-instruments_data.csv"
    pressure = read_responses(data).linked["bp"]
    assert list(pressure.meta["resp_id"]) == ["1", "1", "1", "2"]
    assert list(pressure.answers["bp_systolic"]) == ["110", "111", "112", "114"]


@pytest.mark.parametrize(
    ("name", "questions", "lists"),
    [("pyxform_choice_filter_test", 3, (2, 3, 8)), ("pyxform_duplicate_columns", 46, (2, 2))],
)
def test_a_real_form_is_read_although_it_is_not_valid(name, questions, lists):
    form = read_xlsform(REAL / f"kobo/{name}.xlsx")
    assert len(form.fields) == questions
    assert tuple(map(len, form.lists.values())) == lists


@pytest.mark.parametrize("name", ["grouped_questions_labels_summary", "or_other_labels_summary"])
def test_a_real_export_without_signs_is_read_where_its_platform_is_named(name):
    export = read_responses(REAL / f"kobo/formpack_{name}.csv", format="kobo")
    assert (export.platform, export.not_shown) == ("kobo", None)
    assert export.answers.shape[0] == len(export) > 1


@pytest.mark.parametrize(
    ("name", "encoding", "heads", "metadata"),
    [
        ("surveymonkey/538_steak-risk-survey.csv", "utf-8", 2, 1),
        ("surveymonkey/cncf_2022_raw.csv", "cp1252", 3, 6),
        ("surveymonkey/cncf_CNCF_Ambassadors_Survey_2019_H1.csv", "utf-8-sig", 2, 4),
        ("surveymonkey/cncf_cnswp-survey-raw-data.csv", "utf-8-sig", 2, 4),
        ("surveymonkey/ospo_2018_results.csv", "utf-8-sig", 2, 4),
        ("surveymonkey/ospo_2023_RawData.csv", "utf-8-sig", 3, 5),
        ("google_forms/dask2019.csv", "utf-8-sig", 1, 1),
    ],
)
def test_each_filled_cell_of_a_real_sheet_is_kept(name, encoding, heads, metadata):
    text = (REAL / name).read_bytes().decode(encoding)
    rows = [r for r in csv.reader(text.splitlines(keepends=True)) if any(map(str.strip, r))]
    filled = sum(bool(cell.strip()) for row in rows[heads:] for cell in row[metadata:])
    export = read_responses(REAL / name)
    kept = [*export.answers.to_numpy().ravel(), *export.personal.to_numpy().ravel()]
    assert sum(bool(cell.strip()) for cell in kept) == filled


def test_ticks_of_a_real_sheet_have_the_labels_above_them():
    export = read_responses(REAL / "surveymonkey/ospo_2023_RawData.csv")
    who = export.choices[export.choices["name"].str.startswith("Please indicate what best")]
    assert dict(zip(who["code"], who["label"], strict=True))["2"] == "I am a real person"
    assert export.meta["started"].notna().all()


@pytest.mark.parametrize(
    "name", ["538_NFL_fandom_data-surveymonkey.csv", "cncf_Cloud_Native_Survey_2021-Part_1.xlsx"]
)
def test_a_real_summary_is_refused_as_such(name):
    with pytest.raises(ReadError, match="summary of the results"):
        read_responses(REAL / "surveymonkey" / name)


def test_real_codes_for_no_answer_stay_with_their_reason():
    export = read_responses(REAL / "spss_stata/pr_sample_missing.sav")
    assert " ".join(export.answers["mynum"]) == "1.1 1.2 -1000.3 -1.4 1000.3 -1 2500"
    assert list(export.answers["mydate"])[:3] == ["2018-05-06", "1880-05-06", "1960-01-01"]
    missing = export.choices[export.choices["missing"].ne("")]
    assert sorted(zip(missing["name"], missing["code"], strict=True)) == [
        ("mylabl", "-1"), ("mynum", "-1"), ("mynum", "2500"), ("myord", "-1"), ("myord", "-3"),
    ]  # fmt: skip


def test_real_multiple_response_sets_and_tagged_missing_values_are_read():
    sets = read_responses(REAL / "spss_stata/pr_simple_alltypes.sav").columns.set_index("name")
    assert list(sets.loc[["bool1", "bool2", "bool3"], "id"]) == ["mymrset"] * 3
    assert sets.loc["bool2", "choice"] == "Response #2"
    tagged = read_responses(REAL / "spss_stata/haven_tagged-na-double.dta")
    assert list(tagged.answers["x"]) == ["1", "2", "3", "4", "5", ".a", ".h", ".z"]


def test_a_real_pair_of_codes_and_labels_teaches_48_columns_and_none_ambiguous():
    export = read_responses(
        REAL / "qualtrics/lvm_qualtrics.csv", codebook=REAL / "qualtrics/lvm_qualtrics_text.csv"
    )
    assert export.choices["name"].nunique() == 48
    assert not [p for p in export.problems if "two labels" in p]


NO_BASIS = "qualtrics/qt_No_Basis_for_Evaluation_No_Basis_for_Evaluation"
BETTER = "qualtrics/qt_Better_Sample_Survey_Better_Sample_Survey"


@pytest.mark.parametrize(
    ("export", "survey", "coded", "unknown"),
    [
        (f"{NO_BASIS}__Insights_.csv", f"{NO_BASIS}.qsf", 9, 0),
        (f"{NO_BASIS}__Legacy_.csv", f"{NO_BASIS}.qsf", 9, 0),
        # A question that was deleted after the export.
        (f"{BETTER}.csv", f"{BETTER}.qsf", 16, 3),
    ],
)
def test_a_real_survey_file_explains_every_code_of_its_export(export, survey, coded, unknown):
    done = read_responses(REAL / export, codebook=REAL / survey)
    known = done.choices.groupby("name")["code"].agg(set)
    assert len(known) == coded
    for name, codes in known.items():
        assert set(done.answers[name]) - {""} <= codes
    said = [p for p in done.problems if "codebook" in p]
    assert said == [p for p in said if p.startswith(f"{unknown} columns")]
    assert bool(said) == bool(unknown)


def test_a_real_survey_of_limesurvey_describes_the_columns_that_it_shares():
    done = read_responses(
        REAL / "limesurvey/ssi_2017_us_public.csv",
        codebook=REAL / "limesurvey/ssi_2017_us_templates_uk_core_survey.lss",
    )
    codes = done.choices.groupby("name")["code"].agg(set)
    assert len(codes) == 26
    assert set(done.answers["socio1"]) - {"", "N/A"} <= codes["socio1"]
    assert done.wording("rse1") == "Do you write code as part of your job?"
