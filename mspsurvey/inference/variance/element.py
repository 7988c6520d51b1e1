"""Variance where each row is a sampling unit, from sums by stratum.

With z_i = w_i·(y_i − R·x_i)/X the score of row i in an estimate's domain and 0 outside it, a
stratum with n sampled rows, n_d of them in the domain, adds ::

    Σ_i (z_i − z̄)² = Σ_{i in domain} (z_i − z̄)² + (n − n_d)·z̄²

times the factor of ``variance.stratum_rules``. Rows are gone through once an item, however
many domains there are, and deviations are squared, not squares subtracted, so that a stratum
in which nothing varies adds 0.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.design.design import runs
from mspsurvey.inference.estimator.sums import Table
from mspsurvey.inference.variance.variance import stratum_rules, variance_root, variances


def element_variance(
    table: Table, totals: Floats, value: Floats, whole: Floats, held: Floats
) -> Floats:
    """Variance of each estimate of an item, shape (D, K).

    Parameters
    ----------
    table : Table
        Sums by stratum of the last stage.
    totals : ndarray of float, shape (strata, D, K)
        Totals of the scores.
    value, whole : ndarray of float, shape (D, K) and (D, 1)
        R and X.
    held : ndarray of float, shape (strata, D)
        Rows in the domain with a valid answer.
    """
    design = table.design
    stage, flat = design.stages[-1], totals.reshape(len(totals), -1)
    kept = value.shape[1]
    each = np.repeat(held, kept, axis=1) if design.asks_domains else None
    centre, scale = stratum_rules(stage, design, each)
    means = (flat / stage.sampled[:, None] * centre).reshape(totals.shape)
    inside = _classes if table.item.top is None or table.item.levels > 1 else _values
    squares = inside(table, means, value, whole)
    squares += (stage.sampled[:, None] - held)[:, :, None] * means**2
    variance: Floats = (scale * squares.reshape(flat.shape)).sum(axis=0)
    if len(design.stages) > 1:
        above = replace(design, stages=design.stages[:-1], elementary=False)
        first = runs(stage.parent)
        upper = np.add.reduceat(flat, first, axis=0)
        present = None if each is None else np.add.reduceat(each, first, axis=0) > 0
        variance = variance + variances(variance_root(upper, above, present))
    return variance.reshape(value.shape)


def _classes(table: Table, means: Floats, value: Floats, whole: Floats) -> Floats:
    """Σ (z − z̄)² over rows of the domain, shape (strata, D, K), for shares and counts.

    Rows at one level have the same score per unit of weight e, (1(level) − p)/X, so that
    their sum is e²·Σ(w − w̄)² + N·(e·w̄ − z̄)², with w̄ the mean weight of N rows.
    """
    item, counts = table.item, table.counts
    weights = table.weighted_top
    middle = np.divide(table.top, counts, out=np.zeros_like(counts), where=counts > 0)
    spread = _spread(table, weights, middle)
    squares = np.zeros_like(means)
    for level in range(item.kept):
        mean = means[:, :, level, None]
        score = np.zeros((1, value.shape[0], item.levels))
        score[:, :, level] = 1.0
        if item.kind != "total":
            known = np.isfinite(value[:, level]) & (whole[:, 0] != 0)
            share = np.where(known, value[:, level], 0.0)[:, None]
            size = np.where(known, whole[:, 0], np.inf)[:, None]
            score = (score - share) / size
        about = score * middle - mean
        squares[:, :, level] = (score**2 * spread + counts * about**2).sum(axis=2)
    return squares


def _values(table: Table, means: Floats, value: Floats, whole: Floats) -> Floats:
    """Σ (z − z̄)² over rows of the domain, shape (strata, D, 1), for means, ratios, totals."""
    item = table.item
    if item.kind == "total":
        return _spread(table, table.weighted_top, means)
    known = np.isfinite(value) & (whole != 0)
    ratio, size = np.where(known, value, 0.0), np.where(known, whole, 1.0)
    by_row = np.append(ratio[:, 0], 0.0)[table.domains.index]
    scores = table.weighted_top - by_row * table.weighted_bottom
    # Divided by X only when summed: one pass over the rows less.
    squares: Floats = _spread(table, scores, means * size) / size**2
    return squares


def _spread(table: Table, values: Floats, means: Floats) -> Floats:
    """Σ (v − mean)² by stratum, domain and level."""
    strata, domains, levels = means.shape
    padded = np.zeros((strata, domains + 1, levels + table.spare))
    padded[:, :domains, table.spare :] = means
    away = values - padded.ravel()[table.place]
    away *= away
    return table.sums(away)
