"""Multiple imputation: Rubin's rules by hand, and what imputed answers are not for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_cases import firms, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.model.pooling import Pooled
from mspsurvey.inference.survey import Survey


def gaps() -> Survey:
    frame = firms()
    rng = np.random.default_rng(8)
    frame.loc[rng.random(len(frame)) < 0.2, "price"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.1, "mfa"] = None
    return survey(frame)


def shifted(by: float) -> Pooled:
    """Three fits whose estimates are b − by, b and b + by."""
    fit = survey(firms()).glm("price ~ size")
    moved = [
        replace(fit, solved=replace(fit.solved, parameters=fit.estimate + k * by))
        for k in (-1, 0, 1)
    ]
    return Pooled(tuple(moved))


def test_pooled_variance_is_that_within_and_four_thirds_of_that_between() -> None:
    pooled, fit = shifted(0.5), survey(firms()).glm("price ~ size")
    np.testing.assert_allclose(pooled.estimate, fit.estimate, rtol=1e-12)
    between = (0.5**2 + 0.5**2) / 2
    total = np.diag(fit.vcov) + (1 + 1 / 3) * between
    np.testing.assert_allclose(np.diag(pooled.vcov), total, rtol=1e-12)
    share = (1 + 1 / 3) * between / total
    np.testing.assert_allclose(pooled.share_missing, share, rtol=1e-12)
    observed = (fit.df + 1) / (fit.df + 3) * fit.df * (1 - share)
    np.testing.assert_allclose(pooled.df, 1 / (share**2 / 2 + 1 / observed), rtol=1e-12)


def test_without_a_difference_between_data_sets_the_fit_is_as_with_complete_data() -> None:
    pooled, fit = shifted(0.0), survey(firms()).glm("price ~ size")
    np.testing.assert_allclose(pooled.vcov, fit.vcov, rtol=1e-12)
    np.testing.assert_allclose(pooled.df, (fit.df + 1) / (fit.df + 3) * fit.df)
    assert pooled.test("size").statistic == pytest.approx(fit.test("size").statistic)


def test_the_same_seed_gives_the_same_answers_and_another_one_others() -> None:
    fits = [
        gaps().impute(["mfa", "price", "size"], m=3, seed=s, cycles=2).glm("price ~ mfa")
        for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(fits[0].estimate, fits[1].estimate)
    assert (fits[0].estimate != fits[2].estimate).any()


def test_known_answers_stay_and_all_gaps_are_filled_with_answers_that_occur() -> None:
    whole = gaps()
    imputed = whole.impute(["mfa", "price", "size"], m=2, seed=3, cycles=2)
    assert imputed.filled == {
        "mfa": whole.frame["mfa"].isna().sum(), "price": whole.frame["price"].isna().sum(),
        "size": 0,
    }  # fmt: skip
    known = whole.frame["price"].notna()
    for completed in imputed.surveys:
        assert completed.frame[["mfa", "price"]].notna().all().all()
        assert completed.frame.loc[known, "price"].equals(whole.frame.loc[known, "price"])
        assert completed.frame["price"].isin(whole.frame["price"]).all()
        assert completed.design is whole.design
    pooled = imputed.glm("mfa ~ price + size", family="binomial")
    assert pooled.coefficients["n"].tolist() == [240] * 4
    assert (pooled.coefficients["df"] < pooled.fits[0].df).all()


def test_imputed_answers_are_refused_for_headlines() -> None:
    imputed = gaps().impute(["mfa", "price"], m=2, seed=3, cycles=1)
    with pytest.raises(EstimateError, match=r"for models.*\.share"):
        imputed.share("mfa")


def test_a_domain_stays_a_domain() -> None:
    domain = gaps().where("size != 'large'")
    pooled = domain.impute(["mfa", "price"], m=2, seed=3, cycles=1).ordinal("rating ~ price")
    assert pooled.coefficients["n"].iloc[0] == len(domain)


def test_nothing_to_impute_or_from_is_an_error() -> None:
    with pytest.raises(EstimateError, match="None of price has any"):
        survey(firms()).impute(["price"], m=2, seed=1)
    with pytest.raises(EstimateError, match="Some answers to 'price'"):
        survey(firms().assign(price=np.nan)).impute(["price", "mfa"], m=2, seed=1)
    with pytest.raises(EstimateError, match="Two or more"):
        gaps().impute(["price"], m=1, seed=1)
