"""Design-based tests: by hand on small samples, and against R's survey."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.testing.chisq import association
from mspsurvey.inference.testing.mixture import exact_tail, saddlepoint_tail

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"
here = pytest.mark.skipif(not ORACLE.is_dir(), reason="the R results are not here")


def small() -> pd.DataFrame:
    """Twenty firms, ten of each size; 8 and 4 of them say yes."""
    size = ["small"] * 10 + ["large"] * 10
    mfa = ["yes"] * 8 + ["no"] * 2 + ["yes"] * 4 + ["no"] * 6
    score = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    return pd.DataFrame({"size": size, "mfa": mfa, "score": np.array(score, dtype=float)})


def simple(**columns: Any) -> Survey:
    return Survey(small().assign(**columns))


# ---- by hand ----------------------------------------------------------------------------


def test_x2_is_pearsons_where_weights_are_equal() -> None:
    # Yes 8 and 4 of 12, no 2 and 6 of 8: expected 6 and 4, so 4/6 + 4/6 + 4/4 + 4/4.
    result = simple().test("mfa", by="size", statistic="Chisq")
    assert result.statistic == pytest.approx(4 / 6 + 4 / 6 + 4 / 4 + 4 / 4)
    assert result.df == (1,)


def test_with_equal_weights_the_design_effect_of_a_table_is_n_over_n_less_1() -> None:
    # The with-replacement variance divides by n − 1, Pearson's by n.
    result = simple().test("mfa", by="size")
    # X² of a two-by-two table over one design effect; that of phi's variance under H1.
    share = np.array([[0.1, 0.3], [0.4, 0.2]])
    rows = np.repeat(np.eye(4), [2, 6, 8, 4], axis=0)
    root = (rows - share.ravel()) / math.sqrt(20 * 19)
    by_hand = association(share, root, n=20, nu=19)
    assert result.statistic == pytest.approx(by_hand.tail("F").statistic)
    assert result.df == pytest.approx((1, 19))


def test_a_two_by_two_table_says_the_difference_of_shares() -> None:
    result = simple().test("mfa", by="size")
    # 8 of 10 small firms less 4 of 10 large ones; the groups come sorted.
    assert result.estimate == pytest.approx(0.8 - 0.4)
    assert result.effect == "yes, small less large"
    assert result.groups == {"large": 10, "small": 10}
    assert "40 points" not in str(result)  # fewer than thirty firms in a group
    assert "[c]" in str(result)


def test_cramers_v_is_1_where_one_answer_tells_the_other() -> None:
    frame = pd.DataFrame({"a": list("xyz") * 12, "b": list("pqr") * 12})
    result = Survey(frame.assign(a=frame["a"].where(frame.index > 0, "y"))).test("a", by="b")
    assert 0.9 < result.estimate < 1
    assert result.low <= result.estimate <= result.high <= 1


def test_a_one_sample_t_is_the_mean_over_its_error() -> None:
    # Mean 6.5; squared deviations sum to 2 × 82.5 + 20 × 1.
    result = simple().test("score", against=5)
    se = math.sqrt((2 * 82.5 + 20 * 1) / 19 / 20)
    assert result.statistic == pytest.approx(1.5 / se)
    assert result.df == (18,)
    assert result.estimate == pytest.approx(1.5)


def test_a_paired_test_is_that_of_the_differences() -> None:
    survey = simple(last=small()["score"] - np.arange(20) % 3)
    paired = survey.test("score", pair="last")
    differences = Survey(pd.DataFrame({"d": np.arange(20.0) % 3})).test("d", against=0)
    assert paired.statistic == pytest.approx(differences.statistic)
    assert paired.method == "Design-based paired t-test"


def test_groups_that_share_sampling_units_are_not_independent() -> None:
    # Each unit holds one firm of each size, and the sizes differ by exactly 2 in all units.
    frame = small().assign(unit=np.tile(np.arange(10), 2))
    together = Survey(frame, psu="unit").test("score", by="size")
    apart = Survey(frame).test("score", by="size")
    assert together.se == 0
    assert math.isnan(together.p)
    assert "no sampling error" in together.note
    assert apart.se > 0


def test_a_wald_test_of_two_means_is_the_square_of_t() -> None:
    survey = simple()
    t = survey.test("score", by="size", method="t")
    wald = survey.test("score", by="size", method="means")
    assert wald.statistic == pytest.approx(t.statistic**2)
    assert wald.p == pytest.approx(t.p)


def test_a_fit_to_the_estimated_shares_is_perfect() -> None:
    result = simple().test("mfa", against={"yes": 12 / 20, "no": 8 / 20})
    assert result.statistic == pytest.approx(0, abs=1e-12)
    assert result.p == pytest.approx(1)


def test_a_fit_with_two_levels_is_the_square_of_the_t_of_the_share_under_equal_weights() -> None:
    # p̂ = 0.6 against 0.5: λ = n·v/(p₀q₀) with v = p̂q̂/(n − 1), X² = n·2·0.01/0.5.
    result = simple().test("mfa", against={"yes": 0.5, "no": 0.5})
    v = 0.6 * 0.4 / 19
    assert result.statistic == pytest.approx(0.1**2 / v)
    assert result.df == pytest.approx((1, 19))


def test_given_shares_must_add_up_to_1_and_cover_what_occurs() -> None:
    with pytest.raises(EstimateError, match=r"add up to 0\.9"):
        simple().test("mfa", against={"yes": 0.5, "no": 0.4})
    survey = simple(answer=["a", "b", "c", "a"] * 5)
    with pytest.raises(EstimateError, match="every level"):
        survey.test("answer", against={"a": 0.5, "b": 0.5})


def test_a_small_domain_still_has_the_right_degrees_of_freedom() -> None:
    survey = simple().where("score <= 6")
    result = survey.test("score", by="size")
    assert result.df == (6 + 4 - 1 - 1,)
    assert result.n == 10


def test_missing_answers_are_counted_not_tested() -> None:
    mfa = small()["mfa"].where(np.arange(20) != 0)
    result = simple(mfa=mfa).test("mfa", by="size")
    assert result.n == 19
    assert result.left_out == {"no_answer": 1}
    # Nine are left in a group: how many gave no answer would tell so.
    assert "no answer" not in result.footer
    assert "n = [c]" in str(result)


def test_levels_that_nobody_chose_are_no_part_of_the_table() -> None:
    mfa = pd.Categorical(small()["mfa"], ["no", "yes", "other"])
    size = pd.Categorical(small()["size"], ["small", "medium", "large"])
    wide = simple(mfa=mfa, size=size).test("mfa", by="size")
    assert wide.statistic == pytest.approx(simple().test("mfa", by="size").statistic)


# ---- words ------------------------------------------------------------------------------


def large(seed: int = 1, n: int = 400) -> Survey:
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], n)
    frame = pd.DataFrame({
        "group": group,
        "half": rng.choice(["one", "two"], n),
        "yes": rng.choice(["no", "yes"], n),
        "mark": rng.choice(list("12345"), n),
        "x": rng.normal(size=n),
        "w": rng.uniform(1, 3, n),
        "h": rng.integers(0, 4, n),
        "u": rng.integers(0, 80, n),
    })  # fmt: skip
    frame["h"] = frame["u"] % 4
    return Survey(frame, weights="w", strata="h", psu="u", synthetic=True, population="firms")


def test_a_result_says_effect_interval_p_and_n_in_one_line_and_never_significant() -> None:
    lines = [str(large().test("yes", by="half")), str(large().test("mark", by="group")),
             str(large().test("x", by="half", method="rank"))]  # fmt: skip
    for line in lines:
        assert "95% interval" in line
        assert "p = " in line or "p < " in line
        assert "n = 400" in line
        assert "signific" not in line.lower()
        assert "\n" not in line


def test_the_table_of_a_result_is_escaped_and_its_caption_says_what_it_rests_on() -> None:
    survey = large()
    frame = survey.frame.assign(half=survey.frame["half"].replace("two", "<b>"))
    page = Survey(frame, population="firms", synthetic=True).test("yes", by="half")._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert "Base: firms (n = " in page
    assert "SYNTHETIC DATA." in page
    assert '<th scope="col">p</th>' in page


def test_an_opt_in_sample_is_not_tested() -> None:
    survey = Survey(small(), sample_type="opt-in")
    with pytest.raises(EstimateError, match="drawn by chance"):
        survey.test("mfa", by="size")


def test_questions_that_do_not_fit_are_refused_with_what_to_do() -> None:
    survey = large()
    with pytest.raises(EstimateError, match="Did you mean 'rank'"):
        survey.test("x", by="half", method="ranks")
    with pytest.raises(EstimateError, match="Name two of them"):
        survey.test("x", by="group", method="t")
    with pytest.raises(EstimateError, match="Leave out by="):
        survey.test("x", by="group", against=1)
    with pytest.raises(EstimateError, match="against="):
        survey.test("yes")
    with pytest.raises(EstimateError, match="Two or more levels"):
        survey.where("yes == 'yes'").test("yes", by="half")
    with pytest.raises(EstimateError, match="Two or more groups"):
        survey.where("half == 'one'").test("yes", by="half")
    with pytest.raises(EstimateError, match="degree of freedom"):
        survey.where("u in [0, 1, 2, 3]").test("yes", by="half")


def test_the_test_is_chosen_by_what_the_item_is() -> None:
    survey = large()
    assert "Rao–Scott" in survey.test("yes", by="group").method
    assert "two-sample" in survey.test("x", by="half").method
    assert "equal means" in survey.test("x", by="group").method
    assert "two-sample" in survey.test("x", by="group", groups=["a", "c"]).method
    assert "two-sample" in survey.test("yes", by="half", level="yes").method


def test_chosen_groups_are_tested_as_the_domain_of_those_groups() -> None:
    survey = large()
    chosen = survey.test("mark", by="group", groups=["a", "c"])
    domain = survey.where("group in ['a', 'c']").test("mark", by="group")
    assert chosen.statistic == pytest.approx(domain.statistic)


def test_crossed_groups_are_those_of_one_combined_variable() -> None:
    survey = large()
    frame = survey.frame
    both = Survey(frame.assign(both=frame["group"] + frame["half"]), weights="w", strata="h",
                  psu="u")  # fmt: skip
    crossed = survey.test("mark", by=["group", "half"])
    assert crossed.statistic == pytest.approx(both.test("mark", by="both").statistic)


# ---- properties -------------------------------------------------------------------------

QUESTIONS = [
    lambda s: s.test("mark", by="group"),
    lambda s: s.test("mark", by="group", statistic="adjWald"),
    lambda s: s.test("mark", by="group", statistic="lincom"),
    lambda s: s.test("x", by="half"),
    lambda s: s.test("x", by="group"),
    lambda s: s.test("x", by="group", method="rank", ties="weights"),
    lambda s: s.test("mark", against=dict.fromkeys("12345", 0.2)),
]


@pytest.mark.parametrize("ask", QUESTIONS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.floats(0.01, 100))
def test_neither_a_constant_on_the_weights_nor_row_order_changes_a_test(
    ask: Any, seed: int, factor: float
) -> None:
    survey = large(seed)
    frame = survey.frame.sample(frac=1, random_state=seed)
    frame = frame.assign(w=frame["w"] * factor)
    other = Survey(frame, weights="w", strata="h", psu="u")
    one, two = ask(survey), ask(other)
    assert one.statistic == pytest.approx(two.statistic, rel=1e-7)
    assert one.p == pytest.approx(two.p, rel=1e-6)
    assert 0 <= one.p <= 1


def test_rows_and_columns_can_change_places() -> None:
    survey = large()
    for statistic in ("F", "Chisq", "Wald", "adjWald", "saddlepoint", "lincom"):
        one = survey.test("mark", by="group", statistic=statistic)
        two = survey.test("group", by="mark", statistic=statistic)
        assert one.p == pytest.approx(two.p, rel=1e-8)


def test_under_equal_design_effects_the_exact_tail_is_that_of_chi2_and_of_f() -> None:
    for x in (0.5, 3.0, 60.0):
        assert exact_tail(x, np.ones(4), math.inf) == pytest.approx(stats.chi2.sf(x, 4), rel=1e-9)
        assert exact_tail(2 * x, np.full(4, 2.0), 17) == pytest.approx(
            stats.f.sf(x / 4, 4, 17), rel=1e-9
        )


def test_the_exact_tail_of_two_equal_and_one_other_effect_is_a_convolution() -> None:
    # λ = 1, 1: an exponential of mean 2; plus a χ² of one degree scaled by 3.
    grid = np.linspace(0, 400, 2_000_001)
    density = stats.chi2.pdf(np.maximum(grid, 1e-12) / 3, 1) / 3
    step = grid[1]
    # The density of the χ² is not bounded at 0: its first cell is taken from its tail.
    inside = density * np.exp(-np.maximum(9.0 - grid, 0) / 2)
    first = stats.chi2.cdf(step / 2 / 3, 1) * math.exp(-9.0 / 2)
    by_hand = first + inside[1:].sum() * step
    assert exact_tail(9.0, np.array([1.0, 1.0, 3.0]), math.inf) == pytest.approx(by_hand, rel=1e-3)


def test_the_saddlepoint_is_near_the_exact_tail_and_never_leaves_0_to_1() -> None:
    effects = np.array([0.3, 0.8, 1.2, 2.0])
    for x in (0.01, 1.0, effects.sum(), 10.0, 40.0):
        exact, near = exact_tail(x, effects, 30), saddlepoint_tail(x, effects, 30)
        assert 0 <= near <= 1
        assert near == pytest.approx(exact, rel=0.1, abs=0.01)


# ---- where the table lies ---------------------------------------------------------------


@pytest.mark.parametrize("ask", [
    *QUESTIONS,
    lambda s: s.test("yes", by="half", statistic="Wald"),
    lambda s: s.test("yes", by="half", level="yes", method="t"),
    lambda s: s.equivalence("x", by="half", margin=0.5),
    lambda s: s.where("x > 0").test("mark", by="group"),
])  # fmt: skip
def test_a_table_in_duckdb_is_tested_as_one_in_memory(ask: Any) -> None:
    duckdb = pytest.importorskip("duckdb")
    frame = large().frame
    connection = duckdb.connect()
    connection.register("answers", frame)
    near = Survey(frame, weights="w", strata="h", psu="u")
    far = Survey(connection.table("answers"), weights="w", strata="h", psu="u")
    one, two = ask(near), ask(far)
    assert one.statistic == pytest.approx(two.statistic, rel=1e-9)
    assert one.df == pytest.approx(two.df)
    assert one.n == two.n
    assert one.groups == two.groups
    assert one.estimate == pytest.approx(two.estimate, rel=1e-9)


# ---- R ----------------------------------------------------------------------------------


@cache
def results() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((ORACLE / "r_survey.json").read_text())
    return answer


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(ORACLE / "data" / f"{name}.csv")


def design(name: str) -> Survey:
    if name.startswith("rep_"):
        return replicated(name)
    if name in ("strat", "strat0"):
        fpc = "fpc" if name == "strat" else None
        return Survey(table("apistrat"), weights="pw", strata="stype", fpc=fpc)
    if name in ("clus1", "clus10"):
        fpc = "fpc" if name == "clus1" else None
        return Survey(table("apiclus1"), weights="pw", psu="dnum", fpc=fpc)
    if name == "nhanes":
        return Survey(table("nhanes"), weights="WTMEC2YR", strata="SDMVSTRA", psu="SDMVPSU")
    fpc = "N1" if name == "nested_dn1" else None
    return Survey(table("msp_nested"), weights="wt", strata="region", psu="msp", fpc=fpc)


REPLICATES = {"JKn": "JKn", "JK1": "JK1", "boot": "bootstrap", "subboot": "subbootstrap",
              "mse": "JKn"}  # fmt: skip


def replicated(name: str) -> Survey:
    """Take the replicate weights of R, with its scale and rscales."""
    if name.startswith("rep_strat") and name.endswith("JKn"):
        # R made these by itself: as.svrepdesign(dstrat, type = "JKn").
        return design(name.split("_")[1]).replicate(kind="JKn")
    info = results()[f"{name}/info"]
    data = table("apistrat" if "strat" in name else "apiclus1")
    return Survey(
        data,
        weights="pw",
        replicates=table(name),
        kind=info.get("type", REPLICATES[name.split("_")[-1]]),
        scale=info["scale"],
        rscales=info["rscales"],
        mse=bool(info.get("mse", False)),
    )


ASKED: dict[str, Any] = {
    **{
        f"chisq_{s}": lambda d, s=s: d.test("sch.wide", by="stype", statistic=s)
        for s in ("F", "Chisq", "Wald", "adjWald", "saddlepoint")
    },
    **{
        f"chisq_awards_comp_{s}": lambda d, s=s: d.test("awards", by="comp.imp", statistic=s)
        for s in ("F", "Chisq")
    },
    "ttest": lambda d: d.test("api00", by="comp.imp"),
    "ttest_one": lambda d: d.test("api00", against=650),
    "ttest_paired": lambda d: d.test("api00", pair="api99"),
    "ranktest": lambda d: d.test("api00", by="comp.imp", method="rank"),
    "ranktest_kw": lambda d: d.test("api00", by="stype", method="rank"),
}
NHANES = {
    "chisq_F": lambda d: d.test("HI_CHOL", by="race", method="chisq"),
    "chisq_Chisq": lambda d: d.test("HI_CHOL", by="race", method="chisq", statistic="Chisq"),
    "ttest": lambda d: d.test("HI_CHOL", by="RIAGENDR", method="t"),
}
NESTED = {"chisq_F": lambda d: d.test("breach", by="size", method="chisq")}
REPEATED = [
    f"rep_{n}" for n in ("strat_JKn", "strat0_JKn", "clus1_JK1", "clus10_JK1", "clus10_boot",
                         "strat0_subboot", "strat0_mse")
]  # fmt: skip
CASES = [
    (d, k, q)
    for d, asked in [
        *((d, ASKED) for d in ("strat", "strat0", "clus1", "clus10", *REPEATED)),
        ("nhanes", NHANES),
        ("nested_dn0", NESTED),
        ("nested_dn1", NESTED),
    ]
    for k, q in asked.items()
    if ORACLE.is_dir() and f"{d}/{k}" in results()
]


@here
def test_all_tests_that_r_made_are_asked() -> None:
    kinds = ("/chisq", "/ttest", "/ranktest")
    made = {k for k in results() if any(kind in k for kind in kinds)}
    assert {f"{d}/{k}" for d, k, _ in CASES} == made


@here
@pytest.mark.parametrize(("name", "key", "ask"), CASES, ids=[f"{d}/{k}" for d, k, _ in CASES])
def test_statistic_df_and_p_are_those_of_r(name: str, key: str, ask: Any) -> None:
    reference, found = results()[f"{name}/{key}"], ask(design(name))
    statistic, df = reference["statistic"], np.atleast_1d(reference["parameter"])
    if key == "ranktest_kw":
        # R's names are changed about: the Wald statistic stands under "parameter".
        statistic, df = reference["parameter"] / reference["statistic"], [reference["statistic"]]
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.p == pytest.approx(reference["p"], rel=1e-6)
    np.testing.assert_allclose(found.df[: len(df)], df, rtol=1e-8)
    if reference["est"]:
        assert found.estimate == pytest.approx(reference["est"], rel=1e-8)


def two_stage() -> Survey:
    """apiclus2: districts of 757, then schools: svydesign(id=~dnum+snum, fpc=~fpc1+fpc2)."""
    data = table("apiclus2")
    schools = data.groupby("dnum")["snum"].transform("nunique")
    weight = data["fpc1"] / data["dnum"].nunique() * data["fpc2"] / schools
    return Survey(data.assign(w=weight), weights="w", psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])


def structural_zero() -> Survey:
    data = table("apiclus1")
    cell = np.where((data["stype"] == "E") & (data["awards"] == "No"), "Z", data["stype"])
    return Survey(data.assign(cell=cell), weights="pw", psu="dnum", fpc="fpc")


def domain() -> Survey:
    return design("strat").where("ell > 20")


def gaps() -> Survey:
    data = table("apistrat")
    core = data["acs.core"]
    small = pd.Series(np.where(core > 26, "big", "small"), index=data.index).where(core.notna())
    return Survey(data.assign(small=small), weights="pw", strata="stype", fpc="fpc")


# R 4.2.2, survey 4.1-1: options(digits = 16); svychisq(~sch.wide + stype, d, statistic = …),
# d <- svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2); svychisq(~cell + awards)
# with cell "Z" where stype is E and awards is No, so that two cells are empty;
# svychisq(~sch.wide + comp.imp, subset(dstrat, ell > 20)); svychisq(~small + comp.imp, dstrat)
# with small = acs.core <= 26, missing where acs.core is.
GOLDEN_TABLES = [
    (two_stage, "sch.wide", "stype", "F", 11.87274514256088, 0.0003221146624380827),
    (two_stage, "sch.wide", "stype", "Chisq", 53.90866834470489, 6.978021440906565e-06),
    (two_stage, "sch.wide", "stype", "Wald", 2.794467803346294, 0.07342285760988261),
    (two_stage, "sch.wide", "stype", "adjWald", 2.722814782747671, 0.07850775027216705),
    (two_stage, "sch.wide", "stype", "saddlepoint", 53.90866834470489, 0.0005485070706935073),
    (structural_zero, "cell", "awards", "F", 44.08477008301584, 2.465923575749688e-10),
    (structural_zero, "cell", "awards", "Chisq", 136.0056910636533, 1.766988530039303e-28),
    (structural_zero, "cell", "awards", "saddlepoint", 136.0056910636533, 1.595266452594373e-09),
    (domain, "sch.wide", "comp.imp", "F", 17.38572412313985, 7.839674407679016e-05),
    (domain, "sch.wide", "comp.imp", "Chisq", 20.7426562675853, 3.051090293009526e-05),
    (domain, "sch.wide", "comp.imp", "Wald", 20.48686739515291, 2.121759026617506e-05),
    (domain, "sch.wide", "comp.imp", "saddlepoint", 20.7426562675853, 8.478013558629574e-05),
    (gaps, "small", "comp.imp", "F", 4.795586119085962, 0.0297071318212705),
    (gaps, "small", "comp.imp", "Chisq", 9.490010326510756, 0.02853274694725131),
    (gaps, "small", "comp.imp", "Wald", 4.359843115833951, 0.03808128048255235),
]


@here
@pytest.mark.parametrize(("make", "item", "by", "statistic", "value", "p"), GOLDEN_TABLES)
def test_two_stages_empty_cells_domains_and_gaps_are_tested_as_in_r(
    make: Any, item: str, by: str, statistic: str, value: float, p: float
) -> None:
    result = make().test(item, by=by, statistic=statistic)
    assert result.statistic == pytest.approx(value, rel=1e-8)
    assert result.p == pytest.approx(p, rel=1e-6)


# svyttest(api00 ~ comp.imp, d), svyttest(I(api00 - 650) ~ 0, d), svyttest(acs.core ~ comp.imp, d).
GOLDEN_MEANS = [
    (two_stage, {"item": "api00", "by": "comp.imp"}, 3.997849680369433, 38, 0.000284197911818437),
    (domain, {"item": "api00", "by": "comp.imp"}, 0.7604124102211374, 77, 0.4493303115466958),
    (domain, {"item": "api00", "against": 650}, -6.312237703728415, 77, 1.61378648681004e-08),
    (gaps, {"item": "acs.core", "by": "comp.imp"}, -1.062357023723388, 102, 0.2905824315263441),
    # regTermTest(svyglm(api00 ~ stype, subset(dstrat, ell > 20)), ~stype)
    (domain, {"item": "api00", "by": "stype"}, 7.357745587163437, 2, 0.001199557759398071),
]


@here
@pytest.mark.parametrize(("make", "asked", "value", "df", "p"), GOLDEN_MEANS)
def test_means_are_tested_as_in_r(
    make: Any, asked: dict[str, Any], value: float, df: float, p: float
) -> None:
    result = make().test(**asked)
    assert result.statistic == pytest.approx(value, rel=1e-8)
    assert result.df[0] == df
    assert result.p == pytest.approx(p, rel=1e-6)


# R: options(survey.lonely.psu = "adjust", survey.adjust.domain.lonely = TRUE)
#    d <- svydesign(~psu, strata = ~h, weights = ~w, data = f, nest = TRUE)
#    svyttest(y ~ g, d); svyttest(gap ~ g, d); svyranktest(gap ~ g, d)
#    and with survey.lonely.psu = "average" and strata = ~alone.
LONELY_TESTS = {
    "adjust": [(1.31430623307, 0.280198487491), (1.25967544845, 0.334870577175),
               (1.25843425836, 0.33523625175)],
    "average": [(1.57138465387, 0.256698179977), (1.65145054599, 0.346623229708),
                (1.63536606482, 0.349390155377)],
}  # fmt: skip


@pytest.mark.parametrize("rule", LONELY_TESTS)
def test_to_the_rules_for_lonely_units_the_groups_of_a_test_are_one_domain(rule: str) -> None:
    frame = pd.DataFrame(
        {
            "h": [1] * 6 + [2] * 6,
            "alone": [1] * 6 + [2] * 4 + [3] * 2,
            "psu": [1, 1, 2, 2, 3, 3] * 2,
            "w": [2, 3, 2, 2, 4, 1, 5, 2, 3, 3, 2, 2],
            "y": [4.0, 7, 6, 8, 9, 5, 3, 6, 8, 7, 4, 9],
            "g": list("abbbbbaababa"),
        }
    )
    frame["gap"] = frame["y"].mask(frame.index.isin([2, 3]))
    domains = rule == "adjust"
    survey = Survey(
        frame, weights="w", strata="h" if domains else "alone", psu="psu", lonely_psu=rule,
        lonely_domains=domains,
    )  # fmt: skip
    ours = [
        survey.test("y", by="g"), survey.test("gap", by="g"),
        survey.test("gap", by="g", method="rank"),
    ]  # fmt: skip
    np.testing.assert_allclose([(t.statistic, t.p) for t in ours], LONELY_TESTS[rule], rtol=1e-10)


def test_a_table_of_two_sampling_units_is_tested_and_its_effect_has_no_interval() -> None:
    # R: svychisq(~a + b, svydesign(~psu, weights = ~w, data = f)): F = 11.2, 1 and 1, 0.18485…
    frame = pd.DataFrame({"psu": [1] * 4 + [2] * 4, "a": list("xxyyxyyy"), "b": list("uvuuvvuv")})
    found = Survey(frame, psu="psu").test("a", by="b")
    assert found.statistic == pytest.approx(11.2)
    assert found.p == pytest.approx(0.184850241182)
    assert math.isnan(found.low)
    with pytest.raises(EstimateError, match="at least one degree of freedom"):
        Survey(frame, psu="psu").test("a", by="b", method="t", level="x")


def test_a_design_without_a_variance_is_not_tested() -> None:
    # Below all PSUs but one there is a single unit; "average" finds no other to take it from.
    frame = pd.DataFrame({"psu": [0, 0, 1, 2, 3, 4], "ssu": [1, 2, 1, 1, 1, 1], "n1": 9, "n2": 9})
    frame = frame.assign(y=[1.5, 2, 4, 3, 5, 7], a=list("xyxyyx"), b=list("uuvvuv"))
    design = {"psu": ["psu", "ssu"], "fpc": ["n1", "n2"]}
    survey = Survey(frame, lonely_psu="average", **design)
    with pytest.raises(EstimateError, match="lonely_psu='average' finds none"):
        survey.test("a", by="b")
    with pytest.raises(EstimateError, match="lonely_psu='average' finds none"):
        survey.test("y", by="b")
    assert survey.mean("y").data[["se", "low", "n_eff"]].isna().all(axis=None)
    assert survey.share("a", interval="korn-graubard").data[["se", "low"]].isna().all(axis=None)
    assert survey.quantile("y").data[["se", "low"]].isna().all(axis=None)


@here
def test_goodness_of_fit_is_rao_and_scotts_as_worked_out_in_r() -> None:
    # m <- svymean(~stype, d); V <- vcov(m)[1:2, 1:2]; P <- diag(p0[1:2]) - outer(p0[1:2],
    # p0[1:2]); D <- n * solve(P, V); n * sum((coef(m) - p0)^2 / p0) / sum(diag(D)); pf(…)
    result = domain().test("stype", against={"E": 0.5, "H": 0.25, "M": 0.25})
    assert result.statistic == pytest.approx(59.83376341156911, rel=1e-8)
    assert result.df == pytest.approx((1.656214449810337, 129.1847270852062), rel=1e-8)
    assert result.p == pytest.approx(5.289171705917134e-17, rel=1e-6)


# r <- as.svrepdesign(dclus1); svychisq(~sch.wide + stype, r, statistic = …);
# svyranktest(api00 ~ comp.imp, r); svyttest(I(api00 - 650) ~ 0, r).
GOLDEN_REPLICATES = [
    ({"item": "sch.wide", "by": "stype", "statistic": "Wald"}, 2.401058600602686,
     0.1268963006023502),
    ({"item": "sch.wide", "by": "stype", "statistic": "saddlepoint"}, 11.94089208074534,
     0.02365256483974391),
    ({"item": "sch.wide", "by": "stype", "statistic": "Chisq"}, 11.94089208074534,
     0.01151729590277788),
    ({"item": "api00", "by": "comp.imp", "method": "rank"}, 0.7926771088844397,
     0.4421924978513594),
    ({"item": "api00", "against": 650}, -0.2214486399345101, 0.8281836421464726),
]  # fmt: skip


@here
@pytest.mark.parametrize(("asked", "value", "p"), GOLDEN_REPLICATES)
def test_replicate_designs_are_tested_as_in_r(
    asked: dict[str, Any], value: float, p: float
) -> None:
    result = design("rep_clus1_JK1").test(**asked)
    assert result.statistic == pytest.approx(value, rel=1e-8)
    assert result.p == pytest.approx(p, rel=1e-6)


@here
def test_a_post_stratified_sample_is_tested_as_in_r() -> None:
    # ps <- postStratify(dclus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421,
    # 755, 1018))); svychisq(~sch.wide + stype, ps); svyttest(api00 ~ comp.imp, ps);
    # svyranktest(api00 ~ comp.imp, ps)
    data = table("apiclus1")
    known = pd.Series({"E": 4421, "H": 755, "M": 1018})
    found = data.groupby("stype")["pw"].sum()
    w = data["pw"] * data["stype"].map(known / found)
    survey = Survey(data.assign(w=w), weights="w", psu="dnum", fpc="fpc", raked_to="stype")
    chisq = survey.test("sch.wide", by="stype")
    assert chisq.statistic == pytest.approx(4.711738224200158, rel=1e-8)
    assert chisq.p == pytest.approx(0.02508983624109076, rel=1e-6)
    t = survey.test("api00", by="comp.imp")
    assert t.statistic == pytest.approx(0.8092073635118134, rel=1e-8)
    rank = survey.test("api00", by="comp.imp", method="rank")
    assert rank.statistic == pytest.approx(0.7004912575859864, rel=1e-8)
