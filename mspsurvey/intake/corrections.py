"""Single answers that a person corrects: each with the old value, a reason and a source.

The file is a CSV with the columns ``FIELDS``. It is applied to the text as exported, before
any rule reads it, so that a corrected answer goes the way of all others. A line whose old
value does not stand in the export is an error: the file and the export have parted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mspsurvey.errors import DataError, DefinitionError, did_you_mean
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.rules.dates import parse_date
from mspsurvey.intake.rules.labels import Decoder, soft_refusal
from mspsurvey.intake.rules.numbers import NUMBER_KINDS, parse_number
from mspsurvey.intake.rules.typography import mend_letters, tidy_text
from mspsurvey.intake.shown import REDACTED, shown
from mspsurvey.intake.work import HIDDEN_ROLES, Edit, Rule, Work, changed

FIELDS = ("resp_id", "variable", "old", "new", "reason", "source")
OPTIONAL = ("by",)
CORRECTIONS = "corrections"
"""Key of the settings under which a ``Work`` carries its corrections."""


class Correction(NamedTuple):
    """One line of the file, and where it stands."""

    where: str
    resp_id: str
    variable: str
    old: str
    new: str
    reason: str
    source: str
    by: str = ""


def read_corrections(path: Path, instrument: Instrument) -> tuple[Correction, ...]:
    """Read a file of corrections and check all that can be checked without the export.

    Raises
    ------
    DefinitionError
        Where a column lacks, a line has no reason or source, a variable is unknown, a new
        value is none of its answers, or a cell is corrected twice.
    """
    head, *rows = read_cells(path).rows
    names = [name.strip() for name in head]
    absent = [name for name in FIELDS if name not in names]
    unknown = [name for name in names if name not in (*FIELDS, *OPTIONAL)]
    if absent or unknown:
        raise DefinitionError(
            f"{path} should have the columns {', '.join(FIELDS)} (and may have by).",
            f"It lacks {absent[0]}." if absent else f"'{unknown[0]}' is not one of them.",
        )
    found = [
        _correction(f"{path}, line {number}", dict(zip(names, row, strict=False)), instrument)
        for number, row in enumerate(rows, 2)
        if any(cell.strip() for cell in row)
    ]
    cells = Counter((c.resp_id, c.variable) for c in found)
    for correction in found:
        if cells[correction.resp_id, correction.variable] > 1:
            raise DefinitionError(
                f"{correction.where}: an answer may be corrected once.",
                f"{correction.variable} of {correction.resp_id} stands more than once.",
            )
    return tuple(found)


def _correction(where: str, line: dict[str, str], instrument: Instrument) -> Correction:
    cells = {name: line.get(name, "").strip() for name in (*FIELDS, *OPTIONAL)}
    for name in ("resp_id", "variable", "reason", "source"):
        if not cells[name]:
            raise DefinitionError(f"{where}: each correction needs a {name}.", "It is empty.")
    if cells["variable"] not in instrument:
        raise DefinitionError(
            f"{where}: a variable of '{instrument.name}' was wanted.",
            f"There is none called '{cells['variable']}'.",
            did_you_mean(cells["variable"], instrument.variables),
        )
    old, new = (tidy_text(mend_letters(cells[name])) for name in ("old", "new"))
    _require_answer(where, instrument[cells["variable"]], new)
    return Correction(where, **{**cells, "old": old, "new": new})


def _require_answer(where: str, variable: Variable, new: str) -> None:
    """Refuse a new value that the rules of cleaning would not take as it stands."""
    if variable.role == "design":
        raise DefinitionError(
            f"{where}: an answer was wanted.",
            f"{variable.name} comes from the sample.",
            "Correct the file of the sample.",
        )
    if new and soft_refusal(new) is None and not _is_answer(variable, new):
        known = ", ".join(variable.levels[:8]) or "a number or a date in the question's range"
        raise DefinitionError(
            f"{where}: an answer to {variable.name} was wanted ({known}).",
            f"It is '{new}'.",
            did_you_mean(new, [*variable.labels, *variable.labels.values()]),
        )


def _is_answer(variable: Variable, new: str) -> bool:
    if variable.categorical:
        return new in Decoder(variable, None).exact
    if variable.kind in NUMBER_KINDS:
        number = parse_number(new)
        low = float("-inf") if variable.low is None else variable.low
        high = float("inf") if variable.high is None else variable.high
        return not number.rule and number.value is not None and low <= number.value <= high
    return variable.kind != "date" or parse_date(new)[0] is not None


def apply_corrections(work: Work) -> Edit:
    """Put each corrected text in place of the old one (rule H1).

    Raises
    ------
    DataError
        Where a response or an old value is not in the export.
    """
    edit = Edit()
    by_variable: dict[str, list[Correction]] = {}
    for correction in work.settings.get(CORRECTIONS, ()):
        by_variable.setdefault(correction.variable, []).append(correction)
    for name, corrections in by_variable.items():
        column = work.answers[name]
        new, reasons = column.copy(), pd.Series("", index=column.index, dtype="str")
        for correction in corrections:
            rows = _rows(work, correction)
            new = new.mask(rows, correction.new)
            reasons = reasons.mask(rows, _why(correction))
        rows = reasons.ne("")
        edit.answers[name] = new
        edit.missing[name] = work.missing[name].mask(rows, "")
        edit.changes.append(changed(work, name, rows, column, new, reasons))
    return edit


def _why(correction: Correction) -> str:
    by = f", by {correction.by}" if correction.by else ""
    return f"{correction.reason} ({correction.source}{by})"


def _rows(work: Work, correction: Correction) -> pd.Series:
    """Rows that a correction is for: one, or several where a response was exported twice."""
    whose = work.meta["resp_id"].eq(correction.resp_id)
    if not whose.any():
        raise DataError(
            f"{correction.where}: a response of '{work.source}' was wanted.",
            f"There is none with the id {correction.resp_id}.",
            "Check the id, or take the line out if the response is no longer exported.",
        )
    column = work.answers[correction.variable]
    rows = whose & column.eq(correction.old)
    if not rows.any():
        hide = work.instrument[correction.variable].role in HIDDEN_ROLES
        stands = REDACTED if hide else shown(column[whose].iloc[0])
        raise DataError(
            f"{correction.where}: {correction.variable} of {correction.resp_id} should be "
            f"'{correction.old}' in the export.",
            f"There stands '{stands}'.",
            "Look at the response again, and correct the line or take it out.",
        )
    return rows


RULES = (
    Rule(
        "H1", "I", "A person's correction stands in place of the answer.", apply_corrections,
        "replace, where the old value is the expected one; else the build stops",
    ),
)  # fmt: skip
