"""How well the cleaning finds errors whose truth is known: precision and recall by kind.

Recall is the share of the errors put in that are found; precision the share of what a rule
marks that was an error. Of an error in a cell that is found, a second question is whether
the true value came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

NUMBER_SLACK = 0.01
TIME_SLACK = pd.Timedelta(minutes=1)
CELL = ["source", "resp_id", "variable"]
ROW = ["source", "resp_id"]


@dataclass(frozen=True)
class Kind:
    """One kind of error.

    Attributes
    ----------
    words : str
        What went wrong, for a table.
    rules : tuple of str
        Rules that are there to find it.
    where : {"row", "response", "cell"}
        A row too many, which is found by being set aside; a response that is kept, and is
        at fault as a whole; or a cell.
    """

    words: str
    rules: tuple[str, ...]
    where: str = "cell"

    @property
    def keys(self) -> list[str]:
        """Columns by which an error and a mark are matched."""
        return CELL if self.where == "cell" else ROW


KINDS: Mapping[str, Kind] = {
    "test_row": Kind("Test entry", ("S5",), "row"),
    "exact_duplicate": Kind("Row exported twice", ("D1",), "row"),
    "same_firm_twice": Kind("Same person answered twice", ("D1", "D2"), "row"),
    "second_respondent": Kind("Second person of one firm", ("D2", "D3"), "row"),
    "speeder": Kind("Rushed through", ("C1",), "response"),
    "straightline": Kind("One answer in grid after grid", ("C2",), "response"),
    "attention": Kind("Attention check missed", ("C3",), "response"),
    "gibberish": Kind("Nonsense in an open answer", ("C4",), "response"),
    "number_as_text": Kind("Number in words or with signs", ("N1", "N2", "N3", "N4")),
    "soft_refusal": Kind("Dash or “n/a” for a number", ("N1", "N2", "N3", "N4")),
    "percent_scale": Kind("Percentage as a share of one", ("U3", "R3")),
    "other_currency": Kind("Amount in another currency", ("U1",)),
    "annual_price": Kind("Price for a year, not a month", ("U2",)),
    "currency_sign": Kind("Currency sign in the cell", ("N1", "N2", "N3", "N4")),
    "sum_not_100": Kind("Parts that do not add up", ("G1",), "response"),
    "counts_do_not_add": Kind("Counts that contradict", ("G2",), "response"),
    "impossible": Kind("Impossible number", ("R1", "R2", "R3", "R6", "R8", "R9")),
    "skip_leak": Kind("Answer to a hidden question", ("G6",)),
    "state": Kind("State in other words", ("S3",)),
    "label_typo": Kind("Misspelt answer", ("S3",)),
    "label_spacing": Kind("Odd blanks in an answer", ("T4",)),
    "spacing": Kind("Odd blanks in a text", ("T4",)),
    "mojibake": Kind("Broken letters", ("T5",)),
    "date_day_first": Kind("Date with the day first", ("T6", "G7")),
    "date_epoch": Kind("Date of 1900 or 1970", ("T6", "G7")),
    "date_reversed": Kind("End before the start", ("G7",), "response"),
    "date_text": Kind("Date in words", ("T6", "G7")),
}
"""Kinds of error that the synthetic study has, in the order of the tables."""

SCORES = (
    "kind", "words", "rules", "injected", "judged", "found", "recall", "marked", "right",
    "precision", "restored",
)  # fmt: skip


def score(
    injected: pd.DataFrame,
    *,
    marks: pd.DataFrame,
    fates: pd.DataFrame,
    judged: Iterable[tuple[str, str]],
) -> pd.DataFrame:
    """Score every kind of error.

    Parameters
    ----------
    injected : DataFrame
        ``source, resp_id, variable, kind``: errors put in.
    marks : DataFrame
        ``source, resp_id, variable, rule``: what the rules marked, be it a change, a query, a
        flag or a row set aside; ``variable`` is "" for a whole response.
    fates : DataFrame
        ``source, resp_id, variable, fate``: of cells with an error, what the clean table
        holds, see ``fates``.
    judged : iterable of (str, str)
        Source and response of those that are kept: one set aside for another reason says
        nothing of errors in its cells.

    Returns
    -------
    DataFrame
        Columns ``SCORES``, a row a kind that was injected. ``judged`` errors could be found.
        ``recall`` = found ÷ judged; an error in a cell is found where the true value is
        back, the cell is empty, or a rule marked it. ``precision`` = right ÷ marked, NaN
        where nothing was marked. ``restored`` is the share of the judged whose true value is
        back; NaN for rows and responses.
    """
    kept = set(judged)
    rows = [
        _score(name, kind, injected, marks, fates, kept)
        for name, kind in KINDS.items()
        if injected["kind"].eq(name).any()
    ]
    return pd.DataFrame(rows, columns=list(SCORES))


def _score(
    name: str,
    kind: Kind,
    injected: pd.DataFrame,
    marks: pd.DataFrame,
    fates: pd.DataFrame,
    kept: set[tuple[str, str]],
) -> dict[str, object]:
    there = injected[injected["kind"].eq(name)].drop_duplicates(kind.keys)
    own = marks[marks["rule"].isin(kind.rules)]
    total, restored = len(there), np.nan
    if kind.where != "row":
        there, own = _kept(there, kept), _kept(own, kept)
    found = _common(there, own, kind.keys)
    if kind.where == "cell":
        there = there.merge(fates, on=CELL)
        touched = _common(there, marks, CELL)
        mended = there[there["fate"].isin(["restored", "missing"])]
        found = pd.concat([mended[CELL], touched]).drop_duplicates()
        restored = _share(int(there["fate"].eq("restored").sum()), len(there))
    marked = own[kind.keys].drop_duplicates()
    right = len(_common(marked, injected[_meant(injected, kind)], kind.keys))
    return {
        "kind": name, "words": kind.words, "rules": " ".join(kind.rules), "injected": total,
        "judged": len(there), "found": len(found), "recall": _share(len(found), len(there)),
        "marked": len(marked), "right": right, "precision": _share(right, len(marked)),
        "restored": restored,
    }  # fmt: skip


def _meant(injected: pd.DataFrame, kind: Kind) -> pd.Series:
    """Errors that a mark of this kind's rules is right about.

    In a cell, any error: two may look alike. Of rows and responses, those of kinds that share
    a rule.
    """
    if kind.where == "cell":
        return injected["kind"].notna()
    alike = [name for name, other in KINDS.items() if set(other.rules) & set(kind.rules)]
    return injected["kind"].isin(alike)


def _kept(table: pd.DataFrame, judged: set[tuple[str, str]]) -> pd.DataFrame:
    inside = [key in judged for key in zip(table["source"], table["resp_id"], strict=True)]
    return table[np.array(inside, dtype=bool)]


def _common(one: pd.DataFrame, two: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Give the rows of one table whose keys stand in the other."""
    return one[keys].drop_duplicates().merge(two[keys].drop_duplicates(), on=keys)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def fates(injected: pd.DataFrame, clean: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Say of each cell with an error what the clean table holds: restored, missing or wrong.

    A number within 1 % of the true one is restored, as is a time within a minute: an amount
    in another currency was rounded, and a spreadsheet drops the seconds.

    Parameters
    ----------
    injected : DataFrame
        ``source, resp_id, variable`` of one source.
    clean, true : DataFrame
        Responses tables of the same source, one from the raw files and one from files
        without errors; ``resp_id`` unique.

    Returns
    -------
    DataFrame
        ``source, resp_id, variable, fate``, for cells of variables and responses that both
        tables have.
    """
    cells = injected[["source", "resp_id", "variable"]].drop_duplicates()
    here, there = clean.set_index("resp_id"), true.set_index("resp_id")
    both = here.index.intersection(there.index)
    known = cells["resp_id"].isin(both) & cells["variable"].isin(here.columns)
    rows = []
    for name, part in cells[known].groupby("variable", sort=True):
        got = here[str(name)].loc[part["resp_id"]].reset_index(drop=True)
        meant = there[str(name)].loc[part["resp_id"]].reset_index(drop=True)
        fate = np.where(_same(got, meant), "restored", np.where(got.isna(), "missing", "wrong"))
        rows.append(part.assign(fate=fate))
    return pd.concat(rows) if rows else cells.head(0).assign(fate="")


def _same(got: pd.Series, meant: pd.Series) -> np.ndarray:
    if pd.api.types.is_float_dtype(got):
        return np.isclose(got, meant, rtol=NUMBER_SLACK, atol=0, equal_nan=True)
    if pd.api.types.is_datetime64_any_dtype(got):
        near = (got - meant).abs().le(TIME_SLACK)
        return (near | (got.isna() & meant.isna())).to_numpy(dtype=bool)
    one, two = got.astype("str"), meant.astype("str")
    return (one.eq(two) | (got.isna() & meant.isna())).to_numpy(dtype=bool)
