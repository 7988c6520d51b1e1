"""A file of cells, whatever holds it: a delimited text has one table, a workbook one a sheet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.text import Cells, read_bytes, read_cells

WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True)
class Book:
    """The tables of one file.

    Attributes
    ----------
    sheets : tuple of Cells
        In the order of the file, those with any cell filled; a delimited text has one.
    problems : tuple of str
        What had to be mended in the file as a whole.
    """

    sheets: tuple[Cells, ...]
    problems: tuple[str, ...] = ()

    @property
    def main(self) -> Cells:
        """The first table."""
        return self.sheets[0]

    @property
    def workbook(self) -> bool:
        """Whether the file is a workbook, with cells that had types."""
        return self.main.delimiter == ""


def read_book(path: Path) -> Book:
    """Read a delimited text or an Excel workbook as tables of text.

    Raises
    ------
    ReadError
        Where the file is absent, empty, too large, or neither of the two.
    """
    if not read_bytes(path).startswith(WORKBOOK):
        return Book((read_cells(path),))
    return _workbook(path)


def _workbook(path: Path) -> Book:
    import python_calamine  # only where a workbook is read

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    sheets = []
    for name in book.sheet_names:
        rows = [[_text(v) for v in row] for row in book.get_sheet_by_name(name).to_python()]
        filled = [row for row in rows if any(c.strip() for c in row)]
        if filled:
            sheets.append(Cells(filled, "", "workbook", (), name))
    if not sheets:
        raise ReadError(
            f"{path.name} should hold responses.", "Every sheet of it is blank.", "Export again."
        )
    return Book(tuple(sheets))


def _text(value: object) -> str:
    """Say a typed cell as the platform would have written it to a text file."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
    return str(value)
