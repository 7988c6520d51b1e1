"""The log of errors that are put into an export, and the rates of each kind.

Rates are per response. Every change is a line of the log: source, row_id, field, kind,
true, raw; so that the cleaning can be scored against the truth.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mspsurvey.synth.export.cells import Cells

LOG = ("source", "row_id", "field", "kind", "true", "raw")
RATES = {
    "number_as_text": 0.06,
    "percent_scale": 0.03,
    "sum_not_100": 0.04,
    "currency": 0.05,
    "impossible": 0.015,
    "counts_do_not_add": 0.03,
    "state": 0.08,
    "label_typo": 0.02,
    "skip_leak": 0.02,
    "soft_refusal": 0.01,
    "label_spacing": 0.03,
    "text_spacing": 0.10,
    "personal": 0.007,
    "gibberish": 0.006,
    "mojibake": 0.03,
    "date": 0.02,
    "attention": 0.05,
    "straightline": 0.035,
    "speeder": 0.04,
}


class Mess:
    """One export in the making, with the log of what was done to it."""

    def __init__(
        self, rng: np.random.Generator, cells: Cells, source: str, *, labels: bool
    ) -> None:
        self.rng, self.cells, self.source, self.labels = rng, cells, source, labels
        self.log: list[tuple[str, str, str, str, str, str]] = []
        self._touched: set[tuple[int, str]] = set()

    def some(self, kind: str) -> np.ndarray:
        """Rows that one kind of error befalls; half even, by its rate."""
        return np.flatnonzero(self.rng.random(len(self.cells)) < RATES[kind])

    def value(self, row: int, field: str) -> str:
        """Text of a cell; empty where the export has no such column."""
        column = self.cells.table.get(field)
        return "" if column is None else str(column[row])

    def filled(self, row: int, fields: Iterable[str]) -> list[str]:
        """Those of the fields that hold an answer nothing was done to yet."""
        return [
            f
            for f in fields
            if self.value(row, f) not in ("", "N/A") and (row, f) not in self._touched
        ]

    def pick(self, items: list[str]) -> str:
        """Take one of a list."""
        return items[int(self.rng.integers(0, len(items)))]

    def put(self, row: int, field: str, kind: str, raw: str) -> None:
        """Change a cell and log it; a cell is changed once at most, and only to differ."""
        true = self.value(row, field)
        if raw == true or (row, field) in self._touched:
            return
        self.cells.table[field][row] = raw
        self._touched.add((row, field))
        self.note(row, field, kind, true, raw)

    def note(self, row: int, field: str, kind: str, true: str, raw: str) -> None:
        """Log without a change."""
        name = str(self.cells.table[self.cells.id_column][row])
        self.log.append((self.source, name, field, kind, true, raw))

    def fields(self, *kinds: str) -> list[str]:
        """Headers of answers of these kinds, but those of the platform."""
        return [
            h for h, v in self.cells.variables.items() if v.kind in kinds and v.role == "answer"
        ]

    def fields_of_text(self) -> list[str]:
        """Headers of open answers."""
        return [h for h, v in self.cells.variables.items() if v.role == "free_text"]

    def header(self, name: str) -> str:
        """Header of a variable, or an empty text where it has none."""
        found = [h for h, v in self.cells.variables.items() if v.name == name]
        return found[0] if found else ""

    def frame(self) -> pd.DataFrame:
        """Return the log as a table."""
        return pd.DataFrame(self.log, columns=list(LOG), dtype="str")
