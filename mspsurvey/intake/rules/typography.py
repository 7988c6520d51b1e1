"""Text as it should have been typed: blanks, quotes, and letters that a wrong encoding broke."""

from __future__ import annotations

import re
from collections.abc import Callable

from mspsurvey.intake.shown import is_formula
from mspsurvey.intake.work import Distinct, Edit, Rule, Work, changed, query

_QUOTES = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"',
        "»": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "…": "...",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u3000": " ",
    }
)  # fmt: skip
# UTF-8 read as cp1252 leaves Ã, Â or â before a character of the upper half.
_BROKEN = re.compile("[ÂÃâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def mend_letters(text: str) -> str:
    """Undo UTF-8 that was read as cp1252.

    Examples
    --------
    >>> mend_letters("donâ€™t know")
    'don’t know'
    """
    if not _BROKEN.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        # Only parts of the text are broken.
        return _BROKEN_RUN.sub(_mend_run, text)


_BROKEN_RUN = re.compile("[\u0080-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]+")


def _mend_run(match: re.Match[str]) -> str:
    try:
        return match[0].encode("cp1252").decode("utf-8")
    except UnicodeError:
        return match[0]


def tidy_text(text: str) -> str:
    """Use straight quotes, plain hyphens and single blanks, none at the ends."""
    return " ".join(text.translate(_QUOTES).split())


def _letters(work: Work) -> Edit:
    return _rewrite(work, mend_letters, "letters broken by a wrong encoding")


def _blanks(work: Work) -> Edit:
    return _rewrite(work, tidy_text, "blanks, quotes or hyphens made plain")


def _rewrite(work: Work, function: Callable[[str], str], reason: str) -> Edit:
    edit = Edit()
    for name, column in work.answers.items():
        distinct = Distinct(column)
        better = [function(text) for text in distinct.texts]
        if better != distinct.texts:
            new = distinct.spread(better, "str")
            rows = new != column
            edit.answers[str(name)] = new
            edit.changes.append(changed(work, str(name), rows, column, new, reason))
    return edit


def _formulas(work: Work) -> Edit:
    """List what a spreadsheet would run; every export of ours puts a quote before it."""
    edit = Edit()
    for name, column in work.answers.items():
        texts = Distinct(column)
        runs = texts.spread([is_formula(t) and not _NUMBER.match(t) for t in texts.texts], "bool")
        if runs.any():
            edit.queries.append(query(work, str(name), runs, column, "a spreadsheet would run it"))
    return edit


_NUMBER = re.compile(r"[+-]?[$£€]?[\d.,\s]+%?\Z")
RULES = (
    Rule(
        "T5",
        "I",
        "Letters are those that were typed.",
        _letters,
        "undo UTF-8 that was read as cp1252",
    ),
    Rule("T4", "I", "Blanks, quotes and hyphens are plain.", _blanks, "replace by the plain form"),
    Rule(
        "T3",
        "Q",
        "No answer is a formula.",
        _formulas,
        "ask, and escape in every table for a spreadsheet",
    ),
)
