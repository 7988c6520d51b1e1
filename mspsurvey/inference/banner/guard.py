"""What a banner may show: cells and bases that would give a hidden one away are hidden too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.inference.banner.banner import Column
from mspsurvey.inference.banner.protect import (
    GIVES_AWAY,
    Equation,
    discloses,
    net_of,
    protect,
    sum_to_base,
    total_of,
)
from mspsurvey.inference.banner.rows import LEVEL, NET, Block
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.result.disclose import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import SUPPRESS


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
    base_hidden = np.zeros(len(data), dtype=bool)
    numbers = {k: data[k].to_numpy(dtype=np.float64) for k in ("estimate", "base", "n")}
    first = 0
    for block in made:
        cells = slice(first, first + len(block.lines) * width)
        first = cells.stop
        own = {k: v[cells].reshape(-1, width) for k, v in numbers.items()}
        hidden = verdict[cells] == SUPPRESS
        more = _hidden_cells(block, columns, own, hidden, why[cells]) & ~hidden
        verdict[cells] = np.where(more, SUPPRESS, verdict[cells])
        why[cells] = np.where(more, GIVES_AWAY, why[cells])
        base_hidden[cells] = _hidden_bases(own["n"], columns).ravel()
    return data.assign(verdict=verdict, why=why, base_hidden=base_hidden)


def _hidden_cells(
    block: Block,
    columns: Sequence[Column],
    own: Mapping[str, Floats],
    hidden: Bools,
    why: NDArray[np.object_],
) -> Bools:
    secret = hidden & np.array([discloses(str(reason)) for reason in why])
    if not secret.any():
        return hidden
    width = len(columns)
    equations: list[Equation] = []
    places = {line.level: r for r, line in enumerate(block.lines) if line.kind == LEVEL}
    if places:
        equations += sum_to_base(list(places.values()), width)
    for row, line in enumerate(block.lines):
        if line.kind == NET and places:
            equations += net_of(row, [places[m] for m in line.members], width)
        for parts in under_headings(columns):
            base = own["base"][row]
            # With respondents outside all columns, the total is not their mean.
            if np.isclose(base[parts].sum(), base[0], rtol=1e-9):
                equations.append(total_of(row, 0, [p for p in parts if base[p] > 0], width))
    amount = (own["estimate"] * own["base"]).ravel()
    total = np.tile(np.arange(width) == 0, len(block.lines))
    return protect(amount, hidden, secret, total, equations)


def _hidden_bases(n: Floats, columns: Sequence[Column]) -> Bools:
    """Bases below ten, and a second one where the total would give the first away."""
    hidden = n < FEWEST_RESPONDENTS
    for row, marks in zip(n, hidden, strict=True):
        for parts in under_headings(columns):
            own = np.array(parts)
            small = marks[own] & (row[own] > 0)
            if small.sum() == 1 and len(own) > 1:
                rest = own[~marks[own]]
                if len(rest):
                    marks[rest[np.argmin(row[rest])]] = True
    return hidden
