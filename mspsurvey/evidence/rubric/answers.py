"""The items of the rubric as numbers: points, excuses, criteria met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import DataError
from mspsurvey.evidence.rubric.file import AS_WORDED, Item, Rubric
from mspsurvey.schema import require_columns


@dataclass(frozen=True)
class Answers:
    """The items as numbers.

    Attributes
    ----------
    scores : DataFrame
        One column an item, 0 to 3; NaN where missing or not applicable.
    excused : DataFrame
        True where "does not apply" was answered and is allowed.
    criteria : DataFrame
        One column a criterion: 1 met, 0 not met, NaN missing.
    """

    scores: pd.DataFrame
    excused: pd.DataFrame
    criteria: pd.DataFrame

    def at_least(
        self, rubric: Rubric, *, needed: int, critical: int, dropped: Iterable[str] = ()
    ) -> np.ndarray:
        """Say of each firm whether it has ``needed`` criteria and ``critical`` critical ones.

        A missing criterion counts as not met. The firm is undecided where too many are
        missing, or where a missing critical one could decide.

        Parameters
        ----------
        dropped : iterable of str
            Criteria taken as met by every firm, so that as many misses are allowed as before.

        Returns
        -------
        ndarray of float
            1 yes, 0 no, NaN undecided.
        """
        counts = count(self.criteria.assign(**dict.fromkeys(dropped, 1.0)), rubric)
        low = (counts.met >= needed) & (counts.critical >= critical)
        high = (counts.met + counts.open_critical >= needed) & (
            counts.critical + counts.open_critical >= critical
        )
        return np.where(counts.too_many | (low != high), np.nan, low.astype(float))


@dataclass(frozen=True)
class Counts:
    """Of each firm: criteria met, critical ones met and missing, and whether too many are."""

    met: np.ndarray
    critical: np.ndarray
    open_critical: np.ndarray
    too_many: np.ndarray


def count(criteria: pd.DataFrame, rubric: Rubric) -> Counts:
    """Count each firm's criteria; a missing one is not met."""
    critical = criteria[[item.name for item in rubric.critical]]
    missing = criteria.isna().sum(axis=1).to_numpy()
    return Counts(
        met=criteria.sum(axis=1).to_numpy(),
        critical=critical.sum(axis=1).to_numpy(),
        open_critical=critical.isna().sum(axis=1).to_numpy(),
        too_many=missing > rubric.complete.criteria_missing_at_most,
    )


def read_answers(
    frame: pd.DataFrame, rubric: Rubric, *, missing: pd.DataFrame | None = None
) -> Answers:
    """Turn codes into numbers.

    Parameters
    ----------
    frame : DataFrame
        One row a firm, the items as codes.
    missing : DataFrame, optional
        Reasons for missing answers, same rows; "not_applicable" there is the same answer as
        the rubric's code for it here. Without it only the code itself is seen.

    Raises
    ------
    DataError
        Where an item's column is absent or holds a code that the rubric does not know.
    """
    require_columns(frame, [i.derived_from or i.name for i in rubric.items], table="msps")
    scores, excused = {}, {}
    for item in rubric.items:
        if item.derived_from:
            scores[item.name] = _from_cuts(frame[item.derived_from], item)
            excused[item.name] = np.zeros(len(frame), dtype=bool)
        else:
            reasons = missing[item.name] if missing is not None and item.name in missing else None
            scores[item.name], excused[item.name] = _one_item(frame, item, rubric, reasons)
    numbers = pd.DataFrame(scores, index=frame.index)
    return Answers(
        scores=numbers,
        excused=pd.DataFrame(excused, index=frame.index),
        criteria=pd.DataFrame(
            {i.name: _met(frame, numbers, excused, i, rubric) for i in rubric.criteria},
            index=frame.index,
        ),
    )


def _from_cuts(column: pd.Series, item: Item) -> np.ndarray:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    steps = np.searchsorted(item.cuts, values, side="right").astype(float)
    return np.where(np.isnan(values), np.nan, steps)


def _one_item(
    frame: pd.DataFrame, item: Item, rubric: Rubric, reasons: pd.Series | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give the scores of one asked item, and where it validly does not apply."""
    column = frame[item.name]
    # Codes come as texts; a frame made by hand may hold 2 or 2.0 for "2".
    text = column.astype("object").map(_code, na_action="ignore")
    known = {*rubric.codes, *rubric.not_applicable, *rubric.dont_know}
    strange = text.notna() & ~text.isin(known)
    if strange.any():
        raise DataError(
            f"'{item.name}' should hold one of the codes {', '.join(sorted(known))}.",
            f"{int(strange.sum())} rows hold another, the first is {text[strange].iloc[0]!r}.",
            "Clean the responses first, or add the code to the rubric.",
        )
    numbers = text.map({code: float(code) for code in rubric.codes})
    absent = text.isin(rubric.not_applicable)
    if reasons is not None:
        absent |= (text.isna() & reasons.eq("not_applicable")).to_numpy()
    allowed = absent.to_numpy(dtype=bool) & bool(item.reasons)
    return numbers.to_numpy(dtype="float64", na_value=np.nan), allowed


def _code(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _met(
    frame: pd.DataFrame,
    numbers: pd.DataFrame,
    excused: dict[str, np.ndarray],
    item: Item,
    rubric: Rubric,
) -> np.ndarray:
    """Say whether a criterion is met; an excuse counts only with an accepted reason."""
    values = numbers[item.name].to_numpy()
    met = np.where(np.isnan(values), np.nan, (values >= rubric.met_from).astype(float))
    accepted = np.full(len(frame), AS_WORDED in item.reasons)
    column = f"{item.name}{rubric.reason_suffix}"
    if column in frame:
        accepted = frame[column].astype("object").isin(item.reasons).to_numpy(dtype=bool)
    return np.where(excused[item.name] & accepted, 1.0, met)
