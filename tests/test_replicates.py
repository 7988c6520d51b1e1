"""Replicate weights: made here or supplied, and what they say of an estimate's error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import DesignError
from mspsurvey.inference.design.hadamard import hadamard
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import rake

TWO = pd.DataFrame(
    {
        "h": ["a", "a", "b", "b"],
        "psu": [1, 2, 1, 2],
        "y": [1.0, 3.0, 10.0, 14.0],
        "w": [2.0, 2.0, 5.0, 5.0],
        "N": [4, 4, 10, 10],
    }
)
SURVEY = Survey(TWO, weights="w", strata="h", psu="psu")
# Strata spread by 2·(2² + 2²) and 2·(10² + 10²): see test_variance.
LINEAR = np.sqrt(16 + 400)


def weights(survey: Survey) -> np.ndarray:
    replicates = survey.design.replicates
    assert replicates is not None
    return np.stack([replicates.weights(k) for k in range(replicates.count)])


def test_a_jackknife_leaves_out_one_unit_and_doubles_its_neighbour() -> None:
    made = SURVEY.replicate("JKn")
    assert weights(made).tolist() == [
        [0, 4, 5, 5],
        [4, 0, 5, 5],
        [2, 2, 0, 10],
        [2, 2, 10, 0],
    ]
    assert made.design.replicates is not None
    assert made.design.replicates.rscales.tolist() == [0.5] * 4


@pytest.mark.parametrize("kind", ["JKn", "BRR"])
def test_the_error_of_a_total_is_the_linearised_one(kind: str) -> None:
    assert SURVEY.replicate(kind).total("y").data["se"][0] == pytest.approx(LINEAR)
    assert SURVEY.replicate("Fay", rho=0.3).total("y").data["se"][0] == pytest.approx(LINEAR)


def test_a_jackknife_takes_the_sampled_fraction_off() -> None:
    finite = Survey(TWO, weights="w", strata="h", psu="psu", fpc="N")
    expected = finite.total("y").data["se"][0]
    assert finite.replicate("JKn").total("y").data["se"][0] == pytest.approx(expected)


def test_degrees_of_freedom_of_supplied_replicates_are_those_of_who_answered() -> None:
    # R: d <- as.svrepdesign(svydesign(~psu, weights = ~w, data = f), type = "JK1")
    #    c(degf(d), degf(d[!is.na(f$y), ]))   # 4 2
    frame = pd.DataFrame({"psu": range(5), "x": 1.0, "y": [1.0, 2.0, 4.0, None, None]})
    made = weights(Survey(frame, psu="psu").replicate("JK1"))
    given = Survey(frame, replicates=pd.DataFrame(made.T), kind="JK1")
    assert given.mean(["x", "y"]).data["df"].tolist() == [4, 2]


def test_halves_of_two_units_move_by_the_fraction_that_was_not_sampled() -> None:
    # Of 2 units one is drawn: 1 ± λ with λ² = 1 − 2/4, and 1 − 2/10 (Preston 2009).
    made = Survey(TWO, weights="w", strata="h", psu="psu", fpc="N").replicate("multistage", n=50)
    factors = weights(made) / TWO["w"].to_numpy()
    np.testing.assert_allclose(np.abs(factors - 1), [np.sqrt([0.5, 0.5, 0.8, 0.8])] * 50)
    np.testing.assert_allclose(factors[:, ::2] + factors[:, 1::2], 2)


def test_a_bootstrap_of_all_stages_comes_near_the_linearised_error() -> None:
    rng = np.random.default_rng(1)
    units = [(f"h{h}", psu, ssu) for h in range(3) for psu in range(4) for ssu in range(3)]
    frame = pd.DataFrame(units * 2, columns=["h", "psu", "ssu"])
    frame = frame.assign(w=2.0, n1=6, n2=5, y=rng.normal(50, 9, 72) + 4 * frame["psu"])
    design = {"weights": "w", "strata": "h", "psu": ["psu", "ssu"]}
    for fpc in (["n1", "n2"], ["n1"], None):
        survey = Survey(frame, fpc=fpc, **design)
        made = survey.replicate("mrbbootstrap", n=3000).total("y").data
        linear = survey.total("y").data
        assert made["se"][0] == pytest.approx(linear["se"][0], rel=0.05)
        assert made["df"][0] == linear["df"][0] == 9


def test_what_lies_below_a_unit_that_is_its_whole_stratum_varies() -> None:
    frame = pd.DataFrame({"psu": 1, "ssu": range(6), "y": [1, 5, 2, 9, 4, 7], "n1": 1, "n2": 12})
    survey = Survey(frame, psu=["psu", "ssu"], fpc=["n1", "n2"])
    made = survey.replicate("multistage", n=3000).total("y").data["se"][0]
    assert made == pytest.approx(survey.total("y").data["se"][0], rel=0.05)


def test_without_strata_one_of_n_is_left_out() -> None:
    survey = Survey(TWO, psu="y")
    made = survey.replicate("JK1")
    assert weights(made)[0].tolist() == pytest.approx([0, 4 / 3, 4 / 3, 4 / 3])
    assert made.total("y").data["se"][0] == pytest.approx(survey.total("y").data["se"][0])


def test_half_samples_take_one_unit_of_each_stratum_in_balance() -> None:
    rows = weights(SURVEY.replicate("BRR")) / TWO["w"].to_numpy()
    assert set(rows.ravel()) == {0, 2}
    assert (rows[:, 0] + rows[:, 1]).tolist() == [2] * len(rows)
    assert rows.mean(axis=0).tolist() == [1] * 4


@given(st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_hadamard_matrices_of_every_size_are_orthogonal(least: int) -> None:
    signs = hadamard(least).astype(np.int64)
    order = len(signs)
    assert least <= order <= max(least + 40, 4)
    assert (signs @ signs.T == order * np.eye(order)).all()
    assert (signs[0] == 1).all()
    assert (signs[:, 0] == 1).all()


@pytest.mark.parametrize("strata", [1, 2, 3, 7, 11, 30, 51, 91])
def test_balance_is_whole_for_any_number_of_strata(strata: int) -> None:
    rng = np.random.default_rng(strata)
    frame = pd.DataFrame({"h": np.repeat(np.arange(strata), 2), "y": rng.normal(size=2 * strata)})
    survey = Survey(frame, strata="h")
    expected = survey.total("y").data["se"][0]
    assert survey.replicate("BRR").total("y").data["se"][0] == pytest.approx(expected)


def test_the_rescaled_bootstrap_draws_one_unit_less_and_keeps_each_stratum_whole() -> None:
    rows = weights(SURVEY.replicate("bootstrap", n=50)) / TWO["w"].to_numpy()
    assert set(rows.ravel()) == {0, 2}
    assert (rows.reshape(50, 2, 2).sum(axis=2) == 2).all()


def test_a_bootstrap_comes_near_the_linearised_error() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"h": np.repeat([1, 2, 3], 20), "y": rng.normal(10, 3, 60), "N": 50})
    for fpc in (None, "N"):
        survey = Survey(frame, strata="h", fpc=fpc)
        expected = survey.mean("y").data["se"][0]
        made = survey.replicate("bootstrap", n=4000, seed=3).mean("y").data["se"][0]
        assert made == pytest.approx(expected, rel=0.04)
    plain = Survey(frame, strata="h").replicate("plain", n=4000, seed=3).mean("y")
    assert plain.data["se"][0] == pytest.approx(Survey(frame, strata="h").mean("y").data["se"][0],
                                                rel=0.04)  # fmt: skip


def test_a_seed_gives_the_same_replicates_whatever_the_order_of_rows() -> None:
    shuffled = TWO.iloc[[2, 0, 3, 1]].reset_index(drop=True)
    other = Survey(shuffled, weights="w", strata="h", psu="psu")
    one = SURVEY.replicate("bootstrap", n=20, seed=5).mean("y").data
    two = other.replicate("bootstrap", n=20, seed=5).mean("y").data
    pd.testing.assert_frame_equal(one, two)
    different = SURVEY.replicate("bootstrap", n=20, seed=6)
    assert not np.array_equal(weights(different), weights(SURVEY.replicate(n=20, seed=5)))


def test_a_stratum_taken_whole_varies_in_no_replicate() -> None:
    frame = TWO.assign(N=[2, 2, 10, 10])
    survey = Survey(frame, weights="w", strata="h", psu="psu", fpc="N")
    for kind in ("JKn", "bootstrap"):
        assert (weights(survey.replicate(kind))[:, :2] == 2).all()


@pytest.mark.parametrize(
    ("survey", "kind", "words"),
    [
        (SURVEY, "JK1", "without strata"),
        (SURVEY, "JKN", "Did you mean 'JKn'"),
        (SURVEY, "Fay", "rho"),
        (Survey(TWO, psu="y"), "BRR", "exactly two units"),
        (Survey(TWO, strata="h", psu="psu", fpc="N"), "BRR", "finite population"),
        (Survey(TWO, strata="h", psu="psu", fpc="N"), "plain", "draws with replacement"),
        (Survey(TWO, strata="y"), "JKn", "has only one"),
        (Survey(TWO.assign(M=9), psu="h", fpc=["M", "N"]), "JKn", "carry one stage"),
        (SURVEY.replicate("JKn"), "JKn", "has replicate weights"),
        (Survey(TWO, weights="w", raked_to="h"), "JKn", "should be fitted too"),
    ],
)
def test_replicates_that_do_not_fit_the_design_are_refused(
    survey: Survey, kind: str, words: str
) -> None:
    with pytest.raises(DesignError, match=words):
        survey.replicate(kind)


def test_lonely_units_are_left_out_where_they_are_to_be_removed() -> None:
    frame = pd.DataFrame({"h": ["a", "b", "b"], "y": [5.0, 1.0, 3.0]})
    removed = Survey(frame, strata="h", lonely_psu="remove")
    assert removed.replicate("JKn").total("y").data["se"][0] == pytest.approx(2)
    averaged = Survey(frame, strata="h", lonely_psu="average").replicate("JKn")
    assert averaged.total("y").data["se"][0] == pytest.approx(np.sqrt(4 * 3 / 2))
    with pytest.raises(DesignError, match="'certainty' or 'remove'"):
        Survey(frame, strata="h", lonely_psu="adjust").replicate("bootstrap")


def test_supplied_replicates_give_what_those_made_here_give() -> None:
    made = SURVEY.replicate("JKn")
    columns = pd.DataFrame(weights(made).T, columns=[f"rw{k}" for k in range(4)])
    frame = TWO.join(columns)
    for given_as in (frame.filter(like="rw"), list(columns.columns)):
        supplied = Survey(frame, weights="w", replicates=given_as, kind="JKn", rscales=[0.5] * 4)
        for ask in (
            lambda s: s.mean("y"), lambda s: s.total("y", by="h"), lambda s: s.share("h"),
            lambda s: s.ratio("y", "w"), lambda s: s.variance("y"), lambda s: s.quantile("y"),
        ):  # fmt: skip
            one, two = ask(made).data, ask(supplied).data
            pd.testing.assert_frame_equal(
                one.drop(columns="df"), two.drop(columns="df"), rtol=1e-10
            )
        assert supplied.df == made.df == SURVEY.df == 2


def test_factors_are_multiplied_by_the_weights_where_they_are_not_combined() -> None:
    factors = pd.DataFrame([[0.0, 2], [2, 0], [1, 1], [1, 1]], columns=["r1", "r2"])
    frame = TWO.join(factors)
    apart = Survey(frame, weights="w", replicates=["r1", "r2"], scale=1, combined=False)
    whole = frame.assign(r1=frame["r1"] * frame["w"], r2=frame["r2"] * frame["w"])
    together = Survey(whole, weights="w", replicates=["r1", "r2"], scale=1)
    pd.testing.assert_frame_equal(apart.total("y").data, together.total("y").data)


def test_deviations_are_from_the_estimate_where_mse_is_asked_for() -> None:
    frame = pd.DataFrame({"y": [1.0, 3.0], "r1": [2.0, 0.0], "r2": [2.0, 1.0]})
    # Totals 2 and 5 about their mean of 3.5, or about the estimate of 4.
    about_mean = Survey(frame, replicates=["r1", "r2"], scale=0.5).total("y")
    about_estimate = Survey(frame, replicates=["r1", "r2"], scale=0.5, mse=True).total("y")
    assert about_mean.data["se"][0] == pytest.approx(np.sqrt(0.5 * (1.5**2 + 1.5**2)))
    assert about_estimate.data["se"][0] == pytest.approx(np.sqrt(0.5 * (2**2 + 1**2)))


def test_replicates_without_anybody_in_the_domain_are_left_out() -> None:
    survey = SURVEY.replicate("JKn").where("y == 3")
    row = survey.mean("y").data.iloc[0]
    assert row["se"] == 0
    assert row["df"] == 0
    assert row["verdict"] == "suppress"


@pytest.mark.parametrize(
    ("kind", "how", "scale"),
    [
        ("BRR", {}, 1 / 2),
        ("Fay", {"rho": 0.5}, 1 / (2 * 0.25)),
        ("bootstrap", {}, 1.0),
        ("JK1", {}, 1 / 2),
        ("successive-difference", {}, 4 / 2),
        ("JK2", {}, 1.0),
        ("other", {"scale": 0.7}, 0.7),
    ],
)
def test_the_kind_says_the_scale(kind: str, how: dict[str, float], scale: float) -> None:
    frame = TWO.assign(r1=1.0, r2=2.0)
    survey = Survey(frame, replicates=["r1", "r2"], kind=kind, **how)
    assert survey.design.replicates is not None
    assert survey.design.replicates.scale == pytest.approx(scale)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"replicates": ["r1", "r3"]}, "none called 'r3'"),
        ({"replicates": ["r1"]}, "Two or more"),
        ({"replicates": ["r1", "h"]}, "should be numbers"),
        ({"replicates": ["r1", "r2"], "kind": "JKn"}, "need their rscales"),
        ({"replicates": ["r1", "r2"], "kind": "Fay"}, "need their rho"),
        ({"replicates": ["r1", "r2"], "kind": "bootstap"}, "Did you mean 'bootstrap'"),
        ({"replicates": ["r1", "r2"], "rscales": [1.0, 2.0, 3.0]}, "each of 2 replicates"),
        ({"replicates": ["r1", "r2"], "strata": "h"}, "Either replicate weights, or strata"),
        ({"replicates": pd.DataFrame({"r1": [1.0], "r2": [1.0]})}, "rows of the frame"),
    ],
)
def test_supplied_replicates_that_cannot_be_used_are_refused(
    how: dict[str, object], words: str
) -> None:
    with pytest.raises(DesignError, match=words):
        Survey(TWO.assign(r1=1.0, r2=2.0), weights="w", **how)


def test_each_replicate_is_weighed_anew() -> None:
    def to_ten(w: np.ndarray) -> np.ndarray:
        return w * 10 / w.sum()

    made = Survey(TWO, strata="h", psu="psu").replicate("JKn", reweight=to_ten)
    assert weights(made).sum(axis=1).tolist() == pytest.approx([10] * 4)
    frame = TWO.assign(one=1.0)
    ten = Survey(frame, strata="h", psu="psu").replicate("JKn", reweight=to_ten)
    # A total that every replicate was fitted to does not vary.
    assert ten.total("one").data["se"][0] == pytest.approx(0, abs=1e-12)


def test_what_was_done_to_the_weights_is_done_to_each_replicate() -> None:
    frame = random_frame(1)
    survey = Survey(frame, weights="w", strata="h", psu="psu")
    raked = rake(survey, {"g": {"x": 60, "y": 80}})
    before, after = (
        raked.replicate("JKn"),
        rake(survey.replicate("JKn"), {"g": {"x": 60, "y": 80}}),
    )
    for fitted in (before, after):
        assert fitted.total("g").data["estimate"].tolist() == pytest.approx([60, 80])
        assert fitted.total("g").data["se"].tolist() == [0, 0]
    pd.testing.assert_frame_equal(before.mean("y").data, after.mean("y").data, rtol=1e-9)


def random_frame(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = 120
    psu = np.r_[np.arange(12), rng.integers(0, 12, rows - 12)]
    return pd.DataFrame(
        {
            "h": psu // 4,
            "psu": psu,
            "g": rng.choice(["x", "y"], rows),
            "q": rng.choice(["1", "2", "3"], rows),
            "y": rng.normal(100, 20, rows),
            "w": rng.lognormal(0, 1, rows),
        }
    )


@given(st.integers(0, 300))
@settings(max_examples=15, deadline=None)
def test_where_and_by_agree_and_estimates_are_those_of_any_variance(seed: int) -> None:
    linear = Survey(random_frame(seed), weights="w", strata="h", psu="psu")
    made = linear.replicate("bootstrap", n=20, seed=seed)
    for ask in (lambda s, **k: s.share("q", **k), lambda s, **k: s.mean("y", **k),
                lambda s, **k: s.quantile("y", **k)):  # fmt: skip
        groups = ask(made, by="g").data
        same = ask(linear, by="g").data
        for column in ("estimate", "n", "base"):
            np.testing.assert_allclose(groups[column], same[column], rtol=1e-12)
        for code in "xy":
            inside = ask(made.where(f"g == '{code}'")).data
            part = groups[groups["g"] == code].drop(columns="g").reset_index(drop=True)
            pd.testing.assert_frame_equal(inside, part, rtol=1e-9)


@given(st.integers(0, 300))
@settings(max_examples=15, deadline=None)
def test_a_jackknife_of_a_mean_comes_near_the_linearised_error(seed: int) -> None:
    linear = Survey(random_frame(seed), weights="w", strata="h", psu="psu")
    one, two = linear.mean("y").data["se"][0], linear.replicate("JKn").mean("y").data["se"][0]
    assert two == pytest.approx(one, rel=0.5)


def test_rows_that_are_units_have_replicates_too() -> None:
    frame = random_frame(7)
    survey = Survey(frame, weights="w", strata="h")
    made = survey.replicate("JKn")
    expected = survey.total("y", by="g").data["se"].tolist()
    assert made.total("y", by="g").data["se"].tolist() == pytest.approx(expected)
    assert made.df == survey.df == 117
