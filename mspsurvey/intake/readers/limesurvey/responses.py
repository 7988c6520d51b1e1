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

from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    clean_header,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.file.text import read_bytes
from mspsurvey.intake.readers.limesurvey.lss import read_lss
from mspsurvey.intake.readers.limesurvey.meta import (
    COMMENT_WORDS,
    OTHER_WORDS,
    field_of,
    fields_of,
    names_response,
)
from mspsurvey.intake.readers.limesurvey.structure import add_structure
from mspsurvey.intake.readers.limesurvey.tsv import read_structure
from mspsurvey.intake.readers.limesurvey.vv import code_of, is_vv, plain_cell
from mspsurvey.intake.readers.times import parse_times

NOT_SHOWN = "N/A"

# Of Alchemer, whose Response ID and Date Submitted are called as here.
_OTHERS = {"time started", "legacy comments"}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]*\]){0,2}\Z")
_CODE_AND_TEXT = re.compile(
    r"(?P<code>[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]{0,40}\]){0,2})(?:\. |\.\s|: )(?P<text>.*)",
    re.DOTALL,
)
_OF_R = re.compile(r"([A-Za-z]\w*)\.(\w+)\.\Z")
_TWICE_OF_R = re.compile(r"([A-Za-z]\w*)\.(\w+)\.\.(\w+)\.\Z")
_LAST_BRACKET = re.compile(r"\[(?P<choice>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\](?:\.\d+)?\Z")
_PROBED = 500
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
    if is_vv(cells.rows):
        return 0.95, "vv"
    first = _headings(cells.rows[0])
    fields = set(fields_of(cells.rows[1:_PROBED], first)) - {"", "personal", "timing"}
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
    rows = sum(bool(_LAST_BRACKET.search(c)) for c in first)
    if rows and names_response(first):
        return 0.6, style
    # Without metadata, headings like "Question [row]" are no more than a hint.
    return 0.3 * (rows * 2 > len(first)), style


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export."""
    form = _form(book.main, dialect)
    parts, rows = _parts(book.main.rows, form)
    names = unique_names([p.ident or p.header for p in parts], [""] * len(parts))
    frame = table(rows, names)
    known = form != "grouped"
    fields = fields_of(rows, [p.header for p in parts]) if known else [""] * len(parts)
    columns = pd.DataFrame(
        {
            "name": names,
            "header": [p.header for p in parts],
            "id": [p.ident for p in parts],
            "wording": [p.wording for p in parts],
            "choice": [p.choice for p in parts],
            "role": [_role(f, p, frame[n]) for f, p, n in zip(fields, parts, names, strict=True)],
        },
        dtype="str",
    )
    # The file that the platform takes back says of a date, too, that it was not shown.
    about = frame.replace(NOT_SHOWN, "") if form == "vv" else frame
    meta, problems = _meta(about, dict(zip(fields, names, strict=True)), time_zone)
    if not known:
        problems.append("no metadata columns; two header rows were put together")
    answers = columns.loc[~columns["role"].isin(["meta", "personal"]), "name"]
    personal = columns.loc[columns["role"].eq("personal"), "name"]
    return RawExport(
        frame[list(answers)], columns, meta, "limesurvey", dialect, problems, NOT_SHOWN,
        personal=frame[list(personal)],
    )  # fmt: skip


def _form(cells: Cells, dialect: str) -> str:
    """Say how the headings are to be taken apart: as the dialect, or as the rows show."""
    if dialect == "vv" and is_vv(cells.rows):
        return "vv"
    return "grouped" if dialect != "code" and _grouped(cells) else dialect


def _parts(rows: list[list[str]], form: str) -> tuple[list[_Column], list[list[str]]]:
    """Give the columns, and the rows of responses."""
    if form == "vv":
        plain = [[plain_cell(c) for c in row] for row in rows[2:]]
        return _over_codes(rows[0], rows[1]), plain
    if form == "grouped":
        return _two_rows(rows[0], rows[1]), rows[2:]
    return [_take_apart(c, form) for c in _headings(rows[0])], rows[1:]


def _headings(row: list[str]) -> list[str]:
    """Give the headings without tags, and with the brackets that R has made into dots."""
    plain = [clean_header(c) for c in row]
    if any("[" in c for c in plain):
        return plain
    return [_OF_R.sub(r"\1[\2]", _TWICE_OF_R.sub(r"\1[\2][\3]", c)) for c in plain]


def _role(field: str, part: _Column, cells: pd.Series) -> str:
    if field in ("address", "personal"):
        return "personal"
    if field:
        return "timing" if field == "timing" else "meta"
    if part.ident.endswith(("[other]", "[comment]")) or "comment]" in part.ident:
        return "text"
    word = part.choice.casefold()
    if not part.ident and (word in COMMENT_WORDS or word in OTHER_WORDS):
        # An author may offer a choice "Other": it is ticked like the others.
        ticked = set(cells.str.casefold()) <= {"", NOT_SHOWN.casefold(), *_TICK_WORDS}
        return "answer" if word in OTHER_WORDS and ticked else "text"
    return "answer"


def _share(headers: list[str], pattern: re.Pattern[str]) -> float:
    filled = [h for h in headers if h]
    return sum(bool(pattern.match(h)) for h in filled) / max(1, len(filled))


def _style(headers: list[str]) -> str:
    """Tell headings as codes, as code and text, or as text."""
    asked = [h for h in headers if field_of(h) is None and h]
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


def _over_codes(texts: list[str], codes: list[str]) -> list[_Column]:
    """Give the columns of a file with texts in its first row and codes in its second."""
    parts = []
    for text, code in zip(texts, codes, strict=True):
        ident, words = code_of(code.strip()), clean_header(text)
        choice = _LAST_BRACKET.search(words)
        parts.append(_Column(ident, ident, words, choice["choice"].strip() if choice else ""))
    return parts


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
    hidden = False
    for field in ("started", "ended", "submitted"):
        if field in names:
            times, more = parse_times(frame[names[field]], time_zone)
            values[field] = times.where(~(times.dt.year <= 1980))
            hidden |= bool((times.dt.year <= 1980).any())
            problems += more
    size = len(frame)
    if "last_page" in names:
        values["last_page"] = to_number(frame[names["last_page"]])
    if "submitted" in values:
        values["finished"] = frame[names["submitted"]].str.strip().ne("")
        submitted = values.pop("submitted")
        values["ended"] = submitted.fillna(values["ended"]) if "ended" in values else submitted
        if hidden:
            problems.append("submission dates are 1980-01-01: the survey was anonymised")
    else:
        values["finished"] = pd.Series([True] * size, dtype="bool")
        problems.append("the file does not say which responses are complete")
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

    The codebook is a survey file (.lss, or the .lsa around it) or the tab-separated structure;
    the language is that in which most responses were given.

    Raises
    ------
    ReadError
        Where the codebook is neither of the two, or of another survey.
    """
    spoken = export.meta["language"][export.meta["language"].ne("")]
    languages = [str(name) for name in spoken.value_counts().index]
    start = read_bytes(codebook).lstrip(b"\xef\xbb\xbf \r\n\t")[:4]
    read_questions = read_lss if start.startswith((b"<", b"PK\x03\x04")) else read_structure
    return add_structure(export, read_questions(codebook, languages), codebook)


PLATFORM = Platform(
    "limesurvey", sniff, read, "columns id, submitdate, lastpage, or headings like Q1[SQ001]",
    describe, "the survey (.lss), or its tab-separated structure",
)  # fmt: skip
