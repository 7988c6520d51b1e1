"""A raw export, whichever platform wrote it: answers, columns, metadata, problems."""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mspsurvey.errors import ReadError, did_you_mean
from mspsurvey.intake.readers.file.book import Book

ROLES = ("answer", "text", "timing", "order", "embedded", "meta", "personal")
"""What a column of an export is; ``meta`` and ``personal`` are not among the answers."""

META_FIELDS = (
    "row", "resp_id", "sample_id", "started", "ended", "duration_s", "progress", "finished",
    "status", "language", "last_page",
)  # fmt: skip
# Tags within a line part no words; the others do.
_INLINE = re.compile(
    r"</?(?:a|b|em|font|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?>", re.IGNORECASE
)
_TAGS = re.compile(r"<(?:[a-zA-Z/!][^<>]*)>")
# Zero-width marks inside codes: LimeSurvey carries them over from pasted labels.
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200c\u2060")
_CATEGORY_LIMIT = 40


@dataclass(frozen=True)
class RawExport:
    """One export as it was written, with nothing decided yet about its content.

    Attributes
    ----------
    answers : DataFrame of str, responses × answer columns
        As typed; a blank is ``""``, never missing.
    columns : DataFrame
        One row for each column of the file: ``name`` (unique), ``header`` (as written),
        ``id`` (of the platform, stable), ``wording``, ``choice`` and ``role``.
    meta : DataFrame
        ``row`` (record counted from 1), ``resp_id``, ``sample_id``, ``started``, ``ended``
        (UTC), ``duration_s``, ``progress`` (percent), ``finished``, ``status`` (real, test,
        preview, spam, imported, offline), ``language`` and ``last_page`` (number of the
        last page sent); aligned with ``answers``.
    platform, dialect : str
        Who wrote the file, and which of its forms this is.
    problems : list of str
        What a reader should know about the file.
    not_shown : str or None
        The cell that means "the respondent did not see this", where the platform has one.
    choices : DataFrame of str
        What the file, or its codebook, says of the codes in a column: ``name`` (of the
        column), ``code`` (as in the answers), ``label``, and ``missing`` (a key of
        ``MISSING_REASONS``, "user" where the file only says that the code is no answer,
        else ""). Empty where nothing is said.
    linked : mapping of str to RawExport
        Tables of repeated groups, by name; their ``meta`` has the ``resp_id`` of the response
        that each row belongs to.
    personal : DataFrame of str
        Cells of the ``personal`` columns, aligned with the answers; never leaves intake.
    """

    answers: pd.DataFrame
    columns: pd.DataFrame
    meta: pd.DataFrame
    platform: str
    dialect: str
    problems: list[str] = field(default_factory=list)
    not_shown: str | None = None
    path: Path | None = None
    choices: pd.DataFrame = field(default_factory=lambda: choice_table([]))
    linked: Mapping[str, RawExport] = field(default_factory=dict)
    personal: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __len__(self) -> int:
        """Count the responses."""
        return len(self.meta)

    @property
    def cells(self) -> pd.DataFrame:
        """Answers and personal columns side by side."""
        return pd.concat([self.answers, self.personal], axis=1)

    def frame(self) -> pd.DataFrame:
        """Give metadata and answers in one table, with numbers, dates and categories."""
        return pd.concat([self.meta, typed(self)], axis=1)

    def wording(self, name: str) -> str:
        """Exact wording above one column."""
        known = self.columns.set_index("name")["wording"]
        if name not in known.index:
            raise ReadError(
                "A column of the export was wanted.",
                f"There is none called '{name}'.",
                did_you_mean(name, known.index),
            )
        return str(known[name])


COLUMNS = ("name", "header", "id", "wording", "choice", "role")
CHOICES = ("name", "code", "label", "missing")


def column_table(rows: Iterable[tuple[str, str, str, str, str, str]]) -> pd.DataFrame:
    """Make the table of columns from rows of name, header, id, wording, choice and role."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS), dtype="str")


def choice_table(rows: Sequence[tuple[str, str, str, str]]) -> pd.DataFrame:
    """Make the table of choices from rows of column, code, label and reason of missing."""
    return pd.DataFrame(list(rows), columns=list(CHOICES), dtype="str")


Sniffer = Callable[[Book], tuple[float, str]]
Reader = Callable[[Book, str, str | None], RawExport]
Describer = Callable[[RawExport, Path], RawExport]
Gatherer = Callable[[Book, Path], Book]


@dataclass(frozen=True)
class Platform:
    """A platform whose exports can be read: how to know them, and how to read them.

    Attributes
    ----------
    sniff : callable
        From a ``Book`` to a confidence (0 to 1) and the dialect.
    read : callable
        From a ``Book``, the dialect and a time zone to a ``RawExport``.
    looked_for : str
        The evidence, in words, for the error.
    describe : callable, optional
        Adds wording, choices and roles from the platform's own codebook (a .qsf, .lss,
        XLSForm, data dictionary, or a second export with the labels).
    codebook : str
        What such a codebook is, in words.
    gather : callable, optional
        Adds to a ``Book`` the tables that belong to it and lie beside its file.
    """

    name: str
    sniff: Sniffer
    read: Reader
    looked_for: str
    describe: Describer | None = None
    codebook: str = ""
    gather: Gatherer | None = None


def clean_header(text: str) -> str:
    """Give the words of a header: no tags, no entities, single blanks."""
    plain = text
    if "<" in text or "&" in text:
        plain = html.unescape(_TAGS.sub(" ", _INLINE.sub("", text)))
    return " ".join(plain.translate(_INVISIBLE).split())


def unique_names(headers: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Make column names unique: a doubled one is joined with its stable id.

    Examples
    --------
    >>> unique_names(["Q4", "Q4", "Q5"], ["QID5-1", "QID5-4", "QID6"])
    ['Q4~QID5-1', 'Q4~QID5-4', 'Q5']
    """
    count: dict[str, int] = {}
    for header in headers:
        count[header] = count.get(header, 0) + 1
    names: list[str] = []
    taken: set[str] = set()
    for position, (header, ident) in enumerate(zip(headers, ids, strict=True), 1):
        base = header or f"column_{position}"
        name = f"{base}~{ident or position}" if count[header] > 1 and header else base
        name = f"{name}~{position}" if name in taken else name
        taken.add(name)
        names.append(name)
    return names


def table(rows: Sequence[Sequence[str]], names: Sequence[str]) -> pd.DataFrame:
    """Make a frame of text; zero-width marks are taken out of the cells."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    data = {}
    for name, cells in zip(names, columns, strict=True):
        whole = "".join(cells)
        dirty = not whole.isascii() and whole.translate(_INVISIBLE) != whole
        values = [c.translate(_INVISIBLE) for c in cells] if dirty else list(cells)
        data[name] = pd.array(values, dtype="str")
    return pd.DataFrame(data, index=pd.RangeIndex(len(rows)))


def by_role(frame: pd.DataFrame, columns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the cells of the answers, and those of the personal columns."""
    role = columns["role"]
    answers = columns.loc[~role.isin(["meta", "personal"]), "name"]
    return frame[list(answers)], frame[list(columns.loc[role.eq("personal"), "name"])]


def by_row(size: int) -> pd.Series:
    """Name responses by their row, where a file has no id for them."""
    return pd.Series([f"row_{i}" for i in range(1, size + 1)], dtype="str")


def make_meta(size: int, values: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Give the metadata table, with a blank column for what the platform does not say."""
    blank = pd.Series([""] * size, dtype="str")
    nothing = pd.Series([float("nan")] * size, dtype="float64")
    never = pd.Series([pd.NaT] * size, dtype="datetime64[us, UTC]")
    default: dict[str, pd.Series] = {
        "row": pd.Series(range(1, size + 1), dtype="int64"),
        "duration_s": nothing,
        "progress": nothing,
        "last_page": nothing,
        "started": never,
        "ended": never,
        "finished": pd.Series([False] * size, dtype="bool"),
        "status": pd.Series(["real"] * size, dtype="str"),
    }
    return pd.DataFrame({f: values.get(f, default.get(f, blank)) for f in META_FIELDS})


def to_number(texts: pd.Series) -> pd.Series:
    """Read plain numbers; NaN elsewhere."""
    return pd.to_numeric(texts.str.strip().replace("", None), errors="coerce").astype("float64")


def typed(export: RawExport) -> pd.DataFrame:
    """Give the answers the types that they show, without an instrument.

    A column whose answers are all numbers becomes float64, all dates datetime64, few
    different texts a category, else text; blanks and "not shown" become missing.

    Returns
    -------
    DataFrame
        Same rows and columns as ``export.answers``.
    """
    return pd.DataFrame(
        {name: _typed(cells, export.not_shown) for name, cells in export.answers.items()},
        index=export.answers.index,
    )


def _typed(cells: pd.Series, not_shown: str | None) -> pd.Series:
    present = cells.str.strip().ne("")
    if not_shown is not None:
        present &= cells.ne(not_shown)
    values = cells.where(present)
    known = values.dropna()
    if known.empty:
        return pd.Series(float("nan"), index=cells.index, dtype="float64")
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().all() and not known.str.match(r"0\d").any():
        return pd.to_numeric(values).astype("float64")
    if known.str.match(r"\d{4}-\d\d-\d\d").all():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dates = pd.to_datetime(values, format="ISO8601", errors="coerce")
        if dates.notna().sum() == len(known):
            return dates
    different = known.nunique()
    if different <= _CATEGORY_LIMIT and (different <= 12 or different * 2 <= len(known)):
        return values.astype("category")
    return values
