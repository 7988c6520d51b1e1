"""Ranges that a spreadsheet took for dates: "1-9" is saved as 9-Jan, "10-49" as Oct-49."""

from __future__ import annotations

import re

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAMED = "|".join(_MONTHS)
_DAY_MONTH = re.compile(rf"(\d{{1,2}})[-. ]{{1,2}}({_NAMED})[a-z]*\.?", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"({_NAMED})[a-z]*\.?[- ](\d\d)", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)(\d\d)-(\d\d)-(\d\d)(?: 00:00:00)?")


def ranges_behind(text: str) -> list[str]:
    """Give the ranges that may have been typed where a spreadsheet shows a date.

    Examples
    --------
    >>> ranges_behind("9-Jan"), ranges_behind("Oct-49"), ranges_behind("2026-01-09 00:00:00")
    (['1-9', '9-1'], ['10-49'], ['1-9', '9-1'])
    """
    if match := _DAY_MONTH.fullmatch(text):
        return _both(_month(match[2]), int(match[1]))
    if match := _MONTH_YEAR.fullmatch(text):
        return [f"{_month(match[1])}-{int(match[2])}"]
    if match := _DATE.fullmatch(text):
        year, month, day = map(int, match.groups())
        # Without a day in it, the range became the first of a month.
        return [*_both(month, day), *([f"{month}-{year}"] if day == 1 else [])]
    return []


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].casefold()) + 1


def _both(month: int, day: int) -> list[str]:
    return list(dict.fromkeys((f"{month}-{day}", f"{day}-{month}")))
