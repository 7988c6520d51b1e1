"""Answers that agree with one another."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.work import Edit, Rule, Work, changed, query

SUM_ACCEPTED = 2.0
SUM_RESCALED = 10.0
"""Points by which parts may miss their total: accepted, and rescaled (rule G1)."""
FIELD_SLACK = pd.Timedelta(days=2)
LONGEST = pd.Timedelta(days=21)
"""Time from which a duration is not believed: day and month in the wrong order move a date by
27 days or more."""
GROWTH = 3.0


def _sums(work: Work) -> Edit:
    """Accept parts that add up within 2 points, rescale within 10, else make them missing."""
    edit = Edit()
    for question in work.instrument.questions.values():
        names = [n for n in question.variables if work.has(n)]
        if question.sum_to and len(names) > 1 and not question.other:
            _sum_of(work, names, question.sum_to, edit)
    return edit


def _sum_of(work: Work, names: list[str], total: float, edit: Edit) -> None:
    parts = work.answers[names]
    sums = parts.sum(axis=1, min_count=1)
    miss = sums.sub(total).abs()
    rescale = miss.gt(SUM_ACCEPTED) & miss.le(SUM_RESCALED)
    # Where a part was left blank, it may be what is lacking.
    wrong = miss.gt(SUM_RESCALED) & ~(parts.isna().any(axis=1) & sums.lt(total))
    for name in names:
        new = parts[name].mask(rescale, parts[name] * total / sums).mask(wrong)
        had = parts[name].notna()
        edit.answers[name] = new
        edit.missing[name] = work.missing[name].mask(wrong & had, "unparseable")
        edit.changes.extend([
            changed(work, name, rescale & had & new.ne(parts[name]), parts[name], new,
                    f"parts rescaled to {total:g}"),
            changed(work, name, wrong & had, parts[name], new,
                    f"parts do not add up to {total:g}"),
        ])  # fmt: skip


def _advice(work: Work) -> Edit:
    """Ask where accepted, partly accepted and declined are more than what was advised."""
    edit = Edit()
    if not work.has("mfa_rec_n", "mfa_acc_n", "mfa_part_n", "mfa_dec_n"):
        return edit
    advised = work.answers["mfa_rec_n"]
    outcomes = work.answers[["mfa_acc_n", "mfa_part_n", "mfa_dec_n"]].sum(axis=1, min_count=1)
    edit.queries.append(
        query(
            work, "mfa_rec_n", outcomes.gt(advised), advised, "outcomes are more than the advice"
        )
    )
    if work.has("client_n_contract"):
        more = advised.gt(work.answers["client_n_contract"])
        edit.queries.append(
            query(work, "mfa_rec_n", more, advised, "advice to more than all clients")
        )
    return edit


def _certificates(work: Work) -> Edit:
    edit = Edit()
    if work.has("cert_none", "b4"):
        rows = work.answers["cert_none"].eq("no") & work.answers["b4"].eq("0")
        rows = rows.fillna(value=False).astype("bool")
        edit.queries.append(
            query(work, "b4", rows, work.answers["b4"], "a certificate, but no examination")
        )
    return edit


def _registered(work: Work) -> Edit:
    """Ask where a firm is registered to serve public bodies, and says that it serves none."""
    edit = Edit()
    if not work.has("reg_la"):
        return edit
    registered = work.answers["reg_la"].eq("yes")
    serves_none = pd.Series(False, index=registered.index)
    if work.has("serves_public"):
        serves_none |= work.answers["serves_public"].eq("no").fillna(value=False).astype("bool")
    if work.has("client_sector_pct_gov"):
        serves_none |= work.answers["client_sector_pct_gov"].eq(0)
    rows = registered.fillna(value=False).astype("bool") & serves_none
    edit.queries.append(
        query(work, "reg_la", rows, work.answers["reg_la"], "registered, but no public bodies")
    )
    return edit


def _growth(work: Work) -> Edit:
    edit = Edit()
    if work.has("client_n_contract", "client_n_12m_ago"):
        before, now = work.answers["client_n_12m_ago"], work.answers["client_n_contract"]
        rows = before.gt(0) & (before * GROWTH).lt(now)
        edit.queries.append(
            query(work, "client_n_12m_ago", rows, before, "clients more than tripled in a year")
        )
    return edit


def _own_staff(work: Work) -> Edit:
    edit = Edit()
    if work.has("outs_self", "it_internal_fte"):
        rows = work.answers["outs_self"].eq("full") & work.answers["it_internal_fte"].ge(2)
        rows = rows.fillna(value=False).astype("bool")
        edit.queries.append(
            query(work, "outs_self", rows, work.answers["outs_self"],
                  "fully outsourced, with two or more IT staff")
        )  # fmt: skip
    return edit


def _outsourcing(work: Work) -> Edit:
    """Ask where the description chosen does not fit the answers on provider and agreement."""
    edit = Edit()
    if not work.has("outs_self", "prov_any", "prov_contract"):
        return edit
    own = work.answers["outs_self"]
    provider, contract = work.answers["prov_any"], work.answers["prov_contract"]
    rows = (own.eq("none") & provider.eq("yes")) | (own.eq("full") & contract.eq("no"))
    rows = rows.fillna(value=False).astype("bool")
    edit.queries.append(
        query(work, "outs_self", rows, own, "description and answers on the provider differ")
    )
    return edit


def _times(work: Work) -> Edit:
    """Drop times that cannot be: the end before the start, or outside the field period."""
    started, ended = work.meta["started"], work.meta["ended"]
    first, last = work.settings["field"]
    early, late = pd.Timestamp(first, tz="UTC"), pd.Timestamp(last, tz="UTC")
    late = late + pd.Timedelta(days=1)
    edit = Edit()
    wrong_start = started.notna() & ~started.between(early - FIELD_SLACK, late + FIELD_SLACK)
    wrong_end = ended.notna() & ~ended.between(early - FIELD_SLACK, late + FIELD_SLACK)
    reverse = ended.lt(started) & ~wrong_start & ~wrong_end
    _drop_time(work, "started", wrong_start, "outside the field period", edit)
    _drop_time(work, "ended", wrong_end, "outside the field period", edit)
    if reverse.any():
        kept = edit.meta.get("ended", ended).mask(reverse)
        edit.changes.append(changed(work, "ended", reverse, ended, kept, "end before start"))
        edit.meta["ended"] = kept
    return _lasted(work, wrong_start | wrong_end | reverse, edit)


def _lasted(work: Work, wrong: pd.Series, edit: Edit) -> Edit:
    """Drop a duration that was reckoned from a wrong time, or that nobody can have taken."""
    lasted = work.meta["duration_s"]
    between = (work.meta["ended"] - work.meta["started"]).dt.total_seconds()
    reckoned = wrong & (lasted.sub(between).abs().lt(1) | lasted.le(0))
    endless = lasted.gt(LONGEST.total_seconds()) & ~reckoned
    kept = lasted.mask(reckoned | endless | lasted.lt(0))
    for rows, reason in (
        (reckoned & lasted.notna(), "reckoned from a time that cannot be"),
        (endless, "longer than three weeks: a date was misread, or the form left open"),
        (lasted.lt(0) & ~reckoned, "below zero"),
    ):
        edit.changes.append(changed(work, "duration_s", rows, lasted, kept, reason))
    edit.meta["duration_s"] = kept
    return edit


def _drop_time(work: Work, name: str, rows: pd.Series, reason: str, edit: Edit) -> None:
    if rows.any():
        times = work.meta[name]
        kept = times.mask(rows)
        edit.meta[name] = kept
        edit.changes.append(changed(work, name, rows, times, kept, reason))


RULES = (
    Rule(
        "G1",
        "E",
        "Parts of a whole add up to it.",
        _sums,
        "accept within 2 points, rescale within 10, else missing",
    ),
    Rule(
        "G2", "Q", "Outcomes are no more than advice, advice no more than clients.", _advice, "ask"
    ),
    Rule("G3", "Q", "Who holds a certificate was examined.", _certificates, "ask"),
    Rule("G8", "Q", "Who is registered in Louisiana serves public bodies.", _registered, "ask"),
    Rule("G4", "Q", "Clients did not triple in a year.", _growth, "ask"),
    Rule("G5", "Q", "Who outsources all has no IT staff.", _own_staff, "ask"),
    Rule("G9", "Q", "The description of outsourcing fits the answers.", _outsourcing, "ask"),
    Rule(
        "G7",
        "E",
        "The response starts before it ends, in the field period, and ends within three weeks.",
        _times,
        "the time, or the duration alone, is missing; field dates ± 2 days",
    ),
)
