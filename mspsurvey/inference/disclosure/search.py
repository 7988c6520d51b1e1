"""The search for the cheapest safe choice of cells: choose, attack, cut, and again.

A *cut* is an inequality Σ weight·x ≥ distance that every safe choice keeps; see
``complementary`` for the formula and its sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.attack import DOWN, STILL, UP, Attacker, attack
from mspsurvey.inference.disclosure.needs import NEAR, Need, open_needs, unproven
from mspsurvey.inference.disclosure.table import Table

_GAIN = 1e-3
"""A cut that is broken by less than this part, or a round that gains less, is of no use."""
_LOOSE = 1e-5
"""Freedom of shown cells in the attack whose prices make a cut: it makes better ones."""
_LEAST = 1e-6
"""Cost of moving a cell that is hidden already."""
_PRUNED = 400
"""Tables with more cells than this are not searched for cells to show again."""


@dataclass(frozen=True)
class Effort:
    """How hard the optimum is looked for. Counts, not seconds: the same on every machine.

    Attributes
    ----------
    rounds : int
        Times that cells are chosen and attacked.
    nodes : int
        Branches of each integer program.
    cells : int
        Tables with more cells than this are made safe without looking for the optimum.
    seconds : float or None
        For people who wait; then two runs may differ.
    """

    rounds: int = 60
    nodes: int = 4000
    cells: int = 1000
    seconds: float | None = None


def _breaks(part: Floats, cut: tuple[Floats, float]) -> bool:
    weight, distance = cut
    return bool(weight @ part < distance * (1 - _GAIN))


@dataclass
class Search:
    """Choosing and attacking in turn; remembers the cuts, and tables that prove safety."""

    attacker: Attacker
    needs: list[Need]
    before: Bools
    able: Bools
    loss: Floats
    effort: Effort
    cuts: list[tuple[Floats, float]] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """The table that is attacked."""
        return self.attacker.table

    def run(self) -> tuple[Bools, bool, int]:
        """Look for the cheapest safe choice.

        Returns
        -------
        hidden : ndarray of bool, shape (cells,)
        optimal : bool
        rounds : int
        """
        hidden, optimal = self.before.copy(), True
        if not open_needs(self.attacker, self.needs, hidden):
            return hidden, True, 0
        if len(hidden) > self.effort.cells:
            return self._safe(hidden), False, 0
        self.cuts += self._first_cuts()
        self._relax()
        for number in range(self.effort.rounds):
            chosen = self._chosen()
            if chosen is None:
                break
            hidden, optimal = chosen[0] > 0.5, chosen[1]
            fresh = self._attacked(hidden)
            if not fresh:
                return hidden, optimal, number + 1
            self.cuts += fresh
        return self._safe(hidden), False, self.effort.rounds

    def _relax(self) -> None:
        """Add the cuts that half-hidden cells break, which make the choice of whole ones easy.

        Of these, cuts that do not bind at the end are let go again.
        """
        first, before = len(self.cuts), 0.0
        for _ in range(self.effort.rounds):
            part, _ = self._chosen(whole=False) or (self.before.astype(np.float64), False)
            fresh = [cut for need in self.needs if _breaks(part, cut := self._cut(need, part))]
            cost = float(self.loss @ part)
            self.cuts += fresh
            if not fresh or cost < before * (1 + _GAIN):
                break
            before = cost
        binding = [c for c in self.cuts[first:] if c[0] @ part < c[1] * (1 + _GAIN)]
        self.cuts = [*self.cuts[:first], *binding]

    def _attacked(self, hidden: Bools) -> list[tuple[Floats, float]]:
        """Cuts of all needs that are not met; the prices of a met one break no cut."""
        cuts = (self._cut(n, hidden) for n in open_needs(self.attacker, self.needs, hidden))
        return [cut for cut in cuts if _breaks(hidden.astype(np.float64), cut)]

    def _unmet(self, hidden: Bools) -> list[Need]:
        """Needs for which an attacker comes too close."""
        return [
            n for n in open_needs(self.attacker, self.needs, hidden) if not self._met(n, hidden)
        ]

    def _met(self, need: Need, hidden: Bools) -> bool:
        found = sum(self.attacker.reach(hidden, need.cell, d) for d in need.directions)
        return found >= need.distance * (1 - NEAR)

    def _cut(self, need: Need, hidden: Bools | Floats) -> tuple[Floats, float]:
        """Inequality that the prices of an attack prove, and that this choice breaks."""
        cut = self._weight(need, hidden, _LOOSE), need.distance
        if not _breaks(hidden.astype(np.float64), cut):
            cut = self._weight(need, hidden, 0.0), need.distance
        return cut

    def _weight(self, need: Need, hidden: Bools | Floats, loose: float) -> Floats:
        weight = np.zeros(len(hidden))
        for d in need.directions:
            prices = attack(
                self.table, hidden, need.cell, d, loose=loose, most=need.distance
            ).prices
            # The goal of the linear program is −d·z_p, so that its prices have that sign.
            rest = self.table.sums.T @ prices
            rest[need.cell] += d
            weight += np.where(rest > 0, rest * self.table.up, -rest * self.table.down)
        return np.minimum(weight, need.distance)

    def _first_cuts(self) -> Iterator[tuple[Floats, float]]:
        """What each equation says by itself, so that the first choice is a good one.

        Whatever a secret cell moves, others of the equation must make up for; and a cell that
        is hidden in vain, alone in an equation, is never part of the least cost.
        """
        sums = self.table.sums
        lines = {e: slice(sums.indptr[e], sums.indptr[e + 1]) for e in range(sums.shape[0])}
        touched = self.table.sums.tocsc()
        for need in self.needs:
            for e in touched.indices[touched.indptr[need.cell] : touched.indptr[need.cell + 1]]:
                yield self._make_up(need, sums.indices[lines[e]], sums.data[lines[e]])
        for line in lines.values():
            cells = sums.indices[line]
            for cell in cells[~self.before[cells]]:
                weight = np.zeros(len(self.before))
                weight[cells] = 1.0
                weight[cell] = -1.0
                yield weight, 0.0

    def _make_up(self, need: Need, cells: np.ndarray, factors: Floats) -> tuple[Floats, float]:
        own = float(factors[cells == need.cell][0])
        weight = np.zeros(len(self.before))
        for d in need.directions:
            # Others move so that Σ factor·z is what the cell takes: own·d·distance.
            against = np.where(factors * own * d < 0, self.table.up[cells], self.table.down[cells])
            weight[cells] += np.abs(factors / own) * against
        weight[need.cell] = 0.0
        return np.minimum(weight, need.distance), need.distance

    def _chosen(self, *, whole: bool = True) -> tuple[Floats, bool] | None:
        """Cheapest cells that keep to all cuts, and whether that is proven.

        Parameters
        ----------
        whole : bool
            Whether cells are hidden or not; else a part of each may be.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        rows = vstack([csr_array(weight[None, :]) for weight, _ in self.cuts], format="csr")
        least = np.array([distance for _, distance in self.cuts])
        scale = np.where(least > 0, least, 1.0)
        options: dict[str, float] = {"node_limit": self.effort.nodes, "mip_rel_gap": 0.0}
        if self.effort.seconds is not None:
            options["time_limit"] = self.effort.seconds
        found = milp(
            self.loss,
            integrality=np.full(len(self.loss), int(whole)),
            bounds=Bounds(self.before.astype(float), self.able.astype(float)),
            constraints=LinearConstraint(
                rows.multiply(1 / scale[:, None]).tocsr(), least / scale - NEAR, np.inf
            ),
            options=options,
        )
        if found.x is None:
            return None
        return np.asarray(found.x), found.status == 0

    def _safe(self, hidden: Bools) -> Bools:
        """Make a choice safe that is not yet: cheapest moves, many needs at once and then each."""
        hidden = hidden.copy()
        for turn in (0, 1):
            hidden |= self._together(hidden, turn)
        for need in open_needs(self.attacker, self.needs, hidden):
            if unproven(self.attacker, [need], hidden) and not self._met(need, hidden):
                hidden |= self._cheapest(need, hidden)
        return self._pruned(hidden) if len(hidden) <= _PRUNED else hidden

    def _together(self, hidden: Bools, turn: int) -> Bools:
        """Cells of one move that serves as many needs as will go, at the least Σ loss·|z|.

        Every other secret cell goes up and the rest down, in the second turn the other way:
        so that they can make up for one another.
        """
        rest = open_needs(self.attacker, self.needs, hidden)
        cells = {cell: k for k, cell in enumerate(dict.fromkeys(n.cell for n in self.needs))}
        rest = [n for n in rest if n.directions == (UP if (cells[n.cell] + turn) % 2 else DOWN,)]
        if not rest:
            return hidden
        move = self._serving(rest, hidden)
        self.attacker.keep(move)
        more: Bools = np.abs(move) > STILL
        return hidden | more

    def _serving(self, rest: list[Need], hidden: Bools) -> Floats:
        """Move that serves most of these needs, each of one direction, at the least loss."""
        from scipy.optimize import linprog

        size, count = len(hidden), len(rest)
        loss = np.where(hidden, 0.0, np.where(self.able, self.loss, 0.0)) + _LEAST
        up = np.where(self.able, self.table.up, 0.0)
        down = np.where(self.able, self.table.down, 0.0)
        rows, at = np.arange(count), np.array([n.cell for n in rest])
        sign = np.array([n.directions[0] for n in rest])
        own = csr_array((sign, (rows, at)), shape=(count, size))
        sums, none = self.table.sums, csr_array((self.table.sums.shape[0], count))
        # Whatever a need costs, to serve it is worth more.
        worth = 1e3 * float(loss.max())
        found = linprog(
            np.r_[loss, loss, np.full(count, -worth)],
            A_eq=hstack([sums, -sums, none], format="csr"), b_eq=np.zeros(sums.shape[0]),
            A_ub=hstack([-own, own, eye_array(count)], format="csr"), b_ub=np.zeros(count),
            bounds=np.column_stack([
                np.zeros(2 * size + count), np.r_[up, down, [n.distance for n in rest]],
            ]),
            method="highs",
        )  # fmt: skip
        move: Floats = found.x[:size] - found.x[size : 2 * size]
        return move

    def _cheapest(self, need: Need, hidden: Bools) -> Bools:
        """Cells of the attack that costs least: Σ loss·|z| with z as far as need be."""
        from scipy.optimize import linprog

        size = len(hidden)
        loss = np.where(hidden, 0.0, self.loss) + _LEAST
        moved = np.zeros(size, dtype=bool)
        for d in need.directions:
            distance = need.distance if len(need.directions) == 1 else self._reach(need, d)
            up = np.where(self.able, self.table.up, 0.0)
            down = np.where(self.able, self.table.down, 0.0)
            low, high = np.zeros(2 * size), np.r_[up, down]
            low[need.cell if d > 0 else size + need.cell] = distance
            # z is split in its two signs, of which the secret cell has one only.
            high[size + need.cell if d > 0 else need.cell] = 0.0
            sums = self.table.sums
            found = linprog(
                np.r_[loss, loss],
                A_eq=hstack([sums, -sums], format="csr"),
                b_eq=np.zeros(sums.shape[0]),
                bounds=np.column_stack([low, np.maximum(low, high)]),
            )
            if found.x is not None:
                moved |= np.abs(found.x[:size] - found.x[size:]) > 1e-9
        return moved

    def _reach(self, need: Need, direction: float) -> float:
        """Its part of a sliding distance: as far as it can go, up to half of it."""
        here = self.attacker.reach(self.able, need.cell, direction)
        there = self.attacker.reach(self.able, need.cell, -direction)
        return min(here, max(need.each, need.distance - there))

    def _pruned(self, hidden: Bools) -> Bools:
        """Show cells again that protect nothing, the dearest first."""
        extra = np.flatnonzero(hidden & ~self.before)
        for cell in extra[np.argsort(-self.loss[extra], kind="stable")]:
            fewer = hidden.copy()
            fewer[cell] = False
            if not self._unmet(fewer):
                hidden = fewer
        return hidden
