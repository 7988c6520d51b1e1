"""Signs of careless answering: flags, never a deletion.

C1 speed, C2 uniform answers, C3 attention. Each response carries its flags; an analyst can
leave flagged responses out and see what changes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.intake.work import Work

SPEEDER_SHARE = 1 / 3
"""Of the median time for a question: below it a response is a speeder."""
LEAST_SECONDS = 1.0
"""Seconds a question below which nobody reads (Wood and others, 2017)."""
GRID_ROWS = 6
LEAST_GRIDS = 2
LEAST_LEVELS = 3
_BATTERY_ROWS = 16


def quality_flags(work: Work) -> pd.Series:
    """Give the flags of each response, separated by blanks.

    Returns
    -------
    Series of str
        ``"C1 C3"``; empty where nothing was found.
    """
    signs = {"C1": speeders(work), "C2": straightliners(work), "C3": inattentive(work)}
    flags = pd.Series("", index=work.answers.index, dtype="str")
    for name, found in signs.items():
        flags = flags.mask(found, flags + " " + name)
    return flags.str.strip()


def speeders(work: Work) -> pd.Series:
    """Find responses given in less than a third of the median time for a question.

    Time is divided by the questions that were shown, since routes differ in length.
    """
    asked = [v.name for v in work.instrument if v.role == "answer" and work.has(v.name)]
    ticks = [n for n in asked if work.instrument[n].kind == "tick"]
    shown = ~work.missing[asked].isin(["not_shown", "not_reached"])
    # Ticks of one question are read together.
    count = shown.drop(columns=ticks).sum(axis=1) + shown[ticks].sum(axis=1) / 4
    pace = work.meta["duration_s"] / count.clip(lower=1)
    return pace.lt(pace.median() * SPEEDER_SHARE) | pace.lt(LEAST_SECONDS)


def straightliners(work: Work) -> pd.Series:
    """Find responses with one and the same answer in each row of grid after grid.

    At least two grids of six or more rows without any variation count, or sixteen rows of
    shorter grids that are all alike; only grids with three answers or more to choose from.
    """
    long_alike = pd.Series(0, index=work.answers.index)
    short_rows: list[str] = []
    for question in work.instrument.questions.values():
        rows = [n for n in question.variables if work.has(n)]
        if question.kind != "grid" or len(rows) < 3:
            continue
        # A list of facts answered yes or no may honestly be all alike.
        if len(work.instrument[rows[0]].levels) < LEAST_LEVELS:
            continue
        if len(rows) >= GRID_ROWS:
            long_alike += _alike(work.answers[rows], GRID_ROWS)
        else:
            short_rows += rows
    result = long_alike.ge(LEAST_GRIDS)
    if len(short_rows) >= _BATTERY_ROWS:
        result |= _alike(work.answers[short_rows], _BATTERY_ROWS).astype("bool")
    return result


def _alike(grid: pd.DataFrame, least: int) -> pd.Series:
    codes = pd.factorize(grid.to_numpy(dtype=object).ravel())[0].reshape(grid.shape)
    given = codes >= 0
    highest = np.where(given, codes, -1).max(axis=1)
    lowest = np.where(given, codes, codes.max() + 1).min(axis=1)
    alike = (given.sum(axis=1) >= least) & (highest == lowest)
    return pd.Series(alike.astype("int64"), index=grid.index)


def inattentive(work: Work) -> pd.Series:
    """Find responses that miss the question put to see whether anybody reads."""
    missed = pd.Series(False, index=work.answers.index)
    for variable in work.instrument:
        if not variable.name.startswith("attn") or not work.has(variable.name):
            continue
        right = [o.code for o in variable.options if o.value == 1]
        answer = work.answers[variable.name]
        missed |= (answer.notna() & ~answer.isin(right)).astype("bool")
    return missed
