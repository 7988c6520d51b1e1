"""What a banner may show: cells and bases that would give a hidden one away are hidden too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.inference.banner.banner import Column
from mspsurvey.inference.banner.rows import LEVEL, MEAN, NET, Block
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.disclosure.complementary import count_cost, suppress
from mspsurvey.inference.disclosure.groups import QUICK
from mspsurvey.inference.disclosure.protection import (
    covering_all,
    of_amount,
    of_base,
    of_share,
)
from mspsurvey.inference.disclosure.table import Sum, table
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import discloses
from mspsurvey.inference.result.estimate import GIVES_AWAY, SUPPRESS, untold

_TOTAL = 500.0
"""Cost of hiding a cell of the total column, where one of a group costs 1 to 2."""


def under_headings(columns: Sequence[Column]) -> list[list[int]]:
    """Places of the columns under each heading, the total apart."""
    by: dict[tuple[str, ...], list[int]] = {}
    for place, column in enumerate(columns):
        if column.by:
            by.setdefault(column.by, []).append(place)
    return list(by.values())


def protected(
    data: pd.DataFrame, made: Sequence[Block], columns: Sequence[Column]
) -> pd.DataFrame:
    """Hide what would give a hidden cell away, block by block, and bases likewise."""
    width = len(columns)
    verdict = data["verdict"].to_numpy(dtype=object).copy()
    why = data["why"].to_numpy(dtype=object).copy()
    small, base_hidden = untold(data).to_numpy(), np.zeros(len(data), dtype=bool)
    numbers = {k: data[k].to_numpy(dtype=np.float64) for k in ("estimate", "base", "n")}
    first = 0
    for block in made:
        cells = slice(first, first + len(block.lines) * width)
        first = cells.stop
        own = {k: v[cells].reshape(-1, width) for k, v in numbers.items()}
        base_hidden[cells] = _hidden_bases(own["n"], columns).ravel() | small[cells]
        # A share beside shares of the same total gives its base away.
        hidden = (verdict[cells] == SUPPRESS) | base_hidden[cells]
        more = _hidden_cells(block, columns, own, hidden, why[cells])
        more &= verdict[cells] != SUPPRESS
        verdict[cells] = np.where(more, SUPPRESS, verdict[cells])
        why[cells] = np.where(more, GIVES_AWAY, why[cells])
    return data.assign(verdict=verdict, why=why, base_hidden=base_hidden)


def _hidden_cells(
    block: Block,
    columns: Sequence[Column],
    own: Mapping[str, Floats],
    hidden: Bools,
    why: NDArray[np.object_],
) -> Bools:
    secret = hidden & np.array([discloses(str(reason)) for reason in why])
    sums = list(_sums(block, columns, own["base"]))
    if not secret.any() or not sums:
        return hidden
    amount = np.nan_to_num(np.abs(own["estimate"] * own["base"])).ravel()
    base, n = own["base"].ravel(), own["n"].ravel()
    weight = np.divide(base, n, out=np.ones_like(base), where=n > 0)
    means = np.repeat([line.kind == MEAN for line in block.lines], len(columns))
    cells = np.flatnonzero(secret & (n > 0))
    wanted = [
        of_amount(amount[c] / weight[c]) if means[c] else of_share(amount[c] / weight[c], n[c])
        for c in cells
    ]
    total = np.tile(np.arange(len(columns)) == 0, len(block.lines))
    return suppress(
        table(amount, sums, upper=None if means.any() else np.maximum(base, amount)),
        covering_all(amount, cells, wanted, weight[cells]),
        hidden=hidden,
        cost=count_cost(amount) + np.where(total, _TOTAL, 0.0),
        effort=QUICK,
    ).hidden


def _sums(block: Block, columns: Sequence[Column], base: Floats) -> Iterator[Sum]:
    """What readers know: levels sum to the base, nets to their levels, columns to the total."""
    width = len(columns)
    places = np.arange(len(block.lines) * width).reshape(-1, width)
    rows = {line.level: r for r, line in enumerate(block.lines) if line.kind == LEVEL}
    if rows:
        yield from (Sum.known(column) for column in places[list(rows.values())].T)
    for row, line in enumerate(block.lines):
        if line.kind == NET and rows:
            members = places[[rows[m] for m in line.members]]
            yield from (Sum.of(t, p) for t, p in zip(places[row], members.T, strict=True))
        for total, parts in ties(columns):
            if total is None:
                yield Sum.known(places[row, parts])
            # With respondents outside all columns, the total is not their sum.
            elif np.isclose(base[row, parts].sum(), base[row, total], rtol=1e-9):
                yield Sum.of(places[row, total], places[row, parts])


def ties(columns: Sequence[Column]) -> Iterator[tuple[int | None, list[int]]]:
    """Columns that add up to another: those under a heading, and crossed ones to their parts.

    None where the banner has no such column, and readers may know it from elsewhere.
    """
    place = {frozenset(zip(c.by, c.codes, strict=True)): k for k, c in enumerate(columns)}
    for parts in under_headings(columns):
        lines: dict[frozenset[tuple[str, str]], list[int]] = {frozenset(): parts}
        for k in parts:
            own = set(zip(columns[k].by, columns[k].codes, strict=True))
            for pair in own if len(own) > 1 else ():
                lines.setdefault(frozenset(own - {pair}), []).append(k)
        yield from ((place.get(key), own) for key, own in lines.items() if len(own) > 1)


def _hidden_bases(n: Floats, columns: Sequence[Column]) -> Bools:
    """Bases below ten, and more where the total or crossed columns would give one away."""
    sums = [
        Sum.known(parts) if total is None else Sum.of(total, parts)
        for total, parts in ties(columns)
    ]
    # The levels of an item have one base.
    rows, place = np.unique(n, axis=0, return_inverse=True)
    hidden: Bools = np.array([_hidden_row(row, sums) for row in rows])[place.reshape(-1)]
    return hidden


def _hidden_row(n: Floats, ties: Sequence[Sum]) -> Bools:
    hidden: Bools = n < FEWEST_RESPONDENTS
    sums = [tie for tie in ties if _adds_up(tie, n)]
    cells = np.flatnonzero(hidden & (n > 0))
    if not len(cells) or not sums:
        return hidden
    return suppress(
        table(n, sums),
        covering_all(n, cells, [of_base(size) for size in n[cells]], np.ones(len(cells))),
        hidden=hidden,
        cost=count_cost(n) + _TOTAL * (np.arange(len(n)) == 0),
        effort=QUICK,
    ).hidden


def _adds_up(tie: Sum, n: Floats) -> bool:
    """Whether a total is the sum of its parts: nobody is outside of all of them."""
    values = n[list(tie.cells)] @ np.array(tie.factors)
    return bool(tie.factors[0] > 0 or values == 0)
