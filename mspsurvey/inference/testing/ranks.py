"""Rank tests in a complex sample: location of an outcome in two or more groups.

The rank of a row is its place in the estimated population, R = Σ weights of smaller values,
plus half; scores g(R/N) are compared between groups as means are, with the design-based
variance of their influence and scores taken as fixed (Lumley & Scott, *Biometrika* 100 (2013),
831–842; R: ``svyranktest``). Scores: Wilcoxon and Kruskal–Wallis R/N, van der Waerden
Φ⁻¹(R/N), median 1(R > N/2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.testing.base import (
    Split,
    context,
    degrees,
    require_choice,
    require_df,
    require_groups,
    split,
    total_root,
)
from mspsurvey.inference.testing.chisq import quadratic, wald_tail
from mspsurvey.inference.testing.means import Contrast, hidden
from mspsurvey.inference.testing.result import TestResult
from mspsurvey.inference.testing.values import Values

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

SCORES: Mapping[str, tuple[str, Callable[[Floats], Floats]]] = {
    "wilcoxon": ("Wilcoxon", lambda place: place),
    "vanderWaerden": ("van der Waerden", lambda place: ndtri(place)),
    "median": ("median", lambda place: (place > 0.5).astype(np.float64)),
    "KruskalWallis": ("Kruskal–Wallis", lambda place: place),
}
"""Scores by name: words, and the function of R/N."""

TIES = ("rows", "weights")

_ORDER_NOTE = (
    "Rows of different weight are tied; their ranks are averaged row by row, as R does, which "
    "depends on the order of rows (ties='weights' does not)."
)


def rank_test(
    survey: Survey,
    values: Values,
    *,
    by: Sequence[str],
    groups: Sequence[str] | None = None,
    scores: str = "wilcoxon",
    ties: str = "rows",
    confidence: float = 0.95,
) -> TestResult:
    """Rank test of two groups (t) or more (F).

    Parameters
    ----------
    scores : str
        A key of ``SCORES``.
    ties : {"rows", "weights"}
        Rank of tied rows: the plain mean of their places one after the other, as in R; or the
        middle of their weight, which is the definition of Lumley and Scott and does not
        depend on the order of rows. The same where tied rows have equal weights.
    """
    require_choice("scores", scores, tuple(SCORES))
    require_choice("ties", ties, TIES)
    rows = split(survey, values.valid, by, groups)
    require_groups(survey, rows, by, None)
    kept = rows.inside & (survey.design.weights > 0)
    w = np.where(kept, survey.design.weights, 0.0)
    place, uneven = _places(values.y[kept], w[kept], ties)
    score = np.zeros(len(w))
    score[kept] = SCORES[scores][1](place)
    means, influence = _influence(score, w, rows)
    note = _ORDER_NOTE if uneven and ties == "rows" else ""
    if len(rows.names) == 2:
        result = _two(survey, values, means, influence, rows, scores, confidence)
    else:
        result = _several(survey, values, means, influence, rows, scores)
    said = context(survey) | {
        "by": tuple(by), "note": note,
        "left_out": survey.left_out(values.items, values.valid, by),
    }  # fmt: skip
    return TestResult(**{**result, **said})


def _places(y: Floats, w: Floats, ties: str) -> tuple[Floats, bool]:
    """R/N of each row, and whether tied rows differ in weight."""
    order = np.argsort(y, kind="stable")
    ordered, weight = y[order], w[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    size = np.diff(np.r_[first, len(y)])
    upto = np.cumsum(weight)
    if ties == "weights":
        tied = np.add.reduceat(weight, first)
        rank = np.cumsum(tied) - tied / 2
    else:
        rank = np.add.reduceat(upto - weight / 2, first) / size
    place = np.empty(len(y))
    place[order] = np.repeat(rank, size) / upto[-1]
    most, least = np.maximum.reduceat(weight, first), np.minimum.reduceat(weight, first)
    return place, bool((most > least * (1 + 1e-12)).any())


def _influence(score: Floats, w: Floats, rows: Split) -> tuple[Floats, Floats]:
    """Mean score of each group, and influence on its difference to the first group's.

    Returns
    -------
    means : ndarray of float, shape (groups,)
    influence : ndarray of float, shape (rows, groups − 1)
    """
    count = len(rows.names)
    size = np.bincount(rows.group, weights=w, minlength=count + 1)[:count]
    sums = np.bincount(rows.group, weights=w * score, minlength=count + 1)[:count]
    means = sums / size
    inside = rows.group < count
    own = np.where(inside, rows.group, 0)
    centred = np.where(inside, (score - means[own]) / size[own], 0.0)
    influence = np.zeros((len(w), count - 1))
    for g in range(1, count):
        influence[:, g - 1] = np.where(rows.group == g, centred, 0.0)
        influence[:, g - 1] -= np.where(rows.group == 0, centred, 0.0)
    return means, influence


def _two(
    survey: Survey,
    values: Values,
    means: Floats,
    influence: Floats,
    rows: Split,
    scores: str,
    confidence: float,
) -> dict[str, object]:
    df = degrees(survey, rows.inside) - 1
    require_df(df)
    root = total_root(survey, influence, rows.inside)[:, 0]
    se = math.sqrt(float(root @ root))
    words = f"mean rank score, {rows.names[1]} less {rows.names[0]}"
    contrast = Contrast(float(means[1] - means[0]), se, df, words, rows)
    low, high = contrast.interval(confidence)
    return _common(values, rows, scores) | {
        "statistic": contrast.t, "statistic_name": "t", "df": (df,), "p": contrast.p,
        "effect": words, "estimate": contrast.estimate, "se": se, "low": low, "high": high,
        "confidence": confidence,
    }  # fmt: skip


def _several(
    survey: Survey,
    values: Values,
    means: Floats,
    influence: Floats,
    rows: Split,
    scores: str,
) -> dict[str, object]:
    """F = W/k against F(k, d − k), k groups less one (R gives W and k, its names changed)."""
    k = len(means) - 1
    df = degrees(survey, rows.inside)
    require_df(df - k)
    root = total_root(survey, influence, rows.inside)
    tail = wald_tail(quadratic(root, means[1:] - means[0]), k, df - k)
    return _common(values, rows, scores) | {
        "statistic": tail.statistic, "df": tail.df, "p": tail.p,
        "effect": "largest less smallest mean rank score",
        "estimate": float(means.max() - means.min()),
    }  # fmt: skip


def _common(values: Values, rows: Split, scores: str) -> dict[str, object]:
    kind = scores if len(rows.names) == 2 or scores != "wilcoxon" else "KruskalWallis"
    return {
        "item": values.items[0], "method": f"Design-based {SCORES[kind][0]} rank test",
        "n": int(rows.n.sum()), "groups": rows.counts, "words": values.words,
        "hidden": hidden(values, rows),
    }  # fmt: skip
