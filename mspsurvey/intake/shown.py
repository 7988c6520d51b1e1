"""How a value is written: exactly for the log, harmlessly for a person."""

from __future__ import annotations

import re

import pandas as pd

from mspsurvey.intake.redact import find

REDACTED = "[redacted]"
"""Stands where a text was not kept."""
_LONGEST = 60
_FORMULA = re.compile(r"[=+@\t\r]|-[A-Za-z(]")


def logged(value: object) -> str:
    """Write a value for the log: whole and exact, unless it is personal.

    Nothing is shortened or escaped, since the raw answers are rebuilt from the log; whoever
    shows or exports it uses ``shown``.

    Examples
    --------
    >>> logged(12.0), logged("=1+1"), logged("write to ann@example.org")
    ('12', '=1+1', '[redacted]')
    """
    if value is None or value is pd.NA or value != value:
        return ""
    if isinstance(value, float):
        return number_text(value)
    text = str(value).removesuffix(" 00:00:00") if isinstance(value, pd.Timestamp) else str(value)
    return REDACTED if find(text) else text


def number_text(value: float) -> str:
    """Write a number in its shortest form that reads back as the same number.

    Examples
    --------
    >>> number_text(1200.0), number_text(0.1), number_text(12.5)
    ('1200', '0.1', '12.5')
    """
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def shown(value: object) -> str:
    """Say a value to a person: short, without personal data, harmless in a spreadsheet.

    Examples
    --------
    >>> shown(12.0), shown("write to ann@example.org"), shown("=1+1")
    ('12', '[redacted]', "'=1+1")
    """
    text = f"{value:.10g}" if isinstance(value, float) and value == value else logged(value)
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return _FORMULA.match(text) is not None
