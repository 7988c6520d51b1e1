"""Linear estimators: shares, means, ratios and totals of one item in all domains at once.

All but totals are ratios R = Σ w·y / Σ w·x of two weighted sums, where w is the weight:

* share of a level: y = 1 where the level was chosen, x = 1 for each valid answer;
* mean: y the value, x = 1;
* ratio, and share of a total: x is a second variable.

The score of a row is u = w·(y − R·x) / Σ w·x inside the domain and 0 outside; that of a
total is u = w·y. Sums of scores over units come from two tables of moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mspsurvey.inference.calibration import Calibration
from mspsurvey.inference.coding import Bools, Floats, Ints
from mspsurvey.inference.design import Design
from mspsurvey.inference.moments import Domains, tabulate
from mspsurvey.inference.variance import variance_root, variances

BLOCK = 20_000_000
"""Largest table of units × estimates that is made at once; it takes 160 MB."""


@dataclass(frozen=True)
class Within:
    """What rows that stand for many respondents hide; the item has their weighted means.

    Attributes
    ----------
    yy, xy, xx : ndarray of float, shape (rows,)
        Sums of weight × products of deviations from the row's means of y and x.
    nonzero : ndarray of float, shape (rows,)
        Respondents with y other than 0.
    largest : ndarray of float, shape (rows,)
        Largest weight · |y| of one respondent.
    """

    yy: Floats
    xy: Floats
    xx: Floats
    nonzero: Floats
    largest: Floats


@dataclass(frozen=True)
class Item:
    """What is summed for one item: level and values of each row.

    Attributes
    ----------
    level : ndarray of int, shape (rows,), or None
        Position of the row's level, −1 where the row has no valid answer; None where every
        row is valid and at level 0.
    levels : int
        Levels in the table, L, those asked for first.
    kept : int
        How many of them are asked for; the others only count in the denominator.
    top, bottom : ndarray of float, shape (rows,), optional
        y and x of the ratio, 1 if not given; not finite only where the answer is not valid.
    kind : str
        ``share``, ``ratio`` (also a mean) or ``total``.
    shift : float
        Constant that was taken off y of a mean, so that large values keep their digits.
    dominance : bool
        Whether to look for a row that makes up most of a sum.
    within : Within, optional
        Where rows stand for many respondents with values of their own.
    """

    level: NDArray[np.signedinteger] | None
    levels: int = 1
    kept: int = 1
    top: Floats | None = None
    bottom: Floats | None = None
    kind: str = "ratio"
    shift: float = 0.0
    dominance: bool = False
    within: Within | None = None


@dataclass(frozen=True)
class Linear:
    """Estimates of one item in D domains and L levels.

    Attributes
    ----------
    estimate, variance, simple : ndarray of float, shape (D, L)
        Estimate, its design-based variance, and the variance that a simple random sample
        with replacement of the same size would have.
    n, base, rows, largest, kish : ndarray of float, shape (D,)
        Valid answers; their weighted number; rows of the domain with or without an answer;
        largest share of a total that is one row's; Kish's effective size (Σw)² / Σw².
    positive : ndarray of float, shape (D, L)
        Answers at the level, or other than 0.
    df : ndarray of float, shape (D,)
        The domain's own degrees of freedom.
    root : ndarray of float, shape (any, D · L), optional
        Root of the covariance; None where it would be too large to keep.
    """

    estimate: Floats
    variance: Floats
    simple: Floats
    n: Floats
    base: Floats
    rows: Floats
    largest: Floats
    kish: Floats
    positive: Floats
    df: Floats
    root: Floats | None


class Table:
    """Sums of one item by domain and level, over units, raking cells and rows."""

    def __init__(
        self, item: Item, domains: Domains, design: Design, raking: Calibration | None
    ) -> None:
        self.item, self.domains, self.design, self.raking = item, domains, design, raking
        self.shape = (domains.count, item.levels)

    def _index(self, outer: Ints | None, name: str) -> Ints:
        places = self.domains.places(outer, name, self.item.levels)
        return places if self.item.level is None else places + self.item.level

    @cached_property
    def _unit(self) -> Ints:
        return self._index(self.design.unit, "units")

    @cached_property
    def _group(self) -> Ints:
        return self._index(None, "groups")

    @cached_property
    def weighted_top(self) -> Floats:
        """Weight times y, shape (rows,)."""
        top = self.item.top
        return self.design.weights if top is None else self.design.weights * top

    def weights(self) -> Floats:
        """Sums of weights by unit, shape (units, D, L); kept where all rows are valid."""
        if self.item.level is not None:
            return self.units(self.design.weights)
        if "weights" not in self.domains.kept:
            self.domains.kept["weights"] = self.units(self.design.weights)
        kept: Floats = self.domains.kept["weights"].astype(np.float64, copy=False)
        return kept

    def units(self, values: Floats) -> Floats:
        """Sums by unit, shape (units, D, L)."""
        return tabulate(self._unit, (self.design.units, *self.shape), values)

    def by(self, codes: Ints | None, name: str, count: int, values: Floats | None) -> Floats:
        """Sums by any code from 0 to count − 1, shape (count, D, L)."""
        return tabulate(self._index(codes, name), (count, *self.shape), values)

    def fitted(self, values: Floats | None) -> Floats:
        """Sums that the regression on calibrated totals needs, shape (any, D, L)."""
        assert self.raking is not None
        return self.raking.sums(self.by, values)

    def rows(self, values: Floats | None = None) -> Floats:
        """Sums over rows as they come, shape (D, L); counts respondents if not given."""
        values = self.design.number if values is None else values
        sums: Floats = tabulate(self._group, (1, *self.shape), values)[0]
        return sums


def estimate(item: Item, domains: Domains, design: Design, raking: Calibration | None) -> Linear:
    """Estimate one item in all domains, with variance.

    Large samples without clusters are done in blocks of domains, to bound memory; the root
    of the covariance is then not kept.
    """
    size = max(1, BLOCK // (design.units * item.levels))
    parts = [_estimate(Table(item, b, design, raking)) for b in domains.blocks(size)]
    if len(parts) == 1:
        return parts[0]
    names = [n for n in Linear.__dataclass_fields__ if n != "root"]
    joined = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    return Linear(**joined, root=None)


def _estimate(table: Table) -> Linear:
    item, design = table.item, table.design
    valid = table.weights()
    weight = across_levels(valid)
    top = valid if item.top is None else table.units(table.weighted_top)
    bottom = weight
    if item.bottom is not None:
        same = item.bottom is item.top
        bottom = across_levels(top if same else table.units(design.weights * item.bottom))
    whole = bottom.sum(axis=0)[:, None]
    value = _value(item, top[:, :, : item.kept].sum(axis=0), whole)
    present = weight > 0
    root = variance_root(_scores(table, top, bottom, value, whole), design, _held(table, present))
    variance = variances(root).reshape(value.shape)
    count = table.rows()
    n, base = count.sum(axis=1), weight.sum(axis=0)
    return Linear(
        estimate=value + item.shift,
        variance=variance,
        simple=_simple_variance(table, value, n, base, top, whole),
        n=n,
        base=base,
        rows=n if item.level is None else table.domains.rows,
        largest=_largest(table),
        kish=_kish(table, base, value, variance),
        positive=_positive(table, count),
        df=design.degrees_of_freedom(present).astype(np.float64),
        root=root,
    )


def across_levels(table: Floats) -> Floats:
    """Sum over levels, (units, D, L) to (units, D)."""
    # Adding slices is several times faster than summing a short last axis.
    total = table[:, :, 0].copy()
    for level in range(1, table.shape[2]):
        total += table[:, :, level]
    return total


def _value(item: Item, top: Floats, whole: Floats) -> Floats:
    """Estimates, shape (D, L), NaN in an empty domain."""
    if item.kind == "total":
        return top
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Floats = np.where(whole != 0, top / whole, np.nan)
    return value


def _held(table: Table, present: Bools) -> Bools | None:
    """Units that hold each estimate's domain, where the rule for lonely units asks."""
    if table.design.lonely_psu != "average" or table.raking is not None:
        return None
    held: Bools = np.repeat(present, table.item.kept, axis=1)
    return held


def _scores(table: Table, top: Floats, bottom: Floats, value: Floats, whole: Floats) -> Floats:
    """Totals of scores by unit, shape (units, D · L), or of their residuals after raking."""
    item, kept = table.item, table.item.kept
    scores = _linearised(item, top[:, :, :kept], bottom, value, whole)
    if table.raking is None:
        return scores
    top_fitted = table.fitted(item.top)
    bottom_fitted = across_levels(
        top_fitted if item.bottom is item.top else table.fitted(item.bottom)
    )
    sums = _linearised(item, top_fitted[:, :, :kept], bottom_fitted, value, whole)
    return table.raking.residuals(scores, sums)


def _linearised(item: Item, top: Floats, bottom: Floats, value: Floats, whole: Floats) -> Floats:
    """Give (y − R·x) / Σ w·x of sums y and x, or y for a total, as a table of two sides."""
    if item.kind == "total":
        return top.reshape(len(top), -1)
    known = np.isfinite(value)
    inverse = np.where(known, 1 / np.where(whole != 0, whole, 1.0), 0.0)
    scores = top * inverse
    scores -= bottom[:, :, None] * (np.where(known, value, 0.0) * inverse)
    return scores.reshape(len(scores), -1)


def _simple_variance(
    table: Table, value: Floats, n: Floats, base: Floats, top: Floats, whole: Floats
) -> Floats:
    """Variance under simple random sampling with replacement: the divisor of a design effect.

    With N = Σw, X = Σ w·x and r = y − R·x it is (N/X)² · s²/n, where
    s² = n/(n − 1) · Σ w·(r − r̄)² / N (``svyvar`` in R's survey); for a total it is N² · s²/n.
    """
    item = table.item
    size = base[:, None]
    if item.kind == "share" and item.bottom is None:
        squares, factor = size * value * (1 - value), np.ones_like(size)
    elif item.kind == "total":
        y2 = top.sum(axis=0) if item.top is None else _squares(table)
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
    x2 = y2 if same else table.rows(table.design.weights * item.bottom**2)
    if item.within is not None and not same:
        xy, x2 = xy + table.rows(item.within.xy), x2 + table.rows(item.within.xx)
    squares = y2[:, :kept] - 2 * value * xy[:, :kept]
    squares = squares + value**2 * x2.sum(axis=1, keepdims=True)
    return squares, size / np.where(whole == 0, np.nan, whole)


_ROUNDING = 1e-20
"""Variances below this fraction of the squared estimate may be what rounding leaves of 0."""


def _kish(table: Table, base: Floats, value: Floats, variance: Floats) -> Floats:
    """Kish's effective size, where it is needed: where an estimate has no variance."""
    if (variance > _ROUNDING * value**2).all():
        return np.full(len(base), np.nan)
    squares = table.rows(table.design.squared_weights).sum(axis=1)
    return base**2 / np.where(squares > 0, squares, np.nan)


def _positive(table: Table, count: Floats) -> Floats:
    if table.item.kind != "total" or table.item.top is None:
        return count[:, : table.item.kept]
    within = table.item.within
    nonzero = (table.item.top != 0).astype(np.float64)
    if within is not None:
        nonzero = within.nonzero
    elif table.design.number is not None:
        nonzero *= table.design.number
    return table.rows(nonzero)[:, : table.item.kept]


def _largest(table: Table) -> Floats:
    """Largest share of Σ w·|y| in each domain that one row has; 0 where not asked for."""
    domains, item = table.domains, table.item
    if item.top is None or not item.dominance:
        return np.zeros(domains.count)
    inside = domains.index < domains.count
    if item.level is not None:
        inside &= item.level >= 0
    group = domains.index[inside]
    parts = table.design.weights[inside] * np.abs(item.top[inside] + item.shift)
    whole = np.bincount(group, weights=parts, minlength=domains.count)
    most = np.zeros(domains.count)
    np.maximum.at(most, group, parts if item.within is None else item.within.largest[inside])
    share: Floats = most / np.where(whole > 0, whole, 1.0)
    return share
