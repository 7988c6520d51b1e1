"""Files of SPSS (.sav, .zsav, .por) and Stata (.dta), with their labels and missing codes.

Codes that the file declares as no answer stay among the answers, and ``choices`` says so;
only what the program itself leaves blank is blank. Stata's tagged missing values are written
as Stata writes them, ``.a`` to ``.z``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import RawExport, by_role, choice_table, clean_header
from mspsurvey.intake.readers.file.apart import read_apart
from mspsurvey.intake.readers.file.delimited import LARGEST_TABLE, WIDEST_TABLE
from mspsurvey.intake.readers.spss_stata.meta import PERSONAL, make_stored_meta, meta_fields
from mspsurvey.intake.readers.spss_stata.values import (
    USER,
    Cell,
    is_missing,
    missing_reason,
    moment_writer,
    number_text,
)

FORMATS = ("spss", "stata")
_PLATFORM = {"sav": "spss", "por": "spss", "dta": "stata"}
_PROBED = 1024
_ENCODING = "LATIN1"
_OFF_WORDS = ("Yes", "No")


@dataclass(frozen=True)
class _Stored:
    """What the file holds, as the process that read it says.

    ``cells`` has the different values of each column, and for each response its place among
    them; ``words`` the codes with labels; ``missing`` the ranges of no answer.
    """

    kind: str
    cells: Mapping[str, tuple[list[Cell], list[int]]]
    labels: Mapping[str, str]
    formats: Mapping[str, str]
    types: Mapping[str, str]
    words: Mapping[str, list[tuple[Cell, str]]]
    missing: Mapping[str, list[dict[str, Any]]]
    tagged: Mapping[str, list[str]]
    sets: Mapping[str, dict[str, Any]]
    encoding: str = ""

    @property
    def size(self) -> int:
        """Count the responses."""
        return max((len(places) for _, places in self.cells.values()), default=0)


def stored_kind(path: Path) -> str | None:
    """Say by its first bytes whether a file is sav (or zsav), por, dta, or none of these."""
    try:
        with path.open("rb") as file:
            head = file.read(_PROBED)
    except OSError:
        return None
    if head.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if head.startswith(b"<stata_dta>") or _old_stata(head):
        return "dta"
    return "por" if b"SPSSPORT" in re.sub(rb"[\r\n]", b"", head) else None


def _old_stata(head: bytes) -> bool:
    # Version, order of bytes (1 or 2), kind of file (1), and a zero.
    return len(head) > 3 and 102 <= head[0] <= 115 and head[1] in (1, 2) and head[2:4] == b"\x01\0"


def read_stored(path: Path, kind: str, time_zone: str | None = None) -> RawExport:
    """Read one file of SPSS or Stata.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        As ``stored_kind`` says.
    time_zone : str, optional
        Zone of its dates and times; UTC if None.

    Returns
    -------
    RawExport
        Value labels are ``choices``, variable labels the wording; the columns of a
        multiple-response set share its name as ``id``.

    Raises
    ------
    ReadError
        Where the file is damaged, too large, or without responses.
    """
    stored = _load(path, kind)
    texts, lost = {}, []
    for name in stored.cells:
        texts[name], strange = _texts(stored, name)
        if strange:
            lost.append(f"{strange} values of '{name}' are no date that a calendar has; kept as "
                        "numbers")  # fmt: skip
    frame = pd.DataFrame(texts, index=pd.RangeIndex(stored.size))
    fields = meta_fields(frame)
    columns = _columns(stored, fields)
    meta, problems = make_stored_meta(frame, fields, time_zone)
    if stored.encoding:
        problems.append(f"its text is not in the encoding that it names; read as {_ENCODING}")
    answers, personal = by_role(frame, columns)
    choices = [
        row for name, cells in answers.items() for row in _choices(stored, str(name), cells)
    ]
    return RawExport(
        answers, columns, meta, _PLATFORM[kind], kind, [*lost, *problems],
        path=path, choices=choice_table(choices), personal=personal,
    )  # fmt: skip


def _load(path: Path, kind: str) -> _Stored:
    found = read_apart(path, kind)
    if "error" in found:
        raise _damaged(path, str(found["error"]).rstrip("."))
    stored = _Stored(kind=kind, **found)
    width = len(stored.cells)
    if width > WIDEST_TABLE or width * stored.size > LARGEST_TABLE:
        raise ReadError(
            f"{path.name} should have at most {WIDEST_TABLE:,} columns and "
            f"{LARGEST_TABLE:,} cells.",
            f"It has {width:,} columns and {stored.size:,} rows.",
            "Save fewer variables.",
        )
    return stored


def _damaged(path: Path, why: str) -> ReadError:
    return ReadError(
        f"{path.name} should be a whole file of SPSS (.sav, .zsav, .por) or Stata (.dta).",
        f"It cannot be read: {why}.",
        "Save it again in SPSS or Stata, or export the responses as CSV.",
    )


def _texts(stored: _Stored, name: str) -> tuple[pd.Series, int]:
    """Give the cells of one column as text, and count dates beyond the calendar."""
    written = moment_writer(stored.kind, stored.formats.get(name, ""))
    ranges = stored.missing.get(name, [])
    single = stored.types.get(name) == "float"
    tagged = _is_tagged(stored, name)
    values, places = stored.cells[name]
    texts = [_code(value, single=single, tagged=tagged) for value in values]
    strange: set[int] = set()
    for place, value in enumerate(values):
        if written and isinstance(value, int | float) and not is_missing(value, ranges):
            try:
                texts[place] = written(value)
            except (OverflowError, ValueError):
                strange.add(place)
    column = pd.Series(texts, dtype="str").take(places).reset_index(drop=True)
    return column, sum(place in strange for place in places) if strange else 0


def _is_tagged(stored: _Stored, name: str) -> bool:
    return stored.kind == "dta" and stored.types.get(name) != "string"


def _code(value: Cell, *, single: bool = False, tagged: bool = False) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f".{value}" if tagged else value.rstrip("\x00 \t")
    return number_text(value, single=single)


def _columns(stored: _Stored, fields: Mapping[str, str]) -> pd.DataFrame:
    member = {
        name: (key, str(group.get("label") or ""))
        for key, group in stored.sets.items()
        for name in group.get("variable_list", [])
    }
    rows = []
    for name in stored.cells:
        label = clean_header(stored.labels.get(name, ""))
        key, stem = member.get(name, ("", ""))
        wording = f"{stem} - {label}" if stem and label else stem or label or name
        choice = label if key and _counted(stored, key) is not None else ""
        field = fields.get(name, "")
        role = PERSONAL if field == PERSONAL else "meta" if field else "answer"
        rows.append((name, name, key, wording, choice, role))
    titles = ["name", "header", "id", "wording", "choice", "role"]
    return pd.DataFrame(rows, columns=titles, dtype="str")


def _counted(stored: _Stored, key: str) -> Cell:
    """Code that counts as a tick in a multiple-response set of yes and no."""
    group = stored.sets[key]
    return group.get("counted_value") if group.get("is_dichotomy") else None


def _choices(stored: _Stored, name: str, cells: pd.Series) -> list[tuple[str, str, str, str]]:
    """Labelled codes of a column, and those in use that the file declares as no answer."""
    tagged, single = _is_tagged(stored, name), stored.types.get(name) == "float"
    ranges, letters = stored.missing.get(name, []), stored.tagged.get(name, [])
    rows: dict[str, tuple[str, str, str, str]] = {}
    used = [(value, "") for value in _in_use(stored, name)]
    for code, label in [*stored.words.get(name, []), *used]:
        text = _code(code, single=single, tagged=tagged)
        missing = is_missing(code, ranges) or (tagged and isinstance(code, str))
        if label or missing:
            words = clean_header(label)
            rows.setdefault(text, (name, text, words, missing_reason(words) if missing else ""))
    for letter in letters:
        rows.setdefault(f".{letter}", (name, f".{letter}", "", USER))
    return [*rows.values()] or _ticked(stored, name, cells)


def _in_use(stored: _Stored, name: str) -> list[Cell]:
    values = [v for v in stored.cells[name][0] if v is not None]
    return sorted(values, key=lambda v: (isinstance(v, str), v))


def _ticked(stored: _Stored, name: str, cells: pd.Series) -> list[tuple[str, str, str, str]]:
    """Say which code is the tick, where a set counts one and the column has no labels."""
    for key, group in stored.sets.items():
        counted = _counted(stored, key)
        if counted is not None and name in group.get("variable_list", []):
            tick, (yes, no) = _code(counted), _OFF_WORDS
            others = sorted(set(cells) - {tick, ""})
            return [(name, tick, yes, ""), *((name, code, no, "") for code in others)]
    return []
