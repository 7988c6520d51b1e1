"""Questions with several answers, as one item with its options as levels.

The base is everyone who answered the question: a row with an answer to at least one of its
ticks. A tick that is missing in such a row was not chosen. Shares need not sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.estimator.asked import Asked, Levels
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.layout import Answer, estimated
from mspsurvey.inference.estimator.linear import Linear
from mspsurvey.inference.variance.root import beside
from mspsurvey.instrument import TICK_CODES, Question, Variable

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


def multiple(survey: Survey, name: str, levels: Levels) -> Question | None:
    """Say whether a name stands for a question with several answers, asked as one item.

    ``level="yes"`` asks for its ticks one by one instead.
    """
    if survey.instrument is None or name in survey.coder.frame.columns:
        return None
    question = survey.instrument.questions.get(name)
    if question is None or question.kind != "multi" or not _ticks(survey, question):
        return None
    codes = levels.codes
    return None if codes and set(codes) <= set(TICK_CODES) else question


def multi_answer(
    survey: Survey,
    question: Question,
    levels: Levels,
    by: Sequence[str],
    of: str | None,
    size: Floats | None,
) -> Answer:
    """Estimate the share of each option, or of several taken together."""
    ticks = _ticks(survey, question)
    chosen = {code: _chosen(survey, variable) for code, variable in ticks.items()}
    answered = np.logical_or.reduce([answer for _, answer in chosen.values()])
    if size is not None:
        answered &= np.isfinite(size)
    wanted = _wanted(question, ticks, levels)
    parts = []
    for codes in wanted.values():
        yes = np.logical_or.reduce([chosen[code][0] for code in codes])
        level = np.where(answered, np.where(yes, 0, 1), -1).astype(np.int8)
        item = Item(level, 2, 1, top=size, bottom=size, kind="share", dominance=True)
        parts.append(estimated(survey, item, by))
    needs = (*(v.name for v in ticks.values()), *((of,) if of else ()))
    item = Item(np.where(answered, 0, -1).astype(np.int8))
    return Answer(Asked(question.name, item, tuple(wanted), needs), _side_by_side(parts))


def variable_of(survey: Survey, question: Question) -> Variable:
    """Describe the question as one variable with its options, for labels."""
    first = next(iter(_ticks(survey, question).values()))
    return replace(
        first, name=question.name, text=question.text, label=question.text, kind="multi",
        options=question.options,
    )  # fmt: skip


def _ticks(survey: Survey, question: Question) -> dict[str, Variable]:
    """Variable of each option that is a column, by the option's code."""
    assert survey.instrument is not None
    columns = survey.coder.frame.columns
    found = (survey.instrument.variables.get(name) for name in question.variables)
    return {
        v.name.removeprefix(f"{question.name}_"): v
        for v in found
        if v is not None and v.kind == "tick" and v.name in columns
    }


def _chosen(survey: Survey, variable: Variable) -> tuple[Bools, Bools]:
    coded = survey.coder.coded(variable.name)
    yes = coded.position(TICK_CODES[1], variable.name)
    return coded.codes == yes, coded.codes >= 0


def _wanted(
    question: Question, ticks: dict[str, Variable], levels: Levels
) -> dict[str, list[str]]:
    """Options behind each level of the answer."""
    for code in levels.codes:
        if code not in ticks:
            raise EstimateError(
                f"An option of '{question.name}' was wanted.",
                f"There is none called {code!r}.",
                did_you_mean(code, ticks),
            )
    if not levels.codes:
        return {code: [code] for code in ticks}
    return {levels.text: levels.codes}


def _side_by_side(parts: Sequence[Linear]) -> Linear:
    """Put one-level results together as levels of one item."""
    first, count = parts[0], len(parts)
    groups = len(first.n)
    places = np.arange(groups * count).reshape(count, groups).T.ravel()
    wide = ("estimate", "variance", "simple", "positive", "largest")
    joined = {k: np.concatenate([getattr(p, k) for p in parts], axis=1) for k in wide}
    # Kish's size is made only where it is needed: where an option has no variance.
    kish = np.fmax.reduce([p.kish for p in parts])
    return replace(
        first, **joined, kish=kish, root=beside([p.root for p in parts])[:, places],
        replicated=None,
    )  # fmt: skip
