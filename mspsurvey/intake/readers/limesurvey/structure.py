"""The questions of a LimeSurvey survey, and the columns that an export of it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.described import as_written, with_description
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.readers.headings import in_order

# Question types by their letter: with rows, with ticks, ranking, two axes, two scales.
_ROWS = set("ABCEFHKQ")
_TICKS = set("MP")
_RANKING, _DUAL, _CROSSED, _TEXT_ONLY, _WITH_COMMENT = "R", "1", set(":;"), "X", "O"
_FREE = set("STUQ;")
_POINTS = {"5": 5, "A": 5, "B": 10}
# Answers that no survey file lists, since the platform has them itself.
_FIXED = {
    "Y": {"Y": "Yes", "N": "No"},
    "G": {"F": "Female", "M": "Male"},
    "C": {"Y": "Yes", "N": "No", "U": "Uncertain"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
}
_OTHER_CODE, _OTHER = "-oth-", "Other"


@dataclass(frozen=True)
class LimeQuestion:
    """One question of a survey.

    Attributes
    ----------
    code, kind, text : str
        Name in exports, letter of the type, and wording without tags.
    rows : mapping of str to str
        Text of each row or choice, by code.
    across : mapping of str to str
        Text of each column, where rows and columns cross.
    scales : mapping of str to mapping
        Code and label of the answers, by scale: "0", and "1" where there are two.
    other : bool
        Whether there is a field for another answer.
    """

    code: str
    kind: str
    text: str
    rows: Mapping[str, str] = field(default_factory=dict)
    across: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    other: bool = False

    @property
    def options(self) -> dict[str, str]:
        """Code and label of the answers of its first scale."""
        if self.kind in _POINTS:
            return {str(k): str(k) for k in range(1, _POINTS[self.kind] + 1)}
        own = dict(self.scales.get("0", {}))
        if self.other and own:
            own[_OTHER_CODE] = _OTHER
        return own or dict(_FIXED.get(self.kind, {}))


@dataclass(frozen=True)
class LimeColumn:
    """One column that an export has.

    Attributes
    ----------
    ident : str
        As in headings of codes: ``Q1[SQ001]``.
    wording, choice : str
        Of the question, and of the row or choice.
    options : mapping of str to str
        Code and label of the answers.
    free : bool
        Whether respondents typed into it.
    """

    ident: str
    wording: str
    choice: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    free: bool = False

    @property
    def heading(self) -> str:
        """As in headings of full text."""
        return f"{self.wording} [{self.choice}]" if self.choice else self.wording


def columns_of(question: LimeQuestion) -> Iterator[LimeColumn]:
    """Give the columns of one question, in the order of an export."""
    if question.kind == _TEXT_ONLY:
        return
    base = LimeColumn(question.code, question.text, free=question.kind in _FREE)
    yield from _main_columns(question, base)
    if question.other:
        yield replace(base, ident=f"{question.code}[other]", choice=_OTHER, free=True)
    if question.kind == _WITH_COMMENT:
        yield replace(base, ident=f"{question.code}[comment]", choice="Comment", free=True)


def _main_columns(question: LimeQuestion, base: LimeColumn) -> Iterator[LimeColumn]:
    if question.kind in _TICKS | _ROWS:
        yield from _row_columns(question, base)
    elif question.kind == _RANKING:
        places = question.options or dict(question.rows)
        for rank in range(1, len(places) + 1):
            yield replace(
                base, ident=f"{base.ident}[{rank}]", choice=f"Rank {rank}", options=places
            )
    elif question.kind == _DUAL or question.kind in _CROSSED:
        yield from _crossed_columns(question, base)
    else:
        yield replace(base, options=question.options)


def _crossed_columns(question: LimeQuestion, base: LimeColumn) -> Iterator[LimeColumn]:
    """Give the columns of rows with two scales, or of rows that cross columns."""
    for row, words in question.rows.items():
        if question.kind == _DUAL:
            for scale, options in question.scales.items():
                number = int(scale) + 1 if scale.isdecimal() else 1
                yield replace(
                    base, ident=f"{base.ident}[{row}][{number}]",
                    choice=f"{words}][Scale {number}", options=options,
                )  # fmt: skip
            continue
        for column, more in question.across.items():
            yield replace(base, ident=f"{base.ident}[{row}_{column}]", choice=f"{words}][{more}")


def _row_columns(question: LimeQuestion, base: LimeColumn) -> Iterator[LimeColumn]:
    options = {} if question.kind in _TICKS else question.options
    for row, words in question.rows.items():
        yield replace(base, ident=f"{question.code}[{row}]", choice=words, options=options)
        if question.kind == "P":
            yield replace(
                base, ident=f"{question.code}[{row}comment]", choice=f"{words} comment", free=True
            )


def add_structure(export: RawExport, questions: Sequence[LimeQuestion], path: Path) -> RawExport:
    """Add the wording, choices and codes of a survey to an export.

    Columns are found by their codes; where the headings are texts, by these, in order.

    Raises
    ------
    ReadError
        Where no column of the export is of the survey.
    """
    columns = [column for question in questions for column in columns_of(question)]
    found = _match(export, columns)
    if not any(found):
        raise ReadError(
            f"{path.name} should be the survey of the export.",
            f"None of its {len(questions)} questions has a column there.",
            "Export the structure of the same survey.",
        )
    rows = export.columns.to_dict("records")
    choices: list[tuple[str, str, str, str]] = []
    for row, column in zip(rows, found, strict=True):
        if column is None or row["role"] in ("meta", "personal", "timing"):
            continue
        row.update(
            id=column.ident, wording=column.heading, choice=column.choice.replace("][", " - ")
        )
        row["role"] = "text" if column.free else row["role"]
        name = str(row["name"])
        options = _one_or_two(column.options, export.answers.get(name), export.not_shown)
        choices += [(name, c, label, "") for c, label in options.items()]
    return with_description(export, rows, as_written(export.answers, choices), found)


def _one_or_two(
    options: Mapping[str, str], cells: pd.Series | None, hidden: str | None
) -> Mapping[str, str]:
    """Give the codes of yes and no as an export has them that was asked for numbers."""
    used = set() if cells is None else set(cells) - {"", hidden}
    return {"1": "Yes", "2": "No"} if options == _FIXED["Y"] and used <= {"1", "2"} else options


def _match(export: RawExport, columns: Sequence[LimeColumn]) -> list[LimeColumn | None]:
    """Find the column of the survey for each one of the export: by code or by heading."""
    codes = Counter(c.ident for c in columns)
    known = {c.ident: c for c in columns if codes[c.ident] == 1}
    by_code = [known.get(ident) for ident in export.columns["id"]]
    if any(by_code):
        return by_code
    headings = [_words(h) for h in export.columns["wording"]]
    places = in_order(headings, [_words(c.heading) for c in columns])
    return [None if place is None else columns[place] for place in places]


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()
