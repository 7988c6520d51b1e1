"""Replicate weights: what they are, and what they make of an estimate's covariance.

With θ the estimate and θ_r the same with the r-th replicate weights, the covariance is ::

    scale · Σ_r rscale_r · (θ_r − θ̄)(θ_r − θ̄)'

where θ̄ is the mean of the θ_r with a positive rscale, or θ itself (``mse``). Replicates in
which an estimate is not defined, for want of anybody in its domain, are left out of its sum,
as R's ``svrVar`` does.

Sources: Wolter, *Introduction to Variance Estimation* (2007), chapters 3 to 5; R's
``svrepdesign``, whose names of kinds, scale and rscales have the same meaning here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import DesignError, did_you_mean
from mspsurvey.inference.design.coding import Floats, Ints

KINDS = (
    "JK1", "JK2", "JKn", "BRR", "Fay", "bootstrap", "subbootstrap", "ACS",
    "successive-difference", "other",
)  # fmt: skip
"""Kinds of replicate weights that can be supplied."""

Names = str | Sequence[str]


@dataclass(frozen=True)
class Replicates:
    """Replicate weights, as factors of groups of rows.

    Attributes
    ----------
    kind : str
        How they were made, ``JKn`` for instance.
    factors : ndarray of float, shape (groups, R)
        What each replicate multiplies the rows of a group by.
    group : ndarray of int, shape (rows,), or None
        Row of ``factors`` for each respondent; None where each has its own.
    base : ndarray of float, shape (rows,), or None
        What is multiplied: the weights, or 1 where ``factors`` are whole weights.
    scale : float
    rscales : ndarray of float, shape (R,)
    mse : bool
        Whether deviations are from the estimate, not from the mean of the replicates.
    drawn : bool
        Whether they were made here from sampling units, whose number then gives degrees of
        freedom; of supplied ones the rank does.
    """

    kind: str
    factors: Floats
    group: Ints | None
    base: Floats | None
    scale: float
    rscales: Floats
    mse: bool = False
    drawn: bool = False

    @property
    def count(self) -> int:
        """Number of replicates, R."""
        return len(self.rscales)

    def weights(self, number: int) -> Floats:
        """Weights of all rows in one replicate, shape (rows,)."""
        column = self.factors[:, number]
        by_row = column if self.group is None else column[self.group]
        weights: Floats = by_row.copy() if self.base is None else by_row * self.base
        return weights

    def mapped(self, function: Callable[[Floats], Floats]) -> Replicates:
        """Weigh each replicate anew, as by raking it to the same margins.

        Parameters
        ----------
        function : callable
            From weights of all rows to new ones, both of shape (rows,).
        """
        rows = len(self.factors) if self.group is None else len(self.group)
        anew = np.empty((rows, self.count))
        for number in range(self.count):
            anew[:, number] = function(self.weights(number))
        return Replicates(
            self.kind, anew, None, None, self.scale, self.rscales, self.mse, self.drawn
        )

    def sums(self, place: Ints, size: int, values: Floats | None) -> Floats:
        """Sum replicate weight × value by place.

        Parameters
        ----------
        place : ndarray of int, shape (rows,)
            From 0 to ``size`` − 1; other rows do not count.
        values : ndarray of float, shape (rows,), optional
            1 if not given.

        Returns
        -------
        ndarray of float, shape (R, size)
        """
        from scipy.sparse import csr_array  # slow to import, and few surveys need it

        inside = np.flatnonzero((place >= 0) & (place < size))
        weight = np.ones(len(inside)) if self.base is None else self.base[inside]
        if values is not None:
            weight = weight * values[inside]
        column = inside if self.group is None else self.group[inside]
        shape = (size, len(self.factors))
        sums: Floats = csr_array((weight, (place[inside], column)), shape=shape) @ self.factors
        return sums.T

    def root(self, replicated: Floats, estimate: Floats) -> Floats:
        """Root of the covariance, shape (R, estimates); see ``variance``.

        Parameters
        ----------
        replicated : ndarray of float, shape (R, estimates)
            Estimate from each replicate, NaN where there is none.
        estimate : ndarray of float, shape (estimates,)
        """
        known = np.isfinite(replicated)
        middle = estimate
        if not self.mse:
            counted = known & (self.rscales > 0)[:, None]
            number = np.maximum(counted.sum(axis=0), 1)
            middle = np.where(counted, replicated, 0.0).sum(axis=0) / number
        away = np.where(known, replicated - middle, 0.0)
        root: Floats = away * np.sqrt(self.scale * self.rscales)[:, None]
        return root

    def ranks(self, place: Ints, size: int) -> Ints:
        """Rank of the replicate weights among the rows of each place, shape (size,).

        Degrees of freedom are this less one (R: ``degf`` of a replicate design). Where there
        are many rows, random sums of them are looked at, which have the same rank.
        """
        buckets = 4 * self.count
        inside = np.flatnonzero((place >= 0) & (place < size))
        inside = inside[np.argsort(place[inside], kind="stable")]
        first = np.searchsorted(place[inside], np.arange(size))
        within = np.arange(len(inside)) - first[place[inside]]
        spread = np.full(len(place), -1, dtype=np.int64)
        spread[inside] = place[inside] * buckets + within % buckets
        # A fixed seed: the rank does not depend on the draw, and a second run not at all.
        draw = np.random.default_rng(0).normal(size=len(place))
        mixed = self.sums(spread, size * buckets, draw).T.reshape(size, buckets, self.count)
        return np.array([_rank(matrix) for matrix in mixed], dtype=np.int64)


RANK = 1e-10
"""A squared direction that replicates vary in by less, relative to the largest (R: 1e-5²)."""


def _rank(matrix: Floats) -> int:
    length = np.sqrt((matrix**2).sum(axis=0))
    used = matrix[:, length > 0] / length[length > 0]
    if not used.size:
        return 0
    values = np.linalg.eigvalsh(used.T @ used)
    return int((values > RANK * values[-1]).sum())


def supplied(
    frame: pd.DataFrame,
    weights: Floats,
    replicates: pd.DataFrame | Names,
    *,
    kind: str,
    scale: float | None = None,
    rscales: Sequence[float] | Floats | float | None = None,
    rho: float | None = None,
    mse: bool = False,
    combined: bool = True,
) -> Replicates:
    """Take replicate weights that came with the data.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    weights : ndarray of float, shape (rows,)
    replicates : DataFrame or list of str
        One column a replicate, of the same rows; or their names in ``frame``.
    kind : str
        One of ``KINDS``.
    scale, rscales : float and sequence of float, optional
        As in the codebook of the data; where not given, what the kind implies: 1/R for BRR,
        1/(R·(1 − rho)²) for Fay, 1/(R − 1) for a bootstrap, (R − 1)/R for JK1, 4/R for
        successive differences. JKn needs its rscales.
    rho : float, optional
        Fay's coefficient.
    mse, combined : bool
        Whether deviations are from the estimate; whether the columns are whole weights and
        not factors of ``weights``.

    Raises
    ------
    DesignError
        Where columns are absent or not numbers, or the scale is not known.
    """
    if kind not in KINDS:
        raise DesignError(
            f"The kind of replicate weights is one of {', '.join(KINDS)}.",
            f"It is {kind!r}.",
            did_you_mean(str(kind), KINDS),
        )
    factors = _columns(frame, replicates)
    scale, each = _scales(kind, factors.shape[1], scale, rscales, rho)
    base = None if combined else weights
    return Replicates(kind, factors, None, base, scale, each, mse)


def _columns(frame: pd.DataFrame, replicates: pd.DataFrame | Names) -> Floats:
    if not isinstance(replicates, pd.DataFrame):
        names = [replicates] if isinstance(replicates, str) else list(replicates)
        absent = [n for n in names if n not in frame.columns]
        if absent or not names:
            raise DesignError(
                "Columns of replicate weights were wanted.",
                f"The frame has none called {absent[0]!r}." if absent else "None are named.",
                did_you_mean(str(absent[0]), frame.columns) if absent else "",
            )
        replicates = frame[names]
    if len(replicates) != len(frame) or not replicates.index.equals(frame.index):
        raise DesignError(
            "Replicate weights should have the rows of the frame, in its order.",
            f"There are {len(replicates):,} rows for {len(frame):,} respondents.",
            "Take them from the same frame: replicates=frame.filter(like='rw').",
        )
    try:
        factors = np.ascontiguousarray(replicates.to_numpy(dtype=np.float64))
    except (TypeError, ValueError):
        raise DesignError("Replicate weights should be numbers.", "Some are not.") from None
    if factors.shape[1] < 2 or not np.isfinite(factors).all():
        raise DesignError(
            "Two or more replicates were wanted, all finite numbers.",
            f"There are {factors.shape[1]:,}, with {int((~np.isfinite(factors)).sum()):,} gaps.",
        )
    return factors


def _scales(
    kind: str,
    count: int,
    scale: float | None,
    rscales: Sequence[float] | Floats | float | None,
    rho: float | None,
) -> tuple[float, Floats]:
    """Scale, and rscales of each replicate, as R's ``svrepdesign`` takes them."""
    if kind == "Fay" and rho is None:
        raise DesignError("Fay's replicates need their rho.", "None is given.", "Add rho=0.5.")
    if kind == "JKn" and rscales is None:
        raise DesignError(
            "JKn replicates need their rscales, (n − 1)/n for each replicate's stratum.",
            "None are given.",
            "They are in the codebook of the data.",
        )
    fixed = {
        "BRR": 1 / count,
        "Fay": 1 / (count * (1 - (rho or 0.0)) ** 2),
        "ACS": 4 / count,
        "successive-difference": 4 / count,
        "JK2": 1.0,
    }
    default = {
        "JK1": (count - 1) / count,
        "bootstrap": 1 / (count - 1),
        "subbootstrap": 1 / (count - 1),
    }
    if kind in fixed:
        return fixed[kind], np.ones(count)
    each = np.asarray(1.0 if rscales is None else rscales, dtype=np.float64)
    if each.shape not in ((), (count,)) or not (np.isfinite(each) & (each >= 0)).all():
        raise DesignError(
            f"rscales should be one number of at least 0 for each of {count:,} replicates.",
            f"There are {each.size:,}, the smallest {each.min(initial=np.inf):g}.",
        )
    each = np.broadcast_to(each, count).copy()
    return default.get(kind, 1.0) if scale is None else float(scale), each
