"""Draw the samples: firms by stratum, clients by size and sector, referred pairs, a panel.

Who answers follows the named scenarios of ``model.SCENARIOS``; only in the first two do
the margins explain all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.model import choose, logistic

DISPOSITIONS = (
    "complete", "partial", "break_off", "refusal", "non_contact", "ineligible", "unknown",
)  # fmt: skip

INELIGIBLE_SHARE = 0.15
"""Records of the firm frame that are no eligible firm, for each one that is."""
LISTED_TWICE_SHARE = 0.02
SOLO_MISSED = 0.10
"""Firms of one person that no list holds."""
WRONG_STRATUM = 0.03
CLIENT_STRATUM_FLOOR = 260
"""Invitations in the smallest strata, so that none is left with a handful of answers."""
PAIRS_PER_FIRM = 3


def stratified(
    rng: np.random.Generator, strata: np.ndarray, sizes: Mapping[str, int], *, copies: int = 1
) -> np.ndarray:
    """Draw a simple random sample in each stratum.

    Parameters
    ----------
    strata : ndarray of str
        Stratum of each record.
    sizes : mapping of str to int
        Units to draw, by stratum.
    copies : int, default 1
        Units that each record stands for: so often it can be drawn at most.

    Returns
    -------
    ndarray of int
        Positions in ``strata``, sorted.
    """
    code, names = pd.factorize(strata)
    place = {name: k for k, name in enumerate(names)}
    drawn = []
    for name, n in sizes.items():
        rows = np.flatnonzero(code == place[name])
        drawn.append(rows[rng.choice(copies * len(rows), n, replace=False) // copies])
    return np.sort(np.concatenate(drawn))


def draw_respondents(rng: np.random.Generator, msps: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Draw the textbook firm sample: a clean frame, and answers by the scenario's model.

    Returns
    -------
    DataFrame
        The respondents' rows of ``msps`` (same index), with ``stratum`` and the design
        weight ``w_base`` = N_h / n_h.
    """
    strata = msps["size"].to_numpy()
    rows = stratified(rng, strata, model.STRATUM_N)
    answered = rng.random(len(rows)) < response_chance(msps.iloc[rows], scenario)
    chosen = msps.iloc[rows[answered]]
    totals = msps["size"].value_counts()
    weight = chosen["size"].map(totals / pd.Series(model.STRATUM_N))
    return chosen.assign(stratum=chosen["size"], w_base=weight)


def response_chance(
    msps: pd.DataFrame, scenario: str, *, intercept: float = model.RESPONSE_INTERCEPT
) -> np.ndarray:
    """Chance of a complete answer: logistic in maturity and membership."""
    slope, member = model.SCENARIOS[scenario]
    return logistic(
        intercept + slope * msps["theta"].to_numpy() + member * msps["member"].to_numpy()
    )


def opt_in_panel(rng: np.random.Generator, msps: pd.DataFrame) -> pd.DataFrame:
    """Draw the panel that chose itself: mostly members, and the more mature among them."""
    reached = rng.random(len(msps)) < np.where(msps["member"], 0.30, 0.012)
    joined = rng.random(len(msps)) < logistic(0.3 * msps["theta"].to_numpy())
    return msps[reached & joined]


def firm_frame(rng: np.random.Generator, msps: pd.DataFrame) -> pd.DataFrame:
    """Make the sampling frame: it misses some firms and holds records that are none.

    Returns
    -------
    DataFrame
        ``firm`` (index in ``msps``; -1 for a record that is no eligible firm), ``kind``,
        ``stratum``, ``area``, ``state``.
    """
    missed = (msps["band"] == 0).to_numpy() & (rng.random(len(msps)) < SOLO_MISSED)
    listed = msps[~missed]
    n_false = round(INELIGIBLE_SHARE * len(msps))
    n_twice = round(LISTED_TWICE_SHARE * len(msps))
    false = msps.iloc[rng.choice(len(msps), n_false, replace=False)]
    kinds = np.where(rng.random(n_false) < 0.65, "break_fix", "dissolved").astype(object)
    kinds[:n_twice] = "listed_twice"
    columns = ["size", "area", "state"]
    frame = pd.concat(
        [
            listed[columns].assign(firm=listed.index, kind="firm"),
            false[columns].assign(firm=-1, kind=kinds),
        ],
        ignore_index=True,
    ).rename(columns={"size": "stratum"})
    frame["stratum"] = _neighbour(rng, frame["stratum"].to_numpy())
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def _neighbour(rng: np.random.Generator, strata: np.ndarray) -> np.ndarray:
    """Move a few records to the next stratum, as lists are never quite up to date."""
    position = pd.Categorical(strata, categories=list(model.STRATA)).codes
    step = np.where(rng.random(len(strata)) < 0.5, -1, 1)
    wrong = rng.random(len(strata)) < WRONG_STRATUM
    moved = np.clip(position + step * wrong, 0, len(model.STRATA) - 1)
    names: np.ndarray = np.array(model.STRATA)[moved]
    return names


def firm_sample(
    rng: np.random.Generator, frame: pd.DataFrame, msps: pd.DataFrame, scenario: str
) -> pd.DataFrame:
    """Draw 7,200 records of the frame and settle what became of each.

    The intercept of response is set so that as many complete answers are expected as the
    textbook design gives, although part of this sample is not eligible.
    """
    rows = stratified(rng, frame["stratum"].to_numpy(), model.STRATUM_N)
    sample = frame.iloc[rows].rename_axis("frame_row").reset_index()
    eligible = (sample["firm"] >= 0).to_numpy()
    firms = msps.iloc[np.where(eligible, sample["firm"], 0)]
    wanted = _expected_completes(msps, scenario)
    intercept = _solve(
        lambda a: (response_chance(firms, scenario, intercept=a) * eligible).sum(), wanted
    )
    chance = response_chance(firms, scenario, intercept=intercept)
    disposition = _firm_outcomes(rng, chance, eligible)
    return _contacts(rng, sample.assign(disposition=disposition))


def _expected_completes(msps: pd.DataFrame, scenario: str) -> float:
    chance = pd.Series(response_chance(msps, scenario)).groupby(msps["size"].to_numpy()).mean()
    return float(sum(chance[name] * n for name, n in model.STRATUM_N.items()))


def _firm_outcomes(
    rng: np.random.Generator, chance: np.ndarray, eligible: np.ndarray
) -> np.ndarray:
    """Final dispositions; those who start but do not finish lean the same way as the others."""
    shares = np.stack([chance, 0.13 * chance, 0.08 * chance], axis=1)
    rest = np.array([0.16, 0.30, 0.0, 0.54])
    left = 1 - shares.sum(axis=1, keepdims=True)
    shares = np.concatenate([shares, left * rest], axis=1)
    # Two in three false records are found out; of the others nothing becomes known.
    shares[~eligible] = [0, 0, 0, 0, 0, 0.67, 0.33]
    outcomes: np.ndarray = np.array(DISPOSITIONS)[choose(rng, shares)]
    return outcomes


def _contacts(rng: np.random.Generator, sample: pd.DataFrame) -> pd.DataFrame:
    """Number of attempts and day of the last contact, counted from the first day of field."""
    answered = sample["disposition"].isin(["complete", "partial", "break_off"])
    attempts = np.where(answered, 1 + rng.binomial(4, 0.3, len(sample)), 5)
    attempts = np.where(
        sample["disposition"] == "refusal", rng.integers(1, 5, len(sample)), attempts
    )
    day = np.minimum(7 * (attempts - 1) + rng.integers(0, 7, len(sample)), 53)
    return sample.assign(attempts=attempts, contact_day=day)


def client_strata(clients: pd.DataFrame) -> np.ndarray:
    """Design stratum of each record: size and sector group, as ``5-9/reg``."""
    short = clients["sector_group"].map(model.SECTOR_GROUPS)
    joined: np.ndarray = (clients["size"] + "/" + short).to_numpy()
    return joined


def client_allocation(strata: np.ndarray) -> dict[str, int]:
    """Invitations by stratum: a floor, and the rest by the square root of its size."""
    counts = pd.Series(strata).value_counts().sort_index()
    left = model.N_CLIENT_INVITED - CLIENT_STRATUM_FLOOR * len(counts)
    root = np.sqrt(counts)
    exact = left * root / root.sum()
    extra = np.floor(exact).astype(int)
    short = left - int(extra.sum())
    extra[(exact - extra).sort_values(ascending=False, kind="stable").index[:short]] += 1
    return {name: CLIENT_STRATUM_FLOOR + int(n) for name, n in extra.items()}


def client_sample(rng: np.random.Generator, clients: pd.DataFrame) -> pd.DataFrame:
    """Invite 30,000 organisations and settle what became of each.

    A record stands for ten organisations, so that it can be drawn up to ten times.
    Response rises with understanding of risk and with having a contract, and is lower
    among the smallest.
    """
    strata = client_strata(clients)
    rows = stratified(rng, strata, client_allocation(strata), copies=model.CLIENT_SCALE)
    sample = clients.iloc[rows].rename_axis("client").reset_index().assign(stratum=strata[rows])
    lean = (
        0.2 * sample["U"] + 0.3 * sample["contract"] - 0.35 * (sample["size"] == "1-4")
    ).to_numpy()
    reachable = rng.random(len(sample)) >= 0.04
    intercept = _solve(lambda a: (logistic(a + lean) * reachable).sum(), model.N_CLIENT_COMPLETES)
    chance = logistic(intercept + lean)
    shares = np.stack([chance, 0.07 * chance, 0.06 * chance], axis=1)
    left = 1 - shares.sum(axis=1, keepdims=True)
    shares = np.concatenate([shares, left * [0.10, 0.35, 0.0, 0.55]], axis=1)
    shares[~reachable] = [0, 0, 0, 0, 0, 0.5, 0.5]
    return sample.assign(disposition=np.array(DISPOSITIONS)[choose(rng, shares)])


def referral_pairs(
    rng: np.random.Generator, sample: pd.DataFrame, clients: pd.DataFrame
) -> pd.DataFrame:
    """Let firms that answered name clients: the contented, and those who took advice.

    Returns
    -------
    DataFrame
        700 rows of ``clients`` with ``client`` and ``msp_row``, the row of ``sample``.
    """
    answered = sample[sample["disposition"].isin(["complete", "partial"])]
    row_of = pd.Series(answered.index, index=answered["firm"])
    pool = clients[clients["contract"] & clients["msp"].isin(row_of.index)]
    liked = 0.35 * (pool["value"] - 7.4) - 0.8 * pool["mfa_refused"]
    # Largest of score plus Gumbel noise: a draw with chances in proportion to exp(score).
    key = (liked + rng.gumbel(size=len(pool))).sort_values(ascending=False)
    ranked = pool.loc[key.index]
    ranked = ranked[ranked.groupby("msp").cumcount() < PAIRS_PER_FIRM]
    chosen = ranked.iloc[: model.N_PAIRS].sort_index()
    chosen = chosen.rename_axis("client").reset_index()
    return chosen.assign(msp_row=chosen["msp"].map(row_of), disposition="complete")


def _solve(expected: Callable[[float], float], wanted: float) -> float:
    """Find the intercept at which ``expected`` is ``wanted``, by halving."""
    low, high = -8.0, 4.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < wanted else (low, middle)
    return (low + high) / 2
