"""Answers that are missing: how many rows a question leaves out, and for which reasons."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.inference.design.coding import Bools, Coder
from mspsurvey.inference.design.design import Design


def aligned(missing: pd.DataFrame | None, frame: pd.DataFrame) -> pd.DataFrame | None:
    """Bring the reasons into the order of the answers.

    Raises
    ------
    DataError
        Where there is not one row of reasons for each respondent.
    """
    if missing is None:
        return None
    if "resp_id" in missing.columns and "resp_id" in frame.columns:
        indexed = missing.set_index("resp_id")
        absent = ~frame["resp_id"].isin(indexed.index)
        if absent.any() or indexed.index.has_duplicates:
            raise DataError(
                "The reasons for missing answers should have one row for each respondent.",
                f"{int(absent.sum()):,} respondents have none, or some stand twice.",
                "Build again from the raw files with `mspsurvey build`.",
            )
        return indexed.loc[frame["resp_id"]]
    if len(missing) != len(frame):
        raise DataError(
            "The reasons for missing answers should have one row for each respondent.",
            f"There are {len(missing):,} rows for {len(frame):,} respondents.",
        )
    return missing


def count_left_out(
    domain: Bools,
    valid: Bools,
    *,
    items: Sequence[str],
    by: Sequence[str],
    coder: Coder,
    design: Design,
    missing: pd.DataFrame | None,
) -> dict[str, int]:
    """Count the domain's rows without a valid answer, by reason.

    A row without a group counts under the grouping variable; else under the reason of the
    first of ``items`` that it lacks, ``no_answer`` where none is recorded.
    """
    counts: dict[str, int] = {}
    rest = domain.copy()
    for name in by:
        absent = rest & (coder.coded(name).codes < 0)
        if n := design.respondents(absent):
            counts[f"no_{name}"] = n
        rest &= ~absent
    rest &= ~valid
    for name in items:
        if missing is not None and name in missing.columns and rest.any():
            reasons = missing[name].to_numpy(dtype=object)[rest]
            for reason, n in pd.Series(reasons).value_counts().sort_index().items():
                counts[str(reason)] = counts.get(str(reason), 0) + int(n)
            rest = rest & ~missing[name].notna().to_numpy()
    if rest.any():
        counts["no_answer"] = counts.get("no_answer", 0) + design.respondents(rest)
    return counts
