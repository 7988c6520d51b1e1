"""The design as declared for a table that lies elsewhere, checked by one aggregation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from mspsurvey.errors import DesignError, did_you_mean
from mspsurvey.inference.backend.source import Source
from mspsurvey.inference.design.declare import build_design
from mspsurvey.inference.survey import Survey, listed
from mspsurvey.instrument import Instrument

ROWS, TOTAL, ZEROS, STRANGE, LEAST, MOST, HIGHEST = (
    "_msp_rows", "_msp_total", "_msp_zeros", "_msp_strange", "_msp_least", "_msp_most",
    "_msp_highest_",
)  # fmt: skip


@dataclass(frozen=True)
class Declared:
    """Names of the design's columns, and what else ``Survey`` was given.

    Attributes
    ----------
    weights, raked_from : str or None
        Columns of weights, final and before raking.
    strata, psu, fpc : tuple of str
        Columns, one a stage, as far down as the stages count.
    raked_to : tuple of str
        Columns of the margins.
    options : mapping
        Everything as given.
    zeros : bool
        Whether some weights are 0.
    """

    weights: str | None
    strata: tuple[str, ...]
    psu: tuple[str, ...]
    fpc: tuple[str, ...]
    raked_to: tuple[str, ...]
    raked_from: str | None
    options: Mapping[str, Any]
    zeros: bool = False

    @classmethod
    def of(cls, source: Source, **options: Any) -> Declared:
        """Read the arguments of ``Survey`` and check them against the table.

        Raises
        ------
        DesignError
            Where an argument is not for such tables, a column is absent or has gaps, a
            weight is negative or not a number, or the design is not usable.
        """
        unusual = sorted(set(options) - _TAKEN)
        if unusual:
            raise DesignError(
                f"A survey of a table in {source.engine} takes {', '.join(sorted(_TAKEN))}.",
                f"It was given {', '.join(unusual)}.",
                "Take the columns home first: Survey(…).collect([…]).",
            )
        strata, psu, fpc = (tuple(listed(options.get(k))) for k in ("strata", "psu", "fpc"))
        depth = max(1, min(len(psu) + 1, len(fpc)))
        declared = cls(
            options.get("weights"), strata[:depth], psu[:depth], fpc[:depth],
            tuple(listed(options.get("raked_to"))), options.get("raked_from"), dict(options),
        )  # fmt: skip
        return declared._checked(source)

    @property
    def summable(self) -> bool:
        """Whether sums by sampling unit are enough; else each row is a unit of its own."""
        return len(self.psu) >= max(1, len(self.fpc))

    @property
    def units(self) -> tuple[str, ...]:
        """Columns that name a sampling unit of the last stage."""
        return (*self.strata, *self.psu)

    @property
    def columns(self) -> list[str]:
        """All columns that the design names, each once."""
        single = [name for name in (self.weights, self.raked_from) if name is not None]
        every = (*single, *self.units, *self.fpc, *self.raked_to)
        return list(dict.fromkeys(every))

    @property
    def instrument(self) -> Instrument | None:
        """Wording, labels and order of levels."""
        instrument: Instrument | None = self.options.get("instrument")
        return instrument

    def weight(self, source: Source) -> nw.Expr:
        """Weight of each row; null where it is not a number."""
        return nw.lit(1.0) if self.weights is None else source.number(self.weights)

    def before(self, source: Source) -> nw.Expr | None:
        """Weight of each row before raking, where one was named."""
        return None if self.raked_from is None else source.number(self.raked_from)

    def counts(self, source: Source) -> list[nw.Expr]:
        """Say which rows count: those with a weight other than 0, where some have none."""
        return [self.weight(source) > 0] if self.zeros else []

    def of_cells(self, weight: str, before: str) -> dict[str, Any]:
        """Arguments of the ``Survey`` of cells."""
        names = {"strata": self.strata, "psu": self.psu, "fpc": self.fpc}
        design = {name: list(columns) or None for name, columns in names.items()}
        given = dict(self.options) | design | {"weights": weight}
        return given | ({"raked_from": before} if self.raked_from is not None else {})

    def _checked(self, source: Source) -> Declared:
        for name in self.columns:
            if name not in source.schema:
                raise DesignError(
                    "A column that describes the design was wanted.",
                    f"The table has none called {name!r}.",
                    did_you_mean(str(name), source.schema.names()),
                )
        found = self._look(source)
        rows = found[ROWS].sum()
        if not rows:
            raise DesignError("A survey needs respondents.", "The table has no rows.")
        self._refuse_gaps(found, rows)
        self._refuse_weights(found, rows)
        if self.summable:
            frame = found.assign(**{TOTAL: found[TOTAL].clip(lower=0)})
            build_design(
                frame, weights=TOTAL, strata=self.strata, psu=self.psu, fpc=self.fpc,
                lonely_psu=self.options.get("lonely_psu", "fail"),
            )  # fmt: skip
        values = dict(vars(self)) | {"zeros": bool(found[ZEROS].sum())}
        return Declared(**values)

    def _look(self, source: Source) -> pd.DataFrame:
        """Ask for each unit's rows, weights, and how far its finite populations agree."""
        weight = self.weight(source)
        given = nw.lit(False) if self.weights is None else weight.is_null()
        rows = {
            ROWS: nw.lit(1), TOTAL: weight, LEAST: weight, MOST: weight,
            ZEROS: nw.when(weight == 0).then(nw.lit(1)), STRANGE: nw.when(given).then(nw.lit(1)),
        }  # fmt: skip
        sums = {ROWS: "sum", TOTAL: "sum", ZEROS: "sum", STRANGE: "sum", LEAST: "min", MOST: "max"}
        for k, name in enumerate(self.fpc):
            rows |= {name: source.number(name), f"{HIGHEST}{k}": source.number(name)}
            sums |= {name: "min", f"{HIGHEST}{k}": "max"}
        keys = [name for name in dict.fromkeys(self.units) if name not in self.fpc]
        return source.summed(keys, rows, sums)

    def _refuse_gaps(self, found: pd.DataFrame, rows: float) -> None:
        for name in (*self.units, *self.fpc):
            if name not in found.columns:
                continue
            gaps = int(found.loc[found[name].isna(), ROWS].sum())
            if gaps:
                raise DesignError(
                    f"The design column '{name}' should be known for every row.",
                    f"It is missing in {gaps:,} of {int(rows):,}.",
                    "Fill it from the sample file, or set those rows aside with a reason.",
                )
            highest = f"{HIGHEST}{self.fpc.index(name)}" if name in self.fpc else ""
            if highest and (found[highest] != found[name]).any():
                unit = found.loc[found[highest] != found[name]].iloc[0]
                raise DesignError(
                    "An fpc should be the same for all rows of a stratum.",
                    f"In one unit it is both {unit[name]:g} and {unit[highest]:g}.",
                    "Give the number of units in the stratum's population.",
                )

    def _refuse_weights(self, found: pd.DataFrame, rows: float) -> None:
        strange, least = found[STRANGE].fillna(0).sum(), found[LEAST].min()
        if strange or least < 0 or not found[TOTAL].sum() > 0:
            most = found[MOST].max()
            raise DesignError(
                f"Every weight in '{self.weights}' should be a finite number, none negative, "
                "not all 0.",
                f"The smallest is {least:g}, the largest {most:g}; {int(strange):,} of "
                f"{int(rows):,} are missing or not finite.",
                "A row that should not count has weight 0.",
            )


_TAKEN = frozenset(
    {
        "weights", "strata", "psu", "fpc", "instrument", "lonely_psu", "raked_to", "raked_from",
        "sample_type", "population", "synthetic", "weight_note", "lonely_domains",
    }
)  # fmt: skip


def described(options: Mapping[str, Any]) -> dict[str, Any]:
    """Words of a survey: population, weight and kind of sample, as ``Survey`` makes them."""
    # A survey of one row is enough to have the words made in one place.
    words = {k: options[k] for k in _WORDS if k in options}
    name = options.get("weights")
    frame = pd.DataFrame({name or "one": np.ones(1)})
    one = Survey(frame, weights=name, **words)
    return {k: getattr(one, k) for k in ("sample_type", "population", "synthetic", "weight")}


_WORDS: Sequence[str] = ("instrument", "sample_type", "population", "synthetic", "weight_note")
