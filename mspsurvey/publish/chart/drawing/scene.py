"""From marks and layout to primitives: the one drawing that SVG, PNG and PDF share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.layout import lay_out
from mspsurvey.publish.chart.drawing.measure import text_width
from mspsurvey.publish.chart.drawing.places import BAND, HALO, Layout, Plot, clean
from mspsurvey.publish.chart.drawing.shapes import Rect, Run, Scene, Shape, Stroke, Symbol, backing
from mspsurvey.publish.chart.marks import Bar, Dot, Interval, Key, Line, Mark, Text, Tile

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart


def scene(chart: Chart) -> Scene:
    """Draw a chart into primitives, back to front."""
    layout = lay_out(chart)
    behind = furniture(chart, layout)
    shapes = [
        *(s for s in behind if not _over(s)),
        *(s for mark in chart.marks for s in draw(mark, layout.plot)),
        *(s for s in behind if _over(s)),
        *(s for x, y, key in layout.swatches for s in _swatch(key, x, y)),
        *layout.runs,
    ]
    return Scene(layout.width, layout.height, tuple(_backed(shapes)))


def _backed(shapes: Iterable[Shape]) -> Iterator[Shape]:
    """Put a box behind each line of text that asks for one."""
    for shape in shapes:
        if isinstance(shape, Run) and shape.box:
            yield backing(shape, text_width(shape.text, shape.size, bold=shape.bold))
        yield shape


def furniture(chart: Chart, layout: Layout) -> list[Rect | Stroke | Run]:
    """Bands, watermark, grid, reference lines and rules: all that is neither data nor words."""
    return [
        *_band(layout),
        *_watermark(chart, layout),
        *_grid(layout.plot),
        *_references(layout),
        *(
            Stroke(x0=x0, y0=y, x1=x1, y1=y, colour=theme.RULE, width=1)
            for x0, x1, y in layout.rules
        ),
    ]


def _over(shape: Shape) -> bool:
    """Whether it lies over the data: a reference line, so that bars do not hide it."""
    return isinstance(shape, Stroke) and shape.dashed


def fits(mark: Text, plot: Plot) -> bool:
    """Whether words have the room that they need."""
    width = text_width(clean(mark.text), mark.size, bold=mark.bold)
    return not mark.room or width + 6 <= mark.room / plot.per_pixel


def _band(layout: Layout) -> Iterator[Rect]:
    if layout.band:
        yield Rect(x0=0, y0=0, x1=layout.width, y1=BAND, fill=theme.STAMP)


def _watermark(chart: Chart, layout: Layout) -> Iterator[Run]:
    """Say SYNTHETIC or DRAFT behind the plot, so that a crop of it says so as well."""
    plot, word = layout.plot, chart.stamp_word
    # Bars over the whole width and tiles would leave only scraps of it: the tag says it there.
    if not word or plot.axis.heads or chart.kind == "stacked":
        return
    # Low and to the right, where sorted bars leave most room.
    size = min(84.0, 0.5 * (plot.bottom - plot.top), (plot.right - plot.left) / 6)
    yield Run(
        x=plot.right - 12, y=plot.bottom - 0.2 * size, text=word, size=size, bold=True,
        colour=theme.WATERMARK, anchor="end",
    )  # fmt: skip


def _grid(plot: Plot) -> Iterator[Stroke]:
    if plot.axis.heads:
        return
    for value, _ in plot.axis.ticks:
        x = plot.x(value)
        colour = theme.MUTED if value == 0 else theme.GRID
        yield Stroke(
            x0=x, y0=plot.top, x1=x, y1=plot.bottom, colour=colour, width=1.4 if value == 0 else 1
        )


def _references(layout: Layout) -> Iterator[Stroke]:
    for x, top, reference in layout.references:
        yield Stroke(
            x0=x, y0=top, x1=x, y1=layout.plot.bottom, colour=reference.colour, width=1.6,
            dashed=True,
        )  # fmt: skip


def _swatch(key: Key, x: float, y: float) -> Iterator[Shape]:
    if not key.swatch:
        fill = theme.PAPER if key.hollow else key.fill
        yield Symbol(x=x, y=y, shape=key.shape, size=14, fill=fill, edge=key.fill)
        return
    yield Rect(
        x0=x - 9, y0=y - 9, x1=x + 9, y1=y + 9, fill=key.fill, pattern=key.pattern,
        edge=key.fill,
    )  # fmt: skip


def draw(mark: Mark, plot: Plot) -> Iterator[Shape]:
    """Draw one mark."""
    match mark:
        case Bar():
            return _bar(mark, plot)
        case Interval():
            return _interval(mark, plot)
        case Dot():
            return _dot(mark, plot)
        case Line():
            return _line(mark, plot)
        case Tile():
            return _tile(mark, plot)
        case Text():
            return _text(mark, plot)


def _bar(mark: Bar, plot: Plot) -> Iterator[Shape]:
    half = mark.height * plot.unit / 2
    middle = plot.y(mark.row)
    light = theme.mix(mark.fill, 0.16)
    yield Rect(
        x0=plot.x(mark.start), x1=plot.x(mark.end), y0=middle - half, y1=middle + half,
        fill=light if mark.hollow else mark.fill,
        edge=mark.fill if mark.hollow else theme.PAPER,
        pattern=mark.pattern,
        pattern_colour=mark.fill if mark.hollow else theme.PAPER,
    )  # fmt: skip


def _interval(mark: Interval, plot: Plot) -> Iterator[Shape]:
    y, low, high = plot.y(mark.row), plot.x(mark.low), plot.x(mark.high)
    cap = min(6.0, 0.2 * plot.unit)
    lines = ((low, y, high, y), (low, y - cap, low, y + cap), (high, y - cap, high, y + cap))
    for colour, width in ((theme.PAPER, 2.0 + 2 * HALO), (mark.colour, 2.0)):
        reach = HALO if colour == theme.PAPER else 0.0
        for x0, y0, x1, y1 in lines:
            dx, dy = (reach, 0.0) if y0 == y1 else (0.0, reach)
            yield Stroke(
                x0=x0 - dx, y0=y0 - dy, x1=x1 + dx, y1=y1 + dy, colour=colour, width=width
            )


def _dot(mark: Dot, plot: Plot) -> Iterator[Shape]:
    fill = theme.PAPER if mark.hollow else mark.fill
    size = min(mark.size, 0.6 * plot.unit)
    yield Symbol(
        x=plot.x(mark.x), y=plot.y(mark.row), shape=mark.shape, size=size, fill=fill,
        edge=mark.fill,
    )  # fmt: skip


def _line(mark: Line, plot: Plot) -> Iterator[Shape]:
    yield Stroke(
        x0=plot.x(mark.x0), y0=plot.y(mark.row0), x1=plot.x(mark.x1), y1=plot.y(mark.row1),
        colour=mark.colour, width=mark.width, dashed=mark.dashed,
    )  # fmt: skip


def _tile(mark: Tile, plot: Plot) -> Iterator[Shape]:
    index = round(mark.row)
    half = plot.heights[index] / 2
    held_back = bool(mark.pattern)
    yield Rect(
        x0=plot.x(mark.column - 0.5) + 1, x1=plot.x(mark.column + 0.5) - 1,
        y0=plot.centres[index] - half + 1, y1=plot.centres[index] + half - 1,
        fill=theme.HELD_BACK_FILL if held_back else mark.fill,
        pattern=mark.pattern, pattern_colour=mark.fill,
    )  # fmt: skip


def _text(mark: Text, plot: Plot) -> Iterator[Shape]:
    if not fits(mark, plot):
        return
    text = clean(mark.text)
    x, y = plot.x(mark.x), plot.y(mark.row)
    pad = 8 if mark.anchor == "start" else 0
    yield Run(
        x=x + pad, y=y + 0.35 * mark.size, text=text, size=mark.size, bold=mark.bold,
        colour=mark.colour, anchor=mark.anchor, box=mark.box,
    )  # fmt: skip
