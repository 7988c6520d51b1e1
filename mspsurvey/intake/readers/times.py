"""Dates and times of an export, as moments in UTC."""

from __future__ import annotations

import pandas as pd


def parse_times(texts: pd.Series, time_zone: str | None) -> tuple[pd.Series, list[str]]:
    """Read dates and times as UTC.

    Parameters
    ----------
    texts : Series of str
        ISO dates, or dates with slashes after a spreadsheet has been at them.
    time_zone : str or None
        Zone that the clock was in; UTC if None.

    Returns
    -------
    Series of datetime64[us, UTC]
        NaT where the text is blank or no date.
    list of str
        Problems.
    """
    zone, problems = _zone(time_zone)
    plain = texts.str.strip()
    times = pd.to_datetime(plain, format="ISO8601", errors="coerce", utc=True)
    aware = plain.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    naive = times.dt.tz_localize(None).where(~aware)
    for form in _slash_forms(plain):
        todo = naive.isna() & ~aware & plain.ne("")
        if todo.any():
            naive = naive.fillna(pd.to_datetime(plain.where(todo), format=form, errors="coerce"))
    local = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    # The hour that a clock lives twice: its first pass is as good as its second.
    first = pd.Series(True, index=naive.index).to_numpy()
    local = local.fillna(naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))
    result = times.where(aware, local.dt.tz_convert("UTC")).dt.as_unit("us")
    lost = int((result.isna() & plain.ne("")).sum())
    if lost:
        problems.append(f"{lost} dates cannot be read")
    return result, problems


def _zone(name: str | None) -> tuple[str, list[str]]:
    if not name or name in ("Z", "UTC"):
        return "UTC", []
    try:
        pd.Timestamp("2020-01-01").tz_localize(name)
    except Exception:  # the zone database raises several kinds, by platform
        return "UTC", [f"the time zone {name!r} is not known; times are taken as UTC"]
    return name, []


def _slash_forms(texts: pd.Series) -> list[str]:
    """Orders of day and month to try: the American one unless a first part is above 12."""
    first = pd.to_numeric(texts.str.extract(r"^(\d{1,2})[/.]")[0], errors="coerce")
    day_first = bool((first > 12).any()) or texts.str.match(r"\d{1,2}\.\d").any()
    dates = ("%d/%m/%Y", "%d.%m.%Y") if day_first else ("%m/%d/%Y", "%m/%d/%y")
    times = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
    return [d + t for d in dates for t in times]
