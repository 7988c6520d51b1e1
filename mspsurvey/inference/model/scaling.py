"""Columns of ordinary size: centred and scaled for the fit, so that no digit is lost.

A year, or a sum in dollars, beside indicators makes X'WX nearly singular to the machine
although nothing is wrong with the model. The fit therefore works on x̃ = (x − c·g)/s, where
g is the column that x is without its number (the intercept, for a main effect), and its
coefficients are carried back exactly.
"""

from __future__ import annotations

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.matrix import Cells, Dense

LOOKED_AT = 10_000
"""Rows of a dense matrix that its centre and width are taken from."""
ORDINARY = 10.0
"""Numbers with means within so many widths of 0, and widths within this factor of 1, stay."""


def standardised(
    matrix: Cells | Dense, intercept: int | None
) -> tuple[Cells | Dense, Floats]:  # fmt: skip
    """Centre and scale the numbers of a model matrix.

    Parameters
    ----------
    matrix : Cells or Dense
        A dense one is changed in place: it must not be used any more.
    intercept : int, optional
        Column of ones.

    Returns
    -------
    matrix : Cells or Dense
    back : ndarray of float, shape (columns, columns)
        T with b = T b̃, where b̃ are coefficients of the new columns.
    """
    if isinstance(matrix, Dense):
        return _dense(matrix, intercept)
    return _cells(matrix, intercept)


def _dense(matrix: Dense, intercept: int | None) -> tuple[Dense, Floats]:
    values = matrix.values
    # A part of the rows tells what size numbers have; any constants will do.
    part = values[:: max(1, len(values) // LOOKED_AT)]
    middle, spread = _middles(part, range(values.shape[1]), intercept)
    near = np.abs(middle) < ORDINARY * spread
    if (near & (spread < ORDINARY) & (spread > 1 / ORDINARY)).all():
        return matrix, np.eye(values.shape[1])
    values -= middle
    values /= spread
    return matrix, _undo(middle, spread, intercept)


def _cells(matrix: Cells, intercept: int | None) -> tuple[Cells, Floats]:
    own = matrix.of_part[0]
    middle, spread = _middles(matrix.table, own, intercept)
    back = _undo(middle, spread, intercept)
    functions = list(matrix.functions)
    for part, function in enumerate(matrix.functions):
        if function is None:
            continue
        columns = matrix.of_part[part]
        carriers = [_carrier(matrix.table, c, own) for c in columns]
        centre = float(function.mean()) if all(c is not None for c in carriers) else 0.0
        width = float(function.std()) or 1.0
        functions[part] = (function - centre) / width
        for column, carrier in zip(columns, carriers, strict=True):
            back[column, column] = 1 / width
            if carrier is not None:
                back[carrier, column] -= centre / width
    table = (matrix.table - middle) / spread
    return Cells(table, matrix.cell, tuple(functions), matrix.part), back


def _middles(
    values: Floats, columns: Ints | range, intercept: int | None
) -> tuple[Floats, Floats]:
    """Mean and spread of numbers; 0 and 1 for indicators, the intercept and other columns."""
    middle, spread = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for column in columns:
        x = values[:, column]
        deviation = float(x.std())
        if column == intercept or deviation == 0 or ((x == 0) | (x == 1)).all():
            continue
        middle[column], spread[column] = (x.mean() if intercept is not None else 0.0), deviation
    return middle, spread


def _undo(middle: Floats, spread: Floats, intercept: int | None) -> Floats:
    back: Floats = np.diag(1 / spread)
    if intercept is not None:
        back[intercept] -= middle / spread
    return back


def _carrier(table: Floats, column: int, own: Ints) -> int | None:
    """Column of the cells alone that equals this one without its number."""
    same = [int(c) for c in own if np.array_equal(table[:, c], table[:, column])]
    return same[0] if same else None
