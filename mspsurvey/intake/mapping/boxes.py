"""Checkboxes of a platform that writes 0 for a box passed over and for one never shown.

A question none of whose boxes is ticked has no answer: not "no" to every choice, or all who were
never asked would count as having none of them. The choice "None of these" is there to be ticked.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.intake.rules.labels import OFF

UNTOLD = ("redcap",)
"""Platforms whose exports do not tell the two apart."""


def untouched_blank(
    answers: Mapping[str, pd.Series], instrument: Instrument
) -> dict[str, pd.Series]:
    """Blank the boxes of each question where none of them is ticked.

    Parameters
    ----------
    answers : mapping of str to Series of str
        Cells by variable.
    instrument : Instrument

    Returns
    -------
    dict of str to Series of str
        The columns of ticks alone.
    """
    blanked: dict[str, pd.Series] = {}
    for question in instrument.questions.values():
        ticks = [n for n in question.variables if instrument[n].kind == "tick" and n in answers]
        if ticks:
            frame = pd.DataFrame({n: answers[n].str.strip().str.casefold() for n in ticks})
            untouched = frame.isin({"", *OFF}).all(axis=1)
            blanked |= {n: answers[n].mask(untouched, "") for n in ticks}
    return blanked
