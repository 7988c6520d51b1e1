"""What was asked of whom, and so why an answer is missing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mspsurvey.instrument import Variable
from mspsurvey.intake.work import HIDDEN_ROLES, Edit, Rule, Work, changed, edited

_LOST = ("no_answer", "unparseable", "not_in_version", "")
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
    better witness. Questions go in order, since one stray answer may open the next.
    """
    edit = Edit()
    for variable in work.instrument:
        name = variable.name
        if variable.ask_if is None or not work.has(name):
            continue
        # "Prefer not to say" to a hidden question is stray as well.
        said = _present(work.answers[name]) | work.missing[name].isin(_SAID)
        stray = said & ~asked(work, variable)
        if stray.any():
            stray &= ~_route_lost(work, variable)
        if not stray.any():
            continue
        values = work.answers[name]
        kept = values.mask(stray, "" if variable.kind == "text" else None)
        step = Edit(
            answers={name: kept},
            missing={name: work.missing[name].mask(stray, "not_shown")},
            changes=[
                changed(work, name, stray, values, kept, "answered, though the route hides it")
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
    the rest, in this order: the questionnaire of this response does not have it →
    not_in_version; the route leads elsewhere → not_shown; somebody who did not finish left
    before it → not_reached; else no_answer. An answer that is not stored since it is free
    text or personal is redacted.
    """
    names = [v.name for v in work.instrument if work.has(v.name)]
    present = _matrix(names, lambda n: _present(work.answers[n]))
    # Of a question whose route was lost nobody can say that it was asked.
    shown = _matrix(names, lambda n: _surely_asked(work, work.instrument[n]))
    given = work.missing[names].to_numpy(dtype=object)
    codes, known = pd.factorize(given.ravel())
    said = np.array([reason in _SAID for reason in known])[codes].reshape(given.shape)
    tail = _tail(work, names, present | said)
    # Who left before the question that decides the route did not come to its followers.
    open_route = tail & _matrix(names, lambda n: _route_lost(work, work.instrument[n]))
    platform_hid = (given == "not_shown") & ~tail
    reason = np.where(tail, "not_reached", "no_answer").astype(object)
    reason[(~shown & ~open_route) | platform_hid] = "not_shown"
    unasked = given == "not_in_version"
    reason[said | unasked] = given[said | unasked]
    reason[present] = ""
    hidden = np.array([work.instrument[n].role in HIDDEN_ROLES for n in names])
    reason[present & hidden] = "redacted"
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
    """Cells that a respondent who did not finish never came to.

    They lie after the last answer, and on no page that the platform knows to have been
    sent: what was seen there and left blank was asked.
    """
    asked_of_people = [work.instrument[n].role not in ("design", "paradata") for n in names]
    touched = touched & np.array(asked_of_people)
    later = np.maximum.accumulate(touched[:, ::-1], axis=1)[:, ::-1]
    unfinished = ~work.meta["finished"].to_numpy(dtype=bool)
    return np.asarray(~later & unfinished[:, None] & ~_on_sent_page(work, names))


def _on_sent_page(work: Work, names: list[str]) -> np.ndarray:
    """Cells of blocks up to the last page sent, where pages are the blocks."""
    last = work.meta.get("last_page")
    blocks = {block: page for page, block in enumerate(_asked_blocks(work), 1)}
    if last is None or last.max() > len(blocks):
        return np.zeros((len(work.meta), len(names)), dtype=bool)
    page = np.array([blocks.get(work.instrument[n].block, np.inf) for n in names])
    return np.asarray(page[None, :] <= last.fillna(0).to_numpy(dtype="float64")[:, None])


def _asked_blocks(work: Work) -> list[str]:
    asked_of_people = (v for v in work.instrument if v.role not in ("design", "paradata"))
    return list(dict.fromkeys(v.block for v in asked_of_people))


RULES = (
    Rule(
        "G6",
        "E",
        "Only questions that were asked are answered.",
        _leaks,
        "missing as not shown, unless the answer that decides the route is itself lost",
    ),
)
REASONS = Rule(
    "M1",
    "I",
    "Each missing answer has its reason.",
    _reasons,
    "computed from the route, and kept beside the value",
)
