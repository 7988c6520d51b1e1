"""Response rates, against the formulas of the AAPOR Standard Definitions."""

from __future__ import annotations

import pytest

from mspsurvey.errors import DataError, EstimateError
from mspsurvey.inference.quality.response import Dispositions, count_dispositions

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


def test_the_contact_rate_is_those_reached_over_all_that_may_be_eligible() -> None:
    assert SURVEY.contact == pytest.approx((1130 + 150 + 800) / (3560 + 3000))
    assert SURVEY.cooperation == pytest.approx(1130 / (1130 + 150 + 800))
    assert SURVEY.refusals == pytest.approx(800 / (3560 + 3000))


def test_rates_of_the_published_vector() -> None:
    rounded = [round(SURVEY.rate(f"RR{number}"), 4) for number in range(1, 7)]
    assert rounded == [0.1723, 0.1951, 0.1852, 0.2097, 0.3174, 0.3596]
    assert round(SURVEY.e, 4) == 0.8476


def test_the_table_of_outcomes_closes() -> None:
    table = SURVEY.outcomes
    assert table["n"].sum() == 7200
    assert table["share"].sum() == pytest.approx(1)
    assert table["letter"].tolist() == ["I", "P", "R", "NC", "O", "U", "X"]


def test_the_table_of_rates_shows_what_e_does() -> None:
    table = SURVEY.rates
    third = table[table["rate"].eq("RR3")]
    assert third["e"].tolist() == pytest.approx([3560 / 4200, 1, 0.5])
    assert third["value"].tolist() == pytest.approx(
        [SURVEY.rate("RR3"), SURVEY.rate("RR1"), 1130 / (3560 + 1500)]
    )
    assert {"COOP1", "REF1", "CON1"} <= set(table["rate"])


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
