"""Files: there whole or not at all, whenever a build is killed; their names and hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".tmp"
"""End of the name of a file that is being written."""
_CHUNK = 1 << 20


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` to write to; the file moves to ``path`` when all is written.

    Folders are made as needed. Where writing fails, ``path`` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write bytes, or text as UTF-8 with its line ends kept; give ``path`` back."""
    with whole(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def slug(text: str, default: str = "") -> str:
    """Make words into a name for a file or an id: letters, digits, ``-`` and ``_``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-") or default


def tables_of(path: Path) -> list[Path]:
    """Give the files that one export may lie in.

    Those in a folder; else the file itself, and those beside it whose names begin with its own
    and go on with a dash: ``form.csv``, ``form-group.csv``.
    """
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file())
    start = f"{path.stem}-"
    alike = [p for p in path.parent.glob("*") if p.name.startswith(start)]
    return [path, *sorted(p for p in alike if p.suffix == path.suffix and p.is_file())]


def sha256(path: Path) -> str:
    """Hash a file, a megabyte at a time; 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fingerprint(paths: Iterable[Path]) -> str:
    """Hash the content of several files, in their order, to twelve hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(bytes.fromhex(sha256(path)))
    return digest.hexdigest()[:12]
