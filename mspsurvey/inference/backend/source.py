"""One table, wherever it lies, as expressions: columns, numbers, conditions, grouped sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from mspsurvey.condition import Condition
from mspsurvey.errors import DesignError, EstimateError
from mspsurvey.instrument import Variable

MOST_CELLS = 10_000_000
"""Largest number of groups that is taken home; it takes about 1 GB."""


class Source:
    """A table that can be asked for grouped sums.

    Parameters
    ----------
    table : object
        Anything that Narwhals takes as a lazy or eager frame: a Polars frame, a DuckDB
        relation, a PySpark frame.
    """

    def __init__(self, table: Any) -> None:
        frame: nw.LazyFrame[Any] = nw.from_native(table).lazy()
        # Whether the native frame is in memory or a plan, its schema says what it holds.
        self.schema = frame.collect_schema()
        taken = [name for name in self.schema.names() if name.startswith("_msp_") or name == "*"]
        if taken:
            raise DesignError(
                "Names of columns that begin with '_msp_' are kept for sums, and '*' stands for "
                "all columns.",
                f"The table has {taken[0]!r}.",
                "Rename it.",
            )
        # Engines read more into a name than its letters: a dot, a quote, a case, a blank.
        self._inner = {name: f"_msp_c{k}" for k, name in enumerate(self.schema.names())}
        self.frame = frame.rename(self._inner)

    def _column(self, name: str) -> nw.Expr:
        return nw.col(self._inner[name])

    @property
    def engine(self) -> str:
        """Name of the engine, such as ``duckdb``."""
        return str(self.frame.implementation.value).lower()

    @cached_property
    def head(self) -> pd.DataFrame:
        """All columns with their types, and no row."""
        return self.taken(self.schema.names(), self.frame.head(0))

    def taken(self, names: Sequence[str], frame: nw.LazyFrame[Any] | None = None) -> pd.DataFrame:
        """Take columns home as a pandas frame."""
        chosen = (self.frame if frame is None else frame).select(*map(self.key, names))
        return at_home(chosen).set_axis(list(names), axis=1)

    def key(self, name: str) -> nw.Expr:
        """Give a column as it is grouped by."""
        column = self._column(name)
        # Categories of this Polars type have no order of their own; those of an Enum have.
        return column.cast(nw.String) if self.schema[name] == nw.Categorical else column

    def number(self, name: str, variable: Variable | None = None) -> nw.Expr:
        """Give a column as numbers: null where it is missing or not finite.

        Codes of an instrument's classification count as the values of their options.
        """
        if variable is not None and variable.categorical:
            return self._values(name, variable)
        number = self._column(name).cast(nw.Float64)
        return nw.when(number.is_finite()).then(number)

    def _values(self, name: str, variable: Variable) -> nw.Expr:
        text = self._column(name).cast(nw.String)
        value: nw.Expr | None = None
        for code, number in variable.values.items():  # noqa: PD011 (of the instrument)
            chosen = nw.when(text == code).then(nw.lit(float(number)))
            value = chosen if value is None else chosen.otherwise(value)
        assert value is not None
        return value

    def holds(self, condition: Condition) -> nw.Expr:
        """Give a condition as an expression that is never null; missing satisfies none."""
        holds: nw.Expr = condition.evaluate(self._compare)
        return holds

    def _compare(self, name: str, operator: str, values: Sequence[str | float]) -> nw.Expr:
        column, kind = self._column(name), self.schema[name]
        present = ~column.is_null()
        if kind.is_float():
            present = present & ~column.is_nan()
        if operator in ("<", "<=", ">", ">="):
            number, bound = column.cast(nw.Float64), float(values[0])
            compared = {
                "<": number < bound,
                "<=": number <= bound,
                ">": number > bound,
                ">=": number >= bound,
            }
            return nw.coalesce(compared[operator] & present, nw.lit(False))
        of_kind = [v for v in values if isinstance(v, str) != kind.is_numeric()]
        if not kind.is_numeric():
            column = column.cast(nw.String)
        among = column.is_in(of_kind) if of_kind else nw.lit(False)
        if operator in ("!=", "not in"):
            among = ~among
        return nw.coalesce(among & present, nw.lit(False))

    def summed(
        self,
        keys: Sequence[str],
        rows: Mapping[str, nw.Expr],
        sums: Mapping[str, str],
        products: Mapping[str, nw.Expr] | None = None,
    ) -> pd.DataFrame:
        """Ask for one grouped aggregation and take its result home.

        Parameters
        ----------
        keys : sequence of str
            Columns to group by: of the table, or of ``rows``.
        rows : mapping of str to expression
            Columns that are made first, one value a row.
        sums : mapping of str to str
            What is done with a column within a group: ``sum``, ``min``, ``max``.
        products : mapping of str to expression, optional
            Columns that are made of ``rows``, so that these are worked out only once.

        Returns
        -------
        DataFrame
            A row each group: the keys, and the sums under the names of their columns.

        Raises
        ------
        EstimateError
            Where there are too many groups to take home.
        """
        made = {name: self.key(name) for name in keys if name not in rows} | dict(rows)
        inner = {name: self._inner.get(name, name) for name in (*made, *(products or ()))}
        chosen = self.frame.select(*(e.alias(inner[name]) for name, e in made.items()))
        if products:
            chosen = chosen.with_columns(*(e.alias(name) for name, e in products.items()))
        wanted = [getattr(nw.col(inner[name]), how)() for name, how in sums.items()]
        by = [inner[name] for name in keys]
        grouped = chosen.group_by(*by).agg(*wanted) if by else chosen.select(*wanted)
        home = at_home(grouped.head(MOST_CELLS + 1))
        home = home.rename(columns={code: name for name, code in inner.items()})
        if len(home) > MOST_CELLS:
            raise EstimateError(
                f"At most {MOST_CELLS:,} groups can be taken home.",
                f"Grouping by {', '.join(keys)} gives more.",
                "Ask for fewer groups at a time, or group the values of a measurement first.",
            )
        return home


def at_home(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """Fetch a frame into pandas."""
    table: pa.Table = frame.collect(backend="pyarrow").to_native()
    # Without it, truth values with gaps would come as objects.
    home: pd.DataFrame = table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return home
