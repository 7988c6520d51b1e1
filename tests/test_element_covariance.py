"""Covariance from sums by stratum: that of the table of rows by estimates, without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mspsurvey.inference.estimator import linear
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.variance.element_covariance import Covariances, small_root
from mspsurvey.inference.variance.root import Root


def frame(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    q = pd.Series(rng.choice(["a", "b", "c"], n)).where(rng.random(n) > 0.1)
    return pd.DataFrame({
        "q": q,
        "g": rng.choice(["x", "y"], n),
        "y": pd.Series(rng.normal(5, 2, n)).where(rng.random(n) > 0.1),
        "h": rng.integers(0, 4, n),
        "N": 500,
        "w": rng.uniform(1, 9, n),
    })  # fmt: skip


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every sample count as too large for a table of rows by estimates."""
    monkeypatch.setattr(linear, "FEW", 0)


QUESTIONS = [
    lambda s: s.share("q", by="g"),
    lambda s: s.share("q"),
    lambda s: s.share("q", by="g", level="b"),
    lambda s: s.mean("y", by="g"),
    lambda s: s.total("q", by="g"),
    lambda s: s.total("y", by="g"),
    lambda s: s.where("g == 'x'").share("q", by="h"),
]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("ask", QUESTIONS)
@pytest.mark.parametrize("design", [{}, {"strata": "h"}, {"strata": "h", "fpc": "N"}])
def test_it_is_the_product_of_the_columns(ask: object, design: dict[str, str]) -> None:
    estimates = ask(Survey(frame(), weights="w", **design))  # type: ignore[operator]
    assert isinstance(estimates.root, Root)
    positions = np.arange(len(estimates))
    expected = estimates.unsuppressed("test").covariance
    np.testing.assert_allclose(
        Covariances().of(estimates.root, positions), expected, rtol=1e-9, atol=1e-18
    )
    root = small_root(estimates.root)
    assert root.shape == (len(estimates), len(estimates))
    np.testing.assert_allclose(
        root.T @ root, expected, rtol=1e-8, atol=1e-15 + expected.max() * 1e-12
    )
    np.testing.assert_allclose(np.diag(expected), estimates.data["se"] ** 2, rtol=1e-9)


@pytest.mark.usefixtures("large")
def test_a_stratum_of_one_keeps_its_total_under_adjust() -> None:
    data = frame()
    data.loc[0, "h"] = 9
    estimates = Survey(data, weights="w", strata="h", lonely_psu="adjust").share("q", by="g")
    found = Covariances().of(estimates.root, np.arange(6))
    np.testing.assert_allclose(found, estimates.covariance, rtol=1e-9, atol=1e-18)


@pytest.mark.usefixtures("large")
def test_what_asks_for_more_goes_the_long_way() -> None:
    data = frame()
    data.loc[0, "h"] = 9
    average = Survey(data, weights="w", strata="h", lonely_psu="average").share("q", by="g")
    found = Covariances().of(average.root, np.arange(6))
    np.testing.assert_allclose(found, average.covariance, rtol=1e-9, atol=1e-18)


@pytest.mark.usefixtures("large")
def test_tests_and_letters_of_a_large_sample_are_those_of_a_small_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    survey = Survey(frame(), weights="w", strata="h")
    asked = [
        lambda: survey.test("q", by="g").statistic,
        lambda: survey.test("q", by="g", statistic="adjWald").statistic,
        lambda: survey.test("y", by="g", method="rank").statistic,
        lambda: survey.banner("q", ["g"], adjust=None).data["above"].tolist(),
    ]
    without = [ask() for ask in asked]
    monkeypatch.setattr(linear, "FEW", 2_000_000)
    for ask, expected in zip(asked, without, strict=True):
        assert ask() == (pytest.approx(expected) if isinstance(expected, float) else expected)
