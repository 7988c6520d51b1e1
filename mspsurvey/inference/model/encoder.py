"""How the model matrix of a formula is made, also for other rows than those fitted.

Formulaic makes the columns; here they are split into functions of the row's cell and of its
continuous numbers (see ``encoding``), and what an expression raises is told in our words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.formula import Column, Parsed, reads


@dataclass(frozen=True)
class RowFactor:
    """A factor of continuous numbers: an expression and the columns that it makes."""

    expression: str
    spec: Any
    names: tuple[str, ...]
    own: str = ""

    def values(self, columns: Mapping[str, Column], encoder: Encoder) -> list[Floats]:
        """Evaluate on rows; one array of shape (rows,) for each column."""
        if self.own:
            return [np.asarray(columns[self.own].answers, dtype=np.float64)]
        frame = encoder.frame(columns, encoder.reads(self.expression))
        matrix = encoder.evaluate(self.spec, frame, self.expression)
        return [np.ascontiguousarray(matrix[:, j]) for j in range(matrix.shape[1])]


@dataclass(frozen=True)
class Encoder:
    """How the model matrix of one formula is made, also for other rows than those fitted.

    Attributes
    ----------
    parsed : Parsed
    in_cells : tuple of str
        Variables whose values number the cells.
    factors : tuple of RowFactor
    spec : formulaic ModelSpec
        Of the functions of the cell, with a one in place of each row factor.
    columns, terms : tuple of str
        Name of each column, and the term of the formula that it belongs to.
    parts : tuple of tuple of str
        Products of placeholders that occur, the empty one first.
    part : ndarray of int, shape (columns,)
        Which of them each column has.
    """

    parsed: Parsed
    functions: Mapping[str, Any] = field(repr=False)
    in_cells: tuple[str, ...] = ()
    factors: tuple[RowFactor, ...] = ()
    spec: Any = None
    columns: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ((),)
    part: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def reads(self, expression: str) -> list[str]:
        """Columns that an expression takes."""
        names = reads(expression)
        return [v for v in self.parsed.variables if self.parsed.alias(v) in names]

    def frame(self, columns: Mapping[str, Column], names: Sequence[str]) -> pd.DataFrame:
        """Columns as a frame, under their names in the formula."""
        return pd.DataFrame({self.parsed.alias(n): columns[n].series() for n in names})

    def made(self, spec: Any, frame: pd.DataFrame, what: str) -> Any:
        """Ask formulaic for a matrix; what a researcher's expression raises is told."""
        try:
            with np.errstate(all="ignore"):
                return spec.get_model_matrix(
                    frame, context=dict(self.functions), output="numpy", na_action="ignore"
                )
        except Exception as error:  # an expression may raise anything
            raise EstimateError(
                f"'{self.parsed.shown(what)}' should be a function of answers.",
                f"It fails: {error}.",
            ) from None

    def evaluate(self, spec: Any, frame: pd.DataFrame, what: str) -> Floats:
        """Ask formulaic for columns, and see that they are numbers."""
        return finite(self.made(spec, frame, what), self.parsed.shown(what))

    def by_cell(self, values: Mapping[str, pd.Series], count: int) -> Floats:
        """Functions of the cell, shape (count, columns), for cells with these values."""
        ones = {name: np.ones(count) for part in self.parts for name in part}
        frame = pd.DataFrame({**values, **ones}, index=range(count))
        return self.evaluate(self.spec, frame, self.parsed.text)

    def by_row(self, columns: Mapping[str, Column]) -> list[Floats | None]:
        """Functions of the row, one for each part; None stands for 1."""
        made: dict[str, Floats] = {}
        for factor in self.factors:
            made |= dict(zip(factor.names, factor.values(columns, self), strict=True))
        functions: list[Floats | None] = []
        for part in self.parts:
            product: Floats | None = None
            for name in part:
                product = made[name] if product is None else product * made[name]
            functions.append(product)
        return functions

    def dense(self, columns: Mapping[str, Column]) -> Floats:
        """Whole model matrix for a few rows, shape (rows, columns)."""
        rows = len(next(iter(columns.values())).answers) if columns else 1
        values = {self.parsed.alias(v): exact(columns[v].series()) for v in self.in_cells}
        matrix = self.by_cell(values, rows)
        for place, function in enumerate(self.by_row(columns)):
            if function is not None:
                matrix[:, self.part == place] *= function[:, None]
        return matrix


def finite(made: Any, what: str) -> Floats:
    """Take a matrix as numbers, and refuse those that are none."""
    matrix = np.asarray(made, dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise EstimateError(
            f"'{what}' should be finite for every row of the model.",
            "Some are infinite or not a number.",
            "Leave those rows out with .where(…), or change the formula.",
        )
    return matrix


def exact(series: pd.Series) -> pd.Series:
    """Whole numbers as integers, so that categories made of them are called 2, not 2.0."""
    if isinstance(series.dtype, pd.CategoricalDtype) or not (series % 1 == 0).all():
        return series
    return series.astype(np.int64) if series.abs().max() < 2**53 else series


def evaluated(
    parsed: Parsed, columns: Mapping[str, Column], functions: Mapping[str, Any]
) -> Floats:
    """Left side of a formula that is an expression, as numbers of shape (rows,)."""
    from formulaic import Formula  # slow to import

    encoder = Encoder(parsed, functions)
    frame = encoder.frame(columns, list(columns))
    left = Formula(list(parsed.left), _ordering="none")
    matrix = encoder.evaluate(left, frame, parsed.response)
    if matrix.shape[1] != 1:
        raise EstimateError(
            "A number was wanted on the left of '~'.", f"'{parsed.response}' is none."
        )
    return matrix[:, 0]
