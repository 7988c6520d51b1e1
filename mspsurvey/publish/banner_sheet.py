"""Banners as workbooks: numbers that stay numbers, and the same bytes every time."""

from __future__ import annotations

import datetime as dt
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mspsurvey.files import write_whole
from mspsurvey.inference.banner.banner import Banner
from mspsurvey.inference.banner.rows import Block, Line
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import FEW, FLAG, HIDDEN, SUPPRESS, SUPPRESSED
from mspsurvey.publish.banner_table import (
    RESPONDENTS,
    WEIGHTED,
    column_words,
    headings,
    item_words,
)
from mspsurvey.publish.chart.datum import neutral

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""The date in the file: one for all, so that the same table has the same bytes."""

FIRST_COLUMN, OTHER_COLUMNS = 44, 13
"""Widths in characters."""


def write_workbook(
    banner: Banner, path: str | Path, *, title: str = "", subtitle: str = ""
) -> Path:
    """Write a banner as an Excel workbook of three sheets: Banner, Data, Notes.

    Shares are fractions with a percent format, so that they can be computed with; letters
    and the mark of low reliability belong to the format. What is suppressed is ``[c]``, and no
    sheet holds its number. Text that a spreadsheet would run is neutralised.

    Parameters
    ----------
    banner : Banner
    path : str or Path
        Ends in ``.xlsx``. It is written whole or not at all.
    title, subtitle : str
        Heading; the title defaults to the items, the subtitle to the population.

    Returns
    -------
    Path
    """
    from xlsxwriter import Workbook  # slow to import, and only workbooks need it

    target, buffer = Path(path), io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(buffer, options)
    heading = title or ", ".join(b.label for b in banner.blocks[:3])
    book.set_properties({"title": heading, "created": CREATED.replace(tzinfo=None)})
    _Sheet(book, banner).write(heading, subtitle or banner.source.population)
    _write_data(book.add_worksheet("Data"), banner)
    _write_notes(book.add_worksheet("Notes"), [heading, *banner.footer])
    book.close()
    return write_whole(target, buffer.getvalue())


class _Sheet:
    """The sheet that looks like the table, and where the next row goes."""

    def __init__(self, book: Workbook, banner: Banner) -> None:
        self.book, self.banner, self.row = book, banner, 0
        self.sheet = book.add_worksheet("Banner")
        self.formats: dict[tuple[str, bool], Any] = {}

    def write(self, title: str, subtitle: str) -> None:
        self.sheet.set_column(0, 0, FIRST_COLUMN)
        self.sheet.set_column(1, len(self.banner.columns), OTHER_COLUMNS)
        for text in (title, subtitle):
            self._text(0, text, bold=text is title)
            self.row += 1
        self._head()
        self.sheet.freeze_panes(self.row, 1)
        rows = list(self.banner.cells())
        for block, words in zip(self.banner.blocks, item_words(self.banner), strict=True):
            self._block(block, words, [(line, cells) for own, line, cells in rows if own is block])

    def _head(self) -> None:
        style = self.book.add_format({"bold": True, "align": "center", "bottom": 1})
        for words, places in headings(self.banner):
            first, last = places[0] + 1, places[-1] + 1
            if first == last:
                self.sheet.write_string(self.row, first, neutral(words), style)
            else:
                self.sheet.merge_range(self.row, first, self.row, last, "", style)
                self.sheet.write_string(self.row, first, neutral(words), style)
        self.row += 1
        for place, column in enumerate(self.banner.columns):
            self._text(place + 1, column_words(column), bold=True)
        self.row += 1

    def _block(
        self, block: Block, words: str, lines: list[tuple[Line, list[dict[str, Any]]]]
    ) -> None:
        self._text(0, words, bold=True)
        self.row += 1
        bases = self.banner.base_cells(block)
        for label, name, shown in ((RESPONDENTS, "n", 0), (WEIGHTED, "base", 1)):
            self._text(0, label)
            texts = self.banner.bases(block)[shown]
            for place, (cell, text) in enumerate(zip(bases, texts, strict=True)):
                if cell["hidden"]:
                    self._text(place + 1, text)
                else:
                    self._number(place + 1, float(cell[name]), "#,##0")
            self.row += 1
        for line, cells in lines:
            self._text(0, line.label)
            for place, cell in enumerate(cells):
                self._cell(place + 1, cell)
            self.row += 1

    def _cell(self, column: int, cell: dict[str, Any]) -> None:
        hidden = cell["verdict"] == SUPPRESS and not self.banner.override
        if hidden or math.isnan(cell["estimate"]):
            self._text(column, SUPPRESSED if hidden else "–")
            return
        mark = "[u]" if cell["verdict"] == FLAG else ""
        marks = " ".join(m for m in (mark, cell["above"]) if m)
        number = "0%" if cell["statistic"] == "share" else "#,##0.0"
        self._number(column, float(cell["estimate"]), f'{number}" {marks}"' if marks else number)

    def _number(self, column: int, value: float, form: str) -> None:
        self.sheet.write_number(self.row, column, value, self._format(form, bold=False))

    def _text(self, column: int, text: str, *, bold: bool = False) -> None:
        # Never write(), which guesses what a text is.
        self.sheet.write_string(self.row, column, neutral(text), self._format("@", bold=bold))

    def _format(self, form: str, *, bold: bool) -> Any:
        key = (form, bold)
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"num_format": form, "bold": bold})
        return self.formats[key]


def _write_data(sheet: Worksheet, banner: Banner) -> None:
    """Tidy table, one row a cell; blank numbers of a suppressed cell are ``[c]``."""
    frame = banner.frame
    hidden = banner.data["verdict"].eq(SUPPRESS).to_numpy()
    bases = banner.data["base_hidden"].to_numpy()
    small = banner.data["n"].lt(FEWEST_RESPONDENTS).to_numpy()
    for place, name in enumerate(frame.columns):
        sheet.write_string(0, place, str(name))
        for row, value in enumerate(frame[name]):
            if isinstance(value, str):
                sheet.write_string(row + 1, place, neutral(value))
            elif not math.isnan(value):
                sheet.write_number(row + 1, place, float(value))
            elif name == "n" and small[row]:
                sheet.write_string(row + 1, place, FEW)
            elif (hidden[row] and name in HIDDEN) or (bases[row] and name in ("n", "base", "df")):
                sheet.write_string(row + 1, place, SUPPRESSED)
    sheet.freeze_panes(1, 0)


def _write_notes(sheet: Worksheet, lines: list[str]) -> None:
    sheet.set_column(0, 0, 120)
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, neutral(line))
