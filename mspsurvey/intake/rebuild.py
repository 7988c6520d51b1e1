"""From the processed tables back to the cells of the raw file.

A cell is found again from what is stored (a value, or the reason for having none) and from
the first row of the log that names it. Most cells need no more: their text is how the export
writes the stored value everywhere. ``spellings`` says how, where that is not the label; and
it has a line for each single cell that could not be found again without it. Free text,
personal fields and what looks personal in other fields are never kept, and so not found
again: such a cell reads ``REDACTED``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument, Variable
from mspsurvey.intake.shown import REDACTED, logged, number_text
from mspsurvey.schema import SPELLINGS, stored_variables

EVERYWHERE = 0
"""Row of a spelling that holds for all cells of its code; records count from 1."""


class _Stored(NamedTuple):
    """Text of what is stored in each cell: code of an answer, or reason for none."""

    code: np.ndarray
    missing: np.ndarray


Spelled = Mapping[tuple[str, str], str]


class _First(NamedTuple):
    """First change of each cell of one variable: position, and the old text."""

    at: np.ndarray
    old: np.ndarray


def find_spellings(
    raw: pd.DataFrame, responses: pd.DataFrame, missing: pd.DataFrame, changes: pd.DataFrame,
    instrument: Instrument, source: str,
) -> pd.DataFrame:  # fmt: skip
    """Say how the export writes what is stored, so that every raw cell can be found again.

    Parameters
    ----------
    raw : DataFrame of str
        Mapped answers as exported; the index is the record of the raw file.
    responses, missing : DataFrame
        Kept responses, and the reasons for what they lack.
    changes : DataFrame
        Log of the source, columns of ``schema.CHANGES``.

    Returns
    -------
    DataFrame
        Columns of ``schema.SPELLINGS``. ``row`` is ``EVERYWHERE``, or the record that alone
        is written so.
    """
    lines: list[tuple[str, str, int, str, str, str]] = []
    firsts = _first_changes(changes, responses)
    rows = responses["row"].to_numpy()
    for variable in _of_export(instrument):
        name = variable.name
        cells = raw[name].loc[rows].to_numpy(dtype=object)
        kept = _stored(variable, responses[name], missing[name])
        first = firsts.get(name)
        spelled = _spell(variable, kept, cells, first)
        found = _found(variable, kept, first, spelled)
        lines += [(source, name, EVERYWHERE, *key, text) for key, text in spelled.items()]
        lines += [
            (source, name, int(rows[k]), "", "", logged(cells[k]))
            for k in np.flatnonzero((found != cells) & (found != REDACTED))
        ]
    return pd.DataFrame(lines, columns=list(SPELLINGS)).astype(
        {name: "str" for name in SPELLINGS if name != "row"} | {"row": "int64"}
    )


def rebuild(
    responses: pd.DataFrame, missing: pd.DataFrame, changes: pd.DataFrame,
    spellings: pd.DataFrame, instrument: Instrument,
) -> pd.DataFrame:  # fmt: skip
    """Give the answers of kept responses as the raw file had them.

    Parameters
    ----------
    responses, missing, changes, spellings : DataFrame
        Processed tables of one source.
    instrument : Instrument
        Its questionnaire.

    Returns
    -------
    DataFrame of str, responses × variables of the export
        Exact, but for cells that read ``REDACTED``. The index is the record of the raw file.
    """
    firsts = _first_changes(changes, responses)
    by_name = {str(name): part for name, part in spellings.groupby("variable", sort=False)}
    rows = pd.Index(responses["row"])
    columns: dict[str, np.ndarray] = {}
    for variable in _of_export(instrument):
        name = variable.name
        own = by_name.get(name, spellings[:0]).fillna("")
        general, single = own[own["row"].eq(EVERYWHERE)], own[own["row"].ne(EVERYWHERE)]
        keys = zip(general["code"], general["missing"], strict=True)
        spelled = dict(zip(keys, general["text"], strict=True))
        kept = _stored(variable, responses[name], missing[name])
        columns[name] = _found(variable, kept, firsts.get(name), spelled)
        columns[name][rows.get_indexer(pd.Index(single["row"]))] = single["text"]
    return pd.DataFrame(columns, index=rows.to_numpy(), dtype="str")


def _of_export(instrument: Instrument) -> list[Variable]:
    return [v for v in stored_variables(instrument) if v.role != "design"]


def _first_changes(changes: pd.DataFrame, responses: pd.DataFrame) -> dict[str, _First]:
    own = changes.drop_duplicates(["row", "variable"])
    at = pd.Index(responses["row"]).get_indexer(pd.Index(own["row"].astype("int64")))
    own = own.assign(at=at)[at >= 0]
    return {
        str(name): _First(
            part["at"].to_numpy(),
            part["old"].fillna("").to_numpy(dtype=object),
        )
        for name, part in own.groupby("variable", sort=False)
    }


def _stored(variable: Variable, values: pd.Series, reasons: pd.Series) -> _Stored:
    given = values.notna().to_numpy()
    if variable.categorical or variable.kind == "text":
        texts = values.astype(object).where(given, "").to_numpy(dtype=object)
    else:
        codes, different = pd.factorize(values)
        words = np.array([*(_plain(v) for v in different), ""], dtype=object)
        texts = words[codes]
    why = reasons.astype(object).where(~given & reasons.notna().to_numpy(), "")
    return _Stored(texts, why.to_numpy(dtype=object))


def _plain(value: object) -> str:
    return number_text(value) if isinstance(value, float) else logged(value)


def _spell(
    variable: Variable, kept: _Stored, cells: np.ndarray, first: _First | None
) -> dict[tuple[str, str], str]:
    """Find how the export writes each code and each reason, where no rule changed the cell."""
    untouched = np.ones(len(cells), dtype=bool)
    if first is not None:
        untouched[first.at] = False
    if not variable.categorical:
        # A number has as many spellings as values; only gaps share theirs.
        untouched &= kept.missing != ""
    at, keys = _pairs(kept.code[untouched], kept.missing[untouched])
    counts: dict[tuple[str, str], Counter[str]] = {key: Counter() for key in keys}
    for (key_at, text), n in Counter(zip(at.tolist(), cells[untouched], strict=True)).items():
        counts[keys[key_at]][text] = n
    most = {key: _most_frequent(found) for key, found in counts.items()}
    return {
        key: text
        for key, text in sorted(most.items())
        if text != _default(variable, key[0]) and logged(text) == text
    }


def _most_frequent(texts: Counter[str]) -> str:
    # Of two as frequent the first in the alphabet, so that two builds agree.
    return min(texts, key=lambda text: (-texts[text], text))


def _default(variable: Variable, code: str) -> str:
    return variable.labels.get(code, code) if variable.categorical else code


def _found(
    variable: Variable, kept: _Stored, first: _First | None, spelled: Spelled
) -> np.ndarray:
    """Give the text that each cell had, as far as log and general spellings tell."""
    then, why = kept.code.copy(), kept.missing.copy()
    gone = np.zeros(len(then), dtype=bool)
    if first is not None:
        then[first.at], why[first.at] = first.old, ""
        gone[first.at] = first.old == REDACTED
    at, keys = _pairs(then, why)
    words = [spelled.get(key, _default(variable, key[0])) for key in keys]
    return np.where(gone, REDACTED, np.array([*words, ""], dtype=object)[at])


def _pairs(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Different pairs of two columns of text, and which of them each row is."""
    left, lefts = pd.factorize(first)
    right, rights = pd.factorize(second)
    width = max(1, len(rights))
    both, at = np.unique(left * width + right, return_inverse=True)
    return at, [(str(lefts[k // width]), str(rights[k % width])) for k in both]
