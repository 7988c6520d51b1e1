"""Which cells may not be shown for what they tell by themselves.

Three rules of the ESSnet's handbook (Hundepool et al., *Handbook on Statistical Disclosure
Control*, ESSnet SDC, section 4.2): too few respondents, one or two of them dominating an
amount, and a largest contributor that the second largest could estimate too closely. A group
in which everybody, or nobody, gave an answer is marked as well: it tells of each member.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import DOMINANCE

DOMINANCE_OF_TWO = 0.90
"""A money total of which two firms are more than this lets one work out the other's."""
UNTOLD = 0.45
"""Of a sum of which nobody has more than this, no rule on amounts says anything."""
CLOSEST = 0.10
"""Nobody may be able to estimate the largest firm's amount to within this part of it (p %)."""


@dataclass(frozen=True)
class Contributors:
    """What the rules for amounts look at, an array each, one value a cell.

    Attributes
    ----------
    total, first, second : ndarray of float, shape (cells,)
        Sum of the absolute amounts, the largest of them and the second largest; 0 where
        there is none.
    n : ndarray of int, shape (cells,)
        Contributors, counted without weights.
    """

    total: Floats
    first: Floats
    second: Floats
    n: Floats


def too_few(n: np.ndarray, threshold: int = FEWEST_RESPONDENTS) -> Bools:
    """Cells with some respondents, but fewer than the threshold. An empty cell tells of nobody."""
    n = np.asarray(n)
    return (n > 0) & (n < threshold)


def dominated(
    cells: Contributors, *, one: float = DOMINANCE, two: float = DOMINANCE_OF_TWO
) -> Bools:
    """Cells of which one contributor is more than ``one``, or two are more than ``two``.

    The (n, k) rule: Σ of the n largest > k·total, for n = 1 and 2.
    """
    return (cells.first > one * cells.total) | (cells.first + cells.second > two * cells.total)


def too_close(cells: Contributors, *, p: float = CLOSEST) -> Bools:
    """Cells in which the second largest could estimate the largest to within p of it.

    The p % rule: total − first − second < p·first.
    """
    return (cells.total > 0) & (cells.total - cells.first - cells.second < p * cells.first)


def tells_amount(cells: Contributors, *, p: float = CLOSEST) -> Bools:
    """Cells that tell one contributor's amount, by dominance or by the p % rule."""
    return dominated(cells) | too_close(cells, p=p)


def sensitive_amounts(
    cells: Contributors, *, threshold: int = FEWEST_RESPONDENTS, p: float = CLOSEST
) -> Bools:
    """Money totals and means that may not be shown, by any of the three rules."""
    return too_few(cells.n, threshold) | tells_amount(cells, p=p)


def discloses_group(count: np.ndarray, n: np.ndarray) -> Bools:
    """Groups of which everybody or nobody gave an answer (100 % and 0 %).

    Such a share is no secret by itself, but it tells the answer of whoever is known to have
    taken part. It is marked, for a person to decide.
    """
    count, n = np.asarray(count), np.asarray(n)
    told: Bools = (n > 0) & ((count == 0) | (count == n))
    return told


def contributors(amounts: Floats, group: np.ndarray, count: int) -> Contributors:
    """Gather the two largest contributors and the total of each group.

    Parameters
    ----------
    amounts : ndarray of float, shape (rows,)
        Amount of each respondent; NaN where there is none.
    group : ndarray of int, shape (rows,)
        Cell of each respondent, −1 for none.
    count : int
        Number of cells.
    """
    known = np.flatnonzero(np.isfinite(amounts) & (group >= 0))
    size, cell = np.abs(amounts[known]), group[known]
    total = np.bincount(cell, weights=size, minlength=count)
    n: Floats = np.bincount(cell, minlength=count).astype(np.float64)
    first, second = np.zeros(count), np.zeros(count)
    np.maximum.at(first, cell, size)
    most = np.flatnonzero(size == first[cell])
    rest = np.ones(len(size), dtype=bool)
    # One row of each cell; others that are as large come second.
    rest[most[np.unique(cell[most], return_index=True)[1]]] = False
    np.maximum.at(second, cell[rest], size[rest])
    return Contributors(np.asarray(total, dtype=np.float64), first, second, n)
