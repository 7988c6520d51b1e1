"""The one door of intake: ids become codes, and kept text loses names and addresses.

Nothing that intake makes is written before it has passed here (``coded_tables``).
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mspsurvey.intake.redact import FirmNames, find, redact
from mspsurvey.intake.shown import REDACTED
from mspsurvey.intake.work import Distinct
from mspsurvey.keyed import Key

KINDS = {
    "resp_id": "response", "kept_resp_id": "response", "msp_resp_id": "response",
    "sample_id": "unit", "msp_sample_id": "unit",
}  # fmt: skip
"""Columns that hold ids, and the kind that their codes are of."""
SAID = ("old", "new", "value", "values", "text", "problem", "reason", "message")
"""Columns of logs that repeat what was in a cell; personal data in one hide it whole."""


def coded_ids(column: pd.Series, kind: str, key: Key) -> pd.Series:
    """Give the code of each id; what is blank or missing stays as it is."""
    distinct = Distinct(column.astype("object").fillna("").astype("str"))
    codes = distinct.spread([key.code(kind, t) if t else "" for t in distinct.texts], "str")
    return codes.mask(column.isna().to_numpy()).set_axis(column.index).astype("str")


def coded(table: pd.DataFrame, key: Key) -> pd.DataFrame:
    """Give a table with codes in place of ids, under the same names.

    Parameters
    ----------
    table : DataFrame
        Any table; columns of ``KINDS`` are coded, and values of such variables in a log.
    key : Key
        Of the study.
    """
    new = {n: coded_ids(table[n], kind, key) for n, kind in KINDS.items() if n in table}
    if "variable" in table:
        for column in (c for c in ("old", "new", "value") if c in table):
            for name, kind in KINDS.items():
                rows = table["variable"].eq(name)
                if rows.any():
                    told = new.get(column, table[column])
                    new[column] = told.mask(rows, coded_ids(told, kind, key))
    return table.assign(**new)


def coded_tables(
    tables: Mapping[str, pd.DataFrame], key: Key, firms: FirmNames
) -> dict[str, pd.DataFrame]:
    """Code and redact tables that are about to be written.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Answers, reasons and logs, by name.
    key : Key
        Of the study.
    firms : FirmNames
        Names of the firms in frame and answers.

    Returns
    -------
    dict of str to DataFrame
        Same rows and columns. In answers that are kept as text, personal data are replaced
        by their kind; in a log, a cell with personal data reads ``REDACTED``.
    """
    return {name: _redacted(coded(table, key), firms) for name, table in tables.items()}


def _redacted(table: pd.DataFrame, firms: FirmNames) -> pd.DataFrame:
    new: dict[str, pd.Series] = {}
    for name, column in table.items():
        # Ids are codes by now, and categories are codes of options.
        if not isinstance(column.dtype, pd.StringDtype) or name in KINDS:
            continue
        distinct = Distinct(column.fillna(""))
        clean = [_without(t, firms, whole=name in SAID) for t in distinct.texts]
        if clean != distinct.texts:
            new[str(name)] = distinct.spread(clean, "str").mask(column.isna())
    return table.assign(**new)


def _without(text: str, firms: FirmNames, *, whole: bool) -> str:
    if not whole:
        return redact(text, firms)
    return REDACTED if find(text, firms) else text
