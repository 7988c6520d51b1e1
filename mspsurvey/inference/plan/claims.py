"""Planning in reverse: given the claims that are wanted, the answers each stratum needs.

The interval of a share in a domain of strata h, with N_h units each and n_h answers, has the
variance Σ (N_h/N)²·D·S²·(1/(n_h·f) − 1/(N_h·f)), where f is the part of the stratum that the
claim is about. The smallest number of invitations with which every claim holds solves a
convex problem, here by Chromy's algorithm (*Proceedings of the Section on Survey Research
Methods, ASA* (1987), 194–199): n_h = √(Σ_j λ_j·a_jh / c_h), with the multiplier λ_j of each
claim moved by the square of its variance over the one that is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from mspsurvey.condition import Condition
from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.plan.allocation import FEWEST_IN_STRATUM, stratum_sizes

ROUNDS = 20_000
SETTLED = 1e-10


@dataclass(frozen=True)
class Claim:
    """What is to be said, and how precisely.

    Attributes
    ----------
    half_width : float
        Of the interval of a share, as a fraction.
    where : str
        Whom it speaks of, as a condition on the table of strata: ``"state == 'TX'"``; ""
        for everyone.
    share : float
        What the share may be.
    deff : float
        Design effect within strata.
    part : float
        Part of each of these strata that the claim is about, where it is about a part.
    """

    half_width: float
    where: str = ""
    share: float = 0.5
    deff: float = 1.0
    part: float = 1.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        fine = 0 < self.half_width < 1 and 0 < self.share < 1
        if not (fine and self.deff > 0 and 0 < self.part <= 1):
            raise EstimateError(
                "A claim needs a half-width and a share between 0 and 1, a positive design "
                "effect, and a part of at most 1.",
                f"They are {self.half_width:g}, {self.share:g}, {self.deff:g}, {self.part:g}.",
            )


@dataclass(frozen=True)
class Plan:
    """A sample that carries its claims, or says which it cannot.

    Attributes
    ----------
    strata : DataFrame
        ``stratum, size, n, rate, invited, fraction, weight, enough``: answers needed, the
        part of invitations that is expected to answer, and invitations; ``enough`` is False
        where all units of a stratum would have to be invited and still are too few.
    claims : DataFrame
        ``where, wanted, expected, n, holds``: half-widths asked for and expected, and answers
        in the domain.
    """

    strata: pd.DataFrame
    claims: pd.DataFrame

    @property
    def holds(self) -> bool:
        """Whether every claim can be made as precisely as asked."""
        return bool(self.claims["holds"].all())


def plan(
    claims: Sequence[Claim],
    strata: pd.DataFrame,
    *,
    response: float | str = 1.0,
    eligible: float | str = 1.0,
    minimum: int = FEWEST_IN_STRATUM,
    confidence: float = 0.95,
) -> Plan:
    """Find the fewest invitations with which every claim holds.

    Parameters
    ----------
    claims : sequence of Claim
    strata : DataFrame
        One row a stratum: ``stratum, size``, and what claims and rates name.
    response, eligible : float or str
        Part of eligible units that answers, part of the frame that is eligible: one number,
        or a column of ``strata``.
    minimum : int
        Fewest answers in a stratum.
    confidence : float
        Of the intervals.
    """
    sizes = stratum_sizes(strata)
    if not claims:
        raise EstimateError("Claims to plan for were wanted.", "There are none.")
    rate = _rate(strata, response, "response") * _rate(strata, eligible, "eligible")
    inside = np.stack([_domain(claim, strata) for claim in claims])
    a = np.stack([_terms(c, sizes, i) for c, i in zip(claims, inside, strict=True)])
    z = float(ndtri(0.5 + confidence / 2))
    wanted = np.array([(claim.half_width / z) ** 2 for claim in claims])
    limits = wanted + (a / sizes).sum(axis=1)
    needed = _fewest(a, limits, 1 / rate, np.minimum(float(minimum), sizes), sizes)
    answers = np.minimum(np.ceil(needed - 1e-6), sizes)
    invited = np.minimum(np.ceil(answers / rate - 1e-9), sizes)
    reached = np.minimum(answers, np.floor(invited * rate + 1e-9))
    table = pd.DataFrame(
        {
            "stratum": strata["stratum"].to_numpy(), "size": sizes,
            "n": answers.astype(np.int64), "rate": rate, "invited": invited.astype(np.int64),
            "fraction": invited / sizes, "weight": sizes / np.maximum(answers, 1),
            "enough": reached >= answers,
        }
    )  # fmt: skip
    return Plan(table, _held(claims, a, inside, reached, sizes, z))


def _rate(strata: pd.DataFrame, given: float | str, name: str) -> Floats:
    if isinstance(given, str):
        if given not in strata.columns:
            raise EstimateError(
                f"A column '{given}' of {name} rates was wanted.", "There is none."
            )
        rate = strata[given].to_numpy(dtype=np.float64)
    else:
        rate = np.full(len(strata), float(given))
    if not ((rate > 0) & (rate <= 1)).all():
        raise EstimateError(f"{name} should be above 0 and at most 1.", "Some is not.")
    return rate


def _domain(claim: Claim, strata: pd.DataFrame) -> Bools:
    if not claim.where:
        return np.ones(len(strata), dtype=bool)
    condition = Condition.parse(claim.where, where="claim")
    absent = [name for name in condition.names if name not in strata.columns]
    if absent:
        raise EstimateError(
            "A claim speaks of columns of the table of strata.", f"There is no '{absent[0]}'."
        )
    inside = condition.holds(strata).to_numpy(dtype=bool)
    if not inside.any():
        raise EstimateError("A claim should be about some stratum.", f"{claim.where}: none.")
    return inside


def _terms(claim: Claim, sizes: Floats, inside: Bools) -> Floats:
    """a_h, with which the variance of a claim is Σ a_h/n_h − Σ a_h/N_h."""
    within = np.where(inside, sizes, 0.0)
    spread = claim.share * (1 - claim.share) * sizes / np.maximum(sizes - 1, 1)
    terms: Floats = (within / within.sum()) ** 2 * claim.deff * spread / claim.part
    return terms


def _fewest(a: Floats, limits: Floats, cost: Floats, low: Floats, high: Floats) -> Floats:
    """n_h of the least Σ c_h·n_h with Σ_h a_jh/n_h ≤ V_j for each claim j."""
    pull = (np.sqrt(a * cost).sum(axis=1) / limits) ** 2
    counts = high
    for _ in range(ROUNDS):
        counts = np.clip(np.sqrt((pull[:, None] * a).sum(axis=0) / cost), low, high)
        over = (a / counts).sum(axis=1) / limits
        # A claim that holds with room to spare loses its pull; one at its limit is settled.
        moved = pull * over**2
        if np.abs(moved - pull).max() <= SETTLED * pull.max():
            break
        pull = moved
    worst = max(float(((a / counts).sum(axis=1) / limits).max()), 1.0)
    return np.asarray(np.clip(counts * worst, low, high))


def _held(
    claims: Sequence[Claim], a: Floats, inside: Bools, reached: Floats, sizes: Floats, z: float
) -> pd.DataFrame:
    counts = np.maximum(reached, 1e-300)
    variance = np.maximum((a / counts).sum(axis=1) - (a / sizes).sum(axis=1), 0.0)
    expected = z * np.sqrt(variance)
    wanted = np.array([claim.half_width for claim in claims])
    part = np.array([claim.part for claim in claims])
    return pd.DataFrame(
        {
            "where": [claim.where for claim in claims],
            "wanted": wanted,
            "expected": expected,
            "n": np.floor((inside * reached).sum(axis=1) * part + 1e-9).astype(np.int64),
            "holds": expected <= wanted * (1 + 1e-9),
        }
    )
