"""Pictures in a notebook's outputs, made into figures that everyone can read.

A figure shows a still picture, says in words what it shows, gives its data as a table and
offers its files. A picture without alternative text is refused, whoever drew it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

DOWNLOADS = ("png", "svg", "pdf", "csv")
"""Kinds of file that each published chart is offered as."""

# Percent-encoding keeps a drawing shorter than base64 and lets two builds be compared by eye;
# ":" is encoded, so that the names of XML namespaces are not taken for addresses.
_SAFE_IN_URI = " !$'()*+,-./;=?@_~"
_ONE = r"[-−+<≈~]?\s*[$£€]?\d[\d,.]*\s*%?"
NUMBER = re.compile(rf"^(?:{_ONE}(?:\s(?:to|–)\s{_ONE})?(?:\s\[u\])?|–|\[c\])?$")
"""A number, an interval, a mark in their place, or nothing."""

_OURS = frozenset((
    "svg", "title", "desc", "metadata", "defs", "pattern", "clippath", "g", "path", "rect",
    "circle", "ellipse", "line", "polygon", "polyline", "text", "tspan",
))  # fmt: skip
"""Elements of a drawing that reach nothing beyond it."""
_ELEMENT = re.compile(r"</?\s*([a-z][^\s/>]*)", re.IGNORECASE)
_ACTS = re.compile(r"[\s/\"']on\w+\s*=|href\s*=", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Data of a figure: names of columns and rows of cells, all as text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str

    def html(self) -> str:
        """Write the table with caption and scopes; every cell is escaped."""
        numeric = [
            bool(self.rows) and all(NUMBER.match(row[i].strip()) for row in self.rows)
            for i in range(len(self.columns))
        ]
        head = "".join(
            f'<th scope="col"{_num(n)}>{escape(c)}</th>'
            for c, n in zip(self.columns, numeric, strict=True)
        )
        body = "\n".join("<tr>" + self._cells(row, numeric) + "</tr>" for row in self.rows)
        return (
            f'<div class="scroll"><table><caption>{escape(self.caption)}</caption>\n'
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
        )

    @staticmethod
    def _cells(row: Sequence[str], numeric: Sequence[bool]) -> str:
        first = f'<th scope="row"{_num(numeric[0])}>{escape(row[0])}</th>' if row else ""
        rest = (
            f"<td{_num(n)}>{escape(c)}</td>" for c, n in zip(row[1:], numeric[1:], strict=True)
        )
        return first + "".join(rest)


@dataclass(frozen=True)
class Figure:
    """One picture with all that belongs to it.

    Attributes
    ----------
    id : str
        Name of the figure in the page and of its files.
    alt, title : str
        What the picture shows, in words; and its finding, in a sentence.
    still : str
        HTML of the still picture, with its alternative text; "" where there is none.
    plotly : str
        Plotly figure as JSON, "" where there is none.
    table : str
        HTML table of the data behind the picture.
    charts : str
        Folder that holds the files to download, "" where the page stands alone.
    """

    id: str
    alt: str
    title: str = ""
    still: str = ""
    plotly: str = ""
    table: str = ""
    charts: str = ""
    downloads: Sequence[str] = field(default=DOWNLOADS)

    def html(self) -> str:
        """Write the figure as HTML."""
        name = f"chart-{self.id}"
        drawn = " drawn" if self.still else ""
        parts = (
            f'<figure class="chart" id="{name}" aria-labelledby="{name}-title">',
            f'<figcaption class="figure-title{drawn}" id="{name}-title">'
            f"{escape(self.title or 'Figure')}</figcaption>",
            self._picture(),
            self._tools(),
            self._data(),
            self._script(),
            "</figure>",
        )
        return "\n".join(part for part in parts if part)

    def _picture(self) -> str:
        if self.still:
            return f'<div class="picture still scroll">{self.still}</div>'
        # Nothing is drawn until the script has loaded Plotly: the words stand in for it.
        return f'<div class="picture in-words"><p>{escape(self.alt)}</p></div>'

    def _tools(self) -> str:
        parts = []
        if self.plotly:
            parts.append(
                '<button type="button" class="switch" aria-pressed="false" hidden>'
                "Interactive</button>"
            )
        if self.charts:
            stem = escape(f"{self.charts}/{self.id}", quote=True)
            links = "".join(
                f'<li><a href="{stem}.{e}" download>{e.upper()}'
                f'<span class="unseen"> of the chart: {escape(self.title)}</span></a></li>'
                for e in self.downloads
            )
            parts.append(f'<span class="label">Download</span><ul class="files">{links}</ul>')
        if not parts:
            return ""
        return f'<div class="tools">{"".join(parts)}<span class="said" role="status"></span></div>'

    def _data(self) -> str:
        if not self.table:
            return ""
        return (
            '<details class="data"><summary>Data behind this chart</summary>'
            f"{self.table}</details>"
        )

    def _script(self) -> str:
        if not self.plotly:
            return ""
        return f'<script type="application/json">{json_for_script(self.plotly)}</script>'


def drawing(svg: str, alt: str) -> str:
    """Place a drawing in the page.

    One of ours stands in the page itself: it is smaller there and uses the page's font. One
    that brings style, links or scripts becomes an image, in which they cannot reach the page.
    """
    if _ACTS.search(svg) or not {e.lower() for e in _ELEMENT.findall(svg)} <= _OURS:
        address, (width, height) = svg_uri(svg)
        size = f' width="{width}" height="{height}"' if width and height else ""
        return f'<img src="{escape(address)}" alt="{escape(alt)}"{size}>'
    bare = re.sub(r"<(title|desc)\b.*?</\1>", "", _bare_svg(svg), flags=re.DOTALL)
    root = re.sub(r'\s(?:xmlns(?::\w+)?|role|aria-[a-z]+)="[^"]*"', "", bare[: bare.index(">")])
    inside = bare[bare.index(">") :]
    return (
        f'<div role="img" aria-label="{escape(alt)}">'
        f'{root} aria-hidden="true" focusable="false"{inside}</div>'
    )


def svg_uri(svg: str) -> tuple[str, tuple[int, int]]:
    """Give a drawing as a ``data:`` address, and its size in pixels."""
    bare = _bare_svg(svg)
    box = re.search(r'viewBox="\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)', bare)
    size = (round(float(box[1])), round(float(box[2]))) if box else (0, 0)
    return f"data:image/svg+xml,{quote(bare, safe=_SAFE_IN_URI)}", size


def _bare_svg(svg: str) -> str:
    """Leave out prologue, comments, and the metadata that the downloadable file keeps."""
    bare = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", "", svg, flags=re.DOTALL)
    bare = re.sub(r"<metadata\b.*?</metadata>", "", bare, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", " ", bare).strip()


def json_for_script(text: str) -> str:
    """Write JSON so that it can neither end its script element nor look like an address."""
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return safe.replace("://", ":\\/\\/").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _num(numeric: bool) -> str:
    return ' class="num"' if numeric else ""
