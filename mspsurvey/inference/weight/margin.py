"""Margins: known totals of the population, level by level, with their source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Coded, Ints, code_column
from mspsurvey.inference.estimator.moments import cross

COLUMNS = ("variable", "level", "total", "source")
CROSSED = "*"
ROUNDING = 1e-3
"""Totals of two margins may differ by half a unit a level, but never by more than this."""


@dataclass(frozen=True)
class Margin:
    """Population totals of one classification.

    Attributes
    ----------
    variable : str
        Name of a variable; ``size*division`` for two that are crossed.
    totals : mapping
        Total of each level; ``1-4*pacific`` for crossed ones.
    source : str
        Where the totals are from, in words.
    """

    variable: str
    totals: Mapping[str, float]
    source: str = ""

    @property
    def total(self) -> float:
        """Sum over levels."""
        return float(sum(self.totals.values()))

    @property
    def columns(self) -> list[str]:
        """Variables that the margin is made of."""
        return self.variable.split(CROSSED)


def load_margins(path: Path) -> list[Margin]:
    """Read one CSV file of margins, with the columns variable, level, total and source."""
    if not path.is_file():
        raise WeightError(
            f"The margin file {path} was wanted.", "It is not there.", "Check study.toml."
        )
    table = pd.read_csv(path, dtype={"level": str}, keep_default_na=False)
    return margins_from(table, name=path.name)


def margins_from(table: pd.DataFrame, *, name: str = "the margin table") -> list[Margin]:
    """Take margins from a table, one for each variable in it.

    Raises
    ------
    WeightError
        Where a column is absent, a level stands twice, a total is no number or negative, or
        a margin has no source.
    """
    absent = [c for c in COLUMNS if c not in table.columns]
    if absent:
        raise WeightError(
            f"{name} should have the columns {', '.join(COLUMNS)}.", f"It lacks {absent[0]}."
        )
    margins = []
    for variable, part in table.groupby("variable", sort=False):
        totals = pd.to_numeric(part["total"], errors="coerce")
        where = f"{name}, variable '{variable}'"
        if totals.isna().any() or (totals < 0).any() or not totals.sum() > 0:
            raise WeightError(
                f"{where}: each total should be a number, none negative, not all 0.",
                f"They are {', '.join(map(str, part['total']))}.",
            )
        levels = part["level"].astype("str")
        if levels.duplicated().any():
            raise WeightError(
                f"{where}: each level may stand once.",
                f"'{levels[levels.duplicated()].iloc[0]}' stands twice.",
            )
        source = str(part["source"].iloc[0]).strip()
        if not source:
            raise WeightError(
                f"{where}: a source was wanted.", "It is empty.", "Say where the totals are from."
            )
        margins.append(Margin(str(variable), dict(zip(levels, totals, strict=True)), source))
    return margins


def on_one_total(margins: Sequence[Margin]) -> list[Margin]:
    """Bring margins that differ by rounding alone to the total of the first.

    Raises
    ------
    WeightError
        Where two totals differ by more than rounding explains: no weights can meet both.
    """
    first = margins[0]
    scaled = [first]
    for margin in margins[1:]:
        apart = abs(margin.total - first.total)
        halves = 0.5 * (len(margin.totals) + len(first.totals))
        if apart > min(halves, ROUNDING * first.total):
            raise WeightError(
                "All margins should sum to the same total.",
                f"'{first.variable}' sums to {first.total:,.10g}, "
                f"'{margin.variable}' to {margin.total:,.10g}.",
                "Put them on one population and year, or leave one out; they are not scaled "
                "to one another in silence.",
            )
        factor = first.total / margin.total
        totals = {level: total * factor for level, total in margin.totals.items()}
        scaled.append(Margin(margin.variable, totals, margin.source))
    return scaled


def positions(margin: Margin, frame: pd.DataFrame) -> tuple[Ints, list[str]]:
    """Place of each row among the margin's levels, −1 where unknown.

    Raises
    ------
    WeightError
        Where no row has a level that the margin counts, or a row has one it lacks. Nothing
        is regrouped to make them meet.
    """
    return placed(margin, code_variables([margin], frame))


def code_variables(margins: Sequence[Margin], frame: pd.DataFrame) -> dict[str, Coded]:
    """Code each variable that margins are made of, once."""
    names = dict.fromkeys(name for margin in margins for name in margin.columns)
    for name in names:
        if name not in frame.columns:
            raise WeightError(
                f"The variable '{name}' of a margin was wanted.", "The respondents have none."
            )
    return {name: code_column(frame[name]) for name in names}


def placed(
    margin: Margin, variables: Mapping[str, Coded], counts: Ints | None = None
) -> tuple[Ints, list[str]]:
    """Place of each row, or of each cell of ``counts`` rows, among the margin's levels."""
    coded = [variables[name] for name in margin.columns]
    index, count = cross(coded)
    texts = [CROSSED.join(parts) for parts in product(*(c.levels for c in coded))]
    found = np.bincount(index, weights=counts, minlength=count + 1)[:count]
    levels = [level for level, total in margin.totals.items() if total > 0]
    _no_strangers(margin, levels, {t: int(n) for t, n in zip(texts, found, strict=True) if n})
    place = {level: position for position, level in enumerate(levels)}
    lookup = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.int64)
    return lookup[index], levels


def _no_strangers(margin: Margin, levels: list[str], found: Mapping[str, int]) -> None:
    """Compare the margin's levels with those that respondents have, both ways."""
    strange = [level for level in found if level not in levels]
    if strange:
        raise WeightError(
            f"The margin '{margin.variable}' should have a total for every level.",
            f"It lacks '{strange[0]}', which {found[strange[0]]:,} respondents have.",
            f"Add it to the margin file, with its source. It has {', '.join(levels)}.",
        )
    unmet = [level for level in levels if level not in found]
    if unmet:
        raise WeightError(
            f"Every level of the margin '{margin.variable}' should have a respondent.",
            f"'{unmet[0]}' counts {margin.totals[unmet[0]]:,.10g} units and has none.",
            "Merge that level with a neighbour, in the margin and in the variable, and say so.",
        )
