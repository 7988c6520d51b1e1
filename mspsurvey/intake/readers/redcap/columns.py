"""The columns of a REDCap export: fields, checkboxes, and what the platform adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mspsurvey.intake.readers.export import clean_header

SYSTEM = {
    "redcap_event_name": "event", "event name": "event",
    "redcap_repeat_instrument": "instrument", "repeat instrument": "instrument",
    "redcap_repeat_instance": "instance", "repeat instance": "instance",
    "redcap_survey_identifier": "sample_id", "survey identifier": "sample_id",
    "redcap_data_access_group": "group", "data access group": "group",
}  # fmt: skip
"""Columns that the platform adds, under their names and their labels."""

NOT_COMPLETED = "[not completed]"
COMPLETE = {"0": 0, "1": 1, "2": 2, "incomplete": 0, "unverified": 1, "complete": 2}
"""State of a form, as a code or in words."""

CHECKBOX = re.compile(r"(?P<field>[a-z][a-z0-9_]*?)___(?P<code>_?[a-z0-9_]+)\Z")
_CHECKBOX_LABEL = re.compile(
    r"(?P<field>.*)\s\(choice=(?P<quote>'?)(?P<code>.*)(?P=quote)\)\Z", re.DOTALL
)
_MOMENT = re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}[ T]\d\d?:\d\d")
_TICKS = {"", "0", "1", "checked", "unchecked"}
_NUMBERED = re.compile(r"(?<=\?)\.\d+\Z|(?<= timestamp)\.\d+\Z")
_FIELD = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True)
class Column:
    """One heading, taken apart.

    Attributes
    ----------
    header : str
        As written, without tags.
    wording, choice : str
        Name or label of the field, and of the choice where it is one of a checkbox.
    kind : str
        A value of ``SYSTEM``, else ``complete``, ``timestamp``, ``tick`` or ``field``.
    """

    header: str
    wording: str
    choice: str = ""
    kind: str = "field"


def take_apart(rows: Sequence[Sequence[str]]) -> list[Column]:
    """Give the columns of a table, the headings in its first row."""
    cells = list(zip(*rows[1:], strict=True)) or [()] * len(rows[0])
    headers = [clean_header(c) for c in rows[0]]
    forms = {h.removesuffix("_complete") for h in headers if h.endswith("_complete")}
    return [_column(h, values, forms) for h, values in zip(headers, cells, strict=True)]


def named(columns: Sequence[Column]) -> bool:
    """Whether the headings are names of fields, not labels."""
    names = sum(bool(_FIELD.match(c.header)) for c in columns)
    return names >= 0.9 * len(columns)


def _column(header: str, cells: Sequence[str], forms: set[str]) -> Column:
    # pandas numbers headings that stand twice: "Complete?.1".
    word = _NUMBERED.sub("", header.casefold())
    if word in SYSTEM:
        return Column(header, header, kind=SYSTEM[word])
    state = word.endswith("_complete") or word == "complete?"
    sent = word == "survey timestamp" or (
        word.endswith("_timestamp") and word.removesuffix("_timestamp") in forms
    )
    match = CHECKBOX.match(header) or _CHECKBOX_LABEL.match(header)
    if not (state or sent or match):
        return Column(header, header)
    filled = {c.strip().casefold() for c in cells} - {""}
    if state and filled <= set(COMPLETE):
        return Column(header, header, kind="complete")
    if sent and all(map(_is_stamp, filled)):
        return Column(header, header, kind="timestamp")
    # A tick may be the label of its choice, and no tick a blank. Where headings are labels, both
    # are said in the language of the site.
    most = 1 if CHECKBOX.match(header) else 2
    if match and (filled <= _TICKS or len(filled) <= most):
        return Column(header, match["field"], match["code"], "tick")
    return Column(header, header)


def _is_stamp(cell: str) -> bool:
    return cell == NOT_COMPLETED or bool(_MOMENT.match(cell))
