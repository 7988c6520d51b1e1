"""k-anonymity: at least k records are alike in everything that others may know.

Sweeney, *k-anonymity: a model for protecting privacy*, International Journal of Uncertainty,
Fuzziness and Knowledge-Based Systems 10 (2002), 557–570. First whole variables are coarsened,
in the order that a person has declared; then single values are blanked in the records that
still stand out, as few in each as will do. A blank is a value like any other here: records are
alike only where the same keys are blank, so that no guess about blanks is needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.inference.design.coding import Bools
from mspsurvey.publish.release.plan import Recoding

BLANK = ""


@dataclass(frozen=True)
class Anonymous:
    """Keys that can be given away.

    Attributes
    ----------
    keys : DataFrame
        Same rows; codes, blank where there is none or it was blanked.
    done : tuple of Recoding
        Steps of coarsening that were needed.
    blanked : mapping of int
        Values blanked, by variable.
    """

    keys: pd.DataFrame = field(repr=False)
    done: tuple[Recoding, ...]
    blanked: Mapping[str, int]


def class_sizes(keys: pd.DataFrame) -> np.ndarray:
    """Count, for each record, the records that are alike in all keys.

    Parameters
    ----------
    keys : DataFrame
        Codes, no missing values.
    """
    if keys.empty or not len(keys.columns):
        return np.full(len(keys), len(keys))
    return (
        keys.groupby(list(keys.columns), sort=False)[keys.columns[0]].transform("size").to_numpy()
    )


def anonymous(
    keys: pd.DataFrame, k: int, recodings: Sequence[Recoding] = (), *, most: float = 0.0
) -> Anonymous:
    """Coarsen and blank keys until each record has k − 1 others like it.

    Parameters
    ----------
    keys : DataFrame
        Codes; the first column is kept longest. Missing values count as blank.
    k : int
    recodings : sequence of Recoding
        Steps, done in order until no more than the share ``most`` of the records stand out.
    most : float

    Raises
    ------
    DataError
        Where there are fewer than k records.
    """
    if len(keys) < k:
        raise DataError(
            f"At least {k} records were wanted for a public-use file.", f"There are {len(keys)}.",
            "So few cannot be hidden among one another: publish tables only.",
        )  # fmt: skip
    coarse = keys.astype("object").where(keys.notna(), BLANK).astype("str")
    done: list[Recoding] = []
    for step in recodings:
        if (class_sizes(coarse) < k).mean() <= most:
            break
        coarse = recoded(coarse, step)
        done.append(step)
    safe = _blanked(coarse, k)
    if len(safe) and int(class_sizes(safe).min()) < k:
        raise AssertionError("a record of the public-use file stands out")
    changed = (safe != coarse).sum()
    return Anonymous(safe, tuple(done), {str(n): int(c) for n, c in changed.items()})


def recoded(keys: pd.DataFrame, step: Recoding) -> pd.DataFrame:
    """Take codes together, or leave the variable out.

    Raises
    ------
    DataError
        Where a code has no place in the coarser ones.
    """
    if step.variable not in keys.columns:
        return keys
    if not step.to:
        return keys.drop(columns=step.variable)
    new = {old: name for name, codes in step.to.items() for old in codes} | {BLANK: BLANK}
    absent = sorted(set(keys[step.variable]) - set(new))
    if absent:
        raise DataError(
            f"A coarser code for each code of '{step.variable}' was wanted.",
            f"There is none for {', '.join(absent)}.",
            "Name it in [release], recode.",
        )
    return keys.assign(**{step.variable: keys[step.variable].map(new)})


def _blanked(keys: pd.DataFrame, k: int) -> pd.DataFrame:
    """Blank as few values as a greedy search finds in the records that stand out.

    Among those, records that would be alike with one key blank are found first, for the last
    key before the first; then with two, and so on. What is left joins the smallest class.
    """
    values = keys.to_numpy(dtype=object).copy()
    width = values.shape[1]
    for count in range(1, width + 1):
        for chosen in itertools.combinations(reversed(range(width)), count):
            alone = _sizes(values) < k
            if not alone.any():
                break
            tried = values.copy()
            tried[np.ix_(np.flatnonzero(alone), np.array(chosen))] = BLANK
            # Alike among the records that stand out, or with a class that is there already.
            enough = alone & (_sizes(tried) >= k)
            values[enough] = tried[enough]
    alone = _sizes(values) < k
    if alone.any():
        values[alone | _smallest(values, ~alone)] = BLANK
    return pd.DataFrame(values, columns=keys.columns, index=keys.index)


def _sizes(values: np.ndarray) -> np.ndarray:
    return class_sizes(pd.DataFrame(values))


def _smallest(values: np.ndarray, among: Bools) -> Bools:
    """Records of the smallest class, the first of several."""
    sizes = np.where(among, _sizes(values), np.iinfo(np.int64).max)
    if not among.any():
        return among
    pattern = values[int(np.argmin(sizes))]
    same: Bools = among & (values == pattern).all(axis=1)
    return same
