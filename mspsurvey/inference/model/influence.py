"""From scores to covariances: the influence of each sampling unit on what is estimated.

A parameter that solves Σ w·s(φ) = 0 moves by A⁻¹·w·s when a row is taken away, with A the
information: its linearised variance is that of the total of w·s·A⁻¹ over units (Binder 1983;
R: ``svy.varcoef``). Those totals go through the one variance function of this package, so
that stages, finite populations, lonely units and calibration count as in a mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.coding import Floats, Ints
from mspsurvey.inference.variance import variance_root

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

Totals = Callable[[Floats, Ints, int], Floats]
"""Sums of weight × score over groups of rows: (weights, index, size) → (size, q)."""


@dataclass(frozen=True)
class Influence:
    """Totals of w·e over units, with e the influence of each row per unit of weight.

    Attributes
    ----------
    totals : ndarray of float, shape (units, q)
        Less the regression on calibrated totals, where there are any.
    """

    totals: Floats

    def through(self, slopes: Floats) -> Influence:
        """Influence on functions of the parameters, ``slopes`` of shape (q, functions)."""
        return Influence(self.totals @ slopes)

    def __add__(self, other: Influence) -> Influence:
        """Add up, for something that depends on the sample in two ways."""
        return Influence(self.totals + other.totals)


def influence(survey: Survey, rows: Ints | None, totals: Totals) -> Influence:
    """Sum the influence of rows over units, less what calibration takes out.

    Parameters
    ----------
    survey : Survey
    rows : ndarray of int, optional
        Rows of the model; all if not given.
    totals : callable
        Sums of the rows' influence by any index.
    """
    design = survey.design
    weights = design.weights if rows is None else design.weights[rows]
    if survey.raking is None:
        unit = design.unit if rows is None else design.unit[rows]
        return Influence(totals(weights, unit, design.units))
    every = np.arange(len(design.weights)) if rows is None else rows
    scores = totals(np.ones(len(every)), every, len(design.weights))
    return Influence(survey.raking.residual_totals(scores, design))


def root_of(survey: Survey, rows: Ints | None, moved: Influence) -> Floats:
    """Root of the design-based covariance, shape (any, functions)."""
    design = survey.design
    present = None
    if design.asks_domains and survey.raking is None:
        unit = design.unit if rows is None else design.unit[rows]
        held = np.bincount(unit, minlength=design.units) > 0
        present = np.broadcast_to(held[:, None], moved.totals.shape)
    return variance_root(moved.totals, design, present)


def small_root(root: Floats) -> Floats:
    """Root with as many rows as columns, of the same covariance."""
    if len(root) <= root.shape[1]:
        return root
    return np.asarray(np.linalg.qr(root, mode="r"))


def require_rows(survey: Survey) -> None:
    """Refuse where respondents are not in memory row by row."""
    if survey.design.number is not None:
        raise EstimateError(
            "A model needs the answers of each respondent.",
            "This survey keeps sums of them.",
            "Read the columns of the model into memory: Survey(table.to_pandas(), …).",
        )
