"""What is true of the synthetic population, for the tests that score the analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.synth import model
from mspsurvey.synth.answers.msp_company import inflated
from mspsurvey.synth.population.clients import small_low_risk
from mspsurvey.synth.population.draw import Population
from mspsurvey.synth.population.rubric_truth import CLASSES, base_class, criteria

UPGRADES = (0.2, 0.4, 0.6, 0.8)
UPGRADE_HEADROOM = 0.10
"""New clients that an upgraded firm takes on, as a share of its own."""


def truth(population: Population) -> dict[str, Any]:
    """Figures of both populations; shares between 0 and 1, rounded to six digits."""
    figures: dict[str, Any] = _rounded(
        {"firms": firms(population.msps), "clients": client_side(population)}
    )
    return figures


def firms(msps: pd.DataFrame) -> dict[str, Any]:
    """Shares of firms and of the clients they serve, by class, level, size and area."""
    weight = msps["clients"]
    scope = {f"staff_{n}_or_more": msps["emp"] >= n for n in (50, 10, 5)}
    scope["serves_public_body"] = msps["public"]
    not_met = msps["base_class"] == "not_met"
    return {
        "n": len(msps),
        "clients_total": int(weight.sum()),
        "base_class": _shares(msps["base_class"]),
        "base_class_as_reported": _shares(as_reported(msps)),
        "base_class_of_clients": _shares(msps["base_class"], weight),
        "mat_level": _shares(msps["mat_level"]),
        "score": {"mean": msps["score"].mean(), "sd": msps["score"].std()},
        "not_met_by_size": not_met.groupby(msps["size"]).mean().to_dict(),
        "not_met_by_area": not_met.groupby(msps["area"]).mean().to_dict(),
        "not_met_by_division": not_met.groupby(msps["division"]).mean().to_dict(),
        "met_by_size": (msps["base_class"] == "met").groupby(msps["size"]).mean().to_dict(),
        "size": _shares(msps["size"]),
        "member": float(msps["member"].mean()),
        "practice_applied_to_all": {k: float((msps[k] >= 2).mean()) for k in model.ITEMS},
        "incident_by_class": msps.groupby("base_class")["incident"].mean().to_dict(),
        "incident_reported_by_class": msps.groupby("base_class")["incident_reported"]
        .mean()
        .to_dict(),
        "scope": {
            name: {
                "firms": float(flag.mean()),
                "clients": float(weight[flag].sum() / weight.sum()),
                "not_met_firms": float(flag[not_met].mean()),
            }
            for name, flag in scope.items()
        },
        "licence": {need: licence(msps, need) for need in ("met", "partly")},
    }


def as_reported(msps: pd.DataFrame) -> pd.Series:
    """Class of each firm if all answered, with the inflation of self-reports.

    This, not the true class, is what a survey without nonresponse would find.
    """
    rng = np.random.default_rng(model.WORLD_SEED)
    said = {item: inflated(rng, msps[item].to_numpy()) for item in model.STARRED}
    n, n_critical = criteria(pd.DataFrame(said))
    return pd.Series(np.array(CLASSES)[base_class(n, n_critical)])


def licence(msps: pd.DataFrame, need: str) -> dict[str, dict[str, float]]:
    """Clients displaced by a rule, headroom elsewhere, and clients left without a provider.

    Shares of all contract clients, by the share of failing firms that upgrade in time.
    """
    rank = pd.Series(range(len(CLASSES)), index=list(CLASSES))
    passes = (msps["base_class"].map(rank) >= rank[need]).to_numpy()
    total = msps["clients"].sum()
    failing = msps.loc[~passes, "clients"].sum() / total
    spare = msps.loc[passes, "headroom"].sum() / total
    result = {}
    for upgrade in UPGRADES:
        displaced = failing * (1 - upgrade)
        room = spare + upgrade * failing * UPGRADE_HEADROOM
        result[f"{upgrade:.1f}"] = {
            "displaced": displaced,
            "headroom": room,
            "unserved": max(displaced - room, 0.0),
        }
    return result


def client_side(population: Population) -> dict[str, Any]:
    """Outsourcing, refusal, responses, incidents and value on the client side."""
    msps, clients = population.msps, population.clients
    served = clients[clients["contract"]]
    classes = msps["base_class"].to_numpy()[served["msp"]]
    told, refused = served[served["mfa_told"]], served[served["mfa_refused"]]
    rural = served["area"] == "rural"
    return {
        "n": len(clients) * model.CLIENT_SCALE,
        "outs_level": _shares(clients["outs_level"]),
        "outs_level_by_size": {
            str(size): _shares(part["outs_level"]) for size, part in clients.groupby("size")
        },
        "contract": float(clients["contract"].mean()),
        "class_of_provider": _shares(pd.Series(classes)),
        "class_of_provider_regulated": _shares(pd.Series(classes[served["regulated"]])),
        "mfa_recommended": float(served["mfa_told"].mean()),
        "mfa_refused": float(told["mfa_refused"].mean()),
        "mfa_refused_by_sector": told.groupby("sector")["mfa_refused"].mean().to_dict(),
        "mfa_in_place": float(served["mfa"].mean()),
        "action": _shares(refused["action"]),
        "reason": _shares(refused["reason"]),
        "incident": float(served["incident"].mean()),
        "incident_reported": float(served["incident_reported"].mean()),
        "no_alternative": {
            "rural": float(served.loc[rural, "no_alternative"].mean()),
            "metro": float(served.loc[~rural, "no_alternative"].mean()),
        },
        "fit": _fit(served, classes),
    }


def _fit(served: pd.DataFrame, classes: np.ndarray) -> dict[str, Any]:
    """Value, median price and incidents by class, for small low-risk clients and others."""
    small = small_low_risk(served)
    result: dict[str, Any] = {"small_low_risk_share": float(small.mean())}
    for name, group in (("small_low_risk", small), ("others", ~small)):
        for level in ("not_met", "met"):
            part = served[group & (classes == level)]
            result[f"{name}_{level}"] = {
                "value": float(part["value"].mean()),
                "price_median": float(part["price"].median()),
                "incident": float(part["incident"].mean()),
            }
    return result


def _shares(values: pd.Series, weight: pd.Series | None = None) -> dict[str, float]:
    sizes = pd.Series(1.0, index=values.index) if weight is None else weight
    totals = sizes.groupby(values).sum()
    return {str(k): float(v) for k, v in (totals / totals.sum()).items()}


def _rounded(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(k): _rounded(v) for k, v in node.items()}
    return node if isinstance(node, int | str) else round(float(node), 6)
