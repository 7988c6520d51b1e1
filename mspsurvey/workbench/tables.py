"""Tables of counts and words in a report: as text that cannot become markup, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from html import escape

import pandas as pd

from mspsurvey.evidence.phrase import check_words
from mspsurvey.publish.chart.datum import neutral
from mspsurvey.publish.page.figure import Table

_NUMBER = re.compile(r"[+−-]?\d[\d,]*(?:\.\d+)?")


def show_table(frame: pd.DataFrame, *, title: str, note: str = "", file: str = "") -> None:
    """Show a frame of texts, its index first, with a caption and a note under it.

    Parameters
    ----------
    frame : DataFrame of str
        Cells as they are to be read; the index holds the words of each row.
    title : str
        Caption.
    note : str
        What a reader must know to read it.
    file : str
        Address of the same table as CSV, "" where there is none.
    """
    from IPython.display import HTML, display  # only in notebooks

    made = table_html(frame, title=title, note=note, file=file)
    display(HTML(made))  # type: ignore[no-untyped-call]


def table_html(frame: pd.DataFrame, *, title: str, note: str = "", file: str = "") -> str:
    """Write the table that ``show_table`` shows."""
    head, *rows = _cells(frame)
    below = f'<p class="note">{escape(check_words(note))}</p>' if note else ""
    if file:
        words = f'CSV<span class="unseen"> of the table: {escape(title)}</span>'
        link = f'<a href="{escape(file)}">{words}</a>'
        below += f'<div class="tools"><span class="label">Download</span> {link}</div>'
    return Table(head, rows, check_words(title)).html() + below


def table_csv(frame: pd.DataFrame, notes: Iterable[str]) -> str:
    """Write the same cells as CSV that no spreadsheet can take for formulas.

    Numbers are written plainly, without separators of thousands. Each note is a last line that
    starts with ``#``, as in the files of charts.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([_plain(cell) for cell in row] for row in _cells(frame))
    writer.writerows([f"# {' '.join(note.split())}"] for note in notes if note)
    return out.getvalue()


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    head = [str(frame.index.name or ""), *map(str, frame.columns)]
    return [head, *([str(name), *map(str, row)] for name, *row in frame.itertuples(name=None))]


def _plain(cell: str) -> str:
    if _NUMBER.fullmatch(cell):
        return cell.replace(",", "").replace("−", "-")
    return neutral(cell)
