"""Raking: weights that meet several margins at once.

Source: Deming & Stephan, *Annals of Mathematical Statistics* 11 (1940).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.coding import Floats, Ints, compressed
from mspsurvey.inference.margin import Margin, on_one_total, positions

TOLERANCE = 1e-6
"""Largest relative distance of a raked margin from its total that is let through."""
EXACT = 1e-13
"""Raking goes on until margins are met to this, or no cycle brings them nearer."""
CYCLES = 2_000
UNKNOWN = ("error", "hold")


@dataclass(frozen=True)
class Raked:
    """Raked weights, and how the raking went.

    Attributes
    ----------
    weights : Series of float
        Indexed as the frame.
    cycles : int
        How often all margins were gone through.
    table : DataFrame
        ``variable, level, n, target, before, after, source``, one row a level; ``n`` counts
        respondents, ``before`` and ``after`` are sums of weights.
    unknown : mapping
        Respondents without a value, by variable; they were held, not raked, in that margin.
    """

    weights: pd.Series
    cycles: int
    table: pd.DataFrame
    unknown: dict[str, int]


def rake(
    frame: pd.DataFrame,
    weights: pd.Series,
    margins: Sequence[Margin],
    *,
    unknown: str = "error",
    cycles: int = CYCLES,
) -> Raked:
    """Fit weights to margins by iterative proportional fitting, starting from ``weights``.

    In turn for each margin, w ← w · T_l / Σ_{level l} w, with T_l the total of level l, until
    every margin holds. It works on the joint cells of the margins, so that a million rows
    cost little more than a thousand.

    Parameters
    ----------
    frame : DataFrame
        Respondents, with the margins' variables.
    weights : Series of float
        Positive weights to start from, indexed as ``frame``.
    margins : sequence of Margin
        Totals to meet.
    unknown : {"error", "hold"}
        What to do with respondents without a value in a margin: refuse, or let that margin
        leave their weight alone and share out the rest of the total among the others in the
        proportions of the margin.
    cycles : int
        Largest number of cycles.

    Raises
    ------
    WeightError
        Where the margins' totals disagree by more than rounding, a level has no respondent
        or a respondent's level no total, a value is missing (unless held), a weight is not
        positive, or the margins are not met to one in a million.
    """
    start = _start(frame, weights, margins, unknown)
    margins = on_one_total(margins)
    placed = [positions(margin, frame) for margin in margins]
    lacking = {m.variable: int((p < 0).sum()) for m, (p, _) in zip(margins, placed, strict=True)}
    if unknown == "error" and any(lacking.values()):
        name = next(k for k, n in lacking.items() if n)
        raise WeightError(
            f"The margin variable '{name}' should be known for every respondent.",
            f"It is missing for {lacking[name]:,}.",
            "Fill it from the frame, or rake with unknown='hold'.",
        )
    fit = _Fit(start, margins, placed)
    done = fit.run(cycles)
    raked = pd.Series(start * fit.factor[fit.cell], index=frame.index, name="w_rake")
    table = pd.concat(
        [
            _margin_table(m, p, start, raked.to_numpy())
            for m, p in zip(margins, placed, strict=True)
        ],
        ignore_index=True,
    )
    return Raked(raked, done, table, {k: n for k, n in lacking.items() if n})


def _start(
    frame: pd.DataFrame, weights: pd.Series, margins: Sequence[Margin], unknown: str
) -> Floats:
    if not margins or unknown not in UNKNOWN:
        raise WeightError(
            f"Raking needs margins, and unknown as one of {', '.join(UNKNOWN)}.",
            f"There are {len(margins)} margins, and unknown is {unknown!r}.",
        )
    start = np.asarray(weights, dtype=np.float64)
    if len(start) != len(frame) or not np.isfinite(start).all() or not (start > 0).all():
        raise WeightError(
            "Raking starts from one positive weight for each respondent.",
            f"There are {len(start):,} weights for {len(frame):,} respondents, "
            f"{int((~(start > 0)).sum()):,} of them not positive.",
        )
    return start


class _Fit:
    """Iterative proportional fitting on the joint cells of the margins."""

    def __init__(
        self,
        start: Floats,
        margins: Sequence[Margin],
        placed: Sequence[tuple[Ints, list[str]]],
    ) -> None:
        key, size = np.zeros(len(start), dtype=np.int64), 1
        for place, levels in placed:
            key = key * (len(levels) + 1) + place + 1
            size *= len(levels) + 1
        self.cell, _ = compressed(key, size)
        cells = int(self.cell.max()) + 1
        self.margins = margins
        self.total = margins[0].total
        self.weight = np.bincount(self.cell, weights=start, minlength=cells)
        self.levels: list[Ints] = []
        self.targets: list[Floats] = []
        for margin, (place, levels) in zip(margins, placed, strict=True):
            of_cell = np.empty(cells, dtype=np.int64)
            of_cell[self.cell] = place
            self.levels.append(np.where(of_cell < 0, len(levels), of_cell))
            self.targets.append(np.array([margin.totals[level] for level in levels]))
        # Those who are held in a margin should start on the population's scale.
        self.factor = np.full(cells, self.total / start.sum())

    def run(self, cycles: int) -> int:
        """Cycle until the margins hold; give the number of cycles."""
        last = np.inf
        for cycle in range(1, cycles + 1):
            for level, target in zip(self.levels, self.targets, strict=True):
                sums, wanted = self._sums(level, target)
                self.factor *= np.append(wanted / sums[:-1], 1.0)[level]
            error = max(self.errors())
            if error <= EXACT or (error <= 1e-10 and error >= last):
                return cycle
            last = error
        if last > TOLERANCE:
            worst = int(np.argmax(self.errors()))
            raise WeightError(
                f"Every margin should be met to {TOLERANCE:g} of its total.",
                f"After {cycles:,} cycles '{self.margins[worst].variable}' is still off by "
                f"{last:.2g}.",
                "The margins contradict one another where respondents are few; merge levels "
                "or leave one margin out.",
            )
        return cycles

    def _sums(self, level: Ints, target: Floats) -> tuple[Floats, Floats]:
        """Sums of weights by level, last of the held; and what each level should come to."""
        now = self.weight * self.factor
        sums = np.bincount(level, weights=now, minlength=len(target) + 1).astype(np.float64)
        left = max(1.0 - float(sums[-1]) / self.total, 0.0)
        return sums, target * left

    def errors(self) -> list[float]:
        """Largest relative distance from its total, of each margin."""
        distances = []
        for level, target in zip(self.levels, self.targets, strict=True):
            sums, wanted = self._sums(level, target)
            distances.append(float(np.max(np.abs(sums[:-1] - wanted) / target)))
        return distances


def _margin_table(
    margin: Margin, placed: tuple[Ints, list[str]], before: Floats, after: Floats
) -> pd.DataFrame:
    place, levels = placed
    known, size = place >= 0, len(levels)

    def sums(weights: Floats | None) -> Floats:
        values = None if weights is None else weights[known]
        return np.bincount(place[known], weights=values, minlength=size).astype(np.float64)

    return pd.DataFrame(
        {
            "variable": margin.variable,
            "level": levels,
            "n": sums(None),
            "target": [margin.totals[level] for level in levels],
            "before": sums(before),
            "after": sums(after),
            "source": margin.source,
        }
    )
