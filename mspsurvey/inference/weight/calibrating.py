"""Calibration of respondents' weights to known totals, whole frames at a time.

The factors are those nearest to 1, by the distance that is chosen, with which every total
holds. ``linear`` gives the generalised regression estimator; ``raking`` keeps weights
positive and is raking where all totals are margins; ``logit`` keeps factors between bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.errors import WeightError, did_you_mean
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.weight.distance import Distance
from mspsurvey.inference.weight.fit import fit, nearest
from mspsurvey.inference.weight.totals import Columns

HIT = 1e-9
"""Largest relative distance from a known total that is let through."""
BOUNDS_OF = ("factor", "weight")


@dataclass(frozen=True)
class Rule:
    """How weights are to be calibrated.

    Attributes
    ----------
    distance : str
        ``linear``, ``raking`` or ``logit``.
    bounds : (float, float), optional
        Smallest and largest value allowed.
    bounds_of : {"factor", "weight"}
        Of the factor g, weight after over weight before, or of the weight after itself (R's
        ``bounds.const``).
    """

    distance: str = "linear"
    bounds: tuple[float, float] | None = None
    bounds_of: str = "factor"

    def __post_init__(self) -> None:
        """Check the names."""
        if self.bounds_of not in BOUNDS_OF:
            raise WeightError(
                f"bounds_of is one of {', '.join(BOUNDS_OF)}.", f"It is {self.bounds_of!r}.",
                did_you_mean(str(self.bounds_of), BOUNDS_OF),
            )  # fmt: skip
        self.on(np.ones(1))

    def on(self, weights: Floats) -> Distance:
        """Distance with bounds of the factors of these weights."""
        if self.bounds is None:
            return Distance(self.distance)
        low, high = (float(b) for b in self.bounds)
        if self.bounds_of == "factor":
            return Distance(self.distance, low, high)
        positive = np.where(weights > 0, weights, 1.0)
        return Distance(self.distance, low / positive, high / positive)

    @property
    def words(self) -> str:
        """Distance and bounds, for a record."""
        if self.bounds is None:
            return f"{self.distance} distance"
        low, high = self.bounds
        whose = "factors" if self.bounds_of == "factor" else "weights"
        return f"{self.distance} distance, {whose} from {low:g} to {high:g}"


def calibrate_weights(
    columns: Columns, weights: Floats, rule: Rule, *, spread: Floats | None = None
) -> Floats:
    """Calibrate weights to the totals of columns.

    Parameters
    ----------
    columns : Columns
        Variables and their known totals.
    weights : ndarray of float, shape (rows,) or (rows, R)
        Weights before; each column of replicate weights is calibrated by itself. Weights of 0
        stay 0.
    rule : Rule
    spread : ndarray of float, shape (rows,), optional
        σ²: factors of rows with a larger one may vary more. With the values of the one
        number that is calibrated to, linear calibration is the ratio estimator.

    Returns
    -------
    ndarray of float, shape as ``weights``

    Raises
    ------
    WeightError
        Names the total that is not met to one in a thousand million, and how near it can be
        got; or says that weights would be negative.
    """
    if weights.ndim == 2:
        each = [calibrate_weights(columns, w, rule, spread=spread) for w in weights.T]
        return np.stack(each, axis=1)
    by_row = columns.cell is None or spread is not None or rule.bounds_of == "weight"
    x = columns.rows() if by_row else columns.values
    start = weights if by_row else columns.gathered(weights)
    distance = rule.on(start)
    found = fit(x, start, columns.totals, distance, spread=spread)
    if not found.error <= HIT:
        _fail(columns, x, start, distance, rule)
    factors = found.factors if by_row else found.factors[_cell(columns)]
    _require_positive(factors[weights > 0])
    return weights * factors


def _cell(columns: Columns) -> Ints:
    assert columns.cell is not None
    return columns.cell


def _fail(columns: Columns, x: Floats, weights: Floats, distance: Distance, rule: Rule) -> None:
    low = 0.0 if distance.name == "raking" and rule.bounds is None else distance.low
    best = nearest(x, weights, columns.totals, low, distance.high)
    furthest = np.argsort(-np.abs(best.off), kind="stable")[:3]
    near = "; ".join(
        f"{_name(columns.names[i])} {best.achieved[i]:,.6g} instead of {columns.totals[i]:,.6g}"
        for i in furthest
        if abs(best.off[i]) > HIT
    )
    raise WeightError(
        f"Calibration ({rule.words}) should meet every known total.",
        f"It cannot; the nearest that they can be got together: {near or 'all, almost'}.",
        _advice(x, weights, columns.totals, rule),
    )


def _advice(x: Floats, weights: Floats, totals: Floats, rule: Rule) -> str:
    if rule.bounds is not None:
        free = fit(x, weights, totals, Distance("linear"))
        if free.error <= HIT:
            g = free.factors[weights > 0]
            return f"Without bounds the factors run from {g.min():.3g} to {g.max():.3g}."
    return "The totals contradict one another, or nobody is there to meet one; leave one out."


def _require_positive(factors: Floats) -> None:
    if (factors < 0).any():
        raise WeightError(
            "Weights should not be negative.",
            f"Linear calibration makes {int((factors < 0).sum()):,} of them so.",
            "Give bounds=(0.2, 5), or take distance='raking'.",
        )


def _name(name: tuple[str, str]) -> str:
    variable, level = name
    if not variable:
        return "the number of units"
    return f"'{variable}' at '{level}'" if level else f"'{variable}'"


def averaged(columns: Columns, groups: Ints, weights: Floats) -> Columns:
    """Give everyone in a group its mean, so that one factor holds for all of them.

    As in weighting households of which all members get one weight (R's ``aggregate.stage``).

    Raises
    ------
    WeightError
        Where weights before differ within a group.
    """
    count = int(groups.max()) + 1
    size = np.bincount(groups, minlength=count)
    middle = np.bincount(groups, weights=weights, minlength=count) / size
    if np.abs(weights - middle[groups]).max() > 1e-9 * middle.max():
        raise WeightError(
            "One factor for a whole group needs equal weights in it before.",
            "They differ within a group.",
            "Leave `within` out, or start from weights of the groups.",
        )
    means = [np.bincount(groups, weights=x, minlength=count) / size for x in columns.rows().T]
    values = np.stack(means, axis=1)[groups]
    return Columns(columns.names, values, None, columns.totals, columns.sources)
