"""From raw exports to clean responses: read, map, clean, check, quarantine, link, count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.instrument import load_instrument
from mspsurvey.intake.catalogue import rule_counts
from mspsurvey.intake.clean import clean
from mspsurvey.intake.duplicates import alike_firms, find_duplicates
from mspsurvey.intake.link import join_sample, linked_source, read_sample, unlinked, unsampled
from mspsurvey.intake.linking.link import named
from mspsurvey.intake.quality import quality_flags, quality_table
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.rebuild import find_spellings
from mspsurvey.intake.start import start
from mspsurvey.intake.tables import missing_table, response_table
from mspsurvey.intake.validate import BREAKING, findings
from mspsurvey.intake.work import (
    Log,
    Work,
    change_table,
    joined,
    quarantine_table,
    query_table,
    reject,
)
from mspsurvey.schema import (
    COUNTS,
    LOGS,
    QUARANTINE,
    VALIDATION,
    excluded,
)
from mspsurvey.study_file import Source, StudyConfig

# Rules are counted over all sources; every other log is the sources' own, put together.
_JOINED = {name: columns for name, columns in LOGS.items() if name != "rules"}
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Intake:
    """All that intake makes of the raw files of a study.

    Attributes
    ----------
    responses, missing : dict of str to DataFrame
        By source: answers, and the reasons of missing ones (same rows).
    changes, quarantine, duplicates, counts, queries, problems : DataFrame
        Over all sources: edits of cells; responses set aside, and those that another stands
        for; the account of rows; values that a person should look at; remarks on the files.
    quality : DataFrame
        Signs of careless answering of each response (``schema.QUALITY``).
    findings : DataFrame
        What validation found wrong with the clean answers (``schema.FINDINGS``).
    named : dict of str to DataFrame
        By source: names and addresses to link by (``linking.link.NAMED``); never written.
    spellings : DataFrame
        How the exports write each code and each gap; with ``changes`` it takes the raw
        answers back (``rebuild``).
    rules : DataFrame
        What each rule changed, asked about and set aside (``schema.RULES``).
    """

    responses: dict[str, pd.DataFrame]
    missing: dict[str, pd.DataFrame]
    changes: pd.DataFrame
    quarantine: pd.DataFrame
    duplicates: pd.DataFrame
    counts: pd.DataFrame
    queries: pd.DataFrame
    problems: pd.DataFrame
    quality: pd.DataFrame
    findings: pd.DataFrame
    named: dict[str, pd.DataFrame]
    spellings: pd.DataFrame
    rules: pd.DataFrame


@dataclass(frozen=True)
class _Taken:
    """What became of one source."""

    responses: pd.DataFrame
    missing: pd.DataFrame
    changes: pd.DataFrame
    quarantine: pd.DataFrame
    duplicates: pd.DataFrame
    counts: pd.DataFrame
    queries: pd.DataFrame
    problems: pd.DataFrame
    quality: pd.DataFrame
    findings: pd.DataFrame
    named: pd.DataFrame
    spellings: pd.DataFrame


def take_in(config: StudyConfig, progress: Progress = lambda _: None) -> Intake:
    """Take in all sources of a study.

    Parameters
    ----------
    config : StudyConfig
        Sources with their exports, instruments and samples.
    progress : callable, optional
        Told in a few words what is going on.

    Raises
    ------
    ReadError
        Where a file is not the export that it should be.
    DataError
        Where the account of rows does not close.
    """
    done: dict[str, _Taken] = {}
    # A source that is linked to another comes after it.
    for source in sorted(config.sources.values(), key=lambda s: s.links_to is not None):
        progress(f"read {source.export.name}")
        responses = {name: taken.responses for name, taken in done.items()}
        taken = _take_source(source, config, linked_source(source, responses))
        done[source.name] = taken
        _require_kept(taken, source)
        progress(f"{source.name}: {len(taken.responses):,} responses kept")
    parts = [done[name] for name in config.sources]
    logs = {
        name: joined([getattr(p, name) for p in parts], columns)
        for name, columns in _JOINED.items()
    }
    counted = ("changes", "queries", "findings", "quarantine", "duplicates")
    return Intake(
        responses={name: done[name].responses for name in config.sources},
        missing={name: done[name].missing for name in config.sources},
        named={name: done[name].named for name in config.sources},
        rules=rule_counts(tuple(config.sources), {name: logs[name] for name in counted}),
        **logs,
    )


def _require_kept(taken: _Taken, source: Source) -> None:
    """Raise where no response can be used, and say what is wrong with most of them."""
    if len(taken.responses) or taken.quarantine.empty:
        return
    reason, n = next(iter(taken.quarantine["reason"].value_counts().items()))
    raise DataError(
        f"{source.export.name}: responses that can be used were wanted.",
        f"All {len(taken.quarantine):,} are set aside, {n:,} of them because {reason}.",
        "Ids are matched with those of the sample file. Where a platform passes none on, as "
        "Google Forms, ask for it: a question `sample_id` with the role `identifier`.",
    )


def _take_source(source: Source, config: StudyConfig, providers: pd.DataFrame | None) -> _Taken:
    """Take one source through the whole method."""
    instrument = load_instrument(source.instrument)
    export = read_responses(
        source.export, source.platform, codebook=source.codebook, time_zone=source.time_zone
    )
    begun = start(source, config, export, instrument)
    work = begun.work
    sample = read_sample(source.sample) if source.sample else None
    if sample is not None:
        work = join_sample(work, sample)
    work, log = clean(work, Log())
    if sample is not None:
        log = log.with_edit("K1", source.name, unsampled(work, sample))
    if providers is not None:
        log = log.with_edit("K2", source.name, unlinked(work, providers))
    kept, quarantine, duplicates = _set_aside(work, log)
    log = log.with_edit("D2", source.name, alike_firms(kept))
    kept, quality, quarantine = _leave_out(kept, config.quality.exclude, quarantine)
    flags = quality_flags(quality[~quality["excluded"]]).reset_index(drop=True)
    responses, missing = response_table(kept, flags), missing_table(kept)
    found = findings(responses, instrument, missing=missing)
    responses, missing, quarantine = _check(responses, missing, found, quarantine, source.name)
    changes = change_table(log)
    spellings = find_spellings(begun.raw, responses, missing, changes, instrument, source.name)
    remarks = [*begun.remarks, *log.remarks]
    return _Taken(
        responses, missing, changes, quarantine, duplicates,
        _count(source.name, len(export), responses, quarantine, duplicates),
        query_table(log),
        pd.DataFrame({"source": source.name, "problem": remarks}, dtype="str"),
        quality, found.assign(source=source.name), named(kept), spellings,
    )  # fmt: skip


def _set_aside(work: Work, log: Log) -> tuple[Work, pd.DataFrame, pd.DataFrame]:
    """Part responses into kept, quarantined and duplicates; each goes one way."""
    rejected = quarantine_table(log)
    # A preview must not stand for a response; a break-off may, and then goes.
    unreal = set(rejected.loc[rejected["rule"].isin(["S5", "K1"]), "row"])
    duplicates = find_duplicates(work.take(~work.meta["row"].isin(unreal)))
    double = set(duplicates["row"])
    quarantine = rejected[~rejected["row"].isin(double)].reset_index(drop=True)
    out = double | set(quarantine["row"])
    return work.take(~work.meta["row"].isin(out)), quarantine, duplicates


def _leave_out(
    kept: Work, rules: tuple[str, ...], quarantine: pd.DataFrame
) -> tuple[Work, pd.DataFrame, pd.DataFrame]:
    """Measure the quality of each response, and set aside those that a declared rule names."""
    quality = quality_table(kept)
    flags = quality_flags(quality)
    careless = excluded(flags, rules)
    reason = "answered carelessly by the study's own rule: " + flags
    more = reject(kept, careless, reason).assign(source=kept.source, rule="Q1")
    quality = quality.assign(excluded=careless)
    return kept.take(~careless), quality, joined([quarantine, more], QUARANTINE)


def _check(
    responses: pd.DataFrame,
    missing: pd.DataFrame,
    found: pd.DataFrame,
    quarantine: pd.DataFrame,
    source: str,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Set aside responses with an answer that no table may hold."""
    broken = found[found["rule"].isin(BREAKING)]
    if broken.empty:
        return responses, missing, quarantine
    said = (
        broken["columns"].astype("str")
        + ": "
        + broken["rule"].astype("str").map(lambda r: VALIDATION[r][1])
    )
    words = said.groupby(broken["position"]).agg("; ".join)
    bad = responses.iloc[words.index]
    more = pd.DataFrame(
        {"source": source, "row": bad["row"], "resp_id": bad["resp_id"],
         "rule": broken.groupby("position")["rule"].first().astype("str").to_numpy(),
         "reason": words.to_numpy()}
    )  # fmt: skip
    keep = ~responses.index.isin(words.index)
    return (
        responses[keep].reset_index(drop=True),
        missing[keep].reset_index(drop=True),
        joined([quarantine, more], QUARANTINE),
    )


def _count(
    source: str, rows_in: int, kept: pd.DataFrame, quarantine: pd.DataFrame,
    duplicates: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    """Account for every row of the raw file.

    Raises
    ------
    DataError
        Where rows in are not kept + quarantined + duplicates.
    """
    numbers = (rows_in, len(kept), len(quarantine), len(duplicates))
    if numbers[0] != sum(numbers[1:]):
        raise DataError(
            f"Every row of '{source}' should be kept, quarantined or a duplicate.",
            f"{numbers[0]} came in; {numbers[1]} + {numbers[2]} + {numbers[3]} went out.",
            "This is a fault of the toolkit; please report it.",
        )
    return pd.DataFrame([(source, *numbers)], columns=list(COUNTS))
