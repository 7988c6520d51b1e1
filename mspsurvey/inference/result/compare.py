"""Differences between estimates of one table, with the covariance between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.estimator.interval import mean_interval
from mspsurvey.inference.result.contrast import strictness
from mspsurvey.inference.result.estimate import Code, Estimates
from mspsurvey.inference.variance.variance import variances


def compare(est: Estimates, a: Code, b: Code) -> Estimates:
    """Estimate a − b; see ``Estimates.compare``."""
    first, second = _codes(est, a), _codes(est, b)
    if set(first) != set(second):
        raise EstimateError(
            "Two groups of the same column were wanted.",
            f"One is named by {', '.join(first)}, the other by {', '.join(second)}.",
        )
    pairs = _pairs(est, first, second)
    left, right = pairs["_row_a"].to_numpy(), pairs["_row_b"].to_numpy()
    root = est.columns(left) - est.columns(right)
    data = _table(est, pairs, left, right, variances(root))
    words = {column: f"{first[column]} vs {second[column]}" for column in first}
    for column, text in words.items():
        data[column] = text
    return replace(est, data=data[list(est.data.columns)], statistic="difference",
                   of=est.statistic, root=root)  # fmt: skip


def _codes(est: Estimates, code: Code) -> Mapping[str, str]:
    """Say which column a bare code belongs to."""
    if not isinstance(code, str):
        known = ("item", "level", *est.by)
        for column in code:
            if column not in known:
                raise EstimateError(
                    "A column of these estimates was wanted.",
                    f"There is none called '{column}'.",
                    did_you_mean(column, known),
                )
        return code
    columns = [*reversed(est.by), "level", "item"]
    varying = [c for c in columns if len(set(est.data[c])) > 1]
    for column in varying:
        if est.data[column].eq(code).any():
            return {column: code}
    column = varying[0] if varying else columns[0]
    raise EstimateError(
        f"A code of '{column}' was wanted, to compare.",
        f"These estimates have no {code!r}.",
        did_you_mean(code, dict.fromkeys(est.data[column])),
    )


def _pairs(est: Estimates, a: Mapping[str, str], b: Mapping[str, str]) -> pd.DataFrame:
    """Match the rows of a with those of b that agree in all other columns."""
    keys = [c for c in ("item", "level", *est.by) if c not in a]
    numbered = est.data.assign(_row=np.arange(len(est.data)))
    sides = []
    for codes, name in ((a, "_row_a"), (b, "_row_b")):
        keep = np.logical_and.reduce([numbered[c].eq(v).to_numpy() for c, v in codes.items()])
        if not keep.any():
            raise EstimateError(
                "Two groups of these estimates were wanted.",
                f"There is no row with {dict(codes)}.",
            )
        sides.append(numbered.loc[keep, [*keys, "_row"]].rename(columns={"_row": name}))
    if not keys:
        return pd.concat([s.reset_index(drop=True) for s in sides], axis=1)
    pairs = sides[0].merge(sides[1], on=keys, how="inner", validate="one_to_one")
    if pairs.empty:
        raise EstimateError(
            "Two groups with an item and level in common were wanted.",
            f"{dict(a)} and {dict(b)} have none.",
            "Name the column: est.compare({'size': '1-4'}, {'size': '100+'}).",
        )
    return pairs


def _table(
    est: Estimates, pairs: pd.DataFrame, left: np.ndarray, right: np.ndarray, v: np.ndarray
) -> pd.DataFrame:
    one, two = est.data.iloc[left].reset_index(drop=True), est.data.iloc[right]
    two = two.reset_index(drop=True)
    difference = (one["estimate"] - two["estimate"]).to_numpy()
    df = np.minimum(one["df"].to_numpy(), two["df"].to_numpy())
    v = np.where(np.isnan(difference), np.nan, v)
    low, high = mean_interval(difference, v, df, est.confidence)
    verdict, why = _verdict(one, two)
    return pairs.assign(
        estimate=difference, se=np.sqrt(v), low=low, high=high, df=df,
        n=np.minimum(one["n"], two["n"]), n_eff=np.minimum(one["n_eff"], two["n_eff"]),
        deff=np.nan, base=np.nan, verdict=verdict, why=why,
    )  # fmt: skip


def _verdict(one: pd.DataFrame, two: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Take the stricter verdict of the two, with its reason."""
    first = strictness(one) >= strictness(two)
    verdict = np.where(first, one["verdict"], two["verdict"]).astype(object)
    return verdict, np.where(first, one["why"], two["why"]).astype(object)
