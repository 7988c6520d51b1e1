"""Marks: the handful of things that a chart is made of, in the units of its data.

A chart kind places marks and knows no renderer; a renderer draws marks and knows no chart
kind. ``row`` counts rows from 0 at the top, and may carry a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

from mspsurvey.publish.theme import INK, LABEL, MAIN, MUTED

SHAPES = ("circle", "square", "diamond", "triangle", "hexagon")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Bar from ``start`` to ``end``, ``height`` of a row high; hollow where the base is low."""

    start: float
    end: float
    row: float
    fill: str = MAIN
    pattern: str = ""
    height: float = 0.62
    hollow: bool = False
    hover: str = ""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Line from the low to the high end of an interval, with caps."""

    low: float
    high: float
    row: float
    colour: str = INK
    hover: str = ""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """Point at ``x``; hollow where the base is low."""

    x: float
    row: float
    fill: str = MAIN
    shape: str = "circle"
    size: float = 14
    hollow: bool = False
    hover: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Straight line between two points."""

    x0: float
    row0: float
    x1: float
    row1: float
    colour: str = MUTED
    width: float = 2
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Tile:
    """Cell of a heat table, one unit wide, centred on ``column`` and ``row``."""

    column: float
    row: float
    fill: str
    pattern: str = ""
    hover: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words at a point of the data.

    ``room`` is the width, in units of the axis, in which they must fit: a renderer leaves
    them out where they do not (the table has them). ``box`` is a colour to set behind them.
    """

    x: float
    row: float
    text: str
    colour: str = INK
    bold: bool = False
    size: float = LABEL.size
    anchor: str = "middle"
    room: float = 0
    box: str = ""


Mark = Bar | Interval | Dot | Line | Tile | Text


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Line across all rows at a value, named above the plot."""

    value: float
    label: str
    colour: str = MUTED


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Horizontal axis.

    Attributes
    ----------
    title : str
        What the numbers are, with their unit.
    low, high : float
        Ends, in units of the data.
    ticks : tuple of (float, str)
        Where words stand, and which.
    under : tuple of str
        Second line under each tick: the n of a column.
    heads : bool
        True where the ticks are heads of columns, above the plot.
    references : tuple of Reference
        Benchmarks and the like.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    under: tuple[str, ...] = ()
    heads: bool = False
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: its label, what stands in the columns right of it, and how it is set."""

    label: str
    cells: tuple[str, ...] = ()
    heading: str = ""
    muted: bool = False
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class Key:
    """Entry of the legend."""

    label: str
    fill: str
    pattern: str = ""
    shape: str = "square"
    swatch: bool = True
    hollow: bool = False
