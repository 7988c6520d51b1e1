"""Weights: base, nonresponse, raking, trimming, and what they cost.

Each function takes weights and gives new ones. The order in which a study uses them is in
``weigh.py``.

Sources: Kish, *Survey Sampling* (1965), 11.7; Kalton & Flores-Cervantes, *Journal of
Official Statistics* 19 (2003), for nonresponse classes and trimming.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.coding import Bools, Floats
from mspsurvey.inference.margin import Margin, load_margins
from mspsurvey.inference.rake import Raked, rake

__all__ = [
    "Margin",
    "Raked",
    "base_weights",
    "design_effect",
    "effective_n",
    "frame_counts",
    "load_margins",
    "nonresponse",
    "rake",
    "trim",
]


def design_effect(weights: pd.Series | Floats) -> float:
    """Kish's design effect of weighting, n·Σw² / (Σw)².

    w are the final weights of n respondents. 1 means that weighting cost nothing;
    ``design_effect([1, 1, 2])`` is 3 · 6 / 16 = 1.125. It is an approximation that leaves
    out what stratification gains.
    """
    w = np.asarray(weights, dtype=np.float64)
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def effective_n(weights: pd.Series | Floats) -> float:
    """Kish's effective sample size, (Σw)² / Σw²: n over the design effect."""
    return len(weights) / design_effect(weights)


def frame_counts(frame: pd.DataFrame) -> pd.Series:
    """Count the records of a sampling frame by stratum.

    Parameters
    ----------
    frame : DataFrame
        One row a record, with ``stratum``; or one row a stratum, with ``stratum_size``.

    Returns
    -------
    Series of float
        N_h, indexed by stratum, sorted.
    """
    _require(frame, ["stratum"], "sampling frame")
    if "stratum_size" not in frame.columns:
        counted: pd.Series = frame.groupby("stratum", observed=True).size().astype(np.float64)
        return counted
    sizes = pd.to_numeric(frame["stratum_size"], errors="coerce")
    if sizes.isna().any() or (sizes <= 0).any() or frame["stratum"].duplicated().any():
        raise WeightError(
            "A sampling frame by stratum should have one positive stratum_size for each.",
            "One is no number, not positive, or a stratum stands twice.",
        )
    return pd.Series(sizes.to_numpy(np.float64), index=frame["stratum"].to_numpy()).sort_index()


def base_weights(sample: pd.DataFrame, counts: pd.Series) -> pd.Series:
    """Weigh each sampled record by the inverse of its chance, N_h / n_h.

    Parameters
    ----------
    sample : DataFrame
        One row a sampled record, with ``stratum``.
    counts : Series
        N_h, records of the frame in stratum h, indexed by stratum.

    Returns
    -------
    Series of float
        Indexed as ``sample``. n_h counts all records sampled in h, whatever became of them.

    Raises
    ------
    WeightError
        Where a stratum of the sample is not in the frame, one of the frame has no sample, or
        more were sampled than there are.
    """
    _require(sample, ["stratum"], "sample")
    sampled = sample["stratum"].value_counts()
    for wanted, found, words in (
        (sampled.index, counts.index, "of the sample is not in the frame"),
        (counts.index, sampled.index, "of the frame has no sampled record"),
    ):
        absent = sorted(set(map(str, wanted)) - set(map(str, found)))
        if absent:
            raise WeightError(
                "Sample and frame should have the same strata.",
                f"Stratum '{absent[0]}' {words}.",
                "A part of the population without a chance of selection cannot be weighed for.",
            )
    if (sampled > counts.reindex(sampled.index)).any():
        raise WeightError(
            "A stratum cannot have more sampled records than its frame.",
            f"Stratum '{sampled.index[(sampled > counts.reindex(sampled.index))][0]}' has.",
        )
    weights: pd.Series = sample["stratum"].map(counts / sampled).astype(np.float64)
    return weights


def nonresponse(
    weights: pd.Series, *, responded: pd.Series, eligible: pd.Series, classes: pd.Series
) -> pd.Series:
    """Let respondents stand for the nonrespondents of their class.

    The factor of class c is Σ w over sampled records that are eligible or may be, divided by
    Σ w over respondents. It repairs what the classes explain and nothing else.

    Parameters
    ----------
    weights : Series of float
        Base weights of all sampled records.
    responded, eligible : Series of bool
        Who answered; who is known to be eligible or not known not to be.
    classes : Series
        Class of each record.

    Returns
    -------
    Series of float
        Weights of the respondents, 0 for all others; indexed as ``weights``.

    Raises
    ------
    WeightError
        Where a class has eligible records and no respondent.
    """
    standing = eligible | responded
    wanted = weights.where(standing, 0.0).groupby(classes).sum()
    given = weights.where(responded, 0.0).groupby(classes).sum()
    silent = wanted.index[(wanted > 0) & (given == 0)]
    if len(silent):
        raise WeightError(
            "Every class of nonresponse needs a respondent.",
            f"Class '{silent[0]}' has none, for {int((standing & classes.eq(silent[0])).sum()):,} "
            "records.",
            "Take coarser classes in study.toml ([weights.…] nonresponse).",
        )
    factor = wanted / given.where(given > 0, 1.0)
    adjusted: pd.Series = weights.where(responded, 0.0) * classes.map(factor).astype(np.float64)
    return adjusted


def trim(weights: pd.Series, upper: float | pd.Series) -> pd.Series:
    """Cut weights at ``upper`` and share what is cut among the others, in proportion.

    Trimming buys a smaller variance with some bias; the sum of weights stays.

    Parameters
    ----------
    weights : Series of float
        Positive weights.
    upper : float or Series
        Largest weight allowed, for all or for each respondent.

    Raises
    ------
    WeightError
        Where even weights that are all at their limit do not reach the sum.
    """
    limit = np.broadcast_to(np.asarray(upper, dtype=np.float64), len(weights))
    now = weights.to_numpy(dtype=np.float64, copy=True)
    total = now.sum()
    if limit.sum() < total * (1 - 1e-12):
        raise WeightError(
            "Weights can be trimmed only where the limits leave room for their sum.",
            f"The limits sum to {limit.sum():,.6g}, the weights to {total:,.6g}.",
            "Choose a larger limit.",
        )
    at_limit: Bools = np.zeros(len(now), dtype=bool)
    # Each round puts at least one more weight at its limit, so that this ends.
    while (now > limit * (1 + 1e-12)).any():
        at_limit |= now >= limit
        free = ~at_limit
        now = np.where(at_limit, limit, now)
        if free.any():
            now[free] *= (total - limit[at_limit].sum()) / now[free].sum()
    return pd.Series(now, index=weights.index, name=weights.name)


def _require(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    for column in columns:
        if column not in table.columns:
            raise WeightError(
                f"The {name} should have a column '{column}'.",
                f"It has {', '.join(map(str, table.columns))}.",
            )
