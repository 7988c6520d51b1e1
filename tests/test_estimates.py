"""Estimates: intervals, comparisons, picking rows, and what a notebook shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import EstimateError
from mspsurvey.inference.estimator.interval import (
    korn_graubard_interval,
    logit_interval,
    mean_interval,
    t_quantile,
)
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey


def people(*counts: tuple[str, str, int]) -> pd.DataFrame:
    rows = [(g, q) for g, q, n in counts for _ in range(n)]
    return pd.DataFrame(rows, columns=["g", "q"])


FRAME = people(("x", "yes", 30), ("x", "no", 70), ("y", "yes", 45), ("y", "no", 55))
BY_GROUP = Survey(FRAME).share("q", by="g")


# R 4.2.2: qt(c(.975, .975, .95), c(1, 14, 200))
def test_t_quantiles_are_those_of_r() -> None:
    expected = [12.7062047361747, 2.1447866879178, 1.97189622363391]
    np.testing.assert_allclose(t_quantile(np.array([1.0, 14, 200]), 0.95), expected, rtol=1e-12)


GOLDEN_BETA = [0.567218701479749, 0.706354783014459]
GOLDEN_LOGIT = [0.568721098868047, 0.703675779368256]


# R 4.2.2, survey 4.1-1, data(api), d <- svydesign(~1, strata = ~stype, weights = ~pw,
#   data = apistrat, fpc = ~fpc): svyciprop(~I(awards == "Yes"), d, method = "beta") and "xlogit"
def test_intervals_give_the_golden_values_of_r() -> None:
    p, v = np.array([0.638936064050578]), np.array([0.0344059179972689**2])
    df = np.array([197.0])
    exact = korn_graubard_interval(p, p * (1 - p) / v, np.array([200]), df, 0.95)
    logit = logit_interval(p, v, df, 0.95)
    np.testing.assert_allclose(np.ravel(exact), GOLDEN_BETA, rtol=1e-10)
    np.testing.assert_allclose(np.ravel(logit), GOLDEN_LOGIT, rtol=1e-10)


def test_without_answers_on_one_side_the_exact_bound_is_that_of_clopper_and_pearson() -> None:
    data = Survey(people(("x", "no", 60))).share("q", by="g").data
    assert data["estimate"].tolist() == [1]
    # One of 60 alike: the lower limit is the 60th root of α/2.
    assert data["low"].tolist() == pytest.approx([0.025 ** (1 / 60)])
    assert data["high"].tolist() == [1]


def test_an_interval_without_degrees_of_freedom_is_unknown() -> None:
    low, high = mean_interval(np.array([1.0]), np.array([1.0]), np.array([0.0]), 0.95)
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_more_confidence_is_a_wider_interval() -> None:
    survey = Survey(FRAME)
    wide, narrow = (survey.share("q", confidence=c).data for c in (0.99, 0.9))
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["high"] > narrow["high"]).all()
    assert "90% interval" in survey.share("q", confidence=0.9)._repr_html_()


def test_effective_n_of_a_simple_sample_is_its_n_less_one() -> None:
    row = BY_GROUP.data.iloc[0]
    # v = p(1 - p)/n · n/(n - 1) within the domain, up to the factor N/(N - 1) of the design.
    assert row["n_eff"] == pytest.approx(100 * 199 / 200)
    assert row["deff"] == pytest.approx(200 / 199 * 99 / 100)


def test_a_difference_knows_that_groups_are_apart() -> None:
    difference = BY_GROUP.pick(level="yes").compare("y", "x")
    row = difference.data.iloc[0]
    one, two = BY_GROUP.pick(level="yes").data["se"]
    assert difference.statistic == "difference"
    assert difference.of == "share"
    assert row["g"] == "y vs x"
    assert row["estimate"] == pytest.approx(0.45 - 0.30)
    # Domains of one sample of single rows do not covary.
    assert row["se"] == pytest.approx(np.hypot(one, two))
    assert row["low"] == pytest.approx(0.15 - t_quantile(np.array(99.0), 0.95) * row["se"])
    assert difference.number(row["estimate"]) == "+15 points"


def test_a_difference_of_two_levels_uses_their_covariance() -> None:
    row = Survey(FRAME).share("q").compare("yes", "no").data.iloc[0]
    se = Survey(FRAME).share("q", level="yes").data["se"][0]
    # p − (1 − p) = 2p − 1.
    assert row["se"] == pytest.approx(2 * se)
    assert row["level"] == "yes vs no"


def test_every_pair_that_agrees_otherwise_is_compared() -> None:
    difference = BY_GROUP.compare("y", "x")
    assert difference.data["level"].tolist() == ["no", "yes"]
    assert difference.data["estimate"].tolist() == pytest.approx([-0.15, 0.15])
    assert difference.covariance.shape == (2, 2)


def test_a_difference_may_name_its_column() -> None:
    named = BY_GROUP.compare({"g": "y"}, {"g": "x"})
    pd.testing.assert_frame_equal(named.data, BY_GROUP.compare("y", "x").data)


def test_a_difference_with_a_suppressed_side_is_suppressed() -> None:
    small = people(("x", "yes", 30), ("x", "no", 70), ("y", "yes", 5), ("y", "no", 15))
    row = Survey(small).share("q", by="g", level="yes").compare("x", "y").data.iloc[0]
    assert (row["verdict"], row["why"]) == ("suppress", "n below 60")


def test_comparing_what_is_not_there_names_the_nearest() -> None:
    with pytest.raises(EstimateError, match="no 'z'"):
        BY_GROUP.compare("x", "z")


def test_picked_rows_take_their_covariance_along() -> None:
    picked = BY_GROUP.pick(g="y")
    np.testing.assert_allclose(picked.covariance, BY_GROUP.covariance[2:, 2:])


def test_picking_a_code_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(EstimateError, match="Did you mean 'yes'"):
        BY_GROUP.pick(level="yess")


def test_a_page_escapes_what_came_from_outside() -> None:
    frame = people(("<script>", "yes", 60), ("<script>", "no", 60))
    page = Survey(frame, population="<b>").share("q", by="g")._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_terminal_shows_the_table_and_its_footer() -> None:
    kinds = [("x", "yes", 80), ("x", "no", 80), ("y", "yes", 4), ("z", "yes", 60), ("z", "no", 60)]
    text = str(Survey(people(*kinds), population="firms").share("q", by="g"))
    head, *lines, foot = (" ".join(line.split()) for line in text.splitlines())
    assert head == "Item Level g Estimate 95% interval n Verdict"
    assert lines[0] == "q no x 50% 42% to 58% 160 show"
    assert lines[2] == "q no y [c] <10 suppressed: fewer than 10 respondents"
    assert foot.startswith("Base: firms.")


def test_the_footer_says_base_domain_gaps_and_invented_data() -> None:
    frame = FRAME.assign(q=FRAME["q"].where(FRAME.index > 0))
    survey = Survey(frame, population="firms", synthetic=True).where("g == 'x'")
    footer = survey.share("q").footer
    for words in (
        "Base: firms (n = 99).",
        "Only where g == 'x'.",
        "no answer 1",
        "SYNTHETIC DATA.",
    ):
        assert words in footer


def test_estimates_made_elsewhere_need_no_covariance() -> None:
    est = Estimates(BY_GROUP.data, "share", ("g",))
    assert len(est) == 4
    with pytest.raises(EstimateError, match="covariance"):
        _ = est.covariance


@pytest.mark.parametrize("seed", range(8))
def test_a_level_that_all_of_a_domain_chose_is_one_to_the_last_digit(seed: int) -> None:
    # Uneven weights, whose sum depends on the order in which they are added.
    weights = np.random.default_rng(seed).pareto(1.2, 60) + 0.2
    frame = pd.DataFrame({"q": ["yes"] * 50 + ["no"] * 10, "w": weights})
    survey = Survey(frame.assign(g=["a"] * 50 + ["b"] * 10), weights="w")
    for found in (survey.where("g == 'a'").share("q"), survey.share("q", by="g")):
        row = found.data[found.data["level"].eq("yes")].iloc[0]
        assert row["estimate"] == 1.0
        assert row["low"] < 0.95
    count = survey.where("g == 'a'").total("q").data
    assert np.isnan(count["deff"]).all()
