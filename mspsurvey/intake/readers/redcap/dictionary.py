"""The data dictionary of a REDCap project: its fields, forms and choices.

It comes with headings for people ("Variable / Field Name") from the site, or for programs
(``field_name``) from the interface. The site writes headings in its own language; the order of
the columns is then what tells them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.book import Book, read_book

_HEADINGS = {
    "variable / field name": "name", "field_name": "name",
    "form name": "form", "form_name": "form",
    "field type": "kind", "field_type": "kind",
    "field label": "label", "field_label": "label",
    "choices, calculations, or slider labels": "choices",
    "choices or calculations": "choices", "select_choices_or_calculations": "choices",
    "text validation type or show slider number": "validation",
    "text_validation_type_or_show_slider_number": "validation",
    "identifier?": "identifier", "identifier": "identifier",
}  # fmt: skip
_PLACES = {
    "name": 0, "form": 1, "kind": 3, "label": 4, "choices": 5, "validation": 7, "identifier": 10,
}  # fmt: skip
"""Where the columns stand, whatever they are called."""
_KINDS = {
    "text", "notes", "radio", "dropdown", "checkbox", "yesno", "truefalse", "calc", "slider",
    "file", "descriptive", "sql",
}  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_PROBED = 200
_FIXED = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
_CHOSEN = {"radio", "dropdown", "checkbox", "sql"}
_PERSONAL = {"email", "phone", "phone_australia", "phone_uk"}


@dataclass(frozen=True)
class DictionaryField:
    """One field of a project.

    Attributes
    ----------
    name, form : str
        As in the data.
    kind : str
        Its type: text, notes, radio, dropdown, checkbox, yesno, truefalse, calc, slider, file,
        descriptive or sql.
    label : str
        Wording, without tags.
    choices : dict of str to str
        Label of each code.
    validation : str
        What a text must be: date_ymd, integer, email, ….
    personal : bool
        Whether it is marked as an identifier, or holds an e-mail address or a telephone number.
    """

    name: str
    form: str
    kind: str
    label: str
    choices: Mapping[str, str]
    validation: str = ""
    personal: bool = False


@dataclass(frozen=True)
class Expected:
    """A column that an export of the project may have.

    Attributes
    ----------
    name, heading : str
        What stands above it in a raw export, and in one with labels.
    field : DictionaryField or None
        None for the columns that tell the state of a form.
    code : str
        Of the choice, where the column is one of a checkbox.
    """

    name: str
    heading: str
    field: DictionaryField | None = None
    code: str = ""


def is_dictionary(book: Book) -> bool:
    """Whether a table is a data dictionary, not data."""
    return bool(_places(book.main.rows))


def _places(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Give the place of each column; nothing where the table is no dictionary."""
    named = [_HEADINGS.get(_word(c)) for c in rows[0]]
    if {"name", "form", "kind", "label"} <= set(named):
        return {name: named.index(name) for name in named if name}
    filled = [row for row in rows[1:_PROBED] if row[0].strip()]
    if len(rows[0]) > max(_PLACES.values()) and filled and all(map(_is_field, filled)):
        return dict(_PLACES)
    return {}


def _is_field(row: Sequence[str]) -> bool:
    """Whether a row names a field, its form, and its type."""
    form, kind = row[_PLACES["form"]].strip(), row[_PLACES["kind"]].strip().casefold()
    return bool(_NAME.match(row[0].strip())) and bool(form) and kind in _KINDS


def read_dictionary(path: Path) -> tuple[DictionaryField, ...]:
    """Read a data dictionary.

    Raises
    ------
    ReadError
        Where the file is another table, such as the data, or names no field.
    """
    book = read_book(path)
    places = _places(book.main.rows)
    if not places:
        head = ", ".join(repr(c[:24]) for c in book.main.rows[0][:4])
        raise ReadError(
            f"{path.name} should be a data dictionary of REDCap, with columns "
            "'Variable / Field Name', 'Form Name', 'Field Type' and 'Field Label'.",
            f"Its first row begins with {head}.",
            "Download the dictionary of the project; the data are another file.",
        )
    fields = [
        _field({key: row[place].strip() for key, place in places.items()})
        for row in book.main.rows[1:]
        if row[places["name"]].strip()
    ]
    if not fields:
        raise ReadError(
            f"{path.name} should name the fields of a project.",
            "It has headings only.",
            "Download the dictionary again.",
        )
    return tuple(fields)


def columns_of(fields: tuple[DictionaryField, ...]) -> list[Expected]:
    """Give the columns of an export in the order of the dictionary.

    The first field is the record's id; it stands before the state of the first form.
    """
    columns = _of_field(fields[0])
    for form, members in groupby(fields, key=lambda f: f.form):
        columns.append(Expected(f"{form}_timestamp", "Survey Timestamp"))
        for asked in members:
            columns += _of_field(asked) if asked is not fields[0] else []
        columns.append(Expected(f"{form}_complete", "Complete?"))
    return columns


def _of_field(asked: DictionaryField) -> list[Expected]:
    if asked.kind == "descriptive":
        return []
    if asked.kind != "checkbox":
        return [Expected(asked.name, asked.label, asked)]
    return [
        Expected(tick_name(asked.name, code), f"{asked.label} (choice={label})", asked, code)
        for code, label in asked.choices.items()
    ]


def tick_name(name: str, code: str) -> str:
    """Name the column of one choice of a checkbox.

    Examples
    --------
    >>> tick_name("tools", "2"), tick_name("tools", "-9"), tick_name("tools", "A b")
    ('tools___2', 'tools____9', 'tools___a_b')
    """
    return f"{name}___{re.sub(r'[^a-z0-9_]', '_', code.lower())}"


def split_choices(text: str) -> dict[str, str]:
    """Read the choices of a field; the code ends at the first comma.

    Examples
    --------
    >>> split_choices("1, Yes | 2, No, thanks")
    {'1': 'Yes', '2': 'No, thanks'}
    """
    choices: dict[str, str] = {}
    for part in re.split(r"[|\n]", text):
        code, comma, label = part.partition(",")
        if comma and code.strip():
            choices.setdefault(code.strip(), clean_header(label))
    return choices


def _word(heading: str) -> str:
    return " ".join(heading.split()).casefold().removeprefix("\ufeff")


def _field(row: Mapping[str, str]) -> DictionaryField:
    kind = row["kind"].casefold()
    choices = _FIXED.get(kind) or (
        split_choices(row.get("choices", "")) if kind in _CHOSEN else {}
    )
    validation = row.get("validation", "").casefold() if kind == "text" else ""
    personal = row.get("identifier", "").casefold() in ("y", "yes", "1", "true")
    return DictionaryField(
        row["name"],
        row["form"],
        kind,
        clean_header(row["label"]),
        choices,
        validation,
        personal or validation in _PERSONAL,
    )
