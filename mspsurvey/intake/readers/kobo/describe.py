"""What the form says of the columns of its export: wording, choices, roles, one name each.

Whether an export has names or labels, groups or none, joined cells or 0/1 columns, its columns
get the names of the form (``group/question``, ``group/question/choice``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.described import not_described, with_columns
from mspsurvey.intake.readers.export import RawExport, choice_table, unique_names
from mspsurvey.intake.readers.headings import in_order
from mspsurvey.intake.readers.kobo.columns import find_separator
from mspsurvey.intake.readers.kobo.form import Form, FormChoice, FormField
from mspsurvey.intake.readers.kobo.own import known
from mspsurvey.intake.readers.kobo.ticks import Spelling, split_joined
from mspsurvey.intake.readers.kobo.xlsform import read_xlsform
from mspsurvey.intake.readers.times import parse_times

_ROLES = {
    "text": "text", "calculate": "embedded", "hidden": "embedded", "note": "embedded",
    "start": "meta", "end": "meta", "today": "meta",
    **dict.fromkeys(
        ("geopoint", "geotrace", "geoshape", "start-geopoint", "image", "audio", "video", "file",
         "background-audio", "deviceid", "username", "phonenumber", "email", "simserial",
         "subscriberid", "audit"),
        "personal",
    ),
}  # fmt: skip
_OTHER = "specify other"


@dataclass(frozen=True)
class _Entry:
    """A column that an export of the form may have."""

    field: FormField
    choice: FormChoice | None = None

    @property
    def name(self) -> str:
        return self.field.path + (f"/{self.choice.name}" if self.choice else "")

    @property
    def ident(self) -> str:
        return self.field.name + (f"/{self.choice.name}" if self.choice else "")


@dataclass(frozen=True)
class _Match:
    """The entry of each column, and the language of its labels (None: names)."""

    entries: list[_Entry | None]
    language: str | None


def describe(export: RawExport, path: Path) -> RawExport:
    """Name the columns as the form does, and add its wording, choices and roles.

    Parameters
    ----------
    export : RawExport
        As read from the export.
    path : Path
        The XLSForm.

    Raises
    ------
    ReadError
        Where the file is no form, or no column of the export is in it.
    """
    form = read_xlsform(path)
    entries = _entries(form)
    main = _described(export, form, [e for e in entries if not e.field.repeat])
    if main is None:
        headers = [h for h in export.columns["header"] if not known(h)]
        raise ReadError(
            f"{path.name} should be the form of the export.",
            f"None of its {len(form.fields)} questions is a column there "
            f"({', '.join(repr(h) for h in headers[:4])}).",
            "Download the form of the same project, in the version that was fielded.",
        )
    inside = [e for e in entries if e.field.repeat]
    linked = {}
    for name, table in export.linked.items():
        found = _described(table, form, inside)
        linked[_repeat_name(found, inside) or name if found else name] = found or table
    problems = [*main.problems, *form.problems]
    absent = [r for r in form.repeats if r not in linked]
    if absent:
        problems.append(
            f"the form repeats {', '.join(absent)}; the file has no table of it (a CSV export "
            "leaves repeats out: export as XLS to have them)"
        )
    return replace(main, linked=linked, problems=problems)


def _entries(form: Form) -> list[_Entry]:
    entries = []
    for asked in form.fields:
        entries.append(_Entry(asked))
        if asked.kind == "select_multiple":
            entries += [_Entry(asked, c) for c in form.lists.get(asked.choices, ())]
    return entries


def _repeat_name(table: RawExport | None, entries: Sequence[_Entry]) -> str:
    repeat = {e.name: e.field.repeat for e in entries}
    names = Counter(repeat[n] for n in table.columns["name"] if n in repeat) if table else None
    return names.most_common(1)[0][0] if names else ""


def _described(export: RawExport, form: Form, entries: list[_Entry]) -> RawExport | None:
    """Describe one table; None where it shares no column with the form."""
    match = _match(list(export.columns["header"]), form, entries)
    if not any(match.entries):
        return None
    columns = _columns(export, match.entries, form.languages[0])
    asked = {
        name: entry
        for name, entry in zip(columns["name"], match.entries, strict=True)
        if entry and entry.choice is None
    }
    moved = _moved(export, columns, {name: e.field.kind for name, e in asked.items()})
    spellings = {
        name: _spellings(form, entry.field.choices, match.language)
        for name, entry in asked.items()
        if name in moved.answers
    }
    choices = choice_table(
        [(name, c.text, c.label, "") for name, found in spellings.items() for c in found]
    )
    problems = [*moved.problems, *not_described(export, [e is not None for e in match.entries])]
    several = {n: c for n, c in spellings.items() if asked[n].field.kind == "select_multiple"}
    return split_joined(replace(moved, choices=choices, problems=problems), several)


def _spellings(form: Form, choices: str, language: str | None) -> list[Spelling]:
    """Give the choices of a list as cells of the export have them: names, or labels."""
    found = []
    for choice in form.lists.get(choices, ()):
        text = choice.name if language is None else _label(choice.labels, language)
        label = _label(choice.labels, form.languages[0])
        found.append(Spelling(text or choice.name, choice.name, label or choice.name))
    return found


def _match(headers: list[str], form: Form, entries: list[_Entry]) -> _Match:
    """Find the entry of each heading: by name, or by label in the language that fits best."""
    best = _Match(_by_name(headers, entries), None)
    fits = sum(e is not None for e in best.entries)
    separator = find_separator(headers)
    for language in form.languages:
        for groups in (False, True):
            expected = [_expected(e, form, language, separator, groups) for e in entries]
            places = in_order([_words(h) for h in headers], [_words(e) for e in expected])
            found = sum(p is not None for p in places)
            if found > fits:
                fits = found
                best = _Match([None if p is None else entries[p] for p in places], language)
    return (
        best if best.language is None else replace(best, entries=_filled(best, headers, entries))
    )


def _filled(match: _Match, headers: list[str], entries: list[_Entry]) -> list[_Entry | None]:
    """Find what has no label in the form: questions by their name, and the words of "other"."""
    used = {e.name for e in match.entries if e}
    named = {e.name: e for e in entries}
    result: list[_Entry | None] = []
    asked: _Entry | None = None
    for header, label, name in zip(
        headers, match.entries, _by_name(headers, entries), strict=True
    ):
        found = label
        if found is None and name and name.name not in used:
            found = name
        elif found is None and asked and _words(header).endswith(_OTHER):
            found = named.get(f"{asked.field.path}_other")
        result.append(found)
        asked = found or asked
    return result


def _by_name(headers: list[str], entries: list[_Entry]) -> list[_Entry | None]:
    paths: dict[str, _Entry] = {}
    for entry in entries:
        paths.setdefault(_parts(entry.name), entry)
    leaves = Counter(_parts(e.ident) for e in entries)
    for entry in entries:
        leaf = _parts(entry.ident)
        if leaves[leaf] == 1:
            paths.setdefault(leaf, entry)
    return [paths.get(_parts(h)) for h in headers]


def _parts(name: str) -> str:
    # Whatever divides group and question in the export, "/" does here.
    return re.sub(r"[/:.-]", "/", name).casefold()


def _expected(entry: _Entry, form: Form, language: str, separator: str, groups: bool) -> str:
    """Heading of a column in an export with labels."""
    parts = []
    if groups:
        paths = ["/".join(entry.field.groups[: i + 1]) for i in range(len(entry.field.groups))]
        parts = [_label(form.groups.get(p, {}), language) or p.rpartition("/")[2] for p in paths]
    parts.append(_label(entry.field.labels, language) or entry.field.name)
    if entry.choice is not None:
        parts.append(_label(entry.choice.labels, language) or entry.choice.name)
    return separator.join(parts)


def _label(labels: Mapping[str, str], language: str) -> str:
    return labels.get(language, labels.get("", ""))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold())) or text


def _columns(export: RawExport, entries: Sequence[_Entry | None], language: str) -> pd.DataFrame:
    """Give the table of columns with what the form says of each."""
    columns = export.columns.copy()
    images = {
        f"{h}_URL" for h, e in zip(columns["header"], entries, strict=True)
        if e and _ROLES.get(e.field.kind) == "personal"
    }  # fmt: skip
    answered = {e.field.path for e in entries if e and e.choice}
    rows = columns.to_dict("records")
    for row, entry in zip(rows, entries, strict=True):
        if entry is None:
            row["role"] = "personal" if row["header"] in images else row["role"]
            continue
        choice = entry.choice
        row["name"], row["id"] = entry.name, entry.ident
        row["wording"] = _label(entry.field.labels, language) or entry.field.name
        row["choice"] = (_label(choice.labels, language) or choice.name) if choice else ""
        row["role"] = _role(entry, row["role"], answered)
    names = unique_names([r["name"] for r in rows], [""] * len(rows))
    return pd.DataFrame(rows, columns=list(columns), dtype="str").assign(
        name=pd.array(names, dtype="str")
    )


def _role(entry: _Entry, before: str, answered: set[str]) -> str:
    if before in ("meta", "personal"):
        return before
    if entry.field.kind == "select_multiple" and entry.choice is None:
        return "order" if entry.field.path in answered else "answer"
    return _ROLES.get(entry.field.kind, "answer")


def _moved(export: RawExport, columns: pd.DataFrame, kinds: Mapping[str, str]) -> RawExport:
    """Give the answers their new names; take out what the form shows to be no answer."""
    before = export.columns["name"]
    clocks = {
        kinds[new]: export.answers[old]
        for old, new, role in zip(before, columns["name"], columns["role"], strict=True)
        if role == "meta" and old in export.answers
    }
    meta, problems = _with_clocks(export.meta, clocks)
    moved = with_columns(export, columns)
    return replace(moved, meta=meta, problems=[*export.problems, *problems])


def _with_clocks(
    meta: pd.DataFrame, clocks: Mapping[str, pd.Series]
) -> tuple[pd.DataFrame, list[str]]:
    """Take start and end from questions of the clock that the form gave names of its own."""
    problems: list[str] = []
    found = {}
    for kind, field in (("start", "started"), ("end", "ended")):
        if kind in clocks:
            times, more = parse_times(clocks[kind], None)
            found[field] = times.fillna(meta[field])
            problems += more
    result = meta.assign(**found)
    lasted = (result["ended"] - result["started"]).dt.total_seconds()
    return (result.assign(duration_s=lasted) if found else meta), problems
