from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET

import pytest
from chart_cases import BASELINE, by_size, classes_by_size, estimates, full_fields, variable
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mspsurvey.publish.chart import Chart, Reference, bars, dots, heat, stacked
from mspsurvey.publish.chart.drawing.layout import lay_out
from mspsurvey.publish.chart.drawing.measure import printable, text_width, wrap
from mspsurvey.publish.chart.drawing.scene import scene
from mspsurvey.publish.chart.drawing.shapes import Rect, Run, backing
from mspsurvey.publish.chart.render.paper import to_pdf, to_png, to_svg

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Organisations whose information technology is looked after by an outside firm alone "
HOSTILE = (
    '<script>alert("1")</script>',
    "$x^2$ and $5",
    "\u202eevil\u0000",
    "漢字 ]]> &amp; 'quote'",
    "W" * 400,
)


def boxes(chart: Chart) -> list[tuple[Run, Rect]]:
    """Each line of text with the rectangle that it fills."""
    drawn = [s for s in scene(chart).shapes if isinstance(s, Run)]
    watermark = {"SYNTHETIC", "DRAFT"}
    found = []
    for run in drawn:
        if run.text in watermark and run.size > 20:
            continue
        room = backing(run, text_width(run.text, run.size, bold=run.bold))
        # Without the padding of a backing, and no higher than its letters.
        found.append(
            (run, Rect(
                x0=room.x0 + 4, x1=room.x1 - 4, y0=run.y - 0.72 * run.size,
                y1=run.y + 0.2 * run.size, fill="",
            ))
        )  # fmt: skip
    return found


def assert_nothing_overlaps_or_is_cut(chart: Chart) -> None:
    page = scene(chart)
    placed = boxes(chart)
    for run, box in placed:
        assert box.x0 >= 0, run
        assert box.x1 <= page.width, run
        assert 0 <= box.y0 < box.y1 <= page.height, run
    for i, (one, a) in enumerate(placed):
        for other, b in placed[i + 1 :]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across <= 0.5 or down <= 0.5, (one, other)


def many(rows: int, *, label: str = "Size") -> Chart:
    codes = {str(i): f"{label} {i}" for i in range(rows)}
    est = estimates(
        [
            {
                "size": code, "estimate": 0.02 * (i % 40) + 0.06,
                "verdict": ("show", "flag", "suppress")[i % 3],
            }
            for i, code in enumerate(codes)
        ],
        variable("size", codes), BASELINE, synthetic=True,
    )  # fmt: skip
    return bars(est, full_fields(est))


@pytest.mark.parametrize("rows", [1, 2, 12, 36])
@pytest.mark.parametrize("label", ["Size", LONG * 3, "W" * 90])
def test_nothing_overlaps_or_is_cut_with_short_and_long_labels(rows: int, label: str) -> None:
    assert_nothing_overlaps_or_is_cut(many(rows, label=label))


def test_nothing_overlaps_in_a_heat_table_with_long_heads() -> None:
    codes = {str(i): f"{LONG}{i}" for i in range(8)}
    rows = [
        {"item": item, "level": "met", "size": code, "estimate": 0.3}
        for item in ("one", "two")
        for code in codes
    ]
    est = estimates(rows, variable("size", codes), synthetic=True)
    assert_nothing_overlaps_or_is_cut(heat(est, full_fields(est)))


def test_names_of_reference_lines_get_out_of_each_others_way() -> None:
    lines = [Reference(value=0.5 + i / 100, label=f"Benchmark number {i}") for i in range(4)]
    est = by_size()
    assert_nothing_overlaps_or_is_cut(dots(est, full_fields(est), references=lines))


def test_long_fields_do_not_push_out_others() -> None:
    est = by_size(synthetic=True)
    long = ("question_text", "stat_subtitle", "comparison_note", "source", "strength", "code_ref")
    words = dict.fromkeys(long, LONG * 12)
    chart = stacked(classes_by_size(), full_fields(est, **words, finding_title=LONG * 3))
    assert_nothing_overlaps_or_is_cut(chart)
    assert any(run.text == "Definitions" for run, _ in boxes(chart))


def test_the_foot_says_how_the_number_was_come_by() -> None:
    est = by_size()
    chart = bars(est, full_fields(est))
    text = " ".join(run.text for run, _ in boxes(chart))
    for part in (
        "Wording of base_class?", "n = 442", "worth 450", "w, raked", "2 March to 24 April 2026",
        "probability sample", "95% interval", "6 comparisons", "(1) Self-reported.", "●○○",
        "Supports H4", "rubric 1.0.0", "commissioned by a trade body", "cell q5",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_are_stamped_on_the_drawing(synthetic: bool) -> None:
    est = by_size(synthetic=synthetic)
    svg = to_svg(bars(est, full_fields(est)))
    assert ("SYNTHETIC DATA" in svg) is synthetic
    assert "DRAFT" not in svg
    assert "DRAFT" in to_svg(bars(est))


def test_an_svg_says_what_it_shows_and_where_it_comes_from() -> None:
    est = by_size()
    chart = bars(est, full_fields(est))
    root = ET.fromstring(to_svg(chart))
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == chart.title
    assert desc is not None
    assert desc.text == chart.alt
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    record = json.loads(root.findtext(f"{SVG}metadata") or "")
    assert record["fields"]["code_ref"] == "notebooks/02_baseline.ipynb, cell q5"
    assert len(record["data_sha256"]) == 64


def test_an_svg_brings_its_font_unless_the_page_does() -> None:
    chart = bars(by_size())
    assert to_svg(chart).count("@font-face") == 2
    assert "@font-face" not in to_svg(chart, fonts="page")
    assert not re.search(r"(?:href|src)\s*=|url\((?!data:|#)", to_svg(chart))


def test_two_drawings_in_one_page_share_no_id() -> None:
    def ids(name: str) -> set[str]:
        est = classes_by_size()
        chart = stacked(est, full_fields(est, estimand_id=name))
        return set(re.findall(r'id="([^"]+)"', to_svg(chart)))

    assert len(ids("one")) > 2
    assert not ids("one") & ids("two")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_and_fields_stay_text_in_every_file(text: str) -> None:
    est = estimates([{"size": "1-4", "estimate": 0.4}], variable("size", {"1-4": text}), BASELINE)
    chart = bars(est, full_fields(est, question_text=text, finding_title=f"{text[:40]} 40%"))
    root = ET.fromstring(to_svg(chart))
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "title", "desc", "metadata", "style", "defs", "pattern", "rect", "g", "path",
        "text", "circle", "polygon",
    }  # fmt: skip
    assert to_png(chart, dpi=24).startswith(b"\x89PNG")
    assert to_pdf(chart).startswith(b"%PDF")
    assert_nothing_overlaps_or_is_cut(chart)


def test_a_png_has_its_size_resolution_words_and_provenance() -> None:
    est = by_size()
    chart = bars(est, full_fields(est))
    image = Image.open(io.BytesIO(to_png(chart)))
    assert image.size == (3750, round(lay_out(chart).height * 300 / 96))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert image.text["Description"] == chart.alt
    assert json.loads(image.text["mspsurvey"])["id"] == chart.id


def test_a_png_keeps_the_colours_of_the_theme() -> None:
    image = Image.open(io.BytesIO(to_png(bars(by_size(synthetic=True)), dpi=96))).convert("RGB")
    colours = {colour for _, colour in image.getcolors(1 << 20)}
    assert {(255, 201, 51), (70, 120, 166), (255, 255, 255)} <= colours


def test_a_pdf_has_words_and_embedded_fonts_and_no_date() -> None:
    est = by_size()
    chart = bars(est, full_fields(est))
    pdf = to_pdf(chart)
    assert b"/FontFile2" in pdf
    assert b"SurveySans" in pdf
    assert b"CreationDate" not in pdf
    assert chart.title.encode() in pdf


@pytest.mark.parametrize("draw", [to_svg, to_png, to_pdf])
def test_the_same_chart_gives_the_same_bytes(draw: object) -> None:
    def once() -> object:
        est = classes_by_size(synthetic=True)
        return draw(stacked(est, full_fields(est)))  # type: ignore[operator]

    assert once() == once()


def test_a_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    to_pdf(bars(by_size()))
    assert dict(mpl.rcParams) == before


@settings(max_examples=60)
@given(st.text(max_size=200), st.integers(40, 400))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    clean = printable(text)
    lines = wrap(clean, width, 17)
    assert all(text_width(line, 17) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(clean.split())


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    lines = wrap("one two three four five six", 60, 17, most=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert text_width(lines[-1], 17) <= 60


@given(st.text(max_size=60))
def test_printable_text_has_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    ET.fromstring(f"<a>{shown.replace('&', '').replace('<', '')}</a>")
