"""C9: a response whose answers are nearly those of another one: copied, or filled in twice.

Percent match as Kuriakose and Robbins (2016) measure it. Their limit of 85 % alone would not do:
how alike honest answers are depends on how many questions there are, how many answers each has,
how many people answered and how much they have in common (Simmons and others, 2016). So the limit
is taken from the sample itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from mspsurvey.instrument import NUMBERS
from mspsurvey.intake.work import Work

LEAST_MATCH = 0.85
"""Share of answers in common below which no pair is suspected (Kuriakose & Robbins, 2016)."""
LEAST_COMMON = 20
"""Questions that both must have answered; of fewer, many are all alike by chance."""
BY_CHANCE = 0.01
"""Pairs that may pass the limit by chance, in the whole sample."""
MOST = 10_000
"""Responses from which on no pairs are compared: their number grows with the square."""
_BLOCK = 512
_COMPARED = ("single", "grid", *NUMBERS)


def repeats(work: Work) -> pd.DataFrame:
    """Compare each response with all others of the source.

    Returns
    -------
    DataFrame
        ``nearest_match``: largest share of common questions that another response answered
        alike (NaN where none has enough questions in common), and the flag ``C9``.
    """
    codes = _answers(work)
    n, items = codes.shape
    nearest, limit = np.full(n, np.nan), np.inf
    if items >= LEAST_COMMON and 2 <= n <= MOST:
        nearest, limit = nearest_match(codes)
    return pd.DataFrame({"nearest_match": nearest, "C9": nearest >= limit}, work.answers.index)


def _answers(work: Work) -> np.ndarray:
    """Answers as numbers, responses × questions; −1 is none.

    Boxes that were not ticked are left out: they are alike in most pairs. Numbers are in: that
    two honest ones are the same says more than that two choices are.
    """
    columns = [
        pd.factorize(work.answers[v.name])[0]
        for v in work.instrument
        if v.kind in _COMPARED and v.role == "answer" and work.has(v.name)
    ]
    return np.column_stack([*columns, np.empty((len(work.answers), 0), dtype="int64")])


def nearest_match(codes: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the nearest neighbour of each response, and the share from which it is too near.

    The limit is m + z·s, at least 85 %: m and s are mean and standard deviation of the share of
    all pairs, and z leaves 0.01 of all pairs above it if shares were normal. More questions or
    more answers to each make s smaller, and what people have in common makes m larger.

    Parameters
    ----------
    codes : ndarray of int, responses × items
        Answers; −1 is none.

    Returns
    -------
    nearest : ndarray of float, responses
        NaN where no other response has 20 questions in common.
    limit : float
        Above 1 where the questions are too few to tell; infinite without pairs.
    """
    nearest = np.full(len(codes), -1.0)
    count, total, squares = 0, 0.0, 0.0
    for rows, others, share in _blocks(codes):
        nearest[rows] = np.maximum(nearest[rows], share.max(axis=1))
        nearest[others] = np.maximum(nearest[others], share.max(axis=0))
        found = share[share >= 0]
        count += found.size
        total += float(found.sum(dtype="float64"))
        squares += float(found @ found)
    nearest = np.where(nearest < 0, np.nan, nearest)
    if not count:
        return nearest, np.inf
    mean = total / count
    spread = np.sqrt(max(squares / count - mean**2, 0.0))
    return nearest, max(LEAST_MATCH, mean + float(norm.isf(BY_CHANCE / count)) * spread)


def _blocks(codes: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Shares of a block of responses with those after them; −1 where too little is in common.

    Matches are counted as a product of matrices of noughts and ones, a column an answer.
    """
    given = (codes >= 0).astype("float32")
    chosen = np.hstack([_one_hot(column) for column in codes.T])
    for start in range(0, len(codes), _BLOCK):
        rows, others = slice(start, start + _BLOCK), slice(start, None)
        common = given[rows] @ given[others].T
        share = (chosen[rows] @ chosen[others].T) / np.maximum(common, 1)
        share[common < LEAST_COMMON] = -1
        share[np.tril_indices(len(share))] = -1
        yield rows, others, share


def _one_hot(column: np.ndarray) -> np.ndarray:
    """A column for each answer that was given twice: others match nothing."""
    answers, times = np.unique(column[column >= 0], return_counts=True)
    return np.asarray(column[:, None] == answers[times > 1], dtype="float32")
