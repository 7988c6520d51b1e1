"""Nonresponse by response propensity: a logit on what is known of the whole sample.

The propensity is p = 1/(1 + exp(−x'β)), with β from the likelihood weighted by the base
weights (R: ``svyglm(…, family = quasibinomial())``). Respondents are weighted by 1/p, or,
less exposed to a wrong model, by classes of p.

Source: Little, *International Statistical Review* 54 (1986), 139–157; Valliant, Dever &
Kreuter, *Practical Tools for Designing and Weighting Survey Samples* (2018), chapter 13.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats, Ints, code_column

STEPS = 50
CONVERGED = 1e-11
"""A score this small, relative to the sum of weights, ends the search for β."""
SURE = 18.0
"""A log odds beyond this is a propensity of 0 or 1: the model separates."""


def model_matrix(frame: pd.DataFrame, predictors: Sequence[str]) -> tuple[Floats, list[str]]:
    """Columns of a model: a constant, numbers as they are, an indicator a level but the first.

    Raises
    ------
    WeightError
        Where a column is absent or has gaps.
    """
    columns, names = [np.ones(len(frame))], ["constant"]
    for name in predictors:
        if name not in frame.columns:
            raise WeightError(
                "A predictor should be a column that is known for the whole sample.",
                f"There is none called {name!r}.",
                did_you_mean(name, frame.columns),
            )
        column = frame[name]
        if column.isna().any():
            raise WeightError(
                f"The predictor '{name}' should be known for the whole sample.",
                f"It is missing for {int(column.isna().sum()):,}.",
                "Make missing a level of its own, or leave it out.",
            )
        if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
            columns.append(column.to_numpy(dtype=np.float64))
            names.append(name)
            continue
        coded = code_column(column)
        for code in np.unique(coded.codes)[1:]:
            columns.append((coded.codes == code).astype(np.float64))
            names.append(f"{name}={coded.levels[code]}")
    return np.column_stack(columns), names


def logit(x: Floats, y: Bools, weights: Floats) -> Floats:
    """Coefficients β of a logit, by Newton steps on the weighted likelihood.

    Parameters
    ----------
    x : ndarray of float, shape (rows, K)
    y : ndarray of bool, shape (rows,)
    weights : ndarray of float, shape (rows,)

    Raises
    ------
    WeightError
        Where predictors repeat one another, or tell for certain who is who.
    """
    middle, spread = x.mean(axis=0), x.std(axis=0)
    middle[0], spread[0] = 0.0, 1.0
    z = (x - middle) / np.where(spread > 0, spread, 1.0)
    total, beta = weights.sum(), np.zeros(x.shape[1])
    root = np.sqrt(weights)[:, None]
    if np.linalg.matrix_rank(z * root, tol=1e-9 * np.sqrt(total)) < x.shape[1]:
        raise WeightError(
            "Predictors should not repeat one another.",
            "One of them follows from the others.",
            "Leave one out.",
        )
    for _ in range(STEPS):
        odds = z @ beta
        p = _inverse(odds)
        score = z.T @ (weights * (y - p))
        if np.abs(score).max() <= CONVERGED * total or np.abs(odds).max() > SURE:
            break
        curve = (z * (weights * p * (1 - p))[:, None]).T @ z
        beta = beta + np.linalg.solve(curve, score)
    if np.abs(odds).max() > SURE or not np.abs(score).max() <= 1e-6 * total:
        raise WeightError(
            "A propensity should be between 0 and 1.",
            "The predictors tell for certain, for some, which side they are on.",
            "Leave out, or coarsen, the predictor with a level that has only one side.",
        )
    beta = beta / np.where(spread > 0, spread, 1.0)
    beta[0] -= middle[1:] @ beta[1:]
    return beta


def propensities(x: Floats, y: Bools, weights: Floats) -> Floats:
    """Fit a logit and give p of every row."""
    return _inverse(x @ logit(x, y, weights))


def _inverse(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))))


def propensity_classes(p: Floats, count: int) -> Ints:
    """Cut propensities into ``count`` classes of equal numbers, 0 the least likely."""
    if count < 2:
        raise WeightError("Two or more classes of propensity were wanted.", f"There are {count}.")
    cuts = np.quantile(p, np.arange(1, count) / count)
    return np.searchsorted(cuts, p, side="left")


def loglinear(x: Floats, y: Floats) -> Floats:
    """Coefficients γ of E(y|x) = exp(x'γ), by Newton steps on the Poisson likelihood.

    Parameters
    ----------
    x : ndarray of float, shape (rows, K)
    y : ndarray of float, shape (rows,)
        Positive numbers, such as weights.
    """
    gamma, *_ = np.linalg.lstsq(x, np.log(y), rcond=None)
    for _ in range(STEPS):
        mean = np.exp(np.clip(x @ gamma, -700, 700))
        score = x.T @ (y - mean)
        if np.abs(score).max() <= CONVERGED * np.abs(x.T @ y).max():
            break
        step, *_ = np.linalg.lstsq((x * mean[:, None]).T @ x, score, rcond=None)
        gamma = gamma + step
    return np.asarray(gamma)
