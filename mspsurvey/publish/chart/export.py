"""A chart leaves the house: as files in a folder, and as views in a notebook."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mspsurvey.files import write_whole
from mspsurvey.publish.chart.provenance import provenance
from mspsurvey.publish.chart.render.paper import to_pdf, to_png
from mspsurvey.publish.chart.render.screen import figure
from mspsurvey.publish.chart.render.svg import to_inline_svg, to_svg

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

MIMETYPE = "application/vnd.mspsurvey.chart+json"
"""Key of the view from which reports are built."""


def save(chart: Chart, folder: Path) -> dict[str, Path]:
    """Write a chart as SVG, PNG, PDF, CSV and JSON, each whole or not at all.

    Parameters
    ----------
    folder : Path
        Made where it is not there. Files are named by the chart's id.

    Returns
    -------
    dict of str to Path
        Path of each file, by its ending.

    Raises
    ------
    PublicationError
        Where the chart is a draft. Nothing is written then.
    """
    chart.check()
    files = {
        "svg": to_svg(chart).encode(),
        "png": to_png(chart),
        "pdf": to_pdf(chart),
        "csv": chart.csv.encode(),
        "json": _json({"provenance": provenance(chart), "figure": figure(chart)}),
    }
    return {ending: write_whole(folder / f"{chart.id}.{ending}", b) for ending, b in files.items()}


def _json(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    return f"{text}\n".encode()


def mimebundle(chart: Chart) -> dict[str, Any]:
    """Views of a chart for a notebook.

    Returns
    -------
    dict
        ``MIMETYPE``: id, alt, title, draft, svg (without prolog, the font left to the page),
        plotly (figure), table (HTML), csv. Then an accessible figure as HTML, the Plotly
        figure for JupyterLab, and the alternative text.
    """
    plotly = figure(chart)
    return {
        MIMETYPE: {
            "id": chart.id,
            "alt": chart.alt,
            "title": chart.title,
            "draft": chart.draft,
            "svg": to_inline_svg(chart),
            "plotly": plotly,
            "table": chart.table,
            "csv": chart.csv,
        },
        "text/html": to_html(chart),
        "application/vnd.plotly.v1+json": plotly,
        "text/plain": chart.alt,
    }


def to_html(chart: Chart) -> str:
    """Figure with picture, alternative text, caption and table, that stands by itself."""
    # As an image the drawing brings its font, and its ids meet no others.
    picture = b64encode(to_svg(chart).encode()).decode("ascii")
    return (
        f'<figure id="figure-{chart.id}" style="margin:0">'
        f'<img alt="{html.escape(chart.alt)}" style="max-width:100%;height:auto"'
        f' src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption>{html.escape(chart.title)}</figcaption>"
        f"<details><summary>Numbers of this chart</summary>{chart.table}</details></figure>"
    )
