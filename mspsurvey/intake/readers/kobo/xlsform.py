"""A form written as an XLSForm workbook, read tolerantly.

Forms in the field have duplicate names, doubled columns and spellings of ten years. What
can be understood is kept, and what is odd is reported; whether a form is valid is not asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import clean_header
from mspsurvey.intake.readers.file.book import Book, read_book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.kobo.form import UNNAMED, Form, FormChoice, FormField

_SELECT = re.compile(
    r"(?:add )?(?P<how>select[_ ]?(?:one|1|multiple|all that apply)(?: prompt)?|rank)"
    r"(?:_from_file|_external| from file| external)?"
    r"(?: (?:from|using))?\s+(?P<list>\S+)(?P<other>\s+(?:or[_ ]other|or specify other))?\s*\Z",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"begin[_ ]+(?:looped[_ ])?(?P<what>\w+)(?:\s+over\s+\S+)?", re.IGNORECASE)
_END = re.compile(r"end[_ ]+\w+(?:[_ ]+\w+)*\Z", re.IGNORECASE)
_OF_A_FORM = re.compile(
    r"(select|begin|text|integer|decimal|note|date|start|calculate|image|geopoint)", re.IGNORECASE
)
_LABEL = re.compile(r"label\s*(?:::?\s*(?P<language>.+))?\Z", re.IGNORECASE)
# The choice that "or other" adds to a list, as forms have it when they are fielded.
_OTHER = {"name": "other", "label": "Other"}


def holds_a_form(book: Book) -> bool:
    """Whether a workbook is a form, not data."""
    rows = _rows(book, "survey")
    # Responses to a form called "survey" may have questions of these two names.
    return any("name" in row and _OF_A_FORM.match(row.get("type", "")) for row in rows)


def read_xlsform(path: Path) -> Form:
    """Read a form.

    Raises
    ------
    ReadError
        Where the file is no workbook with a sheet ``survey`` that has types and names.
    """
    book = read_book(path)
    if not holds_a_form(book):
        sheets = ", ".join(repr(c.name) for c in book.sheets[:6])
        raise ReadError(
            f"{path.name} should be a form: an XLSForm with columns 'type' and 'name' in a "
            "sheet 'survey'.",
            f"It is a workbook with {sheets}." if book.workbook else "It is a delimited text.",
            "Download the form from the project, as XLS.",
        )
    survey, choices = _rows(book, "survey"), _rows(book, "choices")
    settings = next(iter(_rows(book, "settings")), {})
    walk = _Walk()
    for row in survey:
        walk.step(row)
    own = {(row.get("list_name"), row.get("name")) for row in choices}
    others = [
        {"list_name": n, **_OTHER} for n in sorted(walk.with_other) if (n, "other") not in own
    ]
    lists, problems = _lists([*choices, *_rows(book, "external_choices"), *others])
    return Form(
        settings.get("form_title", ""),
        settings.get("form_id", settings.get("id_string", "")),
        tuple(walk.fields),
        lists,
        walk.groups,
        tuple(walk.repeats),
        _languages([*survey, *choices], settings.get("default_language", "")),
        (*_doubled_columns(book), *_doubled_names(walk.fields), *walk.problems, *problems),
    )


def _sheet(book: Book, name: str) -> Cells | None:
    return next((c for c in book.sheets if c.name.strip().casefold() == name), None)


def _headers(cells: Cells) -> list[str]:
    return [re.sub(r"\s+", " ", c).strip().casefold() for c in cells.rows[0]]


def _rows(book: Book, name: str) -> list[dict[str, str]]:
    """Give the rows of a sheet by heading; the first filled one of doubled headings."""
    cells = _sheet(book, name)
    if cells is None:
        return []
    headers = [
        h if h in _PLAIN else clean_header(raw)
        for h, raw in zip(_headers(cells), cells.rows[0], strict=True)
    ]
    rows = []
    for row in cells.rows[1:]:
        found: dict[str, str] = {}
        for header, cell in zip(headers, row, strict=True):
            if cell.strip() and header not in found:
                found[_PLAIN.get(header, header)] = cell.strip()
        rows.append(found)
    return rows


_PLAIN = {
    "type": "type", "name": "name", "value": "name", "list_name": "list_name",
    "list name": "list_name", "form_title": "form_title", "form title": "form_title",
    "form_id": "form_id", "id_string": "form_id", "default_language": "default_language",
    "kobo--rank-items": "list_name", "kobo--score-choices": "list_name",
}  # fmt: skip
"""Columns under the names that forms use for them."""


class _Walk:
    """The state of reading a sheet ``survey`` from top to bottom: which groups are open."""

    def __init__(self) -> None:
        self.open: list[tuple[str, str, str]] = []
        self.fields: list[FormField] = []
        self.groups: dict[str, dict[str, str]] = {}
        self.repeats: list[str] = []
        self.problems: list[str] = []
        self.with_other: set[str] = set()

    def step(self, row: Mapping[str, str]) -> None:
        """Take in one row."""
        kind = " ".join(row.get("type", "").split())
        begin = _BEGIN.match(kind)
        if begin:
            self._begin(begin["what"].casefold(), row)
        elif _END.match(kind):
            self._end()
        elif kind and row.get("name"):
            self._field(kind, row)

    def _begin(self, what: str, row: Mapping[str, str]) -> None:
        name = row.get("name", "")
        self.open.append((what, name, row.get("list_name", "")))
        self.groups["/".join(self._names())] = _labels(row)
        if what in ("repeat", "loop"):
            self.repeats.append(name)

    def _end(self) -> None:
        if self.open:
            self.open.pop()
        else:
            self.problems.append("a group ends that was never begun")

    def _names(self) -> tuple[str, ...]:
        return tuple(name for _, name, _ in self.open if name)

    def _field(self, kind: str, row: Mapping[str, str]) -> None:
        select = _SELECT.match(kind)
        choices = select["list"] if select else ""
        plain = _kind(select["how"]) if select else kind.casefold().replace(" ", "_")
        if kind in ("score__row", "rank__level") and self.open:
            plain, choices = "select_one", self.open[-1][2]
        around = [name for what, name, _ in self.open if what in ("repeat", "loop")]
        repeat = around[-1] if around else ""
        asked = FormField(row["name"], plain, self._names(), _labels(row), choices, repeat)
        self.fields.append(asked)
        if select and select["other"]:
            self.with_other.add(choices)
            other = {k: f"{v} – specify other" for k, v in asked.labels.items()}
            self.fields.append(
                FormField(f"{asked.name}_other", "text", asked.groups, other, "", repeat)
            )


def _kind(how: str) -> str:
    word = how.casefold()
    if word == "rank":
        return "rank"
    return "select_multiple" if "multiple" in word or "all that" in word else "select_one"


def _labels(row: Mapping[str, str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for header, text in row.items():
        match = _LABEL.match(header)
        if match:
            labels.setdefault((match["language"] or UNNAMED).strip(), clean_header(text))
    return labels


def _languages(rows: Sequence[Mapping[str, str]], default: str) -> tuple[str, ...]:
    found = dict.fromkeys(language for row in rows for language in _labels(row))
    first = next((n for n in found if n.casefold() == default.casefold()), None)
    order = [first] if first is not None else []
    return tuple(order + [n for n in found if n != first]) or (UNNAMED,)


def _lists(
    rows: Sequence[Mapping[str, str]],
) -> tuple[dict[str, tuple[FormChoice, ...]], list[str]]:
    lists: dict[str, dict[str, FormChoice]] = {}
    differing: Counter[str] = Counter()
    for row in rows:
        name, code = row.get("list_name", ""), row.get("name", "")
        if not name or not code:
            continue
        known = lists.setdefault(name, {})
        choice = FormChoice(code, _labels(row))
        # A cascade names one place under each of those above it.
        if code in known and known[code].labels != choice.labels:
            differing[name] += 1
        known.setdefault(code, choice)
    problems = [
        f"{n} choices of list '{name}' have a name that stands before with another label"
        for name, n in differing.items()
    ]
    return {name: tuple(known.values()) for name, known in lists.items()}, problems


def _doubled_names(fields: Sequence[FormField]) -> list[str]:
    count = Counter(f.path for f in fields)
    doubled = [path for path, n in count.items() if n > 1]
    return [f"the name '{path}' stands {count[path]} times in the form" for path in doubled]


def _doubled_columns(book: Book) -> list[str]:
    problems = []
    for name in ("survey", "choices", "settings"):
        cells = _sheet(book, name)
        if cells is not None:
            count = Counter(h for h in _headers(cells) if h)
            problems += [
                f"the sheet '{name}' has {n} columns '{h}'; the first filled one is taken"
                for h, n in count.items() if n > 1
            ]  # fmt: skip
    return problems
