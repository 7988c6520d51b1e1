"""When a question is asked on a platform: its own route, and eligibility behind the screener."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mspsurvey.condition import Comparison, Condition
from mspsurvey.instrument.model import RECORDED, SCREENER, Instrument, Question, Variable
from mspsurvey.instrument.target import asked
from mspsurvey.instrument.write.texts import other_option


@dataclass(frozen=True)
class Block:
    """One block as it is fielded: its questions, and who comes to it."""

    name: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    ask_if: Condition | None
    recorded: bool


def blocks(instrument: Instrument) -> Iterator[Block]:
    """Give the blocks that have questions to ask, in order."""
    for name, title in instrument.blocks.items():
        questions = tuple(q for q in asked(instrument) if q.block == name)
        if questions:
            open_to_all = name in (SCREENER, RECORDED)
            yield Block(
                name,
                title,
                instrument.intros.get(name, ""),
                questions,
                None if open_to_all else instrument.eligible_if,
                name == RECORDED,
            )


def route(variable: Variable, question: Question, instrument: Instrument) -> Condition | None:
    """Condition of one variable; words beside 'other' are asked of those who chose it."""
    code = other_option(question)
    if variable.name != question.other or code is None:
        return variable.ask_if
    if question.kind == "multi":
        chosen = Comparison(f"{question.name}_{code}", "==", ("yes",))
    elif question.name in instrument:
        chosen = Comparison(question.name, "==", (code,))
    else:
        return variable.ask_if
    source = f"{chosen.name} == {chosen.constants[0]!r}"
    return Condition.both(variable.ask_if, Condition(source, chosen))


def same_route(variables: list[Variable]) -> bool:
    """Whether all variables are asked of the same people."""
    return len({v.ask_if for v in variables}) == 1
