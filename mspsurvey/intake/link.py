"""From a response to the unit that was sampled, and from a client to its provider."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mspsurvey.errors import DataError, ReadError
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.work import Edit, Work, reject
from mspsurvey.study_file import Source

SAMPLE_KEYS = ("sample_id", "token")


def read_sample(path: Path) -> pd.DataFrame:
    """Read the file of sampled units.

    Returns
    -------
    DataFrame of str
        Columns as in the file, the key named ``sample_id``; one row a unit.

    Raises
    ------
    ReadError
        Where there is no column ``sample_id`` or ``token``, or an id stands twice.
    """
    cells = read_cells(path)
    head, rows = [c.strip() for c in cells.rows[0]], cells.rows[1:]
    sample = pd.DataFrame(rows, columns=head, dtype="str")
    key = next((k for k in SAMPLE_KEYS if k in head), None)
    if key is None:
        raise ReadError(
            f"{path.name} should have a column {' or '.join(SAMPLE_KEYS)}.",
            f"It has {', '.join(head[:8])}.",
            "Add the column, with the ids that the survey was sent out with.",
        )
    sample = sample.rename(columns={key: "sample_id"})
    twice = sample.loc[sample["sample_id"].duplicated(), "sample_id"]
    if len(twice):
        raise ReadError(
            f"Each unit should stand once in {path.name}.",
            f"{twice.iloc[0]!r} stands twice ({len(twice)} such rows).",
            "Keep one row for each sampled unit.",
        )
    return sample


def join_sample(work: Work, sample: pd.DataFrame) -> Work:
    """Fill the design variables from the sample, by ``sample_id``.

    Responses of no sampled unit keep blanks; ``unsampled`` finds them.
    """
    at = sample.set_index("sample_id").reindex(work.meta["sample_id"])
    answers = work.answers.copy(deep=False)
    missing = work.missing.copy(deep=False)
    for name in work.instrument.by_role("design"):
        values = at[name].fillna("").to_numpy() if name in at else ""
        answers[name] = pd.Series(values, index=answers.index, dtype="str")
        missing[name] = pd.Series("", index=answers.index, dtype="str")
    return Work(
        work.source, work.instrument, answers, missing, work.meta, work.settings, work.hidden
    )


def unsampled(work: Work, sample: pd.DataFrame) -> Edit:
    """Set aside responses that belong to no unit of the sample (rule K1)."""
    stray = ~work.meta["sample_id"].isin(sample["sample_id"])
    blank = work.meta["sample_id"].eq("")
    reason = pd.Series("its id is not in the sample", index=blank.index, dtype="str")
    return Edit(rejected=[reject(work, stray, reason.mask(blank, "it has no id of the sample"))])


def unlinked(work: Work, providers: pd.DataFrame) -> Edit:
    """Set aside clients whose provider has no response that can be used (rule K2).

    Parameters
    ----------
    work : Work
        Referred clients, with ``msp_sample_id`` from their sample.
    providers : DataFrame
        Responses table of the providers.
    """
    known = providers["sample_id"].dropna()
    stray = ~work.answers["msp_sample_id"].isin(known)
    return Edit(rejected=[reject(work, stray, "its provider has no usable response")])


def linked_source(source: Source, done: dict[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Responses that a source is linked to; None where it is linked to none."""
    if source.links_to is None:
        return None
    if source.links_to not in done:
        raise DataError(
            f"The source '{source.name}' should be linked to another source of the study.",
            f"It names '{source.links_to}', which is not taken in before it.",
            "Correct links_to in study.toml.",
        )
    return done[source.links_to]
