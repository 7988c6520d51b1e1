"""What a platform recorded of a visit beside the answers: where from, page times, scores.

Addresses stay in the reader's hands: what goes on is a number that two responses share
where they came from one address and one browser.
"""

from __future__ import annotations

import re

import pandas as pd

from mspsurvey.intake.readers.export import RawExport, to_number

ORIGIN = "origin"
PAGE = "page:"
SCORE = "score:"
"""Beginnings of the names of columns: seconds on a page, and a score of the platform."""

_ADDRESS = re.compile(r"ip[\s_-]?(?:addr(?:ess)?|adresse?)|adresse ip|direcci[oó]n ip|ipaddr")
# Among columns that are personal anyway, in whatever language: "Endereço IP", "IP アドレス".
_PERSONAL_ADDRESS = re.compile(r"(?<![a-z])ip(?:[\s_-]?add?r|(?![a-z]))|network id")
_BROWSER = re.compile(r"user[\s_-]?agent|.*_(?:browser|version|operating system|resolution)")
_PAGE_SUBMIT = re.compile(r"(.+)_page[ _]submit|(?:grouptime|group time:?)\s?(.+)")
_SCORE = re.compile(r"q_(?:recaptchascore|relevantid\w+|ballotboxstuffing|duplicaterespondent)")


def traces(export: RawExport) -> pd.DataFrame:
    """Give what the platform recorded of each visit, aligned with the answers.

    Returns
    -------
    DataFrame
        ``origin`` (text; one number for one address and browser, ``""`` where the address
        is unknown), ``page:<name>`` (seconds) and ``score:<name>`` (text as written) for
        each column of the export that holds one.
    """
    found: dict[str, pd.Series] = {ORIGIN: _origin(export)}
    for name, cells in export.answers.items():
        low = str(name).casefold()
        if page := _PAGE_SUBMIT.fullmatch(low):
            found[PAGE + (page[1] or page[2])] = to_number(cells)
        elif _SCORE.fullmatch(low):
            found[SCORE + low] = cells
    return pd.DataFrame(found, index=export.meta.index)


def _origin(export: RawExport) -> pd.Series:
    cells = export.cells
    address = [n for n in export.personal if _PERSONAL_ADDRESS.search(str(n).casefold())]
    address += [n for n in export.answers if _ADDRESS.fullmatch(str(n).casefold())]
    browser = [n for n in cells if _BROWSER.fullmatch(str(n).casefold())]
    if not address:
        return pd.Series("", index=export.meta.index, dtype="str")
    known = cells[address[0]].str.strip().ne("")
    keys = pd.MultiIndex.from_frame(cells[[address[0], *browser]])
    codes = pd.Series(keys.factorize()[0], index=export.meta.index)
    return codes.astype("str").where(known, "").astype("str")
