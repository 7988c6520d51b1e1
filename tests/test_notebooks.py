"""Notebooks are prose with calls: no functions, no outputs in git, one parameters cell."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from conftest import ROOT

from mspsurvey.evidence.phrase import check_words

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[dict[str, object]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, object]) -> str:
    return "".join(cell["source"])  # type: ignore[arg-type]


def test_the_reports_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_maturity", "02_baseline", "03_outsourcing", "08_quality",
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_output_is_kept_in_git(path: Path) -> None:
    for cell in cells(path, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_defines_no_function_and_reaches_for_nothing_private(path: Path) -> None:
    for cell in cells(path, "code"):
        tree = ast.parse(source(cell))
        for node in ast.walk(tree):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_there_is_one_parameters_cell_and_it_only_assigns(path: Path) -> None:
    tagged = [c for c in cells(path, "code") if "parameters" in c["metadata"].get("tags", [])]  # type: ignore[attr-defined]
    assert len(tagged) == 1
    assert all(isinstance(node, ast.Assign) for node in ast.parse(source(tagged[0])).body)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_prose_begins_with_aims_ends_with_limits_and_claims_no_cause(path: Path) -> None:
    prose = [source(cell) for cell in cells(path, "markdown")]
    assert prose[0].startswith("# ")
    assert "This report:" in prose[0]
    assert "What this says, and what it cannot say" in prose[-1]
    for text in prose:
        check_words(text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_number_of_a_result_is_typed_into_prose(path: Path) -> None:
    for cell in cells(path, "markdown"):
        assert "%" not in source(cell)
