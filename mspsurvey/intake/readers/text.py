"""From the bytes of an export to rows of cells, with the evidence for each decision.

Platforms and the spreadsheets that people open exports in write UTF-8 with and without a
byte order mark, UTF-16, cp1252, and mixtures. Nothing is guessed in silence: what was
decided, and why, is kept with the rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mspsurvey.errors import ReadError

LARGEST_EXPORT = 256 * 1024 * 1024
"""Bytes: a survey export above this size is a mistake or an attack."""

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
_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"$FL2": "an SPSS file",
    b"<?xml": "an XML file",
    b"PAR1": "a Parquet file",
    b'{"SurveyEntry"': "the definition of a Qualtrics survey (.qsf), which is a codebook",
}
# Five bytes mean nothing in cp1252; a text does not hold them.
_CP1252 = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", errors="replace") for byte in range(128, 256)
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Text:
    """A decoded file.

    Attributes
    ----------
    text : str
        The whole text; every line ends in a single line feed.
    encoding, evidence : str
        How the bytes were read, and what spoke for it.
    problems : tuple of str
        What had to be mended on the way.
    """

    text: str
    encoding: str
    evidence: str
    problems: tuple[str, ...] = ()


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
    delimiter = find_delimiter(decoded.text, name=name)
    rows, problems = split_rows(decoded.text, delimiter, name=name)
    return Cells(rows, delimiter, decoded.encoding, (*decoded.problems, *problems))


def read_bytes(path: Path) -> bytes:
    """Read a file that is small enough to be an export."""
    wanted = f"A survey export was wanted from {path}."
    try:
        size = path.stat().st_size
        if size > LARGEST_EXPORT:
            raise ReadError(
                wanted,
                f"The file has {size:,} bytes, more than {LARGEST_EXPORT:,}.",
                "Export fewer columns or a shorter period.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(
            wanted, f"It cannot be opened ({error.strerror}).", "Check the path in study.toml."
        ) from None
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise ReadError(wanted, "The file is empty.", "Export the responses again.")
    return data


def decode(data: bytes, *, name: str) -> Text:
    """Decode the bytes of one file.

    Parameters
    ----------
    data : bytes
        Whole content.
    name : str
        File name, for the error.

    Raises
    ------
    ReadError
        Where the bytes are another kind of file, or no text in a known encoding.
    """
    for magic, what in _OTHER_FILES.items():
        if data.startswith(magic):
            raise ReadError(
                f"{name} should be a CSV export.",
                f"It is {what}.",
                "Export as CSV, or unpack the file first.",
            )
    encoding, evidence = _encoding(data)
    problems: list[str] = []
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise _no_text(name, f"byte {error.start} does not fit {encoding}") from None
        text, encoding, evidence = _mixed(data)
        problems.append(f"{evidence}; read as {encoding}")
    text = text.removeprefix("\ufeff")
    strange = len(_CONTROL.findall(text)) + text.count("\ufffd")
    if strange * 200 > len(text) or "\x00" in text:
        raise _no_text(name, f"{strange:,} of {len(text):,} characters are control characters")
    return Text(_line_ends(text), encoding, evidence, tuple(problems))


def _encoding(data: bytes) -> tuple[str, str]:
    """Name the encoding that the bytes themselves point to, with the evidence."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8", "UTF-8 byte order mark"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "UTF-16 byte order mark"
    head = data[:4096]
    # Western text in UTF-16 has a zero in every second byte.
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = head[start::2]
        if len(half) > 8 and half.count(0) > 0.6 * len(half):
            return encoding, "a zero in every second byte"
    return "utf-8", "no byte order mark"


def _mixed(data: bytes) -> tuple[str, str, str]:
    """Read text that is not UTF-8 throughout: each stray byte as cp1252."""
    text = data.decode("utf-8", errors="surrogateescape")
    stray = sum("\udc80" <= c <= "\udcff" for c in text)
    proper = sum(c > "\x7f" for c in text) - stray
    encoding = "cp1252" if not proper else "utf-8 with cp1252 bytes"
    return text.translate(_CP1252), encoding, f"{stray:,} bytes are not UTF-8"


def _line_ends(text: str) -> str:
    # A file saved twice in text mode on Windows has \r\r\n.
    for end in ("\r\r\n", "\r\n", "\r"):
        text = text.replace(end, "\n")
    return text


def _no_text(name: str, why: str) -> ReadError:
    return ReadError(
        f"{name} should be text in UTF-8, UTF-16 or cp1252.",
        f"It is binary or garbled: {why}.",
        "Export again as CSV in UTF-8.",
    )


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

    Short rows are filled up, blank cells beyond the header's width are cut, blank rows are
    left out, and each of the three is reported.

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
    width = len(filled[0])
    short = sum(len(row) < width for row in filled)
    if short:
        problems.append(f"{short} rows are shorter than the header; filled with blanks")
    return [_fit(row, width, index, name) for index, row in enumerate(filled, 1)], problems


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
