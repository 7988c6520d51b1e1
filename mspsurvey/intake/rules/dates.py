"""Dates that respondents typed."""

from __future__ import annotations

import pandas as pd

from mspsurvey.intake.rules.labels import soft_refusal
from mspsurvey.intake.work import Distinct, Edit, Rule, Work, changed, query

_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d %B %Y", "%B %d, %Y", "%B %Y", "%b %Y", "%m/%Y")
_DAY_FIRST = ("%d/%m/%Y", "%d.%m.%Y")
_EPOCHS = {pd.Timestamp("1900-01-01"), pd.Timestamp("1970-01-01"), pd.Timestamp("1980-01-01")}


def parse_date(text: str) -> tuple[pd.Timestamp | None, str]:
    """Read one date, month first unless that is impossible; say how it was read.

    Examples
    --------
    >>> parse_date("25/12/2025")
    (Timestamp('2025-12-25 00:00:00'), 'day and month swapped')
    """
    plain = text.strip().split("T")[0].removesuffix(" 00:00:00")
    for forms, note in ((_FORMS, ""), (_DAY_FIRST, "day and month swapped")):
        for form in forms:
            date = pd.to_datetime(plain, format=form, errors="coerce")
            if not pd.isna(date):
                if date in _EPOCHS:
                    return None, "the zero of a computer's calendar"
                return date, note
    return None, "no date can be read"


def _read(work: Work) -> Edit:
    edit = Edit()
    for variable in work.instrument:
        name = variable.name
        if variable.kind != "date" or not work.has(name):
            continue
        column = work.answers[name]
        distinct, blank = Distinct(column), ("", work.hidden)
        parsed = [(None, "") if t in blank else parse_date(t) for t in distinct.texts]
        dates = distinct.spread([p[0] for p in parsed], "datetime64[us]")
        notes = distinct.spread([p[1] for p in parsed], "str")
        reasons = [
            "not_shown" if t == work.hidden else (soft_refusal(t) or "unparseable") if n else ""
            for t, n in zip(column, notes.where(dates.isna(), ""), strict=True)
        ]
        edit.answers[name] = dates
        edit.missing[name] = pd.Series(pd.array(reasons, dtype="str"), index=column.index)
        rows = notes.ne("")
        edit.changes.append(changed(work, name, rows, column, dates, notes))
        edit.queries.append(query(work, name, rows & dates.isna(), column, "no date can be read"))
    return edit


RULES = (Rule("T6", "E", "A date is a date.", _read),)
