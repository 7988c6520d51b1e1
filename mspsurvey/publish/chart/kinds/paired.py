"""Paired dots: two numbers a row, with a band from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.datum import Datum, data
from mspsurvey.publish.chart.fields import Fields, draft_fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds import assembly
from mspsurvey.publish.chart.marks import Bar, Dot, Interval, Key, Mark, Reference, Row

FILLS = (theme.SERIES[0], theme.SERIES[1])
OFFSET = 0.2
"""How far each of a pair stands off the middle of its row, so that intervals do not hide."""
Pair = tuple[Datum, Datum]


def paired(
    first: Estimates,
    second: Estimates,
    fields: Fields | None = None,
    *,
    names: tuple[str, str] = ("First", "Second"),
    order: str = "given",
    references: Sequence[Reference] = (),
    axis_title: str = "",
) -> Chart:
    """Draw two sets of estimates row by row, such as share of firms and share of clients.

    Rows are matched by item, level and groups; where each set has one item, by level and
    groups alone.

    Raises
    ------
    PublicationError
        Where a row of one set is not in the other, or the sets are of different statistics.
    """
    pairs = _match(first, second, names)
    everything = [d for pair in pairs for d in pair]
    dims = assembly.dimensions(first, [a for a, _ in pairs])
    if order != "given":
        ranked = assembly.ordered(first, [a for a, _ in pairs], dims, order)
        pairs = sorted(pairs, key=lambda pair: ranked.index(pair[0]))
    intervals = any(d.interval for d in everything)
    heads = assembly.headings(first, [a for a, _ in pairs], dims)
    rows = [
        Row(
            label=assembly.label_of(first, a, dims[-1]),
            cells=(a.shown, b.shown, f"{a.count} / {b.count}"),
            heading=heading,
            muted=a.hidden and b.hidden,
        )
        for (a, b), heading in zip(pairs, heads, strict=True)
    ]
    values = [v for d in everything for v in (d.estimate, d.low, d.high)]
    share = first.statistic == "share"
    scale = assembly.scale_of(
        first, values, title=axis_title or _both(names), references=references, from_zero=share
    )
    marks = [m for i, p in enumerate(pairs) for m in _marks(p, i, rows[i].label, scale.low)]
    drawn = [d for pair in pairs for d in pair]
    return assembly.assemble(
        replace(first, synthetic=first.synthetic or second.synthetic),
        draft_fields(first) if fields is None else fields,
        kind="paired",
        words=assembly.kind_words(first, "Paired dot chart", intervals=intervals),
        data=drawn,
        names=[f"{assembly.name_of(first, d, dims)}, {d.series}" for d in drawn],
        axis=scale, rows=rows, marks=marks, leads=2,
        columns=(*names, "n"),
        keys=[
            Key(label=n, fill=f.colour, shape=f.shape, swatch=False)
            for n, f in zip(names, FILLS, strict=True)
        ],
        notes=assembly.whiskers(first, intervals=intervals),
        row_height=assembly.row_height(len(rows)) + 6,
    )  # fmt: skip


def _both(names: tuple[str, str]) -> str:
    return f"{names[0]} and {names[1][:1].lower()}{names[1][1:]}"


def _match(first: Estimates, second: Estimates, names: tuple[str, str]) -> list[Pair]:
    if first.by != second.by:
        raise PublicationError(
            "Both sets of a pair need the same groups.",
            f"The first has {first.by or 'none'}, the second {second.by or 'none'}.",
        )
    by_item = len(first.items) > 1 or len(second.items) > 1

    def key(row: Datum) -> tuple[str, ...]:
        return (row.item if by_item else "", row.level, *row.groups)

    left = {key(d): d for d in data(first, series=names[0])}
    right = {key(d): d for d in data(second, series=names[1])}
    alone = [k for k in left if k not in right] + [k for k in right if k not in left]
    if alone:
        raise PublicationError(
            "Each row of a pair needs a partner.",
            f"{len(alone)} have none; the first is {' / '.join(p for p in alone[0] if p)}.",
            "Pick the same levels and groups from both: `est.pick(level=…)`.",
        )
    return [(left[k], right[k]) for k in left]


def _marks(pair: Pair, index: int, label: str, low: float) -> list[Mark]:
    marks: list[Mark] = []
    places = (index - OFFSET, index + OFFSET)
    if not any(d.hidden for d in pair):
        low_end, high_end = sorted(d.estimate for d in pair)
        marks.append(
            Bar(start=low_end, end=high_end, row=index, fill=theme.GRID, height=2 * OFFSET)
        )
    for d, place, fill in zip(pair, places, FILLS, strict=True):
        hover = f"{label}, {d.series}: {d.words}"
        if d.hidden:
            marks.append(assembly.withheld(low, place, whose=d.series, size=theme.FOOT.size))
            continue
        if d.interval:
            marks.append(
                Interval(low=d.low, high=d.high, row=place, colour=fill.colour, hover=hover)
            )
        marks.append(
            Dot(
                x=d.estimate, row=place, fill=fill.colour, shape=fill.shape,
                hollow=bool(d.mark), hover=hover,
            )
        )  # fmt: skip
    return marks
