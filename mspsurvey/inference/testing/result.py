"""What a test says: one shape for all of them, with the effect beside the p-value."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pandas as pd

from mspsurvey.inference.result.base import FEWEST_RESPONDENTS, base_line
from mspsurvey.inference.result.disclose import FEW_RESPONDENTS, discloses
from mspsurvey.inference.result.estimate import SUPPRESSED, override_words, stated
from mspsurvey.inference.testing.wording import number, points, probability

ADJUSTMENTS = {"holm": "Holm", "bh": "Benjamini–Hochberg", "none": "none"}
"""Ways to allow for many tests, by the name they are asked for."""


@dataclass(frozen=True)
class TestResult:
    """One design-based test.

    Attributes
    ----------
    item : str
        What was tested; ``by`` names the groups.
    method : str
        Name of the test, in words.
    statistic, statistic_name : float, str
        Its statistic, and the letter it goes by (F, t, X²).
    df : tuple of float
        Degrees of freedom: one for t and χ², numerator and denominator for F.
    p : float
        Two-sided p-value of this test by itself.
    n : int
        Respondents it rests on, unweighted; ``groups`` has them by group.
    effect : str
        What ``estimate`` is: a difference and of which groups, or Cramér's V.
    estimate, se, low, high : float
        Size of the effect, its standard error and interval, NaN where there is none.
        Differences of shares are fractions of 1 and have ``unit="points"``.
    family, adjust, p_adjusted : int, str, float
        Tests in the family, how that was allowed for (a key of ``ADJUSTMENTS``), and the
        p-value that allows for it; equal to ``p`` for a test by itself.
    words : str
        What the test says, in plain words.
    hidden : str
        Rule by which the effect may not be published, "" if it may; where a group has fewer
        than ten respondents it never may.
    note : str
        What the reader of this test should know besides.
    override : str
        Reason given for showing what is hidden, "" if none was.
    """

    # It begins with "Test", and pytest would take it for one of its own.
    __test__: ClassVar[bool] = False

    item: str
    method: str
    statistic: float
    df: tuple[float, ...]
    p: float
    n: int
    statistic_name: str = "F"
    by: tuple[str, ...] = ()
    groups: Mapping[str, int] = field(default_factory=dict)
    effect: str = ""
    estimate: float = math.nan
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    unit: str = ""
    confidence: float = 0.95
    family: int = 1
    adjust: str = "none"
    p_adjusted: float = math.nan
    words: str = ""
    hidden: str = ""
    note: str = ""
    override: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    population: str = ""
    where: str = ""
    weight: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Let a test by itself stand for its own family, and hide what tells of a few."""
        if not self.hidden and self._smallest < FEWEST_RESPONDENTS:
            object.__setattr__(self, "hidden", FEW_RESPONDENTS)
        if math.isnan(self.p_adjusted) and self.family == 1:
            object.__setattr__(self, "p_adjusted", self.p)

    def __repr__(self) -> str:
        """Say no more than the line for people does."""
        return f"<TestResult: {self}>"

    def __str__(self) -> str:
        """Say it in one line: words, effect with interval, statistic, p, n."""
        parts = [f"{self.words}:" if self.words else f"{self.method}:"]
        parts += [f"{self.effect} {self.effect_text};"] if self.effect else []
        parts += [f"{self.statistic_text}, {self.p_text}; n = {self.n_text}."]
        return " ".join(parts)

    def unsuppressed(self, reason: str) -> TestResult:
        """Show every number, for a stated reason that is printed with them."""
        return replace(self, override=stated(reason))

    @property
    def _smallest(self) -> int:
        return min(self.groups.values(), default=self.n)

    @property
    def untold(self) -> bool:
        """Whether statistic, p and n are blank as well.

        Of two groups, one of which others can read elsewhere, they tell the other; and where a
        group has fewer than ten respondents, n and degrees of freedom tell how many.
        """
        few = self._smallest < FEWEST_RESPONDENTS
        told_by_another = discloses(self.hidden) and len(self.groups) <= 2
        return not self.override and (few or told_by_another)

    @property
    def n_text(self) -> str:
        """Number of respondents, as it may be published."""
        return SUPPRESSED if self.untold else f"{self.n:,}"

    @property
    def statistic_text(self) -> str:
        """Statistic with its degrees of freedom: "F(1.83, 360.25) = 17.25"."""
        if self.untold:
            return f"{self.statistic_name} {SUPPRESSED}"
        inside = ", ".join(f"{d:.0f}" if float(d).is_integer() else f"{d:.2f}" for d in self.df)
        named = f"{self.statistic_name}({inside})" if inside else self.statistic_name
        return f"{named} = {self.statistic:.2f}".replace("-", "−")

    @property
    def p_text(self) -> str:
        """p-value, and in a family what it becomes there."""
        if self.untold:
            return f"p {SUPPRESSED}"
        if self.family == 1 or self.adjust == "none":
            return probability(self.p)
        adjusted = probability(self.p_adjusted)
        return f"{probability(self.p)} ({ADJUSTMENTS[self.adjust]} over {self.family}: {adjusted})"

    @property
    def effect_text(self) -> str:
        """Effect with its interval, as it may be published."""
        if self.hidden and not self.override:
            return f"{SUPPRESSED} (suppressed: {self.hidden})"
        if math.isnan(self.estimate):
            return "–"
        value = self._number(self.estimate)
        if math.isnan(self.low) or math.isnan(self.high):
            return value
        ends = f"{self._number(self.low)} to {self._number(self.high)}"
        return f"{value} ({100 * self.confidence:.3g}% interval {ends})"

    def _number(self, value: float) -> str:
        return points(value) if self.unit == "points" else number(value).replace("-", "−")

    @property
    def footer(self) -> str:
        """Method, base, family and what was left out, in words."""
        return " ".join([f"{self.method}.", *_context(self), _family_words(self)]).strip()

    def _repr_html_(self) -> str:
        return Tests((self,), self.adjust)._repr_html_()


@dataclass(frozen=True)
class Tests:
    """Several tests as one family.

    Attributes
    ----------
    results : tuple of TestResult
        In the order asked for; each knows the size of the family.
    adjust : str
        How their number was allowed for, a key of ``ADJUSTMENTS``.
    """

    __test__: ClassVar[bool] = False

    results: tuple[TestResult, ...]
    adjust: str = "holm"

    def __len__(self) -> int:
        """Count the tests."""
        return len(self.results)

    def __iter__(self) -> Iterator[TestResult]:
        """Give one test after the other."""
        return iter(self.results)

    def __getitem__(self, position: int) -> TestResult:
        """Give the test at a position."""
        return self.results[position]

    def __str__(self) -> str:
        """Say each test in one line."""
        return "\n".join(str(r) for r in self.results)

    def unsuppressed(self, reason: str) -> Tests:
        """Show every number, for a stated reason that is printed with them."""
        return replace(self, results=tuple(r.unsuppressed(reason) for r in self.results))

    @property
    def frame(self) -> pd.DataFrame:
        """Tidy table, one row a test; an effect that may not be published is blank."""
        return pd.DataFrame([_row(r) for r in self.results])

    @property
    def footer(self) -> str:
        """Methods, family and base, in words."""
        if not self.results:
            return ""
        methods = dict.fromkeys(r.method for r in self.results)
        first = self.results[0]
        return " ".join([f"{'; '.join(methods)}.", *_context(first), _family_words(first)]).strip()

    def _repr_html_(self) -> str:
        """Table for a notebook: effect and interval before statistic and p."""
        head = ("Item", "By", "In words", "Effect", "Statistic", "p", "n")
        body = []
        for r in self.results:
            cells = (r.item, ", ".join(r.by), r.words, f"{r.effect} {r.effect_text}".strip(),
                     r.statistic_text, r.p_text, r.n_text)  # fmt: skip
            body.append("".join(f"<td>{html.escape(c)}</td>" for c in cells))
        header = "".join(f'<th scope="col">{h}</th>' for h in head)
        rows = "".join(f"<tr>{b}</tr>" for b in body)
        return (
            f"<table><caption>{html.escape(self.footer)}</caption>"
            f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _row(r: TestResult) -> dict[str, object]:
    blank = r.hidden and not r.override
    effect = {k: math.nan if blank else getattr(r, k) for k in ("estimate", "se", "low", "high")}
    numbers = {
        "statistic": r.statistic, "df": r.df[0] if r.df else math.nan,
        "ddf": r.df[1] if len(r.df) > 1 else math.nan, "p": r.p, "p_adjusted": r.p_adjusted,
        "n": r.n,
    }  # fmt: skip
    return {
        "item": r.item, "by": " & ".join(r.by), "method": r.method, "effect": r.effect, **effect,
        **(dict.fromkeys(numbers, math.nan) if r.untold else numbers), "words": r.words,
    }  # fmt: skip


def _context(r: TestResult) -> list[str]:
    base = base_line(
        r.population, where=r.where, respondents={} if r.untold else {r.item: r.n},
        left_out={} if r.untold else r.left_out,
    )  # fmt: skip
    parts = [
        base,
        f"Weighted: {r.weight}." if r.weight else "Unweighted.",
        r.note,
        override_words(r.override),
        "SYNTHETIC DATA." if r.synthetic else "",
    ]
    return [p for p in parts if p]


def _family_words(r: TestResult) -> str:
    if r.family == 1:
        return "One test, by itself."
    if r.adjust == "none":
        return f"One of {r.family} tests, whose number is not allowed for."
    return f"{r.family} tests as one family, {ADJUSTMENTS[r.adjust]}."
