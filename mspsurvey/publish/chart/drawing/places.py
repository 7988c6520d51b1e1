"""Places on the page: the plot, the columns beside it, and where its edges are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.measure import drawable, printable, text_width, wrap
from mspsurvey.publish.chart.drawing.shapes import Run
from mspsurvey.publish.chart.marks import Axis, Key, Reference

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

LEFT, RIGHT = theme.MARGIN, theme.WIDTH - theme.MARGIN
LABEL_SHARE = 0.34
"""Part of the width that row labels may take before they break."""
LABEL_GAP = 16
COLUMN_GAP = 20
HEAD_WIDTH = 108
TILE_WIDTH = 132
BAND = 34
HEADING = 34
HALO = 1.3
"""White on either side of a whisker, so that it shows on a dark bar."""
TALL = 14
"""Rows over which the axis is marked at the top, too."""


@dataclass(frozen=True)
class Plot:
    """Place of the data: pixels of its edges, and the middle and height of each row."""

    left: float
    right: float
    top: float
    bottom: float
    axis: Axis
    centres: tuple[float, ...]
    heights: tuple[float, ...]
    unit: float

    def x(self, value: float) -> float:
        """Pixels from the left of a value."""
        share = (value - self.axis.low) / (self.axis.high - self.axis.low)
        return self.left + share * (self.right - self.left)

    def y(self, row: float) -> float:
        """Pixels from the top of a row, counted from 0, with its fraction."""
        index = min(max(round(row), 0), len(self.centres) - 1)
        return self.centres[index] + (row - index) * self.unit

    @property
    def per_pixel(self) -> float:
        """Units of the axis in one pixel."""
        return (self.axis.high - self.axis.low) / (self.right - self.left)


@dataclass(frozen=True)
class Layout:
    """Places of all that is not data."""

    width: float
    height: float
    plot: Plot
    band: bool
    runs: tuple[Run, ...]
    swatches: tuple[tuple[float, float, Key], ...]
    rules: tuple[tuple[float, float, float], ...]
    references: tuple[tuple[float, float, Reference], ...]


def clean(text: str) -> str:
    """One line that the shipped font can draw."""
    return drawable(printable(text))


def sides(chart: Chart) -> tuple[float, float, tuple[float, ...]]:
    """Left and right edge of the plot, and the right edge of each column beside it."""
    size, most = theme.LABEL.size, LABEL_SHARE * theme.WIDTH
    widths = [
        text_width(line, size, bold=row.bold)
        for row in chart.rows
        for line in wrap(clean(row.label), most, size, bold=row.bold)
    ]
    left = LEFT + max(widths, default=0) + LABEL_GAP
    edges, edge = [], float(RIGHT)
    for width in reversed(_column_widths(chart)):
        edges.append(edge)
        edge -= width + COLUMN_GAP
    # Half a tick label stands over the right edge of the plot.
    right = edge - 6 if edges else RIGHT - 20
    if chart.axis.heads:
        right = min(right, left + TILE_WIDTH * len(chart.axis.ticks))
    return left, right, tuple(reversed(edges))


def _column_widths(chart: Chart) -> Sequence[float]:
    found = []
    for i, head in enumerate(chart.columns):
        bold = i < chart.leads
        body = [text_width(clean(r.cells[i]), theme.LABEL.size, bold=bold) for r in chart.rows]
        lines = wrap(clean(head), HEAD_WIDTH, theme.NOTE.size)
        found.append(max([*body, *(text_width(t, theme.NOTE.size) for t in lines)]))
    return found
