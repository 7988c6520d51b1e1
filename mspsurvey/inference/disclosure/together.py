"""All published numbers of a build together: what they tell of whom they hide.

Numbers are tied together by whom they count (``family``). So "all" less "metropolitan" gives
"rural", and a cut at 20 staff gives three bands of size, without anybody having said so. What
must stay uncertain is every number that was hidden to protect a firm, every base below ten, and
the answers of any fewer than ten that two published groups tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference.disclosure.audit import Exposure, audit
from mspsurvey.inference.disclosure.editions import domain, editions
from mspsurvey.inference.disclosure.family import (
    BASE,
    COUNTED,
    RELATIVE,
    SUMMED,
    Family,
    counted,
    kind_of,
)
from mspsurvey.inference.disclosure.kin import in_terms_of_the_finest, is_mean_of
from mspsurvey.inference.disclosure.ledger import Entry

Key = tuple[str, str, str, str, object]
"""Source, item, kind, variable that is totalled, and what ties to no other number."""


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
        One for each number that is hidden to protect a firm; and for fewer than ten whom only
        a difference of published groups tells of, where it does.
    """
    entries = in_terms_of_the_finest(kept, tables)
    exposures = []
    for family in _families(entries, tables):
        if family.kind == BASE:
            exposures += audit(list(family.bases()), list(family.secret_bases()))
            continue
        hidden, unsaid = list(family.secrets()), list(family.unsaid())
        found = audit(list(family.amounts()), [*hidden, *unsaid], signed=family.signed)
        exposures += found[: len(hidden)]
        exposures += [e for e in found[len(hidden) :] if not e.safe]
    return exposures


def _families(entries: Sequence[Entry], tables: Mapping[str, pd.DataFrame]) -> Iterator[Family]:
    """Group entries whose numbers are tied together: one item of one source, one kind.

    The bases of an item are a family of their own, of numbers of all kinds.
    """
    groups: dict[Key, list[Entry]] = {}
    for entry in entries:
        if kind := kind_of(entry):
            groups.setdefault(_key(entry, kind, tables), []).append(entry)
            if kind != BASE:
                groups.setdefault(_key(entry, BASE, tables), []).append(entry)
    _means_of_codes(groups)
    for key, own in sorted(groups.items(), key=lambda group: repr(group[0])):
        source, item, kind, *_ = key
        found = counted(item, own, tables[source]) if kind != RELATIVE else {}
        for part in editions(own, found):
            yield Family(item, kind, part, tables[source])


def _key(entry: Entry, kind: str, tables: Mapping[str, pd.DataFrame]) -> Key:
    of = entry.of if entry.statistic == "share" else ""
    apart = domain(entry) if kind == RELATIVE else _strange(entry, tables[entry.source])
    return entry.source, f"{entry.item} of {of}" if of else entry.item, kind, of, apart


def _means_of_codes(groups: dict[Key, list[Entry]]) -> None:
    """Put means of codes with the shares of their levels."""
    for key, own in list(groups.items()):
        shares = groups.get((*key[:2], COUNTED, *key[3:]), [])
        if key[2] == SUMMED and any(is_mean_of(entry, shares) for entry in own):
            shares += [entry for entry in own if entry.statistic == "mean"]


def _strange(entry: Entry, table: pd.DataFrame) -> tuple[object, ...]:
    """What names no column of the table, so that nobody knows how it is tied to others."""
    by = tuple(pair for pair in entry.by if pair[0] not in table.columns)
    names = Condition.parse(entry.where, where="ledger").names if entry.where else ()
    return (by, entry.where if any(n not in table.columns for n in names) else "")
