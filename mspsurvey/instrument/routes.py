"""The conditions of one questionnaire file, checked when all its questions are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mspsurvey.condition import Condition
from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.instrument.keys import Keys, Mistake, number
from mspsurvey.instrument.model import NUMBERS, Variable


@dataclass(frozen=True)
class Route:
    """One condition: where it stands, in which question, and behind how many variables."""

    condition: Condition
    key: str
    question: str
    position: int


class Routes(Keys):
    """Conditions in the order of the file, and the variables that they may name.

    Attributes
    ----------
    variables : dict of str to Variable
        Filled by whoever reads the questions, in their order.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.variables: dict[str, Variable] = {}
        self.declared: set[str] = set()
        self.all: list[Route] = []

    def declare(self, question: Mapping[str, Any]) -> None:
        """Take down the names of a question that may turn out to be unreadable."""
        rows = question.get("rows")
        for part in (question, *(rows if isinstance(rows, list) else ())):
            if isinstance(part, dict):
                self.declared.add(str(part.get("name")))

    def add(self, source: str, key: str, question: str) -> Condition:
        """Read one condition."""
        try:
            condition = Condition.parse(source, where="")
        except DefinitionError as error:
            raise self.fail(
                key, error.wanted.removeprefix(": "), error.came, error.do, rule="condition"
            ) from None
        self.all.append(Route(condition, key, question, len(self.variables)))
        return condition

    def mistakes(self) -> Iterator[Mistake]:
        """Give what is wrong with each condition, one after the other."""
        order = {name: k for k, name in enumerate(self.variables)}
        for route in self.all:
            for name in sorted(route.condition.names):
                if name in order:
                    yield from self._later(route, name, order[name])
                elif not self._unreadable(name):
                    yield self._unknown(route, name)
            yield from self._values(route)

    def _unreadable(self, name: str) -> bool:
        """Whether it belongs to a question that could not be read, which is said elsewhere."""
        read = {v.question for v in self.variables.values()}
        lost = self.declared - read - set(self.variables)
        return any(name == one or name.startswith(f"{one}_") for one in lost)

    def _unknown(self, route: Route, name: str) -> Mistake:
        return self.fail(
            route.key,
            "a route may only depend on a question that comes before it.",
            f"There is none called '{name}'.",
            did_you_mean(name, self.variables),
            rule="unknown-question",
        )

    def _later(self, route: Route, name: str, position: int) -> Iterator[Mistake]:
        if position < route.position:
            return
        itself = self.variables[name].question == route.question
        yield self.fail(
            route.key,
            "a route may only depend on a question that comes before it.",
            f"'{name}' is not among those before: it "
            f"{'belongs to the question itself' if itself else 'comes later'}.",
            rule="later-question",
        )

    def _values(self, route: Route) -> Iterator[Mistake]:
        for name, code in route.condition.codes:
            if name in self.variables:
                yield from self._code(self.variables[name], code, route.key)
        for name in sorted(route.condition.measured):
            if name in self.variables:
                yield from self._measured(self.variables[name], route.key)

    def _code(self, variable: Variable, code: str | float, key: str) -> Iterator[Mistake]:
        name = variable.name
        if not variable.options:
            if variable.kind in NUMBERS and isinstance(code, str):
                wanted = f"a number for '{name}' was wanted."
                yield self.fail(key, wanted, f"It is {code!r}.", rule="unknown-code")
        elif code in variable.missing_codes:
            yield self.fail(
                key,
                f"a code of '{name}' that is an answer was wanted.",
                f"'{code}' is a reason for having none, and data hold no such answer.",
                rule="missing-code",
            )
        elif code not in variable.levels:
            yield self.fail(
                key,
                f"a code of '{name}', in quotes, was wanted.",
                f"It has no option {code!r}.",
                did_you_mean(str(code), variable.levels),
                rule="unknown-code",
            )

    def _measured(self, variable: Variable, key: str) -> Iterator[Mistake]:
        if not measurable(variable):
            yield self.fail(
                key,
                f"'{variable.name}' should hold numbers to be compared by size.",
                f"Its answers are {', '.join(variable.levels) or variable.kind}.",
                "List the codes instead, as in: size in ['5-9', '10-19'].",
                rule="no-number",
            )


def measurable(variable: Variable) -> bool:
    """Whether a variable holds numbers, or codes that are all numbers."""
    codes = bool(variable.levels) and all(number(c) is not None for c in variable.levels)
    return variable.kind in NUMBERS or codes
