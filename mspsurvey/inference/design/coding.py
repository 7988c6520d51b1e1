"""Columns as small integers: levels in the order of the questionnaire, −1 for missing.

Everything that is counted is counted on integer codes. A ``Coder`` belongs to one frame and
keeps each column's codes, so that a question costs its coding once, however often and in
however many domains it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.errors import DataError, EstimateError, did_you_mean
from mspsurvey.instrument import Instrument, Variable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST_LEVELS = 500
"""A column with more distinct values than this is a measurement, not a classification."""


@dataclass(frozen=True)
class Coded:
    """One column as codes.

    Attributes
    ----------
    codes : ndarray of int, shape (rows,)
        Position in ``levels``; −1 where there is no answer.
    levels : tuple of str
        Codes of the instrument in its order; without one, those of a categorical in its
        order, or else all values, sorted.
    """

    codes: NDArray[np.signedinteger]
    levels: tuple[str, ...]

    def position(self, level: str, name: str) -> int:
        """Place of one level; an error with the nearest ones where there is none."""
        try:
            return self.levels.index(str(level))
        except ValueError:
            raise EstimateError(
                f"A level of '{name}' was wanted.",
                f"There is none called {level!r}.",
                did_you_mean(str(level), self.levels),
            ) from None


class Coder:
    """Codes and numbers of the columns of one frame, each made once.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    instrument : Instrument, optional
        Gives levels, their order and the numbers behind codes.
    """

    def __init__(self, frame: pd.DataFrame, instrument: Instrument | None) -> None:
        self.frame, self.instrument = frame, instrument
        self._coded: dict[str, Coded] = {}
        self._numbers: dict[str, Floats] = {}
        self._centred: dict[str, tuple[Floats, float, Bools]] = {}

    def variable(self, name: str) -> Variable | None:
        """Return the instrument's variable of that name, if it has one."""
        if self.instrument is None or name not in self.instrument:
            return None
        return self.instrument[name]

    def require(self, names: Iterable[str]) -> None:
        """Raise where the frame lacks one of the columns."""
        for name in names:
            if name not in self.frame.columns:
                raise EstimateError(
                    "A column of this survey was wanted.",
                    f"There is none called {name!r}.",
                    did_you_mean(str(name), self.frame.columns),
                )

    def coded(self, name: str) -> Coded:
        """Codes of one classification.

        Raises
        ------
        EstimateError
            Where there is no such column, or it has too many values to classify by.
        DataError
            Where a value is none of the instrument's codes.
        """
        if name not in self._coded:
            self.require([name])
            variable = self.variable(name)
            levels = variable.levels if variable is not None else ()
            self._coded[name] = code_column(self.frame[name], levels)
        return self._coded[name]

    def numbers(self, name: str) -> Floats:
        """One column as numbers, NaN where missing; codes give the number of their option.

        Raises
        ------
        EstimateError
            Where the column holds text, or codes without a number.
        """
        if name not in self._numbers:
            self.require([name])
            self._numbers[name] = self._as_numbers(name)
        return self._numbers[name]

    def centred(self, name: str) -> tuple[Floats, float, Bools]:
        """Numbers less their plain mean, that mean, and which rows have one."""
        if name not in self._centred:
            numbers = self.numbers(name)
            valid, middle = _valid_and_mean(numbers)
            self._centred[name] = (numbers - middle, middle, valid)
        return self._centred[name]

    def know(self, name: str, centred: Floats, shift: float) -> None:
        """Take numbers that were made elsewhere, less a shift, as those of a column."""
        self._numbers[name] = centred + shift
        self._centred[name] = centred, shift, np.isfinite(centred)

    def _as_numbers(self, name: str) -> Floats:
        column, variable = self.frame[name], self.variable(name)
        if variable is not None and variable.categorical:
            coded, values_of = self.coded(name), dict(variable.values)
            bare = [level for level in coded.levels if level not in values_of]
            if bare:
                raise EstimateError(
                    f"Numbers behind the codes of '{name}' were wanted.",
                    f"{', '.join(repr(b) for b in bare[:3])} has none in the instrument.",
                    "Ask for its share, or give each option a `value`.",
                )
            scores = np.array([*(values_of[level] for level in coded.levels), np.nan])
            numbers: Floats = scores[coded.codes]
            return numbers
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise EstimateError(
                f"A column of numbers was wanted, such as a mean can be taken of, in '{name}'.",
                f"It holds {column.dtype}.",
                f"Ask for its share: .share({name!r}).",
            )
        if isinstance(column.dtype, np.dtype):
            return column.to_numpy(dtype=np.float64)
        return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _valid_and_mean(numbers: Floats) -> tuple[Bools, float]:
    """Which numbers are finite, and their mean."""
    with np.errstate(invalid="ignore"):
        middle = float(numbers.mean()) if len(numbers) else 0.0
    if np.isfinite(middle):
        # One pass less: a gap anywhere would be in the mean.
        return np.ones(len(numbers), dtype=bool), middle
    valid = np.isfinite(numbers)
    return valid, float(numbers[valid].mean()) if valid.any() else 0.0


def code_column(column: pd.Series, levels: Sequence[str] = ()) -> Coded:
    """Code one column; ``levels`` fixes the codes and their order, if given."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        found = tuple(code_text(c) for c in column.cat.categories)
        coded = Coded(np.asarray(column.cat.codes), found)
    else:
        codes, values = pd.factorize(column, sort=True)
        _few_enough(column.name, len(values))
        # Two bytes hold any code, and ten questions of a million rows then fit in 20 MB.
        coded = Coded(codes.astype(np.int16), tuple(code_text(v) for v in values))
    if not levels or coded.levels == tuple(levels):
        return coded
    return _recoded(coded, tuple(levels), str(column.name))


def code_text(value: object) -> str:
    """Write a value as a code: 1.0 is "1", True is "yes"."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _few_enough(name: object, found: int) -> None:
    if found > MOST_LEVELS:
        raise EstimateError(
            f"A classification with at most {MOST_LEVELS} levels was wanted.",
            f"'{name}' has {found:,} values.",
            "Ask for its mean or total, or group its values first.",
        )


def _recoded(coded: Coded, levels: tuple[str, ...], name: str) -> Coded:
    """Put codes into the order of the instrument; refuse used codes that it does not have."""
    place = {level: position for position, level in enumerate(levels)}
    lookup = np.array([*(place.get(level, -2) for level in coded.levels), -1], dtype=np.int16)
    codes = lookup[coded.codes]
    if (codes == -2).any():
        strange = coded.levels[int(coded.codes[codes == -2][0])]
        raise DataError(
            f"Only codes of the instrument should stand in '{name}': {', '.join(levels)}.",
            f"{int((codes == -2).sum()):,} rows have others, the first {strange!r}.",
            "Clean the answers, or add the option to the instrument.",
        )
    return Coded(codes, levels)


def joint(
    first: NDArray[np.signedinteger],
    second: NDArray[np.signedinteger],
    sizes: tuple[int, int] | None = None,
) -> tuple[Ints, Ints, Ints]:
    """Number the pairs that occur, in the order of ``first``, then of ``second``.

    Parameters
    ----------
    first, second : ndarray of int, shape (rows,)
        Codes from 0.
    sizes : tuple of int, optional
        Numbers above all codes of each, where they are known.

    Returns
    -------
    codes : ndarray of int, shape (rows,)
        From 0 without gaps.
    firsts, seconds : ndarray of int, shape (pairs,)
        The two codes of each pair.
    """
    height, width = sizes or (int(first.max()) + 1, int(second.max()) + 1)
    key = first * np.int64(width)
    key += second
    codes, keys = compressed(key, height * width)
    return codes, keys // width, keys % width


def compressed(key: Ints, size: int) -> tuple[Ints, Ints]:
    """Number the keys that occur, in their order, without gaps; and give those keys."""
    # A table of all possible keys is several times faster than sorting, while it is small.
    if size > 8 * len(key) + 100_000:
        keys, codes = np.unique(key, return_inverse=True)
        return codes, keys
    present = np.zeros(size, dtype=bool)
    present[key] = True
    keys = np.flatnonzero(present)
    if len(keys) == size:
        return key, keys
    number = np.cumsum(present) - 1
    return number[key], keys
