"""What a person decided on columns and choices that match nothing by themselves.

One CSV file for each source, named as ``mapping`` in study.toml. The program proposes; only
rows that a person has marked ``accept`` are applied, and ``reject`` keeps a match away.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.files import write_whole
from mspsurvey.instrument import Instrument, Question, Variable
from mspsurvey.instrument.target import COLUMNS

FIELDS = ("kind", "export", "variable", "code", "score", "decision", "note")
"""Columns of the file. ``export`` is a column of the export, or a text in its cells."""
KINDS = ("column", "choice")
DECISIONS = ("accept", "reject", "")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


class Entry(NamedTuple):
    """One row of the file."""

    kind: str
    export: str
    variable: str
    code: str = ""
    score: str = ""
    decision: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the row is about."""
        return self.kind, self.export, self.variable, self.code


@dataclass(frozen=True)
class Decisions:
    """Rows of a mapping file, in the order of the file.

    Attributes
    ----------
    entries : tuple of Entry
        All rows, decided or not.
    """

    entries: tuple[Entry, ...] = ()
    accepted: tuple[tuple[str, str], ...] = field(init=False)
    refused: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort out the columns that were decided on."""
        put = object.__setattr__
        put(self, "accepted", tuple(self._columns("accept")))
        put(self, "refused", frozenset(self._columns("reject")))

    def _columns(self, decision: str) -> Iterable[tuple[str, str]]:
        return ((e.export, e.variable) for e in self.entries
                if e.kind == "column" and e.decision == decision)  # fmt: skip

    @property
    def decided(self) -> tuple[Entry, ...]:
        """Rows that a person has marked."""
        return tuple(e for e in self.entries if e.decision)

    def choices(self, variable: str) -> Mapping[str, str]:
        """Code of each text that a person took for an option of a variable or question."""
        taken = (e for e in self.entries if e.kind == "choice" and e.decision == "accept")
        return {e.export: e.code for e in taken if e.variable == variable}


def read_decisions(path: Path, instrument: Instrument) -> Decisions:
    """Read a mapping file, or the table of columns that was written beside a form.

    Raises
    ------
    DefinitionError
        Where the file is no such table, or a row names an unknown kind, decision, variable or
        code, or two columns are accepted for one variable; always with the row.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DefinitionError(
            f"{path.name} should be a CSV file in UTF-8, as study.toml names it.",
            f"{error}.",
            "Let `mspsurvey map` write the file.",
        ) from None
    heads = set(rows[0]) if rows else set(FIELDS)
    if heads >= set(COLUMNS):
        entries = _of_form(rows)
    elif heads >= set(FIELDS):
        entries = [Entry(*(_unguarded((row[f] or "").strip()) for f in FIELDS)) for row in rows]
    else:
        raise DefinitionError(
            f"{path.name} should have the columns {', '.join(FIELDS)}.",
            f"It has {', '.join(sorted(map(str, heads)))}.",
            "Let `mspsurvey map` write the file.",
        )
    for line, entry in enumerate(entries, 2):
        _check(entry, instrument, f"{path.name}, row {line}")
    _check_once(entries, path.name)
    return Decisions(tuple(entries))


def _of_form(rows: list[dict[str, str]]) -> list[Entry]:
    """Take the table that a writer of forms left, as decisions."""
    found: dict[Entry, None] = {}
    for row in rows:
        found[Entry("column", row["column"], row["variable"], decision="accept")] = None
        if row["code"]:
            choice = Entry("choice", row["platform_code"], row["variable"], row["code"])
            found[choice._replace(decision="accept")] = None
    return list(found)


def _check(entry: Entry, instrument: Instrument, where: str) -> None:
    for what, value, known in (
        ("kind", entry.kind, KINDS), ("decision", entry.decision, DECISIONS),
    ):  # fmt: skip
        if value not in known:
            wanted = ", ".join(repr(k) for k in known)
            raise DefinitionError(
                f"{where}: {what} should be one of {wanted}.", f"It is '{value}'."
            )
    names: dict[str, Question | Variable] = dict(instrument.questions)
    names.update(instrument.variables)
    if entry.variable not in names:
        raise DefinitionError(
            f"{where}: a variable of the instrument '{instrument.name}' was wanted.",
            f"There is none called '{entry.variable}'.",
            did_you_mean(entry.variable, names),
        )
    codes = [o.code for o in names[entry.variable].options]
    if entry.kind == "choice" and entry.code not in codes:
        raise DefinitionError(
            f"{where}: a code of '{entry.variable}' was wanted.",
            f"There is none '{entry.code}'.",
            did_you_mean(entry.code, codes),
        )


def _check_once(entries: list[Entry], file: str) -> None:
    seen: dict[tuple[str, ...], str] = {}
    key: tuple[str, ...]
    for entry in entries:
        if entry.decision != "accept":
            continue
        key, value = (entry.kind, entry.variable), entry.export
        if entry.kind == "choice":
            key, value = (*key, entry.export), entry.code
        if seen.setdefault(key, value) != value:
            raise DefinitionError(
                f"{file} should accept one {entry.kind} for '{entry.variable}'.",
                f"It accepts '{seen[key]}' and '{value}'.",
                "Reject one of the two.",
            )


def write_decisions(path: Path, decisions: Decisions) -> Path:
    """Write a mapping file, whole or not at all; formulas are guarded from spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([_guarded(cell) for cell in entry] for entry in decisions.entries)
    return write_whole(path, out.getvalue())


def with_proposals(decisions: Decisions, proposals: Iterable[Entry]) -> Decisions:
    """Put proposals behind what is decided; proposals of an earlier day are dropped."""
    known = {e.key for e in decisions.decided}
    # An accepted column or text needs no other proposal.
    done = {(e.kind, e.export) if e.kind == "column" else e.key[:3]
            for e in decisions.decided if e.decision == "accept"}  # fmt: skip
    fresh = [
        p for p in proposals
        if p.key not in known
        and ((p.kind, p.export) if p.kind == "column" else p.key[:3]) not in done
    ]  # fmt: skip
    return Decisions((*decisions.decided, *fresh))


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
