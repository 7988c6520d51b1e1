"""What a firm answers about others: advice declined, who decides, laws, incidents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.answers import draws
from mspsurvey.synth.model import choose, logistic
from mspsurvey.synth.population.clients import actions, reasons

Answers = dict[str, np.ndarray]

CONTROLS = {
    "mfa": 0.27, "backup": 0.15, "edr": 0.20, "patch": 0.10,
    "train": 0.30, "admin": 0.22, "eol": 0.28, "plan": 0.38,
}  # fmt: skip
"""Share of clients that decline each measure when it is recommended."""
DECLINE_EDGES = np.array([0.005, 0.095, 0.245, 0.495])
DECLINE_CODES = ("0", "1-9", "10-24", "25-49", "50+")
SUPPORT_CODES = ("m2", "m1", "0", "p1", "p2")
SUPPORT = {"a": 1.9, "b": 3.0, "c": 2.5, "d": 2.1, "e": 1.9, "f": 1.2, "g": 2.7}
"""Centre of each option on the scale from 0 (strongly oppose) to 4."""
BURDEN = {"c": 0.1, "d": 0.25, "e": 1.0, "f": 1.4}
"""How hard each rule would be to meet, for a firm of middling maturity."""
RESPONSES = ("already", "comply", "stop", "sell", "close")
MSP_SHIFT = 0.4
"""Firms report each decision so many steps nearer to the client than it is."""


def advice(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Count the second login step by client: recommended, in place, partly, declined."""
    theta, clients = firms["theta"].to_numpy(), firms["clients"].to_numpy()
    n = len(firms)
    told = rng.binomial(clients, logistic(1.65 + 0.8 * theta))
    declined = rng.binomial(told, logistic(-0.98 - 0.20 * theta))
    partly = rng.binomial(told - declined, 0.16)
    placed = rng.binomial(told - declined - partly, 0.94)
    bands = _decline_bands(rng, theta, declined / np.maximum(told, 1))
    any_declined = rng.random(n) < 1 - 0.85**declined
    policy = np.select([firms["t3"] == 0, firms["t3"] == 1], ["none", "unwrit"], "writ")
    return {
        "mfa_rec_n": told.astype(float),
        "mfa_acc_n": placed.astype(float),
        "mfa_part_n": partly.astype(float),
        "mfa_dec_n": declined.astype(float),
        **bands,
        "dec_any_12m": draws.swap(rng, draws.yes_no(any_declined), "dk", 0.02),
        **last_refusal(rng, theta),
        "dec_policy": draws.swap(rng, policy.astype(object), "dk", 0.02),
        "dec_end_12m": rng.poisson(0.05 * declined * np.exp(0.3 * theta)).astype(float),
    }


def _decline_bands(rng: np.random.Generator, theta: np.ndarray, mfa: np.ndarray) -> Answers:
    answers: Answers = {}
    for control, mean in CONTROLS.items():
        share = rng.beta(6 * mean, 6 * (1 - mean), len(theta)) * np.exp(-0.15 * theta)
        share = mfa if control == "mfa" else share
        codes = np.array(DECLINE_CODES, dtype=object)[np.searchsorted(DECLINE_EDGES, share)]
        codes = draws.swap(rng, codes, "nr", logistic(-2.6 - 0.6 * theta))
        answers[f"ctl_{control}_dec_band"] = draws.swap(rng, codes, "dk", 0.05)
    return answers


def last_refusal(rng: np.random.Generator, theta: np.ndarray) -> Answers:
    """The most recent refusal: which measure, whose, why, and what came of it."""
    n = len(theta)
    leaning = {"nonp": 1.3, "heal": 0.75, "fin": 0.75, "legal": 0.75}
    shares = {k: v * leaning.get(k, 1.0) for k, v in model.SECTOR_SHARE.items()}
    sector = draws.code(rng, n, {**shares, "gov": 0.04, "oth": 0.08})
    regulated = np.isin(sector, model.REGULATED)
    reason = reasons(rng, rng.standard_normal(n) + 0.8 * (sector == model.NONPROFIT), sector)
    reason = draws.swap(rng, draws.swap(rng, reason, "prior", 0.08), "none", 0.05)
    return {
        "dec_last_control": draws.code(rng, n, CONTROLS),
        "dec_last_sector": sector,
        "dec_last_size": draws.code(
            rng, n, {"1-9": 55, "10-49": 30, "50-249": 10, "250+": 3, "dk": 2}
        ),
        "dec_last_month": draws.code(
            rng, n, {"0-3": 48, "4-6": 27, "7-9": 13, "10-12": 9, "dk": 3}
        ),
        "dec_last_reason": reason,
        "dec_action_last": draws.swap(rng, actions(rng, theta, regulated), "open", 0.07),
    }


def authority(rng: np.random.Generator, n: int) -> Answers:
    """Who decides, by decision and kind of client, with the firm's own error."""
    answers: Answers = {}
    for kind, extra in (("full", 0.0), ("co", 0.3)):
        for index, decision in enumerate(model.DECISIONS):
            true = decision_maker(rng, n, index)
            said = shifted(rng, true, MSP_SHIFT + extra)
            said = draws.swap(rng, draws.swap(rng, said, "vary", 0.03), "na", 0.01)
            answers[f"auth_{decision}_{kind}"] = said
    role = draws.ordered(rng, ("1", "2", "3", "4", "5"), np.full(n, 3.2), spread=0.9)
    return {**answers, "role_self": draws.swap(rng, role, "dk", 0.02)}


def decision_maker(rng: np.random.Generator, n: int, decision: int) -> np.ndarray:
    """Draw who decides, 1 the firm alone to 5 the client alone."""
    return 1 + choose(rng, np.broadcast_to(model.DECIDES[decision], (n, 5)))


def shifted(rng: np.random.Generator, true: np.ndarray, shift: float) -> np.ndarray:
    """Report a scale of five with an error: a step up or down with chance ``|shift|``."""
    step = np.sign(shift) * (rng.random(len(true)) < abs(shift))
    said: np.ndarray = np.clip(true + step, 1, 5).astype(int).astype(str).astype(object)
    return said


def law(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """What is known of laws, support for seven options, and what each would do."""
    n, theta = len(firms), firms["theta"].to_numpy()
    home = (firms["state"] == "LA").to_numpy()
    member = firms["member"].to_numpy()
    levels = ("0", "1", "2")
    reg = draws.code(rng, n, {"na": 94, "no": 3, "yes": 2, "dk": 1})
    at_home = draws.code(rng, n, {"yes": 62, "no": 25, "na": 8, "dk": 5})
    answers: Answers = {
        "aware_la_law": draws.ordered(rng, levels, 0.3 + 1.1 * home + 0.5 * member, spread=0.7),
        "aware_uss2020": draws.ordered(rng, levels, 0.5 + 0.2 * theta, spread=0.7),
        "aware_aa22131a": draws.ordered(rng, levels, 0.5 + 0.3 * theta, spread=0.7),
        "reg_la": np.where(home, at_home, reg),
    }
    for option, centre in SUPPORT.items():
        slope = -0.2 if option == "a" else 0.2
        lean = centre + slope * theta - 0.3 * member * (option == "f")
        code = draws.ordered(rng, SUPPORT_CODES, lean, spread=1.1)
        answers[f"pol_{option}_support"] = draws.swap(rng, code, "dk", 0.04)
    for rule, burden in BURDEN.items():
        answers.update(_under_rule(rng, firms, rule, burden))
    return answers


def _under_rule(
    rng: np.random.Generator, firms: pd.DataFrame, rule: str, burden: float
) -> Answers:
    n, theta, emp = len(firms), firms["theta"].to_numpy(), firms["emp"].to_numpy()
    weight = np.exp(burden - theta)
    response = draws.ordered(rng, RESPONSES, 0.2 + 0.9 * np.log1p(weight), spread=0.8)
    cost = 400 * np.exp(1.4 * burden) * emp**0.5 * np.exp(0.6 * rng.standard_normal(n))
    exit_chance = np.clip(100 * rng.beta(0.02 + 0.06 * weight, 1.0), 0, 100)
    return {
        f"pol_{rule}_response": draws.swap(rng, response, "dk", 0.05),
        f"pol_{rule}_cost_usd": draws.rounded(cost, digits=1),
        f"pol_{rule}_months": np.rint(1 + 4 * burden * np.exp(0.5 * rng.standard_normal(n))),
        f"pol_{rule}_price_pct": np.rint(4 * burden * np.exp(0.5 * rng.standard_normal(n))),
        f"pol_{rule}_exit_prob": np.rint(exit_chance / 5) * 5,
    }


def incidents(rng: np.random.Generator, firms: pd.DataFrame) -> Answers:
    """Insurance and incidents; only what was noticed and is reported counts as one."""
    n, theta = len(firms), firms["theta"].to_numpy()
    happened, reported = firms["incident"].to_numpy(), firms["incident_reported"].to_numpy()
    insured = (firms["g3"] >= 2).to_numpy()
    cyber = insured | (rng.random(n) < 0.25)
    liability = insured | (rng.random(n) < 0.45)
    any_ = draws.swap(rng, draws.yes_no(reported), "pns", 0.05 + 0.08 * happened)
    began = {"client": 42, "tool": 20, "own": 18, "outside": 12, "dk": 6, "pns": 2}
    source = draws.code(rng, n, began)
    bodies = ("clients", "police", "agency", "regul", "insur")
    told = rng.random((n, 5)) < logistic(
        np.array([0.8, -1.6, -1.8, -2.2, -0.6]) + 0.4 * theta[:, None]
    )
    return {
        "insur_cover_cyber": draws.yes_no(cyber),
        "insur_cover_liab": draws.yes_no(liability),
        "insur_cover_none": draws.yes_no(~cyber & ~liability),
        "insur_premium": draws.ordered(rng, ("1", "2", "3", "4", "5"), np.full(n, 2.6)),
        "insur_mfa": draws.swap(rng, draws.yes_no(rng.random(n) < 0.7), "dk", 0.08),
        "inc_any": any_,
        "inc_n": 1.0 + rng.poisson(0.5, n),
        "inc_source": source,
        "inc_via_client": draws.yes_no(rng.random(n) < np.where(source == "client", 0.8, 0.15)),
        "inc_clients_n": rng.poisson(np.where(source == "client", 1.2, 2.5)).astype(float),
        **{f"inc_report_{b}": draws.yes_no(told[:, k]) for k, b in enumerate(bodies)},
        "inc_report_none": draws.yes_no(~told.any(axis=1)),
        "ransom_paid": draws.swap(rng, draws.yes_no(rng.random(n) < 0.06), "pns", 0.06),
        "link_consent": draws.yes_no(rng.random(n) < 0.58),
        "arg_arm": np.where(rng.random(n) < 0.5, "arg", "noarg").astype(object),
    }


SKIPPED = {
    "rev_usd": 0.22, "price_user_month": 0.15, "inc_any": 0.05, "pol_support": 0.04,
    "pol_cost_usd": 0.10, "pol_months": 0.06, "pol_price_pct": 0.06, "pol_exit_prob": 0.06,
    "sla_first_min": 0.25, "client_sector_pct": 0.03, "client_size_pct": 0.03,
    "firm_name": 0.15, "open_final": 0.0, "zip3": 0.05, "assoc_oth": 0.0, "cert_oth": 0.0,
}  # fmt: skip
"""Chance that a question is left without an answer; elsewhere ``Plan.default_skip``."""
