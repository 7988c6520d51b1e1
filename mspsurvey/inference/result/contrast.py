"""Sums, differences and functions of estimates of one table, with their covariance.

A linear contrast Σ c_k·θ_k has variance c'Vc with V the covariance of the estimates. A
function g(θ) has, to first order, variance g'(θ)'·V·g'(θ) (the delta method; R:
``svycontrast``, with numbers or with ``quote()``). Derivatives are exact to rounding: g is
evaluated at θ_k + ih with a tiny imaginary h (Squire & Trapp, SIAM Review 40 (1998)); where
it does not take complex numbers, central differences of order h⁴ take its place.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats, Ints
from mspsurvey.inference.estimator.interval import mean_interval
from mspsurvey.inference.result.estimate import (
    FLAG,
    SHOW,
    SUPPRESS,
    Estimates,
    Function,
    Key,
    Weights,
    untold,
)
from mspsurvey.inference.result.expression import Expression
from mspsurvey.inference.variance.variance import variances

STEP = 1e-30
"""Imaginary step: its square is nothing beside 1, so that no digit is lost."""


@dataclass(frozen=True)
class Block:
    """Rows that one contrast is made of, and the codes of the row that it makes."""

    rows: Ints
    codes: dict[str, str]


def contrast(
    est: Estimates, weights: Weights | Mapping[str, Mapping[Key, float]], name: str = ""
) -> Estimates:
    """Sum estimates with weights; see ``Estimates.contrast``."""
    if not isinstance(weights, Mapping):
        return _summed(est, [_by_row(est, weights, name)])
    if not weights:
        raise EstimateError("Weights by code were wanted.", "There are none.")
    nested = {k: v for k, v in weights.items() if isinstance(v, Mapping)}
    if nested and len(nested) < len(weights):
        raise EstimateError(
            "Weights by code, or several contrasts by name, were wanted.", "Both are given."
        )
    several: Mapping[Any, Any] = nested or {name or "contrast": weights}
    made: list[tuple[Block, Floats]] = []
    for title, codes in several.items():
        made += _by_code(est, codes, str(title))
    return _summed(est, made)


def function(est: Estimates, what: str | Function, name: str = "") -> Estimates:
    """Estimate a function of estimates; see ``Estimates.function``."""
    if isinstance(what, str):
        expression = Expression.parse(what)
        found = _blocks(est, list(expression.names), name or what)
        parts = [(b, *_moved(expression.value, _thetas(est, b))) for b in found]
        return _table(est, parts, "function")
    every = Block(np.arange(len(est)), _common(est, np.arange(len(est)), name or "function"))
    values, slopes = _several(what, _thetas(est, every))
    titles = [every.codes] if len(values) == 1 else [
        _common(est, every.rows, f"{name or 'function'} {k + 1}") for k in range(len(values))
    ]  # fmt: skip
    parts = [
        (Block(every.rows, codes), float(v), slope)
        for codes, v, slope in zip(titles, values, slopes, strict=True)
    ]
    return _table(est, parts, "function")


def _by_row(est: Estimates, weights: Sequence[float], name: str) -> tuple[Block, Floats]:
    factors = np.asarray(weights, dtype=np.float64)
    if factors.shape != (len(est),):
        raise EstimateError(
            f"A weight for each of {len(est)} rows was wanted.",
            f"There are {factors.size}.",
            "Or give weights by code: {'1-4': 1, '100+': -1}.",
        )
    rows = np.flatnonzero(factors)
    return Block(rows, _common(est, rows, name or "contrast")), factors[rows]


def _by_code(
    est: Estimates, weights: Mapping[Key, float], title: str
) -> list[tuple[Block, Floats]]:
    """Blocks of one contrast: by bare codes one for each other combination, or by tuples one."""
    factors = np.array(list(weights.values()), dtype=np.float64)
    if not np.isfinite(factors).all():
        raise EstimateError("Weights of a contrast are finite numbers.", "One is not.")
    if all(isinstance(key, tuple) for key in weights):
        rows = np.array([_row(est, key) for key in weights], dtype=np.int64)
        return [(Block(rows, _common(est, rows, title)), factors)]
    codes = [str(key) for key in weights]
    return [(block, factors) for block in _blocks(est, codes, title)]


def _row(est: Estimates, key: Key) -> int:
    """Place of the row that a tuple names: a code for each column that varies."""
    columns = [c for c in ("item", "level", *est.by) if len(set(est.data[c])) > 1]
    if len(key) != len(columns):
        raise EstimateError(
            f"A code for each of {', '.join(columns)} was wanted.", f"There is {key!r}."
        )
    keep = np.ones(len(est), dtype=bool)
    for column, code in zip(columns, key, strict=True):
        here = est.data[column].eq(code).to_numpy()
        if not here.any():
            raise EstimateError(
                f"A code of '{column}' was wanted.",
                f"These estimates have no {code!r}.",
                did_you_mean(str(code), dict.fromkeys(est.data[column])),
            )
        keep &= here
    if keep.sum() != 1:
        raise EstimateError("One row was wanted.", f"{key!r} names {int(keep.sum())}.")
    return int(np.flatnonzero(keep)[0])


def _blocks(est: Estimates, codes: Sequence[str], title: str) -> list[Block]:
    """Rows with these codes of one column, for each combination of the other columns."""
    column = _column(est, codes)
    others = [c for c in ("item", "level", *est.by) if c != column]
    wide = est.data[[*others]].assign(_row=np.arange(len(est)), _code=est.data[column])
    blocks = []
    for combination, part in wide.groupby(others, sort=False, observed=True):
        place = part.set_index("_code")["_row"]
        if not set(codes) <= set(place.index):
            continue
        key = combination if isinstance(combination, tuple) else (combination,)
        texts = {c: str(v) for c, v in zip(others, key, strict=True)} | {column: title}
        blocks.append(Block(place.loc[list(codes)].to_numpy(), texts))
    if not blocks:
        raise EstimateError(
            "Rows that agree in all other columns were wanted.",
            f"None have all of {', '.join(codes)}.",
            "Name rows by tuples of codes.",
        )
    return blocks


def _column(est: Estimates, codes: Sequence[str]) -> str:
    """Find the column that has all of the codes: the last group, the level, or the item."""
    candidates = [*reversed(est.by), "level", "item"]
    for column in candidates:
        if set(codes) <= set(est.data[column]):
            return column
    known = [c for c in candidates if len(set(est.data[c])) > 1] or candidates
    of = next((c for c in known if set(codes) & set(est.data[c])), known[0])
    strange = next(code for code in codes if code not in set(est.data[of]))
    raise EstimateError(
        f"Codes of '{of}' were wanted.",
        f"These estimates have no {strange!r}.",
        did_you_mean(strange, dict.fromkeys(est.data[of])),
    )


def _common(est: Estimates, rows: Ints, title: str) -> dict[str, str]:
    """Codes that all of the rows share; the title stands in the last column where not."""
    part = est.data.iloc[rows]
    codes = {}
    for column in ("item", "level", *est.by):
        found = list(dict.fromkeys(part[column]))
        codes[column] = str(found[0]) if len(found) == 1 else ""
    varying = [c for c in ("item", "level", *est.by) if len(set(part[c])) > 1]
    codes[varying[-1] if varying else "level"] = title
    return codes


def _thetas(est: Estimates, block: Block) -> Floats:
    return est.data["estimate"].to_numpy(dtype=np.float64)[block.rows]


def _summed(est: Estimates, made: Sequence[tuple[Block, Floats]]) -> Estimates:
    parts = [(b, float(_thetas(est, b) @ factors), factors) for b, factors in made]
    return _table(est, parts, "contrast")


def _moved(what: Function, theta: Floats) -> tuple[float, Floats]:
    values, slopes = _several(what, theta)
    return float(values[0]), slopes[0]


def _several(what: Function, theta: Floats) -> tuple[Floats, Floats]:
    """Values g(θ), shape (m,), and slopes, shape (m, θ)."""
    values = _called(what, theta)
    try:
        slopes = _complex_slopes(what, theta)
    except (TypeError, ValueError, AttributeError, np.exceptions.ComplexWarning):
        slopes = None
    near = _difference_slopes(what, theta)
    if slopes is None or slopes.shape != near.shape:
        return values, near
    # A function that takes the size of a complex number somewhere has lost the derivative.
    with np.errstate(invalid="ignore"):
        agree = np.abs(slopes - near) <= 1e-5 * np.abs(near).max(axis=1, keepdims=True)
    return values, slopes if agree.all() else near


def _called(what: Function, theta: Floats) -> Floats:
    try:
        with np.errstate(all="ignore"):
            values = np.atleast_1d(np.asarray(what(theta.copy()), dtype=np.float64))
    except (TypeError, ValueError, IndexError, KeyError, ZeroDivisionError, OverflowError) as e:
        raise EstimateError(
            "A function from the estimates, in the order of the table, to a number was wanted.",
            f"It failed: {e}.",
            "For instance: est.function(lambda m: m[0] / m[1]).",
        ) from e
    if values.ndim != 1:
        raise EstimateError("One number, or a list of them, was wanted.", "It gave a table.")
    return values


def _complex_slopes(what: Function, theta: Floats) -> Floats | None:
    columns = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for k in range(len(theta)):
            moved = theta.astype(np.complex128)
            moved[k] += 1j * STEP
            answer = np.atleast_1d(np.asarray(what(moved)))
            if not np.iscomplexobj(answer):
                return None
            columns.append(answer.imag / STEP)
    slopes: Floats = np.stack(columns, axis=1)
    return slopes


def _difference_slopes(what: Function, theta: Floats) -> Floats:
    columns = []
    for k, size in enumerate(np.abs(theta)):
        h = 1e-3 * (size if size > 0 else 1.0)
        near = []
        for steps in (-2, -1, 1, 2):
            moved = theta.copy()
            moved[k] += steps * h
            near.append(_called(what, moved))
        with np.errstate(invalid="ignore"):
            columns.append((near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * h))
    slopes: Floats = np.stack(columns, axis=1)
    return slopes


def _table(
    est: Estimates, parts: Sequence[tuple[Block, float, Floats]], statistic: str
) -> Estimates:
    """Lay out what was made, with its variance and the strictest verdict behind it."""
    root = np.stack([est.columns(b.rows) @ slope for b, _, slope in parts], axis=1)
    values = np.array([value for _, value, _ in parts])
    v = np.where(np.isfinite(values), variances(root), np.nan)
    behind = [est.data.iloc[b.rows] for b, _, _ in parts]
    least = {k: np.array([p[k].min() for p in behind]) for k in ("df", "n", "n_eff")}
    low, high = mean_interval(values, v, least["df"].astype(np.float64), est.confidence)
    verdicts = [_strictest(p, value, var) for p, value, var in zip(behind, values, v, strict=True)]
    data = pd.DataFrame([b.codes for b, _, _ in parts]).assign(
        estimate=np.where(np.isfinite(values), values, np.nan), se=np.sqrt(v), low=low, high=high,
        **least, deff=np.nan, base=np.nan,
        verdict=[verdict for verdict, _ in verdicts], why=[why for _, why in verdicts],
    )  # fmt: skip
    of = est.of if est.statistic in ("difference", "contrast") else est.statistic
    return replace(est, data=data[list(est.data.columns)], statistic=statistic, of=of, root=root)


def strictness(data: pd.DataFrame) -> Ints:
    """Rank verdicts: shown, marked, suppressed, and suppressed with the base."""
    rank = data["verdict"].map({SHOW: 0, FLAG: 1, SUPPRESS: 2}).to_numpy(dtype=np.int64)
    without_base: Ints = rank + ((rank == 2) & untold(data).to_numpy())
    return without_base


def _strictest(part: pd.DataFrame, value: float, variance: float) -> tuple[str, str]:
    worst = part.iloc[int(np.argmax(strictness(part)))]
    if worst["verdict"] != SUPPRESS and not (np.isfinite(value) and np.isfinite(variance)):
        return SUPPRESS, "not defined for these estimates"
    return str(worst["verdict"]), str(worst["why"])
