"""The attack audit: whatever published numbers give away together, it finds and names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from mspsurvey.errors import DataError, PublicationError
from mspsurvey.inference.disclosure.audit import Published, Secret, audit
from mspsurvey.inference.disclosure.ledger import Entry, entries, read_ledger, write_ledger
from mspsurvey.inference.disclosure.protection import Uncertainty, of_amount, of_base, of_share
from mspsurvey.inference.disclosure.together import audit_entries
from mspsurvey.inference.result.estimate import GIVES_AWAY, Estimates
from mspsurvey.inference.result.exits import dismiss, witness
from mspsurvey.inference.survey import Survey
from mspsurvey.schema import Processed
from mspsurvey.study_file import StudyConfig, load_config
from mspsurvey.workbench.disclosure import audit_build

# 4 by 5, seven cells below ten, as in test_disclosure; every margin is published.
COUNTS = np.array([
    [20, 5, 31, 44, 6],
    [17, 25, 3, 60, 7],
    [8, 33, 52, 19, 70],
    [35, 4, 28, 9, 51],
])  # fmt: skip


def exactly(name: str, cells: tuple[int, ...], value: float, place: str = "table 1") -> Published:
    return Published(name, place, cells, value, value)


def with_margins(hidden: np.ndarray) -> list[Published]:
    places = np.arange(COUNTS.size).reshape(COUNTS.shape)
    shown = [exactly("cell", (int(c),), COUNTS.flat[c]) for c in places[~hidden]]
    for axis in (0, 1):
        lines = np.moveaxis(places, axis, -1)
        shown += [
            exactly("margin", tuple(map(int, line)), COUNTS.flat[line].sum())
            for line in lines.reshape(-1, COUNTS.shape[axis])
        ]
    return shown


def test_the_audit_alone_finds_all_seven_cells_that_margins_give_away() -> None:
    hidden = COUNTS < 10
    secrets = [
        Secret(f"cell {c}", "table 1", (int(c),), Uncertainty(0, 10))
        for c in np.flatnonzero(hidden)
    ]
    found = audit(with_margins(hidden), secrets)
    assert len(found) == 7
    assert not any(e.safe for e in found)
    assert [round(e.low, 3) for e in found] == COUNTS[hidden].tolist()
    assert [round(e.high, 3) for e in found] == COUNTS[hidden].tolist()
    assert "exactly" in str(found[0])


def test_a_total_less_its_only_other_part_is_found_and_the_tables_are_named() -> None:
    shown = [
        exactly("all", (0, 1), 60, "report 1"),
        exactly("metropolitan", (0,), 56, "report 2"),
        exactly("by colour", (2,), 9, "report 3"),
    ]
    (found,) = audit(shown, [Secret("rural", "report 4", (1,), Uncertainty(0, 10))])
    assert (found.low, found.high) == (4, 4)
    assert found.places == ("report 1", "report 2")
    assert str(found) == (
        "rural (report 4) can be worked out exactly, 4.0 respondents, from report 1; report 2."
    )


def test_rounding_leaves_an_interval_as_wide_as_it_is() -> None:
    # 60 and 56 to the nearest five: 57.5 to 62.5, and 52.5 to 57.5.
    shown = [Published("all", "a", (0, 1), 57.5, 62.5), Published("metro", "a", (0,), 52.5, 57.5)]
    (found,) = audit(shown, [Secret("rural", "a", (1,), Uncertainty(0, 10))])
    assert (found.low, found.high) == (0, 10)
    assert found.safe


def test_what_nothing_bounds_is_safe() -> None:
    (found,) = audit([exactly("x", (0,), 1)], [Secret("y", "a", (1,), Uncertainty(0, 10))])
    assert found.safe
    assert found.high == np.inf


def test_numbers_that_contradict_one_another_are_refused() -> None:
    shown = [exactly("x", (0,), 1), exactly("x", (0,), 2)]
    with pytest.raises(PublicationError, match="agree"):
        audit(shown, [Secret("y", "a", (0,), Uncertainty(0, 10))])


def test_no_secrets_need_no_attack() -> None:
    assert audit([exactly("x", (0,), 1)], []) == []


# ---- what is wanted ---------------------------------------------------------------------


def test_a_share_of_few_may_be_none_or_three_and_one_of_nearly_all_likewise() -> None:
    assert of_share(2, 60) == Uncertainty(0, 3)
    assert of_share(59, 60) == Uncertainty(57, 60)
    assert of_share(4, 7).width == 3


def test_an_amount_stays_open_by_ten_percent_on_either_side_and_a_base_from_one_to_nine() -> None:
    assert of_amount(200) == Uncertainty(180, 220)
    assert of_base(7) == Uncertainty(1, 9)


# ---- estimates of one build -------------------------------------------------------------


def people() -> pd.DataFrame:
    """Count 62 rural firms, two of which say yes, and 200 others, 80 of which do."""
    return pd.DataFrame({
        "area": ["rural"] * 62 + ["metro"] * 200,
        "emp": [5.0] * 62 + [50.0] * 200,
        "x": ["yes"] * 2 + ["no"] * 60 + ["yes"] * 80 + ["no"] * 120,
        "w": [10.0] * 62 + [20.0] * 200,
    })  # fmt: skip


def kept(*shown: tuple[Estimates, str]) -> list[Entry]:
    return [e for est, name in shown for e in entries(est, report=name, source="msps")]


def test_of_two_areas_none_is_shown_where_one_is_secret() -> None:
    survey = Survey(people(), weights="w")
    by_area = survey.share("x", by="area")
    assert by_area.data["verdict"].eq("suppress").all()
    found = audit_entries(kept((survey.share("x"), "1"), (by_area, "1")), {"msps": people()})
    assert len(found) == 2
    assert all(e.safe for e in found)


def test_one_report_less_another_gives_a_secret_away_and_both_are_named() -> None:
    survey = Survey(people(), weights="w")
    ledger = kept(
        (survey.share("x"), "01"),
        (survey.share("x", by="area"), "02"),
        # The same firms as "metro", said in another way.
        (survey.where("emp >= 20").share("x"), "03"),
    )
    found = audit_entries(ledger, {"msps": people()})
    assert not any(e.safe for e in found)
    assert found[0].high - found[0].low < 0.01
    named = " ".join(p for e in found for p in e.places)
    assert "01: share of x" in named
    assert "03: share of x where emp >= 20" in named


def test_withholding_one_more_number_mends_it() -> None:
    survey = Survey(people(), weights="w")
    large = survey.where("emp >= 20").share("x").withhold(level=["yes", "no"])
    assert large.data["why"].tolist() == [GIVES_AWAY] * 2
    assert large.frame["estimate"].isna().all()
    ledger = kept((survey.share("x"), "01"), (survey.share("x", by="area"), "02"), (large, "03"))
    assert all(e.safe for e in audit_entries(ledger, {"msps": people()}))


def test_the_level_that_went_with_a_secret_gives_it_away_in_another_report() -> None:
    frame = people().assign(x=["a"] * 2 + ["b"] * 30 + ["c"] * 30 + ["a", "b", "c", "c"] * 50)
    survey = Survey(frame, weights="w")
    rural = survey.where("area == 'rural'")
    levels = rural.share("x")
    other = levels.data.set_index("level")["why"].eq(GIVES_AWAY).idxmax()
    ledger = kept((levels, "01"), (rural.share("x", level=other), "02"))
    (secret,) = [e for e in audit_entries(ledger, {"msps": frame}) if "x a" in e.secret.name]
    assert not secret.safe


def test_a_base_below_ten_is_not_the_difference_of_others() -> None:
    frame = pd.DataFrame({
        "g": ["a"] * 7 + ["b"] * 80 + ["c"] * 90,
        "x": (["yes", "no"] * 100)[:177],
    })  # fmt: skip
    survey = Survey(frame)
    by_group = survey.share("x", by="g")
    assert by_group.frame["n"].isna().groupby(by_group.data["g"]).all().to_dict() == {
        "a": True, "b": True, "c": False,
    }  # fmt: skip
    ledger = kept((survey.share("x"), "01"), (by_group, "01"))
    found = audit_entries(ledger, {"msps": frame})
    assert any("number of respondents" in e.secret.name for e in found)
    assert all(e.safe for e in found)
    open_base = [replace(e, base_shown=True) if e.by == (("g", "b"),) else e for e in ledger]
    assert not all(e.safe for e in audit_entries(open_base, {"msps": frame}))


def test_a_mean_of_few_is_not_the_difference_of_others() -> None:
    frame = pd.DataFrame({"g": ["a"] * 7 + ["b"] * 80, "y": np.arange(87.0) + 100})
    survey = Survey(frame)
    by_group = survey.mean("y", by="g")
    assert by_group.data["verdict"].eq("suppress").all()
    ledger = kept((survey.mean("y"), "01"), (by_group, "01"))
    assert all(e.safe for e in audit_entries(ledger, {"msps": frame}))
    shown = [replace(e, shown=True, why="") if e.by == (("g", "b"),) else e for e in ledger]
    assert not all(e.safe for e in audit_entries(shown, {"msps": frame}))


def test_the_same_estimate_of_other_respondents_is_another_edition() -> None:
    whole, fewer = people(), people().iloc[5:]
    ledger = kept(
        (Survey(whole, weights="w").share("x"), "01"),
        (Survey(whole, weights="w").share("x", by="area"), "01"),
        (Survey(fewer, weights="w").share("x"), "08"),
    )
    assert all(e.safe for e in audit_entries(ledger, {"msps": whole}))


def test_a_group_that_is_no_column_of_the_table_ties_nothing_together() -> None:
    frame = people().assign(made_up=lambda f: f["area"])
    by = Survey(frame, weights="w").share("x", by="made_up")
    shown = [replace(e, shown=True, why="") if e.by[0][1] == "metro" else e
             for e in kept((by, "01"))]  # fmt: skip
    every = kept((Survey(frame, weights="w").share("x"), "01"))
    secrets = audit_entries([*shown, *every], {"msps": people()})
    assert secrets
    assert all(e.safe for e in secrets)


# ---- the ledger -------------------------------------------------------------------------


def test_whatever_is_shown_passes_the_witness() -> None:
    survey, seen = Survey(people(), weights="w"), []
    witness(seen.append)
    try:
        est = survey.share("x")
        est._repr_html_()
        survey.banner("x", ["area"])._repr_html_()
    finally:
        dismiss(seen.append)
    assert est in seen
    rows = [e for one in seen for e in entries(one, report="01", source="msps")]
    assert any(e.by == (("area", "rural"),) and not e.shown for e in rows)


def test_a_ledger_is_read_as_it_was_written_and_holds_each_number_once(tmp_path: Path) -> None:
    survey = Survey(people(), weights="w")
    ledger = kept((survey.share("x", by="area"), "01"))
    write_ledger(tmp_path / "ledger.json", [*ledger, *ledger])
    read = read_ledger(tmp_path / "ledger.json")
    assert sorted(read, key=str) == sorted(ledger, key=str)
    (tmp_path / "ledger.json").write_text("[{}]")
    with pytest.raises(DataError, match="ledger"):
        read_ledger(tmp_path / "ledger.json")


# ---- the step of a build ----------------------------------------------------------------


def built(tmp_path: Path, ledger: list[Entry]) -> tuple[StudyConfig, Path]:
    """Lay down what the step reads: a table of respondents, and a ledger."""
    config = replace(load_config(ROOT), processed=tmp_path)
    people().to_parquet(Processed(tmp_path).joined("msps"))
    write_ledger(tmp_path / "ledger.json", ledger)
    return config, tmp_path / "ledger.json"


def test_a_build_stops_where_reports_give_a_secret_away(tmp_path: Path) -> None:
    survey = Survey(people(), weights="w")
    ledger = kept(
        (survey.share("x"), "01"),
        (survey.share("x", by="area"), "02"),
        (survey.where("emp >= 20").share("x"), "03"),
    )
    config, path = built(tmp_path, ledger)
    with pytest.raises(PublicationError, match="worked out exactly") as error:
        audit_build(config, [path], tmp_path / "audit.json", print)
    assert "withhold" in error.value.do
    assert not (tmp_path / "audit.json").exists()


def test_a_safe_build_keeps_a_record_with_groups_of_all_or_nobody(tmp_path: Path) -> None:
    survey = Survey(people().assign(y="no"), weights="w")
    ledger = kept((survey.share("x", by="area"), "02"), (survey.share("y"), "02"))
    config, path = built(tmp_path, ledger)
    said: list[str] = []
    audit_build(config, [path], tmp_path / "audit.json", said.append)
    record = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert [secret["safe"] for secret in record["secrets"]] == [True, True]
    assert record["everybody or nobody"] == ["02: share of y: y no"]
    assert said == ["5 numbers, 2 of them secret"]


def test_numbers_that_were_overridden_count_as_published(tmp_path: Path) -> None:
    survey = Survey(people(), weights="w")
    told = survey.share("x", by="area").unsuppressed("the firms agreed")
    config, path = built(tmp_path, kept((told, "02"), (survey.share("x", by="area"), "03")))
    with pytest.raises(PublicationError, match="worked out"):
        audit_build(config, [path], tmp_path / "audit.json", print)
