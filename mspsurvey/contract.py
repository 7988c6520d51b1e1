"""The public contract of the processed tables, as pandera schemas made from the instrument.

Each table is held against its contract when it is written, so that a room relies on what the
room before it promised. Findings about single answers are made by ``intake.validate``, which
can say what pandera cannot: that an answer lacks though it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mspsurvey.errors import DataError
from mspsurvey.instrument import MISSING_REASONS, Instrument, Variable
from mspsurvey.schema import RESPONSE_PARADATA, WEIGHT_COLUMNS, stored_variables

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

_SAID_AT_MOST = 5


def responses_contract(instrument: Instrument) -> pa.DataFrameSchema:
    """Answers: codes are options, numbers in range, ``resp_id`` unique, no other column.

    Free text and personal variables are not part of the table at all.
    """
    paradata = {name: _column(nullable=name != "row") for name in RESPONSE_PARADATA}
    answers = {v.name: _answer(v) for v in stored_variables(instrument)}
    return _schema({**paradata, **answers, "resp_id": _id()}, f"{instrument.name}_responses")


def missing_contract(instrument: Instrument) -> pa.DataFrameSchema:
    """Reasons: one of ``MISSING_REASONS``, or missing itself where there is an answer.

    Variables that are not stored have reasons too.
    """
    import pandera.pandas as pa  # half a second to import

    known = [pa.Check.isin(list(MISSING_REASONS))]
    reasons = {v.name: _column(checks=known) for v in instrument}
    return _schema({"resp_id": _id(), **reasons}, f"{instrument.name}_missing")


def classes_contract(derived: Iterable[Variable], *, name: str) -> pa.DataFrameSchema:
    """Derived variables: each as it is described."""
    return _schema({"resp_id": _id(), **{v.name: _answer(v) for v in derived}}, f"{name}_classes")


def weights_contract(*, name: str) -> pa.DataFrameSchema:
    """Weights: above nought at every step."""
    import pandera.pandas as pa  # half a second to import

    above = {c: [pa.Check.gt(0)] for c in WEIGHT_COLUMNS if c.startswith("w")}
    columns = {c: _column(nullable=False, checks=above.get(c)) for c in WEIGHT_COLUMNS}
    return _schema({**columns, "resp_id": _id()}, f"{name}_weights")


def joined_contract(instrument: Instrument, *, weighted: bool) -> pa.DataFrameSchema:
    """Answers, classes and weights side by side; columns of a linked source may follow.

    Parameters
    ----------
    instrument : Instrument
        With its derived variables.
    weighted : bool
        Whether the source has weights.
    """
    paradata = {name: _column() for name in RESPONSE_PARADATA}
    weights = {c: _column(nullable=False) for c in WEIGHT_COLUMNS[2:]} if weighted else {}
    answers = {v.name: _answer(v) for v in stored_variables(instrument)}
    columns = {**paradata, **answers, **weights, "resp_id": _id()}
    return _schema(columns, f"{instrument.name}_joined", strict=False)


def hold(frame: pd.DataFrame, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """Hold a table against its contract, and give it back.

    Raises
    ------
    DataError
        With the first things that are wrong, and how many there are.
    """
    import pandera.errors  # half a second to import

    try:
        contract.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        said = [_said(row) for row in cases.head(_SAID_AT_MOST).to_dict("records")]
        more = f"; and {len(cases) - len(said):,} more" if len(cases) > len(said) else ""
        raise DataError(
            f"The table {contract.name} should keep its contract.",
            f"{'; '.join(said)}{more}.",
            "Build again from the raw files with `mspsurvey build`; if it comes back, please "
            "report it.",
        ) from None
    return frame


def _said(row: dict[Any, Any]) -> str:
    if row["schema_context"] == "DataFrameSchema":
        return f"{row['check']}: {row['failure_case']}"
    return f"{row['column']}: {row['check']}"


def _schema(columns: dict[str, Any], name: str, *, strict: bool = True) -> pa.DataFrameSchema:
    import pandera.pandas as pa  # half a second to import

    return pa.DataFrameSchema(columns, strict=strict, name=name)


def _column(
    *, nullable: bool = True, checks: list[Any] | None = None, **options: Any
) -> pa.Column:
    import pandera.pandas as pa  # half a second to import

    return pa.Column(None, checks=checks or [], nullable=nullable, required=True, **options)


def _id() -> pa.Column:
    return _column(nullable=False, unique=True)


def _answer(variable: Variable) -> pa.Column:
    """Say what may stand in the column of one variable."""
    import pandera.pandas as pa  # half a second to import

    checks = []
    if variable.categorical:
        checks.append(pa.Check.isin(list(variable.levels)))
    else:
        if variable.low is not None:
            checks.append(pa.Check.ge(variable.low))
        if variable.high is not None:
            checks.append(pa.Check.le(variable.high))
    return _column(checks=checks, description=variable.text)
