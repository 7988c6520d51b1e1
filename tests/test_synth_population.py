"""The synthetic population has the properties that its model promises.

Percentages are those of the model's design document, made once by an independent
simulation; tolerances are about three standard errors of a finite draw.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mspsurvey.synth import model
from mspsurvey.synth.population.clients import client_view, small_low_risk, view_class
from mspsurvey.synth.population.draw import Population, draw_population
from mspsurvey.synth.population.rubric_truth import base_class, classify
from mspsurvey.synth.population.truth import licence, truth


@pytest.fixture(scope="module")
def world() -> Population:
    return draw_population(model.WORLD_SEED)


@pytest.fixture(scope="module")
def served(world: Population) -> pd.DataFrame:
    """Contract clients, with the class of their provider."""
    clients = world.clients[world.clients["contract"]]
    classes = world.msps["base_class"].to_numpy()[clients["msp"]]
    return clients.assign(provider_class=classes)


def percent(flag: pd.Series | np.ndarray) -> float:
    return 100 * float(np.mean(flag))


def shares(values: pd.Series, order: tuple[str, ...]) -> list[float]:
    counts = values.value_counts(normalize=True)
    return [100 * float(counts[k]) for k in order]


CLASSES = ("not_met", "partly", "met")


def test_the_same_seed_gives_the_same_population() -> None:
    first, again = (draw_population(7, n_firms=500, n_clients=800) for _ in range(2))
    pd.testing.assert_frame_equal(first.msps, again.msps)
    pd.testing.assert_frame_equal(first.clients, again.clients)


def test_another_seed_gives_another_population() -> None:
    first, other = (draw_population(k, n_firms=500, n_clients=800) for k in (7, 8))
    assert not np.array_equal(first.msps["theta"], other.msps["theta"])


def test_drawing_touches_no_global_random_state() -> None:
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    draw_population(7, n_firms=300, n_clients=300)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_firms_are_in_the_three_classes_as_the_model_says(world: Population) -> None:
    assert shares(world.msps["base_class"], CLASSES) == pytest.approx([47.2, 29.7, 23.1], abs=0.9)


def test_clients_served_are_spread_otherwise_than_firms(world: Population) -> None:
    served_by = world.msps.groupby("base_class")["clients"].sum() / world.msps["clients"].sum()
    wanted = [27.1, 29.5, 43.5]
    assert [100 * served_by[k] for k in CLASSES] == pytest.approx(wanted, abs=1.5)
    assert world.msps["clients"].mean() == pytest.approx(50, abs=2)
    assert world.msps["clients"].median() == pytest.approx(25, abs=1)


def test_levels_and_scores_are_spread_as_the_model_says(world: Population) -> None:
    levels = shares(world.msps["mat_level"], ("1", "2", "3", "4", "5"))
    assert levels == pytest.approx([15.1, 30.7, 30.6, 19.9, 3.7], abs=0.9)
    score = world.msps["score"]
    assert (score.mean(), score.std()) == pytest.approx((48.3, 21.1), abs=0.5)
    assert score.quantile([0.1, 0.5, 0.9]).tolist() == pytest.approx([19.8, 47.9, 77.1], abs=1.1)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("not_met", [72.5, 61.4, 43.4, 27.5, 17.2, 7.5, 4.9, 3.1]),
        ("met", [5.7, 11.4, 22.5, 36.6, 51.5, 65.1, 76.5, 76.9]),
    ],
)
def test_class_follows_size(world: Population, level: str, wanted: list[float]) -> None:
    bands = world.msps.groupby("band")["base_class"]
    found = bands.apply(lambda c: percent(c == level))
    n = bands.size()
    # Both the design's figures and ours are draws: twice the variance, three errors wide.
    allowed = 3 * np.sqrt(2 * found * (100 - found) / n) + 0.1
    assert (np.abs(found - wanted) <= allowed).all()


def test_rural_firms_meet_the_baseline_less_often(world: Population) -> None:
    not_met = world.msps["base_class"] == "not_met"
    rural = world.msps["area"] == "rural"
    assert percent(rural) == pytest.approx(18.3, abs=0.7)
    assert percent(not_met[rural]) == pytest.approx(59.1, abs=1.8)
    assert percent(not_met[~rural]) == pytest.approx(44.5, abs=0.9)


def test_practices_hang_together_and_tools_are_commoner_than_outside_checks(
    world: Population,
) -> None:
    cells = world.msps[list(model.ITEMS)].to_numpy(float)
    k = cells.shape[1]
    alpha = k / (k - 1) * (1 - cells.var(axis=0).sum() / cells.sum(axis=1).var())
    assert alpha == pytest.approx(0.946, abs=0.004)
    met = 100 * (world.msps[list(model.STARRED)] >= 2).mean()
    assert (met.min(), met.max()) == pytest.approx((38, 79), abs=1.2)
    assert percent(world.msps["b4"] >= 2) == pytest.approx(11, abs=0.8)


def test_members_are_one_firm_in_ten(world: Population) -> None:
    assert percent(world.msps["member"]) == pytest.approx(9.9, abs=0.6)


def test_less_mature_firms_have_more_incidents_and_report_fewer(world: Population) -> None:
    happened = world.msps.groupby("base_class")["incident"].mean() * 100
    reported = world.msps.groupby("base_class")["incident_reported"].mean() * 100
    assert happened[list(CLASSES)].tolist() == pytest.approx([21.8, 17.0, 13.8], abs=1.4)
    assert reported[list(CLASSES)].tolist() == pytest.approx([8.9, 10.2, 10.2], abs=1.1)
    assert happened["not_met"] > happened["met"]
    assert reported["not_met"] < reported["met"]


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    agree = (a == b).mean()
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((agree - chance) / (1 - chance))


@pytest.mark.parametrize(
    ("rule", "share", "with_not_met", "with_not_fully"),
    [
        ("base_class == 'not_met'", 47.2, 1.00, 0.42),
        ("base_class != 'met'", 76.9, 0.42, 1.00),
        ("base_n < 12", 90.9, 0.16, 0.50),
        ("not (base_n >= 9 and base_critical_n == 4)", 73.0, 0.50, 0.90),
        ("base_n < 10", 69.1, 0.55, 0.81),
        ("base_critical_n < 4", 68.8, 0.55, 0.80),
        ("base_n < 6", 29.6, 0.64, 0.22),
        ("score < 40", 37.2, 0.69, 0.30),
        ("score < 45", 45.8, 0.72, 0.40),
        ("emp < 5", 47.5, 0.33, 0.25),
        ("b4 < 2", 88.6, 0.15, 0.27),
        ("b1 == 0", 15.6, 0.21, 0.09),
    ],
)
def test_prevalence_depends_on_the_definition(
    world: Population, rule: str, share: float, with_not_met: float, with_not_fully: float
) -> None:
    flag = world.msps.eval(rule).to_numpy()
    classes = world.msps["base_class"].to_numpy()
    assert percent(flag) == pytest.approx(share, abs=0.9)
    assert kappa(flag, classes == "not_met") == pytest.approx(with_not_met, abs=0.02)
    assert kappa(flag, classes != "met") == pytest.approx(with_not_fully, abs=0.02)


@pytest.mark.parametrize(
    ("staff", "firms", "clients", "not_met"),
    [(50, 4.1, 28.5, 0.6), (10, 28.4, 68.2, 12.7), (5, 52.5, 85.3, 35.0)],
)
def test_a_size_cap_reaches_many_clients_and_few_firms(
    world: Population, staff: int, firms: float, clients: float, not_met: float
) -> None:
    msps = world.msps
    covered = msps["emp"] >= staff
    assert percent(covered) == pytest.approx(firms, abs=0.8)
    share = 100 * msps.loc[covered, "clients"].sum() / msps["clients"].sum()
    assert share == pytest.approx(clients, abs=1.8)
    assert percent(covered[msps["base_class"] == "not_met"]) == pytest.approx(not_met, abs=1.0)


def test_firms_that_serve_public_bodies_are_the_larger_ones(world: Population) -> None:
    public = world.msps["public"]
    assert percent(public) == pytest.approx(28.9, abs=0.8)
    share = 100 * world.msps.loc[public, "clients"].sum() / world.msps["clients"].sum()
    assert share == pytest.approx(42, abs=1.5)


@pytest.mark.parametrize(
    ("need", "upgrade", "wanted"),
    [
        ("met", "0.2", (45.2, 7.7, 37.6)),
        ("met", "0.4", (33.9, 8.8, 25.1)),
        ("met", "0.6", (22.6, 9.9, 12.7)),
        ("met", "0.8", (11.3, 11.0, 0.3)),
        ("partly", "0.2", (21.6, 11.6, 10.0)),
        ("partly", "0.4", (16.2, 12.2, 4.1)),
        ("partly", "0.6", (10.8, 12.7, 0.0)),
        ("partly", "0.8", (5.4, 13.3, 0.0)),
    ],
)
def test_the_arithmetic_of_a_licence_is_as_designed(
    world: Population, need: str, upgrade: str, wanted: tuple[float, float, float]
) -> None:
    found = licence(world.msps, need)[upgrade]
    assert [100 * found[k] for k in ("displaced", "headroom", "unserved")] == pytest.approx(
        wanted, abs=1.3
    )


def test_outsourcing_is_at_its_benchmark(world: Population) -> None:
    found = shares(world.clients["outs_level"], model.OUTSOURCING)
    assert found == pytest.approx([38.4, 27.7, 7.5, 26.5], abs=0.4)
    assert percent(world.clients["contract"]) == pytest.approx(34.0, abs=0.3)


def test_large_and_regulated_clients_have_the_better_firms(served: pd.DataFrame) -> None:
    found = shares(served["provider_class"], CLASSES)
    regulated = shares(served.loc[served["regulated"], "provider_class"], CLASSES)
    assert found == pytest.approx([24.0, 28.3, 47.6], abs=1.3)
    assert regulated == pytest.approx([19.2, 26.8, 54.0], abs=1.5)
    assert regulated[0] < found[0]


def test_the_second_login_step_gets_lost_where_the_model_says(served: pd.DataFrame) -> None:
    assert percent(served["mfa_told"]) == pytest.approx(87.4, abs=0.4)
    told = served[served["mfa_told"]]
    assert percent(told["mfa_refused"]) == pytest.approx(26.6, abs=0.5)
    assert percent(served["mfa"]) == pytest.approx(65.2, abs=0.6)


@pytest.mark.parametrize(
    ("sector", "wanted", "within"),
    [
        ("heal", 20.8, 0.9), ("fin", 21.0, 1.2), ("legal", 21.6, 1.7),
        ("nonp", 33.8, 2.0), ("educ", 27.0, 3.2), ("const", 28.0, 1.0),
    ],
)  # fmt: skip
def test_regulated_clients_refuse_less_and_nonprofits_more(
    served: pd.DataFrame, sector: str, wanted: float, within: float
) -> None:
    told = served[served["mfa_told"] & (served["sector"] == sector)]
    assert percent(told["mfa_refused"]) == pytest.approx(wanted, abs=within)


def test_middle_ways_are_common_after_a_refusal(served: pd.DataFrame) -> None:
    refused = served.loc[served["mfa_refused"], "action"]
    found = shares(refused, model.ACTIONS)
    assert found == pytest.approx([45.2, 22.8, 6.4, 8.6, 9.2, 7.9], abs=0.7)


def test_incidents_and_value_differ_by_kind_of_client(served: pd.DataFrame) -> None:
    assert percent(served["incident"]) == pytest.approx(8.6, abs=0.3)
    small = small_low_risk(served)
    assert percent(small) == pytest.approx(46, abs=1)
    wanted = {
        (True, "not_met"): (7.34, 107, 9.6),
        (True, "met"): (7.54, 151, 6.4),
        (False, "not_met"): (7.16, 108, 15.3),
        (False, "met"): (8.05, 153, 6.7),
    }
    for (is_small, level), (value, price, incident) in wanted.items():
        part = served[(small == is_small) & (served["provider_class"] == level)]
        assert part["value"].mean() == pytest.approx(value, abs=0.06)
        assert part["price"].median() == pytest.approx(price, abs=2)
        assert percent(part["incident"]) == pytest.approx(incident, abs=0.8)


def test_rural_clients_have_less_choice(served: pd.DataFrame) -> None:
    rural = served["area"] == "rural"
    assert percent(served.loc[rural, "no_alternative"]) == pytest.approx(38.9, abs=0.8)
    assert percent(served.loc[~rural, "no_alternative"]) == pytest.approx(20.6, abs=0.4)


def test_clients_cannot_tell_what_kind_of_firm_they_have(
    world: Population, served: pd.DataFrame
) -> None:
    view = client_view(np.random.default_rng(3), served, world.msps)
    unknown = view.isna().mean(axis=1)
    assert 100 * unknown.mean() == pytest.approx(39, abs=0.6)
    by_class = 100 * unknown.groupby(served["provider_class"]).mean()
    assert (by_class["not_met"], by_class["met"]) == pytest.approx((55, 29), abs=1)
    agree = view_class(view) == served["provider_class"].to_numpy()
    assert percent(agree) == pytest.approx(33, abs=1)


def test_clients_without_a_provider_are_linked_to_none(world: Population) -> None:
    linked = world.clients["msp"] >= 0
    assert np.array_equal(linked, world.clients["outs_level"] != "none")
    assert not world.clients.loc[~linked, "mfa_told"].any()


def test_class_by_hand() -> None:
    n = np.array([12, 10, 10, 7, 7, 6, 11])
    critical = np.array([4, 4, 3, 3, 2, 4, 2])
    assert base_class(n, critical).tolist() == [2, 2, 1, 1, 0, 0, 0]


def test_the_top_level_needs_an_outside_examination() -> None:
    best = pd.DataFrame(np.full((2, 32), 3), columns=list(model.ITEMS))
    best.loc[1, "b4"] = 1
    found = classify(best)
    assert found["mat_level"].tolist() == ["5", "4"]
    assert found["score"].tolist() == pytest.approx([100, (7 * 100 + 10 / 12 * 100) / 8])


def test_the_truth_holds_plain_numbers_that_add_up(world: Population) -> None:
    figures = truth(world)
    firms = figures["firms"]["base_class"]
    assert sum(firms.values()) == pytest.approx(1, abs=2e-6)
    assert figures["clients"]["n"] == 5_771_290
    assert sum(figures["clients"]["action"].values()) == pytest.approx(1, abs=1e-5)
