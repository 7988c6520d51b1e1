"""How strong a finding is: computed from what is known of it, with the ledger to show.

The words follow the idea of GRADE, cut down to survey findings. Nobody chooses the strength;
whoever disagrees can point at a line of the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.evidence.robustness import PLAUSIBLE_SD, SAME_SIDE_NEEDED
from mspsurvey.study_file import SAMPLE_TYPES

WIDE_HALF_WIDTH = 0.08
"""Half-width of a 95% interval of a share above which precision costs a point."""

SMALL_N_EFF = 100.0

LOW_RESPONSE = 0.5
"""Response rate below which a finding is not strong before nonrespondents were examined."""

WORDS = {
    3: ("Strong", "We are confident in this."),
    2: ("Moderate", "Likely right; could shift."),
    1: ("Limited", "A signal, not a basis for law alone."),
    0: ("Insufficient", "We cannot tell."),
}


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What is known of a finding. None is "not examined", and costs nothing by itself.

    Attributes
    ----------
    sample_type : str
        ``probability``, ``opt-in`` or ``referral``.
    weighted : bool
        Whether weights match the sample to known margins.
    experiment : bool
        Whether the finding is a contrast between groups formed by lot within the sample.
    benchmark_passed : bool, optional
        Whether weighted estimates lie near outside values.
    half_width : float, optional
        Of the 95% interval of a share or a difference of shares, as a fraction.
    n_eff : float, optional
        Effective sample size.
    same_side : float, optional
        Share of definitions that agree with the default; None where none is involved.
    default_in_middle : bool, optional
        Whether the default lies in the inter-quartile range of the definitions.
    self_report : bool
        Whether the item is known for desirability or detection bias.
    second_source : bool
        Whether another source stands beside such an item.
    tipping_sd : float, optional
        By how many standard deviations nonrespondents must differ to change the statement.
    response_rate : float, optional
        RR3 of a probability sample, as a fraction.
    confirmed_by : str
        "second survey", "second wave" or "dose-response"; "" for none. Counts once.
    causal, scenario, modelled : bool
        Claim of a cause from one point in time; arithmetic of a scenario; estimate for a
        state from a model. Each caps the strength.
    """

    sample_type: str
    weighted: bool = True
    experiment: bool = False
    benchmark_passed: bool | None = None
    half_width: float | None = None
    n_eff: float | None = None
    same_side: float | None = None
    default_in_middle: bool | None = None
    self_report: bool = False
    second_source: bool = False
    tipping_sd: float | None = None
    response_rate: float | None = None
    confirmed_by: str = ""
    causal: bool = False
    scenario: bool = False
    modelled: bool = False


CONFIRMATIONS = ("", "second survey", "second wave", "dose-response")


@dataclass(frozen=True)
class Strength:
    """The result: number, word, what the word means, and how it was reached."""

    number: int
    word: str
    meaning: str
    ledger: str


def grade(grounds: Grounds) -> Strength:
    """Compute the strength of a finding.

    Start: 3 for a probability sample or an experiment, 2 for a weighted opt-in sample that
    passed its benchmarks, 1 otherwise. Minus 1 for each weakness, plus 1 once for a
    confirmation, and no more than the cap.
    """
    if grounds.sample_type not in SAMPLE_TYPES:
        raise EstimateError(
            f"A sample type of {', '.join(SAMPLE_TYPES)} was wanted.",
            f"It is {grounds.sample_type!r}.",
            did_you_mean(grounds.sample_type, SAMPLE_TYPES),
        )
    if grounds.confirmed_by not in CONFIRMATIONS:
        raise EstimateError(
            f"One of {', '.join(repr(c) for c in CONFIRMATIONS)} was wanted.",
            f"confirmed_by is {grounds.confirmed_by!r}.",
        )
    number, why = _start(grounds)
    lines = [f"started {number} ({why})"]
    for reason in _weaknesses(grounds):
        number -= 1
        lines.append(f"−1 {reason}")
    if grounds.confirmed_by:
        number += 1
        lines.append(f"+1 {grounds.confirmed_by} agrees")
    for cap, reason in _caps(grounds):
        if number > cap:
            number = cap
            lines.append(f"capped at {cap}: {reason}")
    lines.append(f"= {number}".replace("-", "−"))
    word, meaning = WORDS[max(0, min(3, number))]
    return Strength(number, word, meaning, "; ".join(lines))


def _start(grounds: Grounds) -> tuple[int, str]:
    if grounds.experiment:
        return 3, "experiment within the sample"
    if grounds.sample_type == "probability":
        return 3, "probability sample"
    if grounds.sample_type == "opt-in" and grounds.weighted and grounds.benchmark_passed:
        return 2, "opt-in sample, weighted, benchmarks passed"
    if grounds.sample_type == "referral":
        return 1, "referral sample"
    return 1, "opt-in sample" + (", benchmarks not passed" if grounds.weighted else ", unweighted")


def _weaknesses(grounds: Grounds) -> Iterator[str]:
    """Give the reasons that cost a point each."""
    wide = grounds.half_width is not None and grounds.half_width > WIDE_HALF_WIDTH
    small = grounds.n_eff is not None and grounds.n_eff < SMALL_N_EFF
    if wide or small:
        yield "imprecise"
    few = grounds.same_side is not None and grounds.same_side < SAME_SIDE_NEEDED
    if few or grounds.default_in_middle is False:
        yield "definition-sensitive"
    if grounds.benchmark_passed is False:
        yield "benchmark check failed"
    if grounds.self_report and not grounds.second_source:
        yield "self-report"
    if grounds.tipping_sd is not None and _near(grounds.tipping_sd):
        yield "small gap of nonrespondents would change it"


def _unexamined(grounds: Grounds) -> bool:
    """Say whether most people did not respond, and nobody asked what that could change."""
    rate = grounds.response_rate
    few = rate is not None and rate < LOW_RESPONSE
    return few and grounds.tipping_sd is None and not grounds.experiment


def _near(tipping_sd: float) -> bool:
    return not math.isnan(tipping_sd) and abs(tipping_sd) < PLAUSIBLE_SD


def _caps(grounds: Grounds) -> Iterator[tuple[int, str]]:
    if grounds.causal and not grounds.experiment:
        yield 1, "cause claimed from one point in time"
    if grounds.scenario:
        yield 1, "scenario arithmetic"
    if grounds.modelled:
        yield 2, "modelled for a state"
    if _unexamined(grounds):
        rate = f"{grounds.response_rate:.0%}"
        yield 2, f"{rate} responded, and what nonrespondents could change was not examined"
