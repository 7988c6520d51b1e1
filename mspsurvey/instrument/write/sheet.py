"""Tables of text as files: delimited, or a workbook of text cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

Rows = Iterable[Sequence[str]]
# A workbook holds the time of its making; ours is always the same.
_CREATED = datetime(2000, 1, 1)


def delimited(
    rows: Rows, *, delimiter: str = ",", quote_all: bool = False, end: str = "\n"
) -> str:
    """Write rows as delimited text."""
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        lineterminator=end,
    )
    writer.writerows(rows)
    return buffer.getvalue()


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """Write rows as the sheets of a workbook, all cells as text; blanks are left out."""
    import xlsxwriter  # slow to import, and only workbooks need it

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": _CREATED})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(line, column, cell)
    book.close()
    return buffer.getvalue()
