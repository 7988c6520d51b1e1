"""From an export of any platform to the variables of an instrument, and what did not fit."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.instrument.model import OTHER_CODES
from mspsurvey.intake.mapping.boxes import UNTOLD, untouched_blank
from mspsurvey.intake.mapping.choices import Choices, read_column
from mspsurvey.intake.mapping.columns import FEWEST_MATCHES, ColumnMap, map_columns
from mspsurvey.intake.mapping.coverage import Coverage, cover
from mspsurvey.intake.mapping.decisions import (
    Decisions,
    Entry,
    read_decisions,
    with_proposals,
    write_decisions,
)
from mspsurvey.intake.mapping.joined import Pieces, cut
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.rules.typography import tidy_text

__all__ = [
    "ColumnMap", "Coverage", "Decisions", "Entry", "Mapped", "map_columns", "map_export",
    "read_decisions", "with_proposals", "write_decisions",
]  # fmt: skip

_Unknown = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Mapped:
    """An export under the names of its instrument.

    Attributes
    ----------
    raw : DataFrame of str, responses × variables
        Cells as exported; a joined cell is cut into "yes" and "no". Blank where no column is.
    answers : DataFrame of str
        The same, with the platform's codes replaced by labels of the instrument.
    missing : DataFrame of str
        Reason for a blank that was a code for no answer; else ``""``.
    columns : ColumnMap
        Which column each variable came from.
    coverage : Coverage
        What fits, and what does not.
    """

    raw: pd.DataFrame
    answers: pd.DataFrame
    missing: pd.DataFrame
    columns: ColumnMap
    coverage: Coverage


def map_export(
    export: RawExport, instrument: Instrument, decisions: Decisions | None = None, *,
    fewest: float = FEWEST_MATCHES,
) -> Mapped:  # fmt: skip
    """Put the answers of an export under the variables of an instrument.

    Parameters
    ----------
    export : RawExport
        As read, with whatever a codebook said.
    instrument : Instrument
        Questionnaire that it is an export of.
    decisions : Decisions, optional
        What a person decided; proposals without a decision are not applied.
    fewest : float, optional
        Share of the variables that must have a column.

    Raises
    ------
    ReadError
        Where most variables have no column.
    DefinitionError
        Where a column that a person accepted is not in the export.
    """
    decisions = decisions or Decisions()
    columns = map_columns(export, instrument, decisions, fewest=fewest)
    choices = Choices(export, instrument, decisions)
    cells = export.cells
    raw: dict[str, pd.Series] = {}
    answers: dict[str, pd.Series] = {}
    missing: dict[str, pd.Series] = {}
    unknown: _Unknown = {}
    for name, column in sorted(columns.columns.items()):
        reader = choices.reader(column, instrument[name])
        raw[name] = cells[column]
        answers[name], missing[name] = read_column(raw[name], reader)
        counts = answers[name].map(tidy_text).value_counts()
        odd = {str(text): int(n) for text, n in counts.items() if reader.unknown(str(text))}
        if odd:
            unknown[name] = odd
    if export.platform in UNTOLD:
        answers |= untouched_blank(answers, instrument)
    for question in columns.joined:
        ticks, rest = _cut_columns(export, instrument, question, columns, choices)
        raw |= ticks
        answers |= ticks
        if rest:
            unknown[question] = rest
    coverage = cover(export, instrument, columns, unknown, decisions)
    raws, texts, reasons = (
        _frame(part, instrument, len(export)) for part in (raw, answers, missing)
    )
    return Mapped(raws, texts, reasons, columns, coverage)


def _cut_columns(
    export: RawExport, instrument: Instrument, question: str, columns: ColumnMap,
    choices: Choices,
) -> tuple[dict[str, pd.Series], dict[str, int]]:  # fmt: skip
    """Cut joined cells into ticks; the words of 'other' go to its own variable."""
    hidden = export.not_shown or "\0"
    asked = instrument.questions[question]
    pieces = [Pieces()] * len(export)
    filled = pd.Series(False, index=export.answers.index)
    for column in columns.joined[question]:
        cells = export.answers[column].map(tidy_text).mask(export.answers[column].eq(hidden), "")
        known = choices.codes(question, column)
        cuts = {cell: cut(cell, known) for cell in cells.unique()}
        pieces = [p + cuts[cell] for p, cell in zip(pieces, cells, strict=True)]
        filled |= cells.ne("")
    blank = export.answers[columns.joined[question][0]].where(~filled, "").map(tidy_text)
    other = next((c for c in OTHER_CODES if f"{question}_{c}" in instrument), None)
    found: dict[str, pd.Series] = {}
    for option in asked.options:
        yes = [option.code in p.codes or (option.code == other and bool(p.rest)) for p in pieces]
        words = pd.Series(yes).map({True: "yes", False: "no"}).astype("str")
        found[f"{question}_{option.code}"] = words.where(filled, blank)
    texts = pd.Series(["; ".join(p.rest) for p in pieces], dtype="str")
    if asked.other and asked.other not in columns.columns:
        return {**found, asked.other: texts}, {}
    return found, {str(t): int(n) for t, n in texts[texts.ne("")].value_counts().items()}


def _frame(columns: dict[str, pd.Series], instrument: Instrument, size: int) -> pd.DataFrame:
    """Put columns in the order of the questionnaire, blank where there is none."""
    blank = pd.Series([""] * size, dtype="str")
    return pd.DataFrame(
        {v.name: columns.get(v.name, blank) for v in instrument}, index=pd.RangeIndex(size)
    ).astype("str")
