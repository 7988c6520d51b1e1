"""Baseline-category logit: closed forms, and agreement with the logit of two levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from model_cases import firms, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.model.matrix import Dense
from mspsurvey.inference.model.multinomial import Multinomial
from mspsurvey.inference.model.points import Points
from mspsurvey.inference.survey import Survey


def test_intercepts_of_an_empty_model_are_log_ratios_of_weighted_shares() -> None:
    frame = pd.DataFrame({"rating": ["bad", "fair", "good", "bad"], "w": [1.0, 2, 3, 4]})
    table = Survey(frame, weights="w").multinomial("rating ~ 1").coefficients
    assert table["outcome"].tolist() == ["fair", "good"]
    np.testing.assert_allclose(table["estimate"], np.log([2 / 5, 3 / 5]), rtol=1e-12)


def test_a_saturated_model_predicts_the_shares_of_each_group_with_their_errors() -> None:
    whole = survey(firms())
    predicted = whole.multinomial("rating ~ size").margins("size").data
    shares = whole.share("rating", by="size").data
    assert predicted[["level", "size"]].equals(shares[["level", "size"]])
    np.testing.assert_allclose(predicted["estimate"], shares["estimate"], rtol=1e-10)
    np.testing.assert_allclose(predicted["se"], shares["se"], rtol=1e-9)


def test_each_equation_of_a_saturated_model_is_the_logit_of_its_two_levels() -> None:
    whole = survey(firms())
    table = whole.multinomial("rating ~ size").coefficients
    pair = whole.where("rating in ['bad', 'good']").glm(
        "rating ~ size", family="binomial", level="good"
    )
    good = table[table["outcome"] == "good"]
    np.testing.assert_allclose(good["estimate"], pair.estimate, rtol=1e-10)
    np.testing.assert_allclose(good["se"], pair.coefficients["se"], rtol=1e-9)


def test_scores_information_and_slopes_are_derivatives() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(24), rng.normal(size=24)])
    y, w = np.arange(24) % 3, rng.random(24) + 0.5
    model, at = Multinomial(("a", "b", "c")), np.array([0.2, -0.3, 0.5, 0.4])
    points = Points(Dense(x), w, np.where(y[:, None] == np.arange(3), w[:, None], 0.0))

    def likelihood(p: np.ndarray) -> float:
        eta = np.column_stack([np.zeros(24), x @ p[:2], x @ p[2:]])
        return float(w @ (eta[np.arange(24), y] - np.log(np.exp(eta).sum(axis=1))))

    def numeric(function) -> np.ndarray:  # type: ignore[no-untyped-def]
        steps = 1e-6 * np.eye(4)
        return np.array([(function(at + s) - function(at - s)) / 2e-6 for s in steps])

    point = model.evaluate(points, at)
    np.testing.assert_allclose(point.gradient, numeric(likelihood), rtol=1e-6, atol=1e-8)
    gradient = numeric(lambda p: model.evaluate(points, p).gradient)
    np.testing.assert_allclose(point.information, -gradient, rtol=1e-6, atol=1e-8)
    scores = model.totals(points.matrix, model.values(points, at, at, y), np.arange(24), 24)
    np.testing.assert_allclose(w @ scores, point.gradient, rtol=1e-12, atol=1e-14)
    slopes = numeric(lambda p: w @ model.means(points, p, w)[0])
    np.testing.assert_allclose(model.means(points, at, w)[1], slopes.T, rtol=1e-6, atol=1e-8)


def test_weights_times_a_constant_and_the_order_of_rows_change_nothing() -> None:
    frame = firms()
    other = frame.sample(frac=1, random_state=4).assign(w=lambda f: f["w"] / 9)
    one, two = (survey(f).multinomial("rating ~ size + price") for f in (frame, other))
    np.testing.assert_allclose(two.estimate, one.estimate, rtol=1e-9)
    np.testing.assert_allclose(two.vcov, one.vcov, rtol=1e-8)


def test_a_term_is_tested_in_all_equations_at_once() -> None:
    result = survey(firms()).multinomial("rating ~ size + price").test("size")
    assert result.df[0] == 2 * 2
    assert 0 < result.p < 1


def test_separation_names_the_level_of_the_outcome() -> None:
    frame = firms().assign(sure=lambda f: f["rating"].eq("good") * 1.0)
    with pytest.raises(EstimateError, match="'good: sure'"):
        survey(frame).multinomial("rating ~ sure")
