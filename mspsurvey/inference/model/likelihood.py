"""What the fitting of a model needs to know of it, the same for all kinds of model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.model.matrix import Cells, Dense
from mspsurvey.inference.model.newton import Point
from mspsurvey.inference.model.points import Points


class Likelihood(Protocol):
    """A model with parameters φ, of shape (q,), in the order of ``labels``.

    The score of a row is w·∂l/∂φ, with l its log-likelihood. It is written as values s of
    shape (S,), times the row of the model matrix where they multiply coefficients.
    """

    @property
    def outcomes(self) -> int:
        """Columns of ``Points.outcomes`` that are levels; 0 where the outcome is a number."""

    def labels(self, columns: Sequence[str]) -> list[tuple[str, str]]:
        """Level of the outcome ("" for all) and column that each parameter belongs to."""

    @property
    def stops_as_r(self) -> bool:
        """Whether iteration ends where R's ``glm`` does."""

    def completed(self, rows: Points, points: Points) -> Points:
        """Points made of rows, with what their deviance takes from single rows."""

    def start(self, rows: Points, points: Points, intercept: int | None) -> Floats:
        """Give parameters to begin with."""

    def evaluate(self, points: Points, parameters: Floats) -> Point | None:
        """Gradient and information of the weighted log-likelihood."""

    def reach(self, points: Points, step: Floats) -> float:
        """Largest change of a linear predictor that a step makes."""

    def values(
        self, points: Points, parameters: Floats, before: Floats, outcome: Floats | Ints
    ) -> Floats:
        """Values s of each row, shape (rows, S), per unit of weight."""

    def totals(self, matrix: Cells | Dense, values: Floats, index: Ints, size: int) -> Floats:
        """Sums of scores over the rows of each group, shape (size, q)."""

    def back(self, columns: Floats) -> Floats:
        """Matrix that carries parameters of standardised columns back, shape (q, q)."""

    def means(self, points: Points, parameters: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Predicted means μ, shape (rows, K), and Σ w·∂μ/∂φ, shape (K, q)."""
