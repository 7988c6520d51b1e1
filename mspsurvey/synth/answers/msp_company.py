"""What a firm answers about itself: company, clients, practices, examinations, service."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.answers import draws
from mspsurvey.synth.answers.fill import whole_shares
from mspsurvey.synth.model import logistic

Answers = dict[str, np.ndarray]

INFLATED = {1: 0.12, 0: 0.05}
"""Chance that a starred practice is reported one step better than it is."""
DONT_KNOW_STARRED = 0.02
DONT_KNOW_OTHER = 0.025
DOES_NOT_APPLY = {"g4": 0.02, "d1": 0.008, "d2": 0.012, "a4": 0.006}
BAND_EDGES = np.array([0.25, 0.5, 1, 2.5, 5, 10, 25]) * 1e6
NAMES_ONE = (
    "Blue", "North", "Cedar", "Iron", "Summit", "Prairie", "Granite", "Silver", "Maple", "Lake",
    "Red", "Clear", "East", "Pine", "Bright", "Stone", "Copper", "Oak", "Harvest", "Kite",
    "Mill", "Wind", "River", "Fox", "Amber", "Birch", "Canyon", "Delta", "Ember", "Falcon",
)  # fmt: skip
NAMES_AFTER = (
    "field", "gate", "harbor", "ridge", "lane", "star", "bay", "creek", "court", "side",
    "water", "hollow", "path", "bridge", "hill", "point", "rose", "brook", "crest", "ford",
)  # fmt: skip
NAMES_TWO = (
    "IT", "Networks", "Technology Partners", "Managed Services", "Computer Care", "Systems",
    "IT Solutions", "Tech Group", "Data Services", "Support Co.",
)  # fmt: skip
NAMES_THREE = ("LLC", "Inc.", "", "LLC", "Corp.", "Co.")


def company(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Screener and profile."""
    n, emp = len(firms), firms["emp"].to_numpy()
    owner = np.where(emp < 10, 0.85, 0.45)
    other_role = draws.code(rng, n, {"ops": 4, "sec": 1.5, "sales": 1, "tech": 2, "other": 1})
    revenue = draws.rounded(emp * np.exp(np.log(135_000) + 0.35 * rng.standard_normal(n)))
    bands = np.array([f"b{k}" for k in range(1, 9)], dtype=object)
    band = bands[np.searchsorted(BAND_EDGES, revenue, side="right")]
    band = draws.swap(rng, draws.swap(rng, band, "pns", 0.25), "dk", 0.06)
    age = np.clip(rng.gamma(2.2, 7.0, n), 0, 45)
    yes = draws.yes_no(np.ones(n, dtype=bool))
    return {
        "scr_consent": yes,
        "scr_contract": yes,
        "scr_access": yes,
        "scr_role": np.where(rng.random(n) < owner, "owner", other_role),
        "state": firms["state"].to_numpy(dtype=object),
        "zip3": np.array([f"{k:03d}" for k in rng.integers(10, 999, n)], dtype=object),
        "states_served_n": np.clip(1.0 + rng.poisson(0.4 + emp / 25), 1, 51),
        "emp": emp.astype(float),
        "emp_tech": np.maximum(rng.binomial(emp, 0.62), emp == 1).astype(float),
        "yr_founded": np.floor(2025.5 - age),
        "rev_usd": revenue,
        "rev_currency": np.full(n, "USD", dtype=object),
        "rev_band": band,
        "rev_recurring_pct": recurring_share(rng, firms["b1"].to_numpy()),
        "own_type": draws.code(
            rng, n, {"founder": 70, "partners": 18, "investor": 7, "franchise": 4, "public": 1}
        ),
        **membership(rng, firms["member"].to_numpy()),
    }


def recurring_share(rng: np.random.Generator, b1: np.ndarray) -> np.ndarray:
    """Percentage that scores as the practice ``b1``: 0 under 25, 1 under 50, 2 under 75."""
    steps = np.where(b1 == 3, 6, 5)
    within = np.floor(rng.random(len(b1)) * steps) * 5
    result: np.ndarray = 25.0 * b1 + within
    return result


def membership(rng: np.random.Generator, member: np.ndarray) -> Answers:
    """Trade bodies: a member belongs to at least one, the others to none."""
    chance = {"mspalliance": 0.40, "gtia": 0.45, "nsitsp": 0.20, "peer": 0.30, "other": 0.10}
    ticks = rng.random((len(member), len(chance))) < list(chance.values())
    ticks[~ticks.any(axis=1), 0] = True
    ticks &= member[:, None]
    answers = {f"assoc_{name}": draws.yes_no(ticks[:, k]) for k, name in enumerate(chance)}
    return {**answers, "assoc_none": draws.yes_no(~member)}


def clientele(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """How many clients, and of what kind."""
    n, clients = len(firms), firms["clients"].to_numpy()
    band, public = firms["band"].to_numpy(), firms["public"].to_numpy()
    grown = np.clip(0.06 + 0.12 * rng.standard_normal(n), -0.4, 0.9)
    full = np.clip(0.74 - 0.05 * band, 0.2, 1)
    mix = _parts(rng, np.stack([full, 0.92 - full, np.full(n, 0.08)], axis=1), 8)
    small = np.clip(0.66 - 0.07 * band, 0.1, 1)
    large = 0.02 + 0.03 * band
    rest = 1 - small - large
    sizes = _parts(rng, np.stack([small, 0.7 * rest, 0.3 * rest, large], axis=1), 10)
    top = np.clip(100 * (3 / np.maximum(clients, 3)) ** 0.6 * np.exp(0.3 * _z(rng, n)), 1, 100)
    names = ("svc_pct_full", "svc_pct_co", "svc_pct_other")
    bands = ("1_9", "10_49", "50_249", "250")
    return {
        "client_n_contract": clients.astype(float),
        "client_n_adhoc": np.rint(clients * np.exp(-0.4 + 0.9 * _z(rng, n))),
        "client_n_12m_ago": np.rint(clients / (1 + grown)),
        **{name: mix[:, k] for k, name in enumerate(names)},
        **{f"client_size_pct_{name}": sizes[:, k] for k, name in enumerate(bands)},
        **sectors(rng, firms["theta"].to_numpy(), public),
        "serves_public": draws.swap(rng, draws.yes_no(public), "dk", 0.015),
        "dep_top3_pct": np.rint(top),
        "clients_understand_pct": np.rint(rng.beta(2.2, 3.2, n) * 20) * 5,
    }


def sectors(rng: np.random.Generator, theta: np.ndarray, public: np.ndarray) -> Answers:
    """Sector mix: better firms serve more regulated clients; only some serve public bodies."""
    shares = model.SECTOR_SHARE
    lift = np.exp(model.LINK_REGULATED * theta)
    other = np.full(
        len(theta), 1 - sum(shares[k] for k in ("heal", "fin", "legal", "nonp", "educ"))
    )
    mean = np.stack(
        [
            *(shares[name] * lift for name in model.REGULATED),
            np.full(len(theta), shares[model.NONPROFIT]),
            0.06 * public,
            np.full(len(theta), shares[model.EDUCATION]),
            other,
        ],
        axis=1,
    )
    parts = _parts(rng, mean, 9)
    names = ("heal", "fin", "legal", "nonp", "gov", "educ", "other")
    return {f"client_sector_pct_{name}": parts[:, k] for k, name in enumerate(names)}


def practice_answers(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Reported practices: the truth, a little inflated where starred, with don't knows.

    ``b1`` is not among them; it is scored from the share of recurring revenue.
    """
    answers: Answers = {}
    for item in model.ITEMS:
        if item == "b1":
            continue
        true, starred = firms[item].to_numpy(), item in model.STARRED
        said = inflated(rng, true) if starred else true
        codes = said.astype(str).astype(object)
        codes = draws.swap(rng, codes, "dk", DONT_KNOW_STARRED if starred else DONT_KNOW_OTHER)
        if item in DOES_NOT_APPLY:
            codes = draws.swap(rng, codes, "na", DOES_NOT_APPLY[item] * (1 + (true == 0)))
        answers[item] = codes
    return {**answers, "attn": np.full(len(firms), "2", dtype=object)}


def inflated(rng: np.random.Generator, true: np.ndarray) -> np.ndarray:
    """Report a starred practice one step better than it is, now and then."""
    draw, said = rng.random(len(true)), true.copy()
    for value, rate in INFLATED.items():
        said[(true == value) & (draw < rate)] = value + 1
    return said


def examinations(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Certificates held, detection, and what prospects are shown."""
    n, theta = len(firms), firms["theta"].to_numpy()
    examined = (firms["b4"] >= 2).to_numpy()
    chance = np.stack(
        [0.15 + 0.35 * firms["member"].to_numpy(), np.full(n, 0.45), np.full(n, 0.2),
         np.full(n, 0.15), np.full(n, 0.12), np.full(n, 0.06)], axis=1,
    )  # fmt: skip
    held = rng.random((n, 6)) < chance
    held[~held.any(axis=1), 1] = True
    held &= examined[:, None]
    names = ("cyberverify", "soc2", "iso27001", "trustmark", "cmmc", "other")
    shown = ("cert", "insur", "matrix", "subs", "incid", "refs")
    ease = np.array([-2.6, -0.6, -0.9, -1.8, -2.6, 0.2])
    gives = rng.random((n, 6)) < logistic(ease + 0.7 * theta[:, None])
    gives[:, 0] &= examined
    reports = draws.ordered(
        rng,
        ("never", "less", "year", "quarter", "month"),
        0.6 + firms["t2"].to_numpy(),
        spread=0.7,
    )
    return {
        **{f"cert_{name}": draws.yes_no(held[:, k]) for k, name in enumerate(names)},
        "cert_none": draws.yes_no(~examined),
        "cert_year": np.floor(2026.99 - rng.gamma(1.2, 1.1, n).clip(0, 8)),
        "detect_edr": np.rint(20 * rng.beta(1.5 + firms["i3"].to_numpy(), 2.0)) * 5.0,
        "detect_247": draws.yes_no(rng.random(n) < logistic(-0.7 + 0.9 * theta)),
        "detect_logs": draws.one_of(rng, n, (0, 1, 3, 3, 6, 6, 12, 12, 24, 36)),
        **{f"transp_{name}": draws.yes_no(gives[:, k]) for k, name in enumerate(shown)},
        "transp_none": draws.yes_no(~gives.any(axis=1)),
        "report_freq": reports,
    }


def service(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Price, hours, terms, spare capacity and prospects turned away."""
    n, emp = len(firms), firms["emp"].to_numpy()
    clients, theta = firms["clients"].to_numpy(), firms["theta"].to_numpy()
    basis = draws.code(rng, n, {"user": 88, "device": 8, "flat": 4})
    price = firms["price"].to_numpy()
    price = np.select([basis == "device", basis == "flat"], [0.55 * price, 9 * price], price)
    away = rng.poisson(0.3 + 0.02 * clients + 0.8 * (theta > 0.8))
    reasons = {
        "capac": 0.45,
        "risky": 0.25,
        "small": 0.40,
        "sector": 0.12,
        "price": 0.45,
        "other": 0.05,
    }
    ticks = rng.random((n, len(reasons))) < list(reasons.values())
    ticks[~ticks.any(axis=1), 4] = True
    main = (ticks * rng.random(ticks.shape)).argmax(axis=1)
    return {
        "price_user_month": np.clip(np.rint(price), 1, 2000),
        "price_currency": np.full(n, "USD", dtype=object),
        "price_basis": basis,
        "hours_cover": draws.ordered(
            rng, ("office", "extended", "oncall", "always"), 1.4 + 0.5 * theta
        ),
        "sla_first_min": draws.one_of(rng, n, (15, 15, 30, 30, 60, 60, 60, 120, 240, 480)),
        "term_months": draws.one_of(rng, n, (1, 1, 12, 12, 12, 24, 36, 36)),
        "min_client_staff": draws.one_of(rng, n, (1, 1, 1, 3, 5, 5, 10, 20)),
        "capacity_new_clients_6m": rng.poisson(firms["headroom"].to_numpy()).astype(float),
        "declined_prospects_12m": away.astype(float),
        **{f"declined_reason_{k}": draws.yes_no(ticks[:, i]) for i, k in enumerate(reasons)},
        "declined_reason_main": np.array(list(reasons), dtype=object)[main],
        "waitlist": draws.yes_no(rng.random(n) < 0.18),
        "vacancies": rng.poisson(0.05 * emp).astype(float),
        "vacancy_weeks": np.rint(np.exp(2.2 + 0.7 * _z(rng, n))),
        "tech_left_12m": rng.poisson(0.09 * emp).astype(float),
    }


def names(rng: np.random.Generator, n: int) -> Answers:
    """Invented company names and addresses under example.org."""
    parts = (NAMES_ONE, NAMES_AFTER, NAMES_TWO, NAMES_THREE)
    drawn = [np.array(p, dtype=object)[rng.integers(0, len(p), n)] for p in parts]
    first = drawn[0] + drawn[1]
    number = rng.integers(1, 1000, n)
    full = [f"{a} {b} {c}".strip() for a, b, c in zip(first, drawn[2], drawn[3], strict=True)]
    site = [f"{a.lower()}{k}.example.org" for a, k in zip(first, number, strict=True)]
    return {
        "firm_name": np.array(full, dtype=object),
        "firm_domain": draws.swap(rng, np.array(site, dtype=object), None, 0.25),
    }


def _parts(rng: np.random.Generator, mean: np.ndarray, weight: float) -> np.ndarray:
    """Shares in steps of five around each row's mean; they add up to 100."""
    return whole_shares(rng.standard_gamma(np.maximum(weight * mean, 1e-9)) + 1e-12)


def _z(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n)
