"""Where everything stands: computed from the words, so that nothing overlaps or is cut.

The page is ``theme.WIDTH`` CSS pixels wide and as high as it needs to be. Bands, title,
subtitle, legend, heads, rows, axis, notes and foot follow one another from top to bottom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mspsurvey.inference.result.estimate import SUPPRESSED
from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.foot import set_foot
from mspsurvey.publish.chart.drawing.measure import text_width, wrap
from mspsurvey.publish.chart.drawing.places import (
    BAND,
    HEAD_WIDTH,
    HEADING,
    LABEL_GAP,
    LEFT,
    RIGHT,
    TALL,
    Layout,
    Plot,
    clean,
    sides,
)  # fmt: skip
from mspsurvey.publish.chart.drawing.shapes import Run
from mspsurvey.publish.chart.marks import Key, Reference
from mspsurvey.publish.theme import Type

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart


def lay_out(chart: Chart) -> Layout:
    """Compute the layout of one chart."""
    return _Setter(chart).layout()


class _Setter:
    """Goes down the page once; ``y`` is where the next thing begins."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.y = 0.0
        self.runs: list[Run] = []
        self.rules: list[tuple[float, float, float]] = []
        self.swatches: list[tuple[float, float, Key]] = []

    def layout(self) -> Layout:
        band = self.band()
        self.titles()
        self.legend()
        left, right, edges = sides(self.chart)
        references = self.references(left, right)
        self.heads(left, right, edges)
        plot = self.rows(left, right, edges)
        self.axis(plot)
        self.notes()
        self.foot()
        return Layout(
            width=theme.WIDTH,
            height=float(round(self.y)),
            plot=plot,
            band=band,
            runs=tuple(self.runs),
            swatches=tuple(self.swatches),
            rules=tuple(self.rules),
            references=references,
        )

    def lines(
        self, lines: Sequence[str], kind: Type, x: float, *, bold: bool = False,
        colour: str = theme.INK, anchor: str = "start", top: float | None = None, box: str = "",
    ) -> None:  # fmt: skip
        """Set lines under one another; without ``top`` the page goes on below them."""
        y = self.y if top is None else top
        for i, text in enumerate(lines):
            if text:
                baseline = y + i * kind.leading + (kind.leading + kind.size) / 2 - 0.14 * kind.size
                self.runs.append(
                    Run(
                        x=x, y=baseline, text=text, size=kind.size, bold=bold, colour=colour,
                        anchor=anchor, box=box,
                    )
                )  # fmt: skip
        if top is None:
            self.y += len(lines) * kind.leading

    def band(self) -> bool:
        if not self.chart.stamps:
            return False
        text = "   ·   ".join(self.chart.stamps)
        self.lines([text], theme.LABEL, LEFT, bold=True, top=(BAND - theme.LABEL.leading) / 2)
        self.y += BAND
        return True

    def titles(self) -> None:
        self.y += 30
        title = clean(self.chart.title)
        room = RIGHT - LEFT
        self.lines(
            wrap(title, room, theme.TITLE.size, bold=True, most=4), theme.TITLE, LEFT, bold=True
        )
        subtitle = clean(self.chart.fields.stat_subtitle)
        if subtitle and subtitle != title:
            self.y += 5
            lines = wrap(subtitle, room, theme.SUBTITLE.size, most=4)
            self.lines(lines, theme.SUBTITLE, LEFT, colour=theme.MUTED)
        self.y += 16

    def legend(self) -> None:
        """Set keys side by side, on as many lines as they need."""
        if not self.chart.keys:
            return
        x, size, line = float(LEFT), theme.SMALL.size + 1, 26
        for key in self.chart.keys:
            lines = wrap(clean(key.label), RIGHT - LEFT - 40, size, most=2)
            width = max(text_width(t, size) for t in lines) + 28
            if x > LEFT and x + width > RIGHT:
                x, self.y = LEFT, self.y + line
            self.swatches.append((x + 9, self.y + line / 2, key))
            self.lines(lines, Type(size, line), x + 26, top=self.y)
            self.y += (len(lines) - 1) * line
            x += width + 24
        self.y += line + 12

    def references(self, left: float, right: float) -> tuple[tuple[float, float, Reference], ...]:
        """Name each line above the plot, each on a lane of its own where they would meet."""
        size, leading = theme.NOTE.size, theme.NOTE.leading
        axis = self.chart.axis
        lanes: list[float] = []
        placed = []
        for reference in sorted(axis.references, key=lambda r: (r.value, r.label)):
            at = left + (reference.value - axis.low) / (axis.high - axis.low) * (right - left)
            text = wrap(clean(reference.label), right - LEFT, size, most=1)[0]
            width = text_width(text, size)
            start = min(max(at - width / 2, LEFT), right - width)
            lane = next((i for i, end in enumerate(lanes) if end + 14 < start), len(lanes))
            lanes[lane : lane + 1] = [start + width]
            top = self.y + lane * leading
            # A line from a higher lane would strike the words of a lower one through.
            self.lines(
                [text], theme.NOTE, start, colour=reference.colour, top=top, box=theme.PAPER
            )
            placed.append((at, top + leading + 1, reference))
        self.y += len(lanes) * leading + (4 if lanes else 0)
        return tuple(placed)

    def heads(self, left: float, right: float, edges: Sequence[float]) -> None:
        """Set heads of columns, and of the plot's own columns, on one foot line."""
        stacks: list[tuple[float, str, tuple[str, ...], bool]] = []
        for edge, head in zip(edges, self.chart.columns, strict=True):
            lines = wrap(clean(head), HEAD_WIDTH, theme.NOTE.size)
            stacks.append((edge, "end", lines, False))
        axis = self.chart.axis
        if axis.heads:
            width = (right - left) / len(axis.ticks)
            for (value, label), under in zip(axis.ticks, axis.under, strict=True):
                lines = wrap(clean(label), width - 10, theme.SMALL.size, bold=True)
                unders = wrap(clean(under), width - 6, theme.NOTE.size)
                middle = left + (value - axis.low) * width
                stacks.append((middle, "middle", lines, True))
                stacks.append((middle, "middle", ("",) * len(lines) + unders, False))
        self.place_heads(stacks)

    def place_heads(self, stacks: Sequence[tuple[float, str, tuple[str, ...], bool]]) -> None:
        if not stacks:
            self.y += 4
            return
        leading = theme.SMALL.leading
        heights = {(x, a): 0 for x, a, _, _ in stacks}
        for x, anchor, lines, _ in stacks:
            heights[x, anchor] = max(heights[x, anchor], len(lines))
        tallest = max(heights.values())
        for x, anchor, lines, bold in stacks:
            top = self.y + (tallest - heights[x, anchor]) * leading
            kind = theme.SMALL if bold else Type(theme.NOTE.size, leading)
            colour = theme.INK if bold else theme.MUTED
            self.lines(lines, kind, x, bold=bold, colour=colour, anchor=anchor, top=top)
        self.tag(self.y + (tallest - 1) * leading)
        self.y += tallest * leading + 6

    def tag(self, top: float) -> None:
        """Say over the row labels what the band says, for whoever cuts the band off."""
        word = self.chart.stamp_word
        if word:
            self.lines(
                [word], Type(theme.FOOT.size, theme.SMALL.leading), LEFT + 4, bold=True, top=top,
                box=theme.STAMP,
            )  # fmt: skip

    def rows(self, left: float, right: float, edges: Sequence[float]) -> Plot:
        if len(self.chart.rows) > TALL and not self.chart.axis.heads:
            self.ticks(left, right, self.y)
            self.y += theme.SMALL.leading + 4
        top = self.y
        centres: list[float] = []
        heights: list[float] = []
        label = theme.LABEL
        for row in self.chart.rows:
            if row.heading:
                self.heading(row.heading, first=not centres)
            lines = wrap(
                clean(row.label), left - LABEL_GAP - LEFT + 0.01, label.size, bold=row.bold, most=6
            )
            height = max(self.chart.row_height, len(lines) * label.leading + 8)
            middle = self.y + height / 2
            colour = theme.MUTED if row.muted else theme.INK
            start = middle - len(lines) * label.leading / 2
            self.lines(lines, label, LEFT, bold=row.bold, colour=colour, top=start)
            for i, (edge, cell) in enumerate(zip(edges, row.cells, strict=True)):
                bold = i < self.chart.leads and cell != SUPPRESSED
                self.cell(clean(cell), edge, middle, bold=bold)
            centres.append(middle)
            heights.append(height)
            self.y += height
        return Plot(
            left, right, top, self.y, self.chart.axis, tuple(centres), tuple(heights),
            self.chart.row_height,
        )  # fmt: skip

    def heading(self, text: str, *, first: bool) -> None:
        self.y += 0 if first else 8
        lines = wrap(clean(text), RIGHT - LEFT, theme.LABEL.size, bold=True, most=3)
        self.y += (HEADING - theme.LABEL.leading) / 2
        # On paper white, or the axis would strike it through.
        self.lines(lines, theme.LABEL, LEFT, bold=True, top=self.y, box=theme.PAPER)
        self.y += len(lines) * theme.LABEL.leading + (HEADING - theme.LABEL.leading) / 2 - 3

    def cell(self, text: str, edge: float, middle: float, *, bold: bool) -> None:
        colour = theme.INK if bold else theme.MUTED
        top = middle - theme.LABEL.leading / 2
        self.lines([text], theme.LABEL, edge, bold=bold, colour=colour, anchor="end", top=top)

    def ticks(self, left: float, right: float, top: float) -> None:
        axis = self.chart.axis
        for value, label in axis.ticks:
            at = left + (value - axis.low) / (axis.high - axis.low) * (right - left)
            self.lines(
                [clean(label)], theme.SMALL, at, colour=theme.MUTED, anchor="middle", top=top
            )

    def axis(self, plot: Plot) -> None:
        if not plot.axis.heads:
            self.y += 5
            self.ticks(plot.left, plot.right, self.y)
            self.y += theme.SMALL.leading
        if plot.axis.title:
            lines = wrap(clean(plot.axis.title), plot.right - plot.left, theme.NOTE.size, most=2)
            self.lines(lines, theme.NOTE, plot.left, colour=theme.MUTED)

    def notes(self) -> None:
        self.y += 12
        text = "  ·  ".join(clean(n).rstrip(".") for n in self.chart.notes)
        if text:
            lines = wrap(text, RIGHT - LEFT, theme.NOTE.size, most=5)
            self.lines(lines, theme.NOTE, LEFT, colour=theme.MUTED)
        self.y += 12

    def foot(self) -> None:
        self.rules.append((LEFT, RIGHT, self.y))
        runs, rule, bottom = set_foot(self.chart.fields, left=LEFT, right=RIGHT, top=self.y + 11)
        self.runs += runs
        if rule < bottom - 12:
            self.rules.append((LEFT, RIGHT, rule))
        self.y = bottom + 20
