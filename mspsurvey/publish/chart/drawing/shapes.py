"""Primitives in CSS pixels, from the top left: what every renderer can draw."""

from __future__ import annotations

from dataclasses import dataclass

from mspsurvey.publish.theme import INK


@dataclass(frozen=True, kw_only=True)
class Run:
    """One line of text; ``y`` is its baseline, ``box`` a colour to set behind it."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    colour: str = INK
    anchor: str = "start"
    box: str = ""


@dataclass(frozen=True, kw_only=True)
class Rect:
    """Rectangle, with a pattern over its fill."""

    x0: float
    y0: float
    x1: float
    y1: float
    fill: str
    edge: str = ""
    pattern: str = ""
    pattern_colour: str = "#FFFFFF"


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    colour: str
    width: float = 1
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """Shape of ``marks.SHAPES``, ``size`` pixels across."""

    x: float
    y: float
    shape: str
    size: float
    fill: str
    edge: str


def backing(run: Run, width: float) -> Rect:
    """Rectangle behind a line of text that is ``width`` pixels wide."""
    start = run.x - {"start": 0.0, "middle": width / 2, "end": width}[run.anchor]
    return Rect(
        x0=start - 4, x1=start + width + 4, y0=run.y - 0.97 * run.size, y1=run.y + 0.27 * run.size,
        fill=run.box,
    )  # fmt: skip


Shape = Run | Rect | Stroke | Symbol


@dataclass(frozen=True)
class Scene:
    """All that is drawn, back to front, on a page of that size."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
