"""The columns of a KoboToolbox or ODK export: groups, choices, metadata.

A heading is the name of a question or its label, behind those of its groups. A question with
several answers is one cell of names with blanks between, or a 0/1 column for each choice
(``question/choice``), or both, as whoever exported wished.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mspsurvey.intake.readers.export import clean_header

SEPARATORS = ("/", ":", ".", "-")
"""What may stand between group and question; a dot where R has saved the file again."""

PERSONAL = {
    "_submitted_by", "submitterid", "submittername", "deviceid", "devicephonenum", "username",
    "phonenumber", "subscriberid", "simserial", "simid", "email", "audit", "meta/audit",
    "meta-audit", "instancename", "meta/instancename", "meta-instancename", "start-geopoint",
    "_geolocation", "_geolocation_latitude", "_geolocation_longitude", "_geolocation_altitude",
    "_geolocation_precision", "_attachments", "background-audio", "_submission__submitted_by",
}  # fmt: skip
META = {
    "_id", "_uuid", "_index", "_parent_index", "_parent_table_name", "_submission_time",
    "_xform_id_string", "_bamboo_dataset_id", "formhub/uuid", "uuid", "rootuuid",
    "meta/rootuuid", "meta/instanceid", "meta-instanceid", "instanceid", "meta/deprecatedid",
    "_xform_id", "_duration", "_total_media", "_media_count", "_media_all_received",
    "key", "parent_key", "submissiondate", "attachmentspresent", "attachmentsexpected", "edits",
}  # fmt: skip
EMBEDDED = {"_validation_status", "_status", "_tags", "_notes", "reviewstate", "formversion"}
CLOCKS = {
    "started": ("start", "starttime", "start_time"),
    "ended": ("end", "endtime", "end_time"),
    "": ("today",),
}
"""Questions that a device fills from its clock, under the names that forms use."""

_OWN = PERSONAL | META | EMBEDDED
_CLOCK = {name: field for field, names in CLOCKS.items() for name in names}
_VERSION = re.compile(r"_{1,2}version(?:_{1,2}\d*)?\Z")
_REPEATED = "set-of-"
_XML_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z")
_PLACE = re.compile(
    r"(?:.*[/:.])?_(.+)_(?:latitude|longitude|altitude|precision)\Z"
    r"|(?:.*-)?([^-]+)-(?:Latitude|Longitude|Altitude|Accuracy)\Z"
)
_LONGEST_HEADING = 1000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d|[A-Z][a-z]{2} \d{1,2}, \d{4}")
_FILE = re.compile(r"\S.*\.\w{2,4}\Z")
# The platform writes 0 and 1; the rest is what spreadsheets and scripts make of them. Small
# letters are not among it: they are codes of a question.
_TICKED = {"1", "1.0", "TRUE", "True"}
_PASSED = {"0", "0.0", "FALSE", "False"}
_MARKS = _TICKED | _PASSED | {""}


@dataclass(frozen=True)
class Column:
    """One heading, taken apart.

    Attributes
    ----------
    header : str
        As written, without tags.
    ident : str
        Name of the question, ``question/choice`` for one choice; no groups.
    wording : str
        The question's part of the heading.
    choice : str
        The choice's part, where the column is one choice.
    stem : str
        Heading of the question that the choice belongs to.
    role : str
        One of ``ROLES``.
    field : str
        Which metadata the column holds: the heading in small letters, or ``started``, ``ended``.
    """

    header: str
    ident: str
    wording: str
    choice: str = ""
    stem: str = ""
    role: str = "answer"
    field: str = ""


def take_apart(rows: Sequence[Sequence[str]], *, odk: bool = False) -> list[Column]:
    """Give the columns of a table, the headings in its first row.

    Parameters
    ----------
    rows : sequence of sequence of str
        Headings, then responses.
    odk : bool, default False
        Whether ODK wrote the table: it divides groups otherwise than choices.
    """
    headers = [plain(c) for c in rows[0]]
    cells = list(zip(*rows[1:], strict=True)) or [()] * len(headers)
    groups = _of_odk(headers) if odk else find_separator(headers)
    shared = _shared(headers, groups)
    columns = [
        _choice(header, *cut, groups) if cut else _question(header, groups, shared)
        for header, cut in zip(headers, _choices(headers, cells, "/" if odk else groups),
                               strict=True)
    ]  # fmt: skip
    return _with_roles(columns, cells)


def plain(header: str) -> str:
    """Give a heading without tags, and without the X that R puts before an underscore."""
    text = clean_header(header)
    return text[1:] if text.startswith("X_") else text


def named(headers: Sequence[str]) -> bool:
    """Whether the headings are names of questions, not labels."""
    asked = [h for h in headers if h and not known(h)]
    return sum(map(_is_path, asked)) >= 0.9 * len(asked)


def known(header: str) -> bool:
    """Whether a heading is one of the platform's own."""
    word = _word(header)
    return word in _OWN or word in _CLOCK or bool(_VERSION.match(word))


def _of_odk(headers: Sequence[str]) -> str:
    """Give the sign of Central and Briefcase, or that of the Aggregate before them."""
    return ":" if any(h.startswith("meta:") for h in headers) else "-"


def find_separator(headers: Sequence[str]) -> str:
    """Find what stands between a group and its questions; "/" where nothing shows it.

    Names may hold a dot or a dash of their own: these divide only where a question stands
    beside its choices, or many headings share few beginnings.
    """
    asked = {h for h in headers if h and not known(h)}
    for separator in SEPARATORS:
        stems = Counter(h[:_LONGEST_HEADING].rpartition(separator)[0] for h in asked)
        stems.pop("", None)
        shared = {stem: count for stem, count in stems.items() if count > 1}
        if separator == "/" and shared:
            return separator
        grouped = sum(count for stem, count in shared.items() if separator not in stem)
        if any(s in asked for s in stems) or grouped > max(1, 0.3 * len(asked)):
            return separator
    return "/"


def _word(header: str) -> str:
    return re.sub(r"^(meta|formhub)[.:]", r"\1/", header.casefold())


def ticked(cell: str) -> bool:
    """Whether the column of a choice says that it was ticked."""
    return cell.strip() in _TICKED


def _is_path(header: str) -> bool:
    return all(_XML_NAME.match(part) for part in re.split("[/:]", header[:_LONGEST_HEADING]))


def _signs(header: str, separator: str) -> list[int]:
    """Where a heading can be cut."""
    end = min(len(header) - 1, _LONGEST_HEADING)
    return [i for i in range(1, end) if header[i] == separator]


def _shared(headers: Sequence[str], separator: str) -> set[str]:
    """Beginnings, with their separator, of more than one heading."""
    count = Counter(h[: i + 1] for h in headers for i in _signs(h, separator))
    return {beginning for beginning, number in count.items() if number > 1}


def _choices(
    headers: list[str], cells: Sequence[tuple[str, ...]], separator: str
) -> list[tuple[str, str] | None]:
    """Give question and choice of each heading that is one choice of several."""
    taken = set(headers)
    families: dict[str, dict[int, str]] = {}
    for position, header in enumerate(headers):
        stem, rest = _cut(header, taken, separator)
        if stem:
            families.setdefault(stem, {})[position] = rest
    found: list[tuple[str, str] | None] = [None] * len(headers)
    for stem, members in families.items():
        columns = [cells[m] for m in members]
        ticks = all(c.strip() in _MARKS for column in columns for c in column)
        if ticks and (stem in taken or _answered_together(columns)):
            for position, rest in members.items():
                found[position] = (stem, rest)
    return found


def _cut(header: str, taken: set[str], separator: str) -> tuple[str, str]:
    """Cut a heading behind the longest part that is a heading itself, else at the last sign."""
    signs = _signs(header, separator)
    if not signs:
        return "", ""
    at = next((i for i in reversed(signs) if header[:i] in taken), signs[-1])
    return header[:at], header[at + 1 :]


def _answered_together(columns: list[tuple[str, ...]]) -> bool:
    """Whether 0/1 columns are the choices of one question.

    Its columns are filled or blank together, whoever answered has ticked one of them, and
    somebody has passed one over.
    """
    answered = [row for row in zip(*columns, strict=True) if any(c.strip() for c in row)]
    return (
        len(columns) > 1
        and any(c.strip() in _PASSED for row in answered for c in row)
        and all(all(c.strip() for c in row) and any(map(ticked, row)) for row in answered)
    )


def _leaf(header: str, separator: str, shared: set[str]) -> str:
    """Give the question's part of a heading, behind its groups.

    A label may hold the separator as a sign of its own: it is cut where others share the part.
    """
    if _is_path(header):
        return header.rpartition(separator)[2]
    cuts = [i for i in _signs(header, separator) if header[: i + 1] in shared]
    return header[cuts[-1] + 1 :].strip() if cuts else header


def _question(header: str, separator: str, shared: set[str]) -> Column:
    leaf = header if known(header) else _leaf(header, separator, shared)
    return Column(header, leaf, leaf)


def _choice(header: str, stem: str, choice: str, separator: str) -> Column:
    leaf = stem.rpartition(separator)[2] if _is_path(stem) else stem
    return Column(header, f"{leaf}/{choice}", leaf, choice, stem)


def _with_roles(columns: list[Column], cells: Sequence[tuple[str, ...]]) -> list[Column]:
    headers = {c.header for c in columns}
    stems = {c.stem for c in columns if c.stem}
    places = Counter(place for c in columns if (place := _place(c.header)))
    of_place = {name for name, count in places.items() if count > 1}
    files = {
        c.header for c, values in zip(columns, cells, strict=True)
        if f"{c.header}_URL" in headers and all(_FILE.match(v) for v in values if v.strip())
    }  # fmt: skip
    result = []
    for column, values in zip(columns, cells, strict=True):
        role, field = _own_role(column.header, values)
        if role == "answer":
            hidden = column.header.removesuffix("_URL") in files
            here = {_place(column.header), column.ident} & of_place
            role = "personal" if hidden or here else _asked_role(column.header, headers, stems)
        result.append(replace(column, role=role, field=field))
    return result


def _place(header: str) -> str:
    """Name the question of a position on the map, from the heading of one coordinate."""
    match = _PLACE.match(header[:_LONGEST_HEADING])
    return (match[1] or match[2]) if match else ""


def _own_role(header: str, cells: Sequence[str]) -> tuple[str, str]:
    """Give role and field of a column that the platform adds."""
    word = _word(header)
    if word in PERSONAL:
        return "personal", word
    if word in META or word.startswith(("_submission__", _REPEATED)):
        return "meta", word
    if word in EMBEDDED or _VERSION.match(word):
        return "embedded", "version" if _VERSION.match(word) else word
    if word in _CLOCK and any(_MOMENT.match(c.strip()) for c in cells):
        return "meta", _CLOCK[word]
    return "answer", ""


def _asked_role(header: str, headers: set[str], stems: set[str]) -> str:
    if header in stems:
        return "order"
    question = header.removesuffix("_other")
    return "text" if question != header and question in headers | stems else "answer"
