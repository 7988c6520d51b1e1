"""Questions to a table that lies elsewhere, answered by surveys of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Any

import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference.backend.cells import (
    BEFORE,
    WEIGHT,
    Cells,
    Number,
    Plan,
    classified,
    measured,
)
from mspsurvey.inference.backend.declared import Declared
from mspsurvey.inference.backend.source import Source, at_home
from mspsurvey.inference.design.coding import Coder
from mspsurvey.inference.estimator import ask
from mspsurvey.inference.survey import Survey


@dataclass(frozen=True)
class Gatherer:
    """What is asked of a table, and how: its design, and the domain that is looked at.

    Attributes
    ----------
    source : Source
    declared : Declared
    coder : Coder
        Of the table's head: names and types of columns, and no row.
    words : mapping
        What the surveys that are made say of themselves besides the domain.
    conditions : tuple of Condition
        All of them hold in the domain.
    looked : dict
        Plain mean and minimum of numbers that were looked at, kept for all domains.
    """

    source: Source
    declared: Declared
    coder: Coder
    words: Mapping[str, Any]
    conditions: tuple[Condition, ...] = ()
    looked: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)

    @property
    def domain(self) -> str:
        """The conditions in words."""
        words = [condition.source for condition in self.conditions]
        return reduce(lambda one, two: f"({one}) and ({two})", words) if words else ""

    def where(self, condition: Condition) -> Gatherer:
        """Look at a part of the domain."""
        return replace(self, conditions=(*self.conditions, condition))

    def everyone(self) -> Survey:
        """Cells of the domain without groups."""
        return self._of(classified(self._gather(())))

    def classes(self, names: Sequence[str], by: Sequence[str], number: Number | None) -> Survey:
        """Cells of classifications; with a number, of that number by their levels."""
        keys = [*by, *names]
        self.coder.require(keys)
        if number is None:
            return self._of(classified(self._gather(keys)))
        if number.bottom == number.top:
            ask.refuse_negative(number.top, min(0.0, self.looked_at([number.top])[number.top][1]))
        return self._of(self._measured([number], keys)[0], number)

    def numbers(self, numbers: Sequence[Number], by: Sequence[str]) -> list[Survey]:
        """Cells of several numbers, from one aggregation."""
        if not numbers:
            return []
        self.coder.require(by)
        found = self._measured(numbers, by)
        return [self._of(c, n) for c, n in zip(found, numbers, strict=True)]

    def _measured(self, numbers: Sequence[Number], by: Sequence[str]) -> list[Cells]:
        keys = self._keys(by)
        home = self._plan().gather(self.source, keys, numbers, self.declared.instrument)
        return [measured(home, number, k, keys) for k, number in enumerate(numbers)]

    def number(self, top: str, bottom: str | None = None) -> Number:
        """Name what is summed, where it is a number."""
        for name in (top, bottom):
            if name is not None:
                self.coder.numbers(name)  # raises where the column holds text
        return Number(top, bottom)

    def looked_at(self, names: Sequence[str]) -> dict[str, tuple[float, float]]:
        """Plain mean and minimum of each number; 0 where there is none."""
        new = [n for n in dict.fromkeys(names) if n not in self.looked]
        if new:
            for name in new:
                self.coder.numbers(name)
            expressions = []
            for k, name in enumerate(new):
                number = self.source.number(name, self.coder.variable(name))
                expressions += [number.mean().alias(f"mean{k}"), number.min().alias(f"min{k}")]
            home = at_home(self.source.frame.select(*expressions)).astype("float64").fillna(0.0)
            for k, name in enumerate(new):
                pair = float(home[f"mean{k}"].iloc[0]), float(home[f"min{k}"].iloc[0])
                self.looked[name] = pair
        return {name: self.looked[name] for name in names}

    def _keys(self, names: Sequence[str]) -> list[str]:
        return list(dict.fromkeys([*self.declared.units, *self.declared.raked_to, *names]))

    def _gather(self, names: Sequence[str]) -> pd.DataFrame:
        return self._plan().gather(self.source, self._keys(names), (), self.declared.instrument)

    def _plan(self) -> Plan:
        declared, source = self.declared, self.source
        rules = declared.counts(source) + [source.holds(c) for c in self.conditions]
        inside = reduce(and_, rules) if rules else None
        return Plan(declared.weight(source), declared.before(source), inside, declared.fpc)

    def _of(self, cells: Cells, number: Number | None = None) -> Survey:
        """Make a survey of cells that speaks of this one's domain."""
        declared = self.declared
        survey = Survey(cells.frame, **declared.of_cells(WEIGHT, BEFORE))
        # One cell a unit looks as if each row were one; it is a sum all the same.
        design = replace(
            survey.design, group=survey.design.unit, elementary=False,
            number=cells.number, squares=cells.squares,
        )  # fmt: skip
        survey._set(
            design=design,
            within=cells.within,
            domain=self.domain,
            _domain=cells.inside & (design.weights > 0),
            **self.words,
        )
        if number is not None:
            cells.prepare(survey.coder, number)
        return survey
