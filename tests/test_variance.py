"""Linearised variance: by hand, against golden values of R, and against R itself."""

from __future__ import annotations

import subprocess
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DesignError
from mspsurvey.inference.survey import Survey

FOUR = pd.DataFrame(
    {
        "h": ["a", "a", "b", "b"],
        "psu": [1, 2, 1, 2],
        "y": [1.0, 3.0, 10.0, 14.0],
        "w": [2.0, 2.0, 5.0, 5.0],
        "N": [4, 4, 10, 10],
    }
)


def test_the_variance_of_a_total_is_the_sum_over_strata_of_spread_between_units() -> None:
    row = Survey(FOUR, weights="w", strata="h", psu="psu").total("y").data.iloc[0]
    # n/(n-1) = 2; unit totals 2 and 6 lie 2 from their mean, 50 and 70 lie 10 from theirs.
    assert row["estimate"] == 2 * 1 + 2 * 3 + 5 * 10 + 5 * 14
    assert row["se"] == pytest.approx(np.sqrt(2 * (2**2 + 2**2) + 2 * (10**2 + 10**2)))
    assert row["df"] == 4 - 2


def test_a_finite_population_takes_its_sampled_fraction_off_the_variance() -> None:
    row = Survey(FOUR, weights="w", strata="h", psu="psu", fpc="N").total("y").data.iloc[0]
    half, fifth = 1 - 2 / 4, 1 - 2 / 10
    assert row["se"] == pytest.approx(np.sqrt(half * 16 + fifth * 400))


def test_an_fpc_may_be_the_fraction_that_was_sampled() -> None:
    counts = Survey(FOUR, weights="w", strata="h", psu="psu", fpc="N")
    fractions = Survey(FOUR.assign(N=[0.5, 0.5, 0.2, 0.2]), weights="w", strata="h", fpc="N")
    assert fractions.mean("y").data["se"][0] == pytest.approx(counts.mean("y").data["se"][0])


def test_units_with_one_name_in_two_strata_are_two_units() -> None:
    assert Survey(FOUR, strata="h", psu="psu").design.units == 4


def test_rows_of_one_unit_count_together() -> None:
    frame = pd.DataFrame({"psu": [1, 1, 2, 2], "y": [0.0, 4.0, 1.0, 3.0]})
    # Both units have a total of 4 and a mean of 2: between them nothing varies.
    assert Survey(frame, psu="psu").mean("y").data["se"][0] == 0
    assert Survey(frame).mean("y").data["se"][0] > 0


def test_a_stratum_taken_whole_is_not_a_lonely_unit() -> None:
    frame = pd.DataFrame({"h": ["a", "b", "b"], "N": [1, 8, 8], "y": [5.0, 1.0, 2.0]})
    row = Survey(frame, strata="h", fpc="N").total("y").data.iloc[0]
    # Only b varies: n/(n-1) = 2, 1 - 2/8 = 3/4, and both values lie 1/2 from their mean.
    assert row["se"] == pytest.approx(np.sqrt(3 / 4 * 2 * (1 / 4 + 1 / 4)))


LONELY = pd.DataFrame({"h": ["a", "b", "b"], "y": [5.0, 1.0, 3.0]})


def test_a_lonely_unit_fails_and_names_its_stratum() -> None:
    with pytest.raises(DesignError, match="stratum a has only one"):
        Survey(LONELY, strata="h").mean("y")


@pytest.mark.parametrize(
    ("option", "variance"),
    [
        ("remove", 4.0),  # of b alone: 2 * (1 + 1)
        ("certainty", 4.0),
        ("adjust", 4.0 + 25.0),  # and the single total, from 0
        ("average", 2 * 4.0),  # and as much again
    ],
)
def test_what_a_lonely_unit_contributes_is_chosen(option: str, variance: float) -> None:
    row = Survey(LONELY, strata="h", lonely_psu=option).total("y").data.iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(variance))


def test_average_needs_a_stratum_to_take_it_from() -> None:
    frame = pd.DataFrame({"h": ["a", "b"], "y": [1.0, 2.0]})
    with pytest.raises(DesignError, match="average"):
        Survey(frame, strata="h", lonely_psu="average").mean("y")


def test_a_domain_keeps_the_units_that_have_none_of_it() -> None:
    frame = pd.DataFrame({"psu": [1, 2, 3, 4], "g": ["x", "x", "y", "y"], "y": [1.0, 3, 9, 9]})
    row = Survey(frame, psu="psu").where("g == 'x'").mean("y").data.iloc[0]
    # Scores -1/2, 1/2, 0, 0 about their mean of 0, with n/(n-1) = 4/3: not 2, as of two units.
    assert row["se"] == pytest.approx(np.sqrt(4 / 3 * (1 / 4 + 1 / 4)))
    assert row["df"] == 2 - 1


def test_covariance_has_the_variances_on_its_diagonal() -> None:
    # The covariance of what may not be shown is blank; four rows are few.
    est = Survey(FOUR, weights="w", strata="h", psu="psu").mean("y", by="h").unsuppressed("a test")
    np.testing.assert_allclose(np.sqrt(np.diag(est.covariance)), est.data["se"])


def test_design_columns_with_gaps_are_refused() -> None:
    with pytest.raises(DesignError, match="missing in 1 of 4"):
        Survey(FOUR.assign(h=["a", None, "b", "b"]), strata="h")


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1, -1, 1, 1], "none negative"), ([1, np.inf, 1, 1], "finite"), ([0, 0, 0, 0], "not all 0")],
)
def test_weights_that_cannot_be_are_refused(weights: list[float], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Survey(FOUR.assign(w=weights), weights="w")


def test_an_fpc_below_the_sample_is_refused() -> None:
    with pytest.raises(DesignError, match="at least as large"):
        Survey(FOUR.assign(N=[1.5, 1.5, 10, 10]), strata="h", fpc="N")


def test_an_fpc_that_varies_in_a_stratum_is_refused() -> None:
    with pytest.raises(DesignError, match="same for all rows"):
        Survey(FOUR.assign(N=[4, 5, 10, 10]), strata="h", fpc="N")


# R 4.2.2, survey 4.1-1:
#   data(scd); scd$wt <- c(2, 3, 1, 4, 2, 2)
#   d <- svydesign(id = ~ambulance, strata = ~ESA, data = scd, weights = ~wt, nest = TRUE)
#   svytotal(~alive, d); svymean(~alive, d); svyratio(~alive, ~arrests, d)
GOLDEN_SCD = [
    648, 168.641631870662,
    46.2857142857143, 2.96796725964265,
    0.163183077310501, 0.0147519349674643,
]  # fmt: skip
SCD = pd.DataFrame(
    {
        "ESA": [1, 1, 2, 2, 3, 3],
        "ambulance": [1, 2, 1, 2, 1, 2],
        "arrests": [120, 78, 185, 228, 670, 530],
        "alive": [25, 24, 30, 49, 80, 70],
        "wt": [2.0, 3.0, 1.0, 4.0, 2.0, 2.0],
    }
)


def r(script: str) -> list[float]:
    """Run R with the survey package and read the numbers that it prints."""
    head = 'suppressMessages(library(survey)); o <- function(x) cat(sprintf("%.15g\\n", x));'
    done = subprocess.run(
        ["Rscript", "-e", head + script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [float(line) for line in done.stdout.split()]


def r_frame(frame: pd.DataFrame) -> str:
    columns = []
    for name, column in frame.items():
        text = [f'"{v}"' if isinstance(v, str) else repr(float(v)) for v in column]
        columns.append(f"{name} = c({', '.join(text)})")
    return f"f <- data.frame({', '.join(columns)});"


def numbers(*estimates: Any) -> list[float]:
    return [v for e in estimates for c in ("estimate", "se") for v in e.data[c]]


def test_two_units_a_stratum_give_the_golden_values_of_r() -> None:
    survey = Survey(SCD, weights="wt", strata="ESA", psu="ambulance")
    found = numbers(survey.total("alive"), survey.mean("alive"), survey.ratio("alive", "arrests"))
    np.testing.assert_allclose(found, GOLDEN_SCD, rtol=1e-10)


def staged(seed: int = 5) -> pd.DataFrame:
    """Two strata, PSUs and clients in them drawn without replacement, three domains."""
    rng = np.random.default_rng(seed)
    rows = [
        (stratum, unit, client, size, 4 + unit % 3)
        for stratum, size in (("a", 9), ("b", 14))
        for unit in range(5)
        for client in range(2 + unit % 3)
    ]
    frame = pd.DataFrame(rows, columns=["h", "psu", "ssu", "N1", "N2"])
    frame["g"] = rng.choice(["x", "y", "z"], len(frame))
    frame["y"] = rng.normal(50, 10, len(frame)).round(2)
    frame["x"] = rng.normal(20, 2, len(frame)).round(2)
    frame["w"] = rng.uniform(1, 5, len(frame)).round(2)
    return frame


@pytest.mark.r
def test_a_design_of_two_stages_has_the_variance_that_r_gives() -> None:
    frame = staged()
    expected = r(
        r_frame(frame)
        + "d <- svydesign(id=~psu+ssu, strata=~h, fpc=~N1+N2, weights=~w, data=f, nest=TRUE);"
        "m <- svymean(~y, d); o(coef(m)); o(SE(m)); t <- svytotal(~y, d); o(coef(t)); o(SE(t));"
        "q <- svyratio(~y, ~x, d); o(coef(q)); o(SE(q));"
        "b <- svyby(~y, ~g, d, svymean); o(coef(b)); o(SE(b));"
    )
    survey = Survey(frame, weights="w", strata="h", psu=["psu", "ssu"], fpc=["N1", "N2"])
    found = numbers(
        survey.mean("y"), survey.total("y"), survey.ratio("y", "x"), survey.mean("y", by="g")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.r
def test_degrees_of_freedom_of_a_domain_are_those_of_rs_subset() -> None:
    frame = staged(seed=8)
    expected = r(
        r_frame(frame) + "d <- svydesign(id=~psu, strata=~h, weights=~w, data=f, nest=TRUE);"
        "for (k in c('x','y','z')) o(degf(subset(d, g == k)));"
    )
    survey = Survey(frame, weights="w", strata="h", psu="psu")
    assert survey.mean("y", by="g").data["df"].tolist() == expected
    assert [survey.where(f"g == '{k}'").df for k in "xyz"] == expected


@pytest.mark.r
def test_a_difference_of_domains_has_the_error_that_r_gives() -> None:
    frame = staged(seed=9)
    expected = r(
        r_frame(frame) + "d <- svydesign(id=~psu, strata=~h, weights=~w, data=f, nest=TRUE);"
        "k <- svyglm(y ~ 0 + g, d); c <- svycontrast(k, c(1, -1, 0)); o(coef(c)); o(SE(c));"
    )
    survey = Survey(frame, weights="w", strata="h", psu="psu")
    difference = survey.mean("y", by="g").compare("x", "y")
    np.testing.assert_allclose(numbers(difference), expected, rtol=1e-8)


@pytest.mark.r
@pytest.mark.parametrize("option", ["adjust", "average", "remove", "certainty"])
def test_lonely_units_at_the_second_stage_are_treated_as_in_r(option: str) -> None:
    frame = staged(seed=10)
    alone = (frame["psu"] == 1) & (frame["ssu"] > 0) & (frame["h"] == "a")
    frame = frame[~alone].reset_index(drop=True)
    expected = r(
        r_frame(frame) + f"options(survey.lonely.psu='{option}');"
        "d <- svydesign(id=~psu+ssu, strata=~h, fpc=~N1+N2, weights=~w, data=f, nest=TRUE);"
        "m <- svymean(~y, d); o(coef(m)); o(SE(m));"
    )
    survey = Survey(
        frame, weights="w", strata="h", psu=["psu", "ssu"], fpc=["N1", "N2"], lonely_psu=option
    )
    # Under "average" nothing is known of the one unit with a single client: R has no number.
    assert np.isnan(expected[1]) == (option == "average")
    est = survey.mean("y")
    np.testing.assert_allclose(numbers(est), expected, rtol=1e-10)
    if option == "average":
        assert est.data["verdict"].tolist() == ["suppress"]
