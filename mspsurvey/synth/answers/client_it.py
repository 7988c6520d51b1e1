"""What a client answers about itself, who runs its IT, and the choice of a provider."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.answers import draws
from mspsurvey.synth.population.draw import staff

Answers = dict[str, np.ndarray]

FUNCTIONS = (
    "helpdesk", "devices", "network", "cloud", "backup",
    "secmon", "patch", "identity", "strategy", "compliance",
)  # fmt: skip
LEVEL_CODES = ("none", "adhoc", "co", "full")
"""Codes of the answer to "best description", in the order of ``model.OUTSOURCING``."""
BUDGET_EDGES = np.array([0.1, 0.25, 0.5, 1, 5, 25, 100]) * 1e6
FACTORS = {
    "skill": 18, "price": 19, "flex": 6, "avail": 11, "local": 7, "sect": 6,
    "recom": 10, "cert": 3, "secur": 7, "terms": 3, "wide": 5, "trust": 9,
}  # fmt: skip
SECTOR_UNFOUND = 0.05
"""Chance of ticking "something else" although the sector is on the list."""


SECTOR_TEXTS = {
    "heal": ("dentist", "Dental office", "veterinarian"), "fin": ("credit union", "mortgages"),
    "legal": ("law firm", "attorney"), "prof": ("CPA", "accountant", "engineering"),
    "nonp": ("church", "charity"), "educ": ("preschool", "day care"),
    "manu": ("metal fabrication", "foundry"), "const": ("plumbing", "roofing"),
    "retl": ("boutique", "grocery"), "hosp": ("restaurant", "brewery"),
    "serv": ("hair salon", "auto repair"), "trade": ("trucking", "real estate"),
}  # fmt: skip
"""What people write in the box beside "something else", by the sector they are in."""


def organization(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Profile: place, staff, sector, form, money, data, rules and needs."""
    n, size = len(clients), clients["size_index"].to_numpy()
    emp = staff(rng, np.array(model.CLIENT_BANDS), size)
    sector = clients["sector"].to_numpy(dtype=object)
    money = emp * np.exp(np.log(110_000) + 0.6 * rng.standard_normal(n))
    band = np.array([f"b{k}" for k in range(1, 9)], dtype=object)
    budget = band[np.searchsorted(BUDGET_EDGES, money, side="right")]
    budget = draws.swap(rng, draws.swap(rng, budget, "pns", 0.16), "dk", 0.06)
    return {
        **dict.fromkeys(("scr_consent", "scr_employer", "scr_decider"), _yes(n)),
        "state": clients["state"].to_numpy(dtype=object),
        "zip3": np.array([f"{k:03d}" for k in rng.integers(10, 999, n)], dtype=object),
        "emp": emp.astype(float),
        **named_sector(rng, sector),
        "legal_form": legal_form(rng, sector),
        "budget_band": budget,
        "it_spend_usd": draws.rounded(emp * np.exp(np.log(1900) + 0.7 * rng.standard_normal(n))),
        **data_held(rng, sector),
        "need_sites_n": 1.0 + rng.poisson(emp / 60),
        "need_remote_pct": np.rint(20 * rng.beta(0.7, 1.8, n)) * 5,
        "need_downtime_usd": draws.rounded(
            emp * np.exp(np.log(280) + 0.9 * rng.standard_normal(n)), digits=1
        ),
    }


def named_sector(rng: np.random.Generator, sector: np.ndarray) -> Answers:
    """Sector as ticked; who does not find it ticks "something else" and writes it down."""
    said = draws.swap(rng, sector, "oth", SECTOR_UNFOUND)
    position = rng.random(len(sector))
    words = [
        SECTOR_TEXTS[s][int(p * len(SECTOR_TEXTS[s]))]
        for s, p in zip(sector, position, strict=True)
    ]
    texts = np.array(words, dtype=object)
    texts[said != "oth"] = None
    return {"sector": said, "sector_oth": texts}


def legal_form(rng: np.random.Generator, sector: np.ndarray) -> np.ndarray:
    """Legal form by sector; a few do not know."""
    n = len(sector)
    business = draws.code(rng, n, {"prof": 97, "exmpt": 3})
    charity = draws.code(rng, n, {"c3": 86, "exmpt": 14})
    school = draws.code(rng, n, {"c3": 45, "prof": 35, "pub": 20})
    form = np.select(
        [sector == model.NONPROFIT, sector == model.EDUCATION], [charity, school], business
    )
    return draws.swap(rng, form, "dk", 0.015)


def data_held(rng: np.random.Generator, sector: np.ndarray) -> Answers:
    """Kinds of sensitive data, the rules that go with them, and limits on providers."""
    n = len(sector)
    regulated = np.isin(sector, model.REGULATED)
    selling = np.isin(sector, ("retl", "hosp", "serv"))
    held = {
        "heal": np.where(sector == "heal", 0.96, 0.04),
        "card": np.where(selling, 0.85, 0.30),
        "bank": np.where(sector == "fin", 0.92, 0.18),
        "priv": np.where(sector == "legal", 0.95, 0.05),
        "child": np.where(sector == "educ", 0.80, 0.05),
    }
    data = _several(rng, "data", held, unknown=0.03)
    rules = {
        "hipaa": 0.93 * (data["data_heal"] == "yes"),
        "glba": 0.70 * (sector == "fin"),
        "pci": 0.45 * (data["data_card"] == "yes"),
        "cmmc": np.where(np.isin(sector, ("manu", "prof")), 0.05, 0.0),
        "ferpa": 0.75 * (sector == "educ"),
        "state": np.where(regulated, 0.35, 0.12),
    }
    limits = {
        "insur": np.where(regulated, 0.22, 0.10),
        "regul": np.where(regulated, 0.24, 0.02),
        "cust": np.full(n, 0.06),
    }
    return {
        **data,
        **_several(rng, "regulated", rules, unknown=0.10),
        **_several(rng, "must_require", limits, unknown=0.09),
    }


def _several(
    rng: np.random.Generator, question: str, chances: dict[str, np.ndarray], *, unknown: float
) -> Answers:
    """Tick each choice with its chance, else "none"; some only say that they do not know."""
    ticks = {name: rng.random(len(p)) < p for name, p in chances.items()}
    n = len(next(iter(ticks.values())))
    lost = rng.random(n) < unknown
    any_ = np.any(list(ticks.values()), axis=0)
    answers = {f"{question}_{name}": draws.yes_no(t & ~lost) for name, t in ticks.items()}
    answers[f"{question}_none"] = draws.yes_no(~any_ & ~lost)
    answers[f"{question}_dk"] = draws.yes_no(lost)
    return answers


def sourcing(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Own IT staff, provider, who does each function, and how that changes."""
    n = len(clients)
    level = pd.Categorical(clients["outs_level"], categories=list(model.OUTSOURCING)).codes
    described = np.clip(level + rng.choice([-1, 0, 1], n, p=[0.05, 0.90, 0.05]), 0, 3)
    before = np.clip(level - rng.choice([-1, 0, 1], n, p=[0.04, 0.87, 0.09]), 0, 3)
    later = np.clip(level + rng.choice([-1, 0, 1], n, p=[0.04, 0.86, 0.10]), 0, 3)
    codes = np.array(LEVEL_CODES, dtype=object)
    return {
        "it_internal_fte": own_staff(rng, clients, level),
        "prov_any": draws.yes_no(level > 0),
        "prov_contract": draws.yes_no(level > 1),
        **functions(rng, level),
        "outs_self": codes[described],
        "outs_level_12m_ago": codes[before],
        "outs_plan_12m": codes[later],
    }


def own_staff(rng: np.random.Generator, clients: pd.DataFrame, level: np.ndarray) -> np.ndarray:
    """Full-time equivalents of IT staff; under half a person where all is outsourced."""
    n, size = len(clients), clients["size_index"].to_numpy()
    middle = np.sqrt(np.array(model.CLIENT_BANDS)[:, 0] * np.array(model.CLIENT_BANDS)[:, 1])
    scale = 0.6 + 1.1 * np.maximum(np.log(middle[size] / 20), 0)
    several = rng.poisson(scale).astype(float)
    zero = rng.random(n) < np.where(size >= 4, 0.70, 0.92)
    part = np.round(rng.uniform(0.1, 0.45, n), 1)
    alone = np.where(zero & (size < 4), 0.0, np.maximum(several, part))
    return np.select(
        [level == 3, level == 2, level == 1], [np.where(zero, 0.0, part), several, alone], alone
    )


def functions(rng: np.random.Generator, level: np.ndarray) -> Answers:
    """Who does each of ten functions: by counts that fit the level of outsourcing."""
    n = len(level)
    provider = np.select(
        [level == 3, level == 2, level == 1],
        [rng.integers(8, 11, n), rng.integers(2, 7, n), rng.integers(1, 5, n)],
        0,
    )
    rank = rng.random((n, len(FUNCTIONS))).argsort(axis=1).argsort(axis=1)
    rest = np.where(
        (level == 2)[:, None],
        rng.choice(["share", "own"], (n, 10), p=[0.55, 0.45]),
        rng.choice(["own", "nobod", "share"], (n, 10), p=[0.66, 0.30, 0.04]),
    ).astype(object)
    rest = np.where((level == 0)[:, None] & (rest == "share"), "own", rest)
    who = np.where(rank < provider[:, None], "prov", rest)
    return {
        f"fn_{name}": draws.swap(rng, who[:, k], "dk", 0.006) for k, name in enumerate(FUNCTIONS)
    }


def choice(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Alternatives, search, and what decided the choice of the provider."""
    n = len(clients)
    none = clients["no_alternative"].to_numpy()
    rural = (clients["area"] == "rural").to_numpy()
    others = draws.code(rng, n, {"1": 26, "2": 44, "4": 20, "dk": 10})
    why: dict[str, np.ndarray] = {
        "near": np.where(rural, 0.60, 0.15), "cost": 0.40 + 0.10 * (clients["B"].to_numpy() > 1),
        "size": np.where(clients["size_index"] == 0, 0.30, 0.08), "allow": np.full(n, 0.06),
        "tied": np.full(n, 0.10), "never": np.full(n, 0.35),
    }  # fmt: skip
    ticks = np.stack([rng.random(n) < p for p in why.values()], axis=1)
    ticks[~ticks.any(axis=1), 5] = True
    top = top_three(rng, clients)
    seen = ("cert", "insur", "refs", "matrx", "incid", "secqa")
    theta = clients["theta"].to_numpy()[:, None]
    shown = {
        name: 1 / (1 + np.exp(-(ease + 0.5 * theta[:, 0])))
        for name, ease in zip(seen, (-1.9, -1.5, -0.3, -1.8, -3.2, -1.7), strict=True)
    }
    return {
        "sel_alternatives_n": np.where(none, "0", others),
        **{f"no_choice_reason_{name}": draws.yes_no(ticks[:, k]) for k, name in enumerate(why)},
        "search_failed_12m": draws.code(rng, n, {"yes": 5, "found": 12, "no": 80, "dk": 3}),
        "wait_weeks": rng.poisson(1.6, n).astype(float),
        "sel_year": np.floor(2026.6 - np.clip(rng.gamma(1.5, 3.6, n), 0, 30)),
        "sel_n_considered": 1.0 + rng.poisson(1.1, n),
        **{f"sel_top{k + 1}": top[:, k] for k in range(3)},
        **_several(rng, "sel_info_seen", shown, unknown=0.08),
    }


def top_three(rng: np.random.Generator, clients: pd.DataFrame) -> np.ndarray:
    """Three different factors of choice; price matters more under a tight budget."""
    weight = np.log(np.tile(np.array(list(FACTORS.values()), dtype=float), (len(clients), 1)))
    names = list(FACTORS)
    weight[:, names.index("price")] += 0.35 * (clients["B"] > 1)
    weight[:, names.index("secur")] += 0.50 * clients["regulated"]
    key = -(weight + rng.gumbel(size=weight.shape))
    drawn: np.ndarray = np.array(names, dtype=object)[key.argsort(axis=1)[:, :3]]
    return drawn


def _yes(n: int) -> np.ndarray:
    return draws.yes_no(np.ones(n, dtype=bool))
