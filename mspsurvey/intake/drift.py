"""What a question, a label or a scale was called in an earlier wave, and is called now.

The file is a CSV with the columns ``FIELDS``; each line is one difference between a wave and
the instrument:

========== ========================== ======================== ==============================
kind       variable                   old                      new
========== ========================== ======================== ==============================
column     the variable of today      header in that wave      (blank)
label      the variable               words in that wave       a label or code of today
reversed   the variable               (blank)                  (blank)
not_asked  the variable               (blank)                  (blank)
========== ========================== ======================== ==============================

``wave`` is what the export says of a row in a column called wave or version, or ``all``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from mspsurvey.errors import DataError, DefinitionError, did_you_mean
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.intake.mapping import map_columns
from mspsurvey.intake.readers import RawExport
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.rules.labels import Decoder
from mspsurvey.intake.rules.numbers import NUMBER_KINDS, parse_number
from mspsurvey.intake.rules.typography import tidy_text
from mspsurvey.intake.shown import number_text
from mspsurvey.intake.work import Edit, Rule, Work, changed

FIELDS = ("wave", "kind", "variable", "old", "new", "reason")
KINDS = ("column", "label", "reversed", "not_asked")
ALL = "all"
DRIFT = "drift"
"""Key of the settings under which a ``Work`` carries its drift."""
WAVE_COLUMNS = ("wave", "version", "formversion")


class Line(NamedTuple):
    """One difference between a wave and the instrument."""

    where: str
    wave: str
    kind: str
    variable: str
    old: str
    new: str
    reason: str


def read_drift(path: Path, instrument: Instrument) -> tuple[Line, ...]:
    """Read a table of drift and check it against the instrument of today.

    Raises
    ------
    DefinitionError
        Where a column lacks, or a kind, a variable or a new label is unknown.
    """
    head, *rows = read_cells(path).rows
    names = [name.strip() for name in head]
    if set(names) != set(FIELDS):
        wrong = sorted(set(names) ^ set(FIELDS))
        raise DefinitionError(
            f"{path} should have the columns {', '.join(FIELDS)}.",
            f"'{wrong[0]}' is too many or lacks.",
        )
    return tuple(
        _line(f"{path}, line {number}", dict(zip(names, row, strict=False)), instrument)
        for number, row in enumerate(rows, 2)
        if any(cell.strip() for cell in row)
    )


def _line(where: str, cells: dict[str, str], instrument: Instrument) -> Line:
    line = Line(where, **{name: tidy_text(cells.get(name, "")) for name in FIELDS})
    if line.kind not in KINDS:
        raise DefinitionError(
            f"{where}: one of {', '.join(KINDS)} was wanted as kind.", f"It is '{line.kind}'.",
            did_you_mean(line.kind, KINDS),
        )  # fmt: skip
    if line.variable not in instrument:
        raise DefinitionError(
            f"{where}: a variable of '{instrument.name}' was wanted.",
            f"There is none called '{line.variable}'.",
            did_you_mean(line.variable, instrument.variables),
        )
    for name in ("wave", "reason", *(("old",) if line.kind in ("column", "label") else ())):
        if not getattr(line, name):
            raise DefinitionError(f"{where}: a {line.kind} line needs a {name}.", "It is empty.")
    _require_known(line, instrument[line.variable])
    return line


def _require_known(line: Line, variable: Variable) -> None:
    if line.kind == "label" and line.new not in Decoder(variable, None).exact:
        raise DefinitionError(
            f"{line.where}: a label or code of {variable.name} was wanted as new.",
            f"It is '{line.new}'.",
            did_you_mean(line.new, [*variable.labels, *variable.labels.values()]),
        )
    scale = (
        variable.ordered or len(variable.levels) > 1 or None not in (variable.low, variable.high)
    )
    if line.kind == "reversed" and not scale:
        raise DefinitionError(
            f"{line.where}: a scale was wanted to reverse.", f"{variable.name} has no two ends."
        )


def waves_of(export: RawExport, lines: Sequence[Line]) -> pd.Series:
    """Give the wave of each response; blank where the export does not say.

    Raises
    ------
    DataError
        Where a line names a wave that no response is of.
    """
    known = {"".join(filter(str.isalnum, c)).casefold(): c for c in export.answers.columns}
    column = next((known[name] for name in WAVE_COLUMNS if name in known), None)
    blank = pd.Series("", index=export.answers.index, dtype="str")
    waves = export.answers[column].map(tidy_text) if column else blank
    there = set(waves)
    for line in lines:
        if line.wave != ALL and line.wave not in there:
            raise DataError(
                f"{line.where}: responses of wave '{line.wave}' were wanted.",
                f"The export has the waves {', '.join(sorted(there - {''}))}." if column
                else f"The export has no column called {' or '.join(WAVE_COLUMNS)}.",
                f"Correct the wave, or write '{ALL}' where the whole export is of that wave.",
            )  # fmt: skip
    return waves.astype("str")


def renamed(
    export: RawExport, instrument: Instrument, lines: Sequence[Line], waves: pd.Series
) -> RawExport:
    """Put the cells of a column under the name that it has today, in the rows of its wave.

    Each application is one remark among the ``problems`` of the export.

    Raises
    ------
    DataError
        Where the export has no such column.
    """
    for line in (line for line in lines if line.kind == "column"):
        old = _column(export, line)
        rows = _of_wave(line, waves)
        today = map_columns(export, instrument, fewest=0).columns.get(line.variable)
        cells, columns = export.answers[old].where(rows, ""), export.columns
        # What other waves wrote there is no answer to the question of today.
        answers = export.answers.assign(**{old: export.answers[old].mask(rows, "")})
        if today in (None, old):
            columns = columns.copy()
            columns.loc[columns["name"].eq(old), ["name", "header"]] = line.variable
            answers = answers.drop(columns=old).assign(**{line.variable: cells})
        else:
            filled = export.cells[today].mask(rows & cells.ne(""), cells)
            if today in export.personal:
                export = replace(export, personal=export.personal.assign(**{str(today): filled}))
            else:
                answers = answers.assign(**{str(today): filled})
        said = f"wave {line.wave}: column {line.old} holds {line.variable} ({rows.sum()} rows)"
        export = replace(
            export, answers=answers, columns=columns, problems=[*export.problems, said]
        )
    return export


def _column(export: RawExport, line: Line) -> str:
    table = export.columns[export.columns["name"].isin(export.answers.columns)]
    for key in ("name", "header"):
        found = table.loc[table[key].map(tidy_text).eq(line.old), "name"]
        if len(found) == 1:
            return str(found.iloc[0])
    raise DataError(
        f"{line.where}: a column of the export was wanted.",
        f"There is none called '{line.old}'.",
        did_you_mean(line.old, table["name"]),
    )


def not_in_version(
    missing: pd.DataFrame, answers: pd.DataFrame, lines: Sequence[Line], waves: pd.Series,
    absent: Iterable[str],
) -> pd.DataFrame:  # fmt: skip
    """Give the reasons known so far, with the blanks that the questionnaire had no question for.

    Parameters
    ----------
    missing, answers : DataFrame of str, responses × variables
        Reasons and texts as mapped.
    lines : sequence of Line
        Of which those of kind ``not_asked`` count.
    waves : Series of str
        Wave of each response.
    absent : iterable of str
        Variables for which the export has no column at all.
    """
    rows = {name: pd.Series(True, index=waves.index) for name in absent if name in missing}
    for line in (line for line in lines if line.kind == "not_asked"):
        before = rows.get(line.variable, pd.Series(False, index=waves.index))
        rows[line.variable] = before | _of_wave(line, waves)
    reasons = {
        name: missing[name].mask(where & answers[name].eq(""), "not_in_version")
        for name, where in rows.items()
    }
    return missing.assign(**reasons)


def _of_wave(line: Line, waves: pd.Series) -> pd.Series:
    return pd.Series(True, index=waves.index) if line.wave == ALL else waves.eq(line.wave)


def _labels(work: Work) -> Edit:
    """Put today's label in place of that of an earlier wave (rule Y1)."""
    edit = Edit()
    lines = [line for line in work.settings.get(DRIFT, ()) if line.kind == "label"]
    for name in dict.fromkeys(line.variable for line in lines):
        column = new = work.answers[name]
        for line in (line for line in lines if line.variable == name):
            # From the old text, so that two labels may change places.
            rows = column.eq(line.old) & _of_wave(line, work.meta["wave"])
            new = new.mask(rows, line.new)
        _put(work, edit, name, new, "label of an earlier wave")
    return edit


def _reversed(work: Work) -> Edit:
    """Turn a scale that ran the other way in an earlier wave (rule Y2)."""
    edit = Edit()
    lines = [line for line in work.settings.get(DRIFT, ()) if line.kind == "reversed"]
    for name in dict.fromkeys(line.variable for line in lines):
        column, variable = work.answers[name], work.instrument[name]
        rows = pd.Series(False, index=column.index)
        for line in (line for line in lines if line.variable == name):
            rows |= _of_wave(line, work.meta["wave"])
        turned = {text: opposite(variable, text) for text in column[rows].unique()}
        new = column.mask(rows, column.map(lambda text, turned=turned: turned.get(text, text)))
        _put(work, edit, name, new, "scale ran the other way")
    return edit


def opposite(variable: Variable, text: str) -> str:
    """Give the answer at the same distance from the other end; other texts stay.

    A label becomes a label and a code a code.
    """
    if variable.kind in NUMBER_KINDS:
        number = parse_number(text)
        if number.value is None or variable.low is None or variable.high is None:
            return text
        return number_text(variable.low + variable.high - number.value)
    code = Decoder(variable, None).exact.get(text)
    if code not in variable.levels:
        return text
    other = variable.levels[-1 - variable.levels.index(code)]
    return other if text == code else tidy_text(variable.labels[other])


def _put(work: Work, edit: Edit, name: str, new: pd.Series, reason: str) -> None:
    column = work.answers[name]
    rows = new.ne(column)
    if rows.any():
        edit.answers[name] = new
        edit.changes.append(changed(work, name, rows, column, new, reason))


RULES = (
    Rule("Y1", "I", "A label of an earlier wave is read as today's.", _labels,
         "replace by the label that the table of drift names"),
    Rule("Y2", "I", "A scale that ran the other way in an earlier wave is turned.", _reversed,
         "put the answer at the same distance from the other end"),
)  # fmt: skip
