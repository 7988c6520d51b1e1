"""Findings: from estimates to prose and to the file that is checked."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DataError, PublicationError
from mspsurvey.evidence.finding import (
    Finding,
    from_estimates,
    read_findings,
    with_comparison,
    write_findings,
)
from mspsurvey.evidence.hypothesis import load_hypotheses
from mspsurvey.evidence.robustness import Curve
from mspsurvey.evidence.strength import Grounds
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.instrument import Option, Variable

REGISTER = load_hypotheses(Path(__file__).parents[1] / "definitions" / "hypotheses.toml")
CLASS = Variable(
    "base_class", "Baseline class", "Baseline class", "single", "base_class",
    options=(Option("not_met", "Baseline not met"), Option("met", "Baseline met")),
)  # fmt: skip
CURVE = Curve(12, 0.15, 0.91, 0.46, 0.40, 0.70, 1.0, 1.0, 0.44, 0.05)
CONTEXT = {
    "report": "02_baseline", "question_id": "Q5", "source": "MSP survey",
    "field_start": dt.date(2026, 3, 2), "field_end": dt.date(2026, 5, 29),
    "data_hash": "abc", "code_ref": "02_baseline#4",
}  # fmt: skip


def rows(*given: dict) -> pd.DataFrame:
    start = {"item": "base_class", "level": "not_met", "estimate": 0.44, "se": 0.015,
             "low": 0.41, "high": 0.47, "df": 1100.0, "n": 1149, "n_eff": 900.0, "deff": 1.3,
             "base": 1149.0, "verdict": "show", "why": ""}  # fmt: skip
    return pd.DataFrame([{**start, **row} for row in given])


def estimates(*given: dict, statistic: str = "share", **options) -> Estimates:
    start = {"variables": {"base_class": CLASS}, "population": "MSP firms", "weight": "w"}
    return Estimates(rows(*given), statistic, **{**start, **options})


def finding(**changed) -> Finding:
    one = from_estimates(estimates({}), **CONTEXT)["not_met"]
    return replace(one, **changed)


def test_the_fields_are_those_of_the_published_schema():
    schema = (
        "finding_id report question_id hypothesis estimand population filter_code measure group "
        "estimate lo hi precision_kind n n_eff weight deff comparison diff diff_lo diff_hi "
        "n_comparisons definition spec_median spec_same_sign benchmark strength ledger direction "
        "sentence caveat_1 caveat_2 caveat_3 suppressed source field_start field_end data_hash "
        "code_ref synthetic"
    )
    assert [field.name for field in fields(Finding)] == schema.split()


@pytest.mark.parametrize(
    ("spec", "text"),
    [("", "44%"), ("ci", "41% to 47%"), ("moe", "3 points"), ("about", "about 4 in 10"),
     ("n", "1,149")],
)  # fmt: skip
def test_a_share_is_written_as_a_token(spec, text):
    assert format(finding(), spec) == text


def test_prose_takes_findings_as_they_are():
    found = finding()
    assert f"{found:about} ({found}, give or take {found:moe})" == (
        "about 4 in 10 (44%, give or take 3 points)"
    )


def test_a_total_is_written_as_a_rounded_count():
    found = finding(measure="total", estimate=18_912.0, lo=17_040.0, hi=20_811.0)
    assert (f"{found}", f"{found:count}") == ("18,900", "about 18,900")
    assert f"{found:ci}" == "17,000 to 20,800"


def test_give_or_take_covers_the_longer_side():
    assert f"{finding(estimate=0.05, lo=0.03, hi=0.09):moe}" == "4 points"
    assert f"{finding(estimate=0.5, lo=0.499, hi=0.501):moe}" == "less than 1 point"


@pytest.mark.parametrize("spec", ["", "ci", "moe", "about", "n", "count"])
def test_a_suppressed_finding_shows_no_number_whatever_the_spec(spec):
    hidden = from_estimates(estimates({"verdict": "suppress", "n": 12}), **CONTEXT)["not_met"]
    assert format(hidden, spec) == "[too few answers to show]"


def test_a_suppressed_finding_holds_no_number():
    est = estimates({"verdict": "suppress", "n": 8})
    hidden = from_estimates(est, **CONTEXT, curves={"not_met": CURVE})["not_met"]
    assert hidden.suppressed
    assert {hidden.estimate, hidden.lo, hidden.hi, hidden.n, hidden.n_eff} == {None}
    assert hidden.spec_median is None
    assert "44" not in json.dumps(hidden.__dict__)


def test_a_number_behind_a_suppression_is_refused():
    with pytest.raises(PublicationError, match="suppressed"):
        finding(suppressed=True)
    hidden = from_estimates(estimates({"verdict": "suppress"}), **CONTEXT)["not_met"]
    with pytest.raises(PublicationError, match="suppressed"):
        with_comparison(
            hidden, comparison="met", diff=0.1, diff_lo=0, diff_hi=0.2, n_comparisons=1
        )


def test_an_override_is_shown_with_its_reason_as_first_caveat():
    est = estimates({"verdict": "suppress"}).unsuppressed("asked by the auditor")
    shown = from_estimates(est, **CONTEXT, caveats=["Self-report."])["not_met"]
    assert f"{shown}" == "44%"
    assert "asked by the auditor" in shown.caveat_1
    assert shown.caveat_2 == "Self-report."


def test_an_opt_in_sample_has_no_margin_of_sampling_error():
    modelled = finding(precision_kind="credible")
    assert f"{modelled:ci}" == "41% to 47%"
    with pytest.raises(PublicationError, match="margin"):
        f"{modelled:moe}"
    with pytest.raises(PublicationError, match="interval"):
        f"{finding(precision_kind='none'):ci}"


@pytest.mark.parametrize(("spec", "said"), [("pct", "specs"), ("count", "total")])
def test_a_spec_that_does_not_fit_is_an_error(spec, said):
    with pytest.raises(PublicationError, match=said):
        format(finding(), spec)


def test_a_number_that_is_not_there_cannot_be_printed():
    with pytest.raises(PublicationError, match="lo"):
        f"{finding(lo=float('nan')):ci}"


def test_tokens_are_all_that_a_report_may_print():
    assert finding().tokens == {
        "": "44%", "ci": "41% to 47%", "moe": "3 points", "about": "about 4 in 10", "n": "1,149",
    }  # fmt: skip


# --- From estimates ----------------------------------------------------------------------------


def test_findings_are_keyed_by_level_and_group():
    est = estimates({}, {"level": "met", "estimate": 0.2}).data.assign(size="1-4")
    found = from_estimates(
        Estimates(est, "share", by=("size",), variables={"base_class": CLASS}), **CONTEXT
    )
    assert list(found) == [("not_met", "1-4"), ("met", "1-4")]
    one = found["met", "1-4"]
    assert (one.finding_id, one.group) == ("Q5.met.1-4", "size=1-4")
    assert one.estimand == "share of base_class=met, size=1-4"


def test_a_level_alone_is_the_key_and_so_is_an_item_without_level():
    assert list(from_estimates(estimates({}), **CONTEXT)) == ["not_met"]
    mean = estimates({"item": "score", "level": ""}, statistic="mean")
    assert list(from_estimates(mean, **CONTEXT)) == ["score"]


def test_several_items_lead_the_key():
    est = estimates({}, {"item": "base_bound_low"})
    assert list(from_estimates(est, **CONTEXT)) == [
        ("base_class", "not_met"), ("base_bound_low", "not_met"),
    ]  # fmt: skip


def test_the_finding_carries_its_context():
    est = estimates({}, where="emp < 5", synthetic=True)
    found = from_estimates(est, **CONTEXT, definition="rubric v1.0", benchmark="none")["not_met"]
    assert (found.filter_code, found.synthetic, found.definition) == (
        "emp < 5",
        True,
        "rubric v1.0",
    )
    assert (found.field_start, found.field_end) == ("2026-03-02", "2026-05-29")
    assert (found.n, found.n_eff, found.deff) == (1149, 900.0, 1.3)
    assert found.sentence == (
        "Baseline class, baseline not met: about 4 in 10 MSP firms [emp < 5] "
        "(44%; 95% interval 41% to 47%)."
    )


def test_the_rule_decides_its_own_estimand_only():
    two = estimates({}, {"level": "met"})
    found = from_estimates(two, **CONTEXT, hypothesis=REGISTER["H3"], curves={"not_met": CURVE})
    assert found["not_met"].direction == "supports"
    assert found["met"].direction == "cannot tell"
    assert found["not_met"].hypothesis == "H3"
    assert (found["not_met"].spec_median, found["met"].spec_median) == (0.46, None)


def test_a_part_of_the_population_does_not_decide():
    est = estimates({}, where="emp < 5")
    found = from_estimates(est, **CONTEXT, hypothesis=REGISTER["H3"], curves={"not_met": CURVE})
    assert found["not_met"].direction == "cannot tell"


def test_a_ratio_is_matched_by_its_two_parts():
    est = estimates(
        {"item": "mfa_dec_n/mfa_rec_n", "level": "", "estimate": 0.23, "low": 0.2, "high": 0.26},
        statistic="ratio",
    )
    found = from_estimates(est, **CONTEXT, hypothesis=REGISTER["H24"])
    assert found["mfa_dec_n/mfa_rec_n"].direction == "supports"


def test_levels_in_union_are_matched_by_their_codes():
    est = estimates(
        {"item": "dec_last_reason", "level": "cost+incon+slow", "low": 0.66, "high": 0.74}
    )
    found = from_estimates(est, **CONTEXT, hypothesis=REGISTER["H25"])
    assert found["cost+incon+slow"].direction == "supports"


def test_strength_takes_precision_from_each_row():
    est = estimates({}, {"level": "met", "low": 0.1, "high": 0.3})
    found = from_estimates(est, **CONTEXT, grounds=Grounds(sample_type="probability"))
    assert found["not_met"].strength == "Strong"
    assert found["met"].strength == "Moderate"
    assert "imprecise" in found["met"].ledger


def test_strength_knows_of_the_definitions():
    wobbly = replace(CURVE, same_side=0.5)
    found = from_estimates(
        estimates({}), **CONTEXT, grounds=Grounds(sample_type="probability"),
        curves={"not_met": wobbly},
    )  # fmt: skip
    assert "definition-sensitive" in found["not_met"].ledger


def test_more_than_three_caveats_are_refused():
    with pytest.raises(PublicationError, match="3 caveats"):
        from_estimates(estimates({}), **CONTEXT, caveats=list("abcd"))


def test_only_95_percent_intervals_make_findings():
    with pytest.raises(PublicationError, match="90%"):
        from_estimates(estimates({}, confidence=0.90), **CONTEXT)


def test_an_unknown_direction_is_refused():
    with pytest.raises(PublicationError, match="maybe"):
        finding(direction="maybe")


def test_a_comparison_stands_beside_the_number():
    found = with_comparison(
        finding(), comparison="size=100+", diff=0.2, diff_lo=0.1, diff_hi=0.3, n_comparisons=5
    )
    assert (found.estimate, found.diff, found.n_comparisons) == (0.44, 0.2, 5)


# --- The file ------------------------------------------------------------------------------------


def test_findings_are_read_back_as_written(tmp_path):
    path = tmp_path / "findings.json"
    hidden = from_estimates(estimates({"level": "met", "verdict": "suppress"}), **CONTEXT)
    written = [hidden["met"], finding(estimate=np.float64(0.44))]
    write_findings(path, written)
    assert read_findings(path) == sorted(written, key=lambda f: f.finding_id)


def test_a_missing_number_is_null_and_not_nan(tmp_path):
    path = tmp_path / "findings.json"
    write_findings(path, [finding(lo=float("nan"))])
    text = path.read_text(encoding="utf-8")
    assert '"lo": null' in text
    assert "NaN" not in text


def test_the_same_findings_make_the_same_bytes_in_any_order(tmp_path):
    one, two = finding(), finding(finding_id="Q1.a")
    write_findings(tmp_path / "a.json", [one, two])
    write_findings(tmp_path / "b.json", [two, one])
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_two_findings_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"Q5\.not_met"):
        write_findings(tmp_path / "a.json", [finding(), finding()])
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("text", ["{", "[1]", '[{"finding_id": "x"}]', '{"a": 1}'])
def test_a_file_that_holds_no_findings_is_an_error(tmp_path, text):
    path = tmp_path / "findings.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"findings\.json"):
        read_findings(path)
