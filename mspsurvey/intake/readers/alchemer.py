"""Exports of Alchemer, formerly SurveyGizmo: one header row, ``choice:question`` for ticks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from mspsurvey.intake.readers.export import Platform, RawExport, clean_header
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.parts import Part, assemble, letters, with_ticks

_META = {
    "responseid": "resp_id", "timestarted": "started", "datesubmitted": "ended",
    "status": "state", "language": "language", "contactid": "", "legacycomments": "",
    "comments": "", "referer": "", "extendedreferer": "", "sessionid": "", "tags": "",
    "country": "", "region": "", "stateregion": "",
}  # fmt: skip
_PERSONAL = {
    "useragent", "extendeduseragent", "ipaddress", "longitude", "latitude", "city", "postal",
    "email", "urlredirect",
}  # fmt: skip
_WRITE_IN = re.compile(r".*\bWrite[- ]?In\b( \(Required\))?", re.IGNORECASE)
_OWN = {"responseid", "timestarted", "datesubmitted", "status"}


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Alchemer wrote the file."""
    first = {letters(c) for c in book.main.rows[0]}
    return (0.95 if first >= _OWN else 0.2 * len(first & {"timestarted", "datesubmitted"})), "csv"


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export; only a response whose status is Complete is finished."""
    headings, rows = book.main.rows[0], book.main.rows[1:]
    export = assemble(
        _parts(headings), rows, platform="alchemer", dialect=dialect, time_zone=time_zone
    )
    place = next((i for i, h in enumerate(headings) if letters(h) == "status"), None)
    if place is not None:
        complete = [row[place].strip().casefold().startswith("complete") for row in rows]
        export = replace(export, meta=export.meta.assign(finished=complete))
    return with_ticks(export)


def _parts(headings: list[str]) -> list[Part]:
    texts = [clean_header(h) for h in headings]
    stems = [text.partition(":")[2].strip() for text in texts]
    uses, known = Counter(stems), set(texts)
    parts: list[Part] = []
    numbers: dict[str, list[int]] = {}
    for position, (header, text, stem) in enumerate(zip(headings, texts, stems, strict=True)):
        key = letters(text)
        if text.startswith("URL Variable:"):
            parts.append(Part(header, text, role="embedded"))
            continue
        leading = not any(part.role == "answer" for part in parts)
        if leading and (key in _META or key in _PERSONAL):
            role = "personal" if key in _PERSONAL else "meta"
            field = _META.get(key, "")
            parts.append(Part(header, text, role=role, field="" if field == "state" else field))
        elif stem and (uses[stem] > 1 or stem in known):
            group = numbers.setdefault(stem, [position, 0])
            group[1] += 1
            choice = text.partition(":")[0].strip()
            role = "text" if _WRITE_IN.fullmatch(choice) else "answer"
            parts.append(Part(header, stem, choice, f"q{group[0]}_{group[1]}", role))
        else:
            parts.append(Part(header, text, ident=f"q{position}"))
    return parts


PLATFORM = Platform(
    "alchemer", sniff, read, "columns Response ID, Time Started, Date Submitted and Status"
)
