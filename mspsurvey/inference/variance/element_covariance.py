"""Covariance of estimates where each row is a sampling unit, from sums by stratum.

Scores z of two estimates have, in a stratum of n sampled rows, the sum of products ::

    Σ_i (z_ia − z̄_a)(z_ib − z̄_b) = Σ_i z_ia z_ib − n·z̄_a·z̄_b

times the factor of ``variance.stratum_rules``. Two domains have no row in common, so that the
first term is left within one domain only, where it comes from sums of squared weights. A
table of rows × estimates is never made: a million rows and a hundred cells take what a few
passes over the rows take.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.estimator.sums import Table
from mspsurvey.inference.variance.root import Deferred, Root
from mspsurvey.inference.variance.variance import stratum_rules


@dataclass(frozen=True)
class StratumSums:
    """What the covariance of one item's estimates is made of.

    Attributes
    ----------
    totals : ndarray of float, shape (strata, D · K)
        Totals of the scores.
    within : ndarray of float, shape (D, K, K)
        Scaled sums of products of the scores in each domain.
    factor : ndarray of float, shape (strata,)
        What products of totals count: the scale over n, 0 in strata that are not centred.
    """

    totals: Floats
    within: Floats
    factor: Floats

    def covariance(self, positions: Ints) -> Floats:
        """Covariance of these estimates, numbered domain by domain; shape (k, k)."""
        levels = self.within.shape[1]
        domain, level = np.divmod(positions, levels)
        same = domain[:, None] == domain[None, :]
        inside = self.within[domain[:, None], level[:, None], level[None, :]]
        totals = self.totals[:, positions]
        between = np.einsum("ha,hb->ab", totals * self.factor[:, None], totals)
        covariance: Floats = np.where(same, inside, 0.0) - between
        return covariance


def stratum_sums(source: Deferred) -> StratumSums | None:
    """Make the sums for one item; None where its variance asks for more than these."""
    design, item, value = source.design, source.item, source.value
    if (
        source.raking is not None
        or not design.elementary
        or len(design.stages) > 1
        or design.asks_domains
        or design.number is not None
        or (item.top is not None and item.levels > 1)
    ):
        return None
    stage = design.stages[0]
    centre, scale = stratum_rules(stage, design, None)
    scale = np.broadcast_to(scale, (len(stage.sampled), 1))[:, 0]
    table = Table(item, source.domains, design, None, by_unit=False)
    ratio, size = _ratio(item.kind, value, table)
    top = table.top[:, :, : item.kept]
    totals = (top - table.bottom[:, :, None] * ratio) / size if item.kind != "total" else top
    within = (
        _counted(table, ratio, size, scale)
        if item.top is None
        else _measured(table, ratio, size, scale)
    )
    factor = scale / stage.sampled * np.broadcast_to(centre, (len(scale), 1))[:, 0]
    return StratumSums(totals.reshape(len(totals), -1), within, factor)


def _ratio(kind: str, value: Floats, table: Table) -> tuple[Floats, Floats]:
    """R and X of the scores (y − R·x)/X, shape (D, K) and (D, 1); 0 and 1 for totals."""
    if kind == "total":
        return np.zeros_like(value), np.ones((len(value), 1))
    whole = table.bottom.sum(axis=0)[:, None]
    known = np.isfinite(value) & (whole != 0)
    return np.where(known, value, 0.0), np.where(whole != 0, whole, np.inf)


def _counted(table: Table, ratio: Floats, size: Floats, scale: Floats) -> Floats:
    """Scaled Σ z z' of shares or counts, from squared weights by domain and level."""
    squares = np.einsum("h,hdl->dl", scale, table.sums(table.design.weights**2))
    kept = squares[:, : ratio.shape[1]]
    cross = kept[:, :, None] * ratio[:, None, :]
    within = squares.sum(axis=1)[:, None, None] * ratio[:, :, None] * ratio[:, None, :]
    within -= cross + cross.transpose(0, 2, 1)
    diagonal = np.arange(kept.shape[1])
    within[:, diagonal, diagonal] += kept
    answer: Floats = within / size[:, :, None] ** 2
    return answer


def _measured(table: Table, ratio: Floats, size: Floats, scale: Floats) -> Floats:
    """Scaled Σ z² of means, ratios and totals, shape (D, 1, 1)."""
    by_row = np.append(ratio[:, 0], 0.0)[table.domains.index]
    scores = table.weighted_top
    if table.item.kind != "total":
        scores = scores - by_row * table.weighted_bottom
    squares: Floats = np.einsum("h,hdl->d", scale, table.sums(scores**2))
    return (squares / size[:, 0] ** 2)[:, None, None]


@dataclass
class Covariances:
    """Covariances of estimates, with the sums that several of them share."""

    known: dict[int, tuple[Deferred, StratumSums | None]] = field(default_factory=dict)

    def of(self, root: np.ndarray | Root, positions: Ints) -> Floats:
        """Covariance of some columns of a root, shape (k, k)."""
        if isinstance(root, Root):
            sums = self._sums(root, positions)
            if sums is not None:
                return sums.covariance(root.place[positions])
        columns = np.ascontiguousarray(np.asarray(root[:, positions]).T)
        # Few columns: einsum is quicker than a product that wakes all cores.
        covariance: Floats = np.einsum("ai,bi->ab", columns, columns)
        return covariance

    def _sums(self, root: Root, positions: Ints) -> StratumSums | None:
        places = np.unique(root.source[positions])
        source = root.sources[places[0]] if len(places) == 1 else None
        if not isinstance(source, Deferred):
            return None
        if id(source) not in self.known:
            self.known[id(source)] = source, stratum_sums(source)
        return self.known[id(source)][1]


def small_root(root: np.ndarray | Root) -> Floats:
    """Give a root R of the same covariance R'R, small where that can be."""
    if isinstance(root, Root):
        positions = np.arange(root.shape[1])
        sums = Covariances()._sums(root, positions)
        if sums is not None:
            values, vectors = np.linalg.eigh(sums.covariance(root.place[positions]))
            square: Floats = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
            return square
    return np.asarray(root, dtype=np.float64)
