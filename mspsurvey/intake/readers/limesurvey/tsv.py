"""The structure file of LimeSurvey: a table with one row for each part of the survey.

Class G is a group, Q a question, SQ one of its rows or choices, A an answer; parts stand
behind the question that they belong to, once for each language.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.delimited import LONGEST_CELL
from mspsurvey.intake.readers.file.text import decode, read_bytes
from mspsurvey.intake.readers.limesurvey.structure import LimeQuestion

_NEEDED = ("class", "type/scale", "name", "text")


def read_structure(path: Path, languages: Sequence[str] = ()) -> list[LimeQuestion]:
    """Read the questions of a structure file.

    Parameters
    ----------
    path : Path
        The file, tab-separated.
    languages : sequence of str
        Languages that are wanted, the dearest first; then that of the first question.

    Raises
    ------
    ReadError
        Where the file is no such table, or has no question.
    """
    text = decode(read_bytes(path), name=path.name).text
    rows = _rows(text, path)
    language = _language(rows, languages)
    found: list[LimeQuestion] = []
    for row in rows:
        if row.get("language", "") not in ("", language):
            continue
        if row["class"] == "Q":
            found.append(
                LimeQuestion(
                    row["name"], row["type/scale"], clean_header(row["text"]),
                    other=row.get("other") == "Y",
                )
            )  # fmt: skip
        elif row["class"] in ("SQ", "A") and found:
            found[-1] = _with_part(found[-1], row)
    if not found:
        raise _no_structure(path, "It has no question.")
    return found


def _rows(text: str, path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        table = list(csv.DictReader(io.StringIO(text), delimiter="\t", restkey="", restval=""))
    except csv.Error as error:
        raise _no_structure(path, f"It cannot be cut into rows ({error}).") from None
    if not table or not set(_NEEDED) <= set(table[0]):
        raise _no_structure(path, f"It lacks the columns {', '.join(_NEEDED)}.")
    return [{k: v.strip() for k, v in row.items() if isinstance(v, str)} for row in table]


def _no_structure(path: Path, came: str) -> ReadError:
    return ReadError(
        f"{path.name} should be a survey of LimeSurvey: .lss, or its tab-separated structure.",
        came,
        "Export it anew: Display/Export, Survey structure (.lss).",
    )


def _language(rows: Iterable[dict[str, str]], wanted: Sequence[str]) -> str:
    there = [r.get("language", "") for r in rows if r["class"] == "Q"]
    return next((w for w in wanted if w in there), there[0] if there else "")


def _with_part(question: LimeQuestion, row: dict[str, str]) -> LimeQuestion:
    words, scale = clean_header(row["text"]), row["type/scale"] or "0"
    if row["class"] == "A":
        options = {**question.scales.get(scale, {}), row["name"]: words}
        return replace(question, scales={**question.scales, scale: options})
    if scale == "1":
        return replace(question, across={**question.across, row["name"]: words})
    return replace(question, rows={**question.rows, row["name"]: words})
