"""The presentation standard: each rule, and that nothing suppressed shows a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mspsurvey.inference.result.disclose import Row, complement, judge
from mspsurvey.inference.result.estimate import GIVES_AWAY
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Variable


def row(**changes: float) -> Row:
    values: dict[str, float] = {
        "estimate": 0.4, "se": 0.03, "low": 0.35, "high": 0.45, "df": 100, "n": 200,
        "n_eff": 180, "positive": 80, "largest": 0.1, "kish": 190,
    } | changes  # fmt: skip
    return Row(**{k: np.array([v], dtype=float) for k, v in values.items()})


def share(**changes: float) -> tuple[str, str]:
    verdict, why = judge(row(**changes), share=True)
    return str(verdict[0]), str(why[0])


def mean(**changes: float) -> tuple[str, str]:
    verdict, why = judge(row(**changes), share=False)
    return str(verdict[0]), str(why[0])


def test_a_sound_share_is_shown_without_a_reason() -> None:
    assert share() == ("show", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": 0, "positive": 0}, "no respondents"),
        ({"n": 9, "positive": 4}, "fewer than 10 respondents"),
        ({"positive": 2}, "fewer than 3 cases"),
        ({"positive": 198}, "fewer than 3 cases"),
        ({"n": 59, "positive": 12}, "n below 60"),
        ({"kish": 59}, "weighted as if n were below 60"),
        ({"n_eff": 29}, "effective n below 30"),
        ({"low": 0.25, "high": 0.55}, "interval 30 points wide or more"),
        ({"estimate": 0.04, "low": 0.01, "high": 0.10}, "interval wider than 200% of the share"),
        ({"estimate": 0.96, "low": 0.90, "high": 0.99}, "interval wider than 200% of the share"),
        ({"df": 0, "low": np.nan, "high": np.nan}, "no degrees of freedom"),
        ({"df": 11}, "fewer than 12 degrees of freedom"),
    ],
)
def test_a_share_is_suppressed(changes: dict[str, float], words: str) -> None:
    assert share(**changes) == ("suppress", words)


def test_a_rare_answer_with_a_narrow_interval_is_shown() -> None:
    # 4.9 points wide: more than twice 2 %, but no more than 5 points.
    assert share(estimate=0.02, low=0.005, high=0.054) == ("show", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_eff": 49}, "effective n below 50"),
        ({"df": 19}, "fewer than 20 degrees of freedom"),
        ({"estimate": 0.05, "low": 0.02, "high": 0.09}, "interval wider than 130% of the share"),
        ({"estimate": 0.95, "low": 0.91, "high": 0.98}, "interval wider than 130% of the share"),
    ],
)
def test_a_less_reliable_share_is_flagged(changes: dict[str, float], words: str) -> None:
    assert share(**changes) == ("flag", words)


def test_thresholds_are_on_the_side_of_showing() -> None:
    assert share(n=60, n_eff=50, kish=60, df=20, positive=3, low=0.26, high=0.5599)[0] == "show"


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_none_and_all_show_their_exact_bound(edge: float) -> None:
    low, high = (0.0, 0.06) if edge == 0 else (0.94, 1.0)
    assert share(estimate=edge, se=0, positive=200 * edge, low=low, high=high) == ("show", "")


def test_means_need_thirty_answers_and_a_relative_error_of_at_most_thirty_percent() -> None:
    assert mean(n=29)[0] == "suppress"
    assert mean(estimate=10, se=3)[0] == "show"
    assert mean(estimate=10, se=3.1) == ("suppress", "relative standard error above 30%")
    assert mean(estimate=0, se=1)[0] == "suppress"


def test_a_count_needs_the_base_of_a_share() -> None:
    survey = Survey(answers(a=30, b=29))
    assert survey.total("q").data["why"].tolist() == ["n below 60"] * 2
    assert Survey(answers(a=30, b=30)).total("q").data["verdict"].tolist() == ["show"] * 2


def test_a_share_that_rests_on_few_heavy_answers_is_hidden_however_precise_it_looks() -> None:
    # Ten of 100 count 30: (300 + 90)² / (9000 + 90) is 16.7, though nearly all were asked.
    frame = pd.DataFrame({"q": ["yes", "no"] * 50, "w": [30.0] * 10 + [1.0] * 90})
    frame["N"] = frame["w"].map({30.0: 11, 1.0: 91})
    survey = Survey(frame, weights="w", strata="w", fpc="N")
    for found in (survey.share("q"), survey.total("q")):
        assert (found.data["n_eff"] > 100).all()
        assert found.data["why"].tolist() == ["weighted as if n were below 60"] * 2


def test_a_verdict_on_one_group_does_not_hang_on_another() -> None:
    # (5·20 + 80)² / (25·20 + 80) is 55.9. In b all are at one level, without a variance.
    a = pd.DataFrame({"q": ["yes", "no"] * 50, "w": [5.0] * 20 + [1.0] * 80, "g": "a"})
    b = pd.DataFrame({"q": ["yes"] * 100, "w": 1.0, "g": "b"})
    alone = Survey(a, weights="w").share("q").data
    both = Survey(pd.concat([a, b], ignore_index=True), weights="w").share("q", by="g").data
    assert alone["why"].tolist() == both.loc[both["g"].eq("a"), "why"].tolist()
    assert alone["why"].tolist() == ["weighted as if n were below 60"] * 2


def test_a_sum_of_numbers_with_a_long_tail_is_flagged_below_900_degrees_of_freedom() -> None:
    words = "a few large numbers carry it: the interval is likely too short"
    few, many = row(df=899), row(df=900)
    assert [a[0] for a in judge(few, share=False, long_tail=True)] == ["flag", words]
    assert [a[0] for a in judge(many, share=False, long_tail=True)] == ["show", ""]
    assert judge(few, share=False)[0][0] == "show"


def test_the_instrument_says_which_numbers_have_a_long_tail() -> None:
    staff = Variable("staff", "How many?", "Staff", "number", "staff", long_tail=True)
    age = Variable("age", "How old?", "Age", "number", "age")
    instrument = Instrument("q", "Q", "1", "Firms", "now", {}, {}, {"staff": staff, "age": age})
    frame = pd.DataFrame({"staff": range(1, 101), "age": range(1, 101)}, dtype="float64")
    survey = Survey(frame, instrument=instrument)
    assert survey.mean("staff").data["verdict"].tolist() == ["flag"]
    assert survey.ratio("age", "staff").data["verdict"].tolist() == ["flag"]
    # A median does not lean on the largest.
    assert survey.quantile("staff", [0.5]).data["verdict"].tolist() == ["show"]
    assert survey.mean("age").data["verdict"].tolist() == ["show"]


def test_a_sum_that_is_mostly_one_firms_is_suppressed() -> None:
    assert mean(estimate=10, se=1, largest=0.71)[1] == "one or two firms make up most of the sum"
    assert mean(estimate=10, se=1, largest=0.70)[0] == "show"


def table(*verdicts: str) -> tuple[Any, Any]:
    verdict = np.array([verdicts], dtype=object)
    return verdict, np.array([["rule" if v == "suppress" else "" for v in verdicts]], dtype=object)


def test_one_suppressed_level_takes_the_next_smallest_with_it() -> None:
    verdict, why = table("show", "suppress", "show")
    found, reasons = complement(np.array([[0.5, 0.2, 0.3]]), verdict, why)
    assert found.tolist() == [["show", "suppress", "suppress"]]
    assert reasons[0, 2] == GIVES_AWAY
    assert verdict.tolist() == [["show", "suppress", "show"]]


def test_two_suppressed_levels_hide_each_other() -> None:
    verdict, why = table("show", "suppress", "suppress")
    assert complement(np.array([[0.5, 0.2, 0.3]]), verdict, why)[0].tolist() == verdict.tolist()


def test_a_zero_is_no_cover_while_there_is_another() -> None:
    found, _ = complement(np.array([[0.8, 0.2, 0.0]]), *table("show", "suppress", "show"))
    assert found.tolist() == [["suppress", "suppress", "show"]]


def answers(**counts: int) -> pd.DataFrame:
    codes = [code for code, count in counts.items() for _ in range(count)]
    return pd.DataFrame({"q": pd.Categorical(codes, categories=list(counts))})


def test_a_suppressed_row_shows_no_number_anywhere() -> None:
    est = Survey(answers(a=60, b=38, c=2)).share("q")
    assert est.data["verdict"].tolist() == ["show", "suppress", "suppress"]
    shown = est.frame.set_index("level")
    hidden = ["estimate", "se", "low", "high", "n_eff", "deff", "base"]
    assert shown.loc[["b", "c"], hidden].isna().all(axis=None)
    assert shown.loc["a", "estimate"] == 0.6
    page = est._repr_html_()
    assert "38%" not in page
    assert "2%" not in page


def test_suppression_is_lifted_only_with_a_reason_that_is_printed() -> None:
    est = Survey(answers(a=60, b=38, c=2)).share("q").unsuppressed("audit of the <table>")
    assert est.frame["estimate"].tolist() == [0.6, 0.38, 0.02]
    assert "because: audit of the &lt;table&gt;" in est._repr_html_()


def test_a_net_is_judged_alone() -> None:
    est = Survey(answers(a=60, b=38, c=2)).share("q", level=["b", "c"], net="b or c")
    assert est.frame[["level", "estimate", "verdict"]].to_numpy().tolist() == [
        ["b or c", 0.4, "show"]
    ]


def test_money_of_one_firm_is_not_published_as_a_total() -> None:
    frame = pd.DataFrame({"money": [1.0] * 99 + [1000.0]})
    row = Survey(frame).total("money").data.iloc[0]
    assert (row["verdict"], row["why"]) == ("suppress", "one or two firms make up most of the sum")
