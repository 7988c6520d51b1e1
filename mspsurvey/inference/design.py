"""The design of a sample, coded once: strata, units of each stage, finite populations.

Units are numbered so that those of one stratum lie side by side, and the strata of one unit
of the stage above do too; sums over strata and over stages are then sums over runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.errors import DesignError, did_you_mean
from mspsurvey.inference.coding import Bools, Floats, Ints, joint

LONELY_PSU = ("fail", "certainty", "remove", "adjust", "average")


@dataclass(frozen=True)
class Stage:
    """Units drawn at one stage, and the strata that they were drawn from.

    Attributes
    ----------
    number : int
        1 for primary sampling units.
    stratum : ndarray of int, shape (units,)
        Stratum of each unit, never falling.
    starts : ndarray of int, shape (strata,)
        First unit of each stratum.
    sampled, size : ndarray, shape (strata,)
        Units in the sample, n_h, and in the population, N_h (infinite without an fpc).
    parent : ndarray of int, shape (strata,)
        Unit of the stage above that the stratum lies in; 0 at stage 1.
    fraction : ndarray of float, shape (strata,)
        Product of the sampling fractions n/N of all stages above; 1 at stage 1.
    labels : tuple of str
        Names of the strata, for errors.
    """

    number: int
    stratum: Ints
    starts: Ints
    sampled: Ints
    size: Floats
    parent: Ints
    fraction: Floats
    labels: tuple[str, ...]

    @property
    def units(self) -> int:
        """Count of the units in the sample."""
        return len(self.stratum)

    @property
    def unsampled(self) -> Floats:
        """Finite population correction 1 − n_h/N_h of each stratum."""
        return 1.0 - self.sampled / self.size

    @property
    def lonely(self) -> Bools:
        """Strata with one unit that is not the whole stratum; one of one is certain."""
        alone: Bools = (self.sampled == 1) & (self.unsampled >= CERTAIN)
        return alone


CERTAIN = 1e-7
"""Below this, 1 − n/N counts as 0: the stratum was taken whole (as in R's survey)."""


@dataclass(frozen=True)
class Design:
    """How the sample was drawn, as far as variance needs to know it.

    Attributes
    ----------
    weights : ndarray of float, shape (rows,)
        Weight of each row.
    unit : ndarray of int, shape (rows,)
        Unit of the last coded stage that the row belongs to.
    stages : tuple of Stage
        Stage 1 first. Stages below the first count only where an fpc is given for them.
    lonely_psu : str
        One of ``LONELY_PSU``.
    """

    weights: Floats
    unit: Ints
    stages: tuple[Stage, ...]
    lonely_psu: str = "fail"

    @property
    def units(self) -> int:
        """Count of the units of the last stage."""
        return self.stages[-1].units

    def primary(self, table: NDArray[np.bool_]) -> Bools:
        """Carry a mark of last-stage units, shape (units, …), up to the PSUs that hold one."""
        for stage in self.stages[:0:-1]:
            table = np.logical_or.reduceat(table, parent_starts(stage), axis=0)
        return table

    def degrees_of_freedom(self, present: NDArray[np.bool_]) -> Ints:
        """PSUs less strata, counting only those with an answer in the domain.

        Parameters
        ----------
        present : ndarray of bool, shape (units, domains)
            Whether a unit of the last stage has a valid answer in the domain.

        Returns
        -------
        ndarray of int, shape (domains,)
            The domain's own degrees of freedom, as R's ``degf(subset(design, …))``.
        """
        psus = self.primary(present)
        strata = np.logical_or.reduceat(psus, self.stages[0].starts, axis=0)
        df: Ints = psus.sum(axis=0) - strata.sum(axis=0)
        return df


def parent_starts(stage: Stage) -> Ints:
    """First unit of this stage in each unit of the stage above."""
    first = np.flatnonzero(np.r_[True, np.diff(stage.parent) != 0])
    starts: Ints = stage.starts[first]
    return starts


def build_design(
    frame: pd.DataFrame,
    *,
    weights: str | None,
    strata: Sequence[str],
    psu: Sequence[str],
    fpc: Sequence[str],
    lonely_psu: str,
) -> Design:
    """Check and code a design.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    weights : str or None
        Column of weights; None gives each row 1.
    strata, psu, fpc : sequence of str
        One column a stage. Without ``psu`` each row is a unit of its own. Units count as
        nested: a name that comes back in another stratum is another unit. An fpc is the
        number of units in the stratum's population, or, where all are at most 1, the
        fraction of it that was sampled.

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
    _require(frame, [*([weights] if weights else []), *strata, *psu, *fpc])
    stages, unit = _stages(frame, strata, psu, _sizes(frame, fpc))
    return Design(_weights(frame, weights), unit, stages, lonely_psu)


def _require(frame: pd.DataFrame, columns: list[str]) -> None:
    for name in columns:
        if name not in frame.columns:
            raise DesignError(
                "A column that describes the design was wanted.",
                f"The frame has none called {name!r}.",
                did_you_mean(str(name), frame.columns),
            )
        gaps = int(frame[name].isna().sum())
        if gaps:
            raise DesignError(
                f"The design column '{name}' should be known for every row.",
                f"It is missing in {gaps:,} of {len(frame):,}.",
                "Fill it from the sample file, or set those rows aside with a reason.",
            )


def _weights(frame: pd.DataFrame, name: str | None) -> Floats:
    if name is None:
        return np.ones(len(frame))
    try:
        weights = frame[name].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError(
            f"The weight '{name}' should be numbers.", f"It holds {frame[name].dtype}."
        ) from None
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise DesignError(
            f"Every weight in '{name}' should be a finite number, none negative, not all 0.",
            f"The smallest is {np.nanmin(weights):g}, the largest {np.nanmax(weights):g}.",
            "A row that should not count has weight 0.",
        )
    return weights


def _sizes(frame: pd.DataFrame, fpc: Sequence[str]) -> list[Floats]:
    """Take the fpc columns as numbers, one a stage."""
    sizes = []
    for name in fpc:
        try:
            sizes.append(frame[name].to_numpy(dtype=np.float64))
        except (TypeError, ValueError):
            raise DesignError(
                f"The fpc '{name}' should be numbers.", f"It holds {frame[name].dtype}."
            ) from None
    return sizes


def _codes(column: pd.Series) -> tuple[Ints, list[str]]:
    """Codes of a column, and what they stand for; categoricals need no search."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy().astype(np.int64)
        return codes, [str(c) for c in column.cat.categories]
    codes, values = pd.factorize(column, sort=True)
    return codes.astype(np.int64), [str(v) for v in values]


def _stages(
    frame: pd.DataFrame, strata: Sequence[str], psu: Sequence[str], sizes: list[Floats]
) -> tuple[tuple[Stage, ...], Ints]:
    """Code stage after stage, as deep as there are units and, below the first, fpcs."""
    fractions = bool(sizes) and all((s <= 1).all() for s in sizes)
    depth = min(max(1, len(psu)), max(1, len(sizes)))
    unit, share = np.zeros(len(frame), dtype=np.int64), np.ones(1)
    stages: list[Stage] = []
    for level in range(depth):
        column = frame[strata[level]] if level < len(strata) else None
        stratum, parent, labels = _strata(unit, column, level, len(share))
        unit, stratum_of = _units(stratum, frame[psu[level]] if psu else None)
        sampled = np.bincount(stratum_of, minlength=len(parent))
        population = np.full(len(parent), np.inf)
        if level < len(sizes):
            population = _population(sizes[level], stratum, sampled, fractions, labels)
        starts = np.flatnonzero(np.r_[True, np.diff(stratum_of) != 0])
        stage = Stage(
            level + 1, stratum_of, starts, sampled, population, parent, share[parent], labels
        )
        stages.append(stage)
        share = (stage.fraction * stage.sampled / stage.size)[stratum_of]
    return tuple(stages), unit


def _strata(
    parent: Ints, column: pd.Series | None, level: int, parents: int
) -> tuple[Ints, Ints, tuple[str, ...]]:
    """Stratum of each row; unit above, and name, of each stratum."""
    if column is not None:
        codes, names = _codes(column)
        stratum, above, own = joint(parent, codes)
        return stratum, above, tuple(f"stratum {names[c]}" for c in own)
    names = [f"unit {p + 1} of stage {level}" for p in range(parents)]
    return parent, np.arange(parents), tuple(names) if level else ("the whole sample",)


def _units(stratum: Ints, column: pd.Series | None) -> tuple[Ints, Ints]:
    """Unit of each row, and stratum of each unit; each row is one where no column says."""
    if column is not None:
        unit, stratum_of, _ = joint(stratum, _codes(column)[0])
        return unit, stratum_of
    order = np.argsort(stratum, kind="stable")
    unit = np.empty(len(stratum), dtype=np.int64)
    unit[order] = np.arange(len(stratum))
    return unit, stratum[order]


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
            "The fpc counts units of the population, or is a fraction of at most 1.",
        )
    return np.maximum(population, sampled)
