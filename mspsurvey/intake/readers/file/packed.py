"""Tables that belong together in files of their own: in a zip, in a folder, or side by side.

ODK Central and Ona write a CSV for the form and one for each repeated group; other platforms
pack the one table that they have.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.archive import LARGEST_RATIO
from mspsurvey.intake.readers.file.text import LARGEST_EXPORT, read_bytes

MOST_TABLES = 100
"""Tables of one export: the form, and its repeated groups."""

_RATIO_COUNTS_FROM = 4 * 1024 * 1024
_TABLES = (".csv", ".tsv", ".txt", ".xlsx")


def zipped_tables(path: Path, data: bytes) -> dict[str, bytes]:
    """Unpack the tables in a zip, never more than a single export may have.

    Returns
    -------
    dict of str to bytes
        Content by name, the shortest name first; nothing where the file is a workbook, or has
        no table.

    Raises
    ------
    ReadError
        Where there is more than is allowed, or the zip is broken or locked.
    """
    found: dict[str, bytes] = {}
    # Little data that unpacks to very much is no export.
    left = most = min(LARGEST_EXPORT, max(_RATIO_COUNTS_FROM, LARGEST_RATIO * len(data)))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            if any(part.filename.startswith("[Content_Types]") for part in parts):
                return {}
            for part in _tables(parts, path):
                with packed.open(part) as stream:
                    found[part.filename] = stream.read(left + 1)
                left -= len(found[part.filename])
                if left < 0:
                    raise _too_much(path, f"They unpack to more than {most:,} bytes.")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError):
        return {}
    except (NotImplementedError, RuntimeError):
        raise ReadError(
            f"{path.name} should be a zip that anyone can open.",
            "It is protected by a password, or packed in a way of its own.",
            "Unpack it, and name the file inside.",
        ) from None
    return found


def _tables(parts: list[zipfile.ZipInfo], path: Path) -> list[zipfile.ZipInfo]:
    named = [part for part in parts if _is_table(PurePosixPath(part.filename))]
    if len(named) > MOST_TABLES:
        raise _too_much(path, f"It has {len(named):,}.")
    return sorted(named, key=lambda part: (len(part.filename), part.filename))


def _is_table(name: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) or part == "media" for part in name.parts)
    return not hidden and name.suffix.lower() in _TABLES


def _too_much(path: Path, came: str) -> ReadError:
    return ReadError(
        f"{path.name} should hold at most {MOST_TABLES} tables of one export.",
        came,
        "Unpack it, and name the file inside that has one row for each response.",
    )


def tables_of_folder(path: Path) -> dict[str, bytes]:
    """Read the tables in a folder, the shortest name first.

    Raises
    ------
    ReadError
        Where there is none, or more than is allowed.
    """
    names = [p for p in path.iterdir() if p.is_file() and _is_table(PurePosixPath(p.name))]
    if not 0 < len(names) <= MOST_TABLES:
        raise ReadError(
            f"{path.name} should be a survey export, or a folder with the tables of one.",
            f"It is a folder with {len(names):,} tables.",
            "Name the file that has one row for each response.",
        )
    return {p.name: read_bytes(p) for p in sorted(names, key=lambda p: (len(p.name), p.name))}
