"""Exports of LimeSurvey: headings as codes, as text, or both.

The platform writes the names of its metadata in the language of whoever exported, and its
dates without a time zone. Anonymised surveys carry 1980-01-01 as the date of every
submission. ``N/A`` is a question that routing hid; a blank is one that was left open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspsurvey.intake.readers.book import Book
from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    clean_header,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.limesurvey_structure import add_structure
from mspsurvey.intake.readers.limesurvey_tsv import read_structure
from mspsurvey.intake.readers.lss import read_lss
from mspsurvey.intake.readers.text import Cells, read_bytes
from mspsurvey.intake.readers.times import parse_times

NOT_SHOWN = "N/A"

# Codes first, then the names in English, German, French, Spanish, Italian, Portuguese, Dutch.
_META = {
    "resp_id": (
        "id", "response id", "antwort id", "antwort-id", "id de la réponse", "id de respuesta",
        "id risposta", "id da resposta", "antwoord id", "respons-id", "id",
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
        "lingua iniziale", "língua inicial", "begintaal",
    ),
    "seed": ("seed", "zufallsstartwert", "tête de série", "graine", "semilla", "semente"),
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
        "refurl", "referrer url", "weiterleitungs-url", "url de référence",
        "url de referencia", "url di riferimento", "url verwijzer",
    ),
    "duration_s": ("interviewtime", "total time", "gesamtzeit", "temps total", "tiempo total"),
}  # fmt: skip
_FIELD = {word: field for field, words in _META.items() for word in words}
# Of Alchemer, whose Response ID and Date Submitted are called as here.
_OTHERS = {"time started", "legacy comments"}
_PERSONAL_WORDS = {
    "firstname", "lastname", "email", "first name", "last name", "email address",
    "vorname", "nachname", "e-mail-adresse", "prénom", "nom", "adresse e-mail",
}  # fmt: skip
_TIMING = re.compile(
    r"(group|question)time\d*|.*(question|group) time|gruppenzeit.*", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]*\]){0,2}\Z")
_CODE_AND_TEXT = re.compile(
    r"(?P<code>[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]{0,40}\]){0,2})(?:\. |\.\s|: )(?P<text>.*)",
    re.DOTALL,
)
_LAST_BRACKET = re.compile(r"\[(?P<choice>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\](?:\.\d+)?\Z")
_TICK_WORDS = {"ja", "nein", "yes", "no", "oui", "non", "sí", "sì", "sim", "não", "nee"}


@dataclass(frozen=True)
class _Column:
    """One header, taken apart."""

    header: str
    ident: str
    wording: str
    choice: str


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that LimeSurvey wrote the file, and in which style."""
    cells = book.main
    first = [clean_header(c) for c in cells.rows[0]]
    fields = {f for f in (_field(c) for c in first) if f}
    style = _style(first)
    sure = fields & {"submitted", "last_page", "language", "seed"}
    if not _OTHERS.isdisjoint(c.casefold() for c in first):
        return 0.0, style
    if "submitted" in sure or len(sure) >= 2:
        return min(1.0, 0.55 + 0.15 * len(fields)), style
    if style == "code and text" and _share(first, _CODE_AND_TEXT) > 0.8:
        return 0.7, style
    bracketed = sum(bool(re.match(r"[A-Za-z]\w*\[\w+\]\Z", c)) for c in first)
    if style == "code" and bracketed > 3 and bracketed * 4 > len(first):
        return 0.6, style
    if _grouped(cells):
        return 0.55, "grouped"
    return 0.0, style


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export."""
    cells = book.main
    grouped = dialect == "grouped" or (dialect != "code" and _grouped(cells))
    if grouped:
        parts = _two_rows(cells.rows[0], cells.rows[1])
    else:
        parts = [_take_apart(clean_header(c), dialect) for c in cells.rows[0]]
    first_row = 2 if grouped else 1
    names = unique_names([p.ident or p.header for p in parts], [""] * len(parts))
    fields = ["" if grouped else _field_of(p, i) for i, p in enumerate(parts)]
    columns = pd.DataFrame(
        {
            "name": names,
            "header": [p.header for p in parts],
            "id": [p.ident for p in parts],
            "wording": [p.wording for p in parts],
            "choice": [p.choice for p in parts],
            "role": [_role(f, p) for f, p in zip(fields, parts, strict=True)],
        },
        dtype="str",
    )
    frame = table(cells.rows[first_row:], names)
    meta, problems = _meta(frame, dict(zip(fields, names, strict=True)), time_zone)
    if grouped:
        problems.append("no metadata columns; two header rows were put together")
    answers = columns.loc[~columns["role"].isin(["meta", "personal"]), "name"]
    personal = columns.loc[columns["role"].eq("personal"), "name"]
    return RawExport(
        frame[list(answers)], columns, meta, "limesurvey", dialect, problems, NOT_SHOWN,
        personal=frame[list(personal)],
    )  # fmt: skip


def _field(header: str) -> str | None:
    word = header.casefold()
    if word in _FIELD:
        return _FIELD[word]
    # "submitdate. Date submitted" where code and text were asked for.
    code = re.split(r"\. |: ", word, maxsplit=1)[0]
    return _FIELD.get(code) if code != word else None


def _field_of(part: _Column, position: int) -> str:
    found = _field(part.header)
    if found:
        return found
    # A table saved by pandas has its nameless index in front.
    if position == 0 and not part.header:
        return "resp_id"
    words = part.header.casefold()
    if words in _PERSONAL_WORDS or words.startswith("attribute_"):
        return "personal"
    return ""


def _role(field: str, part: _Column) -> str:
    if field in ("address", "personal"):
        return "personal"
    if field:
        return "meta"
    if _TIMING.fullmatch(part.header):
        return "timing"
    if part.ident.endswith(("[other]", "[comment]")) or "comment]" in part.ident:
        return "text"
    return "answer"


def _share(headers: list[str], pattern: re.Pattern[str]) -> float:
    filled = [h for h in headers if h]
    return sum(bool(pattern.match(h)) for h in filled) / max(1, len(filled))


def _style(headers: list[str]) -> str:
    """Tell headings as codes, as code and text, or as text."""
    asked = [h for h in headers if _field(h) is None and h]
    if asked and _share(asked, _CODE) > 0.9:
        return "code"
    if asked and _share([_split_separator(h) for h in asked], _CODE_AND_TEXT) > 0.5:
        return "code and text"
    return "text"


def _split_separator(header: str) -> str:
    # Some exports were made with "._." between code and text, or between code and row.
    return header.replace("._.", ". ", 1) if "._." in header else header


def _take_apart(header: str, dialect: str) -> _Column:
    if dialect == "code":
        rows = re.findall(r"\[([^\]]*)\]", header)
        ident = re.sub(r"\._\.(\w+)", r"[\1]", header)
        return _Column(header, ident, header, rows[-1] if rows else "")
    ident, text = "", header
    match = _CODE_AND_TEXT.match(_split_separator(header)) if dialect != "text" else None
    if match:
        ident, text = match["code"], match["text"]
    bracket = _LAST_BRACKET.search(text)
    choice = bracket["choice"].strip() if bracket else ""
    return _Column(header, ident, text.strip(), choice)


def _grouped(cells: Cells) -> bool:
    """Whether question and choice stand in two header rows, with ticks in words below.

    Files that authors publish without metadata have this form. SurveyMonkey's has commas
    and a first column Respondent ID.
    """
    if len(cells.rows) < 3 or cells.delimiter != ";":
        return False
    first, second, data = cells.rows[0], cells.rows[1], cells.rows[2:12]
    blanks = sum(not c.strip() for c in first)
    if not first[0].strip() or blanks * 3 < len(first) or not all(c.strip() for c in second):
        return False
    return any(c.strip().casefold() in _TICK_WORDS for row in data for c in row)


def _two_rows(questions: list[str], choices: list[str]) -> list[_Column]:
    parts: list[_Column] = []
    stem = ""
    for question, choice in zip(questions, choices, strict=True):
        stem = clean_header(question) or stem
        words = clean_header(choice)
        parts.append(_Column(f"{stem} [{words}]", "", f"{stem} [{words}]", words))
    return parts


def _meta(
    frame: pd.DataFrame, names: dict[str, str], time_zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    problems: list[str] = []
    values: dict[str, pd.Series] = {}
    for field in ("started", "ended", "submitted"):
        if field in names:
            values[field], more = parse_times(frame[names[field]], time_zone)
            problems += more
    size = len(frame)
    if "last_page" in names:
        values["last_page"] = to_number(frame[names["last_page"]])
    if "submitted" in values:
        values["finished"] = frame[names["submitted"]].str.strip().ne("")
        submitted = values.pop("submitted")
        hidden = submitted.dt.year <= 1980
        if hidden.any():
            problems.append("submission dates are 1980-01-01: the survey was anonymised")
        real = submitted.where(~hidden)
        values["ended"] = real.fillna(values["ended"]) if "ended" in values else real
    if values and time_zone is None and not values.get("ended", pd.Series()).isna().all():
        problems.append("the file names no time zone; times are taken as UTC")
    for field in ("sample_id", "language", "resp_id"):
        if field in names:
            values[field] = frame[names[field]].str.strip()
    if "resp_id" not in values:
        values["resp_id"] = pd.Series([f"row_{i}" for i in range(1, size + 1)], dtype="str")
    values["duration_s"] = _duration(frame, names, values)
    return make_meta(size, values), problems


def _duration(
    frame: pd.DataFrame, names: dict[str, str], values: dict[str, pd.Series]
) -> pd.Series:
    if "duration_s" in names:
        return to_number(frame[names["duration_s"]])
    if "started" in values and "ended" in values:
        return (values["ended"] - values["started"]).dt.total_seconds()
    return pd.Series([float("nan")] * len(frame), dtype="float64")


def describe(export: RawExport, codebook: Path) -> RawExport:
    """Add what the survey says of the columns: wording, choices, codes.

    The codebook is a survey file (.lss) or the tab-separated structure; the language is that
    in which most responses were given.

    Raises
    ------
    ReadError
        Where the codebook is neither of the two, or of another survey.
    """
    spoken = export.meta["language"][export.meta["language"].ne("")]
    languages = [str(name) for name in spoken.value_counts().index]
    start = read_bytes(codebook).lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    read_questions = read_lss if start == b"<" else read_structure
    return add_structure(export, read_questions(codebook, languages), codebook)


PLATFORM = Platform(
    "limesurvey", sniff, read, "columns id, submitdate, lastpage, or headings like Q1[SQ001]",
    describe, "the survey (.lss), or its tab-separated structure",
)  # fmt: skip
