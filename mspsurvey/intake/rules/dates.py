"""Dates that respondents typed."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from mspsurvey.intake.rules.labels import soft_refusal
from mspsurvey.intake.work import Distinct, Edit, Rule, Work, changed, query, with_known

_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d %B %Y", "%B %d, %Y", "%B %Y", "%b %Y", "%m/%Y")
_DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}\Z")
_EPOCHS = {pd.Timestamp("1900-01-01"), pd.Timestamp("1970-01-01"), pd.Timestamp("1980-01-01")}


def parse_date(text: str, *, day_first: bool = False) -> tuple[pd.Timestamp | None, str]:
    """Read one date, month first unless that is impossible; say how it was read.

    Parameters
    ----------
    text : str
        As typed.
    day_first : bool, default False
        Whether the day comes before the month wherever both orders are possible.

    Examples
    --------
    >>> parse_date("25/12/2025")
    (Timestamp('2025-12-25 00:00:00'), 'day and month swapped')
    """
    plain = text.strip().split("T")[0].removesuffix(" 00:00:00")
    swapped = (_DAY_FIRST, "day and month swapped")
    for forms, note in (swapped, (_FORMS, "")) if day_first else ((_FORMS, ""), swapped):
        for form in forms:
            date = pd.to_datetime(plain, format=form, errors="coerce")
            if not pd.isna(date):
                if date in _EPOCHS:
                    return None, "the zero of a computer's calendar"
                return date, note
    return None, "no date can be read"


def is_day_first(texts: Iterable[str]) -> bool:
    """Whether some dates of a column can only be read day first, and none only month first."""
    found = [_SLASHED.match(text.strip()) for text in texts]
    parts = [(int(m[1]), int(m[2])) for m in found if m]
    return any(a > 12 for a, _ in parts) and not any(b > 12 for _, b in parts)


def _read(work: Work) -> Edit:
    edit = Edit()
    for variable in work.instrument:
        name = variable.name
        if variable.kind != "date" or not work.has(name):
            continue
        column = work.answers[name]
        distinct, blank = Distinct(column), ("", work.hidden)
        swapped = is_day_first(distinct.texts)
        parsed = [
            (None, "") if t in blank else parse_date(t, day_first=swapped) for t in distinct.texts
        ]
        dates = distinct.spread([p[0] for p in parsed], "datetime64[us]")
        notes = distinct.spread([p[1] for p in parsed], "str")
        reasons = [
            "not_shown" if t == work.hidden else (soft_refusal(t) or "unparseable") if n else ""
            for t, n in zip(column, notes.where(dates.isna(), ""), strict=True)
        ]
        edit.answers[name] = dates
        given = pd.Series(pd.array(reasons, dtype="str"), index=column.index)
        edit.missing[name] = with_known(work, name, given)
        rows = notes.ne("")
        edit.changes.append(changed(work, name, rows, column, dates, notes))
        edit.queries.append(query(work, name, rows & dates.isna(), column, "no date can be read"))
    return edit


RULES = (
    Rule(
        "T6",
        "E",
        "A date is a date.",
        _read,
        "read day first where month first cannot be; the zero of a calendar and words: missing",
    ),
)
