"""Surveys of tables that lie elsewhere: Polars, DuckDB, Parquet files, Spark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NoReturn

import narwhals as nw
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.errors import EstimateError
from mspsurvey.inference.backend.cells import Number, stacked
from mspsurvey.inference.backend.declared import Declared, described
from mspsurvey.inference.backend.gather import Gatherer
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
        declared, words = Declared.of(source, **design), described(design)
        coder = Coder(source.head, declared.instrument)
        gatherer = Gatherer(source, declared, coder, words)
        self._set(
            _gatherer=gatherer, _coder=coder, instrument=declared.instrument, domain="", **words
        )

    _gatherer: Gatherer

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
            f"They lie in {self._gatherer.source.engine}; only sums by sampling unit come here.",
            "Take the columns home: survey.collect(['price', 'size']).quantile('price', …).",
        )

    @cached_property
    def _everyone(self) -> Survey:
        """Cells of the domain without groups: its size and degrees of freedom."""
        if not self._gatherer.declared.summable:
            return self.collect()
        return self._gatherer.everyone()

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
                f"It is a {type(rule).__name__}, and the rows are not here.",
            )
        holds(rule, self._coder)  # checks names and codes, on a table without rows
        survey = object.__new__(TableSurvey)
        kept = {k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN}
        gatherer = self._gatherer.where(Condition.parse(rule, where="where"))
        survey._set(**kept | {"_gatherer": gatherer, "domain": gatherer.domain})
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
        if not self._gatherer.declared.summable:
            near = self.collect([*self.columns_of(item), *groups, *listed(of)])
            return ask.share(near, listed(item), groups, levels, of, wanted)
        number = None if of is None else self._gatherer.number(of, of)
        tables = []
        for name, columns in items.items():
            near = self._gatherer.classes(columns, groups, number)
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
        if not self._gatherer.declared.summable:
            return ask.total(self.collect([*items, *groups]), items, groups, levels, wanted)
        ask_for = self._gatherer
        counted = {name for name in items if ask.is_classification(self._coder, name)}
        numbers = [ask_for.number(name) for name in items if name not in counted]
        near = dict(zip((n.top for n in numbers), ask_for.numbers(numbers, groups), strict=True))
        near |= {name: ask_for.classes([name], groups, None) for name in items if name in counted}
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
        if not self._gatherer.declared.summable:
            return ask.mean(self.collect([*items, *groups]), items, groups, wanted)
        shifts = self._gatherer.looked_at(items)
        numbers = [Number(name, shift=shifts[name][0]) for name in items]
        near = self._gatherer.numbers(numbers, groups)
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
            self._gatherer.numbers([self._gatherer.number(numerator, denominator)], groups)[0]
            if self._gatherer.declared.summable
            else self.collect([numerator, denominator, *groups])
        )
        return ask.ratio(near, numerator, denominator, groups, wanted)

    def at_hand(
        self, columns: Sequence[str], *, by: Sequence[str] = (), form: str = "rows"
    ) -> Survey:
        """Take home what a question needs, sums where they are enough; see ``Survey``."""
        if form == "rows" or not self._gatherer.declared.summable:
            return self.collect([*columns, *by])
        name = columns[0]
        if form == "levels":
            return self._gatherer.classes([name], by, None)
        number = Number(name, shift=self._gatherer.looked_at([name])[name][0])
        return self._gatherer.numbers([number], by)[0]

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
        wanted = [*self._gatherer.declared.columns, *listed(columns)]
        wanted += sorted({name for c in self._gatherer.conditions for name in c.names})
        self._coder.require(wanted)
        rows = int(at_home(self._gatherer.source.frame.select(nw.len()))["len"].iloc[0])
        if rows > HOME_ROWS:
            raise EstimateError(
                f"At most {HOME_ROWS:,} rows can be taken home.",
                f"The table has {rows:,}.",
                "Name the sampling units (psu=…), so that sums by unit are enough, or take "
                "a sample of the table.",
            )
        frame = self._gatherer.source.taken(list(dict.fromkeys(wanted)))
        survey = Survey(frame, **self._gatherer.declared.options)
        for condition in self._gatherer.conditions:
            survey = survey.where(condition.source)
        return survey


_OF_DOMAIN = ("_everyone", "_count", "_degrees")
"""What is remembered of one domain and not true of another."""
