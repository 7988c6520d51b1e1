"""Newton's method for likelihoods that are concave, and what can keep them from a maximum.

All models here (generalised linear with canonical link, proportional odds, multinomial
logit) have a log-likelihood that is concave in their parameters: a stationary point is the
maximum, and a step that goes too far is one after which the slope along it is steep the
other way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats


@dataclass(frozen=True)
class Point:
    """Gradient, information A, and deviance (0 where it is not asked for) at some parameters."""

    gradient: Floats
    information: Floats
    deviance: float = 0.0

    @property
    def finite(self) -> bool:
        """Whether all of it is."""
        return bool(np.isfinite(self.gradient).all() and np.isfinite(self.information).all())


Evaluate = Callable[[Floats], Point | None]
"""What a likelihood is at some parameters; None where they are not allowed."""

MOST_STEPS = 60
PATIENCE = 12
"""Steps after which a fit that still moves is looked at for separation."""
CLOSE = 1e-20
"""Newton decrement g'A⁻¹g per unit of weight at which a last step is made. The step is then
1e-10 of a standard deviation, and what is left after it of the order of its square."""
ROUNDING = 1e-13
"""Decrement from which a step that no longer helps is rounding."""
OVERSHOOT = 0.9
"""Largest slope against the step, as a fraction of the slope before it."""
DEPENDENT = 1e-11
"""A column of which less than this fraction (of its square) is its own is a combination."""
SETTLED = 1e-14
"""Relative change of the deviance at which R's ``glm`` stops with ``epsilon = 1e-14``."""
DRIFT = 0.05
"""A last step that moves a linear predictor by more than this goes to infinity."""


@dataclass(frozen=True)
class Optimum:
    """Where a climb ended.

    Attributes
    ----------
    parameters : ndarray of float, shape (q,)
    before : ndarray of float, shape (q,)
        Parameters before the last step.
    information : ndarray of float, shape (q, q)
        A at ``before``, as R's ``glm`` leaves it.
    """

    parameters: Floats
    before: Floats
    information: Floats


def maximise(
    evaluate: Evaluate,
    start: Floats,
    names: Sequence[str],
    *,
    total: float,
    reach: Callable[[Floats], float],
    stop_as_r: bool = False,
) -> Optimum:
    """Climb to the maximum.

    Parameters
    ----------
    evaluate : callable
        From parameters to a ``Point``.
    start : ndarray of float, shape (q,)
    names : sequence of str
        Of the parameters, for errors.
    total : float
        Sum of weights.
    reach : callable
        Largest change of a linear predictor that a step makes.
    stop_as_r : bool
        Stop as R's ``glm`` does, where the deviance has settled.

    Raises
    ------
    EstimateError
        Where columns are combinations of others, the outcome is separated, or no maximum is
        found; each names the columns.
    """
    point = evaluate(start)
    assert point is not None, "the starting point is not allowed"
    refuse_combinations(point.information, names)
    at, step, last = start, np.zeros_like(start), np.inf
    for count in range(MOST_STEPS):
        direction = _solve(point.information, point.gradient)
        if direction is None:
            refuse_separation(step, names, reach)
            break
        step = direction
        decrement = float(point.gradient @ step) / total
        if count >= PATIENCE and decrement < 1e-3:
            refuse_separation(step, names, reach)
        if decrement < CLOSE or (decrement < ROUNDING and decrement >= last):
            return Optimum(at + step, at, point.information)
        there, new = _advance(evaluate, at, step, point, names)
        if stop_as_r and abs(new.deviance - point.deviance) < SETTLED * (0.1 + new.deviance):
            return Optimum(there, at, point.information)
        at, point, last = there, new, decrement
    raise EstimateError(
        "A model with a maximum of its likelihood was wanted.",
        f"None was found in {MOST_STEPS} steps.",
        "Look for outliers and rare levels in " + ", ".join(names[:6]) + ".",
    )


def _advance(
    evaluate: Evaluate, at: Floats, step: Floats, point: Point, names: Sequence[str]
) -> tuple[Floats, Point]:
    """Go along the step, shortened until the slope does not turn steeply against it."""
    slope, length = float(point.gradient @ step), 1.0
    while length > 1e-12:
        there = at + length * step
        new = evaluate(there)
        if new is not None and new.finite and float(new.gradient @ step) >= -OVERSHOOT * slope:
            return there, new
        length /= 2
    raise EstimateError(
        "A model with a maximum of its likelihood was wanted.",
        "No step leads upwards.",
        "Look for very large values in " + ", ".join(names[:6]) + ".",
    )


def _scaled(information: Floats) -> tuple[Floats, Floats]:
    """Information with a diagonal of 1, and the square roots that were divided out."""
    root = np.sqrt(np.maximum(np.diag(information), 0.0))
    root = np.where(root > 0, root, 1.0)
    return information / np.outer(root, root), root


def _solve(information: Floats, right: Floats) -> Floats | None:
    """Solve A x = b by Cholesky; None where A is singular to the machine."""
    scaled, root = _scaled(information)
    try:
        lower = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    half = np.linalg.solve(lower, (right.T / root).T)
    return np.asarray((np.linalg.solve(lower.T, half).T / root).T)


def inverse(information: Floats, names: Sequence[str]) -> Floats:
    """A⁻¹, refused where A is singular."""
    solved = _solve(information, np.eye(len(information)))
    if solved is None:
        refuse_combinations(information, names)
        raise EstimateError(
            "A model whose parameters the answers determine was wanted.",
            "The information matrix is singular.",
            "Take out terms, or put rare levels together: " + ", ".join(names[:6]) + ".",
        )
    return (solved + solved.T) / 2


def refuse_combinations(information: Floats, names: Sequence[str]) -> None:
    """Raise where a column is a linear combination of the ones before it."""
    scaled, _ = _scaled(information)
    for place in range(len(scaled)):
        if information[place, place] <= 0:
            raise EstimateError(
                f"A column '{names[place]}' that varies was wanted.",
                "It is 0 in every row of the model.",
                "Put levels together, or take the term out of the formula.",
            )
        if place == 0:
            continue
        head, cross = scaled[:place, :place], scaled[:place, place]
        weights = np.linalg.solve(head, cross)
        if scaled[place, place] - cross @ weights > DEPENDENT:
            continue
        others = [names[int(k)] for k in np.flatnonzero(np.abs(weights) > 1e-5)]
        raise EstimateError(
            "Columns that each add something were wanted.",
            f"'{names[place]}' is a combination of {', '.join(repr(o) for o in others)}.",
            "Take one of them out of the formula.",
        )


def refuse_separation(
    step: Floats, names: Sequence[str], reach: Callable[[Floats], float]
) -> None:
    """Raise where the parameters that still grow make the outcome certain."""
    whole = reach(step)
    if whole <= DRIFT:
        return
    alone = np.array(
        [reach(np.where(np.arange(len(step)) == k, step, 0)) for k in range(len(step))]
    )
    growing = [names[int(k)] for k in np.flatnonzero(alone > 0.05 * alone.max())]
    # An intercept only balances the others, unless there are none.
    growing = [g for g in growing if not g.endswith("Intercept")] or growing
    raise EstimateError(
        "An outcome that varies at each value of the predictors was wanted.",
        f"It is told for certain by {', '.join(repr(g) for g in growing)} "
        "(perfect separation): the estimate would be infinite.",
        "Put levels together, or take the term out of the formula.",
    )
