"""The last gate before the processed tables."""

from __future__ import annotations

import pandas as pd
import pytest
from intake_sample import small_instrument, work_of

from mspsurvey.errors import DataError
from mspsurvey.intake.clean import clean
from mspsurvey.intake.tables import missing_table, response_table
from mspsurvey.intake.validate import failures
from mspsurvey.intake.work import Log
from mspsurvey.schema import RESPONSE_PARADATA


def table(tmp_path, *rows):
    work, _ = clean(work_of(tmp_path, *rows), Log())
    return response_table(work, pd.Series([""] * len(rows), dtype="str"))


def test_a_cleaned_table_passes(tmp_path):
    assert failures(table(tmp_path, {}, {"v1": "Maybe"}), small_instrument(tmp_path)).empty


def test_every_failing_cell_is_listed_with_its_response(tmp_path):
    good = table(tmp_path, {}, {}, {})
    bad = good.assign(
        emp=[10.0, 9000.0, 0.0],
        v1=pd.Series(["3", "7", "3"], dtype="str"),
    )
    found = failures(bad, small_instrument(tmp_path))
    assert found[["resp_id", "variable", "value"]].to_numpy().tolist() == [
        ["R2", "emp", "9000.0"],
        ["R2", "v1", "7"],
        ["R3", "emp", "0.0"],
    ]


def test_a_doubled_response_id_fails_in_both_rows(tmp_path):
    good = table(tmp_path, {}, {})
    found = failures(good.assign(resp_id=["R1", "R1"]), small_instrument(tmp_path))
    assert found["variable"].tolist() == ["resp_id", "resp_id"]
    assert found["position"].tolist() == [0, 1]


def test_a_table_without_a_column_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="emp_tech"):
        failures(table(tmp_path, {}).drop(columns="emp_tech"), small_instrument(tmp_path))


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
    reasons = missing_table(work)
    for name in reasons.columns[1:]:
        assert (answers[name].isna() == reasons[name].notna()).all()
    assert reasons.loc[0, ["emp", "v1"]].tolist() == ["no_answer", "dont_know"]
