"""Parameters of a notebook, by papermill's convention: a tagged cell, and one put after it."""

from __future__ import annotations

import ast
import math
import os
from collections.abc import Mapping
from typing import Any

from mspsurvey.errors import PublicationError, did_you_mean

PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"


def inject(
    notebook: dict[str, Any], parameters: Mapping[str, Any], *, name: str
) -> dict[str, Any]:
    """Give a notebook with the parameters assigned after its ``parameters`` cell.

    Raises
    ------
    PublicationError
        Where there is no such cell, it does not assign a given name, or a value is not one
        that can be written as Python source.
    """
    if not parameters:
        return notebook
    cells = [c for c in notebook["cells"] if INJECTED_TAG not in _tags(c)]
    places = [i for i, c in enumerate(cells) if PARAMETERS_TAG in _tags(c)]
    if not places:
        raise PublicationError(
            f"{name}: a cell tagged '{PARAMETERS_TAG}' was wanted for the parameters given.",
            "No cell has the tag.",
            "Tag the cell that assigns the parameters (gear icon in JupyterLab).",
        )
    known = assigned_names(_source(cells[places[0]]))
    for parameter in parameters:
        if parameter not in known:
            raise PublicationError(
                f"{name}: a parameter of this notebook was wanted.",
                f"It has none called '{parameter}'.",
                did_you_mean(parameter, known),
            )
    lines = [f"{key} = {_literal(value, key, name)}" for key, value in parameters.items()]
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": INJECTED_TAG,
        "metadata": {"tags": [INJECTED_TAG]},
        "execution_count": None,
        "outputs": [],
        "source": "\n".join(lines),
    }
    return {**notebook, "cells": [*cells[: places[0] + 1], cell, *cells[places[0] + 1 :]]}


def assigned_names(source: str) -> list[str]:
    """Names that the top level of a piece of Python assigns, in order."""
    names: list[str] = []
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            names += [p.id for p in parts if isinstance(p, ast.Name)]
    return names


def _tags(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _literal(value: Any, key: str, name: str) -> str:
    plain = str(value) if isinstance(value, os.PathLike) else value
    finite = not isinstance(plain, float) or math.isfinite(plain)
    try:
        same = finite and ast.literal_eval(repr(plain)) == plain
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise PublicationError(
            f"{name}: the parameter '{key}' should be text, a finite number, true or false, "
            "None, or a list or dict of these.",
            f"It is {type(value).__name__} {value!r}.",
        )
    return repr(plain)
