"""Exports of Qualtrics: three dialects, and those whose header rows were cut.

The current export has three header rows: names, wording, and the ImportId as JSON, which
alone holds the time zone and a key that no one can rename. That of 2016 and 2017 writes the
ImportId as a Python dictionary. The legacy export has two header rows, calls the metadata
V1 to V10, and ends each row with a comma. Published files often lack rows two and three.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    choice_table,
    clean_header,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book, read_book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.file.text import read_bytes
from mspsurvey.intake.readers.qualtrics import qsf
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
from mspsurvey.intake.readers.times import parse_times

_TIMING = re.compile(r"_(FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)$")
_TIMING_NAME = re.compile(r"_(First Click|Last Click|Page Submit|Click Count)$")
_QUESTION = re.compile(r"(?:\d+_)?(QID\d+(?:#\d+)?)")
# What the platform adds to a question by itself: the browser, groups of a score, text analysis.
_ADDED = re.compile(
    r"_(BROWSER|VERSION|OS|RESOLUTION|NPS_GROUP|FILE_ID|FILE_SIZE|FILE_TYPE|\w*TOPICS?"
    r"|\w*SENTIMENT\w*)$"
)
_BARE_DASH = ("legacy", "insights")
"""Dialects whose dash between question and choice has no blanks around it."""
_SELECTED = re.compile(r" - Selected Choice(?= - |$)")

_LEAST_SURE = 0.5


@dataclass(frozen=True)
class _Head:
    """The header rows of one file, brought to one form."""

    names: list[str]
    wording: list[str]
    ids: list[str]
    zone: str | None
    rows: int


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Qualtrics wrote the file, and in which dialect."""
    cells = book.main
    position = _import_row(cells)
    if position is not None:
        sample = next(c for c in cells.rows[position] if "ImportId" in c)
        return 1.0, "current" if sample.lstrip().startswith('{"') else "insights"
    first = [_letters(c) for c in cells.rows[0]]
    second = [_letters(c) for c in cells.rows[1]] if len(cells.rows) > 1 else []
    if "V1" in cells.rows[0] and _known(second) >= 4:
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
    head = _head(cells, dialect)
    names = unique_names(head.names, head.ids)
    keys = [_meta_key(i, n, w) for i, n, w in zip(head.ids, head.names, head.wording, strict=True)]
    roles = [_role(key, i, n) for key, i, n in zip(keys, head.ids, head.names, strict=True)]
    columns = pd.DataFrame(
        {
            "name": names,
            "header": head.names,
            "id": head.ids,
            "wording": head.wording,
            "choice": _choices(head, dialect),
            "role": roles,
        },
        dtype="str",
    )
    frame = table(cells.rows[head.rows :], names)
    blank_end = [n for n, h in zip(names, head.names, strict=True) if not h and not any(frame[n])]
    columns = columns[~columns["name"].isin(blank_end)].reset_index(drop=True)
    meta, problems = _meta(frame, dict(zip(names, keys, strict=True)), head.zone or time_zone)
    if head.zone is None and time_zone is None:
        problems.append("the file names no time zone; times are taken as UTC")
    doubled = sum(count > 1 for name, count in Counter(head.names).items() if name)
    if doubled:
        problems.append(f"{doubled} column names stand twice; told apart by their ImportId")
    answers = columns.loc[~columns["role"].isin(["meta", "personal"]), "name"]
    personal = columns.loc[columns["role"].eq("personal"), "name"]
    unanswered = seen_unanswered(frame[list(answers)], columns)
    if unanswered:
        problems.append(f"-99 in {len(unanswered)} columns means: seen and left unanswered")
    return RawExport(
        frame[list(answers)], columns, meta, "qualtrics", dialect, problems,
        choices=choice_table(unanswered), personal=frame[list(personal)],
    )  # fmt: skip


def _import_row(cells: Cells) -> int | None:
    """Position of the row of ImportIds, among the first five."""
    for position, row in enumerate(cells.rows[:5]):
        filled = [c for c in row if c.strip()]
        marked = [c for c in filled if "ImportId" in c[:16]]
        if filled and len(marked) * 2 > len(filled):
            return position
    return None


def _head(cells: Cells, dialect: str) -> _Head:
    rows = cells.rows
    position = _import_row(cells)
    if position is not None:
        marks = [_import_id(c) for c in rows[position]]
        ids, zones = [m[0] for m in marks], [m[1] for m in marks if m[1]]
        others = [row for i, row in enumerate(rows[:position])]
        names = others[0] if others else ids
        wording = others[-1] if len(others) > 1 else names
        count, zone = position + 1, (zones[0] if zones else None)
    else:
        names, ids, zone = rows[0], [""] * len(rows[0]), None
        count = 2 if dialect == "legacy" or _second_header(rows) else 1
        wording = rows[1] if count == 2 else names
        if dialect == "legacy":
            names = [
                w if re.fullmatch(r"V\d+", n) else n for n, w in zip(names, wording, strict=True)
            ]
    names = [clean_header(n) for n in names]
    wording = [_SELECTED.sub("", clean_header(w)) for w in wording]
    return _Head(names, wording, ids, zone, count)


def _second_header(rows: list[list[str]]) -> bool:
    """Whether the second row is a header too: it names the metadata, its dates are no dates."""
    if len(rows) < 2:
        return False
    for name, cell in zip(rows[0], rows[1], strict=True):
        word = _letters(name)
        if word == _letters(cell) and (word in OWN or word in KEY):
            return True
        if KEY.get(word) in ("started", "ended") or word == "recordeddate":
            return not any(c.isdigit() for c in cell)
    return sum(a == b for a, b in zip(rows[0], rows[1], strict=True)) > 3


def _import_id(cell: str) -> tuple[str, str | None]:
    """Read one cell of the ImportId row: the id, and the time zone if it has one."""
    try:
        mark = json.loads(cell)
    except ValueError:
        try:
            mark = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return "", None
    if not isinstance(mark, dict):
        return "", None
    zone = mark.get("timeZone")
    # Where each choice has a column of its own, or a place in the order shown.
    choice = f"_{mark['choiceId']}" if "choiceId" in mark else ""
    return f"{mark.get('ImportId', '')}{choice}", str(zone) if zone else None


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())


def _known(words: Iterable[str]) -> int:
    return len({w for w in words if w in KEY or w in PERSONAL})


def _meta_key(ident: str, name: str, wording: str) -> str | None:
    """Field of the metadata that a column is; '-' where personal, '' where unused."""
    # With an id the name is not asked: a question may be called "Status" or "name".
    if ident:
        if ident.startswith("QID") or _QUESTION.match(ident):
            return "-" if ident.endswith("_FILE_NAME") else None
        words = [_letters(ident), _letters(re.sub(r"^.*-", "", ident))]
    else:
        words = [_letters(name)]
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
    if re.search(r"[_-]DO(_|-|$)", ident) or "_DO_" in name or name.endswith("_DO"):
        return "order"
    if _ADDED.search(ident):
        return "embedded"
    if re.search(r"[_-]TEXT(_|-|$)", ident) or name.endswith("_TEXT"):
        return "text"
    if ident and not _QUESTION.match(ident):
        return "embedded"
    return "answer"


def _choices(head: _Head, dialect: str) -> list[str]:
    """Words of the row or choice: what follows the wording that a question's columns share."""
    groups: dict[str, list[int]] = {}
    for position, (ident, name) in enumerate(zip(head.ids, head.names, strict=True)):
        match = _QUESTION.match(ident)
        key = match.group(0) if match else re.sub(r"[_#]-?\d+.*$", "", name)
        groups.setdefault(key, []).append(position)
    choices = [""] * len(head.names)
    for positions in groups.values():
        texts = [head.wording[p] for p in positions]
        if len(positions) < 2 or len(set(texts)) < 2:
            continue
        shared = _shared_start(texts)
        cut = shared.rfind(" - ") + 3 if " - " in shared else 0
        if not cut and dialect in _BARE_DASH:
            cut = shared.rfind("-") + 1
        for position in positions:
            if cut:
                choices[position] = head.wording[position][cut:].strip()
    return choices


def _shared_start(texts: list[str]) -> str:
    """Letters with which all texts begin; the first and last in order differ most."""
    low, high = min(texts), max(texts)
    for position, letter in enumerate(low):
        if position == len(high) or letter != high[position]:
            return low[:position]
    return low


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
        values["resp_id"] = pd.Series([f"row_{i}" for i in range(1, len(frame) + 1)], dtype="str")
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
