"""Predictions for profiles: one value of every predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats, code_text
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.model.formula import Column
from mspsurvey.inference.model.matrix import Dense
from mspsurvey.inference.model.points import Points
from mspsurvey.inference.model.prediction import Averages, Setting, laid_out, value_column
from mspsurvey.inference.model.report import with_context
from mspsurvey.inference.model.telling import telling_rows
from mspsurvey.inference.result.estimate import SUPPRESS, Estimates


def profiles(
    solved: Solved, kind: str, confidence: float, wanted: Mapping[str, Any] | pd.DataFrame
) -> Estimates:
    """Predictions for profiles; see ``Fit.predict``."""
    frame = _profiles(wanted)
    variables = solved.parsed.variables
    absent = [v for v in variables if v not in frame.columns]
    if absent:
        raise EstimateError(
            "A value of every predictor was wanted.",
            f"There is none of {', '.join(map(repr, absent))}.",
            "For an average over the respondents ask for .margins().",
        )
    columns = {}
    for name in variables:
        cells = [value_column(solved, name, value) for value in frame[name]]
        values = np.concatenate([c.answers for c in cells])
        columns[name] = Column(cells[0].levels, values)
    matrix = solved.encoded.encoder.dense(columns)
    points = Points(Dense(matrix), np.ones(len(frame)), np.ones((len(frame), 1)))
    value, root = _at_profiles(solved, points)
    codes = {n: [code_text(v) for v in frame[n]] for n in variables}
    settings = [Setting({}, "") for _ in range(len(frame))]
    est = laid_out(solved, kind, confidence, settings, Averages(value, root), None)
    each = len(value) // len(frame)
    told = np.repeat(np.array(telling_rows(solved, matrix), dtype=object), each)
    data = est.data.assign(
        verdict=est.data["verdict"].mask(told != "", SUPPRESS),
        why=est.data["why"].mask(told != "", told),
    )
    for place, name in enumerate(variables):
        data.insert(2 + place, name, np.repeat(codes[name], each))
    return with_context(solved, data, est.statistic, root, tuple(variables), confidence)


def _profiles(wanted: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    if isinstance(wanted, pd.DataFrame):
        return wanted.reset_index(drop=True)
    lists = {k: list(v) if isinstance(v, list | tuple | np.ndarray | pd.Series) else [v]
             for k, v in wanted.items()}  # fmt: skip
    longest = max((len(v) for v in lists.values()), default=1)
    uneven = [k for k, v in lists.items() if len(v) not in (1, longest)]
    if uneven:
        raise EstimateError(
            "One value, or one a profile, was wanted of each predictor.",
            f"'{uneven[0]}' has {len(lists[uneven[0]])} for {longest} profiles.",
        )
    return pd.DataFrame({k: v * longest if len(v) == 1 else v for k, v in lists.items()})


def _at_profiles(solved: Solved, points: Points) -> tuple[Floats, Floats]:
    """Predictions of each profile, and the root of their covariance by the delta method."""
    count = points.matrix.rows
    value, slopes = [], []
    for place in range(count):
        weights = (np.arange(count) == place).astype(np.float64)
        means, by = solved.likelihood.means(points, solved.parameters, weights)
        value.append(means[place])
        slopes.append(by)
    return np.concatenate(value), solved.root @ np.concatenate(slopes).T
