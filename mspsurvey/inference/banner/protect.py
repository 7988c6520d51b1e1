"""Complementary suppression in tables with totals: no hidden cell can be worked out.

A table shows that levels sum to the base of their column, that a net is the sum of its levels,
and that the columns under a heading sum to the total (all as weighted counts: shares times
their base). From what is shown, these equations may give back a cell that was hidden for
disclosure. With A the equations' columns of the hidden cells, a cell is safe if some solution
of A·x = 0 moves it; which further cells to hide is found by moving the cell by 1 at the least
cost of others (Fischetti & Salazar-González, *Management Science* 47 (2001), 1008–1027, of
whose program this is the linear relaxation). Cells hidden only because they are imprecise
tell nothing of a firm and are not protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.result.disclose import FEWEST_CASES, FEWEST_RESPONDENTS

GIVES_AWAY = "would give away one that is suppressed"

_DISCLOSURE = (
    f"fewer than {FEWEST_RESPONDENTS} respondents",
    f"fewer than {FEWEST_CASES} cases",
    "one firm is more than",
)
"""How the reasons of ``disclose.judge`` begin that protect a firm."""

_MOVES = 1e-9
"""A cell that moves by less than this in every solution is fixed."""

_HIDDEN, _ZERO, _TOTAL = 1e-4, 50.0, 500.0
"""Cost of moving a cell that is hidden already, that is zero (it hides nothing), and that is
a total; any other costs 1 to 2, by its size."""


@dataclass(frozen=True)
class Equation:
    """Cells of which one can be worked out from the others.

    Attributes
    ----------
    cells : tuple of int
        Places in the table, row by row.
    factors : tuple of float
        Their coefficients, where the cells are weighted counts.
    """

    cells: tuple[int, ...]
    factors: tuple[float, ...]


def discloses(why: str) -> bool:
    """Whether a reason for suppression protects a firm, and is not only about precision."""
    return why.startswith(_DISCLOSURE)


def sum_to_base(rows: Sequence[int], columns: int) -> list[Equation]:
    """Levels in these rows sum to the base of each column."""
    return [
        Equation(tuple(r * columns + c for r in rows), (1.0,) * len(rows)) for c in range(columns)
    ]


def net_of(net: int, members: Sequence[int], columns: int) -> list[Equation]:
    """The row ``net`` is the sum of the rows ``members`` in each column."""
    factors = (-1.0, *(1.0,) * len(members))
    return [
        Equation((net * columns + c, *(m * columns + c for m in members)), factors)
        for c in range(columns)
    ]


def total_of(row: int, total: int, parts: Sequence[int], columns: int) -> Equation:
    """In ``row``, the column ``total`` is the sum of the columns ``parts``."""
    cells = (row * columns + total, *(row * columns + c for c in parts))
    return Equation(cells, (-1.0, *(1.0,) * len(parts)))


def protect(
    amount: Floats, hidden: Bools, secret: Bools, total: Bools, equations: Sequence[Equation]
) -> Bools:
    """Choose further cells to hide until no secret one can be worked out.

    Parameters
    ----------
    amount : ndarray of float, shape (cells,)
        Weighted count of each cell, NaN where there is none.
    hidden, secret : ndarray of bool, shape (cells,)
        Cells hidden already; those of them that must stay unknown.
    total : ndarray of bool, shape (cells,)
        Cells to hide only where no other will do.
    equations : sequence of Equation
        What readers know of the cells.

    Returns
    -------
    ndarray of bool, shape (cells,)
        All hidden cells.
    """
    hidden = hidden.copy()
    known = [e for e in equations if np.isfinite(amount[list(e.cells)]).all()]
    if not known:
        return hidden
    matrix = np.zeros((len(known), len(hidden)))
    for row, equation in enumerate(known):
        matrix[row, list(equation.cells)] = equation.factors
    largest = max(float(np.nanmax(np.abs(amount))), 1e-300)
    cost = 1 + np.nan_to_num(np.abs(amount)) / largest
    cost = np.where(amount == 0, _ZERO, cost) + np.where(total, _TOTAL, 0.0)
    for cell in np.flatnonzero(secret):
        if not _moves(hidden, matrix)[cell]:
            hidden |= _moved(int(cell), np.where(hidden, _HIDDEN, cost), matrix)
    return hidden


def _moves(hidden: Bools, matrix: Floats) -> Bools:
    """Hidden cells that the equations leave open."""
    places = np.flatnonzero(hidden)
    _, sizes, right = np.linalg.svd(matrix[:, places])
    rank = int((sizes > _MOVES * sizes.max(initial=1.0)).sum())
    answer = np.zeros(len(hidden), dtype=bool)
    answer[places] = (np.abs(right[rank:]) > _MOVES).any(axis=0)
    return answer


def _moved(cell: int, cost: Floats, matrix: Floats) -> Bools:
    """Cells that move with this one at the least cost; none where it is known anyway.

    A net of all levels is everybody, whatever is hidden.
    """
    from scipy.optimize import linprog  # slow to import, and few tables need it

    # Least Σ cost·|x| with A·x = 0 and x = 1 at the cell; x is split in its two signs.
    fixed = np.zeros((1, matrix.shape[1]))
    fixed[0, cell] = 1.0
    rows = np.vstack([matrix, fixed])
    wanted = np.r_[np.zeros(len(matrix)), 1.0]
    found = linprog(np.r_[cost, cost], A_eq=np.hstack([rows, -rows]), b_eq=wanted)
    moved = np.zeros(len(cost), dtype=bool)
    if found.x is not None:
        moved = np.abs(found.x[: len(cost)] - found.x[len(cost) :]) > _MOVES
    return moved
