"""Model matrices kept small: what varies between categories, and what varies between rows.

Each column of a model matrix is a product g(c)·h(z) of a function of the row's *cell* c (its
combination of categories and of numbers with few values) and a function of its continuous
numbers z. Formulaic is asked for g on one row for each cell that occurs, and for h only
where it is not a plain column; a million rows then cost one integer each and the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.inference.design.coding import Floats, Ints, compressed
from mspsurvey.inference.model.encoder import Encoder, RowFactor, exact, finite
from mspsurvey.inference.model.formula import Column, Parsed, categorical, looks_at_all
from mspsurvey.inference.model.matrix import Cells, Dense

FEW_VALUES = 64
"""Numbers with at most so many values are taken into the cells."""
MOST_PARTS = 4
"""With more functions of continuous numbers than this, the whole matrix is cheaper."""
LOOKED_AT = 2_000
"""Rows in which a number shows whether it is continuous."""


@dataclass(frozen=True)
class Encoded:
    """A formula applied to the rows of a model.

    Attributes
    ----------
    encoder : Encoder
    columns : mapping
        Answers of the rows, by variable.
    cell : ndarray of int, shape (rows,)
    values : mapping of Series, each of shape (cells,)
        Value of each cell's variables, by name in the formula.
    count : int
        Rows of the model.
    table : ndarray of float, shape (cells, columns)
        Functions of the cell.
    """

    encoder: Encoder
    columns: Mapping[str, Column]
    cell: Ints
    values: Mapping[str, pd.Series]
    count: int
    table: Floats

    @property
    def cells(self) -> int:
        """Count of the cells."""
        return len(next(iter(self.values.values()))) if self.values else 1

    def matrix(self, changed: Mapping[str, Column | float] | None = None) -> Cells | Dense:
        """Model matrix of the rows; ``changed`` gives all of them one value of a variable.

        A number stands for the answer plus that number.
        """
        changed = changed or {}
        alias = self.encoder.parsed.alias
        values = {n: s for n, s in self.values.items() if n not in map(alias, changed)}
        columns = dict(self.columns)
        for name, change in changed.items():
            if name in self.encoder.in_cells:
                values[alias(name)] = _moved(self.values[alias(name)], change)
            else:
                columns[name] = _moved_column(self.columns[name], change)
        table = self.encoder.by_cell(values, self.cells) if changed else self.table
        functions = self.encoder.by_row(columns)
        return laid_out(table, self.cell, functions, self.encoder.part, self.count)


def laid_out(
    table: Floats, cell: Ints, functions: list[Floats | None], part: Ints, count: int
) -> Cells | Dense:
    """Choose the layout that takes fewer operations."""
    if len(table) > 1 and len(functions) <= MOST_PARTS:
        return Cells(table, cell, tuple(functions), part)
    matrix = np.empty((count, table.shape[1]))
    for column, place in enumerate(part):
        function = functions[place]
        own = table[cell, column] if len(table) > 1 else table[0, column]
        matrix[:, column] = own if function is None else own * function
    return Dense(matrix)


def encode(parsed: Parsed, columns: Mapping[str, Column], functions: Mapping[str, Any],
           count: int) -> Encoded:  # fmt: skip
    """Split a formula into functions of the cell and of the row, and number the cells."""
    codes, values = _cell_variables(columns)
    cell, first = _numbered(codes, count)
    of_cell = {parsed.alias(n): exact(values[n].iloc[codes[n][first]].reset_index(drop=True))
               for n in codes}  # fmt: skip
    draft = Encoder(parsed, functions, tuple(codes))
    terms, owners, factors = _rewritten(draft, columns)
    encoder, table = _with_spec(draft, terms, owners, factors, of_cell, max(len(first), 1))
    return Encoded(encoder, columns, cell, of_cell, count, table)


def _cell_variables(columns: Mapping[str, Column]) -> tuple[dict[str, Ints], dict[str, pd.Series]]:
    """Codes and values of the variables that make up the cells."""
    codes: dict[str, Ints] = {}
    values: dict[str, pd.Series] = {}
    for name, column in columns.items():
        if column.levels:
            codes[name] = np.asarray(column.answers, dtype=np.int64)
            places = np.arange(len(column.levels))
            values[name] = categorical(places, column.levels)
            continue
        seen = len(np.unique(column.answers[:LOOKED_AT]))
        if seen <= FEW_VALUES:
            found, distinct = pd.factorize(np.asarray(column.answers), sort=True)
            if len(distinct) <= FEW_VALUES:
                codes[name], values[name] = found.astype(np.int64), pd.Series(distinct)
    return codes, values


def _numbered(codes: Mapping[str, Ints], count: int) -> tuple[Ints, Ints]:
    """Cell of each row, and a row of each cell."""
    key, size = np.zeros(count, dtype=np.int64), 1
    for column in codes.values():
        width = int(column.max()) + 1
        key = key * width + column
        size *= width
        if size > 8 * count + 100_000:
            key, keys = compressed(key, size)
            size = len(keys)
    cell, keys = compressed(key, size)
    first = np.empty(len(keys), dtype=np.int64)
    first[cell] = np.arange(count)
    return cell, first


def _rewritten(
    encoder: Encoder, columns: Mapping[str, Column]
) -> tuple[list[Any], list[str], list[RowFactor]]:
    """Put a placeholder in the place of each factor that varies within cells."""
    from formulaic.parser.types import Factor, Term  # slow to import

    factors: dict[str, RowFactor] = {}
    terms: list[Any] = []
    owners: list[str] = []
    for term in encoder.parsed.terms:
        choices: list[list[Any]] = [[]]
        for factor in term.factors:
            ways = [factor]
            if _by_row(encoder, factor):
                row = factors.setdefault(
                    factor.expr, _row_factor(encoder, factor, columns, len(factors))
                )
                ways = [Factor(name, eval_method="lookup") for name in row.names]
            choices = [[*done, way] for done in choices for way in ways]
        terms += [Term(choice) for choice in choices]
        owners += [str(term)] * len(choices)
    return terms, owners, list(factors.values())


def _by_row(encoder: Encoder, factor: Any) -> bool:
    if factor.eval_method.value == "literal":
        return False
    taken = encoder.reads(factor.expr)
    return looks_at_all(factor.expr) or any(r not in encoder.in_cells for r in taken)


def _row_factor(
    encoder: Encoder, factor: Any, columns: Mapping[str, Column], number: int
) -> RowFactor:
    taken = encoder.reads(factor.expr)
    if factor.eval_method.value == "lookup":
        return RowFactor(factor.expr, None, (f"row_{number}_0",), own=taken[0])
    from formulaic import Formula  # slow to import
    from formulaic.parser.types import Term

    formula = Formula([Term([factor])], _ordering="none")
    spec = encoder.made(formula, encoder.frame(columns, taken), factor.expr).model_spec
    names = tuple(f"row_{number}_{j}" for j in range(len(spec.column_names)))
    return RowFactor(factor.expr, spec, names)


def _with_spec(
    encoder: Encoder,
    terms: list[Any],
    owners: list[str],
    factors: list[RowFactor],
    of_cell: Mapping[str, pd.Series],
    cells: int,
) -> tuple[Encoder, Floats]:
    """Ask formulaic for the functions of the cell, and note whose columns they are."""
    from formulaic import Formula  # slow to import

    placeholders = {name: factor for factor in factors for name in factor.names}
    ones = {name: np.ones(cells) for name in placeholders}
    frame = pd.DataFrame({**of_cell, **ones}, index=range(cells))
    parsed = encoder.parsed
    made = encoder.made(Formula(terms, _ordering="none"), frame, parsed.text)
    spec, table = made.model_spec, finite(made, parsed.shown(parsed.text))
    columns, owner_of, held = [], [], []
    for structure, owner in zip(spec.structure, owners, strict=True):
        inside = tuple(f.expr for f in structure.term.factors if f.expr in placeholders)
        for column in structure.columns:
            columns.append(_title(column, placeholders, parsed))
            owner_of.append("Intercept" if owner == "1" else parsed.shown(owner))
            held.append(inside)
    parts = ((), *sorted(set(held) - {()}))
    part = np.array([parts.index(h) for h in held], dtype=np.int64)
    whole = Encoder(parsed, encoder.functions, encoder.in_cells, tuple(factors), spec,
                    tuple(columns), tuple(owner_of), parts, part)  # fmt: skip
    return whole, table


def _title(column: str, placeholders: Mapping[str, RowFactor], parsed: Parsed) -> str:
    """Name of a column as a reader writes it: ``size[5-9]:log(emp)``."""
    for name, factor in sorted(placeholders.items(), key=lambda p: -len(p[0])):
        several = len(factor.names) > 1
        place = factor.names.index(name)
        shown = factor.spec.column_names[place] if several else factor.expression
        column = column.replace(name, shown)
    return parsed.shown(column.replace("[T.", "["))


def _moved(values: pd.Series, change: Column | float) -> pd.Series:
    """Values of the cells after a change."""
    if not isinstance(change, Column):
        return values.astype(np.float64) + change
    place = np.zeros(len(values), dtype=np.int64)
    return exact(change.series(place))


def _moved_column(column: Column, change: Column | float) -> Column:
    if not isinstance(change, Column):
        return Column((), np.asarray(column.answers, dtype=np.float64) + change)
    place = np.zeros(len(column.answers), dtype=np.int64)
    return Column(change.levels, change.answers[place])
