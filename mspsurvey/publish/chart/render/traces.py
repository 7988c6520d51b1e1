"""Marks as traces of Plotly, in units of the data, with a hover text on each number."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.places import HALO, Layout, Plot, clean
from mspsurvey.publish.chart.marks import Bar, Dot, Interval, Key, Line, Tile

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

_PATTERNS = {"": "", "diagonal": "/", "back": "\\", "dots": ".", "cross": "x", "lines": "-"}
_SYMBOLS = {"triangle": "triangle-up"}
Json = dict[str, Any]


def traces(chart: Chart, layout: Layout) -> list[Json]:
    """Give all traces of a chart, back to front."""
    plot = layout.plot
    return [
        *_bars(chart, plot),
        *_tiles(chart, plot),
        *_lines(chart, plot),
        *_intervals(chart, plot),
        *_dots(chart, plot),
        *(_swatch(x, y, key) for x, y, key in layout.swatches),
    ]


def words(text: str) -> str:
    """Text that Plotly, which reads some HTML in its labels, shows as it is."""
    return html.escape(clean(text), quote=False)


def _bars(chart: Chart, plot: Plot) -> list[Json]:
    return [_bar(m, plot) for m in chart.marks if isinstance(m, Bar)]


def _bar(mark: Bar, plot: Plot) -> Json:
    light = theme.mix(mark.fill, 0.16)
    return {
        "type": "bar",
        "orientation": "h",
        "base": [mark.start],
        "x": [mark.end - mark.start],
        "y": [plot.y(mark.row)],
        "width": [mark.height * plot.unit],
        "marker": {
            "color": light if mark.hollow else mark.fill,
            "line": {"color": mark.fill if mark.hollow else theme.PAPER, "width": 1.2},
            "pattern": _pattern(
                mark.pattern,
                mark.fill if mark.hollow else theme.PAPER,
                light if mark.hollow else mark.fill,
            ),
        },
        **_hover([mark.hover]),
    }


def _pattern(name: str, colour: str, ground: str) -> Json:
    if not name:
        return {}
    # Plotly leaves the ground of a pattern empty unless told its colour.
    look = {"fgcolor": colour, "bgcolor": ground, "fillmode": "replace"}
    solidity = 0.08 if name == "dots" else 0.18
    return look | {"shape": _PATTERNS[name], "size": 8, "solidity": solidity}


def _hover(texts: Sequence[str]) -> Json:
    shown = any(texts)
    return {"hovertext": [words(t) for t in texts], "hoverinfo": "text" if shown else "skip"}


def _tiles(chart: Chart, plot: Plot) -> list[Json]:
    tiles = [m for m in chart.marks if isinstance(m, Tile)]
    gap = 2 * plot.per_pixel
    return [
        {
            "type": "bar",
            "orientation": "h",
            "base": [t.column - 0.5 + gap / 2],
            "x": [1 - gap],
            "y": [plot.centres[round(t.row)]],
            "width": [plot.heights[round(t.row)] - 2],
            "marker": {
                "color": theme.HELD_BACK_FILL if t.pattern else t.fill,
                "line": {"width": 0},
                "pattern": _pattern(t.pattern, t.fill, theme.HELD_BACK_FILL),
            },
            **_hover([t.hover]),
        }
        for t in tiles
    ]


def _lines(chart: Chart, plot: Plot) -> list[Json]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [m.x0, m.x1],
            "y": [plot.y(m.row0), plot.y(m.row1)],
            "line": {"color": m.colour, "width": m.width, "dash": "dash" if m.dashed else "solid"},
            "hoverinfo": "skip",
        }
        for m in chart.marks
        if isinstance(m, Line)
    ]


def _intervals(chart: Chart, plot: Plot) -> list[Json]:
    """Draw the intervals of one colour as one trace, over a wider one in white."""
    found = [m for m in chart.marks if isinstance(m, Interval)]
    traces = []
    for colour in dict.fromkeys(m.colour for m in found):
        own = [m for m in found if m.colour == colour]
        cap = min(6.0, 0.2 * plot.unit)
        for line, thick, reach in ((theme.PAPER, 2 + 2 * HALO, cap + HALO), (colour, 2, cap)):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [(m.low + m.high) / 2 for m in own],
                    "y": [plot.y(m.row) for m in own],
                    "marker": {"size": 1, "opacity": 0},
                    "error_x": {
                        "type": "data",
                        "array": [(m.high - m.low) / 2 for m in own],
                        "color": line,
                        "thickness": thick,
                        "width": reach,
                    },
                    "hoverinfo": "skip",
                }
            )
    return traces


def _dots(chart: Chart, plot: Plot) -> list[Json]:
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [m.x],
            "y": [plot.y(m.row)],
            "marker": _marker(m.shape, m.fill, min(m.size, 0.6 * plot.unit), hollow=m.hollow),
            **_hover([m.hover]),
        }
        for m in chart.marks
        if isinstance(m, Dot)
    ]


def _marker(shape: str, colour: str, size: float, *, hollow: bool) -> Json:
    return {
        "symbol": _SYMBOLS.get(shape, shape),
        "size": size,
        "color": theme.PAPER if hollow else colour,
        "opacity": 1,
        "line": {"color": colour, "width": 2.4},
    }


def _swatch(x: float, y: float, key: Key) -> Json:
    axes = {"xaxis": "x2", "yaxis": "y2", "hoverinfo": "skip"}
    if not key.swatch:
        marker = _marker(key.shape, key.fill, 14, hollow=key.hollow)
        return {"type": "scatter", "mode": "markers", "x": [x], "y": [y], "marker": marker, **axes}
    return {
        "type": "bar", "orientation": "h", "base": [x - 9], "x": [18], "y": [y], "width": [18],
        "marker": {
            "color": key.fill, "line": {"width": 0},
            "pattern": _pattern(key.pattern, theme.PAPER, key.fill),
        },
        **axes,
    }  # fmt: skip
