"""Surveys of tables that lie elsewhere: Polars, DuckDB, Parquet files, Spark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, reduce
from operator import and_
from typing import Any, NoReturn

import narwhals as nw
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.errors import EstimateError
from mspsurvey.inference.backend.cells import (
    BEFORE,
    WEIGHT,
    Cells,
    Number,
    Plan,
    classified,
    measured,
    stacked,
)
from mspsurvey.inference.backend.declared import Declared, described
from mspsurvey.inference.backend.source import Source, at_home
from mspsurvey.inference.design.coding import Coder
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.design.domain import holds
from mspsurvey.inference.estimator import ask
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Names, Survey, listed

HOME_ROWS = 20_000_000
"""Most rows that are taken home, where each row is a sampling unit of its own."""


class TableSurvey(Survey):
    """A survey of a table that lies elsewhere: only sums by sampling unit come home.

    ``share``, ``mean``, ``total``, ``ratio`` and ``where`` are the same as of a ``Survey``
    in memory, and give the same numbers. What needs the rows themselves (quantiles, models,
    rank tests) is asked of ``collect``.

    Parameters
    ----------
    table : object
        A Polars frame, lazy or too large for pandas; a DuckDB relation; a PySpark frame.
    **design
        As of ``Survey``; ``missing``, a frame of reasons, is for tables in memory.
    """

    def __init__(self, table: Any, **design: Any) -> None:
        source = table if isinstance(table, Source) else Source(table)
        declared = Declared.of(source, **design)
        self._set(
            _source=source,
            _declared=declared,
            _coder=Coder(source.head, declared.instrument),
            _conditions=(),
            _shifts={},
            instrument=declared.instrument,
            domain="",
            **described(design),
        )

    _source: Source
    _declared: Declared
    _conditions: tuple[Condition, ...]
    _shifts: dict[str, tuple[float, float]]

    @property
    def coder(self) -> Coder:
        """Refuse: the columns are not here."""
        self._refuse()

    @property
    def frame(self) -> pd.DataFrame:
        """Refuse: the rows are not here."""
        self._refuse()

    @property
    def design(self) -> Design:  # type: ignore[override]
        """Strata and sampling units, with one row for each unit."""
        return self._everyone.design

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what only rows have; every estimator that needs them comes by here."""
        if any(name in vars(kind).get("__annotations__", ()) for kind in Survey.__mro__):
            self._refuse()
        raise AttributeError(f"A survey has no attribute {name!r}.")

    def _refuse(self) -> NoReturn:
        raise EstimateError(
            "The rows themselves were wanted.",
            f"They lie in {self._source.engine}; only sums by sampling unit come here.",
            "Take the columns home: survey.collect(['price', 'size']).quantile('price', …).",
        )

    @cached_property
    def _everyone(self) -> Survey:
        """Cells of the domain without groups: its size and degrees of freedom."""
        if not self._declared.summable:
            return self.collect()
        return self._of(classified(self._gather(())))

    @cached_property
    def _count(self) -> int:
        return len(self._everyone)

    @cached_property
    def _degrees(self) -> int:
        return self._everyone.df

    def where(self, rule: str | pd.Series) -> TableSurvey:
        """Look at a domain and keep the whole design; see ``Survey.where``.

        Only a rule in words can be asked of a table that lies elsewhere.
        """
        if not isinstance(rule, str):
            raise EstimateError(
                "A rule in words was wanted, such as \"size == '1-4'\".",
                f"It is a {type(rule).__name__}, and the rows lie in {self._source.engine}.",
            )
        holds(rule, self._coder)  # checks names and codes, on a table without rows
        survey = object.__new__(TableSurvey)
        kept = {k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN}
        both = f"({self.domain}) and ({rule})" if self.domain else rule
        condition = Condition.parse(rule, where="where")
        survey._set(**kept | {"domain": both, "_conditions": (*self._conditions, condition)})
        return survey

    def share(
        self,
        item: Names,
        *,
        by: Names | None = None,
        level: Names | None = None,
        net: str | None = None,
        of: str | None = None,
        interval: str = "logit",
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Share of each level; see ``Survey.share``. One aggregation an item."""
        wanted, groups = ask.Interval(interval, confidence, deff), listed(by)
        levels, items = ask.Levels(level, net), self._together(listed(item))
        if not self._declared.summable:
            near = self.collect([*self.columns_of(item), *groups, *listed(of)])
            return ask.share(near, listed(item), groups, levels, of, wanted)
        number = None if of is None else self._number(of, of)
        tables = []
        for name, columns in items.items():
            near = self._classes(columns, groups, number)
            tables.append(ask.share(near, [name], groups, levels, of, wanted))
        return stacked(tables)

    def _together(self, items: Sequence[str]) -> dict[str, list[str]]:
        """Columns by item: those of a question with several answers are counted together."""
        found: dict[str, list[str]] = {}
        for item in items:
            columns = self.columns_of([item])
            question = self.instrument.questions.get(item) if self.instrument else None
            several = question is not None and question.kind == "multi"
            found |= {item: columns} if several else {name: [name] for name in columns}
        return found

    def total(
        self,
        item: Names,
        *,
        by: Names | None = None,
        level: Names | None = None,
        net: str | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Total, or count of each level; see ``Survey.total``."""
        wanted, groups = ask.Interval("mean", confidence, deff), listed(by)
        levels, items = ask.Levels(level, net), self.columns_of(item)
        if not self._declared.summable:
            return ask.total(self.collect([*items, *groups]), items, groups, levels, wanted)
        counted = {name for name in items if ask.is_classification(self._coder, name)}
        numbers = [self._number(name) for name in items if name not in counted]
        near = dict(zip((n.top for n in numbers), self._numbers(numbers, groups), strict=True))
        near |= {name: self._classes([name], groups, None) for name in items if name in counted}
        return stacked([ask.total(near[n], [n], groups, levels, wanted) for n in items])

    def mean(
        self,
        item: Names,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Mean over valid answers; see ``Survey.mean``. One aggregation for all items."""
        wanted, groups, items = (
            ask.Interval("mean", confidence, deff), listed(by), self.columns_of(item),
        )  # fmt: skip
        if not self._declared.summable:
            return ask.mean(self.collect([*items, *groups]), items, groups, wanted)
        shifts = self._looked_at(items)
        numbers = [Number(name, shift=shifts[name][0]) for name in items]
        near = self._numbers(numbers, groups)
        return stacked(
            [ask.mean(s, [n], groups, wanted) for s, n in zip(near, items, strict=True)]
        )

    def ratio(
        self,
        numerator: str,
        denominator: str,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Ratio of two totals; see ``Survey.ratio``."""
        wanted, groups = ask.Interval("mean", confidence, deff), listed(by)
        near = (
            self._numbers([self._number(numerator, denominator)], groups)[0]
            if self._declared.summable
            else self.collect([numerator, denominator, *groups])
        )
        return ask.ratio(near, numerator, denominator, groups, wanted)

    def at_hand(
        self, columns: Sequence[str], *, by: Sequence[str] = (), form: str = "rows"
    ) -> Survey:
        """Take home what a question needs, sums where they are enough; see ``Survey``."""
        if form == "rows" or not self._declared.summable:
            return self.collect([*columns, *by])
        name = columns[0]
        if form == "levels":
            return self._classes([name], by, None)
        number = Number(name, shift=self._looked_at([name])[name][0])
        return self._numbers([number], by)[0]

    def collect(self, columns: Names = ()) -> Survey:
        """Take columns home, with those of the design: a ``Survey`` in memory.

        Parameters
        ----------
        columns : str or list of str
            Columns that are wanted besides those of the design and of the domain.

        Raises
        ------
        EstimateError
            Where the table has more than ``HOME_ROWS`` rows.
        """
        wanted = [*self._declared.columns, *listed(columns)]
        wanted += sorted({name for c in self._conditions for name in c.names})
        self._coder.require(wanted)
        rows = int(at_home(self._source.frame.select(nw.len()))["len"].iloc[0])
        if rows > HOME_ROWS:
            raise EstimateError(
                f"At most {HOME_ROWS:,} rows can be taken home.",
                f"The table has {rows:,}.",
                "Name the sampling units (psu=…), so that sums by unit are enough, or take "
                "a sample of the table.",
            )
        frame = self._source.taken(list(dict.fromkeys(wanted)))
        survey = Survey(frame, **self._declared.options)
        for condition in self._conditions:
            survey = survey.where(condition.source)
        return survey

    def _classes(self, names: Sequence[str], by: Sequence[str], number: Number | None) -> Survey:
        """Cells of classifications; with a number, of that number by their levels."""
        keys = [*by, *names]
        self._coder.require(keys)
        if number is None:
            return self._of(classified(self._gather(keys)))
        if number.bottom == number.top:
            ask.refuse_negative(number.top, min(0.0, self._looked_at([number.top])[number.top][1]))
        return self._of(self._measured([number], keys)[0], number)

    def _numbers(self, numbers: Sequence[Number], by: Sequence[str]) -> list[Survey]:
        """Cells of several numbers, from one aggregation."""
        if not numbers:
            return []
        self._coder.require(by)
        found = self._measured(numbers, by)
        return [self._of(c, n) for c, n in zip(found, numbers, strict=True)]

    def _measured(self, numbers: Sequence[Number], by: Sequence[str]) -> list[Cells]:
        keys = self._keys(by)
        home = self._plan().gather(self._source, keys, numbers, self.instrument)
        return [measured(home, number, k, keys) for k, number in enumerate(numbers)]

    def _number(self, top: str, bottom: str | None = None) -> Number:
        """Name what is summed, where it is a number."""
        for name in (top, bottom):
            if name is not None:
                self._coder.numbers(name)  # raises where the column holds text
        return Number(top, bottom)

    def _looked_at(self, names: Sequence[str]) -> dict[str, tuple[float, float]]:
        """Plain mean and minimum of each number; 0 where there is none."""
        new = [n for n in dict.fromkeys(names) if n not in self._shifts]
        if new:
            for name in new:
                self._coder.numbers(name)
            expressions = []
            for k, name in enumerate(new):
                number = self._source.number(name, self._coder.variable(name))
                expressions += [number.mean().alias(f"mean{k}"), number.min().alias(f"min{k}")]
            home = at_home(self._source.frame.select(*expressions)).astype("float64").fillna(0.0)
            for k, name in enumerate(new):
                pair = float(home[f"mean{k}"].iloc[0]), float(home[f"min{k}"].iloc[0])
                self._shifts[name] = pair
        return {name: self._shifts[name] for name in names}

    def _keys(self, names: Sequence[str]) -> list[str]:
        return list(dict.fromkeys([*self._declared.units, *self._declared.raked_to, *names]))

    def _gather(self, names: Sequence[str]) -> pd.DataFrame:
        return self._plan().gather(self._source, self._keys(names), (), self.instrument)

    def _plan(self) -> Plan:
        declared, source = self._declared, self._source
        rules = declared.counts(source) + [source.holds(c) for c in self._conditions]
        inside = reduce(and_, rules) if rules else None
        return Plan(declared.weight(source), declared.before(source), inside, declared.fpc)

    def _of(self, cells: Cells, number: Number | None = None) -> Survey:
        """Make a survey of cells that speaks of this one's domain."""
        declared = self._declared
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
            **{name: getattr(self, name) for name in _WORDS},
        )
        if number is not None:
            cells.prepare(survey.coder, number)
        return survey


_OF_DOMAIN = ("_everyone", "_count", "_degrees")
"""What is remembered of one domain and not true of another."""
_WORDS = ("sample_type", "population", "synthetic", "weight")
