"""Exports of Google Forms: CSV, or the sheet of responses saved as a workbook.

The one header row holds the whole wording of the questions, after a time stamp in the owner's
language, order of day and month, and zone. A choice of several stands in one cell, joined by
", " or ";" (``joined.split_choices`` takes it apart). There is no id, no status, no partial
response.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import Platform, RawExport
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.parts import Part, assemble, known_word, letters, question

_META = {
    "ended": (
        "timestamp", "zeitstempel", "horodateur", "marcatemporal", "carimbodedatahora",
        "informazionicronologiche", "tijdstempel", "sygnaturaczasowa", "tidsstämpel",
        "tidsstempel", "tidsstempling", "aikaleima", "časovérazítko", "časováznačka",
        "časovápečiatka", "időbélyeg", "marcajdetimp", "zamandamgası", "отметкавремени",
        "позначкачасу", "χρονικήσήμανση", "タイムスタンプ", "时间戳记", "时间戳", "時間戳記",
        "타임스탬프", "dấuthờigian", "capwaktu", "stempelwaktu", "טובזמן", "חותמתזמן", "طابعزمني",
        "مهرزمان", "ประทบเวลา", "टइमसटप", "vremenskaoznaka", "временскаознака", "časovnižig",
        "клеймозавреме", "marcadetemps", "marcadetempo", "tidsmerke", "laikožyma", "laikspiedols",
        "ajatempel", "horodatage",
    ),
    "personal": (
        "emailaddress", "username", "emailadresse", "adresseemail", "nomdutilisateur",
        "nutzername", "benutzername", "direccióndecorreoelectrónico", "nombredeusuario",
        "endereçodeemail", "nomedeusuário", "indirizzoemail", "nomeutente", "emailadres",
        "gebruikersnaam", "adresemail", "nazwaużytkownika", "epostadress", "epostadresse",
        "mailadresse", "sähköpostiosoite", "emailcím", "emailováadresa", "adresădeemail",
        "адресэлектроннойпочты", "имяпользователя", "адресаелектронноїпошти", "имейладрес",
        "διεύθυνσηηλεκτρονικούταχυδρομείου", "epostaadresi", "kullanıcıadı", "alamatemail",
        "địachỉemail", "adreçaelectrònica", "عنوانالبريدالإلكتروني", "כתובתאימייל",
        "メールアドレス", "ユーザー名", "电子邮件地址", "電子郵件地址", "이메일주소",
    ),
    "score": (
        "score", "totalscore", "punktzahl", "gesamtpunktzahl", "puntuación", "pontuação",
        "punteggio", "wynik", "スコア", "점수", "得分", "分数", "оценка", "баллы", "puan",
    ),
}  # fmt: skip
_SHEET = re.compile(
    r"form(ular)?[ _-]?(responses?|antworten)|réponses au formulaire|respuestas de formulario"
    r"|respostas ao formulário|risposte del modulo|formulierreacties|odpowiedzi na formularz"
    r"|ответы на форму|form yanıtları|formulärsvar|フォームの回答|설문지 응답|表单回复|表單回應",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:\d{4}[-/.] ?\d{1,2}[-/.] ?\d{1,2}|\d{1,2}[/.-] ?\d{1,2}[/.-] ?\d{2,4})\.?,?"
    r"(?:[ T]\D{0,12}\d|\Z)|[3-7]\d{4}(?:\.\d+)?\Z"
)
_OF_A_QUIZ = {
    "score", "feedback", "punktzahl", "puntuación", "comentarios", "commentaires", "pontuação",
    "comentários", "punteggio", "commenti", "wynik", "opinie",
}  # fmt: skip


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Google Forms wrote the file: ``headings`` or ``no headings``."""
    cells = book.main
    form = bool(_SHEET.match(cells.name))
    if _has_headings(cells):
        stamps = [row[0].strip() for row in cells.rows[1:6] if row[0].strip()]
        dated = sum(bool(_DATE.match(stamp)) for stamp in stamps)
        return (0.8 if dated * 2 > len(stamps) else 0.4) + 0.2 * form, "headings"
    stamped = _stamped(cells.rows)
    return (0.5 + 0.1 * stamped if form else 0.3 * stamped), "no headings"


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export; the sheets of a form in several languages are put together.

    Raises
    ------
    ReadError
        Where neither a heading nor the first column says when a response came.
    """
    cells = book.main
    if not _has_headings(cells) and not _stamped(cells.rows):
        raise ReadError(
            "An export of Google Forms should begin with a column of time stamps.",
            f"The first cell is '{cells.rows[0][0][:40]}', and no date is below it.",
            "Download the responses of the form as CSV; do not delete the time stamps.",
        )
    headings = cells.rows[0] if dialect == "headings" else ["Timestamp", *cells.rows[0][1:]]
    parts = _parts(headings) if dialect == "headings" else _nameless(len(headings))
    problems = [] if dialect == "headings" else ["there is no header row; columns go by place"]
    rows, languages = _rows(book, problems)
    export = assemble(
        parts, rows,
        platform="google_forms", dialect=dialect, time_zone=time_zone, problems=problems,
    )  # fmt: skip
    if not languages:
        return export
    return replace(export, meta=export.meta.assign(language=pd.array(languages, dtype="str")))


def _has_headings(cells: Cells) -> bool:
    return known_word(cells.rows[0][0], _META) == "ended"


def _stamped(rows: list[list[str]]) -> bool:
    return all(_DATE.match(row[0].strip()) for row in rows[:6])


def _parts(headings: list[str]) -> list[Part]:
    asked = {h.strip() for h in headings}
    parts: list[Part] = []
    for position, header in enumerate(headings):
        part = question(header, position)
        field = known_word(header, _META)
        if position == 0:
            part = replace(part, role="meta", field="ended", ident="")
        elif field == "personal":
            part = replace(part, role="personal", ident="")
        elif field == "score" and position < 3:
            part = replace(part, role="meta", ident="")
        elif letters(part.choice) in _OF_A_QUIZ and part.wording in asked:
            part = replace(part, role="meta")
        parts.append(part)
    return _rows_of_grids(parts)


def _rows_of_grids(parts: list[Part]) -> list[Part]:
    """Number the columns of a grid within their question."""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    result: list[Part] = []
    for part in parts:
        if part.role == "answer" and part.choice:
            ident = first.setdefault(part.wording, part.ident)
            count[ident] = count.get(ident, 0) + 1
            part = replace(part, ident=f"{ident}_{count[ident]}")
        result.append(part)
    return result


def _nameless(width: int) -> list[Part]:
    stamp = Part("Timestamp", "Timestamp", role="meta", field="ended")
    return [stamp, *(Part("", "", ident=f"q{i}") for i in range(1, width))]


def _rows(book: Book, problems: list[str]) -> tuple[list[list[str]], list[str]]:
    """Rows of all sheets that hold responses, with the sheet's name as their language."""
    rows: list[list[str]] = []
    languages: list[str] = []
    width = len(book.main.rows[0])
    for cells in book.sheets:
        named = _has_headings(cells)
        more = cells.rows[named:]
        if not more or not (named or _stamped(more)):
            continue
        if len(more[0]) != width:
            problems.append(
                f"the sheet '{cells.name}' has {len(more)} rows of {len(more[0])} columns, not "
                f"{width}; left out"
            )
            continue
        rows += more
        languages += [cells.name] * len(more)
    several = len(set(languages)) > 1
    if several:
        names = ", ".join(sorted(set(languages)))
        problems.append(f"the sheets {names} were put together, column by column")
    return rows, languages if several else []


PLATFORM = Platform(
    "google_forms", sniff, read, "a first column Timestamp (in any language) above dates"
)
