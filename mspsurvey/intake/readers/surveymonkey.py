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
from mspsurvey.intake.readers.book import Book
from mspsurvey.intake.readers.export import Platform, RawExport, clean_header
from mspsurvey.intake.readers.parts import Part, assemble, known_word, letters, with_ticks

# Letters of each heading in English, German, French, Spanish, Portuguese, Italian and Dutch.
_META = {
    "resp_id": (
        "respondentid", "befragtenid", "teilnehmerid", "idderbefragten", "iddurépondant",
        "numérodurépondant", "iddelencuestado", "identificadordelencuestado",
        "iddorespondente", "iddoentrevistado", "idrispondente", "idintervistato",
        "idrespondent",
    ),
    "collector": (
        "collectorid", "collector", "iddecollecteur", "idducollecteur", "collecteur",
        "iddelrecopilador", "idderecopilador", "iddocoletor", "idcoletor", "idcollettore",
        "idraccoglitore", "idcollector",
    ),
    "started": (
        "startdate", "startdatum", "anfangsdatum", "datededébut", "fechadeinicio",
        "datadeinício", "datadiinizio", "datainizio", "begindatum", "datecreated",
    ),
    "ended": (
        "enddate", "enddatum", "datedefin", "fechadefinalización", "fechadefin",
        "datadetérmino", "datadeconclusão", "datafinal", "datadifine", "datafine",
        "einddatum", "datemodified",
    ),
    "language": ("language", "sprache", "langue", "idioma", "lingua", "taal"),
    "personal": (
        "ipaddress", "ipadresse", "adresseip", "direcciónip", "endereçoip", "indirizzoip",
        "ipadres", "emailaddress", "emailadresse", "adresseemail", "adresseélectronique",
        "correoelectrónico", "direccióndecorreoelectrónico", "email", "endereçodeemail",
        "indirizzoemail", "emailadres", "firstname", "vorname", "prénom", "nombre",
        "primeironome", "voornaam", "nome", "lastname", "nachname", "nom", "apellido",
        "apellidos", "sobrenome", "cognome", "achternaam", "customdata",
        "benutzerdefiniertedaten", "donnéespersonnalisées", "datospersonalizados",
        "dadospersonalizados", "datipersonalizzati", "aangepastegegevens",
    ),
}  # fmt: skip
_ANSWER = {
    "response", "antwort", "réponse", "respuesta", "resposta", "risposta", "antwoord", "reactie",
    "points",
}  # fmt: skip
_OPEN = {
    "openendedresponse", "offeneantwort", "beantwortungmitoffenemende", "réponseouverte",
    "réponselibre", "respuestaabierta", "respostaaberta", "rispostaaperta", "openantwoord",
    "openreactie",
}  # fmt: skip
_OTHER = re.compile(
    r"(other|sonstige\w*|andere\w*|autres?|otr[oa]s?|outr[oa]s?|altr[oaie]|anders)\b.*[(:]",
    re.IGNORECASE,
)
_CONTACT = {
    "name", "company", "address", "addressstreet", "citytown", "stateprovince",
    "zippostalcode", "country", "emailaddress", "phonenumber",
}  # fmt: skip
_CONTACT_PERSONAL = {"name", "address", "addressstreet", "emailaddress", "phonenumber"}
_NUMBER = re.compile(r"[A-Za-z]{0,3}\d+\w*")
_NUMBERED = re.compile(r"(?:Q|q)?(?P<number>\d+)\.\s+(?P<rest>.*?)\.?", re.DOTALL)
_HEAD_ROWS, _FULL_ABOVE = 8, 2


@dataclass(frozen=True)
class _Head:
    """The header rows of one file."""

    numbers: list[str]
    questions: list[str]
    choices: list[str]
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
    fields = {known_word(cell, _META) for cell in head.questions}
    confidence = 0.45 * ("resp_id" in fields) + 0.3 * ("collector" in fields)
    confidence += 0.2 * ({"started", "ended"} <= fields)
    marks = [letters(c) for c in head.choices]
    marked = sum(mark in _ANSWER or mark in _OPEN for mark in marks)
    marked += sum(bool(_OTHER.match(c)) for c in head.choices)
    if marked and fields & {"resp_id", "collector", "started"}:
        confidence += 0.4
    elif marked >= 3 and marked * 5 >= len(marks):
        confidence += 0.6
    return min(1.0, confidence), head.dialect


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
    if count < len(rows) and _is_second(rows[top], rows[count]):
        choices = rows[count]
        count += 1
    return _Head(numbers, rows[top], choices, count, titles)


def _question_row(rows: list[list[str]]) -> int:
    """Position of the row that names the metadata; the first where none does."""
    found = [
        len({known_word(c, _META) for c in row} - {"", "personal", "language"})
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
        if sum(letters(c) in _ANSWER or letters(c) in _OPEN for c in row) >= 2:
            return position
    return 0


def _are_numbers(row: list[str]) -> bool:
    filled = [c.strip() for c in row if c.strip()]
    return len(filled) > 1 and sum(bool(_NUMBER.fullmatch(c)) for c in filled) * 2 > len(filled)


def _is_second(questions: list[str], row: list[str]) -> bool:
    """Whether a row is no response: it has no id and no date, or its cells say "Response"."""
    for heading, cell in zip(questions, row, strict=True):
        if known_word(heading, _META) in ("resp_id", "started", "ended", "collector"):
            if any(c.isdigit() for c in cell):
                return False
            if not cell.strip() or known_word(cell, _META):
                return True
    marks = {letters(c) for c in row}
    return bool(marks & _OPEN) or sum(letters(c) in _ANSWER for c in row) > 1


def _parts(head: _Head) -> list[Part]:
    """Take the columns apart; each that has no wording of its own goes with the one before."""
    first = next((i for i, n in enumerate(head.numbers) if n.strip()), 0)
    groups: list[list[Part]] = []
    taken: set[str] = set()
    for position, (header, below) in enumerate(zip(head.questions, head.choices, strict=True)):
        part = _meta_part(header, below, position < first)
        if part is not None:
            groups.append([part])
            continue
        wording, choice = clean_header(header), clean_header(below)
        part = Part(header or below, wording, "" if choice == wording else choice)
        if _opens(part, groups, taken, head.numbers[position]):
            taken = set()
            groups.append([replace(part, ident=head.numbers[position].strip())])
        else:
            stem = groups[-1][0].wording
            choice = "" if choice == stem else choice
            groups[-1].append(replace(part, wording=stem, choice=choice))
        taken.add(groups[-1][-1].choice)
    return _with_idents(groups)


def _meta_part(header: str, below: str, before_questions: bool) -> Part | None:
    field = known_word(header, _META)
    mark = letters(below)
    if mark in _ANSWER or mark in _OPEN or (not field and not before_questions):
        return None
    wording = clean_header(header or below)
    if field == "personal":
        return Part(header, wording, role="personal")
    return Part(header or below, wording, role="meta", field="" if field == "collector" else field)


def _opens(part: Part, groups: list[list[Part]], taken: set[str], number: str) -> bool:
    """Whether a column is the first of a question."""
    before = groups[-1] if groups else []
    if number.strip() or not before or before[0].role in ("meta", "personal"):
        return True
    if not part.wording or part.wording != before[0].wording:
        return bool(part.wording)
    # The same wording again: another column, unless its choice was there or it has none.
    mark = letters(part.choice)
    return mark in _ANSWER | _OPEN | {""} or part.choice in taken


def _with_idents(groups: list[list[Part]]) -> list[Part]:
    parts: list[Part] = []
    count = 0
    for group in groups:
        if group[0].role in ("meta", "personal"):
            parts += group
            continue
        count += 1
        ident = group[0].ident or f"q{count}"
        contact = {letters(p.choice) for p in group} & _CONTACT
        several = sum(bool(p.header.strip()) for p in group) > 1
        for position, part in enumerate(group, 1):
            name = f"{ident}_{position}" if several or position > 1 else ident
            parts.append(_with_role(replace(part, ident=name), len(contact) > 1))
    return parts


def _with_role(part: Part, contact: bool) -> Part:
    mark = letters(part.choice)
    if mark in _ANSWER:
        return replace(part, choice="")
    if mark in _OPEN:
        return replace(part, choice="", role="text")
    if contact and mark in _CONTACT_PERSONAL:
        return replace(part, role="personal")
    return replace(part, role="text") if _OTHER.match(part.choice) else part


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
