"""The samples behave as designed: right where the margins explain response, wrong elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mspsurvey.synth import model
from mspsurvey.synth.population.draw import Population, draw_population
from mspsurvey.synth.sample import (
    CLIENT_STRATUM_FLOOR,
    PAIRS_PER_FIRM,
    client_allocation,
    client_sample,
    client_strata,
    draw_respondents,
    firm_frame,
    firm_sample,
    opt_in_panel,
    referral_pairs,
    stratified,
)

DRAWS = 80


@pytest.fixture(scope="module")
def world() -> Population:
    return draw_population(model.WORLD_SEED)


def raked(
    frame: pd.DataFrame, weight: np.ndarray, population: pd.DataFrame, names: list[str]
) -> np.ndarray:
    """Rake to counts of the population, margin after margin, until it changes nothing."""
    codes = {n: pd.Categorical(frame[n]).codes.astype(int) for n in names}
    totals = {n: population[n].value_counts().sort_index().to_numpy(float) for n in names}
    for _ in range(40):
        for n in names:
            sums = np.bincount(codes[n], weights=weight)
            weight = weight * (totals[n] / sums)[codes[n]]
    return weight


def linearised_se(frame: pd.DataFrame, weight: np.ndarray, y: np.ndarray) -> float:
    """Standard error of a raked share: residuals from the margins, by stratum."""
    design = pd.get_dummies(frame["size"]).to_numpy(float)
    design = np.column_stack([design, frame["member"].to_numpy(float)])
    root = np.sqrt(weight)[:, None]
    beta = np.linalg.lstsq(design * root, y * root[:, 0], rcond=None)[0]
    part = pd.Series(weight * (y - design @ beta))
    by = part.groupby(frame["stratum"].to_numpy())
    return float(np.sqrt((by.size() * by.var()).sum()) / weight.sum())


@pytest.fixture(scope="module")
def runs(world: Population) -> dict[str, pd.DataFrame]:
    """For each scenario: n, raw share, raked share and whether the interval covers."""
    msps = world.msps[["size", "member", "theta", "base_class"]]
    truth = (msps["base_class"] == "not_met").mean()
    rng = np.random.default_rng(42)
    found = {}
    for scenario in model.SCENARIOS:
        rows = []
        for _ in range(DRAWS):
            drawn = draw_respondents(rng, msps, scenario)
            y = (drawn["base_class"] == "not_met").to_numpy(float)
            weight = raked(drawn, drawn["w_base"].to_numpy(), msps, ["size", "member"])
            share = float(np.average(y, weights=weight))
            se = linearised_se(drawn, weight, y)
            rows.append((len(drawn), y.mean(), share, se, abs(share - truth) < 1.96 * se))
        found[scenario] = pd.DataFrame(rows, columns=["n", "raw", "raked", "se", "covered"])
    return found


@pytest.mark.parametrize(
    ("scenario", "n", "raw", "bias", "se"),
    [
        ("mcar", 1068, 40.1, -0.1, 1.51),
        ("mar_member", 1122, 39.1, 0.0, 1.49),
        ("mnar_moderate", 1149, 34.7, -3.0, 1.53),
        ("mnar_strong", 1210, 29.3, -6.7, 1.56),
    ],
)
def test_scenarios_have_the_size_bias_and_error_of_the_design(
    runs: dict[str, pd.DataFrame],
    world: Population,
    scenario: str,
    n: int,
    raw: float,
    bias: float,
    se: float,
) -> None:
    run = runs[scenario]
    truth = (world.msps["base_class"] == "not_met").mean()
    assert run["n"].mean() == pytest.approx(n, abs=14)
    assert 100 * run["raw"].mean() == pytest.approx(raw, abs=0.8)
    assert 100 * (run["raked"].mean() - truth) == pytest.approx(bias, abs=0.65)
    assert 100 * run["se"].mean() == pytest.approx(se, abs=0.08)


@pytest.mark.parametrize(
    ("scenario", "low", "high"),
    [
        ("mcar", 0.89, 1.0),
        ("mar_member", 0.89, 1.0),
        ("mnar_moderate", 0.33, 0.68),
        ("mnar_strong", 0.0, 0.06),
    ],
)
def test_intervals_cover_only_where_the_margins_explain_response(
    runs: dict[str, pd.DataFrame], scenario: str, low: float, high: float
) -> None:
    # 95.3, 95.5, 50.5 and 0.7% by design; 80 draws leave a binomial error of 2 to 6 points.
    assert low <= runs[scenario]["covered"].mean() <= high


def test_a_panel_that_chose_itself_needs_the_margin_it_lacks(world: Population) -> None:
    rng, rows = np.random.default_rng(5), []
    for _ in range(30):
        panel = opt_in_panel(rng, world.msps)
        y = (panel["base_class"] == "not_met").to_numpy(float)
        one = np.ones(len(panel))
        by_size = raked(panel, one, world.msps, ["size"])
        both = raked(panel, one, world.msps, ["size", "member"])
        deff = len(both) * (both**2).sum() / both.sum() ** 2
        shares = [100 * np.average(y, weights=w) for w in (one, by_size, both)]
        rows.append([len(panel), 100 * panel["member"].mean(), *shares, deff])
    n, members, raw, size, full, deff = np.mean(rows, axis=0)
    assert n == pytest.approx(838, abs=30)
    assert members == pytest.approx(75, abs=1.5)
    assert (raw, size, full) == pytest.approx((27.4, 33.1, 43.7), abs=1.7)
    assert deff == pytest.approx(3.3, abs=0.3)


def test_a_stratified_draw_takes_what_was_asked_of_each_stratum() -> None:
    strata = np.array(["a"] * 5 + ["b"] * 3)
    rows = stratified(np.random.default_rng(1), strata, {"a": 2, "b": 3})
    assert len(rows) == len(set(rows.tolist())) == 5
    assert rows[2:].tolist() == [5, 6, 7]


def test_a_record_that_stands_for_ten_can_be_drawn_ten_times_and_no_more() -> None:
    rows = stratified(np.random.default_rng(1), np.array(["a", "a"]), {"a": 20}, copies=10)
    assert np.bincount(rows).tolist() == [10, 10]


@pytest.fixture(scope="module")
def firms(world: Population) -> pd.DataFrame:
    streams = np.random.default_rng(9).spawn(2)
    frame = firm_frame(streams[0], world.msps)
    return firm_sample(streams[1], frame, world.msps, "mnar_moderate")


def test_the_frame_misses_solo_firms_and_holds_records_that_are_no_firm(
    world: Population,
) -> None:
    frame = firm_frame(np.random.default_rng(9), world.msps)
    listed = frame.loc[frame["firm"] >= 0, "firm"]
    solo = world.msps.index[world.msps["band"] == 0]
    assert listed.is_unique
    assert 1 - np.isin(solo, listed).mean() == pytest.approx(0.10, abs=0.02)
    assert (frame["firm"] < 0).sum() == 0.15 * len(world.msps)
    assert (frame["kind"] == "listed_twice").sum() == 0.02 * len(world.msps)


def test_the_firm_sample_has_about_the_dispositions_of_the_test_vector(
    firms: pd.DataFrame,
) -> None:
    assert len(firms) == 7_200
    assert firms["stratum"].value_counts().to_dict() == model.STRATUM_N
    found = firms["disposition"].value_counts()
    wanted = {
        "complete": 1130, "partial": 150, "non_contact": 1480, "unknown": 3000, "ineligible": 640,
    }  # fmt: skip
    for name, count in wanted.items():
        assert found[name] == pytest.approx(count, rel=0.15), name
    assert found["refusal"] + found["break_off"] == pytest.approx(800, rel=0.15)
    assert (firms.loc[firms["firm"] < 0, "disposition"].isin(["ineligible", "unknown"])).all()


def test_invitations_add_up_and_no_stratum_is_left_with_a_few(world: Population) -> None:
    sizes = client_allocation(client_strata(world.clients))
    assert len(sizes) == 24
    assert sum(sizes.values()) == model.N_CLIENT_INVITED
    assert min(sizes.values()) >= CLIENT_STRATUM_FLOOR


def test_clients_with_a_contract_answer_more_and_the_smallest_less(world: Population) -> None:
    drawn = client_sample(np.random.default_rng(4), world.clients)
    complete = drawn["disposition"] == "complete"
    assert complete.sum() == pytest.approx(model.N_CLIENT_COMPLETES, abs=160)
    by_stratum = complete.groupby(drawn["stratum"]).sum()
    assert len(by_stratum) == 24
    assert by_stratum.min() >= 10
    contract = complete.groupby(drawn["contract"]).mean()
    assert contract[True] > contract[False]
    smallest = complete.groupby(drawn["size"] == "1-4").mean()
    assert smallest[True] < smallest[False]


def test_referred_clients_are_contented_and_refused_less(
    world: Population, firms: pd.DataFrame
) -> None:
    pairs = referral_pairs(np.random.default_rng(6), firms, world.clients)
    everyone = world.clients[world.clients["contract"]]
    assert len(pairs) == model.N_PAIRS
    assert pairs.groupby("msp").size().max() <= PAIRS_PER_FIRM
    assert firms["firm"].to_numpy()[pairs["msp_row"]].tolist() == pairs["msp"].tolist()
    refused = pairs["mfa_refused"].sum() / pairs["mfa_told"].sum()
    truth = everyone["mfa_refused"].sum() / everyone["mfa_told"].sum()
    assert refused < truth - 0.06
    assert pairs["value"].mean() > everyone["value"].mean() + 0.3
