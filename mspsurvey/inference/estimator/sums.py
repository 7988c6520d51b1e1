"""Sums of one item by domain and level: over groups of rows, over all, and over replicates."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mspsurvey.inference.design.calibration import Calibration
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.moments import Domains, tabulate


class Table:
    """Sums of one item, each made when it is asked for.

    Parameters
    ----------
    item : Item
    domains : Domains
    design : Design
    raking : Calibration, optional
        Known totals that the weights were fitted to.
    by_unit : bool
        Whether sums are over units of the last stage, or, where each row is one, over the
        strata of that stage (``Design.group``).
    """

    def __init__(
        self,
        item: Item,
        domains: Domains,
        design: Design,
        raking: Calibration | None,
        *,
        by_unit: bool = True,
    ) -> None:
        self.item, self.domains, self.design, self.raking = item, domains, design, raking
        self.shape = (domains.count, item.levels)
        self.by_unit = by_unit
        # Where all rows are valid there is no bin for those that are not.
        self.spare = 0 if item.level is None else 1
        self.outer_count = design.units if by_unit else design.groups

    def _index(self, outer: Ints | None, name: str) -> Ints:
        places = self.domains.places(outer, name, self.item.levels, self.spare)
        return places if self.item.level is None else places + self.item.level

    @cached_property
    def place(self) -> Ints:
        """Where each row is counted, as ``tabulate`` wants it."""
        if self.by_unit:
            return self._index(self.design.unit, "units")
        if self.outer_count == 1:
            return self.inner
        return self._index(self.design.group, "groups")

    @cached_property
    def inner(self) -> Ints:
        """The same without unit or stratum."""
        return self._index(None, "all")

    @cached_property
    def weighted_top(self) -> Floats:
        """Weight times y, shape (rows,)."""
        top = self.item.top
        return self.design.weights if top is None else self.design.weights * top

    @cached_property
    def weighted_bottom(self) -> Floats:
        """Weight times x, shape (rows,)."""
        bottom = self.item.bottom
        if bottom is self.item.top:
            return self.weighted_top
        return self.design.weights if bottom is None else self.design.weights * bottom

    @cached_property
    def weights(self) -> Floats:
        """Sums of weights, shape (outer, D, L); kept where all rows are valid."""
        if self.item.level is not None:
            return self.sums(self.design.weights)
        key = f"weights {self.by_unit}"
        if key not in self.domains.kept:
            self.domains.kept[key] = self.sums(self.design.weights)
        kept: Floats = self.domains.kept[key].astype(np.float64, copy=False)
        return kept

    @cached_property
    def top(self) -> Floats:
        """Sums of weight times y, shape (outer, D, L)."""
        return self.weights if self.item.top is None else self.sums(self.weighted_top)

    @cached_property
    def bottom(self) -> Floats:
        """Sums of weight times x over valid rows, shape (outer, D)."""
        item = self.item
        if item.bottom is None:
            return self.weight
        same = item.bottom is item.top
        return across_levels(self.top if same else self.sums(self.weighted_bottom))

    @cached_property
    def counts(self) -> Floats:
        """Respondents, shape (outer, D, L)."""
        return self.sums(self.design.number)

    @cached_property
    def count(self) -> Floats:
        """Respondents, shape (D, L)."""
        if self.item.level is None:
            return self.domains.rows[:, None]
        whole: Floats = self.counts.sum(axis=0)
        return whole

    @cached_property
    def weight(self) -> Floats:
        """Sums of weights over valid rows, shape (outer, D)."""
        return across_levels(self.weights)

    def _tabulated(self, index: Ints, count: int, values: Floats | None) -> Floats:
        return tabulate(index, (count, *self.shape), values, spare=self.spare)

    def sums(self, values: Floats | None) -> Floats:
        """Sums over units or strata, shape (outer, D, L)."""
        return self._tabulated(self.place, self.outer_count, values)

    def rows(self, values: Floats | None = None) -> Floats:
        """Sums over rows as they come, shape (D, L); counts respondents if not given."""
        values = self.design.number if values is None else values
        sums: Floats = self._tabulated(self.inner, 1, values)[0]
        return sums

    def by(self, codes: Ints | None, name: str, count: int, values: Floats | None) -> Floats:
        """Sums by any code from 0 to count − 1, shape (count, D, L)."""
        return self._tabulated(self._index(codes, name), count, values)

    def fitted(self, values: Floats | None) -> Floats:
        """Sums that the regression on calibrated totals needs, shape (any, D, L)."""
        assert self.raking is not None
        return self.raking.sums(self.by, values)

    def replicated(self, sums: Floats, values: Floats | None) -> Floats:
        """Sums in each replicate, shape (R, D, L), of which ``sums`` are those by unit.

        Parameters
        ----------
        sums : ndarray of float, shape (outer, D, L)
            Sums of weight times value; used where replicates are factors of units.
        values : ndarray of float, shape (rows,), optional
        """
        replicates = self.design.replicates
        assert replicates is not None
        if replicates.group is self.design.group:
            over = replicates.factors.T @ sums.reshape(len(sums), -1)
            return over.reshape(replicates.count, *self.shape)
        domains, levels = self.shape
        wide = levels + self.spare
        over = replicates.sums(self.inner, (domains + 1) * wide, values)
        return over.reshape(replicates.count, domains + 1, wide)[:, :domains, self.spare :]


def across_levels(table: Floats) -> Floats:
    """Sum over levels, (outer, D, L) to (outer, D)."""
    # Adding slices is several times faster than summing a short last axis.
    total = table[:, :, 0].copy()
    for level in range(1, table.shape[2]):
        total += table[:, :, level]
    return total
