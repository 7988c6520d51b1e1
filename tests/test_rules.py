"""Each rule of cleaning by its id: what breaks it, where that is logged, and its page."""

from __future__ import annotations

import datetime as dt
import tempfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT
from intake_sample import ANSWERS, INSTRUMENT

from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.intake.catalogue import as_markdown, catalogue, rule_counts
from mspsurvey.intake.clean import RULES, clean
from mspsurvey.intake.corrections import CORRECTIONS, Correction
from mspsurvey.intake.drift import DRIFT, Line
from mspsurvey.intake.rules import logic
from mspsurvey.intake.rules.dates import is_day_first, parse_date
from mspsurvey.intake.rules.others import kappa, second_sector
from mspsurvey.intake.rules.places import find_state
from mspsurvey.intake.work import Log, Work, change_table, quarantine_table, query_table

CHANGE, QUERY, ASIDE = "change", "query", "set aside"
DATED = INSTRUMENT + "  - name: end\n    title: End\n    questions:\n" + (
    "      - {name: since, kind: date, text: Since when?}\n"
)  # fmt: skip
FIRM = {
    "scr_consent": "Yes", "scr_contract": "Yes", "scr_access": "Yes", "emp": "10",
    "emp_tech": "4", "client_n_contract": "30",
}  # fmt: skip
CLIENT = {"scr_consent": "Yes", "scr_employer": "Yes", "scr_decider": "Yes", "emp": "30"}

# Rule, how it shows, cells that break it; names in capitals are metadata.
SMALL_CASES = [
    ("T5", CHANGE, {"note": "donâ€™t know"}),
    ("T4", CHANGE, {"note": "two  blanks"}),
    ("T3", QUERY, {"note": "=HYPERLINK(1)"}),
    ("H1", CHANGE, {}),
    ("Y1", CHANGE, {"v1": "Agree, more or less"}),
    ("Y2", CHANGE, {"v2": "Strongly disagree", "WAVE": "1"}),
    ("S5", ASIDE, {"STATUS": "preview"}),
    ("S3", CHANGE, {"v1": "Stronlgy agree"}),
    ("N1", CHANGE, {"emp": "1,200"}),
    ("N2", CHANGE, {"emp": "about 50"}),
    ("N3", CHANGE, {"emp": "10-15"}),
    ("N4", CHANGE, {"emp": "prefer not"}),
    ("N5", CHANGE, {"emp": "lots"}),
    ("T6", CHANGE, {"since": "last March"}),
    ("U1", CHANGE, {"price_user_month": "£100"}),
    ("U2", CHANGE, {"price_user_month": "1200 per year"}),
    ("U3", CHANGE, {"grow_pct": ".35"}),
    ("R4", QUERY, {"price_user_month": "5"}),
    ("L1", ASIDE, {"scr_ok": "No"}),
    ("L3", ASIDE, {"emp": "0"}),
    ("R8", CHANGE, {"emp": "-3"}),
    ("R3", CHANGE, {"grow_pct": "350"}),
    ("R9", CHANGE, {"emp": "4000", "stratum": "1 to 4"}),
    ("R1", CHANGE, {"emp": "5", "emp_tech": "8"}),
    ("G1", CHANGE, {"part_a": "80", "part_b": "60"}),
    ("G6", CHANGE, {"has_plan": "No", "plan_age": "3"}),
    ("G7", CHANGE, {"ENDED": "2026-08-09 14:00"}),
    ("B1", ASIDE, dict.fromkeys(("emp", "emp_tech", "has_plan", "v1", "v2"), "")),
]
FIRM_CASES = [
    ("U4", CHANGE, {"price_user_month": "90", "price_basis": "Per device and month"}),
    ("R2", CHANGE, {"yr_founded": "2031"}),
    ("R5", QUERY, {"client_n_contract": "900", "emp_tech": "2"}),
    ("R6", QUERY, {"emp": "9000", "emp_tech": "4"}),
    ("R7", QUERY, {"rev_usd": "2000"}),
    ("G2", QUERY, {"mfa_rec_n": "10", "mfa_dec_n": "25"}),
    ("G3", QUERY, {"cert_none": "", "cert_soc2": "*", "b4": "Not done"}),
    ("G4", QUERY, {"client_n_12m_ago": "5"}),
    ("G8", QUERY, {"serves_public": "No", "reg_la": "Yes"}),
    ("L2", ASIDE, {"state": "Ontario"}),
]
CLIENT_CASES = [
    ("T2", CHANGE, {"sector": "Something else", "sector_oth": "dentist"}),
    ("G5", QUERY, {"outs_self": "*full", "it_internal_fte": "3"}),
    ("G9", QUERY, {"outs_self": "*none", "prov_any": "Yes"}),
]


@cache
def found(which: str) -> dict[str, set[tuple[str, str]]]:
    """Rule and kind of all findings, by response; the response has the id of its rule."""
    instrument, base, cases = _set(which)
    rows = [("plain", {}), *((rule, cells) for rule, _, cells in cases)]
    # Twenty more, a little apart, so that there is a middle to be far from.
    rows += [(f"more{k}", {"emp": str(10 + k)}) for k in range(20)] if which == "firm" else []
    work = _work(instrument, base, rows)
    _, log = clean(work, Log())
    kinds = (
        (CHANGE, change_table(log)),
        (QUERY, query_table(log)),
        (ASIDE, quarantine_table(log)),
    )
    result: dict[str, set[tuple[str, str]]] = {name: set() for name, _ in rows}
    for kind, table in kinds:
        for resp_id, rule in zip(table["resp_id"], table["rule"], strict=True):
            result[resp_id].add((rule, kind))
    return result


def _set(which: str) -> tuple[Instrument, dict[str, str], list]:
    if which == "small":
        return _small(), {**ANSWERS, "stratum": "5 to 99", "since": ""}, SMALL_CASES
    name, base = ("msp", FIRM) if which == "firm" else ("client", CLIENT)
    cases = FIRM_CASES if which == "firm" else CLIENT_CASES
    return load_instrument(ROOT / "definitions" / f"{name}.yaml"), base, cases


@cache
def _small() -> Instrument:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dated.yaml"
        path.write_text(DATED, encoding="utf-8")
        return load_instrument(path)


def _work(instrument: Instrument, base: dict, rows: list) -> Work:
    order = [v.name for v in instrument]
    cells = [{**base, **{k: _text(instrument, k, v) for k, v in row.items() if k.islower()}}
             for _, row in rows]  # fmt: skip
    answers = pd.DataFrame(cells).reindex(columns=order).fillna("").astype("str")
    start = pd.Series([pd.Timestamp("2026-08-10 14:00", tz="UTC")] * len(rows)).dt.as_unit("us")
    ended = [pd.Timestamp(row.get("ENDED", "2026-08-10 14:10"), tz="UTC") for _, row in rows]
    meta = pd.DataFrame(
        {
            "row": range(1, len(rows) + 1),
            "resp_id": [name for name, _ in rows],
            "sample_id": [name for name, _ in rows],
            "started": start,
            "ended": pd.Series(ended).dt.as_unit("us"),
            "duration_s": [row.get("LASTED", 600.0) for _, row in rows],
            "finished": True,
            "status": [row.get("STATUS", "real") for _, row in rows],
            "wave": [row.get("WAVE", "2") for _, row in rows],
        }
    )
    small = base.get("v1") is not None
    drift = (
        Line("d", "all", "label", "v1", "Agree, more or less", "Agree", "reworded"),
        Line("d", "1", "reversed", "v2", "", "", "turned"),
    )
    correction = Correction("c, line 2", "H1", "emp", "10", "12", "typing error", "telephone")
    settings = {
        "field": (dt.date(2026, 8, 3), dt.date(2026, 10, 16)), "exchange": {"GBP": 1.25},
        CORRECTIONS: (correction,) if small else (), DRIFT: drift if small else (),
    }  # fmt: skip
    missing = pd.DataFrame("", index=answers.index, columns=order, dtype="str")
    return Work("msps", instrument, answers, missing, meta, settings, "N/A")


def _text(instrument: Instrument, name: str, text: str) -> str:
    """Label of a code after a star; a tick for a star alone."""
    if not text.startswith("*"):
        return text
    return instrument[name].labels[text[1:]] if text[1:] else "yes"


@pytest.mark.parametrize(
    ("which", "rule", "kind"),
    [(which, rule, kind) for which, cases in
     (("small", SMALL_CASES), ("firm", FIRM_CASES), ("client", CLIENT_CASES))
     for rule, kind, _ in cases],
)  # fmt: skip
def test_a_rule_finds_what_breaks_it_and_nothing_in_a_tidy_response(which, rule, kind):
    assert (rule, kind) in found(which)[rule]
    assert rule not in {name for name, _ in found(which)["plain"]}


def lasted(ended, seconds, started="2026-08-10 14:00"):
    """Give the duration that is believed, and the reasons that are recorded."""
    work = _work(*_set("small")[:2], [("a", {"ENDED": ended, "LASTED": seconds})])
    work.meta["started"] = pd.Series([pd.Timestamp(started, tz="UTC")]).dt.as_unit("us")
    edit = next(r for r in logic.RULES if r.id == "G7").apply(work)
    changes = pd.concat(edit.changes)
    return edit.meta["duration_s"].iloc[0], changes[changes["variable"] == "duration_s"]


@pytest.mark.parametrize(
    ("ended", "seconds", "started", "reason"),
    [
        # 8 September for 9 August; a clock at its zero; a form left open, timed by the platform.
        ("2026-09-08 14:10", 30 * 86400.0, "2026-08-09 14:10", "longer than three weeks"),
        ("2026-08-10 14:10", 1786371000.0, "1970-01-01 00:00", "reckoned from a time"),
        ("2026-08-10 14:10", 22 * 86400.0, "2026-08-10 14:00", "longer than three weeks"),
        ("2026-08-10 14:10", -5.0, "2026-08-10 14:00", "below zero"),
    ],
)
def test_a_duration_that_nobody_can_have_taken_is_missing_with_its_reason(
    ended, seconds, started, reason
):
    kept, changes = lasted(ended, seconds, started)
    assert pd.isna(kept)
    assert reason in changes["reason"].item()


def test_a_duration_that_the_platform_timed_outlives_a_wrong_start():
    assert lasted("2026-08-10 14:10", 600.0, "1970-01-01 00:00")[0] == 600.0
    assert lasted("2026-08-25 14:10", 15 * 86400.0)[0] == 15 * 86400.0


def test_every_rule_of_cleaning_has_such_a_case():
    tested = {rule for rule, _, _ in (*SMALL_CASES, *FIRM_CASES, *CLIENT_CASES)}
    # M1 says why an answer is missing, and changes none.
    assert tested == {line.id for rule in RULES for line in rule.lines} - {"M1"}


def test_the_page_lists_every_rule_as_it_runs():
    page = (ROOT / "docs" / "methods" / "cleaning.md").read_text(encoding="utf-8")
    assert as_markdown() in page


def test_every_rule_says_what_it_wants_and_what_it_does():
    for line in catalogue():
        assert line.severity in ("E", "Q", "I")
        assert line.message.endswith(".")
        assert line.treatment


def test_counts_name_every_rule_of_every_source():
    log = pd.DataFrame({"source": ["a", "a", "b"], "rule": ["N1", "N1", "S5"]})
    none = log[:0]
    tables = {"changes": log[:2], "queries": none, "findings": none, "duplicates": none}
    counts = rule_counts(("a", "b"), {**tables, "quarantine": log[2:]})
    assert len(counts) == 2 * len(catalogue())
    done = counts.set_index(["source", "rule"])
    assert done.loc[("a", "N1"), "cells_changed"] == 2
    assert done.loc[("b", "S5"), "rows_set_aside"] == 1
    assert done[["cells_changed", "queries", "rows_set_aside"]].to_numpy().sum() == 3


def test_dates_of_a_column_tell_the_order_of_day_and_month():
    assert is_day_first(["25/12/2025", "03/04/2025"])
    assert not is_day_first(["25/12/2025", "12/25/2025"])
    assert parse_date("03/04/2025", day_first=True)[0] == pd.Timestamp("2025-04-03")
    assert parse_date("03/04/2025")[0] == pd.Timestamp("2025-03-04")


@pytest.mark.parametrize("text", ["1970-01-01", "1900-01-01", "last March", ""])
def test_what_is_no_date_is_none(text):
    assert parse_date(text)[0] is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Noth Dakota", "ND"), ("Massachussets", "MA"), ("Kansass", "KS"), ("Ohoi", "OH"),
     ("Nouth Dakota", None), ("Idxxx", None)],
)  # fmt: skip
def test_a_state_is_one_slip_away_and_nearer_than_any_other(typed, code):
    assert find_state(typed).code == code


def test_two_codings_agree_by_kappa():
    # Four texts, three alike: (3/4 − 1/2) / (1 − 1/2).
    assert kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"]) == 0.5
    assert kappa(["a"], ["a"]) == 1
    assert second_sector("law office") == "legal"
    assert second_sector("zzzz") is None


def test_words_that_two_codings_read_apart_are_left_to_a_person():
    client = load_instrument(ROOT / "definitions" / "client.yaml")
    rows = [
        ("agree", {"sector": "Something else", "sector_oth": "dentist"}),
        ("differ", {"sector": "Something else", "sector_oth": "countyline bar grill"}),
    ]
    work, log = clean(_work(client, CLIENT, rows), Log())
    assert work.answers["sector"].tolist() == ["heal", "oth"]
    queries = query_table(log)
    assert queries.loc[queries["rule"].eq("T2"), "resp_id"].tolist() == ["differ"]
    assert any(remark.startswith("T2: words after sector") for remark in log.remarks)
