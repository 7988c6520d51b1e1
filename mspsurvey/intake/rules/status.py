"""Complete, partial, or broken off: how much of a questionnaire was answered."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.rules.routing import asked
from mspsurvey.intake.work import Edit, Rule, Work, reject

COMPLETE_SHARE = 0.8
PARTIAL_SHARE = 0.5
"""Shares of the applicable core items; a complete response also answers every required one."""

_UNANSWERED = ("no_answer", "not_reached")


def response_status(work: Work) -> pd.Series:
    """Classify each response.

    Complete: at least 80% of the core items that applied, and every required item. Partial:
    at least 50%, or 80% without a required item. An answer such as "Don't know" is an
    answer. Ticks of one multiple choice count as one item.

    Returns
    -------
    Series of str
        complete, partial or break_off.
    """
    core = _items(work, core=True)
    applicable, answered = _count(work, core)
    share = answered / applicable.clip(lower=1)
    needed, given = _count(work, _items(work, core=False))
    status = pd.Series("break_off", index=share.index, dtype="str")
    status = status.mask(share >= PARTIAL_SHARE, "partial")
    return status.mask((share >= COMPLETE_SHARE) & (given == needed), "complete")


def _items(work: Work, *, core: bool) -> list[str]:
    """Core or required items; of the ticks of a question the first stands for all."""
    chosen = [
        v for v in work.instrument
        if (v.core if core else v.required) and work.has(v.name) and v.role == "answer"
    ]  # fmt: skip
    if core and not chosen:
        chosen = [v for v in work.instrument if v.role == "answer" and work.has(v.name)]
    seen: dict[tuple[str, str], str] = {}
    for variable in chosen:
        key = (variable.question, "" if variable.kind == "tick" else variable.name)
        seen.setdefault(key, variable.name)
    return list(seen.values())


def _count(work: Work, names: list[str]) -> tuple[pd.Series, pd.Series]:
    reasons = work.missing[names]
    # Of a question that was not reached the route may be open: only what surely applied counts.
    applied = pd.DataFrame({n: asked(work, work.instrument[n]) for n in names}, reasons.index)
    shown = (reasons != "not_shown") & (applied | (reasons != "not_reached"))
    return shown.sum(axis=1), (shown & ~reasons.isin(_UNANSWERED)).sum(axis=1)


def _status(work: Work) -> Edit:
    status = response_status(work)
    broken = status.eq("break_off")
    reason = "fewer than half of the core questions answered"
    return Edit(meta={"completion": status}, rejected=[reject(work, broken, reason)])


RULES = (
    Rule(
        "B1",
        "E",
        "At least half of the core questions are answered.",
        _status,
        "set aside as broken off",
    ),
)
