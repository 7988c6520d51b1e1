"""Intake from the raw files to the processed tables, with every row accounted for."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest
from intake_sample import INSTRUMENT, csv_text, qualtrics_rows, small_instrument

from mspsurvey.errors import DataError, ReadError
from mspsurvey.intake.hand_on import hand_on
from mspsurvey.intake.start import _by_typed_id
from mspsurvey.intake.take_in import take_in
from mspsurvey.schema import LOGS
from mspsurvey.study_file import Quality, Source


def study(tmp_path, *rows):
    """A study with one source, whose export holds these responses."""
    instrument = small_instrument(tmp_path)
    (tmp_path / "export.csv").write_text(csv_text(qualtrics_rows(instrument, *rows)))
    ids = "".join(f"S{i},a\n" for i in range(1, 10))
    (tmp_path / "sample.csv").write_text("sample_id,stratum\n" + ids)
    source = Source(
        name="msps", export=tmp_path / "export.csv", instrument=tmp_path / "small.yaml",
        platform="auto", sample_type="probability", field_start=dt.date(2026, 8, 3),
        field_end=dt.date(2026, 10, 16), unit="firms", sample=tmp_path / "sample.csv",
    )  # fmt: skip
    return SimpleNamespace(
        sources={"msps": source}, settings={}, quality=Quality(), links=None, key_file=None,
        synthetic=True, processed=tmp_path / "processed",
    )  # fmt: skip


BROKEN = dict.fromkeys(("emp", "emp_tech", "has_plan", "v1", "v2", "plan_age"), "")
ROWS = (
    {"note": "My name is Ann Example, ann@example.org"},
    {"emp": "about 50", "v1": "Stronlgy agree"},
    {"Status": "Survey Preview"},
    {"scr_ok": "No"},
    {**BROKEN, "Finished": "False"},
    {"ExternalReference": "S1", "emp": "", "grow_pct": "", "scr_role": "Technician"},
    {"ExternalReference": "elsewhere"},
)


def test_every_row_is_kept_quarantined_or_a_duplicate(tmp_path):
    intake = take_in(study(tmp_path, *ROWS))
    assert intake.counts.to_numpy().tolist() == [["msps", 7, 2, 4, 1]]
    assert intake.responses["msps"]["resp_id"].tolist() == ["R1", "R2"]
    assert dict(zip(intake.quarantine["row"], intake.quarantine["rule"], strict=True)) == {
        3: "S5", 4: "L1", 5: "B1", 7: "K1",
    }  # fmt: skip
    assert intake.duplicates[["row", "kept_resp_id", "rule"]].to_numpy().tolist() == [
        [6, "R1", "D3"],
    ]


def test_changes_are_logged_with_old_new_and_rule(tmp_path):
    changes = take_in(study(tmp_path, *ROWS)).changes
    made = changes.loc[changes["resp_id"] == "R2", ["variable", "old", "new", "rule"]]
    assert made.to_numpy().tolist() == [
        ["v1", "Stronlgy agree", "4", "S3"],
        ["emp", "about 50", "50", "N2"],
    ]


def test_design_variables_are_filled_and_free_text_is_left_out(tmp_path):
    made = take_in(study(tmp_path, *ROWS)).responses["msps"]
    assert made["stratum"].tolist() == ["a", "a"]
    assert "note" not in made


def test_nothing_personal_reaches_the_processed_files(tmp_path):
    config = study(tmp_path, *ROWS)
    hand_on(take_in(config), config)
    for path in (tmp_path / "processed").rglob("*.parquet"):
        # A rule may have the id of a response: R1.
        table = pd.read_parquet(path).drop(columns="rule", errors="ignore")
        words = " ".join(map(str, table.to_numpy().ravel()))
        for secret in ("ann@example", "Ann Example", "203.0.113", "R1", "S1"):
            assert secret not in words


def test_the_same_files_give_the_same_bytes(tmp_path):
    config = study(tmp_path, *ROWS)
    for name in ("one", "two"):
        config.processed = tmp_path / name
        hand_on(take_in(config), config)
    first = sorted((tmp_path / "one").rglob("*.parquet"))
    assert len(first) == 2 + len(LOGS)
    for path in first:
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_the_order_of_rows_changes_no_answer(tmp_path):
    rows = [{**r, "ResponseId": f"X{i}", "ExternalReference": r.get("ExternalReference", f"S{i}")}
            for i, r in enumerate(ROWS, 1)]  # fmt: skip
    one = take_in(study(tmp_path, *rows)).responses["msps"]
    two = take_in(study(tmp_path, *rows[::-1])).responses["msps"]
    pd.testing.assert_frame_equal(
        one.drop(columns="row"),
        two.drop(columns="row").sort_values("resp_id").reset_index(drop=True),
    )


def test_an_export_of_another_survey_writes_nothing(tmp_path):
    config = study(tmp_path, {})
    other = INSTRUMENT.replace("name: emp", "name: zzz").replace("name: scr", "name: yyy")
    (tmp_path / "small.yaml").write_text(other.replace("scr_ok ==", "yyy_ok =="))
    (tmp_path / "export.csv").write_text(
        "StartDate,ResponseId,Progress,colour\n2026-08-10 10:00:00,R1,100,red\n"
    )
    with pytest.raises(ReadError, match="Small survey"):
        take_in(config)


def test_progress_is_told_in_words(tmp_path):
    said: list[str] = []
    take_in(study(tmp_path, {}), said.append)
    assert said == ["read export.csv", "msps: 1 responses kept"]


def test_a_careless_response_stays_unless_the_study_says_that_it_goes(tmp_path):
    rows = [{"emp": str(n), "Duration (in seconds)": s} for n, s in
            ((10, "600"), (20, "600"), (30, "600"), (40, "20"))]  # fmt: skip
    flagged = take_in(study(tmp_path, *rows))
    assert flagged.responses["msps"]["flags"].tolist() == ["", "", "", "C1"]
    assert flagged.quality["excluded"].tolist() == [False] * 4
    config = study(tmp_path, *rows)
    config.quality = Quality(exclude=("C1",))
    left = take_in(config)
    assert left.responses["msps"]["resp_id"].tolist() == ["R1", "R2", "R3"]
    assert left.quarantine[["row", "rule"]].to_numpy().tolist() == [[4, "Q1"]]
    assert left.quality["excluded"].tolist() == [False, False, False, True]
    assert left.counts.to_numpy().tolist() == [["msps", 4, 3, 1, 0]]


def test_an_id_that_the_platform_does_not_pass_on_is_taken_from_the_question_so_named():
    meta = pd.DataFrame({"sample_id": ["S1", ""], "row": [1, 2]}, index=[7, 8])
    answers = pd.DataFrame({"sample_id": ["S9", " S2 "]})
    assert _by_typed_id(meta, answers)["sample_id"].tolist() == ["S1", "S2"]
    assert _by_typed_id(meta, answers[[]])["sample_id"].tolist() == ["S1", ""]


def test_an_export_of_which_nothing_can_be_used_says_why(tmp_path):
    rows = ({"ExternalReference": ""}, {"ExternalReference": ""}, {"scr_ok": "No"})
    with pytest.raises(DataError, match=r"All 3 are set aside, 2 of them because it has no id"):
        take_in(study(tmp_path, *rows))
