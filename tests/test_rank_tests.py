"""Rank tests in a complex sample: by hand, and against R's svyranktest."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"
here = pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")


def six() -> pd.DataFrame:
    return pd.DataFrame({"y": [1.0, 2, 3, 4, 5, 6], "g": ["a", "a", "b", "a", "b", "b"]})


def test_the_estimate_is_the_difference_of_mean_ranks() -> None:
    # Ranks less a half, over 6: a has 0.5, 1.5 and 3.5, b has 2.5, 4.5 and 5.5.
    result = Survey(six()).test("y", by="g", method="rank")
    assert result.estimate == pytest.approx((12.5 - 5.5) / 3 / 6)
    assert result.df == (4,)
    assert result.method == "Design-based Wilcoxon rank test"


def test_half_plus_the_estimate_is_the_chance_that_one_of_b_is_above_one_of_a() -> None:
    # Of the nine pairs, b is above a in all but 4 > 3.
    result = Survey(six()).test("y", by="g", method="rank")
    assert 0.5 + result.estimate == pytest.approx(8 / 9)


def test_the_median_test_compares_shares_above_the_median() -> None:
    # Ranks less a half, over 6, above one half: 4, 5, 6, so a third of a and two thirds of b.
    result = Survey(six()).test("y", by="g", method="rank", scores="median")
    assert result.estimate == pytest.approx(2 / 3 - 1 / 3)


def test_only_the_order_of_values_counts() -> None:
    cubed = six().assign(y=lambda f: f["y"] ** 3 - 100)
    one, two = (Survey(f).test("y", by="g", method="rank") for f in (six(), cubed))
    assert one.statistic == two.statistic


def test_ranks_count_the_population_by_weight() -> None:
    # A firm of weight 2 takes two places: a at 1, b at 2.5 of 3.
    frame = pd.DataFrame({"y": [1.0, 2, 1, 2], "g": ["a", "b", "a", "b"], "w": [1, 2, 1, 2]})
    result = Survey(frame, weights="w").test("y", by="g", method="rank", ties="weights")
    # Two firms of each: a is in the middle of the first 2 of 6, b of the last 4.
    assert result.estimate == pytest.approx((4 - 1) / 6)


def test_ties_of_equal_weight_have_one_rank_whichever_rule_is_used() -> None:
    frame = pd.DataFrame({"y": [1.0, 1, 2, 2, 2, 3, 3, 3], "g": list("abababab")})
    by_rows, by_weight = (
        Survey(frame).test("y", by="g", method="rank", ties=t) for t in ("rows", "weights")
    )
    assert by_rows.statistic == pytest.approx(by_weight.statistic)
    assert by_rows.note == ""


def test_ties_of_unequal_weight_are_announced_and_one_rule_does_not_ask_for_row_order() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({
        "y": rng.integers(0, 4, 60).astype(float),
        "g": rng.choice(["a", "b"], 60),
        "w": rng.uniform(1, 9, 60),
    })  # fmt: skip
    turned = frame.iloc[::-1]
    ask = {"item": "y", "by": "g", "method": "rank"}
    one, two = (Survey(f, weights="w").test(**ask, ties="weights") for f in (frame, turned))
    assert one.statistic == pytest.approx(two.statistic, rel=1e-12)
    as_r = [Survey(f, weights="w").test(**ask) for f in (frame, turned)]
    assert as_r[0].statistic != pytest.approx(as_r[1].statistic, rel=1e-6)
    assert "order of rows" in as_r[0].note


def test_with_two_groups_kruskal_wallis_is_the_square_of_wilcoxon() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"y": rng.normal(size=90), "g": rng.choice(["a", "b"], 90)})
    t = Survey(frame).test("y", by="g", method="rank")
    same = Survey(frame).test("y", by="g", method="rank", scores="KruskalWallis")
    assert t.statistic == same.statistic


def test_many_groups_give_an_f_that_does_not_ask_which_is_first() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": rng.normal(size=90), "g": rng.choice(["a", "b", "c"], 90)})
    one = Survey(frame).test("y", by="g", method="rank")
    two = Survey(frame.assign(g=frame["g"].map({"a": "z", "b": "y", "c": "x"}))).test(
        "y", by="g", method="rank"
    )
    assert one.statistic == pytest.approx(two.statistic)
    assert one.df == (2, 87)
    assert "Kruskal–Wallis" in one.method


def test_a_name_that_is_no_score_is_refused() -> None:
    with pytest.raises(EstimateError, match="Did you mean 'wilcoxon'"):
        Survey(six()).test("y", by="g", method="rank", scores="wilcoxn")


def test_no_score_is_infinite() -> None:
    result = Survey(six()).test("y", by="g", method="rank", scores="vanderWaerden")
    assert math.isfinite(result.statistic)


# R 4.2.2, survey 4.1-1: d <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2);
# svyranktest(api00 ~ comp.imp, d, test = …); the last svyranktest(api00 ~ stype, d, test = …).
GOLDEN = [
    ("wilcoxon", "comp.imp", 3.614769681990025, 0.0008691119260123351),
    ("vanderWaerden", "comp.imp", 3.382426413273771, 0.001676867538757215),
    ("median", "comp.imp", 2.718709990587815, 0.009821366265979384),
    ("vanderWaerden", "stype", 15.44366120544782 / 2, 0.001575474352660679),
]


@here
@pytest.mark.parametrize(("scores", "by", "value", "p"), GOLDEN)
def test_rank_tests_of_a_two_stage_sample_are_those_of_r(
    scores: str, by: str, value: float, p: float
) -> None:
    data = pd.read_csv(ORACLE / "data" / "apiclus2.csv")
    schools = data.groupby("dnum")["snum"].transform("nunique")
    weight = data["fpc1"] / data["dnum"].nunique() * data["fpc2"] / schools
    survey = Survey(data.assign(w=weight), weights="w", psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    result = survey.test("api00", by=by, method="rank", scores=scores)
    assert result.statistic == pytest.approx(value, rel=1e-8)
    assert result.p == pytest.approx(p, rel=1e-6)


@here
def test_rank_tests_of_a_domain_and_with_gaps_are_those_of_r() -> None:
    # svyranktest(api00 ~ comp.imp, subset(dstrat, ell > 20)); svyranktest(acs.core ~ comp.imp,
    # dstrat), where acs.core is missing for 95 schools.
    data = pd.read_csv(ORACLE / "data" / "apistrat.csv")
    survey = Survey(data, weights="pw", strata="stype", fpc="fpc")
    inside = survey.where("ell > 20").test("api00", by="comp.imp", method="rank")
    assert inside.statistic == pytest.approx(1.133476109178156, rel=1e-8)
    assert inside.p == pytest.approx(0.2605312040379636, rel=1e-6)
    gaps = survey.test("acs.core", by="comp.imp", method="rank")
    assert gaps.statistic == pytest.approx(-1.102810189483809, rel=1e-8)
    assert gaps.p == pytest.approx(0.272704790984415, rel=1e-6)
