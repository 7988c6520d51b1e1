"""All text that a file holds, whatever its format: what a curious reader could find in it."""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from mspsurvey.intake.privacy.pdf import pdf_texts

_PNG, _PDF, _ZIP, _GZIP, _PARQUET = (
    b"\x89PNG\r\n\x1a\n",
    b"%PDF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"PAR1",
)
_DATA_URI = re.compile(r"data:[\w/+.;=-]*;base64,([A-Za-z0-9+/=]{16,})")
_TAG = re.compile(r"<[^<>]*>")
_LARGEST = 512 * 1024 * 1024
_LARGE_NUMBER = 10**7


def file_texts(path: Path) -> Iterator[str]:
    """Give the texts of a file.

    Text as it is, and with entities, escapes and tags undone; cells and metadata of Parquet;
    text chunks of PNG; text and metadata of PDF; parts of zipped formats (XLSX, ZIP), and
    files inside ``data:`` addresses.
    """
    if path.suffix == ".parquet":
        yield from _parquet_texts(path)
    else:
        yield from texts_of(path.read_bytes())


def texts_of(data: bytes) -> Iterator[str]:
    """Give the texts of a file's bytes; the format is known by how they begin."""
    if data.startswith(_PNG):
        yield from _png_texts(data)
    elif data.startswith(_PDF):
        yield from pdf_texts(data)
    elif data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            for part in parts.infolist():
                yield part.filename
                yield from texts_of(parts.read(part))
    elif data.startswith(_GZIP):
        yield from texts_of(zlib.decompressobj(31).decompress(data, _LARGEST))
    else:
        yield from _plain_texts(_decoded(data))


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _plain_texts(text: str) -> Iterator[str]:
    yield text
    undone = _undone(text)
    if undone != text:
        yield undone
    if "<" in undone:
        # A name may be set in several elements, one a word.
        yield _TAG.sub(" ", undone)
    for match in _DATA_URI.finditer(text):
        try:
            yield from texts_of(base64.b64decode(match[1]))
        except (binascii.Error, zlib.error, zipfile.BadZipFile):
            continue


def _undone(text: str) -> str:
    """Undo the escapes of HTML, JSON and addresses."""
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        # Two such escapes may be one letter.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = re.sub(r"\\([\"/])", r"\1", re.sub(r"\\[nrt]", " ", text))
    return urllib.parse.unquote(text) if re.search(r"%[0-9A-Fa-f]{2}", text) else text


def _png_texts(data: bytes) -> Iterator[str]:
    """Text chunks, plain and compressed."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        chunk = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"iTXt", b"eXIf"):
            yield from _plain_texts(chunk.decode("utf-8", errors="replace").replace("\0", "\n"))
        if kind in (b"zTXt", b"iTXt"):
            yield from _inflated(chunk)
        at += 12 + size


def _inflated(chunk: bytes) -> Iterator[str]:
    """Text of a compressed chunk, which begins at a zlib header after a zero byte."""
    for start in (m.end() for m in re.finditer(b"\0", chunk[:200])):
        try:
            text = zlib.decompressobj().decompress(chunk[start:], _LARGEST)
        except zlib.error:
            continue
        yield from _plain_texts(text.decode("utf-8", errors="replace"))


def _parquet_texts(path: Path) -> Iterator[str]:
    """Different cells of each column that can hold text, and the metadata."""
    import pyarrow.compute as pc  # slow to import
    import pyarrow.parquet as pq
    import pyarrow.types as pt

    table = pq.read_table(path)
    yield "\n".join(table.schema.names)
    for value in (table.schema.metadata or {}).values():
        yield value.decode("utf-8", errors="replace")
    for column in table.columns:
        kind = column.type
        if pt.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pt.is_integer(kind):
            high = pc.max(column).as_py()
            if high is None or high < _LARGE_NUMBER:
                continue
        elif not (pt.is_string(kind) or pt.is_large_string(kind) or pt.is_nested(kind)):
            continue
        values = column.to_pylist() if pt.is_nested(kind) else pc.unique(column).to_pylist()
        yield "\n".join(str(v) for v in values if v is not None)
