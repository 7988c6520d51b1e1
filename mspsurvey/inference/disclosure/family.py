"""The entries of one item, and the cells that their numbers are sums of.

The finest groups that all published domains of the item make of its respondents are the
*atoms*; cells are atoms by levels, and each published number is a sum over some of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.disclosure.audit import Published, Secret
from mspsurvey.inference.disclosure.editions import Domain, domain
from mspsurvey.inference.disclosure.ledger import Entry
from mspsurvey.inference.disclosure.protection import (
    of_amount,
    of_base,
    of_share,
    of_some,
)
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import discloses

COUNTED, SUMMED, RELATIVE, BASE = "counted", "summed", "relative", "base"
"""Kinds of amounts: weighted counts of levels, sums of a number, shares of a total, which are
tied together only within a group, and numbers of which only the base is tied to others."""
OTHER = "\x00other"
"""Level of all answers that no published number names."""
_ROUNDED = 1e-6
"""Rounding of a number in a file of findings, in respondents."""
_WHOLE = 1e-9


def kind_of(entry: Entry) -> str:
    """Say how a number is tied to others, "" where it speaks of no domain."""
    if entry.statistic == "share" and entry.of:
        return RELATIVE
    if entry.statistic == "share" or (entry.statistic == "total" and entry.levels):
        return COUNTED
    if entry.statistic in ("mean", "total"):
        return SUMMED
    return BASE if entry.statistic in ("quantile", "ratio", "variance", "correlation") else ""


def members(table: pd.DataFrame, of: Domain) -> Bools:
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


@dataclass
class Family:
    """Entries of one item of one source and one kind, and who is behind them."""

    item: str
    kind: str
    entries: Sequence[Entry]
    table: pd.DataFrame

    def __post_init__(self) -> None:
        """Find the atoms."""
        self.levels = [*sorted({level for e in self.entries for level in e.levels}), OTHER]
        self.unit = self._unit()
        domains = list(dict.fromkeys(domain(e) for e in self.entries))
        inside = np.array([members(self.table, d) for d in domains]).T
        self.answered = np.flatnonzero(self._answered())
        atoms, place = np.unique(inside[self.answered], axis=0, return_inverse=True)
        self.place: Ints = place.reshape(-1)
        self.size = np.bincount(self.place, minlength=len(atoms))
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

    @property
    def signed(self) -> bool:
        """Whether amounts may be below 0."""
        return self.kind == SUMMED and any(self.amount(e) < 0 for e in self.entries)

    def _cells(self, atoms: Iterable[int], levels: Sequence[str]) -> tuple[int, ...]:
        width = len(self.levels)
        places = [self.levels.index(level) for level in levels]
        return tuple(int(a) * width + p for a in atoms for p in places)

    def _own(self, entry: Entry) -> tuple[int, ...]:
        """Cells that an entry's number is the sum of."""
        levels = entry.levels if entry.levels and self.kind != SUMMED else [OTHER]
        return self._cells(self.atoms[domain(entry)], levels)

    def amount(self, entry: Entry) -> float:
        """What adds up, in units."""
        value = math.nan if entry.estimate is None else entry.estimate
        return value * self._scale(entry)

    def _scale(self, entry: Entry) -> float:
        """What turns an estimate into an amount."""
        if self.kind == RELATIVE:
            return entry.n
        return (1.0 if entry.statistic == "total" else entry.base) / self.unit

    def amounts(self) -> Iterator[Published]:
        """What readers know of amounts: those shown, and the bases that levels sum to."""
        for entry in self.entries:
            if entry.shown and entry.estimate is not None:
                if self.kind == COUNTED and not entry.levels:
                    yield self._mean(entry)
                else:
                    yield self._shown(entry, self._own(entry))
        if self.kind == SUMMED:
            return
        for entry in self._first_of_each_domain():
            base = entry.n if self.kind == RELATIVE else entry.base / self.unit
            atoms = self.atoms[domain(entry)]
            yield _published(entry, self._cells(atoms, self.levels), base)
            if self._whole(entry):
                yield _published(entry, self._cells(atoms, [OTHER]), 0.0)

    def _shown(self, entry: Entry, cells: tuple[int, ...]) -> Published:
        half = entry.rounding * self._scale(entry)
        return _published(entry, cells, self.amount(entry), half)

    def _mean(self, entry: Entry) -> Published:
        """A mean of codes, as a sum of its levels."""
        codes = [level for level in self.levels if level != OTHER]
        atoms = self.atoms[domain(entry)]
        factors = tuple(float(code) for code in codes) * len(atoms)
        return replace(self._shown(entry, self._cells(atoms, codes)), factors=factors)

    def _first_of_each_domain(self) -> list[Entry]:
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
        own = (e for e in self.entries if e.levels or self.kind != COUNTED)
        hidden = (e for e in own if not e.shown and discloses(e.why) and e.n > 0)
        for entry in {(domain(e), e.levels): e for e in hidden}.values():
            if entry.estimate is not None and self._own(entry):
                yield self._secret(entry)

    def _secret(self, entry: Entry) -> Secret:
        # A share of a group of n respondents stands for p·n of them.
        unit = 1.0 if self.kind == RELATIVE else entry.base / entry.n / self.unit
        amount = self.amount(entry) / unit
        wanted = of_amount(amount) if self.kind == SUMMED else of_share(amount, entry.n)
        return Secret(entry.name, entry.place, self._own(entry), wanted, unit)

    def unsaid(self) -> Iterator[Secret]:
        """Answers of the few whom nobody has counted, but who make up a difference."""
        levels = {COUNTED: self.levels[:-1], SUMMED: [OTHER]}.get(self.kind, [])
        for few, words in self._few().items():
            n = int(self.size[list(few)].sum())
            for level in levels:
                if self.kind == COUNTED and self._of_many(few, level):
                    continue
                name = f"{self.item} {level} of {n} respondents".replace(f" {OTHER}", "")
                cells = self._cells(few, [level])
                if self.kind == COUNTED:
                    yield Secret(name, words, cells, of_some(n), self._weight(few) / n)
                else:
                    yield Secret(name, words, cells, of_some(self._sum(few), part=True))

    def _of_many(self, few: Sequence[int], level: str) -> bool:
        """Whether ten or more, these few among them, all have a level, or none of them.

        That nobody without an agreement co-manages is told of all of them, as any 0 % is.
        """
        if self.item not in self.table.columns:
            return False
        has = self.table[self.item].iloc[self.answered].astype("str").eq(level)
        having = np.bincount(self.place[has], minlength=len(self.size))
        larger = (list(s) for s in (*self.sets.values(), *self.differences) if s.issuperset(few))
        counts = ((having[s].sum(), self.size[s].sum()) for s in larger)
        return any(n >= FEWEST_RESPONDENTS and cases in (0, n) for cases, n in counts)

    @cached_property
    def sets(self) -> dict[Domain, frozenset[int]]:
        """Atoms of each domain."""
        return {d: frozenset(map(int, atoms)) for d, atoms in self.atoms.items()}

    @cached_property
    def differences(self) -> dict[frozenset[int], tuple[Domain, Domain]]:
        """What one domain has more than another that lies in it, with the two."""
        pairs = itertools.product(self.sets.items(), repeat=2)
        return {a - b: (one, other) for (one, a), (other, b) in pairs if b < a}

    def _few(self) -> dict[tuple[int, ...], str]:
        """Fewer than ten respondents whom domains tell apart, as atoms, with words for it.

        What one domain has more than another; and atoms that are a sum of domains with any
        factors, as all less two groups of three: their leverage is 1.
        """
        found = {
            few: f"{_words(one)}, less {_words(other)}"
            for few, (one, other) in self.differences.items()
        }
        base, _ = np.linalg.qr(self._inside())
        for atom in np.flatnonzero((base**2).sum(axis=1) > 1 - _WHOLE):
            own = [_words(d) for d, atoms in self.sets.items() if atom in atoms]
            found.setdefault(frozenset([int(atom)]), ", and ".join(own[:3]))
        said = set(self.sets.values())
        return {
            tuple(sorted(few)): words
            for few, words in found.items()
            if few not in said and 0 < self.size[list(few)].sum() < FEWEST_RESPONDENTS
        }

    def _inside(self) -> Floats:
        """Which atoms are in which domains, shape (atoms, domains)."""
        inside = np.zeros((len(self.size), len(self.atoms)))
        for place, atoms in enumerate(self.atoms.values()):
            inside[atoms, place] = 1.0
        return inside

    def _weight(self, few: Sequence[int]) -> float:
        """Weighted count of a few, in units, as readers get it from the bases of domains."""
        wanted = np.zeros(len(self.size))
        wanted[list(few)] = 1.0
        factors = np.linalg.lstsq(self._inside(), wanted)[0]
        bases = {domain(e): e.base / self.unit for e in self.entries}
        return max(float(factors @ np.array([bases[d] for d in self.atoms])), _ROUNDED)

    def _sum(self, few: Sequence[int]) -> float:
        """Sum of the number over a few respondents, in units."""
        if self.item not in self.table.columns:
            return 0.0
        inside = self.answered[np.isin(self.place, few)]
        numbers = pd.to_numeric(self.table[self.item].iloc[inside], errors="coerce")
        return float(numbers.sum())

    def bases(self) -> Iterator[Published]:
        """Numbers of respondents that readers know."""
        for entry in self._first_of_each_domain():
            if entry.base_shown:
                yield _published(entry, self._base(entry), entry.n)

    def secret_bases(self) -> Iterator[Secret]:
        """Numbers of respondents below ten."""
        for entry in self._first_of_each_domain():
            if not entry.base_shown and 0 < entry.n < FEWEST_RESPONDENTS and self._base(entry):
                name = f"number of respondents, {entry.name}"
                yield Secret(name, entry.place, self._base(entry), of_base(entry.n))

    def _base(self, entry: Entry) -> tuple[int, ...]:
        return tuple(int(a) for a in self.atoms[domain(entry)])


def _words(of: Domain) -> str:
    where, by = of
    parts = [*([where] if where else []), *(f"{column} {code}" for column, code in by)]
    return " and ".join(parts) or "everybody"


def _published(entry: Entry, cells: tuple[int, ...], value: float, half: float = 0.0) -> Published:
    half += _ROUNDED
    return Published(entry.name, entry.place, cells, value - half, value + half)


def counted(item: str, entries: Iterable[Entry], table: pd.DataFrame) -> Mapping[Domain, int]:
    """Respondents with an answer in each domain, where the table knows the item."""
    if item not in table.columns:
        return {}
    answered = np.asarray(table[item].notna())
    domains = dict.fromkeys(domain(e) for e in entries)
    return {d: int((members(table, d) & answered).sum()) for d in domains}
