"""From the columns of an export to the variables of an instrument."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from rapidfuzz import process

from mspsurvey.errors import ReadError
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.intake.readers.export import RawExport

FEWEST_MATCHES = 0.5
"""Share of an instrument's variables that a file must hold to be an export of it."""

_ROW = re.compile(r"(?P<question>[^\[\]]+)\[(?P<row>[^\[\]]+)\](?P<rest>\[[^\]]*\])?\Z")


@dataclass(frozen=True)
class ColumnMap:
    """Which column holds which variable.

    Attributes
    ----------
    columns : dict of str to str
        Column of the export by variable.
    how : dict of str to str
        What matched, by variable: name, row, id or wording.
    absent : list of str
        Variables that no column holds.
    unused : list of str
        Answer columns that belong to no variable.
    """

    columns: dict[str, str]
    how: dict[str, str]
    absent: list[str]
    unused: list[str]


def map_columns(export: RawExport, instrument: Instrument) -> ColumnMap:
    """Find the column of each variable by name, ``question[row]``, ImportId or wording.

    Raises
    ------
    ReadError
        Where most variables have no column: the file is of another survey.
    """
    asked = [v for v in instrument if v.role != "design"]
    names = {_plain(v.name): v.name for v in asked}
    columns: dict[str, str] = {}
    how: dict[str, str] = {}
    table = export.columns[export.columns["name"].isin(export.answers.columns)]
    for way, keys in _ways(table, asked, names):
        for column, variable in keys:
            if variable not in columns and column not in columns.values():
                columns[variable], how[variable] = column, way
    absent = [v.name for v in asked if v.name not in columns]
    used = set(columns.values())
    unused = [
        c for c, role in zip(table["name"], table["role"], strict=True)
        if c not in used and role in ("answer", "text")
    ]  # fmt: skip
    if len(columns) < FEWEST_MATCHES * len(asked):
        raise _another_survey(export, instrument, len(columns), len(asked), absent, unused)
    return ColumnMap(columns, how, absent, unused)


def _ways(
    table: pd.DataFrame, asked: list[Variable], names: dict[str, str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Pairs of column and variable for each way of matching, the surest way first."""
    wordings: dict[str, list[str]] = {}
    for variable in asked:
        wordings.setdefault(_words(variable.text), []).append(variable.name)
    by_name, by_row, by_id, by_wording = [], [], [], []
    for column, header, ident, wording in table[["name", "header", "id", "wording"]].itertuples(
        index=False
    ):
        if _plain(header) in names and "[" not in header:
            by_name.append((column, names[_plain(header)]))
        by_row += [(column, names[k]) for k in _row_keys(ident or header) if k in names]
        if _plain(ident) in names:
            by_id.append((column, names[_plain(ident)]))
        same = wordings.get(_words(wording), [])
        if len(same) == 1:
            by_wording.append((column, same[0]))
    return [("name", by_name), ("row", by_row), ("id", by_id), ("wording", by_wording)]


def _row_keys(header: str) -> list[str]:
    """Names that ``question[row]`` may stand for: a row, a tick, or the words of 'other'."""
    match = _ROW.match(header)
    if match is None:
        return []
    question, row = match["question"], match["row"]
    keys = [f"{question}_{row}", row]
    if row == "other":
        keys.insert(1, f"{question}_oth")
    return [_plain(k) for k in keys]


def _plain(name: str) -> str:
    # LimeSurvey drops the underscore from codes.
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _another_survey(
    export: RawExport, instrument: Instrument, found: int, wanted: int, absent: list[str],
    unused: list[str],
) -> ReadError:  # fmt: skip
    file = export.path.name if export.path else "The file"
    near = [
        f"{variable} ~ {best[0]}"
        for variable in absent[:200]
        if unused and (best := process.extractOne(variable, unused, score_cutoff=70))
    ]
    known = ", ".join(unused[:5])
    nearest = f"Nearest: {', '.join(near[:4])}." if near else f"The file's columns: {known}, …."
    return ReadError(
        f"{file} should hold the answers to '{instrument.title}' ({instrument.name}, "
        f"{wanted} variables).",
        f"It is an export of another survey: {found} of them have a column. {nearest}",
        "Check the pair of export and instrument in study.toml.",
    )


def mapped(export: RawExport, columns: ColumnMap) -> pd.DataFrame:
    """Give the answers with the names of the instrument; blank where no column was found.

    Returns
    -------
    DataFrame of str, responses × variables
    """
    size = len(export.answers)
    blank = pd.Series(pd.array([""] * size, dtype="str"))
    order = [*columns.columns, *columns.absent]
    return pd.DataFrame(
        {v: export.answers[columns.columns[v]] if v in columns.columns else blank for v in order},
        index=pd.RangeIndex(size),
    )
