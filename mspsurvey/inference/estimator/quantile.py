"""Quantiles, with intervals on the scale of probability (Woodruff, JASA 47 (1952)).

With F(y) = Σ w·1(y_i ≤ y) / Σ w the weighted distribution in a domain, the quantile q of p is
found by one of four rules:

* math: the smallest value with F ≥ p;
* school: the same, but halfway to the next value where F = p;
* hf7: linear between values at (Σ w up to the one before) / (Σ w less the last), the default
  of most software for unweighted data (Hyndman & Fan 1996, definition 7);
* linear: linear between values at their F (R's retired ``oldsvyquantile``).

Where equal values have different weights, the last two depend on the order of rows, as they
do in R; the first two never do.

F(q) is a share, with a design-based variance like any other; an interval of that share, taken
back through the rule, is the interval of q, and its length over 2·t the standard error. With
replicate weights too: jackknife replicates of a quantile itself have no valid variance.

R: ``svyquantile(interval.type = "mean")``. It differs where a limit falls below the first
step of F: there R 4.1-1 returns the second value, this package the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.estimator.asked import Asked, Interval, present_level
from mspsurvey.inference.estimator.interval import share_interval, t_quantile
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.layout import (
    Answer,
    estimated,
    laid_out,
    require_groups,
    require_rows,
)
from mspsurvey.inference.estimator.linear import Linear
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.variance.root import beside, scaled

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

RULES = ("math", "school", "hf7", "linear")
TIE = 1e-12
"""F counts as equal to p within this fraction: sums of weights are not exact."""


@dataclass(frozen=True)
class Ordered:
    """Values of one domain in order, with the weights up to each, both of shape (n,)."""

    values: Floats
    upto: Floats

    def at(self, p: Floats, rule: str) -> Floats:
        """Quantiles of these probabilities; NaN outside 0 to 1 and where there is nobody."""
        n = len(self.values)
        known = np.isfinite(p) & (p >= 0) & (p <= 1)
        if not n:
            return np.full(p.shape, np.nan)
        p = np.where(known, p, 0.5)
        if rule == "hf7":
            found = self._seventh(p)
        elif rule == "linear":
            found = np.interp(p, self.upto / self.upto[-1], self.values)
        else:
            target = p * self.upto[-1]
            place = np.searchsorted(self.upto, target * (1 + TIE), side="right") - 1
            tied = (place >= 0) & (self.upto[place] >= target * (1 - TIE))
            after = self.values[np.minimum(place + 1, n - 1)]
            there = self.values[np.maximum(place, 0)]
            middle = there if rule == "math" else (there + after) / 2
            found = np.where(tied, middle, after)
        return np.where(known, found, np.nan)

    def beside(self, found: Floats) -> Floats:
        """Respondents at or below each quantile, or at or above it, whichever are fewer."""
        below = np.searchsorted(self.values, found, side="right")
        above = len(self.values) - np.searchsorted(self.values, found, side="left")
        return np.minimum(below, above).astype(np.float64)

    def _seventh(self, p: Floats) -> Floats:
        if len(self.values) == 1:
            return np.full(p.shape, self.values[0])
        before = np.r_[0.0, self.upto[:-1]] / self.upto[-2]
        found: Floats = np.interp(p, before, self.values)
        return found


def quantiles(
    survey: Survey,
    items: Sequence[str],
    q: Sequence[float],
    by: Sequence[str],
    *,
    rule: str,
    wanted: Interval,
) -> Estimates:
    """Estimate quantiles; see ``Survey.quantile``."""
    require_groups(by)
    p = _probabilities(q)
    if rule not in RULES:
        raise EstimateError(
            f"A rule for quantiles is one of {', '.join(RULES)}.",
            f"It is {rule!r}.",
            did_you_mean(str(rule), RULES),
        )
    require_rows(survey, "A quantile")
    answers = [_answer(survey, name, p, by, rule, wanted) for name in items]
    return laid_out(survey, answers, by, "quantile", wanted)


def _probabilities(q: Sequence[float]) -> Floats:
    p = np.asarray(q, dtype=np.float64)
    if p.ndim != 1 or not len(p) or not ((p > 0) & (p < 1)).all():
        raise EstimateError(
            "Quantiles between 0 and 1 were wanted, such as 0.5 for the median.",
            f"They are {list(q)}.",
        )
    return p


def _answer(
    survey: Survey, name: str, p: Floats, by: Sequence[str], rule: str, wanted: Interval
) -> Answer:
    values = survey.coder.numbers(name)
    valid = np.isfinite(values)
    # Ties in the order of rows, as R has them, cost more and matter to two rules.
    kind: Literal["stable"] | None = "stable" if rule in ("hf7", "linear") else None
    ordered = _in_order(survey, values, valid, by, kind)
    found = np.stack([part.at(p, rule) for part in ordered])
    shares = [_share(survey, values, valid, column, by) for column in found.T]
    limits = [
        _limits(ordered, share, chance, rule, wanted)
        for share, chance in zip(shares, p, strict=True)
    ]
    low, high = (np.stack([pair[k] for pair in limits], axis=1) for k in (0, 1))
    few = np.stack([part.beside(row) for part, row in zip(ordered, found, strict=True)])
    result = _quantiles(shares, found, few, (low, high), wanted)
    asked = Asked(name, Item(present_level(valid)), tuple(f"{chance:g}" for chance in p), (name,))
    return Answer(asked, result, (low, high))


def _in_order(
    survey: Survey,
    values: Floats,
    valid: Bools,
    by: Sequence[str],
    kind: Literal["stable"] | None,
) -> list[Ordered]:
    """Sort each group's values."""
    domains = survey.domains(by)
    index, weights = domains.index, survey.design.weights
    rows: Ints | None = None
    if not valid.all() or (domains.rows.sum() < len(index)):
        rows = np.flatnonzero(valid & (index < domains.count))
        values, index, weights = values[rows], index[rows], weights[rows]
    order = np.argsort(values, kind=kind)
    if domains.count > 1:
        # Small integers are sorted by counting, which is several times faster.
        group = index[order].astype(np.int16 if domains.count < 2**15 else np.int64)
        order = order[np.argsort(group, kind="stable")]
    ends = np.cumsum(np.bincount(index, minlength=domains.count))
    values, weights = values[order], weights[order]
    starts = np.r_[0, ends[:-1]]
    return [
        Ordered(values[a:b], np.cumsum(weights[a:b])) for a, b in zip(starts, ends, strict=True)
    ]


def _share(
    survey: Survey, values: Floats, valid: Bools, found: Floats, by: Sequence[str]
) -> Linear:
    """F at each group's quantile, as a share with its variance."""
    index = survey.domains(by).index
    edge = np.append(np.where(np.isfinite(found), found, -np.inf), np.inf)
    # A quantile that was interpolated may have lost the last digit of the value it is.
    edge += TIE * np.abs(np.where(np.isfinite(edge), edge, 0.0))
    above = (values > edge[index]).view(np.int8)
    if not valid.all():
        above = np.where(valid, above, np.int8(-1))
    return estimated(survey, Item(above, levels=2, kept=1, kind="share"), by)


def _limits(
    ordered: Sequence[Ordered], share: Linear, p: float, rule: str, wanted: Interval
) -> tuple[Floats, Floats]:
    """Limits of each group's quantile, NaN where they lie beyond what was observed."""
    at = np.where(share.n > 0, p, np.nan) if rule == "linear" else share.estimate[:, 0]
    variance = share.variance[:, 0]
    none = variance == 0
    n_eff = np.where(none, share.kish, at * (1 - at) / np.where(none, 1.0, variance))
    low, high = share_interval(
        at, variance, n_eff=n_eff, n=share.n, df=share.df,
        method=wanted.method, confidence=wanted.confidence,
    )  # fmt: skip
    if rule == "linear":
        low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    return (
        np.array([part.at(x, rule) for part, x in zip(ordered, low, strict=True)]),
        np.array([part.at(x, rule) for part, x in zip(ordered, high, strict=True)]),
    )


def _quantiles(
    shares: Sequence[Linear],
    found: Floats,
    few: Floats,
    limits: tuple[Floats, Floats],
    wanted: Interval,
) -> Linear:
    """Estimates of all quantiles, with the variance that their limits stand for."""
    first = shares[0]
    se = (limits[1] - limits[0]) / (2 * t_quantile(first.df, wanted.confidence)[:, None])
    variance = np.concatenate([s.variance for s in shares], axis=1)
    simple = np.concatenate([s.simple for s in shares], axis=1)
    known = variance > 0
    slope = np.where(known, se / np.sqrt(np.where(known, variance, 1.0)), 0.0)
    groups, count = found.shape
    roots = beside([s.root for s in shares])
    # From quantiles with the groups in each to groups with the quantiles in each.
    places = np.arange(groups * count).reshape(count, groups).T.ravel()
    return replace(
        first,
        estimate=found,
        variance=se**2,
        simple=np.where(known, simple * slope**2, np.nan),
        # A quantile with one or two respondents beyond it is a respondent's own number.
        positive=few,
        root=scaled(roots[:, places], slope.ravel()),
        replicated=None,
    )
