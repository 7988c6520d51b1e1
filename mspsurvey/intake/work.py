"""What passes from rule to rule: answers, reasons for missing ones, and the log of edits.

A rule is a function that takes a ``Work`` and gives an ``Edit``. It never changes a frame;
whatever it alters is a new column, with a row in the log for each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.intake.shown import REDACTED, logged, shown
from mspsurvey.schema import CHANGES, QUARANTINE, QUERIES

HIDDEN_ROLES = ("personal", "free_text", "identifier")


@dataclass(frozen=True)
class Work:
    """Answers of one source on their way from text to clean codes and numbers.

    Attributes
    ----------
    source : str
        Name of the source.
    instrument : Instrument
        Questionnaire that the answers belong to.
    answers : DataFrame, responses × variables
        Text until a variable is coded; then codes (text, missing as NA) or float64.
    missing : DataFrame of str, responses × variables
        Reason for a missing answer where it is known; else ``""``.
    meta : DataFrame
        Metadata of the export, aligned with the answers.
    settings : mapping
        ``[settings]`` of study.toml.
    hidden : str or None
        Cell that the platform writes for a question that was not shown.
    """

    source: str
    instrument: Instrument
    answers: pd.DataFrame
    missing: pd.DataFrame
    meta: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    hidden: str | None = None

    def has(self, *names: str) -> bool:
        """Whether all these variables are among the answers."""
        return all(name in self.answers.columns for name in names)

    def take(self, rows: pd.Series) -> Work:
        """Return the same work with some of the rows."""
        return replace(
            self,
            answers=self.answers[rows].reset_index(drop=True),
            missing=self.missing[rows].reset_index(drop=True),
            meta=self.meta[rows].reset_index(drop=True),
        )


@dataclass(frozen=True)
class Edit:
    """What a rule found and changed.

    Attributes
    ----------
    answers, missing, meta : dict of str to Series
        New columns in place of old ones.
    changes, queries, rejected : list of DataFrame
        Rows made by ``changed``, ``query`` and ``reject``.
    remarks : list of str
        What a reader should know of the source as a whole.
    """

    answers: dict[str, pd.Series] = field(default_factory=dict)
    missing: dict[str, pd.Series] = field(default_factory=dict)
    meta: dict[str, pd.Series] = field(default_factory=dict)
    changes: list[pd.DataFrame] = field(default_factory=list)
    queries: list[pd.DataFrame] = field(default_factory=list)
    rejected: list[pd.DataFrame] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class RuleLine(NamedTuple):
    """A rule as it is listed: its id, and what it wants and does, without doing it."""

    id: str
    severity: str
    message: str
    treatment: str


@dataclass(frozen=True)
class Rule:
    """One rule of cleaning, with its id for the log.

    Attributes
    ----------
    id : str
        Short and stable: "G1".
    severity : str
        E (error: the value is mended, made missing, or the row set aside), Q (query: kept,
        and listed) or I (information).
    message : str
        What the rule wants, as a sentence.
    apply : callable
        From ``Work`` to ``Edit``.
    treatment : str
        What is done where the rule is broken, in words.
    also : tuple of RuleLine
        Further ids that the same function signs its findings with.
    """

    id: str
    severity: str
    message: str
    apply: Callable[[Work], Edit]
    treatment: str = ""
    also: tuple[RuleLine, ...] = ()

    @property
    def lines(self) -> tuple[RuleLine, ...]:
        """This rule and those that it stands for, as they are listed."""
        return (RuleLine(self.id, self.severity, self.message, self.treatment), *self.also)


@dataclass(frozen=True)
class Log:
    """What all rules found, in their order."""

    changes: tuple[pd.DataFrame, ...] = ()
    queries: tuple[pd.DataFrame, ...] = ()
    rejected: tuple[pd.DataFrame, ...] = ()
    remarks: tuple[str, ...] = ()

    def with_edit(self, rule: str, source: str, edit: Edit) -> Log:
        """Return the log with the findings of one rule added."""
        return Log(
            (*self.changes, *_signed(edit.changes, rule, source)),
            (*self.queries, *_signed(edit.queries, rule, source)),
            (*self.rejected, *_signed(edit.rejected, rule, source)),
            (*self.remarks, *(f"{rule}: {remark}" for remark in edit.remarks)),
        )


def with_known(work: Work, name: str, reasons: pd.Series) -> pd.Series:
    """Give the reasons just found for missing answers, and elsewhere those known before."""
    return reasons.where(reasons.ne(""), work.missing[name])


def run(work: Work, rules: Iterable[Rule], log: Log) -> tuple[Work, Log]:
    """Apply rules in order; give the work and the log after the last one."""
    for rule in rules:
        edit = rule.apply(work)
        log = log.with_edit(rule.id, work.source, edit)
        work = edited(work, edit)
    return work, log


def edited(work: Work, edit: Edit) -> Work:
    """Return the work with the columns of an edit in place."""
    return replace(
        work,
        answers=_with(work.answers, edit.answers),
        missing=_with(work.missing, edit.missing),
        meta=_with(work.meta, edit.meta),
    )


def _with(frame: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    if not columns:
        return frame
    # Shallow: pandas copies a column when it is written to, so the old frame stays as it is.
    new = frame.copy(deep=False)
    for name, column in columns.items():
        new[name] = column
    return new


def _signed(tables: list[pd.DataFrame], rule: str, source: str) -> list[pd.DataFrame]:
    # A function that serves several rules names the rule itself.
    return [t.assign(source=source, rule=t.get("rule", rule)) for t in tables if len(t)]


def changed(
    work: Work, name: str, rows: pd.Series, old: pd.Series, new: pd.Series, reason: str | pd.Series
) -> pd.DataFrame:
    """Make the change rows of one variable.

    Parameters
    ----------
    work : Work
        For the response ids and the role of the variable.
    name : str
        Variable.
    rows : Series of bool
        Rows that were changed.
    old, new : Series
        Column before and after.
    reason : str or Series of str
        Why, in words.
    """
    hide = name in work.instrument and work.instrument[name].role in HIDDEN_ROLES
    before, after = old[rows], new[rows]
    return pd.DataFrame(
        {
            "row": work.meta.loc[rows, "row"],
            "resp_id": work.meta.loc[rows, "resp_id"],
            "variable": name,
            "old": REDACTED if hide else [logged(v) for v in before],
            "new": REDACTED if hide else [logged(v) for v in after],
            "reason": reason[rows] if isinstance(reason, pd.Series) else reason,
        }
    )


def query(work: Work, name: str, rows: pd.Series, values: pd.Series, message: str) -> pd.DataFrame:
    """Make the query rows of one variable: kept as it is, and listed for a person."""
    hide = name in work.instrument and work.instrument[name].role in HIDDEN_ROLES
    return pd.DataFrame(
        {
            "resp_id": work.meta.loc[rows, "resp_id"],
            "variable": name,
            "value": REDACTED if hide else [shown(v) for v in values[rows]],
            "message": message,
        }
    )


def reject(work: Work, rows: pd.Series, reason: str | pd.Series) -> pd.DataFrame:
    """Make quarantine rows: responses that cannot be used, with the reason."""
    return pd.DataFrame(
        {
            "row": work.meta.loc[rows, "row"],
            "resp_id": work.meta.loc[rows, "resp_id"],
            "reason": reason[rows] if isinstance(reason, pd.Series) else reason,
        }
    )


class Distinct:
    """The different texts of a column, so that each is read once and not once a row.

    Parameters
    ----------
    column : Series of str
        Any column of answers.
    """

    def __init__(self, column: pd.Series) -> None:
        self.index = column.index
        self.codes, texts = pd.factorize(column, use_na_sentinel=False)
        self.texts = [str(text) for text in texts]

    def spread(self, results: Sequence[Any], dtype: str) -> pd.Series:
        """Give each row the result of its text; ``results`` are in the order of ``texts``."""
        values = pd.Series(results, dtype=dtype)
        return values.take(self.codes).set_axis(self.index)


def joined(tables: Iterable[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Put tables of the log under one another, with these columns."""
    filled = [t for t in tables if len(t)]
    if not filled:
        return pd.DataFrame({c: pd.Series(dtype="str") for c in columns})
    return pd.concat(filled, ignore_index=True)[list(columns)]


def change_table(log: Log) -> pd.DataFrame:
    """All changes of a log, in the order of the rules."""
    return joined(log.changes, CHANGES)


def quarantine_table(log: Log) -> pd.DataFrame:
    """All rejected rows of a log; a row that several rules reject stands under the first."""
    table = joined(log.rejected, QUARANTINE)
    return table.drop_duplicates(["source", "row"]).reset_index(drop=True)


def query_table(log: Log) -> pd.DataFrame:
    """All queries of a log."""
    return joined(log.queries, QUERIES)
