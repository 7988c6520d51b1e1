"""Charts of a report: what they carry of their headline finding, and which kind draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspsurvey.errors import PublicationError
from mspsurvey.evidence.finding import Finding
from mspsurvey.evidence.hypothesis import Hypothesis
from mspsurvey.evidence.verdict import bearing
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish import chart as charts
from mspsurvey.study_file import Source
from mspsurvey.workbench.words import dates

SAMPLE_WORDS = {
    "probability": "Stratified random sample",
    "opt-in": "Opt-in sample: people chose themselves",
    "referral": "Referral sample: clients chosen by their MSP; not a random sample",
}
"""How people came into a sample, in words, by ``study_file.SAMPLE_TYPES``."""


def headline_fields(
    finding: Finding, source: Source, *, claim: Hypothesis | None, sponsor: str
) -> dict[str, Any]:
    """Give the fields of a chart that follow from its headline finding.

    Parameters
    ----------
    finding : Finding
        Gives strength, direction and definition.
    source : Source
        Its source: gives dates and type of sample.
    claim : Hypothesis, optional
        Claim that it bears on.
    sponsor : str
        Who paid.
    """
    return {
        "estimand_id": finding.finding_id,
        "field_dates": dates(source),
        "sample_type": SAMPLE_WORDS[source.sample_type],
        "definition_version": finding.definition,
        "strength": f"{finding.strength}: {finding.ledger}",
        "direction": bearing(finding, claim),
        "source": f"{finding.source}. {sponsor}",
    }


def draw(
    kind: str,
    est: Estimates,
    second: Estimates | None,
    fields: charts.Fields,
    options: Mapping[str, Any],
) -> charts.Chart:
    """Draw estimates as a chart of one kind; ``paired`` takes a second set of them."""
    if kind != "paired":
        return charts.from_estimates(est, kind=kind, fields=fields, **options)
    if second is None:
        raise PublicationError(
            "A paired chart needs two sets of estimates.", "second= is missing."
        )
    return charts.paired(est, second, fields, **options)
