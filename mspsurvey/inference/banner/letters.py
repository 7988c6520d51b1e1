"""Letters under the columns of a banner: which columns a figure is higher than.

Each pair of columns under one heading is compared by a design-based t-test: the difference
over its standard error, with the covariance between the two domains (columns of one sample
share sampling units and strata), against t with the smaller of the two degrees of freedom,
as ``Estimates.compare`` does. Cells that may not be shown take no part. All comparisons of a
table, or of a row, are one family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from scipy.special import stdtr

from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.testing.multiplicity import adjusted


@dataclass(frozen=True)
class Comparisons:
    """Pairs of columns compared in one row, under one heading.

    Attributes
    ----------
    p : ndarray of float, shape (columns, columns)
        p-values in the upper triangle; NaN where there is no test.
    higher : ndarray of bool, shape (columns, columns)
        Whether the figure of the first column is above that of the second.
    mirror : bool
        Whether the row says the same as the one before it (no and yes), and so counts in no
        family of its own.
    """

    p: Floats
    higher: Bools
    mirror: bool = False


def compare_columns(
    estimate: Floats, covariance: Floats, df: Floats, shown: Bools, *, mirror: bool = False
) -> Comparisons:
    """Compare all pairs of columns.

    Parameters
    ----------
    estimate, df : ndarray of float, shape (columns,)
    covariance : ndarray of float, shape (columns, columns)
    shown : ndarray of bool, shape (columns,)
        Cells that may be shown.
    mirror : bool
        See ``Comparisons``.
    """
    difference = estimate[:, None] - estimate[None, :]
    own = np.diag(covariance)
    variance = own[:, None] + own[None, :] - 2 * covariance
    degrees = np.minimum(df[:, None], df[None, :])
    # What rounding leaves of a variance of 0 is no sampling error to test by.
    floor = 1e-20 * np.maximum(estimate[:, None] ** 2, estimate[None, :] ** 2)
    made = np.triu(shown[:, None] & shown[None, :], 1) & (variance > floor) & (degrees >= 1)
    t = np.where(made, difference, 0.0) / np.sqrt(np.where(made, variance, 1.0))
    p = np.where(made, 2 * stdtr(np.where(made, degrees, 1.0), -np.abs(t)), np.nan)
    return Comparisons(p, np.nan_to_num(difference) > 0, mirror)


def adjust_rows(
    rows: Sequence[Sequence[Comparisons]], adjust: str, family: str
) -> tuple[list[list[Floats]], int]:
    """Adjust p-values over their family.

    Parameters
    ----------
    rows : sequence of sequence of Comparisons
        For each row of the table, one for each heading.
    adjust : {"holm", "bh", "none"}
    family : {"table", "row"}
        What counts as one family: the whole table, or one row under one heading.

    Returns
    -------
    p : list of list of ndarray
        Adjusted p-values, in the shape of ``rows``.
    count : int
        Comparisons made in the table.
    """
    counted = [c for row in rows for c in row if not c.mirror]
    flat = np.concatenate([c.p.ravel() for c in counted]) if counted else np.zeros(0)
    count = int((~np.isnan(flat)).sum())
    if family == "table":
        parts = iter(_cut(adjusted(flat, adjust), counted))
    else:
        parts = iter([adjusted(c.p.ravel(), adjust).reshape(c.p.shape) for c in counted])
    answer: list[list[Floats]] = []
    for row in rows:
        # A mirrored row takes the tests of the row before it.
        answer.append([answer[-1][h] if c.mirror else next(parts) for h, c in enumerate(row)])
    return answer, count


def _cut(flat: Floats, like: Sequence[Comparisons]) -> list[Floats]:
    sizes = np.cumsum([c.p.size for c in like])[:-1]
    pieces = np.split(flat, sizes)
    return [piece.reshape(c.p.shape) for piece, c in zip(pieces, like, strict=True)]


def lower_columns(
    compared: Comparisons, p: Floats, letters: Sequence[str], alpha: float
) -> list[str]:
    """Letters of the columns that each column is above, "" for none.

    Parameters
    ----------
    compared : Comparisons
    p : ndarray of float, shape (columns, columns)
        Adjusted p-values, in the upper triangle.
    letters : sequence of str
        Letter of each column.
    alpha : float
        Level.
    """
    clear = np.nan_to_num(p, nan=1.0) <= alpha
    clear = (np.triu(clear, 1) | np.triu(clear, 1).T) & compared.higher
    # Letters of more than one sign are set apart, so that "A AB" is not read as "AAB".
    mark = "" if all(len(x) == 1 for x in letters) else " "
    return [mark.join(letters[j] for j in np.flatnonzero(row).tolist()) for row in clear]


def column_letters(count: int) -> list[str]:
    """Letters A to Z, then AA, AB, … for so many columns."""
    letters = []
    for number in range(count):
        text, rest = "", number + 1
        while rest:
            rest, place = divmod(rest - 1, len(ascii_uppercase))
            text = ascii_uppercase[place] + text
        letters.append(text)
    return letters
