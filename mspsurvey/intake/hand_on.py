"""What leaves intake: clients linked to MSPs, ids coded, texts redacted, tables written.

Nothing else of intake writes, so that this is the one place to look at for what of the raw
files can get out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mspsurvey.intake.linking.link import PROVIDERS, Linked, firm_table, link
from mspsurvey.intake.linking.review import write_worksheet
from mspsurvey.intake.privacy.coded import coded_tables
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.redact import FirmNames
from mspsurvey.intake.take_in import Intake
from mspsurvey.keyed import Key, read_key
from mspsurvey.schema import LOGS, Processed, write_table
from mspsurvey.study_file import Source, StudyConfig

Progress = Callable[[str], None]


def hand_on(
    intake: Intake, config: StudyConfig, progress: Progress = lambda _: None, *,
    to: Processed | None = None,
) -> None:  # fmt: skip
    """Write all tables of an intake; nothing before everything is made.

    Parameters
    ----------
    intake : Intake
        Result of ``take_in``.
    config : StudyConfig
        Where tables lie, the key, and how clients are linked.
    progress : callable, optional
        Told in a few words what is going on.
    to : Processed, optional
        Where the tables are laid; where the study's readers look if not given.

    Raises
    ------
    DefinitionError
        Where the data are real and there is no key.
    ReadError
        Where the decisions about links cannot be used.
    """
    key, processed = read_key(config), to or Processed(config.processed)
    frame = frame_of(config.sources.get(PROVIDERS))
    tables = _tables(intake, processed)
    linked = _linked(intake, config, frame, key)
    if linked is not None:
        tables |= {processed.links("links"): linked.links, processed.links("rates"): linked.rates}
        progress(f"{linked.rates['linked'].sum():,} clients linked to MSPs")
    named = {str(path): table for path, table in tables.items()}
    safe = coded_tables(named, key, firm_names(intake, frame))
    for path, table in safe.items():
        write_table(table, Path(path))
    if linked is not None and config.links and config.links.worksheet:
        write_worksheet(
            linked.worksheet, config.links.worksheet, (config.processed, config.reports)
        )


def _tables(intake: Intake, processed: Processed) -> dict[Path, pd.DataFrame]:
    tables = {processed.responses(n): frame for n, frame in intake.responses.items()}
    tables |= {processed.missing(n): frame for n, frame in intake.missing.items()}
    return tables | {processed.log(name): getattr(intake, name) for name in LOGS}


def _linked(
    intake: Intake, config: StudyConfig, frame: pd.DataFrame | None, key: Key
) -> Linked | None:
    if config.links is None or PROVIDERS not in intake.named:
        return None
    return link(config.links, intake.named, frame, key)


def firm_names(intake: Intake, frame: pd.DataFrame | None) -> FirmNames:
    """Give the names of all firms that the study knows: those of the frame, and as answered."""
    own = intake.named.get(PROVIDERS)
    if own is None:
        return FirmNames()
    return FirmNames(firm_table(own, frame)["name"])


def frame_of(source: Source | None) -> pd.DataFrame | None:
    """Read the frame of the MSPs, or their sample where there is no frame."""
    path = None if source is None else source.frame or source.sample
    if path is None:
        return None
    head, *rows = read_cells(path).rows
    return pd.DataFrame(rows, columns=[c.strip() for c in head], dtype="str")
