"""What a finding says of a claim, with what would have spoken for it and against it."""

from __future__ import annotations

from mspsurvey.evidence.finding_record import Finding
from mspsurvey.evidence.hypothesis import Hypothesis

CHART_WORDS = {
    "supports": "Supports",
    "against": "Speaks against",
    "mixed": "Mixed on",
    "cannot tell": "Cannot decide",
}
PROSE_WORDS = {
    "supports": "support the claim",
    "against": "speak against the claim",
    "mixed": "point both ways",
    "cannot tell": "cannot decide",
}


def bearing(finding: Finding, claim: Hypothesis | None) -> str:
    """Say in one line what a finding says of its claim, for the foot of a chart."""
    if claim is None:
        return "Describes; bears on no claim"
    return f"{CHART_WORDS[finding.direction]} claim {claim.id}: “{claim.claim}”"


def both_sides(finding: Finding, claim: Hypothesis) -> str:
    """Say as Markdown what was to speak for a claim and against it, and what the data do.

    Parameters
    ----------
    finding : Finding
        The one that bears on the claim.
    claim : Hypothesis
        With its rule.
    """
    lines = [
        f"*Would speak for it:* {claim.evidence_for}",
        f"*Would speak against it:* {claim.evidence_against}",
        f"**{_outcome(finding, claim)}**",
        f"*Bear in mind:* {claim.limits}" if claim.limits else "",
    ]
    head = f"**Claim {claim.id}:** “{claim.claim}”"
    return "\n".join([head, "", *(f"- {line}" for line in lines if line)])


def _outcome(finding: Finding, claim: Hypothesis) -> str:
    if claim.rule is None:
        return "No single number decides this claim, so this report does not."
    words = f"By this rule, set before the data, the answers {PROSE_WORDS[finding.direction]}."
    if finding.suppressed or finding.lo is None or finding.hi is None:
        return words
    if finding.direction != "cannot tell" or claim.rule.statistic != "share":
        return words
    # To a tenth, since a bound just short of the bar would be rounded on to it.
    low, high = 100 * finding.lo, 100 * finding.hi
    return (
        f"{words[:-1]}: the 95% interval ({low:.1f}% to {high:.1f}%) lies on both sides of a bar."
    )
