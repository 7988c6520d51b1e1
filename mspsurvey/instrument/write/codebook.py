"""The codebook: each variable with wording, base, answers, reasons of missing, role, claims."""

from __future__ import annotations

from dataclasses import dataclass

from mspsurvey.instrument.model import MISSING_REASONS, Instrument, Option, Variable
from mspsurvey.instrument.route import english
from mspsurvey.instrument.write.page import page
from mspsurvey.instrument.write.sheet import delimited
from mspsurvey.instrument.write.texts import plain_number

COLUMNS = (
    "variable", "label", "wording", "kind", "base", "code", "code_label", "value",
    "missing_reason", "low", "high", "unit", "role", "concept", "hypotheses", "block", "note",
)  # fmt: skip
EVERYBODY = "all respondents"
# A cell that begins so would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Entry:
    """One variable as the codebook shows it."""

    variable: Variable
    base: str
    range: str
    note: str


def codebook_csv(instrument: Instrument) -> str:
    """Write the codebook as a table: a row for each code, or one for a variable without."""
    rows = [list(COLUMNS)]
    for entry in _entries(instrument):
        rows += [_row(entry, option) for option in entry.variable.options or (None,)]
    return delimited(rows)


def codebook_html(instrument: Instrument) -> str:
    """Write the codebook as one page of HTML that needs nothing beside it."""
    entries = list(_entries(instrument))
    return page(
        "codebook.html.j2",
        instrument=instrument,
        reasons=MISSING_REASONS,
        blocks=[
            (name, title, held)
            for name, title in instrument.blocks.items()
            if (held := [e for e in entries if e.variable.block == name])
        ],
    )


def _entries(instrument: Instrument) -> list[Entry]:
    entries = []
    for variable in instrument:
        base = english(variable.ask_if, instrument) if variable.ask_if else EVERYBODY
        # Derived variables belong to no question.
        question = instrument.questions.get(variable.question)
        entries.append(Entry(variable, base, _range(variable), question.note if question else ""))
    return entries


def _range(variable: Variable) -> str:
    if variable.low is None and variable.high is None:
        return ""
    comma = "" if variable.unit == "year" else ","
    low, high = ("…" if b is None else f"{b:{comma}.15g}" for b in (variable.low, variable.high))
    return f"{low} to {high}"


def _row(entry: Entry, option: Option | None) -> list[str]:
    variable = entry.variable
    answer = (
        ("", "", "", "")
        if option is None
        else (
            option.code, option.label, "" if option.value is None else plain_number(option.value),
            option.missing or "",
        )
    )  # fmt: skip
    low, high = ("" if b is None else plain_number(b) for b in (variable.low, variable.high))
    words = (
        variable.name, variable.label, variable.text, variable.kind, entry.base, *answer,
        low, high, variable.unit, variable.role, variable.concept,
        " ".join(variable.hypotheses), variable.block, " ".join(entry.note.split()),
    )  # fmt: skip
    numbers = (7, 9, 10)
    return [w if k in numbers else _inert(w) for k, w in enumerate(words)]


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
