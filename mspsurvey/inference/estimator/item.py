"""Items: what is summed for one question, level and values of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mspsurvey.inference.design.coding import Floats


@dataclass(frozen=True)
class Within:
    """What rows that stand for many respondents hide; the item has their weighted means.

    Attributes
    ----------
    yy, xy, xx : ndarray of float, shape (rows,)
        Sums of weight × products of deviations from the row's means of y and x.
    nonzero : ndarray of float, shape (rows,)
        Respondents with y other than 0.
    largest, largest_bottom : ndarray of float, shape (rows,)
        Largest weight · |y|, and weight · |x|, of one respondent.
    top, bottom : ndarray of float, shape (rows,), optional
        Means of y and x by the weight before calibration, where that is another one.
    """

    yy: Floats
    xy: Floats
    xx: Floats
    nonzero: Floats
    largest: Floats
    largest_bottom: Floats
    top: Floats | None = None
    bottom: Floats | None = None


@dataclass(frozen=True)
class Item:
    """What is summed for one item: level and values of each row.

    Attributes
    ----------
    level : ndarray of int, shape (rows,), or None
        Position of the row's level, −1 where the row has no valid answer; None where every
        row is valid and at level 0.
    levels : int
        Levels in the table, L, those asked for first.
    kept : int
        How many of them are asked for; the others only count in the denominator.
    top, bottom : ndarray of float, shape (rows,), optional
        y and x of the ratio, 1 if not given; not finite only where the answer is not valid.
    kind : str
        ``share``, ``ratio`` (also a mean) or ``total``.
    shift : float
        Constant that was taken off y of a mean, so that large values keep their digits.
    dominance : bool
        Whether to look for a row that makes up most of a sum.
    within : Within, optional
        Where rows stand for many respondents with values of their own.
    """

    level: NDArray[np.signedinteger] | None
    levels: int = 1
    kept: int = 1
    top: Floats | None = None
    bottom: Floats | None = None
    kind: str = "ratio"
    shift: float = 0.0
    dominance: bool = False
    within: Within | None = None

    @property
    def fitted(self) -> tuple[Floats | None, Floats | None]:
        """Values of y and x in the regression on calibrated totals."""
        if self.within is None or self.within.top is None:
            return self.top, self.bottom
        same = self.bottom is self.top
        bottom = self.within.top if same else self.within.bottom
        return self.within.top, None if self.bottom is None else bottom
