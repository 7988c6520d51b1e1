"""What a caller says: one word a step, for a Survey or for a frame.

w is a weight before a step and g its factor; formulas, sources and what R and Stata do
differently are in ``docs/methods/weighting.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import classes as by_class
from mspsurvey.inference.weight import raking, trimming
from mspsurvey.inference.weight.margin import Margin
from mspsurvey.inference.weight.raking import Raked
from mspsurvey.inference.weight.replaying import replicate_survey
from mspsurvey.inference.weight.responding import nonresponse_survey
from mspsurvey.inference.weight.reweight import (
    calibrate_survey,
    poststratify_survey,
    rake_survey,
    trim_survey,
)
from mspsurvey.inference.weight.totals import Given


@overload
def rake(data: Survey, margins: Given, *, unknown: str = ..., regression: str = ...) -> Survey: ...


@overload
def rake(
    data: pd.DataFrame, weights: pd.Series, margins: Sequence[Margin], *,
    unknown: str = ..., cycles: int = ...,
) -> Raked: ...  # fmt: skip


def rake(data: Any, *given: Any, **options: Any) -> Any:
    """Rake to margins: multiply weights level by level, in turn, until every margin holds.

    g ← g·T / Σ w·g over a level with the total T (Deming & Stephan 1940).

    Parameters
    ----------
    data : Survey
        Or a frame of respondents, followed by its weights: the answer is then a ``Raked``.
    margins : known totals
        Margins, a table of them, or ``{"size": {"1-4": 4421, …}, …}``. ``a*b`` crosses two.
    unknown : {"error", "hold"}
        Respondents without a value in a margin: refuse, or let that margin leave them alone.
    regression : {"design", "plain"}
        How standard errors take the margins out: by a regression weighted by the weights
        before (Deville & Särndal), or unweighted, as R's ``svyrecvar`` does after ``rake``.
        Both are the same where the weights before are equal.
    cycles : int
        Largest number of cycles, for a frame; 2,000 if not given.

    Raises
    ------
    WeightError
        Where a margin cannot be met: which, and how near all of them can be got.
    """
    if isinstance(data, Survey):
        return rake_survey(data, *given, **options)
    return raking.rake(data, *given, **options)


def poststratify(survey: Survey, margin: Given) -> Survey:
    """Make the weights of each level of one classification sum to its known total.

    g = T / Σ w over a level with the total T (Holt & Smith, *JRSS A* 142 (1979), 33–46):
    weights keep their proportions within it. Standard errors are those of R's
    ``postStratify``: the share of the classification itself has none.

    Parameters
    ----------
    survey : Survey
    margin : Margin, mapping or table
        One margin; ``{"size*division": {"1-4*pacific": 310, …}}`` crosses two variables.
    """
    return poststratify_survey(survey, margin)


def calibrate(
    survey: Survey,
    totals: Given,
    *,
    distance: str = "linear",
    bounds: tuple[float, float] | None = None,
    bounds_of: str = "factor",
    spread: str | None = None,
    within: str | None = None,
) -> Survey:
    """Change weights as little as possible so that known totals hold.

    The least Σ w·G(g)·σ² with Σ w·g·x = T, so that g = F(x'η/σ²), with F and G of the
    distance (``distance.py``; Deville & Särndal, *JASA* 87 (1992), 376–382).

    Parameters
    ----------
    survey : Survey
    totals : known totals
        Of classifications and numbers: ``{"stype": {"E": 4421, …}, "api99": 3914069}``; ""
        is the number of units. Objects ``Margin`` and ``Total`` carry a source.
    distance : {"linear", "raking", "logit"}
        What "little" means. ``linear`` is the generalised regression estimator; ``raking``
        keeps weights positive; ``logit`` keeps factors inside its bounds, smoothly.
    bounds : (float, float), optional
        Smallest and largest factor, such as (0.5, 2); ``logit`` needs them.
    bounds_of : {"factor", "weight"}
        Whether bounds are for the factor or for the weight itself.
    spread : str, optional
        Column σ² of positive numbers: weights of rows with a larger one may move more. With
        the one number that is calibrated to, this is the ratio estimator (R: ``variance``).
    within : str, optional
        Column of groups, such as households, in which all get the same factor.

    Returns
    -------
    Survey
        With a new column of weights. Standard errors come from the residuals of a regression
        on what was calibrated to, so that a calibrated total has none.

    Raises
    ------
    WeightError
        Where a total cannot be met: which, and how near all of them can be got within the
        bounds. Linear calibration that would make weights negative is refused too.
    """
    return calibrate_survey(
        survey, totals, distance=distance, bounds=bounds, bounds_of=bounds_of, spread=spread,
        within=within,
    )  # fmt: skip


@overload
def nonresponse(
    data: Survey, *, responded: str, eligible: str | None = ..., classes: Sequence[str] = ...,
    predictors: Sequence[str] = ..., use: str = ..., count: int = ...,
) -> Survey: ...  # fmt: skip


@overload
def nonresponse(
    data: pd.Series, *, responded: pd.Series, eligible: pd.Series, classes: pd.Series
) -> pd.Series: ...


def nonresponse(data: Any, **options: Any) -> Any:
    """Let respondents stand for those who did not answer.

    It repairs what classes or predictors explain, and nothing else. Where each row is a
    sampling unit, a finite population correction counts those who answered from then on.

    Parameters
    ----------
    data : Survey
        All sampled records with their base weights. (Or a series of base weights, with
        ``responded``, ``eligible`` and ``classes`` as series.)
    responded, eligible : str
        Columns: who answered; who is known to be eligible or not known not to be (all, if
        not given).
    classes : sequence of str
        Columns whose crossing makes the classes: the factor of a class is Σ w over eligible
        records over Σ w over respondents.
    predictors : sequence of str
        Instead of classes: columns of a logit of response, weighted by the base weights.
    use : {"classes", "inverse"}
        What to do with propensities: ``count`` classes of equal size, or 1/p itself.

    Returns
    -------
    Survey
        Same rows; those who did not answer have weight 0 and stay in the design.

    Raises
    ------
    WeightError
        Where a class has nobody who answered, or predictors tell response for certain.
    """
    if isinstance(data, Survey):
        return nonresponse_survey(data, **options)
    return by_class.nonresponse(data, **options)


@overload
def trim(
    data: Survey, upper: float | pd.Series, *, lower: float | pd.Series = ..., share: str = ...,
    strict: bool = ..., after: str = ...,
) -> Survey: ...  # fmt: skip


@overload
def trim(
    data: pd.Series, upper: float | pd.Series, *, lower: float | pd.Series = ...,
    share: str = ..., strict: bool = ...,
) -> pd.Series: ...  # fmt: skip


def trim(data: Any, upper: Any, **options: Any) -> Any:
    """Cut weights at limits and share what is cut among the others; the sum stays.

    Source: Potter, *ASA Proceedings, Survey Research Methods* (1990), 225–230.

    Parameters
    ----------
    data : Survey
        Or a series of weights.
    upper, lower : float or Series
        Largest and smallest weight allowed, for all or for each row.
    share : {"proportional", "equal"}
        The others keep their proportions, or each gets the same amount (R's
        ``trimWeights``).
    strict : bool
        Go on until no weight is outside the limits (the default; R's is once).
    after : {"keep", "recalibrate"}
        Trimming moves margins off their totals. Keep it so, and say by how much in the
        record and in every footer; or calibrate again, inside the limits, to the totals that
        held before. Either way standard errors know the calibration that came before.
        Replicate weights get the same factors.

    Raises
    ------
    WeightError
        Where the limits leave no room for the sum or, for "recalibrate", for the totals.
    """
    if isinstance(data, pd.Series):
        return trimming.trim(data, upper, **options)
    if isinstance(data, Survey):
        return trim_survey(data, upper, **options)
    raise WeightError("A Survey, or a series of weights, was wanted.", f"It is {type(data)}.")


def replicate(
    survey: Survey,
    *,
    kind: str,
    n: int | None = None,
    seed: int | None = None,
    rho: float | None = None,
    mse: bool = False,
) -> Survey:
    """Give a weighted survey replicate weights that went through all its steps of weighting.

    Replicates are made of the weights at the start; nonresponse, calibration and raking are
    then done again in each of them, so that their standard errors count what those steps add
    and take away. Trimming keeps its factors.

    Parameters
    ----------
    survey : Survey
        One that came out of steps of ``ms.weight``, or any other.
    kind, n, seed, rho, mse
        As of ``Survey.replicate``.
    """
    options = {"n": n, "seed": seed}
    given = {name: value for name, value in options.items() if value is not None}
    return replicate_survey(survey, kind=kind, rho=rho, mse=mse, **given)
