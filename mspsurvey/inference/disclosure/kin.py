"""Items that tell of one another: one that follows from another, and means of codes.

Whether a firm depends on its provider may follow from how it outsources: then each level of
the one is a net of levels of the other, and a table of the one can be taken from a table of the
other. A mean of codes is the sum of its levels times their codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from mspsurvey.inference.disclosure.editions import domain
from mspsurvey.inference.disclosure.family import COUNTED, SUMMED, kind_of
from mspsurvey.inference.disclosure.ledger import Entry

_SAME = 1e-6

Finer = tuple[str, Mapping[str, tuple[str, ...]]]
"""Name of a finer item, and its levels by level of the coarser one."""


def in_terms_of_the_finest(
    kept: Iterable[Entry], tables: Mapping[str, pd.DataFrame]
) -> list[Entry]:
    """Write the levels of items that follow from another as levels of that one."""
    entries = list(dict.fromkeys(kept))
    items: dict[str, list[str]] = {}
    for entry in entries:
        known = items.setdefault(entry.source, [])
        if kind_of(entry) == COUNTED and entry.item not in known:
            known.append(entry.item)
    finer = {source: _finer(names, tables[source]) for source, names in items.items()}
    return [_rewritten(entry, finer[entry.source].get(entry.item)) for entry in entries]


def _finer(items: Sequence[str], table: pd.DataFrame) -> dict[str, Finer]:
    """For each item that follows from another of these, the finest such and its levels.

    Of items that follow from one another, being the same in other codes, the first by name.
    """
    codes = {name: table[name].astype("object") for name in items if name in table.columns}
    order = sorted(codes, key=lambda name: (-codes[name].nunique(), name))
    found: dict[str, Finer] = {}
    for place, one in enumerate(order):
        for other in order[:place]:
            if levels := _levels(codes[one], codes[other]):
                found[one] = other, levels
                break
    return found


def _levels(coarse: pd.Series, fine: pd.Series) -> dict[str, tuple[str, ...]]:
    """Levels of the finer item by level of the coarser; none where that does not follow."""
    if not coarse.notna().equals(fine.notna()):
        return {}
    pairs = pd.DataFrame({"fine": fine, "coarse": coarse}).dropna().drop_duplicates()
    if pairs["fine"].duplicated().any():
        return {}
    grouped = pairs.astype("str").groupby("coarse", sort=True)["fine"]
    return {str(level): tuple(sorted(part)) for level, part in grouped}


def _rewritten(entry: Entry, finer: Finer | None) -> Entry:
    if finer is None or kind_of(entry) != COUNTED or not set(entry.levels) <= set(finer[1]):
        return entry
    name, levels = finer
    return replace(entry, item=name, levels=tuple(x for own in entry.levels for x in levels[own]))


def is_mean_of(entry: Entry, same: Sequence[Entry]) -> bool:
    """Whether a mean is that of the codes whose shares are among these entries.

    It is looked up in a domain in which all levels and the mean are given.
    """
    if kind_of(entry) != SUMMED or entry.statistic != "mean" or entry.estimate is None:
        return False
    shares = {
        e.levels[0]: e.estimate
        for e in same
        if len(e.levels) == 1 and domain(e) == domain(entry) and e.estimate is not None
    }
    try:
        codes = {float(level): share for level, share in shares.items()}
    except ValueError:
        return False
    whole = abs(sum(codes.values()) - 1) < _SAME
    mean = sum(code * share for code, share in codes.items())
    return whole and abs(mean - entry.estimate) < _SAME * max(abs(mean), 1.0)
