"""Look for what does not fit in the export of a source, and keep the file of decisions."""

from __future__ import annotations

from mspsurvey.instrument import load_instrument
from mspsurvey.intake.mapping import (
    Coverage,
    Decisions,
    map_export,
    read_decisions,
    with_proposals,
    write_decisions,
)
from mspsurvey.intake.readers import read_responses
from mspsurvey.study_file import Source


def propose(source: Source) -> Coverage:
    """Compare the export of a source with its instrument, and write down what may belong together.

    The file that ``mapping`` in study.toml names is written anew: what a person decided stays,
    first and as it is; below it stand the proposals of today. Without ``mapping`` nothing is
    written.

    Raises
    ------
    ReadError
        Where the export cannot be read.
    DefinitionError
        Where the file of decisions is not usable.
    """
    instrument = load_instrument(source.instrument)
    export = read_responses(
        source.export, source.platform, codebook=source.codebook, time_zone=source.time_zone
    )
    decisions = Decisions()
    if source.mapping is not None and source.mapping.exists():
        decisions = read_decisions(source.mapping, instrument)
    # Where little fits, proposals are wanted most.
    coverage = map_export(export, instrument, decisions, fewest=0.0).coverage
    if source.mapping is not None:
        write_decisions(source.mapping, with_proposals(decisions, coverage.proposals))
    return coverage
