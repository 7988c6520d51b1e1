"""C5: responses that came from one place within minutes of one another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.intake.quality.traces import ORIGIN
from mspsurvey.intake.work import Work

WINDOW_S = 600
BURST = 5
"""Responses of one address and browser, begun within ten minutes, that make a burst."""


def bursts(work: Work) -> pd.DataFrame:
    """Count the responses of one origin that began within ten minutes of one another.

    Returns
    -------
    DataFrame
        ``burst``: most responses in any ten minutes that hold this one (1: alone; 0: no
        origin or no time), and the flag ``C5``.
    """
    count = pd.Series(0, index=work.answers.index, dtype="int64")
    if ORIGIN in work.meta:
        known = work.meta[ORIGIN].ne("") & work.meta["started"].notna()
        started = work.meta.loc[known, "started"].dt.as_unit("us").astype("int64") // 10**6
        origins = pd.factorize(work.meta.loc[known, ORIGIN])[0]
        count[known] = most_within(origins, started.to_numpy(), WINDOW_S)
    return pd.DataFrame({"burst": count, "C5": count.ge(BURST)})


def most_within(origins: np.ndarray, seconds: np.ndarray, window: int) -> np.ndarray:
    """Most events of one origin in any window that holds each event.

    Parameters
    ----------
    origins : ndarray of int
        0, 1, …
    seconds : ndarray of int
        Times.
    window : int
        Seconds; both ends belong to it.
    """
    if not len(seconds):
        return np.zeros(0, dtype="int64")
    # One axis for all origins, with more than a window between two of them.
    stride = int(seconds.max() - seconds.min()) + window + 1
    place = origins * stride + (seconds - seconds.min())
    order = np.argsort(place, kind="stable")
    line = place[order]
    count = np.searchsorted(line, line + window, side="right") - np.arange(len(line))
    best = count.copy()
    for step in range(1, int(count.max())):
        # The window that opens ``step`` events earlier holds this one if it is long enough.
        earlier = np.where(count[:-step] > step, count[:-step], 0)
        best[step:] = np.maximum(best[step:], earlier)
    result = np.empty(len(best), dtype="int64")
    result[order] = best
    return result
