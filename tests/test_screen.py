from __future__ import annotations

import json

import pytest
from chart_cases import BASELINE, by_size, classes_by_size, estimates, full_fields, variable

from mspsurvey.publish.chart import Chart, bars, dots, heat, paired, stacked
from mspsurvey.publish.chart.render.screen import figure, to_plotly

CHARTS = {
    "bars": lambda: bars(by_size(synthetic=True)),
    "dots": lambda: dots(by_size(), benchmarks={"1-4": 0.6}, default="5-9"),
    "heat": lambda: heat(classes_by_size((("5-9", "met"),))),
    "stacked": lambda: stacked(classes_by_size((("5-9", "met"),))),
    "paired": lambda: paired(by_size(), by_size(), names=("a", "b")),
}


@pytest.fixture(params=sorted(CHARTS))
def chart(request: pytest.FixtureRequest) -> Chart:
    return CHARTS[request.param]()


def hovers(chart: Chart) -> list[str]:
    return [t for trace in figure(chart)["data"] for t in trace.get("hovertext", []) if t]


def words(chart: Chart) -> list[str]:
    return [a["text"] for a in figure(chart)["layout"]["annotations"]]


def test_plotly_takes_each_kind_of_figure(chart: Chart) -> None:
    drawn = to_plotly(chart)
    assert len(drawn.data) == len(figure(chart)["data"])
    assert drawn.layout.height == figure(chart)["layout"]["height"]


def test_the_json_of_a_figure_is_the_same_each_time(chart: Chart) -> None:
    once = json.dumps(figure(chart), allow_nan=False)
    assert once == json.dumps(figure(chart), allow_nan=False)


def test_traces_have_names_of_their_own(chart: Chart) -> None:
    names = [trace["uid"] for trace in figure(chart)["data"]]
    assert len(set(names)) == len(names)


def test_each_pattern_has_a_ground(chart: Chart) -> None:
    # Plotly draws a pattern on nothing at all where it is not told the ground.
    for trace in figure(chart)["data"]:
        pattern = trace.get("marker", {}).get("pattern")
        assert not pattern or pattern["bgcolor"].startswith("#")


def test_a_bar_stands_at_its_number_and_says_it() -> None:
    drawn = bars(by_size())
    first = figure(drawn)["data"][0]
    assert first["x"] == [0.62]
    assert hovers(drawn)[0] == "1 to 4 people: 62% (57% to 67%), n 200"


def test_a_suppressed_row_is_in_no_trace(chart: Chart) -> None:
    text = json.dumps(figure(bars(by_size())))
    assert "0.1234" not in text
    assert "12%" not in text
    assert "[c] suppressed" in words(bars(by_size()))


def test_hostile_labels_are_escaped_in_words_and_hover_texts() -> None:
    label = '<a href="javascript:alert(1)">&lt;b&gt;</a>\u202e'
    est = estimates([{"size": "1-4", "estimate": 0.4}], variable("size", {"1-4": label}), BASELINE)
    drawn = bars(est, full_fields(est, question_text=label))
    for text in [*words(drawn), *hovers(drawn)]:
        assert "<a" not in text
        assert "\u202e" not in text
    assert any("&lt;a href" in text for text in words(drawn))
    assert any("&amp;lt;b&amp;gt;" in text for text in words(drawn))


def test_the_figure_carries_alternative_text_and_provenance() -> None:
    drawn = bars(by_size())
    meta = figure(drawn)["layout"]["meta"]
    assert meta["alt"] == drawn.alt
    assert meta["provenance"]["id"] == drawn.id


def test_stamps_and_foot_are_on_the_figure_too() -> None:
    est = by_size(synthetic=True)
    text = " ".join(words(bars(est, full_fields(est))))
    assert "SYNTHETIC DATA" in text
    assert "2 March to 24 April 2026" in text
    assert "DRAFT" in " ".join(words(bars(est)))


def test_no_default_template_is_written_into_a_figure() -> None:
    assert len(json.dumps(figure(bars(by_size())))) < 40_000
