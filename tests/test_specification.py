"""One headline under many definitions, on a survey of three firms."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import ROOT

from mspsurvey.evidence.alternatives import Definition
from mspsurvey.evidence.rubric import load_rubric
from mspsurvey.evidence.specification import specifications
from mspsurvey.inference.survey import Survey

RUBRIC = load_rubric(ROOT / "definitions" / "rubric.toml")
REASON = "three firms are enough to add up by eye"


def definition(name: str, criteria: int, critical: int) -> Definition:
    return Definition(name, f"Rule {name}", "grid", criteria=criteria, critical=critical)


NAMED = [definition("usual", 10, 4), definition("lax", 7, 0), definition("strict", 12, 4)]
GRID = [definition(f"grid_{n}_{c}", n, c) for n in (7, 12) for c in (0, 4)]
FRAME = pd.DataFrame(
    {
        "def_usual": ["yes", "yes", "no"],
        "def_lax": ["no", "no", "yes"],
        "def_strict": ["yes", "yes", "yes"],
        "def_grid_7_0": ["no", "no", "yes"],
        "def_grid_7_4": ["no", "yes", "yes"],
        "def_grid_12_0": ["yes", "yes", "no"],
        "def_grid_12_4": ["yes", "yes", "yes"],
    }
)


@pytest.fixture(scope="module")
def specs():
    return specifications(Survey(FRAME), NAMED, GRID, RUBRIC)


def test_the_first_definition_is_the_default(specs):
    assert specs.default == "def_usual"


def test_each_definition_has_its_share(specs):
    shown = specs.estimates.unsuppressed(REASON).frame
    assert dict(zip(shown["item"], shown["estimate"], strict=True)) == {
        "def_usual": pytest.approx(2 / 3),
        "def_lax": pytest.approx(1 / 3),
        "def_strict": 1.0,
    }


def test_the_grid_has_criteria_in_rows_and_critical_ones_in_columns(specs):
    cells = specs.grid.unsuppressed(REASON).frame.pivot_table(
        index="item", columns="critical", values="estimate"
    )
    assert cells.loc["criteria_7", "0"] == pytest.approx(1 / 3)
    assert cells.loc["criteria_7", "4"] == pytest.approx(2 / 3)
    assert cells.loc["criteria_12", "0"] == pytest.approx(2 / 3)
    assert cells.loc["criteria_12", "4"] == 1.0
    assert specs.grid.label("item", "criteria_7") == "7 of 12 criteria"
    assert specs.grid.label("critical", "4") == "4 critical"
