"""When a number may be shown: the presentation standard, row by row.

Adapted for firms from two published standards of the US National Center for Health
Statistics: for proportions Vital and Health Statistics, Series 2, No. 175 (2017), for means
and totals its rule of 30 cases and 30 % relative standard error. The rules are applied to
every estimate when it is made, so that no exit has to remember them.

Stricter than those where simulation shows that they let through intervals that hold the truth
too seldom (``docs/methods/coverage.md``): a rule on the *estimated* precision lets through the
samples whose variance came out too small. So the base of a share is judged by what is known
before the answers, n and Kish's effective size; a share that is wide for its size is marked,
and not shown only where it is wider still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import FLAG, GIVES_AWAY, SHOW, SUPPRESS

FEWEST_CASES = 3
"""One or two answers at a level (or one or two that are not) could be recognised."""
FEWEST_N = 30
FEWEST_FOR_SHARE = 60
"""Also in Kish's count. Of fewer, only samples that came out too precise would pass ``WIDEST``."""
LOW_BASE = 50
FEWEST_DF = 12
"""Below this a variance rests on too few sampling units for Student's t to make up for it."""
LOW_DF = 20
LONG_TAIL_DF = 900
"""A mean or ratio of numbers with a long tail is marked where there are fewer."""
LONG_TAIL_WORDS = "a few large numbers carry it: the interval is likely too short"
WIDEST = 0.30
"""Widest interval of a share, as a fraction of 1."""
NARROW = 0.05
"""An interval no wider than this is fine, however rare the answer."""
WIDE_RELATIVE, WIDEST_RELATIVE = 1.30, 2.00
"""Interval in relation to the smaller of p and 1 − p: marked from the one, hidden from the
other."""
LARGEST_RSE = 0.30
DOMINANCE = 0.70
"""A money total of which one firm is more than this tells that firm's money."""

FEW_RESPONDENTS = f"fewer than {FEWEST_RESPONDENTS} respondents"
FEW_CASES = f"fewer than {FEWEST_CASES} cases"
DOMINATED = "one or two firms make up most of the sum"

Texts = NDArray[np.object_]


def discloses(why: str) -> bool:
    """Whether a reason for suppression protects a firm, and is not only about precision."""
    return why.split("; ")[0] in (FEW_RESPONDENTS, FEW_CASES, DOMINATED)


@dataclass(frozen=True)
class Row:
    """What the rules look at, each an array with one value an estimate."""

    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    n: Floats
    n_eff: Floats
    positive: Floats
    largest: Floats
    kish: Floats


def judge(
    rows: Row, *, share: bool, count: bool = False, relative: bool = True, long_tail: bool = False
) -> tuple[Texts, Texts]:
    """Give verdict and reason of each estimate.

    Parameters
    ----------
    rows : Row
        The estimates. ``positive`` counts answers at a level, or values other than 0.
    share : bool
        Whether they are shares (fractions of 1); else means, totals and ratios.
    count : bool
        Whether they are counts of respondents at a level, which are shares times a number.
    relative : bool
        Whether a standard error counts in relation to the estimate; not where that may well
        be 0, as a correlation may.
    long_tail : bool
        Whether they are sums of numbers of which a few make up most.

    Returns
    -------
    verdict : ndarray of str
        ``suppress``, ``flag`` or ``show``.
    why : ndarray of str
        The first rule that led to it, "" where shown.
    """
    hide = [
        *_too_few(rows, share, share or count),
        (rows.df < 1, "no degrees of freedom"),
        (rows.df < FEWEST_DF, f"fewer than {FEWEST_DF} degrees of freedom"),
        (~np.isfinite(rows.se), "standard error not known"),
        *(_imprecise_share(rows) if share else _imprecise(rows, relative)),
    ]
    low = [
        (long_tail & (rows.df < LONG_TAIL_DF), LONG_TAIL_WORDS),
        (rows.n < LOW_BASE, f"n below {LOW_BASE}"),
        (rows.n_eff < LOW_BASE, f"effective n below {LOW_BASE}"),
        (rows.df < LOW_DF, f"fewer than {LOW_DF} degrees of freedom"),
    ]
    if share:
        low.append(_wider(rows, WIDE_RELATIVE))
    hidden, why_hidden = _first(hide)
    flagged, why_flagged = _first(low)
    verdict = np.where(hidden, SUPPRESS, np.where(flagged, FLAG, SHOW)).astype(object)
    why = np.where(hidden, why_hidden, np.where(flagged, why_flagged, "")).astype(object)
    return verdict, why


def _too_few(rows: Row, share: bool, counted: bool) -> list[tuple[Bools, str]]:
    """Too few firms to publish, or too few behind one side of a share."""
    rules = [
        (rows.n == 0, "no respondents"),
        (rows.n < FEWEST_RESPONDENTS, FEW_RESPONDENTS),
    ]
    few = (rows.positive > 0) & (rows.positive < FEWEST_CASES)
    if share:
        # Two firms that do not are as recognisable as two that do.
        rest = rows.n - rows.positive
        few |= (rest > 0) & (rest < FEWEST_CASES)
    rules.append((few, FEW_CASES))
    rules.append((rows.largest > DOMINANCE, DOMINATED))
    least = FEWEST_FOR_SHARE if counted else FEWEST_N
    rules.append((rows.n < least, f"n below {least}"))
    if counted:
        rules.append((rows.kish < least, f"weighted as if n were below {least}"))
    return rules


def _imprecise_share(rows: Row) -> list[tuple[Bools, str]]:
    return [
        (rows.n_eff < FEWEST_N, f"effective n below {FEWEST_N}"),
        (~(rows.high - rows.low < WIDEST), f"interval {100 * WIDEST:.0f} points wide or more"),
        _wider(rows, WIDEST_RELATIVE),
    ]


def _wider(rows: Row, part: float) -> tuple[Bools, str]:
    """Whether an interval is wider than a part of the smaller of p and 1 − p."""
    width = rows.high - rows.low
    rare = np.minimum(rows.estimate, 1 - rows.estimate)
    # At 0 and 100 % the exact bound is what there is to say, and is shown.
    inside = (rows.estimate > 0) & (rows.estimate < 1) & (width > NARROW)
    return inside & (width > part * rare), f"interval wider than {part:.0%} of the share"


def _imprecise(rows: Row, relative: bool) -> list[tuple[Bools, str]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        error = rows.se / np.abs(rows.estimate)
    sure = rows.se == 0
    return [
        (
            ~(error <= LARGEST_RSE) & ~sure & relative,
            f"relative standard error above {LARGEST_RSE:.0%}",
        ),
    ]


def _first(rules: list[tuple[Bools, str]]) -> tuple[Bools, Texts]:
    """Whether any rule holds, and the words of the first that does."""
    conditions = [np.asarray(condition) for condition, _ in rules]
    texts = np.select(conditions, [np.array(text, dtype=object) for _, text in rules], default="")
    return np.logical_or.reduce(conditions), texts


def complement(estimate: Floats, verdict: Texts, why: Texts) -> tuple[Texts, Texts]:
    """Suppress a second level where one alone is suppressed among levels that sum to 1.

    The hidden share would otherwise be 1 less the others. The next smallest share goes with
    it; one of zero only where there is no other, since a zero hides nothing.

    Parameters
    ----------
    estimate, verdict, why : ndarray, shape (groups, levels)
        All levels of one item, a row for each group.

    Returns
    -------
    verdict, why : ndarray, shape (groups, levels)
    """
    verdict, why = verdict.copy(), why.copy()
    hidden = verdict == SUPPRESS
    for group in np.flatnonzero(hidden.sum(axis=1) == 1):
        candidates = np.where(hidden[group] | np.isnan(estimate[group]), np.inf, estimate[group])
        order = np.where(candidates == 0, np.finfo(float).max, candidates)
        if np.isfinite(order).any():
            second = int(np.argmin(order))
            verdict[group, second] = SUPPRESS
            why[group, second] = GIVES_AWAY
    return verdict, why
