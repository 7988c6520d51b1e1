"""What a finding says of a claim, always with both sides."""

from __future__ import annotations

from typing import Any

import pytest

from mspsurvey.evidence.finding_record import Finding
from mspsurvey.evidence.hypothesis import Bound, Hypothesis, Rule
from mspsurvey.evidence.verdict import bearing, both_sides

RULE = Rule(
    "clients", "share", "outs_level", ("co_managed",), "", "", Bound("at_least", 0.2), None
)
CLAIM = Hypothesis(
    "H14", ("S10",), "Many need a part.", "A fifth or more.", "One in twenty or fewer.", True,
    limits="'Many' is sized by us.", rule=RULE,
)  # fmt: skip


def finding(**given: Any) -> Finding:
    known: dict[str, Any] = {
        "finding_id": "q9", "report": "03", "question_id": "q9", "hypothesis": "H14",
        "estimand": "share", "population": "clients", "measure": "share", "estimate": 0.23,
        "lo": 0.197, "hi": 0.261, "direction": "cannot tell",
    }  # fmt: skip
    return Finding(**(known | given))


@pytest.mark.parametrize("direction", ["supports", "against", "mixed", "cannot tell"])
def test_both_sides_stand_beside_each_outcome(direction: str) -> None:
    said = both_sides(finding(direction=direction), CLAIM)
    assert CLAIM.evidence_for in said
    assert CLAIM.evidence_against in said
    assert CLAIM.limits in said


def test_a_bound_just_short_of_the_bar_is_not_rounded_on_to_it() -> None:
    assert "(19.7% to 26.1%)" in both_sides(finding(), CLAIM)


def test_a_claim_without_a_rule_is_not_decided() -> None:
    told = Hypothesis("H12", ("S9",), "Stages exist.", "Classes.", "A slope.", True)
    assert "No single number decides this claim" in both_sides(finding(), told)


def test_a_finding_that_bears_on_nothing_says_so() -> None:
    assert bearing(finding(hypothesis="", direction=""), None) == ("Describes; bears on no claim")
    assert bearing(finding(), CLAIM) == ("Cannot decide claim H14: “Many need a part.”")
