"""C8: what the platform itself thinks of a response. SurveyMonkey and others say nothing."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.quality.traces import SCORE
from mspsurvey.intake.readers.export import to_number
from mspsurvey.intake.work import Work

HUMAN = 0.5
DUPLICATE = 75.0
FRAUD = 30.0
"""Bounds that Qualtrics names for its scores (Fraud Detection, survey platform manual)."""
_YES = ("true", "1", "yes")


def platform_scores(work: Work) -> pd.DataFrame:
    """Count the platform's signs that a response is a robot's or a repeat.

    Signs: Q_RecaptchaScore below 0.5, Q_RelevantIDFraudScore of 30 or more,
    Q_RelevantIDDuplicateScore of 75 or more, and a yes in Q_BallotBoxStuffing,
    Q_DuplicateRespondent or Q_RelevantIDDuplicate.

    Returns
    -------
    DataFrame
        ``platform_signs`` and the flag ``C8``.
    """
    signs = pd.Series(0, index=work.answers.index, dtype="int64")
    for name in work.meta:
        if str(name).startswith(SCORE):
            signs += _sign(str(name).removeprefix(SCORE), work.meta[name]).astype("int64")
    return pd.DataFrame({"platform_signs": signs, "C8": signs.gt(0)})


def _sign(name: str, cells: pd.Series) -> pd.Series:
    if name == "q_recaptchascore":
        return to_number(cells).lt(HUMAN)
    if name == "q_relevantidfraudscore":
        return to_number(cells).ge(FRAUD)
    if name == "q_relevantidduplicatescore":
        return to_number(cells).ge(DUPLICATE)
    if name in ("q_ballotboxstuffing", "q_duplicaterespondent", "q_relevantidduplicate"):
        return cells.str.strip().str.casefold().isin(_YES)
    return pd.Series(False, index=cells.index)
