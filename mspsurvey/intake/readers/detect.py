"""Which platform wrote a file, decided by evidence in it; and one way to read them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mspsurvey.errors import ReadError, did_you_mean
from mspsurvey.intake.readers import limesurvey, qualtrics
from mspsurvey.intake.readers.book import Book, read_book
from mspsurvey.intake.readers.export import Platform, RawExport

PLATFORMS = {p.name: p for p in (qualtrics.PLATFORM, limesurvey.PLATFORM)}
"""Readers by name; a new platform is a module with a ``Platform`` and a line here."""


def read_responses(
    path: Path | str,
    format: str | None = None,
    *,
    codebook: Path | str | None = None,
    time_zone: str | None = None,
) -> RawExport:
    """Read the export of a survey platform.

    Parameters
    ----------
    path : Path or str
        The file as downloaded.
    format : str, optional
        Name of the platform; found by evidence in the file if not given (or "auto").
    codebook : Path or str, optional
        What the platform says of the columns: a .qsf, .lss, XLSForm, REDCap dictionary, or
        the same export with labels.
    time_zone : str, optional
        Zone of the dates where the file does not say it, as ``America/Chicago``.

    Returns
    -------
    RawExport
        Answers as text, with wording, metadata and problems.

    Raises
    ------
    ReadError
        Where the file is no export that is known, or holds no response.
    """
    path = Path(path)
    book = read_book(path)
    platform, dialect = _detect(book, path.name, format)
    export = platform.read(book, dialect, time_zone)
    if not len(export):
        raise ReadError(
            f"{path.name} should hold responses.",
            "It has header rows only.",
            "Check the filter of the export; it may have left out every response.",
        )
    problems = [*book.problems, *book.main.problems, *export.problems]
    export = replace(export, problems=problems, path=path)
    return export if codebook is None else _described(export, platform, Path(codebook))


def _described(export: RawExport, platform: Platform, codebook: Path) -> RawExport:
    if platform.describe is None:
        raise ReadError(
            f"A codebook of an export of {platform.name} was not expected.",
            f"{codebook.name} was given.",
            "Leave it out; the wording is in the export itself.",
        )
    return platform.describe(export, codebook)


def _detect(book: Book, name: str, format: str | None) -> tuple[Platform, str]:
    """Find the platform that has most evidence for having written the file."""
    platforms = PLATFORMS
    if format and format != "auto":
        if format not in platforms:
            raise ReadError(
                f"One of {', '.join(platforms)} was wanted as format.",
                f"It is '{format}'.",
                did_you_mean(format, platforms),
            )
        platforms = {format: platforms[format]}
    found = [(*platform.sniff(book), platform) for platform in platforms.values()]
    confidence, dialect, platform = max(found, key=lambda f: f[0])
    if confidence < 0.5:
        looked = "; ".join(f"{p.name}: {p.looked_for}" for p in platforms.values())
        head = ", ".join(repr(c[:24]) for c in book.main.rows[0][:4])
        raise ReadError(
            f"{name} should be an export of a known platform ({looked}).",
            f"None of this is there; its first row begins with {head}.",
            "Export again as CSV from the platform, or name the format in study.toml.",
        )
    return platform, dialect
