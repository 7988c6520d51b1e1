"""Faults of routing: circles, questions that nobody or everybody is asked, dead parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from mspsurvey.condition import Condition, comparisons
from mspsurvey.instrument.model import NUMBERS, SCREENER, Instrument, Question, Variable
from mspsurvey.instrument.route.solve import always_holds, both, can_hold
from mspsurvey.instrument.routes import measurable

RULES: Mapping[str, tuple[str, str]] = {
    "circle": ("error", "Questions do not depend on one another in a circle."),
    "contradiction": ("error", "A condition can hold."),
    "unreachable": ("error", "Somebody can come to each question."),
    "nobody-eligible": ("error", "Somebody can be eligible."),
    "never-part": ("warning", "Each part of a condition can hold."),
    "always": ("note", "A condition leaves somebody out."),
}
Found = Iterator[tuple[str, str, str]]


def look(instrument: Instrument) -> Found:
    """Give key, rule and message of each fault; routes that lead backward are left out."""
    circles = list(_circles(instrument))
    for circle in circles:
        yield _key(instrument, circle[0]), "circle", f"{' → '.join(circle)} depend on one another."
    sound = _sound(instrument)
    if instrument.eligible_if and not can_hold(instrument.eligible_if.tree, instrument):
        yield "eligible_if", "nobody-eligible", "No answers make a respondent eligible."
        sound = [v for v in sound if v.block == SCREENER]
    seen: set[tuple[str, str]] = set()
    for variable in sound:
        route = variable.ask_if
        if route is not None and (variable.question, route.source) not in seen:
            seen.add((variable.question, route.source))
            yield from _route(variable, route, instrument)


def _route(variable: Variable, route: Condition, instrument: Instrument) -> Found:
    key = _key(instrument, variable.name)
    if not can_hold(route.tree, instrument, routed=False):
        yield key, "contradiction", f"No answers satisfy {route.source!r}, so nobody is asked."
        return
    later = variable.block != SCREENER and instrument.eligible_if is not None
    eligible = instrument.eligible_if.tree if instrument.eligible_if and later else None
    if not can_hold(both(route.tree, eligible), instrument):
        yield (
            key,
            "unreachable",
            (
                f"Whoever satisfies {route.source!r} is not asked one of the questions that it "
                "names, or is not eligible; so nobody is asked."
            ),
        )
        return
    if always_holds(route.tree, instrument):
        yield key, "always", f"All answers satisfy {route.source!r}; it can go."
    for comparison in dict.fromkeys(comparisons(route.tree)):
        if not can_hold(comparison, instrument):
            constants = ", ".join(map(str, comparison.constants))
            part = f"{comparison.name} {comparison.operator} {constants}"
            yield key, "never-part", f"No answer satisfies the part '{part}'."


def _circles(instrument: Instrument) -> Iterator[list[str]]:
    """Give each circle of variables once, in the direction of the questionnaire."""
    needs = {
        v.name: {n for n in v.ask_if.names if n in instrument} if v.ask_if else set()
        for v in instrument
    }
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            yield circle[::-1]
            # Cut it open, to see the next one.
            needs[circle[1]] = needs[circle[1]] - {circle[0]}
        else:
            return


def _sound(instrument: Instrument) -> list[Variable]:
    """Variables whose route can be decided: it leads forward, as do all routes behind it."""
    sound: dict[str, Variable] = {}
    for variable in instrument:
        route = variable.ask_if
        if route is None or all(n in sound and _fits(route, sound[n]) for n in route.names):
            sound[variable.name] = variable
    return list(sound.values())


def _fits(route: Condition, variable: Variable) -> bool:
    """Whether a variable can be compared as a route does."""
    for comparison in route.comparisons:
        if comparison.name != variable.name:
            continue
        if comparison.by_size and not measurable(variable):
            return False
        words = any(isinstance(c, str) for c in comparison.constants)
        if variable.kind in NUMBERS and words:
            return False
    return True


def _key(instrument: Instrument, name: str) -> str:
    question: Question = instrument.questions[instrument[name].question]
    row = name != question.name and instrument[name].kind != "tick" and name != question.other
    return f"question '{question.name}'{f', row {name!r}' if row else ''}.ask_if"
