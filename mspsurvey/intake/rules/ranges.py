"""Numbers that can be: within the range of their question, and in proportion to others."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from mspsurvey.instrument import Variable
from mspsurvey.intake.rules.numbers import NUMBER_KINDS
from mspsurvey.intake.work import Edit, Rule, RuleLine, Work, changed, query

OUTLIER_Z = 4.0
"""Robust z on the log scale above which a value is asked about (rule R6)."""
CLIENTS_PER_TECHNICIAN = 400.0
REVENUE_PER_PERSON = (15_000.0, 1_500_000.0)
_OUTLIERS = ("emp", "client_n_contract", "rev_usd", "price_user_month", "price_user_month_c")
_LEAST_FOR_OUTLIERS = 20
_BAND = re.compile(r"(\d+)\s*(?:-|to)\s*(\d+)|(\d+)\+")
_BAND_FACTOR = 50.0


def _within(work: Work) -> Edit:
    """Make a number missing that lies outside the range of its question."""
    edit = Edit()
    for variable in work.instrument:
        if variable.kind not in NUMBER_KINDS or not work.has(variable.name):
            continue
        values = work.answers[variable.name]
        wrong = values.notna() & False
        if variable.low is not None:
            wrong |= values.lt(variable.low)
        if variable.high is not None:
            wrong |= values.gt(variable.high)
        if wrong.any():
            rule = _range_rule(variable)
            _drop(work, variable.name, wrong, _range_words(variable), edit, rule)
            if rule == "R3":
                asked = query(
                    work, variable.name, wrong, values, "no percentage, or ten times one"
                )
                edit.queries.append(asked.assign(rule=rule))
    return edit


def _range_rule(variable: Variable) -> str:
    if variable.kind == "percent":
        return "R3"
    return "R2" if variable.unit == "year" else "R8"


def _range_words(variable: Variable) -> str:
    low = "" if variable.low is None else f"{variable.low:g}"
    high = "" if variable.high is None else f"{variable.high:g}"
    return f"outside the range {low} to {high}"


def _drop(work: Work, name: str, rows: pd.Series, reason: str, edit: Edit, rule: str) -> None:
    values = work.answers[name]
    kept = values.mask(rows)
    edit.answers[name] = kept
    edit.missing[name] = work.missing[name].mask(rows, "unparseable")
    edit.changes.append(changed(work, name, rows, values, kept, reason).assign(rule=rule))


def _technicians(work: Work) -> Edit:
    edit = Edit()
    if work.has("emp", "emp_tech"):
        more = work.answers["emp_tech"].gt(work.answers["emp"])
        _drop(work, "emp_tech", more, "more technical staff than staff", edit, "R1")
    return edit


def _band(work: Work) -> Edit:
    """Make staff missing that is far beyond the band that the sample was drawn from."""
    edit = Edit()
    if not work.has("emp", "stratum"):
        return edit
    bounds = work.answers["stratum"].map(_bounds)
    low = bounds.map(lambda b: b[0] if isinstance(b, tuple) else np.nan).astype("float64")
    high = bounds.map(lambda b: b[1] if isinstance(b, tuple) else np.nan).astype("float64")
    emp = work.answers["emp"]
    # Frames are out of date, but not by a factor of fifty.
    wrong = emp.gt(high * _BAND_FACTOR) | emp.lt(low / _BAND_FACTOR)
    if wrong.any():
        _drop(work, "emp", wrong, "fifty times outside the band of the frame", edit, "R9")
    return edit


def _bounds(stratum: object) -> tuple[float, float] | None:
    match = _BAND.search(str(stratum))
    if match is None:
        return None
    if match[3]:
        return float(match[3]), float("inf")
    return float(match[1]), float(match[2])


def _outliers(work: Work) -> Edit:
    """Ask about values far from the rest; those made of nines only are fill-ins."""
    edit = Edit()
    for name in _OUTLIERS:
        if not work.has(name):
            continue
        values = work.answers[name]
        far = _robust_z(values).abs().gt(OUTLIER_Z)
        text = values.map(lambda v: "" if v != v else f"{v:.10g}")
        nines = far & text.str.fullmatch("9{3,}")
        if nines.any():
            _drop(work, name, nines, "a row of nines in place of an answer", edit, "R6")
        edit.queries.append(query(work, name, far & ~nines, values, "far from all other answers"))
    return edit


def _robust_z(values: pd.Series) -> pd.Series:
    """z on the log scale: (log x − median) / (1.4826 · MAD); 0 where there are few values."""
    logs = pd.Series(np.log(values.where(values > 0)), index=values.index)
    deviation = (logs - logs.median()).abs()
    spread = 1.4826 * deviation.median()
    if logs.notna().sum() < _LEAST_FOR_OUTLIERS or not spread > 0:
        return pd.Series(0.0, index=values.index)
    return ((logs - logs.median()) / spread).fillna(0.0)


def _clients_per_technician(work: Work) -> Edit:
    edit = Edit()
    if work.has("client_n_contract", "emp_tech"):
        clients = work.answers["client_n_contract"]
        ratio = clients / work.answers["emp_tech"].clip(lower=1)
        rows = ratio.gt(CLIENTS_PER_TECHNICIAN)
        edit.queries.append(
            query(work, "client_n_contract", rows, clients, "over 400 clients a technician")
        )
    return edit


def _revenue_per_person(work: Work) -> Edit:
    edit = Edit()
    if work.has("rev_usd", "emp"):
        revenue = work.answers["rev_usd"]
        ratio = revenue / work.answers["emp"]
        rows = ratio.notna() & ~ratio.between(*REVENUE_PER_PERSON)
        edit.queries.append(
            query(
                work, "rev_usd", rows, revenue, "revenue a person outside $15,000 to $1.5 million"
            )
        )
    return edit


RULES = (
    Rule(
        "R8",
        "E",
        "A number lies within the range of its question.",
        _within,
        "missing",
        also=(
            RuleLine("R2", "E", "A year lies within the range of its question.", "missing"),
            RuleLine("R3", "E", "A percentage is 0 to 100.", "missing, and asked about"),
        ),
    ),
    Rule("R9", "E", "Staff agrees with the frame within a factor of fifty.", _band, "missing"),
    Rule(
        "R1",
        "E",
        "There are no more technical staff than staff.",
        _technicians,
        "the number of technical staff is missing",
    ),
    Rule(
        "R6",
        "Q",
        "A value is not far from all others.",
        _outliers,
        "ask where robust z on the log scale is above 4; missing where it is all nines",
    ),
    Rule("R5", "Q", "A technician serves at most 400 clients.", _clients_per_technician, "ask"),
    Rule("R7", "Q", "Revenue a person is $15,000 to $1.5 million.", _revenue_per_person, "ask"),
)
