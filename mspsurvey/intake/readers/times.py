"""Dates and times of an export, as moments in UTC.

Platforms write ISO dates, dates in the order of some country, Excel's count of days, and now
and then the zone behind the time. What a text says of its zone goes before what the caller
says of it.
"""

from __future__ import annotations

import re

import pandas as pd

NO_ZONE = "the file names no time zone; times are taken as UTC"

# Hours east of Greenwich, by the letters that forms and spreadsheets put behind a time. Those
# that mean several zones (IST) are left out.
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WEZ": 0, "WET": 0, "BST": 1, "WEST": 1, "WESZ": 1, "CET": 1,
    "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "OEZ": 2, "EEST": 3, "OESZ": 3, "MSK": 3,
    "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3, "HNE": -5, "HAE": -4, "HNEC": 1, "HAEC": 2,
    "SAST": 2, "WIB": 7, "SGT": 8, "HKT": 8,
}  # fmt: skip
_BEHIND = re.compile(r"\s(?:(?:GMT|UTC)([+-]\d{1,2})(?::?(\d\d))?|([A-Z]{3,5}))\Z")
# What stands for AM and PM beside a clock of twelve hours, before the time or behind it.
_MORNING = "午前 上午 오전 öö π.μ ص sa pg ap dop de fm дп пр.об ก่อนเที่ยง"
_AFTERNOON = "午後 下午 오후 ös μ.μ م ch ptg ip odp pop du em пп сл.об หลังเที่ยง"
_HALVES = dict.fromkeys(_MORNING.split(), "AM") | dict.fromkeys(_AFTERNOON.split(), "PM")
_HALF = re.compile(
    rf"(?<![^\W\d])({'|'.join(map(re.escape, _HALVES))})(?![^\W\d])\.?\s?"
    r"|(?<=\d)\s?\b([ap])\.?\s?m\b\.?",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_CLOCK = re.compile(r"(?<=\s)(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?=\s|\Z)")
_BETWEEN = re.compile(r"(?<=\d)\.?\s(?:klo|kl|um|at|om|à|a las|ore)\.?\s(?=\d)", re.IGNORECASE)
# What databases put where there is no time.
_NEVER = r"000[01]-0[01]-0[01]\b.*"
_SERIAL = r"[2-7]\d{4}(?:\.\d+)?"
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_TIMES = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")


def parse_times(texts: pd.Series, time_zone: str | None) -> tuple[pd.Series, list[str]]:
    """Read dates and times as UTC.

    Parameters
    ----------
    texts : Series of str
        ISO dates, dates with slashes, dots or names of months, or Excel's serial numbers.
    time_zone : str or None
        Zone that the clock was in, where the text does not say it; UTC if None.

    Returns
    -------
    Series of datetime64[us, UTC]
        NaT where the text is blank or no date.
    list of str
        Problems.
    """
    zone, problems = _zone(time_zone)
    plain = texts.str.strip().replace(_NEVER, "", regex=True)
    times = pd.to_datetime(plain, format="ISO8601", errors="coerce", utc=True)
    aware = plain.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True) & times.notna()
    other = plain[times.isna() & plain.ne("")]
    tidy = plain.where(~plain.index.isin(other.index), other.map(_tidy).astype("str"))
    offset = tidy[other.index].map(_hours_east).reindex(plain.index)
    body = tidy.where(offset.isna(), tidy.str.replace(_BEHIND, "", regex=True))
    naive, more = _naive(times.dt.tz_localize(None), body, ~aware & body.ne(""))
    local = _localised(naive.where(offset.isna()), zone)
    abroad = (naive - pd.to_timedelta(offset, unit="h")).dt.tz_localize("UTC")
    result = times.where(aware, local.fillna(abroad)).dt.as_unit("us")
    lost = int((result.isna() & plain.ne("")).sum())
    if lost:
        more.append(f"{lost} dates cannot be read")
    return result, problems + more


def _zone(name: str | None) -> tuple[str, list[str]]:
    if not name or name in ("Z", "UTC"):
        return "UTC", []
    try:
        pd.Timestamp("2020-01-01").tz_localize(name)
    except Exception:  # the zone database raises several kinds, by platform
        return "UTC", [f"the time zone {name!r} is not known; times are taken as UTC"]
    return name, []


def _localised(naive: pd.Series, zone: str) -> pd.Series:
    local = naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    # The hour that a clock lives twice: its first pass is as good as its second.
    first = pd.Series(True, index=naive.index).to_numpy()
    local = local.fillna(naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))
    moments: pd.Series = local.dt.tz_convert("UTC")
    return moments


def _tidy(text: str) -> str:
    """Bring a date to one spelling: single blanks, AM or PM, no comma, year or slashes first."""
    text = " ".join(text.replace(",", " ").split())
    text = re.sub(r"^(\d{4})([/.]) ?(\d{1,2})\2 ?(\d{1,2})\.?(?=\s|\Z)", r"\1-\3-\4", text)
    text = re.sub(r"^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d\d)\.?(?=\s|\Z)", r"\1.\2.\3", text)
    if not _LETTER.search(text):
        return _CLOCK.sub(_colons, text)
    text = _BETWEEN.sub(" ", text)
    half = _HALF.search(text)
    if half:
        mark = _HALVES.get((half[1] or "").casefold()) or f"{half[2].upper()}M"
        text = f"{text[: half.start()].rstrip()} {text[half.end() :].lstrip()}".rstrip()
        return _CLOCK.sub(lambda m: f"{_colons(m)} {mark}", text)
    return _CLOCK.sub(_colons, text)


def _colons(clock: re.Match[str]) -> str:
    return ":".join(part for part in clock.groups() if part)


def names_zone(text: str) -> bool:
    """Whether a time says the zone that it is of."""
    return bool(re.search(r"(?:Z|[+-]\d\d:?\d\d)$", text)) or _hours_east(text) == _hours_east(
        text
    )


def _hours_east(text: str) -> float:
    """Say how far east of Greenwich the zone behind a time is; NaN where none is known."""
    match = _BEHIND.search(text)
    if match is None:
        return float("nan")
    if match[1]:
        hours, minutes = int(match[1]), int(match[2] or 0)
        return hours + (minutes if hours >= 0 else -minutes) / 60
    return float(_ZONES.get(match[3], float("nan")))


def _naive(times: pd.Series, texts: pd.Series, wanted: pd.Series) -> tuple[pd.Series, list[str]]:
    """Read the texts as clock times, in whatever zone the clock was."""
    serial = texts.str.fullmatch(_SERIAL)
    naive = times.where(wanted & ~serial)
    if serial.any():
        days = pd.to_timedelta(pd.to_numeric(texts.where(serial)), unit="D")
        naive = naive.fillna((_EXCEL_EPOCH + days).dt.round("s"))
    forms, problems = _forms(texts.where(naive.isna() & wanted, ""))
    for form in forms:
        todo = naive.isna() & wanted
        if not todo.any():
            break
        naive = naive.fillna(pd.to_datetime(texts.where(todo), format=form, errors="coerce"))
    return naive, problems


def _forms(texts: pd.Series) -> tuple[list[str], list[str]]:
    """Forms of dates to try, in the order of day and month that the column shows."""
    day_first, problems = _day_first(texts)
    days = ("%d/%m/%Y", "%d/%m/%y") if day_first else ("%m/%d/%Y", "%m/%d/%y")
    dates = (*days, "%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d-%m-%Y")
    named = ("%b %d %Y", "%d %b %Y", "%d-%b-%Y", "%B %d %Y", "%d %B %Y")
    first = named if texts.str.contains(r"[A-Za-z]{3}", regex=True).any() else ()
    return [date + time for date in (*first, *dates) for time in _TIMES], problems


def _day_first(texts: pd.Series) -> tuple[bool, list[str]]:
    """Tell 1 February from 2 January: by a number above 12, else by the order of the rows."""
    parts = texts.str.extract(r"^(\d{1,2})/(\d{1,2})/\d").dropna().astype("int64")
    if (parts[0] > 12).any():
        return True, []
    if (parts[1] > 12).any() or (parts[0] == parts[1]).all():
        return False, []
    slashed = texts[parts.index].str.extract(r"^(\S+)")[0]
    day, month = (_disorder(slashed, form) for form in ("%d/%m/%Y", "%m/%d/%Y"))
    if day != month:
        return day < month, []
    return False, ["day and month of the dates cannot be told apart; read as month/day/year"]


def _disorder(dates: pd.Series, form: str) -> tuple[int, float]:
    """Count steps against the direction of most, and days from first to last.

    An export is in the order of time, and a survey is in the field for weeks, not for years.
    """
    moments = pd.to_datetime(dates, format=form, errors="coerce")
    steps = moments.diff().dt.total_seconds()
    span = (moments.max() - moments.min()).total_seconds()
    return min(int((steps < 0).sum()), int((steps > 0).sum())), span
