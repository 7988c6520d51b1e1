"""From the bytes of an export to text, with the evidence for each decision.

Platforms and the spreadsheets that people open exports in write UTF-8 with and without a
byte order mark, UTF-16, cp1252, and mixtures. Nothing is guessed in silence: what was
decided, and why, is kept with the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import ReadError

LARGEST_EXPORT = 256 * 1024 * 1024
"""Bytes: a survey export above this size is a mistake or an attack."""

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
    if not proper and b"\n" not in data:
        # Lines that end as on old Macintoshes are in the letters of these.
        return data.decode("mac_roman"), "mac_roman", f"{stray:,} bytes are not UTF-8"
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
