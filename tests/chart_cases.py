"""Estimates made by hand, for the tests of charts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.instrument import Option, Variable
from mspsurvey.publish.chart import Fields, draft_fields

SIZES = {"1-4": "1 to 4 people", "5-9": "5 to 9", "10-19": "10 to 19", "100+": "100 or more"}
CLASSES = {"met": "Baseline met", "partly": "Partly met", "not_met": "Not met"}


def variable(name: str, labels: dict[str, str], *, ordered: bool = True) -> Variable:
    return Variable(
        name=name,
        text=f"Wording of {name}?",
        label=name.replace("_", " ").capitalize(),
        kind="single",
        question=name,
        options=tuple(Option(code, label) for code, label in labels.items()),
        ordered=ordered,
    )


def estimates(
    rows: list[dict[str, Any]], *variables: Variable, by: tuple[str, ...] = ("size",), **more: Any
) -> Estimates:
    """Make Estimates of rows that say item, level, groups, estimate, and what else matters."""
    frame = pd.DataFrame([_row(row) for row in rows])
    names = {v.name: v for v in variables}
    settings = {"statistic": "share", "population": "MSP firms", "weight": "w, raked"} | more
    return Estimates(frame, by=by, variables=names, **settings)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    middle = row["estimate"]
    defaults = {
        "se": 0.025, "low": middle - 0.05, "high": middle + 0.05, "df": 40.0, "n": 200.0,
        "n_eff": 150.0, "deff": 1.3, "base": 2000.0, "verdict": "show", "why": "",
    }  # fmt: skip
    return {"item": "base_class", "level": "not_met"} | row | (defaults | row)


SIZE = variable("size", SIZES)
BASELINE = variable("base_class", CLASSES)


def by_size(**more: Any) -> Estimates:
    """Four sizes: one with a low base, one suppressed."""
    rows = [
        {"size": "1-4", "estimate": 0.62},
        {"size": "5-9", "estimate": 0.48},
        {"size": "10-19", "estimate": 0.35, "n": 42.0, "verdict": "flag"},
        {"size": "100+", "estimate": 0.1234, "n": 21.0, "verdict": "suppress"},
    ]
    return estimates(rows, SIZE, BASELINE, **more)


def classes_by_size(suppressed: tuple[tuple[str, str], ...] = (), **more: Any) -> Estimates:
    """Three classes in two sizes; each size adds up to 1."""
    shares = {"1-4": (0.2, 0.3, 0.5), "5-9": (0.6, 0.25, 0.15)}
    rows = [
        {
            "level": level, "size": size, "estimate": share,
            "verdict": "suppress" if (size, level) in suppressed else "show",
        }
        for size, parts in shares.items()
        for level, share in zip(CLASSES, parts, strict=True)
    ]  # fmt: skip
    return estimates(rows, SIZE, BASELINE, **more)


def full_fields(est: Estimates, **given: Any) -> Fields:
    """All that a chart for publication needs, but what the chart kind makes itself."""
    return draft_fields(
        est,
        **{
            "finding_title": "About 62% of the smallest firms do not meet the baseline",
            "stat_subtitle": "Share of MSP firms that do not meet the baseline, by size",
            "estimand_id": "not-met-by-size",
            "field_dates": "2 March to 24 April 2026",
            "sample_type": "probability sample",
            "comparison_note": "1 to 4 people differs from 5 to 9; 6 comparisons were made",
            "definition_version": "rubric 1.0.0",
            "strength": "Limited (1): started 3; −1 self-report; −1 definition",
            "direction": "Supports H4",
            "caveats": ("Self-reported.", "Firms without a website are under-covered."),
            "source": "MSP survey 2026, commissioned by a trade body",
            "code_ref": "notebooks/02_baseline.ipynb, cell q5",
        }
        | given,
    )
