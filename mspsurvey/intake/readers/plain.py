"""A plain table: one header row of names, then a row for each response.

This is what a person saves who has opened an export and worked on it. Nothing in it says who
wrote it, so it is never guessed: ``format="plain"`` asks for it.
"""

from __future__ import annotations

from dataclasses import replace

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.parts import Part, assemble, known_word, question

_META = {
    "resp_id": (
        "id", "respid", "responseid", "respondentid", "respondent", "recordid", "caseid",
        "uuid",
    ),
    "sample_id": ("sampleid", "token"),
    "started": ("started", "startdate", "starttime", "startedat", "start"),
    "ended": (
        "ended", "enddate", "endtime", "endedat", "end", "submitdate", "submittedat",
        "submissiontime", "timestamp", "completiontime", "datesubmitted",
    ),
    "duration_s": ("duration", "durations", "durationseconds", "durationinseconds"),
    "progress": ("progress",),
    "language": ("language", "userlanguage", "startlanguage", "lang"),
    "personal": (
        "email", "emailaddress", "firstname", "lastname", "fullname", "ipaddress", "ip",
        "phone", "phonenumber",
    ),
}  # fmt: skip


def sniff(book: Book) -> tuple[float, str]:
    """Say that it cannot be known that a table is a plain export."""
    return 0.0, "workbook" if book.workbook else "csv"


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one table; a title above the headings is left out and reported.

    Raises
    ------
    ReadError
        Where the row of headings has gaps that stand above answers, or repeats no name.
    """
    rows = book.main.rows
    top = _heading_row(rows)
    problems = [f"a title stands above the headings: '{_joined(row)}'" for row in rows[:top]]
    if len(book.sheets) > 1:
        others = ", ".join(f"'{cells.name}'" for cells in book.sheets[1:])
        problems.append(f"only the sheet '{book.main.name}' is read, not {others}")
    parts = _parts(rows[top])
    if not any(p.role == "answer" for p in parts):
        raise ReadError(
            "A plain table should have a header row with the names of the answers.",
            f"The first row is {', '.join(repr(c[:24]) for c in rows[top][:4])}.",
            "Put one row of names above the responses.",
        )
    return assemble(
        parts, rows[top + 1 :],
        platform="plain", dialect=dialect, time_zone=time_zone, problems=problems,
    )  # fmt: skip


def _heading_row(rows: list[list[str]]) -> int:
    """Position of the first row that is filled like a row of names, not like a title."""
    for position, row in enumerate(rows[:5]):
        filled = sum(bool(c.strip()) for c in row)
        if filled > 1 and filled * 2 >= len(row):
            return position
    return 0


def _joined(row: list[str]) -> str:
    return " ".join(c.strip() for c in row if c.strip())[:60]


def _parts(headings: list[str]) -> list[Part]:
    parts: list[Part] = []
    taken: set[str] = set()
    for position, header in enumerate(headings, 1):
        part = question(header, position)
        field = known_word(header, _META)
        if field == "personal":
            part = replace(part, role="personal")
        elif field and field not in taken:
            taken.add(field)
            part = replace(part, role="meta", field=field)
        parts.append(part)
    return parts


PLATFORM = Platform(
    "plain", sniff, read, "only where the format is given: one header row of names"
)
