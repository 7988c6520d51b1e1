"""The instrument of a public-use file: what its columns are, for DDI and codebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mspsurvey.instrument import Instrument, Option, Question, Variable
from mspsurvey.publish.release.plan import Recoding
from mspsurvey.publish.release.public_file import ID, QUARTER, WEIGHT, PublicFile

_ADDED = {
    ID: ("number", "Number of the record; it says nothing of the respondent."),
    QUARTER: ("text", "Quarter of the year in which the answers were given."),
    WEIGHT: ("number", "Weight: mean of the records that are alike in all keys."),
}


def described(made: PublicFile, instrument: Instrument) -> Instrument:
    """Reduce an instrument to the columns of a file, with the codes that it has.

    Parameters
    ----------
    made : PublicFile
    instrument : Instrument
        With derived variables.
    """
    names = [str(n) for n in made.frame.columns]
    steps = {step.variable: step for step in made.keys.done if step.to}
    variables = {n: _variable(n, names, steps, instrument) for n in names}
    variables |= {n: _cut_off(variables[n], top) for n, top in made.tops.items()}
    questions = {
        name: replace(question, variables=tuple(v for v in question.variables if v in variables))
        for name, question in instrument.questions.items()
        if any(v in variables for v in question.variables)
    }
    return replace(instrument, variables=variables, questions=_with_all(questions, variables))


def _variable(
    name: str, names: list[str], steps: Mapping[str, Recoding], instrument: Instrument
) -> Variable:
    if name not in instrument:
        kind, text = _ADDED[name]
        return Variable(name, text, text.split(":")[0].rstrip("."), kind, name)
    variable = instrument[name]
    if name in steps:
        to = steps[name].to
        words = {c: " or ".join(variable.labels.get(o, o) for o in old) for c, old in to.items()}
        variable = replace(variable, options=tuple(Option(c, w) for c, w in words.items()))
    asked = variable.ask_if
    # A route by a question that is left out cannot be followed in the file.
    return replace(variable, ask_if=asked if asked and asked.names <= set(names) else None)


def _cut_off(variable: Variable, top: float) -> Variable:
    note = f"Two significant figures, rare numbers as the median of near ones; {top:g} is or more."
    return replace(variable, text=f"{variable.text} ({note})", high=top)


def _with_all(
    questions: Mapping[str, Question], variables: Mapping[str, Variable]
) -> dict[str, Question]:
    """Give each variable that belongs to no question one of its own."""
    asked = {v for question in questions.values() for v in question.variables}
    own = {
        n: Question(n, v.text, v.kind, v.block, (n,), options=v.options)
        for n, v in variables.items()
        if n not in asked
    }
    return {**own, **questions}
