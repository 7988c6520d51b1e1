"""Read one file of SPSS, Stata or an old workbook in a process of its own; not for import.

The libraries that read these files trust them: one changed byte may end the process or take
all memory. Here it can only end itself. Called as
``python apart_process.py KIND FILE RESULT MEMORY``; it writes one JSON document and needs
nothing of the package.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LATIN = "LATIN1"
MOST_CELLS, MOST_CHARACTERS = 4_000_000, 160 * 1024 * 1024
"""Bounds on the sheets of a workbook, as on those of the open format."""


def main(kind: str, path: str, result: str, memory: str) -> None:
    """Read ``path`` and write what it holds, or the library's complaint, to ``result``."""
    _limit(int(memory))
    try:
        found = _sheets(path) if kind == "book" else _read(kind, path)
    except MemoryError:
        found = {"error": "it asks for more memory than such a file needs"}
    except Exception as error:  # the library raises whatever the file leads it to
        found = {"error": str(error) or type(error).__name__}
    Path(result).write_text(json.dumps(found), encoding="ascii")


def _limit(memory: int) -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _read(kind: str, path: str) -> dict[str, Any]:
    try:
        return _parsed(kind, path, {})
    except Exception as error:
        known = "encoding" in str(error) or isinstance(error, UnicodeDecodeError)
        if kind == "por" or not known:
            raise
    return {**_parsed(kind, path, {"encoding": LATIN}), "encoding": LATIN}


def _parsed(kind: str, path: str, options: dict[str, str]) -> dict[str, Any]:
    import pyreadstat  # slow to import; after the limit is set

    read: dict[str, Any] = {
        "sav": pyreadstat.read_sav, "por": pyreadstat.read_por, "dta": pyreadstat.read_dta,
    }  # fmt: skip
    more: dict[str, Any] = {} if kind == "por" else {**options, "user_missing": True}
    # Numbers of seconds and days are turned into dates by the reader, which does not stop at
    # the year 9999.
    cells, meta = read[kind](path, disable_datetime_conversion=True, output_format="dict", **more)
    if len(cells) < len(meta.column_names):
        raise ValueError("two of its columns have the same name")
    if len({len(column) for column in cells.values()}) > 1:
        raise ValueError("its columns are not equally long")
    return {
        "cells": {name: _distinct(column) for name, column in cells.items()},
        "labels": _texts(meta.column_names_to_labels),
        "formats": _texts(meta.original_variable_types),
        "types": _texts(meta.readstat_variable_types),
        "words": {n: list(v.items()) for n, v in meta.variable_value_labels.items()},
        "missing": meta.missing_ranges,
        "tagged": meta.missing_user_values,
        "sets": meta.mr_sets,
    }


def _texts(words: dict[str, Any]) -> dict[str, str]:
    return {name: str(text or "") for name, text in words.items()}


def _distinct(column: Iterable[Any]) -> tuple[list[Any], list[int]]:
    """Different values of a column, no answer as null; and the place of each cell's among them."""
    values = column.tolist() if hasattr(column, "tolist") else column
    places: dict[Any, int] = {}
    cells = [places.setdefault(None if v != v else v, len(places)) for v in values]
    return list(places), cells


def _sheets(path: str) -> dict[str, Any]:
    """Name, whether it is shown, and rows of each sheet; dates as text."""
    import python_calamine  # after the limit is set

    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets: list[tuple[str, bool, list[list[Any]]]] = []
    cells = characters = 0
    for about in book.sheets_metadata:
        if not str(about.typ).endswith(".WorkSheet"):
            continue
        rows: list[list[Any]] = []
        for row in book.get_sheet_by_name(about.name).iter_rows():
            rows.append([v if isinstance(v, str | float | bool) else _said(v) for v in row])
            cells += len(row)
            characters += sum(len(v) for v in rows[-1] if isinstance(v, str))
            if cells > MOST_CELLS or characters > MOST_CHARACTERS:
                raise ValueError(f"it has more than {MOST_CELLS:,} cells, or too long ones")
        sheets.append((about.name, str(about.visible).endswith(".Visible"), rows))
    return {"sheets": sheets}


def _said(value: Any) -> str:
    moment = hasattr(value, "year") and hasattr(value, "hour")
    return str(value.isoformat(sep=" ")) if moment else str(value)


if __name__ == "__main__":
    main(*sys.argv[1:5])
