"""How well a firm of the frame fits what a client says of its provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from mspsurvey.intake.linking.near import nearest
from mspsurvey.intake.linking.normalise import core_of, domain_of, plain, words_of

BY_DOMAIN, BY_NAME, BY_BOTH, BY_NOTHING = "domain", "name", "domain and name", ""
CORE_WEIGHT = 0.85
"""Weight of the telling words of a name; the rest is that of words such as "networks"."""
UNSAID = 85.0
"""Agreement of the other words where one of the two names has none: "Acme" for "Acme IT"."""
SAME_PLACE, OTHER_PLACE = 2.0, -6.0
"""Points for the same state and for another one; a provider may well be next door."""
OTHER_DOMAIN = -6.0
"""Points where client and frame each have a web domain, and they are two."""

Coder = Callable[[str], str]
CLIENT_COLUMNS = ("name", "domain", "code", "state")
FIRM_COLUMNS = ("sample_id", "name", "domain", "state")
BEST = ("first", "score", "second", "gap", "rule")


@dataclass(frozen=True)
class _Fit:
    """One firm that a client may mean."""

    firm: str
    score: float
    rule: str


def best_firms(
    clients: pd.DataFrame, firms: pd.DataFrame, *, code: Coder | None = None
) -> pd.DataFrame:
    """Find the firm that fits each client's provider best, and the second best.

    Parameters
    ----------
    clients : DataFrame of str
        ``name`` and ``domain`` of the provider as typed, ``code`` of its domain where the
        platform coded it at once, and the client's ``state``; "" for what is not known.
    firms : DataFrame of str
        ``sample_id``, ``name``, ``domain`` and ``state``; a firm with several names or domains
        has several rows.
    code : callable, optional
        From a domain to its code; needed where clients have codes.

    Returns
    -------
    DataFrame
        Indexed as ``clients``: ``first`` (sample_id, or ""), ``score`` (0 to 100), ``second``,
        ``gap`` (points between them) and ``rule`` ("domain", "name", "domain and name", "").

    Notes
    -----
    A domain that only one firm has scores 100. A name scores 0.85 × agreement of its telling
    words + 0.15 × agreement of the others, +2 in one state, −6 in two, −6 for two domains.
    """
    by_domain = _by_domain(clients, firms, code)
    by_name = _by_name(clients, firms)
    rows = [
        _best([*domain, *name]) for domain, name in zip(by_domain, by_name, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, index=clients.index, columns=list(BEST)).astype(
        {"first": "str", "second": "str", "rule": "str", "score": "float64", "gap": "float64"}
    )


def _best(fits: Iterable[_Fit]) -> tuple[str, float, str, float, str]:
    """Keep the best fit of each firm; a domain that its name speaks against is a doubt."""
    named: dict[str, _Fit] = {}
    domains = [f for f in fits if f.rule == BY_DOMAIN]
    for fit in fits:
        known = named.get(fit.firm)
        if known is None:
            named[fit.firm] = fit
        else:
            named[fit.firm] = _Fit(fit.firm, max(known.score, fit.score), BY_BOTH)
    order = sorted(named.values(), key=lambda f: (-f.score, f.rule == BY_NAME, f.firm))
    if not order:
        return "", 0.0, "", 0.0, BY_NOTHING
    first, second = order[0], order[1] if len(order) > 1 else _Fit("", 0.0, "")
    # One domain is proof, whatever other firm bears a like name; two firms' domain is none.
    sure = len({f.firm for f in domains}) == 1 and first.firm == domains[0].firm
    gap = first.score - (0.0 if sure else second.score)
    return first.firm, round(first.score, 1), second.firm, round(gap, 1), first.rule


def _by_domain(clients: pd.DataFrame, firms: pd.DataFrame, code: Coder | None) -> list[list[_Fit]]:
    owners: dict[str, set[str]] = {}
    for firm, text in zip(firms["sample_id"], firms["domain"], strict=True):
        if domain := domain_of(text):
            owners.setdefault(domain, set()).add(firm)
            if code is not None:
                owners.setdefault(code(domain), set()).add(firm)
    found = []
    for text, coded in zip(clients["domain"], clients["code"], strict=True):
        meant = owners.get(domain_of(text), set()) | owners.get(coded, set())
        found.append([_Fit(firm, 100.0, BY_DOMAIN) for firm in sorted(meant)])
    return found


def _by_name(clients: pd.DataFrame, firms: pd.DataFrame) -> list[list[_Fit]]:
    named = firms[firms["name"].map(plain).ne("")]
    known = list(zip(named["sample_id"], named["name"], _facts(named), strict=True))
    different = sorted({t for t in clients["name"] if plain(t)})
    near = dict(zip(different, nearest(different, named["name"].tolist()), strict=True))
    found = []
    for text, facts in zip(clients["name"], _facts(clients), strict=True):
        fits = []
        for k in near.get(text, ()):
            firm, name, theirs = known[k]
            score = name_score(text, name) + _beside(facts, theirs)
            fits.append(_Fit(firm, min(max(score, 0.0), 100.0), BY_NAME))
        found.append(fits)
    return found


def _facts(table: pd.DataFrame) -> list[tuple[str, str]]:
    """State and domain of each row."""
    return list(zip(table["state"], table["domain"].map(domain_of), strict=True))


def _beside(one: tuple[str, str], two: tuple[str, str]) -> float:
    """Points for what is known beside the name: state and domain."""
    points = 0.0
    if one[0] and two[0]:
        points += SAME_PLACE if one[0] == two[0] else OTHER_PLACE
    if one[1] and two[1] and one[1] != two[1]:
        points += OTHER_DOMAIN
    return points


def name_score(one: str, two: str) -> float:
    """Say how far two names of firms agree, from 0 to 100.

    Examples
    --------
    >>> name_score("OAKFIELD TECH", "Oakfield Tech LLC")
    100.0
    >>> name_score("Oakfield Networks", "Oakfield Tech") < 90
    True
    """
    cores = core_of(one), core_of(two)
    joined = cores[0].replace(" ", ""), cores[1].replace(" ", "")
    core = max(fuzz.token_sort_ratio(*cores), _spelling(*joined))
    others = [" ".join(w for w in words_of(n) if w not in core_of(n).split()) for n in (one, two)]
    rest = fuzz.token_sort_ratio(*others) if all(others) else UNSAID
    rest = 100.0 if others[0] == others[1] else rest
    return CORE_WEIGHT * core + (1 - CORE_WEIGHT) * rest


def _spelling(one: str, two: str) -> float:
    """Agreement of two spellings: half by the letters to change, half by how names begin."""
    letters = OSA.normalized_similarity(one, two)
    return 50 * (letters + JaroWinkler.normalized_similarity(one, two))
