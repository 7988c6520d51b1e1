"""Whether a condition can hold at all: decided exactly, by trying what can be told apart.

Of all answers to a question, the conditions tell only a few apart: codes that the same
comparisons accept, numbers between the same constants. One of each kind is tried, and "no
answer", in the order of the questionnaire; a question may only have an answer where its own
route leads to it. That decides the matter for this language: it has no arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from mspsurvey.condition import Comparison, Constant, Every, Not, Some, Tree, comparisons
from mspsurvey.instrument.model import NUMBERS, Instrument, Variable

Answers = Mapping[str, Constant | None]
_ANOTHER_TEXT = "\0"
"""A text that no condition names."""


def solve(
    tree: Tree, instrument: Instrument, *, routed: bool = True
) -> dict[str, Constant | None] | None:
    """Give answers under which a condition holds, or None where there are none.

    Parameters
    ----------
    tree : Comparison, Every, Some or Not
        The condition.
    instrument : Instrument
        Questionnaire whose routes lead forward only.
    routed : bool, default True
        Whether the questions that the condition reads are themselves hidden by their routes;
        without it, the condition is taken by itself.
    """
    variables = _needed(tree, instrument, routed=routed)
    routes = [v.ask_if.tree for v in variables if routed and v.ask_if]
    asked = [c for t in (tree, *routes) for c in comparisons(t)]
    domains = {v.name: _told_apart(v, [c for c in asked if c.name == v.name]) for v in variables}
    return _search(tree, variables, domains, {}, routed=routed)


def _needed(tree: Tree, instrument: Instrument, *, routed: bool) -> list[Variable]:
    """Variables that decide a condition, with those that decide theirs, in order."""
    found: set[str] = set()
    waiting = [c.name for c in comparisons(tree)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            route = instrument[name].ask_if
            waiting += route.names if routed and route else ()
    return [v for v in instrument if v.name in found]


def _told_apart(variable: Variable, compared: Sequence[Comparison]) -> list[Constant | None]:
    """Give one answer of each kind that the comparisons tell apart, and None."""
    kinds: dict[tuple[bool, ...], Constant | None] = {}
    for value in (None, *_possible(variable, compared)):
        kinds.setdefault(tuple(c.holds(value) for c in compared), value)
    return list(kinds.values())


def _possible(variable: Variable, compared: Sequence[Comparison]) -> Iterable[Constant]:
    if variable.categorical:
        return variable.levels
    constants = {c for comparison in compared for c in comparison.constants}
    if variable.kind not in NUMBERS:
        return [*sorted(str(c) for c in constants), _ANOTHER_TEXT]
    return _numbers(variable, {float(c) for c in constants})


def _numbers(variable: Variable, constants: set[float]) -> Iterator[float]:
    """Give each cut point, a number between each two, and one beyond each end."""
    bounds = {b for b in (variable.low, variable.high) if b is not None}
    cuts = sorted(constants | bounds) or [0.0]
    points = [cuts[0] - 1, *cuts, *((a + b) / 2 for a, b in pairwise(cuts)), cuts[-1] + 1]
    low = float("-inf") if variable.low is None else variable.low
    high = float("inf") if variable.high is None else variable.high
    return (p for p in sorted(points) if low <= p <= high)


def _search(
    tree: Tree,
    variables: Sequence[Variable],
    domains: Mapping[str, list[Constant | None]],
    answers: dict[str, Constant | None],
    *,
    routed: bool,
) -> dict[str, Constant | None] | None:
    """Answer the next question in each way, and turn back where the condition is lost."""
    if len(answers) == len(variables):
        return dict(answers) if _holds(tree, answers) else None
    variable = variables[len(answers)]
    hidden = routed and variable.ask_if is not None and not _holds(variable.ask_if.tree, answers)
    for value in [None] if hidden else domains[variable.name]:
        tried = {**answers, variable.name: value}
        if _holds(tree, tried) is not False:
            found = _search(tree, variables, domains, tried, routed=routed)
            if found is not None:
                return found
    return None


def _holds(tree: Tree, answers: Answers) -> bool | None:
    """Say whether a condition holds; None where the answers so far do not decide it."""
    if isinstance(tree, Comparison):
        return tree.holds(answers[tree.name]) if tree.name in answers else None
    if isinstance(tree, Not):
        inner = _holds(tree.part, answers)
        return None if inner is None else not inner
    parts = [_holds(part, answers) for part in tree.parts]
    decides = isinstance(tree, Some)
    if decides in parts:
        return decides
    return None if None in parts else not decides


def can_hold(tree: Tree, instrument: Instrument, *, routed: bool = True) -> bool:
    """Whether some answers satisfy a condition."""
    return solve(tree, instrument, routed=routed) is not None


def always_holds(tree: Tree, instrument: Instrument) -> bool:
    """Whether all answers satisfy a condition, no answer included."""
    return not can_hold(Not(tree), instrument)


def both(*trees: Tree | None) -> Tree:
    """Join conditions with 'and'; None is 'always'."""
    return Every(tuple(t for t in trees if t is not None))
