"""Domains: which rows a rule holds for, and the groups that are asked about together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Coder, Floats
from mspsurvey.inference.estimator.moments import Domains, cross


def holds(rule: str | pd.Series, coder: Coder) -> tuple[Bools, str]:
    """Say for each row whether a rule holds, and put the rule in words.

    Parameters
    ----------
    rule : str or Series of bool
        A condition as in an instrument, or one truth value a row.
    coder : Coder
        Columns that the condition may name.

    Raises
    ------
    EstimateError
        Where the rule names what is not there, or the Series does not fit the frame.
    """
    frame = coder.frame
    if isinstance(rule, pd.Series):
        if rule.dtype != bool or not rule.index.equals(frame.index):
            raise EstimateError(
                "A domain as a Series should be True or False for each row of the frame.",
                f"It has {len(rule):,} values of {rule.dtype}.",
                "Make it from a column of .frame, or write a condition as text.",
            )
        return rule.to_numpy(), str(rule.name or "a rule given as data")
    condition = Condition.parse(rule, where="where")
    coder.require(condition.names)
    _measured(condition, frame)
    for name, code in condition.codes:
        variable = coder.variable(name)
        if variable is not None and variable.categorical:
            coder.coded(name).position(str(code), name)
    return condition.holds(frame).to_numpy(dtype=bool), rule


def _measured(condition: Condition, frame: pd.DataFrame) -> None:
    for name in sorted(condition.measured):
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            raise EstimateError(
                f"Numbers were wanted in '{name}', to compare them by size.",
                f"It holds {frame[name].dtype}.",
                f'Name its codes: {name} in ["…", "…"].',
            )


def grouped(coder: Coder, by: Sequence[str], inside: Bools, number: Floats | None) -> Domains:
    """Number the groups of the rows inside a domain; the others go to the bin.

    Parameters
    ----------
    coder : Coder
    by : sequence of str
        Grouping variables, the first varying slowest; none gives one group.
    inside : ndarray of bool, shape (rows,)
    number : ndarray of float, shape (rows,), optional
        Respondents that each row stands for.
    """
    coded = [coder.coded(name) for name in by]
    if coded:
        index, count = cross(coded)
        combinations = _product([c.levels for c in coded])
    else:
        index, count = np.zeros(len(inside), dtype=np.int64), 1
        combinations = ((),)
    if not inside.all():
        index[~inside] = count
    return Domains(index, combinations, number)


def _product(levels: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    combinations: list[tuple[str, ...]] = [()]
    for column in levels:
        combinations = [(*c, level) for c in combinations for level in column]
    return tuple(combinations)
