"""Answered forms as platforms write them that export words: what the respondent saw.

SurveyMonkey, Google Forms and Microsoft Forms know no codes. Words beside "other" are a
question of their own, and rows of a battery are questions with the whole wording where the
platform would keep the words of the row alone.
"""

from __future__ import annotations

from mspsurvey.instrument import Instrument, Question
from mspsurvey.instrument.target import asked
from mspsurvey.instrument.write.sheet import delimited, workbook
from mspsurvey.instrument.write.texts import has_rows, row_text
from mspsurvey.synth.answers.fill import Filled
from mspsurvey.synth.export.coded import coded
from mspsurvey.synth.export.record import Record


def surveymonkey_rows(filled: Filled, instrument: Instrument, record: Record) -> list[list[str]]:
    """Rows of a SurveyMonkey export: two header rows, a column for each choice."""
    day = "%m/%d/%Y %H:%M:%S"
    columns: list[tuple[str, str, list[str]]] = [
        ("Respondent ID", "", list(record.ids)),
        ("Collector ID", "", ["1"] * len(record)),
        ("Start Date", "", record.written(day, end=False)),
        ("End Date", "", record.written(day)),
    ]
    for question in asked(instrument):
        for position, name in enumerate(question.variables):
            variable = instrument[name]
            several = variable.kind == "tick" or has_rows(instrument, question)
            inside = several and name != question.other
            if inside:
                heading = question.text if position == 0 else ""
                below = row_text(variable, question)
            else:
                heading = variable.text
                below = "Response" if variable.categorical else "Open-Ended Response"
            columns.append((heading, below, words(filled, instrument, question, name)))
    heads, marks, cells = zip(*columns, strict=True)
    return [list(heads), list(marks), *(list(row) for row in zip(*cells, strict=True))]


def surveymonkey_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a SurveyMonkey export of all individual responses."""
    return "\ufeff" + delimited(surveymonkey_rows(filled, instrument, record))


def surveymonkey_workbook(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of the same export as a workbook."""
    return workbook({"Sheet": surveymonkey_rows(filled, instrument, record)})


def google_rows(filled: Filled, instrument: Instrument, record: Record) -> list[list[str]]:
    """Rows of the sheet of responses of a Google form: one header row, choices joined."""
    return _joined(
        filled, instrument, {"Timestamp": record.written("%m/%d/%Y %H:%M:%S")},
        between=", ", behind="", rows_in_brackets=True,
    )  # fmt: skip


def google_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a Google Forms export."""
    return delimited(google_rows(filled, instrument, record), end="\r\n")


def google_workbook(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of the sheet of responses saved as a workbook."""
    return workbook({"Form Responses 1": google_rows(filled, instrument, record)})


def microsoft_rows(filled: Filled, instrument: Instrument, record: Record) -> list[list[str]]:
    """Rows of a Microsoft Forms export; each choice of several ends in a semicolon."""
    day = "%m/%d/%y %H:%M:%S"
    meta = {
        "Id": list(record.ids),
        "Start time": record.written(day, end=False),
        "Completion time": record.written(day),
        "Email": ["anonymous"] * len(record),
        "Name": [""] * len(record),
    }
    return _joined(filled, instrument, meta, between=";", behind=";", rows_in_brackets=False)


def microsoft_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a Microsoft Forms export as CSV."""
    return "\ufeff" + delimited(microsoft_rows(filled, instrument, record))


def microsoft_workbook(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of a Microsoft Forms export as a workbook."""
    return workbook({"Sheet1": microsoft_rows(filled, instrument, record)})


def words(filled: Filled, instrument: Instrument, question: Question, name: str) -> list[str]:
    """Write the answers to one variable as labels; a tick is the words of its choice."""
    variable = instrument[name]
    cells = variable.labels
    if variable.kind == "tick":
        cells = {"yes": row_text(variable, question), "no": ""}
    return coded(filled.answers[name], variable, cells)


def _joined(
    filled: Filled,
    instrument: Instrument,
    meta: dict[str, list[str]],
    *,
    between: str,
    behind: str,
    rows_in_brackets: bool,
) -> list[list[str]]:
    """Give one header row and the responses, with several choices in one cell."""
    headings, columns = list(meta), list(meta.values())
    for question in asked(instrument):
        ticks = [n for n in question.variables if instrument[n].kind == "tick"]
        if ticks:
            chosen = zip(*(words(filled, instrument, question, n) for n in ticks), strict=True)
            joined = [between.join(filter(None, row)) for row in chosen]
            headings.append(question.text)
            columns.append([cell + behind if cell else "" for cell in joined])
        for name in question.variables:
            if name in ticks:
                continue
            inside = has_rows(instrument, question) and name != question.other
            heading = instrument[name].text
            if inside and rows_in_brackets:
                heading = f"{question.text} [{row_text(instrument[name], question)}]"
            headings.append(heading)
            columns.append(words(filled, instrument, question, name))
    return [headings, *(list(row) for row in zip(*columns, strict=True))]
