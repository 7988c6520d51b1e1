"""From raw exports to clean responses: read, map, clean, check, quarantine, link, count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.intake.clean import clean
from mspsurvey.intake.duplicates import alike_firms, find_duplicates
from mspsurvey.intake.link import join_sample, linked_source, read_sample, unlinked, unsampled
from mspsurvey.intake.map import map_columns, mapped
from mspsurvey.intake.quality import quality_flags
from mspsurvey.intake.readers import RawExport, read_responses
from mspsurvey.intake.tables import missing_table, response_table
from mspsurvey.intake.validate import failures
from mspsurvey.intake.work import (
    QUERIES,
    Log,
    Work,
    change_table,
    joined,
    quarantine_table,
    query_table,
)
from mspsurvey.schema import (
    CHANGES,
    COUNTS,
    DUPLICATES,
    QUARANTINE,
    Processed,
    stored_variables,
    write_table,
)
from mspsurvey.study_file import Source, StudyConfig

PROBLEMS = ("source", "problem")
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
    """

    responses: dict[str, pd.DataFrame]
    missing: dict[str, pd.DataFrame]
    changes: pd.DataFrame
    quarantine: pd.DataFrame
    duplicates: pd.DataFrame
    counts: pd.DataFrame
    queries: pd.DataFrame
    problems: pd.DataFrame


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
        progress(f"{source.name}: {len(taken.responses):,} responses kept")
    parts = [done[name] for name in config.sources]
    return Intake(
        responses={name: done[name].responses for name in config.sources},
        missing={name: done[name].missing for name in config.sources},
        changes=joined([p.changes for p in parts], CHANGES),
        quarantine=joined([p.quarantine for p in parts], QUARANTINE),
        duplicates=joined([p.duplicates for p in parts], DUPLICATES),
        counts=joined([p.counts for p in parts], COUNTS),
        queries=joined([p.queries for p in parts], QUERIES),
        problems=joined([p.problems for p in parts], PROBLEMS),
    )


def _take_source(source: Source, config: StudyConfig, providers: pd.DataFrame | None) -> _Taken:
    """Take one source through the whole method."""
    instrument = load_instrument(source.instrument)
    export = read_responses(
        source.export, source.platform, codebook=source.codebook, time_zone=source.time_zone
    )
    work, problems = _start(source, config, export, instrument)
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
    flags = quality_flags(kept)
    responses, missing = response_table(kept, flags), missing_table(kept)
    responses, missing, quarantine = _check(
        responses, missing, instrument, quarantine, source.name
    )
    return _Taken(
        responses, missing, change_table(log), quarantine, duplicates,
        _count(source.name, len(export), responses, quarantine, duplicates),
        query_table(log), problems,
    )  # fmt: skip


def _start(
    source: Source, config: StudyConfig, export: RawExport, instrument: Instrument
) -> tuple[Work, pd.DataFrame]:
    """Put the answers under the names of the instrument."""
    columns = map_columns(export, instrument)
    answers = mapped(export, columns)
    design = {name: answers.index.map(lambda _: "") for name in instrument.by_role("design")}
    order = [v.name for v in instrument]
    answers = pd.DataFrame({n: answers[n] if n in answers else design[n] for n in order},
                           index=answers.index).astype("str")  # fmt: skip
    missing = pd.DataFrame("", index=answers.index, columns=order, dtype="str")
    settings = {**config.settings, "field": (source.field_start, source.field_end)}
    work = Work(source.name, instrument, answers, missing, export.meta, settings, export.not_shown)
    absent = [n for n in columns.absent if n in {v.name for v in stored_variables(instrument)}]
    remarks = [*export.problems]
    if absent:
        remarks.append(f"no column for {len(absent)} variables: {', '.join(absent[:8])}")
    if columns.unused:
        remarks.append(f"{len(columns.unused)} columns are no variable: "
                       f"{', '.join(columns.unused[:8])}")  # fmt: skip
    problems = pd.DataFrame({"source": source.name, "problem": remarks}, dtype="str")
    return work, problems


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


def _check(
    responses: pd.DataFrame,
    missing: pd.DataFrame,
    instrument: Instrument,
    quarantine: pd.DataFrame,
    source: str,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Set aside responses with an answer that the questionnaire does not allow."""
    found = failures(responses, instrument)
    if found.empty:
        return responses, missing, quarantine
    words = (found["variable"] + ": " + found["check"]).groupby(found["position"]).agg("; ".join)
    bad = responses.iloc[words.index]
    more = pd.DataFrame(
        {"source": source, "row": bad["row"], "resp_id": bad["resp_id"], "rule": "V1",
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


def write(intake: Intake, processed: Processed) -> None:
    """Write all tables of an intake; nothing before everything is made.

    Parameters
    ----------
    intake : Intake
        Result of ``take_in``.
    processed : Processed
        Where each table lies.
    """
    tables = {processed.responses(n): frame for n, frame in intake.responses.items()}
    tables |= {processed.missing(n): frame for n, frame in intake.missing.items()}
    for name in ("changes", "quarantine", "duplicates", "counts", "queries", "problems"):
        tables[processed.log(name)] = getattr(intake, name)
    for path, frame in tables.items():
        write_table(frame, path)
