"""What a person decides about doubtful links, and the sheet that the person decides from.

The decisions belong to the study and are kept with its definitions. So they hold codes of ids
and no names. Whoever decides must see names; these stand in a worksheet that is written to a
private folder, never among processed data or reports.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError, did_you_mean
from mspsurvey.files import write_whole
from mspsurvey.intake.linking.decide import DOUBTFUL
from mspsurvey.intake.readers.file.delimited import read_cells
from mspsurvey.intake.shown import is_formula
from mspsurvey.keyed import Key

DECISION = ("source", "resp_id", "msp_sample_id", "decided_by", "reason")
"""Columns of the decisions; a blank ``msp_sample_id`` says that no firm is the provider."""
WORKSHEET = (
    "source", "resp_id", "msp_sample_id", "score", "gap", "client_wrote", "client_address",
    "client_state", "firm_name", "firm_address", "firm_state",
)  # fmt: skip


def read_decisions(
    path: Path, key: Key, responses: Mapping[str, list[str]], firms: list[str]
) -> dict[tuple[str, str], str]:
    """Read what was decided, and find the ids behind its codes.

    Parameters
    ----------
    path : Path
        CSV with the columns ``DECISION``.
    key : Key
        Of the study.
    responses : mapping of str to list of str
        Response ids by source.
    firms : list of str
        Ids of firms.

    Returns
    -------
    dict
        Firm, or "" for none, by source and response id.

    Raises
    ------
    ReadError
        Where a column is lacking or too many, a code belongs to nobody, a response is decided
        twice, or a decision has no reason.
    """
    cells = read_cells(path)
    head = tuple(c.strip() for c in cells.rows[0])
    if head != DECISION:
        raise ReadError(
            f"{path.name} should have the columns {', '.join(DECISION)}, and no names.",
            f"It has {', '.join(head)}.",
            "Copy the first three columns of the worksheet, and add who decided and why.",
        )
    known = {(s, key.code("response", r)): r for s, ids in responses.items() for r in ids}
    units = {key.code("unit", f): f for f in firms} | {"": ""}
    found: dict[tuple[str, str], str] = {}
    for number, row in enumerate(cells.rows[1:], 2):
        source, response, unit, who, why = (c.strip() for c in row)
        where = f"{path.name}, line {number}"
        ident = known.get((source, response))
        if ident is None or unit not in units:
            wrong, among = (response, [k[1] for k in known]) if ident is None else (unit, units)
            raise ReadError(
                f"{where}: codes of a response and of a firm of this study were wanted.",
                f"Nobody has {wrong!r} in '{source}'.",
                did_you_mean(wrong, among),
            )
        if not who or not why:
            raise ReadError(f"{where}: who decided, and why, were wanted.", "One is blank.")
        if (source, ident) in found:
            raise ReadError(
                f"{where}: each response should be decided once.", "It is there twice."
            )
        found[source, ident] = units[unit]
    return found


def worksheet(links: pd.DataFrame, clients: pd.DataFrame, firms: pd.DataFrame, key: Key) -> str:
    """Lay out the doubtful links: a line for the best firm, and one for the second.

    Parameters
    ----------
    links : DataFrame
        Of ``decide``; ``source`` and ``resp_id`` beside.
    clients, firms : DataFrame
        What they were linked by; the clients in the order of the links.

    Returns
    -------
    str
        CSV with the columns ``WORKSHEET``.
    """
    about = firms.drop_duplicates("sample_id").set_index("sample_id")
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(WORKSHEET)
    doubtful = links["decision"].eq(DOUBTFUL)
    pairs = zip(links[doubtful].iterrows(), clients[doubtful].iterrows(), strict=True)
    for (_, link), (_, said) in pairs:
        start = (link["source"], key.code("response", link["resp_id"]))
        for firm, score in ((link["first"], link["score"]), (link["second"], "")):
            if firm:
                them = about.loc[firm, ["name", "domain", "state"]]
                cells = (*start, key.code("unit", firm), score, link["gap"],
                         *said[["name", "domain", "state"]], *them)  # fmt: skip
                lines.writerow([_harmless(c) for c in cells])
    return out.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def write_worksheet(text: str, path: Path, published: tuple[Path, ...]) -> Path:
    """Write a worksheet, but to no folder that is handed on.

    Raises
    ------
    ReadError
        Where the path lies in a folder of ``published``.
    """
    if any(path.is_relative_to(folder) for folder in published):
        raise ReadError(
            "study.toml, [links] worksheet: a path outside processed data and reports was wanted.",
            f"It is {path}, and a worksheet holds names.",
            "Name a private folder, such as data/private/links.csv.",
        )
    return write_whole(path, text)
