"""Metadata of a LimeSurvey export: which columns hold it, under names in many languages.

Whoever exports does it in a language of their own. Where the names are not known, the order and
the form of the first columns tell: a number, a date or nothing, a page, a language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Codes first, then the names in English, German, French, Spanish, Italian, Portuguese, Dutch.
_META = {
    "resp_id": (
        "id", "response id", "antwort id", "antwort-id", "id de la réponse", "id de respuesta",
        "id risposta", "id da resposta", "antwoord id", "respons-id",
    ),
    "submitted": (
        "submitdate", "date submitted", "datum abgeschickt", "date de soumission",
        "fecha de envío", "data di invio", "data invio", "data de envio", "datum ingestuurd",
        "datum verzonden",
    ),
    "last_page": (
        "lastpage", "last page", "letzte seite", "dernière page", "última página",
        "ultima pagina", "laatste pagina",
    ),
    "language": (
        "startlanguage", "start language", "start-sprache", "startsprache",
        "langue de départ", "idioma de inicio", "lenguaje inicial", "idioma inicial",
        "lingua iniziale", "língua inicial", "begintaal", "starttaal",
    ),
    "seed": (
        "seed", "zufallsstartwert", "tête de série", "graine", "semilla", "semente", "seme",
    ),
    "sample_id": (
        "token", "access code", "zugangscode", "zugangsschlüssel", "zugriffsschlüssel",
        "code d'accès", "código de acceso", "codice di accesso", "código de acesso",
        "toegangscode",
    ),
    "started": (
        "startdate", "date started", "datum gestartet", "date de lancement",
        "fecha de inicio", "data di inizio", "data de início", "datum gestart",
    ),
    "ended": (
        "datestamp", "date last action", "datum letzte aktivität", "datum letzte aktion",
        "date de la dernière action", "fecha de la última acción", "data ultima azione",
        "data da última ação", "datum laatste actie",
    ),
    "address": (
        "ipaddr", "ip address", "ip-adresse", "adresse ip", "dirección ip", "indirizzo ip",
        "endereço ip", "ip-adres",
    ),
    "referrer": (
        "refurl", "referrer url", "weiterleitungs-url", "url de référence", "url référente",
        "url de referencia", "url di riferimento", "url de encaminhamento", "url verwijzer",
    ),
    "duration_s": (
        "interviewtime", "total time", "gesamtzeit", "temps total", "tiempo total",
        "tempo totale", "tempo total", "totale tijd",
    ),
}  # fmt: skip
_FIELD = {word: field for field, words in _META.items() for word in words}
_OTHERS_TOO = {"id", "response id"}
_PERSONAL_WORDS = {
    "firstname", "lastname", "email", "first name", "last name", "email address",
    "vorname", "nachname", "e-mail-adresse", "prénom", "nom", "adresse e-mail",
}  # fmt: skip
OTHER_WORDS = {
    "other", "sonstiges", "autre", "otro", "altro", "outro", "anders", "annet", "andet", "annan",
    "inne", "другое", "jiné", "egyéb", "muu",
}  # fmt: skip
"""What the platform calls its field for another answer, in headings of text."""

COMMENT_WORDS = {
    "comment", "kommentar", "commentaire", "comentario", "commento", "comentário", "opmerking",
    "komentarz", "комментарий",
}  # fmt: skip
"""What it calls its field for a comment."""

_TIMING = re.compile(
    r"(group|question)time\d*|.*(question|group) time|gruppenzeit.*", re.IGNORECASE
)
_DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|"
# The columns that every export begins with, and those that may follow.
_FIRST = (
    ("resp_id", r"\d+"), ("submitted", _DATE), ("last_page", r"-?\d{1,3}|"),
    ("language", r"[a-z]{2,3}(-[A-Za-z-]+)?"),
)  # fmt: skip
_NEXT = (
    ("seed", r"\d{4,12}"), ("sample_id", r"[A-Za-z0-9_~]{5,36}"), ("started", _DATE),
    ("ended", _DATE), ("address", r"[0-9a-fA-F.:]{7,45}"), ("referrer", r"(https?://\S*)?"),
)  # fmt: skip


def field_of(header: str) -> str | None:
    """Give the field of the metadata that a heading names.

    Examples
    --------
    >>> field_of("Date submitted"), field_of("submitdate. Datum"), field_of("How old are you?")
    ('submitted', 'submitted', None)
    """
    word = header.casefold()
    if word in _FIELD:
        return _FIELD[word]
    # "submitdate. Date submitted" where code and text were asked for.
    code = re.split(r"\. |: ", word, maxsplit=1)[0]
    return _FIELD.get(code) if code != word else None


def fields_of(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> list[str]:
    """Give the field of each column: of ``_META``, ``personal``, ``timing``, or "".

    Parameters
    ----------
    rows : sequence of sequence of str
        The responses.
    headers : sequence of str
        Headings without tags.
    """
    found = [field_of(h) or "" for h in headers]
    if not {"submitted", "last_page", "language"} & set(found):
        found = _by_content(rows, len(headers)) or found
    # A table saved by pandas has its nameless index in front.
    if not headers[0]:
        found[0] = "resp_id"
    for i in _of_the_list(found):
        found[i] = "personal"
    # Behind the time of the whole come those of groups and questions.
    total = found.index("duration_s") if "duration_s" in found else len(found)
    present = set(headers)
    for i, header in enumerate(headers):
        if not found[i]:
            found[i] = _kind(header, present, behind=i > total)
    return found


def _of_the_list(found: Sequence[str]) -> list[int]:
    """Places of what a list of participants says of them: from their code to the first time."""
    if "sample_id" not in found or not {"started", "ended"} & set(found):
        return []
    first = found.index("sample_id") + 1
    last = next((i for i in range(first, len(found)) if found[i] in ("started", "ended")), first)
    return [i for i in range(first, last) if not found[i]]


def _kind(header: str, present: set[str], *, behind: bool) -> str:
    word = header.casefold()
    if behind or _TIMING.fullmatch(header):
        return "timing"
    uploaded = not present.isdisjoint({f"{header}[filecount]", f"filecount - {header}"})
    hidden = word in _PERSONAL_WORDS or word.startswith("attribute_") or uploaded
    return "personal" if hidden else ""


def names_response(headers: Sequence[str]) -> bool:
    """Whether the first heading is that of the response's id, as only LimeSurvey writes it."""
    word = headers[0].casefold()
    return _FIELD.get(word) == "resp_id" and word not in _OTHERS_TOO


def _by_content(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Tell the metadata by the form of the cells; nothing where the first columns have another."""
    columns = [[row[i].strip() for row in rows] for i in range(min(width, 12))]
    if len(columns) < len(_FIRST) or not rows or not any(columns[1]):
        return []
    if not all(_fits(c, form) for c, (_, form) in zip(columns, _FIRST, strict=False)):
        return []
    found = [field for field, _ in _FIRST]
    left = list(_NEXT)
    for cells in columns[len(_FIRST) :]:
        while left and not _fits(cells, left[0][1]):
            left.pop(0)
        if not left:
            break
        found.append(left.pop(0)[0])
    # A code that looks like a token, but is followed by no date, is an answer.
    if "started" not in found:
        found = found[: len(_FIRST)]
    return found + [""] * (width - len(found))


def _fits(cells: Sequence[str], form: str) -> bool:
    return all(re.fullmatch(form, cell) for cell in cells)
