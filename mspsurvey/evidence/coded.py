"""Columns of codes, made from positions in a list of codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def coded(positions: Any, codes: list[str], index: pd.Index, *, ordered: bool = False) -> Any:
    """Make a Series of category.

    Parameters
    ----------
    positions : array of int
        Place of each row's code in ``codes``; -1 where there is none.

    Returns
    -------
    Series of category
        Named nothing, indexed as ``index``. (Typed as Any: pandas' stubs make the type of a
        categorical depend on its categories, which come from a file.)
    """
    whole = np.asarray(positions, dtype="int64")
    return pd.Series(
        pd.Categorical.from_codes(whole, pd.Index(codes), ordered=ordered), index=index
    )
