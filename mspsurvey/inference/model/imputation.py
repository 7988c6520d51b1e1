"""Multiple imputation, for models only.

Missing answers are filled in m times by chained equations with predictive mean matching
(statsmodels' MICE), each model sees the design's weights and strata, and the m fits are put
together by Rubin's rules. Headline shares and means are not estimated so: their missing
answers are counted and shown instead.

Sources: Rubin, *Multiple Imputation for Nonresponse in Surveys* (1987), chapter 3; Barnard &
Rubin, *Biometrika* 86 (1999), 948–955, for degrees of freedom; Reiter, Raghunathan & Kinney,
*Survey Methodology* 32 (2006), 143–149, for the design in the imputation model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Coder, Floats, Ints
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.model import ask
from mspsurvey.inference.model.fit import Fit
from mspsurvey.inference.model.formula import categorical, classifies
from mspsurvey.inference.model.influence import require_rows
from mspsurvey.inference.model.pooling import Pooled

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

MOST_STRATA = 50
"""With more strata than this, imputation knows of them only through the weights."""
DONORS = 5
"""Answers from which one is drawn: those of the respondents with the nearest prediction."""


@dataclass(frozen=True)
class Imputed:
    """A survey with its missing answers filled in several times.

    Attributes
    ----------
    surveys : tuple of Survey
        One a completed data set.
    variables : tuple of str
        What was imputed, or helped to.
    filled : dict
        Rows in which each variable was filled in.
    seed : int
    """

    surveys: tuple[Survey, ...] = field(repr=False)
    variables: tuple[str, ...]
    filled: dict[str, int]
    seed: int

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.surveys)

    def glm(self, formula: str, **options: Any) -> Pooled:
        """Fit ``Survey.glm`` to each and pool."""
        return self._pooled(ask.glm, formula, options)

    def ordinal(self, formula: str, **options: Any) -> Pooled:
        """Fit ``Survey.ordinal`` to each and pool."""
        return self._pooled(ask.ordinal, formula, options)

    def multinomial(self, formula: str, **options: Any) -> Pooled:
        """Fit ``Survey.multinomial`` to each and pool."""
        return self._pooled(ask.multinomial, formula, options)

    def _pooled(self, model: Callable[..., Fit], formula: str, options: dict[str, Any]) -> Pooled:
        return Pooled(tuple(model(survey, formula, **options) for survey in self.surveys))

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse estimates of imputed answers."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise EstimateError(
            "Imputed answers are for models: .glm, .ordinal and .multinomial.",
            f"'{name}' was asked for.",
            f"Ask the survey itself, .{name}(…): what is missing is counted and shown there.",
        )


def impute(
    survey: Survey,
    variables: Sequence[str],
    *,
    m: int = 20,
    seed: int,
    cycles: int = 10,
) -> Imputed:
    """Fill in the missing answers to some variables, m times.

    Parameters
    ----------
    survey : Survey
    variables : sequence of str
        Those of the model, and others that tell something about what is missing. Numbers,
        or classifications, which are matched by their position: fit for two levels or for
        levels in order.
    m : int
        Data sets; 20 or more where a tenth is missing.
    seed : int
        The same seed gives the same answers.
    cycles : int
        Rounds through the variables before each data set.

    Raises
    ------
    EstimateError
        Where nothing is missing, a variable has no answer at all, or m is below 2.
    """
    if m < 2:
        raise EstimateError("Two or more imputations were wanted.", f"m is {m}.", "Take m=20.")
    require_rows(survey)
    survey.coder.require(variables)
    table, levels = _table(survey, variables)
    filled = _gaps(table, variables)
    if not any(filled.values()):
        raise EstimateError(
            "A variable with missing answers was wanted.",
            f"None of {', '.join(variables)} has any.",
            "Fit the model to the survey itself.",
        )
    completed = _chains(table, variables, levels, m, seed, cycles)
    surveys = tuple(_with(survey, variables, levels, values) for values in completed)
    return Imputed(surveys, tuple(variables), filled, seed)


def _gaps(table: pd.DataFrame, variables: Sequence[str]) -> dict[str, int]:
    """Count gaps, and refuse a variable that nobody answered."""
    gaps = {}
    for place, name in enumerate(variables):
        gaps[name] = int(table[f"v{place}"].isna().sum())
        if gaps[name] == len(table):
            raise EstimateError(
                f"Some answers to '{name}' were wanted, to impute from.", "There are none."
            )
    return gaps


def _table(
    survey: Survey, variables: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Variables as numbers v0, v1, …, with what the design adds; levels by variable."""
    columns: dict[str, Floats | Ints] = {}
    levels: dict[str, tuple[str, ...]] = {}
    for place, name in enumerate(variables):
        if classifies(survey.coder, name):
            coded = survey.coder.coded(name)
            levels[name] = coded.levels
            codes = coded.codes.astype(np.float64)
            columns[f"v{place}"] = np.where(coded.codes < 0, np.nan, codes)
        else:
            columns[f"v{place}"] = survey.coder.numbers(name)
    design = survey.design
    if np.ptp(design.weights) > 0:
        # Some weights may be 0, of rows that do not count.
        columns["weight"] = np.log(design.weights + design.weights[design.weights > 0].min())
    stratum = _stratum(design)
    if 1 < stratum.max() + 1 <= MOST_STRATA:
        columns["stratum"] = stratum
    return pd.DataFrame(columns), levels


def _stratum(design: Design) -> Ints:
    """Stratum of the first stage of each row."""
    unit = design.unit
    for stage in reversed(design.stages):
        stratum = stage.stratum[unit]
        unit = stage.parent[stratum]
    return stratum


def _chains(
    table: pd.DataFrame, variables: Sequence[str], levels: dict[str, tuple[str, ...]], m: int,
    seed: int, cycles: int,
) -> list[pd.DataFrame]:  # fmt: skip
    """Run chained equations and keep m data sets."""
    from statsmodels.imputation.mice import MICEData  # slow to import, and rarely needed

    with warnings.catch_warnings():
        # Its own deprecations, and columns of one value in a predictor's model.
        warnings.simplefilter("ignore")
        chain = MICEData(table, k_pmm=DONORS, rng=np.random.default_rng(seed))
        wide = {f"v{p}" for p, name in enumerate(variables) if len(levels.get(name, ())) > 2}
        for name in table.columns:
            others = [f"C({c})" if c in wide or c == "stratum" else c
                      for c in table.columns if c != name]  # fmt: skip
            chain.set_imputer(name, formula=" + ".join(others) or "1", k_pmm=DONORS)
        completed = []
        for _ in range(m):
            chain.update_all(cycles)
            completed.append(chain.data.copy())
    return completed


def _with(
    survey: Survey,
    variables: Sequence[str],
    levels: dict[str, tuple[str, ...]],
    values: pd.DataFrame,
) -> Survey:
    """Give the same survey with answers filled in; its domain and design stay."""
    columns: dict[str, pd.Series] = {}
    for place, name in enumerate(variables):
        found = values[f"v{place}"].to_numpy()
        coded = name in levels
        filled = categorical(found.astype(np.int64), levels[name]) if coded else pd.Series(found)
        columns[name] = filled.set_axis(survey.frame.index)
    frame = survey.frame.assign(**columns)
    return survey.like(_coder=Coder(frame, survey.instrument))
