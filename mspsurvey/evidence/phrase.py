"""Plain words for numbers, and a guard against words that say too much.

Whole percents, "about 4 in 10", ranges instead of p-values; differences are named by the
rule that was written down before the data: the interval, the smallest difference of
interest, and an equivalence test before anything is called "about the same".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from mspsurvey.errors import EstimateError, PublicationError
from mspsurvey.inference.result.estimate import SUPPRESS, Estimates
from mspsurvey.inference.testing.wording import SESOI_SCALE as SESOI_SCALE
from mspsurvey.inference.testing.wording import SESOI_SHARE as SESOI_SHARE
from mspsurvey.inference.testing.wording import compare_words as compare_words
from mspsurvey.inference.testing.wording import number as number
from mspsurvey.inference.testing.wording import points as points

SUPPRESSED = "[too few answers to show]"

FORBIDDEN: dict[str, str] = {
    r"caus(?:e|es|ed|ing|al|ally)": "go with",
    r"(?:leads?|led|leading) to": "go with",
    r"results? in|resulted in|resulting in": "go with",
    r"prov(?:e|es|ed|ing)": "suggest, or report",
    r"(?<!hard )(?<!disk )driv(?:es|en|ing)|(?<!hard )(?<!disk )drive(?= )|drove": "go with",
    r"impact(?:s|ed|ing|ful)?": "difference",
    r"due to|because of|thanks to|owing to": "among",
    r"reduces|prevents|boosts|improves|increases the": "go with less, or more",
    r"(?:in)?significan(?:t|tly|ce)": "give the size of the difference and its range",
    r"most experts": "name the source",
    r"as (?:everyone|everybody|we all) knows?": "give the number",
}
"""Patterns that prose about a survey may not hold, each with what to write instead."""

_SMALL = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip

_PATTERNS = [
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), better)
    for pattern, better in FORBIDDEN.items()
]


def check_words(text: str) -> str:
    """Give the text back, if it neither claims causes nor says "significant".

    Raises
    ------
    PublicationError
        With the word found, and what to write instead.
    """
    for pattern, better in _PATTERNS:
        found = pattern.search(text)
        if found:
            raise PublicationError(
                "Words that a survey taken at one time can carry were wanted.",
                f"{text!r} says '{found.group(0)}'.",
                f"Instead: {better}.",
            )
    return text


def percent(share: float) -> str:
    """Write a share as a whole percent; what is not nothing is never called 0%."""
    if 0 < share < 0.005:
        return "less than 1%"
    if 0.995 < share < 1:
        return "more than 99%"
    return f"{100 * share:.0f}%"


def about(share: float) -> str:
    """Say a share as "about 4 in 10"; in hundredths near the ends, where tenths mislead."""
    if not 0 <= share <= 1:
        raise EstimateError("A share between 0 and 1 was wanted.", f"It is {share!r}.")
    if share == 0:
        return "none"
    if share == 1:
        return "all"
    if 0.125 <= share < 0.175:
        # "1 in 10" would lose a third of it, and "2 in 10" add as much.
        return f"about 1 in {math.floor(1 / share + 0.5)}"
    if 0.075 <= share < 0.925:
        return f"about {math.floor(10 * share + 0.5)} in 10"
    hundredths = math.floor(100 * share + 0.5)
    if hundredths == 0:
        return "fewer than 1 in 100"
    if hundredths == 100:
        return "more than 99 in 100"
    return f"about {hundredths} in 100"


def rounded(value: float, *, digits: int = 3) -> str:
    """Round to so many significant digits and write with thousands separators."""
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    near = round(value, places)
    return f"{near:,.0f}" if places <= 0 or near == int(near) else f"{near:,.{places}f}"


def in_words(count: int) -> str:
    """Write a small count of things in a report, not of people, as a word."""
    return _SMALL[count] if 0 <= count < len(_SMALL) else f"{count:,}"


def shown(value: float, *, statistic: str) -> str:
    """Write a value as its statistic is written: percent, rounded count, or decimal."""
    if statistic == "share":
        return percent(value)
    return rounded(value) if statistic == "total" else number(value)


def interval(low: float, high: float, *, statistic: str = "share") -> str:
    """Write an interval as "41% to 47%"."""
    return f"{shown(low, statistic=statistic)} to {shown(high, statistic=statistic)}"


def say(
    statistic: str,
    estimate: float,
    low: float,
    high: float,
    *,
    population: str,
    what: str,
    precision_kind: str = "mose",
    confidence: float = 0.95,
) -> str:
    """Say one estimate as a sentence, without a verb that claims more than a report.

    Parameters
    ----------
    population : str
        Base in the plural: "MSP firms".
    what : str
        What the number is of: "Baseline class, baseline not met".
    """
    base = population or "those asked"
    value = shown(estimate, statistic=statistic)
    bounds = ""
    if precision_kind != "none" and not (math.isnan(low) or math.isnan(high)):
        bounds = f"{100 * confidence:.0f}% interval {interval(low, high, statistic=statistic)}"
    first = f"{what[:1].upper()}{what[1:]}"
    if statistic == "share":
        inside = "; ".join(part for part in (value, bounds) if part)
        lead = "no" if estimate == 0 else about(estimate)
        return f"{first}: {lead} {base} ({inside})."
    word = {"total": "about ", "mean": "on average ", "ratio": ""}.get(statistic, "")
    tail = f" ({bounds})" if bounds else ""
    return f"{first}, among {base}: {word}{value}{tail}."


def what_row(est: Estimates, row: dict[str, Any]) -> str:
    """Give words for what one row of estimates is of: item and level.

    An answer "yes" is what the item itself says, so that it goes without saying.
    """
    # A ratio's item is the names of its two parts, as "mfa_dec_n/mfa_rec_n".
    item = " per ".join(est.label("item", name) for name in row["item"].split("/"))
    level = est.label("level", row["level"]) if row["level"] else ""
    return f"{item}, {_small(level)}" if level and level != "Yes" else item


def whom_row(est: Estimates, row: dict[str, Any]) -> str:
    """Give words for the base of one row of estimates: population, groups and filter."""
    groups = [_small(est.label(b, row[b])) for b in est.by]
    where = f" [{est.where}]" if est.where else ""
    return ", ".join([est.population or "those asked", *groups]) + where


def _small(text: str) -> str:
    """Begin with a small letter, unless it is an abbreviation or a name of several words."""
    named = text.istitle() and " " in text
    return text if text[1:2].isupper() or named else text[:1].lower() + text[1:]


def from_estimates(est: Estimates, **codes: str | Sequence[str]) -> str:
    """Say estimates in plain words, one sentence a row: the view behind ``est.phrase()``.

    Parameters
    ----------
    est : Estimates
    **codes
        Which rows, as for ``Estimates.pick``: ``est.phrase(level="yes", size="1-4")``.

    Returns
    -------
    str
        Suppressed rows are said to be so, and no number of theirs is given.
    """
    chosen = est.pick(**codes) if codes else est
    sentences = []
    for row in chosen.rows():
        what, whom = what_row(chosen, row), whom_row(chosen, row)
        if row["verdict"] == SUPPRESS and not chosen.override:
            sentences.append(f"{what}, among {whom}: {SUPPRESSED}.")
            continue
        sentences.append(
            say(
                chosen.statistic, row["estimate"], row["low"], row["high"],
                population=whom, what=what, precision_kind=chosen.precision_kind,
                confidence=chosen.confidence,
            )
        )  # fmt: skip
    if chosen.override:
        sentences.append(f"Shown below the presentation standard, because: {chosen.override}.")
    return " ".join(sentences)
