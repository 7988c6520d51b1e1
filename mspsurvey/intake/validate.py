"""The last gate: every answer is one that the questionnaire allows, and fits the others.

Own rules and not pandera's: what a survey asks first is "missing, though asked", and there a
check of whole rows names every column of the table, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.instrument import Instrument, Question, Variable
from mspsurvey.intake.rules.logic import SUM_ACCEPTED
from mspsurvey.intake.shown import shown
from mspsurvey.schema import VALIDATION, stored_variables

BREAKING = ("V1", "V2", "V6")
"""Findings that no table may hold: the response is set aside."""


@dataclass(frozen=True)
class Relation:
    """A rule over several columns: the sum of ``parts`` is no more than ``whole``."""

    parts: tuple[str, ...]
    whole: str


RELATIONS = (
    Relation(("emp_tech",), "emp"),
    Relation(("mfa_acc_n", "mfa_part_n", "mfa_dec_n"), "mfa_rec_n"),
    Relation(("mfa_rec_n",), "client_n_contract"),
)
"""Rules over several columns that every study has where it has the columns."""

_UNDECIDED = ("no_answer", "unparseable", "not_reached")


@dataclass(frozen=True)
class _Found:
    """Cells that one rule finds wrong: which rows, which columns, what is there."""

    rule: str
    columns: str
    rows: np.ndarray
    texts: np.ndarray


def findings(
    table: pd.DataFrame,
    instrument: Instrument,
    *,
    missing: pd.DataFrame | None = None,
    relations: Sequence[Relation] = RELATIONS,
) -> pd.DataFrame:
    """Check a responses table against its instrument, and list all that is wrong.

    Parameters
    ----------
    table : DataFrame
        ``resp_id`` and variables of the instrument; those that lack are not checked.
    instrument : Instrument
        Options, ranges, routes, sums.
    missing : DataFrame, optional
        Reasons for missing answers, same rows. With it a refusal is no gap, and a route
        that was lost accuses nobody.
    relations : sequence of Relation
        Rules over several columns.

    Returns
    -------
    DataFrame
        ``position`` (of the row), ``resp_id``, ``rule`` (a key of ``schema.VALIDATION``),
        ``severity`` (E or Q), ``columns`` and ``values`` (joined by "; " where several are at
        fault): one row for each thing that is wrong, in the order of the rows.
    """
    look = _Look(table, instrument, missing)
    found = [f for f in look.all(relations) if len(f.rows)]
    sizes = [len(f.rows) for f in found]
    position = np.concatenate([f.rows for f in found]) if found else np.zeros(0, dtype="int64")
    order = np.argsort(position, kind="stable")
    rules = np.repeat([f.rule for f in found], sizes)
    values = np.concatenate([f.texts for f in found]) if found else np.zeros(0, dtype=object)
    severity = {rule: VALIDATION[rule][0] for rule in VALIDATION}
    return pd.DataFrame(
        {
            "position": position[order],
            "resp_id": table["resp_id"].iloc[position[order]].astype("str").to_numpy(),
            "rule": pd.Categorical(rules[order], categories=list(VALIDATION)),
            "severity": pd.Categorical(rules[order], categories=list(VALIDATION)).map(severity),
            "columns": _names(found, sizes, order),
            "values": pd.array(values[order], dtype="str"),
        }
    )


def _names(found: Sequence[_Found], sizes: Sequence[int], order: np.ndarray) -> pd.Categorical:
    different = sorted({f.columns for f in found})
    codes = np.repeat([different.index(f.columns) for f in found], sizes).astype("int64")
    return pd.Categorical.from_codes(codes[order], categories=pd.Index(different, dtype="str"))


class _Look:
    """One table under examination; conditions are worked out once."""

    def __init__(
        self, table: pd.DataFrame, instrument: Instrument, missing: pd.DataFrame | None
    ) -> None:
        self.table, self.instrument, self.missing = table, instrument, missing
        self.variables = [v for v in stored_variables(instrument) if v.name in table]
        self._routes: dict[str, np.ndarray] = {}

    def all(self, relations: Sequence[Relation]) -> Iterator[_Found]:
        """Apply every rule; within a row findings come in this order."""
        yield self.found("V6", ("resp_id",), self.table["resp_id"].duplicated(keep=False))
        for variable in self.variables:
            if variable.categorical:
                yield self.found("V1", (variable.name,), self.no_option(variable))
            else:
                yield self.found("V2", (variable.name,), self.out_of_range(variable))
        for variable in self.variables:
            yield from self.routed(variable)
        for question in self.instrument.questions.values():
            yield from self.sums(question)
        for relation in relations:
            yield from self.related(relation)

    def found(self, rule: str, columns: tuple[str, ...], wrong: pd.Series | np.ndarray) -> _Found:
        """Take the values of the cells that are wrong."""
        rows = np.flatnonzero(np.asarray(wrong, dtype=bool))
        texts = [_texts(self.table[name].iloc[rows]) for name in columns]
        values = texts[0]
        for more in texts[1:]:
            values = values + "; " + more
        return _Found(rule, "; ".join(columns), rows, values)

    def no_option(self, variable: Variable) -> np.ndarray:
        """Answers that are no option of the question."""
        column, levels = self.table[variable.name], variable.levels
        if isinstance(column.dtype, pd.CategoricalDtype):
            allowed = np.append(column.cat.categories.isin(levels), True)  # −1: no answer
            return np.asarray(~allowed[column.cat.codes.to_numpy()])
        return (~column.isin(levels) & column.notna()).to_numpy()

    def out_of_range(self, variable: Variable) -> np.ndarray:
        """Numbers below the lowest or above the highest that the question allows."""
        wrong = np.zeros(len(self.table), dtype=bool)
        if variable.low is None and variable.high is None:
            return wrong
        values = self.table[variable.name].to_numpy(dtype="float64", na_value=np.nan)
        if variable.low is not None:
            wrong |= values < variable.low
        if variable.high is not None:
            wrong |= values > variable.high
        return wrong

    def routed(self, variable: Variable) -> Iterator[_Found]:
        """Answers that lack though asked for, or are there though not asked for."""
        gone = self.table[variable.name].isna().to_numpy()
        asked, lost = self.asked(variable.ask_if), self.lost(variable.ask_if)
        if variable.required:
            blank = gone & asked & ~lost & self.reason(variable.name, ("no_answer",))
            yield self.found("V3", (variable.name,), blank)
        if variable.ask_if is not None:
            yield self.found("V4", (variable.name,), ~gone & ~asked & ~lost)

    def asked(self, condition: Condition | None) -> np.ndarray:
        """Whom the route leads to a question; everybody where its gate is not in the table."""
        if condition is None or not condition.names <= set(self.table):
            return np.ones(len(self.table), dtype=bool)
        if condition.source not in self._routes:
            self._routes[condition.source] = condition.holds(self.table).to_numpy(dtype=bool)
        return self._routes[condition.source]

    def lost(self, condition: Condition | None) -> np.ndarray:
        """Who lost the answer that decides the route, so that nobody can say what was asked."""
        lost = np.zeros(len(self.table), dtype=bool)
        for name in sorted(condition.names) if condition else ():
            if name in self.table:
                gone = self.table[name].isna().to_numpy()
                lost |= gone & self.reason(name, _UNDECIDED)
        return lost

    def reason(self, name: str, reasons: tuple[str, ...]) -> np.ndarray:
        """Whether the reason of a missing answer is one of these; true where none is known."""
        if self.missing is None or name not in self.missing:
            return np.ones(len(self.table), dtype=bool)
        return self.missing[name].isin(reasons).to_numpy()

    def sums(self, question: Question) -> Iterator[_Found]:
        """Parts that miss their total, where no part is blank or the sum is too much already."""
        names = tuple(n for n in question.variables if n in self.table)
        if not question.sum_to or len(names) < 2 or question.other:
            return
        parts = self.table[list(names)].to_numpy(dtype="float64", na_value=np.nan)
        total, whole = np.nansum(parts, axis=1), ~np.isnan(parts).any(axis=1)
        off = np.abs(total - question.sum_to) > SUM_ACCEPTED
        yield self.found("V5", names, off & (whole | (total > question.sum_to)))

    def related(self, relation: Relation) -> Iterator[_Found]:
        """Parts that come to more than their whole."""
        names = (*relation.parts, relation.whole)
        if all(name in self.table for name in names):
            numbers = self.table[list(names)].to_numpy(dtype="float64", na_value=np.nan)
            with np.errstate(invalid="ignore"):
                yield self.found("V7", names, np.nansum(numbers[:, :-1], axis=1) > numbers[:, -1])


def _texts(column: pd.Series) -> np.ndarray:
    """Say each value, each different one once."""
    codes, different = pd.factorize(column)
    texts = np.array([*(shown(value) for value in different), ""], dtype=object)
    return texts[codes]


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Count findings for people: what is wrong, where, how often, what to do.

    Returns
    -------
    DataFrame
        ``rule, severity, columns, n, message, remedy``, errors first, then the most frequent.
    """
    keys = ["rule", "severity", "columns"]
    counted = found.groupby(keys, observed=True, sort=True).size().rename("n").reset_index()
    counted = counted.astype(dict.fromkeys(keys, "str"))
    words = counted["rule"].map(lambda rule: VALIDATION[rule])
    counted = counted.assign(message=words.str[1].astype("str"), remedy=words.str[2].astype("str"))
    return counted.sort_values(
        ["severity", "n", "rule", "columns"], ascending=[True, False, True, True]
    ).reset_index(drop=True)
