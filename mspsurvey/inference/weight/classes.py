"""Nonresponse by classes: respondents stand for the others of their class.

Source: Kalton & Flores-Cervantes, *Journal of Official Statistics* 19 (2003), 81–97.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError


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
