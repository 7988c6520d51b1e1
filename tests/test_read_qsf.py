"""What a Qualtrics survey file, or the same export in words, says of the codes."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.qualtrics.qsf import read_qsf

META = ["StartDate", "EndDate", "Status", "Progress", "Finished", "ResponseId"]
META_ID = ["startDate", "endDate", "status", "progress", "finished", "_recordId"]
ROW = ["2026-08-10 10:00:00", "2026-08-10 10:09:00", "0", "100", "1"]


def question(ident, tag, text, kind="MC", selector="SAVR", choices=(), **more):
    payload = {
        "QuestionID": ident, "DataExportTag": tag, "QuestionText": text, "QuestionType": kind,
        "Selector": selector, "Choices": labels(choices), **more,
    }  # fmt: skip
    return {"Element": "SQ", "PrimaryAttribute": ident, "Payload": payload}


def labels(texts):
    return {str(k): {"Display": t} for k, t in enumerate(texts, 1)}


SURVEY = {
    "SurveyEntry": {"SurveyID": "SV_1"},
    "SurveyElements": [
        {"Element": "BL", "Payload": [
            {"Type": "Default", "Description": "Main", "BlockElements": [
                {"Type": "Question", "QuestionID": f"QID{k}"} for k in range(1, 6)]},
            {"Type": "Trash", "Description": "Trash", "BlockElements": [
                {"Type": "Question", "QuestionID": "QID9"}]},
        ]},
        question("QID1", "Q1", "Which <b>drink</b>&nbsp;is best?", choices=["Tea", "Milk", "None"],
                 ChoiceOrder=["2", "1", "3"], RecodeValues={"1": "7", "2": "4", "3": "-1"}),
        question("QID2", "Q2", "Which are there?", selector="MAVR",
                 choices=["Tea", "Milk", "Other"],
                 RecodeValues={"1": "1", "2": "2", "3": "-1"}),
        question("QID3", "Q3", "How good?", kind="Matrix", selector="Likert",
                 SubSelector="SingleAnswer", choices=["Hot", "Cold"],
                 Answers=labels(["Bad", "Good"]), RecodeValues=[],
                 ChoiceDataExportTags={"1": "hot", "2": False}),
        question("QID4", "Q4", "Side", kind="SBS", selector="SBSMatrix", choices=["Cup", "Pot"],
                 AdditionalQuestions={
                     "1": {"QuestionText": "Clean?", "Answers": labels(["Yes", "No"]),
                           "SubSelector": "SingleAnswer", "RecodeValues": {"1": "1", "2": "0"}},
                     "2": {"QuestionText": "Seen?", "Answers": labels(["Here", "There"]),
                           "SubSelector": "MultipleAnswer", "RecodeValues": {"1": "1", "2": "3"}},
                 }),
        question("QID5", "Q5", "Why?", kind="TE", selector="SL", choices=[]),
        question("QID9", "Q9", "Gone", choices=["x"]),
        question("QID8", "Q8", "A text on the page", kind="DB", selector="TB"),
    ],
}  # fmt: skip
COLUMNS = {
    "Q1": "QID1", "Q2_1": "QID2_1", "Q2_-1": "QID2_3", "Q2_-1_TEXT": "QID2_3_TEXT",
    "Q3_hot": "QID3_1", "Q4#1_2": "QID4#1_2", "Q4#2_1_3": "QID4#2_1_2", "1_Q1": "1_QID1",
    "Q5": "QID5_TEXT", "Q9": "QID9",
}  # fmt: skip
CELLS = ["7", "1", "1", "Juice", "2", "0", "1", "-1", "Because", "1"]


def qsf(tmp_path, survey=SURVEY):
    path = tmp_path / "survey.qsf"
    path.write_text(json.dumps(survey), encoding="utf-8")
    return path


def export(tmp_path, *rows, ids=True, name="export.csv", columns=COLUMNS):
    head = [*META, *columns]
    marks = [json.dumps({"ImportId": i}) for i in (*META_ID, *columns.values())]
    body = [[*ROW, f"R_{k}", *cells] for k, cells in enumerate(rows, 1)]
    frame = pd.DataFrame([head, *([marks] if ids else []), *body], columns=head)
    frame.to_csv(tmp_path / name, index=False)
    return tmp_path / name


def described(tmp_path, **options):
    return read_responses(export(tmp_path, CELLS, **options), "qualtrics", codebook=qsf(tmp_path))


def test_questions_have_wording_codes_and_block_and_the_trash_is_left_out(tmp_path):
    found = read_qsf(qsf(tmp_path))
    assert sorted(found) == ["QID1", "QID2", "QID3", "QID4#1", "QID4#2", "QID5"]
    assert found["QID1"].text == "Which drink is best?"
    # In the order in which they are shown, with their recodes.
    assert list(found["QID1"].options.values()) == [("4", "Milk"), ("7", "Tea"), ("-1", "None")]
    assert found["QID3"].options == {"1": ("1", "Bad"), "2": ("2", "Good")}
    assert found["QID4#2"].text == "Side - Seen?"
    assert found["QID1"].block == "Main"


@pytest.mark.parametrize("ids", [True, False])
def test_each_column_has_its_choice_and_codes(tmp_path, ids):
    done = described(tmp_path, ids=ids)
    choice = done.columns.set_index("name")["choice"]
    expected = {
        "Q1": "", "Q2_1": "Tea", "Q2_-1": "Other", "Q3_hot": "Hot", "Q4#1_2": "Pot",
        "Q4#2_1_3": "Cup - There", "1_Q1": "", "Q5": "",
    }  # fmt: skip
    assert {name: choice[name] for name in expected} == expected
    assert done.wording("Q2_-1") == "Which are there? - Other"
    codes: dict[str, dict[str, str]] = {}
    for name, code, label, _ in done.choices.itertuples(index=False):
        codes.setdefault(name, {})[code] = label
    assert codes["Q1"] == codes["1_Q1"] == {"4": "Milk", "7": "Tea", "-1": "None"}
    assert codes["Q3_hot"] == {"1": "Bad", "2": "Good"}
    assert codes["Q4#1_2"] == {"1": "Yes", "0": "No"}
    assert sorted(codes) == ["1_Q1", "Q1", "Q3_hot", "Q4#1_2"]
    assert "1 columns are not in the codebook: 'Q9'" in done.problems


def test_an_export_in_words_has_labels_for_codes(tmp_path):
    survey = json.loads(json.dumps(SURVEY))
    survey["SurveyElements"][1]["Payload"]["Choices"] = labels(["0", "4", "None"])
    cells = ["4", "Tea", "", "", "Good", "Yes", "", "None", "", ""]
    path = export(tmp_path, cells)
    done = read_responses(path, codebook=qsf(tmp_path, survey))
    assert set(done.choices.loc[done.choices["name"].eq("Q1"), "code"]) == {"0", "4", "None"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not whole JSON"), ("{}", "no list SurveyElements"),
     ('{"SurveyElements": []}', "no question"), ('{"SurveyElements": 3}', "SurveyElements"),
     ("{" + '"a":[' * 100_000, "not whole JSON"),
     ('{"SurveyElements": [{"Element": "SQ", "Payload": {"QuestionType": 1, "Choices": [1]}},'
      ' {"Element": "BL", "Payload": [1, {"BlockElements": [2]}]}]}', "None of its 1 questions")],
)  # fmt: skip
def test_a_damaged_survey_file_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "survey.qsf"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=message):
        read_responses(export(tmp_path, CELLS), codebook=path)


PAIR = {"Q1": "QID1", "Q2_1": "QID2_1", "Q3": "QID3", "Q5": "QID5_TEXT"}


def pair(tmp_path, codes, words):
    numbers = export(tmp_path, *codes, columns=PAIR)
    return numbers, export(tmp_path, *words, columns=PAIR, name="words.csv")


def test_the_same_export_in_words_teaches_the_codes(tmp_path):
    numbers, words = pair(
        tmp_path,
        [["7", "1", "5", "a"], ["4", "", "6", "7"], ["7", "1", "", ""]],
        [["Tea", "Tea", "5", "a"], ["Milk", "", "6", "7"], ["Tea", "Tea", "", ""]],
    )
    done = read_responses(numbers, codebook=words)
    assert done.choices[["name", "code", "label"]].to_numpy().tolist() == [
        ["Q1", "4", "Milk"], ["Q1", "7", "Tea"], ["Q2_1", "1", "Tea"],
    ]  # fmt: skip
    assert list(done.answers["Q1"]) == ["7", "4", "7"]


def test_a_code_beside_two_labels_is_a_problem_and_no_choice(tmp_path):
    numbers, words = pair(
        tmp_path, [["7", "", "1", ""], ["7", "", "2", ""]], [["Tea", "", "x", ""],
                                                            ["Milk", "", "y", ""]],
    )  # fmt: skip
    done = read_responses(numbers, codebook=words)
    assert "1 columns have a code beside two labels: Q1" in done.problems
    assert set(done.choices["name"]) == {"Q3"}


def test_a_pair_the_wrong_way_round_or_of_other_responses_is_an_error(tmp_path):
    numbers, words = pair(tmp_path, [["7", "", "", ""]], [["Tea", "", "", ""]])
    with pytest.raises(ReadError, match="itself has the labels"):
        read_responses(words, codebook=numbers)
    words.write_text(words.read_text().replace("R_1", "R_2"))
    with pytest.raises(ReadError, match="0 of 1 responses"):
        read_responses(numbers, codebook=words)


SEEN = {"Q1": "QID1", "Q2_1": "QID2_1", "Q2_2": "QID2_2", "Q5": "QID5_TEXT"}


def test_minus_99_is_unanswered_only_where_no_code_can_stand(tmp_path):
    done = read_responses(
        export(tmp_path, ["-99", "1", "-99", "well"], ["2", "-99", "1", "-99"], columns=SEEN)
    )
    assert done.choices["missing"].tolist() == ["no_answer"] * 4
    assert "-99 in 4 columns means: seen and left unanswered" in done.problems
    assert list(done.answers["Q5"]) == ["well", "-99"]


def test_minus_99_in_a_question_with_codes_alone_is_a_code(tmp_path):
    done = read_responses(export(tmp_path, ["-99", "", "", "a"], ["2", "", "", ""], columns=SEEN))
    assert done.choices.empty
