"""Answered forms as platforms write them that export codes: KoboToolbox, REDCap, plain tables.

Names and codes are those of the instrument's own form for the platform.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mspsurvey.instrument import Instrument, Question, Variable
from mspsurvey.instrument.target import Target, target
from mspsurvey.instrument.write.asked import Block, blocks
from mspsurvey.instrument.write.sheet import delimited, workbook
from mspsurvey.instrument.write.texts import has_rows
from mspsurvey.synth.answers.fill import Filled
from mspsurvey.synth.export.cells import number_text
from mspsurvey.synth.export.record import Record

Columns = dict[str, list[str]]


def kobo_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a KoboToolbox export with XML names: semicolons, every cell quoted."""
    columns = _kobo(filled, instrument, record)
    rows = zip(*columns.values(), strict=True)
    return delimited([list(columns), *rows], delimiter=";", quote_all=True)


def kobo_workbook(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of the same export as a workbook."""
    columns = _kobo(filled, instrument, record)
    rows = zip(*columns.values(), strict=True)
    return workbook({instrument.name[:31]: [list(columns), *rows]})


def redcap_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a REDCap export of raw data; a box that was not ticked is 0, shown or not."""
    names = target(instrument, "redcap")
    columns: Columns = {"record_id": list(record.ids)}
    for block in blocks(instrument):
        for question in block.questions:
            for name in question.variables:
                cells = coded(filled.answers[name], instrument[name], names.cells(name))
                if instrument[name].kind == "tick":
                    cells = [c or "0" for c in cells]
                columns[names.columns[name]] = cells
        columns[f"{block.name}_complete"] = ["2"] * len(record)
    return delimited([list(columns), *zip(*columns.values(), strict=True)])


def plain_csv(filled: Filled, instrument: Instrument, record: Record) -> str:
    """Text of a plain table: our names, our codes."""
    columns: Columns = {
        "resp_id": list(record.ids),
        "started": record.written("%Y-%m-%d %H:%M:%S", end=False),
        "ended": record.written("%Y-%m-%d %H:%M:%S"),
    }
    for name, answers in filled.answers.items():
        codes = {code: code for code in instrument[name].labels}
        columns[name] = coded(answers, instrument[name], codes)
    return delimited([list(columns), *zip(*columns.values(), strict=True)])


def coded(answers: np.ndarray, variable: Variable, cells: Mapping[str, str]) -> list[str]:
    """Write the answers to one variable: cells of codes, numbers, dates and texts."""
    if variable.categorical:
        return [cells.get(a, "") if isinstance(a, str) else "" for a in answers.tolist()]
    if variable.kind in ("number", "money", "percent"):
        return [str(text) for text in number_text(answers)]
    return [a if isinstance(a, str) else "" for a in answers.tolist()]


def _kobo(filled: Filled, instrument: Instrument, record: Record) -> Columns:
    names = target(instrument, "xlsform")
    moment = "%Y-%m-%dT%H:%M:%S.000+00:00"
    columns: Columns = {
        "start": record.written(moment, end=False),
        "end": record.written(moment),
    }
    for block in blocks(instrument):
        for question in block.questions:
            path = _path(question, block, instrument)
            columns |= _kobo_question(question, path, filled, names)
    return columns | {
        "_id": list(record.ids),
        "_uuid": [f"00000000-0000-4000-8000-{int(k):012d}" for k in record.ids],
        "_submission_time": record.written("%Y-%m-%dT%H:%M:%S"),
        "_validation_status": [""] * len(record),
        "__version__": ["v1"] * len(record),
        "_index": list(record.ids),
    }


def _path(question: Question, block: Block, instrument: Instrument) -> str:
    """Groups that a question stands in, as the headings have them."""
    if block.recorded:
        return ""
    inside = f"grid_{question.name}/" if has_rows(instrument, question) else ""
    return f"block_{block.name}/{inside}"


def _kobo_question(question: Question, path: str, filled: Filled, names: Target) -> Columns:
    """Give the columns of a question; of a multiple choice the joined cell and each choice."""
    columns: Columns = {}
    if question.kind == "multi":
        ticks = [n for n in question.variables if n != question.other]
        chosen = np.array([filled.answers[n] == "yes" for n in ticks])
        touched = chosen.any(axis=0)
        codes = [names.code(question.name, o.code) for o in question.options]
        columns[path + question.name] = [
            " ".join(c for c, on in zip(codes, row, strict=True) if on) for row in chosen.T
        ]
        for name, row in zip(ticks, chosen, strict=True):
            cells = np.where(touched, row.astype(int).astype(str), "")
            columns[path + names.columns[name]] = cells.tolist()
    for name in question.variables:
        if names.instrument[name].kind != "tick":
            prefix = path if name != question.other else path.removesuffix(
                f"grid_{question.name}/"
            )  # fmt: skip
            variable = names.instrument[name]
            columns[prefix + name] = coded(filled.answers[name], variable, names.cells(name))
    return columns
