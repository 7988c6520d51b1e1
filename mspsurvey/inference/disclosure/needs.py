"""What protects a secret cell: how far a reader must be left from knowing it.

A need is a distance, up, down or both together, that an attacker must be able to move a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.attack import DOWN, UP, Attacker
from mspsurvey.inference.disclosure.table import Table

NEAR = 1e-6
"""Distances are kept to within this part of what was wanted."""


@dataclass(frozen=True)
class Wanted:
    """How uncertain a reader must be left of each secret cell.

    Attributes
    ----------
    cells : ndarray of int, shape (secrets,)
    below, above : ndarray of float, shape (secrets,)
        The reader's interval must reach this far below and above the amount.
    width : ndarray of float, shape (secrets,)
        And must be at least this wide, wherever it lies (sliding protection).
    """

    cells: np.ndarray
    below: Floats
    above: Floats
    width: Floats


def covering(of: Table, cells: np.ndarray, low: Floats | float, high: Floats | float) -> Wanted:
    """Ask that the interval of each cell covers ``low`` to ``high``, as [0, threshold]."""
    amount = of.values[cells]
    below = np.maximum(amount - low, 0.0)
    above = np.maximum(high - amount, 0.0)
    return Wanted(cells, below, above, np.zeros(len(cells)))


def sliding(cells: np.ndarray, width: Floats | float) -> Wanted:
    """Ask that the interval of each cell is this wide, wherever it lies."""
    none = np.zeros(len(cells))
    return Wanted(cells, none, none, none + width)


@dataclass(frozen=True)
class Need:
    """One attack to withstand: moves along ``directions`` must add up to ``distance``."""

    cell: int
    directions: tuple[float, ...]
    distance: float

    @property
    def each(self) -> float:
        """Its part of the distance in each direction."""
        return self.distance / len(self.directions)


def needs_of(
    attacker: Attacker, wanted: Wanted, able: Bools
) -> tuple[list[Need], tuple[int, ...]]:
    """List what each secret cell needs, at most what hiding everything would give it.

    Returns
    -------
    needs : list of Need
    short : tuple of int
        Cells for which that is less than was wanted.
    """
    asked = zip(wanted.cells, wanted.below, wanted.above, wanted.width, strict=True)
    hoped = [
        Need(int(cell), directions, float(distance))
        for cell, *distances in asked
        for directions, distance in zip(((DOWN,), (UP,), (DOWN, UP)), distances, strict=True)
        if distance > NEAR
    ]
    out_of_reach = {id(need) for need in open_needs(attacker, hoped, able)}
    needs, short = [], []
    for need in hoped:
        if id(need) in out_of_reach:
            most = sum(attacker.reach(able, need.cell, d) for d in need.directions)
            if most < need.distance * (1 - NEAR):
                short.append(need.cell)
                need = replace(need, distance=most)
        if need.distance > NEAR:
            needs.append(need)
    return needs, tuple(dict.fromkeys(short))


def open_needs(attacker: Attacker, needs: Sequence[Need], hidden: Bools) -> list[Need]:
    """Needs that attacks on many cells at once do not prove to be met."""
    rest = unproven(attacker, needs, hidden)
    while rest:
        for d in (DOWN, UP):
            cells = {n.cell: n.each for n in rest if d in n.directions}
            if cells:
                far = np.array(list(cells.values()))
                attacker.push(hidden, np.array(list(cells)), far, d)
        still = unproven(attacker, rest, hidden)
        if len(still) == len(rest):
            break
        rest = still
    return rest


def unproven(attacker: Attacker, needs: Sequence[Need], hidden: Bools) -> list[Need]:
    """Needs that no attack so far proves to be met."""
    down, up = attacker.proven(hidden)
    far = {DOWN: down, UP: up}
    return [
        n for n in needs if sum(far[d][n.cell] for d in n.directions) < n.distance * (1 - NEAR)
    ]
