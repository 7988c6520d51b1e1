"""Reliability: coefficients by hand and by R, with design-based errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import EstimateError
from mspsurvey.inference.quality.reliability import alpha, item_rest, kappa, omega
from mspsurvey.inference.survey import Survey

DATA = Path(__file__).parents[2] / "shared" / "oracle" / "data"

FOUR = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 1, 4, 3], "c": [1.0, 2, 4, 5]})


def test_alpha_by_hand() -> None:
    v = np.cov(FOUR.T)
    expected = 3 / 2 * (1 - np.trace(v) / v.sum())
    assert alpha(Survey(FOUR), ["a", "b", "c"]).data["estimate"].tolist() == pytest.approx(
        [expected]
    )


def test_item_rest_correlations_by_hand() -> None:
    found = item_rest(Survey(FOUR), ["a", "b", "c"]).data
    expected = [FOUR[x].corr(FOUR.drop(columns=x).sum(axis=1)) for x in "abc"]
    assert found["item"].tolist() == ["a", "b", "c"]
    assert found["estimate"].tolist() == pytest.approx(expected)


def test_weights_count_as_repeated_rows() -> None:
    frame = FOUR.assign(w=[1.0, 2, 3, 1])
    repeated = FOUR.loc[FOUR.index.repeat([1, 2, 3, 1])].reset_index(drop=True)
    for function in (alpha, omega, item_rest):
        weighted = function(Survey(frame, weights="w"), ["a", "b", "c"]).data["estimate"]
        plain = function(Survey(repeated), ["a", "b", "c"]).data["estimate"]
        np.testing.assert_allclose(weighted, plain, rtol=1e-10)


def test_omega_of_one_factor_is_that_of_its_loadings() -> None:
    loadings, unique = np.array([0.9, 0.8, 0.5, 0.4]), np.array([0.3, 0.5, 0.6, 1.0])
    covariance = np.outer(loadings, loadings) + np.diag(unique)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 4))
    x -= x.mean(axis=0)
    # Answers whose covariance is exactly that.
    x = x @ np.linalg.inv(np.linalg.cholesky(x.T @ x / 400)).T @ np.linalg.cholesky(covariance).T
    frame = pd.DataFrame(x, columns=list("abcd"))
    expected = loadings.sum() ** 2 / (loadings.sum() ** 2 + unique.sum())
    found = omega(Survey(frame), list("abcd")).data
    assert found["estimate"].tolist() == pytest.approx([expected], rel=1e-8)
    assert found["low"][0] < expected < found["high"][0] < 1


def test_linearised_and_jackknife_errors_agree() -> None:
    rng = np.random.default_rng(3)
    trait = rng.normal(size=600)
    frame = pd.DataFrame({n: (trait + rng.normal(size=600)).round() for n in "abcd"})
    frame["p"], frame["w"] = np.arange(600) // 10, rng.uniform(1, 3, 600)
    survey = Survey(frame, weights="w", psu="p")
    for function in (alpha, omega, item_rest):
        one = function(survey, list("abcd")).data["se"]
        other = function(survey.replicate("JK1"), list("abcd")).data["se"]
        np.testing.assert_allclose(other, one, rtol=0.03)


def test_kappa_by_hand() -> None:
    frame = pd.DataFrame({"x": list("aabbcc"), "y": list("aabcca")})
    # Agreement 4/6; by chance a 2·3, b 2·1, c 2·2 of 36.
    expected = (4 / 6 - 12 / 36) / (1 - 12 / 36)
    assert kappa(Survey(frame), "x", "y").data["estimate"].tolist() == pytest.approx([expected])


@pytest.mark.parametrize(("disagreement", "power"), [("linear", 1), ("quadratic", 2)])
def test_weighted_kappa_counts_how_far_codes_are_apart(disagreement: str, power: int) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3, 3, 1], "y": [1, 3, 3, 1, 2]})
    seen = np.mean(np.abs(frame["x"] - frame["y"]) ** power)
    chance = np.mean(
        np.abs(np.subtract.outer(frame["x"].to_numpy(), frame["y"].to_numpy())) ** power
    )
    found = kappa(Survey(frame), "x", "y", disagreement=disagreement).data["estimate"]
    assert found.tolist() == pytest.approx([1 - seen / chance])


# R 4.2.2, survey 4.1-1: svykappa(~comp.imp + sch.wide, d) and, by svyvar(~api00 + api99 +
# meals, d) and the slopes of the formula, α with its error and the item-rest correlations.
R_VALUES = {
    "clus1": {
        "kappa": (0.553214576363143, 0.039857557076),
        "alpha": (0.52003423796963588, 0.0092897012749434526),
        "item_rest": (
            [0.95206514718604907, 0.93503437203101136, -0.86344029307064263],
            [0.0092979083300121675, 0.0129558806078037252, 0.0298562855895072414],
        ),
    },
    "strat": {
        "kappa": (0.482986927061343, 0.064187816749),
        "alpha": (0.54520354859342501, 0.0097924929542995021),
        "item_rest": (
            [0.96971969806785530, 0.94475228203571815, -0.83394952558563051],
            [0.0045174752454980021, 0.0093853002113649300, 0.0195794900028096117],
        ),
    },
}


@pytest.mark.skipif(not DATA.is_dir(), reason="the data of the R results are not here")
@pytest.mark.parametrize("name", R_VALUES)
def test_coefficients_and_errors_are_those_of_r(name: str) -> None:
    frame = pd.read_csv(DATA / f"api{name}.csv")
    design = {"psu": "dnum"} if name == "clus1" else {"strata": "stype"}
    survey = Survey(frame, weights="pw", fpc="fpc", **design)  # type: ignore[arg-type]
    items = ["api00", "api99", "meals"]
    found = {
        "kappa": kappa(survey, "comp.imp", "sch.wide"),
        "alpha": alpha(survey, items),
        "item_rest": item_rest(survey, items),
    }
    for statistic, (value, error) in R_VALUES[name].items():
        np.testing.assert_allclose(found[statistic].data["estimate"], value, rtol=1e-10)
        np.testing.assert_allclose(found[statistic].data["se"], error, rtol=1e-6)


def test_gaps_and_domains_are_left_out_together() -> None:
    gaps = pd.concat([FOUR, pd.DataFrame({"a": [9.0], "b": [np.nan], "c": [9.0]})])
    gaps = gaps.reset_index(drop=True).assign(d=["in"] * 4 + ["out"])
    for survey in (Survey(gaps), Survey(gaps.fillna(9)).where("d == 'in'")):
        found = alpha(survey, ["a", "b", "c"]).data
        assert found["n"].tolist() == [4]
        assert found["estimate"][0] == pytest.approx(
            alpha(Survey(FOUR), ["a", "b", "c"]).data["estimate"][0]
        )


def test_few_answers_are_suppressed() -> None:
    found = alpha(Survey(FOUR), ["a", "b", "c"])
    assert found.data["verdict"].tolist() == ["suppress"]
    assert found.frame["estimate"].isna().all()


def test_an_opt_in_sample_has_no_interval_of_alpha() -> None:
    frame = pd.DataFrame(np.tile(FOUR.to_numpy(), (20, 1)), columns=list("abc"))
    found = alpha(Survey(frame, sample_type="opt-in"), ["a", "b", "c"])
    assert found.precision_kind == "none"
    assert found.frame["low"].isna().all()


def test_unusable_items_are_refused() -> None:
    survey = Survey(FOUR.assign(k=1.0))
    with pytest.raises(EstimateError, match="Two or more different items"):
        alpha(survey, ["a", "a"])
    with pytest.raises(EstimateError, match="Three or more"):
        omega(survey, ["a", "b"])
    with pytest.raises(EstimateError, match="answers vary"):
        item_rest(survey, ["a", "k"])
    with pytest.raises(EstimateError, match="Two or more levels"):
        kappa(Survey(pd.DataFrame({"x": [1, 1], "y": [1, 1], "z": [1, 2]})), "x", "y")
    with pytest.raises(EstimateError, match="Did you mean 'quadratic'"):
        kappa(survey, "a", "b", disagreement="quadratc")
