"""Roots of covariances that are made when they are asked for.

With a million rows that are sampling units of their own, the root of a hundred estimates is
too large to keep, and rarely wanted: a comparison needs two of its columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.calibration import Calibration
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.moments import Domains
from mspsurvey.inference.variance.variance import variance_root

AT_ONCE = 100_000
"""Numbers up to which several roots are copied into one at once; it takes 0.8 MB."""


@dataclass(frozen=True)
class Deferred:
    """What it takes to make any column of one item's root.

    Attributes
    ----------
    item, domains, design, raking
        As for ``linear.estimate``.
    value : ndarray of float, shape (D, L)
        Estimates, less the item's shift.
    """

    item: Item
    domains: Domains
    design: Design
    raking: Calibration | None
    value: Floats

    @property
    def size(self) -> int:
        """Count of the columns."""
        return self.value.size

    def columns(self, positions: Ints) -> Floats:
        """Make these columns, shape (units of all stages, positions)."""
        scores = np.stack([self._scores(int(p)) for p in positions], axis=1)
        if self.raking is not None:
            return variance_root(self.raking.residual_totals(scores, self.design), self.design)
        totals = self.design.per_unit(scores * self.design.weights[:, None])
        present = None
        if self.design.asks_domains:
            inside = np.stack([self._inside(int(p)) for p in positions], axis=1)
            present = self.design.per_unit(inside.astype(np.float64)) > 0
        return variance_root(totals, self.design, present)

    def _inside(self, position: int) -> np.ndarray:
        inside: np.ndarray = self.domains.index == position // self.value.shape[1]
        if self.item.level is not None:
            inside &= self.item.level >= 0
        return inside

    def _scores(self, position: int) -> Floats:
        """Scores per unit of weight, (y − R·x)/Σw·x or y, shape (rows,)."""
        domain, level = divmod(position, self.value.shape[1])
        item, value = self.item, self.value[domain, level]
        rows = np.flatnonzero(self._inside(position))
        y = np.ones(len(rows)) if item.top is None else item.top[rows]
        if item.level is not None and item.levels > 1:
            y = np.where(item.level[rows] == level, y, 0.0)
        if item.kind != "total":
            x = np.ones(len(rows)) if item.bottom is None else item.bottom[rows]
            whole = float((self.design.weights[rows] * x).sum())
            y = (y - value * x) / whole if np.isfinite(value) and whole else np.zeros(len(rows))
        scores = np.zeros(len(self.design.weights))
        scores[rows] = y
        return scores


Source = Deferred | np.ndarray


@dataclass(frozen=True)
class Root:
    """Columns of a root, from one or several sources.

    Attributes
    ----------
    sources : tuple
        Arrays, shape (any, columns), and ``Deferred`` ones, of the same design.
    source, place : ndarray of int, shape (columns,)
        Where each column comes from.
    factor : ndarray of float, shape (columns,)
        What it is multiplied by.
    most : int
        Largest array, rows × columns, that is made.
    """

    sources: tuple[Source, ...]
    source: Ints
    place: Ints
    factor: Floats
    most: int

    @classmethod
    def of(cls, source: Source, most: int) -> Root:
        """Take all columns of one source."""
        count = source.size if isinstance(source, Deferred) else source.shape[1]
        return cls(
            (source,), np.zeros(count, dtype=np.int64), np.arange(count), np.ones(count), most
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as of an array."""
        first = self.sources[0]
        if isinstance(first, Deferred):
            rows = sum(stage.units for stage in first.design.stages)
        else:
            rows = len(first)
        return rows, len(self.place)

    def __getitem__(self, key: tuple[slice, Any]) -> Root:
        """Choose columns, as of an array: ``root[:, positions]``."""
        _, positions = key
        return Root(
            self.sources,
            self.source[positions],
            self.place[positions],
            self.factor[positions],
            self.most,
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Floats:
        """Make the array.

        Raises
        ------
        EstimateError
            Where it would be too large.
        """
        rows, count = self.shape
        if rows * count > self.most:
            raise EstimateError(
                "The covariance of these estimates was wanted.",
                f"It takes too much memory for {rows:,} sampling units and {count} estimates.",
                "Ask for fewer groups or levels at a time, or compare two of them.",
            )
        made = np.empty((rows, count))
        for number, source in enumerate(self.sources):
            mine = np.flatnonzero(self.source == number)
            if isinstance(source, Deferred):
                made[:, mine] = source.columns(self.place[mine]) if len(mine) else 0.0
            else:
                made[:, mine] = source[:, self.place[mine]]
        made *= self.factor
        return made


def beside(roots: Sequence[np.ndarray | Root]) -> np.ndarray | Root:
    """Put roots side by side."""
    arrays = [root for root in roots if isinstance(root, np.ndarray)]
    size = sum(root.size for root in arrays)
    if len(arrays) == len(roots) and (len(arrays) == 1 or size <= AT_ONCE):
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)
    limits = [root.most for root in roots if isinstance(root, Root)]
    most = min([*limits, *([size] if arrays else [])])
    parts = [root if isinstance(root, Root) else Root.of(root, most) for root in roots]
    first = np.cumsum([0, *(len(p.sources) for p in parts)])
    return Root(
        tuple(source for part in parts for source in part.sources),
        np.concatenate([p.source + f for p, f in zip(parts, first, strict=False)]),
        np.concatenate([p.place for p in parts]),
        np.concatenate([p.factor for p in parts]),
        most,
    )


def scaled(root: np.ndarray | Root, factor: Floats) -> np.ndarray | Root:
    """Multiply each column by a number; one that is not finite gives a column of them."""
    if isinstance(root, Root):
        return replace(root, factor=root.factor * factor)
    return root * factor
