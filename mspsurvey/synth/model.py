"""The invented world in numbers: every constant of the synthetic population.

All of it is made up, apart from a few shapes borrowed from public statistics (the sizes of
employers, the states). Rows of tables follow the order of the bands named beside them.
"""

from __future__ import annotations

import numpy as np

WORLD_SEED = 20261124
"""Seed of the one population that the surveys of the demo are drawn from."""
N_FIRMS = 40_000
N_CLIENTS = 577_129
CLIENT_SCALE = 10
"""Each client record stands for this many organisations (5,771,290 in all)."""

# ---- MSP firms: eight bands of staff -------------------------------------------------
FIRM_BANDS = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 249), (250, 999))
FIRM_SIZES = ("1-4", "1-4", "5-9", "10-19", "20-49", "50-99", "100+", "100+")
"""Reporting size of each band, as the design strata have it."""
STRATA = ("1-4", "5-9", "10-19", "20-49", "50-99", "100+")

BAND_SHARE = np.array([0.14, 0.34, 0.24, 0.15, 0.09, 0.025, 0.011, 0.004])
BAND_THETA = np.array([-0.75, -0.45, 0.0, 0.40, 0.80, 1.20, 1.45, 1.60])
BAND_RURAL = np.array([0.26, 0.22, 0.17, 0.13, 0.09, 0.06, 0.04, 0.02])
BAND_CLIENTS = np.array([8.0, 16.0, 31.0, 56.0, 100.0, 210.0, 360.0, 700.0])
"""Median number of contract clients."""
BAND_HEADROOM = np.array([0.10, 0.12, 0.15, 0.18, 0.18, 0.15, 0.12, 0.10])
"""Clients that could be taken on without hiring, as a share of the present ones."""

THETA_SD = 0.80
"""Standard deviation of maturity within a band, before the rural shift."""
THETA_RURAL = -0.20
CLIENTS_SD = 0.5

# ---- 32 practices: graded response ---------------------------------------------------
DISCRIMINATION = 1.6
DOMAIN_SD = 0.45
STEPS = np.array([-1.0, 0.0, 1.3])
"""Thresholds of the answers 1, 2 and 3, measured from an item's difficulty."""
EASING = -0.25
"""Added to every difficulty but that of the outside examination, ``b4``."""
OUTSIDE_EXAMINATION = "b4"

DIFFICULTY = {
    "g1": -1.0, "g2": 0.5, "g3": -0.3, "g4": 0.7,
    "p1": 0.1, "p2": -0.2, "p3": 0.2, "p4": 0.0,
    "o1": -0.3, "o2": -1.1, "o3": -0.4, "o4": -0.2,
    "a1": -1.0, "a2": 0.2, "a3": 0.5, "a4": -0.4,
    "d1": -0.2, "d2": -0.1, "d3": 0.6, "d4": 0.1,
    "i1": 0.0, "i2": 1.0, "i3": 0.4, "i4": 0.6,
    "t1": 0.6, "t2": 0.1, "t3": 0.5, "t4": 0.8,
    "b1": -0.4, "b2": 0.2, "b3": 0.6, "b4": 1.75,
}  # fmt: skip
ITEMS = tuple(DIFFICULTY)
DOMAINS = ("gov", "pol", "ops", "acc", "dat", "inc", "trn", "biz")
STARRED = ("g1", "g3", "p2", "p4", "o2", "o3", "a1", "a4", "d1", "i1", "t1", "t2")
CRITICAL = ("g1", "a1", "d1", "i1")

# ---- Clients: eight bands of staff, twelve sectors -----------------------------------
CLIENT_BANDS = ((1, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, 249), (250, 499), (500, 2500))
CLIENT_SIZES = ("1-4", "5-9", "10-19", "20-49", "50-99", "100-249", "250-499", "500+")
SIZE_SHARE = np.array([0.616, 0.166, 0.1056, 0.068, 0.0244, 0.0121, 0.0038, 0.0041])
SECTOR_SHARE = {
    "heal": 0.110, "fin": 0.053, "legal": 0.029, "prof": 0.130, "nonp": 0.029, "educ": 0.013,
    "manu": 0.041, "const": 0.125, "retl": 0.105, "hosp": 0.105, "serv": 0.110, "trade": 0.150,
}  # fmt: skip
REGULATED = ("heal", "fin", "legal")
NONPROFIT, EDUCATION = "nonp", "educ"
SECTOR_GROUPS = {"regulated": "reg", "nonprofit_education": "npe", "other": "oth"}
"""Groups of the client strata, and their codes in a stratum."""

OUTSOURCING = ("none", "ad_hoc", "co_managed", "full")
OUTSOURCING_BY_SIZE = np.array([
    [47, 31, 3, 19], [33, 30, 6, 31], [25, 25, 11, 39], [18, 18, 22, 42],
    [15, 12, 36, 37], [17, 8, 50, 25], [21, 5, 57, 17], [27, 3, 60, 10],
]) / 100  # fmt: skip
OUTSOURCING_REGULATED = np.array([0.0, 0.0, 0.25, 0.45])
OUTSOURCING_NONPROFIT = np.array([0.0, 0.0, 0.15, -0.15])
"""Read as: co-managed a little more, full outsourcing a little less."""
LINK_AFFINITY = np.array([-0.05, 0.0, 0.10, 0.22, 0.35, 0.50, 0.60, 0.70])
LINK_REGULATED = 0.25

MFA_IN_PLACE = {"accepted": 0.93, "refused": 0.12, "not_told": 0.22}
ACTIONS = ("keep", "waiver", "charge", "impose", "persuade", "end")
"""What the MSP did after a refusal, in the order of the multinomial."""
REASONS = ("cost", "incon", "slow", "need", "under", "tech", "other")
REASON_SHARE = np.array([0.34, 0.24, 0.15, 0.13, 0.07, 0.05, 0.02])

DECISIONS = ("mfa", "patch", "backup", "vendor", "budget", "access", "ir")
DECIDES = np.array([
    [0.10, 0.16, 0.30, 0.34, 0.10],
    [0.34, 0.26, 0.22, 0.12, 0.06],
    [0.14, 0.18, 0.30, 0.28, 0.10],
    [0.24, 0.22, 0.26, 0.20, 0.08],
    [0.02, 0.03, 0.17, 0.42, 0.36],
    [0.08, 0.14, 0.24, 0.30, 0.24],
    [0.22, 0.22, 0.32, 0.16, 0.08],
])  # fmt: skip
"""Share of each decision that is taken by 1 the MSP alone … 5 the client alone."""

# ---- Surveys ---------------------------------------------------------------------------
STRATUM_N = {"1-4": 2600, "5-9": 1500, "10-19": 1200, "20-49": 1000, "50-99": 500, "100+": 400}
SCENARIOS = {
    "mcar": (0.0, 0.0),
    "mar_member": (0.0, 0.45),
    "mnar_moderate": (0.15, 0.45),
    "mnar_strong": (0.35, 0.45),
}
"""Slope of response on maturity, and shift for members of a trade body."""
RESPONSE_INTERCEPT = -1.75

FIELD_START = {"msps": "2026-08-03", "clients": "2026-08-10", "pairs": "2026-08-10"}
FIELD_DAYS = 74
N_CLIENT_INVITED = 30_000
N_CLIENT_COMPLETES = 2_400
N_PAIRS = 700


def logistic(x: np.ndarray) -> np.ndarray:
    """Probability at log-odds ``x``."""
    result: np.ndarray = 1.0 / (1.0 + np.exp(-x))
    return result


def choose(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """Draw one column for each row of a table of probabilities; shape (n, k) to (n,)."""
    limits = np.cumsum(shares, axis=1)
    # The last limit may fall a rounding error short of one.
    limits[:, -1] = 1.0
    drawn: np.ndarray = (rng.random(len(shares))[:, None] >= limits).sum(axis=1)
    return drawn
