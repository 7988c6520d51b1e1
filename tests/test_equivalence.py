"""Equivalence: nothing is called the same unless a test says so."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.testing.equivalence import OneSided
from mspsurvey.inference.testing.means import Contrast


def two(n: int, yes_a: float, yes_b: float) -> Survey:
    """Two groups of n with these shares of yes."""
    frame = pd.DataFrame({
        "g": ["a"] * n + ["b"] * n,
        "mfa": ["yes"] * round(n * yes_a) + ["no"] * (n - round(n * yes_a))
        + ["yes"] * round(n * yes_b) + ["no"] * (n - round(n * yes_b)),
    })  # fmt: skip
    return Survey(frame)


def test_p_is_the_larger_of_two_one_sided_tests() -> None:
    contrast = Contrast(0.01, 0.02, 50, "", None)  # type: ignore[arg-type]
    lower, upper = stats.t.sf(0.06 / 0.02, 50), stats.t.cdf(-0.04 / 0.02, 50)
    test = OneSided(contrast, 0.05)
    assert upper > lower
    assert test.p == pytest.approx(upper)
    assert test.t == pytest.approx(-0.04 / 0.02)


@given(
    d=st.floats(-0.2, 0.2), se=st.floats(0.001, 0.2), df=st.integers(1, 200),
    margin=st.floats(0.01, 0.2),
)  # fmt: skip
def test_the_test_passes_where_the_90_percent_interval_is_within_the_margin(
    d: float, se: float, df: int, margin: float
) -> None:
    contrast = Contrast(d, se, df, "", None)  # type: ignore[arg-type]
    low, high = contrast.interval(0.90)
    inside = -margin < low and high < margin
    near = min(abs(margin - high), abs(margin + low)) < 1e-9
    assert near or (OneSided(contrast, margin).p < 0.05) == inside


def test_shares_within_5_points_in_a_large_sample_are_about_the_same() -> None:
    result = two(4000, 0.50, 0.51).equivalence("mfa", by="g", level="yes")
    assert result.words == "about the same"
    assert result.p < 0.05
    assert "margin ±5 points" in result.method
    assert result.confidence == pytest.approx(0.90)


def test_the_same_difference_in_a_small_sample_is_not_clear() -> None:
    result = two(100, 0.50, 0.51).equivalence("mfa", by="g", level="yes")
    assert result.words.startswith("no clear difference (between −")
    assert result.p > 0.05


def test_a_clear_difference_is_higher_or_slightly_so() -> None:
    assert two(4000, 0.5, 0.6).equivalence("mfa", by="g", level="yes").words == "higher"
    assert two(4000, 0.6, 0.5).equivalence("mfa", by="g", level="yes").words == "lower"
    slight = two(40_000, 0.50, 0.52).equivalence("mfa", by="g", level="yes")
    assert slight.words == "slightly higher"


def test_an_item_without_a_rule_needs_its_margin_written_down() -> None:
    survey = Survey(pd.DataFrame({"x": np.arange(40.0), "g": ["a", "b"] * 20}))
    with pytest.raises(EstimateError, match="Write it down before looking"):
        survey.equivalence("x", by="g")
    assert survey.equivalence("x", by="g", margin=20).p < 0.05


def test_a_pair_and_a_given_value_are_compared_too() -> None:
    x = np.arange(40.0)
    survey = Survey(pd.DataFrame({"x": x, "y": x + np.tile([0.1, -0.1], 20)}))
    assert survey.equivalence("x", pair="y", margin=0.3).words == "about the same"
    assert survey.equivalence("x", against=19.5, margin=8).words == "about the same"
    with pytest.raises(EstimateError, match="Something to compare with"):
        survey.equivalence("x", margin=1)


def test_without_variation_there_is_nothing_to_test_by() -> None:
    survey = Survey(pd.DataFrame({"x": [5.0] * 40, "g": ["a", "b"] * 20}))
    result = survey.equivalence("x", by="g", margin=1)
    assert math.isnan(result.p)
    assert result.note


def test_a_margin_or_alpha_out_of_range_is_refused() -> None:
    survey = two(100, 0.5, 0.5)
    with pytest.raises(EstimateError, match="margin above 0"):
        survey.equivalence("mfa", by="g", level="yes", margin=0)
    with pytest.raises(EstimateError, match=r"between 0 and 0\.5"):
        survey.equivalence("mfa", by="g", level="yes", alpha=0.5)
