"""The questionnaire as a page to print, read and comment on: boxes, lines, routes in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import ascii_lowercase

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import NUMBERS, SCREENER, Instrument, Option, Question, Variable
from mspsurvey.instrument.route import english
from mspsurvey.instrument.write.asked import Block, blocks, same_route
from mspsurvey.instrument.write.page import page
from mspsurvey.instrument.write.texts import has_rows, row_text

_AROUND = {"USD": ("$", ""), "%": ("", "%"), "year": ("", "")}
"""What stands before and after the box of a number, by its unit."""
_MOST_IN_A_COLUMN = 12


@dataclass(frozen=True)
class Line:
    """One row of a grid or battery."""

    letter: str
    text: str
    route: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Item:
    """One question as it stands on paper.

    Attributes
    ----------
    layout : str
        Which part of the template draws it: ``one`` or ``many`` (boxes), ``grid``, ``boxes``
        (a number in each row), ``number``, ``date`` or ``text``.
    """

    number: int
    text: str
    route: str
    layout: str
    options: tuple[Option, ...] = ()
    lines: tuple[Line, ...] = ()
    before: str = ""
    after: str = ""
    hint: str = ""
    other: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """One block as it stands on paper."""

    title: str
    intro: str
    route: str
    items: tuple[Item, ...]
    gate: str = ""


def questionnaire_html(instrument: Instrument) -> str:
    """Write the questionnaire as one page of HTML that needs nothing beside it."""
    sections = list(_sections(instrument))
    return page(
        "questionnaire.html.j2",
        instrument=instrument,
        sections=sections,
        count=sum(len(s.items) for s in sections),
    )


def _sections(instrument: Instrument) -> Iterator[Section]:
    fielded = [b for b in blocks(instrument) if not b.recorded]
    places = _places(fielded)
    numbers = {name: f"question {place}" for name, place in places.items()}
    for block in fielded:
        variables = [instrument[n] for q in block.questions for n in q.variables]
        common = variables[0].ask_if if same_route(variables) else None
        gate = ""
        if block.name == SCREENER and instrument.eligible_if:
            gate = english(instrument.eligible_if, instrument, numbers)
        yield Section(
            block.title,
            block.intro,
            english(common, instrument, numbers) if common else "",
            tuple(_item(q, instrument, numbers, places, common) for q in block.questions),
            gate,
        )


def _places(fielded: list[Block]) -> dict[str, str]:
    """Number the questions through, and letter their rows: 12, 12a, 12b."""
    places: dict[str, str] = {}
    questions = [q for b in fielded for q in b.questions]
    for number, question in enumerate(questions, 1):
        for letter, name in zip(_letters(), question.variables, strict=False):
            inside = name not in (question.name, question.other) and question.kind != "multi"
            places[name] = f"{number}{letter if inside else ''}"
        places.setdefault(question.name, str(number))
    return places


def _letters() -> Iterator[str]:
    yield from ascii_lowercase
    for first in ascii_lowercase:
        yield from (first + second for second in ascii_lowercase)


def _item(
    question: Question,
    instrument: Instrument,
    numbers: Mapping[str, str],
    places: Mapping[str, str],
    common: Condition | None,
) -> Item:
    rows = [instrument[n] for n in question.variables if n != question.other]
    shared = rows[0].ask_if if same_route(rows) else None
    battery = has_rows(instrument, question)

    def said(condition: Condition | None, known: Condition | None) -> str:
        new = condition is not None and condition != known
        return english(condition, instrument, numbers) if condition and new else ""

    before, after = _AROUND.get(rows[0].unit, ("", rows[0].unit))
    lines = [
        Line(letter, row_text(r, question), said(r.ask_if, shared or common), r.options)
        for letter, r in zip(_letters(), rows, strict=False)
    ]
    options = rows[0].options if question.kind in ("single", "grid") else question.options
    return Item(
        number=int(places[question.name]),
        text=question.text,
        route=said(shared, common),
        layout=_layout(rows, question, battery=battery),
        options=options,
        lines=tuple(lines) if battery else (),
        before=before,
        after=after,
        hint=_hint(question, rows[0]),
        other=_prompt(question, instrument),
        wide=len(options) > _MOST_IN_A_COLUMN,
    )


def _layout(rows: list[Variable], question: Question, *, battery: bool) -> str:
    if question.kind == "multi":
        return "many"
    if battery:
        if not rows[0].categorical:
            return "boxes"
        return "grid" if len({r.options for r in rows}) == 1 else "lists"
    if rows[0].categorical:
        return "one"
    if question.kind in NUMBERS:
        return "number"
    return "date" if question.kind == "date" else "text"


def _hint(question: Question, variable: Variable) -> str:
    """Say what is wanted in a box: the range of a number, or the sum of the rows."""
    if question.sum_to is not None:
        return f"The rows should add up to {question.sum_to:g}."
    if variable.low is None or variable.high is None or variable.unit == "%":
        return ""
    comma = "" if variable.unit == "year" else ","
    return f"{variable.low:{comma}.15g} to {variable.high:{comma}.15g}"


def _prompt(question: Question, instrument: Instrument) -> str:
    if not question.other:
        return ""
    prompt = row_text(instrument[question.other], question)
    return prompt.removeprefix("Other:").strip().capitalize() if prompt != "Other" else "Other"
