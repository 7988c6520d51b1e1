"""Exports of REDCap: CSV with raw codes or with labels.

A record may fill several rows: one for each event, and one for each instance of a repeated
form. A checkbox is a 0/1 column for each choice; its 0 does not tell "not ticked" from "never
shown". Times are those of the server's clock, without a zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    by_role,
    column_table,
    make_meta,
    table,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.redcap.columns import (
    COMPLETE,
    NOT_COMPLETED,
    Column,
    named,
    take_apart,
)
from mspsurvey.intake.readers.redcap.describe import describe
from mspsurvey.intake.readers.redcap.dictionary import is_dictionary
from mspsurvey.intake.readers.redcap.rows import Subtable, split_rows
from mspsurvey.intake.readers.times import NO_ZONE, parse_times

_ROLES = {
    "event": "embedded", "instrument": "embedded", "instance": "embedded", "group": "embedded",
    "sample_id": "personal", "complete": "embedded", "timestamp": "meta",
}  # fmt: skip

_PROBED = 500
_ONE_VALUE_A_ROW = {"record", "field_name", "value"}


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that REDCap wrote the file, with ``raw`` headings or ``labels``."""
    if is_dictionary(book):
        return 0.95, "dictionary"
    if {c.strip().casefold() for c in book.main.rows[0]} >= _ONE_VALUE_A_ROW:
        return 0.9, "values"
    columns = take_apart(book.main.rows[:_PROBED])
    kinds = [c.kind for c in columns]
    dialect = "raw" if named(columns) else "labels"
    system = len({"event", "instrument", "instance", "sample_id", "group"} & set(kinds))
    states = [c.header for c in columns if c.kind == "complete"]
    weight = 0.35 * min(system, 2)
    weight += (0.6 if len(states) > 1 or "Complete?" in states else 0.45) * bool(states)
    weight += 0.3 * ("tick" in kinds) + 0.3 * ("timestamp" in kinds)
    weight += 0.2 * (columns[0].header.casefold().replace(" ", "_") in ("record_id", "study_id"))
    # The state of its form is the last column; a yes or no has no 2.
    if columns[-1].kind == "complete":
        weight += 0.1 * any(row[-1].strip() == "2" for row in book.main.rows[1:_PROBED])
    return min(1.0, weight) or 0.1, dialect


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export.

    Raises
    ------
    ReadError
        Where the file is the dictionary of a project, or has a row for each value.
    """
    if dialect == "dictionary":
        raise ReadError(
            "The data of a project were wanted.",
            "The file is its data dictionary.",
            "Give the export of the data, and this file as its codebook.",
        )
    if dialect == "values":
        raise ReadError(
            "A table with a row for each record was wanted.",
            "The file has a row for each value (the form that REDCap calls EAV).",
            "Export the records as flat CSV.",
        )
    cells = book.main
    columns = take_apart(cells.rows)
    names = unique_names([c.header for c in columns], [""] * len(columns))
    frame = table(cells.rows[1:], names)
    parts = split_rows(frame, columns)
    listing = _listing(columns, names, panel=parts.panel)
    main = _export(frame, columns, listing, parts.main, dialect, time_zone)
    linked = {
        name: _export(frame, columns, listing, part, dialect, time_zone)
        for name, part in parts.repeats.items()
    }
    problems = [*parts.problems, *main.problems]
    problems += [f"{name}: {p}" for name, part in linked.items() for p in part.problems]
    if any(c.kind == "tick" for c in columns):
        problems.append("a box that was hidden has a 0, as has one that was not ticked")
    return replace(main, linked=linked, problems=problems)


def _listing(columns: Sequence[Column], names: Sequence[str], *, panel: bool) -> pd.DataFrame:
    roles = [_ROLES.get(c.kind, "answer") for c in columns]
    # Where a record has several rows, its id joins them; else it is the response's own.
    roles[0] = "embedded" if panel else "meta"
    return column_table(
        (n, c.header, c.header if named([c]) else "", c.wording, c.choice, role)
        for n, c, role in zip(names, columns, roles, strict=True)
    )


def _export(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    listing: pd.DataFrame,
    part: Subtable,
    dialect: str,
    time_zone: str | None,
) -> RawExport:
    """Give one table of the file."""
    cells = frame.iloc[part.rows, part.columns].reset_index(drop=True)
    here = listing.iloc[part.columns].reset_index(drop=True)
    meta, problems = _meta(cells, [columns[i] for i in part.columns], part.ids, time_zone)
    answers, personal = by_role(cells, here)
    return RawExport(answers, here, meta, "redcap", dialect, problems, personal=personal)


def _meta(
    cells: pd.DataFrame, columns: Sequence[Column], ids: list[str], time_zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    by_kind = {
        kind: [cells.iloc[:, i].str.strip() for i, c in enumerate(columns) if c.kind == kind]
        for kind in ("complete", "timestamp", "sample_id")
    }
    values = {"resp_id": pd.Series(ids, dtype="str")}
    if by_kind["sample_id"]:
        values["sample_id"] = by_kind["sample_id"][0]
    problems: list[str] = []
    if by_kind["timestamp"]:
        values["ended"], problems = _ended(by_kind["timestamp"], time_zone)
    state, more = _state(by_kind["complete"], by_kind["timestamp"], len(cells))
    return make_meta(len(cells), values | state), problems + more


def _ended(stamps: Sequence[pd.Series], time_zone: str | None) -> tuple[pd.Series, list[str]]:
    """Give the latest time at which one of the forms was sent."""
    problems: list[str] = []
    times = []
    for stamp in stamps:
        sent = stamp.mask(stamp.str.casefold().eq(NOT_COMPLETED), "")
        found, more = parse_times(sent, time_zone)
        times.append(found)
        problems += more
    if time_zone is None:
        problems.append(NO_ZONE)
    return pd.concat(times, axis=1).max(axis=1).astype("datetime64[us, UTC]"), problems


def _state(
    complete: Sequence[pd.Series], stamps: Sequence[pd.Series], size: int
) -> tuple[dict[str, pd.Series], list[str]]:
    """Give ``finished`` and ``progress`` from the state of the forms.

    Forms that were sent as surveys count alone where the file has their times.
    """
    if not complete and not stamps:
        everybody = pd.Series([True] * size, dtype="bool")
        return {"finished": everybody}, ["the file does not say which forms are complete"]
    state: dict[str, pd.Series] = {}
    if complete:
        codes = pd.concat([c.str.casefold().map(COMPLETE) for c in complete], axis=1)
        known = codes.notna().sum(axis=1)
        done = codes.eq(2).sum(axis=1)
        state["progress"] = (100.0 * done / known.where(known > 0)).astype("float64")
        state["finished"] = (known > 0) & (done == known)
    if stamps:
        open_ = pd.concat([s.str.casefold().eq(NOT_COMPLETED) for s in stamps], axis=1).any(axis=1)
        sent = pd.concat([s.ne("") for s in stamps], axis=1).any(axis=1)
        state["finished"] = sent & ~open_
    return state, []


PLATFORM = Platform(
    "redcap",
    sniff,
    read,
    "columns record_id, redcap_event_name, form_complete or field___1, or their labels",
    describe,
    "the data dictionary",
)
