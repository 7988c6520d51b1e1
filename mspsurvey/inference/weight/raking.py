"""Raking: weights that meet several margins at once.

Source: Deming & Stephan, *Annals of Mathematical Statistics* 11 (1940).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.weight.joint import CYCLES, Joint
from mspsurvey.inference.weight.margin import Margin

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
    joint = Joint.of(frame, margins, unknown=unknown)
    before = joint.sums(start)
    factor, done = joint.fit(before, cycles=cycles)
    fitted = factor[joint.cell]
    fitted *= start
    raked = pd.Series(fitted, index=frame.index, name="w_rake", copy=False)
    table = joint.table(before, before * factor)
    return Raked(raked, done, table, {k: n for k, n in joint.lacking.items() if n})


def _start(
    frame: pd.DataFrame, weights: pd.Series, margins: Sequence[Margin], unknown: str
) -> Floats:
    if not margins or unknown not in UNKNOWN:
        raise WeightError(
            f"Raking needs margins, and unknown as one of {', '.join(UNKNOWN)}.",
            f"There are {len(margins)} margins, and unknown is {unknown!r}.",
        )
    start = np.asarray(weights, dtype=np.float64)
    if len(start) != len(frame) or not _positive(start):
        raise WeightError(
            "Raking starts from one positive weight for each respondent.",
            f"There are {len(start):,} weights for {len(frame):,} respondents, "
            f"{int((~(start > 0)).sum()):,} of them not positive.",
        )
    return start


def _positive(weights: Floats) -> bool:
    """Whether all weights are positive, finite numbers."""
    # The smallest and the largest tell, and not-a-number is neither above 0.
    return bool(weights.min(initial=np.inf) > 0 and weights.max(initial=0.0) < np.inf)
