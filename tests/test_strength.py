"""Strength of evidence: every line of the ledger."""

from __future__ import annotations

import pytest

from mspsurvey.errors import EstimateError
from mspsurvey.evidence.strength import Grounds, grade


def strong(**known) -> Grounds:
    return Grounds(**{"sample_type": "probability", **known})


def test_a_probability_sample_starts_at_three():
    result = grade(strong())
    assert (result.number, result.word) == (3, "Strong")
    assert result.ledger == "started 3 (probability sample); = 3"


@pytest.mark.parametrize(
    ("known", "number", "word"),
    [
        ({"sample_type": "opt-in", "benchmark_passed": True}, 2, "Moderate"),
        ({"sample_type": "opt-in"}, 1, "Limited"),
        ({"sample_type": "opt-in", "weighted": False, "benchmark_passed": True}, 1, "Limited"),
        ({"sample_type": "referral"}, 1, "Limited"),
        ({"sample_type": "opt-in", "experiment": True}, 3, "Strong"),
        ({"sample_type": "opt-in", "benchmark_passed": False}, 0, "Insufficient"),
    ],
)
def test_other_samples_start_lower(known, number, word):
    result = grade(Grounds(**known))
    assert (result.number, result.word) == (number, word)


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({"half_width": 0.081}, "imprecise"),
        ({"n_eff": 99.0}, "imprecise"),
        ({"same_side": 0.74}, "definition-sensitive"),
        ({"default_in_middle": False}, "definition-sensitive"),
        ({"benchmark_passed": False}, "benchmark check failed"),
        ({"self_report": True}, "self-report"),
        ({"tipping_sd": -0.24}, "nonrespondents"),
    ],
)
def test_each_weakness_costs_one_and_is_named(known, line):
    result = grade(strong(**known))
    assert result.number == 2
    assert line in result.ledger
    assert "−1" in result.ledger


@pytest.mark.parametrize(
    "known",
    [
        {"half_width": 0.08, "n_eff": 100.0},
        {"same_side": 0.75, "default_in_middle": True},
        {"self_report": True, "second_source": True},
        {"tipping_sd": 0.25},
    ],
)
def test_at_the_bar_nothing_is_lost(known):
    assert grade(strong(**known)).number == 3


def test_one_weakness_with_two_signs_costs_once():
    assert grade(strong(half_width=0.1, n_eff=50.0)).number == 2
    assert grade(strong(same_side=0.5, default_in_middle=False)).number == 2


def test_the_ledger_reads_as_a_sum():
    result = grade(strong(self_report=True, same_side=0.6))
    assert result.ledger == (
        "started 3 (probability sample); −1 definition-sensitive; −1 self-report; = 1"
    )
    assert result.meaning == "A signal, not a basis for law alone."


def test_a_confirmation_adds_one():
    assert grade(strong(self_report=True, confirmed_by="second survey")).number == 3
    assert grade(strong(confirmed_by="second wave")).word == "Strong"


@pytest.mark.parametrize(
    ("known", "most"), [({"causal": True}, 1), ({"scenario": True}, 1), ({"modelled": True}, 2)]
)
def test_a_cap_holds_whatever_speaks_for_the_finding(known, most):
    result = grade(strong(confirmed_by="second wave", **known))
    assert result.number == most
    assert f"capped at {most}" in result.ledger


def test_at_a_low_response_rate_only_an_examined_finding_is_strong():
    unexamined = grade(strong(response_rate=0.08))
    assert unexamined.word == "Moderate"
    assert "capped at 2: 8% responded, and what nonrespondents could change" in unexamined.ledger
    assert grade(strong(response_rate=0.08, tipping_sd=0.6)).word == "Strong"
    assert grade(strong(response_rate=0.5)).word == "Strong"
    assert grade(strong(response_rate=0.08, experiment=True)).word == "Strong"


def test_an_experiment_may_claim_a_cause():
    assert grade(strong(experiment=True, causal=True)).number == 3


def test_a_cap_above_the_sum_is_not_mentioned():
    assert "capped" not in grade(Grounds(sample_type="referral", modelled=True)).ledger


def test_below_zero_is_still_insufficient():
    worst = Grounds(sample_type="referral", n_eff=20.0, same_side=0.2, self_report=True)
    result = grade(worst)
    assert (result.number, result.word) == (-2, "Insufficient")
    assert result.ledger.endswith("= −2")


def test_an_unknown_sample_type_is_an_error():
    with pytest.raises(EstimateError, match="probability"):
        grade(Grounds(sample_type="random"))


def test_an_unknown_confirmation_is_an_error():
    with pytest.raises(EstimateError, match="dose-response"):
        grade(strong(confirmed_by="a friend"))
