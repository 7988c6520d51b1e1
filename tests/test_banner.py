"""Banners: every cell is an estimate, letters are tests, and nothing hidden can be worked out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from banner_cases import INSTRUMENT, counts, frame, survey

from mspsurvey.errors import EstimateError
from mspsurvey.inference.banner import banner as banner_module
from mspsurvey.inference.banner.letters import (
    adjust_rows,
    column_letters,
    compare_columns,
    lower_columns,
)
from mspsurvey.inference.result.disclose import discloses
from mspsurvey.inference.result.estimate import GIVES_AWAY
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.testing.multiplicity import adjusted

NET = {"mfa": {"Any": ["some", "all"]}}


# ---- cells ------------------------------------------------------------------------------


def test_every_cell_is_the_estimate_of_share_or_mean() -> None:
    s = survey()
    data = s.banner(["mfa", "score"], ["size", "region"]).data
    share = s.share("mfa", by="size").data
    found = data[data["item"].eq("mfa") & data["column"].eq("size")]
    for name in ("estimate", "se", "low", "high", "df", "n", "n_eff", "base"):
        expected = share.sort_values("level", kind="stable")[name].to_numpy()
        np.testing.assert_allclose(found.sort_values("level", kind="stable")[name], expected)
    mean = s.mean("score", by="region").data
    means = data[data["item"].eq("score") & data["column"].eq("region")]
    np.testing.assert_allclose(means["estimate"], mean["estimate"])
    total = data[data["item"].eq("mfa") & data["column"].eq("")]
    np.testing.assert_allclose(total["se"], s.share("mfa").data["se"])


def test_rows_and_columns_come_in_the_order_of_the_instrument() -> None:
    wide = survey().banner(["score", "mfa"], ["size"]).wide()
    assert wide.index.tolist() == [
        ("Score", "Mean"), ("Second login step", "None"), ("Second login step", "Some"),
        ("Second login step", "All"),
    ]  # fmt: skip
    assert wide.columns.tolist() == [
        ("", "Total"), ("Staff", "1 to 9"), ("Staff", "10 to 49"), ("Staff", "50 or more"),
    ]  # fmt: skip


def test_a_net_is_the_sum_of_its_levels_with_an_interval_of_its_own() -> None:
    s = survey()
    made = s.banner("mfa", ["size"], nets=NET)
    wide = made.wide()
    np.testing.assert_allclose(wide.loc[("Second login step", "Any")], wide.iloc[1] + wide.iloc[2])
    net = s.share("mfa", by="size", level=["some", "all"]).data
    cells = made.data[made.data["kind"].eq("net") & made.data["column"].eq("size")]
    np.testing.assert_allclose(cells["low"], net["low"])


def test_a_net_named_for_all_items_goes_to_those_that_have_its_levels() -> None:
    made = survey().banner(["mfa", "region"], ["size"], nets={"Any": ["some", "all"]})
    assert made.data.loc[made.data["kind"].eq("net"), "item"].unique().tolist() == ["mfa"]


def test_a_question_of_several_choices_is_one_item_with_a_row_each() -> None:
    made = survey().banner(["tools"], ["size"])
    assert [line.label for _, line in made.lines] == ["Tool A", "Tool B"]
    assert made.blocks[0].label == "Which tools are used?"
    assert "more than one answer" in " ".join(made.footer)
    share = survey().share("tools_b", by="size", level="yes").data["estimate"]
    np.testing.assert_allclose(made.wide().iloc[1, 1:], share)


def test_bases_are_given_unweighted_and_weighted_for_each_column() -> None:
    data = frame()
    made = survey(data).banner("mfa", ["size"])
    unweighted, weighted = made.bases(made.blocks[0])
    assert unweighted[0] == "600"
    assert unweighted[1] == str((data["size"] == "s").sum())
    assert weighted[3] == f"{data.loc[data['size'] == 'l', 'w'].sum():,.0f}"


def test_a_base_restricts_all_rows_or_one() -> None:
    s = survey()
    whole = s.banner("mfa", ["size"], base="region == 'n'").wide()
    np.testing.assert_allclose(whole, s.where("region == 'n'").banner("mfa", ["size"]).wide())
    one = s.banner(["mfa", "score"], ["size"], base={"score": "mfa == 'all'"})
    np.testing.assert_allclose(
        one.wide().iloc[3, 1:], s.where("mfa == 'all'").mean("score", by="size").data["estimate"]
    )
    np.testing.assert_allclose(one.wide().iloc[:3], s.banner("mfa", ["size"]).wide())
    assert "Base of Score: only where mfa == 'all'." in one.footer


def test_headings_can_be_crossed() -> None:
    made = survey().banner("mfa", [["region", "size"]])
    assert made.columns[1].heading == "Region by Staff"
    assert [c.label for c in made.columns[1:3]] == ["North, 1 to 9", "North, 10 to 49"]


def test_respondents_without_a_group_count_in_the_total_only() -> None:
    data = frame()
    data.loc[:49, "size"] = None
    made = survey(data).banner("mfa", ["size"])
    n = made.data[made.data["level"].eq("all")].set_index("group")["n"]
    assert n[""] == 600
    assert n[["s", "m", "l"]].sum() == 550


def test_what_cannot_be_a_row_a_net_a_base_or_a_heading_is_refused() -> None:
    s = survey()
    for asked, words in [
        ({"rows": ["mfb"], "columns": "size"}, "Did you mean 'mfa'"),
        ({"rows": ["mfa"], "columns": "sizes"}, "Did you mean 'size'"),
        ({"rows": ["mfa", "mfa"], "columns": "size"}, "named twice"),
        ({"rows": [], "columns": "size"}, "None are named"),
        ({"rows": ["mfa"], "columns": ["size", "size"]}, "named once"),
        ({"rows": ["mfa"], "columns": "size", "nets": {"mfa": {"x": ["al"]}}}, "mean 'all'"),
        ({"rows": ["mfa"], "columns": "size", "nets": {"mfa": {"all": ["some"]}}}, "its own"),
        ({"rows": ["mfa"], "columns": "size", "nets": {"Top": ["5"]}}, "No row has 'Top'"),
        ({"rows": ["mfa"], "columns": "size", "base": {"score": "w > 1"}}, "not in them"),
        ({"rows": ["mfa"], "columns": "size", "family": "tables"}, "Did you mean 'table'"),
        ({"rows": ["mfa"], "columns": "size", "adjust": "home"}, "Did you mean 'holm'"),
    ]:
        with pytest.raises(EstimateError, match=words):
            s.banner(**asked)


# ---- letters ----------------------------------------------------------------------------


def test_a_letter_names_a_column_that_is_lower_by_the_test_of_compare() -> None:
    s = survey()
    made = s.banner("mfa", ["size"], adjust=None)
    share = s.share("mfa", by="size", level="all")
    above = made.data[made.data["level"].eq("all")].set_index("group")["above"]
    assert made.columns[1].letter == "A"
    # Full use grows with size: B is above A, C above both.
    assert above.to_dict() == {"": "", "s": "", "m": "A", "l": "AB"}
    for high, low in (("m", "s"), ("l", "s"), ("l", "m")):
        assert share.compare(high, low).data["low"].item() > 0


def test_no_letters_cross_a_heading_and_the_total_has_none() -> None:
    made = survey().banner("mfa", ["size", "region"], adjust=None)
    letters = {c.letter: c.by for c in made.columns if c.by}
    assert list(letters) == ["A", "B", "C", "D", "E"]
    for record in made.data.to_dict("records"):
        for letter in record["above"]:
            assert " & ".join(letters[letter]) == record["column"]


def test_holm_over_the_table_counts_all_comparisons_once() -> None:
    made = survey().banner(["mfa", "tools", "region"], ["size"])
    assert made.letters is not None
    # mfa has three rows, tools two, and region two that say the same: six rows of three pairs.
    assert made.letters.count == (3 + 2 + 1) * 3
    assert "18 comparisons, Holm over all of them" in " ".join(made.footer)


def test_the_second_of_two_levels_mirrors_the_first() -> None:
    data = frame().assign(region=lambda f: np.where(f["mfa"] == "all", "n", "s"))
    rows = survey(data).banner("region", ["size"]).data
    first, second = (rows[rows["level"].eq(x)].set_index("group")["above"] for x in "ns")
    assert first["l"] == "AB"
    assert second["s"] == "BC"


def test_a_sample_that_people_chose_to_be_in_has_neither_letters_nor_intervals() -> None:
    made = survey(sample_type="opt-in").banner("mfa", ["size"])
    assert made.letters is None
    assert (made.data["above"] == "").all()
    assert made.frame["low"].isna().all()
    assert "no margin of sampling error" in " ".join(made.footer).lower()


def test_the_word_significant_is_nowhere() -> None:
    assert "signific" not in survey().banner("mfa", ["size"])._repr_html_().lower()


def test_cells_that_may_not_be_shown_are_not_compared() -> None:
    compared = compare_columns(
        np.array([0.1, 0.5, 0.9]), np.diag([1e-4] * 3), np.full(3, 50.0),
        np.array([True, False, True]),
    )  # fmt: skip
    assert np.isfinite(compared.p).sum() == 1
    assert np.isfinite(compared.p[0, 2])


def test_covariance_between_columns_counts() -> None:
    together = np.array([[1.0, 0.9], [0.9, 1.0]])
    compare = lambda v: compare_columns(  # noqa: E731
        np.array([0.0, 1.0]), v, np.full(2, 50.0), np.ones(2, dtype=bool)
    ).p[0, 1]
    assert compare(together) < compare(np.eye(2))


def test_a_difference_without_sampling_error_is_not_tested() -> None:
    compared = compare_columns(
        np.array([0.0, 1.0]), np.zeros((2, 2)), np.full(2, 50.0), np.ones(2, dtype=bool)
    )
    assert np.isnan(compared.p).all()


def test_letters_go_on_after_z() -> None:
    assert column_letters(28)[24:] == ["Y", "Z", "AA", "AB"]
    compared = compare_columns(
        np.array([0.9, 0.1, 0.1]), np.diag([1e-4] * 3), np.full(3, 50.0), np.ones(3, dtype=bool)
    )
    assert lower_columns(compared, compared.p, ["Z", "AA", "AB"], 0.05)[0] == "AA AB"


def test_families_are_the_table_or_each_row() -> None:
    make = lambda a: compare_columns(  # noqa: E731
        np.array([0.5, a]), np.diag([1e-3] * 2), np.full(2, 50.0), np.ones(2, dtype=bool)
    )
    rows = [[make(0.60)], [make(0.62)], [make(0.51)]]
    plain = [row[0].p[0, 1] for row in rows]
    over_table, count = adjust_rows(rows, "holm", "table")
    assert count == 3
    assert [t[0][0, 1] for t in over_table] == pytest.approx(adjusted(plain, "holm"))
    over_rows, _ = adjust_rows(rows, "holm", "row")
    assert [t[0][0, 1] for t in over_rows] == pytest.approx(plain)


# ---- protection -------------------------------------------------------------------------


def shown(s: Survey, **more: Any) -> pd.DataFrame:
    return s.banner("mfa", ["size"], **more).frame.pivot_table(
        index="level", columns="group", values="estimate", sort=False, dropna=False
    )


PLENTY = {
    ("none", "s"): 100, ("some", "s"): 90, ("all", "s"): 110,
    ("none", "m"): 120, ("some", "m"): 100, ("all", "m"): 80,
    ("none", "l"): 100, ("some", "l"): 100, ("all", "l"): 100,
}  # fmt: skip


def test_a_table_with_enough_everywhere_hides_nothing() -> None:
    assert shown(counts(PLENTY)).notna().all().all()


def test_a_hidden_cell_takes_one_in_its_column_and_two_in_another_with_it() -> None:
    # Two firms of 302 are in one cell: its column has a second hidden, and so has another.
    made = counts(PLENTY | {("none", "s"): 2}).banner("mfa", ["size"])
    data = made.data
    hidden = data[data["verdict"].eq("suppress")]
    by_column = hidden.groupby("group").size().to_dict()
    assert by_column in ({"s": 2, "m": 2}, {"s": 2, "l": 2})
    assert hidden.groupby("level").size().tolist() == [2, 2]
    assert (hidden["why"].eq("fewer than 3 cases")).sum() == 1
    assert hidden["why"].eq(GIVES_AWAY).any()
    assert not data.loc[data["column"].eq(""), "verdict"].eq("suppress").any()


def test_a_net_does_not_give_a_level_away() -> None:
    made = counts(PLENTY | {("none", "s"): 2}).banner("mfa", ["size"], nets=NET)
    frame_ = made.frame
    column = frame_[frame_["group"].eq("s")].set_index("level")["estimate"]
    # The net is everything but "none": it must go, or "none" is one less it.
    assert np.isnan(column["none"])
    assert np.isnan(column["Any"])


def test_a_column_with_few_firms_hides_its_base_and_that_of_a_second() -> None:
    few = {k: v for k, v in PLENTY.items() if k[1] != "s"} | {("all", "s"): 4}
    made = counts(few).banner("mfa", ["size"])
    unweighted, weighted = made.bases(made.blocks[0])
    assert unweighted[1] == "<10"
    assert "[c]" in unweighted[2:]
    assert "[c]" in weighted[2:]
    assert "4" not in [str(x) for x in made.frame["n"].dropna().astype(int)]


def test_what_is_hidden_for_precision_only_takes_no_other_column_with_it() -> None:
    # Twenty firms: below thirty, but no firm is told.
    few = {k: v for k, v in PLENTY.items() if k[1] != "s"} | {
        ("none", "s"): 7, ("some", "s"): 7, ("all", "s"): 6,
    }  # fmt: skip
    table = shown(counts(few))
    assert table["s"].isna().all()
    assert table[["m", "l"]].notna().all().all()


def test_hidden_numbers_are_in_no_output_and_an_override_prints_its_reason() -> None:
    made = counts(PLENTY | {("none", "s"): 2}).banner("mfa", ["size"])
    hidden = made.data["verdict"].eq("suppress")
    assert made.frame.loc[hidden, ["estimate", "low", "high", "base"]].isna().all().all()
    assert "[c]" in made._repr_html_()
    audit = made.unsuppressed("audit")
    assert audit.frame["estimate"].notna().all()
    assert "because: audit" in audit._repr_html_()
    with pytest.raises(EstimateError, match="reason"):
        made.unsuppressed(" ")


def test_a_terminal_shows_bases_figures_and_letters() -> None:
    text = str(counts(PLENTY | {("none", "s"): 2}).banner("mfa", ["size"]))
    assert "Base (respondents)" in text
    assert "[c] suppressed" in text
    assert "Block(" not in text


def test_reasons_are_told_apart() -> None:
    assert discloses("fewer than 10 respondents")
    assert discloses("fewer than 3 cases")
    assert not discloses("n below 30")
    assert not discloses("fewer than 8 degrees of freedom")


# ---- the rest ---------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.001, 1000.0])
def test_a_constant_on_the_weights_changes_no_share_and_no_letter(factor: float) -> None:
    data = frame()
    one = survey(data).banner(["mfa", "score"], ["size"]).data
    two = survey(data.assign(w=data["w"] * factor)).banner(["mfa", "score"], ["size"]).data
    np.testing.assert_allclose(one["estimate"], two["estimate"])
    np.testing.assert_allclose(one["se"], two["se"])
    assert one["above"].tolist() == two["above"].tolist()


def test_row_order_changes_nothing() -> None:
    data = frame()
    one = survey(data).banner(["mfa", "tools"], ["size", "region"]).data
    turned = survey(data.iloc[::-1]).banner(["mfa", "tools"], ["size", "region"]).data
    pd.testing.assert_frame_equal(one, turned)


def test_without_an_instrument_levels_are_sorted_and_bear_their_own_names() -> None:
    made = Survey(frame(), weights="w").banner("mfa", "size")
    assert [line.label for _, line in made.lines] == ["all", "none", "some"]
    assert made.columns[1].heading == "size"


def test_the_table_in_a_notebook_has_a_caption_scopes_and_no_markup_from_answers() -> None:
    data = frame().assign(region=lambda f: f["region"].replace("n", "<script>"))
    page = Survey(data, weights="w").banner("region", "size")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<caption>") == 1
    assert '<th scope="row">Base (respondents)</th>' in page
    assert '<th scope="col">size: l (A)</th>' in page


def test_a_table_in_duckdb_makes_the_same_banner() -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("answers", frame())
    far = survey(connection.table("answers"))
    asked = {"rows": ["mfa", "tools", "score"], "columns": ["size"], "base": "score > 40"}
    pd.testing.assert_frame_equal(survey().banner(**asked).data, far.banner(**asked).data)


def test_replicate_weights_make_letters_too() -> None:
    replicated = survey().replicate("bootstrap", n=200, seed=1).banner("mfa", ["size"])
    above = replicated.data[replicated.data["level"].eq("all")].set_index("group")["above"]
    assert above.to_dict() == {"": "", "s": "", "m": "A", "l": "AB"}


def test_the_total_of_one_pass_is_that_of_two() -> None:
    data = frame()
    whole = survey(data).banner(["mfa", "score"], ["size"]).data
    other = survey(data).banner(["mfa", "score"], ["region"]).data
    share = survey(data).share("mfa").data
    for made in (whole, other):
        total = made[made["column"].eq("") & made["item"].eq("mfa")]
        for name in ("estimate", "se", "low", "df", "n", "n_eff", "deff", "base"):
            np.testing.assert_allclose(total[name], share[name], rtol=1e-12)


def test_views_are_found_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def view(name: str) -> Any:
        asked.append(name)
        return lambda banner, *args, **options: args[0] if args else "page"

    monkeypatch.setattr(banner_module, "view", view)
    made = survey().banner("mfa", "size")
    assert made.html() == "page"
    assert made.excel("a.xlsx").name == "a.xlsx"
    made.table()
    assert asked == ["banner_html", "banner_excel", "banner"]


def test_the_instrument_of_these_tests_has_every_variable() -> None:
    assert set(INSTRUMENT.variables) <= set(frame().columns)
