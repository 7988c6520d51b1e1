"""What a Qualtrics survey file (.qsf) says of the columns of its exports.

The file is JSON: elements of kind SQ are questions, one of kind BL the blocks, one of which
is the trash. A column is found by its ImportId, whose numbers are those of the choices; only
exports without one are matched by name, where the same place may hold a recode.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.described import as_written, with_description
from mspsurvey.intake.readers.export import RawExport, clean_header
from mspsurvey.intake.readers.file.text import read_bytes

_IMPORT_ID = re.compile(
    r"(?:(?P<loop>\d+)_)?(?P<question>QID\d+(?:#\d+)?)(?P<parts>(?:[-_]x?\d+)*)(?P<text>[-_]TEXT)?\Z"
)
_SEVERAL = ("MAVR", "MAHR", "MACOL", "MSB")
_SIDE_BY_SIDE = "SBS"
_NO_COLUMN = ("DB",)


@dataclass(frozen=True)
class QsfQuestion:
    """One question of a survey file.

    Attributes
    ----------
    ident : str
        ``QID5``, or ``QID6#1`` for a column of a side-by-side question.
    tag : str
        Its name in exports (``DataExportTag``).
    text : str
        Its wording, without tags.
    parts : mapping of str to str
        Label of each row of a matrix, or of each choice that has a column of its own.
    tags : mapping of str to str
        Names in exports of parts that have one.
    options : mapping of str to (str, str)
        Code in exports and label of each answer, by its number in the ImportId.
    matrix : bool
        Whether its parts are rows, each with the answers of ``options``.
    several : bool
        Whether several answers can be chosen, so that a column is one of them.
    block : str
        Title of its block.
    """

    ident: str
    tag: str
    text: str
    parts: Mapping[str, str]
    tags: Mapping[str, str]
    options: Mapping[str, tuple[str, str]]
    matrix: bool
    several: bool
    block: str = ""

    def column(self, parts: list[str], text: bool) -> tuple[str, list[tuple[str, str]]] | None:
        """Give the label of a column's choice, and code and label of its answers.

        ``parts`` are the numbers after the question's; None where the question has no such
        column.
        """
        codes = list(self.options.values())
        if not parts:
            return "", [] if text else codes
        row = self.parts.get(parts[0])
        if len(parts) == 1 and row is not None:
            return row, codes if self.matrix and not self.several and not text else []
        if len(parts) == 2 and row is not None and parts[1] in self.options:
            return f"{row} - {self.options[parts[1]][1]}", []
        return None

    def names(self) -> Iterator[tuple[str, tuple[list[str], bool]]]:
        """Names that its columns may have in an export without ImportIds."""
        yield self.tag, ([], False)
        yield f"{self.tag}_TEXT", ([], True)
        ends = {k: self.tags.get(k, k) for k in self.parts}
        for key, (code, _) in self.options.items():
            if self.several and not self.matrix:
                ends[key] = code
        for key, end in ends.items():
            for name in dict.fromkeys((f"{self.tag}_{end}", f"{self.tag}_{key}", end)):
                yield name, ([key], False)
                yield f"{name}_TEXT", ([key], True)
                for answer, (code, _) in self.options.items() if self.matrix else ():
                    for last in dict.fromkeys((code, answer)):
                        yield f"{name}_{last}", ([key, answer], False)


def read_qsf(path: Path) -> dict[str, QsfQuestion]:
    """Read the questions of a survey file, by ImportId; those in the trash are left out.

    Raises
    ------
    ReadError
        Where the file is no survey file, or has no question.
    """
    wanted = f"{path.name} should be a survey file of Qualtrics (.qsf)."
    again = "Export it anew: Tools, Import/Export, Export survey."
    try:
        survey = json.loads(read_bytes(path).decode("utf-8-sig"))
        elements = [e for e in survey["SurveyElements"] if isinstance(e, dict)]
    except (ValueError, RecursionError):
        raise ReadError(wanted, "It is not whole JSON.", again) from None
    except (KeyError, TypeError):
        raise ReadError(wanted, "It has no list SurveyElements.", again) from None
    blocks = _blocks(elements)
    questions = {
        question.ident: question
        for element in elements
        if element.get("Element") == "SQ" and isinstance(element.get("Payload"), dict)
        for question in _questions(element, blocks)
    }
    if not questions:
        raise ReadError(wanted, "It has no question outside the trash.", again)
    return questions


def _blocks(elements: Iterable[dict[str, Any]]) -> dict[str, str | None]:
    """Title of the block of each question; None for the trash."""
    found: dict[str, str | None] = {}
    for element in elements:
        payload = element.get("Payload")
        if element.get("Element") != "BL" or not isinstance(payload, list | dict):
            continue
        for block in _values(payload):
            if not isinstance(block, dict):
                continue
            title = None if block.get("Type") == "Trash" else str(block.get("Description", ""))
            for part in block.get("BlockElements") or ():
                if isinstance(part, dict) and part.get("Type") == "Question":
                    found[str(part.get("QuestionID"))] = title
    return found


def _questions(element: dict[str, Any], blocks: Mapping[str, str | None]) -> Iterator[QsfQuestion]:
    payload = element["Payload"]
    ident = str(payload.get("QuestionID") or element.get("PrimaryAttribute") or "")
    block = blocks.get(ident, "")
    if block is None or payload.get("QuestionType") in _NO_COLUMN:
        return
    text = clean_header(str(payload.get("QuestionText") or ""))
    tag = clean_header(str(payload.get("DataExportTag") or ident))
    if payload.get("QuestionType") != _SIDE_BY_SIDE:
        yield replace(_question(payload, ident, tag, text), block=block)
        return
    for number, column in _items(payload.get("AdditionalQuestions")):
        if isinstance(column, dict):
            own = clean_header(str(column.get("QuestionText") or ""))
            part = {"Choices": payload.get("Choices"), **column}
            key = f"{ident}#{number}"
            found = _question(part, key, f"{tag}#{number}", f"{text} - {own}")
            yield replace(found, block=block)


def _question(payload: dict[str, Any], ident: str, tag: str, text: str) -> QsfQuestion:
    choices = _labels(payload, "Choices", "ChoiceOrder")
    answers = _labels(payload, "Answers", "AnswerOrder")
    recodes = {k: str(v) for k, v in _items(payload.get("RecodeValues"))}
    matrix = bool(answers)
    kind, selector = payload.get("QuestionType"), payload.get("Selector")
    coded = answers if matrix else choices if kind == "MC" else {}
    tags = {k: clean_header(str(v)) for k, v in _items(payload.get("ChoiceDataExportTags")) if v}
    several = payload.get("SubSelector") == "MultipleAnswer" if matrix else selector in _SEVERAL
    return QsfQuestion(
        ident=ident, tag=tag, text=text, parts=choices, tags=tags,
        options={k: (recodes.get(k, k), label) for k, label in coded.items()},
        matrix=matrix, several=several,
    )  # fmt: skip


def _labels(payload: dict[str, Any], key: str, order: str) -> dict[str, str]:
    """Labels of choices or answers by number, in the order in which they are shown."""
    labels = {
        k: clean_header(str(v.get("Display", "")))
        for k, v in _items(payload.get(key)) if isinstance(v, dict)
    }  # fmt: skip
    shown = [str(k) for k in _values(payload.get(order))]
    return {k: labels[k] for k in dict.fromkeys([*shown, *labels]) if k in labels}


def _items(value: Any) -> list[tuple[str, Any]]:
    # An empty object is written as an empty list; a list counts from 0.
    if isinstance(value, dict):
        return [(str(k), v) for k, v in value.items()]
    return [(str(k), v) for k, v in enumerate(value)] if isinstance(value, list) else []


def _values(value: Any) -> list[Any]:
    return [v for _, v in _items(value)]


def describe(export: RawExport, path: Path) -> RawExport:
    """Add wording, choices and codes of a survey file to an export.

    Raises
    ------
    ReadError
        Where the file is no survey file, or of another survey.
    """
    questions = read_qsf(path)
    names = _by_name(questions.values())
    found = [
        _find(ident, header, questions, names)
        for ident, header in zip(export.columns["id"], export.columns["header"], strict=True)
    ]
    if not any(found):
        raise ReadError(
            f"{path.name} should be the survey file of the export.",
            f"None of its {len(questions)} questions has a column there.",
            "Export the file of the same survey.",
        )
    columns = export.columns.to_dict("records")
    choices: list[tuple[str, str, str, str]] = []
    for row, match in zip(columns, found, strict=True):
        if match is None or row["role"] in ("meta", "personal", "timing", "order"):
            continue
        question, choice, codes = match
        row["choice"] = choice
        row["wording"] = f"{question.text} - {choice}" if choice else question.text
        choices += [(str(row["name"]), code, label, "") for code, label in codes]
    choices = as_written(export.answers, choices)
    return with_description(export, columns, [*_kept(export, choices), *choices], found)


def _kept(
    export: RawExport, choices: list[tuple[str, str, str, str]]
) -> list[tuple[str, str, str, str]]:
    """What was known of codes before, unless the survey file knows them."""
    new = {row[:2] for row in choices}
    rows = [tuple(map(str, row)) for row in export.choices.itertuples(index=False)]
    return [(n, c, label, m) for n, c, label, m in rows if (n, c) not in new]


def _by_name(
    questions: Iterable[QsfQuestion],
) -> dict[str, tuple[QsfQuestion, tuple[list[str], bool]]]:
    found: dict[str, tuple[QsfQuestion, tuple[list[str], bool]]] = {}
    for question in questions:
        for name, place in question.names():
            found.setdefault(name, (question, place))
    return found


_Match = tuple[QsfQuestion, str, list[tuple[str, str]]]


def _find(
    ident: str, header: str, questions: Mapping[str, QsfQuestion],
    names: Mapping[str, tuple[QsfQuestion, tuple[list[str], bool]]],
) -> _Match | None:  # fmt: skip
    """Find question and choice of one column."""
    match = _IMPORT_ID.match(ident)
    if match is not None:
        question = questions.get(match["question"])
        place = (re.findall(r"x?\d+", match["parts"]), bool(match["text"]))
    elif ident:
        return None
    else:
        # A question that is asked again for each item of a loop has its number in front.
        key = header if header in names else re.sub(r"^\d+_", "", header)
        question, place = names.get(key, (None, ([], False)))
    column = question.column(*place) if question else None
    return (question, *column) if question and column else None
