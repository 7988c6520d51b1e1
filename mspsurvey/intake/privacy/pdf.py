"""Text of a PDF: what is set on its pages, and its metadata.

A page shows glyphs by number; each font says in a table (ToUnicode) which letter a number is.
Which font a text is set in need not be known to search it: it is read by every font's table,
and by the wrong ones it makes no sense.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(
    rb"\[((?:[^\[\]\\]|\\.)*)\]\s*TJ|((?:<[0-9A-Fa-f\s]*>|\((?:[^()\\]|\\.)*\)))\s*Tj"
)
_STRING = re.compile(rb"<([0-9A-Fa-f\s]*)>|\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_ESCAPE = re.compile(rb"\\([nrtbf()\\]|[0-7]{1,3})")
_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_LARGEST = 64 * 1024 * 1024
_WIDEST_RANGE = 65_536

Letters = dict[int, str]


def pdf_texts(data: bytes) -> Iterator[str]:
    """Give the texts of a PDF: its strings in the open, and its pages by each font's table."""
    streams = [_inflated(match[1]) for match in _STREAM.finditer(data)]
    outside = _STREAM.sub(b"", data)
    yield outside.decode("latin-1")
    yield "\n".join(_decoded(_bytes_of(m)) for m in _STRING.finditer(outside))
    fonts = [_letters(s) for s in streams if b"begincmap" in s]
    for stream in streams:
        if stream.lstrip()[:1] == b"<":
            yield stream.decode("utf-8", errors="replace")  # XMP metadata
        shown = (match[1] or match[2] for match in _SHOWN.finditer(stream))
        lines = [b"".join(map(_bytes_of, _STRING.finditer(line))) for line in shown]
        if lines:
            yield "\n".join(line.decode("latin-1") for line in lines)
            for letters in fonts:
                yield "\n".join(_spelled(line, letters) for line in lines)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, _LARGEST)
    except zlib.error:
        return stream


def _bytes_of(match: re.Match[bytes]) -> bytes:
    """Bytes of a string, in hexadecimal or in brackets."""
    if match[1] is not None:
        digits = re.sub(rb"\s", b"", match[1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return _ESCAPE.sub(_unescaped, match[2])


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    return bytes([int(what, 8) & 255]) if what.isdigit() else _PLAIN.get(what, what)


def _decoded(text: bytes) -> str:
    if text.startswith(b"\xfe\xff"):
        return text[2:].decode("utf-16-be", errors="replace")
    return text.decode("latin-1")


def _letters(table: bytes) -> Letters:
    """Letters of each glyph number of one font."""
    found: Letters = {}
    for block in _CHARACTERS.findall(table):
        codes = [bytes.fromhex(h.decode()) for h in _HEX.findall(block)]
        for glyph, letters in zip(codes[::2], codes[1::2], strict=False):
            found[int.from_bytes(glyph)] = letters.decode("utf-16-be", errors="replace")
    for block in _RANGES.findall(table):
        codes = [bytes.fromhex(h.decode()) for h in _HEX.findall(block)]
        for low, high, first in zip(codes[::3], codes[1::3], codes[2::3], strict=False):
            start, end, letter = (int.from_bytes(c) for c in (low, high, first))
            for step in range(min(end - start, _WIDEST_RANGE) + 1):
                found[start + step] = chr(min(letter + step, 0x10FFFF))
    return found


def _spelled(line: bytes, letters: Letters) -> str:
    pairs = zip(line[::2], line[1::2], strict=False)
    return "".join(letters.get(high << 8 | low, "") for high, low in pairs)
