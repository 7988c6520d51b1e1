from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import fields as names_of
from dataclasses import replace
from pathlib import Path

import pytest
from chart_cases import (
    BASELINE,
    SIZE,
    by_size,
    classes_by_size,
    estimates,
    full_fields,
    variable,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish.chart import (
    Bar,
    Chart,
    Dot,
    Fields,
    Interval,
    Reference,
    Text,
    Tile,
    bars,
    dots,
    draft_fields,
    from_estimates,
    heat,
    paired,
    save,
    stacked,
)  # fmt: skip
from mspsurvey.publish.chart.datum import neutral
from mspsurvey.publish.chart.scale import axis

TWENTY = (
    "finding_title", "stat_subtitle", "estimand_id", "question_text", "filter", "n_unweighted",
    "n_eff", "weighted", "field_dates", "sample_type", "uncertainty", "comparison_note",
    "definition_version", "strength", "direction", "caveats", "source", "alt_text", "data_csv",
    "code_ref",
)  # fmt: skip
HIDDEN = ("0.1234", "12%", "12.34", "0.0734", "0.1734")
"""Ways in which the suppressed row of ``by_size`` could show."""


def marks_of(chart: Chart, kind: type) -> list[object]:
    return [m for m in chart.marks if isinstance(m, kind)]


def records(chart: Chart) -> list[dict[str, str]]:
    lines = [line for line in chart.csv.splitlines() if not line.startswith(("#", '"#'))]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_a_chart_carries_exactly_the_twenty_fields() -> None:
    assert [f.name for f in names_of(Fields)] == list(TWENTY)


def test_a_chart_with_all_fields_may_be_published() -> None:
    est = by_size()
    chart = bars(est, full_fields(est))
    assert chart.check() is chart
    assert not chart.draft
    assert not chart.stamps


@pytest.mark.parametrize("name", [n for n in TWENTY if n not in ("alt_text", "data_csv")])
def test_each_lacking_field_is_named(name: str) -> None:
    est = by_size()
    full = full_fields(est)
    chart = bars(est, replace(full, **{name: type(getattr(full, name))()}))
    with pytest.raises(PublicationError, match=f"'{name}' is empty"):
        chart.check()


def test_all_lacking_fields_are_named_at_once() -> None:
    assert set(Fields().lacking()) == set(TWENTY)


def test_a_title_has_eighteen_words_at_most() -> None:
    est = by_size()
    fits = full_fields(est, finding_title=" ".join(["word"] * 17 + ["62%"]))
    assert bars(est, fits).check()
    with pytest.raises(PublicationError, match="19 words"):
        bars(est, full_fields(est, finding_title=" ".join(["word"] * 18 + ["62%"]))).check()


@pytest.mark.parametrize("verb", ["causes", "leads to", "proves", "drives"])
def test_a_title_claims_no_cause(verb: str) -> None:
    est = by_size()
    title = f"Being small {verb} a miss of the baseline in 62% of firms"
    with pytest.raises(PublicationError, match=verb):
        bars(est, full_fields(est, finding_title=title)).check()


def test_a_title_has_a_number() -> None:
    est = by_size()
    with pytest.raises(PublicationError, match="no number"):
        bars(est, full_fields(est, finding_title="Small firms often miss the baseline")).check()
    assert bars(est, full_fields(est, finding_title="Half of firms miss the baseline")).check()


def test_alternative_text_of_the_author_is_kept_but_not_too_long() -> None:
    est = by_size()
    chart = bars(est, full_fields(est, alt_text="Bars get shorter as firms get larger."))
    assert chart.alt == "Bars get shorter as firms get larger."
    with pytest.raises(PublicationError, match="121 words"):
        bars(est, full_fields(est, alt_text="word " * 121)).check()


def test_more_than_three_caveats_are_refused() -> None:
    est = by_size()
    with pytest.raises(PublicationError, match="4 caveats"):
        bars(est, full_fields(est, caveats=("a", "b", "c", "d"))).check()


def test_a_field_that_is_none_of_the_twenty_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PublicationError, match="caveats"):
        draft_fields(by_size(), caveat="x")


def test_fields_take_from_estimates_what_these_tell() -> None:
    own = draft_fields(by_size())
    assert own.n_unweighted == 200 + 200 + 42
    assert own.n_eff == 3 * 150
    assert "Wording of base_class?" in own.question_text
    assert "w, raked" in own.weighted


# bars


def test_bars_start_at_zero_and_carry_interval_number_and_n() -> None:
    chart = bars(by_size())
    first = marks_of(chart, Bar)[0]
    assert (first.start, first.end) == (0, 0.62)
    assert marks_of(chart, Interval)[0].high == pytest.approx(0.67)
    assert chart.rows[0].cells == ("62%", "57% to 67%", "200")
    assert chart.axis.low == 0


def test_a_suppressed_row_shows_no_number_anywhere() -> None:
    chart = bars(by_size(), full_fields(by_size()))
    assert len(marks_of(chart, Bar)) == len(marks_of(chart, Interval)) == 3
    assert [m.text for m in marks_of(chart, Text)] == ["[c] suppressed"]
    assert chart.rows[3].muted
    assert chart.rows[3].cells == ("[c]", "", "21")
    for place in (chart.alt, chart.csv, chart.table, repr(chart.marks), repr(chart.rows)):
        assert not [h for h in HIDDEN if h in place]
    assert records(chart)[3]["estimate"] == "[c]"


def test_a_count_below_ten_is_not_shown_in_a_suppressed_row() -> None:
    est = estimates([{"size": "1-4", "estimate": 0.5, "n": 7.0, "verdict": "suppress"}], SIZE)
    chart = bars(est)
    assert chart.rows[0].cells == ("[c]", "<10")
    assert records(chart)[0]["n"] == "<10"


def test_a_low_base_is_marked_in_bar_cell_and_file() -> None:
    chart = bars(by_size())
    assert [b.hollow for b in marks_of(chart, Bar)] == [False, False, True]
    assert chart.rows[2].cells[-1] == "42 [u]"
    assert records(chart)[2]["mark"] == "[u]"
    assert any("[u] less reliable" in note for note in chart.notes)


def test_the_table_says_under_it_what_its_marks_mean() -> None:
    foot = bars(by_size()).table.split("<tfoot>")[1]
    assert "[c] suppressed" in foot
    assert "[u] less reliable" in foot
    assert "<tfoot>" not in bars(estimates([{"size": "1-4", "estimate": 0.5}], SIZE)).table


def test_what_is_shown_against_the_rule_says_why() -> None:
    chart = bars(by_size().unsuppressed("asked for by the audit"))
    assert len(marks_of(chart, Bar)) == 4
    assert any("asked for by the audit" in note for note in chart.notes)
    assert records(chart)[3]["mark"] == "[u]"


def test_ordinal_rows_keep_their_order_and_others_are_sorted() -> None:
    assert bars(by_size()).rows[0].label == "1 to 4 people"
    towns = variable("town", {"a": "A", "b": "B", "c": "C"}, ordered=False)
    rows = [
        {"town": "a", "estimate": 0.9, "verdict": "suppress"},
        {"town": "b", "estimate": 0.1},
        {"town": "c", "estimate": 0.2},
    ]
    chart = bars(estimates(rows, towns, BASELINE, by=("town",)))
    # The suppressed row is last, whatever its value.
    assert [r.label for r in chart.rows] == ["C", "B", "A"]


def test_no_interval_is_drawn_where_there_is_no_margin_of_sampling_error() -> None:
    chart = bars(by_size(precision_kind="none"))
    assert not marks_of(chart, Interval)
    assert chart.columns == ("Estimate", "n")
    assert "no margin of sampling error" in chart.fields.uncertainty.lower()
    assert {r["low"] for r in records(chart)} == {"", "[c]"}


def test_classes_keep_their_colour() -> None:
    est = estimates(
        [{"level": level, "estimate": 0.3} for level in ("met", "not_met")], BASELINE, by=()
    )
    assert [b.fill for b in marks_of(bars(est), Bar)] == ["#14598C", "#A63A24"]


def test_two_columns_that_differ_become_headings_and_rows() -> None:
    chart = bars(classes_by_size())
    assert [r.heading for r in chart.rows] == ["1 to 4 people", "", "", "5 to 9", "", ""]
    assert [r.label for r in chart.rows[:3]] == ["Baseline met", "Partly met", "Not met"]


def test_intervals_of_another_level_are_called_by_it() -> None:
    chart = bars(by_size(confidence=0.9))
    assert "90% interval" in chart.columns
    assert "90%" in chart.notes[0]
    assert "95%" not in f"{chart.alt} {chart.table} {chart.fields.uncertainty}"


# stacked


def test_segments_of_a_stacked_bar_fill_it() -> None:
    chart = stacked(classes_by_size())
    segments = marks_of(chart, Bar)
    assert [s.start for s in segments[:3]] == pytest.approx([0, 0.2, 0.5])
    assert segments[2].end == pytest.approx(1)
    assert [k.label for k in chart.keys] == ["Baseline met", "Partly met", "Not met"]
    assert "in the table" in chart.fields.uncertainty
    assert "15% to 25%" in chart.table


def test_one_suppressed_segment_hides_its_whole_bar() -> None:
    chart = stacked(classes_by_size((("5-9", "met"),)))
    rows = {(r["size"], r["level"]): r["estimate"] for r in records(chart)}
    assert {rows["5-9", level] for level in ("met", "partly", "not_met")} == {"[c]"}
    assert rows["1-4", "met"] == "0.2"
    assert "25%" not in chart.table.split("5 to 9")[1]


def test_two_suppressed_segments_show_as_one_grey_remainder() -> None:
    chart = stacked(classes_by_size((("5-9", "met"), ("5-9", "partly"))))
    last = marks_of(chart, Bar)[-1]
    assert (last.start, last.end, last.hollow) == (pytest.approx(0.15), 1.0, True)


def test_stacked_bars_refuse_what_is_no_share() -> None:
    with pytest.raises(PublicationError, match="means"):
        stacked(classes_by_size(statistic="mean"))


# paired


def _levels(shares: tuple[float, float, float], **more: object) -> Estimates:
    rows = [
        {"level": level, "estimate": share}
        for level, share in zip(("met", "partly", "not_met"), shares, strict=True)
    ]
    return estimates(rows, BASELINE, by=(), **more)


def test_paired_dots_match_rows_and_tell_the_two_apart_by_shape() -> None:
    chart = paired(_levels((0.3, 0.2, 0.5)), _levels((0.5, 0.3, 0.2)), names=("firms", "clients"))
    points = marks_of(chart, Dot)
    assert [(p.x, p.shape) for p in points[:2]] == [(0.3, "circle"), (0.5, "diamond")]
    assert chart.rows[2].cells == ("50%", "20%", "200 / 200")
    assert records(chart)[1]["series"] == "clients"


def test_a_row_without_a_partner_is_refused() -> None:
    first = _levels((0.3, 0.2, 0.5))
    with pytest.raises(PublicationError, match="partner"):
        paired(first, first.pick(level=["met", "partly"]))


# heat


def _items(suppressed: str = "") -> Estimates:
    items = [variable(name, {"2": "Yes"}) for name in ("mfa", "backups")]
    rows = [
        {
            "item": item.name, "level": "2", "size": size, "estimate": 0.2 + 0.3 * i + 0.1 * j,
            "verdict": "suppress" if item.name == suppressed else "show", "n": 100.0 + 50 * j,
        }
        for i, item in enumerate(items)
        for j, size in enumerate(("1-4", "5-9"))
    ]  # fmt: skip
    return estimates(rows, SIZE, *items)


def test_a_heat_table_prints_a_number_in_each_cell_and_n_under_each_head() -> None:
    chart = heat(_items())
    assert [m.text for m in marks_of(chart, Text)] == ["20%", "30%", "50%", "60%"]
    assert chart.axis.under == ("n 100", "n 150")
    assert [r.label for r in chart.rows] == ["Mfa", "Backups"]
    assert len({t.fill for t in marks_of(chart, Tile)}) > 1


def test_suppressed_cells_of_a_heat_table_are_hatched() -> None:
    tiles = marks_of(heat(_items(suppressed="mfa")), Tile)
    assert [t.pattern for t in tiles] == ["diagonal", "diagonal", "", ""]
    assert tiles[0].fill == tiles[1].fill


def test_two_numbers_in_one_cell_are_refused() -> None:
    with pytest.raises(PublicationError, match="has two"):
        heat(classes_by_size(), rows="item", columns="size")


# dots


def test_dots_mark_the_chosen_row_and_the_benchmark() -> None:
    chart = dots(by_size(), default="5-9", benchmarks={"1-4": 0.7}, benchmark_label="NFIB")
    shapes = [(p.row, p.shape) for p in marks_of(chart, Dot)]
    assert shapes == [(0, "circle"), (0, "diamond"), (1, "square"), (2, "circle")]
    assert [r.bold for r in chart.rows] == [False, True, False, False]
    assert [k.label for k in chart.keys][1:] == ["Definition used in this report", "NFIB"]


def test_a_benchmark_for_no_row_is_refused() -> None:
    with pytest.raises(PublicationError, match="'5-99'"):
        dots(by_size(), benchmarks={"5-99": 0.5})


def test_differences_of_shares_are_written_in_points() -> None:
    est = estimates(
        [{"size": "1-4", "estimate": -0.09, "low": -0.14, "high": 0.02}], SIZE, BASELINE,
        statistic="difference", of="share",
    )  # fmt: skip
    chart = dots(est)
    assert chart.rows[0].cells == ("−9 points", "−14 to +2 points", "200")
    assert chart.axis.title == "Difference in percentage points"
    assert "0" in [label for _, label in chart.axis.ticks]


# alternative text, table and file


def test_alternative_text_says_type_message_highest_and_lowest() -> None:
    chart = bars(by_size(), full_fields(by_size()))
    assert chart.alt.startswith("Bar chart with 95% intervals: Share of MSP firms")
    assert "Highest: 1 to 4 people, 62% (95% interval 57% to 67%)" in chart.alt
    assert "Lowest: 10 to 19, 35% (95% interval 30% to 40%), less reliable" in chart.alt
    assert "1 number is suppressed" in chart.alt


@given(st.integers(1, 60), st.integers(1, 200))
def test_alternative_text_never_has_more_than_120_words(name: int, subtitle: int) -> None:
    size = variable("size", dict.fromkeys(("1-4", "5-9"), "word " * name))
    rows = [{"size": "1-4", "estimate": 0.4}, {"size": "5-9", "estimate": 0.5}]
    est = estimates(rows, size, BASELINE, synthetic=True)
    chart = bars(est, full_fields(est, stat_subtitle="word " * subtitle))
    assert len(chart.alt.split()) <= 120
    assert "Lowest" in chart.alt


def test_a_file_holds_the_numbers_that_are_drawn() -> None:
    rows = records(bars(by_size()))
    assert [r["estimate"] for r in rows] == ["0.62", "0.48", "0.35", "[c]"]
    assert rows[0]["size_label"] == "1 to 4 people"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"


def test_hostile_labels_are_harmless_in_file_and_table() -> None:
    hostile = {"1-4": '=cmd|"/c calc"!A1', "5-9": "<script>alert(1)</script>"}
    rows = [{"size": "1-4", "estimate": 0.4}, {"size": "5-9", "estimate": 0.5}]
    chart = bars(estimates(rows, variable("size", hostile), BASELINE))
    assert records(chart)[0]["size_label"].startswith("'=")
    assert "<script" not in chart.table
    assert "&lt;script&gt;" in chart.table


def test_the_table_has_caption_and_scopes() -> None:
    table = bars(by_size()).table
    assert table.startswith("<table><caption>")
    assert '<th scope="col">95% interval</th>' in table
    assert table.count('<th scope="row">') == 4


# axes


@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=6),
    st.booleans(),
)
def test_an_axis_holds_all_values_and_its_labels_differ(
    values: list[float], from_zero: bool
) -> None:
    found = axis(values, title="", words="{:.1f}".format, from_zero=from_zero)
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert found.low <= min(values) + slack
    assert found.high >= max(values) - slack
    assert found.low < found.high
    labels = [label for _, label in found.ticks]
    assert len(set(labels)) == len(labels) >= 2
    if from_zero:
        assert found.low <= 0 <= found.high


def test_references_lie_inside_the_axis() -> None:
    chart = bars(by_size(), references=[Reference(value=0.9, label="Target")])
    assert chart.axis.high >= 0.9


# drafts, kinds and files


def test_estimates_without_fields_make_a_draft_that_cannot_be_saved(tmp_path: Path) -> None:
    chart = from_estimates(by_size())
    assert chart.stamps == ("DRAFT – not for publication",)
    with pytest.raises(PublicationError, match="finding_title"):
        save(chart, tmp_path)
    assert not list(tmp_path.iterdir())


def test_single_fields_may_be_given_by_name() -> None:
    chart = from_estimates(by_size(), finding_title="62% of small firms", order="value")
    assert chart.title == "62% of small firms"
    assert "finding_title" not in chart.fields.lacking()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (by_size, "bars"),
        (classes_by_size, "stacked"),
        (_items, "heat"),
        (lambda: by_size(statistic="mean"), "dots"),
    ],
)
def test_the_kind_follows_from_what_differs(make: Callable[[], Estimates], kind: str) -> None:
    assert from_estimates(make()).kind == kind


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PublicationError, match="'bars'"):
        from_estimates(by_size(), kind="bar")


def test_a_chart_of_synthetic_data_is_stamped_and_no_other() -> None:
    assert bars(by_size(synthetic=True)).stamps[0].startswith("SYNTHETIC DATA")
    est = by_size()
    assert bars(est, full_fields(est)).stamps == ()


def test_saving_writes_five_whole_files_and_no_other(tmp_path: Path) -> None:
    est = by_size()
    paths = save(bars(est, full_fields(est)), tmp_path / "charts")
    assert set(paths) == {"svg", "png", "pdf", "csv", "json"}
    assert {p.name for p in (tmp_path / "charts").iterdir()} == {p.name for p in paths.values()}
    assert all(p.stem == "not-met-by-size" and p.stat().st_size > 100 for p in paths.values())


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    est = by_size(synthetic=True)
    first = save(bars(est, full_fields(est)), tmp_path / "one")
    second = save(bars(est, full_fields(est)), tmp_path / "two")
    for ending, path in first.items():
        assert path.read_bytes() == second[ending].read_bytes(), ending


def test_a_notebook_gets_all_views() -> None:
    bundle = bars(by_size())._repr_mimebundle_()
    view = bundle["application/vnd.mspsurvey.chart+json"]
    assert {"id", "alt", "title", "svg", "plotly", "table", "csv"} <= set(view)
    assert view["svg"].startswith("<svg ")
    assert bundle["text/plain"] == view["alt"]
    assert "application/vnd.plotly.v1+json" in bundle
    assert f'alt="{view["alt"]}"' in bundle["text/html"]
    assert "<figcaption>" in bundle["text/html"]
