"""The design of a sample, coded once: strata, units of each stage, finite populations.

Units are numbered so that those of one stratum lie side by side, and the strata of one unit
of the stage above do too; sums over strata and over stages are then sums over runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.design.replicate import Replicates

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
    group : ndarray of int, shape (rows,)
        Unit of the last coded stage that the row belongs to; where each row is a unit of its
        own, the stratum of that stage.
    stages : tuple of Stage
        Stage 1 first. Stages below the first count only where an fpc is given for them.
    lonely_psu : str
        One of ``LONELY_PSU``.
    elementary : bool
        Whether each row is a unit of its own at the last stage.
    lonely_domains : bool
        Whether "adjust" and "average" also hold where a domain has one of a stratum's units
        (R: ``options(survey.adjust.domain.lonely = TRUE)``).
    replicates : Replicates, optional
        Replicate weights, from which every variance then comes.
    number, squares : ndarray of float, shape (rows,), optional
        Where each row stands for many respondents, as in a table that was summed where it
        lies (see ``backend``): how many, and the sum of their squared weights.
    """

    weights: Floats
    group: Ints
    stages: tuple[Stage, ...]
    lonely_psu: str = "fail"
    elementary: bool = False
    lonely_domains: bool = False
    replicates: Replicates | None = None
    number: Floats | None = None
    squares: Floats | None = None

    @property
    def squared_weights(self) -> Floats:
        """Squared weight of each row, or the sum of its respondents' squared weights."""
        return self.weights**2 if self.squares is None else self.squares

    def respondents(self, rows: Bools) -> int:
        """Count the respondents behind some rows."""
        return int(rows.sum() if self.number is None else self.number[rows].sum())

    @cached_property
    def unit(self) -> Ints:
        """Unit of the last stage of each row, shape (rows,)."""
        if not self.elementary:
            return self.group
        unit = np.empty(len(self.group), dtype=np.int64)
        unit[np.argsort(self.group, kind="stable")] = np.arange(len(unit))
        return unit

    @property
    def units(self) -> int:
        """Count of the units of the last stage."""
        return self.stages[-1].units

    @property
    def asks_domains(self) -> bool:
        """Whether the rule for lonely units depends on where a domain is."""
        if self.lonely_domains:
            return True
        return self.lonely_psu in ("fail", "average") and any(
            stage.lonely.any() for stage in self.stages
        )

    @property
    def groups(self) -> int:
        """Count of the codes in ``group``."""
        return len(self.stages[-1].sampled) if self.elementary else self.units

    def per_unit(self, values: Floats) -> Floats:
        """Sum values, shape (rows, any), over units of the last stage, shape (units, any)."""
        if self.elementary:
            summed = np.empty_like(values)
            summed[self.unit] = values
            return summed
        columns = [np.bincount(self.group, c, minlength=self.units) for c in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((self.units, 0))

    def primary(self, present: Bools) -> Bools:
        """Carry a mark of groups, shape (groups, …), up to the PSUs that hold one."""
        stages = self.stages[:0:-1]
        if self.elementary and stages:
            # Here the groups are the strata of the last stage.
            present = np.logical_or.reduceat(present, runs(stages[0].parent), axis=0)
            stages = stages[1:]
        for stage in stages:
            present = np.logical_or.reduceat(present, parent_starts(stage), axis=0)
        return present

    def degrees_of_freedom(self, counts: Floats | Bools | Ints) -> Ints:
        """PSUs less strata, counting only those with an answer in the domain.

        Of replicates that were made here there is at most one less than there are of them.

        Parameters
        ----------
        counts : ndarray, shape (groups, domains)
            Valid answers by ``group`` and domain; or whether there are any, where a group is
            a unit.

        Returns
        -------
        ndarray of int, shape (domains,)
            The domain's own degrees of freedom, as R's ``degf(subset(design, …))``.
        """
        if self.elementary and len(self.stages) == 1:
            df: Ints = (counts.sum(axis=0) - (counts > 0).sum(axis=0)).astype(np.int64)
        else:
            psus = self.primary(counts > 0)
            strata = np.logical_or.reduceat(psus, self.stages[0].starts, axis=0)
            df = psus.sum(axis=0) - strata.sum(axis=0)
        return df if self.replicates is None else np.minimum(df, self.replicates.count - 1)

    def degrees_of_rows(self, rows: Bools) -> int:
        """Degrees of freedom of a domain given as rows."""
        if self.replicates is not None and not self.replicates.drawn:
            return int(self.replicates.ranks(np.where(rows, 0, -1), 1)[0]) - 1
        inside = self.group if rows.all() else self.group[rows]
        counts = np.bincount(inside, minlength=self.groups)
        return int(self.degrees_of_freedom(counts[:, None])[0])


def runs(codes: Ints) -> Ints:
    """First place of each run of equal codes."""
    starts: Ints = np.flatnonzero(np.r_[True, np.diff(codes) != 0])
    return starts


def parent_starts(stage: Stage) -> Ints:
    """First unit of this stage in each unit of the stage above."""
    starts: Ints = stage.starts[runs(stage.parent)]
    return starts
