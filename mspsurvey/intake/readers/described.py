"""An export with the columns that its codebook describes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mspsurvey.intake.readers.export import RawExport, choice_table


def with_columns(export: RawExport, columns: pd.DataFrame) -> RawExport:
    """Give an export a new table of columns, and sort its cells by the new names and roles.

    Parameters
    ----------
    export : RawExport
        As read.
    columns : DataFrame
        Like ``export.columns``, row by row, with other names, wording or roles.

    Returns
    -------
    RawExport
        Answers that have become ``personal`` stand there; those that have become ``meta`` are
        no longer among the answers.
    """
    new = dict(zip(export.columns["name"], columns["name"], strict=True))
    role = dict(zip(columns["name"], columns["role"], strict=True))
    answers = export.answers.rename(columns=new)
    left = [n for n in answers if role[n] not in ("personal", "meta")]
    hidden = [n for n in answers if role[n] == "personal"]
    personal = pd.concat([export.personal.rename(columns=new), answers[hidden]], axis=1)
    return replace(export, answers=answers[left], personal=personal, columns=columns)


def with_description(
    export: RawExport,
    rows: Sequence[Mapping[Hashable, Any]],
    choices: Sequence[tuple[str, str, str, str]],
    found: Sequence[object | None],
) -> RawExport:
    """Give an export what a codebook says of its columns; their names and places stay.

    Parameters
    ----------
    export : RawExport
        As read.
    rows : sequence of mapping
        Rows of ``export.columns``, with other wording, choices or roles.
    choices : sequence of (name, code, label, missing)
    found : sequence
        What the codebook has for each column; None where it has nothing.
    """
    return replace(
        export,
        columns=pd.DataFrame(list(rows), columns=list(export.columns), dtype="str"),
        choices=choice_table(choices),
        problems=[*export.problems, *not_described(export, [f is not None for f in found])],
    )


def not_described(export: RawExport, found: list[bool]) -> list[str]:
    """Report answer columns that a codebook does not have: added by hand, or of a version."""
    odd = [
        header
        for header, role, known in zip(
            export.columns["header"], export.columns["role"], found, strict=True
        )
        if not known and role in ("answer", "text", "order")
    ]
    if not odd:
        return []
    shown = ", ".join(repr(h[:40]) for h in odd[:5]) + (", …" if len(odd) > 5 else "")
    return [f"{len(odd)} columns are not in the codebook: {shown}"]


def as_written(
    answers: pd.DataFrame, choices: list[tuple[str, str, str, str]]
) -> list[tuple[str, str, str, str]]:
    """Give choices the codes that stand in the cells: labels, where an export is in words.

    An export has either codes or labels throughout, so that all columns are asked together: a
    label such as "1" may be the code of another choice.

    Parameters
    ----------
    answers : DataFrame of str
        Cells of the export.
    choices : list of (name, code, label, missing)
        As the codebook has them.
    """
    codes: dict[str, set[str]] = {}
    labels: dict[str, set[str]] = {}
    for name, code, label, _ in choices:
        codes.setdefault(name, set()).add(code)
        labels.setdefault(name, set()).add(label)
    coded = worded = 0
    for name in codes:
        cells = set(answers[name].str.strip()) - {""} if name in answers else set()
        coded += len(cells & codes[name])
        worded += len(cells & labels[name])
    if worded <= coded:
        return choices
    return [(name, label, label, missing) for name, _, label, missing in choices]
