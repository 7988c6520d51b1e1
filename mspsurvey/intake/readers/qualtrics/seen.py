"""Whether -99 in a Qualtrics export means "seen and left unanswered".

Whoever exports can tick that option; the file does not say so. It may also be a recode of an
answer, or what somebody typed. It is taken for the option only where it stands in columns that
no code can stand in.
"""

from __future__ import annotations

import pandas as pd

SEEN = "-99"
LEAST_COLUMNS = 3
"""Columns that must hold it, one of them of texts or of ticks."""


def seen_unanswered(
    answers: pd.DataFrame, columns: pd.DataFrame
) -> list[tuple[str, str, str, str]]:
    """Give a row of choices for each column where -99 means that the question was seen.

    Returns
    -------
    list of (str, str, str, str)
        Column, -99, no label, and the reason; empty where the file holds no proof.
    """
    asked = columns[columns["role"].isin(["answer", "text"])]
    holding = [n for n in asked["name"] if answers[n].eq(SEEN).any()]
    if len(holding) < LEAST_COLUMNS:
        return []
    texts = set(asked.loc[asked["role"].eq("text"), "name"])
    choices = dict(zip(asked["name"], asked["choice"], strict=True))
    proof = [n for n in holding if _no_code_there(answers[n], n in texts, choices[n])]
    return [(n, SEEN, "", "no_answer") for n in holding] if proof else []


def _no_code_there(cells: pd.Series, text: bool, choice: str) -> bool:
    """Whether the other cells of a column are words, or the ticks of one choice."""
    others = set(cells[cells.ne(SEEN)].str.strip()) - {""}
    if text:
        return any(not _number(other) for other in others)
    return bool(choice) and (others == {"1"} or others == {choice})


def _number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("+-").isdigit()
