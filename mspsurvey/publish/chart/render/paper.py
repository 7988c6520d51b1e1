"""Print: PNG and PDF by Matplotlib, without a browser and without pyplot's global state."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.measure import font_file
from mspsurvey.publish.chart.drawing.scene import scene
from mspsurvey.publish.chart.drawing.shapes import Rect, Run, Shape, Stroke, Symbol
from mspsurvey.publish.chart.provenance import KEYWORD, provenance
from mspsurvey.publish.chart.render.svg import polygon, to_svg

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

__all__ = ["to_pdf", "to_png", "to_svg"]

CSS_DPI = 96
POINT = 72 / CSS_DPI
"""Points in a CSS pixel."""
_HATCHES = {"diagonal": "////", "back": "\\\\\\\\", "dots": "...", "cross": "xxx", "lines": "---"}


def to_png(chart: Chart, *, dpi: int = theme.DPI) -> bytes:
    """Draw a chart as a PNG with alternative text and provenance in its iTXt records.

    Parameters
    ----------
    dpi : int
        Dots per inch: 300 gives 3,750 pixels for the 12.5 inches of 1,200 CSS pixels.
    """
    import matplotlib as mpl
    from PIL import Image, PngImagePlugin  # comes with Matplotlib, and is as slow to import

    # Letters keep the widths that the layout counted with; this exists only as an rcParam.
    with mpl.rc_context({"text.hinting": "no_hinting"}):
        figure = _figure(chart)
        figure.dpi = dpi
        canvas = figure.canvas
        canvas.draw()
    size = canvas.get_width_height(physical=True)
    image = Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    record = PngImagePlugin.PngInfo()
    record.add_itxt("Title", chart.title)
    record.add_itxt("Description", chart.alt)
    record.add_itxt("Source", chart.fields.source)
    record.add_itxt(KEYWORD, json.dumps(provenance(chart), sort_keys=True, ensure_ascii=False))
    out = io.BytesIO()
    _few_colours(image.convert("RGB")).save(
        out, format="PNG", dpi=(dpi, dpi), pnginfo=record, compress_level=9
    )
    return out.getvalue()


def _few_colours(image: Any) -> Any:
    """Keep the 256 most frequent colours, exactly, in a third of the bytes.

    All fills are among them; only some greys at the edges of letters move, by a shade.
    """
    from PIL import Image

    pixels = np.asarray(image, dtype=np.int64)
    packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    found = sorted(image.getcolors(packed.size), key=lambda pair: (-pair[0], pair[1]))
    colours = np.array([colour for _, colour in found], dtype=np.int64)
    kept = colours[:256]
    # Squared distance of each colour to each that is kept; a kept one is nearest to itself.
    distance = ((colours[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2)
    table = np.zeros(1 << 24, dtype=np.uint8)
    table[(colours[:, 0] << 16) | (colours[:, 1] << 8) | colours[:, 2]] = distance.argmin(axis=1)
    paletted = Image.fromarray(table[packed])
    paletted.putpalette(kept.astype(np.uint8).tobytes())
    return paletted


def to_pdf(chart: Chart) -> bytes:
    """Draw a chart as a one-page PDF with embedded fonts and provenance in its metadata."""
    import matplotlib as mpl  # half a second to import

    out = io.BytesIO()
    # 42 embeds TrueType: text stays text. These two settings exist only as rcParams.
    with mpl.rc_context({"pdf.fonttype": 42, "pdf.compression": 9}):
        figure = _figure(chart)
        figure.savefig(out, format="pdf", metadata=_pdf_metadata(chart))
    return out.getvalue()


def _pdf_metadata(chart: Chart) -> Mapping[str, Any]:
    return {
        "Title": chart.title,
        "Author": chart.fields.source,
        "Subject": chart.alt,
        "Keywords": json.dumps(provenance(chart), sort_keys=True, ensure_ascii=False),
        "Creator": "mspsurvey",
        "CreationDate": None,
    }


def _figure(chart: Chart) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure  # half a second to import

    drawing = scene(chart)
    figure = Figure(
        figsize=(drawing.width / CSS_DPI, drawing.height / CSS_DPI), dpi=CSS_DPI,
        facecolor=theme.PAPER,
    )  # fmt: skip
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    for order, shape in enumerate(drawing.shapes):
        artist = draw(shape, axes)
        artist.set_zorder(order)
    return figure


@lru_cache(maxsize=2)
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(font_file(bold=bold)))


def draw(shape: Shape, axes: Any) -> Any:
    """Draw one primitive, and give its artist."""
    match shape:
        case Run():
            return _run(shape, axes)
        case Rect():
            return _rect(shape, axes)
        case Stroke():
            return _stroke(shape, axes)
        case Symbol():
            return _symbol(shape, axes)


def _run(shape: Run, axes: Any) -> Any:
    align = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
    # Dollar signs are money here, not mathematics.
    return axes.text(
        shape.x, shape.y, shape.text, fontproperties=_font(shape.bold),
        fontsize=shape.size * POINT, color=shape.colour, ha=align, va="baseline",
        parse_math=False, clip_on=False,
    )  # fmt: skip


def _rect(shape: Rect, axes: Any) -> Any:
    from matplotlib.patches import Rectangle

    patch = Rectangle(
        (shape.x0, shape.y0), shape.x1 - shape.x0, shape.y1 - shape.y0,
        facecolor=shape.fill, edgecolor=shape.edge or "none",
        linewidth=1.2 * POINT if shape.edge else 0,
        hatch=_HATCHES[shape.pattern] if shape.pattern else None,
        hatchcolor=shape.pattern_colour,
    )  # fmt: skip
    patch.set_hatch_linewidth(1.1 * POINT)
    return axes.add_patch(patch)


def _stroke(shape: Stroke, axes: Any) -> Any:
    from matplotlib.lines import Line2D

    line = Line2D(
        (shape.x0, shape.x1), (shape.y0, shape.y1), color=shape.colour,
        linewidth=shape.width * POINT, solid_capstyle="butt",
        linestyle=(0, (5 / shape.width, 4 / shape.width)) if shape.dashed else "-",
    )  # fmt: skip
    return axes.add_line(line)


def _symbol(shape: Symbol, axes: Any) -> Any:
    from matplotlib.patches import Circle, Polygon

    half = shape.size / 2
    look = {"facecolor": shape.fill, "edgecolor": shape.edge, "linewidth": 2.4 * POINT}
    if shape.shape == "circle":
        return axes.add_patch(Circle((shape.x, shape.y), half, **look))
    corners = list(polygon(shape.shape, shape.x, shape.y, half))
    return axes.add_patch(Polygon(corners, closed=True, **look))
