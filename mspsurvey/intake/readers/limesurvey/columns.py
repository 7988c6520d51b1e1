"""The columns of a LimeSurvey export: headings as codes, as text, or both, in one row or two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.limesurvey.meta import field_of
from mspsurvey.intake.readers.limesurvey.vv import code_of, is_vv, plain_cell

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]*\]){0,2}\Z")
CODE_AND_TEXT = re.compile(
    r"(?P<code>[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]\s]{0,40}\]){0,2})(?:\. |\.\s|: )(?P<text>.*)",
    re.DOTALL,
)
_OF_R = re.compile(r"([A-Za-z]\w*)\.(\w+)\.\Z")
_TWICE_OF_R = re.compile(r"([A-Za-z]\w*)\.(\w+)\.\.(\w+)\.\Z")
LAST_BRACKET = re.compile(r"\[(?P<choice>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\](?:\.\d+)?\Z")
TICK_WORDS = {"ja", "nein", "yes", "no", "oui", "non", "sí", "sì", "sim", "não", "nee"}
"""Yes and no in headings of text, in small letters."""


@dataclass(frozen=True)
class Column:
    """One header, taken apart."""

    header: str
    ident: str
    wording: str
    choice: str


def form_of(cells: Cells, dialect: str) -> str:
    """Say how the headings are to be taken apart: as the dialect, or as the rows show."""
    if dialect == "vv" and is_vv(cells.rows):
        return "vv"
    return "grouped" if dialect != "code" and is_grouped(cells) else dialect


def take_apart(rows: list[list[str]], form: str) -> tuple[list[Column], list[list[str]]]:
    """Give the columns, and the rows of responses."""
    if form == "vv":
        plain = [[plain_cell(c) for c in row] for row in rows[2:]]
        return _over_codes(rows[0], rows[1]), plain
    if form == "grouped":
        return _two_rows(rows[0], rows[1]), rows[2:]
    return [_from_heading(c, form) for c in headings(rows[0])], rows[1:]


def headings(row: list[str]) -> list[str]:
    """Give the headings without tags, and with the brackets that R has made into dots."""
    plain = [clean_header(c) for c in row]
    if any("[" in c for c in plain):
        return plain
    return [_OF_R.sub(r"\1[\2]", _TWICE_OF_R.sub(r"\1[\2][\3]", c)) for c in plain]


def share_of(headers: list[str], pattern: re.Pattern[str]) -> float:
    """Give the share of the headings that have a form."""
    filled = [h for h in headers if h]
    return sum(bool(pattern.match(h)) for h in filled) / max(1, len(filled))


def style_of(headers: list[str]) -> str:
    """Tell headings as codes, as code and text, or as text."""
    asked = [h for h in headers if field_of(h) is None and h]
    if asked and share_of(asked, _CODE) > 0.9:
        return "code"
    if asked and share_of([_split_separator(h) for h in asked], CODE_AND_TEXT) > 0.5:
        return "code and text"
    return "text"


def _split_separator(header: str) -> str:
    # Some exports were made with "._." between code and text, or between code and row.
    return header.replace("._.", ". ", 1) if "._." in header else header


def _from_heading(header: str, dialect: str) -> Column:
    if dialect == "code":
        rows = re.findall(r"\[([^\]]*)\]", header)
        ident = re.sub(r"\._\.(\w+)", r"[\1]", header)
        return Column(header, ident, header, rows[-1] if rows else "")
    ident, text = "", header
    match = CODE_AND_TEXT.match(_split_separator(header)) if dialect != "text" else None
    if match:
        ident, text = match["code"], match["text"]
    bracket = LAST_BRACKET.search(text)
    choice = bracket["choice"].strip() if bracket else ""
    return Column(header, ident, text.strip(), choice)


def is_grouped(cells: Cells) -> bool:
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
    return any(c.strip().casefold() in TICK_WORDS for row in data for c in row)


def _over_codes(texts: list[str], codes: list[str]) -> list[Column]:
    """Give the columns of a file with texts in its first row and codes in its second."""
    parts = []
    for text, code in zip(texts, codes, strict=True):
        ident, words = code_of(code.strip()), clean_header(text)
        choice = LAST_BRACKET.search(words)
        parts.append(Column(ident, ident, words, choice["choice"].strip() if choice else ""))
    return parts


def _two_rows(questions: list[str], choices: list[str]) -> list[Column]:
    parts: list[Column] = []
    stem = ""
    for question, choice in zip(questions, choices, strict=True):
        stem = clean_header(question) or stem
        words = clean_header(choice)
        parts.append(Column(f"{stem} [{words}]", "", f"{stem} [{words}]", words))
    return parts
