"""Moments: weighted sums by unit × domain × level, from integer codes.

Everything linear is computed from these tables and never goes back to the rows. Rows that
do not count go to bins that are cut off: the last domain, and the level before the first
(so that −1, the code for missing, needs no translation). They stay in their unit: a domain
is a zero score, not a lost row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mspsurvey.inference.design.coding import Coded, Floats, Ints
from mspsurvey.inference.design.replicate import Replicates


def tabulate(
    index: Ints, shape: tuple[int, int, int], values: Floats | None = None, *, spare: int = 1
) -> Floats:
    """Sum values by three codes in one pass.

    Parameters
    ----------
    index : ndarray of int, shape (rows,)
        ``(unit · (D + 1) + domain) · (L + spare) + level + spare`` with domain in 0…D, the
        last of them the bin, and level in −spare…L − 1, where −1 is the bin.
    shape : (U, D, L)
        Units, domains, levels.
    values : ndarray of float, shape (rows,), optional
        What is summed; counts rows if not given.
    spare : {0, 1}
        Whether there is a bin for rows without a level.

    Returns
    -------
    ndarray of float, shape (U, D, L)
    """
    units, domains, levels = shape
    size = units * (domains + 1) * (levels + spare)
    sums = np.bincount(index, weights=values, minlength=size).astype(np.float64, copy=False)
    return sums.reshape(units, domains + 1, levels + spare)[:, :domains, spare:]


@dataclass(frozen=True)
class Domains:
    """Groups that are asked about together.

    Attributes
    ----------
    index : ndarray of int, shape (rows,)
        Group of each row; ``count`` for rows outside all of them.
    combinations : tuple of tuple of str
        Codes of each group, one a grouping variable.
    number : ndarray of float, shape (rows,), optional
        Respondents that each row stands for; one each if not given.
    kept : dict
        What several items share: places without the level, sums over all rows.
    """

    index: Ints
    combinations: tuple[tuple[str, ...], ...]
    number: Floats | None = None
    kept: dict[str, NDArray[np.generic]] = field(default_factory=dict, repr=False)

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self.combinations)

    @property
    def rows(self) -> Floats:
        """Rows of each group, with or without an answer, shape (count,)."""
        if "rows" not in self.kept:
            counted = np.bincount(self.index, weights=self.number, minlength=self.count + 1)[:-1]
            self.kept["rows"] = counted.astype(np.float64)
        rows: Floats = self.kept["rows"].astype(np.float64, copy=False)
        return rows

    def ranks(self, replicates: Replicates, level: NDArray[np.signedinteger] | None) -> Ints:
        """Rank of supplied replicate weights among valid rows of each group, shape (count,)."""
        if level is not None and (gaps := level < 0).any():
            return replicates.ranks(np.where(gaps, self.count, self.index), self.count)
        if "ranks" not in self.kept:
            self.kept["ranks"] = replicates.ranks(self.index, self.count)
        ranks: Ints = self.kept["ranks"].astype(np.int64, copy=False)
        return ranks

    def places(self, outer: Ints | None, name: str, levels: int, spare: int = 1) -> Ints:
        """Give the index of ``tabulate`` for level 0, with ``outer`` codes as units.

        Items with as many levels share it; of each kind one is kept at a time.
        """
        wide = levels + spare
        if outer is None and wide == 1:
            return self.index
        key, stamp = f"places {name}", f"levels {name}"
        if key not in self.kept or int(self.kept[stamp][0]) != 2 * levels + spare:
            # Few arrays of the rows' length: making one costs more than the sums in it.
            if outer is None:
                place = self.index * wide
            else:
                place = outer * np.int64((self.count + 1) * wide)
                place += self.index if wide == 1 else self.index * wide
            if spare:
                place += spare
            self.kept[key], self.kept[stamp] = place, np.array([2 * levels + spare])
        places: Ints = self.kept[key].astype(np.int64, copy=False)
        return places

    def blocks(self, size: int) -> Iterator[Domains]:
        """Cut into runs of at most ``size`` groups."""
        if size >= self.count:
            yield self
            return
        for first in range(0, self.count, size):
            part = self.combinations[first : first + size]
            inside = (self.index >= first) & (self.index < first + len(part))
            yield Domains(np.where(inside, self.index - first, len(part)), part, self.number)


def cross(codes: list[Coded]) -> tuple[Ints, int]:
    """Number the combinations of several columns, the first varying slowest.

    Returns
    -------
    ndarray of int, shape (rows,)
        Position of each row's combination; ``count`` where one of its parts is missing.
    count : int
        Number of combinations.
    """
    count = int(np.prod([len(c.levels) for c in codes], dtype=np.int64))
    index = codes[0].codes.astype(np.int64)
    absent = codes[0].codes < 0
    for column in codes[1:]:
        index *= len(column.levels)
        index += column.codes
        absent |= column.codes < 0
    if absent.any():
        index[absent] = count
    return index, count
