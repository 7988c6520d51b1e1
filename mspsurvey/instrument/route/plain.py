"""A condition as tests that every survey platform can make, with no 'not' left in it.

Platforms differ in what a blank is (REDCap takes it for 0 in ``[emp] < 5``), store codes that
are reasons for no answer, which data do not, and some have no 'not'. So comparisons of codes
become the codes that satisfy them, comparisons by size are guarded against blanks, and a 'not'
is carried down to the single tests. What is left means the same on each platform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mspsurvey.condition import Comparison, Condition, Every, Not, Tree
from mspsurvey.instrument.keys import number
from mspsurvey.instrument.model import Instrument, Question, Variable

_TURNED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Filled:
    """The cell of a variable is not blank, or, where not ``true``, is."""

    variable: Variable
    true: bool = True


@dataclass(frozen=True)
class Is:
    """The cell of a variable is this code or text, or, where not ``true``, is another or blank."""

    variable: Variable
    code: str
    true: bool = True


@dataclass(frozen=True)
class Ticked:
    """A choice of a multiple choice is ticked, or, where not ``true``, is not."""

    question: Question
    code: str
    true: bool = True


@dataclass(frozen=True)
class Measured:
    """The number in a cell stands so to a constant; only asked beside a guard against blanks."""

    variable: Variable
    operator: str
    number: float


@dataclass(frozen=True)
class All:
    """Rules that must all hold; with no parts it always holds."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class Any:
    """Rules of which at least one must hold; with no parts it never does."""

    parts: tuple[Rule, ...]


Test = Filled | Is | Ticked | Measured
Rule = Test | All | Any


def plain(condition: Condition, instrument: Instrument) -> Rule:
    """Make a condition plain."""
    return _plain(condition.tree, instrument)


def write(rule: Rule, test: Callable[[Test], str], words: tuple[str, str, str, str]) -> str:
    """Write a plain rule in the language of a platform.

    Parameters
    ----------
    rule : Test, All or Any
        The rule.
    test : callable
        Writes a single test, so that it can stand beside an 'and' without brackets.
    words : tuple of str
        'and', 'or', 'always' and 'never'.
    """
    if not isinstance(rule, All | Any):
        return test(rule)
    if not rule.parts:
        return words[2] if isinstance(rule, All) else words[3]
    parts = [write(part, test, words) for part in rule.parts]
    bracketed = [
        f"({text})" if isinstance(part, All | Any) and part.parts else text
        for part, text in zip(rule.parts, parts, strict=True)
    ]
    return f" {words[0] if isinstance(rule, All) else words[1]} ".join(bracketed)


def quoted(text: str) -> str:
    """Write a text in quotes; neither XPath 1.0 nor REDCap can escape one, so others are taken."""
    return f"'{text}'" if "'" not in text else f'"{text}"'


def _plain(tree: Tree, instrument: Instrument) -> Rule:
    if isinstance(tree, Comparison):
        return _compared(tree, instrument)
    if isinstance(tree, Not):
        return _turned(_plain(tree.part, instrument))
    parts = [_plain(part, instrument) for part in tree.parts]
    return _all(parts) if isinstance(tree, Every) else _any(parts)


def _compared(comparison: Comparison, instrument: Instrument) -> Rule:
    variable = instrument[comparison.name]
    if variable.kind == "tick":
        return _ticked(comparison, variable, instrument.questions[variable.question])
    if variable.categorical:
        return _chosen(comparison, variable)
    if comparison.by_size or not isinstance(comparison.constants[0], str):
        return _measured(comparison, variable)
    if comparison.denies:
        wrong = [Is(variable, str(c), true=False) for c in comparison.constants]
        return _all([Filled(variable), *wrong])
    return _any(Is(variable, str(c)) for c in comparison.constants)


def _chosen(comparison: Comparison, variable: Variable) -> Rule:
    """Name the codes that satisfy the comparison, or, where they are fewer, all others."""
    codes = [c for c in variable.levels if _satisfies(comparison, c)]
    others = [o.code for o in variable.options if o.code not in codes]
    if len(codes) > len(others) + 1:
        return _all([Filled(variable), *(Is(variable, c, true=False) for c in others)])
    return _any(Is(variable, c) for c in codes)


def _satisfies(comparison: Comparison, code: str) -> bool:
    if not comparison.by_size:
        return comparison.holds(code)
    return number(code) is not None and comparison.holds(code)


def _ticked(comparison: Comparison, variable: Variable, question: Question) -> Rule:
    """Ask for a tick; a choice passed over is a "no" only where an answer is ticked beside it."""
    code = variable.name.removeprefix(f"{question.name}_")
    beside = [o for o in question.options if o.code != code]
    reason = any(o.missing for o in question.options if o.code == code)
    answers = [o.code for o in beside if reason or not o.missing]
    states: dict[str, Rule] = {
        "yes": Ticked(question, code),
        "no": _all(
            [Ticked(question, code, true=False), _any(Ticked(question, c) for c in answers)]
        ),
    }
    return _any(states[state] for state in ("yes", "no") if comparison.holds(state))


def _measured(comparison: Comparison, variable: Variable) -> Rule:
    operator = {"in": "==", "not in": "!="}.get(comparison.operator, comparison.operator)
    tests = [Measured(variable, operator, float(c)) for c in comparison.constants]
    return _all([Filled(variable), _all(tests) if comparison.denies else _any(tests)])


def _turned(rule: Rule) -> Rule:
    """Give the opposite of a rule: each test turned, 'all' and 'any' exchanged."""
    if isinstance(rule, All):
        return _any(_turned(part) for part in rule.parts)
    if isinstance(rule, Any):
        return _all(_turned(part) for part in rule.parts)
    if isinstance(rule, Measured):
        return replace(rule, operator=_TURNED[rule.operator])
    return replace(rule, true=not rule.true)


def _all(parts: Iterable[Rule]) -> Rule:
    """Join with 'and', without doubled parts; what can never hold makes the whole so."""
    flat = _flat(parts, All)
    if Any(()) in flat:
        return Any(())
    return flat[0] if len(flat) == 1 else All(flat)


def _any(parts: Iterable[Rule]) -> Rule:
    """Join with 'or', without doubled parts; what always holds makes the whole so."""
    flat = _flat(parts, Any)
    if All(()) in flat:
        return All(())
    return flat[0] if len(flat) == 1 else Any(flat)


def _flat(parts: Iterable[Rule], kind: type[All] | type[Any]) -> tuple[Rule, ...]:
    flat: dict[Rule, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return tuple(flat)
