"""From the bytes of an export to rows of cells, with the evidence for each decision.

Platforms and the spreadsheets that people open exports in write UTF-8 with and without a
byte order mark, UTF-16, cp1252, and mixtures. Nothing is guessed in silence: what was
decided, and why, is kept with the rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import ReadError

LARGEST_EXPORT = 512 * 1024 * 1024
"""Bytes: a survey export above this size is a mistake or an attack."""

DELIMITERS = (",", ";", "\t", "|")
_PROBED_ROWS = 60
_OTHER_FILES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"$FL2": "an SPSS file",
    b"<?xml": "an XML file",
    b"PAR1": "a Parquet file",
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
    decoded = decode(read_bytes(path), name=path.name)
    delimiter = find_delimiter(decoded.text, name=path.name)
    rows, problems = split_rows(decoded.text, delimiter, name=path.name)
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
    return re.sub(r"\r+\n|\r", "\n", text)


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
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    widths: list[int] = []
    try:
        for row in reader:
            if row:
                widths.append(len(row))
            if len(widths) == _PROBED_ROWS:
                break
    except csv.Error:
        return []
    return widths


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
    rows = _parse(text, delimiter, name, problems)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if len(filled) < len(rows):
        problems.append(f"{len(rows) - len(filled)} blank rows left out")
    if not filled:
        raise ReadError(
            f"{name} should hold responses.", "Every cell of it is blank.", "Export again."
        )
    width = len(filled[0])
    short = sum(len(row) < width for row in filled)
    if short:
        problems.append(f"{short} rows are shorter than the header; filled with blanks")
    return [_fit(row, width, index, name) for index, row in enumerate(filled, 1)], problems


def _parse(text: str, delimiter: str, name: str, problems: list[str]) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error) or "field larger" in str(error):
            raise ReadError(
                f"{name} should be a whole CSV file.",
                "A quoted cell never ends: the file is cut off or a quote is missing.",
                "Export the responses again.",
            ) from None
        problems.append(f"quotes inside a cell are not doubled ({error})")
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise ReadError(f"{name} should be a CSV file.", f"It cannot be cut: {error}.") from None


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
