"""The record of one step of weighting, kept by the survey whose weights it made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mspsurvey.inference.design.coding import Floats

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey
    from mspsurvey.inference.weight.totals import Known


@dataclass(frozen=True)
class WeightStep:
    """One step of weighting.

    Attributes
    ----------
    name : str
        ``nonresponse``, ``poststratify``, ``rake``, ``calibrate``, ``trim``, …
    column : str
        Column of the survey's frame with the weights after the step.
    words : str
        What the weights are now, for a footer: "raked to size, division".
    before : Survey
        The survey that went into the step.
    table : DataFrame
        ``variable, level, n, target, before, after, source``: a row for each class, level or
        total that the step looked at.
    note : str
        What else is to be known of it, in words.
    known : tuple
        Margins and totals that the weights were last fitted to.
    function : callable, optional
        From weights of all rows to those after the step, to do it again for replicates.
    """

    name: str
    column: str
    words: str
    before: Survey = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    note: str = ""
    known: tuple[Known, ...] = field(default=(), repr=False)
    function: Callable[[Floats], Floats] | None = field(default=None, repr=False)


STEP_TABLE = ("variable", "level", "n", "target", "before", "after", "source")
"""Columns of the table of a step."""
