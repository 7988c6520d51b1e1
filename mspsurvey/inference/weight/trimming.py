"""Trimming: cut the largest weights, and share what is cut among the others.

It buys a smaller variance with some bias, and it moves weighted margins off their totals:
calibrate again afterwards, or say how far they are off.

Source: Potter, *Proceedings of the Section on Survey Research Methods, ASA* (1990), 225–230;
``share="equal"`` is R's ``survey::trimWeights``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats

SHARES = ("proportional", "equal")
ROUNDS = 10_000
"""Rounds of equal sharing, each of which leaves a smaller excess, at the most."""
SETTLED = 1e-13


def trim(
    weights: pd.Series,
    upper: float | pd.Series | Floats,
    *,
    lower: float | pd.Series | Floats = 0.0,
    share: str = "proportional",
    strict: bool = True,
) -> pd.Series:
    """Cut weights at limits and share what is cut among the others; the sum stays.

    Parameters
    ----------
    weights : Series of float
        Positive weights.
    upper, lower : float or Series
        Largest and smallest weight allowed, for all or for each respondent.
    share : {"proportional", "equal"}
        The others keep their proportions, or each gets the same amount, as in R.
    strict : bool
        Go on until no weight is outside the limits. Else it is done once, and what is shared
        out may take some weights past them.

    Raises
    ------
    WeightError
        Where the limits leave no room for the sum.
    """
    if share not in SHARES:
        raise WeightError(
            f"share is one of {', '.join(SHARES)}.", f"It is {share!r}.",
            did_you_mean(str(share), SHARES),
        )  # fmt: skip
    now = np.asarray(weights, dtype=np.float64).copy()
    high = np.broadcast_to(np.asarray(upper, dtype=np.float64), now.shape)
    low = np.broadcast_to(np.asarray(lower, dtype=np.float64), now.shape)
    _require_room(now, low, high)
    if share == "equal":
        now = _equal(now, low, high, strict=strict)
    else:
        now = _proportional(now, low, high, strict=strict)
    return pd.Series(now, index=weights.index, name=weights.name)


def _require_room(now: Floats, low: Floats, high: Floats) -> None:
    total = now.sum()
    if high.sum() < total * (1 - 1e-12):
        raise WeightError(
            "Weights can be trimmed only where the limits leave room for their sum.",
            f"The limits sum to {high.sum():,.6g}, the weights to {total:,.6g}.",
            "Choose a larger limit.",
        )
    if low.sum() > total * (1 + 1e-12) or (low > high).any():
        raise WeightError(
            "Weights can be trimmed only where the limits leave room for their sum.",
            f"The lower limits sum to {low.sum():,.6g}, the weights to {total:,.6g}.",
            "Choose a smaller lower limit.",
        )


def _proportional(now: Floats, low: Floats, high: Floats, *, strict: bool) -> Floats:
    total = now.sum()
    fixed: Bools = np.zeros(len(now), dtype=bool)
    # Each round puts at least one more weight at its limit, so that this ends.
    while ((now > high * (1 + 1e-12)) | (now < low * (1 - 1e-12))).any():
        fixed |= (now >= high) | (now < low)
        now = np.where(fixed, np.clip(now, low, high), now)
        free = ~fixed
        left = total - now[fixed].sum()
        if free.any() and left > 0:
            now[free] *= left / now[free].sum()
        if not strict:
            break
    return now


def _equal(now: Floats, low: Floats, high: Floats, *, strict: bool) -> Floats:
    """Do as R does: weights that were cut take part when later rounds share out."""
    scale = now.mean()
    for _ in range(ROUNDS if strict else 1):
        outside = (now < low) | (now > high)
        clipped = np.clip(now, low, high)
        cut = (now - clipped).sum()
        if not outside.any() or (strict and np.abs(now - clipped).max() <= SETTLED * scale):
            return clipped if strict else now
        now = clipped
        if not outside.all():
            now[~outside] += cut / (~outside).sum()
    if strict and ((now < low) | (now > high)).any():
        raise WeightError(
            "Trimming should end with every weight inside its limits.",
            f"After {ROUNDS:,} rounds some are not.",
            "Choose wider limits, or share='proportional'.",
        )
    return now
