"""One finding: a number that a report prints, with its context, and how prose writes it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.evidence import phrase
from mspsurvey.evidence.hypothesis import DIRECTIONS

SPECS = ("", "ci", "moe", "about", "n", "count")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One printed number.

    Numbers that are not there, or may not be shown, are None. Shares are fractions of 1.

    Attributes
    ----------
    finding_id, report, question_id, hypothesis : str
        What it is, where it is printed, which question it answers, which claim it bears on.
    estimand, population, filter_code, measure, group : str
        What is estimated, of whom, by which filter, as a share, mean, total or ratio, and
        for which group.
    estimate, lo, hi : float or None
        With its 95% interval; ``precision_kind`` says what kind.
    n, n_eff, deff : number or None
        Unweighted base, effective size, design effect; ``weight`` names the weight.
    comparison, diff, diff_lo, diff_hi, n_comparisons
        What it is compared with, the difference, and how many such comparisons were made.
    definition, spec_median, spec_same_sign
        Version of the definitions; median over them, and share on the default's side.
    strength, ledger, direction : str
        Word, how it was reached, and what it says of the hypothesis.
    sentence, caveat_1, caveat_2, caveat_3 : str
    suppressed, synthetic : bool
    source, field_start, field_end, data_hash, code_ref : str
    """

    finding_id: str
    report: str
    question_id: str
    hypothesis: str = ""
    estimand: str
    population: str
    filter_code: str = ""
    measure: str
    group: str = ""
    estimate: float | None = None
    lo: float | None = None
    hi: float | None = None
    precision_kind: str = "mose"
    n: int | None = None
    n_eff: float | None = None
    weight: str = ""
    deff: float | None = None
    comparison: str = ""
    diff: float | None = None
    diff_lo: float | None = None
    diff_hi: float | None = None
    n_comparisons: int | None = None
    definition: str = ""
    spec_median: float | None = None
    spec_same_sign: float | None = None
    benchmark: str = ""
    strength: str = ""
    ledger: str = ""
    direction: str = ""
    sentence: str = ""
    caveat_1: str = ""
    caveat_2: str = ""
    caveat_3: str = ""
    suppressed: bool = False
    source: str = ""
    field_start: str = ""
    field_end: str = ""
    data_hash: str = ""
    code_ref: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Make NaN None, and refuse a suppressed finding that still holds its number."""
        for name in _NUMBERS:
            value = getattr(self, name)
            if isinstance(value, float) and math.isnan(value):
                object.__setattr__(self, name, None)
        if self.direction not in ("", *DIRECTIONS):
            raise PublicationError(
                f"A direction of {', '.join(DIRECTIONS)} was wanted.", f"It is {self.direction!r}."
            )
        if self.suppressed and any(getattr(self, name) is not None for name in _HIDDEN):
            raise PublicationError(
                f"The suppressed finding {self.finding_id} should hold no number.",
                "It still has an estimate, an interval or a difference.",
                "Make it from Estimates, whose frame hides them.",
            )

    def __format__(self, spec: str) -> str:
        """Write the finding as a token of prose.

        Parameters
        ----------
        spec : str
            "" 44%; "ci" 41% to 47%; "moe" 3 points; "about" about 4 in 10; "n" 1,149;
            "count" about 18,900 (totals only).

        Raises
        ------
        PublicationError
            For a spec that is not known, that this measure has not, or that this sample may
            not carry: an opt-in sample has no margin of sampling error.
        """
        if spec not in SPECS:
            raise PublicationError(
                f"One of the specs {', '.join(s for s in SPECS if s)} was wanted.",
                f"It is {spec!r}.", did_you_mean(spec, SPECS),
            )  # fmt: skip
        return phrase.SUPPRESSED if self.suppressed else _WRITERS[spec](self)

    def __str__(self) -> str:
        """Write it as with no spec."""
        return format(self, "")

    @property
    def caveats(self) -> tuple[str, ...]:
        """The caveats there are, the most important first."""
        return tuple(c for c in (self.caveat_1, self.caveat_2, self.caveat_3) if c)

    @property
    def tokens(self) -> dict[str, str]:
        """Every text that a report can print from this finding, by spec."""
        written = {}
        for spec in SPECS:
            try:
                written[spec] = format(self, spec)
            except PublicationError:
                continue
        return written


_NUMBERS = (
    "estimate", "lo", "hi", "n", "n_eff", "deff", "diff", "diff_lo", "diff_hi",
    "n_comparisons", "spec_median", "spec_same_sign",
)  # fmt: skip
_HIDDEN = ("estimate", "lo", "hi", "n_eff", "deff", "diff", "diff_lo", "diff_hi")


def _need(finding: Finding, *names: str) -> list[float]:
    values = [getattr(finding, name) for name in names]
    if any(value is None for value in values):
        raise PublicationError(
            f"The finding {finding.finding_id} should have {', '.join(names)}.",
            "At least one is missing.",
        )
    return [float(value) for value in values]


def _measured(finding: Finding, spec: str, measure: str) -> None:
    if finding.measure != measure:
        raise PublicationError(
            f"The spec '{spec}' is for a {measure}.",
            f"{finding.finding_id} is a {finding.measure}.",
        )


def _estimate(finding: Finding) -> str:
    return phrase.shown(_need(finding, "estimate")[0], statistic=finding.measure)


def _interval(finding: Finding) -> str:
    if finding.precision_kind == "none":
        raise PublicationError(
            f"The finding {finding.finding_id} has no interval to print.",
            "People chose themselves to take part, and no model stands behind it.",
            "Say so in words instead.",
        )
    return phrase.interval(*_need(finding, "lo", "hi"), statistic=finding.measure)


def _margin(finding: Finding) -> str:
    if finding.precision_kind != "mose":
        raise PublicationError(
            "A margin of sampling error was asked for.",
            f"{finding.finding_id} is not from a probability sample.",
            "Print the interval with its assumptions ('ci'), or none.",
        )
    estimate, low, high = _need(finding, "estimate", "lo", "hi")
    # Intervals of shares are not symmetric; "give or take" has to cover the longer side.
    half = max(high - estimate, estimate - low)
    if finding.measure == "share":
        return phrase.points(half) if half >= 0.005 else "less than 1 point"
    return phrase.shown(half, statistic=finding.measure)


def _about(finding: Finding) -> str:
    _measured(finding, "about", "share")
    return phrase.about(_need(finding, "estimate")[0])


def _base(finding: Finding) -> str:
    return f"{_need(finding, 'n')[0]:,.0f}"


def _count(finding: Finding) -> str:
    _measured(finding, "count", "total")
    return f"about {phrase.rounded(_need(finding, 'estimate')[0])}"


_WRITERS = {
    "": _estimate,
    "ci": _interval,
    "moe": _margin,
    "about": _about,
    "n": _base,
    "count": _count,
}
