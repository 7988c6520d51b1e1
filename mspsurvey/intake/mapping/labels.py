"""Headings that are labels, told apart by the order of the questionnaire.

The rows of two grids may have one label ("Backups"). Where an export has as many columns of a
label as the form has questions, they are those questions, in the form's order; else none is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mspsurvey.instrument import Instrument, Question
from mspsurvey.instrument.target import asked
from mspsurvey.instrument.write.texts import has_rows, row_text

Pairs = list[tuple[str, str]]


def words(text: str) -> str:
    """Give the words of a text, in small letters, without signs."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def by_label(headings: Sequence[tuple[str, str]], instrument: Instrument, *, choice: str) -> Pairs:
    """Match columns to variables by the labels of the instrument's form.

    Parameters
    ----------
    headings : sequence of (str, str)
        Name and heading of each column, in the order of the export.
    instrument : Instrument
    choice : str
        What the platform writes between a question and its choice.

    Returns
    -------
    list of (str, str)
        Name of the column, and variable; by headings with or without their groups, whichever
        fits more.
    """
    found: Pairs = []
    for groups in (False, True):
        labels = [
            (words(f"{above} {label}"), variable)
            for question in asked(instrument)
            for above, label, variable in _labels(instrument, question, choice, groups=groups)
        ]
        pairs = _in_turn([(words(h), name) for name, h in headings], labels)
        found = max(found, pairs, key=len)
    return found


def _labels(
    instrument: Instrument, question: Question, choice: str, *, groups: bool
) -> Iterator[tuple[str, str, str]]:
    """Give groups and label of each variable of a question."""
    block = instrument.blocks[question.block] if groups else ""
    for name in question.variables:
        variable = instrument[name]
        row = row_text(variable, question)
        if variable.kind == "tick":
            yield block, f"{question.text} {choice} {row}", name
        elif has_rows(instrument, question) and name != question.other:
            yield f"{block} {question.text}" if groups else "", row, name
        else:
            yield block, variable.text, name


def _in_turn(columns: Sequence[tuple[str, str]], labels: Sequence[tuple[str, str]]) -> Pairs:
    """Pair columns and variables of one label in their order, where they are equally many."""
    here, there = _by_words(columns), _by_words(labels)
    return [
        pair
        for label, names in here.items()
        if len(names) == len(there.get(label, ()))
        for pair in zip(names, there[label], strict=True)
    ]


def _by_words(rows: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, name in rows:
        if label:
            found.setdefault(label, []).append(name)
    return found
