"""One headline under every definition that a sceptic might prefer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mspsurvey.evidence.alternatives import Definition
from mspsurvey.evidence.robustness import Curve, curve_of
from mspsurvey.evidence.rubric import Rubric
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Option, Variable

FALLS_SHORT = "yes"
CRITICAL = "critical"
"""Column of the grid: critical criteria needed."""


@dataclass(frozen=True)
class Specifications:
    """Share of firms that fall short, by definition.

    Attributes
    ----------
    estimates : Estimates
        One row a named definition; ``item`` is its variable.
    grid : Estimates
        Criteria needed (``item``, "criteria_10") by critical ones needed (``critical``, "4").
    default : str
        Variable of the definition that the report uses.
    """

    estimates: Estimates
    grid: Estimates
    default: str

    def curve(self, reference: float) -> Curve:
        """Sum the definitions up; ``reference`` divides one answer from the other."""
        return curve_of(self.estimates, default=self.default, reference=reference)

    def range(self) -> tuple[str, str]:
        """Variables of the definitions with the smallest and the largest share."""
        shown = self.estimates.frame.dropna(subset="estimate").sort_values("estimate")
        return str(shown["item"].iloc[0]), str(shown["item"].iloc[-1])


def specifications(
    survey: Survey, named: Sequence[Definition], grid: Sequence[Definition], rubric: Rubric
) -> Specifications:
    """Estimate the share that falls short under each definition.

    Parameters
    ----------
    survey : Survey
        With the columns of both sets of definitions; see ``apply_definitions``.
    named, grid : sequence of Definition
        The named definitions, the report's own first, and those of the grid.
    """
    cells = survey.share([d.variable for d in grid], level=FALLS_SHORT)
    return Specifications(
        estimates=survey.share([d.variable for d in named], level=FALLS_SHORT),
        grid=_as_grid(cells, grid, rubric),
        default=named[0].variable,
    )


def _as_grid(cells: Estimates, grid: Sequence[Definition], rubric: Rubric) -> Estimates:
    """Give each cell its row (criteria needed) and column (critical ones needed)."""
    of = {d.variable: d for d in grid}
    rows = [f"criteria_{of[item].criteria}" for item in cells.data["item"]]
    columns = [str(of[item].critical) for item in cells.data["item"]]
    data = cells.data.assign(item=rows)
    data.insert(2, CRITICAL, pd.Series(columns, index=data.index))
    everything = len(rubric.criteria)
    text = f"Does not meet the baseline, by number of criteria needed ({rubric.name})"
    variables = {
        f"criteria_{d.criteria}": Variable(
            f"criteria_{d.criteria}", text, f"{d.criteria} of {everything} criteria", "single",
            f"criteria_{d.criteria}", options=(Option(FALLS_SHORT, "Falls short", 1.0),),
        )
        for d in grid
    }  # fmt: skip
    needed = dict.fromkeys(columns)
    variables[CRITICAL] = Variable(
        CRITICAL, "Critical criteria needed", "Critical criteria needed", "single", CRITICAL,
        options=tuple(Option(code, f"{code} critical", float(code)) for code in needed),
        ordered=True,
    )  # fmt: skip
    return replace(cells, data=data, by=(CRITICAL,), variables=variables)
