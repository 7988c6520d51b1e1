"""The last gate: every answer is one that the questionnaire allows."""

from __future__ import annotations

import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.instrument import Instrument
from mspsurvey.schema import response_schema

FAILURES = ("resp_id", "variable", "value", "check")


def failures(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Check a responses table against its instrument, and list every failing cell.

    Parameters
    ----------
    responses : DataFrame
        Columns of ``schema.RESPONSE_PARADATA`` and the instrument's stored variables.
    instrument : Instrument
        Options and ranges.

    Returns
    -------
    DataFrame
        ``resp_id``, ``variable``, ``value``, ``check``: one row for each cell that fails.

    Raises
    ------
    DataError
        Where the table itself is not the right one: a column lacks, or is too many.
    """
    import pandera.errors  # half a second to import

    # The position finds the row again even where an id stands twice.
    table = responses.reset_index(drop=True)
    try:
        response_schema(instrument).validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in FAILURES})
    whole = cases[cases["index"].isna()]
    if len(whole):
        raise DataError(
            f"A responses table of '{instrument.name}' should have the columns of its instrument.",
            "; ".join(sorted({f"{c}: {v}" for c, v in zip(whole["check"], whole["failure_case"],
                                                          strict=True)})) + ".",
            "Build again from the raw files with `mspsurvey build`.",
        )  # fmt: skip
    return _tidy(cases, table)


def _tidy(cases: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    positions = cases["index"].astype("int64")
    tidy = pd.DataFrame(
        {
            "resp_id": table["resp_id"].iloc[positions].astype("str").to_numpy(),
            "variable": cases["column"].astype("str").to_numpy(),
            "value": cases["failure_case"].astype("str").to_numpy(),
            "check": cases["check"].astype("str").to_numpy(),
            "position": positions.to_numpy(),
        }
    )
    tidy = tidy.sort_values(["position", "variable"], kind="stable")
    return tidy.reset_index(drop=True)[[*FAILURES, "position"]]
