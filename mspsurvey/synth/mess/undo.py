"""Take the errors out of an export again: what it would hold if nothing had gone wrong."""

from __future__ import annotations

import csv
import io

import pandas as pd

ROWS = ("test_row", "same_firm_twice", "second_respondent")
"""Kinds of error that are a whole row too many."""


def without_errors(text: str, log: pd.DataFrame) -> str:
    """Give the text of an export without the errors of a log.

    Parameters
    ----------
    text : str
        CSV, its first line the names of the columns.
    log : DataFrame
        ``row_id, field, kind, true, raw`` of this export, as ``synth.mess.log`` writes it.

    Returns
    -------
    str
        The same file with the true cells in place, and without rows that should not count; of
        a row that stands twice the first stays.
    """
    delimiter = csv.Sniffer().sniff(text.splitlines()[0], ",;\t").delimiter
    table = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    place = {name.lstrip("\ufeff"): k for k, name in enumerate(table[0])}
    name = next((n for n in ("ResponseId", "id") if n in place), "")
    gone = set(log.loc[log["kind"].isin(ROWS), "row_id"])
    truth: dict[str, list[tuple[int, str]]] = {}
    for row, field, true in log[["row_id", "field", "true"]].itertuples(index=False):
        if field != name and field in place:
            truth.setdefault(row, []).append((place[field], true))
    out, seen = [table[0]], set()
    for cells in table[1:]:
        row = cells[place[name]]
        # Rows of the header that come below the first have no id of a response.
        if row in gone or row in seen:
            continue
        seen.add(row)
        mended = list(cells)
        for position, true in truth.get(row, ()):
            mended[position] = true
        out.append(mended)
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(out)
    return written.getvalue()
