"""Draw the population: 40,000 MSP firms, 577,129 client records, and who serves whom.

A firm has one latent maturity, theta. It moves the 32 practices, membership of a trade
body, prices, incidents and their detection; and, through the links, what becomes of
advice at the client's side. All draws come from the generator that is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.model import logistic
from mspsurvey.synth.population.clients import draw_clients
from mspsurvey.synth.population.places import DIVISION_OF, STATES, state_shares
from mspsurvey.synth.population.rubric_truth import classify


@dataclass(frozen=True)
class Population:
    """Both sides of the market.

    Attributes
    ----------
    msps : DataFrame
        One row a firm, index 0…N-1: band, size, staff, theta, practices, classes, incidents.
    clients : DataFrame
        One row a record of ten organisations: size, sector, outsourcing, the firm that
        serves them (``msp``, -1 for none) and the chain of advice.
    """

    msps: pd.DataFrame
    clients: pd.DataFrame


def draw_population(
    seed: int, *, n_firms: int = model.N_FIRMS, n_clients: int = model.N_CLIENTS
) -> Population:
    """Draw firms and clients.

    Parameters
    ----------
    seed : int
        The same seed gives the same population.
    n_firms, n_clients : int
        Rows of the two frames.
    """
    # Two streams, so that a change on the client side leaves the firms as they were.
    firms, clients = np.random.default_rng(seed).spawn(2)
    msps = draw_msps(firms, n_firms)
    return Population(msps, draw_clients(clients, msps, n_clients))


def draw_msps(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw MSP firms with their practices, clients, prices and incidents."""
    band = rng.permutation(np.repeat(np.arange(8), band_counts(n)))
    rural = rng.random(n) < model.BAND_RURAL[band]
    theta = model.BAND_THETA[band] + model.THETA_RURAL * rural
    theta = theta + model.THETA_SD * rng.standard_normal(n)
    median = model.BAND_CLIENTS[band]
    clients = np.exp(np.log(median) + model.CLIENTS_SD * rng.standard_normal(n))
    clients = np.maximum(1, np.rint(clients)).astype(int)
    states = rng.choice(np.array(STATES), n, p=state_shares(rng))
    incident = rng.random(n) < logistic(
        -1.55 - 0.45 * theta + 0.30 * (np.log(clients) - np.log(30))
    )
    noticed = rng.random(n) < logistic(0.35 + 0.85 * theta)
    frame = pd.DataFrame(
        {
            "band": band,
            "size": np.array(model.FIRM_SIZES)[band],
            "emp": staff(rng, np.array(model.FIRM_BANDS), band),
            "area": np.where(rural, "rural", "metro"),
            "state": states,
            "division": pd.Series(states).map(DIVISION_OF).to_numpy(),
            "theta": theta,
            "member": rng.random(n) < logistic(-2.35 + 0.75 * theta),
            "clients": clients,
            "price": np.exp(np.log(110) + 0.18 * theta + 0.30 * rng.standard_normal(n)),
            "incident": incident,
            "incident_reported": incident & noticed,
            "headroom": model.BAND_HEADROOM[band] * clients,
            "public": rng.random(n) < logistic(-1.6 + 0.35 * band),
        }
    )
    answers = practices(rng, theta)
    return pd.concat([frame, answers, classify(answers)], axis=1)


def band_counts(n: int) -> np.ndarray:
    """Firms in each band, adding up to ``n``; what rounding leaves goes to the largest."""
    counts: np.ndarray = np.floor(model.BAND_SHARE * n).astype(int)
    counts[np.argmax(model.BAND_SHARE)] += n - counts.sum()
    return counts


def staff(rng: np.random.Generator, bands: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Exact staff, log-uniform within each row's band; whole persons."""
    low, high = bands[band, 0], bands[band, 1]
    position = rng.random(len(band))
    exact = np.exp(np.log(low) + position * (np.log(high + 1) - np.log(low)))
    persons: np.ndarray = np.clip(np.floor(exact).astype(int), low, high)
    return persons


def practices(rng: np.random.Generator, theta: np.ndarray) -> pd.DataFrame:
    """Draw true answers 0–3 to the 32 practices by a graded response model.

    ``P(answer >= k) = logistic(a (theta + domain - b - step_k))``, with one draw a cell
    against the three probabilities; each domain adds a factor of its own to theta.
    """
    columns: dict[str, np.ndarray] = {}
    for first in range(0, len(model.ITEMS), 4):
        ability = theta + model.DOMAIN_SD * rng.standard_normal(len(theta))
        for item in model.ITEMS[first : first + 4]:
            ease = 0.0 if item == model.OUTSIDE_EXAMINATION else model.EASING
            difficulty = model.DIFFICULTY[item] + ease + model.STEPS
            above = logistic(model.DISCRIMINATION * (ability[:, None] - difficulty))
            cell = rng.random(len(theta))
            columns[item] = (cell[:, None] < above).sum(axis=1).astype(np.int8)
    return pd.DataFrame(columns)
