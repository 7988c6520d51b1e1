"""States, their census divisions, and the shape by which the synthetic firms spread.

Counts are establishments in NAICS 54 (County Business Patterns 2021), used as a shape only:
they do not count MSPs.
"""

from __future__ import annotations

import numpy as np

ESTABLISHMENTS = {
    "AL": 9662, "AK": 1966, "AZ": 19975, "AR": 6109, "CA": 140763, "CO": 28084, "CT": 9057,
    "DE": 3838, "FL": 89886, "GA": 32004, "HI": 3414, "ID": 5432, "IL": 38314, "IN": 13166,
    "IA": 6488, "KS": 7159, "KY": 8252, "LA": 12371, "ME": 3601, "MD": 21358, "MA": 21762,
    "MI": 21856, "MN": 16270, "MS": 4705, "MO": 13888, "MT": 4119, "NE": 4707, "NV": 10169,
    "NH": 3693, "NJ": 28459, "NM": 4660, "NY": 61665, "NC": 26689, "ND": 1873, "OH": 23822,
    "OK": 9928, "OR": 13154, "PA": 30183, "RI": 3063, "SC": 11744, "SD": 2077, "TN": 12153,
    "TX": 78125, "UT": 12643, "VT": 2084, "VA": 31871, "WA": 23266, "WV": 2628, "WI": 11456,
    "WY": 2866,
}  # fmt: skip
STATES = tuple(ESTABLISHMENTS)

DIVISIONS = {
    "new_england": "CT ME MA NH RI VT",
    "middle_atlantic": "NJ NY PA",
    "east_north_central": "IL IN MI OH WI",
    "west_north_central": "IA KS MN MO NE ND SD",
    "south_atlantic": "DE DC FL GA MD NC SC VA WV",
    "east_south_central": "AL KY MS TN",
    "west_south_central": "AR LA OK TX",
    "mountain": "AZ CO ID MT NV NM UT WY",
    "pacific": "AK CA HI OR WA",
}
DIVISION_OF = {state: name for name, states in DIVISIONS.items() for state in states.split()}
STATE_SPREAD_SD = 0.25


def state_shares(rng: np.random.Generator) -> np.ndarray:
    """Share of firms in each of ``STATES``: the establishments, times some noise."""
    weights = np.array(list(ESTABLISHMENTS.values()), dtype=float)
    weights = weights * np.exp(STATE_SPREAD_SD * rng.standard_normal(len(weights)))
    shares: np.ndarray = weights / weights.sum()
    return shares
