"""Errors that were put in, and what the cleaning made of them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from mspsurvey.evidence.scoring import KINDS, SCORES, fates, score
from mspsurvey.synth.mess.log import RATES
from mspsurvey.synth.mess.undo import without_errors

INJECTED = pd.DataFrame(
    [
        ("msps", "R1", "attn", "attention"),
        ("msps", "R2", "attn", "attention"),
        ("msps", "R9", "attn", "attention"),     # set aside: says nothing
        ("msps", "R3", "emp", "number_as_text"),
        ("msps", "R4", "emp", "number_as_text"),
        ("msps", "R5", "emp", "number_as_text"),
        ("msps", "R6", "emp", "soft_refusal"),
        ("msps", "R8", "", "test_row"),
    ],
    columns=["source", "resp_id", "variable", "kind"],
)  # fmt: skip
MARKS = pd.DataFrame(
    [
        ("msps", "R1", "", "C3"),
        ("msps", "R7", "", "C3"),                # a careful respondent
        ("msps", "R3", "emp", "N1"),
        ("msps", "R6", "emp", "N4"),
        ("msps", "R7", "emp", "N2"),             # nothing was wrong
        ("msps", "R8", "", "S5"),
    ],
    columns=["source", "resp_id", "variable", "rule"],
)  # fmt: skip
CLEAN = pd.DataFrame({"resp_id": [f"R{k}" for k in range(1, 8)],
                      "emp": [1.0, 2.0, 3.0, 4.0, 55.0, None, 7.0]})  # fmt: skip
TRUE = CLEAN.assign(emp=[1.0, 2.0, 3.02, 4.0, 5.0, 6.0, 7.0])
KEPT = [("msps", name) for name in CLEAN["resp_id"]]


def scored() -> pd.DataFrame:
    found = fates(INJECTED, CLEAN, TRUE)
    return score(INJECTED, marks=MARKS, fates=found, judged=KEPT).set_index("kind")


def test_a_cell_is_restored_missing_or_wrong() -> None:
    found = fates(INJECTED, CLEAN, TRUE).set_index("resp_id")["fate"]
    # 3.00 for 3.02 was rounded; 55 for 5 was not.
    assert found.to_dict() == {"R3": "restored", "R4": "restored", "R5": "wrong", "R6": "missing"}


def test_a_time_within_a_minute_is_restored() -> None:
    times = pd.to_datetime(["2026-08-04 16:31:00", "2026-08-04 16:31:00"], utc=True)
    clean = pd.DataFrame({"resp_id": ["R1", "R2"], "started": times})
    true = clean.assign(started=times + pd.to_timedelta([15, 61], unit="s"))
    put_in = pd.DataFrame({"source": "msps", "resp_id": ["R1", "R2"], "variable": "started"})
    assert fates(put_in, clean, true)["fate"].tolist() == ["restored", "wrong"]


def test_recall_and_precision_of_a_sign_count_responses_that_are_kept() -> None:
    attention = scored().loc["attention"]
    assert attention[["injected", "judged", "found", "marked", "right"]].tolist() == [
        3,
        2,
        1,
        2,
        1,
    ]
    assert attention["recall"] == 1 / 2
    assert attention["precision"] == 1 / 2
    assert math.isnan(attention["restored"])


def test_an_error_in_a_cell_is_found_where_it_is_mended_emptied_or_marked() -> None:
    number = scored().loc["number_as_text"]
    assert number[["judged", "found"]].tolist() == [3, 2]  # R5 is wrong, and nobody noticed
    assert number["restored"] == 2 / 3
    # N1 and N4 hit errors, the one as text, the other of another kind; N2 hit none.
    assert number["precision"] == 2 / 3


def test_a_row_too_many_is_found_by_being_set_aside() -> None:
    test = scored().loc["test_row"]
    assert (test["recall"], test["precision"]) == (1, 1)


def test_only_kinds_that_were_put_in_have_a_row() -> None:
    table = scored()
    assert [*table.index.names, *table.columns] == list(SCORES)
    assert set(table.index) == {"attention", "number_as_text", "soft_refusal", "test_row"}


def test_each_kind_that_is_put_in_can_be_scored() -> None:
    # Currencies and dates are logged by what was done to them; the last two leave no table.
    renamed, never_stored = {"currency", "date"}, {"personal"}
    assert set(RATES) - renamed - never_stored - {"text_spacing"} <= set(KINDS)


# ---- The files without their errors -----------------------------------------------------------

EXPORT = 'ResponseId,emp,note\nwords,"How many, then?",Anything?\nids,q1,q2\nR1,1.2k,fine\nR2,5,\nR2,5,\nR3,7,test test\n'  # noqa: E501
LOG = pd.DataFrame(
    [("R1", "emp", "number_as_text", "1200", "1.2k"),
     ("R2", "ResponseId", "exact_duplicate", "R2", "R2"),
     ("R3", "ResponseId", "test_row", "", "R3")],
    columns=["row_id", "field", "kind", "true", "raw"],
)  # fmt: skip


def test_errors_are_taken_out_and_rows_too_many_with_them() -> None:
    assert without_errors(EXPORT, LOG).splitlines() == [
        "ResponseId,emp,note", 'words,"How many, then?",Anything?', "ids,q1,q2",
        "R1,1200,fine", "R2,5,",
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_without_a_log_the_cells_stay_as_they_are(delimiter: str) -> None:
    text = EXPORT.splitlines()[0].replace(",", delimiter) + f"\nR1{delimiter}1{delimiter}x\n"
    assert without_errors(text, LOG.head(0)) == text
