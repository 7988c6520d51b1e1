"""Estimates laid out as a table for a report: interval, base, suppression, source."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.inference.result.estimate import (
    FLAG,
    LESS_RELIABLE,
    SUPPRESS,
    SUPPRESSED,
    Estimates,
    base_text,
)

if TYPE_CHECKING:
    from great_tables import GT

MARKS = {
    SUPPRESSED: "suppressed: too few answers, too wide an interval, or it would give another away",
    LESS_RELIABLE: "less reliable: read with care",
}


def from_estimates(
    est: Estimates,
    *,
    title: str = "",
    subtitle: str = "",
    note: str = "",
    rows: str | None = None,
    id: str = "",
) -> GT:
    """Lay estimates out as a great-tables table.

    Parameters
    ----------
    est : Estimates
        What to show. Suppressed rows show ``[c]``; less reliable rows bear ``[u]``.
    title, subtitle : str
        Heading; the title defaults to the wording of the items, the subtitle to the population.
    note : str
        One more line at the foot, before the base line of the estimates.
    rows : str, optional
        Column whose labels lead the rows: ``level``, ``item`` or a grouping column. By
        default the last column in which the rows differ; the others become columns.
    id : str
        Name of the table in a page; made from what it shows if not given, so that two builds
        agree.

    Returns
    -------
    GT

    Raises
    ------
    PublicationError
        Where there are no estimates, or ``rows`` is none of their columns.
    """
    if not len(est):
        raise PublicationError("Estimates to lay out were wanted.", "There are none.")
    columns = _varying(est)
    lead = columns[-1] if rows is None else rows
    if lead not in ("item", "level", *est.by):
        raise PublicationError(
            "A column to lead the rows was wanted.",
            f"There is none called '{lead}'.",
            did_you_mean(lead, ("level", "item", *est.by)),
        )
    frame = table_frame(est, [lead, *(c for c in columns if c != lead)])
    return _laid_out(
        frame,
        title=title or _title(est),
        subtitle=subtitle or (est.population if not title else ""),
        notes=[n for n in (note, _marks_note(frame), est.footer) if n],
        id=id or _table_id(est, frame),
    )


def table_frame(est: Estimates, columns: list[str]) -> pd.DataFrame:
    """Write the table's cells as text: what a reader sees and nothing else.

    Parameters
    ----------
    est : Estimates
        What to show.
    columns : list of str
        Columns of codes to lead, in order; their labels become the cells.
    """
    shown = []
    for row in est.rows():
        cells = {_head(est, c): est.label(c, row[c]) for c in columns}
        shown.append(cells | _numbers(est, row))
    return pd.DataFrame(shown)


def _numbers(est: Estimates, row: dict[str, Any]) -> dict[str, str]:
    n = base_text(row)
    if row["verdict"] == SUPPRESS and not est.override:
        return {"Estimate": SUPPRESSED, "95% interval": SUPPRESSED, "n": n}
    mark = f" {LESS_RELIABLE}" if row["verdict"] == FLAG else ""
    # Whoever chose to take part has no margin of sampling error.
    interval = f"{est.number(row['low'])} to {est.number(row['high'])}"
    return {
        "Estimate": est.number(row["estimate"]) + mark,
        "95% interval": "–" if est.precision_kind == "none" else interval,
        "n": n,
    }


def _varying(est: Estimates) -> list[str]:
    """Columns of codes in which the rows differ; level (or item) where none does."""
    columns = ["item", "level", *est.by]
    varying = [c for c in columns if len(set(est.data[c])) > 1]
    if varying:
        return varying
    return ["level"] if est.data["level"].iloc[0] else ["item"]


def _head(est: Estimates, column: str) -> str:
    if column in est.variables:
        return est.variables[column].label
    if column == "level" and len(est.items) == 1 and est.items[0] in est.variables:
        return est.variables[est.items[0]].label
    return {"item": "Item", "level": "Answer"}.get(column, column)


def _title(est: Estimates) -> str:
    """Exact wording of the question, where there is one question."""
    if len(est.items) != 1 or est.items[0] not in est.variables:
        return ", ".join(est.label("item", i) for i in est.items[:3])
    variable = est.variables[est.items[0]]
    return variable.text or variable.label


def _marks_note(frame: pd.DataFrame) -> str:
    cells = " ".join(frame["Estimate"])
    return "; ".join(f"{mark} {words}" for mark, words in MARKS.items() if mark in cells)


def _table_id(est: Estimates, frame: pd.DataFrame) -> str:
    said = "\n".join([*est.items, *est.by, est.where, frame.to_csv(index=False)])
    return "table-" + hashlib.sha256(said.encode()).hexdigest()[:10]


def _laid_out(frame: pd.DataFrame, *, title: str, subtitle: str, notes: list[str], id: str) -> GT:
    from great_tables import GT  # a third of a second, and only tables need it

    numbers = ["Estimate", "95% interval", "n"]
    table = (
        GT(frame, rowname_col=frame.columns[0], id=id)
        .tab_header(title=title, subtitle=subtitle or None)
        .tab_stubhead(label=str(frame.columns[0]))
        .cols_align(align="right", columns=numbers)
    )
    for note in notes:
        table = table.tab_source_note(source_note=note)
    return table
