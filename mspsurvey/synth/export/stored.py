"""Answered forms as SPSS and Stata files: numbers with labels, reasons as user-missing codes.

An option is stored as its place in the list; one that is a reason for no answer as the negative
number that ``MISSING_REASONS`` gives it, declared as missing. (pyreadstat cannot declare a
multiple-response set, so ticks are plain columns of 0 and 1.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.instrument import MISSING_REASONS, Instrument, Variable
from mspsurvey.synth.answers.fill import Filled
from mspsurvey.synth.export.coded import coded
from mspsurvey.synth.export.record import Record

_LONGEST = {"spss": 250, "stata": 80}
"""Characters that the label of a column may have."""
_TICKS = {0: "Not selected", 1: "Selected"}


def spss_bytes(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of a .sav file; reasons for no answer are declared as missing ranges."""
    import pyreadstat  # slow to import

    frame, labels, values = _table(filled, instrument, record, _LONGEST["spss"])
    lowest, highest = min(MISSING_REASONS.values()) - 90, -1
    missing: dict[str, Any] = {
        name: [{"lo": lowest, "hi": highest}] for name in values if instrument[name].missing_codes
    }
    return _written(
        ".sav",
        lambda path: pyreadstat.write_sav(
            frame, path, column_labels=labels, variable_value_labels=values,
            missing_ranges=missing,
        ),
    )  # fmt: skip


def stata_bytes(filled: Filled, instrument: Instrument, record: Record) -> bytes:
    """Bytes of a .dta file; reasons for no answer are tagged missing values, .a to .z."""
    import pyreadstat  # slow to import

    frame, labels, values = _table(filled, instrument, record, _LONGEST["stata"])
    tagged: dict[str, list[str]] = {}
    for name, words in values.items():
        reasons = [code for code in words if code < 0]
        letters = {code: chr(ord("a") + k) for k, code in enumerate(reasons)}
        if not letters:
            continue
        tagged[name] = list(letters.values())
        frame[name] = frame[name].astype(object).map(lambda v, of=letters: of.get(v, v))
        values[name] = {letters.get(code, code): label for code, label in words.items()}
    return _written(
        ".dta",
        lambda path: pyreadstat.write_dta(
            frame, path, column_labels=labels, variable_value_labels=values,
            missing_user_values=tagged,
        ),
    )  # fmt: skip


def _table(
    filled: Filled, instrument: Instrument, record: Record, longest: int
) -> tuple[pd.DataFrame, list[str | None], dict[str, dict[Any, str]]]:
    """Give the table of numbers and texts, the label of each column, and labels of values."""
    columns: dict[str, Any] = {"resp_id": np.array(record.ids, dtype=object)}
    labels: list[str | None] = ["Response"]
    values: dict[str, dict[Any, str]] = {}
    for name, answers in filled.answers.items():
        variable = instrument[name]
        if variable.categorical:
            numbers = _numbers(variable)
            columns[name] = np.array([numbers.get(a, np.nan) for a in answers.tolist()], float)
            ticks = variable.kind == "tick"
            words = {n: variable.labels[code] for code, n in numbers.items()}
            values[name] = dict(_TICKS) if ticks else words
        elif answers.dtype == float:
            columns[name] = answers.astype(float)
        else:
            columns[name] = np.array(coded(answers, variable, {}), dtype=object)
        labels.append(variable.text[:longest])
    return pd.DataFrame(columns), labels, values


def _numbers(variable: Variable) -> dict[Any, int]:
    """Number of each code: its place among the answers, or that of its reason."""
    if variable.kind == "tick":
        return {code: place for place, code in enumerate(variable.levels)}
    numbers: dict[Any, int] = {code: k for k, code in enumerate(variable.levels, 1)}
    for code, reason in variable.missing_codes.items():
        number = MISSING_REASONS[reason]
        while number in numbers.values():
            number -= len(MISSING_REASONS)
        numbers[code] = number
    return numbers


def _written(ending: str, write: Callable[[str], object]) -> bytes:
    """Give the bytes that a writer of files writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export{ending}"
        write(str(path))
        return path.read_bytes()
