"""What people add to an export: a title, headings again, numbers of rows, R's ``NA``."""

from __future__ import annotations

import re
from dataclasses import replace

from mspsurvey.intake.readers.file.book import Book

_MOST_TITLES, _FEWEST_COLUMNS = 6, 3
_NAMELESS = ("", "Unnamed: 0")
_NA = "NA"
_MEASURED = re.compile(
    r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?|TRUE|FALSE|\d{4}-\d\d-\d\d([ T][\d:.]+Z?)?"
)
_FEWEST_HELD = 3
"""Columns with ``NA`` that show R's hand; in one it may be typed."""


def without_title(book: Book) -> Book | None:
    """Leave out the first rows of one cell each; None where there are none.

    They may be headings with gaps, so that the caller has to see whether the rest is known.
    """
    rows = book.main.rows
    lone = [sum(bool(cell.strip()) for cell in row) == 1 for row in rows[:_MOST_TITLES]]
    count = next((place for place, title in enumerate(lone) if not title), 0)
    if not count or len(rows[0]) < _FEWEST_COLUMNS:
        return None
    titles = [" ".join("".join(row).split())[:60] for row in rows[:count]]
    problems = [f"a title stands above the headings: '{title}'" for title in titles]
    return _with_rows(book, rows[count:], problems)


def without_numbers(book: Book) -> Book:
    """Leave out a first column that has no name and counts the rows, as programs write it."""
    heading, *rows = book.main.rows
    numbers = [row[0].strip() for row in rows]
    counted = any(numbers == [str(i + first) for i in range(len(rows))] for first in (0, 1))
    if heading[0].strip() not in _NAMELESS or not rows or not counted:
        return book
    said = "a first column that counts the rows is left out"
    return _with_rows(book, [row[1:] for row in book.main.rows], [said])


def without_headings_again(book: Book) -> Book:
    """Leave out rows that repeat the headings, as where exports were put one below the other."""
    heading, *rows = book.main.rows
    kept = [row for row in rows if row != heading]
    again = len(rows) - len(kept)
    if not again or len(heading) < _FEWEST_COLUMNS:
        return book
    return _with_rows(book, [heading, *kept], [f"{again} rows repeat the headings; left out"])


def without_na(book: Book) -> Book:
    """Blank the ``NA`` that R writes for what is missing: in numbers and dates, or in any blank.

    One that is typed has no such company: other cells beside it are blank.
    """
    heading, *rows = book.main.rows
    held = [cells for cells in zip(*rows, strict=True) if _NA in cells]
    sure = sum(map(_measured, held)) if any("" in row for row in rows) else len(held)
    if sure < _FEWEST_HELD:
        return book
    kept = [["" if cell == _NA else cell for cell in row] for row in rows]
    return _with_rows(book, [heading, *kept], ["cells with 'NA', as R writes them, are blank"])


def _measured(cells: tuple[str, ...]) -> bool:
    """Whether a column holds numbers or dates, and nothing else but blanks."""
    filled = {cell for cell in cells if cell not in ("", _NA)}
    return bool(filled) and all(map(_MEASURED.fullmatch, filled))


def _with_rows(book: Book, rows: list[list[str]], problems: list[str]) -> Book:
    main = replace(book.main, rows=rows, problems=(*book.main.problems, *problems))
    return replace(book, sheets=(main, *book.sheets[1:]))
