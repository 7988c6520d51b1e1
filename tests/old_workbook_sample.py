"""Workbooks that nothing here writes but these few lines: .xls, .xlsb and .ods."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[str | float]]
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_old_workbook(path: Path, rows: Rows) -> Path:
    """Write one sheet, called Data, in the format that the name of the file says."""
    path.write_bytes({".xls": _xls, ".xlsb": _xlsb, ".ods": _ods}[path.suffix](rows))
    return path


def _xls(rows: Rows) -> bytes:
    """Records of Excel 97 in one stream of a compound file."""
    head, end = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)), _record(0x0A, b"")
    sheet_at = len(head) + 4 + 8 + 4 + len(end)
    named = _record(0x85, struct.pack("<IHBB", sheet_at, 0, 4, 0) + b"Data")
    cells = b"".join(_xls_cell(r, c, v) for r, row in enumerate(rows) for c, v in enumerate(row))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 16, 0, 0, 0, 0)) + cells + end
    return _compound("Workbook", head + named + end + sheet)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _xls_cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return _record(0x0204, place + text)
    return _record(0x0203, place + struct.pack("<d", value))


def _compound(name: str, stream: bytes) -> bytes:
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    sectors = len(stream) // 512
    table = [TABLE, END, *range(3, sectors + 2), END]
    folder = _entry("Root Entry", 5, 1, END, 0) + _entry(name, 2, FREE, 2, len(stream))
    numbers = (0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0, 0)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x10I", *numbers)
    return (
        header.ljust(512, b"\xff")
        + struct.pack("<128I", *table, *[FREE] * (128 - len(table)))
        + folder.ljust(512, b"\0")
        + stream
    )


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    return text.ljust(64, b"\0") + struct.pack(
        "<HBBIII36xIQ", len(text), kind, 1, FREE, FREE, child, start, size
    )


def _xlsb(rows: Rows) -> bytes:
    """Records of binary Excel, in a zip."""
    book = _part(153, bytes(8)) + _part(143) + _part(156, bytes(8) + _wide("r1") + _wide("Data"))
    sheet = _part(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + _part(145)
    for number, row in enumerate(rows):
        sheet += _part(0, struct.pack("<I21x", number))
        for column, value in enumerate(row):
            place = struct.pack("<I4x", column)
            text = isinstance(value, str)
            cell = _wide(value) if isinstance(value, str) else struct.pack("<d", value)
            sheet += _part(6 if text else 5, place + cell)
    relation = '<Relationship Id="r1" Type="x" Target="worksheets/sheet1.bin"/>'
    return _zip({
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.bin": book + _part(144) + _part(157) + _part(132),
        "xl/_rels/workbook.bin.rels": f"<Relationships>{relation}</Relationships>",
        "xl/worksheets/sheet1.bin": sheet + _part(146),
    })  # fmt: skip


def _part(kind: int, data: bytes = b"") -> bytes:
    ident = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return ident + bytes([len(data) & 127 | 128, len(data) >> 7]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _ods(rows: Rows) -> bytes:
    body = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    spaces = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "table", "text")
    )
    table = f'<table:table table:name="Data">{body}</table:table>'
    return _zip({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f"<office:document-content{spaces}><office:body><office:spreadsheet>"
                       f"{table}</office:spreadsheet></office:body></office:document-content>",
    })  # fmt: skip


def _ods_cell(value: str | float) -> str:
    said = "string" if isinstance(value, str) else f'float" office:value="{value}'
    return (
        f'<table:table-cell office:value-type="{said}"><text:p>{escape(str(value))}</text:p>'
        "</table:table-cell>"
    )


def _zip(parts: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
