"""Exports of Microsoft Forms: a workbook, or its sheet saved as CSV.

The headings are the wording of the questions, after the id, the times, the e-mail address and
the name. Each choice of several ends with ";", the last one too, and a ranking looks the same:
only the questionnaire tells them apart (``joined.split_choices`` cuts both). A question
that is asked twice gets "2" behind its heading. Times are the owner's, without a zone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.parts import Part, assemble, known_word, letters, question

_META = {
    "resp_id": (
        "id", "identyfikator", "код", "идентификатор", "ідентифікатор", "kimlik", "azonosító",
        "αναγνωριστικό", "المعرف", "מזהה",
    ),
    "started": (
        "starttime", "startzeit", "heurededébut", "horadeinicio", "horadeinício",
        "horadoinício", "oradiinizio", "begintijd", "starttijd", "starttid", "starttidspunkt",
        "aloitusaika", "godzinarozpoczęcia", "časzahájení", "kezdésidőpontja",
        "başlangıçsaati", "времяначала", "ώραέναρξης", "開始時刻", "开始时间", "開始時間",
        "시작시간", "시작시각",
    ),
    "ended": (
        "completiontime", "fertigstellungszeit", "abschlusszeit", "endzeit", "heuredefin",
        "horadefinalización", "horadeconclusão", "horadaconclusão", "oradicompletamento",
        "oracompletamento", "tijdvanvoltooien", "voltooiingstijd", "slutförandetid",
        "sluttid", "fullføringstidspunkt", "færdiggørelsestidspunkt", "valmistumisaika",
        "godzinaukończenia", "časdokončení", "befejezésidőpontja", "tamamlanmasaati",
        "времявыполнения", "времязавершения", "ώραολοκλήρωσης", "完了時刻", "完成时间",
        "完成時間", "완료시간", "완료시각",
    ),
    "personal": (
        "email", "emailaddress", "emailadresse", "adressedemessagerie", "courrierélectronique",
        "correoelectrónico", "endereçodeemail", "postaelettronica", "indirizzodiposta",
        "emailadres", "epost", "epostadress", "mail", "sähköposti", "adresemail",
        "電子メール", "メール", "电子邮件", "電子郵件", "이메일", "전자메일", "epostadresse",
        "correuelectrònic", "emailcím", "emailová", "eposta", "электроннаяпочта",
        "електроннапошта", "ηλεκτρονικόταχυδρομείο", "البريدالإلكتروني", "דואראלקטרוני",
        "name", "nom", "nombre", "nome", "naam", "namn", "navn", "nimi", "nazwa", "nume",
        "imięinazwisko", "jméno", "név", "ad", "adı", "имя", "імя", "όνομα", "الاسم", "שם", "tên",
        "名前", "姓名", "名称", "名稱", "이름",
    ),
    "language": ("language", "sprache", "langue", "idioma", "lingua", "taal", "språk", "言語"),
    "": (
        "lastmodifiedtime", "uhrzeitderletztenänderung", "zeitpunktderletztenänderung",
        "heuredeladernièremodification", "horadelaúltimamodificación",
        "horadaúltimamodificação", "oradellultimamodifica", "tijdvanlaatstewijziging",
        "totalpoints", "gesamtpunktzahl", "gesamtpunkte", "totaldespoints", "totaldepuntos",
        "puntostotales", "totaldepontos", "puntitotali", "totaalaantalpunten",
        "quizfeedback", "testfeedback", "commentairesduquestionnaire",
        "comentariosdelcuestionario", "gradepostedtime",
    ),
}  # fmt: skip
# The rows of a grid repeat its question, and a dot without a blank stands between the two.
_ROW = re.compile(r"(?P<question>.+?)\.(?P<row>[^\s.\d].*)")
_OF_A_QUIZ = re.compile(
    r"(?:points|feedback|punkte|commentaires?|puntos|comentarios|pontos|comentários|punti"
    r"|punten)\s*[-–—]\s*(?P<question>.+)",
    re.IGNORECASE | re.DOTALL,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? \d")
_ADDRESS = 3
_NBSP = "\u00a0"


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Microsoft Forms wrote the file: ``workbook`` or ``csv``."""
    dialect = "workbook" if book.workbook else "csv"
    fields = _fields(book.main.rows)
    if {"resp_id", "started", "ended"} <= set(fields):
        personal = fields.count("personal")
        known = [known_word(c, _META) for c in book.main.rows[0][:3]]
        return (0.8 if "started" in known else 0.6) + 0.1 * min(personal, 2), dialect
    return 0.3 * len({"started", "ended"} & set(fields)), dialect


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export.

    Raises
    ------
    ReadError
        Where the columns of time or the questions are missing.
    """
    rows = book.main.rows
    fields = _fields(rows)
    if not fields or len(fields) == len(rows[0]):
        raise ReadError(
            "An export of Microsoft Forms should have columns Id, Start time and Completion "
            "time, then the questions.",
            f"Its headings begin with {', '.join(repr(c[:24]) for c in rows[0][:4])}.",
            "In the form choose Responses, Open in Excel, and name that file.",
        )
    return assemble(
        _parts(rows[0], fields), rows[1:],
        platform="microsoft_forms", dialect=dialect, time_zone=time_zone,
        problems=_remarks(rows),
    )  # fmt: skip


def _fields(rows: list[list[str]]) -> list[str]:
    """Field of each leading column that is metadata; an unknown language is told by dates."""
    found: list[str] = []
    for position, heading in enumerate(rows[0]):
        key = letters(heading)
        field = next((f for f, known in _META.items() if key in known), None)
        if field is None and position in (1, 2) and found[0] == "resp_id":
            field = ("started", "ended")[position - 1] if _is_a_time(rows, position) else None
        elif field is None and position == _ADDRESS and _are_addresses(rows):
            field = "personal"
        if field is None or (position == 0 and field != "resp_id") or _had(field, found):
            break
        found.append(field)
    return found


def _had(field: str, found: list[str]) -> bool:
    """Whether a heading repeats the metadata, so that it is a question: "Name", "Language"."""
    return found.count(field) >= (2 if field == "personal" else 1) and field != ""


def _is_a_time(rows: list[list[str]], position: int) -> bool:
    """Whether a heading in words, not a code such as startdate, stands above dates."""
    heading = rows[0][position].strip()
    cells = [row[position].strip() for row in rows[1:6] if row[position].strip()]
    in_words = heading[:1].isupper() or not heading.isascii()
    return in_words and bool(cells) and all(_DATE.match(cell) for cell in cells)


def _are_addresses(rows: list[list[str]]) -> bool:
    """Whether a heading in an unknown language stands above addresses, or what hides them."""
    cells = [row[_ADDRESS].strip() for row in rows[1:6] if row[_ADDRESS].strip()]
    return bool(cells) and all(cell == "anonymous" or "@" in cell for cell in cells)


def _parts(headings: list[str], fields: list[str]) -> list[Part]:
    words = {" ".join(h.split()) for h in headings}
    seen: dict[str, int] = {}
    parts: list[Part] = []
    for position, header in enumerate(headings):
        part = question(header, position - len(fields) + 1)
        if position < len(fields):
            role = "personal" if fields[position] == "personal" else "meta"
            field = "" if role == "personal" else fields[position]
            parts.append(replace(part, ident="", role=role, field=field))
            continue
        quiz = _OF_A_QUIZ.fullmatch(part.wording)
        if quiz and quiz["question"] in words:
            parts.append(replace(part, role="meta"))
            continue
        parts.append(_again(part, seen))
    return _rows_of_grids(parts)


def _rows_of_grids(parts: list[Part]) -> list[Part]:
    """Take question and row apart where columns beside each other have one question."""
    result: list[Part] = []
    for stem, group in groupby(parts, _question_of_row):
        columns = list(group)
        if stem and len(columns) > 1:
            columns = [
                replace(
                    part, wording=stem, choice=part.wording[len(stem) + 1 :],
                    ident=f"{columns[0].ident}_{number}",
                )
                for number, part in enumerate(columns, 1)
            ]  # fmt: skip
        result += columns
    return result


def _question_of_row(part: Part) -> str:
    match = _ROW.fullmatch(part.wording) if part.role == "answer" and not part.choice else None
    return match["question"] if match else ""


def _again(part: Part, seen: dict[str, int]) -> Part:
    """Take the number off a heading that Forms wrote behind a question asked again."""
    match = re.fullmatch(r"(.*\D)(\d)", part.wording, re.DOTALL)
    if match and seen.get(match[1]) == int(match[2]) - 1:
        part = replace(part, wording=match[1])
    seen[part.wording] = seen.get(part.wording, 0) + 1
    return part


def _remarks(rows: list[list[str]]) -> list[str]:
    problems: list[str] = []
    ended = sum(h != h.rstrip() for h in rows[0])
    if ended:
        problems.append(f"{ended} headings end in a blank or a line end; cut off")
    hard = sum(_NBSP in cell for row in rows[1:] for cell in row)
    if hard:
        problems.append(f"{hard} cells hold a no-break space, which makes two choices of one")
    return problems


PLATFORM = Platform(
    "microsoft_forms", sniff, read, "columns Id, Start time and Completion time (in any language)"
)
