"""Which column of an export holds which variable of an instrument."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
from rapidfuzz import process

from mspsurvey.errors import DefinitionError, ReadError, did_you_mean
from mspsurvey.instrument import Instrument, Question, Variable
from mspsurvey.instrument.target import RULES, target
from mspsurvey.intake.mapping.decisions import Decisions
from mspsurvey.intake.mapping.labels import Pairs, by_label, words
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.readers.limesurvey.meta import OTHER_WORDS
from mspsurvey.intake.work import HIDDEN_ROLES

FEWEST_MATCHES = 0.5
"""Share of an instrument's variables that a file must hold to be an export of it."""

FORM_OF = {"kobo": "xlsform", "odk": "xlsform", "redcap": "redcap", "limesurvey": "limesurvey"}
"""Form of the instrument that a platform was given, by platform of the export."""

NUMBERED = (
    "surveymonkey", "google_forms", "microsoft_forms", "alchemer", "typeform", "plain",
)  # fmt: skip
"""Platforms whose ids are places in the file: their q3 says nothing of a variable q3."""

# Codes have no blanks: "How often? [First]" says nothing of a variable "first".
_ROW = re.compile(r"(?P<question>[^\[\]\s]+)\[(?P<row>[^\[\]]+)\](?P<rest>\[[^\]]*\])?\Z")
# What follows the name of a question in the name of one of its columns.
_ENDING = re.compile(r"(?:[/\[~]|___|[ (]*choice=|[_#]-?\d+(?=[_#]|\Z)).*\Z", re.DOTALL)
_OTHER_NAMES = ("oth", "other", "text", "othertext", "othersp")

# What stands between question and choice in a heading of labels, signs apart.
_CHOICE = {"redcap": "choice"}


@dataclass(frozen=True)
class ColumnMap:
    """Which column holds which variable.

    Attributes
    ----------
    columns : dict of str to str
        Column of the export by variable.
    how : dict of str to str
        What matched, by variable: decision, form, name, row, id, wording, choice or joined.
    absent : list of str
        Variables that no column holds.
    unused : list of str
        Answer columns that belong to no variable.
    joined : dict of str to tuple of str
        Columns whose cells hold several choices, or any one of them, by question.
    """

    columns: dict[str, str]
    how: dict[str, str]
    absent: list[str]
    unused: list[str]
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)


def map_columns(
    export: RawExport, instrument: Instrument, decisions: Decisions | None = None, *,
    fewest: float = FEWEST_MATCHES,
) -> ColumnMap:  # fmt: skip
    """Find the column of each variable; the surest way that finds one counts.

    In this order: what a person decided; the heading that the instrument's own form gives; the
    name; ``question[row]``; the id; the wording; question and choice; and, for all choices of
    a question together, a column that holds them joined.

    A column with personal data is only taken for a variable that the instrument itself keeps
    hidden.

    Raises
    ------
    ReadError
        Where less than a share ``fewest`` of the variables has a column: the file is of
        another survey.
    DefinitionError
        Where a column that a person accepted is not in the export.
    """
    decisions = decisions or Decisions()
    asked = [v for v in instrument if v.role != "design"]
    held = [*export.answers.columns, *export.personal.columns]
    table = export.columns[export.columns["name"].isin(held)]
    if export.platform in NUMBERED:
        table = table.assign(id="")
    columns: dict[str, str] = {}
    how: dict[str, str] = {}
    taken: set[str] = set()
    for way, pairs in _ways(export, table, asked, instrument, decisions):
        for column, variable in pairs:
            refused = (column, variable) in decisions.refused or (
                column in export.personal and instrument[variable].role not in HIDDEN_ROLES
            )
            if variable not in columns and column not in taken and not refused:
                columns[variable], how[variable] = column, way
                taken.add(column)
    free = table["name"].isin(export.answers.columns) & ~table["name"].isin(taken)
    joined = _joined(table[free], instrument, columns, decisions)
    for question, names in joined.items():
        parts = (n for n in instrument.questions[question].variables if n not in columns)
        how.update(dict.fromkeys(parts, "joined"))
        taken.update(names)
    absent = [v.name for v in asked if v.name not in how]
    unused = [
        c for c, role in zip(table["name"], table["role"], strict=True)
        if c not in taken and role in ("answer", "text")
    ]  # fmt: skip
    if len(how) < fewest * len(asked):
        raise _another_survey(export, instrument, len(how), len(asked), absent, unused)
    return ColumnMap(columns, how, absent, unused, joined)


def _ways(
    export: RawExport, table: pd.DataFrame, asked: list[Variable], instrument: Instrument,
    decisions: Decisions,
) -> Iterator[tuple[str, Pairs]]:  # fmt: skip
    """Pairs of column and variable for each way of matching, the surest way first."""
    rows = [tuple(map(str, r)) for r in table[["name", "header", "id", "wording"]].to_numpy()]
    _check_accepted(decisions, {r[0] for r in rows})
    names = {_plain(v.name): v.name for v in asked}
    wide = {v.name for v in asked if v.categorical}
    text = set(table.loc[table["role"].eq("text"), "name"])
    yield "decision", [(c, v) for c, v in decisions.accepted if v in instrument]
    yield "form", _by_form(export, rows, instrument)
    named = [(c, names[_plain(h)]) for c, h, _, _ in rows if _plain(h) in names and "[" not in h]
    # The words beside "other" are no tick, whatever their column is called.
    yield "name", [(c, v) for c, v in named if c not in text or v not in wide]
    yield "row", [(c, names[k]) for c, h, i, _ in rows for k in _row_keys(i or h) if k in names]
    yield "id", [(c, names[_plain(i)]) for c, _, i, _ in rows if _plain(i) in names]
    wordings = _wordings(asked)
    yield "wording", [(c, wordings[words(w)]) for c, _, _, w in rows if words(w) in wordings]
    yield "choice", list(_by_choice(table, asked, instrument))


def _check_accepted(decisions: Decisions, known: set[str]) -> None:
    for column, variable in decisions.accepted:
        if column not in known:
            raise DefinitionError(
                f"The mapping takes the column '{column}' for '{variable}'.",
                "The export has no such column of answers.",
                did_you_mean(column, sorted(known)),
            )


def _by_form(export: RawExport, rows: list[tuple[str, ...]], instrument: Instrument) -> Pairs:
    """Match the headings that the instrument's own form gives on the platform."""
    form = FORM_OF.get(export.platform, "")
    if form not in RULES:
        return []
    variable = {column: name for name, column in target(instrument, form).columns.items()}
    named = [(r[0], variable[key]) for r in rows for key in (r[2], r[1]) if key in variable]
    if export.dialect != "labels":
        return named
    headings = [(name, header) for name, header, _, _ in rows]
    return named + by_label(headings, instrument, choice=_CHOICE.get(export.platform, ""))


def _wordings(asked: list[Variable]) -> dict[str, str]:
    """Variables by a wording that no other variable has."""
    count = Counter(words(v.text) for v in asked)
    return {words(v.text): v.name for v in asked if count[words(v.text)] == 1}


def _row_keys(header: str) -> list[str]:
    """Names that ``question[row]`` may stand for: a row, a tick, or the words of 'other'."""
    match = _ROW.match(header)
    if match is None:
        return []
    question, row = match["question"], match["row"]
    keys = [f"{question}_{row}", row]
    if row == "other":
        keys.insert(1, f"{question}_oth")
    return [_plain(k) for k in keys]


def _by_choice(
    table: pd.DataFrame, asked: list[Variable], instrument: Instrument
) -> Iterator[tuple[str, str]]:
    """Match question and choice (or row), where each column is one choice."""
    wordings = _wordings(asked)
    parts = {_plain(q.name): dict(_parts(instrument, q)) for q in instrument.questions.values()}
    others = {_plain(q.name): q.other for q in instrument.questions.values() if q.other}
    spoken = {words(q.text): q.other for q in instrument.questions.values() if q.other}
    shown = ["name", "header", "id", "wording", "choice", "role"]
    for name, header, ident, wording, choice, role in table[shown].itertuples(index=False):
        stems = [_plain(s) for s in (*_stems(ident), *_stems(header), *_stems(name))]
        if role == "text":
            yield from ((name, others[s]) for s in _other_stems(stems, header) if s in others)
            asks = words(wording).removesuffix(words(choice)).strip()
            if choice.casefold() in OTHER_WORDS and asks in spoken:
                yield name, spoken[asks]
            continue
        if not choice:
            continue
        if (key := words(f"{wording} {choice}")) in wordings:
            yield name, wordings[key]
        yield from (
            (name, parts[s][words(choice)]) for s in stems if words(choice) in parts.get(s, {})
        )


def _stems(text: str) -> list[str]:
    """Names of a question that the name of one of its columns may begin with."""
    stem = _ENDING.sub("", text)
    return [stem] if stem and stem != text else []


def _other_stems(stems: list[str], header: str) -> list[str]:
    plain = _plain(header)
    return stems + [plain.removesuffix(end) for end in _OTHER_NAMES if plain.endswith(end)]


def _parts(instrument: Instrument, question: Question) -> Iterator[tuple[str, str]]:
    """Words and code of each choice, or words and name of each row, with its variable."""
    if question.kind == "multi":
        for option in question.options:
            for text in (option.label, option.axis, option.code):
                yield words(text), f"{question.name}_{option.code}"
        return
    for name in question.variables:
        variable = instrument[name]
        if name not in (question.name, question.other):
            for text in (variable.text.removeprefix(question.text), variable.label, name):
                yield words(text), name


def _joined(
    free: pd.DataFrame, instrument: Instrument, columns: dict[str, str], decisions: Decisions
) -> dict[str, tuple[str, ...]]:
    """Columns that hold the choices of a question together, where none has its own."""
    decided = {v: (c,) for c, v in decisions.accepted if v not in instrument}
    whole = free[free["choice"].eq("") & free["role"].isin(["answer", "order"])]
    by_name: dict[str, list[str]] = {}
    for name, header, ident, wording in whole[["name", "header", "id", "wording"]].itertuples(
        index=False
    ):
        for key in {_plain(name), _plain(header), _plain(ident), words(wording)} - {""}:
            by_name.setdefault(key, []).append(name)
    found: dict[str, tuple[str, ...]] = {}
    for question in instrument.questions.values():
        if question.kind == "multi" and not columns.keys() & set(_ticks(instrument, question)):
            same = by_name.get(_plain(question.name)) or by_name.get(words(question.text)) or ()
            kept = [c for c in same if (c, question.name) not in decisions.refused]
            if held := decided.get(question.name) or tuple(kept):
                found[question.name] = held
    return found


def _ticks(instrument: Instrument, question: Question) -> list[str]:
    return [n for n in question.variables if instrument[n].kind == "tick"]


def _plain(name: str) -> str:
    # LimeSurvey drops the underscore from codes.
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _another_survey(
    export: RawExport, instrument: Instrument, found: int, wanted: int, absent: list[str],
    unused: list[str],
) -> ReadError:  # fmt: skip
    file = export.path.name if export.path else "The file"
    near = [
        f"{variable} ~ {best[0]}"
        for variable in absent[:200]
        if unused and (best := process.extractOne(variable, unused, score_cutoff=70))
    ]
    known = ", ".join(unused[:5])
    nearest = f"Nearest: {', '.join(near[:4])}." if near else f"The file's columns: {known}, …."
    return ReadError(
        f"{file} should hold the answers to '{instrument.title}' ({instrument.name}, "
        f"{wanted} variables).",
        f"It is an export of another survey: {found} of them have a column. {nearest}",
        "Check the pair of export and instrument in study.toml.",
    )
