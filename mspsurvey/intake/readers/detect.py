"""Which platform wrote a file, decided by evidence in it; and one way to read them all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mspsurvey.errors import ReadError, did_you_mean
from mspsurvey.intake.readers import (
    alchemer,
    google_forms,
    kobo,
    limesurvey,
    microsoft_forms,
    plain,
    qualtrics,
    redcap,
    surveymonkey,
    typeform,
)
from mspsurvey.intake.readers.added import (
    without_headings_again,
    without_na,
    without_numbers,
    without_title,
)
from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.file.book import Book, read_book
from mspsurvey.intake.readers.spss_stata.responses import (
    FORMATS,
    read_stored,
    stored_kind,
)
from mspsurvey.intake.readers.summary import refuse_summary

LEAST_CONFIDENCE = 0.5
"""Evidence, from 0 to 1, that a platform must have to be taken for the writer of a file."""

SHEET_ROWS = (65_536, 1_048_576)
"""Rows that a sheet of old Excel, and of today's, can hold."""

_CLEARLY_MORE = 0.02

PLATFORMS = {
    module.PLATFORM.name: module.PLATFORM
    for module in (
        qualtrics, surveymonkey, limesurvey, google_forms, microsoft_forms, kobo, redcap,
        alchemer, typeform, plain,
    )
}  # fmt: skip
"""Readers by name; a new platform is a module or a folder with a ``PLATFORM``, and a
line here."""


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
        The file as downloaded; a zip or a folder where the tables of one export lie in it.
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
    kind = stored_kind(path)
    if kind is not None and format in (None, "auto", *FORMATS):
        if codebook is not None:
            raise _no_codebook("SPSS or Stata", Path(codebook))
        return _filled(read_stored(path, kind, time_zone), path)
    book = _as_exported(read_book(path))
    platform, dialect = detect(book, path.name, format)
    if platform.gather is not None:
        book = platform.gather(book, path)
    export = platform.read(book, dialect, time_zone)
    problems = [*book.problems, *book.main.problems, *export.problems]
    problems += [*_doubled(export), *_cut_off(book)]
    export = _filled(replace(export, problems=problems, path=path), path)
    return export if codebook is None else _described(export, platform, Path(codebook))


def _doubled(export: RawExport) -> list[str]:
    doubled = int(export.meta["resp_id"].duplicated().sum())
    return [f"{doubled} responses have the id of another"] if doubled else []


def _cut_off(book: Book) -> list[str]:
    rows = len(book.main.rows)
    if rows not in SHEET_ROWS:
        return []
    return [f"the table has {rows:,} rows, as many as a spreadsheet can hold; it may be cut off"]


def _filled(export: RawExport, path: Path) -> RawExport:
    if not len(export):
        raise ReadError(
            f"{path.name} should hold responses.",
            "It has header rows only.",
            "Check the filter of the export; it may have left out every response.",
        )
    return export


def _described(export: RawExport, platform: Platform, codebook: Path) -> RawExport:
    if platform.describe is None:
        raise _no_codebook(platform.name, codebook)
    return platform.describe(export, codebook)


def _no_codebook(platform: str, codebook: Path) -> ReadError:
    return ReadError(
        f"A codebook of an export of {platform} was not expected.",
        f"{codebook.name} was given.",
        "Leave it out; the wording is in the export itself.",
    )


def detect(book: Book, name: str, format: str | None = None) -> tuple[Platform, str]:
    """Find the platform that has most evidence for having written a file, and the dialect.

    Raises
    ------
    ReadError
        Where no platform, or no one platform, is likely; where the file is a summary; where
        nothing of the format that was named is in it.
    """
    if format and format != "auto":
        return _named(book, name, format)
    found = _weighed(book)
    (confidence, dialect, platform), (second, _, rival) = found[:2]
    if confidence < LEAST_CONFIDENCE:
        refuse_summary(book, name)
        raise _unknown(book, name)
    if confidence - second < _CLEARLY_MORE:
        raise ReadError(
            f"{name} should be the export of one platform.",
            f"It may be of {platform.name} ({platform.looked_for}) as well as of {rival.name} "
            f"({rival.looked_for}).",
            "Name the format in study.toml.",
        )
    return platform, dialect


def _weighed(book: Book) -> list[tuple[float, str, Platform]]:
    """Confidence, dialect and platform of each reader, the surest first."""
    return sorted(
        ((*platform.sniff(book), platform) for platform in PLATFORMS.values()),
        key=lambda weighed: -weighed[0],
    )


def _as_exported(book: Book) -> Book:
    """Leave out what somebody added; a title, where the rest is known as well without it."""
    book = without_na(without_headings_again(without_numbers(book)))
    below = without_title(book)
    if below is None:
        return book
    least = max(LEAST_CONFIDENCE, _weighed(book)[0][0])
    return below if _weighed(below)[0][0] >= least else book


def _named(book: Book, name: str, format: str) -> tuple[Platform, str]:
    if format in FORMATS:
        raise ReadError(
            f"{name} should be a file of SPSS (.sav, .zsav, .por) or Stata (.dta).",
            "It does not begin like one.",
            "Check the file, or leave the format out.",
        )
    if format not in PLATFORMS:
        raise ReadError(
            f"One of {', '.join((*PLATFORMS, *FORMATS))} was wanted as format.",
            f"It is '{format}'.",
            did_you_mean(format, (*PLATFORMS, *FORMATS)),
        )
    platform = PLATFORMS[format]
    confidence, dialect = platform.sniff(book)
    if confidence < LEAST_CONFIDENCE:
        refuse_summary(book, name)
    if confidence == 0 and platform is not plain.PLATFORM:
        raise ReadError(
            f"{name} should be an export of {format} ({platform.looked_for}).",
            f"Nothing of this is there; its first row begins with {_beginning(book)}.",
            'Check the file; format = "plain" reads a table with one row of names.',
        )
    return platform, dialect


def _unknown(book: Book, name: str) -> ReadError:
    looked = "; ".join(f"{p.name}: {p.looked_for}" for p in PLATFORMS.values())
    return ReadError(
        f"{name} should be an export of a known platform ({looked}).",
        f"None of this is there; its first row begins with {_beginning(book)}.",
        "Export again as CSV from the platform, or name the format in study.toml "
        '("plain" for a table with one row of names).',
    )


def _beginning(book: Book) -> str:
    return ", ".join(repr(cell[:24]) for cell in book.main.rows[0][:4])
