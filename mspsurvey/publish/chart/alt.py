"""Alternative text: what a reader who cannot see the chart is told, made from its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from mspsurvey.publish.chart.datum import Datum
from mspsurvey.publish.chart.fields import ALT_WORDS

NAME_WORDS = 14
"""Longest name of a row, in words, before it is cut."""


def describe(
    kind: str,
    rows: Sequence[Datum],
    *,
    shows: str,
    message: str,
    names: Sequence[str],
    stamp: str = "",
    level: str = "95%",
) -> str:
    """Say type, subject, main message, highest and lowest with numbers, in 120 words at most.

    Parameters
    ----------
    kind : str
        Type of the chart, in words: "Bar chart with 95% intervals".
    rows : sequence of Datum
        What is drawn.
    shows : str
        Statistical subtitle.
    message : str
        The finding.
    names : sequence of str
        Name of each row, parallel to ``rows``.
    stamp : str
        What must be said first: that the data are invented.
    level : str
        Level of the intervals.
    """
    seen = [(r, n) for r, n in zip(rows, names, strict=True) if not r.hidden]
    ends = _ends(seen, level)
    gone = len(rows) - len(seen)
    are = "number is" if gone == 1 else "numbers are"
    tail = [f"{gone} {are} suppressed: too few answers."] if gone else []
    fixed = " ".join([stamp, *ends, *tail])
    room = ALT_WORDS - len(fixed.split()) - len(kind.split()) - 1
    message = _cut(message, min(room, 40))
    shows = _cut(shows, max(room - len(message.split()), 0))
    parts = [
        stamp,
        f"{kind}: {_stop(shows)}" if shows else _stop(kind),
        _stop(message),
        *ends,
        *tail,
    ]
    return " ".join(p for p in parts if p)


def _ends(seen: Sequence[tuple[Datum, str]], level: str) -> list[str]:
    if not seen:
        return ["No number may be shown."]
    if len(seen) == 1:
        return [f"{_named(seen[0], level)}."]
    # The first of equals: order is the chart's, so the text stays the same.
    highest = max(seen, key=lambda pair: pair[0].estimate)
    lowest = min(seen, key=lambda pair: pair[0].estimate)
    return [f"Highest: {_named(highest, level)}.", f"Lowest: {_named(lowest, level)}."]


def _named(pair: tuple[Datum, str], level: str) -> str:
    row, name = pair
    interval = f" ({level} interval {row.interval})" if row.interval else ""
    mark = ", less reliable" if row.mark else ""
    return f"{_cut(name, NAME_WORDS)}, {row.shown}{interval}{mark}"


def _cut(text: str, most: int) -> str:
    words = text.split()
    return text if len(words) <= most else " ".join([*words[: max(most - 1, 0)], "…"]).strip()


def _stop(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."
