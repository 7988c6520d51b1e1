"""Draw the clients: size, sector, outsourcing, who serves them, and the chain of advice.

Where a formula of the model needs the provider's theta and there is no provider, the row
takes ``THETA_ALONE``; those values enter no published check.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.model import choose, logistic
from mspsurvey.synth.population.places import DIVISION_OF, STATES, state_shares

THETA_ALONE = -1.0
RURAL_ALONE = 0.16


def draw_clients(rng: np.random.Generator, msps: pd.DataFrame, n: int) -> pd.DataFrame:
    """Draw ``n`` client records linked to the firms of ``msps``."""
    size = choose(rng, np.broadcast_to(model.SIZE_SHARE, (n, 8)))
    shares = np.array(list(model.SECTOR_SHARE.values()))
    sector = np.array(list(model.SECTOR_SHARE))[choose(rng, np.broadcast_to(shares, (n, 12)))]
    regulated = np.isin(sector, model.REGULATED)
    nonprofit = sector == model.NONPROFIT
    level = choose(rng, outsourcing_shares(size, regulated, nonprofit))
    msp = link(rng, msps, size, regulated, served=level > 0)
    frame = pd.DataFrame(
        {
            "size_index": size,
            "size": np.array(model.CLIENT_SIZES)[size],
            "sector": sector,
            "sector_group": sector_group(sector),
            "regulated": regulated,
            "outs_level": np.array(model.OUTSOURCING)[level],
            "contract": level >= 2,
            "msp": msp,
            "theta": np.where(msp >= 0, msps["theta"].to_numpy()[msp], THETA_ALONE),
            "U": rng.standard_normal(n) + 0.35 * regulated + 0.12 * (size - 2),
            "B": rng.standard_normal(n) + 0.80 * nonprofit - 0.15 * (size - 2),
        }
    )
    frame = pd.concat([frame, _places(rng, msps, msp)], axis=1)
    frame = pd.concat([frame, advice(rng, frame)], axis=1)
    return pd.concat([frame, outcomes(rng, frame)], axis=1)


def sector_group(sector: np.ndarray) -> np.ndarray:
    """Group of the design strata: regulated, non-profit or education, other."""
    regulated, nonprofit, other = model.SECTOR_GROUPS
    cared_for = np.isin(sector, (model.NONPROFIT, model.EDUCATION))
    return np.where(
        np.isin(sector, model.REGULATED), regulated, np.where(cared_for, nonprofit, other)
    )


def outsourcing_shares(
    size: np.ndarray, regulated: np.ndarray, nonprofit: np.ndarray
) -> np.ndarray:
    """Probability of none, ad hoc, co-managed and full for each row; shape (n, 4)."""
    logs = np.log(model.OUTSOURCING_BY_SIZE)[size]
    logs = logs + regulated[:, None] * model.OUTSOURCING_REGULATED
    logs = logs + nonprofit[:, None] * model.OUTSOURCING_NONPROFIT
    odds = np.exp(logs)
    shares: np.ndarray = odds / odds.sum(axis=1, keepdims=True)
    return shares


def link(
    rng: np.random.Generator,
    msps: pd.DataFrame,
    size: np.ndarray,
    regulated: np.ndarray,
    *,
    served: np.ndarray,
) -> np.ndarray:
    """Choose each served client's firm; -1 for the others.

    The chance of a firm is in proportion to its clients, times
    ``exp(affinity_size (ln staff - 2) + .25 regulated theta)``: large clients use large
    firms, regulated ones better firms.
    """
    staff, theta = np.log(msps["emp"].to_numpy()) - 2, msps["theta"].to_numpy()
    clients = msps["clients"].to_numpy()
    msp = np.full(len(size), -1)
    for index, affinity in enumerate(model.LINK_AFFINITY):
        for flag in (False, True):
            rows = served & (size == index) & (regulated == flag)
            pull = clients * np.exp(affinity * staff + model.LINK_REGULATED * flag * theta)
            cumulated = np.cumsum(pull)
            draw = rng.random(rows.sum()) * cumulated[-1]
            msp[rows] = np.searchsorted(cumulated, draw, side="right")
    return msp


def _places(rng: np.random.Generator, msps: pd.DataFrame, msp: np.ndarray) -> pd.DataFrame:
    """Area and state: those of the firm where there is one."""
    n, linked = len(msp), msp >= 0
    area = np.where(rng.random(n) < RURAL_ALONE, "rural", "metro")
    state = rng.choice(np.array(STATES), n, p=state_shares(rng))
    area = np.where(linked, msps["area"].to_numpy()[msp], area)
    state = np.where(linked, msps["state"].to_numpy()[msp], state)
    division = pd.Series(state).map(DIVISION_OF).to_numpy()
    return pd.DataFrame({"area": area, "state": state, "division": division})


def advice(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Follow the second login step: recommended, refused, what the firm did, in place."""
    n, theta = len(frame), frame["theta"].to_numpy()
    regulated, served = frame["regulated"].to_numpy(), frame["msp"].to_numpy() >= 0
    understanding, budget = frame["U"].to_numpy(), frame["B"].to_numpy()
    told = served & (rng.random(n) < logistic(1.6 + 0.8 * theta + 0.3 * regulated))
    chance = logistic(
        -0.95 - 0.45 * understanding + 0.40 * budget - 0.20 * theta - 0.25 * regulated
    )
    refused = told & (rng.random(n) < chance)
    share = np.where(
        refused,
        model.MFA_IN_PLACE["refused"],
        np.where(told, model.MFA_IN_PLACE["accepted"], model.MFA_IN_PLACE["not_told"]),
    )
    rows = np.flatnonzero(refused)
    action, reason = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    action[rows] = actions(rng, theta[rows], regulated[rows])
    reason[rows] = reasons(rng, frame["B"].to_numpy()[rows], frame["sector"].to_numpy()[rows])
    return pd.DataFrame(
        {
            "mfa_told": told,
            "mfa_refused": refused,
            "mfa": rng.random(n) < share,
            "action": action,
            "reason": reason,
        }
    )


def actions(rng: np.random.Generator, theta: np.ndarray, regulated: np.ndarray) -> np.ndarray:
    """What the firm did; its dependence on this client's money is read as a normal score."""
    dependence = rng.standard_normal(len(theta))
    logs = np.stack(
        [
            0.0 * theta,
            -1.0 + 0.55 * theta,
            -2.1 + 0.30 * theta,
            -1.9 + 0.45 * theta,
            -1.7 + 0.25 * theta,
            -2.35 + 0.55 * theta - 0.70 * dependence + 0.30 * regulated,
        ],
        axis=1,
    )
    odds = np.exp(logs)
    chosen: np.ndarray = np.array(model.ACTIONS)[
        choose(rng, odds / odds.sum(axis=1, keepdims=True))
    ]
    return chosen


def reasons(rng: np.random.Generator, budget: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """Draw the main reason given: cost more often under a tight budget."""
    shares = np.tile(model.REASON_SHARE, (len(budget), 1))
    shares[:, model.REASONS.index("cost")] += 0.20 * (budget > 1)
    shares[:, model.REASONS.index("slow")] += 0.06 * np.isin(sector, ("heal", "legal"))
    chosen: np.ndarray = np.array(model.REASONS)[
        choose(rng, shares / shares.sum(axis=1, keepdims=True))
    ]
    return chosen


def outcomes(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Incident, whether it is reported, value for money, price, and choice."""
    n, theta = len(frame), frame["theta"].to_numpy()
    size, regulated = frame["size_index"].to_numpy() - 2, frame["regulated"].to_numpy()
    small = small_low_risk(frame)
    mfa, full = frame["mfa"].to_numpy(), (frame["outs_level"] == "full").to_numpy()
    skill = np.where(small, 0.20, 0.45) * theta
    incident = rng.random(n) < logistic(
        -1.75 - skill - 0.75 * mfa + 0.16 * size + 0.35 * regulated
    )
    noticed = rng.random(n) < np.clip(0.55 + 0.08 * theta, 0.3, 0.9)
    value = 7.4 + np.where(small, 0.10, 0.45) * theta + 1.4 * rng.standard_normal(n)
    price = np.log(110) + 0.18 * theta + 0.10 * full + 0.30 * rng.standard_normal(n)
    rural = (frame["area"] == "rural").to_numpy()
    return pd.DataFrame(
        {
            "incident": incident,
            "incident_reported": incident & noticed,
            "value": np.clip(value, 0, 10),
            "price": np.exp(price),
            "no_alternative": rng.random(n) < logistic(-1.35 + 0.9 * rural),
        }
    )


def small_low_risk(frame: pd.DataFrame) -> np.ndarray:
    """Under ten staff and neither health, finance nor legal."""
    return ((frame["size_index"] < 2) & ~frame["regulated"]).to_numpy()


def client_view(
    rng: np.random.Generator, clients: pd.DataFrame, msps: pd.DataFrame
) -> pd.DataFrame:
    """Say of the 12 starred practices what clients think their provider does.

    Returns
    -------
    DataFrame
        Columns the starred items; 1 does, 0 does not, NaN does not know. A client who
        says something is right in 85 of 100 cases.
    """
    truth = msps[list(model.STARRED)].to_numpy()[clients["msp"].to_numpy()] >= 2
    log_odds = -0.1 - 0.55 * clients["theta"] - 0.1 * (clients["size_index"] - 1)
    unknown = rng.random(truth.shape) < logistic(log_odds.to_numpy())[:, None]
    right = rng.random(truth.shape) < 0.85
    said = np.where(right, truth, ~truth).astype(float)
    said[unknown] = np.nan
    return pd.DataFrame(said, columns=list(model.STARRED), index=clients.index)


def view_class(view: pd.DataFrame) -> np.ndarray:
    """Class that a client's view amounts to: 10 and 7 known to be done; no critical rule."""
    known = (view == 1).sum(axis=1).to_numpy()
    return np.where(known >= 10, "met", np.where(known >= 7, "partly", "not_met"))
