"""A Frictionless Table Schema (version 2.0): types, codes, ranges and reasons of missing.

It describes data in which codes stand as text, numbers as numbers and dates as dates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mspsurvey.instrument.model import NUMBERS, Instrument, Variable

PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"


def table_schema(instrument: Instrument, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Describe the columns of a table of answers.

    Parameters
    ----------
    instrument : Instrument
    names : iterable of str, optional
        Variables that the table holds, in its order; default: all, in the questionnaire's.
    """
    kept = list(instrument.variables) if names is None else list(names)
    return {
        "$schema": PROFILE,
        "title": instrument.title,
        "fields": [_field(instrument[name]) for name in kept],
        "missingValues": [""],
    }


def table_schema_json(instrument: Instrument, names: Iterable[str] | None = None) -> str:
    """Give the schema as a JSON text."""
    return json.dumps(table_schema(instrument, names), indent=2, ensure_ascii=False) + "\n"


def _field(variable: Variable) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": variable.name,
        "type": _type(variable),
        "title": variable.label,
        "description": variable.text,
    }
    if variable.options:
        answers = [o for o in variable.options if o.missing is None]
        field["categories"] = [{"value": o.code, "label": o.label} for o in answers]
        field["categoriesOrdered"] = variable.ordered
        field["missingValues"] = ["", *variable.missing_codes]
    constraints = _constraints(variable)
    return field | ({"constraints": constraints} if constraints else {})


def _type(variable: Variable) -> str:
    if variable.kind in NUMBERS:
        return "number"
    return "date" if variable.kind == "date" else "string"


def _constraints(variable: Variable) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if variable.options:
        constraints["enum"] = list(variable.levels)
    if variable.low is not None:
        constraints["minimum"] = variable.low
    if variable.high is not None:
        constraints["maximum"] = variable.high
    return constraints
