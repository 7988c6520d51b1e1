"""Tables of results that look like an export: summaries, crosstabs, percentages.

They hold answers of all respondents together, so that no response can be read from them.
"""

from __future__ import annotations

import re

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.parts import letters

_CHOICES = {
    "answerchoices", "antwortoptionen", "antwortmöglichkeiten", "choixderéponses",
    "opcionesderespuesta", "opçõesderesposta", "opzionidirisposta", "antwoordkeuzen",
    "answeroptions",
}  # fmt: skip
_COUNTS = {
    "responses", "beantwortungen", "antworten", "réponses", "respuestas", "respostas",
    "risposte", "reacties", "responsepercent", "responsecount", "responsetotal",
}  # fmt: skip
_ANSWERED = {
    "answered", "skipped", "answeredquestion", "skippedquestion", "beantwortet",
    "übersprungen", "répondues", "ignorées", "ontrépondu", "ontsautélaquestion", "respondidas",
    "omitidas", "respondidos", "ignorados", "puladas",
}  # fmt: skip
_TOTALS = {"total", "grandtotal", "gesamt", "summe", "totale", "totaal", "insgesamt"}
_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d\s?%?")
_QUESTION_SHEET = re.compile(r"(question|frage|pregunta|pergunta|domanda|vraag)\s?\d+", re.I)


def refuse_summary(book: Book, name: str) -> None:
    """Refuse a file of results.

    Raises
    ------
    ReadError
        Where the file is a summary, with the evidence.
    """
    evidence = _evidence(book)
    if evidence:
        raise ReadError(
            f"{name} should hold a row for each response.",
            f"It is a summary of the results: {evidence}.",
            "Export 'All individual responses' (raw data), not the summary or a chart's table.",
        )


def _evidence(book: Book) -> str:
    for cells in book.sheets[:3]:
        for says in (_table_of_choices, _crosstab, _shares):
            if found := says(cells):
                return found
    sheets = [cells.name for cells in book.sheets]
    if len(sheets) > 1 and all(_QUESTION_SHEET.fullmatch(s) for s in sheets):
        return f"it has a sheet for each question, as '{sheets[0]}'"
    return ""


def _table_of_choices(cells: Cells) -> str:
    for row in cells.rows[:200]:
        marks = [letters(c) for c in row if c.strip()]
        if marks and marks[0] in _CHOICES and _COUNTS.intersection(marks[1:]):
            return "a table of 'Answer Choices' and 'Responses'"
    return ""


def _crosstab(cells: Cells) -> str:
    """Say where choices stand beside each other over shares and counts, with a total."""
    for position, row in enumerate(cells.rows[:6]):
        filled = [c for c in row if c.strip()]
        if row[0].strip() or len(filled) < 2 or letters(filled[-1]) not in _TOTALS:
            continue
        below = cells.rows[position + 1 : position + 6]
        if below and all(_share_of_numbers(r[1:]) > 0.8 for r in below):
            return "choices beside a 'Total', above counts"
    marks = {letters(c) for row in cells.rows[-5:] for c in row}
    if len(_ANSWERED & marks) > 1:
        return "its last rows count those who answered and who skipped"
    return ""


def _shares(cells: Cells) -> str:
    """Say where most cells are numbers, and some of them percentages or a sum of the rest."""
    rows = cells.rows
    total = letters(rows[-1][0]) in _TOTALS
    body = [c.strip() for row in rows[2:] for c in row[1:] if c.strip()]
    percent = sum(c.endswith("%") for c in body)
    numbers = sum(bool(_NUMBER.fullmatch(c)) for c in body)
    if len(body) < 4 or numbers < 0.9 * len(body):
        return ""
    if total and percent * 20 > len(body):
        return f"a last row '{rows[-1][0].strip()}', and percentages"
    heads = sum(letters(c) in _TOTALS for row in rows[:2] for c in row)
    return "a table of counts with totals" if heads and total else ""


def _share_of_numbers(cells: list[str]) -> float:
    filled = [c.strip() for c in cells if c.strip()]
    return sum(bool(_NUMBER.fullmatch(c)) for c in filled) / max(1, len(filled))
