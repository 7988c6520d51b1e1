"""What goes with an estimate: the error of a simple random sample, and how many are behind it."""

from __future__ import annotations

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.disclosure.primary import contributors, dominated, too_close
from mspsurvey.inference.estimator.sums import Table


def simple_variance(table: Table, value: Floats, n: Floats, base: Floats, whole: Floats) -> Floats:
    """Variance under simple random sampling with replacement: the divisor of a design effect.

    With N = Σw, X = Σ w·x and r = y − R·x it is (N/X)² · s²/n, where
    s² = n/(n − 1) · Σ w·(r − r̄)² / N (``svyvar`` in R's survey); for a total it is N² · s²/n.
    """
    item = table.item
    size = base[:, None]
    if item.kind == "share" and item.bottom is None:
        squares, factor = size * value * (1 - value), np.ones_like(size)
    elif item.kind == "total":
        y2 = table.top.sum(axis=0) if item.top is None else _squares(table)
        squares = y2[:, : item.kept] - value**2 / np.where(size > 0, size, 1.0)
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
    """Kish's effective size, where it is needed: where an estimate has no variance."""
    if (variance > _ROUNDING * value**2).all():
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
    """Largest share of Σ w·|y| in each domain that one row has; 0 where not asked for.

    It is 1 where two rows have nearly all, or the second could work out the first.
    """
    domains, item = table.domains, table.item
    if item.top is None or not item.dominance:
        return np.zeros(domains.count)
    inside = domains.index < domains.count
    if item.level is not None:
        inside &= item.level >= 0
    group = domains.index[inside].astype(np.int64)
    parts = table.design.weights[inside] * np.abs(item.top[inside] + item.shift)
    if item.within is None:
        cells = contributors(parts, group, domains.count)
        alone = np.divide(cells.first, cells.total, out=np.zeros_like(cells.total),
                          where=cells.total > 0)  # fmt: skip
        return np.where(dominated(cells) | too_close(cells), 1.0, alone)
    # Of rows that stand for many respondents only the largest of each is known.
    whole = np.bincount(group, weights=parts, minlength=domains.count)
    most = np.zeros(domains.count)
    np.maximum.at(most, group, item.within.largest[inside])
    share: Floats = most / np.where(whole > 0, whole, 1.0)
    return share
