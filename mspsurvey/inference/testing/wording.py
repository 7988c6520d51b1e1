"""How a difference is named: by rules that were written down before the data.

The house says the size of a difference and its interval, and never calls it "significant";
two groups are "about the same" only where an equivalence test says so.
"""

from __future__ import annotations

import math

from mspsurvey.errors import EstimateError

SESOI_SHARE = 0.05
"""Smallest difference of interest between shares: 5 points."""

SESOI_SCALE = 0.3
"""Smallest difference of interest on a scale of 0 to 10."""

CONSISTENT = 0.75
"""Where fewer definitions than this agree in sign, no direction is named."""


def points(difference: float) -> str:
    """Write a difference of shares in whole percentage points, with a real minus."""
    value = round(100 * difference)
    sign = "−" if value < 0 else ""
    return f"{sign}{abs(value)} point{'' if abs(value) == 1 else 's'}"


def number(value: float, *, beside: float = 0.0) -> str:
    """Write a mean or ratio: two decimals below 1, one below 100, none above.

    The larger of it and the number that stands ``beside`` it decides, so that the ends of one
    range are written alike.
    """
    size = max(abs(value), abs(beside))
    return f"{value:,.{0 if size >= 100 else 1 if size >= 1 else 2}f}"


def probability(p: float) -> str:
    """Write a p-value: three decimals, never as 0 or 1."""
    if math.isnan(p):
        return "p not known"
    if p < 0.001:
        return "p < 0.001"
    return "p > 0.999" if p > 0.999 else f"p = {p:.3f}"


def compare_words(
    difference: float,
    low: float,
    high: float,
    *,
    sesoi: float = SESOI_SHARE,
    low_90: float | None = None,
    high_90: float | None = None,
    words: tuple[str, str] = ("more likely", "less likely"),
    share: bool = True,
    same_side: float | None = None,
) -> str:
    """Name a difference by the rule for wording.

    Parameters
    ----------
    difference, low, high : float
        First group minus second, and its 95% interval; shares as fractions.
    sesoi : float
        Smallest difference of interest, in the same unit.
    low_90, high_90 : float, optional
        The 90% interval: two one-sided tests at 5% call groups equivalent where it lies
        within ±sesoi. Without it the 95% interval is used, which asks for more.
    words : (str, str)
        For more and for less: ``("more likely", "less likely")``, ``("higher", "lower")``.
    share : bool
        Whether bounds are written in points.
    same_side : float, optional
        Share of definitions that agree in sign; under 75% no direction is named.

    Returns
    -------
    str
        "more likely", "slightly less likely", "about the same",
        "no clear difference (between −3 points and 6 points)", or "depends on how 'amateur'
        is defined".
    """
    if any(math.isnan(v) for v in (difference, low, high)):
        raise EstimateError("A difference with its interval was wanted.", "A number is missing.")
    if same_side is not None and same_side < CONSISTENT:
        return "depends on how 'amateur' is defined"
    word = words[0] if difference > 0 else words[1]
    if low > 0 or high < 0:
        return word if abs(difference) >= sesoi else f"slightly {word}"
    inner_low = low if low_90 is None else low_90
    inner_high = high if high_90 is None else high_90
    if -sesoi < inner_low and inner_high < sesoi:
        return "about the same"
    ends = [
        points(v) if share else number(v, beside=w).replace("-", "−")
        for v, w in ((low, high), (high, low))
    ]
    return f"no clear difference (between {ends[0]} and {ends[1]})"
