"""Numbers that contradict one another are of different editions of the data.

A report may show one estimate twice, with and without careless responses, or under two sets of
weights. Such numbers cannot be read as one table; each edition is audited by itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from mspsurvey.inference.disclosure.ledger import Entry

_SAME = 1e-9


Domain = tuple[str, tuple[tuple[str, str], ...]]
"""A rule, and groups with their codes."""


def domain(entry: Entry) -> Domain:
    """Whom a number speaks of: a rule, and groups."""
    return (entry.where, entry.by)


def editions(kept: Iterable[Entry], counted: Mapping[Domain, int]) -> list[list[Entry]]:
    """Part the entries of one item so that no edition gives one thing two values.

    Parameters
    ----------
    kept : iterable of Entry
        Of one item of one source.
    counted : mapping of int
        Respondents in each domain by the built table; entries that count others, as those
        without careless responses, are never in the first edition.

    Returns
    -------
    list of list of Entry
    """
    found: list[dict[Hashable, float]] = [{}]
    parts: list[list[Entry]] = [[]]
    for entry in kept:
        own = domain(entry) not in counted or abs(counted[domain(entry)] - entry.n) < _SAME
        facts = _facts(entry)
        place = next(
            (i for i, known in enumerate(found) if (own or i > 0) and _agree(known, facts)),
            len(found),
        )
        if place == len(found):
            found.append({})
            parts.append([])
        found[place] |= facts
        parts[place].append(entry)
    return [part for part in parts if part]


def _facts(entry: Entry) -> dict[Hashable, float]:
    facts: dict[Hashable, float] = {
        ("n", domain(entry)): entry.n,
        ("base", domain(entry)): entry.base,
    }
    if entry.estimate is not None:
        facts[entry.statistic, entry.levels, domain(entry)] = entry.estimate
    return facts


def _agree(known: Mapping[Hashable, float], facts: Mapping[Hashable, float]) -> bool:
    return all(
        abs(known.get(key, value) - value) <= _SAME * max(abs(value), 1.0)
        for key, value in facts.items()
    )
