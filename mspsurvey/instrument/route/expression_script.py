"""A condition as LimeSurvey's ExpressionScript, for the relevance of a question.

``.NAOK`` reads an answer as blank where its question was hidden; without it, one hidden question
would hide all that ask for it, even behind an 'or'.
"""

from __future__ import annotations

from mspsurvey.condition import Condition
from mspsurvey.instrument.model import Instrument, Variable
from mspsurvey.instrument.route.plain import Filled, Is, Measured, Test, Ticked, plain, write
from mspsurvey.instrument.target import Target

_WORDS = ("and", "or", "1", "0")


def expression_script(condition: Condition, instrument: Instrument, target: Target) -> str:
    """Write a condition in ExpressionScript, with the names and codes that ``target`` gives.

    Examples
    --------
    ``emp > 9 and tools_edr == 'yes'`` becomes
    ``!is_empty(emp.NAOK) and emp.NAOK > 9 and tools_edr.NAOK == "Y"``.
    """

    def cell(variable: Variable) -> str:
        field, row = target.field(variable.question), target.field(variable.name)
        # A row of an array is read as question_row; one that stands alone by its own name.
        inside = "[" in target.columns[variable.name]
        return f"{field}_{row}.NAOK" if inside else f"{row}.NAOK"

    def written(test: Test) -> str:
        match test:
            case Filled(variable, true):
                return f"{'!' if true else ''}is_empty({cell(variable)})"
            case Is(variable, code, true):
                stored = target.code(variable.name, code)
                return f'{cell(variable)} {"==" if true else "!="} "{stored}"'
            case Ticked(question, code, true):
                box = f"{target.field(question.name)}_{target.code(question.name, code)}"
                return f'{box}.NAOK {"==" if true else "!="} "Y"'
            case Measured(variable, operator, number):
                return f"{cell(variable)} {operator} {number:.15g}"

    return write(plain(condition, instrument), written, _WORDS)
