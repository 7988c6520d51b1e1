"""From grouped sums to a ``Survey`` whose rows are cells, each of many respondents.

A cell is what a design unit, a group and a level have in common. Its row has the sum of
weights as weight, the weighted mean of a number as that number, and beside them the sums that
means hide: number of respondents, Σw², and sums of squares about the means. Every estimator
that is a function of weighted sums gets from these rows exactly what it gets from the
respondents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from mspsurvey.inference.backend.source import Source
from mspsurvey.inference.design.coding import Coder, Floats
from mspsurvey.inference.estimator.item import Within
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.variance.root import beside
from mspsurvey.instrument import Instrument

COUNT, WEIGHT, SQUARES, INSIDE, BEFORE = (
    "_msp_count", "_msp_weight", "_msp_squares", "_msp_inside", "_msp_before",
)  # fmt: skip
SUM = "_msp_sum_"
"""How the sums of products are called, with their letters and the place of the number."""


@dataclass(frozen=True)
class Number:
    """A number to sum, y, or two of which the ratio is wanted, y and x.

    ``shift`` is taken off y of a mean first, so that large values keep their digits.
    """

    top: str
    bottom: str | None = None
    shift: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, each once."""
        return tuple(self.columns)

    @property
    def columns(self) -> dict[str, str]:
        """Letter of each column in the formulas."""
        single = self.bottom is None or self.bottom == self.top
        return {self.top: "y"} if single else {self.top: "y", str(self.bottom): "x"}


@dataclass(frozen=True)
class Cells:
    """Rows of sums, and what their means hide.

    Attributes
    ----------
    frame : DataFrame
        Keys, ``WEIGHT``, finite populations, and numbers as their weighted means.
    number, squares : ndarray of float, shape (cells,)
        Respondents, and Σw², of each cell.
    inside : ndarray of bool, shape (cells,)
        Whether the cell lies in the domain.
    within : Within, optional
        Of a number.
    means : mapping
        Weighted means of the numbers by name, NaN where nobody answered; y less its shift.
    """

    frame: pd.DataFrame
    number: Floats
    squares: Floats
    inside: np.ndarray
    within: Within | None = None
    means: Mapping[str, Floats] = field(default_factory=dict)

    def prepare(self, coder: Coder, number: Number) -> None:
        """Tell a coder of these cells the numbers that it would make from columns of rows."""
        for name, mean in self.means.items():
            shift = number.shift if name == number.top else 0.0
            coder.know(name, mean, shift)


@dataclass(frozen=True)
class Plan:
    """What a question asks of the table besides its keys.

    Attributes
    ----------
    weight, before : expression
        Weight of each row, and the weight before it was raked, if one was named.
    inside : expression, optional
        Whether a row lies in the domain; all do if not given.
    fixed : sequence of str
        Columns that are the same for all rows of a design unit, such as an fpc.
    """

    weight: nw.Expr
    before: nw.Expr | None
    inside: nw.Expr | None
    fixed: Sequence[str]

    def gather(
        self,
        source: Source,
        keys: Sequence[str],
        numbers: Sequence[Number] = (),
        instrument: Instrument | None = None,
    ) -> pd.DataFrame:
        """Ask for the sums of all numbers by the keys, in one aggregation."""
        rows: dict[str, nw.Expr] = {WEIGHT: self.weight, COUNT: nw.lit(1)}
        products = {SQUARES: nw.col(WEIGHT) * nw.col(WEIGHT)}
        sums = {COUNT: "sum", WEIGHT: "sum", SQUARES: "sum"}
        keyed = list(keys)
        if self.inside is not None:
            rows[INSIDE] = self.inside
            keyed.append(INSIDE)
        if self.before is not None:
            rows[BEFORE], sums[BEFORE] = self.before, "sum"
        for name in self.fixed:
            if name not in keys:
                rows[name], sums[name] = source.key(name), "min"
        for k, number in enumerate(numbers):
            for name, letter in number.columns.items():
                variable = _variable(instrument, name)
                rows[f"_msp_value_{letter}_{k}"] = source.number(name, variable)
            found, how = _products(number, k, before=self.before is not None)
            products |= {f"{SUM}{name}_{k}": e for name, e in found.items()}
            sums |= {f"{SUM}{name}_{k}": way for name, way in how.items()}
        home = source.summed(keyed, rows, sums, products)
        return home if self.inside is not None else home.assign(**{INSIDE: True})


def _products(
    number: Number, place: int, *, before: bool
) -> tuple[dict[str, nw.Expr], dict[str, str]]:
    """Products that are summed for one number; null, and so not summed, where it is missing."""
    w = nw.col(WEIGHT)
    raw = [nw.col(f"_msp_value_{letter}_{place}") for letter in number.columns.values()]
    both = raw[0] if len(raw) == 1 else nw.when(~raw[1].is_null()).then(raw[0])
    y = both - number.shift
    valid = nw.when(~both.is_null())
    rows = {
        "n": valid.then(nw.lit(1)), "w": valid.then(w), "ww": valid.then(w * w),
        "y": w * y, "yy": w * y * y,
        "nonzero": nw.when(both != 0).then(nw.lit(1)), "largest": w * both.abs(),
    }  # fmt: skip
    if len(raw) == 2:
        x = valid.then(raw[1])
        rows |= {"x": w * x, "xx": w * x * x, "xy": w * x * y, "largestx": w * x.abs()}
    if before:
        d = nw.col(BEFORE)
        rows |= {"d": valid.then(d), "dy": d * y} | ({"dx": d * x} if len(raw) == 2 else {})
    return rows, {name: "max" if name.startswith("largest") else "sum" for name in rows}


def _variable(instrument: Instrument | None, name: str) -> Any:
    return instrument[name] if instrument is not None and name in instrument else None


def classified(home: pd.DataFrame) -> Cells:
    """Cells of a classification, or of no item at all."""
    return Cells(
        home,
        home[COUNT].to_numpy(dtype=np.float64),
        home[SQUARES].to_numpy(dtype=np.float64),
        home[INSIDE].to_numpy(dtype=bool),
    )


def measured(home: pd.DataFrame, number: Number, place: int, keys: Sequence[str]) -> Cells:
    """Cells of a number: one for the answers, one for the rest where some have none.

    Parameters
    ----------
    home : DataFrame
        From ``Plan.gather``.
    number : Number
    place : int
        Which of the numbers it was.
    keys : sequence of str
        Columns that a number may not overwrite.
    """
    end = f"_{place}"
    sums = {
        name.removeprefix(SUM).removesuffix(end): home[name].to_numpy(np.float64, na_value=0.0)
        for name in home.columns
        if name.startswith(SUM) and name.endswith(end)
    }
    sums = {name: np.nan_to_num(values) for name, values in sums.items()}
    whole = classified(home)
    answered, rest = sums["n"] > 0, whole.number > sums["n"]
    means = _means(sums, answered)
    given = {WEIGHT: sums["w"]} | ({BEFORE: sums["d"]} if "d" in sums else {})
    # Of respondents without the number; what rounding leaves of 0 may not be negative.
    left = {k: np.maximum(home[k].to_numpy(np.float64) - v, 0.0) for k, v in given.items()}
    within = _within(sums, means, answered)
    pick = np.r_[np.flatnonzero(answered), np.flatnonzero(rest)]
    gaps = int(rest.sum())
    letters = number.columns
    frames = [
        _part(home, answered, given, {n: means[m] for n, m in letters.items()}, keys),
        _part(home, rest, left, dict.fromkeys(letters, np.full(gaps, np.nan)), keys),
    ]
    return Cells(
        pd.concat([f for f in frames if len(f)], ignore_index=True),
        np.concatenate([sums["n"][answered], (whole.number - sums["n"])[rest]]),
        np.concatenate([sums["ww"][answered], (whole.squares - sums["ww"])[rest]]),
        whole.inside[pick],
        _padded(within, gaps),
        {name: np.r_[means[m], np.full(gaps, np.nan)] for name, m in number.columns.items()},
    )


def _means(sums: Mapping[str, Floats], answered: np.ndarray) -> dict[str, Floats]:
    """Weighted means of y and x in each cell, and means by the weight before raking."""
    pairs = {"y": ("y", "w"), "x": ("x", "w"), "dy": ("dy", "d"), "dx": ("dx", "d")}
    means = {}
    for name, (top, bottom) in pairs.items():
        if top in sums:
            size = sums[bottom][answered]
            means[name] = sums[top][answered] / np.where(size > 0, size, 1.0)
    return means


def _within(
    sums: Mapping[str, Floats], means: Mapping[str, Floats], answered: np.ndarray
) -> Within:
    y, w = means["y"], sums["w"][answered]
    x = means.get("x", y)
    yy = sums["yy"][answered] - w * y * y
    same = "x" not in means
    return Within(
        yy=yy,
        xy=yy if same else sums["xy"][answered] - w * x * y,
        xx=yy if same else sums["xx"][answered] - w * x * x,
        nonzero=sums["nonzero"][answered],
        largest=sums["largest"][answered],
        largest_bottom=sums["largestx" if "x" in sums else "largest"][answered],
        top=means.get("dy"),
        bottom=means.get("dx", means.get("dy")),
    )


def _padded(within: Within, gaps: int) -> Within:
    """Add cells without an answer, whose numbers count nowhere."""
    padded = {
        name: np.r_[values, np.zeros(gaps)]
        for name, values in vars(within).items()
        if values is not None
    }
    return replace(within, **padded)


def _part(
    home: pd.DataFrame,
    rows: np.ndarray,
    weights: Mapping[str, Floats],
    numbers: Mapping[str, Floats],
    keys: Sequence[str],
) -> pd.DataFrame:
    """Some of the cells, with other weights and with numbers; keys stay as they are."""
    new = {name: values for name, values in numbers.items() if name not in keys}
    return home.loc[rows].assign(**{k: v[rows] for k, v in weights.items()}, **new)


def stacked(tables: Sequence[Estimates]) -> Estimates:
    """Put the estimates of several items under one another, with their covariance."""
    if len(tables) == 1:
        return tables[0]
    left_out: dict[str, int] = {}
    respondents: dict[str, int] = {}
    variables: dict[str, Any] = {}
    for table in tables:
        variables |= table.variables
        respondents |= table.respondents
        for reason, n in table.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + n
    roots = [t.root for t in tables if t.root is not None]
    whole = len(roots) == len(tables)
    return replace(
        tables[0],
        data=pd.concat([t.data for t in tables], ignore_index=True),
        variables=variables,
        left_out=left_out,
        respondents=respondents if all(t.respondents for t in tables) else {},
        root=beside(roots) if whole else None,
    )
