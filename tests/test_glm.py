"""Generalised linear models: closed forms, R's results, properties and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import ORACLE, firms, oracle_design, results, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey

RTOL = 1e-8
FOUR = pd.DataFrame(
    {
        "size": ["small", "small", "small", "large", "large", "large"],
        "mfa": ["yes", "no", "no", "yes", "yes", "no"],
        "price": [1.0, 2.0, 3.0, 4.0, 6.0, 8.0],
        "w": [1.0, 2.0, 1.0, 3.0, 1.0, 2.0],
        "stratum": [1, 1, 1, 2, 2, 2],
        "unit": [1, 2, 3, 1, 2, 3],
    }
)


def test_a_logit_of_one_classification_is_the_log_odds_of_weighted_shares() -> None:
    fit = survey(FOUR).glm("mfa ~ size", family="binomial")
    small, large = 1 / (1 + 2 + 1), (3 + 1) / (3 + 1 + 2)
    odds = np.log(small / (1 - small)), np.log(large / (1 - large))
    assert fit.coefficients["term"].tolist() == ["Intercept", "size[large]"]
    np.testing.assert_allclose(fit.estimate, [odds[0], odds[1] - odds[0]], rtol=1e-12)


def test_a_gaussian_model_of_one_classification_is_the_difference_of_weighted_means() -> None:
    fit = survey(FOUR).glm("price ~ size")
    small, large = (1 + 4 + 3) / 4, (12 + 6 + 16) / 6
    np.testing.assert_allclose(fit.estimate, [small, large - small], rtol=1e-13)
    means = survey(FOUR).mean("price", by="size").compare("large", "small").data
    assert fit.coefficients["se"].isna().all()  # of three firms each
    assert fit.estimates.data["se"].iloc[1] == pytest.approx(means["se"].iloc[0], rel=1e-12)


def test_an_empty_model_has_the_mean_and_its_error() -> None:
    fit, mean = survey(firms()).glm("price ~ 1"), survey(firms()).mean("price").data.iloc[0]
    row = fit.coefficients.iloc[0]
    assert (row["estimate"], row["se"]) == pytest.approx((mean["estimate"], mean["se"]), rel=1e-12)
    assert row["df"] == mean["df"]


def test_a_poisson_model_with_exposure_gives_the_rate() -> None:
    frame = FOUR.assign(exposure=np.log([1.0, 2, 3, 1, 1, 2]))
    fit = survey(frame).glm("price ~ size", family="poisson", offset="exposure")
    small, large = (1 + 4 + 3) / (1 + 4 + 3), (12 + 6 + 16) / (3 + 1 + 4)
    np.testing.assert_allclose(fit.estimate, [np.log(small), np.log(large / small)], atol=1e-12)


def test_prior_weights_count_in_the_fit_as_weights_do() -> None:
    frame = firms().assign(again=lambda f: f["staff"] + 1)
    prior = survey(frame).glm("price ~ size", prior="again")
    whole = survey(frame.assign(w=frame["w"] * frame["again"])).glm("price ~ size")
    np.testing.assert_allclose(prior.estimate, whole.estimate, rtol=1e-12)
    np.testing.assert_allclose(prior.vcov, whole.vcov, rtol=1e-10)


def test_levels_come_in_the_order_of_the_questionnaire_and_unused_ones_are_left_out() -> None:
    fit = survey(firms()).glm("price ~ size")
    assert fit.coefficients["term"].tolist() == ["Intercept", "size[medium]", "size[large]"]
    two = survey(firms()).where("size != 'medium'").glm("price ~ size")
    assert two.coefficients["term"].tolist() == ["Intercept", "size[large]"]


def test_what_counts_as_one_can_be_a_net_of_levels() -> None:
    net = survey(firms()).glm("rating ~ price", family="binomial", level=["fair", "good"])
    frame = firms().assign(ok=lambda f: f["rating"].isin(["fair", "good"]))
    np.testing.assert_allclose(
        net.vcov, survey(frame).glm("ok ~ price", family="binomial").vcov, rtol=1e-12
    )


def test_numbers_behind_codes_and_categories_of_numbers_can_be_asked_for() -> None:
    frame = firms().assign(rank=lambda f: f["size"].map({"small": 1.0, "medium": 2, "large": 3}))
    by_value = survey(frame).glm("price ~ number(size)")
    np.testing.assert_allclose(by_value.estimate, survey(frame).glm("price ~ rank").estimate)
    by_level = survey(frame).glm("price ~ C(rank)")
    assert by_level.coefficients["term"].tolist() == ["Intercept", "C(rank)[2]", "C(rank)[3]"]
    np.testing.assert_allclose(by_level.vcov, survey(frame).glm("price ~ size").vcov, rtol=1e-9)


@pytest.mark.parametrize("formula", ["mfa ~ size + price", "mfa ~ size*price + log(price)"])
def test_cells_and_the_whole_matrix_give_the_same(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = survey(firms()).glm(formula, family="binomial")
    monkeypatch.setattr("mspsurvey.inference.model.encoding.MOST_PARTS", 0)
    whole = survey(firms()).glm(formula, family="binomial")
    np.testing.assert_allclose(cells.estimate, whole.estimate, rtol=1e-9)
    np.testing.assert_allclose(cells.vcov, whole.vcov, rtol=1e-9)


def test_a_year_does_not_cost_digits() -> None:
    frame = firms().assign(year=lambda f: 2020 + f["staff"])
    near = survey(frame).glm("mfa ~ size + staff", family="binomial").coefficients.iloc[3]
    far = survey(frame).glm("mfa ~ size + year", family="binomial").coefficients.iloc[3]
    assert far["estimate"] == pytest.approx(near["estimate"], rel=1e-10)
    assert far["se"] == pytest.approx(near["se"], rel=1e-10)


def test_a_spline_is_made_of_the_models_rows_and_kept_for_predictions() -> None:
    fit = survey(firms()).glm("staff ~ bs(price, df=4)", family="poisson")
    assert len(fit.estimate) == 5
    ones = survey(firms()).glm("staff ~ poly(price, 2)", family="poisson")
    raw = survey(firms()).glm("staff ~ price + I(price**2)", family="poisson")
    at = {"price": [40.0, 60.0]}
    np.testing.assert_allclose(ones.predict(at).data["se"], raw.predict(at).data["se"], rtol=1e-7)


def test_rows_without_an_answer_are_outside_the_domain_and_stay_in_the_design() -> None:
    frame = firms()
    frame.loc[frame["stratum"].eq(3) & frame["unit"].ne(0), "price"] = np.nan
    fit = survey(frame).glm("price ~ size")
    known = survey(frame).where(frame["price"].notna().rename("known")).glm("price ~ size")
    np.testing.assert_allclose(fit.vcov, known.vcov, rtol=1e-14)
    assert fit.n == frame["price"].notna().sum()
    assert fit.left_out == {"no_answer": frame["price"].isna().sum()}
    # Stratum 3 has one unit left: 16 units in 4 strata, less two predictors.
    assert fit.df == 12 - 2


FORMULAS: dict[str, tuple[str, str]] = {
    "glm_gauss": ("api00 ~ ell + meals + mobility", "gaussian"),
    "glm_gauss_fac": ("api00 ~ ell + stype", "gaussian"),
    "glm_logit": ("awards ~ ell + meals + mobility", "binomial"),
    "glm_logit_fac": ("awards ~ meals + stype", "binomial"),
    "glm_pois": ("api.stu ~ ell + meals", "poisson"),
}
OTHERS = {
    "nested": ("breach ~ score + size", "binomial"),
    "nhanes": ("HI_CHOL ~ C(race) + agecat + C(RIAGENDR)", "binomial"),
    "rep_nh": ("HI_CHOL ~ C(race) + agecat", "binomial"),
}


def asked(key: str) -> tuple[str, str] | None:
    design, question = key.split("/", 1)
    other = next((f for name, f in OTHERS.items() if design.startswith(name)), None)
    return other if other and question.startswith("glm") else FORMULAS.get(question)


KEYS = [k for k in results() if "/" in k and asked(k)] if ORACLE.is_dir() else []


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
def test_most_models_have_a_result_of_r() -> None:
    # All but strat/glm_logit_default_eps, which R leaves at a tolerance of 1e-8.
    assert len(KEYS) == len([k for k in results() if "/glm" in k]) - 1


@pytest.mark.parametrize("key", KEYS)
def test_coefficients_errors_and_p_values_are_those_of_r(key: str) -> None:
    formula, family = asked(key) or ("", "")
    fit, reference = oracle_design(key.split("/")[0]).glm(formula, family=family), results()[key]
    table = fit.coefficients
    for ours, theirs in {"estimate": "est", "se": "se", "t": "t"}.items():
        np.testing.assert_allclose(table[ours], reference[theirs], rtol=RTOL, err_msg=ours)
    np.testing.assert_allclose(table["p"], reference["p"], rtol=1e-6)
    size = len(fit.estimate)
    vcov = np.reshape(reference["vcov"], (size, size))
    np.testing.assert_allclose(fit.vcov, vcov, atol=1e-9 * np.abs(vcov).max())
    assert fit.df == reference["df_resid"]


# R 4.2.2, survey 4.1-1, f being the frame below:
#   d <- svydesign(id = ~unit, strata = ~stratum, weights = ~w, data = f, nest = TRUE)
#   m <- svyglm(yes ~ price, d, family = quasibinomial(), control = list(epsilon = 1e-14))
#   coef(m); SE(m); summary(m)$coefficients[, 4]; m$df.residual
GOLDEN = {
    "estimate": [0.638218515560671, -0.152370345660045],
    "se": [1.793571078449994, 0.369087496656846],
    "p": [0.745513959851831, 0.707462549008667],
}


def test_a_small_logit_has_the_golden_values_of_r() -> None:
    fit = survey(FOUR).glm("mfa ~ price", family="binomial")
    for column, expected in GOLDEN.items():
        np.testing.assert_allclose(fit.coefficients[column], expected, rtol=RTOL)
    assert fit.df == 3


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1000), st.integers(0, 2**16))
def test_weights_times_a_constant_and_the_order_of_rows_change_nothing(
    factor: float, seed: int
) -> None:
    frame = firms(count=80)
    other = frame.sample(frac=1, random_state=seed).assign(w=lambda f: f["w"] * factor)
    one = survey(frame).glm("mfa ~ size + price", family="binomial")
    two = survey(other).glm("mfa ~ size + price", family="binomial")
    np.testing.assert_allclose(two.estimate, one.estimate, rtol=1e-9)
    np.testing.assert_allclose(two.vcov, one.vcov, rtol=1e-8)


def test_replicates_of_a_jackknife_come_near_the_linearised_error() -> None:
    whole = survey(firms())
    fit = whole.glm("mfa ~ size + price", family="binomial")
    again = whole.replicate("JKn").glm("mfa ~ size + price", family="binomial")
    np.testing.assert_allclose(again.estimate, fit.estimate, rtol=1e-12)
    np.testing.assert_allclose(again.coefficients["se"], fit.coefficients["se"], rtol=0.1)


def test_a_replicate_without_a_level_is_left_out_and_counted() -> None:
    # R: svyglm(y ~ size, as.svrepdesign(svydesign(~psu, weights = ~w, data = f), type = "JK1"))
    #    "1 replicates gave NA results and were discarded"
    frame = pd.DataFrame(
        {
            "psu": np.repeat(range(5), 4),
            "y": [3, 5, 8, 6, 4, 4, 7, 9, 2, 6, 5, 3, 8, 9, 4, 6, 5, 7, 6, 1],
            "size": ["c", "a", "b", "c"] + ["a", "b"] * 8,
        }
    )
    fit = Survey(frame, psu="psu").replicate("JK1").glm("y ~ size")
    errors = [0.490730401066, 0.599319341812, 0.490730401066]
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), errors, rtol=1e-10)
    assert "1 of 5 replicates have no fit." in fit._repr_html_()
    whole = Survey(frame.assign(one=["c", "a", "b", "c"] * 5), psu="psu").replicate("JK1")
    assert "no fit" not in whole.glm("y ~ one")._repr_html_()


def test_all_stages_and_raking_count() -> None:
    frame = firms().assign(fpc=8, row=lambda f: np.arange(len(f)), many=30.0)
    one = survey(frame, fpc="fpc").glm("price ~ size")
    two = survey(frame, psu=["unit", "row"], fpc=["fpc", "many"]).glm("price ~ size")
    assert (two.coefficients["se"] > one.coefficients["se"]).all()
    raked = survey(frame, raked_to=["size"]).glm("price ~ 1")
    np.testing.assert_allclose(
        raked.coefficients["se"], survey(frame, raked_to=["size"]).mean("price").data["se"]
    )


ERRORS: list[tuple[str, dict[str, Any], str]] = [
    ("mfa ~ sizes", {}, "Did you mean 'size'"),
    ("mfa ~ size +", {}, "A model formula was wanted"),
    ("size", {}, "on the left of '~'"),
    ("price ~ price + size", {}, "not among its own predictors"),
    ("price ~ size + twice + price2", {}, "'price2' is a combination of 'twice'"),
    ("price ~ size + constant", {}, "'constant' is a combination of 'Intercept'"),
    ("rating ~ size", {"family": "binomial"}, "level='good'"),
    ("price ~ size", {"family": "gamma"}, "A family is one of"),
    ("price ~ size", {"level": "yes"}, "family='binomial'"),
    ("mfa ~ certain + size", {"family": "binomial"}, "certain by 'certain'.*perfect separation"),
    ("mfa ~ half + size", {"family": "binomial"}, "certain by 'half'.*perfect separation"),
    ("minus ~ size", {"family": "poisson"}, "none of them negative"),
    ("price ~ log(minus)", {}, "'log\\(minus\\)' should be finite"),
    ("price ~ size + np.mean(staff)", {}, "calls 'np.mean'.*Make it a column"),
    ("price ~ staff.rank()", {}, "calls 'staff.rank'"),
    ("price ~ empty", {}, "There are none among 240"),
]


@pytest.mark.parametrize(("formula", "options", "message"), ERRORS, ids=[e[0] for e in ERRORS])
def test_an_error_names_the_column_and_what_to_do(
    formula: str, options: dict[str, Any], message: str
) -> None:
    yes = firms()["mfa"].eq("yes")
    frame = firms().assign(
        price2=lambda f: f["price"] * 2 + 1, twice=lambda f: f["price"] * 4, constant=7.0,
        certain=yes * 1.0, half=(yes & firms()["unit"].eq(0)) * 1.0,
        minus=lambda f: f["price"] - 60, empty=np.nan,
    )  # fmt: skip
    with pytest.raises(EstimateError, match=message):
        survey(frame).glm(formula, **options)


def test_people_who_chose_themselves_have_no_standard_errors() -> None:
    fit = survey(firms(), sample_type="opt-in").glm("price ~ size")
    assert fit.coefficients["estimate"].notna().all()
    assert fit.coefficients[["se", "low", "high", "t", "p"]].isna().all().all()
    with pytest.raises(EstimateError, match="chose themselves"):
        fit.test("size")


def test_coefficients_are_estimates_with_labels_and_odds_ratios() -> None:
    fit = survey(firms()).glm("mfa ~ size + price", family="binomial")
    est = fit.estimates
    assert est.data["item"].tolist() == ["Intercept", "size", "size", "price"]
    assert est.label("level", "medium") == "MEDIUM"
    np.testing.assert_allclose(est.covariance, fit.vcov, rtol=1e-9)
    ratios = fit.ratios.data
    np.testing.assert_allclose(ratios["estimate"], np.exp(fit.estimate[1:]))
    np.testing.assert_allclose(ratios["low"], np.exp(fit.coefficients["low"][1:]))
    assert "Binomial model mfa ~ size + price; 240 respondents" in fit._repr_html_()
    with pytest.raises(EstimateError, match="gaussian"):
        _ = survey(firms()).glm("price ~ size").ratios


def test_a_coefficient_of_few_firms_is_suppressed() -> None:
    frame = firms()
    frame.loc[frame["size"].eq("large").cumsum().gt(5) & frame["size"].eq("large"), "size"] = None
    data = survey(frame).glm("price ~ size").estimates.data
    assert data["why"].tolist() == [
        "fewer than 20 degrees of freedom", "would give away one that is suppressed",
        "fewer than 10 respondents",
    ]  # fmt: skip


def test_a_domain_is_not_a_filter() -> None:
    frame = firms()
    domain = survey(frame).where("size != 'large'").glm("price ~ mfa")
    kept = frame[frame["size"] != "large"]
    part = Survey(kept, weights="w", strata="stratum", psu="unit").glm("price ~ mfa")
    np.testing.assert_allclose(domain.estimate, part.estimate, rtol=1e-12)
    # Every unit has a firm of the domain here, so that both have all units.
    np.testing.assert_allclose(domain.vcov, part.vcov, rtol=1e-12)
