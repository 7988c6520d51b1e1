"""Sample sizes: by formula, by R, and in reverse from the claims that are wanted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from mspsurvey.errors import EstimateError
from mspsurvey.inference.plan.planning import (
    ALLOCATIONS,
    Claim,
    allocate,
    half_width_of_share,
    plan,
    power_for_difference,
    size_for_difference,
    size_for_mean,
    size_for_share,
)

STRATA = pd.DataFrame(
    {
        "stratum": list("abcdef"),
        "size": [9000, 4000, 3000, 800, 300, 60],
        "state": ["CA", "CA", "TX", "TX", "NY", "NY"],
        "sd": [0.5, 0.5, 0.4, 0.3, 0.2, 0.2],
        "rate": [0.3, 0.3, 0.25, 0.25, 0.5, 0.5],
    }
)


def test_three_points_either_way_take_1068_answers() -> None:
    assert size_for_share(0.03) == math.ceil(norm.ppf(0.975) ** 2 * 0.25 / 0.03**2) == 1068


def test_a_design_effect_multiplies_and_a_small_population_saves() -> None:
    assert size_for_share(0.03, deff=1.5) == math.ceil(1.5 * norm.ppf(0.975) ** 2 * 0.25 / 0.03**2)
    spread = 0.25 * 2000 / 1999
    exact = spread / ((0.03 / norm.ppf(0.975)) ** 2 + spread / 2000)
    assert size_for_share(0.03, population=2000) == math.ceil(exact)
    assert size_for_share(0.001, population=50) == 50


def test_the_size_of_a_mean() -> None:
    assert size_for_mean(2, 10) == math.ceil((norm.ppf(0.975) * 10 / 2) ** 2)


@given(
    st.floats(0.005, 0.3), st.floats(0.05, 0.95), st.floats(0.8, 3),
    st.one_of(st.none(), st.integers(500, 100_000)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_size_is_the_smallest_that_keeps_the_half_width(
    half: float, share: float, deff: float, population: int | None
) -> None:
    options = {"share": share, "deff": deff, "population": population}
    n = size_for_share(half, **options)  # type: ignore[arg-type]
    assert half_width_of_share(n, **options) <= half * (1 + 1e-6)  # type: ignore[arg-type]
    if n > 1:
        assert half_width_of_share(n - 1, **options) > half * (1 - 1e-6)  # type: ignore[arg-type]


def test_the_size_of_a_difference_is_that_of_r() -> None:
    # R 4.2.2: power.prop.test(p1 = .5, p2 = .6, power = .8): n = 387.3385
    assert size_for_difference(0.5, 0.6) == 388
    assert power_for_difference(387.3385167, 0.5, 0.6) == pytest.approx(0.8, abs=1e-8)


def test_groups_of_different_size_need_more_in_all() -> None:
    even = 2 * size_for_difference(0.5, 0.6)
    first = size_for_difference(0.5, 0.6, ratio=3)
    assert first + 3 * first > even
    assert power_for_difference(first, 0.5, 0.6, ratio=3) == pytest.approx(0.8, abs=0.003)


@pytest.mark.parametrize("method", ALLOCATIONS)
def test_an_allocation_sums_to_the_sample_within_its_limits(method: str) -> None:
    table = allocate(600, STRATA, method=method, minimum=20)
    assert table["n"].sum() == 600
    assert (table["n"] >= 20).all()
    assert (table["n"] <= table["size"]).all()
    assert (table["n"] * table["weight"]).tolist() == pytest.approx(STRATA["size"].tolist())


def test_allocations_by_hand() -> None:
    two = pd.DataFrame({"stratum": ["s", "t"], "size": [900, 100], "sd": [1.0, 3.0]})
    assert allocate(100, two)["n"].tolist() == [90, 10]
    assert allocate(100, two, method="equal")["n"].tolist() == [50, 50]
    assert allocate(100, two, method="neyman")["n"].tolist() == [75, 25]
    assert allocate(100, two, method="square-root")["n"].tolist() == [75, 25]
    # √(.5·.81 + .5·.25) : √(.5·.01 + .5·.25) = .728 : .361
    assert allocate(100, two, method="compromise")["n"].tolist() == [67, 33]
    assert allocate(100, two, method="compromise", balance=1)["n"].tolist() == [90, 10]


def test_a_stratum_smaller_than_the_minimum_is_taken_whole() -> None:
    assert allocate(700, STRATA, minimum=100)["n"].tolist()[-1] == 60
    with pytest.raises(EstimateError, match="at least 100 in each stratum"):
        allocate(300, STRATA, minimum=100)


def test_unusable_allocations_are_refused() -> None:
    with pytest.raises(EstimateError, match="Did you mean 'neyman'"):
        allocate(600, STRATA, method="neymann")
    with pytest.raises(EstimateError, match="needs a column 'sd'"):
        allocate(600, STRATA.drop(columns="sd"), method="neyman")
    with pytest.raises(EstimateError, match="column 'size'"):
        allocate(600, STRATA.drop(columns="size"))


def test_one_claim_about_everyone_needs_what_the_formula_says() -> None:
    found = plan([Claim(0.03)], STRATA)
    spread = 0.25 * STRATA["size"] / (STRATA["size"] - 1)
    part = STRATA["size"] / STRATA["size"].sum()
    variance = (part**2 * spread * (1 / found.strata["n"] - 1 / STRATA["size"])).sum()
    assert found.claims["expected"].tolist() == pytest.approx(
        [norm.ppf(0.975) * math.sqrt(variance)]
    )
    assert found.holds
    assert abs(found.strata["n"].sum() - size_for_share(0.03, population=17_160)) <= 6


CLAIMS = [
    Claim(0.03), Claim(0.05, "state == 'CA'"), Claim(0.06, "state == 'TX'"),
    Claim(0.08, "state == 'NY'"),
]  # fmt: skip


def test_claims_about_states_hold_with_the_fewest_invitations() -> None:
    found = plan(CLAIMS, STRATA, response="rate", minimum=2)
    assert found.holds
    assert (found.claims["expected"] <= found.claims["wanted"]).all()
    assert found.strata["enough"].all()
    best = _by_general_optimiser()
    exact = (found.strata["n"] / STRATA["rate"]).sum()
    # Rounding up costs at most one answer a stratum.
    assert best * (1 - 1e-6) <= exact <= best + (1 / STRATA["rate"]).sum()


def _by_general_optimiser() -> float:
    sizes, z = STRATA["size"].to_numpy(float), norm.ppf(0.975)
    cost = 1 / STRATA["rate"].to_numpy()

    def room(n: np.ndarray, claim: Claim) -> float:
        state = claim.where.split("'")[1] if claim.where else None
        inside = np.ones(6) if state is None else STRATA["state"].eq(state).to_numpy(float)
        part = inside * sizes / (inside * sizes).sum()
        variance = part**2 * 0.25 * sizes / (sizes - 1) * (1 / n - 1 / sizes)
        return 1 - variance.sum() / (claim.half_width / z) ** 2

    limits = [{"type": "ineq", "fun": lambda n, c=claim: room(n, c)} for claim in CLAIMS]
    start = sizes / 2
    answer = minimize(
        lambda n: (cost * n).sum() / 1000, start, constraints=limits, method="SLSQP",
        bounds=[(2, s) for s in sizes], options={"maxiter": 1000, "ftol": 1e-12},
    )  # fmt: skip
    assert answer.success
    return float(answer.fun) * 1000


def test_a_claim_that_too_few_would_answer_is_marked() -> None:
    found = plan([Claim(0.05, "state == 'NY'")], STRATA, response=0.3)
    assert not found.holds
    small = found.strata[STRATA["state"].eq("NY")]
    assert small["invited"].tolist() == [300, 60]
    assert not small["enough"].any()
    assert found.claims["expected"][0] > 0.05


def test_a_claim_about_half_of_each_stratum_needs_twice_the_answers() -> None:
    whole = plan([Claim(0.05)], STRATA).strata["n"].sum()
    half = plan([Claim(0.05, part=0.5)], STRATA).strata["n"].sum()
    assert half == pytest.approx(2 * whole, rel=0.05)


def test_unusable_claims_are_refused() -> None:
    with pytest.raises(EstimateError, match="half-width and a share between 0 and 1"):
        Claim(3.0)
    with pytest.raises(EstimateError, match="no 'county'"):
        plan([Claim(0.05, "county == 'x'")], STRATA)
    with pytest.raises(EstimateError, match="about some stratum"):
        plan([Claim(0.05, "state == 'WY'")], STRATA)
    with pytest.raises(EstimateError, match="There are none"):
        plan([], STRATA)


@pytest.mark.parametrize("half_width", [0.0, 3.0, -0.1])
def test_a_half_width_in_points_is_not_taken_for_a_fraction(half_width: float) -> None:
    with pytest.raises(EstimateError, match="between 0 and 1"):
        size_for_share(half_width)
