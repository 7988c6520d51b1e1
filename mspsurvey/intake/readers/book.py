"""A file of cells, whatever holds it: a delimited text has one table, a workbook one a sheet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.archive import Archive, open_archive
from mspsurvey.intake.readers.text import LONGEST_CELL, Cells, cells_of, read_bytes

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook, SheetMetadata

WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_SHEET_NAME = 31


@dataclass(frozen=True)
class Book:
    """The tables of one file.

    Attributes
    ----------
    sheets : tuple of Cells
        In the order of the file, those with any cell filled, hidden ones last; a delimited
        text has one.
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
        Where the file is absent, empty, too large, damaged, or neither of the two.
    """
    data = read_bytes(path)
    if data.startswith(WORKBOOK):
        return _workbook(path, data)
    if data.startswith(OLD_WORKBOOK):
        raise _not_open(path.name, "EncryptedPackage".encode("utf-16-le") in data)
    return Book((cells_of(data, name=path.name),))


def _workbook(path: Path, data: bytes) -> Book:
    import python_calamine  # only where a workbook is read

    archive = open_archive(path, data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(archive.copy)
        return _sheets(book, archive, path.name)
    except (KeyboardInterrupt, SystemExit, MemoryError, ReadError):
        raise
    except BaseException as error:  # the library's panics are no Exception
        raise ReadError(
            f"{path.name} should be an Excel workbook.",
            f"It has the parts of one, but they do not fit together ({error}).",
            "Download it again, or open it in Excel and save it anew.",
        ) from None


def _sheets(book: CalamineWorkbook, archive: Archive, name: str) -> Book:
    shown: list[Cells] = []
    hidden: list[Cells] = []
    problems: list[str] = []
    for position, about in enumerate(book.sheets_metadata):
        if not _is("WorkSheet", about.typ):
            problems.append(f"the chart sheet '{about.name}' is left out")
            continue
        errors = archive.errors[position] if position < len(archive.errors) else {}
        cells = _cells(book.get_sheet_by_name(about.name), about, errors, name)
        if cells is not None and _is("Visible", about.visible):
            shown.append(cells)
        elif cells is not None:
            hidden.append(cells)
            problems.append(f"the sheet '{about.name}' is hidden")
        if len(about.name) == _SHEET_NAME:
            problems.append(f"the name of sheet '{about.name}' may be cut off at 31 characters")
    if not shown and not hidden:
        raise ReadError(f"{name} should hold responses.", "It is blank.", "Export again.")
    return Book((*shown, *hidden), tuple(problems))


def _is(kind: str, value: object) -> bool:
    # Names of the library's enumerations, so that its types are not needed at import.
    return str(value).endswith(f".{kind}")


def _cells(
    sheet: CalamineSheet, about: SheetMetadata, errors: dict[tuple[int, int], str], name: str
) -> Cells | None:
    """Give the filled rows of a sheet as text; None where there are none."""
    said = _Texts()
    rows = [
        [value if type(value) is str else said[type(value), value] for value in row]
        for row in sheet.iter_rows()
    ]
    if not rows:
        return None
    # Rows are given from the first of the sheet, columns from the first that is filled.
    (_, left), (bottom, _) = sheet.start or (0, 0), sheet.end or (0, 0)
    _put_back(rows, errors, bottom + 1 - len(rows), left)
    longest = max(max(map(len, row), default=0) for row in rows)
    if longest > LONGEST_CELL:
        raise ReadError(
            f"A cell of {name} should have at most {LONGEST_CELL:,} characters.",
            f"One of sheet '{about.name}' has {longest:,}.",
            "Export the responses again; this is no answer.",
        )
    filled = [row for row in rows if any(cell and not cell.isspace() for cell in row)]
    if not filled:
        return None
    return Cells(filled, "", "workbook", _remarks(sheet, rows, filled, errors), about.name)


def _put_back(
    rows: list[list[str]], errors: dict[tuple[int, int], str], top: int, left: int
) -> None:
    for (row, column), text in errors.items():
        down, across = row - 1 - top, column - 1 - left
        if 0 <= down < len(rows) and 0 <= across < len(rows[down]) and not rows[down][across]:
            rows[down][across] = text


def _remarks(
    sheet: CalamineSheet,
    rows: list[list[str]],
    filled: list[list[str]],
    errors: dict[tuple[int, int], str],
) -> tuple[str, ...]:
    problems = []
    if len(filled) < len(rows):
        problems.append(f"{len(rows) - len(filled)} blank rows left out")
    if errors:
        kinds = ", ".join(sorted(set(errors.values())))
        problems.append(f"{len(errors)} cells hold an error of Excel ({kinds})")
    merged = [area for area in sheet.merged_cell_ranges or [] if area[1][0] > area[0][0]]
    if merged:
        problems.append(
            f"{len(merged)} merged areas reach over several rows; only their first row is filled"
        )
    return tuple(problems)


class _Texts(dict[tuple[type, object], str]):
    """Typed cells as the platform would have written them; each is said once, then known."""

    def __missing__(self, key: tuple[type, object]) -> str:
        text = self[key] = _text(key[1])
        return text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def number_text(value: float) -> str:
    """Say a number as Excel shows it: 15 digits, no ``.0``, no exponent where it is short.

    Examples
    --------
    >>> [number_text(v) for v in (1.0, 0.1 + 0.2, 12687305205.0, 1e-5)]
    ['1', '0.3', '12687305205', '0.00001']
    """
    short = f"{value:.15g}"
    if "e" in short and 1e-15 < abs(value) < 1e21:
        return f"{Decimal(short):f}"
    return "0" if short == "-0" else short


def _not_open(name: str, locked: bool) -> ReadError:
    came = "It is protected by a password." if locked else "It is in the old format (.xls)."
    return ReadError(
        f"{name} should be a CSV export or an Excel workbook (.xlsx) that anyone can open.",
        came,
        "Open it in Excel and save it as .xlsx without a password.",
    )
