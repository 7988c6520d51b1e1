"""The last gate before the processed tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from intake_sample import small_instrument, work_of

from mspsurvey.contract import hold, missing_contract, responses_contract, weights_contract
from mspsurvey.errors import DataError
from mspsurvey.intake.clean import clean
from mspsurvey.intake.tables import missing_table, response_table
from mspsurvey.intake.validate import Relation, findings, summary
from mspsurvey.intake.work import Log
from mspsurvey.schema import RESPONSE_PARADATA


def table(tmp_path: Path, *rows: dict[str, str]) -> pd.DataFrame:
    work, _ = clean(work_of(tmp_path, *rows), Log())
    return response_table(work, pd.Series([""] * len(rows), dtype="str"))


def told(found: pd.DataFrame) -> list[list[str]]:
    return found[["resp_id", "rule", "columns", "values"]].astype("str").to_numpy().tolist()


# ---- Findings ---------------------------------------------------------------------------------


def test_a_cleaned_table_passes(tmp_path):
    clean_table = table(tmp_path, {}, {"v1": "Maybe"})
    assert findings(clean_table, small_instrument(tmp_path)).empty


def test_every_wrong_cell_is_listed_with_its_response(tmp_path):
    good = table(tmp_path, {}, {}, {})
    bad = good.assign(emp=[10.0, 9000.0, 0.0], emp_tech=0.0,
                      v1=pd.Series(["3", "7", "3"], dtype="str"))  # fmt: skip
    assert told(findings(bad, small_instrument(tmp_path))) == [
        ["R2", "V2", "emp", "9000"],
        ["R2", "V1", "v1", "7"],
        ["R3", "V2", "emp", "0"],
    ]


def test_a_category_that_is_no_option_is_found_among_those_that_are(tmp_path):
    column = pd.Series(pd.Categorical(["3", "9", None], categories=["3", "9"]))
    found = findings(table(tmp_path, {}, {}, {}).assign(v1=column), small_instrument(tmp_path))
    assert told(found) == [["R2", "V1", "v1", "9"]]


def test_a_required_question_left_blank_is_found_though_nothing_is_in_the_cell(tmp_path):
    good = table(tmp_path, {}, {})
    gap = good.assign(has_plan=good["has_plan"].where([True, False]))
    assert told(findings(gap, small_instrument(tmp_path)))[0] == ["R2", "V3", "has_plan", ""]


def test_a_refusal_is_no_gap_and_a_lost_route_accuses_nobody(tmp_path):
    good = table(tmp_path, {}, {})
    gap = good.assign(has_plan=good["has_plan"].where([True, False]))
    missing = pd.DataFrame({"has_plan": [None, "refused"], "plan_age": [None, None]})
    found = findings(gap, small_instrument(tmp_path), missing=missing)
    # Who refused to say whether there is a plan was not asked for its age.
    assert told(found) == [["R2", "V4", "plan_age", "2"]]
    lost = missing.replace({"refused": "unparseable"})
    assert findings(gap, small_instrument(tmp_path), missing=lost).empty


def test_an_answer_to_a_question_that_was_not_asked_is_found(tmp_path):
    leak = table(tmp_path, {}, {"has_plan": "No", "plan_age": ""})
    found = findings(leak.assign(plan_age=[2.0, 5.0]), small_instrument(tmp_path))
    assert told(found) == [["R2", "V4", "plan_age", "5"]]


def test_parts_that_miss_their_total_are_found_together(tmp_path):
    bad = table(tmp_path, {}, {}, {}).assign(part_a=[60.0, 61.0, 50.0], part_b=[41.0, 45.0, None])
    # 101 is near enough; of 50 and a blank nobody knows.
    assert told(findings(bad, small_instrument(tmp_path))) == [
        ["R2", "V5", "part_a; part_b", "61; 45"]
    ]


def test_a_part_above_its_whole_is_found(tmp_path):
    bad = table(tmp_path, {}, {}).assign(emp_tech=[10.0, 11.0])
    relation = (Relation(("emp_tech",), "emp"),)
    found = findings(bad, small_instrument(tmp_path), relations=relation)
    assert told(found) == [["R2", "V7", "emp_tech; emp", "11; 10"]]


def test_a_doubled_response_id_is_found_in_both_rows(tmp_path):
    twice = table(tmp_path, {}, {}).assign(resp_id=["R1", "R1"])
    found = findings(twice, small_instrument(tmp_path))
    assert found["rule"].tolist() == ["V6", "V6"]
    assert found["position"].tolist() == [0, 1]


def test_what_is_said_of_a_cell_is_harmless_in_a_spreadsheet(tmp_path):
    bad = table(tmp_path, {}).assign(v1=pd.Series(["=1+1"], dtype="str"))
    assert findings(bad, small_instrument(tmp_path))["values"].tolist() == ["'=1+1"]


def test_the_summary_says_what_is_wrong_where_how_often_and_what_to_do(tmp_path):
    bad = table(tmp_path, {}, {}, {}).assign(
        emp=[9000.0, 9000.0, 9000.0], emp_tech=0.0,
        v1=pd.Series(["7", "3", "3"], dtype="str"),
    )  # fmt: skip
    rows = summary(findings(bad, small_instrument(tmp_path)))
    assert rows[["rule", "columns", "n"]].to_numpy().tolist() == [
        ["V2", "emp", 3],
        ["V1", "v1", 1],
    ]
    assert rows["message"].str.len().gt(0).all()
    assert rows["remedy"].str.endswith(".").all()


# ---- Tables and their contract ------------------------------------------------------------------


def test_a_cleaned_table_keeps_its_contract(tmp_path):
    good, instrument = table(tmp_path, {}, {"v1": "Maybe"}), small_instrument(tmp_path)
    assert hold(good, responses_contract(instrument)) is good


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="emp_tech"), "emp_tech"),
        (lambda t: t.assign(colour="blue"), "colour"),
        (lambda t: t.assign(emp=9000.0), "emp"),
        (lambda t: t.assign(v1="7"), "v1"),
        (lambda t: t.assign(resp_id="R1"), "resp_id"),
    ],
)
def test_a_table_that_breaks_its_contract_is_named_with_the_column(tmp_path, change, said):
    bad = change(table(tmp_path, {}, {}))
    with pytest.raises(DataError, match=said) as error:
        hold(bad, responses_contract(small_instrument(tmp_path)))
    assert "small_responses" in str(error.value)


def test_a_weight_of_nought_breaks_the_contract():
    steps = {name: [1.0] for name in ("w_base", "w_nonresponse", "w_rake")}
    ids = {"resp_id": ["R1"], "stratum": ["1-4"], "stratum_size": [10.0]}
    weights = pd.DataFrame({**ids, **steps, "w": [0.0]})
    with pytest.raises(DataError, match="w: greater_than"):
        hold(weights, weights_contract(name="msps"))


def test_the_table_has_the_columns_and_types_of_the_contract(tmp_path):
    made = table(tmp_path, {})
    paradata = list(RESPONSE_PARADATA)
    assert list(made)[: len(paradata)] == paradata
    assert str(made["started"].dtype) == "datetime64[us, UTC]"
    assert list(made["v1"].cat.categories) == ["1", "2", "3", "4"]
    assert list(made["tools_edr"].cat.categories) == ["no", "yes"]
    assert made["emp"].dtype == "float64"
    assert "note" not in made


def test_the_table_of_reasons_has_one_reason_for_each_gap(tmp_path):
    work, _ = clean(work_of(tmp_path, {"emp": "", "v1": "Don't know"}, {}), Log())
    answers = response_table(work, pd.Series(["", ""], dtype="str"))
    reasons = hold(missing_table(work), missing_contract(work.instrument))
    for name in set(answers) & set(reasons) - {"resp_id"}:
        assert (answers[name].isna() == reasons[name].notna()).all()
    assert reasons.loc[0, ["emp", "v1"]].tolist() == ["no_answer", "dont_know"]
