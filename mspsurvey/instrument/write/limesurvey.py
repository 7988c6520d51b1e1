"""A LimeSurvey survey as its tab-separated structure file.

One row for each setting (S), text of the survey (SL), group (G), question (Q), row or choice
(SQ) and answer (A); what belongs together stands together. Texts are HTML there. Rows that
offer different lists are questions of their own, since an array has one list for all.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import Option, Question, Variable
from mspsurvey.instrument.route import expression_script
from mspsurvey.instrument.target import Target, one_list
from mspsurvey.instrument.write.asked import Block, blocks, route, same_route
from mspsurvey.instrument.write.sheet import delimited
from mspsurvey.instrument.write.texts import has_rows, plain_number, row_text

COLUMNS = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language",
    "validation", "mandatory", "other", "default", "same_default", "min_num_value_n",
    "max_num_value_n", "equals_num_value", "hidden", "suffix",
)  # fmt: skip
LANGUAGE = "en"
_TYPES = {"single": "L", "multi": "M", "date": "D", "text": "T"}
_ROW_TYPES = {"grid": "F", "text": "Q"}
_NUMBER, _NUMBERS = "N", "K"
Row = dict[str, str]


def limesurvey_tsv(names: Target) -> str:
    """Write the structure file, with the byte order mark that LimeSurvey expects."""
    writer = _Writer(names)
    rows = [*writer.head(), *(row for b in blocks(names.instrument) for row in writer.block(b))]
    return "\ufeff" + delimited(
        [COLUMNS, *([row.get(c, "") for c in COLUMNS] for row in rows)], delimiter="\t"
    )


class _Writer:
    """Writes the parts of one survey, and counts them."""

    def __init__(self, names: Target) -> None:
        self.names, self.instrument = names, names.instrument
        self.count = 0

    def head(self) -> Iterator[Row]:
        settings = {
            "language": LANGUAGE, "anonymized": "N", "format": "G", "savetimings": "Y",
            "datestamp": "Y", "allowsave": "Y", "allowprev": "Y", "showxquestions": "Y",
        }  # fmt: skip
        for name, value in settings.items():
            yield {"class": "S", "name": name, "text": value}
        texts = {"surveyls_title": self.instrument.title}
        for name, value in texts.items():
            yield {"class": "SL", "name": name, "text": html.escape(value), "language": LANGUAGE}

    def block(self, block: Block) -> Iterator[Row]:
        yield self.part(
            "G", "", html.escape(block.title, quote=False), text=block.intro,
            relevance=self.relevance(block.ask_if),
        )  # fmt: skip
        for question in block.questions:
            for row in self.question(question):
                if block.recorded and row["class"] == "Q":
                    row["hidden"] = "1"
                yield row

    def question(self, question: Question) -> Iterator[Row]:
        rows = [self.instrument[n] for n in question.variables if n != question.other]
        if question.kind == "multi":
            yield self.stem(question, rows, "M")
            for option in question.options:
                code = self.names.code(question.name, option.code)
                yield self.part("SQ", "0", code, text=option.label)
        elif not has_rows(self.instrument, question):
            yield from self.alone(rows[0], question)
        elif one_list(self.instrument, question):
            yield from self.array(question, rows)
        else:
            for row in rows:
                yield from self.alone(row, question)
        if question.other:
            yield from self.alone(self.instrument[question.other], question)

    def stem(self, question: Question, rows: list[Variable], kind: str) -> Row:
        """Give the row of a question that has rows or choices."""
        shared = rows[0].ask_if if same_route(rows) else None
        row = self.part(
            "Q", kind, self.names.field(question.name), text=question.text,
            relevance=self.relevance(shared),
        )  # fmt: skip
        mandatory = "Y" if all(r.required for r in rows) else "N"
        return {**row, "mandatory": mandatory, **_bounds(rows[0])}

    def array(self, question: Question, rows: list[Variable]) -> Iterator[Row]:
        stem = self.stem(question, rows, _ROW_TYPES.get(question.kind, _NUMBERS))
        if question.sum_to is not None:
            stem["equals_num_value"] = plain_number(question.sum_to)
        yield stem
        for row in rows:
            condition = None if same_route(rows) else row.ask_if
            yield self.part(
                "SQ", "0", self.names.field(row.name), text=row_text(row, question),
                relevance=self.relevance(condition),
            )  # fmt: skip
        yield from self.answers(question.variables[0], rows[0].options)

    def alone(self, variable: Variable, question: Question) -> Iterator[Row]:
        """Give a question with one column."""
        kind = "L" if variable.categorical else _TYPES.get(variable.kind, _NUMBER)
        condition = route(variable, question, self.instrument)
        row = self.part(
            "Q", kind, self.names.field(variable.name), text=variable.text,
            relevance=self.relevance(condition),
        )  # fmt: skip
        yield {**row, "mandatory": "Y" if variable.required else "N", **_bounds(variable)}
        yield from self.answers(variable.name, variable.options)

    def answers(self, name: str, options: tuple[Option, ...]) -> Iterator[Row]:
        for option in options:
            yield self.part("A", "0", self.names.code(name, option.code), text=option.label)

    def part(self, kind: str, scale: str, name: str, *, text: str, relevance: str = "") -> Row:
        self.count += 1
        return {
            "id": str(self.count),
            "class": kind,
            "type/scale": scale,
            "name": name,
            "relevance": relevance or ("" if kind == "A" else "1"),
            "text": html.escape(text, quote=False),
            "language": LANGUAGE,
        }

    def relevance(self, condition: Condition | None) -> str:
        return expression_script(condition, self.instrument, self.names) if condition else ""


def _bounds(variable: Variable) -> Row:
    """Give range and unit of a number."""
    if variable.kind not in ("number", "money", "percent"):
        return {}
    return {
        "min_num_value_n": "" if variable.low is None else plain_number(variable.low),
        "max_num_value_n": "" if variable.high is None else plain_number(variable.high),
        "suffix": "" if variable.unit in ("", "year") else variable.unit,
    }
