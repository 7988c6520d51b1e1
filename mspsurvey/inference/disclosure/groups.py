"""Complementary suppression in estimates by group, whose readers know the total.

Estimates by group are read beside those for everyone: the groups add up to them. So what is
hidden in one group has to be hidden in another too, and levels that add up to 100 % tie the
cells of a group together. Cells that are hidden only because they are imprecise tell nothing
of a firm; they are not protected against the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.complementary import count_cost, suppress
from mspsurvey.inference.disclosure.protection import covering_all, of_amount, of_base, of_share
from mspsurvey.inference.disclosure.search import Effort
from mspsurvey.inference.disclosure.table import Sum, table
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import Texts, discloses
from mspsurvey.inference.result.estimate import BASE_GIVES_AWAY, GIVES_AWAY, SUPPRESS

QUICK = Effort(rounds=20, nodes=500, cells=300)
"""Somebody waits for an estimate: then safe is enough, and the optimum is not always proven."""

Codes = tuple[tuple[str, ...], ...]
"""Codes of each group, one a grouping variable."""


@dataclass(frozen=True)
class Groups:
    """One item in D groups and L levels.

    Attributes
    ----------
    amount : ndarray of float, shape (D, L)
        What adds up over the groups: a weighted count, or a weighted sum.
    base : ndarray of float, shape (D,)
        Weighted count of those who answered.
    n : ndarray of float, shape (D,)
        The same without weights.
    codes : tuple of tuple of str
        Codes of each group, one a grouping variable.
    share, whole : bool
        Whether the levels are parts of the base, and whether they are all of it.
    """

    amount: Floats
    base: Floats
    n: Floats
    codes: Codes
    share: bool
    whole: bool


def protect_bases(n: Floats, codes: Codes, verdict: Texts, why: Texts) -> tuple[Texts, Texts]:
    """Suppress the groups whose base would give one below ten away.

    Where a group was suppressed before, both reasons stand: its base goes as well.

    Parameters
    ----------
    n : ndarray of float, shape (D,)
    codes : tuple of tuple of str
        Codes of each group.
    verdict, why : ndarray of str, shape (D, L)
    """
    verdict, why = verdict.copy(), why.copy()
    bases = bases_to_hide(n, _margins(n, codes)) & (n >= FEWEST_RESPONDENTS)
    for group in np.flatnonzero(bases):
        before = [f"{reason}; " if reason else "" for reason in why[group]]
        hidden = verdict[group] == SUPPRESS
        verdict[group] = SUPPRESS
        why[group] = np.where(hidden, before, "") + np.array(BASE_GIVES_AWAY, dtype=object)
    return verdict, why


def protect_groups(of: Groups, verdict: Texts, why: Texts) -> tuple[Texts, Texts]:
    """Suppress what would give a suppressed cell, or a base below ten, away.

    Parameters
    ----------
    of : Groups
    verdict, why : ndarray of str, shape (D, L)
        As the presentation standard gives them.

    Returns
    -------
    verdict, why : ndarray of str, shape (D, L)
    """
    verdict, why = protect_bases(of.n, of.codes, verdict, why)
    secret = np.vectorize(discloses, otypes=[bool])(why) & (of.n > 0)[:, None]
    if secret.any() and np.isfinite(of.amount[of.n > 0]).all():
        hidden = verdict == SUPPRESS
        fresh = _cells(of, hidden, secret) & ~hidden
        verdict[fresh], why[fresh] = SUPPRESS, GIVES_AWAY
    return verdict, why


def bases_to_hide(n: Floats, margins: Iterable[Sequence[int]]) -> Bools:
    """Say which unweighted bases go: those below ten, and those that would tell one.

    Parameters
    ----------
    n : ndarray of float, shape (groups,)
    margins : iterable of sequence of int
        Groups whose sum readers know.
    """
    small = (n > 0) & (n < FEWEST_RESPONDENTS)
    sums = [Sum.known(parts) for parts in margins]
    if not small.any() or not sums:
        return n < FEWEST_RESPONDENTS
    cells = np.flatnonzero(small)
    wanted = covering_all(n, cells, [of_base(size) for size in n[cells]], np.ones(len(cells)))
    return suppress(table(n, sums), wanted, hidden=n == 0, cost=count_cost(n), effort=QUICK).hidden


def _cells(of: Groups, hidden: Bools, secret: Bools) -> Bools:
    """Cells that are hidden when no secret one can be worked out from the others."""
    groups, levels = of.amount.shape
    places = np.arange(groups * levels).reshape(groups, levels)
    sums = [Sum.known(row) for row in places] if of.whole else []
    sums += [
        Sum.known(places[parts, level])
        for parts in _margins(of.n, of.codes)
        for level in range(levels)
    ]
    if not sums:
        return hidden
    amount = np.nan_to_num(np.abs(of.amount)).ravel()
    base = np.repeat(np.nan_to_num(of.base), levels)
    n = np.repeat(of.n, levels)
    weight = np.divide(base, n, out=np.ones_like(base), where=n > 0)
    cells = np.flatnonzero(secret)
    if of.share:
        asked = zip(amount[cells] / weight[cells], n[cells], strict=True)
        wanted = covering_all(amount, cells, [of_share(c, m) for c, m in asked], weight[cells])
    else:
        each = [of_amount(a) for a in amount[cells]]
        wanted = covering_all(amount, cells, each, np.ones(len(cells)))
    found = suppress(
        table(amount, sums, upper=np.maximum(base, amount) if of.share else None),
        wanted,
        hidden=hidden.ravel(),
        cost=count_cost(amount),
        effort=QUICK,
    )
    more = found.hidden if of.share else _against_insiders(of, found.hidden, secret.ravel())
    return more.reshape(groups, levels)


def _against_insiders(of: Groups, hidden: Bools, secret: Bools) -> Bools:
    """Hide a third group where two secret sums are alone in what makes up a total.

    The firm that one of them is mostly made of knows it, and would know the other.
    """
    hidden = hidden.copy()
    amount = np.nan_to_num(np.abs(of.amount)).ravel()
    for parts in map(np.asarray, _margins(of.n, of.codes)):
        own = parts[hidden[parts]]
        others = parts[~hidden[parts] & (amount[parts] > 0)]
        if len(own) == 2 and secret[own].all() and len(others):
            hidden[others[np.argmin(amount[others])]] = True
    return hidden


def _margins(n: Floats, codes: Codes) -> Iterator[Sequence[int]]:
    """Groups that add up to one their readers know: all but one grouping variable the same.

    A margin below ten respondents is not published, and tells nothing.
    """
    for place in range(len(codes[0]) if codes else 0):
        lines: dict[tuple[str, ...], list[int]] = {}
        for group, own in enumerate(codes):
            lines.setdefault((*own[:place], *own[place + 1 :]), []).append(group)
        yield from (
            parts
            for parts in lines.values()
            if len(parts) > 1 and n[parts].sum() >= FEWEST_RESPONDENTS
        )
