"""Wald tests of terms against R's regTermTest."""

from __future__ import annotations

import numpy as np
import pytest
from model_cases import ORACLE, firms, oracle_design, results, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.model.terms import wald


def test_f_of_two_independent_coefficients_is_the_mean_of_their_squared_t() -> None:
    f, p = wald(np.array([3.0, 8.0]), np.diag([1.0, 4.0]), 10)
    assert f == pytest.approx((3**2 + 4**2) / 2)
    assert 0 < p < 0.01


def test_a_term_of_one_coefficient_has_the_p_value_of_its_t() -> None:
    fit = survey(firms()).glm("mfa ~ size + price", family="binomial")
    result, row = fit.test("price"), fit.coefficients.iloc[3]
    assert result.statistic == pytest.approx(row["t"] ** 2)
    assert result.p == pytest.approx(row["p"])
    assert result.df == (1, fit.df)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")
@pytest.mark.parametrize("name", ["strat", "strat0", "clus1", "clus10"])
def test_the_test_of_a_term_is_that_of_r(name: str) -> None:
    reference = results()[f"{name}/regTermTest_stype"]
    result = oracle_design(name).glm("api00 ~ ell + stype").test("stype")
    assert result.statistic == pytest.approx(reference["F"], rel=1e-8)
    assert result.p == pytest.approx(reference["p"], rel=1e-6)
    assert result.df == (reference["df"], reference["ddf"])


def test_several_terms_and_interactions_in_any_order_can_be_tested() -> None:
    fit = survey(firms()).glm("price ~ size*mfa")
    assert fit.test("mfa:size").statistic == fit.test("size:mfa").statistic
    assert fit.test(["size", "size:mfa"]).df[0] == 4


def test_an_unknown_term_is_an_error_with_the_nearest_one() -> None:
    with pytest.raises(EstimateError, match="Did you mean 'size'"):
        survey(firms()).glm("price ~ size").test("sizes")


def test_a_covariance_of_too_few_units_is_an_error() -> None:
    with pytest.raises(EstimateError, match="is singular"):
        wald(np.ones(2), np.ones((2, 2)), 3)


def test_the_result_says_model_base_and_statistic() -> None:
    result = survey(firms()).glm("mfa ~ size", family="binomial").test("size")
    assert result.n == 240
    assert "F(2, 14) =" in str(result)
    assert "Wald test of 'size' in a binomial model (mfa ~ size)" in result.method
