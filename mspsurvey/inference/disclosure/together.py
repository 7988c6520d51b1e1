"""All published numbers of a source together: which people each of them counts.

Numbers are tied together by whom they count. The finest groups that all published domains of
one item make of its respondents are the *atoms*; each published number is a sum over atoms and
levels. So "all" less "metropolitan" gives "rural", and a cut at 20 staff gives three bands of
size, without anybody having said so.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference.design.coding import Bools
from mspsurvey.inference.disclosure.audit import Exposure, Published, Secret, audit
from mspsurvey.inference.disclosure.editions import domain, editions
from mspsurvey.inference.disclosure.ledger import Entry
from mspsurvey.inference.disclosure.protection import of_amount, of_base, of_share
from mspsurvey.inference.result.disclose import FEWEST_RESPONDENTS, discloses

COUNTED, SUMMED, RELATIVE = "counted", "summed", "relative"
"""Kinds of amounts: weighted counts of levels, sums of a number, and shares of a total, which
are tied together only within a group."""
OTHER = "\x00other"
"""Level of all answers that no published number names."""
_ROUNDED = 1e-6
"""Rounding of a number in a file of findings, in respondents."""
_WHOLE = 1e-9


def audit_entries(kept: Iterable[Entry], tables: Mapping[str, pd.DataFrame]) -> list[Exposure]:
    """Attack every hidden number with all the others.

    Parameters
    ----------
    kept : iterable of Entry
        Ledgers of all reports that are published together.
    tables : mapping of DataFrame
        Respondents of each source, to know who is in which domain.

    Returns
    -------
    list of Exposure
        One for each number that is hidden to protect a firm.
    """
    exposures = []
    for family in _families(kept, tables):
        exposures += audit(list(family.amounts()), list(family.secrets()))
        exposures += audit(list(family.bases()), list(family.secret_bases()))
    return exposures


def _kind(entry: Entry) -> str:
    if entry.statistic == "share" and entry.of:
        return RELATIVE
    if entry.statistic == "share" or (entry.statistic == "total" and entry.levels):
        return COUNTED
    return SUMMED if entry.statistic in ("mean", "total") else ""


def _families(kept: Iterable[Entry], tables: Mapping[str, pd.DataFrame]) -> Iterator[_Family]:
    """Group entries whose numbers are tied together: one item of one source, one kind."""
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in dict.fromkeys(kept):
        if kind := _kind(entry):
            apart = domain(entry) if kind == RELATIVE else _strange(entry, tables[entry.source])
            groups.setdefault((entry.source, entry.item, kind, entry.of, apart), []).append(entry)
    for _, entries in sorted(groups.items(), key=lambda group: repr(group[0])):
        first = entries[0]
        kind, table = _kind(first), tables[first.source]
        counted = _counted(first.item, entries, table) if kind != RELATIVE else {}
        for part in editions(entries, counted):
            yield _Family(first.item, kind, part, table)


def _counted(item: str, entries: Iterable[Entry], table: pd.DataFrame) -> dict[Hashable, int]:
    """Respondents with an answer in each domain, where the table knows the item."""
    if item not in table.columns:
        return {}
    answered = np.asarray(table[item].notna())
    domains = dict.fromkeys(domain(e) for e in entries)
    return {d: int((_members(table, d) & answered).sum()) for d in domains}


def _members(table: pd.DataFrame, of: tuple[str, tuple[tuple[str, str], ...]]) -> Bools:
    """Who is in a domain; a name that is no column leaves nobody out."""
    where, by = of
    inside = np.ones(len(table), dtype=bool)
    if where:
        rule = Condition.parse(where, where="ledger")
        if rule.names <= set(table.columns):
            inside &= np.asarray(rule.holds(table), dtype=bool)
    for column, code in by:
        if column in table.columns:
            inside &= np.asarray(table[column].astype("str").eq(code))
    return inside


def _strange(entry: Entry, table: pd.DataFrame) -> tuple[object, ...]:
    """What names no column of the table, so that nobody knows how it is tied to others."""
    by = tuple(pair for pair in entry.by if pair[0] not in table.columns)
    names = Condition.parse(entry.where, where="ledger").names if entry.where else ()
    return (by, entry.where if any(n not in table.columns for n in names) else "")


@dataclass
class _Family:
    """Entries of one item, and the cells that their numbers are sums of."""

    item: str
    kind: str
    entries: Sequence[Entry]
    table: pd.DataFrame

    def __post_init__(self) -> None:
        named = {level for e in self.entries for level in e.levels}
        self.levels = [*sorted(named), OTHER]
        self.unit = self._unit()
        domains = list(dict.fromkeys(domain(e) for e in self.entries))
        members = np.array([_members(self.table, d) for d in domains]).T
        answered = self._answered()
        atoms = np.unique(members[answered], axis=0) if answered.any() else members[:0]
        self.atoms = {d: np.flatnonzero(atoms[:, i]) for i, d in enumerate(domains)}

    def _unit(self) -> float:
        """Weight of one respondent, the mean over the largest base, for numbers near 1."""
        if self.kind == RELATIVE:
            return 1.0
        largest = max(self.entries, key=lambda e: e.n)
        return largest.base / largest.n if largest.n and largest.base else 1.0

    def _answered(self) -> Bools:
        if self.item not in self.table.columns:
            return np.ones(len(self.table), dtype=bool)
        return np.asarray(self.table[self.item].notna())

    def cells(self, entry: Entry, levels: Sequence[str]) -> tuple[int, ...]:
        """Cells of some levels in an entry's domain."""
        width = len(self.levels)
        places = [self.levels.index(level) for level in levels]
        atoms = self.atoms[domain(entry)]
        return tuple(int(a) * width + p for a in atoms for p in places)

    def own(self, entry: Entry) -> tuple[int, ...]:
        """Cells that an entry's number is the sum of."""
        return self.cells(entry, entry.levels if self.kind != SUMMED else [OTHER])

    def amount(self, entry: Entry) -> float:
        """What adds up, in units."""
        value = math.nan if entry.estimate is None else entry.estimate
        if self.kind == RELATIVE:
            return value * entry.n
        return (value if entry.statistic == "total" else value * entry.base) / self.unit

    def amounts(self) -> Iterator[Published]:
        """What readers know of amounts: those shown, and the bases that levels sum to."""
        if any(self.amount(e) < 0 for e in self.entries):
            return
        for entry in self.entries:
            if entry.shown and entry.estimate is not None:
                yield _published(entry, self.own(entry), self.amount(entry))
        if self.kind == SUMMED:
            return
        for entry in self._first_of_eachdomain():
            base = entry.n if self.kind == RELATIVE else entry.base / self.unit
            yield _published(entry, self.cells(entry, self.levels), base)
            if self._whole(entry):
                yield _published(entry, self.cells(entry, [OTHER]), 0.0)

    def _first_of_eachdomain(self) -> list[Entry]:
        found: dict[object, Entry] = {}
        for entry in self.entries:
            found.setdefault(domain(entry), entry)
        return list(found.values())

    def _whole(self, entry: Entry) -> bool:
        """Whether the levels that are named in a domain are all there are."""
        same = {
            e.levels: self.amount(e)
            for e in self.entries
            if domain(e) == domain(entry) and len(e.levels) == 1
        }
        base = entry.n if self.kind == RELATIVE else entry.base / self.unit
        return abs(sum(same.values()) - base) <= _WHOLE * max(base, 1.0)

    def secrets(self) -> Iterator[Secret]:
        """Numbers that are hidden to protect a firm, once for each domain and level."""
        if any(self.amount(e) < 0 for e in self.entries):
            return
        hidden = (e for e in self.entries if not e.shown and discloses(e.why) and e.n > 0)
        for entry in {(domain(e), e.levels): e for e in hidden}.values():
            if entry.estimate is not None and self.own(entry):
                yield self._secret(entry)

    def _secret(self, entry: Entry) -> Secret:
        # A share of a group of n respondents stands for p·n of them.
        unit = 1.0 if self.kind == RELATIVE else entry.base / entry.n / self.unit
        amount = self.amount(entry) / unit
        wanted = of_amount(amount) if self.kind == SUMMED else of_share(amount, entry.n)
        return Secret(entry.name, entry.place, self.own(entry), wanted, unit)

    def bases(self) -> Iterator[Published]:
        """Numbers of respondents that readers know."""
        for entry in self._first_of_eachdomain():
            if entry.base_shown:
                yield _published(entry, self._base(entry), entry.n)

    def secret_bases(self) -> Iterator[Secret]:
        """Numbers of respondents below ten."""
        for entry in self._first_of_eachdomain():
            if not entry.base_shown and 0 < entry.n < FEWEST_RESPONDENTS and self._base(entry):
                name = f"number of respondents, {entry.name}"
                yield Secret(name, entry.place, self._base(entry), of_base(entry.n))

    def _base(self, entry: Entry) -> tuple[int, ...]:
        return tuple(int(a) for a in self.atoms[domain(entry)])


def _published(entry: Entry, cells: tuple[int, ...], value: float) -> Published:
    return Published(entry.name, entry.place, cells, value - _ROUNDED, value + _ROUNDED)
