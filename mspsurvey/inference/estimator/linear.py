"""Linear estimators: shares, means, ratios and totals of one item in all domains at once.

All but totals are ratios R = Σ w·y / Σ w·x of two weighted sums, where w is the weight:

* share of a level: y = 1 where the level was chosen, x = 1 for each valid answer;
* mean: y the value, x = 1;
* ratio, and share of a total: x is a second variable.

The score of a row is u = w·(y − R·x) / Σ w·x inside the domain and 0 outside; that of a
total is u = w·y. Sums of scores over units come from two tables of moments. With replicate
weights the ratio is made anew from the sums of each replicate instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.calibration import Calibration
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.estimator.item import Item, Within
from mspsurvey.inference.estimator.moments import Domains
from mspsurvey.inference.estimator.simple import kish, largest, positive, simple_variance
from mspsurvey.inference.estimator.sums import Table, across_levels
from mspsurvey.inference.variance.element import element_variance
from mspsurvey.inference.variance.root import Deferred, Root
from mspsurvey.inference.variance.variance import variance_root, variances

__all__ = ["BLOCK", "Item", "Linear", "Table", "Within", "by_unit", "estimate"]

BLOCK = 20_000_000
"""Largest table of units × estimates that is made at once; it takes 160 MB."""
FEW = 2_000_000
"""Where each row is a unit, tables of units × estimates are made up to this size."""


@dataclass(frozen=True)
class Linear:
    """Estimates of one item in D domains and L levels.

    Attributes
    ----------
    estimate, variance, simple : ndarray of float, shape (D, L)
        Estimate, its design-based variance, and the variance that a simple random sample
        with replacement of the same size would have.
    n, base, rows, kish : ndarray of float, shape (D,)
        Valid answers; their weighted number; rows of the domain with or without an answer;
        Kish's effective size (Σw)² / Σw².
    positive : ndarray of float, shape (D, L)
        Answers at the level, or other than 0.
    largest : ndarray of float, shape (D, L) or (D, 1)
        Largest share of a sum that is one row's.
    df : ndarray of float, shape (D,)
        The domain's own degrees of freedom.
    root : ndarray of float, shape (any, D · L), or Root
        Root of the covariance, with covariance root'root; made on demand where it is large.
    replicated : ndarray of float, shape (R, D, L), optional
        Estimates from each replicate.
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
    root: Floats | Root
    replicated: Floats | None = None


def estimate(item: Item, domains: Domains, design: Design, raking: Calibration | None) -> Linear:
    """Estimate one item in all domains, with variance.

    Where each row is a sampling unit, variance comes from sums by stratum; where weights were
    fitted besides, large samples are done in blocks of domains, to bound memory.
    """
    if design.replicates is not None:
        return _replicated(Table(item, domains, design, None, by_unit=False))
    size = design.units * item.levels
    alone = design.elementary and raking is None and design.number is None
    if alone and size * domains.count > min(FEW, BLOCK):
        return _by_element(Table(item, domains, design, None, by_unit=False))
    blocks = list(domains.blocks(max(1, BLOCK // size)))
    parts = [by_unit(Table(item, b, design, raking)) for b in blocks]
    if len(parts) == 1:
        return parts[0]
    names = [n for n in Linear.__dataclass_fields__ if n not in ("root", "replicated")]
    joined = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    later = Deferred(item, domains, design, raking, joined["estimate"] - item.shift)
    return Linear(**joined, root=Root.of(later, BLOCK))


def by_unit(table: Table) -> Linear:
    """Estimate from sums over units of the last stage."""
    design = table.design
    value, whole = _ratio(table)
    present = table.weight > 0
    root = variance_root(_scores(table, value, whole), design, _held(table, present))
    variance = variances(root).reshape(value.shape)
    return _finished(table, value, whole, variance, root, _degrees(table, present))


def _by_element(table: Table) -> Linear:
    """Estimate from sums over strata, where each row is a unit of its own."""
    value, whole = _ratio(table)
    totals = _linearised(table.item, table.top, table.bottom, value, whole)
    held = across_levels(table.counts)
    variance = element_variance(table, totals.reshape(-1, *value.shape), value, whole, held)
    df = table.design.degrees_of_freedom(held)
    later = Deferred(table.item, table.domains, table.design, None, value)
    return _finished(table, value, whole, variance, Root.of(later, BLOCK), df)


def _replicated(table: Table) -> Linear:
    """Estimate with the covariance of the replicates' estimates."""
    item, replicates = table.item, table.design.replicates
    assert replicates is not None
    value, whole = _ratio(table)
    top = table.replicated(table.top, item.top)
    bottom = top
    if item.bottom is not item.top or item.top is None:
        same = table.weights if item.bottom is None else table.sums(table.weighted_bottom)
        bottom = top if same is table.top else table.replicated(same, item.bottom)
    anew = _value(item, top[:, :, : item.kept], bottom.sum(axis=2)[:, :, None])
    root = replicates.root(anew.reshape(len(anew), -1), value.ravel())
    variance = variances(root).reshape(value.shape)
    if replicates.drawn:
        # Where groups are units, weights say as well as counts which of them are there.
        held = across_levels(table.counts) if table.design.elementary else table.weight > 0
        df = table.design.degrees_of_freedom(held)
    else:
        df = table.domains.ranks(replicates, item.level) - 1
    return _finished(table, value, whole, variance, root, df, anew)


def _finished(
    table: Table, value: Floats, whole: Floats, variance: Floats, root: Floats | Root,
    df: np.ndarray, anew: Floats | None = None,
) -> Linear:  # fmt: skip
    item = table.item
    n, base = table.count.sum(axis=1), table.weight.sum(axis=0)
    return Linear(
        estimate=value + item.shift,
        variance=variance,
        simple=simple_variance(table, value, n, base, whole),
        n=n,
        base=base,
        rows=n if item.level is None else table.domains.rows,
        largest=largest(table),
        kish=kish(table, base, value, variance),
        positive=positive(table),
        df=np.maximum(df, 0).astype(np.float64),
        root=root,
        replicated=None if anew is None else anew + item.shift,
    )


def _ratio(table: Table) -> tuple[Floats, Floats]:
    """Estimates, shape (D, kept), and Σ w·x, shape (D, 1)."""
    item, top = table.item, table.top.sum(axis=0)
    if item.bottom is item.top:
        # Summed from the levels, so that a share of all is 1 and not one digit short of it.
        whole = top.sum(axis=1)[:, None]
    else:
        whole = table.bottom.sum(axis=0)[:, None]
    return _value(item, top[:, : item.kept], whole), whole


def _value(item: Item, top: Floats, whole: Floats) -> Floats:
    """Estimates, NaN in an empty domain."""
    if item.kind == "total":
        return top
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Floats = np.where(whole != 0, top / whole, np.nan)
    return value


def _degrees(table: Table, present: Bools) -> np.ndarray:
    """Degrees of freedom of each domain, from the units that hold it."""
    design = table.design
    if not design.elementary:
        return design.degrees_of_freedom(present)
    held = np.add.reduceat(present.astype(np.float64), design.stages[-1].starts, axis=0)
    return design.degrees_of_freedom(held)


def _held(table: Table, present: Bools) -> Bools | None:
    """Units that hold each estimate's domain, where the rule for lonely units asks."""
    if not table.design.asks_domains or table.raking is not None:
        return None
    held: Bools = np.repeat(present, table.item.kept, axis=1)
    return held


def _scores(table: Table, value: Floats, whole: Floats) -> Floats:
    """Totals of scores by unit, shape (units, D · L), or of their residuals after raking."""
    item, kept = table.item, table.item.kept
    scores = _linearised(item, table.top[:, :, :kept], table.bottom, value, whole)
    if table.raking is None:
        return scores
    y, x = item.fitted
    top_fitted = table.fitted(y)
    bottom_fitted = across_levels(top_fitted if x is y else table.fitted(x))
    sums = _linearised(item, top_fitted[:, :, :kept], bottom_fitted, value, whole)
    return table.raking.residuals(scores, sums)


def _linearised(item: Item, top: Floats, bottom: Floats, value: Floats, whole: Floats) -> Floats:
    """Give (y − R·x) / Σ w·x of sums y and x, or y for a total, as a table of two sides."""
    top = top[:, :, : item.kept]
    if item.kind == "total":
        return top.reshape(len(top), -1)
    known = np.isfinite(value)
    inverse = np.where(known, 1 / np.where(whole != 0, whole, 1.0), 0.0)
    scores = top * inverse
    scores -= bottom[:, :, None] * (np.where(known, value, 0.0) * inverse)
    return scores.reshape(len(scores), -1)
