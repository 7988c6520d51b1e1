"""Plain words: numbers, differences, and what may not be said."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.errors import EstimateError, PublicationError
from mspsurvey.evidence import phrase
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.instrument import Option, Variable

MFA = Variable("mfa", "Do you use a second login step?", "Second login step", "single", "mfa",
               options=(Option("no", "No"), Option("yes", "Yes")))  # fmt: skip
SIZES = (Option("1-4", "1 to 4 staff"), Option("5-9", "5 to 9 staff"))
SIZE = Variable("size", "Size", "Size", "single", "size", options=SIZES)


def estimates(statistic: str = "share", **options) -> Estimates:
    rows = [
        ("mfa", "yes", "1-4", 0.41, 0.02, 0.37, 0.45, 300.0, 400, 320.0, 1.2, 400.0, "show", ""),
        (
            "mfa",
            "yes",
            "5-9",
            0.90,
            0.05,
            0.60,
            0.98,
            7.0,
            12,
            11.0,
            1.1,
            12.0,
            "suppress",
            "n<30",
        ),
    ]
    columns = ["item", "level", "size", "estimate", "se", "low", "high", "df", "n", "n_eff",
               "deff", "base", "verdict", "why"]  # fmt: skip
    data = pd.DataFrame(rows, columns=columns)
    return Estimates(data, statistic, by=("size",), variables={"mfa": MFA, "size": SIZE},
                     population="MSP firms", **options)  # fmt: skip


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "none"), (0.002, "fewer than 1 in 100"), (0.04, "about 4 in 100"),
     (0.08, "about 1 in 10"), (0.14, "about 1 in 7"),
     (0.41, "about 4 in 10"), (0.44, "about 4 in 10"),
     (0.45, "about 5 in 10"), (0.92, "about 9 in 10"), (0.96, "about 96 in 100"),
     (0.998, "more than 99 in 100"), (1.0, "all")],
)  # fmt: skip
def test_a_share_is_said_in_tenths(share, words):
    assert phrase.about(share) == words


@given(st.floats(0, 1))
def test_what_is_said_in_tenths_is_near(share):
    words = phrase.about(share).split()
    if words[0] == "about":
        assert abs(int(words[1]) / int(words[3]) - share) <= 0.051


def test_what_is_not_a_share_has_no_tenths():
    with pytest.raises(EstimateError):
        phrase.about(41.0)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0%"),
        (0.004, "less than 1%"),
        (0.414, "41%"),
        (0.997, "more than 99%"),
        (1.0, "100%"),
    ],
)
def test_percents_are_whole_and_never_zero_for_something(share, words):
    assert phrase.percent(share) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(18_912.0, "18,900"), (1_234_567.0, "1,230,000"), (847.0, "847"), (0.0, "0"), (7.0, "7")],
)
def test_counts_are_rounded_to_three_digits(value, words):
    assert phrase.rounded(value) == words


@pytest.mark.parametrize(
    ("difference", "low", "high", "words"),
    [
        (0.10, 0.04, 0.16, "more likely"),
        (-0.10, -0.16, -0.04, "less likely"),
        (0.05, 0.01, 0.09, "more likely"),
        (0.03, 0.01, 0.05, "slightly more likely"),
        (-0.02, -0.03, -0.01, "slightly less likely"),
        (0.01, -0.02, 0.04, "about the same"),
        (0.02, -0.03, 0.06, "no clear difference (between −3 points and 6 points)"),
    ],
)
def test_a_difference_is_named_by_the_rule(difference, low, high, words):
    assert phrase.compare_words(difference, low, high) == words


def test_the_90_interval_decides_on_about_the_same():
    wide = phrase.compare_words(0.01, -0.04, 0.06)
    assert wide.startswith("no clear difference")
    same = phrase.compare_words(0.01, -0.04, 0.06, low_90=-0.03, high_90=0.049)
    assert same == "about the same"


def test_a_difference_that_hangs_on_the_definition_has_no_direction():
    words = phrase.compare_words(0.2, 0.1, 0.3, same_side=0.7)
    assert words == "depends on how 'amateur' is defined"
    assert phrase.compare_words(0.2, 0.1, 0.3, same_side=0.75) == "more likely"


def test_means_have_their_own_words_and_bar():
    words = phrase.compare_words(
        0.4, 0.1, 0.7, sesoi=phrase.SESOI_SCALE, words=("higher", "lower"), share=False
    )
    assert words == "higher"


def test_a_difference_without_interval_cannot_be_named():
    with pytest.raises(EstimateError):
        phrase.compare_words(0.1, float("nan"), 0.2)


@pytest.mark.parametrize(
    "text",
    [
        "Declined advice causes incidents", "Training leads to fewer incidents",
        "This proves that firms differ", "Price drives choice", "The impact of size",
        "A significant gap", "Gaps are not significantly different", "Most experts agree",
        "As everyone knows, size matters", "Fewer incidents due to training",
        "Training reduces incidents",
    ],
)  # fmt: skip
def test_words_that_say_too_much_are_refused(text):
    with pytest.raises(PublicationError, match="Instead"):
        phrase.check_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "About 4 in 10 firms do not meet the baseline",
        "Larger firms are more likely to test backups, because they report it more often",
        "Firms that encrypt hard drives report fewer losses",
        "Smaller firms improve at the same pace",
    ],
)
def test_plain_words_pass(text):
    assert phrase.check_words(text) == text


def test_estimates_are_said_with_base_and_interval():
    said = phrase.from_estimates(estimates(), size="1-4")
    assert said == (
        "Second login step: about 4 in 10 MSP firms, 1 to 4 staff (41%; 95% interval 37% to 45%)."
    )


def test_suppressed_estimates_are_said_to_be_so():
    said = phrase.from_estimates(estimates())
    assert "Second login step, among MSP firms, 5 to 9 staff: [too few answers to show]." in said
    assert "90%" not in said


def test_an_override_shows_the_number_and_its_reason():
    said = phrase.from_estimates(estimates().unsuppressed("asked by the auditor"))
    assert "90%" in said
    assert "asked by the auditor" in said


def test_people_who_chose_themselves_get_no_interval():
    said = phrase.from_estimates(estimates(precision_kind="none"), size="1-4")
    assert said == "Second login step: about 4 in 10 MSP firms, 1 to 4 staff (41%)."


def test_the_view_is_found_from_estimates():
    assert estimates().phrase(size="1-4").startswith("Second login step: about 4 in 10")


def test_nobody_and_everybody_are_said_in_words():
    said = phrase.say("share", 0.0, 0.0, 0.02, population="MSP firms", what="Insured")
    assert said == "Insured: no MSP firms (0%; 95% interval 0% to 2%)."
    said = phrase.say("share", 1.0, 0.98, 1.0, population="MSP firms", what="Insured")
    assert said.startswith("Insured: all MSP firms (100%")


def test_a_ratio_names_both_its_parts():
    data = estimates().data.assign(item="mfa/size", level="", estimate=0.234, low=0.2, high=0.3)
    said = phrase.from_estimates(
        Estimates(data.head(1), "ratio", variables={"mfa": MFA, "size": SIZE})
    )
    assert (
        said == "Second login step per Size, among those asked: 0.23 (95% interval 0.20 to 0.30)."
    )


def test_means_and_totals_have_sentences_of_their_own():
    mean = phrase.say("mean", 7.42, 7.1, 7.7, population="clients", what="Satisfaction")
    assert mean == "Satisfaction, among clients: on average 7.4 (95% interval 7.1 to 7.7)."
    total = phrase.say("total", 18912, 17040, 20811, population="clients", what="Firms")
    assert total == "Firms, among clients: about 18,900 (95% interval 17,000 to 20,800)."


def test_a_domain_is_named_with_its_filter():
    said = phrase.from_estimates(estimates(where="emp < 5"), size="1-4")
    assert "MSP firms, 1 to 4 staff [emp < 5]" in said
