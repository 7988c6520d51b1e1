"""What Kobo and ODK add to a table of answers, and write into it, under names of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mspsurvey.intake.readers.export import clean_header

PERSONAL = {
    "_submitted_by", "submitterid", "submittername", "deviceid", "device_id", "devicephonenum",
    "username", "phonenumber", "phone_number", "subscriberid", "simserial", "simid", "imei",
    "email", "audit", "meta/audit",
    "meta-audit", "instancename", "meta/instancename", "meta-instancename", "start-geopoint",
    "_geolocation", "_geolocation_latitude", "_geolocation_longitude", "_geolocation_altitude",
    "_geolocation_precision", "_attachments", "background-audio", "_submission__submitted_by",
}  # fmt: skip
META = {
    "_id", "_uuid", "_index", "_parent_index", "_parent_table_name", "_submission_time",
    "_xform_id_string", "_bamboo_dataset_id", "formhub/uuid", "uuid", "rootuuid",
    "meta/rootuuid", "meta/instanceid", "meta-instanceid", "instanceid", "meta/deprecatedid",
    "_xform_id", "_duration", "_total_media", "_media_count", "_media_all_received",
    "_date_modified", "_edited", "_last_edited", "_media_url",
    "key", "parent_key", "submissiondate", "attachmentspresent", "attachmentsexpected", "edits",
    "*meta-instance-id*", "*meta-submission-date*", "*meta-is-complete*",
    "*meta-date-marked-as-complete*", "*meta-model-version*", "*meta-ui-version*",
}  # fmt: skip
EMBEDDED = {
    "_validation_status", "_status", "_tags", "_notes", "reviewstate", "formversion",
    "formdef_version", "_review_status", "_review_comment", "_review_date",
}  # fmt: skip
CLOCKS = {
    "started": ("start", "starttime", "start_time"),
    "ended": ("end", "endtime", "end_time"),
    "": ("today",),
}
"""Questions that a device fills from its clock, under the names that forms use."""

_OWN = PERSONAL | META | EMBEDDED
# The interface for programs lays lists out: _geolocation/0.
_LISTED = ("_geolocation/", "_attachments/")
_CLOCK = {name: field for field, names in CLOCKS.items() for name in names}
_VERSION = re.compile(r"_{1,2}version(?:_{1,2}\d*)?\Z")
_REPEATED = "set-of-"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d|[A-Z][a-z]{2} \d{1,2}, \d{4}")
_MEDIA = re.compile(
    r"\S.*\.(?:jpe?g|png|gif|heic|webp|mp[34]|m4a|3gpp?|amr|wav|aac|ogg|mov|webm|pdf)\Z"
    r"|https?://\S+/binaryData\?",
    re.IGNORECASE,
)
_NOTHING = "n/a"
_LONGEST_NAME = 1000


def plain(header: str) -> str:
    """Give a heading without tags, and without the X that R puts before an underscore."""
    text = clean_header(header)
    return text[1:] if text.startswith("X_") else text


def known(header: str) -> bool:
    """Whether a heading is one of the platform's own."""
    word = _word(header)
    own = word in _OWN or word in _CLOCK or word.startswith(_LISTED)
    return own or bool(_VERSION.match(word))


def own_role(header: str, cells: Sequence[str]) -> tuple[str, str]:
    """Give role and field of a column that the platform adds."""
    word = _word(header)
    if word in PERSONAL or word.startswith(_LISTED):
        return "personal", word
    if word in META or word.startswith(("_submission__", _REPEATED)):
        return "meta", word
    if word in EMBEDDED or _VERSION.match(word):
        return "embedded", "version" if _VERSION.match(word) else word
    if word in _CLOCK and any(_MOMENT.match(c.strip()) for c in cells):
        return "meta", _CLOCK[word]
    return "answer", ""


def _word(header: str) -> str:
    return re.sub(r"^(meta|formhub)[.:]", r"\1/", header.casefold())


def all_media(cells: Sequence[str]) -> bool:
    """Whether a column holds names of pictures and recordings, and nothing else."""
    filled = [c.strip() for c in cells if c.strip()]
    return bool(filled) and all(_MEDIA.match(c[:_LONGEST_NAME]) for c in filled)


def without_nothing(rows: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Blank the ``n/a`` that Ona writes for whatever has no answer.

    It leaves no cell of a question blank; where one is, somebody has typed the word.

    Returns
    -------
    list of list of str
        The rows, the headings first.
    list of str
        Problems.
    """
    asked = [i for i, h in enumerate(rows[0]) if not known(plain(h))]
    cells = {row[i].strip() for row in rows[1:] for i in asked}
    if _NOTHING not in cells or "" in cells:
        return rows, []
    kept = [["" if c.strip() == _NOTHING else c for c in row] for row in rows[1:]]
    return [rows[0], *kept], [f"cells with '{_NOTHING}', as Ona writes them, are blank"]
