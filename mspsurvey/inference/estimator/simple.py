"""What goes with an estimate: the error of a simple random sample, and how many are behind it."""

from __future__ import annotations

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.disclosure.primary import (
    UNTOLD,
    Contributors,
    contributors,
    tells_amount,
)
from mspsurvey.inference.estimator.sums import Table
from mspsurvey.inference.result.disclose import FEWEST_FOR_SHARE


def simple_variance(table: Table, value: Floats, n: Floats, base: Floats, whole: Floats) -> Floats:
    """Variance under simple random sampling with replacement: the divisor of a design effect.

    With N = Σw, X = Σ w·x and r = y − R·x it is (N/X)² · s²/n, where
    s² = n/(n − 1) · Σ w·(r − r̄)² / N (``svyvar`` in R's survey); for a total it is N² · s²/n.
    """
    item = table.item
    size = base[:, None]
    if item.kind == "share" and item.bottom is None:
        squares, factor = size * value * (1 - value), np.ones_like(size)
    elif item.kind == "total" and item.top is None:
        # Exactly 0 where all are at one level.
        squares, factor = value * (1 - value / np.where(whole > 0, whole, 1.0)), size
    elif item.kind == "total":
        squares = _squares(table)[:, : item.kept] - value**2 / np.where(size > 0, size, 1.0)
        factor = size
    else:
        squares, factor = _ratio_squares(table, value, size, whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        simple: Floats = factor**2 * squares / size / (n - 1)[:, None]
    return np.where((n > 1)[:, None], np.maximum(simple, 0.0), np.nan)


def _squares(table: Table) -> Floats:
    assert table.item.top is not None
    squares = table.rows(table.weighted_top * table.item.top)
    return squares if table.item.within is None else squares + table.rows(table.item.within.yy)


def _ratio_squares(
    table: Table, value: Floats, size: Floats, whole: Floats
) -> tuple[Floats, Floats]:
    """Σ w·(y − R·x)², shape (D, L), and N/X, shape (D, 1)."""
    item, kept = table.item, table.item.kept
    y2 = _squares(table)
    if item.bottom is None:
        # x = 1, so that Σ w·(y − R)² = Σ w·y² − R²·N.
        return y2[:, :kept] - value**2 * size, np.ones_like(size)
    same = item.bottom is item.top
    xy = y2 if same else table.rows(table.weighted_top * item.bottom)
    x2 = y2 if same else table.rows(table.weighted_bottom * item.bottom)
    if item.within is not None and not same:
        xy, x2 = xy + table.rows(item.within.xy), x2 + table.rows(item.within.xx)
    squares = y2[:, :kept] - 2 * value * xy[:, :kept]
    squares = squares + value**2 * x2.sum(axis=1, keepdims=True)
    return squares, size / np.where(whole == 0, np.nan, whole)


_ROUNDING = 1e-20
"""Variances below this fraction of the squared estimate may be what rounding leaves of 0."""


def kish(table: Table, base: Floats, value: Floats, variance: Floats) -> Floats:
    """Kish's effective size (Σw)²/Σw² of each domain, or NaN where nobody asks for it.

    It is asked for where an estimate has no variance, and where it may be too small for a
    share. It is at least Σw over the largest weight, which spares large samples a pass.
    """
    bound = base / table.design.weights.max(initial=1e-300)
    small = (base > 0) & (bound < FEWEST_FOR_SHARE)
    if not small.any() and (variance > _ROUNDING * value**2).all():
        return np.full(len(base), np.nan)
    squares = table.rows(table.design.squared_weights).sum(axis=1)
    return base**2 / np.where(squares > 0, squares, np.nan)


def positive(table: Table) -> Floats:
    """Count answers at each level, or values other than 0, shape (D, kept)."""
    if table.item.kind != "total" or table.item.top is None:
        return table.count[:, : table.item.kept]
    within = table.item.within
    nonzero = (table.item.top != 0).astype(np.float64)
    if within is not None:
        nonzero = within.nonzero
    elif table.design.number is not None:
        nonzero *= table.design.number
    return table.rows(nonzero)[:, : table.item.kept]


def largest(table: Table) -> Floats:
    """Largest share of Σ w·|y|, or of Σ w·|x|, that one row has, shape (D, kept).

    It is 1 where two rows have nearly all, or the second could work out the first; 0 where
    that cannot be, or is not asked for. Of a share, what is not at the level counts as well.
    """
    item = table.item
    if item.top is None or not item.dominance:
        return np.zeros((table.domains.count, 1))
    most = None if item.within is None else item.within.largest
    found = _largest(table, item.top, item.shift, table.top, most)
    if item.kind == "share" and item.kept < item.levels:
        found = np.maximum(found[:, : item.kept], found[:, item.kept :].max(axis=1)[:, None])
    if item.bottom is not None and item.bottom is not item.top:
        below = table.bottom[:, :, None]
        most = None if item.within is None else item.within.largest_bottom
        found = np.maximum(found, _largest(table, item.bottom, 0.0, below, most))
    return found[:, : item.kept]


def _largest(
    table: Table, values: Floats, shift: float, sums: Floats, most: Floats | None
) -> Floats:
    """The same of one variable, shape (D, L); ``sums`` are those of w·(y − shift) by unit."""
    whole = sums.sum(axis=0) + shift * table.weights.sum(axis=0)
    if most is None and _even(table.design.weights, values, shift, whole):
        return np.zeros(whole.shape)
    domains, levels = table.domains, whole.shape[1]
    inside = domains.index < domains.count
    cell = domains.index.astype(np.int64) * levels
    if table.item.level is not None:
        inside &= table.item.level >= 0
        cell += table.item.level if levels > 1 else 0
    parts = (table.design.weights * np.abs(values + shift))[inside]
    cells = contributors(parts, cell[inside], whole.size)
    if most is not None:
        cells = _of_many(cells, parts, most[inside], cell[inside])
    share = np.divide(cells.first, cells.total, out=np.zeros(whole.size), where=cells.total > 0)
    return np.where(tells_amount(cells), 1.0, share).reshape(whole.shape)


def _even(weights: Floats, values: Floats, shift: float, whole: Floats) -> bool:
    """Whether nobody can have much of any sum, by the largest weight and the largest value.

    Σ w·|y| is at least |Σ w·y|, so that numbers need not all be of one sign.
    """
    if not len(values):
        return False
    low, high = np.fmin.reduce(values) + shift, np.fmax.reduce(values) + shift
    sums = np.abs(whole)
    # A sum of 0 may be of numbers of both signs, or of nobody.
    sums = sums[sums > 0] if low >= 0 or high <= 0 else sums
    return bool(weights.max() * max(-low, high) <= UNTOLD * sums.min(initial=np.inf))


def _of_many(cells: Contributors, parts: Floats, most: Floats, cell: np.ndarray) -> Contributors:
    """Contributors where a row stands for many: of each only the sum and the largest are known.

    The second largest is at most the largest of another row, or what is left of this one.
    """
    by_most = contributors(most, cell, len(cells.total))
    at = np.flatnonzero(most == by_most.first[cell])
    left = np.zeros(len(cells.total))
    np.maximum.at(left, cell[at], np.minimum(parts[at] - most[at], most[at]))
    second = np.maximum(by_most.second, left)
    return Contributors(cells.total, by_most.first, second, cells.n)
