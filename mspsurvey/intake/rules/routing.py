"""What was asked of whom, and so why an answer is missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mspsurvey.instrument import Variable
from mspsurvey.intake.work import Edit, Rule, Work, changed, edited

_LOST = ("no_answer", "unparseable", "")
_SAID = ("dont_know", "refused", "not_applicable", "unparseable")


def asked(work: Work, variable: Variable) -> pd.Series:
    """Say of each response whether the route led to this question.

    Design variables, and those whose route depends on a variable that is not in the data,
    count as asked.
    """
    everybody = pd.Series(True, index=work.answers.index)
    if variable.ask_if is None or not work.has(*variable.ask_if.names):
        return everybody
    return variable.ask_if.holds(work.answers).astype("bool")


def _leaks(work: Work) -> Edit:
    """Make answers missing to questions that the route hides.

    Where the answer that decides the route was itself lost, its followers stay: they are the
    better witness. Questions go in order, since one leak may open the next.
    """
    edit = Edit()
    for variable in work.instrument:
        name = variable.name
        if variable.ask_if is None or not work.has(name):
            continue
        # "Prefer not to say" to a hidden question is a leak as well.
        said = _present(work.answers[name]) | work.missing[name].isin(_SAID)
        leak = said & ~asked(work, variable)
        if leak.any():
            leak &= ~_route_lost(work, variable)
        if not leak.any():
            continue
        values = work.answers[name]
        kept = values.mask(leak, "" if variable.kind == "text" else None)
        step = Edit(
            answers={name: kept},
            missing={name: work.missing[name].mask(leak, "not_shown")},
            changes=[
                changed(work, name, leak, values, kept, "answered, though the route hides it")
            ],
        )
        work = edited(work, step)
        edit.answers.update(step.answers)
        edit.missing.update(step.missing)
        edit.changes.extend(step.changes)
    return edit


def _present(column: pd.Series) -> pd.Series:
    return column.notna() & column.ne("") if column.dtype == "str" else column.notna()


def _route_lost(work: Work, variable: Variable) -> pd.Series:
    """Rows where an answer that the route depends on is missing and should not be."""
    lost = pd.Series(False, index=work.answers.index)
    for name in sorted(variable.ask_if.names) if variable.ask_if else ():
        if work.has(name) and work.instrument[name].role != "design":
            gone = work.answers[name].isna() & work.missing[name].isin(_LOST)
            if gone.any():
                lost |= gone & asked(work, work.instrument[name])
    return lost


def _reasons(work: Work) -> Edit:
    """Give each missing answer its reason.

    Known reasons stay (an option such as "Don't know", a text that could not be read). For
    the rest: not asked → not_shown; asked, and nothing after it was answered by somebody who
    did not finish → not_reached; else no_answer.
    """
    names = [v.name for v in work.instrument if work.has(v.name)]
    present = _matrix(names, lambda n: _present(work.answers[n]))
    # Of a question whose route was lost nobody can say that it was asked.
    shown = _matrix(names, lambda n: _surely_asked(work, work.instrument[n]))
    given = work.missing[names].to_numpy(dtype=object)
    codes, known = pd.factorize(given.ravel())
    said = np.array([reason in _SAID for reason in known])[codes].reshape(given.shape)
    tail = _tail(work, names, present | said)
    platform_hid = (given == "not_shown") & ~tail
    reason = np.where(tail, "not_reached", "no_answer").astype(object)
    reason[~shown | platform_hid] = "not_shown"
    reason[said] = given[said]
    reason[present] = ""
    columns = {n: _as_text(reason[:, k], work.missing.index) for k, n in enumerate(names)}
    return Edit(missing=columns)


def _matrix(names: list[str], column: Callable[[str], pd.Series]) -> np.ndarray:
    return np.column_stack([column(n).to_numpy(dtype=bool) for n in names])


def _as_text(values: np.ndarray, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(values, dtype="str"), index=index)


def _surely_asked(work: Work, variable: Variable) -> pd.Series:
    if variable.ask_if is None:
        return pd.Series(True, index=work.answers.index)
    return asked(work, variable) & ~_route_lost(work, variable)


def _tail(work: Work, names: list[str], touched: np.ndarray) -> np.ndarray:
    """Cells after the last answer of a respondent who did not finish."""
    asked_of_people = [work.instrument[n].role not in ("design", "paradata") for n in names]
    touched = touched & np.array(asked_of_people)
    later = np.maximum.accumulate(touched[:, ::-1], axis=1)[:, ::-1]
    unfinished = ~work.meta["finished"].to_numpy(dtype=bool)
    return np.asarray(~later & unfinished[:, None])


RULES = (Rule("G6", "E", "Only questions that were asked are answered.", _leaks),)
REASONS = Rule("M1", "I", "Each missing answer has its reason.", _reasons)
