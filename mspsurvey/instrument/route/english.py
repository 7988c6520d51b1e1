"""A condition in English, as it stands in a questionnaire or under a chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mspsurvey.condition import Comparison, Condition, Every, Not, Some, Tree
from mspsurvey.instrument.model import TICK_CODES, Instrument, Variable

_SIZE_WORDS = {
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}


def english(
    condition: Condition, instrument: Instrument, numbers: Mapping[str, str] | None = None
) -> str:
    """Say a condition in words: labels for names, and the words of the answers for codes.

    Parameters
    ----------
    condition : Condition
    instrument : Instrument
    numbers : mapping of str to str, optional
        Number of each question in print, which then stands before its label.

    Examples
    --------
    ``scr_contract == 'yes' and emp >= 10`` becomes "'Manages IT under an agreement' is 'Yes'
    and 'People working in the company' is at least 10".
    """
    return _Speaker(instrument, numbers or {}).say(condition.tree)


class _Speaker:
    """Says conditions about the questions of one instrument."""

    def __init__(self, instrument: Instrument, numbers: Mapping[str, str]) -> None:
        self.instrument, self.numbers = instrument, numbers

    def say(self, tree: Tree) -> str:
        if isinstance(tree, Comparison):
            return self.compared(tree, self.instrument[tree.name])
        if isinstance(tree, Not):
            return self.turned(tree.part)
        parts = []
        for part in tree.parts:
            text = self.say(part)
            mixed = isinstance(part, Every | Some) and type(part) is not type(tree)
            parts.append(f"({text})" if mixed else text)
        return (" and " if isinstance(tree, Every) else " or ").join(parts)

    def turned(self, tree: Tree) -> str:
        if isinstance(tree, Comparison):
            variable = self.instrument[tree.name]
            if _any_answer(tree, variable):
                return f"{self.name(variable)} is not answered"
        return f"it is not so that ({self.say(tree)})"

    def compared(self, comparison: Comparison, variable: Variable) -> str:
        if variable.kind == "tick":
            return self.ticked(comparison, variable)
        name = self.name(variable)
        if _any_answer(comparison, variable):
            return f"{name} is answered"
        if comparison.by_size:
            constant = _number(comparison.constants[0], variable)
            return f"{name} {_SIZE_WORDS[comparison.operator]} {constant}"
        words = [_answer(c, variable) for c in comparison.constants]
        if comparison.denies:
            return f"{name} has an answer other than {listed(words)}"
        return f"{name} is {listed(words)}"

    def ticked(self, comparison: Comparison, variable: Variable) -> str:
        number = self.numbers.get(variable.name)
        choice = f"'{variable.label}'" + (f" in {number}" if number else "")
        states = [state for state in TICK_CODES if comparison.holds(state)]
        if len(states) == 1:
            return f"{choice} is {'chosen' if states == ['yes'] else 'not chosen'}"
        return f"{choice} is {'chosen or not chosen' if states else 'both'}"

    def name(self, variable: Variable) -> str:
        number = self.numbers.get(variable.name)
        return f"{number} '{variable.label}'" if number else f"'{variable.label}'"


def _any_answer(comparison: Comparison, variable: Variable) -> bool:
    """Whether it is a lower bound that every answer meets, and so asks only for an answer."""
    low = variable.low
    return (
        comparison.operator == ">=" and low is not None and float(comparison.constants[0]) <= low
    )


def _answer(constant: str | float, variable: Variable) -> str:
    if constant in variable.labels:
        return f"'{variable.labels[str(constant)]}'"
    return _number(constant, variable)


def _number(constant: str | float, variable: Variable) -> str:
    if isinstance(constant, str):
        return f"'{constant}'"
    # A year is no quantity: 1998, not 1,998.
    text = f"{constant:g}" if variable.unit == "year" else f"{constant:,.10g}"
    if variable.unit == "%":
        return f"{text}%"
    return f"${text}" if variable.unit == "USD" else text


def listed(words: Iterable[str], last: str = "or") -> str:
    """Join words as English does: a, b or c."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
