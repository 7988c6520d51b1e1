"""Which kind of survey a table gets, and tables that are turned into pandas."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from mspsurvey.errors import DesignError
from mspsurvey.inference.backend.elsewhere import TableSurvey
from mspsurvey.inference.backend.source import Source
from mspsurvey.inference.survey import Survey

POLARS_BYTES = 2_000_000_000
"""A frame in memory up to this size is turned into pandas columns: counting on integer codes
is six to ten times faster than a grouped aggregation."""


def kind_of(table: Any) -> type[Survey]:
    """Choose the kind of survey for a table that is no pandas frame.

    Raises
    ------
    DesignError
        Where Narwhals does not know the table.
    """
    frame = nw.from_native(table, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return NearSurvey if frame.estimated_size() <= POLARS_BYTES else TableSurvey
    if isinstance(frame, nw.LazyFrame):
        return TableSurvey
    raise DesignError(
        "A table was wanted: a pandas or Polars frame, a DuckDB relation, a Spark frame.",
        f"It is a {type(table).__name__}.",
        "For Parquet files: Survey.from_parquet('answers/*.parquet', …).",
    )


class NearSurvey(Survey):
    """A survey of a frame that is in memory, but not pandas; its columns are turned."""

    def __init__(self, table: Any, **design: Any) -> None:
        source = Source(table)
        super().__init__(source.taken(source.schema.names()), **design)


def from_parquet(
    path: str | Path | Sequence[str | Path], *, memory: str, threads: int | None, **design: Any
) -> Survey:
    """Open Parquet files with DuckDB; see ``Survey.from_parquet``."""
    import duckdb  # an engine that only this way needs

    connection = duckdb.connect()
    connection.execute("SET memory_limit = $1", [memory])
    connection.execute("SET temp_directory = $1", [tempfile.gettempdir()])
    if threads is not None:
        connection.execute("SET threads = $1", [threads])
    many = isinstance(path, Sequence) and not isinstance(path, str)
    names: Any = [str(p) for p in path] if many else str(path)  # type: ignore[union-attr]
    return TableSurvey(connection.read_parquet(names), **design)
