"""Exports of Typeform: ``#``, the questions, then the times; a column for each choice.

The heading of such a column is the choice alone; the export does not say which question it is
of. Times are UTC, and a second "Other" is called "Other2". The export by e-mail or to a sheet
has no ``#``; it ends in the time and the id of the response.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.parts import Part, assemble, letters, question

_META = {
    "#": "resp_id", "startdateutc": "started", "submitdateutc": "ended", "stagedateutc": "",
    "responsetype": "", "networkid": "personal", "tags": "", "ending": "", "score": "",
}  # fmt: skip
_OLD_META = {"submittedat": "ended", "token": "resp_id"}
_ESCAPED = re.compile(r"\\([_*])")
# A sign that a spreadsheet would calculate with has an apostrophe in front.
_GUARDED = ("'+", "'-", "'=", "'@")


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Typeform wrote the file."""
    row = book.main.rows[0]
    dialect = "workbook" if book.workbook else "csv"
    if _is_old(row):
        return 0.8, dialect
    times = {letters(c) for c in row} & {"startdateutc", "submitdateutc", "networkid"}
    numbered = row[0].strip() == "#"
    return (min(1.0, 0.5 * numbered + 0.2 * len(times)) if times else 0.0), dialect


def _is_old(headings: list[str]) -> bool:
    return [letters(heading) for heading in headings[-2:]] == list(_OLD_META)


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:  # noqa: ARG001
    """Read one export; its times are UTC, so that ``time_zone`` is not asked."""
    headings, *rows = ([_plain(cell) for cell in row] for row in book.main.rows)
    fields = _fields(headings)
    parts = [_part(*column) for column in zip(range(len(headings)), headings, fields, strict=True)]
    export = assemble(parts, rows, platform="typeform", dialect=dialect, time_zone="UTC")
    place = next((i for i, h in enumerate(headings) if letters(h) == "responsetype"), None)
    if place is None:
        return export
    complete = pd.Series([row[place].strip().casefold() == "completed" for row in rows])
    return replace(export, meta=export.meta.assign(finished=complete))


def _plain(cell: str) -> str:
    """Give what was typed: without the guard against formulas, and the escapes of Markdown."""
    cell = cell[1:] if cell.startswith(_GUARDED) else cell
    return _ESCAPED.sub(r"\1", cell) if "\\" in cell else cell


def _fields(headings: list[str]) -> list[str | None]:
    """Field of each column of metadata, which stand around the questions; None for these."""
    known = _OLD_META if _is_old(headings) else _META
    fields = [known.get(letters(heading) or heading.strip()) for heading in headings]
    times = [i for i, field in enumerate(fields) if field in ("started", "ended")]
    # The score and the kind of response stand before the times.
    first = min(times, default=0) - 2
    return [f if i == 0 or i >= first else None for i, f in enumerate(fields)]


def _part(position: int, header: str, field: str | None) -> Part:
    part = question(header, position)
    if field is None:
        return part
    if field == "personal":
        return replace(part, role="personal")
    return replace(part, role="meta", field=field)


PLATFORM = Platform(
    "typeform", sniff, read, "a first column # and columns Start Date (UTC), Submit Date (UTC)"
)
