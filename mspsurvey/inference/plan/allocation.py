"""How a sample is divided among strata.

Sources: Cochran, *Sampling Techniques* (1977), 5.5 to 5.9; Kish, *Survey Methodology* 14
(1988), 19–32, for the compromise; Bankier, *American Statistician* 42 (1988), 174–177, for
powers of the size.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats

ALLOCATIONS = ("proportional", "equal", "neyman", "square-root", "compromise")
FEWEST_IN_STRATUM = 2
"""A variance needs two units in each stratum."""


def allocate(
    n: int,
    strata: pd.DataFrame,
    *,
    method: str = "proportional",
    minimum: int = FEWEST_IN_STRATUM,
    balance: float = 0.5,
) -> pd.DataFrame:
    """Divide a sample among strata.

    Parameters
    ----------
    n : int
        Size of the whole sample.
    strata : DataFrame
        One row a stratum: ``stratum, size`` (N_h), and ``sd`` (S_h) for "neyman".
    method : {"proportional", "equal", "neyman", "square-root", "compromise"}
        n_h in proportion to N_h; 1; N_h·S_h, which makes the whole most precise; √N_h; or
        √(b·(N_h/N)² + (1 − b)/H²), between the first two, with b the balance and H strata.
    minimum : int
        Smallest n_h; a stratum with fewer units is taken whole.
    balance : float
        1 gives the proportional, 0 the equal allocation.

    Returns
    -------
    DataFrame
        ``stratum, size, n, fraction, weight``; n sums to what was asked for.

    Raises
    ------
    EstimateError
        Where the minima need more than n, or n is more than the population.
    """
    sizes = stratum_sizes(strata)
    low = np.minimum(float(minimum), sizes)
    if n < low.sum() or n > sizes.sum():
        raise EstimateError(
            f"A sample between {low.sum():,.0f} and {sizes.sum():,.0f} was wanted, for at least "
            f"{minimum} in each stratum.",
            f"It is {n:,}.",
        )
    share = _shares(strata, sizes, method, balance)
    counts = _whole(_bounded(float(n), share, low, sizes), n, low, sizes)
    return pd.DataFrame(
        {
            "stratum": strata["stratum"].to_numpy(),
            "size": sizes,
            "n": counts.astype(np.int64),
            "fraction": counts / sizes,
            "weight": sizes / counts,
        }
    )


def stratum_sizes(strata: pd.DataFrame) -> Floats:
    """Take N_h from a table of strata."""
    for name in ("stratum", "size"):
        if name not in strata.columns:
            raise EstimateError(
                f"A table of strata should have a column '{name}'.",
                f"It has {', '.join(map(str, strata.columns))}.",
            )
    sizes: Floats = strata["size"].to_numpy(dtype=np.float64)
    if strata["stratum"].duplicated().any() or not (sizes >= 1).all():
        raise EstimateError(
            "Each stratum should stand once, with one or more units.",
            "One stands twice, or has no size.",
        )
    return sizes


def _shares(strata: pd.DataFrame, sizes: Floats, method: str, balance: float) -> Floats:
    part = sizes / sizes.sum()
    if method == "neyman":
        if "sd" not in strata.columns or not (strata["sd"] > 0).all():
            raise EstimateError(
                "Neyman's allocation needs a column 'sd' of positive numbers.",
                "The table of strata has none, or some are not positive.",
            )
        part = part * strata["sd"].to_numpy(dtype=np.float64)
        return np.asarray(part / part.sum())
    known = {
        "proportional": part,
        "equal": np.full(len(sizes), 1 / len(sizes)),
        "square-root": np.sqrt(sizes) / np.sqrt(sizes).sum(),
        "compromise": np.sqrt(balance * part**2 + (1 - balance) / len(sizes) ** 2),
    }
    if method not in known:
        raise EstimateError(
            f"An allocation is one of {', '.join(ALLOCATIONS)}.", f"It is {method!r}.",
            did_you_mean(str(method), ALLOCATIONS),
        )  # fmt: skip
    shares: Floats = known[method] / known[method].sum()
    return shares


def _bounded(n: float, share: Floats, low: Floats, high: Floats) -> Floats:
    """In proportion to shares, but within limits: n_h = min(max(k·share, low), high)."""
    bottom, top = 0.0, float((high / share).max())
    for _ in range(200):
        middle = (bottom + top) / 2
        total = np.clip(middle * share, low, high).sum()
        bottom, top = (middle, top) if total < n else (bottom, middle)
    return np.asarray(np.clip(top * share, low, high))


def _whole(counts: Floats, n: int, low: Floats, high: Floats) -> Floats:
    """Round to whole numbers that sum to n: the largest fractions are rounded up."""
    down = np.maximum(np.floor(counts + 1e-9), np.ceil(low - 1e-9))
    able: Bools = down + 1 <= high + 1e-9
    order = np.lexsort((np.arange(len(counts)), -(counts - down)))
    order = order[able[order]]
    short = round(n - float(down.sum()))
    down[order[:short]] += 1
    return down
