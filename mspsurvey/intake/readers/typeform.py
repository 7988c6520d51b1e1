"""Exports of Typeform: ``#``, the questions, then the times; a column for each choice.

The heading of such a column is the choice alone; the export does not say which question it is
of. Times are UTC, and a second "Other" is called "Other2".
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mspsurvey.intake.readers.book import Book
from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.parts import Part, assemble, letters, question

_META = {
    "startdateutc": "started", "submitdateutc": "ended", "stagedateutc": "", "tags": "",
    "ending": "", "responsetype": "", "score": "",
}  # fmt: skip


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Typeform wrote the file."""
    row = book.main.rows[0]
    times = {letters(c) for c in row} & {"startdateutc", "submitdateutc", "networkid"}
    numbered = row[0].strip() == "#"
    dialect = "workbook" if book.workbook else "csv"
    return (0.5 * numbered + 0.2 * len(times) if times else 0.0), dialect


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:  # noqa: ARG001
    """Read one export; its times are UTC, so that ``time_zone`` is not asked."""
    headings, rows = book.main.rows[0], book.main.rows[1:]
    parts = [_part(position, header) for position, header in enumerate(headings)]
    export = assemble(parts, rows, platform="typeform", dialect=dialect, time_zone="UTC")
    place = next((i for i, h in enumerate(headings) if letters(h) == "responsetype"), None)
    if place is None:
        return export
    complete = pd.Series([row[place].strip().casefold() == "completed" for row in rows])
    return replace(export, meta=export.meta.assign(finished=complete))


def _part(position: int, header: str) -> Part:
    part = question(header, position)
    key = letters(header)
    if position == 0 and not key:
        return replace(part, role="meta", field="resp_id")
    if key == "networkid":
        return replace(part, role="personal")
    if key in _META:
        return replace(part, role="meta", field=_META[key])
    return part


PLATFORM = Platform(
    "typeform", sniff, read, "a first column # and columns Start Date (UTC), Submit Date (UTC)"
)
