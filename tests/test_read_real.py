"""Files that platforms really wrote, counted by hand; skipped where they are not at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers import read_responses

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


OTHERS = sorted(
    p for p in (REAL.rglob("*") if REAL.is_dir() else [])
    if p.is_file() and str(p.relative_to(REAL)) not in {e[0] for e in EXPECTED}
)  # fmt: skip


@pytest.mark.parametrize("path", OTHERS, ids=lambda p: str(p.relative_to(REAL)))
def test_a_file_of_another_kind_is_one_clear_error(path):
    with pytest.raises(ReadError) as caught:
        read_responses(path)
    assert caught.value.came
