"""Response rates, against the formulas of the AAPOR Standard Definitions."""

from __future__ import annotations

import pytest

from mspsurvey.errors import DataError, EstimateError
from mspsurvey.inference.response import Dispositions, count_dispositions

SURVEY = Dispositions(
    complete=1130, partial=150, refusal=800, non_contact=1480, other=0, unknown=3000,
    ineligible=640,
)  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "by_hand"),
    [
        ("RR1", 1130 / (1130 + 150 + 800 + 1480 + 3000)),
        ("RR2", (1130 + 150) / (1130 + 150 + 800 + 1480 + 3000)),
        ("RR3", 1130 / (3560 + 3560 / 4200 * 3000)),
        ("RR4", 1280 / (3560 + 3560 / 4200 * 3000)),
        ("RR5", 1130 / 3560),
        ("RR6", 1280 / 3560),
    ],
)
def test_each_rate_is_its_formula(rate: str, by_hand: float) -> None:
    assert SURVEY.rate(rate) == pytest.approx(by_hand, rel=1e-12)


def test_e_is_known_eligible_over_all_of_known_eligibility() -> None:
    assert SURVEY.e == pytest.approx(3560 / (3560 + 640))


def test_e_of_one_takes_all_unknown_as_eligible_so_that_rr3_is_rr1() -> None:
    assert SURVEY.rate("RR3", e=1) == SURVEY.rate("RR1")
    assert SURVEY.rate("RR3", e=0) == SURVEY.rate("RR5")


def test_rates_rise_from_rr1_to_rr5() -> None:
    assert SURVEY.rate("RR1") < SURVEY.rate("RR3") < SURVEY.rate("RR5")


def test_dispositions_are_counted_and_a_break_off_is_a_refusal() -> None:
    said = ["complete", "complete", "partial", "break_off", "refusal", "unknown", "ineligible"]
    assert count_dispositions(said) == Dispositions(2, 1, 2, 0, 0, 1, 1)


def test_an_unknown_disposition_is_named() -> None:
    with pytest.raises(DataError, match="Did you mean 'complete'"):
        count_dispositions(["completed"])


def test_an_unknown_rate_and_an_impossible_e_are_refused() -> None:
    with pytest.raises(EstimateError, match="RR7"):
        SURVEY.rate("RR7")
    with pytest.raises(EstimateError, match="between 0 and 1"):
        SURVEY.rate("RR3", e=1.5)
