"""Links from clients to the MSPs that they named; kept apart from all other tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mspsurvey.intake.linking.decide import ACCEPTED, BY_HAND, DOUBTFUL, decide
from mspsurvey.intake.linking.review import read_decisions, worksheet
from mspsurvey.intake.linking.score import best_firms
from mspsurvey.intake.work import Work
from mspsurvey.keyed import DOMAIN_CODE_LENGTH, Key
from mspsurvey.schema import LINK_RATES, LINKS
from mspsurvey.study_file import LinkPlan

PROVIDERS = "msps"
NAMED = ("resp_id", "sample_id", "name", "domain", "code", "state", "agreed", "msp_sample_id")
_FIRM = {"name": "firm_name", "domain": "firm_domain", "state": "state"}
_PROVIDER = {
    "name": "prov_name", "domain": "prov_domain", "code": "prov_domain_hash", "state": "state",
    "msp_sample_id": "msp_sample_id",
}  # fmt: skip
_FRAME = {
    "name": ("firm_name", "name", "company"), "domain": ("firm_domain", "domain", "website"),
    "state": ("state",),
}  # fmt: skip


@dataclass(frozen=True)
class Linked:
    """Links of a study.

    Attributes
    ----------
    links, rates : DataFrame
        Columns of ``schema.LINKS`` and ``schema.LINK_RATES``.
    worksheet : str
        Doubtful links with names, for a person; private.
    """

    links: pd.DataFrame
    rates: pd.DataFrame
    worksheet: str


def named(work: Work) -> pd.DataFrame:
    """Take out of the answers what a firm or a client can be linked by.

    Parameters
    ----------
    work : Work
        Kept responses, with their identifying answers.

    Returns
    -------
    DataFrame of str
        Columns ``NAMED``: of an MSP its own name and domain, of a client its provider's;
        "" for what was not given. ``agreed`` is "yes" where the respondent agreed to be
        matched, or was not asked. It is never written.
    """
    own = _FIRM if work.source == PROVIDERS else _PROVIDER
    blank = pd.Series("", index=work.meta.index, dtype="str")
    columns = dict.fromkeys(NAMED, blank)
    columns |= {"resp_id": work.meta["resp_id"], "sample_id": work.meta["sample_id"]}
    for column, variable in own.items():
        if work.has(variable):
            columns[column] = work.answers[variable].astype("str").fillna("")
    columns["agreed"] = blank.mask(blank.eq(""), "yes")
    if work.has("link_consent"):
        yes = work.answers["link_consent"].eq("yes").fillna(value=False)
        columns["agreed"] = columns["agreed"].where(yes.astype("bool"), "no")
    return pd.DataFrame(columns).astype("str").reset_index(drop=True)


def firm_table(providers: pd.DataFrame, frame: pd.DataFrame | None) -> pd.DataFrame:
    """Put together what is known of firms: their own words, and the frame's.

    Parameters
    ----------
    providers : DataFrame
        Of ``named``; a firm that no sample holds is known by its response id.
    frame : DataFrame, optional
        Frame or sample, with ``sample_id`` and a name or a domain.
    """
    own = providers.assign(
        sample_id=providers["sample_id"].where(providers["sample_id"].ne(""), providers["resp_id"])
    )
    tables = [own[["sample_id", "name", "domain", "state"]]]
    if frame is not None and "sample_id" in frame:
        known = {k: next((n for n in ns if n in frame), None) for k, ns in _FRAME.items()}
        if known["name"] or known["domain"]:
            data = {k: frame[n] if n else "" for k, n in known.items()}
            tables.append(pd.DataFrame({"sample_id": frame["sample_id"], **data}))
    firms = pd.concat(tables, ignore_index=True).fillna("").astype("str")
    return firms[firms["name"].ne("") | firms["domain"].ne("")].reset_index(drop=True)


def link(
    plan: LinkPlan, sources: Mapping[str, pd.DataFrame], frame: pd.DataFrame | None, key: Key
) -> Linked:
    """Link the clients of a study to MSPs.

    Only clients who agreed to it are linked, and only to firms that did not refuse it.

    Parameters
    ----------
    plan : LinkPlan
        ``[links]`` of study.toml.
    sources : mapping of str to DataFrame
        ``named`` of each source.
    frame : DataFrame, optional
        Frame of the MSPs, where it holds names.
    key : Key
        Of the study; codes of domains are made with it.
    """
    providers = sources[PROVIDERS]
    firms = firm_table(providers, frame)
    parts = [sources[name].assign(source=name) for name in plan.sources]
    clients = pd.concat(parts, ignore_index=True)
    told = (clients["name"] + clients["domain"] + clients["code"]).ne("")
    asked = clients[told & clients["agreed"].eq("yes")]
    best = best_firms(
        asked, firms, code=lambda d: key.code("domain", d, length=DOMAIN_CODE_LENGTH)
    )
    table = decide(best, by_hand=_by_hand(plan, asked, firms, key), refused=_refused(providers))
    table = table.assign(source=asked["source"], resp_id=asked["resp_id"])
    return Linked(
        links=_links(table, providers),
        rates=pd.DataFrame(
            [_rates(n, clients, asked, table) for n in plan.sources], columns=list(LINK_RATES)
        ),
        worksheet=worksheet(table, asked, firms, key),
    )


def _refused(providers: pd.DataFrame) -> set[str]:
    no = providers[providers["agreed"].eq("no")]
    return {*no["sample_id"], *no["resp_id"]} - {""}


def _by_hand(
    plan: LinkPlan, asked: pd.DataFrame, firms: pd.DataFrame, key: Key
) -> dict[object, str]:
    if plan.decisions is None or not plan.decisions.is_file():
        return {}
    ids = {n: asked.loc[asked["source"].eq(n), "resp_id"].tolist() for n in plan.sources}
    decided = read_decisions(plan.decisions, key, ids, firms["sample_id"].tolist())
    at = {
        (s, r): i for i, s, r in zip(asked.index, asked["source"], asked["resp_id"], strict=True)
    }
    return {at[who]: firm for who, firm in decided.items()}


def _links(table: pd.DataFrame, providers: pd.DataFrame) -> pd.DataFrame:
    sampled = providers[providers["sample_id"].ne("")]
    response = dict(zip(sampled["sample_id"], sampled["resp_id"], strict=True))
    own = set(providers.loc[providers["sample_id"].eq(""), "resp_id"])
    firm = table["firm"]
    return table.assign(
        msp_sample_id=firm.where(~firm.isin(own), ""),
        msp_resp_id=firm.map(lambda f: f if f in own else response.get(f, "")).astype("str"),
    )[list(LINKS)].reset_index(drop=True)


def _rates(
    source: str, clients: pd.DataFrame, asked: pd.DataFrame, table: pd.DataFrame
) -> tuple[object, ...]:
    """Count one source; where its sample says who the provider is, count errors too."""
    own = table[table["source"].eq(source)]
    linked = own[own["decision"].isin([ACCEPTED, BY_HAND]) & own["firm"].ne("")]
    truth = asked.loc[linked.index, "msp_sample_id"]
    known = truth.ne("")
    wrong = int((linked["firm"].ne(truth) & known).sum())
    every = clients[clients["source"].eq(source)]
    return (
        source, len(every), int(every["agreed"].eq("yes").sum()), len(own), len(linked),
        int(own["decision"].eq(DOUBTFUL).sum()), len(linked) / max(len(own), 1),
        int(known.sum()), wrong, wrong / known.sum() if known.any() else float("nan"),
    )  # fmt: skip
