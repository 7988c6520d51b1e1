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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.attack import DOWN, UP, Attacker, attack
from mspsurvey.inference.disclosure.table import Table

_NEAR = 1e-6
"""Distances are kept to within this part of what was wanted."""
_GAIN = 1e-3
"""A cut that is broken by less than this part, or a round that gains less, is of no use."""
_LOOSE = 1e-5
"""Freedom of shown cells in the attack whose prices make a cut: it makes better ones."""
_ZERO, _LEAST = 50.0, 1e-3
"""Costs of hiding a zero: where cells are counted, and where information is."""
_PRUNED = 400
"""Tables with more cells than this are not searched for cells to show again."""


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
    needs, short = _needs(attacker, wanted, able)
    search = _Search(attacker, needs, before, able, np.where(able, loss, 0.0), effort or Effort())
    chosen, optimal, rounds = search.run()
    return Suppression(chosen, float(loss[chosen].sum()), optimal, rounds, short)


@dataclass(frozen=True)
class _Need:
    """One attack to withstand: moves along ``directions`` must add up to ``distance``."""

    cell: int
    directions: tuple[float, ...]
    distance: float

    @property
    def each(self) -> float:
        """Its part of the distance in each direction."""
        return self.distance / len(self.directions)


def _needs(attacker: Attacker, wanted: Wanted, able: Bools) -> tuple[list[_Need], tuple[int, ...]]:
    """List what each secret cell needs, at most what hiding everything would give it."""
    asked = zip(wanted.cells, wanted.below, wanted.above, wanted.width, strict=True)
    hoped = [
        _Need(int(cell), directions, float(distance))
        for cell, *distances in asked
        for directions, distance in zip(((DOWN,), (UP,), (DOWN, UP)), distances, strict=True)
        if distance > _NEAR
    ]
    out_of_reach = {id(need) for need in _open(attacker, hoped, able)}
    needs, short = [], []
    for need in hoped:
        if id(need) in out_of_reach:
            most = sum(attacker.reach(able, need.cell, d) for d in need.directions)
            if most < need.distance * (1 - _NEAR):
                short.append(need.cell)
                need = replace(need, distance=most)
        if need.distance > _NEAR:
            needs.append(need)
    return needs, tuple(dict.fromkeys(short))


def _open(attacker: Attacker, needs: Sequence[_Need], hidden: Bools) -> list[_Need]:
    """Needs that attacks on many cells at once do not prove to be met."""
    rest = _unproven(attacker, needs, hidden)
    while rest:
        for d in (DOWN, UP):
            cells = {n.cell: n.each for n in rest if d in n.directions}
            if cells:
                far = np.array(list(cells.values()))
                attacker.push(hidden, np.array(list(cells)), far, d)
        still = _unproven(attacker, rest, hidden)
        if len(still) == len(rest):
            break
        rest = still
    return rest


def _unproven(attacker: Attacker, needs: Sequence[_Need], hidden: Bools) -> list[_Need]:
    down, up = attacker.proven(hidden)
    far = {DOWN: down, UP: up}
    return [
        n for n in needs if sum(far[d][n.cell] for d in n.directions) < n.distance * (1 - _NEAR)
    ]


def _breaks(part: Floats, cut: tuple[Floats, float]) -> bool:
    weight, distance = cut
    return bool(weight @ part < distance * (1 - _GAIN))


@dataclass
class _Search:
    """Choosing and attacking in turn; remembers the cuts, and tables that prove safety."""

    attacker: Attacker
    needs: list[_Need]
    before: Bools
    able: Bools
    loss: Floats
    effort: Effort
    cuts: list[tuple[Floats, float]] = field(default_factory=list)

    @property
    def table(self) -> Table:
        return self.attacker.table

    def run(self) -> tuple[Bools, bool, int]:
        hidden, optimal = self.before.copy(), True
        if not self._unmet(hidden):
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
        """Cuts of all needs that are not met."""
        return [self._cut(need, hidden) for need in self._unmet(hidden)]

    def _unmet(self, hidden: Bools) -> list[_Need]:
        """Needs for which an attacker comes too close."""
        return [n for n in _open(self.attacker, self.needs, hidden) if not self._met(n, hidden)]

    def _met(self, need: _Need, hidden: Bools) -> bool:
        found = sum(self.attacker.reach(hidden, need.cell, d) for d in need.directions)
        return found >= need.distance * (1 - _NEAR)

    def _cut(self, need: _Need, hidden: Bools | Floats) -> tuple[Floats, float]:
        """Inequality that the prices of an attack prove, and that this choice breaks."""
        cut = self._weight(need, hidden, _LOOSE), need.distance
        if not _breaks(hidden.astype(np.float64), cut):
            cut = self._weight(need, hidden, 0.0), need.distance
        return cut

    def _weight(self, need: _Need, hidden: Bools | Floats, loose: float) -> Floats:
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

    def _make_up(self, need: _Need, cells: np.ndarray, factors: Floats) -> tuple[Floats, float]:
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
                rows.multiply(1 / scale[:, None]).tocsr(), least / scale - _NEAR, np.inf
            ),
            options=options,
        )
        if found.x is None:
            return None
        return np.asarray(found.x), found.status == 0

    def _safe(self, hidden: Bools) -> Bools:
        """Make a choice safe that is not yet: cheapest moves, one need after the other."""
        hidden = hidden.copy()
        for need in self._unmet(hidden):
            if _unproven(self.attacker, [need], hidden) and not self._met(need, hidden):
                hidden |= self._cheapest(need, hidden)
        return self._pruned(hidden) if len(hidden) <= _PRUNED else hidden

    def _cheapest(self, need: _Need, hidden: Bools) -> Bools:
        """Cells of the attack that costs least: Σ loss·|z| with z as far as need be."""
        from scipy.optimize import linprog

        size = len(hidden)
        loss = np.where(hidden, 0.0, self.loss) + 1e-6
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

    def _reach(self, need: _Need, direction: float) -> float:
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
