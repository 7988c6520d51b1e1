"""From the text of an export to rows of cells of equal width, within bounds."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.text import decode, read_bytes

LONGEST_CELL = 131_072
"""Characters of one cell; Excel stops at 32,767."""

WIDEST_TABLE = 6_000
"""Columns: many times what a long questionnaire has."""

LARGEST_TABLE = 10_000_000
"""Cells, with ``_ROW_COST`` more for each row; more do not fit in a gigabyte of memory."""

MOST_BLANK_ROWS = 1_100_000
"""Blank rows; a spreadsheet saved to its last line has 1,048,576."""

DELIMITERS = (",", ";", "\t", "|")
_PROBED_ROWS = 60
_PROBED_LINES = 10_000
_ROW_COST = 6
# A line for Excel alone, which names the delimiter of the lines below it.
_SEP = re.compile(r'"?sep=([,;\t|])"?[,;\t|]*\n', re.IGNORECASE)


@dataclass(frozen=True)
class Cells:
    """A file cut into rows of equal width.

    Attributes
    ----------
    rows : list of list of str
        All rows that hold something, header rows among them.
    delimiter : str
        What stands between two cells; "" in a workbook.
    encoding : str
        How the bytes were read.
    problems : tuple of str
        What had to be mended on the way.
    name : str
        Of the sheet; "" where the file has no sheets.
    """

    rows: list[list[str]]
    delimiter: str
    encoding: str
    problems: tuple[str, ...]
    name: str = ""


def read_cells(path: Path) -> Cells:
    """Read a delimited file of unknown encoding and delimiter.

    Raises
    ------
    ReadError
        Where the file is absent, empty, too large, not text, or not a table.
    """
    return cells_of(read_bytes(path), name=path.name)


def cells_of(data: bytes, *, name: str) -> Cells:
    """Cut the bytes of a delimited file into rows; see ``read_cells``."""
    decoded = decode(data, name=name)
    named = _SEP.match(decoded.text)
    text = decoded.text[named.end() :] if named else decoded.text
    unwrapped = None if named else _unwrapped(text)
    text = text if unwrapped is None else unwrapped
    delimiter = named[1] if named else find_delimiter(text, name=name)
    rows, problems = split_rows(text, delimiter, name=name)
    if unwrapped is not None:
        problems.insert(0, "each line was one quoted cell; the quotes around it are taken off")
    return Cells(rows, delimiter, decoded.encoding, (*decoded.problems, *problems))


def _unwrapped(text: str) -> str | None:
    """Undo the quotes around whole lines, as of a spreadsheet that knew no delimiter.

    None where not every line is one quoted cell with quoted cells in it.
    """
    if not text.startswith('"') or _widths(text[: text.find("\n")].rstrip(";,"), ",") != [1]:
        return None
    lines = [line.rstrip(";,") for line in text.rstrip("\n").split("\n")]
    if '""' not in text or not all(re.fullmatch(r'"(?:[^"]|"")*"', line) for line in lines):
        return None
    return "\n".join(line[1:-1].replace('""', '"') for line in lines)


def find_delimiter(text: str, *, name: str) -> str:
    """Choose the delimiter under which most of the first rows are equally wide.

    Raises
    ------
    ReadError
        Where no delimiter gives a table of at least two columns.
    """
    best, score = "", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter)
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        if width > 1 and (count / len(widths), width) > score:
            # A wide table beats a narrow one unless it is much less regular.
            best, score = delimiter, (count / len(widths), width)
    if not best or score[0] < 0.5:
        raise ReadError(
            f"{name} should be a table: cells divided by comma, semicolon or tab.",
            "It has no two columns that run through the first rows.",
            "Check that it is the CSV of the responses.",
        )
    return best


def _widths(text: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for row in csv.reader(islice(_lines(text), _PROBED_LINES), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) == _PROBED_ROWS:
                break
    except csv.Error:
        pass  # what is wrong is said when the whole file is cut
    return widths


def _lines(text: str) -> Iterator[str]:
    # io.StringIO would copy the text at four bytes a character.
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def split_rows(text: str, delimiter: str, *, name: str) -> tuple[list[list[str]], list[str]]:
    """Cut a text into rows of equal width.

    Short rows are filled up, blank cells beyond the header's width are cut, blank rows and
    blank columns at the end are left out, and each of these is reported.

    Raises
    ------
    ReadError
        Where a quoted cell never ends, or a row has answers beyond the last column.
    """
    problems: list[str] = []
    filled, blank = _parse(text, delimiter, name, problems)
    if blank:
        problems.append(f"{blank} blank rows left out")
    if not filled:
        raise ReadError(
            f"{name} should hold responses.", "Every cell of it is blank.", "Export again."
        )
    # A title above the headings may be a line of one cell.
    width = next((len(row) for row in filled if len(row) > 1), 1)
    short = sum(len(row) < width for row in filled)
    if short:
        problems.append(f"{short} rows are shorter than the header; filled with blanks")
    rows = [_fit(row, width, index, name) for index, row in enumerate(filled, 1)]
    return without_blank_end(rows, problems), problems


def without_blank_end(rows: list[list[str]], problems: list[str]) -> list[list[str]]:
    """Leave out the columns behind the last one that holds something, and report them."""
    width = full = len(rows[0])
    while width > 1 and not any(row[width - 1].strip() for row in rows):
        width -= 1
    if width == full:
        return rows
    problems.append(f"{full - width} columns without heading or answers left out")
    return [row[:width] for row in rows]


def _parse(
    text: str, delimiter: str, name: str, problems: list[str]
) -> tuple[list[list[str]], int]:
    """Cut a text into its filled rows; count the blank ones."""
    try:
        return _filled(csv.reader(_lines(text), delimiter=delimiter, strict=True), name)
    except csv.Error as error:
        if "field larger" in str(error):
            raise _never_ends(name, f"A cell has more than {LONGEST_CELL:,} characters") from None
        if "unexpected end" in str(error):
            raise _never_ends(name, "A quoted cell never ends") from None
        problems.append(f"quotes inside a cell are not doubled ({error})")
    try:
        return _filled(csv.reader(_lines(text), delimiter=delimiter), name)
    except csv.Error:
        raise _never_ends(name, f"A cell has more than {LONGEST_CELL:,} characters") from None


def _filled(reader: Iterable[list[str]], name: str) -> tuple[list[list[str]], int]:
    rows: list[list[str]] = []
    blank = cells = 0
    for row in reader:
        filled = any(cell and not cell.isspace() for cell in row)
        blank += not filled
        cells += (len(row) + _ROW_COST) * filled
        if len(row) > WIDEST_TABLE or cells > LARGEST_TABLE or blank > MOST_BLANK_ROWS:
            raise ReadError(
                f"{name} should have at most {WIDEST_TABLE:,} columns, {LARGEST_TABLE:,} cells "
                f"and {MOST_BLANK_ROWS:,} blank rows.",
                f"After {len(rows):,} filled and {blank:,} blank rows comes one of "
                f"{len(row):,} cells.",
                "Export fewer columns or a shorter period.",
            )
        if filled:
            rows.append(row)
    return rows, blank


def _never_ends(name: str, what: str) -> ReadError:
    return ReadError(
        f"{name} should be a whole CSV file.",
        f"{what}: the file is cut off or a quote is missing.",
        "Export the responses again.",
    )


def _fit(row: list[str], width: int, index: int, name: str) -> list[str]:
    if len(row) <= width:
        return row + [""] * (width - len(row))
    if any(cell.strip() for cell in row[width:]):
        raise ReadError(
            f"Each row of {name} should have {width} cells, like the header.",
            f"Row {index} has {len(row)}.",
            "A comma or quote in an answer may be unescaped; export the responses again.",
        )
    return row[:width]
