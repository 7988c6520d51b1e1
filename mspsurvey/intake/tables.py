"""The tables that leave intake: answers in their final types, and reasons beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.instrument import MISSING_REASONS, Variable
from mspsurvey.intake.work import Work
from mspsurvey.schema import RESPONSE_PARADATA, stored_variables

STATUSES = ("complete", "partial")


def response_table(work: Work, flags: pd.Series) -> pd.DataFrame:
    """Make the responses table of one source.

    Returns
    -------
    DataFrame
        ``schema.RESPONSE_PARADATA`` first, then every stored variable of the instrument.
    """
    meta = work.meta.assign(
        status=pd.Categorical(work.meta["completion"], categories=list(STATUSES)), flags=flags
    )
    columns: dict[str, pd.Series] = {}
    for name, dtype in RESPONSE_PARADATA.items():
        columns[name] = meta[name].astype(pd.api.types.pandas_dtype(dtype))
    columns["sample_id"] = columns["sample_id"].replace("", None).astype("str")
    for variable in stored_variables(work.instrument):
        columns[variable.name] = _final(work.answers[variable.name], variable)
    return pd.DataFrame(columns).reset_index(drop=True)


def _final(column: pd.Series, variable: Variable) -> pd.Series:
    if variable.categorical:
        values = pd.Categorical(column, categories=list(variable.levels), ordered=variable.ordered)
        return pd.Series(values, index=column.index)
    if variable.kind == "text":
        return column.replace("", None).astype("str")
    return column


def missing_table(work: Work) -> pd.DataFrame:
    """Make the table of reasons: ``resp_id`` and a reason for each missing answer.

    It also has the variables that are not stored: "redacted" says that there was an answer.
    """
    names = [v.name for v in work.instrument]
    place = {reason: k for k, reason in enumerate(MISSING_REASONS)}
    columns: dict[str, pd.Series] = {"resp_id": work.meta["resp_id"].astype("str")}
    for name in names:
        codes, reasons = pd.factorize(work.missing[name])
        codes = np.array([place.get(str(reason), -1) for reason in reasons])[codes]
        values = pd.Categorical.from_codes(codes, categories=pd.Index(list(MISSING_REASONS)))
        columns[name] = pd.Series(values, index=work.missing.index)
    return pd.DataFrame(columns).reset_index(drop=True)
