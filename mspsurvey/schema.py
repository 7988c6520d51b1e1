"""The contract of the tables that pass between the rooms.

Intake, inference and evidence do not import one another: they meet in parquet files under
``data/processed``, and this module says what stands in each. Column rules for the answers
are derived from the instrument, so that they are written once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mspsurvey.errors import DataError, NotBuiltError
from mspsurvey.files import whole
from mspsurvey.instrument import Instrument, Variable

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

RESPONSE_PARADATA: dict[str, str] = {
    "resp_id": "str",          # of the platform, unique
    "sample_id": "str",        # of the sampled unit; missing where no sample was drawn
    "row": "int64",            # record of the raw file, counted from 1
    "started": "datetime64[us, UTC]",
    "ended": "datetime64[us, UTC]",
    "duration_s": "float64",
    "status": "category",      # complete | partial
    "flags": "str",            # quality flags, separated by blanks: "C1 C3"
}  # fmt: skip
"""Columns of a responses table beside the instrument's variables, with their dtypes."""

CHANGES = ("source", "resp_id", "variable", "old", "new", "rule", "reason")
QUARANTINE = ("source", "row", "resp_id", "rule", "reason")
DUPLICATES = ("source", "row", "resp_id", "kept_resp_id", "rule", "reason")
COUNTS = ("source", "rows_in", "kept", "quarantined", "duplicates")

WEIGHT_COLUMNS = ("resp_id", "stratum", "stratum_size", "w_base", "w_nonresponse", "w_rake", "w")
"""Columns of a weights table; ``w`` is the final weight, ``stratum_size`` the fpc."""


class Processed:
    """Where each processed table lies.

    ``responses/`` is written by intake, ``classes/`` by evidence, ``weights/`` by inference;
    ``<source>.parquet`` joins the three and is what an analyst opens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def responses(self, source: str) -> Path:
        """Answers, one row a response, codes as categories."""
        return self.folder / "responses" / f"{source}.parquet"

    def missing(self, source: str) -> Path:
        """Reason for each answer that is missing; same shape as the answers."""
        return self.folder / "responses" / f"{source}_missing.parquet"

    def log(self, name: str) -> Path:
        """``changes``, ``quarantine``, ``duplicates`` or ``counts``, over all sources."""
        return self.folder / "responses" / f"{name}.parquet"

    def classes(self, source: str) -> Path:
        """Derived variables: segments, scores, levels, classes."""
        return self.folder / "classes" / f"{source}.parquet"

    def weights(self, source: str) -> Path:
        """Design variables and weights, each step a column."""
        return self.folder / "weights" / f"{source}.parquet"

    def weighting(self, source: str) -> Path:
        """Record of the steps of weighting, with diagnostics."""
        return self.folder / "weights" / f"{source}_steps.parquet"

    def joined(self, source: str) -> Path:
        """Answers, classes and weights in one table."""
        return self.folder / f"{source}.parquet"


def read_table(path: Path) -> pd.DataFrame:
    """Read one processed table; say how to make it where it is not there."""
    import pandas as pd  # slow to import, and not needed for --help

    if not path.is_file():
        raise NotBuiltError(
            f"The table {path.name} was wanted.",
            f"{path} is not there.",
            "Run `make report` (or `mspsurvey build`) first.",
        )
    return pd.read_parquet(path)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write one processed table whole or not at all, with the same bytes for the same rows."""
    with whole(path) as unfinished:
        frame.to_parquet(unfinished, index=False)


def response_schema(instrument: Instrument) -> pa.DataFrameSchema:
    """Derive the pandera schema of a responses table from its instrument.

    Codes outside the options, numbers outside the range, doubled ``resp_id`` and missing
    columns fail; free text and personal variables are not part of the table at all.
    """
    import pandera.pandas as pa  # half a second to import

    columns: dict[str, Any] = {
        name: pa.Column(None, nullable=name != "resp_id", unique=name == "resp_id", required=True)
        for name in RESPONSE_PARADATA
    }
    for variable in stored_variables(instrument):
        columns[variable.name] = pa.Column(
            None, checks=_checks(variable, pa), nullable=True, required=True,
            description=variable.text,
        )  # fmt: skip
    return pa.DataFrameSchema(columns, strict=True, name=f"{instrument.name}_responses")


def stored_variables(instrument: Instrument) -> list[Variable]:
    """Variables that may stand in processed data: neither personal nor free text."""
    hidden = ("personal", "free_text", "identifier")
    return [v for v in instrument if v.role not in hidden]


def _checks(variable: Variable, pa: Any) -> list[Any]:
    if variable.categorical:
        return [pa.Check.isin(list(variable.levels))]
    checks = []
    if variable.low is not None:
        checks.append(pa.Check.ge(variable.low))
    if variable.high is not None:
        checks.append(pa.Check.le(variable.high))
    return checks


def require_columns(frame: pd.DataFrame, names: list[str], *, table: str) -> None:
    """Raise where a table lacks a column that the next step relies on."""
    absent = [n for n in names if n not in frame.columns]
    if absent:
        raise DataError(
            f"The table {table} should have the columns {', '.join(names)}.",
            f"It lacks {', '.join(absent)}.",
            "Build again from the raw files with `mspsurvey build`.",
        )
