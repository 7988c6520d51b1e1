"""Complementary suppression in tables with totals: no hidden cell can be worked out.

A table shows that levels sum to 1, that a net is the sum of its levels, and that the total
column is the mean of the others, weighted by their bases. From what is shown, these equations
may give back a cell that was hidden for disclosure. Which cells they give back is a question
of linear algebra (Cox, *Journal of the American Statistical Association* 75 (1980), 377–385):
with A the equations' columns of the hidden cells, a cell is safe if some solution of A·x = 0
moves it. Cells hidden only because they are imprecise tell nothing of a firm and are not
protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.coding import Bools, Floats
from mspsurvey.inference.disclose import FEWEST_CASES, FEWEST_RESPONDENTS

GIVES_AWAY = "would give away one that is suppressed"

_DISCLOSURE = (
    f"fewer than {FEWEST_RESPONDENTS} respondents",
    f"fewer than {FEWEST_CASES} cases",
    "one firm is more than",
)
"""How the reasons of ``disclose.judge`` begin that protect a firm."""

_MOVES = 1e-9
"""A cell that moves by less than this in every solution is fixed."""


@dataclass(frozen=True)
class Equation:
    """Cells of which one can be worked out from the others.

    Attributes
    ----------
    cells : tuple of int
        Places in the table, row by row.
    factors : tuple of float
        Their coefficients.
    """

    cells: tuple[int, ...]
    factors: tuple[float, ...]


def discloses(why: str) -> bool:
    """Whether a reason for suppression protects a firm, and is not only about precision."""
    return why.startswith(_DISCLOSURE)


def sum_to_one(rows: Sequence[int], columns: int) -> list[Equation]:
    """Levels in these rows sum to 1 in each column."""
    return [
        Equation(tuple(r * columns + c for r in rows), (1.0,) * len(rows)) for c in range(columns)
    ]


def net_of(net: int, members: Sequence[int], columns: int) -> list[Equation]:
    """The row ``net`` is the sum of the rows ``members`` in each column."""
    return [
        Equation((net * columns + c, *(m * columns + c for m in members)),
                 (-1.0, *(1.0,) * len(members)))
        for c in range(columns)
    ]  # fmt: skip


def total_of(row: int, total: int, parts: Sequence[int], base: Floats) -> Equation:
    """In ``row``, the column ``total`` is the mean of the columns ``parts`` by their bases.

    Parameters
    ----------
    base : ndarray of float, shape (columns,)
        Weighted base of each column of the table.
    """
    columns = len(base)
    return Equation(
        (row * columns + total, *(row * columns + c for c in parts)),
        (-float(base[total]), *(float(base[c]) for c in parts)),
    )


def protect(
    amount: Floats, hidden: Bools, secret: Bools, total: Bools, equations: Sequence[Equation]
) -> Bools:
    """Choose further cells to hide until no secret one can be worked out.

    Parameters
    ----------
    amount : ndarray of float, shape (cells,)
        Size of each cell, NaN where there is none; the smallest are hidden first.
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
    while True:
        given_back = np.flatnonzero(_worked_out(hidden, known) & secret)
        more = next(
            (m for c in given_back if (m := _more(int(c), hidden, amount, total, known))), None
        )
        if more is None:
            return hidden
        hidden[more] = True


def _more(
    cell: int, hidden: Bools, amount: Floats, total: Bools, known: Sequence[Equation]
) -> list[int] | None:
    """Further cells to hide, so that no single equation gives back this one."""
    own = [e for e in known if cell in e.cells]
    direct = [e for e in own if _solves(e, cell, hidden, known)]
    choices = {_choice(e, hidden, amount, total) for e in direct or own}
    return sorted(c for c in choices if c is not None) or None


def _worked_out(hidden: Bools, equations: Sequence[Equation]) -> Bools:
    """Hidden cells that the equations give back."""
    places = np.flatnonzero(hidden)
    answer = np.zeros(len(hidden), dtype=bool)
    if not len(places) or not equations:
        return answer
    matrix = np.zeros((len(equations), len(hidden)))
    for row, equation in enumerate(equations):
        factors = np.array(equation.factors)
        matrix[row, list(equation.cells)] = factors / np.abs(factors).max()
    _, sizes, right = np.linalg.svd(matrix[:, places])
    rank = int((sizes > _MOVES * sizes.max(initial=1.0)).sum())
    free = right[rank:]
    answer[places] = (np.abs(free) < _MOVES).all(axis=0)
    return answer


def _solves(equation: Equation, cell: int, hidden: Bools, equations: Sequence[Equation]) -> bool:
    """Whether this equation has no unknown besides the cell."""
    others = [c for c in equation.cells if c != cell and hidden[c]]
    if not others:
        return True
    without = [e for e in equations if e is not equation]
    return bool(_worked_out(hidden, without)[others].all())


def _choice(equation: Equation, hidden: Bools, amount: Floats, total: Bools) -> int | None:
    """Pick the next cell of an equation: not a total, not a zero (it hides nothing), small."""
    open_cells = [c for c in equation.cells if not hidden[c]]
    if not open_cells:
        return None
    return min(open_cells, key=lambda c: (bool(total[c]), amount[c] == 0, amount[c], c))
