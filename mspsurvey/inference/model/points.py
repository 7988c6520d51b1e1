"""What a likelihood is maximised over: rows, or cells where the rows of a cell are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.matrix import Cells, Dense


@dataclass(frozen=True)
class Points:
    """What a likelihood is maximised over: rows, or cells where rows of a cell are alike.

    Attributes
    ----------
    matrix : Matrix
    weights : ndarray of float, shape (points,)
        Sum of the weights w, of mean 1 over the rows.
    outcomes : ndarray of float, shape (points, outcomes)
        Sum of w·y, or of w in each level of the outcome.
    offset : ndarray of float, shape (points,), optional
    constant : float
        Part of the deviance that the sums do not tell.
    """

    matrix: Cells | Dense
    weights: Floats
    outcomes: Floats
    offset: Floats | None = None
    constant: float = 0.0

    def linear(self, coefficients: Floats, rows: slice) -> Floats:
        """Linear predictors of a block, offset included, shape (rows, S)."""
        predictor = self.matrix.linear(coefficients, rows)
        return predictor if self.offset is None else predictor + self.offset[rows, None]


def by_row(
    matrix: Cells | Dense, weights: Floats, outcome: Floats | Ints, levels: int,
    offset: Floats | None,
) -> Points:  # fmt: skip
    """Make each row a point.

    Parameters
    ----------
    outcome : ndarray, shape (rows,)
        Numbers y where ``levels`` is 0, else positions of levels.
    """
    if not levels:
        return Points(matrix, weights, (weights * outcome)[:, None], offset)
    outcomes = np.zeros((len(weights), levels))
    outcomes[np.arange(len(weights)), outcome] = weights
    return Points(matrix, weights, outcomes, offset)


def gathered(rows: Points) -> Points:
    """Take rows of one cell together, where they are all alike."""
    matrix = rows.matrix
    if not (isinstance(matrix, Cells) and matrix.whole and rows.offset is None):
        return rows
    cells = len(matrix.table)
    total = np.bincount(matrix.cell, weights=rows.weights, minlength=cells).astype(np.float64)
    sums = [np.bincount(matrix.cell, weights=o, minlength=cells) for o in rows.outcomes.T]
    return Points(Dense(matrix.table), total, np.stack(sums, axis=1), None)
