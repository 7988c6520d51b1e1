"""What the report on methods and data quality looks at: tables in words, surveys of signs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from mspsurvey.evidence.phrase import percent
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Variable
from mspsurvey.intake.validate import summary
from mspsurvey.schema import QUALITY_FLAGS, VALIDATION, excluded
from mspsurvey.workbench.headlines import TRIED

if TYPE_CHECKING:
    from mspsurvey.workbench.open_study import Study

REASON_WORDS = {
    "dont_know": "Said “don't know”",
    "refused": "Refused",
    "not_applicable": "Said “does not apply”",
    "no_answer": "Seen, left blank",
    "not_reached": "Broken off before",
    "unparseable": "Answer could not be used",
}
_ASIDE = {
    "S5": "Test or preview", "L1": "Not of the target group", "L2": "Outside the United States",
    "L3": "Nobody works there", "B1": "Broken off early", "K1": "No sampled unit",
    "K2": "No matching MSP", "Q1": "Careless, by the study's rule", "V1": "Impossible answer",
    "V2": "Number out of range", "V6": "Response id twice", "D1": "Same row or answers twice",
    "D2": "Same unit or firm twice", "D3": "Second person of one unit", "S4": "Response id twice",
}  # fmt: skip
YES, NO = Option("yes", "Yes"), Option("no", "No")
RATES = ("RR1", "RR3", "RR5")


def _unit(study: Study, source: str) -> str:
    unit = study.source(source).unit
    return unit[:1].upper() + unit[1:]


def rates(study: Study) -> pd.DataFrame:
    """Response rates of each sample by the AAPOR definitions, in words and numbers."""
    rows = {}
    for name, source in study.config.sources.items():
        if source.sample is None:
            continue
        sample = study.response(name)
        # Of people chosen by others nobody can say how many did not answer.
        drawn = source.sample_type == "probability"
        found = [percent(sample.rate(r)) if drawn else "–" for r in RATES]
        rows[_unit(study, name)] = [
            f"{sample.sampled:,}", f"{sample.complete:,}", f"{sample.partial:,}", *found,
            percent(sample.cooperation) if drawn else "–",
        ]  # fmt: skip
    head = ["Drawn", "Complete", "Partial", *RATES, "Cooperation (COOP1)"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=head)


def flow(study: Study) -> pd.DataFrame:
    """What became of each row of the raw files, with the reason for each that is not kept."""
    counts = study.log("counts").set_index("source")
    aside = pd.concat([study.log("quarantine"), study.log("duplicates")])
    aside = aside.assign(reason=aside["rule"].map(lambda rule: _ASIDE.get(rule, rule)))
    table = pd.crosstab(aside["reason"], aside["source"])
    named = table.reindex(columns=list(counts.index), fill_value=0)
    named = named.loc[named.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    whole = pd.concat([counts[["rows_in"]].T, named, counts[["kept"]].T])
    whole = whole.rename(index={"rows_in": "Rows in the raw file", "kept": "Kept"})
    return _counts(whole, study)


def _counts(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    words = table.map(lambda n: f"{int(n):,}")
    return words.rename(columns=lambda source: _unit(study, source))


def rules(study: Study) -> pd.DataFrame:
    """What each rule of cleaning changed and asked about, most frequent first."""
    log = study.log("rules")
    log = log[~log["rule"].isin(VALIDATION)]
    table = log.groupby(["message", "rule"], as_index=False)[["cells_changed", "queries"]].sum()
    table = table.set_axis(["What the rule wants", "Rule", "Answers changed", "Answers queried"],
                           axis=1)  # fmt: skip
    table = table.assign(total=table["Answers changed"] + table["Answers queried"])
    table = table[table["total"] > 0]
    table = table.sort_values(["total", "Rule"], ascending=[False, True], kind="stable")
    numbers = table[["Answers changed", "Answers queried"]].map(lambda n: f"{int(n):,}")
    return pd.concat([table[["What the rule wants", "Rule"]], numbers], axis=1).set_index(
        "What the rule wants"
    )


def wrong(study: Study) -> pd.DataFrame:
    """What validation still finds in the clean answers: what, where, how often, what to do."""
    parts = []
    for source, found in study.log("findings").groupby("source", sort=False):
        counted = summary(found)
        asked = study.instrument(str(source))
        labels = ["; ".join(asked[n].label if n in asked else n for n in names.split("; "))
                  for names in counted["columns"]]  # fmt: skip
        parts.append(counted.assign(survey=_unit(study, str(source)), columns=labels))
    if not parts:
        return pd.DataFrame(columns=["Survey", "Questions", "How often", "What to do"])
    table = pd.concat(parts)
    return pd.DataFrame(
        {
            "What is wrong": table["message"].str.capitalize(),
            "Survey": table["survey"],
            "Questions": table["columns"],
            "How often": table["n"].map("{:,}".format),
            "What to do": table["remedy"],
        }
    ).set_index("What is wrong")


def flag_counts(study: Study) -> pd.DataFrame:
    """How many responses bear each sign of careless answering, by survey."""
    quality = study.log("quality")
    flags = quality.groupby("source", sort=False)[list(QUALITY_FLAGS)].sum().T
    total = quality.groupby("source", sort=False).size().to_frame("Responses looked at").T
    table = pd.concat([total, flags.rename(index=lambda f: f"{f}: {QUALITY_FLAGS[f]}")])
    return _counts(table, study)


def flag_survey(study: Study, source: str) -> Survey:
    """Survey of a source with each quality flag as a question, answered yes or no."""
    flags = study.table(source)["flags"]
    held = {flag: excluded(flags, [flag]) for flag in QUALITY_FLAGS}
    held["careless"] = excluded(flags, TRIED["any"][0])
    words = {**QUALITY_FLAGS, "careless": TRIED["any"][1]}
    answers = {n: h.map({True: "yes", False: "no"}) for n, h in held.items()}
    extra = pd.DataFrame({n: pd.Categorical(a, ["yes", "no"]) for n, a in answers.items()})
    described = [
        Variable(n, f"Sign of careless answering: {w}", w[:1].upper() + w[1:], "single", n,
                 options=(YES, NO), rule="quality flags")
        for n, w in words.items()
    ]  # fmt: skip
    return _with(study, source, extra, described)


def by_rule(study: Study, source: str, item: str, level: str) -> Estimates:
    """Share of one level as it is, and without those that each rule leaves out.

    The items are ``item_0`` (everybody) and ``item_1`` … in the order of the rules that leave
    out ten answers or more; fewer, and the difference would tell of them.
    """
    table, asked = study.table(source), study.instrument(source)[item]
    rules = {"Nobody left out": pd.Series(False, index=table.index)}
    for keys, words in TRIED.values():
        out = excluded(table["flags"], keys)
        if (out & table[item].notna()).sum() >= FEWEST_RESPONDENTS:
            rules[f"Without: {words}"] = out
    names = [f"{item}_{k}" for k in range(len(rules))]
    extra = pd.DataFrame(
        {n: table[item].mask(out) for n, out in zip(names, rules.values(), strict=True)}
    )
    described = [
        replace(asked, name=n, question=n, label=words)
        for n, words in zip(names, rules, strict=True)
    ]
    found = _with(study, source, extra, described).share(names, level=level)
    # Whom a rule leaves out is said by its row, and is no gap in the answers.
    return replace(found, left_out={})


def gap_survey(study: Study, source: str) -> Survey:
    """Survey in which the share of core questions without a usable answer is a number.

    Columns ``gap`` (all reasons) and ``gap_<reason>``: percent of the core questions that a
    respondent was asked.
    """
    instrument, reasons = study.instrument(source), study.missing(source)
    core = [v.name for v in instrument if v.core and v.name in reasons]
    given = reasons[core].astype("object")
    base = (~given.isin(["not_shown", "not_in_version"])).sum(axis=1).clip(lower=1)
    parts = {f"gap_{r}": 100 * given.isin([r]).sum(axis=1) / base for r in REASON_WORDS}
    extra = pd.DataFrame({"gap": sum(parts.values()), **parts}).astype("float64")
    described = [
        Variable(n, "Core questions without a usable answer, percent of those asked",
                 REASON_WORDS.get(n.removeprefix("gap_"), "No usable answer, all reasons"),
                 "percent", n, low=0, high=100, rule="reasons for missing answers")
        for n in map(str, extra)
    ]  # fmt: skip
    return _with(study, source, extra, described)


def _with(study: Study, source: str, extra: pd.DataFrame, described: list[Variable]) -> Survey:
    known: Instrument = study.instrument(source).with_derived(described)
    return study.survey(source, extra=extra, instrument=known)


def headline_changes(study: Study) -> pd.DataFrame:
    """Ten headlines, and by how many points each rule of exclusion moves them.

    Where a rule leaves out fewer than ten of those that a headline rests on, nothing is shown:
    the difference would tell of them.
    """
    moved = _moved(study)
    base = study.sensitivity[study.sensitivity["rule"].eq("")].set_index("words")["estimate"]
    cells = moved.map(_points)
    cells.insert(0, "As published", base.map(lambda x: f"{100 * x:.1f}%"))
    cells.index.name = "Share of"
    return cells


def _moved(study: Study) -> pd.DataFrame:
    """Change in points, headlines × rules; NaN where fewer than ten responses are left out."""
    found = study.sensitivity
    table = found.pivot_table(index="words", columns="rule", values="change")
    rules = [rule for rule in TRIED if rule in table.columns]
    return table.reindex(index=found["words"].unique(), columns=rules)


def left_out(study: Study) -> pd.DataFrame:
    """How many responses each rule of exclusion would leave out, by survey."""
    names = [n for n in ("msps", "clients") if n in study.config.sources]
    flags = {n: study.table(n)["flags"] for n in names}
    rows = {
        rule: [words, *(f"{int(excluded(flags[n], keys).sum()):,}" for n in names)]
        for rule, (keys, words) in TRIED.items()
    }
    head = ["Leaves out", *(_unit(study, n) for n in names)]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=head)
    table.index.name = "Rule"
    return table


def _points(change: float) -> str:
    if change != change:
        return "–"
    text = f"{change:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def scores(study: Study) -> pd.DataFrame:
    """How well each kind of error was found, in words; of an invented study only."""
    assert study.truth is not None
    found = study.truth.scores()
    found = found[found["judged"].gt(0)]
    table = pd.DataFrame(
        {
            "Error": found["words"],
            "Rules": found["rules"],
            "Put in": found["judged"].map("{:,}".format),
            "Found": found["recall"].map(_share),
            "Marked rightly": found["precision"].map(_share),
            "True value back": found["restored"].map(_share),
        }
    )
    return table.set_index("Error")


def _share(value: float) -> str:
    return "–" if value != value else percent(value)


def effect(study: Study) -> pd.DataFrame:
    """Ten headlines by four ways of handling the same answers; of an invented study only."""
    assert study.truth is not None
    found = study.truth.effect.set_index("words")
    shares = found[["truth", "error_free", "uncleaned", "cleaned"]]
    table = shares.map(lambda x: "–" if x != x else f"{100 * x:.1f}%")
    table["off"] = (100 * (found["uncleaned"] - found["error_free"])).map(_points)
    table["left"] = (100 * (found["cleaned"] - found["error_free"])).map(_points)
    table.columns = [
        "True in the population", "Answers without errors", "Files as read", "As published",
        "Error of the files, points", "Error left, points",
    ]  # fmt: skip
    table.index.name = "Share of"
    return table


def error_left(study: Study) -> pd.DataFrame:
    """How far each headline stays from that of answers without errors, by rule of exclusion.

    Points; of an invented study only.
    """
    assert study.truth is not None
    found = study.truth.effect.set_index("words")
    left = 100 * (found["cleaned"] - found["error_free"])
    table = _moved(study).add(left, axis=0)
    table.insert(0, "Nobody left out", left)
    table = table.reindex(found.index).map(_points)
    table.index.name = "Share of"
    return table
