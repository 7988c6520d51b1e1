"""What a LimeSurvey survey (.lss, or its structure file) says of the columns of an export."""

from __future__ import annotations

import zipfile

import pytest
from mapping_cases import INSTRUMENT

from mspsurvey.errors import ReadError
from mspsurvey.instrument import load_instrument
from mspsurvey.instrument.target import target
from mspsurvey.instrument.write.limesurvey import limesurvey_tsv
from mspsurvey.intake.mapping import map_export
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.limesurvey.lss import LARGEST, read_lss
from mspsurvey.intake.readers.limesurvey.structure import LimeQuestion, columns_of
from mspsurvey.intake.readers.limesurvey.tsv import read_structure


def rows(table, *records):
    cells = (
        "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in record.items()) for record in records
    )
    return f"<{table}><rows>{''.join(f'<row>{c}</row>' for c in cells)}</rows></{table}>"


def document(*tables, languages=("en",)):
    names = "".join(f"<language>{name}</language>" for name in languages)
    head = f"<LimeSurveyDocType>Survey</LimeSurveyDocType><languages>{names}</languages>"
    return f'<?xml version="1.0" encoding="UTF-8"?><document>{head}{"".join(tables)}</document>'


OLD = document(
    rows("groups", {"gid": "1", "group_order": "1"}),
    rows("answers",
         {"qid": "1", "code": "A2", "answer": "Milk", "sortorder": "2", "language": "en",
          "scale_id": "0"},
         {"qid": "1", "code": "A1", "answer": "<p>Tea &amp; more</p>", "sortorder": "1",
          "language": "en", "scale_id": "0"}),
    rows("questions",
         {"qid": "1", "parent_qid": "0", "gid": "1", "type": "L", "title": "best",
          "question": "<p>Which <b>drink</b>?</p>", "other": "Y", "question_order": "1",
          "language": "en"},
         {"qid": "2", "parent_qid": "0", "gid": "1", "type": "M", "title": "there",
          "question": "Which are there?", "other": "N", "question_order": "2", "language": "en"},
         {"qid": "3", "parent_qid": "0", "gid": "1", "type": "X", "title": "note",
          "question": "A text", "other": "N", "question_order": "3", "language": "en"}),
    rows("subquestions",
         {"qid": "5", "parent_qid": "2", "type": "T", "title": "m", "question": "Milk",
          "question_order": "2", "language": "en", "scale_id": "0"},
         {"qid": "4", "parent_qid": "2", "type": "T", "title": "t", "question": "Tea",
          "question_order": "1", "language": "en", "scale_id": "0"}),
)  # fmt: skip
NEW = document(
    rows("questions", {"qid": "1", "parent_qid": "0", "type": "T", "title": "Q1"}),
    rows("question_l10ns", {"qid": "1", "question": "Miks?", "language": "et"},
         {"qid": "1", "question": "Why?", "language": "en"}),
    languages=("et", "en"),
)  # fmt: skip
CODES = """id,submitdate,lastpage,startlanguage,best,best[other],there[t],there[m],added
1,2026-01-01 10:00:00,3,en,A1,,Y,,x
2,2026-01-01 10:00:00,3,en,-oth-,Juice,,Y,
"""
WORDS = """"Response ID","Date submitted","Last page","Start language","Which drink?",\
"Which drink? [Other]","Which are there? [Tea]","Which are there? [Milk]"
1,2026-01-01 10:00:00,3,en,Milk,,Yes,No
"""


def lss(tmp_path, text):
    path = tmp_path / "survey.lss"
    path.write_text(text, encoding="utf-8")
    return path


def described(tmp_path, export, text=OLD):
    path = tmp_path / "export.csv"
    path.write_text(export, encoding="utf-8")
    return read_responses(path, codebook=lss(tmp_path, text))


def test_questions_rows_and_answers_are_read_in_their_order(tmp_path):
    best, there, note = read_lss(lss(tmp_path, OLD))
    assert (best.code, best.kind, best.text) == ("best", "L", "Which drink?")
    assert list(best.options.items()) == [
        ("A1", "Tea & more"), ("A2", "Milk"), ("-oth-", "Other"),
    ]  # fmt: skip
    assert list(there.rows.items()) == [("t", "Tea"), ("m", "Milk")]
    assert list(columns_of(note)) == []


def test_columns_are_found_by_their_codes(tmp_path):
    done = described(tmp_path, CODES)
    shown = done.columns.set_index("name").loc[list(done.answers)]
    assert list(shown["wording"])[:4] == [
        "Which drink?", "Which drink? [Other]", "Which are there? [Tea]",
        "Which are there? [Milk]",
    ]  # fmt: skip
    assert list(shown["choice"]) == ["", "Other", "Tea", "Milk", ""]
    assert list(shown["role"]) == ["answer", "text", "answer", "answer", "answer"]
    assert done.choices[["name", "code"]].to_numpy().tolist() == [
        ["best", "A1"], ["best", "A2"], ["best", "-oth-"],
    ]  # fmt: skip
    assert "1 columns are not in the codebook: 'added'" in done.problems


def test_columns_of_full_text_are_found_by_their_headings(tmp_path):
    done = described(tmp_path, WORDS)
    ids = done.columns.set_index("name").loc[list(done.answers), "id"]
    assert list(ids) == ["best", "best[other]", "there[t]", "there[m]"]
    assert list(done.choices["code"]) == ["Tea & more", "Milk", "Other"]


def test_the_language_of_the_responses_is_taken_else_that_of_the_survey(tmp_path):
    path = lss(tmp_path, NEW)
    assert [q.text for q in read_lss(path)] == ["Miks?"]
    assert [q.text for q in read_lss(path, ["en"])] == ["Why?"]
    export = CODES.replace("best,", "Q1,", 1)
    assert described(tmp_path, export, NEW).wording("Q1") == "Why?"


@pytest.mark.parametrize(
    ("question", "idents"),
    [
        (LimeQuestion("q", "F", "", {"a": "A"}), ["q[a]"]),
        (LimeQuestion("q", "P", "", {"a": "A"}, other=True), ["q[a]", "q[acomment]", "q[other]"]),
        (LimeQuestion("q", "R", "", scales={"0": {"x": "X", "y": "Y"}}), ["q[1]", "q[2]"]),
        (LimeQuestion("q", "1", "", {"a": "A"}, scales={"0": {"x": "X"}, "1": {"y": "Y"}}),
         ["q[a][1]", "q[a][2]"]),
        (LimeQuestion("q", ";", "", {"a": "A"}, {"b": "B", "c": "C"}), ["q[a_b]", "q[a_c]"]),
        (LimeQuestion("q", "O", ""), ["q", "q[comment]"]),
    ],
)  # fmt: skip
def test_each_type_of_question_has_its_columns(question, idents):
    assert [c.ident for c in columns_of(question)] == idents


def test_answers_that_no_file_lists_are_known():
    assert LimeQuestion("q", "Y", "").options == {"Y": "Yes", "N": "No"}
    assert list(LimeQuestion("q", "5", "").options) == ["1", "2", "3", "4", "5"]
    assert LimeQuestion("q", "S", "").options == {}


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'<?xml version="1.0"?>{LAUGHS}<document>&b;</document>', "declares a document type"),
        ("<document><questions>", "not whole XML"),
        ("<html/>", "another kind, <html>"),
        (document(), "no question"),
        (NEW.replace("Q1", "Q9"), "None of its 1 questions"),
    ],
)
def test_a_file_that_is_no_survey_is_one_clear_error(tmp_path, text, message):
    with pytest.raises(ReadError, match=message):
        described(tmp_path, CODES, text)


def test_a_document_type_in_another_encoding_is_refused_too(tmp_path):
    path = tmp_path / "survey.lss"
    text = f'<?xml version="1.0" encoding="UTF-16"?>{LAUGHS}<document>&b;</document>'
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(ReadError, match="declares a document type"):
        read_lss(path)


def test_a_survey_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "survey.lss"
    path.write_bytes(b"<" * (LARGEST + 1))
    with pytest.raises(ReadError, match="more than"):
        read_lss(path)


STRUCTURE = """class\ttype/scale\tname\ttext\tlanguage\tother
S\t\tlanguage\ten\t\t
G\t\tMain\t\ten\t
Q\tF\tview\t<p>Agree?</p>\ten\tN
SQ\t0\thot\tIt is hot\ten\t
A\t0\t1\tNo\ten\t
A\t0\t2\tYes\ten\t
Q\tF\tview\tEinig?\tde\tN
SQ\t0\thot\tEs ist hot\tde\t
A\t0\t1\tNein\tde\t
"""


def test_the_structure_file_is_read_in_one_language(tmp_path):
    path = tmp_path / "survey.txt"
    path.write_text(STRUCTURE, encoding="utf-8-sig")
    (question,) = read_structure(path)
    assert (question.text, question.rows) == ("Agree?", {"hot": "It is hot"})
    assert question.options == {"1": "No", "2": "Yes"}
    assert read_structure(path, ["de"])[0].text == "Einig?"


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", "class\ttype/scale\tname\ttext\nG\t\tx\t\n"])
def test_another_table_is_one_clear_error(tmp_path, text):
    path = tmp_path / "survey.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match="should be a survey of LimeSurvey"):
        read_structure(path)


def test_our_own_survey_leads_back_to_the_instrument(tmp_path):
    (tmp_path / "drinks.yaml").write_text(INSTRUMENT, encoding="utf-8")
    instrument = load_instrument(tmp_path / "drinks.yaml")
    names = target(instrument, "limesurvey")
    survey = tmp_path / "survey.txt"
    survey.write_text(limesurvey_tsv(names), encoding="utf-8")
    idents = [c.ident for q in read_structure(survey) for c in columns_of(q)]
    assert idents == list(names.columns.values())
    export = tmp_path / "export.csv"
    head = ",".join(["id", "submitdate", "lastpage", *idents])
    export.write_text(f"{head}\n1,2026-01-01 10:00:00,1,staff,Y,,,2,1,3\n", encoding="utf-8")
    done = map_export(read_responses(export, codebook=survey), instrument)
    assert done.answers.loc[0, ["host", "view_hot", "cups"]].tolist() == [
        "Staff, each", "Agree", "3",
    ]  # fmt: skip
    assert not done.columns.unused


def test_a_survey_in_its_archive_is_read(tmp_path):
    path = tmp_path / "survey.lsa"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("survey_1_responses.lsr", "<document/>")
        packed.writestr("survey_1.lss", OLD)
    assert read_lss(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("survey_1_responses.lsr", "<document/>")
    with pytest.raises(ReadError, match=r"no \.lss"):
        read_lss(path)


@pytest.mark.parametrize(("cell", "codes"), [("Y", ["Y", "N"]), ("2", ["1", "2"])])
def test_yes_and_no_have_the_codes_that_the_export_was_asked_for(tmp_path, cell, codes):
    survey = tmp_path / "s.lss"
    survey.write_text(
        document(rows("questions", {"qid": "1", "parent_qid": "0", "type": "Y", "title": "Q1",
                                    "question": "Well?", "language": "en"})),
        encoding="utf-8",
    )  # fmt: skip
    path = tmp_path / "export.csv"
    path.write_text(f"id,submitdate,Q1\n1,2026-01-01 10:00:00,{cell}\n2,,N/A\n")
    assert list(read_responses(path, codebook=survey).choices["code"]) == codes
