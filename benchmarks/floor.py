"""The floor: what a fast engineer would write in NumPy for these six tasks and no others.

Strings are factorised with pandas, sums are ``bincount`` on joint codes, variances come from
sums by PSU, replicates are a matrix product, raking works on joint cells. No checks, no
labels, no gaps in the data, one design.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from benchmarks.sample import DOMAINS, ITEM_NAMES, LEVELS, MARGINS, PREDICTORS, PSUS, STRATA

Floats = np.ndarray
UNITS = STRATA * PSUS
BLOCK = 16_384


def codes(column: pd.Series) -> np.ndarray:
    """Codes of a column of text or of a categorical."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes)
    return pd.factorize(column, sort=True)[0]


def design(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """PSU of each row, numbered stratum by stratum, first PSU of each stratum, their number."""
    unit = codes(frame["stratum"]).astype(np.int64) * UNITS + codes(frame["psu"])
    present = np.zeros(STRATA * UNITS, dtype=bool)
    present[unit] = True
    number = np.cumsum(present) - 1
    starts = np.flatnonzero(np.diff(np.flatnonzero(present) // UNITS, prepend=-1))
    return number[unit], starts, int(number[-1]) + 1


def errors(scores: Floats, starts: np.ndarray) -> Floats:
    """Standard errors from scores by PSU, shape (units, estimates)."""
    count = np.diff(np.r_[starts, len(scores)])
    stratum = np.repeat(np.arange(len(starts)), count)
    means = np.add.reduceat(scores, starts, axis=0) / count[:, None]
    away = scores - means[stratum]
    away *= np.sqrt(count / (count - 1))[stratum, None]
    return np.sqrt(np.einsum("ij,ij->j", away, away))


def mean(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Domain means with standard errors."""
    w, y = frame["w"].to_numpy(), frame["y"].to_numpy()
    unit, starts, units = design(frame)
    place = unit * DOMAINS + codes(frame["domain"])
    size = np.bincount(place, w, units * DOMAINS).reshape(units, DOMAINS)
    total = np.bincount(place, w * y, units * DOMAINS).reshape(units, DOMAINS)
    whole = size.sum(axis=0)
    value = total.sum(axis=0) / whole
    return value, errors((total - size * value) / whole, starts)


def items(frame: pd.DataFrame) -> list[tuple[Floats, Floats]]:
    """Shares of ten five-level questions in 20 domains."""
    w = frame["w"].to_numpy()
    unit, starts, units = design(frame)
    place = (unit * DOMAINS + codes(frame["domain"])) * LEVELS
    found = []
    for name in ITEM_NAMES:
        top = np.bincount(place + codes(frame[name]), w, units * DOMAINS * LEVELS)
        top = top.reshape(units, DOMAINS, LEVELS)
        size = top.sum(axis=2)
        whole = size.sum(axis=0)[:, None]
        value = top.sum(axis=0) / whole
        scores = (top - size[:, :, None] * value) / whole
        found.append((value, errors(scores.reshape(units, -1), starts)))
    return found


def logit(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Logistic regression on five predictors, by Newton's method, with its sandwich."""
    w, y = frame["w"].to_numpy(), frame["yes"].to_numpy()
    unit, starts, units = design(frame)
    x = np.column_stack([np.ones(len(frame)), *(frame[p].to_numpy() for p in PREDICTORS)])
    beta = np.zeros(x.shape[1])
    rest = np.empty(len(frame))
    for _ in range(25):
        information, gradient = np.zeros((len(beta), len(beta))), np.zeros(len(beta))
        # In blocks that stay in the cache.
        for rows in (slice(k, k + BLOCK) for k in range(0, len(frame), BLOCK)):
            part = x[rows]
            p = 1 / (1 + np.exp(-(part @ beta)))
            rest[rows] = w[rows] * (y[rows] - p)
            information += part.T @ (part * (w[rows] * p * (1 - p))[:, None])
            gradient += rest[rows] @ part
        step = np.linalg.solve(information, gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    sums = np.column_stack([np.bincount(unit, rest * c, units) for c in x.T])
    return beta, errors(sums @ np.linalg.inv(information), starts)


def rake(frame: pd.DataFrame, targets: dict[str, dict[str, float]]) -> Floats:
    """Weights raked to four margins, on the joint cells."""
    w = frame["w"].to_numpy()
    cell = np.zeros(len(frame), dtype=np.int64)
    for name, count in MARGINS.items():
        cell = cell * count + codes(frame[name])
    shape = tuple(MARGINS.values())
    before = np.bincount(cell, w, int(np.prod(shape))).reshape(shape)
    now = before.copy()
    for _ in range(100):
        worst = 0.0
        for axis, (name, count) in enumerate(MARGINS.items()):
            wanted = np.array([targets[name][str(k)] for k in range(count)])
            others = tuple(a for a in range(len(shape)) if a != axis)
            factor = wanted / now.sum(axis=others)
            worst = max(worst, float(np.abs(factor - 1).max()))
            now *= factor.reshape([-1 if a == axis else 1 for a in range(len(shape))])
        if worst < 1e-8:
            break
    return w * (now / np.where(before > 0, before, 1)).ravel()[cell]


def bootstrap(frame: pd.DataFrame, replicates: int = 200) -> tuple[Floats, Floats]:
    """Domain means with standard errors from Rao–Wu bootstrap replicates of the PSUs."""
    w, y = frame["w"].to_numpy(), frame["y"].to_numpy()
    unit, starts, units = design(frame)
    place = unit * DOMAINS + codes(frame["domain"])
    size = np.bincount(place, w, units * DOMAINS).reshape(units, DOMAINS)
    total = np.bincount(place, w * y, units * DOMAINS).reshape(units, DOMAINS)
    factors = np.empty((units, replicates))
    rng = np.random.default_rng(1)
    for first, last in zip(starts, [*starts[1:], units], strict=True):
        n = last - first
        drawn = rng.integers(0, n, (replicates, n - 1))
        drawn += n * np.arange(replicates)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=n * replicates).reshape(replicates, n)
        factors[first:last] = counts.T * (n / (n - 1))
    anew = (factors.T @ total) / (factors.T @ size)
    value = total.sum(axis=0) / size.sum(axis=0)
    return value, np.sqrt(((anew - anew.mean(axis=0)) ** 2).sum(axis=0) / (replicates - 1))


def median(frame: pd.DataFrame) -> list[tuple[float, float, float]]:
    """Medians by domain with Woodruff intervals."""
    w, y = frame["w"].to_numpy(), frame["y"].to_numpy()
    unit, starts, units = design(frame)
    domain = codes(frame["domain"])
    t = stdtrit(units - STRATA, 0.975)
    by_domain = np.argsort(domain, kind="stable")
    ends = np.searchsorted(domain[by_domain], np.arange(DOMAINS + 1))
    found = []
    for d in range(DOMAINS):
        rows = by_domain[ends[d] : ends[d + 1]]
        order = rows[np.argsort(y[rows])]
        values, cumulated = y[order], np.cumsum(w[order])
        total = cumulated[-1]
        middle = values[np.searchsorted(cumulated, 0.5 * total * (1 - 1e-12))]
        scores = np.bincount(unit[rows], w[rows] * ((y[rows] <= middle) - 0.5), units) / total
        half = t * errors(scores[:, None], starts)[0]
        limits = [np.searchsorted(cumulated, (0.5 + s * half) * total) for s in (-1, 1)]
        low, high = (float(values[min(k, len(values) - 1)]) for k in limits)
        found.append((float(middle), low, high))
    return found


def tasks(frame: pd.DataFrame, targets: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Give each task as a call without arguments."""
    return {
        "mean": lambda: mean(frame),
        "items": lambda: items(frame),
        "logit": lambda: logit(frame),
        "rake": lambda: rake(frame, targets),
        "bootstrap": lambda: bootstrap(frame),
        "median": lambda: median(frame),
    }


def check(task: str, answer: Any) -> list[float]:
    """Give an estimate and its standard error, to be compared with the others'."""
    if task == "rake":
        return [float(answer.max()), float(answer.sum())]
    if task == "median":
        return [answer[0][0], answer[0][1]]
    value, error = answer[0] if task == "items" else answer
    place = 1 if task == "logit" else 0
    return [float(np.ravel(value)[place]), float(np.ravel(error)[place])]
