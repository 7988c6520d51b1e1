"""Pieces that several writers need: numbers, rows, the option 'other'."""

from __future__ import annotations

from mspsurvey.instrument.model import OTHER_CODES, Instrument, Question, Variable


def plain_number(value: float) -> str:
    """Write a number without trailing zeros or thousands separators."""
    return f"{value:.15g}"


def row_text(variable: Variable, question: Question) -> str:
    """Words of a row or of a choice: what follows the stem in the wording."""
    return variable.text.removeprefix(question.text).strip()


def has_rows(instrument: Instrument, question: Question) -> bool:
    """Whether a question has rows that are variables of their own, as a grid has."""
    first = instrument[question.variables[0]]
    return question.kind != "multi" and first.name != question.name


def other_option(question: Question) -> str | None:
    """Code of the option beside which words can be written, where there is one."""
    codes = [o.code for o in question.options]
    return next((c for c in OTHER_CODES if c in codes), None) if question.other else None
