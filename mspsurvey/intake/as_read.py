"""A raw export as a spreadsheet would take it: no rule applied, no row set aside.

What the analysis would be without cleaning; it is computed only to be compared with.
"""

from __future__ import annotations

import pandas as pd

from mspsurvey.instrument import Variable, load_instrument
from mspsurvey.intake.mapping import map_export
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.readers.export import RawExport, to_number
from mspsurvey.schema import stored_variables
from mspsurvey.study_file import Source


def as_read(source: Source) -> pd.DataFrame:
    """Take every row of an export, and every cell that is exactly an option or a number.

    Returns
    -------
    DataFrame
        ``resp_id`` (made unique), ``sample_id`` and the stored variables; all else is missing.
    """
    instrument = load_instrument(source.instrument)
    export = read_responses(
        source.export, source.platform, codebook=source.codebook, time_zone=source.time_zone
    )
    answers = map_export(export, instrument).answers
    columns: dict[str, pd.Series] = {
        "resp_id": export.meta["row"].astype("str"),
        "sample_id": export.meta["sample_id"],
    }
    for variable in stored_variables(instrument):
        cells = answers.get(variable.name, pd.Series("", index=answers.index, dtype="str"))
        columns[variable.name] = _exactly(cells, variable, export)
    return pd.DataFrame(columns)


def _exactly(cells: pd.Series, variable: Variable, export: RawExport) -> pd.Series:
    if variable.kind == "tick":
        ticked = cells.ne("") & cells.ne(export.not_shown or "")
        codes = ticked.map({True: "yes", False: "no"})
    elif variable.categorical:
        known = {o.label: o.code for o in variable.options} | {
            o.code: o.code for o in variable.options
        }
        codes = cells.map(known)
    elif variable.kind in ("text", "date"):
        return cells.replace("", None)
    else:
        return to_number(cells)
    levels = list(variable.levels)
    kept = codes.where(codes.isin(levels))
    return pd.Series(
        pd.Categorical(kept, categories=levels, ordered=variable.ordered), index=cells.index
    )
