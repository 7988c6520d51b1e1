"""Banner: many items by many columns in one table, with nets, bases and letters.

The usual table of survey research, done by the design: every cell is an estimate of
``Survey.share`` or ``Survey.mean`` with its interval and verdict, letters come from
design-based tests, and what is suppressed cannot be worked out from what is shown.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.banner.rows import Block, Line
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import (
    FEW,
    FLAG,
    HIDDEN,
    LESS_RELIABLE,
    SAMPLING_ERROR,
    SUPPRESS,
    SUPPRESSED,
    Estimates,
    view,
)
from mspsurvey.inference.result.exits import leave
from mspsurvey.inference.testing.result import ADJUSTMENTS

if TYPE_CHECKING:
    from great_tables import GT

TOTAL = "Total"


@dataclass(frozen=True)
class Column:
    """One column: a group of a variable, or everyone.

    ``by`` names the grouping variables, none for the total; ``heading`` are their words,
    ``label`` those of the group, ``letter`` what tests call it.
    """

    by: tuple[str, ...]
    codes: tuple[str, ...]
    heading: str
    label: str
    letter: str = ""


@dataclass(frozen=True)
class Letters:
    """How columns were compared: adjustment, its family, level, and the number of tests."""

    adjust: str
    family: str
    alpha: float
    count: int

    @property
    def words(self) -> str:
        """Say it, for the foot of the table."""
        ways = {"none": "not adjusted"}.get(self.adjust, f"{ADJUSTMENTS[self.adjust]} over")
        kind = "all of them" if self.family == "table" else "each row of a heading"
        how = ways if self.adjust == "none" else f"{ways} {kind}"
        return (
            "A letter names a column under the same heading whose figure is lower, by a "
            f"design-based t-test at {100 * self.alpha:.3g}% ({self.count:,} comparisons, {how})."
        )


@dataclass(frozen=True)
class Banner:
    """A table of estimates: blocks of rows by columns.

    Attributes
    ----------
    data : DataFrame
        One row a cell: ``block, item, level, kind, column, group``, the numbers of
        ``Estimates``, ``verdict``, ``why``, ``statistic``, ``base_hidden``, ``letter`` of the
        column and ``above``, the letters of the columns it is above. Cells come by row, then
        column.
    blocks, columns : tuple
        What the rows and the columns are, in order; the total first.
    letters : Letters or None
        None where nothing was compared.
    notes : tuple of str
        For the foot, before the base line.
    domains : mapping
        Domain of each block as code, by its name.
    """

    data: pd.DataFrame = field(repr=False)
    blocks: tuple[Block, ...]
    columns: tuple[Column, ...]
    source: Estimates = field(repr=False)
    letters: Letters | None = None
    notes: tuple[str, ...] = ()
    override: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """Tidy table as it may be published, one row a cell: suppressed ones are blank."""
        leave(self)
        frame = self.data.copy()
        if self.source.precision_kind == "none":
            frame[list(SAMPLING_ERROR)] = np.nan
        frame = frame.drop(columns="base_hidden")
        if self.override:
            return frame
        hidden = self.data["verdict"].eq(SUPPRESS)
        frame[list(HIDDEN)] = frame[list(HIDDEN)].astype("float64").mask(hidden)
        for name in ("n", "base", "df"):
            frame[name] = frame[name].astype("float64").mask(self.data["base_hidden"])
        return frame

    def wide(self, values: str = "estimate") -> pd.DataFrame:
        """One row a line, one column a column, of one kind of number.

        Parameters
        ----------
        values : str
            A column of ``frame``.
        """
        frame = self.frame
        if values not in frame.columns:
            raise EstimateError(
                "A column of this banner's frame was wanted.", f"There is none called {values!r}."
            )
        grid = frame[values].to_numpy().reshape(len(self.lines), len(self.columns))
        rows = pd.MultiIndex.from_tuples(
            [(block.label, line.label) for block, line in self.lines], names=["item", "row"]
        )
        columns = pd.MultiIndex.from_tuples(
            [(c.heading, c.label) for c in self.columns], names=["heading", "group"]
        )
        return pd.DataFrame(grid, index=rows, columns=columns)

    @property
    def lines(self) -> list[tuple[Block, Line]]:
        """Rows in order, each with its block."""
        return [(block, line) for block in self.blocks for line in block.lines]

    def unsuppressed(self, reason: str) -> Banner:
        """Show every number, for a stated reason that is printed with them."""
        source = self.source.unsuppressed(reason)
        return replace(self, source=source, override=source.override)

    def cells(self) -> Iterator[tuple[Block, Line, list[dict[str, Any]]]]:
        """Give each row with its publishable cells, in the order of the columns."""
        frame = self.frame
        records = [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
        width = len(self.columns)
        for place, (block, line) in enumerate(self.lines):
            yield block, line, records[place * width : (place + 1) * width]

    def text(self, cell: Mapping[str, Any]) -> str:
        """Write a cell: its number, a mark of low reliability, and letters."""
        if cell["verdict"] == SUPPRESS and not self.override:
            return SUPPRESSED
        number = replace(self.source, statistic=cell["statistic"]).number(cell["estimate"])
        mark = LESS_RELIABLE if cell["verdict"] == FLAG else ""
        return " ".join(part for part in (number, mark, cell["above"]) if part)

    def bases(self, block: Block) -> tuple[list[str], list[str]]:
        """Unweighted and weighted base of a block in each column, as text."""
        first = self.base_cells(block)
        return ([_count(c["n"], c) for c in first], [_count(c["base"], c) for c in first])

    def base_cells(self, block: Block) -> list[dict[str, Any]]:
        """Numbers of the bases of a block, by column: n, base, and whether they are hidden.

        Where the rows rest on different bases (ticks of one question), the largest.
        """
        data = self.data[self.data["block"].eq(block.name)]
        width = len(self.columns)
        n = data["n"].to_numpy().reshape(-1, width)
        base = data["base"].to_numpy().reshape(-1, width)
        hidden = np.logical_or.reduce(data["base_hidden"].to_numpy().reshape(-1, width))
        masked = np.zeros_like(hidden) if self.override else hidden
        return [
            {"n": int(a), "base": float(b), "hidden": bool(h)}
            for a, b, h in zip(n.max(axis=0), base.max(axis=0), masked, strict=True)
        ]

    @property
    def footer(self) -> list[str]:
        """Lines for the foot: letters, marks, base, weight, level of inference."""
        marks = set(" ".join(self.text(c) for _, _, row in self.cells() for c in row).split())
        said = {
            SUPPRESSED: f"{SUPPRESSED} suppressed: the base is too small or the interval too "
            "wide to be of use, or it would give such a one away.",
            LESS_RELIABLE: f"{LESS_RELIABLE} less reliable: read with care.",
        }
        lines = [*self.notes, *([self.letters.words] if self.letters else [])]
        lines += [words for mark, words in said.items() if mark in marks]
        source = replace(self.source, left_out={}, respondents={})
        return [*lines, source.footer]

    def _sections(self) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
        """Blocks for people: words, and rows of text, the bases first."""
        rows = list(self.cells())
        for block in self.blocks:
            unweighted, weighted = self.bases(block)
            lines = [("Base (respondents)", unweighted), ("Base (weighted)", weighted)]
            mine = [(line, cells) for own, line, cells in rows if own is block]
            lines += [(line.label, [self.text(c) for c in cells]) for line, cells in mine]
            yield block.label, lines

    def __str__(self) -> str:
        """Table with bases and letters, for a terminal."""
        body = {(words, row): c for words, lines in self._sections() for row, c in lines}
        head = [(c.heading, f"{c.label} {c.letter}".strip()) for c in self.columns]
        table = pd.DataFrame(
            list(body.values()),
            index=pd.MultiIndex.from_tuples(body),
            columns=pd.MultiIndex.from_tuples(head),
        )
        return "\n".join([table.to_string(), *self.footer])

    def __repr__(self) -> str:
        """Say no more than the table for people does."""
        return str(self)

    def _repr_html_(self) -> str:
        """Table for a notebook."""
        head = "".join(_head_cell(c) for c in self.columns)
        body, span = [], len(self.columns) + 1
        for words, lines in self._sections():
            body.append(f'<tr><th scope="rowgroup" colspan="{span}">{_escaped(words)}</th></tr>')
            body += [_html_row(label, cells) for label, cells in lines]
        caption = "<br>".join(_escaped(line) for line in self.footer)
        return (
            f'<table><caption>{caption}</caption><thead><tr><th scope="col">Item</th>{head}'
            f"</tr></thead><tbody>{''.join(body)}</tbody></table>"
        )

    def table(self, **options: Any) -> GT:
        """Lay the banner out with great-tables; see ``mspsurvey.publish.banner_table``."""
        table: GT = view("banner")(self, **options)
        return table

    def html(self, **options: Any) -> str:
        """Write the banner as accessible HTML; see ``mspsurvey.publish.banner_table``."""
        return str(view("banner_html")(self, **options))

    def excel(self, path: str | Path, **options: Any) -> Path:
        """Write the banner as a workbook; see ``mspsurvey.publish.banner_sheet``."""
        return Path(view("banner_excel")(self, path, **options))


def _count(value: float, cell: Mapping[str, Any]) -> str:
    if cell["hidden"]:
        return FEW if cell["n"] < FEWEST_RESPONDENTS else SUPPRESSED
    return f"{value:,.0f}"


def _head_cell(column: Column) -> str:
    words = f"{column.heading}: {column.label}" if column.by else column.label
    letter = f" ({column.letter})" if column.letter else ""
    return f'<th scope="col">{_escaped(words + letter)}</th>'


def _html_row(label: str, cells: Sequence[str]) -> str:
    shown = "".join(f"<td>{_escaped(c)}</td>" for c in cells)
    return f'<tr><th scope="row">{_escaped(label)}</th>{shown}</tr>'


def _escaped(text: str) -> str:
    return html.escape(text)
