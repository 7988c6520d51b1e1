"""Designs as declared: stages, fractions, probabilities, lonely units, rows as units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import DesignError, EstimateError
from mspsurvey.inference.survey import Survey

FOUR = pd.DataFrame(
    {
        "h": ["a", "a", "b", "b"],
        "psu": [1, 2, 1, 2],
        "y": [1.0, 3.0, 10.0, 14.0],
        "w": [2.0, 2.0, 5.0, 5.0],
        "p": [0.5, 0.5, 0.2, 0.2],
    }
)


def test_probabilities_are_weights_turned_over() -> None:
    weighed = Survey(FOUR, weights="w", strata="h").total("y").data
    chances = Survey(FOUR, probabilities="p", strata="h").total("y").data
    pd.testing.assert_frame_equal(weighed, chances)


def test_probabilities_of_stages_are_multiplied() -> None:
    survey = Survey(FOUR.assign(second=0.5), probabilities=["p", "second"])
    assert survey.design.weights.tolist() == [4, 4, 10, 10]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": "w", "probabilities": "p"}, "Either weights or probabilities"),
        ({"probabilities": "w"}, "above 0, up to 1"),
        ({"strata": "h", "fpc": ["p", "p"]}, "`fpc` should name a column for each stage"),
        ({"strata": ["h", "psu"]}, "`strata` should name a column for each stage"),
    ],
)
def test_a_design_that_cannot_be_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Survey(FOUR, **given)


def staged() -> pd.DataFrame:
    """Two PSUs of five, in each two rows of four."""
    return pd.DataFrame(
        {"psu": [1, 1, 2, 2], "N1": 5, "N2": 4, "y": [1.0, 3.0, 6.0, 10.0], "w": 5 / 2 * 4 / 2}
    )


def test_an_fpc_more_than_there_are_units_is_for_rows_drawn_in_them() -> None:
    frame = staged()
    row = Survey(frame, weights="w", psu="psu", fpc=["N1", "N2"]).total("y").data.iloc[0]
    # Totals 5·4 and 5·16 lie 30 from their mean; in the PSUs, 5 and 10 lie 5 and 10 from theirs.
    between = (1 - 2 / 5) * 2 * (30**2 + 30**2)
    inside = 2 / 5 * (1 - 2 / 4) * 2 * (5**2 + 5**2 + 10**2 + 10**2)
    assert row["se"] == pytest.approx(np.sqrt(between + inside))
    assert row["df"] == 1


def test_fractions_at_every_stage_are_fpcs_too() -> None:
    frame = staged()
    counts = Survey(frame, weights="w", psu="psu", fpc=["N1", "N2"]).total("y").data
    shares = frame.assign(N1=2 / 5, N2=2 / 4)
    fractions = Survey(shares, weights="w", psu="psu", fpc=["N1", "N2"]).total("y").data
    assert fractions["se"][0] == pytest.approx(counts["se"][0])


def test_a_fraction_at_one_stage_and_a_count_at_the_other_are_refused() -> None:
    with pytest.raises(DesignError, match="at every stage"):
        Survey(staged().assign(N1=2 / 5), weights="w", psu="psu", fpc=["N1", "N2"])


ALONE = pd.DataFrame(
    {
        "h": ["a", "a", "b", "b", "b"],
        "g": ["x", "y", "x", "x", "y"],
        "y": [5.0, 2.0, 1.0, 3.0, 4.0],
    }
)


def test_a_unit_that_is_alone_in_its_domain_can_be_treated_as_lonely() -> None:
    def variance(**how: object) -> float:
        survey = Survey(ALONE, strata="h", **how).where("g == 'x'")
        return float(survey.total("y").data["se"][0] ** 2)

    # Stratum a holds one x of two: 2·(2.5² + 2.5²) about its mean, 2·5² about 0.
    spread_b = 3 / 2 * ((1 - 4 / 3) ** 2 + (3 - 4 / 3) ** 2 + (4 / 3) ** 2)
    assert variance(lonely_psu="adjust") == pytest.approx(25 + spread_b)
    adjusted = variance(lonely_psu="adjust", lonely_domains=True)
    assert adjusted == pytest.approx(50 + spread_b)
    averaged = variance(lonely_psu="average", lonely_domains=True)
    assert averaged == pytest.approx(2 * spread_b)


def test_a_lonely_stratum_fails_only_where_the_domain_is() -> None:
    frame = pd.DataFrame({"h": ["a", "b", "b"], "y": [5.0, 1.0, 3.0]})
    survey = Survey(frame, strata="h")
    with pytest.raises(DesignError, match="stratum a has only one"):
        survey.mean("y")
    assert survey.where("h == 'b'").mean("y").data["se"][0] == pytest.approx(1)


def people(seed: int, rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "h": np.r_[["a", "a", "b", "b", "c"], rng.choice(["a", "b"], rows - 5)],
            "g": rng.choice(["x", "y", "z"], rows),
            "q": rng.choice(["1", "2", "3", None], rows),
            "y": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(100, 20, rows)),
            "x": rng.uniform(1, 9, rows),
            "w": rng.choice([1.0, 2.0, 7.0], rows),
        }
    )


QUESTIONS = {
    "share": lambda s: s.share("q", by="g"),
    "net": lambda s: s.share("q", level=["1", "3"], by="g"),
    "share of a total": lambda s: s.share("q", of="x", by="g"),
    "mean": lambda s: s.mean(["y", "x"], by="g"),
    "total": lambda s: s.total("y", by="g"),
    "count": lambda s: s.total("q", by="g"),
    "ratio": lambda s: s.ratio("y", "x", by="g"),
    "quantile": lambda s: s.quantile("y", [0.3, 0.5], by="g"),
    "variance": lambda s: s.variance("y", by="g"),
    "correlation": lambda s: s.correlation("y", "x", by="g"),
}
RULES = [("adjust", False), ("average", False), ("adjust", True), ("average", True),
         ("remove", False), ("certainty", False)]  # fmt: skip


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize(("rule", "domains"), RULES)
def test_large_samples_of_rows_are_summed_by_stratum_to_the_same_answers(
    ask: object, rule: str, domains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = people(4)
    survey = Survey(frame, weights="w", strata="h", lonely_psu=rule, lonely_domains=domains)
    small = ask(survey)  # type: ignore[operator]
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.FEW", 0)
    large = ask(survey.where("w > 0"))  # type: ignore[operator]
    pd.testing.assert_frame_equal(small.data, large.data, rtol=1e-10)
    np.testing.assert_allclose(small.covariance, large.covariance, rtol=1e-9, atol=1e-12)


def test_rows_drawn_in_units_are_summed_by_unit_to_the_same_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    frame = people(1).assign(psu=rng.integers(0, 6, 90), N1=20, N2=200)
    frame = frame[frame["h"] != "c"].reset_index(drop=True)
    survey = Survey(frame, weights="w", strata="h", psu="psu", fpc=["N1", "N2"])
    small = survey.mean("y", by="g")
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.FEW", 0)
    large = survey.where("w > 0").mean("y", by="g")
    pd.testing.assert_frame_equal(small.data, large.data, rtol=1e-10)
    np.testing.assert_allclose(small.covariance, large.covariance, rtol=1e-9, atol=1e-12)


def test_where_nothing_varies_the_error_is_nothing_in_large_samples_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.FEW", 0)
    frame = people(2).assign(w=1 / 3)
    frame = frame[frame["h"] != "c"].reset_index(drop=True)
    survey = Survey(frame, weights="w", strata="h")
    # Strata and weights are fixed by the design: their counts do not vary.
    assert survey.total("h").data["se"].tolist() == [0, 0]
    assert survey.share("h").data["se"].tolist() == [0, 0]


def test_two_of_many_groups_are_compared_without_the_whole_covariance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = people(3)
    frame = frame[frame["h"] != "c"].reset_index(drop=True)
    survey = Survey(frame, weights="w", strata="h")
    small = survey.mean("y", by="g").compare("x", "y")
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.FEW", 0)
    monkeypatch.setattr("mspsurvey.inference.estimator.linear.BLOCK", 200)
    large = survey.where("w > 0").mean("y", by="g")
    pd.testing.assert_frame_equal(large.compare("x", "y").data, small.data, rtol=1e-10)
    with pytest.raises(EstimateError, match="compare two"):
        _ = large.covariance


@given(st.integers(0, 500))
@settings(max_examples=20, deadline=None)
def test_where_and_by_agree(seed: int) -> None:
    frame = people(seed)
    survey = Survey(frame, weights="w", strata="h", lonely_psu="adjust")
    for ask in (
        lambda s, **k: s.share("q", **k), lambda s, **k: s.mean("y", **k),
        lambda s, **k: s.quantile("y", **k), lambda s, **k: s.variance("y", **k),
        lambda s, **k: s.correlation("y", "x", **k),
    ):  # fmt: skip
        groups = ask(survey, by="g").data
        for code in "xyz":
            inside = ask(survey.where(f"g == '{code}'")).data
            same = groups[groups["g"] == code].drop(columns="g").reset_index(drop=True)
            pd.testing.assert_frame_equal(inside, same, rtol=1e-9)


def test_items_that_nobody_answered_and_empty_groups_have_a_verdict() -> None:
    frame = pd.DataFrame({"g": pd.Categorical(["x"] * 4, ["x", "y"]), "y": np.nan, "q": None,
                          "x": [1.0, 2, 3, 4]})  # fmt: skip
    survey = Survey(frame.assign(q=pd.Categorical([None] * 4, ["no", "yes"])))
    answers = [
        survey.mean("y"), survey.total("y"), survey.quantile("y"), survey.variance("y"),
        survey.share("q"), survey.correlation("x", "y"), survey.ratio("x", "y"),
        survey.mean("x", by="g"), survey.quantile("x", by="g"), survey.variance("x", by="g"),
    ]  # fmt: skip
    for est in answers:
        empty = est.data[est.data["n"] == 0]
        assert len(empty)
        assert empty["why"].eq("no respondents").all()
        assert empty["verdict"].eq("suppress").all()
        assert empty["estimate"].isna().all()
