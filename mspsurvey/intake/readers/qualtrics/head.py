"""Header rows of a Qualtrics export: names, wording, and the ImportId that no one can rename."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass

from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.qualtrics.words import KEY, OWN

QUESTION = re.compile(r"(?:\d+_)?(QID\d+(?:#\d+)?)")
ORDER = re.compile(r"[_-]DO(?=[_-]|$)")
"""In the id or name of a column that tells in which order choices or blocks were shown."""
_BARE_DASH = ("legacy", "insights")
"""Dialects whose dash between question and choice has no blanks around it."""
_SELECTED = re.compile(r" - Selected Choice(?= - |$)")


@dataclass(frozen=True)
class Head:
    """The header rows of one file, brought to one form."""

    names: list[str]
    wording: list[str]
    ids: list[str]
    zone: str | None
    rows: int


def import_row(cells: Cells) -> int | None:
    """Position of the row of ImportIds, among the first five."""
    for position, row in enumerate(cells.rows[:5]):
        filled = [c for c in row if c.strip()]
        marked = [c for c in filled if "ImportId" in c[:16]]
        if filled and len(marked) * 2 > len(filled):
            return position
    return None


def read_head(cells: Cells, dialect: str) -> Head:
    """Take the header rows, however many there are."""
    rows = cells.rows
    position = import_row(cells)
    if position is not None:
        marks = [_import_id(c) for c in rows[position]]
        ids, zones = [m[0] for m in marks], [m[1] for m in marks if m[1]]
        names = rows[0] if position else ids
        wording = rows[position - 1] if position > 1 else names
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
    return Head(names, wording, ids, zone, count)


def _second_header(rows: list[list[str]]) -> bool:
    """Whether the second row is a header too: it names the metadata, its dates are no dates."""
    if len(rows) < 2:
        return False
    for name, cell in zip(rows[0], rows[1], strict=True):
        word = letters(name)
        if word == letters(cell) and (word in OWN or word in KEY):
            return True
        if KEY.get(word) in ("started", "ended") or word == "recordeddate":
            return not any(c.isdigit() for c in cell)
    return sum(a == b != "" for a, b in zip(rows[0], rows[1], strict=True)) > 3


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


def letters(text: str) -> str:
    """Reduce a name of the platform to its letters, of the Latin alphabet alone."""
    return re.sub(r"[^a-z]", "", text.casefold())


def choices_of(head: Head, dialect: str) -> list[str]:
    """Words of the row or choice: what follows the wording that a question's columns share."""
    groups: dict[str, list[int]] = {}
    for position, (ident, name) in enumerate(zip(head.ids, head.names, strict=True)):
        if ORDER.search(ident or name):
            continue
        match = QUESTION.match(ident)
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
