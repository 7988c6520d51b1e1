"""Exports of LimeSurvey: headings as codes, as text, or both.

The platform writes the names of its metadata in the language of whoever exported, and its
dates without a time zone. Anonymised surveys carry 1980-01-01 as the date of every
submission. ``N/A`` is a question that routing hid; a blank is one that was left open.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    by_role,
    by_row,
    column_table,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.text import read_bytes
from mspsurvey.intake.readers.limesurvey.columns import (
    CODE_AND_TEXT,
    LAST_BRACKET,
    TICK_WORDS,
    Column,
    form_of,
    headings,
    is_grouped,
    share_of,
    style_of,
    take_apart,
)
from mspsurvey.intake.readers.limesurvey.lss import read_lss
from mspsurvey.intake.readers.limesurvey.meta import (
    COMMENT_WORDS,
    OTHER_WORDS,
    fields_of,
    names_response,
)
from mspsurvey.intake.readers.limesurvey.structure import add_structure
from mspsurvey.intake.readers.limesurvey.tsv import read_structure
from mspsurvey.intake.readers.limesurvey.vv import is_vv
from mspsurvey.intake.readers.times import NO_ZONE, parse_times

NOT_SHOWN = "N/A"

# Of Alchemer, whose Response ID and Date Submitted are called as here.
_OTHERS = {"time started", "legacy comments"}
_PROBED = 500


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that LimeSurvey wrote the file, and in which style."""
    cells = book.main
    if is_vv(cells.rows):
        return 0.95, "vv"
    first = headings(cells.rows[0])
    fields = set(fields_of(cells.rows[1:_PROBED], first)) - {"", "personal", "timing"}
    style = style_of(first)
    sure = fields & {"submitted", "last_page", "language", "seed"}
    if not _OTHERS.isdisjoint(c.casefold() for c in first):
        return 0.0, style
    if "submitted" in sure or len(sure) >= 2:
        return min(1.0, 0.55 + 0.15 * len(fields)), style
    if style == "code and text" and share_of(first, CODE_AND_TEXT) > 0.8:
        return 0.7, style
    bracketed = sum(bool(re.match(r"[A-Za-z]\w*\[\w+\]\Z", c)) for c in first)
    if style == "code" and bracketed > 3 and bracketed * 4 > len(first):
        return 0.6, style
    if is_grouped(cells):
        return 0.55, "grouped"
    rows = sum(bool(LAST_BRACKET.search(c)) for c in first)
    if rows and names_response(first):
        return 0.6, style
    # Without metadata, headings like "Question [row]" are no more than a hint.
    return 0.3 * (rows * 2 > len(first)), style


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export."""
    form = form_of(book.main, dialect)
    parts, rows = take_apart(book.main.rows, form)
    names = unique_names([p.ident or p.header for p in parts], [""] * len(parts))
    frame = table(rows, names)
    known = form != "grouped"
    fields = fields_of(rows, [p.header for p in parts]) if known else [""] * len(parts)
    columns = column_table(
        (n, p.header, p.ident, p.wording, p.choice, _role(f, p, frame[n]))
        for n, p, f in zip(names, parts, fields, strict=True)
    )
    # The file that the platform takes back says of a date, too, that it was not shown.
    about = frame.replace(NOT_SHOWN, "") if form == "vv" else frame
    meta, problems = _meta(about, dict(zip(fields, names, strict=True)), time_zone)
    if not known:
        problems.append("no metadata columns; two header rows were put together")
    answers, personal = by_role(frame, columns)
    return RawExport(
        answers, columns, meta, "limesurvey", dialect, problems, NOT_SHOWN, personal=personal
    )


def _role(field: str, part: Column, cells: pd.Series) -> str:
    if field in ("address", "personal"):
        return "personal"
    if field:
        return "timing" if field == "timing" else "meta"
    if part.ident.endswith(("[other]", "[comment]")) or "comment]" in part.ident:
        return "text"
    word = part.choice.casefold()
    if not part.ident and (word in COMMENT_WORDS or word in OTHER_WORDS):
        # An author may offer a choice "Other": it is ticked like the others.
        ticked = set(cells.str.casefold()) <= {"", NOT_SHOWN.casefold(), *TICK_WORDS}
        return "answer" if word in OTHER_WORDS and ticked else "text"
    return "answer"


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
        problems.append(NO_ZONE)
    for field in ("sample_id", "language", "resp_id"):
        if field in names:
            values[field] = frame[names[field]].str.strip()
    if "resp_id" not in values:
        values["resp_id"] = by_row(size)
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
