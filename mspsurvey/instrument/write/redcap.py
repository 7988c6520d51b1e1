"""A REDCap data dictionary: one row for each field, in the 18 columns of its import.

A multiple choice is a checkbox field, a grid of one list a matrix. REDCap has no check on a
sum, so rows that have to add up say so in a note.
"""

from __future__ import annotations

from collections.abc import Iterator

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import Option, Question, Variable
from mspsurvey.instrument.route import redcap_logic
from mspsurvey.instrument.target import Target, one_list
from mspsurvey.instrument.write.asked import Block, blocks, route
from mspsurvey.instrument.write.sheet import delimited
from mspsurvey.instrument.write.texts import has_rows, plain_number, row_text

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name",
    "Matrix Ranking?", "Field Annotation",
)  # fmt: skip
_PERSONAL = ("identifier", "personal", "free_text")
Row = dict[str, str]


def redcap_dictionary(names: Target) -> str:
    """Write the dictionary as CSV; the record's own id comes first, as REDCap wants it."""
    writer = _Writer(names)
    first = next(blocks(names.instrument))
    rows: list[Row] = [_row("record_id", first.name, "text", "Record ID")]
    for block in blocks(names.instrument):
        rows += writer.block(block)
    return delimited([COLUMNS, *([row.get(c, "") for c in COLUMNS] for row in rows)])


class _Writer:
    """Writes the fields of one instrument under the names that REDCap takes."""

    def __init__(self, names: Target) -> None:
        self.names, self.instrument = names, names.instrument

    def block(self, block: Block) -> Iterator[Row]:
        section = block.intro or block.title
        for question in block.questions:
            for row in self.question(question, block):
                row["Section Header"] = row.get("Section Header") or section
                section = ""
                yield row

    def question(self, question: Question, block: Block) -> Iterator[Row]:
        rows = [self.instrument[n] for n in question.variables if n != question.other]
        matrix = question.kind == "grid" and one_list(self.instrument, question)
        if question.kind == "multi":
            field = self.field(rows[0], question, block)
            yield field | {
                "Field Type": "checkbox",
                "Field Label": question.text,
                "Choices, Calculations, OR Slider Labels": self.choices(
                    question.name, question.options
                ),
            }
        else:
            for row in rows:
                field = self.field(row, question, block)
                if has_rows(self.instrument, question):
                    field |= self.inside(row, question, first=row is rows[0], matrix=matrix)
                yield field
        if question.other:
            yield self.field(self.instrument[question.other], question, block)

    def inside(self, row: Variable, question: Question, *, first: bool, matrix: bool) -> Row:
        """Give what a row has of its question: the stem above the first, and the matrix."""
        note = self.note(row)
        if question.sum_to is not None:
            total = plain_number(question.sum_to)
            note = f"{note}. The rows should add up to {total}." if note else f"Sum: {total}."
        return {
            "Section Header": question.text if first else "",
            "Field Label": row_text(row, question),
            "Field Note": note,
            "Matrix Group Name": self.names.field(question.name) if matrix else "",
        }

    def field(self, variable: Variable, question: Question, block: Block) -> Row:
        """Give the row of one field."""
        name = question.name if variable.kind == "tick" else variable.name
        row = _row(self.names.field(name), block.name, "text", variable.text)
        condition = route(variable, question, self.instrument)
        shown = Condition.both(block.ask_if, condition)
        row |= {
            "Field Note": self.note(variable),
            "Identifier?": "y" if variable.role in _PERSONAL else "",
            "Required Field?": "y" if variable.required else "",
            "Field Annotation": "@HIDDEN" if block.recorded else "",
        }
        if shown:
            row["Branching Logic (Show field only if...)"] = redcap_logic(
                shown, self.instrument, self.names
            )
        if variable.categorical and variable.kind != "tick":
            row["Field Type"] = "radio"
            row["Choices, Calculations, OR Slider Labels"] = self.choices(
                variable.name, variable.options
            )
        return row | _validation(variable)

    def choices(self, name: str, options: tuple[Option, ...]) -> str:
        """Write ``code, label | code, label``; a bar inside a label would part it."""
        return " | ".join(
            f"{self.names.code(name, o.code)}, {o.label.replace('|', '/')}" for o in options
        )

    @staticmethod
    def note(variable: Variable) -> str:
        return "" if variable.unit in ("", "year") else variable.unit


def _row(name: str, form: str, kind: str, label: str) -> Row:
    return {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": kind,
        "Field Label": label,
    }


def _validation(variable: Variable) -> Row:
    if variable.kind == "date":
        return {"Text Validation Type OR Show Slider Number": "date_ymd"}
    if variable.kind not in ("number", "money", "percent"):
        return {}
    return {
        "Text Validation Type OR Show Slider Number": "number",
        "Text Validation Min": "" if variable.low is None else plain_number(variable.low),
        "Text Validation Max": "" if variable.high is None else plain_number(variable.high),
    }
