"""Quantiles: rules where the distribution has steps, Woodruff's intervals, ties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import EstimateError
from mspsurvey.inference.estimator.interval import t_quantile
from mspsurvey.inference.estimator.quantile import Ordered
from mspsurvey.inference.survey import Survey

FIVE = pd.DataFrame({"y": [5.0, 1, 4, 2, 3], "g": list("xxyyy")})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # F is 1/5, 2/5, … at 1, 2, …: 0.4 is met exactly at 2, 0.5 between 2 and 3.
        ("math", [2, 3]),
        ("school", [2.5, 3]),
        # Places 1 + 4·0.4 and 1 + 4·0.5.
        ("hf7", [2.6, 3]),
        # 0.4 is F at 2, 0.5 halfway to F at 3.
        ("linear", [2, 2.5]),
    ],
)
def test_rules_pick_values_where_the_distribution_has_steps(
    rule: str, expected: list[float]
) -> None:
    data = Survey(FIVE).quantile("y", [0.4, 0.5], rule=rule).data
    assert data["estimate"].tolist() == pytest.approx(expected)
    assert data["level"].tolist() == ["0.4", "0.5"]


def test_the_median_of_each_group_is_its_own() -> None:
    data = Survey(FIVE).quantile("y", by="g").data
    assert data["estimate"].tolist() == [1, 3]
    assert data["n"].tolist() == [2, 3]


def test_weights_say_where_half_of_the_population_is() -> None:
    frame = pd.DataFrame({"y": [1.0, 2, 3], "w": [1.0, 1, 3]})
    assert Survey(frame, weights="w").quantile("y").data["estimate"][0] == 3


def test_sums_of_weights_that_are_exact_but_for_rounding_are_ties() -> None:
    # Ten times 0.1 is not quite 1: half of the weight is at the fifth value all the same.
    ordered = Ordered(np.arange(1.0, 11), np.cumsum(np.full(10, 0.1)))
    assert ordered.at(np.array([0.3, 0.5, 0.7]), "math").tolist() == [3, 5, 7]
    assert ordered.at(np.array([0.3, 0.5, 0.7]), "school").tolist() == [3.5, 5.5, 7.5]


def test_below_the_first_step_is_the_first_value() -> None:
    # R's svyquantile 4.1-1 gives the second one there.
    assert Ordered(np.array([7.0, 8, 9]), np.array([1.0, 2, 3])).at(np.array([0.1]), "math") == [7]


def test_the_interval_is_that_of_the_share_below() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"y": rng.permutation(np.arange(1.0, 101)), "w": 3.0})
    row = Survey(frame, weights="w").quantile("y").data.iloc[0]
    # Half of 100 values, with variance ½·½/99: the limits are values of that rank.
    half = t_quantile(np.array([99.0]), 0.95)[0] * np.sqrt(0.25 / 99)
    assert row["estimate"] == 50
    assert row["low"] == np.ceil(100 * (0.5 - half))
    assert row["high"] == np.ceil(100 * (0.5 + half))
    assert row["se"] == pytest.approx(
        (row["high"] - row["low"]) / 2 / t_quantile(np.array([99.0]), 0.95)[0]
    )


def test_other_intervals_of_a_share_serve_too() -> None:
    rng = np.random.default_rng(2)
    survey = Survey(pd.DataFrame({"y": rng.normal(size=200)}))
    for interval in ("logit", "beta", "wilson", "arcsine"):
        row = survey.quantile("y", 0.03, interval=interval).data.iloc[0]
        assert row["low"] <= row["estimate"] <= row["high"]


def test_a_limit_beyond_what_was_observed_is_not_known_and_not_shown() -> None:
    row = Survey(FIVE).quantile("y", 0.2).data.iloc[0]
    assert np.isnan(row["low"])
    assert np.isnan(row["se"])
    assert row["verdict"] == "suppress"


def test_a_number_that_is_the_same_for_all_is_its_own_quantile() -> None:
    row = Survey(pd.DataFrame({"y": [4.0] * 60})).quantile("y").data.iloc[0]
    assert row[["estimate", "low", "high", "se"]].tolist() == [4, 4, 4, 0]


def test_a_quantile_with_one_or_two_beyond_it_is_not_shown() -> None:
    survey = Survey(pd.DataFrame({"y": np.arange(100.0)}))
    data = survey.quantile("y", [0.015, 0.5, 0.985], interval="beta").data
    assert data["why"].tolist() == ["fewer than 3 cases", "", "fewer than 3 cases"]


def test_a_difference_of_medians_knows_that_groups_are_apart() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=400), "g": np.repeat(["x", "y"], 200)})
    est = Survey(frame, strata="g").quantile("y", by="g")
    difference = est.compare("y", "x").data.iloc[0]
    # Groups are strata: their errors are independent.
    assert difference["se"] == pytest.approx(np.hypot(*est.data["se"]))
    variances = np.diag(est.unsuppressed("test").covariance)
    np.testing.assert_allclose(np.sqrt(variances), est.data["se"])


def test_codes_count_as_their_values_and_gaps_are_counted() -> None:
    frame = FIVE.assign(y=[5.0, np.nan, 4, 2, 3])
    est = Survey(frame).quantile("y")
    assert est.data["estimate"].tolist() == [3]
    assert est.left_out == {"no_answer": 1}
    assert est.statistic == "quantile"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"q": [0, 0.5]}, "between 0 and 1"),
        ({"q": []}, "between 0 and 1"),
        ({"rule": "maths"}, "Did you mean 'math'"),
        ({"interval": "mena"}, "Did you mean 'mean'"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(how: dict[str, object], words: str) -> None:
    with pytest.raises(EstimateError, match=words):
        Survey(FIVE).quantile("y", **how)  # type: ignore[arg-type]


def frame_of(seed: int, rows: int = 70) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"y": rng.integers(0, 15, rows).astype(float), "w": rng.uniform(1, 5, rows),
         "g": rng.choice(["x", "y"], rows)}
    )  # fmt: skip


@given(st.integers(0, 1000), st.floats(0.05, 0.95))
@settings(max_examples=50, deadline=None)
def test_at_least_a_share_p_lies_at_or_below_a_quantile_and_less_below_it(
    seed: int, p: float
) -> None:
    frame = frame_of(seed)
    q = Survey(frame, weights="w").quantile("y", p).data["estimate"][0]
    w = frame["w"] / frame["w"].sum()
    assert w[frame["y"] <= q].sum() >= p * (1 - 1e-9)
    assert w[frame["y"] < q].sum() <= p * (1 + 1e-9)


@given(st.integers(0, 1000), st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_neither_the_order_of_rows_nor_the_scale_of_weights_changes_a_quantile(
    seed: int, constant: float
) -> None:
    frame = frame_of(seed)
    other = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    other["w"] *= constant
    one, two = (Survey(f, weights="w").quantile("y", [0.25, 0.5], by="g").data
                for f in (frame, other))  # fmt: skip
    for column in ("estimate", "low", "high", "se"):
        np.testing.assert_allclose(one[column], two[column], rtol=1e-9)


def test_equal_weights_give_the_quantiles_that_numpy_gives() -> None:
    rng = np.random.default_rng(9)
    y = rng.normal(size=31)
    survey = Survey(pd.DataFrame({"y": y}))
    for rule, method in (("math", "inverted_cdf"), ("school", "averaged_inverted_cdf"),
                         ("hf7", "linear"), ("linear", "interpolated_inverted_cdf")):  # fmt: skip
        found = survey.quantile("y", [0.1, 0.5, 0.8], rule=rule).data["estimate"]
        np.testing.assert_allclose(found, np.quantile(y, [0.1, 0.5, 0.8], method=method))
