"""Stacked bars of 100%: one bar a group, one segment a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import SUPPRESSED, Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.datum import Datum, data, unit
from mspsurvey.publish.chart.fields import Fields, draft_fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds import assembly
from mspsurvey.publish.chart.marks import Axis, Bar, Key, Mark, Row, Text

REMAINDER = "Grey: the levels that are not shown, together."
NOT_DRAWN = "Stacked bars cannot show intervals: they stand in the table."
TICKS = tuple((i / 4, f"{25 * i}%") for i in range(5))
Bars = dict[tuple[str, ...], list[Datum]]


def stacked(
    est: Estimates, fields: Fields | None = None, *, palette: str = "", order: str = "given"
) -> Chart:
    """Draw the levels of each group as segments of one bar, in the order of the levels.

    Where one segment alone is suppressed its size would follow from the others, so the whole
    bar is withheld, in the chart, the table and the file.

    Parameters
    ----------
    palette : {"", "diverging", "sequence", "series"}
        "" takes "diverging" for ordered levels. Recurring classes keep their own colours.
    order : {"given", "value"}
        "value" sorts bars by the share of the first level.
    """
    if est.statistic != "share":
        raise PublicationError("Stacked bars show shares.", f"These are {est.statistic}s.")
    stacks = _stacks(data(est))
    if order == "value":
        stacks = dict(sorted(stacks.items(), key=lambda kv: _first(kv[1])))
    drawn = [d for stack in stacks.values() for d in stack]
    levels = {d.level: d.level_label for d in drawn}
    fills = _fills(est, list(levels), palette)
    dims = [d for d in assembly.dimensions(est, drawn) if d != "level"] or ["item"]
    firsts = [stack[0] for stack in stacks.values()]
    rows = [
        Row(
            label=assembly.label_of(est, stack[0], dims[-1]),
            cells=(_count(stack),),
            heading=heading,
            muted=all(d.hidden for d in stack),
        )
        for stack, heading in zip(
            stacks.values(), assembly.headings(est, firsts, dims), strict=True
        )
    ]
    marks = [m for i, s in enumerate(stacks.values()) for m in _marks(s, i, rows[i].label, fills)]
    fields = draft_fields(est) if fields is None else fields
    return assembly.assemble(
        est,
        replace(fields, uncertainty=_uncertainty(fields)),
        kind="stacked",
        words="Stacked bar chart",
        data=drawn,
        names=[assembly.name_of(est, d, [*dims, "level"]) for d in drawn],
        axis=Axis(title=unit(est), low=0, high=1, ticks=TICKS),
        rows=rows,
        marks=marks,
        columns=("n",),
        leads=0,
        keys=[Key(label=levels[c], fill=f.colour, pattern=f.pattern) for c, f in fills.items()],
        notes=[REMAINDER] if any(d.hidden for d in drawn) else [],
        row_height=assembly.row_height(len(rows)) + 4,
    )


def _uncertainty(fields: Fields) -> str:
    given = fields.uncertainty.rstrip(". ")
    return f"{given}. {NOT_DRAWN}" if given else NOT_DRAWN


def _stacks(rows: Sequence[Datum]) -> Bars:
    stacks: Bars = {}
    for row in rows:
        stacks.setdefault((row.item, *row.groups), []).append(row)
    return {key: _closed(stack) for key, stack in stacks.items()}


def _closed(stack: list[Datum]) -> list[Datum]:
    """Withhold all of a bar where exactly one segment is: it is 100% less the others."""
    return [d.withheld() for d in stack] if sum(d.hidden for d in stack) == 1 else stack


def _first(stack: list[Datum]) -> tuple[bool, float]:
    return stack[0].hidden, 0.0 if stack[0].hidden else -stack[0].estimate


def _fills(est: Estimates, levels: list[str], palette: str) -> dict[str, theme.Fill]:
    palette = palette or ("diverging" if assembly.is_ordinal(est, "level") else "series")
    # One level is no scale, and has no poles.
    palette = "series" if len(levels) < 2 else palette
    return dict(zip(levels, theme.fills(est.items[0], levels, palette=palette), strict=True))


def _count(stack: list[Datum]) -> str:
    return max(stack, key=lambda d: (d.n == d.n, d.n)).count


def _marks(stack: list[Datum], index: int, label: str, fills: dict[str, theme.Fill]) -> list[Mark]:
    marks: list[Mark] = []
    start = 0.0
    for d in (d for d in stack if not d.hidden):
        fill, end = fills[d.level], min(start + d.estimate, 1.0)
        if end <= start:
            # An empty segment has no place for a label; the table says 0%.
            continue
        hover = f"{label}, {d.level_label}: {d.words}"
        marks.append(
            Bar(
                start=start, end=end, row=index, fill=fill.colour, pattern=fill.pattern,
                height=0.74, hover=hover,
            )
        )  # fmt: skip
        marks.append(
            Text(
                x=(start + end) / 2, row=index, text=d.shown, colour=theme.on(fill.colour),
                bold=True, size=theme.SMALL.size, room=end - start,
                box=fill.colour if fill.pattern else "",
            )
        )  # fmt: skip
        start = end
    if any(d.hidden for d in stack):
        marks += _gap(start, index, label)
    return marks


def _gap(start: float, index: int, label: str) -> list[Mark]:
    """Grey for what is withheld: its sum shows, its parts do not."""
    return [
        Bar(
            start=start, end=1.0, row=index, fill=theme.HELD_BACK, pattern="diagonal", height=0.74,
            hollow=True, hover=f"{label}: {SUPPRESSED} suppressed",
        ),
        Text(
            x=(start + 1) / 2, row=index, text=SUPPRESSED, colour=theme.INK,
            size=theme.SMALL.size, room=1.0 - start, box=theme.HELD_BACK_FILL,
        ),
    ]  # fmt: skip
