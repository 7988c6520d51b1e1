"""Write files as Qualtrics and LimeSurvey write them."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np

from mspsurvey.instrument import Instrument, Variable
from mspsurvey.instrument.target import target
from mspsurvey.synth.answers.fill import Filled
from mspsurvey.synth.export.cells import Cells, code_cells, label_cells
from mspsurvey.synth.export.record import Record

QUALTRICS_META = {
    "StartDate": ("Start Date", "startDate"),
    "EndDate": ("End Date", "endDate"),
    "Status": ("Response Type", "status"),
    "IPAddress": ("IP Address", "ipAddress"),
    "Progress": ("Progress", "progress"),
    "Duration (in seconds)": ("Duration (in seconds)", "duration"),
    "Finished": ("Finished", "finished"),
    "RecordedDate": ("Recorded Date", "recordedDate"),
    "ResponseId": ("Response ID", "_recordId"),
    "RecipientLastName": ("Recipient Last Name", "recipientLastName"),
    "RecipientFirstName": ("Recipient First Name", "recipientFirstName"),
    "RecipientEmail": ("Recipient Email", "recipientEmail"),
    "ExternalReference": ("External Data Reference", "externalDataReference"),
    "LocationLatitude": ("Location Latitude", "locationLatitude"),
    "LocationLongitude": ("Location Longitude", "locationLongitude"),
    "DistributionChannel": ("Distribution Channel", "distributionChannel"),
    "UserLanguage": ("User Language", "userLanguage"),
}
"""Wording and ImportId of each column of the platform, in its order."""
TIME_ZONE = "America/New_York"
LIMESURVEY_META = (
    "id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp",
    "ipaddr",
)  # fmt: skip
BOM = "\ufeff"


def csv_text(header: list[list[str]], columns: list[np.ndarray]) -> str:
    """Write rows with quotes only where needed, lines ending in a line feed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(header)
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue()


def qualtrics_text(cells: Cells, instrument: Instrument) -> str:
    """Text of a Qualtrics export with choice texts: BOM and three header rows."""
    names, words, keys = [], [], []
    for name, (wording, key) in QUALTRICS_META.items():
        dated = name in ("StartDate", "EndDate", "RecordedDate")
        names.append(name)
        words.append(wording)
        keys.append({"ImportId": key, **({"timeZone": TIME_ZONE} if dated else {})})
    ids = import_ids(instrument)
    for name, variable in cells.variables.items():
        names.append(name)
        words.append(wording_cell(variable, instrument))
        keys.append({"ImportId": ids[variable.name]})
    header = [names, words, [json.dumps(k, separators=(",", ":")) for k in keys]]
    return BOM + csv_text(header, [cells.table[n] for n in names])


def import_ids(instrument: Instrument) -> dict[str, str]:
    """Key of each column: QID7, QID7_2 for a row or a choice, QID7_2_TEXT for its words."""
    ids: dict[str, str] = {}
    for number, question in enumerate(instrument.questions.values(), 1):
        for row, name in enumerate(question.variables, 1):
            variable = instrument[name]
            if variable.block == "paradata":
                ids[name] = name
            elif name == question.other:
                last = max(len(instrument[question.variables[0]].options), row - 1)
                ids[name] = f"QID{number}_{last}_TEXT"
            elif len(question.variables) > 1 and name != question.name:
                ids[name] = f"QID{number}_{row}"
            else:
                ids[name] = f"QID{number}_TEXT" if variable.kind == "text" else f"QID{number}"
    return ids


def wording_cell(variable: Variable, instrument: Instrument) -> str:
    """Wording as the second header row has it: paragraphs kept, stem and row with a dash."""
    stem = instrument.questions[variable.question].text
    rest = variable.text.removeprefix(stem).strip()
    stem = re.sub(r"([.?]) (?=[A-Z])", r"\1\n\n", stem, count=1)
    return f"{stem} - {rest}" if rest else stem


def limesurvey_text(cells: Cells) -> str:
    """Text of a LimeSurvey export with codes in headings and answers."""
    names = [*LIMESURVEY_META, *cells.variables]
    return csv_text([names], [cells.table[n] for n in names])


def qualtrics_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a Qualtrics export of answered forms with plain metadata."""
    n = len(record)
    table = {name: np.full(n, "", dtype=object) for name in QUALTRICS_META}
    moment = "%Y-%m-%d %H:%M:%S"
    table |= {
        "StartDate": _texts(record.written(moment, end=False)),
        "EndDate": _texts(record.written(moment)),
        "RecordedDate": _texts(record.written(moment)),
        "Status": np.full(n, "IP Address", dtype=object),
        "Progress": np.full(n, "100", dtype=object),
        "Finished": np.full(n, "True", dtype=object),
        "ResponseId": _texts([f"R_{k}" for k in record.ids]),
    }
    labels = label_cells(filled, instrument)
    variables = {name: instrument[name] for name in labels}
    return qualtrics_text(Cells({**table, **labels}, variables, "ResponseId"), instrument)


def limesurvey_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a LimeSurvey export of answered forms, under the names of our own form for it."""
    moment = "%Y-%m-%d %H:%M:%S"
    table = {name: np.full(len(record), "", dtype=object) for name in LIMESURVEY_META}
    table |= {
        "id": _texts(record.ids),
        "submitdate": _texts(record.written(moment)),
        "startdate": _texts(record.written(moment, end=False)),
        "datestamp": _texts(record.written(moment)),
        "startlanguage": np.full(len(record), "en", dtype=object),
    }
    answers, variables = code_cells(filled, instrument, target(instrument, "limesurvey"))
    return limesurvey_text(Cells({**table, **answers}, variables, "id"))


def _texts(words: list[str]) -> np.ndarray:
    return np.array(words, dtype=object)


def plain_text(columns: dict[str, np.ndarray]) -> str:
    """Text of a simple table."""
    return csv_text([list(columns)], list(columns.values()))
