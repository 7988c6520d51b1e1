"""Heat table: a number in each cell, shaded by its size, n under each head."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import FEW, LESS_RELIABLE, Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.datum import Datum, data
from mspsurvey.publish.chart.fields import Fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds import assembly
from mspsurvey.publish.chart.marks import Axis, Mark, Row, Text, Tile

SHADES = (0.06, 0.2, 0.36, 0.56, 0.78, 1.0)
SHADE = "#235785"
"""Darkest shade; the lighter ones are shares of it."""


def heat(
    est: Estimates,
    fields: Fields | None = None,
    *,
    rows: str = "",
    columns: str = "",
    order: str = "given",
) -> Chart:
    """Draw estimates as a table of shaded cells.

    Parameters
    ----------
    rows, columns : str
        ``item``, ``level`` or a group. By default groups (or levels) run across.
    order : {"given", "value"}
        "value" sorts rows by their mean over the columns shown.

    Raises
    ------
    PublicationError
        Where two estimates would fall into one cell.
    """
    drawn = data(est)
    down, across = _sides(est, drawn, rows, columns)
    cells = _cells(est, drawn, down, across)
    heads = {assembly.code_of(est, d, across): assembly.label_of(est, d, across) for d in drawn}
    lines = {assembly.code_of(est, d, down): assembly.label_of(est, d, down) for d in drawn}
    order_of = list(lines)
    if order == "value":
        order_of.sort(key=lambda code: _rank([cells.get((code, h)) for h in heads]))
    span = _span(est, drawn)
    marks = [
        mark
        for i, line in enumerate(order_of)
        for j, head in enumerate(heads)
        for mark in _cell(cells.get((line, head)), i, j, span)
    ]
    intervals = " Intervals stand in the table." if any(d.interval for d in drawn) else ""
    return assembly.assemble(
        est,
        fields,
        kind="heat",
        words="Heat table",
        data=drawn,
        names=[assembly.name_of(est, d, (down, across)) for d in drawn],
        axis=Axis(
            title="",
            low=-0.5,
            high=len(heads) - 0.5,
            ticks=tuple((float(j), label) for j, label in enumerate(heads.values())),
            under=tuple(
                _counts(d for d in drawn if assembly.code_of(est, d, across) == h) for h in heads
            ),
            heads=True,
        ),
        rows=[Row(label=lines[c]) for c in order_of],
        marks=marks,
        notes=[f"The darker a cell, the higher its number.{intervals}"],
        row_height=min(assembly.row_height(len(order_of)), 34) + 2,
    )


def _sides(est: Estimates, drawn: Sequence[Datum], rows: str, columns: str) -> tuple[str, str]:
    found = list(assembly.dimensions(est, drawn))
    across = columns or next((d for d in reversed(found) if d != rows), "level")
    # Levels are read across only where nothing else is there to be.
    if not columns and across == "level" and len(found) > 1 and est.by and "item" not in found:
        across = next(d for d in found if d in est.by and d != rows)
    down = rows or next((d for d in found if d != across), "item")
    return assembly.require_dimension(est, down), assembly.require_dimension(est, across)


def _cells(
    est: Estimates, drawn: Sequence[Datum], down: str, across: str
) -> dict[tuple[str, str], Datum]:
    cells: dict[tuple[str, str], Datum] = {}
    for d in drawn:
        key = (assembly.code_of(est, d, down), assembly.code_of(est, d, across))
        if key in cells:
            raise PublicationError(
                f"A heat table of {down} by {across} has one number a cell.",
                f"The cell {' / '.join(key)} has two.",
                "Pick one of them: `est.pick(level=…)`.",
            )
        cells[key] = d
    return cells


def _rank(row: Sequence[Datum | None]) -> float:
    seen = [d.estimate for d in row if d is not None and not d.hidden]
    return -sum(seen) / len(seen) if seen else math.inf


def _span(est: Estimates, drawn: Sequence[Datum]) -> tuple[float, float]:
    """Shades run over 0 to 100% for shares, and over the numbers themselves otherwise."""
    if est.statistic == "share":
        return 0.0, 1.0
    seen = [d.estimate for d in drawn if not d.hidden] or [0.0]
    return min(seen), max(seen)


def _shade(value: float, span: tuple[float, float]) -> str:
    low, high = span
    place = 0.5 if high <= low else (value - low) / (high - low)
    index = min(int(place * len(SHADES)), len(SHADES) - 1)
    return theme.mix(SHADE, SHADES[max(index, 0)])


def _cell(d: Datum | None, row: int, column: int, span: tuple[float, float]) -> list[Mark]:
    if d is None:
        return [_words("–", row, column, theme.MUTED)]
    hover = f"{d.item_label}, {', '.join(d.group_labels) or d.level_label}: {d.words}"
    if d.hidden:
        return [
            Tile(column=column, row=row, fill=theme.HELD_BACK, pattern="diagonal", hover=hover),
            _words(d.shown, row, column, theme.INK, box=theme.HELD_BACK_FILL),
        ]
    fill = _shade(d.estimate, span)
    text = f"{d.shown} {LESS_RELIABLE}" if d.mark else d.shown
    return [
        Tile(column=column, row=row, fill=fill, hover=hover),
        _words(text, row, column, theme.on(fill)),
    ]


def _words(text: str, row: int, column: int, colour: str, *, box: str = "") -> Text:
    return Text(x=column, row=row, text=text, colour=colour, size=theme.SMALL.size + 1, box=box)


def _counts(rows: Iterable[Datum]) -> str:
    told = [d for d in rows if not math.isnan(d.n) or d.few == FEW]
    counts = sorted(0 if math.isnan(d.n) else round(d.n) for d in told) or [0]
    low, high = (f"{c:,}" if c else FEW for c in (counts[0], counts[-1]))
    return f"n {low}" if low == high else f"n {low} to {high}"
