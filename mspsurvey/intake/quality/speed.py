"""C1: responses given faster than anybody reads."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.intake.quality.traces import PAGE
from mspsurvey.intake.work import Work

SPEEDER_SHARE = 1 / 3
"""Of the median time: below it a response, or a page, was rushed."""
LEAST_SECONDS = 1.0
"""Seconds a question below which nobody reads (Wood and others, 2017)."""
FAST_PAGES = 0.5
"""Share of the timed pages from which rushing is a habit and not one skipped page."""
LEAST_PAGES = 4
_TICKS_READ_TOGETHER = 4


def seconds_per_question(work: Work) -> pd.Series:
    """Give the seconds for each question that was shown, since routes differ in length."""
    asked = [v.name for v in work.instrument if v.role == "answer" and work.has(v.name)]
    ticks = [n for n in asked if work.instrument[n].kind == "tick"]
    shown = ~work.missing[asked].isin(["not_shown", "not_reached"])
    count = shown.drop(columns=ticks).sum(axis=1)
    count += shown[ticks].sum(axis=1) / _TICKS_READ_TOGETHER
    return (work.meta["duration_s"] / count.clip(lower=1)).astype("float64")


def fast_pages(work: Work) -> pd.Series:
    """Share of the timed pages left in less than a third of the page's median time.

    NaN where fewer than four pages were timed.
    """
    pages = work.meta[[n for n in work.meta if str(n).startswith(PAGE)]].astype("float64")
    timed = pages.notna().sum(axis=1)
    fast = pages.lt(pages.median() * SPEEDER_SHARE).sum(axis=1)
    return (fast / timed.where(timed >= LEAST_PAGES)).astype("float64")


def speed(work: Work) -> pd.DataFrame:
    """Measure how fast each response was.

    Returns
    -------
    DataFrame
        ``seconds_per_question``, ``pace`` (1 is the median), ``fast_pages`` and the flag
        ``C1``.
    """
    seconds = seconds_per_question(work)
    pace, pages = seconds / seconds.median(), fast_pages(work)
    rushed = pace.lt(SPEEDER_SHARE) | seconds.lt(LEAST_SECONDS) | pages.ge(FAST_PAGES)
    return pd.DataFrame(
        {
            "seconds_per_question": seconds,
            "pace": pace.replace([np.inf, -np.inf], np.nan),
            "fast_pages": pages,
            "C1": rushed,
        }
    )
