"""Exports of KoboToolbox, and of ODK Central and Briefcase: CSV or a workbook.

A question that routing hid is blank, as is one that was left open. Repeated groups are further
sheets of the workbook, joined by ``_parent_index``; ODK writes files of their own, joined by
``PARENT_KEY``, beside the main one or with it in a zip. A CSV export of Kobo leaves them out.
Times of the device carry their offset; ``_submission_time`` is UTC.
"""

from __future__ import annotations

import pandas as pd

from mspsurvey.errors import ReadError
from mspsurvey.intake.readers.export import (
    Platform,
    RawExport,
    by_role,
    by_row,
    clean_header,
    column_table,
    make_meta,
    table,
    unique_names,
)
from mspsurvey.intake.readers.file.book import Book
from mspsurvey.intake.readers.file.delimited import Cells
from mspsurvey.intake.readers.kobo.columns import (
    Column,
    find_separator,
    named,
    take_apart,
    ticked,
)
from mspsurvey.intake.readers.kobo.describe import describe
from mspsurvey.intake.readers.kobo.own import known, plain, without_nothing
from mspsurvey.intake.readers.kobo.repeats import (
    Table,
    is_repeat,
    link_repeats,
    with_repeats_beside,
)
from mspsurvey.intake.readers.kobo.xlsform import holds_a_form
from mspsurvey.intake.readers.times import names_zone, parse_times

_OF_KOBO = {
    "_uuid", "_submission_time", "_validation_status", "__version__", "_submitted_by",
    "_parent_table_name", "_parent_index", "_xform_id_string", "formhub/uuid",
    "meta/instanceid", "_submission__uuid", "_status", "_tags", "_xform_id",
}  # fmt: skip
_OF_ODK = {"submissiondate", "meta-instanceid", "meta/instanceid", "instanceid", "parent_key"}
_OF_AGGREGATE = {"*meta-instance-id*", "*meta-submission-date*"}
_IDS = (
    "_id", "_uuid", "key", "meta/instanceid", "meta-instanceid", "instanceid",
    "*meta-instance-id*", "rootuuid", "_index",
)  # fmt: skip

_SENT = ("_submission_time", "submissiondate", "*meta-submission-date*")

_PROBED = 500


def sniff(book: Book) -> tuple[float, str]:
    """Say how sure it is that Kobo or ODK wrote the file: ``names``, ``labels`` or ``odk``."""
    if holds_a_form(book):
        return 0.9, "form"
    headers = [plain(c) for c in _main(book).rows[0]]
    words = {h.casefold() for h in headers}
    style = "names" if named(headers) else "labels"
    if ("key" in words and words & _OF_ODK) or words & _OF_AGGREGATE:
        return 0.95, "odk"
    signs = len(words & _OF_KOBO)
    if signs:
        return min(1.0, 0.5 + 0.15 * signs), style
    return _by_headings(headers, _main(book)), style


def _by_headings(headers: list[str], cells: Cells) -> float:
    """Weigh headings without metadata: paths of names, 0/1 columns beside ``question``."""
    paths = sum("/" in h and not known(h) for h in headers)
    if not paths or not named(headers):
        return 0.1
    if {"_index", "start", "end"} <= set(headers):
        return 0.8
    if find_separator(headers) == "/" and any(c.choice for c in take_apart(cells.rows[:_PROBED])):
        return 0.7
    return 0.55 if paths > 1 else 0.1


def read(book: Book, dialect: str, time_zone: str | None) -> RawExport:
    """Read one export.

    Raises
    ------
    ReadError
        Where the file is a form, or the table of a repeated group alone.
    """
    if dialect == "form":
        raise ReadError(
            "The responses to a form were wanted.",
            "The file is the form itself (an XLSForm: sheets 'survey' and 'choices').",
            "Give the export of the data, and this file as its codebook.",
        )
    main = _main(book)
    if is_repeat(main):
        raise ReadError(
            "The main table of an export was wanted.",
            f"The file holds a repeated group only (its rows belong to others, by "
            f"{', '.join(c for c in main.rows[0] if 'parent' in c.casefold())}).",
            "Give the file with one row for each response; repeats beside it are read with it.",
        )
    whole = _table(main, dialect, time_zone)
    repeats = {
        # Of a zip: form.csv and form-group.csv.
        c.name.removeprefix(f"{main.name}-" if c.delimiter else ""): _table(c, dialect, time_zone)
        for c in book.sheets
        if is_repeat(c)
    }
    left = [c.name for c in book.sheets if c is not main and not is_repeat(c)]
    if left:
        whole.export.problems.append(f"sheets not read: {', '.join(left)}")
    elsewhere = [h for h in main.rows[0] if h.casefold().startswith("set-of-")]
    if elsewhere and not repeats:
        names = ", ".join(h[len("set-of-") :] for h in elsewhere)
        whole.export.problems.append(f"the rows of {names} stand in files of their own")
    return link_repeats(whole, repeats)


def _main(book: Book) -> Cells:
    return next((c for c in book.sheets if not is_repeat(c)), book.main)


def _table(cells: Cells, dialect: str, time_zone: str | None) -> Table:
    rows, problems = _without_tags(cells.rows)
    rows, more = without_nothing(rows)
    problems += more
    columns = take_apart(rows, odk=dialect == "odk")
    names = unique_names([c.header for c in columns], [""] * len(columns))
    frame = table(rows[1:], names)
    for column, name, header in zip(columns, names, rows[0], strict=True):
        if name != column.header:
            problems.append(f"the heading {header!r} stands twice; one column is called {name!r}")
    listing = column_table(
        (n, clean_header(h), c.ident, c.wording, c.choice, c.role)
        for n, h, c in zip(names, rows[0], columns, strict=True)
    )
    problems += _contradictions(columns, frame)
    merged = _merge_versions(columns, frame, problems)
    meta, more = _meta(frame, columns, time_zone)
    answers, personal = by_role(merged, listing)
    export = RawExport(answers, listing, meta, "kobo", dialect, problems + more, personal=personal)
    return Table(export, frame)


def _without_tags(rows: list[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Take out the row of HXL tags that an export may have under its headings."""
    if len(rows) > 1:
        filled = [c.strip() for c in rows[1] if c.strip()]
        if filled and all(c.startswith("#") and len(c) > 1 for c in filled):
            return [rows[0], *rows[2:]], ["a row of HXL tags under the headings was left out"]
    return rows, []


def _contradictions(columns: list[Column], frame: pd.DataFrame) -> list[str]:
    """Report questions whose joined cell and 0/1 columns say different things."""
    problems = []
    place = {c.header: i for i, c in enumerate(columns)}
    stems: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if column.stem in place:
            stems.setdefault(column.stem, []).append(i)
    for stem, members in stems.items():
        joined = frame.iloc[:, place[stem]]
        ticks = [frame.iloc[:, m].map(ticked).to_numpy() for m in members]
        # As sets of words, for the cell has the order in which the choices were ticked.
        said = [
            sorted(" ".join(columns[m].choice for m, t in zip(members, row, strict=True) if t)
                   .split())
            for row in zip(*ticks, strict=True)
        ]  # fmt: skip
        odd = sum(sorted(c.split()) != s for c, s in zip(joined, said, strict=True))
        if odd:
            problems.append(
                f"'{stem}': in {odd} rows the joined cell contradicts the columns of its choices; "
                "the columns are taken"
            )
    return problems


def _merge_versions(
    columns: list[Column], frame: pd.DataFrame, problems: list[str]
) -> pd.DataFrame:
    """Fill the last of the columns that one question has had in successive versions.

    Only where no version of the form has filled two of them: then they are one question that
    was moved to another group.
    """
    version = [i for i, c in enumerate(columns) if c.field == "version"]
    if not version:
        return frame
    versions = frame.iloc[:, version].agg("".join, axis=1)
    same: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if column.role in ("answer", "text"):
            same.setdefault(column.ident, []).append(i)
    merged = frame.copy()
    for ident, members in same.items():
        used = [set(versions[frame.iloc[:, m].str.strip().ne("")]) for m in members]
        if len(members) < 2 or not all(used) or len(set.union(*used)) < sum(map(len, used)):
            continue
        last = members[-1]
        for member in members[:-1]:
            blank = merged.iloc[:, last].str.strip().eq("")
            name = merged.columns[last]
            merged[name] = merged[name].mask(blank, frame.iloc[:, member])
        earlier = ", ".join(frame.columns[m] for m in members[:-1])
        problems.append(
            f"'{ident}' has moved between versions of the form; "
            f"'{frame.columns[last]}' holds the answers of {earlier} too"
        )
    return merged


def _meta(
    frame: pd.DataFrame, columns: list[Column], time_zone: str | None
) -> tuple[pd.DataFrame, list[str]]:
    names = {c.field: n for c, n in reversed(list(zip(columns, frame.columns, strict=True)))}
    values: dict[str, pd.Series] = {
        "resp_id": _ids(frame, names),
        "finished": pd.Series([True] * len(frame), dtype="bool"),
    }
    problems = []
    for field in ("started", "ended"):
        if field in names:
            values[field], more = parse_times(frame[names[field]], time_zone)
            problems += [f"{names[field]}: {p}" for p in more]
            naive = time_zone is None and not frame[names[field]].map(names_zone).any()
            if naive and values[field].notna().any():
                problems.append(f"{names[field]} names no time zone; times are taken as UTC")
    sent = next((names[field] for field in _SENT if field in names), "")
    if sent:
        values["ended"], more = _or_sent(values.get("ended"), frame[sent])
        problems += more
    if "started" in values and "ended" in values:
        values["duration_s"] = (values["ended"] - values["started"]).dt.total_seconds()
    if not any(field in names for field in (*_IDS, "_parent_index")):
        problems.append("there is no id of the response; responses are named by their row")
    return make_meta(len(frame), values), problems


def _or_sent(ended: pd.Series | None, sent: pd.Series) -> tuple[pd.Series, list[str]]:
    times, problems = parse_times(sent, "UTC")
    return (times if ended is None else ended.fillna(times)), problems


def _ids(frame: pd.DataFrame, names: dict[str, str]) -> pd.Series:
    """Give the first id that no two responses share; the others where it is blank."""
    found = [frame[names[field]].str.strip() for field in _IDS if field in names]
    # A spreadsheet may have rounded the numbers: 4.21E+08.
    found.sort(key=lambda ids: bool(ids[ids.ne("")].duplicated().any()))
    ids = pd.Series([""] * len(frame), dtype="str")
    for more in found:
        ids = ids.where(ids.ne(""), more)
    return ids.where(ids.ne(""), by_row(len(frame)))


PLATFORM = Platform(
    "kobo",
    sniff,
    read,
    "columns _uuid, _submission_time, KEY, or headings like group/question",
    describe,
    "the XLSForm",
    with_repeats_beside,
)
