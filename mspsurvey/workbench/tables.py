"""Tables of counts and words in a report, as text that cannot become markup."""

from __future__ import annotations

from html import escape

import pandas as pd

from mspsurvey.evidence.phrase import check_words
from mspsurvey.publish.page.figure import Table


def show_table(frame: pd.DataFrame, *, title: str, note: str = "") -> None:
    """Show a frame of texts, its index first, with a caption and a note under it.

    Parameters
    ----------
    frame : DataFrame of str
        Cells as they are to be read; the index holds the words of each row.
    title : str
        Caption.
    note : str
        What a reader must know to read it.
    """
    from IPython.display import HTML, display  # only in notebooks

    display(HTML(table_html(frame, title=title, note=note)))  # type: ignore[no-untyped-call]


def table_html(frame: pd.DataFrame, *, title: str, note: str = "") -> str:
    """Write the table that ``show_table`` shows."""
    head = [str(frame.index.name or ""), *map(str, frame.columns)]
    rows = [[str(name), *map(str, cells)] for name, *cells in frame.itertuples(name=None)]
    below = f'<p class="note">{escape(check_words(note))}</p>' if note else ""
    return Table(head, rows, check_words(title)).html() + below
