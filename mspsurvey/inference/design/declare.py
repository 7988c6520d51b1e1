"""From columns of a frame to a design: checks, codes, finite populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import DesignError, did_you_mean
from mspsurvey.inference.design.coding import Floats, Ints, compressed, joint
from mspsurvey.inference.design.design import LONELY_PSU, Design, Stage
from mspsurvey.inference.design.replicate import Names, supplied


def build_design(
    frame: pd.DataFrame,
    *,
    weights: str | None = None,
    probabilities: Sequence[str] = (),
    strata: Sequence[str] = (),
    psu: Sequence[str] = (),
    fpc: Sequence[str] = (),
    lonely_psu: str = "fail",
    lonely_domains: bool = False,
) -> Design:
    """Check and code a design.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    weights : str or None
        Column of weights; None gives each row 1.
    probabilities : sequence of str
        Instead of weights: chances of selection, one column a stage.
    strata, psu, fpc : sequence of str
        One column a stage. Without ``psu`` each row is a unit of its own; an ``fpc`` more
        than there are ``psu`` is for rows drawn in the last of them. Units count as nested:
        a name that comes back in another stratum is another unit. An fpc is the number of
        units in the stratum's population, or, where all are at most 1, the fraction of it
        that was sampled.
    lonely_psu, lonely_domains
        As in ``Design``.

    Raises
    ------
    DesignError
        Where a column is absent or has gaps, weights are negative or not finite, an fpc
        varies within a stratum or is below the number of units sampled.
    """
    if lonely_psu not in LONELY_PSU:
        raise DesignError(
            f"lonely_psu should be one of {', '.join(LONELY_PSU)}.",
            f"It is {lonely_psu!r}.",
            did_you_mean(str(lonely_psu), LONELY_PSU),
        )
    if not len(frame):
        raise DesignError("A survey needs respondents.", "The frame has no rows.")
    _require(frame, [*([] if weights is None else [weights]), *probabilities, *strata, *psu, *fpc])
    _deep_enough(strata, psu, fpc)
    stages, group, elementary = _stages(frame, strata, psu, [_sizes(frame, n) for n in fpc])
    weighed = _weights(frame, weights, probabilities)
    return Design(weighed, group, stages, lonely_psu, elementary, lonely_domains)


def with_supplied(
    frame: pd.DataFrame, design: Design, replicates: pd.DataFrame | Names, **how: Any
) -> Design:
    """Give the design with replicate weights that came with the data; see ``supplied``.

    Raises
    ------
    DesignError
        Where strata, units or an fpc are named as well.
    """
    stage = design.stages[0]
    if not design.elementary or len(stage.sampled) > 1 or np.isfinite(stage.size).any():
        raise DesignError(
            "Either replicate weights, or strata, units and fpc were wanted.",
            "Both are given.",
            "Keep the replicates, or leave them out and use .replicate(…).",
        )
    return replace(design, replicates=supplied(frame, design.weights, replicates, **how))


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    for name in columns:
        if name not in frame.columns:
            raise DesignError(
                "A column that describes the design was wanted.",
                f"The frame has none called {name!r}.",
                did_you_mean(str(name), frame.columns),
            )


def _deep_enough(strata: Sequence[str], psu: Sequence[str], fpc: Sequence[str]) -> None:
    """Refuse strata and fpcs of a stage that no units are named for."""
    for columns, word in ((strata, "strata"), (fpc, "fpc")):
        if len(columns) > len(psu) + 1:
            raise DesignError(
                f"`{word}` should name a column for each stage at which units were drawn.",
                f"It names {len(columns)}, and `psu` names {len(psu)}.",
                "Name the units of each stage in `psu`; rows themselves are the last one.",
            )


def _numbers(frame: pd.DataFrame, name: str, word: str) -> Floats:
    try:
        return frame[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError(
            f"The {word} '{name}' should be numbers.", f"It holds {frame[name].dtype}."
        ) from None


def _gaps(name: str, gaps: int, rows: int) -> None:
    if gaps:
        raise DesignError(
            f"The design column '{name}' should be known for every row.",
            f"It is missing in {gaps:,} of {rows:,}.",
            "Fill it from the sample file, or set those rows aside with a reason.",
        )


def _weights(frame: pd.DataFrame, name: str | None, probabilities: Sequence[str]) -> Floats:
    if name is not None and probabilities:
        raise DesignError(
            "Either weights or probabilities were wanted.",
            f"Both are given: {name!r} and {', '.join(map(repr, probabilities))}.",
            "Weights after nonresponse or raking are no longer 1/probability: give those.",
        )
    if probabilities:
        return _inverse(frame, probabilities)
    if name is None:
        return np.ones(len(frame))
    weights = _numbers(frame, name, "weight")
    low, high = weights.min(), weights.max()
    if not (np.isfinite(low) and np.isfinite(high)) or low < 0 or high == 0:
        _gaps(name, int(np.isnan(weights).sum()), len(weights))
        raise DesignError(
            f"Every weight in '{name}' should be a finite number, none negative, not all 0.",
            f"The smallest is {low:g}, the largest {high:g}.",
            "A row that should not count has weight 0.",
        )
    return weights


def _inverse(frame: pd.DataFrame, probabilities: Sequence[str]) -> Floats:
    """Weigh by 1 over the product of the stages' probabilities."""
    chance = np.ones(len(frame))
    for name in probabilities:
        numbers = _numbers(frame, name, "probability")
        _gaps(name, int(np.isnan(numbers).sum()), len(numbers))
        if not ((numbers > 0) & (numbers <= 1)).all():
            raise DesignError(
                f"Probabilities of selection in '{name}' should lie above 0, up to 1.",
                f"The smallest is {numbers.min():g}, the largest {numbers.max():g}.",
                "If they are weights, name them as weights=.",
            )
        chance *= numbers
    weights: Floats = 1.0 / chance
    return weights


def _sizes(frame: pd.DataFrame, name: str) -> Floats:
    """Take one fpc column as numbers."""
    sizes = _numbers(frame, name, "fpc")
    _gaps(name, int(np.isnan(sizes).sum()), len(sizes))
    return sizes


def _codes(column: pd.Series) -> tuple[Ints, pd.Index]:
    """Codes of a column, and what they stand for; categoricals need no search."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes.to_numpy(), column.cat.categories
    else:
        # Sorted, so that neither variance nor replicates depend on the order of rows.
        codes, values = pd.factorize(column, sort=True)
    if codes.min() < 0:
        _gaps(str(column.name), int((codes < 0).sum()), len(codes))
    return codes.astype(np.int64, copy=False), pd.Index(values)


def _stages(
    frame: pd.DataFrame, strata: Sequence[str], psu: Sequence[str], sizes: list[Floats]
) -> tuple[tuple[Stage, ...], Ints, bool]:
    """Code stage after stage, as deep as there are units and, below the first, fpcs."""
    fractions = bool(sizes) and all((s <= 1).all() for s in sizes)
    depth = max(1, min(len(psu) + 1, len(sizes)))
    unit: Ints | None = None
    share = np.ones(1)
    stages: list[Stage] = []
    for level in range(depth):
        column = frame[strata[level]] if level < len(strata) else None
        stratum, parent, labels = _strata(unit, column, level, len(share), len(frame))
        named = frame[psu[level]] if level < len(psu) else None
        unit, sampled = _units(stratum, named, len(parent))
        population = np.full(len(parent), np.inf)
        if level < len(sizes):
            population = _population(sizes[level], stratum, sampled, fractions, labels)
        stages.append(Stage(level + 1, sampled, population, parent, share[parent], labels))
        if level + 1 < depth:
            stage = stages[-1]
            share = (stage.fraction * sampled / population)[stage.stratum]
    if unit is None or stages[-1].units == len(frame):
        return tuple(stages), stratum, True
    return tuple(stages), unit, False


def _strata(
    above: Ints | None, column: pd.Series | None, level: int, parents: int, rows: int
) -> tuple[Ints, Ints, tuple[str, ...]]:
    """Stratum of each row; unit above, and name, of each stratum."""
    if column is None:
        stratum = np.zeros(rows, dtype=np.int64) if above is None else above
        names = [f"unit {p + 1} of stage {level}" for p in range(parents)]
        return stratum, np.arange(parents), tuple(names) if level else ("the whole sample",)
    codes, values = _codes(column)
    if above is None:
        stratum, own = compressed(codes, len(values))
        return stratum, np.zeros(len(own), dtype=np.int64), _named(values, own)
    stratum, parent, own = joint(above, codes, (parents, len(values)))
    return stratum, parent, _named(values, own)


def _named(values: pd.Index, own: Ints) -> tuple[str, ...]:
    return tuple(f"stratum {values[c]}" for c in own)


def _units(stratum: Ints, column: pd.Series | None, strata: int) -> tuple[Ints | None, Ints]:
    """Unit of each row, and units in each stratum; each row is one where no column says."""
    if column is None:
        return None, np.bincount(stratum, minlength=strata)
    codes, values = _codes(column)
    unit, stratum_of, _ = joint(stratum, codes, (strata, len(values)))
    return unit, np.bincount(stratum_of, minlength=strata)


def _population(
    size: Floats, stratum: Ints, sampled: Ints, fractions: bool, labels: tuple[str, ...]
) -> Floats:
    """Units in each stratum's population, from the fpc column of the rows."""
    row_of = np.empty(len(sampled), dtype=np.int64)
    row_of[stratum] = np.arange(len(stratum))
    one_each: Floats = size[row_of]
    varying = np.flatnonzero(size != one_each[stratum])
    if len(varying):
        raise DesignError(
            "An fpc should be the same for all rows of a stratum.",
            f"In {labels[stratum[varying[0]]]} it is both {size[varying[0]]:g} "
            f"and {one_each[stratum[varying[0]]]:g}.",
            "Give the number of units in the stratum's population.",
        )
    if (one_each <= 0).any():
        raise DesignError("An fpc should be positive.", f"The smallest is {one_each.min():g}.")
    population = sampled / one_each if fractions else one_each
    short = np.flatnonzero(population < sampled * (1 - 1e-9))
    if len(short):
        raise DesignError(
            "A stratum's population should be at least as large as its sample.",
            f"In {labels[short[0]]} {sampled[short[0]]:,} units were sampled "
            f"of {population[short[0]]:g}.",
            "The fpc counts units of the population at every stage; or it is, at every stage, "
            "a fraction of at most 1.",
        )
    return np.maximum(population, sampled)
