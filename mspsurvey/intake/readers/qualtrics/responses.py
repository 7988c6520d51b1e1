"""Exports of Qualtrics: three dialects, and those whose header rows were cut.

The current export has three header rows: names, wording, and the ImportId as JSON, which
alone holds the time zone and a key that no one can rename. That of 2016 and 2017 writes the
ImportId as a Python dictionary. The legacy export has two header rows, calls the metadata
V1 to V10, and ends each row with a comma. Published files often lack rows two and three.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    by_role,
    by_row,
    choice_table,
    column_table,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book, read_book
from mspsurvey.intake.readers.file.text import read_bytes
from mspsurvey.intake.readers.qualtrics import qsf
from mspsurvey.intake.readers.qualtrics.head import (
    ORDER,
    QUESTION,
    choices_of,
    import_row,
    letters,
    read_head,
)
from mspsurvey.intake.readers.qualtrics.pair import learn_labels
from mspsurvey.intake.readers.qualtrics.seen import seen_unanswered
from mspsurvey.intake.readers.qualtrics.words import (
    FALSE,
    KEY,
    OTHERS,
    OWN,
    PERSONAL,
    PERSONAL_SENT,
    STATUS_CODES,
    STATUS_WORDS,
    TRUE,
)
from mspsurvey.intake.readers.times import NO_ZONE, parse_times

_TIMING = re.compile(r"_(FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)$")
_TIMING_NAME = re.compile(r"(?:_| - )(First Click|Last Click|Page Submit|Click Count)$")
# What the platform adds to a question by itself: the browser, groups of a score, text analysis.
_ADDED = re.compile(
    r"_(BROWSER|VERSION|OS|RESOLUTION|NPS_GROUP|FILE_ID|FILE_SIZE|FILE_TYPE|\w*TOPICS?"
    r"|\w*SENTIMENT\w*)$",
    re.IGNORECASE,
)
_ADDED_NAME = re.compile(
    r"Q_[A-Z]|.*_(Browser|Version|Operating System|Resolution|NPS_GROUP)$"
    r"|.* - ((Parent )?Topics?\b|Sentiment\b)"
)
"""The same, and its scores of robots and repeats, where the file has no ids."""
_LEAST_SURE = 0.5


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Qualtrics wrote the file, and in which dialect."""
    cells = book.main
    position = import_row(cells)
    if position is not None:
        sample = next(c for c in cells.rows[position] if "ImportId" in c)
        return 1.0, "current" if sample.lstrip().startswith('{"') else "insights"
    first = [letters(c) for c in cells.rows[0]]
    second = [letters(c) for c in cells.rows[1]] if len(cells.rows) > 1 else []
    if "V1" in cells.rows[0] and len({w for w in second if w in KEY or w in PERSONAL}) >= 4:
        return 0.95, "legacy"
    # Start and end dates are everyone's; these names are not.
    own = len(OWN.intersection(first))
    return (min(1.0, own / 4) if not OTHERS.intersection(first) else 0.0), "stripped"


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export.

    Raises
    ------
    ReadError
        Where the response id is missing.
    """
    cells = book.main
    head = read_head(cells, dialect)
    names = unique_names(head.names, head.ids)
    keys = [_meta_key(i, n, w) for i, n, w in zip(head.ids, head.names, head.wording, strict=True)]
    roles = [_role(key, i, n) for key, i, n in zip(keys, head.ids, head.names, strict=True)]
    columns = column_table(
        zip(
            names, head.names, head.ids, head.wording, choices_of(head, dialect), roles,
            strict=True,
        )
    )  # fmt: skip
    frame = table(cells.rows[head.rows :], names)
    blank_end = [n for n, h in zip(names, head.names, strict=True) if not h and not any(frame[n])]
    columns = columns[~columns["name"].isin(blank_end)].reset_index(drop=True)
    meta, problems = _meta(frame, dict(zip(names, keys, strict=True)), head.zone or time_zone)
    if head.zone is None and time_zone is None:
        problems.append(NO_ZONE)
    doubled = sum(count > 1 for name, count in Counter(head.names).items() if name)
    if doubled:
        problems.append(f"{doubled} column names stand twice; told apart by their ImportId")
    answers, personal = by_role(frame, columns)
    unanswered = seen_unanswered(answers, columns)
    if unanswered:
        problems.append(f"-99 in {len(unanswered)} columns means: seen and left unanswered")
    return RawExport(
        answers, columns, meta, "qualtrics", dialect, problems,
        choices=choice_table(unanswered), personal=personal,
    )  # fmt: skip


def _meta_key(ident: str, name: str, wording: str) -> str | None:
    """Field of the metadata that a column is; '-' where personal, '' where unused."""
    # With an id the name is not asked: a question may be called "Status" or "name".
    if ident:
        if ident.startswith("QID") or QUESTION.match(ident):
            return "-" if ident.endswith("_FILE_NAME") else None
        words = [letters(ident), letters(re.sub(r"^.*-", "", ident))]
    else:
        words = [letters(name)]
    for word in words:
        if word in PERSONAL and (ident or word != "name" or wording == "Name"):
            return "-"
        if ident and word in PERSONAL_SENT:
            return "-"
        if word in KEY:
            return KEY[word]
    return None


def _role(key: str | None, ident: str, name: str) -> str:
    if key is not None:
        return "personal" if key == "-" else "meta"
    if _TIMING.search(ident) or _TIMING_NAME.search(name):
        return "timing"
    if ORDER.search(ident) or ORDER.search(name):
        return "order"
    if _ADDED.search(ident) or (not ident and _ADDED_NAME.match(name)):
        return "embedded"
    if re.search(r"[_-]TEXT(_|-|$)", ident) or name.endswith("_TEXT"):
        return "text"
    if ident and not QUESTION.match(ident):
        return "embedded"
    return "answer"


def _meta(
    frame: pd.DataFrame, keys: dict[str, str | None], zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    where: dict[str, str] = {}
    for name, key in keys.items():
        if key and key != "-":
            where.setdefault(key, name)
    if "resp_id" not in where and "started" not in where:
        raise ReadError(
            "An export of Qualtrics has a column ResponseId.",
            "There is none, nor a StartDate.",
            "Export again with all metadata.",
        )
    problems: list[str] = []
    values: dict[str, pd.Series] = {}
    for field, name in where.items():
        values[field], more = _meta_values(field, frame[name], zone)
        problems += [f"{name}: {problem}" for problem in more]
    if "resp_id" not in values:
        values["resp_id"] = by_row(len(frame))
        problems.append("there is no ResponseId; responses are named by their row")
    if "finished" not in values:
        values["finished"] = values.get("ended", pd.Series(dtype="object")).notna()
    return make_meta(len(frame), values), problems


def _meta_values(field: str, cells: pd.Series, zone: str | None) -> tuple[pd.Series, list[str]]:
    if field in ("started", "ended"):
        return parse_times(cells, zone)
    if field in ("duration_s", "progress"):
        return to_number(cells), []
    if field == "finished":
        words = cells.str.strip().str.casefold()
        strange = sorted(set(words) - TRUE - FALSE - {""})
        said = f"{', '.join(map(repr, strange[:3]))} is neither yes nor no; taken as unfinished"
        return words.isin(TRUE), [said] if strange else []
    if field == "status":
        return cells.map(_status).astype("str"), []
    return cells.str.strip(), []


def _status(cell: str) -> str:
    word = cell.strip().casefold()
    if word in STATUS_CODES:
        return STATUS_CODES[word]
    return next((status for part, status in STATUS_WORDS if part in word), "real")


def describe(export: RawExport, codebook: Path) -> RawExport:
    """Add what the survey file (.qsf), or the same export with labels, says of the codes.

    Raises
    ------
    ReadError
        Where the codebook is neither of the two, or of another survey.
    """
    if read_bytes(codebook).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return qsf.describe(export, codebook)
    book = read_book(codebook)
    confidence, dialect = sniff(book)
    if confidence < _LEAST_SURE:
        raise ReadError(
            "A survey file (.qsf) or an export with labels was wanted as codebook.",
            f"{codebook.name} is neither.",
            "Export the survey: Tools, Import/Export, Export survey.",
        )
    return learn_labels(export, read(book, dialect, None))


PLATFORM = Platform(
    "qualtrics", sniff, read, "a row of ImportId marks, or columns StartDate … ResponseId",
    describe, "the survey file (.qsf), or the same export with labels",
)  # fmt: skip
