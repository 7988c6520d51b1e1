"""What a client answers about its provider, risks, advice, decisions, laws and incidents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.answers import draws
from mspsurvey.synth.answers.msp_views import CONTROLS, SUPPORT_CODES, decision_maker, shifted
from mspsurvey.synth.model import logistic
from mspsurvey.synth.population.clients import client_view

Answers = dict[str, np.ndarray]

QUIZ = ("false", "true", "true", "false", "true")
"""Right answers of the five statements on risk."""
CLIENT_SHIFT = -0.3
"""Clients report each decision so many steps nearer to the firm than it is."""
SUPPORT = {"a": 1.7, "b": 2.9, "c": 2.8, "d": 2.5, "e": 2.4, "f": 2.2, "g": 1.9}
REACTIONS = {"waiver": "waivr", "charge": "charg", "impose": "impos", "persuade": "persu"}
"""Codes of the client form where they differ from those of the model."""
BACKUP_CODE = "bkup"
"""Answer code for backups, which is shorter than the name of the row."""
RESPONSIBLE = ("us", "prov", "both", "unclr")


def provider(rng: np.random.Generator, clients: pd.DataFrame, msps: pd.DataFrame) -> Answers:
    """What the provider does, costs, and how content the client is."""
    n, value = len(clients), clients["value"].to_numpy()
    view = client_view(rng, clients, msps).to_numpy()
    said = np.select([np.isnan(view), view == 1], ["dk", "yes"], "no").astype(object)
    basis = draws.code(rng, n, {"user": 86, "devic": 8, "flat": 6})
    price = clients["price"].to_numpy()
    price = np.select([basis == "devic", basis == "flat"], [0.55 * price, 9 * price], price)
    near = value - 7.4
    return {
        **{f"cv_{k + 1}": said[:, k] for k in range(len(model.STARRED))},
        "attn": np.full(n, "2", dtype=object),
        "price_user_month_c": np.clip(np.rint(price), 1, 2000),
        "price_currency_c": np.full(n, "USD", dtype=object),
        "price_basis_c": basis,
        "sat_value": np.rint(value),
        "sat_overall": _points(7.6 + 0.75 * near + 0.9 * rng.standard_normal(n)),
        "sat_speed": _points(7.2 + 0.6 * near + 1.3 * rng.standard_normal(n)),
        "would_choose_again": draws.ordered(
            rng, ("1", "2", "3", "4", "5"), 3.0 + 0.4 * near, spread=0.8
        ),
        "switch_12m": draws.yes_no(rng.random(n) < logistic(-2.8 - 0.5 * near)),
        "prov_advisor": draws.swap(
            rng,
            draws.ordered(rng, ("1", "2", "3", "4", "5"), 2.9 + 0.35 * near, spread=0.9),
            "dk",
            0.03,
        ),
    }


def _points(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.clip(np.rint(x), 0, 10)
    return result


def risks(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Quiz of five statements, perceived risk, and sources of information."""
    n, grasp = len(clients), clients["U"].to_numpy()
    answers: Answers = {}
    for k, right in enumerate(QUIZ):
        correct = rng.random(n) < logistic(0.2 + 0.8 * grasp)
        wrong = np.where(rng.random(n) < 0.55, "dk", "true" if right == "false" else "false")
        answers[f"risk_quiz_{k + 1}"] = np.where(correct, right, wrong).astype(object)
    served = clients["contract"].to_numpy()
    with_provider = {
        "prov": 55,
        "own": 14,
        "insur": 4,
        "peers": 9,
        "gov": 4,
        "media": 9,
        "none": 4,
        "dk": 1,
    }
    without = {
        "prov": 8,
        "own": 22,
        "insur": 6,
        "peers": 15,
        "gov": 5,
        "media": 27,
        "none": 15,
        "dk": 2,
    }
    source = np.where(served, draws.code(rng, n, with_provider), draws.code(rng, n, without))
    five = ("1", "2", "3", "4", "5")
    return {
        **answers,
        "risk_perceived": _points(3.6 + 0.5 * grasp + 2.0 * rng.standard_normal(n)),
        "risk_self": draws.ordered(rng, five, 1.8 + 0.6 * grasp, spread=0.8),
        "info_source_main": source,
        "info_enough": draws.swap(rng, draws.ordered(rng, five, 2.1 + 0.5 * served), "dk", 0.03),
    }


def advice(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """For eight measures: recommended, and what came of it; then the last refusal."""
    n, theta = len(clients), clients["theta"].to_numpy()
    told = {"mfa": clients["mfa_told"].to_numpy()}
    refused = {"mfa": clients["mfa_refused"].to_numpy()}
    placed = {"mfa": clients["mfa"].to_numpy()}
    for control, rate in CONTROLS.items():
        if control == "mfa":
            continue
        told[control] = rng.random(n) < logistic(0.9 + 0.7 * theta)
        lean = np.log(rate / (1 - rate)) - 0.45 * clients["U"] + 0.40 * clients["B"]
        refused[control] = told[control] & (rng.random(n) < logistic(lean.to_numpy()))
        share = np.where(refused[control], 0.10, np.where(told[control], 0.85, 0.20))
        placed[control] = rng.random(n) < share
    answers: Answers = {}
    for control in CONTROLS:
        answers[f"rec_{control}"] = draws.swap(rng, draws.yes_no(told[control]), "dk", 0.05)
        answers[f"adopt_{control}"] = _adoption(
            rng, told[control], refused[control], placed[control]
        )
    return {**answers, **last_refusal(rng, clients, answers)}


def _adoption(
    rng: np.random.Generator, told: np.ndarray, refused: np.ndarray, placed: np.ndarray
) -> np.ndarray:
    """Situation today: a refusal counts as one also where the firm applied it anyway."""
    n = len(told)
    in_place = draws.code(rng, n, {"did": 62, "had": 38})
    not_yet = draws.code(rng, n, {"part": 60, "undec": 40})
    untold = draws.code(rng, n, {"not": 84, "asked": 8, "undec": 8})
    code = np.select(
        [refused & ~placed, refused & placed, told & placed, told & ~placed, ~told & placed],
        ["decl", "decl", in_place, not_yet, "had"],
        untold,
    )
    return draws.swap(rng, code.astype(object), "dk", 0.03)


def last_refusal(rng: np.random.Generator, clients: pd.DataFrame, answers: Answers) -> Answers:
    """The last refusal; the second login step where that was refused, else one of the others."""
    n = len(clients)
    declined = np.stack([answers[f"adopt_{c}"] == "decl" for c in CONTROLS], axis=1)
    key = declined * rng.random(declined.shape)
    key[:, 0] *= 1.5
    control = np.array(list(CONTROLS), dtype=object)[key.argmax(axis=1)]
    control = np.where(control == "backup", BACKUP_CODE, control)
    own = clients["reason"].to_numpy(dtype=object)
    spare = draws.code(rng, n, dict(zip(model.REASONS, model.REASON_SHARE, strict=True)))
    main = np.where((own != "") & (control == "mfa"), own, spare)
    main = draws.swap(rng, main, "prior", 0.06)
    names = ("cost", "incon", "slow", "need", "under", "tech", "prior", "other")
    also = rng.random((n, len(names))) < (0.25, 0.2, 0.15, 0.1, 0.06, 0.06, 0.15, 0.01)
    action = clients["action"].map(lambda a: REACTIONS.get(a, a)).to_numpy(dtype=object)
    spare = draws.code(
        rng, n, {"keep": 46, "waivr": 22, "charg": 6, "impos": 9, "persu": 9, "end": 2}
    )
    reaction = np.where((action != "") & (control == "mfa") & (action != "end"), action, spare)
    reaction = draws.swap(rng, draws.swap(rng, reaction, "open", 0.06), "dk", 0.04)
    return {
        "decline_any_12m": draws.swap(rng, draws.yes_no(declined.any(axis=1)), "dk", 0.02),
        "dec_last_control": control,
        **{f"dec_reason_{r}": draws.yes_no(also[:, k] | (main == r)) for k, r in enumerate(names)},
        "dec_reason_main": main,
        "prov_react_last": reaction,
    }


def authority(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Who decides, and who is responsible if it goes wrong."""
    n = len(clients)
    answers: Answers = {}
    for index, decision in enumerate(model.DECISIONS):
        true = decision_maker(rng, n, index)
        said = shifted(rng, true, CLIENT_SHIFT)
        said = draws.swap(rng, draws.swap(rng, said, "vary", 0.04), "na", 0.02)
        answers[f"auth_{decision}"] = said
        mine = np.stack([0.12 + 0.11 * (true - 1), 0.55 - 0.10 * (true - 1)], axis=1)
        drawn = rng.random(n)
        who = np.select(
            [drawn < mine[:, 0], drawn < mine.sum(axis=1), drawn < mine.sum(axis=1) + 0.17],
            RESPONSIBLE[:3],
            RESPONSIBLE[3],
        )
        answers[f"resp_{decision}"] = draws.swap(rng, who.astype(object), "na", 0.02)
    return answers


def experiment(rng: np.random.Generator, n: int) -> Answers:
    """Four choices between two providers, each with six attributes of three levels.

    A provider is coded by one letter an attribute, ``a`` for the lowest level to ``c``, in
    the order price, certificate, references, speed of response, list of responsibilities,
    size: ``caabbc``.
    """
    worth = np.array([-0.9, 0.35, 0.30, 0.40, 0.25, 0.05])
    answers: Answers = {}
    for task in range(1, 5):
        pair = rng.integers(0, 3, (2, n, 6))
        score = (pair * worth).sum(axis=2) + rng.gumbel(size=(2, n))
        for side, levels in zip("ab", pair, strict=True):
            texts = ["".join("abc"[k] for k in row) for row in levels]
            answers[f"cj{task}_{side}"] = np.array(texts, dtype=object)
        answers[f"cj{task}_choice"] = np.where(score[0] > score[1], "a", "b").astype(object)
    return answers


def law(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Support for seven options, trust in a licence, and what it may cost."""
    n, grasp = len(clients), clients["U"].to_numpy()
    answers: Answers = {
        "aware_prov_law": draws.ordered(rng, ("0", "1", "2"), 0.1 + 0.2 * grasp, spread=0.6)
    }
    for option, centre in SUPPORT.items():
        code = draws.ordered(rng, SUPPORT_CODES, np.full(n, centre), spread=1.1)
        answers[f"pol_{option}_support"] = draws.swap(rng, code, "dk", 0.12)
    trust = draws.ordered(rng, ("1", "2", "3", "4", "5"), np.full(n, 2.5), spread=0.8)
    most = 8 * np.exp(0.9 * rng.standard_normal(n))
    pays = np.where(rng.random(n) < 0.35, 0.0, np.clip(np.rint(most / 5) * 5, 0, 200))
    for rise in (10, 20, 40):
        stays = draws.yes_no(most * 2.2 > rise)
        answers[f"accept_price_{rise}"] = draws.swap(rng, stays, "dk", 0.07)
    return {
        **answers,
        "trust_license": draws.swap(rng, trust, "dk", 0.10),
        "pay_more_pct": pays,
    }


def incidents(rng: np.random.Generator, clients: pd.DataFrame) -> Answers:
    """Incidents that were noticed; of those that happened more are left unsaid."""
    n = len(clients)
    happened, reported = clients["incident"].to_numpy(), clients["incident_reported"].to_numpy()
    kinds = {"email": 0.45, "pay": 0.22, "ransm": 0.15, "malw": 0.30, "data": 0.12, "other": 0.04}
    ticks = rng.random((n, len(kinds))) < list(kinds.values())
    ticks[~ticks.any(axis=1), 0] = True
    providers = clients["provider"].to_numpy(dtype=object)
    return {
        "inc_any": draws.swap(rng, draws.yes_no(reported), "pns", 0.05 + 0.08 * happened),
        **{f"inc_type_{name}": draws.yes_no(ticks[:, k]) for k, name in enumerate(kinds)},
        "inc_type_pns": np.full(n, "no", dtype=object),
        "inc_hours": np.rint(np.exp(2.3 + 1.1 * rng.standard_normal(n))),
        "inc_via_provider": draws.code(rng, n, {"no": 78, "yes": 9, "dk": 11, "pns": 2}),
        "inc_reported": draws.code(rng, n, {"no": 58, "yes": 33, "dk": 6, "pns": 3}),
        "link_consent": draws.yes_no(rng.random(n) < 0.55),
        "prov_domain_hash": draws.swap(rng, providers, None, 0.30),
        "arg_arm": np.where(rng.random(n) < 0.5, "arg", "noarg").astype(object),
    }


SKIPPED = {
    "it_spend_usd": 0.22, "price_user_month_c": 0.15, "inc_any": 0.04, "pol_support": 0.04,
    "need_downtime_usd": 0.15, "budget_band": 0.03, "zip3": 0.05, "open_final": 0.0,
    "sector_oth": 0.0, "dec_reason_oth": 0.0, "inc_type_oth": 0.0, "prov_domain_hash": 0.0,
    "prov_any": 0.004, "prov_contract": 0.004, "emp": 0.006, "sector": 0.006,
    **{f"cj{k}_{s}": 0.0 for k in range(1, 5) for s in "ab"},
}  # fmt: skip
"""Chance that a question is left without an answer; elsewhere ``Plan.default_skip``."""
