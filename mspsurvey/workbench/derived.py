"""Findings that are computed from others and have no interval of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mspsurvey.evidence import phrase
from mspsurvey.evidence.finding import Finding

_ALONE: dict[str, Any] = {
    **dict.fromkeys(("lo", "hi", "n_eff", "deff", "diff", "diff_lo", "diff_hi")),
    **dict.fromkeys(("n_comparisons", "spec_median", "spec_same_sign")),
    **dict.fromkeys(("comparison", "benchmark", "caveat_2", "caveat_3"), ""),
}
"""What a finding that is computed from others does not take over from them."""


def derived(
    finding: Finding, *, part: str, estimate: float, estimand: str, code_ref: str
) -> Finding:
    """Make a share that belongs to a finding, without its precision and strength.

    Parameters
    ----------
    finding : Finding
        Population, dates and source are taken from it.
    part : str
        Added to that finding's id.
    estimate : float
        Share, as a fraction.
    estimand : str
        What it is, in words.
    code_ref : str
        Where it was computed.
    """
    return replace(
        finding,
        finding_id=f"{finding.finding_id}.{part}",
        hypothesis="",
        estimand=estimand,
        measure="share",
        estimate=estimate,
        precision_kind="none",
        strength="",
        ledger="",
        direction="",
        sentence=f"{estimand[:1].upper()}{estimand[1:]}: {phrase.percent(estimate)}.",
        caveat_1="Computed from other findings; no interval is given.",
        code_ref=code_ref,
        **_ALONE,
    )
