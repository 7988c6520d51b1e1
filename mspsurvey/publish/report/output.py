"""Read the pictures in a notebook's outputs, and refuse those without alternative text."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np

from mspsurvey.errors import PublicationError
from mspsurvey.files import slug
from mspsurvey.publish.page.figure import Figure, Table, drawing, svg_uri
from mspsurvey.publish.page.markup import clean
from mspsurvey.publish.report.body import mended_table

CHART_MIME = "application/vnd.mspsurvey.chart+json"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
IMAGE_MIMES = ("image/svg+xml", "image/png", "image/jpeg")


def figure_of(
    data: Mapping[str, Any], metadata: Mapping[str, Any], *, place: str, charts: str
) -> Figure | None:
    """Give the figure that an output holds, or None where it holds none.

    Parameters
    ----------
    data, metadata : mapping
        The output's MIME bundle and its metadata.
    place : str
        Where the output stands, for messages and for the id of a figure that has none.
    charts : str
        Folder of the files to download, "" to offer none.

    Raises
    ------
    PublicationError
        Where the picture has no alternative text.
    """
    if CHART_MIME in data:
        return _from_chart(data[CHART_MIME], place, charts)
    if PLOTLY_MIME in data:
        return _from_plotly(data[PLOTLY_MIME], place)
    # Tables also come as pictures from some libraries: their HTML is the better reading.
    mime = next((m for m in IMAGE_MIMES if m in data and "text/html" not in data), None)
    return _from_image(data[mime], mime, metadata, place) if mime else None


def holds_figure(data: Mapping[str, Any]) -> bool:
    """Tell whether an output is a picture."""
    if CHART_MIME in data or PLOTLY_MIME in data:
        return True
    return "text/html" not in data and any(m in data for m in IMAGE_MIMES)


def _from_chart(bundle: Mapping[str, Any], place: str, charts: str) -> Figure:
    alt, title = str(bundle.get("alt", "")).strip(), str(bundle.get("title", "")).strip()
    _require(alt, place, "Give the chart an alt text.")
    _require(title, place, "Give the chart a title that says its finding.", what="a title")
    if not bundle.get("svg"):
        raise PublicationError(
            f"{place}: a chart with its drawing was wanted.", "It has no 'svg'."
        )
    if charts and bundle.get("draft"):
        raise PublicationError(
            f"{place}: a chart with all its fields was wanted.",
            f"'{title}' is a draft.",
            "Fill what chart.check() asks for, or take the chart out of the report.",
        )
    return Figure(
        id=slug(str(bundle.get("id", "")) or place, "figure"),
        alt=alt,
        title=title,
        still=drawing(str(bundle["svg"]), alt),
        plotly=_plotly_json(bundle["plotly"]) if bundle.get("plotly") else "",
        table=_table(bundle, title),
        charts=charts,
    )


def _from_plotly(bundle: Mapping[str, Any], place: str) -> Figure:
    layout = bundle.get("layout", {})
    meta = layout.get("meta") if isinstance(layout.get("meta"), Mapping) else {}
    alt = str(meta.get("alt", "")).strip()
    _require(alt, place, "Set it with fig.update_layout(meta={'alt': '…'}).")
    title = layout.get("title", "")
    text = str(title.get("text", "") if isinstance(title, Mapping) else title)
    return Figure(
        id=slug(place, "figure"),
        alt=alt,
        title=re.sub(r"<[^>]*>", " ", text).strip(),
        plotly=_plotly_json(bundle),
        table=_trace_table(bundle.get("data", []), text or "this figure"),
    )


def _from_image(content: Any, mime: str, metadata: Mapping[str, Any], place: str) -> Figure:
    own = metadata.get(mime, {})
    alt = str(own.get("alt", "") or metadata.get("alt", "")).strip()
    _require(alt, place, "Draw it with est.chart(), or display it with metadata={'alt': '…'}.")
    body = content if isinstance(content, str) else "".join(content)
    if mime == "image/svg+xml":
        address, (width, height) = svg_uri(body)
    else:
        packed = base64.b64encode(base64.b64decode(body)).decode("ascii")
        address, width, height = (
            f"data:{mime};base64,{packed}",
            own.get("width"),
            own.get("height"),
        )
    size = f' width="{int(width)}" height="{int(height)}"' if width and height else ""
    still = f'<img src="{escape(address)}" alt="{escape(alt)}"{size}>'
    return Figure(id=slug(place, "figure"), alt=alt, still=still, title=str(own.get("title", "")))


def _plotly_json(bundle: Any) -> str:
    """Keep data, layout and frames; settings name the server of a chart service."""
    whole = json.loads(bundle) if isinstance(bundle, str) else bundle
    kept = {k: whole[k] for k in ("data", "frames", "layout") if whole.get(k)}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _table(bundle: Mapping[str, Any], title: str) -> str:
    """Take the chart's own table, made safe; or make one of its CSV."""
    own = str(bundle.get("table") or "")
    if own:
        return mended_table(clean(own))
    lines = [r for r in csv.reader(io.StringIO(str(bundle.get("csv") or ""))) if r]
    lines = [r for r in lines if not r[0].startswith("#")]
    if len(lines) < 2:
        return ""
    return Table(lines[0], lines[1:], f"Data of the chart: {title}").html()


def _trace_table(traces: Iterable[Mapping[str, Any]], title: str) -> str:
    """Give the points of a researcher's own figure where they are plain lists."""
    rows: list[list[str]] = []
    for place, trace in enumerate(traces):
        x, y = _points(trace.get("x")), _points(trace.get("y"))
        if x and len(x) == len(y):
            name = str(trace.get("name") or f"series {place + 1}")
            rows += [[name, *_texts(pair)] for pair in zip(x, y, strict=True)]
    return Table(["Series", "x", "y"], rows, f"Data of {title}").html() if rows else ""


def _points(values: Any) -> list[Any]:
    """Unpack one axis of a trace: a list, or an array that Plotly packed."""
    if isinstance(values, Mapping) and "bdata" in values:
        packed = base64.b64decode(values["bdata"])
        return list(np.frombuffer(packed, dtype=np.dtype(values["dtype"])).tolist())
    return list(values) if isinstance(values, list | tuple) else []


def _texts(values: Iterable[Any]) -> list[str]:
    return ["" if v is None else str(v) for v in values]


def _require(text: str, place: str, do: str, *, what: str = "alternative text") -> None:
    if not text:
        raise PublicationError(f"{place}: a figure with {what} was wanted.", "It has none.", do)
