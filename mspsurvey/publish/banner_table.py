"""Banners as tables for a report: great-tables, with headers that a screen reader can follow."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pandas as pd

from mspsurvey.inference.banner.banner import Banner, Column

if TYPE_CHECKING:
    from great_tables import GT

RESPONDENTS, WEIGHTED = "Base (respondents)", "Base (weighted)"

_GROUP = re.compile(r'(<th class="gt_group_heading"[^>]* id=")([^"]*)(")')


def from_banner(
    banner: Banner, *, title: str = "", subtitle: str = "", note: str = "", id: str = ""
) -> GT:
    """Lay a banner out as a great-tables table.

    Parameters
    ----------
    banner : Banner
        What to show. Suppressed cells show ``[c]``; a less reliable one bears ``[u]``;
        letters follow the number.
    title, subtitle : str
        Heading; the title defaults to the items, the subtitle to the population.
    note : str
        One more line at the foot, before those of the banner.
    id : str
        Name of the table in a page; made from what it shows if not given, so that two builds
        agree.

    Returns
    -------
    GT
    """
    from great_tables import GT  # a third of a second, and only tables need it

    frame = _frame(banner)
    names = [f"c{k}" for k in range(len(banner.columns))]
    heading = title or ", ".join(b.label for b in banner.blocks[:3])
    table = (
        GT(frame, rowname_col="row", groupname_col="item", id=id or _table_id(banner, frame))
        .tab_header(title=heading, subtitle=subtitle or banner.source.population or None)
        .tab_stubhead(label="Answer")
        .cols_label(dict(zip(names, map(column_words, banner.columns), strict=True)))
        .cols_align(align="right", columns=names)
    )
    for span, places in headings(banner):
        table = table.tab_spanner(
            label=span, columns=[names[p] for p in places], id=f"heading-{places[0]}"
        )
    for line in ([note] if note else []) + banner.footer:
        table = table.tab_source_note(source_note=line)
    return table


def to_html(banner: Banner, **options: str) -> str:
    """Write a banner as HTML that stands in any page; options as of ``from_banner``.

    Every cell names its row, its item and its column headers, each by an id of its own.
    """
    page: str = from_banner(banner, **options).as_raw_html()
    return _own_group_ids(page)


def column_words(column: Column) -> str:
    """Label of a column, with the letter that comparisons call it by."""
    return f"{column.label} ({column.letter})" if column.letter else column.label


def headings(banner: Banner) -> list[tuple[str, list[int]]]:
    """Words of each heading with the places of its columns, the total apart."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, column in enumerate(banner.columns):
        if column.by:
            found.setdefault(column.by, []).append(place)
    return [(banner.columns[places[0]].heading, places) for places in found.values()]


def item_words(banner: Banner) -> list[str]:
    """Words of each block, told apart by the name where two have the same."""
    labels = [b.label for b in banner.blocks]
    return [
        f"{b.label} ({b.name})" if labels.count(b.label) > 1 else b.label for b in banner.blocks
    ]


def _frame(banner: Banner) -> pd.DataFrame:
    """Cells as text: two rows of bases, then the lines, of each block."""
    texts: dict[int, list[tuple[str, list[str]]]] = {id(b): [] for b in banner.blocks}
    for block, line, cells in banner.cells():
        texts[id(block)].append((line.label, [banner.text(c) for c in cells]))
    rows = []
    for block, words in zip(banner.blocks, item_words(banner), strict=True):
        unweighted, weighted = banner.bases(block)
        bases = [(RESPONDENTS, unweighted), (WEIGHTED, weighted)]
        rows += [(words, label, *cells) for label, cells in bases + texts[id(block)]]
    names = [f"c{k}" for k in range(len(banner.columns))]
    return pd.DataFrame(rows, columns=["item", "row", *names])


def _table_id(banner: Banner, frame: pd.DataFrame) -> str:
    said = "\n".join([*map(column_words, banner.columns), *banner.footer, frame.to_csv()])
    return "banner-" + hashlib.sha256(said.encode()).hexdigest()[:10]


def _own_group_ids(page: str) -> str:
    """Number the ids of row groups: a group may bear the words of a column."""
    parts = _GROUP.split(page)
    out = [parts[0]]
    for number in range(1, len(parts), 4):
        before, old, after, rest = parts[number : number + 4]
        own = f"{old}-item-{number // 4 + 1}"
        out += [before, own, after, rest.replace(f'headers="{old} ', f'headers="{own} ')]
    return "".join(out)
