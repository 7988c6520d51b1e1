"""Average predictions and effects: design-based, with both parts of their error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_cases import firms, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey


def test_margins_of_a_saturated_logit_are_shares_and_effects_their_differences() -> None:
    whole = survey(firms())
    fit = whole.glm("mfa ~ size", family="binomial")
    shares, predicted = whole.share("mfa", by="size", level="yes"), fit.margins("size")
    # Degrees of freedom are those of all rows of the model, which the predictions rest on.
    for column in ("estimate", "se", "n", "n_eff"):
        np.testing.assert_allclose(predicted.data[column], shares.data[column], rtol=1e-9)
    assert predicted.data["verdict"].tolist() == shares.data["verdict"].tolist()
    effects = fit.effects("size").data
    for row, level in enumerate(["medium", "large"]):
        difference = shares.compare(level, "small").data.iloc[0]
        assert effects["size"].iloc[row] == f"{level} vs small"
        for column in ("estimate", "se"):
            assert effects[column].iloc[row] == pytest.approx(difference[column], rel=1e-9)


def test_a_prediction_that_rests_on_few_heavy_rows_is_hidden_as_the_share_is() -> None:
    # In each group (5·10 + 40)² / (25·10 + 40) is 27.9.
    frame = pd.DataFrame({"q": ["yes", "no"] * 50, "w": [5.0] * 20 + [1.0] * 80})
    frame["g"] = ["a", "a", "b", "b"] * 25
    whole = Survey(frame, weights="w")
    predicted = whole.glm("q ~ g", family="binomial").margins("g").data
    shares = whole.share("q", by="g", level="yes").data
    assert predicted["why"].tolist() == shares["why"].tolist() == ["n below 60"] * 2
    more = Survey(pd.concat([frame, frame[frame["w"].eq(1)]], ignore_index=True), weights="w")
    predicted = more.glm("q ~ g", family="binomial").margins("g").data
    assert predicted["why"].tolist() == ["weighted as if n were below 60"] * 2


def test_the_average_prediction_as_observed_is_the_share_itself() -> None:
    whole = survey(firms())
    predicted = whole.glm("mfa ~ size + price", family="binomial").margins().data.iloc[0]
    share = whole.share("mfa", level="yes").data.iloc[0]
    assert predicted["estimate"] == pytest.approx(share["estimate"], rel=1e-10)
    # The score equation of the intercept makes the two estimators one and the same.
    assert predicted["se"] == pytest.approx(share["se"], rel=1e-8)


def test_a_slope_of_a_gaussian_model_is_its_coefficient() -> None:
    fit = survey(firms()).glm("price ~ staff + size")
    slope, row = fit.effects("staff").data.iloc[0], fit.coefficients.iloc[1]
    assert slope["estimate"] == pytest.approx(row["estimate"], rel=1e-8)
    assert slope["se"] == pytest.approx(row["se"], rel=1e-6)


def test_the_slope_of_a_logit_is_the_average_of_b_p_q() -> None:
    whole = survey(firms())
    fit = whole.glm("mfa ~ price", family="binomial")
    frame, (a, b) = whole.frame, fit.estimate
    p = 1 / (1 + np.exp(-(a + b * frame["price"])))
    expected = np.average(b * p * (1 - p), weights=frame["w"])
    assert fit.effects("price").data["estimate"].iloc[0] == pytest.approx(expected, rel=1e-8)


def test_holding_another_variable_gives_that_levels_prediction() -> None:
    fit = survey(firms()).glm("mfa ~ size * staff", family="binomial")
    held = fit.margins("size", given={"staff": 3}).data
    profile = fit.predict({"size": ["small", "medium", "large"], "staff": 3}).data
    np.testing.assert_allclose(held["estimate"], profile["estimate"], rtol=1e-12)
    np.testing.assert_allclose(held["se"], profile["se"], rtol=1e-9)
    assert profile["staff"].tolist() == ["3", "3", "3"]


def test_predictions_at_values_of_a_number_average_over_everybody() -> None:
    whole = survey(firms())
    fit = whole.glm("mfa ~ size + price", family="binomial")
    predicted = fit.margins("price", at=[40, 60]).data
    a, medium, large, b = fit.estimate
    lift = whole.frame["size"].map({"small": 0.0, "medium": medium, "large": large})
    for row, value in enumerate([40, 60]):
        p = 1 / (1 + np.exp(-(a + lift + b * value)))
        expected = np.average(p, weights=whole.frame["w"])
        assert predicted["estimate"].iloc[row] == pytest.approx(expected, rel=1e-12)
    assert predicted["price"].tolist() == ["40", "60"]


@pytest.mark.parametrize("formula", ["rating ~ size + price", "rating ~ price"])
@pytest.mark.parametrize("kind", ["ordinal", "multinomial"])
def test_predicted_shares_of_levels_sum_to_one_and_effects_to_zero(
    kind: str, formula: str
) -> None:
    fit = getattr(survey(firms()), kind)(formula)
    predicted = fit.margins("price", at=[45, 55])
    sums = predicted.data.groupby("price")["estimate"].sum()
    np.testing.assert_allclose(sums, 1.0)
    np.testing.assert_allclose(predicted.covariance.sum(axis=1), 0.0, atol=1e-12)
    assert fit.effects("price").data["estimate"].sum() == pytest.approx(0, abs=1e-10)


def test_replicates_give_nearly_the_linearised_error_of_an_average() -> None:
    whole = survey(firms())
    linear = whole.glm("mfa ~ size + price", family="binomial").margins("size").data
    again = whole.replicate("JKn").glm("mfa ~ size + price", family="binomial").margins("size")
    np.testing.assert_allclose(again.data["estimate"], linear["estimate"], rtol=1e-10)
    np.testing.assert_allclose(again.data["se"], linear["se"], rtol=0.08)


def test_an_average_over_a_raked_margin_knows_of_the_raking() -> None:
    raked = survey(firms(), raked_to=["mfa"])
    row = raked.glm("mfa ~ price", family="binomial").margins().data.iloc[0]
    assert row["se"] == pytest.approx(0, abs=1e-9)


def test_counts_have_intervals_that_stay_above_zero() -> None:
    data = (
        survey(firms(count=60))
        .glm("staff ~ price", family="poisson")
        .predict({"price": [20.0, 80.0]})
        .data
    )
    assert (data["low"] > 0).all()
    assert data["price"].tolist() == ["20", "80"]


def test_estimates_of_a_model_can_be_compared_and_charted() -> None:
    predicted = survey(firms()).glm("mfa ~ size + price", family="binomial").margins("size")
    assert predicted.statistic == "share"
    difference = predicted.compare("large", "small").data.iloc[0]
    root = predicted.root
    assert root is not None
    assert difference["se"] == pytest.approx(np.linalg.norm(root[:, 2] - root[:, 0]))
    assert predicted.chart().kind == "bars"


def test_a_prediction_says_that_it_is_one_wherever_it_is_shown() -> None:
    fit = survey(firms()).glm("mfa ~ size + price", family="binomial")
    for est in (fit.margins("size"), fit.effects("size"), fit.effects("price")):
        assert "as predicted by mfa ~ size + price" in est.footer
        assert "as predicted by mfa ~ size + price" in est.phrase()
    assert "predicted" not in fit.estimates.footer


def test_what_cannot_be_predicted_is_an_error() -> None:
    fit = survey(firms()).glm("mfa ~ size + price", family="binomial")
    for ask, message in [
        (lambda: fit.margins("sizes"), "Did you mean 'size'"),
        (lambda: fit.margins("price"), "at=\\[…\\]"),
        (lambda: fit.margins("size", at=["tiny"]), "no 'tiny'"),
        (lambda: fit.predict({"size": "small"}), "none of 'price'"),
        (lambda: fit.predict({"size": ["small", "large"], "price": [1, 2, 3]}), "3 profiles"),
        (lambda: fit.margins("size", given={"price": "much"}), "A number was wanted"),
    ]:
        with pytest.raises(EstimateError, match=message):
            ask()
