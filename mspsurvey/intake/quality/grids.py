"""C2 and C6: one answer in every row, of grid after grid or through the questionnaire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.instrument import Variable
from mspsurvey.intake.work import Work

GRID_ROWS = 6
LEAST_GRIDS = 2
LEAST_LEVELS = 3
"""Answers to choose from: a list of facts with yes or no may honestly be all alike."""
BATTERY_ROWS = 16
"""Rows of shorter grids that are all alike count as two long grids."""
REVERSED_ROWS = 4
LONG_RUN = 24
"""Answers in a row that are one and the same, from which C6 is set."""


@dataclass(frozen=True)
class Grid:
    """The rows of one grid as numbers.

    Attributes
    ----------
    name : str
        Question.
    codes : ndarray of int, responses × rows
        Place of the option in the list, the same for the same words; −1 is no answer.
    values : ndarray of float, responses × rows
        Number of the option as it is scored; NaN where there is none.
    signs : ndarray of int
        1 for a row whose values rise along the list of options, −1 where they fall, 0 else.
    """

    name: str
    codes: np.ndarray
    values: np.ndarray
    signs: np.ndarray

    @property
    def has_reversed(self) -> bool:
        """Whether agreeing with all rows would be a contradiction."""
        return bool((self.signs > 0).any() and (self.signs < 0).any())

    def straight(self, least: int) -> np.ndarray:
        """Say who gave one answer only, in ``least`` rows or more."""
        given = self.codes >= 0
        same = longstring(self.codes) == given.sum(axis=1)
        return np.asarray(same & (given.sum(axis=1) >= least))

    def contradicts(self) -> np.ndarray:
        """Say who gave one answer to rows that run both ways, and not the middle one."""
        n = len(self.codes)
        if not self.has_reversed:
            return np.zeros(n, dtype=bool)
        scored = np.where(self.signs == 0, np.nan, self.values)
        known = ~np.isnan(scored).all(axis=1)
        spread = np.zeros(n)
        spread[known] = np.nanmax(scored[known], axis=1) - np.nanmin(scored[known], axis=1)
        return np.asarray(self.straight(REVERSED_ROWS) & (spread > 0))


def longstring(codes: np.ndarray) -> np.ndarray:
    """Longest run of one answer in each row of a matrix; −1 (no answer) is passed over.

    Parameters
    ----------
    codes : ndarray of int, responses × items

    Returns
    -------
    ndarray of int, responses
    """
    n = len(codes)
    last, run, best = np.full(n, -1), np.zeros(n, dtype="int64"), np.zeros(n, dtype="int64")
    for column in codes.T:
        given = column >= 0
        run = np.where(given, np.where(column == last, run + 1, 1), run)
        last = np.where(given, column, last)
        best = np.maximum(best, run)
    return best


def irv(values: np.ndarray) -> np.ndarray:
    """Intra-individual response variability: the standard deviation of a row's answers.

    sd(x_1 … x_k) with k − 1 below the line, over the answers given; NaN for fewer than two
    (Dunn and others, 2018).
    """
    given = ~np.isnan(values)
    count = given.sum(axis=1)
    total = np.where(given, values, 0.0).sum(axis=1)
    mean = total / np.maximum(count, 1)
    squares = np.where(given, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    result = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(count >= 2, result, np.nan)


def grids(work: Work) -> list[Grid]:
    """Grids with three answers or more to choose from, and three rows or more."""
    found = []
    for question in work.instrument.questions.values():
        rows = [work.instrument[n] for n in question.variables if work.has(n)]
        enough = len(rows) >= 3 and len(rows[0].levels) >= LEAST_LEVELS
        if question.kind == "grid" and enough:
            found.append(_grid(work, question.name, rows))
    return found


def _grid(work: Work, name: str, rows: Sequence[Variable]) -> Grid:
    order = {o.code: k for k, o in reversed(list(enumerate(rows[0].options)))}
    for variable in rows:
        for option in variable.options:
            order.setdefault(option.code, len(order))
    codes = [_mapped(work.answers[v.name], order, -1.0).astype("int64") for v in rows]
    values = [_mapped(work.answers[v.name], v.values, np.nan) for v in rows]
    signs = np.array([_sign(v) for v in rows])
    return Grid(name, np.column_stack(codes), np.column_stack(values), signs)


def _mapped(column: pd.Series, numbers: Mapping[str, float], gap: float) -> np.ndarray:
    codes, texts = pd.factorize(column)
    found = np.array([*(float(numbers.get(t, gap)) for t in texts), gap])
    return found[codes]


def _sign(variable: Variable) -> int:
    values = [o.value for o in variable.options if o.value is not None and not o.missing]
    steps = np.sign(np.diff(values))
    return int(steps[0]) if len(steps) and (steps == steps[0]).all() else 0


def questionnaire_run(work: Work) -> np.ndarray:
    """Longest run of one and the same answer from one question to the next.

    Answers are the same where the words are: a run breaks where the list of options
    changes. Lists of facts (yes or no) and ticks are passed over.
    """
    columns = [_coded(work, v) for v in _closed(work)]
    if not columns:
        return np.zeros(len(work.answers), dtype="int64")
    keys = pd.Series([key for keys, _ in columns for key in keys], dtype="object")
    number = {key: k for k, key in enumerate(keys.unique())}
    matrix = [np.array([*(number[k] for k in keys), -1])[codes] for keys, codes in columns]
    return longstring(np.column_stack(matrix))


def _closed(work: Work) -> Iterator[Variable]:
    for variable in work.instrument:
        closed = variable.kind in ("single", "grid") and variable.role == "answer"
        if closed and len(variable.levels) >= LEAST_LEVELS and work.has(variable.name):
            yield variable


def _coded(work: Work, variable: Variable) -> tuple[list[tuple[str, ...]], np.ndarray]:
    codes, texts = pd.factorize(work.answers[variable.name])
    # The list of options is part of the answer: "1" of two lists is not the same.
    return [(*variable.levels, "=", str(text)) for text in texts], codes


def straight_lines(work: Work) -> pd.DataFrame:
    """Measure sameness grid by grid, and through the questionnaire.

    Returns
    -------
    DataFrame
        ``straight_grids`` (long grids with one answer), ``contradictions`` (grids with
        reversed rows and one answer), ``irv`` (mean over grids), ``longest_run``, and the
        flags ``C2`` (two long grids, sixteen rows of short ones, or a contradiction) and
        ``C6``.
    """
    n = len(work.answers)
    found = grids(work)
    long = [g for g in found if g.codes.shape[1] >= GRID_ROWS]
    straight = sum((g.straight(GRID_ROWS) for g in long), np.zeros(n, dtype="int64"))
    against = sum((g.contradicts() for g in found), np.zeros(n, dtype="int64"))
    run = questionnaire_run(work)
    flagged = (straight >= LEAST_GRIDS) | (against > 0) | _battery(found, n)
    return pd.DataFrame(
        {
            "straight_grids": straight,
            "contradictions": against,
            "irv": _mean_irv(found, n),
            "longest_run": run,
            "C2": flagged,
            "C6": run >= LONG_RUN,
        },
        index=work.answers.index,
    )


def _battery(found: Sequence[Grid], n: int) -> np.ndarray:
    """Say who gave one and the same answer in every row of all the short grids together."""
    short = [g.codes for g in found if g.codes.shape[1] < GRID_ROWS]
    if sum(codes.shape[1] for codes in short) < BATTERY_ROWS:
        return np.zeros(n, dtype=bool)
    together = np.hstack(short)
    return Grid("", together, together * 0.0, np.zeros(together.shape[1])).straight(BATTERY_ROWS)


def _mean_irv(found: Sequence[Grid], n: int) -> np.ndarray:
    each = [irv(g.values) for g in found]
    table = np.column_stack(each) if each else np.full((n, 1), np.nan)
    count = (~np.isnan(table)).sum(axis=1)
    return np.where(count, np.nansum(table, axis=1) / np.maximum(count, 1), np.nan)
