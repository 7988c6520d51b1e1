"""Tables as their readers know them: cells, and the sums that tie cells together.

A table of any number of dimensions, with margins, hierarchies or cells that it shares with
other tables, is a list of amounts and a list of equations A·x = b. Suppression and attack are
about these equations alone, so that nothing else needs to know the shape of a table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Floats

_OFF = 1e-6
"""Equations may be off by this fraction of their largest cell: weighted sums are rounded."""


@dataclass(frozen=True)
class Sum:
    """An equation that readers know: the weighted sum of some cells has a known value.

    Attributes
    ----------
    cells : tuple of int
        Places of the cells.
    factors : tuple of float
        Their coefficients. A total among the cells has −1 where its parts have 1.
    """

    cells: tuple[int, ...]
    factors: tuple[float, ...]

    @classmethod
    def known(cls, parts: Iterable[int]) -> Sum:
        """Parts whose sum is known, whatever is hidden: the base of a column."""
        cells = tuple(int(p) for p in parts)
        return cls(cells, (1.0,) * len(cells))

    @classmethod
    def of(cls, total: int, parts: Iterable[int]) -> Sum:
        """Parts that add up to another cell of the table."""
        cells = tuple(int(p) for p in parts)
        return cls((int(total), *cells), (-1.0, *(1.0,) * len(cells)))


@dataclass(frozen=True)
class Table:
    """Cells with their amounts, and the equations between them.

    Attributes
    ----------
    values : ndarray of float, shape (cells,)
        Amount of each cell: respondents, a weighted count, or money.
    sums : csr_array, shape (equations, cells)
        Coefficients of the equations.
    upper : ndarray of float, shape (cells,)
        The most that a reader who knows nothing else would think a cell to be; the least is 0.
    """

    values: Floats
    sums: csr_array
    upper: Floats

    @property
    def inside(self) -> Bools:
        """Cells that no equation has as a total."""
        total: Bools = np.asarray((self.sums < 0).sum(axis=0)).ravel() > 0
        return ~total

    @property
    def down(self) -> Floats:
        """How far each cell could be below its amount."""
        return np.maximum(self.values, 0.0)

    @property
    def up(self) -> Floats:
        """How far each cell could be above its amount."""
        return np.maximum(self.upper - self.values, 0.0)


def table(values: Floats, sums: Iterable[Sum], *, upper: Floats | None = None) -> Table:
    """Make a table of cells and equations; see ``cross`` for one with margins.

    Parameters
    ----------
    values : ndarray of float, shape (cells,)
        Amounts, none below 0.
    sums : iterable of Sum
        What readers know. Hierarchies and cells shared by linked tables are further sums.
    upper : ndarray of float, shape (cells,), optional
        Bounds that readers know beforehand; twice the largest amount if not given.

    Raises
    ------
    EstimateError
        Where an amount is negative or not known.
    """
    values = np.asarray(values, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise EstimateError(
            "Amounts of 0 or more were wanted for the cells of a table.",
            "At least one is negative or not known.",
        )
    equations = list(sums)
    rows = np.repeat(np.arange(len(equations)), [len(e.cells) for e in equations])
    cells = np.array([c for e in equations for c in e.cells], dtype=np.int64)
    factors = np.array([f for e in equations for f in e.factors], dtype=np.float64)
    matrix = csr_array((factors, (rows, cells)), shape=(len(equations), len(values)))
    if upper is None:
        upper = np.full(len(values), 2 * values.max(initial=1.0))
    return Table(values, matrix, np.maximum(upper, values))


def cross(counts: np.ndarray) -> Table:
    """Make the table of counts with all its margins.

    Parameters
    ----------
    counts : ndarray, shape (a, b, …)
        Cells inside the table, any number of dimensions.

    Returns
    -------
    Table
        Cells in the order of an array of shape (a + 1, b + 1, …), flattened; the last place
        in each dimension is the total over it.
    """
    whole = np.asarray(counts, dtype=np.float64)
    for axis in range(whole.ndim):
        whole = np.concatenate([whole, whole.sum(axis=axis, keepdims=True)], axis=axis)
    places = np.arange(whole.size).reshape(whole.shape)
    sums = []
    for axis in range(whole.ndim):
        lines = np.moveaxis(places, axis, -1).reshape(-1, whole.shape[axis])
        sums += [Sum.of(line[-1], line[:-1]) for line in lines]
    return table(whole.ravel(), sums)


def hierarchy(totals: dict[int, Sequence[int]]) -> list[Sum]:
    """Sums of a hierarchy: each total with its parts, which may be totals themselves."""
    return [Sum.of(total, parts) for total, parts in totals.items()]


def holds(of: Table) -> bool:
    """Whether sums over totals agree with the amounts; sums with a known value always do."""
    scale = np.abs(of.sums) @ of.values + 1.0
    has_total = np.asarray((of.sums < 0).sum(axis=1)).ravel() > 0
    return bool((np.abs(of.sums @ of.values)[has_total] <= _OFF * scale[has_total]).all())


def linked(first: Table, second: Table, shared: Iterable[tuple[int, int]]) -> Table:
    """Put two tables side by side, some cells of which are the same cell.

    Parameters
    ----------
    first, second : Table
    shared : iterable of (int, int)
        Place in the first, and place in the second, of each cell they have in common.

    Returns
    -------
    Table
        Cells of the first, then those of the second that are not shared.
    """
    same = {b: a for a, b in shared}
    fresh = itertools.count(len(first.values))
    place = [same[c] if c in same else next(fresh) for c in range(len(second.values))]
    own = [c for c in range(len(second.values)) if c not in same]
    sums = [*_sums(first), *(_moved(e, place) for e in _sums(second))]
    values = np.r_[first.values, second.values[own]]
    return table(values, sums, upper=np.r_[first.upper, second.upper[own]])


def _sums(of: Table) -> list[Sum]:
    bounds = itertools.pairwise(of.sums.indptr)
    return [
        Sum(tuple(map(int, of.sums.indices[a:b])), tuple(map(float, of.sums.data[a:b])))
        for a, b in bounds
    ]


def _moved(equation: Sum, place: Sequence[int]) -> Sum:
    return Sum(tuple(place[c] for c in equation.cells), equation.factors)
