"""Values of SPSS and Stata files as text: numbers, dates, and codes that mean no answer."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Cell = float | str | None

# Words in the label of a user-missing code, and the reason that they give; the first that
# fits counts. A code whose label says nothing of the kind stays "user".
REASONS = (
    ("dont_know", re.compile(r"do(es)? ?n.?t know|do not know|\bdk\b|not sure|unsure|no opinion")),
    ("refused", re.compile(r"refus|prefer not|declin|rather not")),
    ("not_applicable", re.compile(r"not applicable|does not apply|\bn/a\b|inapplicable|\binap\b")),
    ("not_shown", re.compile(r"not asked|not shown|not presented|filtered")),
    ("no_answer", re.compile(r"no answer|not answered|no response|unanswered|not stated")),
)
USER = "user"

_SPSS_ZERO = dt.datetime(1582, 10, 14)
_STATA_ZERO = dt.datetime(1960, 1, 1)
_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
_TIMES = ("TIME", "DTIME", "MTIME")
_LARGEST_PLAIN = 1e21


def missing_reason(label: str) -> str:
    """Give the reason that the label of a user-missing code states, else ``"user"``.

    Examples
    --------
    >>> missing_reason("Don't know"), missing_reason("Not asked"), missing_reason("undetermined")
    ('dont_know', 'not_shown', 'user')
    """
    words = label.casefold()
    return next((reason for reason, pattern in REASONS if pattern.search(words)), USER)


def number_text(value: float, *, single: bool = False) -> str:
    """Say a number in plain digits: no ``.0``, no exponent, no more digits than it has.

    Parameters
    ----------
    value : float
        Any number that is not NaN.
    single : bool, default False
        Whether it was stored in four bytes, so that 1.1 is not 1.10000002384.

    Examples
    --------
    >>> number_text(1.0), number_text(-2.5), number_text(1e-5), number_text(1e15)
    ('1', '-2.5', '0.00001', '1000000000000000')
    """
    if not math.isfinite(value) or abs(value) >= _LARGEST_PLAIN:
        return repr(value)
    kind = np.float32(value) if single else np.float64(value)
    text = np.format_float_positional(kind, trim="-")
    return "0" if text == "-0" else text


def is_missing(value: Cell, ranges: Sequence[dict[str, Any]]) -> bool:
    """Say whether a value lies in one of the ranges declared as missing (both ends in)."""
    for limits in ranges:
        low, high = limits["lo"], limits["hi"]
        if isinstance(value, str) or isinstance(low, str) or isinstance(high, str):
            if isinstance(value, str) and value.strip() == str(low).strip():
                return True
        elif value is not None and low <= value <= high:
            return True
    return False


def moment_writer(kind: str, form: str) -> Callable[[float], str] | None:
    """Give what turns a number into a date or time, for columns whose format is one.

    Parameters
    ----------
    kind : str
        sav, por or dta.
    form : str
        Format of the column, as ``DATETIME20`` or ``%td``.

    Returns
    -------
    callable or None
        It raises OverflowError or ValueError where the number is no moment of our calendar.
    """
    if kind == "dta":
        return _stata(form)
    name = re.match(r"[A-Z]*", form.upper())
    word = name.group() if name else ""
    if word in _DATES:
        return lambda v: _moment(_SPSS_ZERO, v)[:10]
    if word in _MOMENTS:
        return lambda v: _moment(_SPSS_ZERO, v)
    return _clock if word in _TIMES else None


def _stata(form: str) -> Callable[[float], str] | None:
    if re.match(r"%-?t?d", form):
        return lambda v: _moment(_STATA_ZERO, v * 86400)[:10]
    if re.match(r"%-?t[cC]", form):
        if re.fullmatch(r"%-?t[cC]HH:MM(:SS)?", form):
            return lambda v: _clock(v / 1000)
        return lambda v: _moment(_STATA_ZERO, v / 1000)
    if re.match(r"%-?tm", form):
        return _stata_month
    return None


def _moment(zero: dt.datetime, seconds: float) -> str:
    return (zero + dt.timedelta(seconds=seconds)).isoformat(sep=" ", timespec="seconds")


def _stata_month(months: float) -> str:
    year, month = divmod(int(months), 12)
    return dt.date(1960 + year, month + 1, 1).isoformat()[:7]


def _clock(seconds: float) -> str:
    sign, whole = "-" if seconds < 0 else "", int(abs(seconds))
    return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
