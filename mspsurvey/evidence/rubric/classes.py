"""From the criteria to a baseline class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.evidence.coded import coded
from mspsurvey.evidence.rubric.answers import Answers, count, read_answers
from mspsurvey.evidence.rubric.file import Rubric


def class_codes(rubric: Rubric) -> list[str]:
    """Give the codes of the baseline classes, worst first."""
    return [c.code for c in reversed(rubric.classes)]


def classify(
    frame: pd.DataFrame,
    rubric: Rubric,
    *,
    needed: int | None = None,
    critical: int | None = None,
    dropped: Iterable[str] = (),
    missing: pd.DataFrame | None = None,
) -> Any:
    """Give each firm's baseline class, or the class under another bar for the best one.

    Parameters
    ----------
    needed, critical : int, optional
        Criteria, and critical ones, that the best class needs; as in the rubric if not given.
    dropped : iterable of str
        Criteria taken as met by every firm.

    Returns
    -------
    Series of category
        Worst class first; NA where the firm cannot be classified.
    """
    answers = read_answers(frame, rubric, missing=missing)
    best = rubric.classes[0]
    bars = [(best.criteria if needed is None else needed,
             best.critical if critical is None else critical)]  # fmt: skip
    bars += [(c.criteria, c.critical) for c in rubric.classes[1:]]
    return _classes(answers, rubric, bars, dropped)


def _classes(
    answers: Answers, rubric: Rubric, bars: list[tuple[int, int]], dropped: Iterable[str] = ()
) -> Any:
    """Put each firm in the first class whose bar it reaches, best class first."""
    reach = [answers.at_least(rubric, needed=n, critical=c, dropped=dropped) for n, c in bars[:-1]]
    undecided = np.isnan(np.column_stack(reach)).any(axis=1)
    place = np.select([r == 1 for r in reach], list(range(len(reach))), default=len(reach))
    positions = np.where(undecided, -1, len(bars) - 1 - place)
    return coded(positions, class_codes(rubric), answers.scores.index, ordered=True)


def baseline(answers: Answers, rubric: Rubric) -> dict[str, object]:
    """Give the columns of the baseline: criteria met, class, and its bounds where unclassified."""
    counts = count(answers.criteria, rubric)
    classes = _classes(answers, rubric, [(c.criteria, c.critical) for c in rubric.classes])
    worst, best = class_codes(rubric)[0], class_codes(rubric)[-1]
    return {
        # With too many missing, a count of those met would be read as a count of all.
        "base_n": np.where(counts.too_many, np.nan, counts.met),
        "base_critical_n": np.where(counts.too_many, np.nan, counts.critical),
        "base_class": classes,
        "base_bound_low": classes.fillna(worst),
        "base_bound_high": classes.fillna(best),
    }
