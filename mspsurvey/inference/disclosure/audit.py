"""The attack audit: what all published numbers together let a reader work out.

Every published number is a known sum over cells, to within its rounding; a suppressed number
is a sum that must stay uncertain. Two linear programs for each, over everything that is known,
give the least and the most that a reader has to think possible. It does not matter by which
way a number could be worked out (margins, linked tables, one report less another): whatever
the equations say is found. It is independent of how cells were chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from mspsurvey.errors import PublicationError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.protection import Uncertainty

_SLACK = 1e-4
"""Uncertainty may fall short by this much, in respondents: solvers round."""
_USED = 1e-7
_FAR = 1e3


@dataclass(frozen=True)
class Published:
    """A number that readers know.

    Attributes
    ----------
    name, place : str
        What it is, and the table, chart or page where it stands.
    cells : tuple of int
        Cells that it is the sum of.
    low, high : float
        Between which values it lies; they differ by the rounding.
    factors : tuple of float
        How often each cell counts, as codes do in a mean; 1 each if there are none.
    """

    name: str
    place: str
    cells: tuple[int, ...]
    low: float
    high: float
    factors: tuple[float, ...] = ()


@dataclass(frozen=True)
class Secret:
    """A number that was suppressed, and how uncertain it must stay.

    ``unit`` is the amount that counts as one respondent; ``wanted`` is in respondents.
    """

    name: str
    place: str
    cells: tuple[int, ...]
    wanted: Uncertainty
    unit: float = 1.0


@dataclass(frozen=True)
class Exposure:
    """What a reader can work out of one suppressed number.

    Attributes
    ----------
    secret : Secret
    low, high : float
        In respondents; one value where it is known exactly.
    safe : bool
        Whether that is as uncertain as was wanted.
    places : tuple of str
        Where the numbers stand from which it can be worked out; () where it is safe.
    """

    secret: Secret
    low: float
    high: float
    safe: bool
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one sentence."""
        name = f"{self.secret.name} ({self.secret.place})"
        if self.safe:
            return f"{name} is safe: between {self.low:.1f} and {self.high:.1f} respondents."
        exact = self.high - self.low < 0.05
        known = f"exactly, {self.low:.1f} respondents" if exact else (
            f"to within {self.low:.1f} and {self.high:.1f} respondents"
        )  # fmt: skip
        return f"{name} can be worked out {known}, from {'; '.join(self.places)}."


def audit(
    published: Sequence[Published], secrets: Sequence[Secret], *, signed: bool = False
) -> list[Exposure]:
    """Attack each secret with everything that is published.

    Parameters
    ----------
    published : sequence of Published
    secrets : sequence of Secret
        Over the same cells, each of which is 0 or more.
    signed : bool
        Whether cells may be below 0 as well.

    Returns
    -------
    list of Exposure
        One for each secret, in order.

    Raises
    ------
    PublicationError
        Where the published numbers contradict one another.
    """
    if not secrets:
        return []
    known = _Known(published, _size(published, secrets), signed)
    found = []
    for secret in secrets:
        low, high, used = known.interval(secret.cells)
        low, high = low / secret.unit, high / secret.unit
        safe = secret.wanted.left_by(low, high, slack=_SLACK)
        places = () if safe else known.fewest(secret, used)
        found.append(Exposure(secret, low, high, safe, places))
    return found


def _size(published: Sequence[Published], secrets: Sequence[Secret]) -> int:
    known = [c for p in published for c in p.cells]
    return 1 + max([*known, *(c for s in secrets for c in s.cells)], default=-1)


class _Known:
    """All that readers know, as rows of a linear program."""

    def __init__(self, published: Sequence[Published], size: int, signed: bool) -> None:
        self.published = list(published)
        # Far beyond all that is published counts as anything at all.
        most = _FAR * max((max(abs(p.low), abs(p.high)) for p in published), default=1.0)
        self.limits = (-most, most) if signed else (0.0, None)
        lengths = [len(p.cells) for p in self.published]
        rows = np.repeat(np.arange(len(lengths)), lengths)
        cells = np.array([c for p in self.published for c in p.cells], dtype=np.int64)
        factors = [f for p in self.published for f in p.factors or (1.0,) * len(p.cells)]
        self.sums = csr_array(
            (np.array(factors, dtype=np.float64), (rows, cells)), shape=(len(self.published), size)
        )
        self.low = np.array([p.low for p in self.published], dtype=np.float64)
        self.high = np.array([p.high for p in self.published], dtype=np.float64)

    def interval(
        self, cells: Sequence[int], rows: Bools | None = None
    ) -> tuple[float, float, list[str]]:
        """Least and most of a sum of cells, and the places whose numbers bound it."""
        keep = np.ones(len(self.published), dtype=bool) if rows is None else rows
        goal = np.zeros(self.sums.shape[1])
        goal[list(cells)] = 1.0
        least, lower = self._solved(goal, keep)
        most, upper = self._solved(-goal, keep)
        used = np.flatnonzero(keep)[lower | upper]
        return least, -most, sorted({self.published[i].place for i in used})

    def _solved(self, goal: Floats, keep: Bools) -> tuple[float, Bools]:
        from scipy.optimize import linprog  # slow to import, and only a build audits

        sums, low, high = self.sums[np.flatnonzero(keep)], self.low[keep], self.high[keep]
        # Equal limits as equations: their prices are then in one place.
        both = low == high
        found = linprog(
            goal,
            A_eq=sums[np.flatnonzero(both)], b_eq=low[both],
            A_ub=_stacked(sums[np.flatnonzero(~both)]), b_ub=np.r_[high[~both], -low[~both]],
            bounds=self.limits,
            method="highs",
        )  # fmt: skip
        if found.status == 3:
            return -np.inf, np.zeros(len(low), dtype=bool)
        if found.x is None:
            raise PublicationError(
                "Published numbers that agree with one another were wanted.",
                "No table could have all of them.",
                "Build the reports again: some are older than the others.",
            )
        used = np.zeros(len(low), dtype=bool)
        used[both] = np.abs(found.eqlin.marginals) > _USED
        one, two = np.split(np.abs(found.ineqlin.marginals) > _USED, 2)
        used[~both] = one | two
        return float(found.fun), used

    def fewest(self, secret: Secret, places: Sequence[str]) -> tuple[str, ...]:
        """Leave out places, one by one, without which the secret can be worked out as well."""
        needed = list(places)
        for place in places:
            fewer = [p for p in needed if p != place]
            rows = np.array([p.place in fewer for p in self.published])
            low, high, _ = self.interval(secret.cells, rows)
            low, high = low / secret.unit, high / secret.unit
            if not secret.wanted.left_by(low, high, slack=_SLACK):
                needed = fewer
        return tuple(needed)


def _stacked(sums: csr_array) -> csr_array:
    from scipy.sparse import vstack

    return csr_array(vstack([sums, -sums]))
