"""From a study whose tables are built to its public-use files and their deposit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.keyed import read_key
from mspsurvey.publish.release.deposit import deposit_files, write_deposit
from mspsurvey.publish.release.plan import LICENCE, plan_of
from mspsurvey.publish.release.public_file import PublicFile, public_file
from mspsurvey.study_file import STUDY_FILE, StudyConfig
from mspsurvey.workbench.open_study import Study


def released_sources(config: StudyConfig) -> list[str]:
    """Name the sources that get a public-use file: those of ``[release] sources``.

    Without a word, those with weights. Clients that an MSP named never go without being asked
    for: their MSP would know them.

    Raises
    ------
    DefinitionError
        Where a source is not known.
    """
    named = config.release.get("sources", list(config.weights))
    for name in named:
        if name not in config.sources:
            raise DefinitionError(
                f"{STUDY_FILE}, [release] sources: sources of this study were wanted.",
                f"There is none called '{name}'.",
                did_you_mean(name, config.sources),
            )
    return [str(name) for name in named]


def make_public(study: Study, source: str) -> PublicFile:
    """Make the public-use file of one source."""
    instrument, table = study.instrument(source), study.table(source)
    plan = plan_of(study.config, source, instrument, table.columns)
    weight = "w" if source in study.config.weights else None
    return public_file(table, plan, instrument, read_key(study.config), weight=weight)


def release(config: StudyConfig, to: Path, say: Callable[[str], None]) -> Path:
    """Write the deposit of a study whose tables are built.

    Parameters
    ----------
    config : StudyConfig
    to : Path
        Folder of the deposit; the zip stands beside it.

    Returns
    -------
    Path
        The zip.
    """
    study = Study(config)
    made = {}
    for source in released_sources(config):
        public = make_public(study, source)
        say(f"{source}: {len(public.frame):,} records, {len(public.frame.columns)} columns")
        made[source] = (public, study.instrument(source))
    licence = str(config.release.get("licence", LICENCE))
    return write_deposit(deposit_files(config, made, licence), to)
