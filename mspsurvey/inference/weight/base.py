"""Base weights: what a sampled record stands for by the design alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError


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


def _require(table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    for column in columns:
        if column not in table.columns:
            raise WeightError(
                f"The {name} should have a column '{column}'.",
                f"It has {', '.join(map(str, table.columns))}.",
            )
