"""What a test of means is about: a number, a level as 0 and 1, or a difference of two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.testing.base import label

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


@dataclass(frozen=True)
class Values:
    """One number a row.

    Attributes
    ----------
    y : ndarray of float, shape (rows,)
        The numbers; 0 where there is none.
    valid : ndarray of bool, shape (rows,)
        Rows that have one.
    items : tuple of str
        Columns it is made of.
    words : str
        What it is called: "score", "mfa: yes", "price less price last year".
    share : bool
        Whether it is 0 and 1, so that its mean is a share.
    """

    y: Floats
    valid: Bools
    items: tuple[str, ...]
    words: str
    share: bool = False


def number(survey: Survey, item: str) -> Values:
    """Take a column of numbers, or of codes that stand for numbers."""
    y = survey.coder.numbers(item)
    valid = np.isfinite(y)
    return Values(np.where(valid, y, 0.0), valid, (item,), item_words(survey, item))


def indicator(survey: Survey, item: str, levels: list[str]) -> Values:
    """Take a level, or several as a net, as 1 and any other answer as 0."""
    coded = survey.coder.coded(item)
    chosen = [coded.position(level, item) for level in levels]
    words = " or ".join(label(survey, item, coded.levels[c]) for c in chosen)
    return Values(
        np.isin(coded.codes, chosen).astype(np.float64),
        coded.codes >= 0,
        (item,),
        f"{item_words(survey, item)}: {words}",
        share=True,
    )


def paired(survey: Survey, first: str, second: str) -> Values:
    """Take the difference of two numbers of the same respondent, first less second."""
    if first == second:
        raise EstimateError("Two columns were wanted, to pair.", f"Both are {first!r}.")
    one, two = number(survey, first), number(survey, second)
    valid = one.valid & two.valid
    words = f"{one.words} less {two.words}"
    return Values(np.where(valid, one.y - two.y, 0.0), valid, (first, second), words)


def item_words(survey: Survey, item: str) -> str:
    """Label of a variable, its name where the instrument has none."""
    variable = survey.coder.variable(item)
    return item if variable is None else variable.label
