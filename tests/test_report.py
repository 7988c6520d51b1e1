"""Pages made of notebooks: nothing gets lost, nothing runs, nothing is asked of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import PublicationError
from mspsurvey.publish.chart import export
from mspsurvey.publish.page import sheet
from mspsurvey.publish.page.about import KEYS, about
from mspsurvey.publish.page.figure import drawing, json_for_script
from mspsurvey.publish.page.markup import clean, markdown
from mspsurvey.publish.report.body import finish
from mspsurvey.publish.report.exporter import MspHTMLExporter, count_figures
from mspsurvey.publish.report.output import CHART_MIME, PLOTLY_MIME
from mspsurvey.study_file import load_config

ROOT = Path(__file__).parent.parent
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 600" role="img">'
    "<title>t</title><metadata>http://example.org</metadata><text>44%</text></svg>"
)


def chart(name: str = "c1", **changes: Any) -> dict[str, Any]:
    bundle = {
        "id": name,
        "alt": "Bar chart: 44% of firms.",
        "title": "44% of firms do not meet the baseline",
        "svg": SVG,
        "plotly": {"data": [{"type": "bar", "x": [1], "y": ["a </script>"]}], "layout": {}},
        "csv": "# source\nsize,share\n1-4,44%\n5-9,[c]\n",
    }
    return {CHART_MIME: {**bundle, **changes}, "text/plain": "Chart"}


def plotly(alt: str | None = "Line chart: it rises.") -> dict[str, Any]:
    meta = {} if alt is None else {"meta": {"alt": alt}}
    return {
        PLOTLY_MIME: {
            "data": [{"type": "scatter", "x": [1, 2], "y": [3.5, 4], "name": "score"}],
            "layout": {"title": {"text": "Score"}, **meta},
            "config": {"plotlyServerURL": "https://plot.ly"},
        }
    }


def shown(data: dict[str, Any], **metadata: Any) -> Any:
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def notebook(*parts: Any, stamp: str | None = "SYNTHETIC DATA", **said: str) -> Any:
    """Strings are Markdown cells, outputs are code cells that show them."""
    book = nbformat.v4.new_notebook()
    for place, part in enumerate(parts):
        if isinstance(part, str):
            cell = nbformat.v4.new_markdown_cell(part)
        else:
            cell = nbformat.v4.new_code_cell(
                "show()  # see https://example.org", outputs=[part], execution_count=1
            )
        cell["id"] = f"cell-{place}"
        book.cells.append(cell)
    if stamp is not None:
        book.metadata["mspsurvey"] = {"stamp": stamp, "study": "A study", **said}
    return book


def page(*parts: Any, **options: Any) -> str:
    html, _ = MspHTMLExporter().from_notebook_node(
        notebook(*parts, **options), {"metadata": {"name": "01_x", "path": "/"}}
    )
    return str(html)


def soup(*parts: Any, **options: Any) -> BeautifulSoup:
    return BeautifulSoup(page(*parts, **options), "html.parser")


def test_code_of_cells_that_follow_one_another_is_folded_in_one_place() -> None:
    book = notebook("Words.")
    for name in ("first", "second", "third"):
        cell = nbformat.v4.new_code_cell(f"{name} = 1")
        cell["id"] = name
        book.cells.append(cell)
    html, _ = MspHTMLExporter().from_notebook_node(book, {"metadata": {"name": "01_x"}})
    [folded] = BeautifulSoup(str(html), "html.parser").select("details.code")
    assert [pre.get_text().split()[0] for pre in folded.select("pre")] == [
        "first", "second", "third",
    ]  # fmt: skip
    assert folded["id"] == "first"
    assert [tag["id"] for tag in folded.select("[id]")] == ["second", "third"]


def test_every_figure_of_the_notebook_is_a_figure_of_the_page() -> None:
    outputs = [
        shown(chart()),
        shown(plotly()),
        shown({"image/png": PIXEL}, alt="A dot."),
        shown({"image/svg+xml": SVG}, alt="A drawing."),
        shown({"text/html": "<b>no figure</b>", "image/png": PIXEL}),
    ]
    assert count_figures(notebook(*outputs)) == 4
    assert len(soup(*outputs).select("figure.chart")) == 4


def test_the_view_that_charts_offer_is_the_one_that_is_read() -> None:
    assert export.MIMETYPE == CHART_MIME


@pytest.mark.parametrize(
    "output",
    [
        shown(chart(alt=" ")),
        shown(chart(title="")),
        shown(plotly(alt=None)),
        shown({"image/png": PIXEL}),
        shown({"image/svg+xml": SVG}),
        shown({"text/html": f'<img src="data:image/png;base64,{PIXEL}">'}),
        shown({"text/html": "<svg viewbox='0 0 1 1'></svg>"}),
    ],
)
def test_a_figure_without_words_is_refused(output: Any) -> None:
    with pytest.raises(PublicationError, match=r"alternative text|a title"):
        page(output)


def test_a_chart_has_words_data_and_files() -> None:
    figure = soup(shown(chart()), charts="charts").select_one("figure#chart-c1")
    assert figure is not None
    picture = figure.select_one("[role=img]")
    assert picture is not None
    assert picture["aria-label"] == "Bar chart: 44% of firms."
    assert [a["href"] for a in figure.select(".files a")] == [
        f"charts/c1.{ending}" for ending in ("png", "svg", "pdf", "csv")
    ]
    rows = [[c.get_text() for c in r.select("th, td")] for r in figure.select("tr")]
    assert rows == [["size", "share"], ["1-4", "44%"], ["5-9", "[c]"]]
    assert [t["scope"] for t in figure.select("th")] == ["col", "col", "row", "row"]
    assert figure.select_one("caption") is not None


def test_a_page_that_stands_alone_offers_no_files() -> None:
    assert not soup(shown(chart())).select(".files")


def test_a_draft_is_refused_in_a_built_page_and_shown_in_one_that_stands_alone() -> None:
    assert "chart-c1" in page(shown(chart(draft=True)))
    with pytest.raises(PublicationError, match="is a draft"):
        page(shown(chart(draft=True)), charts="charts")


def test_a_chart_that_is_shown_twice_is_refused() -> None:
    with pytest.raises(PublicationError, match="'c1' is there twice"):
        page(shown(chart()), shown(chart()))


def test_a_drawing_with_a_style_of_its_own_is_kept_apart_from_the_page() -> None:
    styled = SVG.replace("<title>", "<style>*{fill:red}</style><title>")
    figure = soup(shown(chart(svg=styled))).select_one("figure")
    assert figure is not None
    image = figure.select_one("img")
    assert image is not None
    assert str(image["src"]).startswith("data:image/svg+xml,")
    assert image["alt"] == "Bar chart: 44% of firms."
    assert (image["width"], image["height"]) == ("1200", "600")


def test_a_researchers_own_figure_is_told_in_words_and_numbers_without_script() -> None:
    figure = soup(shown(plotly())).select_one("figure")
    assert figure is not None
    assert "Line chart: it rises." in figure.get_text()
    rows = [[c.get_text() for c in r.select("th, td")] for r in figure.select("tbody tr")]
    assert rows == [["score", "1", "3.5"], ["score", "2", "4"]]


def test_arrays_that_plotly_packed_are_unpacked_for_the_table() -> None:
    packed = base64.b64encode(bytes([1, 0, 2, 0])).decode()
    bundle = plotly()
    bundle[PLOTLY_MIME]["data"][0]["x"] = {"dtype": "i2", "bdata": packed}
    cells = soup(shown(bundle)).select("figure tbody td.num")
    assert [c.get_text() for c in cells] == ["1", "3.5", "2", "4"]


def test_no_network_address_is_left_anywhere() -> None:
    text = page(
        "# T\n\nSee https://example.org/lead",
        "[Census](https://www.census.gov/x) and <https://a.example> and `http://b.example`",
        shown(chart(alt="From https://alt.example")),
        shown(plotly()),
        shown({"text/html": '<a href="https://c.example">there</a>'}),
        shown({"text/plain": "http://d.example"}),
        contact="https://e.example",
    )
    assert not re.search(r"https?:|www\.w3\.org", text)
    assert "Census (www.census.gov/x)" in text
    assert "there (c.example)" in text


@pytest.mark.parametrize(
    "data",
    [
        {"text/plain": HOSTILE},
        {"text/markdown": HOSTILE},
        {"text/markdown": "[x](javascript:alert(1))"},
        chart(alt=HOSTILE, title=HOSTILE, csv=f"a,b\n{HOSTILE},1\n"),
        plotly(alt=HOSTILE),
    ],
)
def test_hostile_text_in_outputs_is_only_text(data: dict[str, Any]) -> None:
    parsed = soup(shown(data), title=HOSTILE, sponsor=HOSTILE)
    scripts = [s for s in parsed.select("script") if s.get("type") != "application/json"]
    assert [s.get_text() for s in scripts] == [sheet.read("shared/page.js")]
    assert not parsed.select("img[src=x]")
    assert not [t for t in parsed.find_all(True) if any(a.startswith("on") for a in t.attrs)]
    assert "javascript:" not in str([a.get("href") for a in parsed.select("a")])


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=40, deadline=None)
def test_no_text_of_an_output_becomes_something_that_runs(text: str) -> None:
    kept = BeautifulSoup(markdown(text, trusted=False), "html.parser")
    assert not kept.select("script, style, iframe, object, embed, form")
    assert json.loads(json_for_script(json.dumps({"a": text}))) == {"a": text}


@pytest.mark.parametrize("tag", ["script", "iframe", "object", "embed", "canvas", "form", "link"])
def test_html_that_would_run_or_load_is_refused_not_dropped(tag: str) -> None:
    with pytest.raises(PublicationError, match=f"<{tag}>"):
        page(shown({"text/html": f"<div><{tag}></{tag}></div>"}))


def test_attributes_that_would_run_or_load_are_taken_off() -> None:
    kept = clean(
        '<p onclick="x()" style="background:url(//x)" class="a">t</p><marquee>u</marquee>'
    )
    assert kept == '<p class="a">t</p>u'


@pytest.mark.parametrize(
    "hiding",
    ["<!-->{}-->", "<!-- a --!>{} -->", "<![CDATA[>{}]]>", "<!DOCTYPE a>{}", "<p>{}</p>"],
)
def test_what_a_browser_would_find_in_a_comment_is_not_there(hiding: str) -> None:
    assert "onclick" not in clean(hiding.format("<b onclick=x()>"))


@pytest.mark.parametrize(
    "address", ["java&#10;script:x()", "&#1;javascript:x()", "/&#9;/x.example"]
)
def test_an_address_that_a_browser_reads_past_blanks_is_no_link(address: str) -> None:
    assert clean(f'<a href="{address}">t</a>') == "t"


@pytest.mark.parametrize(
    "inside", ["<img/onerror=x()>", "<p>t</p>", "<a href='x'>t</a>", "<SCRIPT>"]
)
def test_a_drawing_that_holds_more_than_a_drawing_becomes_an_image(inside: str) -> None:
    assert drawing(f"<svg viewBox='0 0 1 1'><g>{inside}</g></svg>", "alt").startswith("<img ")
    assert drawing("<svg viewBox='0 0 1 1'><g>t</g></svg>", "alt").startswith("<div ")


def test_a_picture_from_elsewhere_is_refused() -> None:
    with pytest.raises(PublicationError, match="inside the page"):
        page("![alt](https://example.org/x.png)")


def test_a_failed_cell_is_refused() -> None:
    error = nbformat.v4.new_output(
        "error", ename="KeyError", evalue="'x'", traceback=["\x1b[31mKeyError\x1b[0m: 'x'"]
    )
    with pytest.raises(PublicationError, match=r"cell-0.*KeyError: 'x'"):
        page(error)


def test_the_synthetic_stamp_is_on_the_page_and_on_each_printed_sheet() -> None:
    text = page("# T", stamp="SYNTHETIC DATA")
    assert '<aside class="stamp"' in text
    assert '@top-center { content: "SYNTHETIC DATA"' in text
    real = page("# T", stamp="")
    assert "stamp" not in BeautifulSoup(real, "html.parser").get_text().lower()
    assert "@top-center" not in real


def test_a_notebook_by_itself_finds_its_study_and_bears_its_stamp() -> None:
    html, _ = MspHTMLExporter().from_notebook_node(
        notebook("# T", stamp=None), {"metadata": {"name": "x", "path": str(ROOT / "notebooks")}}
    )
    assert load_config(ROOT).stamp in html


def test_a_stamp_cannot_end_the_style_it_stands_in() -> None:
    assert sheet.css_text('a"</style>') == '"a\\000022\\00003c\\00002fstyle\\00003e"'


def test_headings_go_down_one_step_at_a_time_and_are_listed() -> None:
    parsed = soup("# Title\n\nLead.", "# A\n\n#### B", "## A\n\n### C")
    levels = [int(h.name[1]) for h in parsed.select("h1, h2, h3, h4")]
    assert levels == [1, 2, 2, 3, 2, 3]  # the second is the contents' own
    assert [a["href"] for a in parsed.select(".contents li a")] == ["#a", "#a-2"]
    lead = parsed.select_one("header.title .lead")
    assert lead is not None
    assert lead.get_text() == "Lead."


@given(st.lists(st.integers(1, 6), max_size=12))
def test_no_order_of_headings_skips_a_level(levels: list[int]) -> None:
    body = finish("".join(f"<h{n}>x</h{n}>" for n in levels))
    before = 1
    for heading in body.contents:
        assert heading.level <= before + 1
        before = heading.level
    assert len({h.id for h in body.contents}) == len(body.contents)


def test_tables_of_pandas_get_caption_scopes_and_one_header_row() -> None:
    import pandas as pd

    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="class"))
    table = soup("## Sizes", shown({"text/html": frame._repr_html_()})).select_one("table")
    assert table is not None
    assert table.caption is not None
    assert table.caption.get_text() == "Table: Sizes"
    assert [t.get_text() for t in table.select("thead th")] == ["class", "n"]
    assert [t["scope"] for t in table.select("th")] == ["col", "col", "row", "row"]
    assert not table.select("th:empty")
    assert [t.get_text() for t in table.select("tbody td.num")] == ["1", "2"]


def test_a_column_of_numbers_is_set_to_the_right_as_a_whole() -> None:
    rows = [("1-4", "41%", "36% to 46%"), ("5-9", "63% [u]", "–"), ("100+", "[c]", "[c]")]
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    head = "<thead><tr><th>size</th><th>share</th><th>interval</th></tr></thead>"
    table = soup(shown({"text/html": f"<table>{head}<tbody>{body}</tbody></table>"}))
    assert [t.get_text() for t in table.select("th.num")] == ["share", "interval"]
    assert [t.get_text() for t in table.select("td.num")] == [c for row in rows for c in row[1:]]


def test_prices_are_not_taken_for_mathematics() -> None:
    assert "$110 and <strong>$150</strong>" in markdown("$110 and **$150**", trusted=True)


def test_code_is_folded_and_can_be_left_out() -> None:
    book = notebook(shown({"text/plain": "1"}), shown({"text/plain": "2"}))
    book.cells[0].metadata["tags"] = ["remove-input"]
    book.cells[1].metadata["tags"] = ["remove-cell"]
    html, _ = MspHTMLExporter().from_notebook_node(book, {"metadata": {"name": "x"}})
    assert "<details" not in html
    assert ">1</pre>" in html
    assert ">2</pre>" not in html
    assert "<summary>Code" in page(shown({"text/plain": "1"}))


def test_messages_on_stderr_stay_out_of_the_page() -> None:
    text = page(nbformat.v4.new_output("stream", name="stderr", text="UserWarning: /home/me"))
    assert "/home/me" not in text


def test_a_notebook_that_has_not_been_run_says_so() -> None:
    book = notebook("# T", shown({"text/plain": "1"}))
    book.cells[1]["outputs"], book.cells[1]["execution_count"] = [], None
    html, _ = MspHTMLExporter().from_notebook_node(book, {"metadata": {"name": "x"}})
    assert "has not been run" in html


def test_only_the_pages_own_script_may_run() -> None:
    parsed = soup("# T", shown(chart()))
    rule = parsed.select_one('meta[http-equiv="Content-Security-Policy"]')
    assert rule is not None
    own = parsed.select("script")[-1].get_text()
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'" in str(rule["content"])
    assert str(rule["content"]).startswith("default-src 'none'")


def test_the_page_has_landmarks_language_and_a_skip_link() -> None:
    parsed = soup("# T", "## A", "## B")
    html = parsed.select_one("html")
    assert html is not None
    assert html["lang"] == "en"
    assert [len(parsed.select(s)) for s in ("header.masthead", "main#main", "footer", "h1")] == [
        1, 1, 1, 1,
    ]  # fmt: skip
    skip = parsed.select_one("a.skip")
    assert skip is not None
    assert skip["href"] == "#main"
    assert all(nav.get("aria-label") or nav.get("aria-labelledby") for nav in parsed.select("nav"))


def test_two_exports_give_the_same_bytes() -> None:
    parts = ("# T\n\nLead.", shown(chart()), shown(plotly()), shown({"text/html": "<b>x</b>"}))
    assert page(*parts) == page(*parts)


def test_about_has_a_text_for_each_key_and_no_scheme() -> None:
    said = about(load_config(ROOT), contact="https://x.example")
    assert tuple(said) == KEYS
    assert said["contact"] == "x.example"


def test_nbconvert_makes_the_page_by_name_from_any_folder(tmp_path: Path) -> None:
    if not entry_points(group="nbconvert.exporters", name="msp-html"):
        pytest.skip("mspsurvey is not installed: make setup")
    path = tmp_path / "01_x.ipynb"
    nbformat.write(notebook("# Title", shown(chart())), path)
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "msp-html", str(path)],
        cwd=tmp_path.parent,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert '<figure class="chart"' in (tmp_path / "01_x.html").read_text(encoding="utf-8")
