"""From a raw export to the work that the rules of cleaning begin with."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.intake.corrections import CORRECTIONS, read_corrections
from mspsurvey.intake.drift import DRIFT, not_in_version, read_drift, renamed, waves_of
from mspsurvey.intake.mapping import Mapped, map_export, read_decisions
from mspsurvey.intake.quality import traces
from mspsurvey.intake.readers import RawExport
from mspsurvey.intake.work import Work
from mspsurvey.schema import stored_variables
from mspsurvey.study_file import Source, StudyConfig

_MOST_NAMED = 8
SAMPLE_ID = "sample_id"


@dataclass(frozen=True)
class Started:
    """An export under the names of its instrument, before any rule.

    Attributes
    ----------
    work : Work
        Answers as text, with what the rules need to know.
    raw : DataFrame of str, responses × variables
        Cells as exported; the index is the record of the raw file.
    remarks : list of str
        What a reader should know about the file.
    """

    work: Work
    raw: pd.DataFrame
    remarks: list[str]


def start(
    source: Source, config: StudyConfig, export: RawExport, instrument: Instrument
) -> Started:
    """Put the answers under the names of the instrument.

    Raises
    ------
    ReadError
        Where the export is of another survey.
    DefinitionError, DataError
        Where the mapping, the corrections or the drift of the source do not fit.
    """
    decisions = read_decisions(source.mapping, instrument) if source.mapping else None
    drift = read_drift(source.drift, instrument) if source.drift else ()
    waves = waves_of(export, drift)
    export = renamed(export, instrument, drift, waves)
    found = map_export(export, instrument, decisions)
    asked = [v.name for v in instrument if v.role != "design"]
    absent = [name for name in found.columns.absent if name in asked]
    work = Work(
        source.name,
        instrument,
        found.answers,
        not_in_version(found.missing, found.answers, drift, waves, absent),
        pd.concat(
            [_by_typed_id(export.meta, found.answers), traces(export), waves.rename("wave")],
            axis=1,
        ),
        {
            **config.settings,
            "field": (source.field_start, source.field_end),
            "attention": config.quality.attention,
            CORRECTIONS: read_corrections(source.corrections, instrument)
            if source.corrections
            else (),
            DRIFT: drift,
        },
        export.not_shown,
    )
    raw = found.raw.set_axis(export.meta["row"].to_numpy())
    return Started(work, raw, [*export.problems, *_remarks(found, instrument)])


def _by_typed_id(meta: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Take the id of the sample from the question so named, where the platform passed none."""
    if SAMPLE_ID not in answers:
        return meta
    typed = pd.Series(answers[SAMPLE_ID].str.strip().to_numpy(), index=meta.index)
    return meta.assign(**{SAMPLE_ID: meta[SAMPLE_ID].where(meta[SAMPLE_ID].ne(""), typed)})


def _remarks(found: Mapped, instrument: Instrument) -> list[str]:
    """Say what of the export and of the questionnaire found no counterpart."""
    stored = {v.name for v in stored_variables(instrument)}
    absent = [name for name in found.columns.absent if name in stored]
    unused = found.columns.unused
    remarks = []
    if absent:
        named = ", ".join(absent[:_MOST_NAMED])
        remarks.append(f"no column for {len(absent)} variables: {named}")
    if unused:
        named = ", ".join(unused[:_MOST_NAMED])
        remarks.append(f"{len(unused)} columns are no variable: {named}")
    if found.coverage.undecided:
        remarks.append(
            f"{found.coverage.undecided} likenesses of columns and choices wait for a decision; "
            "see `mspsurvey map`"
        )
    return remarks
