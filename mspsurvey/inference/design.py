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
    sampled: Ints
    size: Floats
    parent: Ints
    fraction: Floats
    labels: tuple[str, ...]

    @cached_property
    def units(self) -> int:
        """Count of the units in the sample."""
        return int(self.sampled.sum())

    @cached_property
    def starts(self) -> Ints:
        """First unit of each stratum, shape (strata,)."""
        starts: Ints = np.r_[0, np.cumsum(self.sampled)[:-1]]
        return starts

    @cached_property
    def stratum(self) -> Ints:
        """Stratum of each unit, never falling, shape (units,)."""
        stratum: Ints = np.repeat(np.arange(len(self.sampled)), self.sampled)
        return stratum

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
    number, squares : ndarray of float, shape (rows,), optional
        Where each row stands for many respondents, as in a table that was summed where it
        lies (see ``backend``): how many, and the sum of their squared weights.
    """

    weights: Floats
    unit: Ints
    stages: tuple[Stage, ...]
    lonely_psu: str = "fail"
    number: Floats | None = None
    squares: Floats | None = None

    @property
    def squared_weights(self) -> Floats:
        """Squared weight of each row, or the sum of its respondents' squared weights."""
        return self.weights**2 if self.squares is None else self.squares

    def respondents(self, rows: Bools) -> int:
        """Count the respondents behind some rows."""
        return int(rows.sum() if self.number is None else self.number[rows].sum())

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


