"""C3: questions put to see whether anybody reads."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
from rapidfuzz.distance import OSA

from mspsurvey.intake.work import Work

CHECK = "attn"
"""How the name of a check begins; its right options are those with the value 1."""
LETTERS_A_SLIP = 5
"""In a typed answer, letters for each slip of the finger that is forgiven."""


def attention(work: Work) -> pd.DataFrame:
    """Count the checks that a response misses; one left blank is not missed.

    The right answer to a check that is typed stands in study.toml, ``[quality.attention]``,
    by variable. It is matched leniently: quotes, full stops, capitals, accents and a
    slip of a letter do not count, since people who read the question make them.

    Returns
    -------
    DataFrame
        ``attention_missed`` and the flag ``C3``.
    """
    missed = pd.Series(0, index=work.answers.index, dtype="int64")
    typed = work.settings.get("attention", {})
    for variable in work.instrument:
        if not work.has(variable.name):
            continue
        answer = work.answers[variable.name]
        if variable.name.startswith(CHECK) and variable.options:
            right = answer.isin([o.code for o in variable.options if o.value == 1])
        elif variable.name in typed:
            right = answer.map(lambda text, word=typed[variable.name]: says(str(text), word))
        else:
            continue
        given = answer.notna() & answer.ne("")
        missed += (given & ~right.astype("bool")).astype("int64")
    return pd.DataFrame({"attention_missed": missed, "C3": missed.gt(0)})


def says(typed: str, word: str) -> bool:
    """Whether somebody who typed this meant the word.

    Examples
    --------
    >>> says(' "Purple." ', "purple"), says("purpel", "purple"), says("green", "purple")
    (True, True, False)
    """
    given, wanted = _letters(typed), _letters(word)
    return OSA.distance(given, wanted) <= len(wanted) // LETTERS_A_SLIP


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]", "", "".join(c for c in plain if not unicodedata.combining(c)))
