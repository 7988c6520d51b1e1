"""From a study whose tables are built to its public-use files and their deposit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mspsurvey.errors import DefinitionError, PublicationError, did_you_mean
from mspsurvey.files import write_whole
from mspsurvey.intake.privacy.leaks import check_outputs
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

    Raises
    ------
    PublicationError
        Where a file would hold an identifier of the raw files, or the folder holds the study.
    """
    if config.root.is_relative_to(to.resolve()):
        raise PublicationError(
            "A folder of its own was wanted for the deposit.",
            f"{to} holds the study, whose files it would write over.",
            "Name another one with --to.",
        )
    study = Study(config)
    made = {}
    for source in released_sources(config):
        public = make_public(study, source)
        say(f"{source}: {len(public.frame):,} records, {len(public.frame.columns)} columns")
        made[source] = (public, study.instrument(source))
    licence = str(config.release.get("licence", LICENCE))
    files = deposit_files(config, made, licence)
    _search(config, files, say)
    return write_deposit(files, to)


def _search(config: StudyConfig, files: Mapping[str, bytes], say: Callable[[str], None]) -> None:
    """Let no file out that holds an identifier; nothing is written where one does."""
    with TemporaryDirectory() as aside:
        paths = [write_whole(Path(aside) / name, content) for name, content in files.items()]
        check_outputs(config, say, paths=paths)
