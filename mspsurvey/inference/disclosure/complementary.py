"""Which further cells to hide, at the least cost, so that no secret one can be worked out.

The program of Fischetti & Salazar-González (*Journal of the American Statistical Association*
95 (2000), 916–928, for two dimensions; *Management Science* 47 (2001), 1008–1027, for any
equations), solved by cuts: choose cells (an integer program), attack every secret cell (linear
programs), and where an attack gets too close, add the inequality that its dual prices prove:

    Σ_j min(L, up_j·r_j⁺ + down_j·r_j⁻) · x_j ≥ L,   r = e_p − A'γ,

with x_j = 1 for a hidden cell, L the distance that cell p must be able to move, and γ the
prices. It holds for every safe choice. What is left when no attack succeeds is the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.attack import Attacker
from mspsurvey.inference.disclosure.needs import Wanted, needs_of
from mspsurvey.inference.disclosure.search import Effort, Search
from mspsurvey.inference.disclosure.table import Table

_ZERO, _LEAST = 50.0, 1e-3
"""Costs of hiding a zero: where cells are counted, and where information is."""


def count_cost(values: Floats) -> Floats:
    """Cost of one for each cell, and up to one more for the larger ones.

    So the number of cells is nearly least, and among as many the smaller amounts go. A cell of
    zero costs more: readers guess it, and it hides little.
    """
    largest = max(float(np.abs(values).max(initial=0.0)), 1e-300)
    return np.where(values == 0, _ZERO, 1.0 + np.abs(values) / largest)


def information_cost(values: Floats) -> Floats:
    """Cost by information lost, log(1 + amount): many small cells rather than one large."""
    return np.log1p(np.abs(values)) + _LEAST


@dataclass(frozen=True)
class Suppression:
    """What to hide.

    Attributes
    ----------
    hidden : ndarray of bool, shape (cells,)
        All hidden cells: secret, hidden before, and complementary.
    cost : float
        Of the complementary cells.
    optimal : bool
        Whether no cheaper choice is safe. If not, the choice is safe all the same.
    rounds : int
        Rounds of choosing and attacking.
    short : tuple of int
        Secret cells that cannot be protected as far as was wanted, whatever is hidden: the
        margins are too small themselves. They are protected as far as can be.
    """

    hidden: Bools
    cost: float
    optimal: bool
    rounds: int
    short: tuple[int, ...] = ()


def suppress(
    of: Table,
    wanted: Wanted,
    *,
    hidden: Bools | None = None,
    cost: Floats | None = None,
    effort: Effort | None = None,
) -> Suppression:
    """Choose complementary suppressions of the least total cost.

    Parameters
    ----------
    of : Table
    wanted : Wanted
        The secret cells, and what protects them.
    hidden : ndarray of bool, shape (cells,), optional
        Cells that are hidden anyway, at no cost, and are no secret.
    cost : ndarray of float, shape (cells,), optional
        Loss by hiding each cell, above 0; inf for one that must be shown. 1 each, so that
        the number of cells is least, if not given.
    effort : Effort, optional

    Returns
    -------
    Suppression
        Safe by an attack on every secret cell, also where the optimum was not proven.
    """
    before = np.zeros(len(of.values), dtype=bool) if hidden is None else hidden.copy()
    before[wanted.cells] = True
    loss = np.ones(len(before)) if cost is None else np.asarray(cost, dtype=np.float64)
    loss = np.where(before, 0.0, loss)
    able = before | np.isfinite(loss)
    attacker = Attacker(of)
    needs, short = needs_of(attacker, wanted, able)
    search = Search(attacker, needs, before, able, np.where(able, loss, 0.0), effort or Effort())
    chosen, optimal, rounds = search.run()
    return Suppression(chosen, float(loss[chosen].sum()), optimal, rounds, short)
