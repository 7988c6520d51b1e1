"""Robustness: other definitions, agreement, the curve, the tipping point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DefinitionError, EstimateError
from mspsurvey.evidence.robustness import (
    apply_definitions,
    compare_definitions,
    curve_of,
    definition_variables,
    drop_one,
    grid,
    kappa,
    load_definitions,
    scores_without_domains,
    specification_curve,
    tipping_point,
)
from mspsurvey.evidence.rubric import load_rubric, score
from mspsurvey.inference.result.estimate import Estimates

FILE = Path(__file__).parents[1] / "definitions" / "rubric.toml"
RUBRIC = load_rubric(FILE)
DEFINITIONS = load_definitions(FILE, RUBRIC)
CRITICAL = [item.name for item in RUBRIC.critical]
OTHERS = [item.name for item in RUBRIC.criteria if not item.critical]


def firms(*counts: tuple[int, int], **columns) -> pd.DataFrame:
    """Firms that meet so many criteria, so many critical ones among them; 0 elsewhere."""
    rows = []
    for met, critical in counts:
        yes = CRITICAL[:critical] + OTHERS[: met - critical]
        row = {item.name: "0" for item in RUBRIC.items if not item.derived_from}
        rows.append(row | dict.fromkeys(yes, "2"))
    start = {"rev_recurring_pct": 60.0, "emp": 10.0}
    frame = pd.DataFrame(rows).assign(**{**start, **columns})
    derived = score(frame, RUBRIC)
    return frame.assign(**{c: derived[c] for c in derived if c not in frame})


def said(frame: pd.DataFrame, name: str) -> list[str]:
    named = [d for d in (*DEFINITIONS, *drop_one(RUBRIC), *grid(RUBRIC)) if d.name == name]
    return apply_definitions(frame, named, RUBRIC)[f"def_{name}"].tolist()


def test_the_default_stands_first_and_is_not_met():
    assert (DEFINITIONS[0].name, DEFINITIONS[0].family) == ("not_met", "default")


def test_the_list_holds_every_definition_of_the_published_table():
    published = {
        "not_met", "not_fully_met", "all_12", "nine_and_critical", "ten_no_critical",
        "critical_only", "fewer_than_six", "score_40", "score_45", "small_staff",
        "not_examined", "break_fix",
    }  # fmt: skip
    assert published <= {definition.name for definition in DEFINITIONS}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # (12,4) (10,4) (10,3) (9,4) (7,3) (6,4) (5,4)
        ("not_met", ["no", "no", "no", "no", "no", "yes", "yes"]),
        ("not_fully_met", ["no", "no", "yes", "yes", "yes", "yes", "yes"]),
        ("all_12", ["no", "yes", "yes", "yes", "yes", "yes", "yes"]),
        ("nine_and_critical", ["no", "no", "yes", "no", "yes", "yes", "yes"]),
        ("ten_no_critical", ["no", "no", "no", "yes", "yes", "yes", "yes"]),
        ("critical_only", ["no", "no", "yes", "no", "yes", "no", "no"]),
        ("fewer_than_six", ["no", "no", "no", "no", "no", "no", "yes"]),
        ("grid_7_3", ["no", "no", "no", "no", "no", "yes", "yes"]),
        ("grid_10_4", ["no", "no", "yes", "yes", "yes", "yes", "yes"]),
        ("grid_12_0", ["no", "yes", "yes", "yes", "yes", "yes", "yes"]),
    ],
)
def test_a_definition_by_criteria_counts_them(name, expected):
    frame = firms((12, 4), (10, 4), (10, 3), (9, 4), (7, 3), (6, 4), (5, 4))
    assert said(frame, name) == expected


def test_small_staff_looks_at_staff_only():
    frame = firms((12, 4), (0, 0), (0, 0), emp=[4.0, 5.0, np.nan])
    assert said(frame, "small_staff") == ["yes", "no", np.nan]


def test_break_fix_looks_at_recurring_revenue_only():
    frame = firms((12, 4), (0, 0), rev_recurring_pct=[24.9, 25.0])
    assert said(frame, "break_fix") == ["yes", "no"]


def test_examination_looks_at_b4_only():
    frame = firms((12, 4), (0, 0), b4=["1", "2"])
    assert said(frame, "not_examined") == ["yes", "no"]


def test_a_score_cut_is_below_and_not_at():
    frame = firms((12, 4), (12, 4), (12, 4)).assign(score=[39.9, 40.0, np.nan])
    assert said(frame, "score_40") == ["yes", "no", np.nan]


def test_the_default_leaves_out_exactly_the_unclassified():
    frame = firms((12, 4), (8, 3), (3, 1)).assign(a1=[None, "2", "0"])
    columns = apply_definitions(frame, DEFINITIONS, RUBRIC)
    unclassified = score(frame, RUBRIC)["base_class"].isna()
    assert columns["def_not_met"].isna().tolist() == unclassified.tolist() == [True, False, False]


def test_dropping_a_criterion_allows_as_many_misses_as_before():
    # Six met: one short of seven. Without a criterion that the firm misses, it is not short.
    frame = firms((6, 4))
    missed = OTHERS[-1]
    held = CRITICAL[0]
    assert said(frame, f"drop_{missed}") == ["no"]
    assert said(frame, f"drop_{held}") == ["yes"]


def test_the_grid_has_six_rows_of_five():
    cells = grid(RUBRIC)
    assert len(cells) == 30
    assert {(c.criteria, c.critical) for c in cells} == {
        (n, c) for n in range(7, 13) for c in range(5)
    }


def test_a_higher_bar_never_lowers_the_share():
    rng = np.random.default_rng(7)
    counts = [(int(c + rng.integers(0, 9)), int(c)) for c in rng.integers(0, 5, 60)]
    frame = firms(*counts)
    table = compare_definitions(apply_definitions(frame, grid(RUBRIC), RUBRIC), grid(RUBRIC))
    wide = table.set_index(["criteria", "critical"])["share"].unstack()  # noqa: PD010
    assert (wide.diff().dropna() >= 0).all().all()
    assert (wide.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_shares_are_weighted():
    frame = firms((12, 4), (0, 0))
    columns = apply_definitions(frame, DEFINITIONS, RUBRIC)
    table = compare_definitions(columns, DEFINITIONS, weights=pd.Series([1.0, 3.0]))
    assert table.set_index("definition").loc["not_met", "share"] == pytest.approx(3 / 4)


def test_the_default_agrees_with_itself():
    frame = firms((12, 4), (10, 3), (0, 0))
    table = compare_definitions(apply_definitions(frame, DEFINITIONS, RUBRIC), DEFINITIONS)
    table = table.set_index("definition")
    assert table.loc["not_met", "kappa_default"] == 1
    assert table.loc["not_fully_met", "kappa_not_fully_met"] == 1


def test_kappa_is_agreement_beyond_chance():
    one = pd.Series(["yes", "yes", "no", "no"])
    two = pd.Series(["yes", "no", "no", "no"])
    # Observed 3/4; expected (2·1 + 2·3)/16 = 1/2.
    assert kappa(one, two) == pytest.approx((3 / 4 - 1 / 2) / (1 - 1 / 2))


def test_kappa_with_weights_is_kappa_of_repeated_rows():
    one, two = pd.Series(["yes", "no", "no"]), pd.Series(["yes", "yes", "no"])
    times = [3, 1, 2]
    repeated = kappa(one.repeat(times), two.repeat(times))
    assert kappa(one, two, weights=np.array(times)) == pytest.approx(repeated)


def test_kappa_leaves_out_what_is_missing_in_either():
    one = pd.Series(["yes", "no", None, "yes"])
    two = pd.Series(["yes", "no", "no", None])
    assert kappa(one, two) == 1


def test_equal_shares_need_not_be_the_same_firms():
    one, two = pd.Series(["yes", "no"] * 5), pd.Series(["no", "yes"] * 5)
    assert kappa(one, two) == -1


def test_kappa_of_one_category_cannot_be_told():
    same = pd.Series(["no", "no"])
    assert np.isnan(kappa(same, same))


def curve_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "definition": ["a", "b", "c", "d", "e"],
            "estimate": [0.10, 0.20, 0.30, -0.10, np.nan],
            "low": [0.05, -0.01, 0.20, -0.20, np.nan],
            "high": [0.15, 0.41, 0.40, -0.05, np.nan],
        }
    )


def test_the_curve_gives_range_median_and_share_on_the_same_side():
    curve = specification_curve(curve_table(), default="a")
    assert (curve.n, curve.lowest, curve.highest) == (4, -0.10, 0.30)
    assert curve.median == pytest.approx((0.10 + 0.20) / 2)
    assert curve.same_side == 3 / 4
    assert curve.clear == 2 / 4
    assert curve.stable


def test_the_curve_reads_against_a_threshold():
    curve = specification_curve(curve_table(), default="a", reference=0.15)
    assert curve.same_side == 2 / 4
    assert not curve.stable


def test_the_curve_needs_its_default():
    with pytest.raises(EstimateError, match="'e'"):
        specification_curve(curve_table(), default="e")


def test_the_curve_of_estimates_leaves_out_what_is_suppressed():
    rows = [("def_a", 0.44, "show"), ("def_b", 0.90, "show"), ("def_c", 0.02, "suppress")]
    data = pd.DataFrame(
        [
            {"item": item, "level": "yes", "estimate": share, "se": 0.01, "low": share - 0.02,
             "high": share + 0.02, "df": 99.0, "n": 200, "n_eff": 150.0, "deff": 1.3,
             "base": 200.0, "verdict": verdict, "why": ""}
            for item, share, verdict in rows
        ]
    )  # fmt: skip
    curve = curve_of(Estimates(data, "share"), default="def_a", reference=0.05)
    assert (curve.n, curve.lowest, curve.highest, curve.clear) == (2, 0.44, 0.90, 1.0)


def test_the_tipping_point_restores_the_threshold():
    point = tipping_point(0.44, threshold=0.30, response_rate=0.2)
    assert 0.2 * 0.44 + 0.8 * point.nonrespondents == pytest.approx(0.30)
    assert point.difference == pytest.approx((0.30 - 0.44) / 0.8)
    assert point.difference_sd == pytest.approx(point.difference / np.sqrt(0.44 * 0.56))
    assert point.possible
    assert not point.plausible


def test_a_small_gap_is_plausible():
    assert tipping_point(0.52, threshold=0.50, response_rate=0.2).plausible


def test_a_gap_beyond_nobody_is_not_possible():
    point = tipping_point(0.90, threshold=0.40, response_rate=0.5)
    assert point.nonrespondents == pytest.approx(-0.10)
    assert not point.possible
    assert not point.plausible


@pytest.mark.parametrize("rate", [0.0, 1.0, 1.2])
def test_a_response_rate_of_none_or_all_has_no_tipping_point(rate):
    with pytest.raises(EstimateError, match="response rate"):
        tipping_point(0.4, threshold=0.5, response_rate=rate)


def test_scores_without_each_domain_stand_beside_one_another():
    table = scores_without_domains(firms((12, 4)), RUBRIC)
    assert list(table.columns) == [f"score_no_{d.code}" for d in RUBRIC.domains]


def test_each_definition_is_described():
    variables = definition_variables(DEFINITIONS, RUBRIC)
    assert [v.name for v in variables] == [d.variable for d in DEFINITIONS]
    assert all(v.levels == ("no", "yes") for v in variables)


@pytest.mark.parametrize(
    ("old", "new", "said_of_it"),
    [
        ('family = "score"', 'family = "scores"', "alternatives[8].family"),
        ('below_class = "met"', 'below_class = "mat"', "alternatives[2].below_class"),
        ('family = "default"', 'family = "score"', "default"),
        ('column = "emp"', 'column = "emp"\ncriteria = 3', "exactly one"),
    ],
)
def test_a_broken_list_names_the_key(tmp_path, old, new, said_of_it):
    broken = tmp_path / "rubric.toml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_definitions(broken, RUBRIC)
    assert said_of_it in str(error.value)
