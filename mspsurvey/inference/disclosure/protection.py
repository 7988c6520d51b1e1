"""How uncertain a reader must be left of an estimate that is suppressed to protect a firm.

Estimates are weighted; firms are counted. So a share p of a group with n respondents stands
for p·n of them, and a reader's interval is judged in respondents: a share that was hidden
because one or two gave an answer must stay anywhere from none of them to three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.disclosure.needs import Wanted
from mspsurvey.inference.disclosure.primary import CLOSEST
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import FEWEST_CASES


@dataclass(frozen=True)
class Uncertainty:
    """What a reader must believe possible of one number.

    Attributes
    ----------
    low, high : float
        Must both be possible.
    width : float
        Least difference between the least and the most that is possible.
    """

    low: float
    high: float
    width: float = 0.0

    def left_by(self, low: float, high: float, *, slack: float) -> bool:
        """Whether a reader who knows that it lies from ``low`` to ``high`` is left with it."""
        covered = low <= self.low + slack and high >= self.high - slack
        return covered and high - low >= self.width - slack


def of_share(cases: float, n: float) -> Uncertainty:
    """Ask that one side of a share may be none, or as many as are no longer few.

    Parameters
    ----------
    cases : float
        Respondents that the share stands for, p·n.
    n : float
        Respondents of its group.
    """
    if n < FEWEST_RESPONDENTS:
        # Who took part is few already: any answer must stay possible for a few of them.
        return Uncertainty(cases, cases, min(FEWEST_CASES, n))
    if cases <= n - cases:
        return Uncertainty(0.0, max(cases, FEWEST_CASES))
    return Uncertainty(min(cases, n - FEWEST_CASES), n)


def of_amount(amount: float) -> Uncertainty:
    """Ask that an amount stays uncertain by p % of it on either side (the p % rule)."""
    room = CLOSEST * abs(amount)
    return Uncertainty(amount - room, amount + room)


def of_some(size: float, *, part: bool = False) -> Uncertainty:
    """Ask that the answers of a few, or a part of an amount, stay uncertain, wherever that is.

    Parameters
    ----------
    size : float
        Respondents, of whom three or all must be able to answer either way; or an amount.
    part : bool
        Whether it is an amount, which must stay uncertain as in ``of_amount``.
    """
    width = 2 * CLOSEST * abs(size) if part else min(FEWEST_CASES, size)
    return Uncertainty(np.inf, -np.inf, width)


def of_base(n: float) -> Uncertainty:
    """Ask that a base printed as "fewer than ten" may be any such number above 0."""
    return Uncertainty(min(n, 1.0), max(n, FEWEST_RESPONDENTS - 1.0))


def covering_all(
    amount: Floats, cells: np.ndarray, wanted: Sequence[Uncertainty], factor: Floats
) -> Wanted:
    """Ask for these uncertainties in a table of amounts.

    Parameters
    ----------
    amount : ndarray of float, shape (cells of the table,)
    cells : ndarray of int, shape (secrets,)
    wanted : sequence of Uncertainty
        Of each secret cell.
    factor : ndarray of float, shape (secrets,)
        What turns its unit (respondents) into amounts (weighted counts).
    """
    low, high, width = (
        np.array([getattr(u, name) for u in wanted]) * factor for name in ("low", "high", "width")
    )
    own = amount[cells]
    return Wanted(cells, np.maximum(own - low, 0.0), np.maximum(high - own, 0.0), width)
