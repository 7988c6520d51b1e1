"""Exports of SurveyMonkey: one, two or three header rows, and perhaps a title above them.

A question with several columns has its wording above the first of them, or above each, and
its choices in the row below; a third row may hold numbers of questions. A choice that was
ticked shows its words or its number. Neither a status nor a time zone is told.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import Platform, RawExport, clean_header
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.parts import Part, assemble, known_word, letters, with_ticks
from mspsurvey.intake.readers.surveymonkey.words import (
    ANSWER,
    CONTACT,
    CONTACT_PERSONAL,
    META,
    OPEN,
    OTHER,
)

# Fields of the first columns, whatever their language.
_BY_PLACE = ("resp_id", "collector", "started", "ended")
_LONG_NUMBER = re.compile(r"\d{6,}(?:\.0)?|\d(?:[.,]\d+)?E\+\d+")
_DATE = re.compile(r"\d{1,4}[-/.] ?\d{1,2}[-/.] ?\d{1,4}\b.*|[3-7]\d{4}(?:\.\d+)?")
_NUMBER = re.compile(r"[A-Za-z]{0,3}\d+\w*")
_NUMBERED = re.compile(r"(?:Q|q)?(?P<number>\d+)\.\s+(?P<rest>.*?)\.?", re.DOTALL)
_HEAD_ROWS, _FULL_ABOVE = 8, 2


@dataclass(frozen=True)
class _Head:
    """The header rows of one file."""

    numbers: list[str]
    questions: list[str]
    choices: list[str]
    fields: list[str]
    rows: int
    titles: list[str]

    @property
    def dialect(self) -> str:
        """How many header rows there are."""
        count = 1 + any(self.numbers) + any(self.choices)
        return ("one header row", "two header rows", "three header rows")[count - 1]


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that SurveyMonkey wrote the file, and with how many header rows."""
    head = _head(book.main.rows)
    fields = set(head.fields)
    confidence = 0.45 * ("resp_id" in fields) + 0.3 * ("collector" in fields)
    confidence += 0.2 * ({"started", "ended"} <= fields) + 0.1 * _long_ids(head, book.main.rows)
    marks = [letters(c) for c in head.choices]
    marked = sum(mark in ANSWER or mark in OPEN for mark in marks)
    marked += sum(bool(OTHER.match(c)) for c in head.choices)
    if marked and fields & {"resp_id", "collector", "started"}:
        confidence += 0.4
    elif marked >= 3 and marked * 5 >= len(marks):
        confidence += 0.6
    return min(1.0, confidence), head.dialect


def _long_ids(head: _Head, rows: list[list[str]]) -> bool:
    place = head.fields.index("resp_id") if "resp_id" in head.fields else None
    ids = [] if place is None else [row[place].strip() for row in rows[head.rows :]]
    return bool(ids) and all(map(_LONG_NUMBER.fullmatch, ids))


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export.

    Raises
    ------
    ReadError
        Where no column of questions is left beside the metadata.
    """
    head = _head(book.main.rows)
    parts = _numbered(_parts(head)) if dialect == "one header row" else _parts(head)
    if not any(p.role in ("answer", "text") for p in parts):
        raise ReadError(
            "An export of SurveyMonkey should have questions beside its metadata.",
            "It has none.",
            "Export again as 'All individual responses'.",
        )
    problems = [f"a title stands above the headings: '{title[:60]}'" for title in head.titles]
    if dialect != "one header row":
        problems.append(f"{dialect} were put together")
    if any(p.field == "ended" for p in parts):
        problems.append("no response is marked as partial; finished means that it has an end")
    export = assemble(
        parts, book.main.rows[head.rows :],
        platform="surveymonkey", dialect=dialect, time_zone=time_zone, problems=problems,
    )  # fmt: skip
    return with_ticks(export)


def _head(rows: list[list[str]]) -> _Head:
    top = _question_row(rows)
    above = rows[:top]
    numbers = [""] * len(rows[top])
    if above and _are_numbers(above[-1]):
        numbers = above[-1]
        above = above[:-1]
    titles = [" ".join(filter(None, (c.strip() for c in row))) for row in above]
    choices = [""] * len(rows[top])
    count = top + 1
    fields = [known_word(heading, META) for heading in rows[top]]
    if not set(_BY_PLACE).intersection(fields):
        fields = _fields_by_place(rows[top : top + 3]) or fields
    if count < len(rows) and _is_second(fields, rows[count]):
        choices = rows[count]
        count += 1
    return _Head(numbers, rows[top], choices, fields, count, titles)


def _fields_by_place(rows: list[list[str]]) -> list[str]:
    """Fields of a file in an unknown language, told by the first response; [] for another file.

    Above it, the second row is blank in the columns of metadata. Those behind the dates hold
    the address, the name and what was sent along.
    """
    if len(rows) < 3 or len(rows[0]) <= len(_BY_PLACE):
        return []
    headings, below, first = ([cell.strip() for cell in row] for row in rows)
    count = next((i for i, cell in enumerate(below) if cell), 0)
    ids, dates = first[:2], first[2:4]
    if (
        count < len(_BY_PLACE)
        or not all(headings[:count])
        or not all(map(_LONG_NUMBER.fullmatch, ids))
        or not all(map(_DATE.fullmatch, dates))
    ):
        return []
    personal = ["personal"] * (count - len(_BY_PLACE))
    return [*_BY_PLACE, *personal, *[""] * (len(headings) - count)]


def _question_row(rows: list[list[str]]) -> int:
    """Position of the row that names the metadata; the first where none does."""
    found = [
        len({known_word(c, META) for c in row} - {"", "personal", "language"})
        for row in rows[: _head_rows(rows)]
    ]
    return found.index(max(found)) if max(found, default=0) else _row_above_answers(rows)


def _head_rows(rows: list[list[str]]) -> int:
    """Count the rows among which the headings are looked for.

    Titles above them fill a cell or two. Of full rows there are two at most, such as numbers of
    questions; what comes after more of them is a heading that stands again, among responses.
    """
    full = [sum(bool(c.strip()) for c in row) * 2 > len(row) for row in rows[:_HEAD_ROWS]]
    places = [place for place, known in enumerate(full) if known]
    return places[_FULL_ABOVE] + 1 if len(places) > _FULL_ABOVE else len(full)


def _row_above_answers(rows: list[list[str]]) -> int:
    for position, row in enumerate(rows[1:_HEAD_ROWS]):
        if sum(letters(c) in ANSWER or letters(c) in OPEN for c in row) >= 2:
            return position
    return 0


def _are_numbers(row: list[str]) -> bool:
    filled = [c.strip() for c in row if c.strip()]
    return len(filled) > 1 and sum(bool(_NUMBER.fullmatch(c)) for c in filled) * 2 > len(filled)


def _is_second(fields: list[str], row: list[str]) -> bool:
    """Whether a row is no response: it has no id and no date, or its cells say "Response"."""
    for field, cell in zip(fields, row, strict=True):
        if field in _BY_PLACE:
            if any(c.isdigit() for c in cell):
                return False
            if not cell.strip() or known_word(cell, META):
                return True
    marks = {letters(c) for c in row}
    return bool(marks & OPEN) or sum(letters(c) in ANSWER for c in row) > 1


def _parts(head: _Head) -> list[Part]:
    """Take the columns apart; each that has no wording of its own goes with the one before."""
    first = next((i for i, n in enumerate(head.numbers) if n.strip()), 0)
    groups: list[list[Part]] = []
    taken: set[str] = set()
    for position, (header, below) in enumerate(zip(head.questions, head.choices, strict=True)):
        part = _meta_part(header, below, head.fields[position], position < first)
        if part is not None:
            groups.append([part])
            continue
        wording, choice = clean_header(header), clean_header(below)
        part = Part(
            header if header.strip() else below, wording, "" if choice == wording else choice
        )
        if _opens(part, groups, taken, head.numbers[position]):
            taken = set()
            groups.append([replace(part, ident=head.numbers[position].strip())])
        else:
            stem = groups[-1][0].wording
            choice = "" if choice == stem else choice
            groups[-1].append(replace(part, wording=stem, choice=choice))
        taken.add(groups[-1][-1].choice)
    return _with_idents(groups)


def _meta_part(header: str, below: str, field: str, before_questions: bool) -> Part | None:
    mark = letters(below)
    if mark in ANSWER or mark in OPEN or (not field and not before_questions):
        return None
    heading = header if header.strip() else below
    wording = clean_header(heading)
    if field == "personal":
        return Part(header, wording, role="personal")
    return Part(heading, wording, role="meta", field="" if field == "collector" else field)


def _opens(part: Part, groups: list[list[Part]], taken: set[str], number: str) -> bool:
    """Whether a column is the first of a question."""
    before = groups[-1] if groups else []
    if number.strip() or not before or before[0].role in ("meta", "personal"):
        return True
    if not part.wording or part.wording != before[0].wording:
        return bool(part.wording)
    # The same wording again: another column, unless its choice was there or it has none.
    mark = letters(part.choice)
    return mark in ANSWER | OPEN | {""} or part.choice in taken


def _with_idents(groups: list[list[Part]]) -> list[Part]:
    parts: list[Part] = []
    count = 0
    for group in groups:
        if group[0].role in ("meta", "personal"):
            parts += group
            continue
        count += 1
        ident = group[0].ident or f"q{count}"
        contact = {letters(p.choice) for p in group} & CONTACT
        several = sum(bool(p.header.strip()) for p in group) > 1
        for position, part in enumerate(group, 1):
            name = f"{ident}_{position}" if several or position > 1 else ident
            parts.append(_with_role(replace(part, ident=name), len(contact) > 1))
    return parts


def _with_role(part: Part, contact: bool) -> Part:
    mark = letters(part.choice)
    if mark in ANSWER:
        return replace(part, choice="")
    if mark in OPEN:
        return replace(part, choice="", role="text")
    if contact and mark in CONTACT_PERSONAL:
        return replace(part, role="personal")
    return replace(part, role="text") if OTHER.match(part.choice) else part


def _numbered(parts: list[Part]) -> list[Part]:
    """Group headings such as "3. Python." by the number in front of them."""
    asked = [p for p in parts if p.role == "answer"]
    matches = {id(p): _NUMBERED.fullmatch(p.wording) for p in asked}
    numbers = Counter(m["number"] for m in matches.values() if m)
    if numbers.total() * 2 <= len(asked):
        return parts
    seen: dict[str, int] = {}
    result: list[Part] = []
    for part in parts:
        match = matches.get(id(part))
        if match and numbers[match["number"]] > 1:
            seen[match["number"]] = place = seen.get(match["number"], 0) + 1
            wording, choice = f"Question {match['number']}", match["rest"]
            named = replace(part, wording=wording, choice=choice)
            part = _with_role(replace(named, ident=f"q{match['number']}_{place}"), False)
        elif match:
            part = replace(part, wording=match["rest"], ident=f"q{match['number']}")
        result.append(part)
    return result


PLATFORM = Platform(
    "surveymonkey", sniff, read,
    "columns Respondent ID, Collector ID, Start Date, or a second row of 'Response'",
)  # fmt: skip
