"""What one drawn number is, in words and figures: the one source of chart, table and file.

Chart kinds, alternative text, the table beside a chart and its CSV all read these rows, so
that they cannot differ.
"""

from __future__ import annotations

import csv
import html
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mspsurvey.inference.result.estimate import (
    FEW,
    FLAG,
    LESS_RELIABLE,
    SUPPRESS,
    SUPPRESSED,
    Estimates,
    base_text,
)
from mspsurvey.publish.chart.drawing.measure import printable
from mspsurvey.publish.table import MARKS

AMOUNTS = ("mean", "total")
"""Statistics whose axis is named by what is averaged or added up."""


@dataclass(frozen=True)
class Datum:
    """One estimate, ready to be drawn and printed; nothing of a suppressed one but its name.

    ``shown``, ``interval`` and ``count`` are the words on the chart; ``mark`` is "", ``[c]``
    or ``[u]``. Numbers that may not be shown are NaN; ``few`` stands in for such a base.
    """

    item: str
    level: str
    groups: tuple[str, ...]
    item_label: str
    level_label: str
    group_labels: tuple[str, ...]
    estimate: float
    low: float
    high: float
    n: float
    n_eff: float
    mark: str
    shown: str
    interval: str
    series: str = ""
    few: str = FEW

    @property
    def count(self) -> str:
        """Answers behind the number, with its mark: ``42 [u]``."""
        n = self.few if math.isnan(self.n) else f"{self.n:,.0f}"
        return f"{n} {self.mark}".strip() if self.mark == LESS_RELIABLE else n

    @property
    def hidden(self) -> bool:
        """True where the number may not be shown."""
        return self.mark == SUPPRESSED

    @property
    def words(self) -> str:
        """Number, interval and n in words, for a hover text."""
        if self.hidden:
            return f"{SUPPRESSED} suppressed (n {self.count})"
        interval = f" ({self.interval})" if self.interval else ""
        return f"{self.shown}{interval}, n {self.count}"

    def withheld(self) -> Datum:
        """Give the same datum without any of its numbers."""
        nan = math.nan
        return replace(
            self, estimate=nan, low=nan, high=nan, n_eff=nan, mark=SUPPRESSED,
            shown=SUPPRESSED, interval="",
        )  # fmt: skip


def data(est: Estimates, *, series: str = "") -> tuple[Datum, ...]:
    """Turn each row of estimates into a datum, in the order of the table."""
    return tuple(_datum(est, row, series) for row in est.rows())


def _datum(est: Estimates, row: dict[str, object], series: str) -> Datum:
    item, level = str(row["item"]), str(row["level"])
    groups = tuple(str(row[b]) for b in est.by)
    mark = _mark(est, str(row["verdict"]), _number(row["estimate"]))
    low, high = _number(row["low"]), _number(row["high"])
    drawn = est.precision_kind != "none" and not (math.isnan(low) or math.isnan(high))
    drawn = drawn and mark != SUPPRESSED
    interval = _range(est, low, high) if drawn else ""
    return Datum(
        item=item,
        level=level,
        groups=groups,
        item_label=printable(est.label("item", item)),
        level_label=printable(_level_label(est, item, level)),
        group_labels=tuple(
            printable(est.label(b, g)) for b, g in zip(est.by, groups, strict=True)
        ),
        estimate=_number(row["estimate"]),
        low=low if interval else math.nan,
        high=high if interval else math.nan,
        n=_number(row["n"]),
        n_eff=_number(row["n_eff"]),
        mark=mark,
        shown=SUPPRESSED if mark == SUPPRESSED else written(est, _number(row["estimate"])),
        interval=interval,
        series=series,
        few=base_text(row) if math.isnan(_number(row["n"])) else FEW,
    )


def written(est: Estimates, value: float) -> str:
    """Write a number as its statistic is written, with a real minus."""
    return est.number(value).replace("-", "−")


def _range(est: Estimates, low: float, high: float) -> str:
    first, last = written(est, low), written(est, high)
    # "+4 to +14 points": the unit once.
    return f"{first.removesuffix(' points')} to {last}"


def confidence(est: Estimates) -> str:
    """Level of the intervals, as it is written: "95%"."""
    return f"{100 * est.confidence:.3g}%"


def tick(est: Estimates, value: float) -> str:
    """Write a number at a mark of the axis, whose title has the unit."""
    if value == 0:
        return "0%" if est.statistic == "share" else "0"
    return written(est, value).removesuffix(" points")


def unit(est: Estimates) -> str:
    """What the axis measures, in words; "" where the heads say it all."""
    if est.statistic == "difference" and est.of == "share":
        return "Difference in percentage points"
    whom = f" of {est.population}" if est.population else ""
    if est.statistic == "share":
        return f"Share{whom}"
    item = f", {est.label('item', est.items[0])}" if len(est.items) == 1 else ""
    return f"{est.statistic.capitalize()}{whom}{item}" if est.statistic in AMOUNTS else ""


def _mark(est: Estimates, verdict: str, estimate: float) -> str:
    if math.isnan(estimate) or (verdict == SUPPRESS and not est.override):
        return SUPPRESSED
    # Shown against the rule, for a reason that is printed: never without a mark.
    return LESS_RELIABLE if verdict in (FLAG, SUPPRESS) else ""


def _level_label(est: Estimates, item: str, level: str) -> str:
    # Two items may give one code different words: ask the item itself first.
    if item in est.variables:
        return est.variables[item].labels.get(level, level)
    return est.label("level", level)


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


HEAD = ("estimate", "low", "high", "n", "n_eff", "mark")


def to_csv(rows: Sequence[Datum], by: Sequence[str], *, notes: Iterable[str] = ()) -> str:
    """Write what is drawn as a tidy CSV that no spreadsheet can take for formulas.

    A suppressed number is ``[c]`` in its own cells; a less reliable one has ``[u]`` in ``mark``.
    Shares are fractions of 1. Each note is a last line that starts with ``#``.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [n for b in by for n in (b, f"{b}_label")]
    series = any(r.series for r in rows)
    lead = ["series"] if series else []
    writer.writerow([*lead, "item", "item_label", "level", "level_label", *names, *HEAD])
    for row in rows:
        pairs = zip(row.groups, row.group_labels, strict=True)
        words = [row.item, row.item_label, row.level, row.level_label]
        words += [w for pair in pairs for w in pair]
        words = [row.series, *words] if series else words
        numbers = [SUPPRESSED] * 3 if row.hidden else [_cell(v) for v in _triple(row)]
        n = row.few if math.isnan(row.n) else f"{row.n:.0f}"
        n_eff = SUPPRESSED if row.hidden else _cell(row.n_eff)
        writer.writerow([*map(neutral, words), *numbers, n, n_eff, row.mark])
    for note in notes:
        writer.writerow([f"# {printable(note)}"])
    return out.getvalue()


def _triple(row: Datum) -> tuple[float, float, float]:
    return row.estimate, row.low, row.high


def _cell(value: float) -> str:
    """Six significant digits: more than any chart shows, the same on every machine."""
    return "" if math.isnan(value) else f"{value:.6g}"


def neutral(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") and text.strip() else text


def to_table(
    rows: Sequence[Datum],
    by: Sequence[str],
    *,
    caption: str,
    by_labels: Sequence[str] = (),
    level: str = "95%",
) -> str:
    """Write what is drawn as an HTML table with caption, scopes and words for its marks."""
    series = any(r.series for r in rows)
    levels = any(r.level for r in rows)
    head = [*(["Series"] if series else []), "Item", *(["Level"] if levels else [])]
    head += [*(by_labels or by), "Estimate", f"{level} interval", "n"]
    lines = [
        f"<table><caption>{html.escape(caption)}</caption>",
        "<thead><tr>",
        *(f'<th scope="col">{html.escape(h)}</th>' for h in head),
        "</tr></thead><tbody>",
    ]
    for row in rows:
        cells = [*([row.series] if series else []), row.item_label]
        cells += [*([row.level_label] if levels else []), *row.group_labels]
        cells += [row.shown, row.interval or "–", row.count]
        first, *others = (html.escape(c) for c in cells)
        body = "".join(f"<td>{c}</td>" for c in others)
        lines.append(f'<tr><th scope="row">{first}</th>{body}</tr>')
    return "".join([*lines, "</tbody>", _foot(rows, len(head)), "</table>"])


def _foot(rows: Sequence[Datum], width: int) -> str:
    """Say under the table what the marks in it mean; nothing where there is none."""
    seen = {row.mark for row in rows}
    words = "; ".join(f"{mark} {text}" for mark, text in MARKS.items() if mark in seen)
    return f'<tfoot><tr><td colspan="{width}">{words}.</td></tr></tfoot>' if words else ""
