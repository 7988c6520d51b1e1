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
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.variance.variance import variance_root

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

Totals = Callable[[Floats, Ints, int], Floats]
"""Sums of weight × score over groups of rows: (weights, index, size) → (size, q)."""


@dataclass(frozen=True)
class Influence:
    """Totals of w·e over units, with e the influence of each row per unit of weight.

    Attributes
    ----------
    totals : ndarray of float, shape (units, s)
        Of scores, less the regression on calibrated totals, where there are any.
    turn : ndarray of float, shape (s, q)
        What turns them into influence on parameters. It is applied last, since units are
        many and parameters few.
    """

    totals: Floats
    turn: Floats

    def through(self, slopes: Floats) -> Influence:
        """Influence on functions of the parameters, ``slopes`` of shape (q, functions)."""
        return Influence(self.totals, self.turn @ slopes)

    def beside(self, totals: Floats) -> Influence:
        """Add totals, shape (units, q), that influence the same functions directly."""
        whole = np.concatenate([self.totals, totals], axis=1)
        return Influence(whole, np.concatenate([self.turn, np.eye(totals.shape[1])]))


def unit_totals(survey: Survey, rows: Ints | None, totals: Totals) -> Floats:
    """Sum scores of rows over units, less what calibration takes out.

    Parameters
    ----------
    survey : Survey
    rows : ndarray of int, optional
        Rows of the model; all if not given.
    totals : callable
        Sums of the rows' scores by any index.

    Returns
    -------
    ndarray of float, shape (units, s)
    """
    design = survey.design
    weights = design.weights if rows is None else design.weights[rows]
    if survey.raking is None:
        unit = design.unit if rows is None else design.unit[rows]
        return totals(weights, unit, design.units)
    every = np.arange(len(design.weights)) if rows is None else rows
    scores = totals(np.ones(len(every)), every, len(design.weights))
    return survey.raking.residual_totals(scores, design)


def root_of(survey: Survey, rows: Ints | None, moved: Influence) -> Floats:
    """Root of the design-based covariance, shape (any, q)."""
    design = survey.design
    present = None
    if design.asks_domains and survey.raking is None:
        unit = design.unit if rows is None else design.unit[rows]
        held = np.bincount(unit, minlength=design.units) > 0
        present = np.broadcast_to(held[:, None], moved.totals.shape)
    root = small_root(variance_root(moved.totals, design, present))
    return small_root(root @ moved.turn)


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
            "Take the columns of the model home first: survey.collect([…]).",
        )
