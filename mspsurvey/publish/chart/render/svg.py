"""SVG: live text in the shipped font, with title, description and provenance inside.

Each line of text carries the length that it was laid out with, so that it fits even where a
program does not know the font.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.measure import font_file, text_width
from mspsurvey.publish.chart.drawing.scene import scene
from mspsurvey.publish.chart.drawing.shapes import Rect, Run, Scene, Shape, Stroke, Symbol
from mspsurvey.publish.chart.provenance import provenance

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PATTERNS = {
    "diagonal": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4" stroke={0} stroke-width="1.4"/>',
    "back": '<path d="M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4" stroke={0} stroke-width="1.4"/>',
    "dots": '<circle cx="2" cy="2" r="1.1" fill={0}/><circle cx="6" cy="6" r="1.1" fill={0}/>',
    "cross": '<path d="M0,0 l8,8 M0,8 l8,-8" stroke={0} stroke-width="1.1"/>',
    "lines": '<path d="M0,2 h8 M0,6 h8" stroke={0} stroke-width="1.2"/>',
}
_POINTS = {
    "square": ((-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)),
    "diamond": ((0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)),
    "triangle": ((0, -1.1), (1.1, 0.85), (-1.1, 0.85)),
    "hexagon": ((-0.5, -0.95), (0.5, -0.95), (1.05, 0), (0.5, 0.95), (-0.5, 0.95), (-1.05, 0)),
}


def to_svg(chart: Chart, *, fonts: str = "embedded") -> str:
    """Draw a chart as an SVG document.

    Parameters
    ----------
    fonts : {"embedded", "page"}
        "embedded" puts the font into the file; "page" leaves it to the page that holds the
        drawing (see ``font_css``).

    Returns
    -------
    str
        Document with XML prolog; the same for the same chart, byte by byte.
    """
    return PROLOG + to_inline_svg(chart, fonts=fonts)


def to_inline_svg(chart: Chart, *, fonts: str = "page") -> str:
    """Draw a chart as an ``<svg>`` element without prolog, to stand in a page."""
    drawing = scene(chart)
    prefix = f"c-{chart.id}"
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    style = f"<style>{font_css()}</style>" if fonts == "embedded" else ""
    record = escape(json.dumps(provenance(chart), sort_keys=True, ensure_ascii=False))
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
            f' width="{width}" height="{height}" role="img"',
            f' aria-labelledby="{prefix}-title {prefix}-desc"',
            f" font-family={quoteattr(theme.FALLBACK)}>",
            f'<title id="{prefix}-title">{escape(chart.title)}</title>',
            f'<desc id="{prefix}-desc">{escape(chart.alt)}</desc>',
            f"<metadata>{record}</metadata>",
            style,
            f"<defs>{_defs(drawing, prefix)}</defs>",
            f'<rect width="{width}" height="{height}" fill="{theme.PAPER}"/>',
            # The parts say less than the description, and far less clearly.
            '<g aria-hidden="true">',
            *(write(shape, prefix) for shape in drawing.shapes),
            "</g></svg>\n",
        )
    )


@lru_cache(maxsize=1)
def font_css() -> str:
    """CSS that brings the shipped font, both weights, into a page or a file."""
    rules = []
    for bold in (False, True):
        data = base64.b64encode(font_file(bold=bold, suffix=".woff2").read_bytes()).decode("ascii")
        weight = theme.BOLD_WEIGHT if bold else theme.BODY_WEIGHT
        rules.append(
            f"@font-face{{font-family:'{theme.FAMILY}';font-weight:{weight};"
            f"src:url(data:font/woff2;base64,{data}) format('woff2')}}"
        )
    return "".join(rules)


def _defs(drawing: Scene, prefix: str) -> str:
    used = sorted(
        {
            (s.pattern, s.pattern_colour)
            for s in drawing.shapes
            if isinstance(s, Rect) and s.pattern
        }
    )
    return "".join(
        f'<pattern id="{_pattern_id(prefix, name, colour)}" width="8" height="8"'
        f' patternUnits="userSpaceOnUse">{_PATTERNS[name].format(quoteattr(colour))}</pattern>'
        for name, colour in used
    )


def _pattern_id(prefix: str, name: str, colour: str) -> str:
    return f"{prefix}-{name}-{colour.lstrip('#')}"


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def write(shape: Shape, prefix: str) -> str:
    """Write one primitive as SVG; ``prefix`` keeps ids of one chart apart from another's."""
    match shape:
        case Run():
            return _run(shape)
        case Rect():
            return _rect(shape, prefix)
        case Stroke():
            return _stroke(shape)
        case Symbol():
            return _symbol(shape)


def _run(shape: Run) -> str:
    length = text_width(shape.text, shape.size, bold=shape.bold)
    weight = f' font-weight="{theme.BOLD_WEIGHT}"' if shape.bold else ""
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    return (
        f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"{weight}{anchor}'
        f' fill="{shape.colour}" textLength="{_n(length)}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(shape.text)}</text>"
    )


def _rect(shape: Rect, prefix: str) -> str:
    place = (
        f'x="{_n(shape.x0)}" y="{_n(shape.y0)}" width="{_n(shape.x1 - shape.x0)}"'
        f' height="{_n(shape.y1 - shape.y0)}"'
    )
    edge = f' stroke="{shape.edge}" stroke-width="1.2"' if shape.edge else ""
    over = ""
    if shape.pattern:
        name = _pattern_id(prefix, shape.pattern, shape.pattern_colour)
        over = f'<rect {place} fill="url(#{name})"/>'
    return f'<rect {place} fill="{shape.fill}"{edge}/>{over}'


def _stroke(shape: Stroke) -> str:
    dash = ' stroke-dasharray="5 4"' if shape.dashed else ""
    return (
        f'<path d="M{_n(shape.x0)},{_n(shape.y0)} L{_n(shape.x1)},{_n(shape.y1)}"'
        f' stroke="{shape.colour}" stroke-width="{_n(shape.width)}"{dash}/>'
    )


def _symbol(shape: Symbol) -> str:
    half = shape.size / 2
    look = f'fill="{shape.fill}" stroke="{shape.edge}" stroke-width="2.4"'
    if shape.shape == "circle":
        return f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(half)}" {look}/>'
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in polygon(shape.shape, shape.x, shape.y, half))
    return f'<polygon points="{points}" {look}/>'


def polygon(shape: str, x: float, y: float, half: float) -> Iterator[tuple[float, float]]:
    """Corners of a shape around a point."""
    for dx, dy in _POINTS[shape]:
        yield x + half * dx, y + half * dy
