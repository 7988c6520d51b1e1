"""A condition as REDCap's branching logic, which has ``and``, ``or``, brackets, but no 'not'."""

from __future__ import annotations

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import Instrument
from mspsurvey.instrument.route.plain import (
    Filled,
    Is,
    Measured,
    Test,
    Ticked,
    plain,
    quoted,
    write,
)
from mspsurvey.instrument.target import Target

_WORDS = ("and", "or", "1 = 1", "1 = 2")
_SIGNS = {"==": "=", "!=": "<>"}


def redcap_logic(condition: Condition, instrument: Instrument, target: Target) -> str:
    """Write a condition as branching logic, with the names and codes that ``target`` gives.

    Examples
    --------
    ``emp > 9 and tools_edr == 'yes'`` becomes
    ``[emp] <> '' and [emp] > 9 and [tools(edr)] = '1'``.
    """

    def written(test: Test) -> str:
        match test:
            case Filled(variable, true):
                return f"[{target.field(variable.name)}] {'<>' if true else '='} ''"
            case Is(variable, code, true):
                stored = target.code(variable.name, code)
                return f"[{target.field(variable.name)}] {'=' if true else '<>'} {quoted(stored)}"
            case Ticked(question, code, true):
                box = f"{target.field(question.name)}({target.code(question.name, code)})"
                return f"[{box}] = '{int(true)}'"
            case Measured(variable, operator, number):
                sign = _SIGNS.get(operator, operator)
                return f"[{target.field(variable.name)}] {sign} {number:.15g}"

    return write(plain(condition, instrument), written, _WORDS)
