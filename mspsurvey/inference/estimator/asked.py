"""What is asked for: levels, nets, intervals, and the items that they come down to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Bools
from mspsurvey.inference.estimator.interval import check_interval
from mspsurvey.inference.estimator.item import Item

DEFF = ("wor", "wr")


@dataclass(frozen=True)
class Interval:
    """How uncertainty is to be said: kind of interval, its confidence, kind of deff."""

    method: str
    confidence: float
    deff: str

    def __post_init__(self) -> None:
        """Check the names."""
        check_interval(self.method, self.confidence)
        if self.deff not in DEFF:
            raise EstimateError(
                f"deff is one of {', '.join(DEFF)}.",
                f"It is {self.deff!r}.",
                did_you_mean(str(self.deff), DEFF),
            )


@dataclass(frozen=True)
class Levels:
    """Which levels are asked for: all, one, or several as one net."""

    level: str | Sequence[str] | None = None
    net: str | None = None

    def __post_init__(self) -> None:
        """Check that a net has levels."""
        if self.net is not None and self.level is None:
            raise EstimateError(
                f"The levels that make up the net '{self.net}' were wanted.",
                "None are given.",
                "Name them: level=['2', '3'].",
            )

    @property
    def codes(self) -> list[str]:
        """Codes that are asked for, none for all."""
        if self.level is None:
            return []
        many = [self.level] if isinstance(self.level, str | int) else self.level
        return [str(code) for code in many]

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Codes by the text that stands for them in the column ``level``."""
        return {self.text: tuple(self.codes)} if self.codes else {}

    @property
    def text(self) -> str:
        """What stands in the column ``level`` for a net."""
        return self.net if self.net is not None else "+".join(self.codes)


@dataclass(frozen=True)
class Asked:
    """One item as asked: what is summed, what its rows are called, what it rests on."""

    name: str
    item: Item
    levels: tuple[str, ...]
    needs: tuple[str, ...]
    whole: bool = False

    def valid(self, rows: int) -> Bools:
        """Rows with a valid answer, of so many."""
        if self.item.level is None:
            return np.ones(rows, dtype=bool)
        answered: Bools = self.item.level >= 0
        return answered


def present_level(valid: Bools) -> NDArray[np.int8] | None:
    """Level 0 for valid rows, −1 for others; None where all are valid."""
    return None if valid.all() else valid.view(np.int8) - np.int8(1)
