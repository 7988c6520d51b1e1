"""Which columns of a stored file are about the response, and not answers to a question.

SPSS and Stata have no metadata of their own; what a platform or an agency wrote into the file
is known by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from mspsurvey.intake.readers.export import by_row, make_meta, to_number
from mspsurvey.intake.readers.times import NO_ZONE, parse_times

# Names as letters and digits only; the first column that fits is taken.
_FIELDS = {
    "resp_id": (
        "responseid", "respid", "respondentid", "respondent", "recordid", "record", "caseid",
        "caseno", "interviewid", "uuid", "serial", "rid", "id",
    ),
    "sample_id": ("externalreference", "externaldatareference", "sampleid", "token"),
    "started": ("startdate", "starttime", "started", "datestarted"),
    "ended": ("enddate", "endtime", "ended", "submitdate", "datesubmitted", "recordeddate"),
    "duration_s": ("durationinseconds", "durationseconds", "interviewtime"),
    "progress": ("progress",),
    "finished": ("finished",),
    "language": ("userlanguage", "startlanguage"),
}  # fmt: skip
PERSONAL = "personal"
_PERSONAL_WORDS = {
    "ipaddress", "ipaddr", "recipientlastname", "recipientfirstname", "recipientemail", "email",
    "emailaddress", "firstname", "lastname", "fullname", "phone", "telephone",
    "locationlatitude", "locationlongitude",
}  # fmt: skip
_TRUE = {"1", "true", "yes"}


def meta_fields(frame: pd.DataFrame) -> dict[str, str]:
    """Give the field of the metadata that columns hold, by column; ``"personal"`` among them.

    A column is only the response id where it is filled and unique, and only a date where it
    holds dates.
    """
    plain = {str(name): re.sub(r"[^a-z0-9]", "", str(name).casefold()) for name in frame}
    found = {name: PERSONAL for name, word in plain.items() if word in _PERSONAL_WORDS}
    for field, words in _FIELDS.items():
        for word in words:
            named = [n for n, p in plain.items() if p == word and n not in found]
            fits = [n for n in named if _fits(field, frame[n])]
            if fits:
                found[fits[0]] = field
                break
    return found


def _fits(field: str, cells: pd.Series) -> bool:
    if field == "resp_id":
        return bool(cells.ne("").all()) and cells.is_unique
    if field in ("started", "ended"):
        filled = cells[cells.ne("")]
        return bool(filled.str.match(r"\d{4}-\d\d-\d\d").all())
    if field in ("duration_s", "progress"):
        return bool(to_number(cells).notna().eq(cells.ne("")).all())
    return True


def make_stored_meta(
    frame: pd.DataFrame, fields: Mapping[str, str], time_zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    """Make the metadata of a stored file; responses without an id are named by their row."""
    problems: list[str] = []
    values: dict[str, pd.Series] = {}
    for name, field in fields.items():
        if field in ("started", "ended"):
            values[field], more = parse_times(frame[name], time_zone)
            problems += more
        elif field in ("duration_s", "progress"):
            values[field] = to_number(frame[name])
        elif field == "finished":
            values[field] = frame[name].str.casefold().isin(_TRUE)
        elif field != PERSONAL:
            values[field] = frame[name]
    if time_zone is None and {"started", "ended"} & set(values):
        problems.append(NO_ZONE)
    if "resp_id" not in values:
        values["resp_id"] = by_row(len(frame))
        problems.append("no column is an id of the response; responses are named by their row")
    if "finished" not in values:
        # Agencies deliver whole interviews; nothing in the file says otherwise.
        values["finished"] = pd.Series([True] * len(frame), dtype="bool")
    return make_meta(len(frame), values), problems
