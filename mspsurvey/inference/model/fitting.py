"""Fitting: from a survey and a formula to parameters and their influence, for any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.model.encoding import Encoded, encode
from mspsurvey.inference.model.formula import (
    Column,
    Parsed,
    answered,
    columns_of,
    context,
    made_levels,
    parse,
)
from mspsurvey.inference.model.influence import (
    Influence,
    require_rows,
    root_of,
    small_root,
    unit_totals,
)
from mspsurvey.inference.model.likelihood import Likelihood
from mspsurvey.inference.model.matrix import Cells, Dense
from mspsurvey.inference.model.newton import Optimum, inverse, maximise
from mspsurvey.inference.model.points import Points, by_row, gathered
from mspsurvey.inference.model.scaling import standardised

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


@dataclass(frozen=True)
class Outcome:
    """Left side of a formula.

    Attributes
    ----------
    name : str
        Variable.
    levels : tuple of str
        Levels that are modelled, in order; empty for a number.
    y : ndarray, shape (rows,)
        Numbers, or positions in ``levels``.
    shown : tuple of str
        What stands in the column ``level`` of predictions, one for each mean.
    """

    name: str
    levels: tuple[str, ...]
    y: Floats | Ints
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """Rows that a model is fitted to.

    Attributes
    ----------
    inside : ndarray of bool, shape (rows of the survey,)
    chosen : ndarray of int or None
        Their positions; None where all rows are inside.
    weights : ndarray of float, shape (rows of the model,)
        Sampling weights.
    unit : float
        Their mean in the domain, answered or not, which the fit divides them by.
    prior, offset : ndarray of float, shape (rows of the model,), optional
    """

    inside: Bools
    chosen: Ints | None
    weights: Floats
    unit: float = 1.0
    prior: Floats | None = None
    offset: Floats | None = None

    def of(self, values: Floats) -> Floats:
        """Values of the model's rows."""
        return values if self.chosen is None else values[self.chosen]


@dataclass(frozen=True)
class Solved:
    """A fitted model, as predictions and tests need it.

    Attributes
    ----------
    parameters : ndarray of float, shape (q,)
    labels : tuple of pairs of str
        Level of the outcome and column that each parameter belongs to.
    root : ndarray of float, shape (any, q)
        Root of the covariance of the parameters.
    moved : Influence or None
        Influence of units on the parameters; None for replicate designs.
    replicated : ndarray of float, shape (R, q), or None
        Parameters from each replicate, NaN where it has no fit.
    design_df : int
        Degrees of freedom of the design among the model's rows.
    """

    survey: Survey = field(repr=False)
    parsed: Parsed
    encoded: Encoded = field(repr=False)
    likelihood: Likelihood
    outcome: Outcome = field(repr=False)
    rows: Rows = field(repr=False)
    labels: tuple[tuple[str, str], ...]
    parameters: Floats
    root: Floats = field(repr=False)
    moved: Influence | None = field(repr=False)
    replicated: Floats | None = field(repr=False)
    design_df: int

    @property
    def df(self) -> int:
        """Degrees of freedom of tests: the design's, less the predictors (as in R)."""
        return self.design_df + 1 - len(self.encoded.encoder.columns)

    @property
    def points(self) -> Points:
        """Rows of the model, as they are, for predictions."""
        return self.points_of(self.encoded.matrix())

    def points_of(self, matrix: Cells | Dense) -> Points:
        """Rows with another model matrix."""
        return Points(matrix, self.rows.weights, self.rows.weights[:, None], self.rows.offset)


def rows_of(survey: Survey, names: Sequence[str], prior: str | None, offset: str | None) -> Rows:
    """Rows with an answer to all variables, and the weights that go with them."""
    extra = [n for n in (prior, offset) if n is not None]
    survey.coder.require(extra)
    inside = answered(survey, [*names, *extra])
    if not inside.any():
        raise EstimateError(
            "Rows with an answer to every variable of the model were wanted.",
            f"There are none among {len(survey):,}.",
            f"Look at what is missing in {', '.join(names)}.",
        )
    chosen = None if inside.all() else np.flatnonzero(inside)
    rows = Rows(inside, chosen, survey.design.weights)
    weights = rows.of(survey.design.weights)
    given = None if prior is None else rows.of(survey.coder.numbers(prior))
    if given is not None and (given < 0).any():
        raise EstimateError(
            f"Prior weights '{prior}' should not be negative.", f"The least is {given.min():g}."
        )
    shift = None if offset is None else rows.of(survey.coder.numbers(offset))
    return Rows(inside, chosen, weights, _unit(survey), given, shift)


def _unit(survey: Survey) -> float:
    """Mean weight, over the rows that R's ``svyglm`` takes it over.

    Iteration begins at means that depend on it, and ends at a digit that does too.
    """
    weights = survey.design.weights
    if survey.raking is None:
        weights = weights[survey.domains(()).index == 0]
    return float(weights.mean())


def prepare(survey: Survey, formula: str, prior: str | None, offset: str | None,
            ) -> tuple[Parsed, Rows, dict[str, Column]]:  # fmt: skip
    """Read the formula and find its rows and predictors."""
    require_rows(survey)
    parsed = parse(formula, survey.coder)
    if any(need in parsed.variables for need in parsed.needs):
        raise EstimateError(
            "An outcome was wanted that is not among its own predictors.",
            f"It is {formula!r}.",
        )
    rows = rows_of(survey, [*parsed.needs, *parsed.variables], prior, offset)
    columns = columns_of(survey, parsed.variables, rows.chosen, made_levels(parsed))
    return parsed, rows, columns


def fit(
    survey: Survey,
    parsed: Parsed,
    rows: Rows,
    columns: dict[str, Column],
    outcome: Outcome,
    likelihood: Likelihood,
) -> Solved:
    """Maximise the weighted likelihood and find the covariance of its parameters."""
    count = len(rows.weights)
    encoded = encode(parsed, columns, context(survey.coder, parsed), count)
    labels = likelihood.labels(encoded.encoder.columns)
    names = tuple(f"{level}: {column}" if level else column for level, column in labels)
    intercept = _intercept(encoded)
    matrix, back = standardised(encoded.matrix(), intercept)
    carry = likelihood.back(back)
    work = _Work(likelihood, matrix, outcome, rows, names, intercept)
    found = work.solve(rows.weights)
    bread = inverse(found.information, names) @ carry.T
    parameters = carry @ found.parameters
    moved, replicated = None, None
    replicates = survey.design.replicates
    if replicates is None:
        moved = Influence(work.totals(survey, found), bread)
        root = root_of(survey, rows.chosen, moved)
    else:
        weights = (rows.of(replicates.weights(r)) for r in range(replicates.count))
        again = np.array([work.again(w, found.parameters) for w in weights])
        if np.isnan(again).all():
            raise EstimateError(
                "Replicates that the model can be fitted to were wanted.", "There are none.",
                "Take a term with small levels out of the formula.",
            )  # fmt: skip
        replicated = again @ carry.T
        root = small_root(replicates.root(replicated, parameters))
    return Solved(survey, parsed, encoded, likelihood, outcome, rows, tuple(labels), parameters,
                  root, moved, replicated, _degrees(survey, rows))  # fmt: skip


def _intercept(encoded: Encoded) -> int | None:
    columns = encoded.encoder.columns
    return columns.index("Intercept") if "Intercept" in columns else None


def _degrees(survey: Survey, rows: Rows) -> int:
    """Degrees of freedom of the design among the model's rows (R: ``degf``)."""
    design = survey.design
    # Replicates keep those of the domain, whoever answered.
    return survey.df if design.replicates is not None else int(design.degrees_of_rows(rows.inside))


@dataclass(frozen=True)
class _Work:
    """What is the same for the fit and its replicates."""

    likelihood: Likelihood
    matrix: Cells | Dense
    outcome: Outcome
    rows: Rows
    names: tuple[str, ...]
    intercept: int | None

    def solve(self, weights: Floats, start: Floats | None = None) -> Optimum:
        """Parameters, and information per unit of the weights as they came."""
        likelihood = self.likelihood
        unit = self.rows.unit if start is None else float(weights.mean())
        rows = self._rows(weights / unit)
        points = likelihood.completed(rows, gathered(rows))
        if start is None:
            start = likelihood.start(rows, points, self.intercept)
        found = maximise(
            partial(likelihood.evaluate, points),
            start,
            self.names,
            total=float(points.weights.sum()),
            reach=partial(likelihood.reach, points),
            stop_as_r=likelihood.stops_as_r,
        )
        return replace(found, information=found.information * unit)

    def again(self, weights: Floats, start: Floats) -> Floats:
        """Parameters in a replicate, NaN where it has no fit: a level that nobody is left at."""
        try:
            return self.solve(weights, start).parameters
        except EstimateError:
            return np.full_like(start, np.nan)

    def _rows(self, weights: Floats) -> Points:
        """Rows with weights near 1."""
        scaled = weights if self.rows.prior is None else weights * self.rows.prior
        levels = self.likelihood.outcomes
        return by_row(self.matrix, scaled, self.outcome.y, levels, self.rows.offset)

    def totals(self, survey: Survey, found: Optimum) -> Floats:
        """Totals of the scores over units, in terms of the standardised columns."""
        points = Points(self.matrix, self.rows.weights, self.rows.weights[:, None],
                        self.rows.offset)  # fmt: skip
        values = self.likelihood.values(points, found.parameters, found.before, self.outcome.y)
        if self.rows.prior is not None:
            values *= self.rows.prior[:, None]

        def totals(weights: Floats, index: Ints, size: int) -> Floats:
            return self.likelihood.totals(
                self.matrix, values * weights[:, None], index, size
            )  # fmt: skip

        return unit_totals(survey, self.rows.chosen, totals)
