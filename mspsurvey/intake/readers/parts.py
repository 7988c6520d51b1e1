"""The columns of a table whose heading is their wording, and the export that they make."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from mspsurvey.intake.readers.export import (
    RawExport,
    by_role,
    by_row,
    choice_table,
    clean_header,
    column_table,
    make_meta,
    table,
    to_number,
    unique_names,
)
from mspsurvey.intake.readers.times import NO_ZONE, names_zone, parse_times

# Blanks, and the marks of direction that Microsoft Forms puts behind the name of a language.
_BLANK = " \t\n\u00a0\u200e\u200f"
_ROUNDED = r"\d(?:[.,]\d+)?[Ee]\+\d+"
_GRID = re.compile(r"(?P<question>.*\S)\s*\[(?P<row>[^\[\]]+)\]", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """One column, taken apart.

    Attributes
    ----------
    header : str
        As written.
    wording : str
        Of the question alone, without the row or choice that the column is of.
    choice : str
        The row or choice, where the question has several columns.
    ident : str
        Question by its number in the file (``q3``), and the column in it (``q3_2``).
    role : str
        See ``ROLES``.
    field : str
        Field of the metadata, where the column holds one.
    """

    header: str
    wording: str
    choice: str = ""
    ident: str = ""
    role: str = "answer"
    field: str = ""

    @property
    def name(self) -> str:
        """Wording and choice, as ``Which tools? [RMM]``."""
        return f"{self.wording} [{self.choice}]" if self.choice else self.wording


def letters(text: str) -> str:
    """Reduce a heading to what is the same in each way to write it: its letters."""
    return "".join(c for c in text.casefold() if c.isalpha())


def known_word(heading: str, words: dict[str, tuple[str, ...]]) -> str:
    """Find the field that a heading names in some language; "" where it names none."""
    key = letters(heading)
    return next((field for field, known in words.items() if key and key in known), "")


def question(header: str, number: int) -> Part:
    """Take the heading of a question apart: ``How often? [by phone]`` is a row of a grid."""
    text = clean_header(header)
    grid = _GRID.fullmatch(text)
    if grid is None:
        return Part(header, text, ident=f"q{number}")
    return Part(header, grid["question"], grid["row"].strip(), f"q{number}")


def assemble(
    parts: Sequence[Part],
    rows: list[list[str]],
    *,
    platform: str,
    dialect: str,
    time_zone: str | None,
    problems: Iterable[str] = (),
) -> RawExport:
    """Put an export together from its columns and the rows below the headings.

    Columns without heading and content are left out. A response counts as finished where it
    has an end, or where the file has no times.
    """
    said = list(problems)
    parts, rows = _without_blank_columns(parts, rows, said)
    names = unique_names([p.name for p in parts], [p.ident for p in parts])
    _report_headings(parts, said)
    frame = table(rows, names)
    columns = column_table(
        (n, p.header, p.ident, p.wording, p.choice, p.role)
        for n, p in zip(names, parts, strict=True)
    )
    fields = {p.field: name for p, name in zip(parts, names, strict=True) if p.field}
    meta = _meta(frame, fields, time_zone, said)
    answers, personal = by_role(frame, columns)
    return RawExport(answers, columns, meta, platform, dialect, said, personal=personal)


def _without_blank_columns(
    parts: Sequence[Part], rows: list[list[str]], problems: list[str]
) -> tuple[list[Part], list[list[str]]]:
    filled = [any(cells) for cells in zip(*(map(str.strip, row) for row in rows), strict=True)]
    filled += [False] * (len(parts) - len(filled))
    kept = [i for i, part in enumerate(parts) if part.header.strip() or filled[i]]
    if len(kept) == len(parts):
        return list(parts), rows
    problems.append(f"{len(parts) - len(kept)} columns without heading or answers left out")
    return [parts[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _report_headings(parts: Sequence[Part], problems: list[str]) -> None:
    uses = Counter(p.name for p in parts if p.name)
    doubled = sum(count > 1 for count in uses.values())
    if doubled:
        problems.append(f"{doubled} headings stand twice; told apart by their place")
    blank = sum(not p.name for p in parts)
    if blank:
        problems.append(f"{blank} columns have answers but no heading")


def _meta(
    frame: pd.DataFrame, fields: dict[str, str], time_zone: str | None, problems: list[str]
) -> pd.DataFrame:
    size = len(frame)
    values: dict[str, pd.Series] = {}
    for field in ("started", "ended"):
        if field in fields:
            cells = frame[fields[field]]
            values[field], more = parse_times(cells, time_zone)
            problems += [f"{fields[field]}: {problem}" for problem in more]
    timed = [fields[f] for f in ("started", "ended") if f in fields]
    if timed and time_zone is None and not any(frame[t].map(names_zone).any() for t in timed):
        problems.append(NO_ZONE)
    for field in ("resp_id", "sample_id", "language", "status"):
        if field in fields:
            values[field] = frame[fields[field]].str.strip(_BLANK)
    values["resp_id"] = _ids(values.get("resp_id"), size, problems)
    values["finished"] = _finished(size, values)
    if "progress" in fields:
        values["progress"] = to_number(frame[fields["progress"]])
    if "duration_s" in fields:
        values["duration_s"] = to_number(frame[fields["duration_s"]])
    elif "started" in values and "ended" in values:
        values["duration_s"] = (values["ended"] - values["started"]).dt.total_seconds()
    return make_meta(size, values)


def _ids(said: pd.Series | None, size: int, problems: list[str]) -> pd.Series:
    if said is None:
        problems.append("there is no id of the response; responses are named by their row")
        return by_row(size)
    rounded = said.str.fullmatch(_ROUNDED)
    if rounded.any():
        problems.append(
            f"a spreadsheet has rounded {int(rounded.sum())} ids of responses; they are named by "
            "their row"
        )
    return said.mask(rounded, by_row(size))


def _finished(size: int, values: dict[str, pd.Series]) -> pd.Series:
    if "ended" in values and values["ended"].notna().any():
        return values["ended"].notna()
    return pd.Series([True] * size, dtype="bool")


def with_ticks(export: RawExport) -> RawExport:
    """Add the choices of questions that have a column for each choice.

    Such a column holds the words of its choice, or the number of it, or 1; what it holds is
    the code, and the words above it are the label.
    """
    asked = export.columns["choice"].ne("") & export.columns["role"].eq("answer")
    columns = export.columns[asked]
    questions = columns["id"].str.replace(r"_\d+$", "", regex=True)
    found: list[tuple[str, str, str, str]] = []
    for _, group in columns.groupby(questions, sort=False):
        found += _ticks(export.answers, list(zip(group["name"], group["choice"], strict=True)))
    return replace(export, choices=choice_table(found)) if found else export


def _ticks(
    answers: pd.DataFrame, columns: list[tuple[str, str]]
) -> list[tuple[str, str, str, str]]:
    """Rows of the table of choices, where each column holds one code at the most."""
    codes: list[tuple[str, str, str, str]] = []
    for name, choice in columns:
        different = [c for c in answers[name].unique() if c.strip()]
        if len(different) > 1:
            return []
        codes += [(name, code, choice, "") for code in different]
    said = all(letters(code) == letters(label) for _, code, label, _ in codes)
    numbers = [int(code) for _, code, _, _ in codes if code.isascii() and code.isdigit()]
    counted = len(numbers) == len(codes) > 0 and len(columns) > 1
    rising = all(a < b for a, b in pairwise(numbers))
    return codes if said or (counted and (rising or set(numbers) == {1})) else []
