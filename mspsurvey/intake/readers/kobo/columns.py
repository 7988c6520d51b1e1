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

from mspsurvey.intake.readers.kobo.own import all_media, known, own_role, plain

SEPARATORS = ("/", ":", ".", "-")
"""What may stand between group and question; a dot where R has saved the file again."""

# The platform's own group shows what it writes between group and question.
_INSTANCE = re.compile(r"meta([/:.-])instanceID\Z", re.IGNORECASE)
# A repeat laid out in one row counts its rounds: children[2]/name.
_XML_NAME = re.compile(r"[A-Za-z_][\w.-]*(?:\[\d+\])?\Z")
_PLACE = re.compile(
    r"(?:.*[/:.])?_(.+)_(?:latitude|longitude|altitude|precision)\Z"
    r"|(?:.*[:-])?([^:-]+?)[:-]?(?:Latitude|Longitude|Altitude|Accuracy)\Z"
)
_LONGEST_HEADING = 1000
_FILE = re.compile(r"\S.*\.\w{2,4}\Z")
# The platform writes 0 and 1; the rest is what spreadsheets and scripts make of them. Small
# letters are not among it: they are codes of a question.
_TICKED = {"1", "1.0", "TRUE", "True"}
_PASSED = {"0", "0.0", "FALSE", "False"}
_MARKS = _TICKED | _PASSED | {""}
_OF_ONA = {"True", "False"}


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
    columns = _with_roles(columns, cells)
    return _behind_key(columns) if odk else columns


def _behind_key(columns: list[Column]) -> list[Column]:
    """Take what Central puts behind its key, under names that come and go, for its own."""
    key = next((i for i, c in enumerate(columns) if c.field == "key"), len(columns))
    return [
        replace(c, role="embedded") if i > key and c.role == "answer" else c
        for i, c in enumerate(columns)
    ]


def named(headers: Sequence[str]) -> bool:
    """Whether the headings are names of questions, not labels."""
    asked = [h for h in headers if h and not known(h)]
    return sum(map(_is_path, asked)) >= 0.9 * len(asked)


def _of_odk(headers: Sequence[str]) -> str:
    """Give the sign of Central and Briefcase, or that of the Aggregate before them."""
    return ":" if any(h.startswith(("meta:", "*meta-")) for h in headers) else "-"


def find_separator(headers: Sequence[str]) -> str:
    """Find what stands between a group and its questions; "/" where nothing shows it.

    Names may hold a dot or a dash of their own: these divide only where a question stands
    beside its choices, or many headings share few beginnings.
    """
    own = next((m for h in headers if (m := _INSTANCE.match(h))), None)
    if own:
        return own[1]
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
    written = set(headers)
    taken = set(written)
    if not named(headers):
        # The label of a choice may hold the sign as well: other choices show where it begins.
        last = Counter(h[: signs[-1]] for h in headers if (signs := _signs(h, separator)))
        taken |= {stem for stem, count in last.items() if count > 1}
    families: dict[str, dict[int, str]] = {}
    for position, header in enumerate(headers):
        stem, rest = _cut(header, taken, separator)
        if stem:
            families.setdefault(stem, {})[position] = rest
    found: list[tuple[str, str] | None] = [None] * len(headers)
    for stem, members in families.items():
        columns = [cells[m] for m in members]
        ticks = all(c.strip() in _MARKS for column in columns for c in column)
        if ticks and (stem in written or _answered_together(columns)):
            for position, rest in members.items():
                found[position] = (stem, rest)
    return found


def _cut(header: str, taken: set[str], separator: str) -> tuple[str, str]:
    """Cut a heading behind the longest part that is taken, else at the last sign."""
    signs = _signs(header, separator)
    if not signs:
        return "", ""
    at = next((i for i in reversed(signs) if header[:i] in taken), signs[-1])
    return header[:at], header[at + 1 :]


def _answered_together(columns: list[tuple[str, ...]]) -> bool:
    """Whether 0/1 columns are the choices of one question.

    Its columns are filled or blank together, whoever answered has ticked one of them, and
    somebody has passed one over. Ona writes words, for nobody but choices, and for all of them.
    """
    answered = [row for row in zip(*columns, strict=True) if any(c.strip() for c in row)]
    together = len(columns) > 1 and all(all(c.strip() for c in row) for row in answered)
    if {c.strip() for row in answered for c in row} <= _OF_ONA:
        return together and bool(answered)
    passed = any(c.strip() in _PASSED for row in answered for c in row)
    return together and passed and all(any(map(ticked, row)) for row in answered)


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
    return Column(header, _round(header) or leaf, leaf)


def _round(header: str) -> str:
    """Name a question in one round of a repeat: its path from the first repeat on."""
    parts = header.split("/")
    at = next((i for i, part in enumerate(parts[:-1]) if part.endswith("]")), None)
    return "" if at is None or not _is_path(header) else "/".join(parts[at:])


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
        role, field = own_role(column.header, values)
        if role == "answer":
            hidden = column.header.removesuffix("_URL") in files or all_media(values)
            here = {_place(column.header), column.ident} & of_place
            role = "personal" if hidden or here else _asked_role(column.header, headers, stems)
        result.append(replace(column, role=role, field=field))
    return result


def _place(header: str) -> str:
    """Name the question of a position on the map, from the heading of one coordinate."""
    match = _PLACE.match(header[:_LONGEST_HEADING])
    return (match[1] or match[2]) if match else ""


def _asked_role(header: str, headers: set[str], stems: set[str]) -> str:
    if header in stems:
        return "order"
    question = header.removesuffix("_other")
    return "text" if question != header and question in headers | stems else "answer"
