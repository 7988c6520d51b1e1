"""The documents: links lead somewhere, tables are whole, code runs, every page is listed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from model_cases import firms, survey

ROOT = Path(__file__).parents[1]
METHODS = ROOT / "docs" / "methods"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings: small letters, hyphens, no other signs."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.M)
    plain = [re.sub(r"[^\w\- ]", "", head.strip().lower()) for head in heads]
    return {head.replace(" ", "-") for head in plain}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_to_a_page_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_rows_of_a_table_have_the_cells_of_its_head(page: Path) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", prose(page), re.M):
        rows = [re.sub(r"\\\||`[^`]*`", "", row).count("|") for row in table.splitlines()]
        assert set(rows) == {rows[0]}, table.splitlines()[0]


def test_every_page_of_methods_is_listed_and_none_twice() -> None:
    listed = re.findall(r"^\| \[[^\]]+\]\((\S+\.md)\)", (METHODS / "README.md").read_text(), re.M)
    assert sorted(listed) == sorted(p.name for p in METHODS.glob("*.md") if p.name != "README.md")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_code_that_a_page_names_is_there(page: Path) -> None:
    for path in re.findall(r"`((?:mspsurvey|tests|benchmarks)/[\w/.]+)`", prose(page)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_in_a_page_is_python(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, named(page), "exec")


def test_the_calls_of_the_page_on_models_run() -> None:
    frame = firms()
    frame["sector"], frame["level"] = np.where(frame["staff"] > 3, "big", "small"), frame["rating"]
    (block,) = blocks(METHODS / "models.md", "python")
    # Imputation is slow, and tested in test_imputation.py.
    exec(block[: block.index("survey.impute")], {"survey": survey(frame)})


def test_the_calls_of_the_page_on_instruments_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = blocks(ROOT / "docs" / "instruments.md", "python")
    exec(block, {})
