"""The answered forms of each sample: what the model knows, who stops where, what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.synth.answers import client_it, client_views, draws, msp_company, msp_views
from mspsurvey.synth.answers.fill import Filled, Plan, fill, remarks

PARTIAL_REACH = (0.56, 0.78)
BREAK_OFF_REACH = (0.04, 0.42)
"""Share of core questions behind those who stop, as the statuses are defined."""
DEVICES = {"desk": 78, "phone": 17, "tabl": 5}


def msp_forms(
    rng: np.random.Generator,
    instrument: Instrument,
    firms: pd.DataFrame,
    disposition: np.ndarray,
) -> Filled:
    """Fill in the MSP questionnaire for firms in the order of the frame."""
    n = len(firms)
    known = {
        **msp_company.company(rng, firms),
        **msp_company.clientele(rng, firms),
        **msp_company.practice_answers(rng, firms),
        **msp_company.examinations(rng, firms),
        **msp_company.service(rng, firms),
        **msp_views.advice(rng, firms),
        **msp_views.authority(rng, n),
        **msp_views.law(rng, firms),
        **msp_views.incidents(rng, firms),
        **msp_company.names(rng, n),
        "licensed_other": draws.yes_no(rng.random(n) < 0.12),
        "open_final": remarks(rng, n, 0.18),
        "device": draws.code(rng, n, DEVICES),
    }
    plan = Plan(
        known=known,
        skipped=msp_views.SKIPPED,
        lean=firms["theta"].to_numpy(),
        stop=stops(rng, instrument, disposition),
    )
    return fill(rng, instrument, plan)


def client_forms(
    rng: np.random.Generator,
    instrument: Instrument,
    clients: pd.DataFrame,
    msps: pd.DataFrame,
    disposition: np.ndarray,
) -> Filled:
    """Fill in the client questionnaire; who has no provider is not asked about one."""
    n = len(clients)
    known = {
        **client_it.organization(rng, clients),
        **client_it.sourcing(rng, clients),
        **client_it.choice(rng, clients),
        **client_views.provider(rng, clients, msps),
        **client_views.risks(rng, clients),
        **client_views.advice(rng, clients),
        **client_views.authority(rng, clients),
        **client_views.experiment(rng, n),
        **client_views.law(rng, clients),
        **client_views.incidents(rng, clients),
        "open_final": remarks(rng, n, 0.06),
        "device": draws.code(rng, n, DEVICES),
    }
    plan = Plan(
        known=known,
        skipped=client_views.SKIPPED,
        lean=clients["U"].to_numpy(),
        stop=stops(rng, instrument, disposition),
    )
    return fill(rng, instrument, plan)


def stops(rng: np.random.Generator, instrument: Instrument, disposition: np.ndarray) -> np.ndarray:
    """Position of the first variable that each respondent did not reach."""
    core = [k for k, v in enumerate(instrument) if v.core]
    stop = np.full(len(disposition), len(instrument.variables))
    for name, (low, high) in (("partial", PARTIAL_REACH), ("break_off", BREAK_OFF_REACH)):
        rows = np.flatnonzero(disposition == name)
        share = rng.uniform(low, high, len(rows))
        stop[rows] = np.array(core)[(share * len(core)).astype(int)]
    return stop


def screened_out(instrument: Instrument, failing: list[str]) -> Filled:
    """Forms that end in the screener: yes to each question before, no to the one named."""
    names = [v.name for v in instrument if v.role != "design"]
    screen = [n for n in names if n.startswith("scr_") and instrument[n].required]
    at = np.array([screen.index(name) for name in failing], dtype=int)
    values = {name: np.full(len(failing), None, dtype=object) for name in names}
    seen = {name: np.zeros(len(failing), dtype=bool) for name in names}
    for k, name in enumerate(screen):
        values[name] = np.select([at > k, at == k], ["yes", "no"], "").astype(object)
        seen[name] = at >= k
    return Filled(values, seen, seen)


def stacked(first: Filled, second: Filled) -> Filled:
    """Put forms of one questionnaire below one another."""
    values = {
        name: np.concatenate([column, second.answers[name].astype(column.dtype)])
        for name, column in first.answers.items()
    }
    return Filled(
        values,
        {k: np.concatenate([v, second.shown[k]]) for k, v in first.shown.items()},
        {k: np.concatenate([v, second.reached[k]]) for k, v in first.reached.items()},
    )
