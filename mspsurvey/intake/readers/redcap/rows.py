"""Rows of a REDCap export, sorted: one table of responses, one for each repeated form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.redcap.columns import Column

MOST_FORMS = 200
"""Repeated forms of one project."""

_NO_TICK = ("", "0", "unchecked")


@dataclass(frozen=True)
class Subtable:
    """The rows and columns of one table, by position, and the response of each row."""

    rows: list[int]
    columns: list[int]
    ids: list[str]


@dataclass(frozen=True)
class Subtables:
    """The tables of an export.

    Attributes
    ----------
    main : Subtable
        One row for each record; for each record and event in a longitudinal project.
    repeats : dict of str to Subtable
        Tables of the repeated forms, by their name.
    panel : bool
        Whether a record may have several rows.
    """

    main: Subtable
    repeats: dict[str, Subtable] = field(default_factory=dict)
    panel: bool = False
    problems: list[str] = field(default_factory=list)


def split_rows(frame: pd.DataFrame, columns: Sequence[Column]) -> Subtables:
    """Sort the rows of an export.

    Parameters
    ----------
    frame : DataFrame of str
        All columns of the file; the first is the record's id.
    columns : sequence of Column
        The same columns, taken apart.

    Raises
    ------
    ReadError
        Where the rows name more repeated forms than a project can have.
    """
    instrument = _system(frame, columns, "instrument")
    keys = _keys(frame, columns)
    names = [n for n in dict.fromkeys(instrument) if n]
    if len(names) > MOST_FORMS:
        raise ReadError(
            f"The column of the repeated form should name one of at most {MOST_FORMS} forms.",
            f"It holds {len(names):,} different texts.",
            "Export again from REDCap; the columns may have been shifted.",
        )
    rows: dict[str, list[int]] = {name: [] for name in ("", *names)}
    for i, name in enumerate(instrument):
        rows[name].append(i)
    panel = any(c.kind in ("event", "instrument", "instance") for c in columns)
    if not rows[""] and names:
        return _repeats_only(frame, columns, keys, instrument)
    tables = _tables(frame, columns, rows)
    instance = _system(frame, columns, "instance")
    # A repeated event has an instance, but no form that is repeated.
    ids = {i: "/".join(filter(None, (keys[i], instance[i]))) for i in rows[""]}
    parts = {n: Subtable(rows[n], tables[n], [keys[i] for i in rows[n]]) for n in names}
    return Subtables(
        Subtable(rows[""], tables[""], list(ids.values())),
        parts,
        panel,
        _orphans(parts, {keys[i] for i in rows[""]}),
    )


def _system(frame: pd.DataFrame, columns: Sequence[Column], kind: str) -> list[str]:
    place = next((i for i, c in enumerate(columns) if c.kind == kind), None)
    return [""] * len(frame) if place is None else list(frame.iloc[:, place].str.strip())


def _keys(frame: pd.DataFrame, columns: Sequence[Column]) -> list[str]:
    """Name the response of each row: its record, and its event where there are events."""
    record = frame.iloc[:, 0].str.strip()
    event = _system(frame, columns, "event")
    return ["/".join(filter(None, pair)) for pair in zip(record, event, strict=True)]


def _repeats_only(
    frame: pd.DataFrame, columns: Sequence[Column], keys: list[str], instrument: list[str]
) -> Subtables:
    instance = _system(frame, columns, "instance")
    ids = ["/".join(filter(None, parts)) for parts in zip(keys, instrument, instance, strict=True)]
    main = Subtable(list(range(len(frame))), list(range(len(columns))), ids)
    problem = "the file holds repeated forms only; each is taken as a response"
    return Subtables(main, {}, True, [problem])


def _tables(
    frame: pd.DataFrame, columns: Sequence[Column], rows: dict[str, list[int]]
) -> dict[str, list[int]]:
    """Give the columns of each table: those of its forms, else those that are filled in it."""
    if len(rows) == 1:
        return {"": [i for i, c in enumerate(columns) if c.kind != "instrument"]}
    cells = _filled(frame, columns)
    filled = {name: _somewhere(cells[members]) for name, members in rows.items()}
    tables: dict[str, list[int]] = {name: [] for name in rows}
    for block in _blocks(columns):
        state = [i for i in block if columns[i].kind == "complete"]
        of_form = {n for n in rows if any(filled[n][i] for i in state)}
        for i in block:
            here = {n for n in rows if filled[n][i]} | of_form
            for name in here or {""}:
                if columns[i].kind != "instrument" and (name == "" or _may_repeat(columns[i])):
                    tables[name].append(i)
    for members in tables.values():
        if 0 not in members:
            members.insert(0, 0)
    return tables


def _may_repeat(column: Column) -> bool:
    # These belong to the record; each of its rows has them.
    return column.kind not in ("sample_id", "group")


def _filled(frame: pd.DataFrame, columns: Sequence[Column]) -> npt.NDArray[np.bool_]:
    """Say which cells hold something; a box that is not ticked is nothing."""
    result = np.zeros(frame.shape, dtype=bool)
    for place, (column, (_, cells)) in enumerate(zip(columns, frame.items(), strict=True)):
        nothing = _NO_TICK if column.kind == "tick" else ("",)
        result[:, place] = [cell.strip().casefold() not in nothing for cell in cells]
    return result


def _somewhere(cells: npt.NDArray[np.bool_]) -> list[bool]:
    return [bool(b) for b in np.atleast_1d(cells.any(axis=0))]


def _blocks(columns: Sequence[Column]) -> list[list[int]]:
    """Cut the columns behind the state of each form; those of the platform stand alone."""
    blocks: list[list[int]] = []
    block: list[int] = []
    for place, column in enumerate(columns):
        if place == 0 or column.kind in ("event", "instrument", "instance", "sample_id", "group"):
            blocks.append([place])
            continue
        block.append(place)
        if column.kind == "complete":
            blocks.append(block)
            block = []
    return [*blocks, block]


def _orphans(parts: dict[str, Subtable], known: set[str]) -> list[str]:
    problems = []
    for name, part in parts.items():
        lost = sum(i not in known for i in part.ids)
        if lost:
            problems.append(f"{name}: {lost} rows belong to a record without a row of its own")
    return problems
