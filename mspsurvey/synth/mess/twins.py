"""Rows that should not count: the same firm twice, a second person, test rows, re-exports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mspsurvey.instrument import Variable
from mspsurvey.synth.export.cells import Cells, addresses, stamps

RATES = {"same_firm_twice": 0.015, "second_respondent": 0.008, "exact_duplicate": 0.010}
N_TESTS = 12
TEST_WORDS = "test test"
Pair = tuple[str, int, int]
"""Kind, row of the original, row of the copy."""


def add_twins(
    rng: np.random.Generator, cells: Cells, rows: np.ndarray, *, dates: Sequence[str], address: str
) -> list[Pair]:
    """Append second responses of firms that answered.

    The same person later fills in a part again; or another person of the firm answers, and
    sees some practices otherwise.

    Parameters
    ----------
    rows : ndarray of int
        Rows of responses that may have a twin.
    dates : sequence of str
        Headers of times, all of which move on by some days.
    address : str
        Header of the internet address, which is another one.
    """
    pairs: list[Pair] = []
    for kind in ("same_firm_twice", "second_respondent"):
        chosen = rows[rng.random(len(rows)) < RATES[kind]]
        copies = cells.take(chosen)
        for name in dates:
            later = rng.integers(1, 12 * 86_400, len(chosen)).astype("timedelta64[s]")
            moved = np.array([c.replace(" ", "T") for c in copies[name]], dtype="datetime64[s]")
            if name == dates[0]:
                shift = later
            copies[name] = stamps(moved + shift)
        copies[address] = addresses(rng, len(chosen))
        _vary(rng, copies, cells.variables, again=kind == "same_firm_twice")
        first = len(cells)
        cells.append(copies)
        pairs += [(kind, int(a), first + k) for k, a in enumerate(chosen)]
    return pairs


def _vary(
    rng: np.random.Generator,
    copies: dict[str, np.ndarray],
    variables: dict[str, Variable],
    *,
    again: bool,
) -> None:
    """Leave out late answers of the same person, or change answers of a second person."""
    headers = list(variables)
    n = len(copies[headers[0]])
    stop = (rng.uniform(0.5, 1.0, n) * len(headers)).astype(int)
    for k, header in enumerate(headers):
        variable, column = variables[header], copies[header]
        if again:
            if not variable.required and variable.block != "paradata":
                column[k >= stop] = ""
        elif variable.kind == "grid" or variable.name == "scr_role":
            _another_view(rng, column, variable)
    if again and "firm_name" in copies:
        copies["firm_name"] = np.array([respelt(x) for x in copies["firm_name"]], dtype=object)


def _another_view(rng: np.random.Generator, column: np.ndarray, variable: Variable) -> None:
    """Move three answers in ten to a neighbouring option."""
    by_label = {o.label: o.label for o in variable.options if o.missing is None}
    by_code = {o.code: o.code for o in variable.options if o.missing is None}
    options = list(by_label if any(c in by_label for c in column) else by_code)
    for row in np.flatnonzero(rng.random(len(column)) < 0.3):
        if column[row] in options:
            at = options.index(column[row])
            column[row] = options[at - 1] if at else options[1]


def respelt(name: str) -> str:
    """Write a firm's name otherwise: "Acme IT LLC" becomes "ACME I.T."."""
    words = name.replace(" LLC", "").replace(" Inc.", "").replace(" Corp.", "")
    return words.upper().replace(" IT", " I.T.") if len(words) % 2 else f"{words}, LLC"


def trial_rows(
    rng: np.random.Generator, cells: Cells, rows: np.ndarray, *, text: str, blank: Sequence[str]
) -> list[int]:
    """Append the trials of those who made the form, with the word test in the last box."""
    chosen = rng.choice(rows, N_TESTS, replace=False)
    copies = cells.take(chosen)
    copies[text][:] = TEST_WORDS
    for name in blank:
        copies[name][:] = ""
    first = len(cells)
    cells.append(copies)
    return list(range(first, len(cells)))


def reexport(rng: np.random.Generator, cells: Cells) -> list[int]:
    """Append whole rows a second time, as when two exports are joined; give the originals."""
    rows = np.flatnonzero(rng.random(len(cells)) < RATES["exact_duplicate"])
    cells.append(cells.take(rows))
    return [int(r) for r in rows]


def reorder(cells: Cells, order: np.ndarray) -> None:
    """Put the rows into another order."""
    for name, column in cells.table.items():
        cells.table[name] = column[order]
