"""How well several items measure one thing, and two codings agree, with intervals.

* α (Cronbach, *Psychometrika* 16 (1951)): k/(k − 1) · (1 − Σ v_ii / Σ v_ij), with v the
  weighted covariances of k items.
* ω (McDonald, *Test Theory* (1999)): (Σ λ)² / ((Σ λ)² + Σ ψ), with loadings λ and unique
  variances ψ of one factor, fitted to the weighted covariances by unweighted least squares
  (minimum residuals: v_ij ≈ λ_i λ_j off the diagonal). Answers count as numbers; for items
  of few levels polychoric correlations would give a somewhat higher ω.
* κ (Cohen, *Psychological Bulletin* 70 (1968)): 1 − Σ d_ij p_ij / Σ d_ij p_i. p_.j, with
  weighted shares p and disagreements d_ij.
* item–rest correlation: of an item with the sum of the others.

All are smooth functions of weighted means, so that the one variance function gives their
standard errors; respondents with a gap in any item are left out. Intervals are symmetric for
log(1 − α), log(1 − ω), Fisher's z of a correlation, and κ itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.interval import mean_interval, t_quantile
from mspsurvey.inference.result.disclose import Row, judge
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.variance.smooth import Smooth, smooth

DISAGREEMENTS = ("unweighted", "linear", "quadratic")
MINRES_STEPS = 500


def alpha(survey: Survey, items: Sequence[str], *, confidence: float = 0.95) -> Estimates:
    """Estimate Cronbach's α of items, with its design-based interval.

    Parameters
    ----------
    survey : Survey
    items : sequence of str
        Two or more variables whose answers are numbers, all pointing the same way.
    confidence : float
        Of the interval.

    Returns
    -------
    Estimates
        One row, ``statistic="alpha"``.
    """
    return _of_covariance(survey, items, _alpha, "alpha", confidence)


def omega(survey: Survey, items: Sequence[str], *, confidence: float = 0.95) -> Estimates:
    """Estimate McDonald's ω of three or more items, with its design-based interval.

    Parameters as in ``alpha``; ``statistic="omega"``.
    """
    if len(items) < 3:
        raise EstimateError("Three or more items were wanted, for one factor.",
                            f"There are {len(items)}.", "Two have an α only.")  # fmt: skip
    return _of_covariance(survey, items, _omega, "omega", confidence)


def item_rest(survey: Survey, items: Sequence[str], *, confidence: float = 0.95) -> Estimates:
    """Correlate each item with the sum of the others.

    Parameters as in ``alpha``; one row an item, ``statistic="correlation"``.
    """
    found = _covariances(survey, items, _rest)
    low, high = _transformed(found, np.arctanh, np.tanh, lambda r: 1 / (1 - r**2), confidence)
    return _estimates(survey, list(items), found, (low, high), "correlation", confidence)


def kappa(
    survey: Survey,
    first: str,
    second: str,
    *,
    disagreement: str = "unweighted",
    confidence: float = 0.95,
) -> Estimates:
    """Estimate Cohen's κ of two codings of the same respondents.

    Parameters
    ----------
    first, second : str
        Two variables with the same levels.
    disagreement : {"unweighted", "linear", "quadratic"}
        What a pair of levels i, j costs: 1 if they differ, |i − j|, or (i − j)².

    Returns
    -------
    Estimates
        One row, ``statistic="kappa"``.
    """
    if disagreement not in DISAGREEMENTS:
        raise EstimateError(
            f"disagreement is one of {', '.join(DISAGREEMENTS)}.", f"It is {disagreement!r}.",
            did_you_mean(str(disagreement), DISAGREEMENTS),
        )  # fmt: skip
    one, two = survey.coder.coded(first), survey.coder.coded(second)
    levels = tuple(dict.fromkeys((*one.levels, *two.levels)))
    if len(levels) < 2:
        raise EstimateError("Two or more levels were wanted.", f"There are {len(levels)}.")
    left = _placed(one.codes, one.levels, levels)
    right = _placed(two.codes, two.levels, levels)
    size = len(levels)
    cell = np.where((left >= 0) & (right >= 0), left * size + right, -1)
    columns = (cell[:, None] == np.arange(size * size)).astype(np.float64)
    columns[cell < 0] = np.nan
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    cost = {"unweighted": apart > 0, "linear": apart, "quadratic": apart**2}[disagreement]
    found = smooth(survey, columns, lambda p: _kappa(p.reshape(size, size), np.asarray(cost)))
    df = np.array([found.df])
    interval = mean_interval(found.value, found.variance, df, confidence)
    return _estimates(survey, [f"{first}/{second}"], found, interval, "kappa", confidence)


def _kappa(p: Floats, cost: Floats) -> Floats:
    expected = np.outer(p.sum(axis=1), p.sum(axis=0)) / p.sum()
    chance = float((cost * expected).sum())
    if chance <= 0:
        raise EstimateError("Two codings that vary were wanted.", "All are at one level.")
    return np.array([1 - float((cost * p).sum()) / chance])


def _placed(codes: np.ndarray, own: Sequence[str], levels: Sequence[str]) -> np.ndarray:
    place = np.array([*(levels.index(level) for level in own), -1])
    placed: np.ndarray = place[codes]
    return placed


def _of_covariance(
    survey: Survey, items: Sequence[str], function: Callable[[Floats], float], name: str,
    confidence: float,
) -> Estimates:  # fmt: skip
    found = _covariances(survey, items, lambda v: np.array([function(v)]))
    low, high = _transformed(
        found, lambda a: -np.log1p(-a), lambda z: -np.expm1(-z), lambda a: 1 / (1 - a), confidence
    )
    words = " + ".join(items)
    return _estimates(survey, [words], found, (low, high), name, confidence, needs=items)


def _covariances(
    survey: Survey, items: Sequence[str], function: Callable[[Floats], Floats]
) -> Smooth:
    """Apply a function of the weighted covariance matrix of items."""
    if len(items) < 2 or len(set(items)) < len(items):
        raise EstimateError(
            "Two or more different items were wanted.", f"They are {', '.join(items)}."
        )
    values = np.stack([survey.coder.centred(name)[0] for name in items], axis=1)
    count = len(items)
    upper = np.triu_indices(count)
    products = values[:, upper[0]] * values[:, upper[1]]

    def of_means(means: Floats) -> Floats:
        middle, matrix = means[:count], np.zeros((count, count))
        matrix[upper] = means[count:]
        covariance = matrix + np.triu(matrix, 1).T - np.outer(middle, middle)
        return function(covariance)

    found = smooth(survey, np.concatenate([values, products], axis=1), of_means)
    if not np.isfinite(found.value).all():
        raise EstimateError("Items whose answers vary were wanted.", "One has a single value.")
    return found


def _alpha(covariance: Floats) -> float:
    count, total = len(covariance), covariance.sum()
    return float(count / (count - 1) * (1 - np.trace(covariance) / total))


def _omega(covariance: Floats) -> float:
    loadings = _one_factor(covariance)
    common = loadings.sum() ** 2
    unique = np.diag(covariance) - loadings**2
    return float(common / (common + unique.sum()))


def _one_factor(covariance: Floats) -> Floats:
    """Loadings λ that make Σ_{i≠j} (v_ij − λ_i λ_j)² smallest, by Newton steps."""
    values, vectors = np.linalg.eigh(covariance)
    first = vectors[:, -1] * np.sqrt(values[-1])
    loadings = first * (1.0 if first.sum() >= 0 else -1.0)
    off = ~np.eye(len(covariance), dtype=bool)
    for _ in range(MINRES_STEPS):
        residual = np.where(off, covariance - np.outer(loadings, loadings), 0.0)
        slope = -residual @ loadings
        squares = (loadings**2).sum() - loadings**2
        curve = np.where(off, np.outer(loadings, loadings) - residual, 0.0) + np.diag(squares)
        # Pushed up to a positive curve, so that each step leads downwards.
        lowest = np.linalg.eigvalsh(curve)[0]
        lift = max(0.0, 1e-8 * squares.max() - lowest)
        step = np.linalg.solve(curve + lift * np.eye(len(curve)), slope)
        loadings = loadings - step
        if np.abs(step).max() <= 1e-13 * np.abs(loadings).max():
            break
    return np.asarray(loadings)


def _rest(covariance: Floats) -> Floats:
    total, own = covariance.sum(axis=1), np.diag(covariance)
    rest = covariance.sum() - 2 * total + own
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation: Floats = (total - own) / np.sqrt(own * rest)
    return correlation


Scale = Callable[[Floats], Floats]


def _transformed(
    found: Smooth, there: Scale, back: Scale, slope: Scale, confidence: float
) -> tuple[Floats, Floats]:
    """Interval that is symmetric on another scale: g(θ) ± t · se · g'(θ), carried back."""
    t = t_quantile(np.full(len(found.value), found.df), confidence)
    half = t * np.sqrt(found.variance) * np.abs(slope(found.value))
    middle = there(found.value)
    return back(middle - half), back(middle + half)


def _estimates(
    survey: Survey, rows: Sequence[str], found: Smooth, interval: tuple[Floats, Floats],
    statistic: str, confidence: float, *, needs: Sequence[str] = (),
) -> Estimates:  # fmt: skip
    size = len(found.value)
    each = {k: np.full(size, float(getattr(found, k))) for k in ("n", "df", "n_eff", "base")}
    # A coefficient may be near 0 and well known: only the rules on numbers of answers apply.
    sure = Row(
        estimate=np.ones(size), se=np.zeros(size), low=interval[0], high=interval[1],
        df=each["df"], n=each["n"], n_eff=each["n_eff"], positive=each["n"],
        largest=np.zeros(size), kish=each["n"],
    )  # fmt: skip
    verdict, why = judge(sure, share=False)
    data = pd.DataFrame(
        {
            "item": list(rows), "level": "", "estimate": found.value,
            "se": np.sqrt(found.variance), "low": interval[0], "high": interval[1],
            "df": each["df"], "n": each["n"].astype(np.int64), "n_eff": each["n_eff"],
            "deff": np.nan, "base": each["base"], "verdict": verdict, "why": why,
        }
    )  # fmt: skip
    known = {n: survey.coder.variable(n) for n in (*rows, *needs)}
    return Estimates(
        data=data, statistic=statistic, population=survey.population, where=survey.domain,
        weight=survey.weight, precision_kind=survey.precision_kind, root=found.root,
        variables={n: v for n, v in known.items() if v is not None},
        synthetic=survey.synthetic, confidence=confidence,
    )  # fmt: skip
