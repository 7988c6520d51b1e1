"""The attacker: how narrowly a hidden cell can be worked out from what is shown.

With z the difference between a table that the attacker thinks possible and the true one, the
attacker knows A·z = 0, z = 0 at the cells that are shown, and −down ≤ z ≤ up at the hidden
ones (Fischetti & Salazar-González, *Management Science* 47 (2001), 1008–1027, section 2). The
widest z at a cell, up and down, is a linear program each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.table import Table

UP, DOWN = 1.0, -1.0
STILL = 1e-9
"""A move of less than this is rounding."""


@dataclass(frozen=True)
class Attack:
    """The best attack on one cell in one direction.

    Attributes
    ----------
    move : ndarray of float, shape (cells,)
        Differences from the truth, one table that the attacker cannot exclude.
    prices : ndarray of float, shape (equations,)
        Dual values of the equations: 0 for those that were of no use.
    """

    move: Floats
    prices: Floats


def attack(
    of: Table,
    hidden: Bools | Floats,
    cell: int,
    direction: float,
    *,
    loose: float = 0.0,
    most: float = np.inf,
) -> Attack:
    """Move one cell as far as the equations allow.

    Parameters
    ----------
    of : Table
    hidden : ndarray, shape (cells,)
        Whether each cell is hidden; between 0 and 1, how much of its freedom it has.
    cell : int
        A hidden cell.
    direction : float
        ``UP`` or ``DOWN``.
    loose : float
        Part of its freedom that a cell has although it is shown; for the prices of a cut,
        which are better where all cells count a little.
    most : float
        The furthest that a cell need move: what the attack is to reach.
    """
    from scipy.optimize import linprog  # slow to import, and few tables need it

    freedom = np.maximum(hidden.astype(np.float64), loose)
    free = np.flatnonzero(freedom)
    part = freedom[free]
    goal = np.zeros(len(free))
    goal[np.searchsorted(free, cell)] = -direction
    down, up = np.minimum(of.down[free], most), np.minimum(of.up[free], most)
    bounds = np.column_stack([-down * part, up * part])
    columns = of.sums[:, free]
    known = np.flatnonzero(np.diff(columns.indptr))
    move, prices = np.zeros(len(hidden)), np.zeros(of.sums.shape[0])
    found = linprog(
        goal, A_eq=columns[known], b_eq=np.zeros(len(known)), bounds=bounds, method="highs"
    )
    move[free] = found.x
    prices[known] = found.eqlin.marginals
    return Attack(move, prices)


class Attacker:
    """Attacks many cells of one table, and remembers what it found.

    A table that it could not exclude proves the uncertainty of every cell that it moves, as
    long as what it moves is hidden. So most cells need no attack of their own.
    """

    def __init__(self, of: Table) -> None:
        self.table = of
        self._moves = np.zeros((0, len(of.values)))

    def proven(self, hidden: Bools) -> tuple[Floats, Floats]:
        """How far each cell is known to go down and up, shape (cells,) each, none below 0."""
        fit = ~(self._moves[:, ~hidden] != 0).any(axis=1)
        moves = np.vstack([np.zeros((1, len(hidden))), self._moves[fit]])
        return -moves.min(axis=0), moves.max(axis=0)

    def reach(self, hidden: Bools, cell: int, direction: float) -> float:
        """How far one cell can go; exactly."""
        move = attack(self.table, hidden, cell, direction).move
        self.keep(move)
        return abs(float(move[cell]))

    def push(self, hidden: Bools, cells: np.ndarray, far: Floats, direction: float) -> None:
        """Move many cells at once, each up to ``far``, as many and as far as will go.

        Maximises Σ t with t ≤ far and t ≤ direction·z at each of the cells.
        """
        from scipy.optimize import linprog  # slow to import, and few tables need it

        free = np.flatnonzero(hidden)
        at = np.searchsorted(free, cells)
        count = len(cells)
        sums = self.table.sums[:, free]
        known = np.flatnonzero(np.diff(sums.indptr))
        places = np.arange(count)
        own = csr_array((np.full(count, -direction), (places, at)), shape=(count, len(free)))
        found = linprog(
            np.r_[np.zeros(len(free)), -1 / np.maximum(far, 1e-12)],
            A_eq=hstack([sums[known], csr_array((len(known), count))], format="csr"),
            b_eq=np.zeros(len(known)),
            A_ub=hstack([own, eye_array(count)], format="csr"),
            b_ub=np.zeros(count),
            bounds=np.column_stack([
                np.r_[-self.table.down[free], np.zeros(count)], np.r_[self.table.up[free], far],
            ]),
            method="highs",
        )  # fmt: skip
        move = np.zeros(len(hidden))
        move[free] = found.x[: len(free)]
        self.keep(move)

    def keep(self, move: Floats) -> None:
        """Remember a table that the attacker could not exclude."""
        clear = np.where(np.abs(move) > STILL, move, 0.0)
        self._moves = np.vstack([self._moves, clear])


def intervals(of: Table, hidden: Bools, cells: np.ndarray) -> tuple[Floats, Floats]:
    """Least and most that each of these cells could be, for a reader of the table.

    Returns
    -------
    low, high : ndarray of float, shape (len(cells),)
        Both the amount itself where the cell is shown, or can be worked out exactly.
    """
    low, high = of.values[cells].copy(), of.values[cells].copy()
    for place, cell in enumerate(cells):
        if hidden[cell]:
            low[place] += attack(of, hidden, int(cell), DOWN).move[cell]
            high[place] += attack(of, hidden, int(cell), UP).move[cell]
    return low, high
