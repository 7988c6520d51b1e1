"""A condition as the XPath of an XLSForm's ``relevant`` column (ODK, KoboToolbox)."""

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

_WORDS = ("and", "or", "true()", "false()")


def xpath(condition: Condition, instrument: Instrument, target: Target) -> str:
    """Write a condition in XPath, with the names and codes that ``target`` gives.

    Examples
    --------
    ``emp > 9 and tools_edr == 'yes'`` becomes
    ``${emp} != '' and ${emp} > 9 and selected(${tools}, 'edr')``.
    """

    def written(test: Test) -> str:
        match test:
            case Filled(variable, true):
                return f"{_cell(target, variable.name)} {'!=' if true else '='} ''"
            case Is(variable, code, true):
                stored = quoted(target.code(variable.name, code))
                return f"{_cell(target, variable.name)} {'=' if true else '!='} {stored}"
            case Ticked(question, code, true):
                stored = quoted(target.code(question.name, code))
                selected = f"selected({_cell(target, question.name)}, {stored})"
                return selected if true else f"not({selected})"
            case Measured(variable, operator, number):
                sign = "=" if operator == "==" else operator
                return f"{_cell(target, variable.name)} {sign} {number:.15g}"

    return write(plain(condition, instrument), written, _WORDS)


def _cell(target: Target, name: str) -> str:
    return f"${{{target.field(name)}}}"
