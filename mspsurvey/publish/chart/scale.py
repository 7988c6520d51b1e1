"""Where an axis starts, ends and is marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from mspsurvey.publish.chart.marks import Axis, Reference

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
TICKS = 6


def axis(
    values: Iterable[float],
    *,
    title: str,
    words: Callable[[float], str],
    share: bool = False,
    from_zero: bool = True,
    references: tuple[Reference, ...] = (),
) -> Axis:
    """Lay an axis over values, with about six marks at round numbers.

    Parameters
    ----------
    values : iterable of float
        All that must be inside; NaN is passed over.
    words : callable
        Writes a number as the statistic is written.
    share : bool
        Ends at 0 and 1 at the outermost.
    from_zero : bool
        Bars begin at zero, always.
    """
    seen = [v for v in (*values, *(r.value for r in references)) if not math.isnan(v)]
    low, high = (min(seen), max(seen)) if seen else (0.0, 1.0)
    if from_zero or (low > 0 and low < (high - low)):
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-9 * max(1.0, abs(low), abs(high)):
        # One value alone: half a unit of room, and none below a zero that bars stand on.
        low, high = low - 0.5 * (not from_zero), high + 0.5
    step = _step((high - low) / TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(i * step, 12) for i in range(first, last + 1)]
    if share and min(seen, default=0) >= 0:
        ticks = [t for t in ticks if -1e-9 <= t <= 1 + 1e-9]
    ends = min(ticks[0], low), max(ticks[-1], high)
    labels = _labels(ticks, words, step, share)
    return Axis(
        title=title, low=ends[0], high=ends[1],
        ticks=tuple(zip(ticks, labels, strict=True)), references=references,
    )  # fmt: skip


def _labels(
    ticks: list[float], words: Callable[[float], str], step: float, share: bool
) -> list[str]:
    labels = [words(t) for t in ticks]
    if len(set(labels)) == len(labels):
        return labels
    # Finer than the statistic is written: as many decimals as the step needs.
    factor, sign = (100, "%") if share else (1, "")
    places = max(0, -math.floor(math.log10(step * factor) + 1e-9))
    return [f"{t * factor:,.{places}f}{sign}".replace("-", "−") for t in ticks]


def _step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(s * power for s in STEPS if s * power >= raw - 1e-12)
