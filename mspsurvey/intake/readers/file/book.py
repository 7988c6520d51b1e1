"""A file of cells, whatever holds it: a delimited text has one table, a workbook one a sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.apart import read_apart
from mspsurvey.intake.readers.file.archive import Archive, is_other_workbook, open_archive
from mspsurvey.intake.readers.file.delimited import (
    LARGEST_TABLE,
    LONGEST_CELL,
    Cells,
    cells_of,
    without_blank_end,
)
from mspsurvey.intake.readers.file.packed import tables_of_folder, zipped_tables
from mspsurvey.intake.readers.file.text import read_bytes

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook, SheetMetadata

WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SHEET_NAME = 31

Sheets = list[tuple[str, bool, Cells | None]]
"""Name, whether it is shown, and cells of each sheet; None where it is blank."""


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
    """Read a delimited text or a workbook (.xlsx, .xls, .xlsb, .ods) as tables of text.

    A zip or a folder is read as the tables that are in it.

    Raises
    ------
    ReadError
        Where the file is absent, empty, too large, damaged, or none of these.
    """
    if path.is_dir():
        return _together(path, tables_of_folder(path))
    data = read_bytes(path)
    if data.startswith(WORKBOOK):
        if is_other_workbook(path, data):
            return _other_workbook(path)
        tables = zipped_tables(path, data)
        return _together(path, tables) if tables else _workbook(path, data)
    if data.startswith(OLD_WORKBOOK):
        if _ENCRYPTED in data:
            raise _locked(path.name)
        return _other_workbook(path)
    return Book((cells_of(data, name=path.name),))


def _together(path: Path, tables: Mapping[str, bytes]) -> Book:
    """Read tables that belong together, each as a sheet."""
    if len(tables) == 1:
        ((name, data),) = tables.items()
        if data.startswith(WORKBOOK):
            return _workbook(Path(name), data)
    sheets: list[Cells] = []
    size = 0
    for name, data in tables.items():
        sheets.append(replace(cells_of(data, name=name), name=Path(name).stem))
        size += len(sheets[-1].rows) * len(sheets[-1].rows[0])
        if size > LARGEST_TABLE:
            raise ReadError(
                f"The tables of {path.name} should have at most {LARGEST_TABLE:,} cells.",
                f"They have more, {name} among them.",
                "Export fewer columns or a shorter period.",
            )
    names = ", ".join(cells.name for cells in sheets)
    several = (f"{path.name} holds {len(sheets)} tables: {names}",) if sheets[1:] else ()
    return Book(tuple(sheets), several)


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
    sheets: Sheets = []
    charts: list[str] = []
    for position, about in enumerate(book.sheets_metadata):
        if not _is("WorkSheet", about.typ):
            charts.append(f"the chart sheet '{about.name}' is left out")
            continue
        errors = archive.errors[position] if position < len(archive.errors) else {}
        cells = _cells(book.get_sheet_by_name(about.name), about, errors, name)
        sheets.append((about.name, _is("Visible", about.visible), cells))
    return _arranged(sheets, charts, name)


def _arranged(sheets: Sheets, problems: list[str], name: str) -> Book:
    """Put the sheets that are shown before the others, and leave out those that are blank."""
    shown = [cells for _, visible, cells in sheets if cells and visible]
    hidden = [cells for _, visible, cells in sheets if cells and not visible]
    problems += [f"the sheet '{cells.name}' is hidden" for cells in hidden]
    problems += [
        f"the name of sheet '{title}' may be cut off at 31 characters"
        for title, _, _ in sheets
        if len(title) == _SHEET_NAME
    ]
    if not shown and not hidden:
        raise ReadError(f"{name} should hold responses.", "It is blank.", "Export again.")
    return Book((*shown, *hidden), tuple(problems))


def _other_workbook(path: Path) -> Book:
    """Read a workbook whose parts cannot be looked at before: of old Excel, binary, of others."""
    found = read_apart(path, "book")
    if "error" in found:
        raise ReadError(
            f"{path.name} should be a whole workbook that anyone can open.",
            f"It cannot be read: {str(found['error']).rstrip('.')}.",
            "Open it and save it as .xlsx without a password, or export as CSV.",
        )
    sheets: Sheets = []
    for title, shown, typed in found["sheets"]:
        rows = _texts(typed)
        filled = _filled(rows, title, path.name)
        problems = _blank_rows(rows, filled)
        kept = without_blank_end(filled, problems) if filled else []
        cells = Cells(kept, "", "workbook", tuple(problems), title) if kept else None
        sheets.append((title, shown, cells))
    return _arranged(sheets, [], path.name)


def _is(kind: str, value: object) -> bool:
    # Names of the library's enumerations, so that its types are not needed at import.
    return str(value).endswith(f".{kind}")


def _cells(
    sheet: CalamineSheet, about: SheetMetadata, errors: dict[tuple[int, int], str], name: str
) -> Cells | None:
    """Give the filled rows of a sheet as text; None where there are none."""
    rows = _texts(sheet.iter_rows())
    if not rows:
        return None
    # Rows are given from the first of the sheet, columns from the first that is filled.
    (_, left), (bottom, _) = sheet.start or (0, 0), sheet.end or (0, 0)
    _put_back(rows, errors, bottom + 1 - len(rows), left)
    filled = _filled(rows, about.name, name)
    if not filled:
        return None
    problems = _remarks(sheet, rows, filled, errors)
    kept = without_blank_end(filled, problems)
    return Cells(kept, "", "workbook", tuple(problems), about.name)


def _texts(rows: Iterable[Iterable[object]]) -> list[list[str]]:
    said = _Texts()
    return [
        [value if type(value) is str else said[type(value), value] for value in row]
        for row in rows
    ]


def _filled(rows: list[list[str]], title: str, name: str) -> list[list[str]]:
    """Give the rows that hold something; a cell beyond all bounds is an error."""
    longest = max((len(cell) for row in rows for cell in row), default=0)
    if longest > LONGEST_CELL:
        raise ReadError(
            f"A cell of {name} should have at most {LONGEST_CELL:,} characters.",
            f"One of sheet '{title}' has {longest:,}.",
            "Export the responses again; this is no answer.",
        )
    return [row for row in rows if any(cell and not cell.isspace() for cell in row)]


def _blank_rows(rows: list[list[str]], filled: list[list[str]]) -> list[str]:
    blank = len(rows) - len(filled)
    return [f"{blank} blank rows left out"] if blank else []


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
) -> list[str]:
    problems = _blank_rows(rows, filled)
    if errors:
        kinds = ", ".join(sorted(set(errors.values())))
        problems.append(f"{len(errors)} cells hold an error of Excel ({kinds})")
    merged = [area for area in sheet.merged_cell_ranges or [] if area[1][0] > area[0][0]]
    if merged:
        problems.append(
            f"{len(merged)} merged areas reach over several rows; only their first row is filled"
        )
    return problems


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


def _locked(name: str) -> ReadError:
    return ReadError(
        f"{name} should be a CSV export or a workbook that anyone can open.",
        "It is protected by a password.",
        "Open it in Excel and save it as .xlsx without a password.",
    )
