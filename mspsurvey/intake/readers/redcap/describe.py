"""What the data dictionary says of the columns of its export: names, wording, choices, roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.described import not_described, with_columns
from mspsurvey.intake.readers.export import RawExport, choice_table, unique_names
from mspsurvey.intake.readers.headings import in_order
from mspsurvey.intake.readers.redcap.columns import SYSTEM
from mspsurvey.intake.readers.redcap.dictionary import (
    DictionaryField,
    Expected,
    columns_of,
    read_dictionary,
)

_SYSTEM_NAMES = {kind: name for name, kind in reversed(SYSTEM.items()) if "_" in name}
_COMMA = r"[+-]?\d+,\d+"


def describe(export: RawExport, path: Path) -> RawExport:
    """Name the columns as the project does, and add its wording, choices and roles.

    Parameters
    ----------
    export : RawExport
        As read from the export, raw or with labels.
    path : Path
        The data dictionary.

    Raises
    ------
    ReadError
        Where the file is no dictionary, or no column of the export is in it.
    """
    fields = read_dictionary(path)
    expected = columns_of(fields)
    main = _described(export, expected)
    if main is None:
        raise ReadError(
            f"{path.name} should be the dictionary of the export.",
            f"None of its {len(fields)} fields is a column there.",
            "Download the dictionary of the same project.",
        )
    linked = {}
    for name, table in export.linked.items():
        found = _described(table, expected)
        linked[_form(found, fields) or name if found else name] = found or table
    return replace(main, linked=linked)


def _form(table: RawExport, fields: Sequence[DictionaryField]) -> str:
    """Name the form that most of a table's columns belong to."""
    forms = {f.name: f.form for f in fields[1:]}
    count = Counter(forms[i] for i in table.columns["id"].str.split("___").str[0] if i in forms)
    return count.most_common(1)[0][0] if count else ""


def _described(export: RawExport, expected: Sequence[Expected]) -> RawExport | None:
    """Describe one table; None where it shares no field with the dictionary."""
    headers = list(export.columns["header"])
    found = _match(headers, expected)
    if not any(e is not None and e.field for e in found):
        return None
    rows = export.columns.to_dict("records")
    for row, entry in zip(rows, found, strict=True):
        _describe_row(row, entry)
    names = unique_names([r["name"] for r in rows], [""] * len(rows))
    columns = pd.DataFrame(rows, columns=list(export.columns), dtype="str")
    result = with_columns(export, columns.assign(name=pd.array(names, dtype="str")))
    by_name = {
        name: entry.field
        for name, entry in zip(names, found, strict=True)
        if entry and entry.field and not entry.code and name in result.answers
    }
    return replace(
        result,
        choices=choice_table(_choices(result.answers, by_name)),
        problems=[
            *export.problems,
            *not_described(export, [e is not None for e in found]),
            *_decimal_commas(result.answers, by_name),
        ],
    )


def _match(headers: list[str], expected: Sequence[Expected]) -> list[Expected | None]:
    """Find the entry of each heading: by name, or by label and order, whichever finds more."""
    names = {e.name.casefold(): e for e in reversed(expected)}
    by_name = [names.get(h.casefold()) for h in headers]
    places = in_order([_words(h) for h in headers], [_words(e.heading) for e in expected])
    by_label = [None if p is None else expected[p] for p in places]
    return max(by_name, by_label, key=lambda found: sum(e is not None for e in found))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold())) or text


def _describe_row(row: dict[Hashable, Any], entry: Expected | None) -> None:
    system = SYSTEM.get(row["header"].casefold())
    if system:
        row["name"] = row["id"] = _SYSTEM_NAMES[system]
    if entry is None:
        return
    row["name"] = row["id"] = entry.name
    if entry.field is None:
        return
    row["wording"] = entry.field.label or entry.field.name
    row["choice"] = entry.field.choices.get(entry.code, "")
    row["role"] = _role(entry.field, row["role"])


def _role(asked: DictionaryField, before: str) -> str:
    if before in ("meta", "personal"):
        return before
    if asked.personal:
        return "personal"
    if before == "embedded" or asked.kind in ("calc", "file"):
        return "embedded"
    free = asked.kind == "notes" or (asked.kind == "text" and not asked.validation)
    return "text" if free else "answer"


def _choices(
    answers: pd.DataFrame, fields: dict[str, DictionaryField]
) -> list[tuple[str, str, str, str]]:
    """Give code and label of the choices, the code as the answers have it."""
    rows = []
    for name, asked in fields.items():
        cells = set(answers[name].str.strip()) - {""}
        labels = set(asked.choices.values())
        in_words = len(cells & labels) > len(cells & set(asked.choices))
        for code, label in asked.choices.items():
            rows.append((name, label if in_words else code, label, ""))
    return rows


def _decimal_commas(answers: pd.DataFrame, fields: dict[str, DictionaryField]) -> list[str]:
    problems = []
    for name, asked in fields.items():
        if asked.kind != "calc" and not asked.validation.startswith(("number", "integer")):
            continue
        count = int(answers[name].str.strip().str.fullmatch(_COMMA).sum())
        if count:
            problems.append(f"{count} numbers of '{name}' have a decimal comma")
    return problems
