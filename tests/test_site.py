"""The study's index and methods page: whole from the disk, and honest about its makers."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag

from mspsurvey.publish.site.index import DISCLOSURE_TITLES, build_site
from mspsurvey.study_file import DISCLOSURE, Pages, StudyConfig, load_config

ROOT = Path(__file__).parent.parent


def finding(sentence: str, **changes: Any) -> dict[str, Any]:
    return {
        "finding_id": "q1",
        "report": "01_maturity",
        "sentence": sentence,
        "strength": "Moderate",
        "ledger": "started 3; = 2",
        "direction": "",
        "hypothesis": "",
        "suppressed": False,
        **changes,
    }


FINDINGS = [
    *(finding(f"Plain finding {i}.") for i in range(4)),
    finding("Bears on a claim.", direction="against", hypothesis="H3"),
    finding("Held back 12%.", suppressed=True),
    finding("Of another report.", report="02_baseline", strength="Strong"),
]
CHARTS = [
    {"id": "by_size", "title": "A & B <i>", "alt": "Bars.", "report": "01_maturity",
     "topics": ["size"]},
    {"id": "by_state", "title": "By state", "alt": "Map.", "report": "02_baseline"},
]  # fmt: skip
PAGES = [
    {"id": "01_maturity", "title": "Who are the firms?", "href": "01_maturity.html"},
    {"id": "02_baseline", "title": "Baseline", "href": "02_baseline.html", "summary": "In short."},
]
COUNTS = pd.DataFrame(
    {"source": ["msps"], "rows_in": [1302], "kept": [1149], "quarantined": [130],
     "duplicates": [23]}
)  # fmt: skip
NAN = math.nan
STEPS = pd.DataFrame(
    [
        ("base", "stratum", "1-4", 40.0, 1000.0, NAN, 1000.0, 25.0, NAN, NAN, "", ""),
        ("base", "", "", 40.0, NAN, NAN, 1000.0, NAN, 1.25, 32.0, "", "As drawn."),
        ("rake", "size", "1-4", 40.0, 1010.0, 1000.0, 1010.0, 1.01, NAN, NAN, "SUSB", ""),
        ("rake", "", "", 40.0, NAN, NAN, 1010.0, NAN, 1.25, 32.0, "", ""),
    ],
    columns=["step", "variable", "level", "n", "target", "before", "after", "factor",
             "deff_kish", "n_eff", "source", "note"],
)  # fmt: skip


@pytest.fixture(scope="module")
def study() -> StudyConfig:
    return load_config(ROOT)


def built(folder: Path, study: StudyConfig) -> dict[str, BeautifulSoup]:
    build_site(
        folder,
        study,
        FINDINGS,
        CHARTS,
        PAGES,
        counts=COUNTS,
        weighting={"msps": STEPS},
        claims={"H3": "Amateur MSPs exist."},
    )
    return {
        name: BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for name in ("index", "methods")
    }


@pytest.fixture(scope="module")
def site(study: StudyConfig, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BeautifulSoup]:
    return built(tmp_path_factory.mktemp("site"), study)


def test_findings_that_bear_on_a_claim_come_first_and_the_rest_is_folded(
    site: dict[str, BeautifulSoup],
) -> None:
    article = site["index"].select("article")[0]
    open_ones = article.find("ul", recursive=False)
    assert open_ones is not None
    sentences = [p.get_text() for p in open_ones.select(".sentence")]  # type: ignore[union-attr]
    assert sentences == ["Bears on a claim.", *(f"Plain finding {i}." for i in range(3))]
    folded = article.select_one("details")
    assert folded is not None
    assert [p.get_text() for p in folded.select(".sentence")] == ["Plain finding 3."]


def test_each_finding_says_strength_and_direction(site: dict[str, BeautifulSoup]) -> None:
    first = site["index"].select_one(".finding")
    assert first is not None
    words = re.sub(r"\s+", " ", first.get_text(" ")).strip()
    assert words == (
        "Bears on a claim. Moderate evidence Speaks against claim H3: “Amateur MSPs exist”"
    )


def test_a_suppressed_finding_is_not_printed(site: dict[str, BeautifulSoup]) -> None:
    assert "Held back" not in site["index"].get_text()


def test_the_sponsor_and_its_interest_stand_on_the_first_page(
    site: dict[str, BeautifulSoup], study: StudyConfig
) -> None:
    text = site["index"].get_text()
    assert study.sponsor in text
    assert study.disclosure["sponsor"] in text


def test_the_synthetic_stamp_goes_when_the_data_are_real(
    site: dict[str, BeautifulSoup], study: StudyConfig, tmp_path: Path
) -> None:
    assert all(page.select_one("aside.stamp") for page in site.values())
    real = built(tmp_path, replace(study, synthetic=False))
    assert not any(page.select_one("aside.stamp") for page in real.values())


def test_the_gallery_offers_each_chart_in_four_formats(site: dict[str, BeautifulSoup]) -> None:
    card = site["index"].select(".card")[0]
    assert (card["data-report"], card["data-topics"]) == ("01_maturity", "size")
    assert [a["href"] for a in card.select(".files a")] == [
        f"charts/by_size.{ending}" for ending in ("png", "svg", "pdf", "csv")
    ]
    image, link = card.select_one("img"), card.select_one("a.thumb")
    assert image is not None
    assert link is not None
    assert image["alt"] == "Bars."
    assert link["href"] == "01_maturity.html#chart-by_size"


def test_the_filter_is_hidden_until_a_script_shows_it(site: dict[str, BeautifulSoup]) -> None:
    form = site["index"].select_one("form.filter")
    assert form is not None
    assert form.has_attr("hidden")
    assert [o["value"] for o in form.select("#by-report option")] == [
        "", "01_maturity", "02_baseline",
    ]  # fmt: skip


def test_the_eleven_items_are_disclosed_in_order(
    site: dict[str, BeautifulSoup], study: StudyConfig
) -> None:
    assert tuple(DISCLOSURE_TITLES) == DISCLOSURE
    sections = [h["id"] for h in site["methods"].select("section > h2")]
    assert tuple(sections[:11]) == DISCLOSURE
    text = site["methods"].get_text()
    assert all(item in text for item in study.disclosure.values())


def test_the_count_closes_on_the_page(site: dict[str, BeautifulSoup]) -> None:
    cells = [c.get_text() for c in site["methods"].select("#sizes ~ .scroll tbody tr > *")]
    assert cells == ["MSP firms", "1,302", "1,149", "130", "23"]
    numbers = [int(c.replace(",", "")) for c in cells[1:]]
    assert numbers[0] == sum(numbers[1:])


def test_the_steps_of_weighting_are_a_table(site: dict[str, BeautifulSoup]) -> None:
    rows = site["methods"].select("#weighting ~ .scroll tbody tr")
    assert [[c.get_text() for c in r.select("th, td")] for r in rows] == [
        ["Base weight", "40", "1,000", "1.25", "32", "As drawn."],
        ["Raking", "40", "1,010", "1.25", "32", ""],
    ]


def test_what_a_step_did_to_each_margin_is_folded_with_its_source(
    site: dict[str, BeautifulSoup],
) -> None:
    folded = site["methods"].select_one("#weighting ~ details")
    assert folded is not None
    rows = [[c.get_text() for c in r.select("th, td")] for r in folded.select("tbody tr")]
    assert rows[1] == ["Raking", "size", "1-4", "40", "1,010", "1,000", "1,010", "1.01"]
    assert [li.get_text() for li in folded.select("li")] == ["size: SUSB"]


def test_the_headlines_of_a_report_stand_first_in_their_order(
    study: StudyConfig, tmp_path: Path
) -> None:
    found = [finding(f"Number {i}.", finding_id=f"f{i}") for i in range(6)]
    pages = [{**PAGES[0], "headlines": ["f4", "f1"]}]
    build_site(tmp_path, study, found, [], pages)
    page = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "html.parser")
    article = page.select("article")[0]
    shown = article.find("ul", recursive=False)
    assert isinstance(shown, Tag)
    assert [p.get_text() for p in shown.select(".sentence")] == ["Number 4.", "Number 1."]


def test_folded_numbers_stand_in_the_order_of_their_bands(
    study: StudyConfig, tmp_path: Path
) -> None:
    found = [finding(f"{b}.", finding_id=f"f.{b}") for b in ("100+", "10-19", "5-9")]
    build_site(tmp_path, study, found, [], [{**PAGES[0], "headlines": ["f.100+"]}])
    page = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert [p.get_text() for p in page.select("details .sentence")] == ["5-9.", "10-19."]


def test_both_pages_say_what_the_surveys_cannot_answer(
    site: dict[str, BeautifulSoup], study: StudyConfig
) -> None:
    for page in site.values():
        items = [li.get_text() for li in page.select("#cannot ~ ul li")]
        assert tuple(items) == study.pages.cannot


def test_pages_of_another_study_say_nothing_of_the_demo(
    study: StudyConfig, tmp_path: Path
) -> None:
    other = replace(study, title="Provider poll", synthetic=False, sources={}, pages=Pages())
    other = replace(other, disclosure=dict.fromkeys(study.disclosure, "Said."))
    for page in built(tmp_path, other).values():
        words = page.get_text().lower()
        assert not page.select("#cannot, a[href='#cannot']")
        assert not [w for w in ("synthetic", "msp firm", "essay", "licen") if w in words]


def test_text_is_escaped(site: dict[str, BeautifulSoup]) -> None:
    assert not site["index"].select(".card i")
    assert "A & B <i>" in site["index"].select(".card h3")[0].get_text()


def test_links_lead_to_pages_of_the_site_and_to_ids_that_are_there(
    site: dict[str, BeautifulSoup],
) -> None:
    for page in site.values():
        for link in page.select("a[href]"):
            target, _, name = str(link["href"]).partition("#")
            assert "://" not in target
            there = page if not target else site.get(target.removesuffix(".html"))
            if name and there is not None:
                assert there.find(id=name), link["href"]


def test_only_the_sites_own_script_may_run(site: dict[str, BeautifulSoup]) -> None:
    for page in site.values():
        (script,) = page.select("script")
        digest = base64.b64encode(hashlib.sha256(script.get_text().encode()).digest()).decode()
        rule = page.select_one('meta[http-equiv="Content-Security-Policy"]')
        assert rule is not None
        assert f"'sha256-{digest}'" in str(rule["content"])


def test_no_address_and_the_same_bytes_twice(study: StudyConfig, tmp_path: Path) -> None:
    sourced = replace(study, contact="https://example.org/us")
    for name in ("one", "two"):
        built(tmp_path / name, sourced)
    for page in ("index.html", "methods.html"):
        first = (tmp_path / "one" / page).read_bytes()
        assert first == (tmp_path / "two" / page).read_bytes()
        assert not re.search(rb"https?:", first)
    assert b"example.org/us" in (tmp_path / "one" / "index.html").read_bytes()


def test_one_copy_of_plotly_lies_beside_the_pages(study: StudyConfig, tmp_path: Path) -> None:
    built(tmp_path, study)
    assert [p.name for p in (tmp_path / "assets").iterdir()] == ["plotly.min.js"]
    assert (tmp_path / "assets" / "plotly.min.js").stat().st_size > 1_000_000
