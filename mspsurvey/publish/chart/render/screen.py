"""Screen: the same chart as a Plotly figure, with a hover text on each number.

The figure is a plain dict until it is wanted as a Plotly object, so that a page is made
without importing Plotly. Numbers stand on an axis in their own units; words stand where the
layout put them on paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mspsurvey.publish import theme
from mspsurvey.publish.chart.drawing.layout import lay_out
from mspsurvey.publish.chart.drawing.places import Layout, Plot
from mspsurvey.publish.chart.drawing.scene import fits, furniture
from mspsurvey.publish.chart.drawing.shapes import Rect, Run, Stroke
from mspsurvey.publish.chart.marks import Text
from mspsurvey.publish.chart.provenance import provenance
from mspsurvey.publish.chart.render.traces import Json, traces, words

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

TYPE_SCALE = 0.94
"""Letters are set a little smaller than on paper: a page may lack the font, and others are
wider."""


def to_plotly(chart: Chart) -> Any:
    """Draw a chart as a ``plotly.graph_objects.Figure``."""
    import plotly.graph_objects as go  # half a second to import, and pages do without

    return go.Figure(figure(chart))


def figure(chart: Chart) -> Json:
    """Draw a chart as the JSON of a Plotly figure; the same for the same chart."""
    layout = lay_out(chart)
    drawn = traces(chart, layout)
    return {
        "data": [{**trace, "uid": f"{chart.id}-{i}"} for i, trace in enumerate(drawn)],
        "layout": _page(chart, layout),
    }


def _page(chart: Chart, layout: Layout) -> Json:
    plot, width, height = layout.plot, layout.width, layout.height
    hidden = {"visible": False, "fixedrange": True, "zeroline": False, "showgrid": False}
    texts = [m for m in chart.marks if isinstance(m, Text) and fits(m, plot)]
    return {
        # Without one, Plotly writes its whole default template into each figure.
        "template": {},
        "width": width,
        "height": height,
        "autosize": False,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "paper_bgcolor": theme.PAPER,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FALLBACK, "color": theme.INK, "size": 15},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": theme.INK, "font": {"color": theme.PAPER, "size": 15}},
        "barmode": "overlay",
        "dragmode": False,
        "xaxis": {
            **hidden,
            "range": [plot.axis.low, plot.axis.high],
            "domain": [plot.left / width, plot.right / width],
        },
        "yaxis": {
            **hidden,
            "range": [plot.bottom, plot.top],
            "domain": [1 - plot.bottom / height, 1 - plot.top / height],
        },
        # The page itself, in pixels: swatches of the legend stand on it.
        "xaxis2": {**hidden, "range": [0, width], "domain": [0, 1], "anchor": "y2"},
        "yaxis2": {**hidden, "range": [height, 0], "domain": [0, 1], "anchor": "x2"},
        "shapes": [_shape(s, layout) for s in furniture(chart, layout)],
        "annotations": [
            *(_annotation(run, layout) for run in layout.runs),
            *(_label(text, layout.plot) for text in texts),
        ],
        "meta": {"alt": chart.alt, "provenance": provenance(chart)},
    }


def _annotation(run: Run, layout: Layout) -> Json:
    return {
        "text": words(run.text),
        "x": run.x / layout.width,
        "y": 1 - (run.y - 0.33 * run.size) / layout.height,
        "xref": "paper",
        "yref": "paper",
        "xanchor": {"start": "left", "middle": "center", "end": "right"}[run.anchor],
        "yanchor": "middle",
        "showarrow": False,
        "borderpad": 0,
        "align": "left",
        "bgcolor": run.box or "rgba(0,0,0,0)",
        "font": _font(run.size, run.colour, bold=run.bold),
    }


def _font(size: float, colour: str, *, bold: bool) -> Json:
    weight = theme.BOLD_WEIGHT if bold else theme.BODY_WEIGHT
    return {"size": round(TYPE_SCALE * size, 2), "color": colour, "weight": weight}


def _label(mark: Text, plot: Plot) -> Json:
    return {
        "text": words(mark.text),
        "x": mark.x,
        "y": plot.y(mark.row),
        "xref": "x",
        "yref": "y",
        "xanchor": {"start": "left", "middle": "center", "end": "right"}[mark.anchor],
        "yanchor": "middle",
        "xshift": 8 if mark.anchor == "start" else 0,
        "showarrow": False,
        "borderpad": 1,
        "bgcolor": mark.box or "rgba(0,0,0,0)",
        "font": _font(mark.size, mark.colour, bold=mark.bold),
    }


def _shape(shape: Rect | Stroke | Run, layout: Layout) -> Json:
    """Draw bands, rules, grid and watermark behind the data, on the paper."""
    base = {"xref": "paper", "yref": "paper", "layer": "below"}
    width, height, plot = layout.width, layout.height, layout.plot
    if isinstance(shape, Run):
        return base | {
            "type": "rect", "x0": plot.left / width, "x1": plot.right / width,
            "y0": 1 - plot.bottom / height, "y1": 1 - plot.top / height, "line": {"width": 0},
            "label": {
                "text": words(shape.text), "textposition": "bottom right",
                "font": _font(shape.size, shape.colour, bold=True),
            },
        }  # fmt: skip
    place = {
        "x0": shape.x0 / width, "x1": shape.x1 / width,
        "y0": 1 - shape.y0 / height, "y1": 1 - shape.y1 / height,
    }  # fmt: skip
    if isinstance(shape, Rect):
        return base | place | {"type": "rect", "fillcolor": shape.fill, "line": {"width": 0}}
    dash = "dash" if shape.dashed else "solid"
    # A reference line lies over the bars that it is there to be compared with.
    layer = {"layer": "above"} if shape.dashed else {}
    line = {"color": shape.colour, "width": shape.width, "dash": dash}
    return base | place | layer | {"type": "line", "line": line}
