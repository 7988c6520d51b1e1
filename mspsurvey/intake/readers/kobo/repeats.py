"""Repeated groups of a form: tables whose rows belong to a response, or to another repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mspsurvey.files import tables_of
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.delimited import Cells, read_cells
from mspsurvey.intake.readers.file.packed import MOST_TABLES

_PARENT = ("_parent_index", "parent_key")
_NAME = "_parent_table_name"


@dataclass(frozen=True)
class Table:
    """One table as it was read.

    Attributes
    ----------
    export : RawExport
        Its answers.
    cells : DataFrame of str
        All of its columns, those that join the tables among them.
    """

    export: RawExport
    cells: pd.DataFrame


def is_repeat(cells: Cells) -> bool:
    """Whether the rows of a table belong to rows of another."""
    return not {c.strip().casefold() for c in cells.rows[0]}.isdisjoint(_PARENT)


def with_repeats_beside(book: Book, path: Path) -> Book:
    """Add the tables of repeated groups that ODK wrote beside the main one: ``form-group.csv``."""
    headings = {c.strip().casefold() for row in book.main.rows[:1] for c in row}
    if len(book.sheets) > 1 or book.workbook or path.is_dir() or "key" not in headings:
        return book
    found = [
        replace(read_cells(p), name=p.stem.removeprefix(f"{path.stem}-"))
        for p in tables_of(path)[1 : MOST_TABLES + 1]
    ]
    return replace(book, sheets=(*book.sheets, *filter(is_repeat, found)))


def link_repeats(main: Table, repeats: Mapping[str, Table]) -> RawExport:
    """Give each row of a repeat the ``resp_id`` of its response, and hang the tables on it.

    Parameters
    ----------
    main : Table
        One row for each response.
    repeats : mapping of str to Table
        The tables of repeated groups, by the name of their sheet.
    """
    parents = {name: _parents(table.cells, list(repeats)) for name, table in repeats.items()}
    owner: dict[tuple[str, str], str] = {}
    own = _own_keys(main.cells, by_key=any(p.by_key for p in parents.values()))
    for key, response in zip(own, main.export.meta["resp_id"], strict=True):
        owner[("", key)] = response
    keys = {n: _own_keys(t.cells, by_key=parents[n].by_key) for n, t in repeats.items()}
    # Each round resolves the repeats one level further inside.
    size = -1
    while len(owner) > size:
        size = len(owner)
        for name, parent in parents.items():
            home = "" if parent.by_key else name
            for above, key in zip(parent.rows, keys[name], strict=True):
                if above in owner:
                    owner.setdefault((home, key), owner[above])
    problems = list(main.export.problems)
    linked = {}
    for name, table in repeats.items():
        ids = [owner.get(above, "") for above in parents[name].rows]
        linked[name] = _with_ids(table.export, ids)
        problems += [f"{name}: {p}" for p in linked[name].problems]
    return replace(main.export, linked=linked, problems=problems)


@dataclass(frozen=True)
class _Parents:
    """Table and key of the row above each row; ``by_key`` where keys are of the whole file."""

    rows: list[tuple[str, str]]
    by_key: bool


def _parents(cells: pd.DataFrame, names: list[str]) -> _Parents:
    found = {str(c).casefold(): c for c in reversed(list(cells.columns))}
    if "parent_key" in found:
        return _Parents([("", key.strip()) for key in cells[found["parent_key"]]], True)
    above = cells[found["_parent_index"]].str.strip()
    table = cells[found[_NAME]] if _NAME in found else pd.Series("", index=cells.index)
    homes = {t: _sheet(str(t), names) for t in table.unique()}
    return _Parents([(homes[t], key) for t, key in zip(table, above, strict=True)], False)


def _sheet(table: str, names: list[str]) -> str:
    """Find the sheet of a repeat from the full name of its table; "" is the main one."""
    if table in names:
        return table
    for name in names:
        short = name.removesuffix("...").removesuffix("…")
        if len(name) >= 30 and short and table.startswith(short):
            return name
    return ""


def _own_keys(cells: pd.DataFrame, *, by_key: bool) -> list[str]:
    found = {str(c).casefold(): c for c in reversed(list(cells.columns))}
    own = found.get("key" if by_key else "_index")
    if own is None:
        return [str(i) for i in range(1, len(cells) + 1)]
    return [key.strip() for key in cells[own]]


def _with_ids(export: RawExport, ids: list[str]) -> RawExport:
    lost = sum(not i for i in ids)
    problems = list(export.problems)
    if lost:
        problems.append(f"{lost} rows belong to no response of the file")
    meta = export.meta.assign(resp_id=pd.array(ids, dtype="str"))
    return replace(export, meta=meta, problems=problems)
