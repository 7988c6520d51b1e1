"""One source's public-use file: which columns, how coarse, in which order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.keyed import Key
from mspsurvey.publish.release.anonymity import Anonymous, anonymous, class_sizes
from mspsurvey.publish.release.diversity import Diverse, diverse
from mspsurvey.publish.release.plan import Plan

ID, QUARTER, WEIGHT = "id", "quarter", "weight"
TOP = 0.99
"""Quantile at which numbers are cut off."""
FIGURES = 2
WEIGHT_FIGURES = 3


@dataclass(frozen=True)
class PublicFile:
    """A file for everyone, and how it came about.

    Attributes
    ----------
    frame : DataFrame
        ``id``, ``quarter``, ``weight``, then the columns of the plan.
    plan : Plan
    before : DataFrame
        Keys as they were, missing ones blank; private.
    keys : Anonymous
    sensitive : Diverse
    tops : mapping of float
        Largest value of each number.
    """

    frame: pd.DataFrame = field(repr=False)
    plan: Plan
    before: pd.DataFrame = field(repr=False)
    keys: Anonymous
    sensitive: Diverse
    tops: Mapping[str, float]


def public_file(
    table: pd.DataFrame, plan: Plan, instrument: Instrument, key: Key, *, weight: str | None
) -> PublicFile:
    """Make the public-use file of a source.

    Parameters
    ----------
    table : DataFrame
        Built table, one row a respondent, with ``resp_id`` and ``ended``.
    plan : Plan
    instrument : Instrument
    key : Key
        Orders the records: by a keyed hash of their ids, not as they came in.
    weight : str or None
        Column of the final weight.

    Raises
    ------
    DataError
        Where there are too few records.
    """
    order = _order(table["resp_id"], key)
    table = table.iloc[order].reset_index(drop=True)
    before = _blank(table[list(plan.keys)])
    # Which quarter somebody answered in is known to others as well: it is the first to go.
    before[QUARTER] = _quarter(table["ended"])
    keys = anonymous(before, plan.k, plan.recodings, most=plan.most_suppressed)
    classes = _classes(keys.keys)
    asked = table[list(plan.sensitive)]
    sensitive = diverse(asked, classes, plan.l, instrument, fewest=plan.k)
    numbers = {n: shared(table[n], plan.k) for n in plan.numbers}
    tops = {n: float(column.max()) for n, column in numbers.items()}
    columns: dict[str, object] = {ID: np.arange(1, len(table) + 1)}
    if weight is not None:
        columns[WEIGHT] = _class_weights(table[weight], classes)
    columns |= {str(n): _missing(keys.keys[n]) for n in keys.keys.columns}
    columns |= {n: table[n].astype("object") for n in plan.answers}
    columns |= numbers
    columns |= {n: sensitive.answers[n].astype("object") for n in plan.sensitive}
    return PublicFile(pd.DataFrame(columns), plan, before, keys, sensitive, tops)


def _order(ids: pd.Series, key: Key) -> np.ndarray:
    codes = [key.code("public", str(one), length=64) for one in ids]
    return np.argsort(np.array(codes), kind="stable")


def _blank(keys: pd.DataFrame) -> pd.DataFrame:
    texts = keys.astype("object")
    return texts.where(texts.notna(), "").astype("str")


def _missing(codes: pd.Series) -> pd.Series:
    return codes.astype("object").where(codes.ne(""), None)


def _quarter(ended: pd.Series) -> pd.Series:
    quarter = ended.dt.year.astype("Int64").astype("str") + "-Q"
    quarter += ended.dt.quarter.astype("Int64").astype("str")
    known: pd.Series = quarter.where(ended.notna(), "")
    return known


def _classes(keys: pd.DataFrame) -> pd.Series:
    if not len(keys.columns):
        return pd.Series(0, index=keys.index)
    return keys.groupby(list(keys.columns), sort=False).ngroup()


def _class_weights(weights: pd.Series, classes: pd.Series) -> pd.Series:
    """Mean weight of each class: a weight of its own would tell the finer keys."""
    mean = weights.groupby(classes).transform("mean")
    return mean.map(lambda w: rounded(w, WEIGHT_FIGURES))


def shared(numbers: pd.Series, k: int) -> pd.Series:
    """Round numbers, and take neighbours together until at least k records have each value.

    A price may be known to others as well, and an odd one would be a name. The largest are cut
    off first; what was taken together stands as its median, to two figures.

    Parameters
    ----------
    numbers : Series of float
    k : int

    Returns
    -------
    Series
        All missing where fewer than k are known.
    """
    top = float(numbers.quantile(TOP))
    coarse = numbers.clip(upper=top).map(lambda x: rounded(x, FIGURES))
    counts = coarse.value_counts().sort_index()
    if counts.sum() < k:
        return coarse.where(coarse.isna())
    upto = counts.cumsum()
    # A group is full with the value that brings it to k; what is left joins the last.
    group = np.zeros(len(counts), dtype=np.int64)
    full, number = 0, 0
    for place, seen in enumerate(upto):
        group[place] = number
        if seen - full >= k and upto.iloc[-1] - seen >= k:
            full, number = seen, number + 1
    together = coarse.map(pd.Series(group, index=counts.index))
    middle: pd.Series = coarse.groupby(together).transform("median")
    return middle.map(lambda x: rounded(x, FIGURES))


def rounded(value: float, figures: int) -> float:
    """Round to so many significant figures; missing and 0 stay."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, figures - 1 - math.floor(math.log10(abs(value))))


def sizes(made: PublicFile) -> tuple[np.ndarray, np.ndarray]:
    """Records alike in all keys, for each record, before and after."""
    return class_sizes(made.before), class_sizes(made.keys.keys)
