"""What a zipped workbook holds, read under bounds before any library opens it.

A library that trusts the sizes which a workbook states of itself can be made to ask for any
amount of memory: by a zip that unpacks to a thousand times its size, or by two cells in far
corners of a sheet. So the parts are unpacked here, never more than is allowed, the sheets'
corners are looked up, and the library gets a copy that holds only what was looked at.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.delimited import WIDEST_TABLE

LARGEST_WORKBOOK = 160 * 1024 * 1024
"""Bytes that the parts of a workbook may have when unpacked."""

LARGEST_RATIO = 200
"""Bytes unpacked for each byte packed; tables of answers stay below 50."""

LARGEST_SHEET = 4_000_000
"""Cells in the rectangle from the first to the last filled cell of a sheet."""

_MANY_PARTS = 2_000
_RATIO_COUNTS_FROM = 4 * 1024 * 1024
_NEEDED = re.compile(
    r"(\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/)?workbook\.xml(\.rels)?|xl/styles\.xml"
    r"|xl/sharedStrings\.xml|xl/worksheets/[^/]+\.xml)\Z",
    re.IGNORECASE,
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml\Z", re.IGNORECASE)
_BLANK_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]*/>")
_LETTERS = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]+)\d")
_DIGITS = re.compile(rb"\sr\s*=\s*[\"'][A-Za-z]+(\d+)")
_ROW_DIGITS = re.compile(rb"\sr\s*=\s*[\"'](\d+)")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_SHARED = re.compile(rb"<(?:\w+:)?si\b")
_USES_SHARED = re.compile(rb"\st=[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v>\s*(\d+)")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b(?=[^<>]*\st=[\"']e[\"'])[^<>]*\sr=[\"']([A-Z]+)(\d+)[\"'][^<>]*>"
    rb".{0,2000}?<(?:\w+:)?v>(#[^<]{1,20})<",
    re.DOTALL,
)
_SHEET_ENTRY = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*\b\w+:id=[\"']([^\"']+)[\"']")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")


@dataclass(frozen=True)
class Archive:
    """A workbook that was looked at.

    Attributes
    ----------
    copy : BytesIO
        A workbook of the same sheets, unpacked, and nothing else.
    errors : list of dict of (int, int) to str
        For each sheet in the order of the workbook: cells (row and column from 1) that show
        an error such as ``#N/A``, which libraries leave out.
    """

    copy: io.BytesIO
    errors: list[dict[tuple[int, int], str]]


def open_archive(path: Path, data: bytes) -> Archive:
    """Unpack a workbook under bounds.

    Raises
    ------
    ReadError
        Where the zip is broken, encrypted, no workbook, or larger inside than is allowed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return _copy(packed, path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError) as error:
        raise _broken(path.name, str(error) or type(error).__name__) from None
    except (NotImplementedError, RuntimeError, struct.error) as error:
        raise _broken(path.name, str(error)) from None


def is_other_workbook(path: Path, data: bytes) -> bool:
    """Say whether a zip is a workbook of another kind: binary (.xlsb) or OpenDocument (.ods).

    Raises
    ------
    ReadError
        Where it is one, and larger inside than is allowed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error):
        return False
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.bin" not in names and not {"mimetype", "content.xml"} <= names:
        return False
    _check_sizes(parts, path.name)
    return True


def _copy(packed: zipfile.ZipFile, name: str) -> Archive:
    content: dict[str, bytes] = {}
    left = LARGEST_WORKBOOK
    for part in _checked_parts(packed, name):
        with packed.open(part) as stream:
            content[part.filename] = stream.read(left + 1)
        left -= len(content[part.filename])
        if left < 0:
            raise _too_large(name)
    sheets = {part: data for part, data in content.items() if _SHEET.match(part)}
    errors = {part: _look_at_sheet(data, name) for part, data in sheets.items()}
    _look_at_strings(content, sheets, name)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as unpacked:
        for filename in list(content):
            unpacked.writestr(filename, content[filename])
    copy.seek(0)
    return Archive(copy, [errors.get(part, {}) for part in _sheet_parts(content)])


def _sheet_parts(content: dict[str, bytes]) -> list[str]:
    """Name the part of each sheet, in the order of the workbook."""
    named = {part.lower(): data for part, data in content.items()}
    targets: dict[bytes, str] = {}
    for relation in _RELATION.findall(named.get("xl/_rels/workbook.xml.rels", b"")):
        ident = re.search(rb"\sId=[\"']([^\"']+)", relation)
        target = re.search(rb"\sTarget=[\"']([^\"']+)", relation)
        if ident and target:
            path = target[1].decode(errors="replace").removeprefix("/").removeprefix("xl/")
            targets[ident[1]] = f"xl/{path}"
    return [targets.get(i, "") for i in _SHEET_ENTRY.findall(named.get("xl/workbook.xml", b""))]


def _look_at_strings(content: dict[str, bytes], sheets: dict[str, bytes], name: str) -> None:
    """Refuse a workbook in which one long text, kept once, stands in very many cells."""
    table = next((d for p, d in content.items() if p.lower() == "xl/sharedstrings.xml"), b"")
    lengths = [len(text) for text in _SHARED.split(table)[1:]]
    cells = sum(data.count(b"<") for data in sheets.values())
    if not lengths or max(lengths) * cells <= LARGEST_WORKBOOK:
        return
    size = 0
    for data in sheets.values():
        for index, uses in Counter(_USES_SHARED.findall(data)).items():
            position = int(index) if len(index) < 10 else len(lengths)
            size += uses * (lengths[position] if position < len(lengths) else 0)
    if size > LARGEST_WORKBOOK:
        raise _too_large(name)


def _checked_parts(packed: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Give the parts that a reader needs, once the directory of the zip is found sane."""
    parts = packed.infolist()
    if len(parts) > _MANY_PARTS:
        raise _broken(name, f"it has {len(parts):,} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise _locked(name)
    names = {part.filename.replace("\\", "/") for part in parts}
    if not any(n.lower().startswith("xl/workbook") for n in names):
        raise ReadError(
            f"{name} should be a CSV export or an Excel workbook.",
            f"It is a zip archive with {len(parts)} files.",
            "Unpack it and name the file inside, or save the table as .xlsx.",
        )
    needed = {part.filename: part for part in parts if _NEEDED.match(part.filename)}
    _check_sizes(list(needed.values()), name)
    return list(needed.values())


def _check_sizes(parts: list[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if unpacked > LARGEST_WORKBOOK:
        raise _too_large(name)
    if unpacked > _RATIO_COUNTS_FROM and unpacked > LARGEST_RATIO * max(1, packed):
        raise _too_large(name)


def _look_at_sheet(content: bytes, name: str) -> dict[tuple[int, int], str]:
    """Refuse a sheet whose filled cells span too large a rectangle; find its errors."""
    if b"\x00" in content[:4096]:
        raise _broken(name, "a sheet is not in UTF-8")
    filled = _BLANK_CELL.sub(b"", content) if b"/>" in content else content
    positions = [column_number(c.decode()) for c in set(_LETTERS.findall(filled))]
    width = max(positions, default=0)
    lines = set(_DIGITS.findall(filled))
    if not _all_have_addresses(content):
        # Such cells stand one after the other.
        rows = _ROW.split(content)
        width += max(len(_CELL.findall(row)) for row in rows)
        lines |= {*_ROW_DIGITS.findall(content), str(len(rows)).encode()}
    else:
        width -= min(positions, default=1) - 1
    height = max((int(line) if len(line) < 10 else 10**9 for line in lines), default=0)
    if width > WIDEST_TABLE or width * height > LARGEST_SHEET:
        raise ReadError(
            f"A sheet of {name} should have at most {WIDEST_TABLE:,} columns and "
            f"{LARGEST_SHEET:,} cells.",
            f"Its filled cells span {width:,} columns and {height:,} rows.",
            "Clear what stands far from the table, or export as CSV.",
        )
    if not re.search(rb"\st=[\"']e[\"']", filled):
        return {}
    return {
        (int(row), column_number(column.decode())): text.decode(errors="replace")
        for column, row, text in _ERROR.findall(filled)
    }


def _all_have_addresses(content: bytes) -> bool:
    # Counting a fixed text is ten times as fast as a pattern, and does for most files.
    cells = sum(content.count(start) for start in (b"<c ", b"<c>", b"<c/", b":c"))
    if cells and cells == content.count(b'<c r="'):
        return True
    return len(_CELL.findall(content)) <= len(_LETTERS.findall(content))


def column_number(letters: str) -> int:
    """Give the position of a column from its letters, from 1.

    Examples
    --------
    >>> [column_number(c) for c in ("A", "Z", "AA", "XFD")]
    [1, 26, 27, 16384]
    """
    if len(letters) > 6:
        return 10**9
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _too_large(name: str) -> ReadError:
    return ReadError(
        f"{name} should be a workbook of at most {LARGEST_WORKBOOK:,} bytes when unpacked.",
        f"It unpacks to more, or to more than {LARGEST_RATIO} times its size.",
        "Export fewer columns, or as CSV; distrust the file if nobody knows why it is so large.",
    )


def _broken(name: str, why: str) -> ReadError:
    return ReadError(
        f"{name} should be a whole Excel workbook.",
        f"It cannot be unpacked: {why}.",
        "Download it again; the transfer may have been cut off.",
    )


def _locked(name: str) -> ReadError:
    return ReadError(
        f"{name} should be a workbook that anyone can open.",
        "It is protected by a password.",
        "Remove the password in Excel and save it again.",
    )
