"""An XLSForm: the workbook from which ODK, KoboToolbox, Survey123 and others make a form.

Blocks are groups, grids are groups of questions that share a list; a multiple choice is one
``select_multiple``. Names are ours, so conditions and exports speak of the same things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import Option, Question, Variable
from mspsurvey.instrument.route import xpath
from mspsurvey.instrument.target import Target
from mspsurvey.instrument.write.asked import Block, blocks, route, same_route
from mspsurvey.instrument.write.sheet import workbook
from mspsurvey.instrument.write.texts import has_rows, plain_number, row_text

SURVEY = (
    "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message",
    "appearance",
)  # fmt: skip
CHOICES = ("list_name", "name", "label")
SETTINGS = ("form_title", "form_id", "version")
Row = dict[str, str]

_TYPES = {"number": "decimal", "money": "decimal", "percent": "decimal", "date": "date"}


def xlsform(names: Target) -> bytes:
    """Write the workbook, with the sheets ``survey``, ``choices`` and ``settings``."""
    return workbook(
        {
            name: [head, *([row.get(column, "") for column in head] for row in rows)]
            for name, (head, rows) in sheets(names).items()
        }
    )


def sheets(names: Target) -> dict[str, tuple[Sequence[str], list[Row]]]:
    """Give heading and rows of each sheet."""
    instrument = names.instrument
    lists = _Lists(names)
    survey = [row for block in blocks(instrument) for row in _block(block, lists)]
    settings = {
        "form_title": instrument.title,
        "form_id": instrument.name,
        "version": instrument.version,
    }
    return {
        "survey": (SURVEY, survey),
        "choices": (CHOICES, lists.rows()),
        "settings": (SETTINGS, [settings]),
    }


class _Lists:
    """Lists of choices, one for all questions that offer the same; and the names in the form."""

    def __init__(self, names: Target) -> None:
        self.names, self.instrument = names, names.instrument
        self.lists: dict[tuple[Option, ...], str] = {}
        self.codes: dict[str, str] = {}

    def name(self, options: tuple[Option, ...], question: str) -> str:
        """Name of the list of these options, after the first question that has it."""
        name = self.lists.setdefault(options, f"list_{question}")
        self.codes.setdefault(name, question)
        return name

    def rows(self) -> list[Row]:
        return [
            {"list_name": name, "name": self.names.code(self.codes[name], o.code),
             "label": o.label}
            for options, name in self.lists.items()
            for o in options
        ]  # fmt: skip


def _block(block: Block, lists: _Lists) -> Iterator[Row]:
    if block.recorded:
        for question in block.questions:
            # Filled in through the address of the form, or by the device.
            yield from ({"type": "hidden", "name": name} for name in question.variables)
        return
    relevant = {"relevant": _relevant(block.ask_if, lists)}
    group = f"block_{block.name}"
    yield {"type": "begin_group", "name": group, "label": block.title, **relevant}
    if block.intro:
        yield {"type": "note", "name": f"{group}_intro", "label": block.intro}
    for question in block.questions:
        yield from _question(question, lists)
    yield {"type": "end_group", "name": group}


def _question(question: Question, lists: _Lists) -> Iterator[Row]:
    rows = [lists.instrument[n] for n in question.variables if n != question.other]
    if question.kind == "multi":
        first = rows[0]
        kind = f"select_multiple {lists.name(question.options, question.name)}"
        yield {
            **_common(first, question, lists),
            "type": kind, "name": question.name, "label": question.text,
        }  # fmt: skip
    elif has_rows(lists.instrument, question):
        yield from _rows(question, rows, lists)
    else:
        yield _single(rows[0], question, lists)
    if question.other:
        other = lists.instrument[question.other]
        yield {**_common(other, question, lists), "type": "text", "name": other.name,
               "label": other.text}  # fmt: skip


def _rows(question: Question, rows: list[Variable], lists: _Lists) -> Iterator[Row]:
    """Give a group of rows: a table where they share one list, else one below the other."""
    table = question.kind == "grid" and len({r.options for r in rows}) == 1
    shared = same_route(rows)
    group: Row = {
        "type": "begin_group",
        "name": f"grid_{question.name}",
        "label": question.text,
        "appearance": "table-list" if table else "field-list",
    }
    if shared:
        group["relevant"] = _relevant(rows[0].ask_if, lists)
    yield group
    for row in rows:
        line = _single(row, question, lists)
        line["label"] = row_text(row, question)
        if shared:
            line["relevant"] = ""
        if row is rows[-1] and question.sum_to is not None:
            line.update(_sum(question.sum_to, rows, line))
        yield line
    yield {"type": "end_group", "name": group["name"]}


def _single(variable: Variable, question: Question, lists: _Lists) -> Row:
    kind = _TYPES.get(variable.kind, "text")
    if variable.categorical:
        kind = f"select_one {lists.name(variable.options, variable.name)}"
    row = _common(variable, question, lists)
    return {**row, "type": kind, "name": variable.name, "label": variable.text}


def _common(variable: Variable, question: Question, lists: _Lists) -> Row:
    """Give what every kind of question has: route, range, whether it must be answered."""
    row = {
        "hint": "" if variable.unit in ("", "year") else variable.unit,
        "required": "yes" if variable.required else "",
        "relevant": _relevant(route(variable, question, lists.instrument), lists),
    }
    bounds = [
        f". {sign} {plain_number(bound)}"
        for sign, bound in ((">=", variable.low), ("<=", variable.high))
        if bound is not None
    ]
    if bounds:
        row["constraint"] = " and ".join(bounds)
        row["constraint_message"] = range_words(variable)
    return row


def range_words(variable: Variable) -> str:
    """Say in words which numbers can be true."""
    low, high = (None if b is None else f"{b:,.15g}" for b in (variable.low, variable.high))
    if variable.unit == "year":
        low, high = (None if b is None else b.replace(",", "") for b in (low, high))
    if low is not None and high is not None:
        return f"Please enter a number from {low} to {high}."
    return f"Please enter {low} or more." if high is None else f"Please enter {high} or less."


def _sum(total: float, rows: list[Variable], last: Row) -> Row:
    """Give the constraint on the last row of a battery that has to add up."""
    others = " + ".join(f"coalesce(${{{row.name}}}, 0)" for row in rows[:-1])
    rule = f"{others} + . = {plain_number(total)}" if others else f". = {plain_number(total)}"
    before = last.get("constraint")
    return {
        "constraint": f"{before} and {rule}" if before else rule,
        "constraint_message": f"The rows should add up to {plain_number(total)}.",
    }


def _relevant(condition: Condition | None, lists: _Lists) -> str:
    return xpath(condition, lists.instrument, lists.names) if condition else ""
