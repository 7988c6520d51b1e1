"""Pages in a real browser: offline, without errors, accessible, and still useful when bare."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mspsurvey.publish.report.exporter import MspHTMLExporter
from mspsurvey.publish.report.output import CHART_MIME, PLOTLY_MIME
from mspsurvey.publish.site.index import build_site
from mspsurvey.study_file import load_config

ROOT = Path(__file__).parent.parent
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 400" '
    "font-family=\"'Survey Sans'\"><rect width='1200' height='400' fill='#FFFFFF'/>"
    '<text x="40" y="80" font-size="30" fill="#16202A">44% of firms</text>'
    '<rect x="40" y="120" width="500" height="60" fill="#A63A24"/></svg>'
)
FIGURE = {
    "data": [{"type": "bar", "x": ["1-4", "5-9"], "y": [73, 61]}],
    "layout": {"title": {"text": "By size"}, "meta": {"alt": "Bars: 73 and 61."}, "width": 1200},
}
CHART = {
    "id": "by_size",
    "alt": "Bars: 73% of the smallest firms, 61% of the next.",
    "title": "73% of the smallest firms do not meet the baseline",
    "svg": SVG,
    "plotly": FIGURE,
    "csv": "size,share\n1-4,73%\n5-9,61%\n",
}
TABLE = "<table border=1><thead><tr><th></th><th>n</th></tr></thead><tbody>" + "".join(
    f"<tr><th>row {i}</th><td>{i:,}</td></tr>" for i in (1, 20, 300)
)

pytestmark = pytest.mark.browser


def _report() -> str:
    v4 = nbformat.v4
    outputs = [{CHART_MIME: CHART}, {PLOTLY_MIME: FIGURE}, {"text/html": TABLE + "</table>"}]
    cells = [v4.new_markdown_cell("# A title\n\nA lead.\n\n## One\n\nText.\n\n## Two\n\n1. a")]
    cells += [
        v4.new_code_cell(
            "x = 'a' + 1  # note\nimport os",
            outputs=[v4.new_output("display_data", data=data)],
            execution_count=1,
        )
        for data in outputs
    ]
    book = v4.new_notebook(cells=cells)
    said = {"stamp": "SYNTHETIC DATA", "study": "A study", "sponsor": "Nobody"}
    book.metadata["mspsurvey"] = {
        **said, "home": "index.html", "methods": "methods.html", "charts": "charts",
    }  # fmt: skip
    html, _ = MspHTMLExporter().from_notebook_node(book, {"metadata": {"name": "01_x"}})
    return str(html)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built site of one report, as it lies on a reader's disk."""
    reports = tmp_path_factory.mktemp("reports")
    finding = {"finding_id": "q1", "report": "01_x", "sentence": "A finding.",
               "strength": "Strong", "ledger": "= 3", "hypothesis": "H3",
               "direction": "supports"}  # fmt: skip
    charts = [
        {**CHART, "report": "01_x", "topics": ["size"]},
        {**CHART, "id": "other", "report": "02_y", "topics": ["price"]},
    ]
    pages = [{"id": name, "title": name, "href": f"{name}.html"} for name in ("01_x", "02_y")]
    build_site(reports, load_config(ROOT), [finding], charts, pages)
    (reports / "01_x.html").write_text(_report(), encoding="utf-8")
    (reports / "charts").mkdir()
    for name in ("by_size", "other"):
        (reports / "charts" / f"{name}.svg").write_text(SVG, encoding="utf-8")
    return reports


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Any, folder: Path) -> Iterator[Any]:
    """Open a page of the site offline; whatever it asks for or complains of fails the test."""
    context = browser.new_context(offline=True)
    asked: list[str] = []
    complaints: list[str] = []

    def opened(name: str, width: int = 1280, root: Path = folder) -> Any:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((root / name).as_uri())
        return page

    yield opened
    context.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not complaints


NAMES = ("index.html", "methods.html", "01_x.html")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_quiet_accessible_and_no_wider_than_the_screen(
    visit: Any, name: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(name, width)
    page.wait_for_timeout(300)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_interactive_button_swaps_the_still_picture_and_back(visit: Any) -> None:
    page = visit("01_x.html")
    figure = page.locator("#chart-by_size")
    button = figure.get_by_role("button", name="Interactive")
    still = figure.locator(".still")
    assert still.is_visible()
    button.click()
    figure.locator(".live .main-svg").first.wait_for()
    assert not still.is_visible()
    assert button.get_attribute("aria-pressed") == "true"
    live = figure.locator(".live")
    assert live.get_attribute("aria-label") == CHART["alt"]
    assert live.bounding_box()["width"] <= 1280
    button.click()
    assert still.is_visible()
    assert not live.is_visible()
    assert button.get_attribute("aria-pressed") == "false"


def test_a_researchers_own_figure_is_drawn_by_itself(visit: Any) -> None:
    page = visit("01_x.html")
    page.locator("figure:not(#chart-by_size) .live .main-svg").first.wait_for()
    assert page.locator("figure .in-words").is_hidden()


def test_an_interactive_page_is_still_accessible(visit: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit("01_x.html")
    page.get_by_role("button", name="Interactive").click()
    page.locator("#chart-by_size .live .main-svg").first.wait_for()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_page_mailed_without_its_folder_keeps_every_picture_and_says_what_is_missing(
    browser: Any, folder: Path, tmp_path: Path
) -> None:
    shutil.copy(folder / "01_x.html", tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "01_x.html").as_uri())
    assert page.locator("#chart-by_size svg text").is_visible()
    assert page.locator(".in-words").is_visible()
    page.get_by_role("button", name="Interactive").click()
    page.get_by_text("needs the file assets/plotly.min.js").wait_for()
    assert page.locator("#chart-by_size .still").is_visible()
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole_without_scripts(browser: Any, folder: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((folder / name).as_uri())
    assert page.locator("h1").is_visible()
    assert page.locator("button:visible, select:visible").count() == 0
    for picture in page.locator(".still, .card img").all():
        assert picture.is_visible()
    context.close()


def test_the_gallery_is_filtered_by_report_and_topic(visit: Any) -> None:
    page = visit("index.html")
    assert page.locator(".card:visible").count() == 2
    page.get_by_label("Report", exact=True).select_option("02_y")
    assert page.locator(".card:visible h3").count() == 1
    assert page.locator(".shown").inner_text() == "1 chart"
    page.get_by_label("Topic").select_option("size")
    assert page.locator(".card:visible").count() == 0
    page.get_by_label("Report", exact=True).select_option("")
    assert page.locator(".card:visible").count() == 1


def test_pictures_of_the_gallery_are_loaded_from_the_disk(visit: Any) -> None:
    page = visit("index.html")
    widths = page.evaluate("[...document.images].map(i => i.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 0


def test_the_keyboard_reaches_the_main_part_first(visit: Any) -> None:
    page = visit("01_x.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_the_page_prints_with_its_stamp_on_each_sheet(visit: Any) -> None:
    page = visit("01_x.html")
    printed = page.pdf(prefer_css_page_size=True, tagged=True, outline=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 1 <= sheets <= 4
    assert printed.count(b"/Alt") >= 1


def test_a_script_that_came_in_with_an_answer_stays_dead(
    browser: Any, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "01_x.html").read_text(encoding="utf-8")
    broken = text.replace("</main>", "<script>document.title = 'taken'</script></main>")
    (tmp_path / "x.html").write_text(broken, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "x.html").as_uri())
    assert page.title().startswith("A title")
    page.close()


PAGES_OF_THE_DEMO = (
    "index",
    "methods",
    "01_maturity",
    "02_baseline",
    "03_outsourcing",
    "08_quality",
)


@pytest.mark.parametrize("name", PAGES_OF_THE_DEMO)
def test_a_page_of_the_demo_study_is_stamped_and_accessible(
    visit: Any, demo: Path, name: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(f"{name}.html", root=demo / "reports")
    assert page.get_by_text("SYNTHETIC DATA").first.is_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
