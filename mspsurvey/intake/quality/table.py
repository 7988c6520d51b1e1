"""All signs of a response side by side."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.quality.attention import attention
from mspsurvey.intake.quality.bursts import bursts
from mspsurvey.intake.quality.gibberish import gibberish
from mspsurvey.intake.quality.grids import straight_lines
from mspsurvey.intake.quality.outliers import outliers
from mspsurvey.intake.quality.platform import platform_scores
from mspsurvey.intake.quality.repeats import repeats
from mspsurvey.intake.quality.speed import speed
from mspsurvey.intake.work import Work
from mspsurvey.schema import QUALITY_FLAGS, QUALITY_NUMBERS

MEASURES = (
    speed, straight_lines, attention, gibberish, bursts, outliers, platform_scores, repeats,
)  # fmt: skip


def quality_table(work: Work) -> pd.DataFrame:
    """Measure every response by every sign.

    Returns
    -------
    DataFrame
        ``source``, ``resp_id``, each of ``schema.QUALITY_NUMBERS`` (float64) and each of
        ``schema.QUALITY_FLAGS`` (bool); indexed as the answers.
    """
    found = pd.concat([measure(work) for measure in MEASURES], axis=1)
    numbers = found[list(QUALITY_NUMBERS)].astype("float64")
    flags = found[list(QUALITY_FLAGS)].fillna(value=False).astype("bool")
    ids = pd.DataFrame({"source": work.source}, index=work.answers.index, dtype="str")
    if "resp_id" in work.meta:
        ids["resp_id"] = work.meta["resp_id"].astype("str")
    return pd.concat([ids, numbers, flags], axis=1)


def quality_flags(table: pd.DataFrame) -> pd.Series:
    """Give the flags of each response, separated by blanks.

    Parameters
    ----------
    table : DataFrame
        With the columns of ``schema.QUALITY_FLAGS``.

    Returns
    -------
    Series of str
        ``"C1 C3"``; empty where nothing was found.
    """
    flags = pd.Series("", index=table.index, dtype="str")
    for name in QUALITY_FLAGS:
        flags = flags.mask(table[name], flags + " " + name)
    return flags.str.strip()
