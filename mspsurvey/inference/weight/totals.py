"""Known totals to calibrate to: margins of classifications, and totals of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Bools, Floats, Ints, compressed
from mspsurvey.inference.weight.margin import Margin, margins_from, on_one_total, positions


@dataclass(frozen=True)
class Total:
    """Population total of one number.

    Attributes
    ----------
    variable : str
        Name of a numeric variable; "" for the number of units itself.
    total : float
        Its sum over the population.
    source : str
        Where the total is from, in words.
    """

    variable: str
    total: float
    source: str = ""


Known = Margin | Total
Given = Known | Sequence[Known] | Mapping[str, float | Mapping[str, float]] | pd.DataFrame
"""Known totals as a caller may write them: ``{"stype": {"E": 4421, …}, "api99": 3914069}``,
objects, or a table with ``variable, level, total, source`` (level "" for numbers)."""


def known_totals(given: Given) -> list[Known]:
    """Bring known totals to one form, margins first.

    Raises
    ------
    WeightError
        Where there are none, or a table of them is not usable.
    """
    if isinstance(given, Margin | Total):
        known: list[Known] = [given]
    elif isinstance(given, pd.DataFrame):
        known = _from_table(given)
    elif isinstance(given, Mapping):
        known = [_from_pair(str(name), value) for name, value in given.items()]
    else:
        known = list(given)
    if not known:
        raise WeightError("Known totals to fit the weights to were wanted.", "There are none.")
    margins = [k for k in known if isinstance(k, Margin)]
    numbers = [k for k in known if isinstance(k, Total)]
    return [*(on_one_total(margins) if margins else []), *numbers]


def known_margins(given: Given) -> list[Margin]:
    """Known totals that are all margins of classifications."""
    known = known_totals(given)
    for total in known:
        if isinstance(total, Total):
            raise WeightError(
                "Raking and post-stratification take margins of classifications.",
                f"'{total.variable}' is the total of a number.",
                "Use calibrate, which takes both.",
            )
    return [k for k in known if isinstance(k, Margin)]


def _from_pair(name: str, value: float | Mapping[str, float]) -> Known:
    if isinstance(value, Mapping):
        return Margin(name, {str(k): float(v) for k, v in value.items()})
    return Total(name, float(value))


def _from_table(table: pd.DataFrame) -> list[Known]:
    known: list[Known] = []
    for margin in margins_from(table):
        if list(margin.totals) == [""]:
            known.append(Total(margin.variable, margin.total, margin.source))
        else:
            known.append(margin)
    return known


@dataclass(frozen=True)
class Columns:
    """Variables whose totals are known, row by row or by joint cell.

    Attributes
    ----------
    names : tuple of (str, str)
        Variable and level ("" for a number) of each column.
    values : ndarray of float, shape (cells or rows, K)
    cell : ndarray of int, shape (rows,), or None
        Joint cell of each row, where all are classifications.
    totals : ndarray of float, shape (K,)
    sources : tuple of str
    """

    names: tuple[tuple[str, str], ...]
    values: Floats
    cell: Ints | None
    totals: Floats
    sources: tuple[str, ...]

    def rows(self) -> Floats:
        """Values row by row, shape (rows, K)."""
        return self.values if self.cell is None else self.values[self.cell]

    def sums(self, weights: Floats) -> Floats:
        """Weighted sums of the columns, shape (K,)."""
        return self.values.T @ self.gathered(weights)

    def gathered(self, weights: Floats) -> Floats:
        """Weights by cell, or as they are where each row is its own."""
        if self.cell is None:
            return weights
        gathered = np.bincount(self.cell, weights=weights, minlength=len(self.values))
        return gathered.astype(np.float64, copy=False)

    def table(self, before: Floats, after: Floats) -> pd.DataFrame:
        """Record of the totals before and after; see ``STEP_TABLE``."""
        present = self.values != 0
        n = present.T.astype(np.float64) @ self.gathered((before > 0).astype(np.float64))
        return pd.DataFrame(
            {
                "variable": [variable for variable, _ in self.names],
                "level": [level for _, level in self.names],
                "n": n,
                "target": self.totals,
                "before": self.sums(before),
                "after": self.sums(after),
                "source": list(self.sources),
            }
        )


def columns_of(frame: pd.DataFrame, known: Sequence[Known], *, unknown: str = "error") -> Columns:
    """Make the columns of known totals from respondents.

    Parameters
    ----------
    frame : DataFrame
        Respondents.
    known : sequence of Margin or Total
    unknown : {"error", "hold"}
        Respondents without a value: refuse, or let the column leave them alone.
    """
    names: list[tuple[str, str]] = []
    parts, totals, sources = [], [], []
    places = []
    for total in known:
        if isinstance(total, Margin):
            place, levels = positions(total, frame)
            _require_known(total.variable, place < 0, unknown)
            places.append((place, len(levels)))
            parts.append(place[:, None] == np.arange(len(levels)))
            names += [(total.variable, level) for level in levels]
            totals += [total.totals[level] for level in levels]
            sources += [total.source] * len(levels)
        else:
            parts.append(_numbers(frame, total.variable, unknown)[:, None])
            names.append((total.variable, ""))
            totals.append(total.total)
            sources.append(total.source)
    values = np.concatenate(parts, axis=1).astype(np.float64)
    cell = None
    if len(places) == len(known):
        cell, values = _by_cell(places, values)
    return Columns(tuple(names), values, cell, np.array(totals, dtype=np.float64), tuple(sources))


def _by_cell(places: Sequence[tuple[Ints, int]], values: Floats) -> tuple[Ints, Floats]:
    """Number the joint cells, and keep one row of values for each."""
    key, size = np.zeros(len(values), dtype=np.int64), 1
    for place, count in places:
        key = key * (count + 1) + place + 1
        size *= count + 1
    cell, keys = compressed(key, size)
    one = np.empty(len(keys), dtype=np.int64)
    one[cell] = np.arange(len(cell))
    return cell, values[one]


def _numbers(frame: pd.DataFrame, name: str, unknown: str) -> Floats:
    if name == "":
        return np.ones(len(frame))
    if name not in frame.columns or not pd.api.types.is_numeric_dtype(frame[name].dtype):
        came = "The respondents have none." if name not in frame.columns else (
            f"It holds {frame[name].dtype}."
        )  # fmt: skip
        raise WeightError(f"The number '{name}', whose total is known, was wanted.", came)
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    _require_known(name, ~np.isfinite(values), unknown)
    return np.asarray(np.nan_to_num(values, nan=0.0))


def _require_known(name: str, absent: Bools, unknown: str) -> None:
    if unknown == "error" and absent.any():
        raise WeightError(
            f"'{name}', whose total is known, should be known for every respondent.",
            f"It is missing for {int(absent.sum()):,}.",
            "Fill it from the frame, or leave that total out.",
        )
