"""From a question to a fit: outcome, family and rows in, ``Fit`` out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Coded, Floats
from mspsurvey.inference.model.encoder import evaluated
from mspsurvey.inference.model.fit import Fit
from mspsurvey.inference.model.fitting import Outcome, Rows, fit, prepare
from mspsurvey.inference.model.formula import Parsed, classifies, columns_of, context
from mspsurvey.inference.model.glm import FAMILIES, Glm
from mspsurvey.inference.model.multinomial import Multinomial
from mspsurvey.inference.model.ordinal import Ordinal

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

YES = ("yes", "true", "1")
"""Levels that count as 1 in a model of yes and no, whatever their case."""
NO = ("no", "false", "0")


def glm(
    survey: Survey,
    formula: str,
    *,
    family: str = "gaussian",
    level: str | Sequence[str] | None = None,
    offset: str | None = None,
    prior: str | None = None,
    confidence: float = 0.95,
) -> Fit:
    """Fit a generalised linear model with standard errors of the design.

    Parameters
    ----------
    survey : Survey
    formula : str
        ``"mfa ~ size + sector"``: classifications are taken in the questionnaire's order,
        the first level that occurs being the reference; ``number(x)`` takes the values
        behind codes, ``C(x)`` makes categories of numbers, ``a*b`` and ``a:b`` interact.
    family : {"gaussian", "binomial", "poisson"}
        With identity, logit and log link.
    level : str or list of str, optional
        For ``binomial``: what counts as 1, as in ``Survey.share``. Not needed where the
        outcome is yes and no, or 1 and 0.
    offset : str, optional
        Column that is added to the linear predictor.
    prior : str, optional
        Column that multiplies a row's part in the likelihood, beside the weights.
    confidence : float

    Returns
    -------
    Fit

    Raises
    ------
    EstimateError
        Where a variable is not known, columns are combinations of others, the outcome is
        separated, or there is no maximum.
    """
    if family not in FAMILIES:
        raise EstimateError(
            f"A family is one of {', '.join(FAMILIES)}.",
            f"It is {family!r}.",
            did_you_mean(str(family), FAMILIES),
        )
    parsed, rows, columns = prepare(survey, formula, prior, offset)
    if family == "binomial":
        outcome = _binary(survey, parsed, rows, level)
    elif level is not None:
        raise EstimateError(
            "A level was given, which a model of yes and no takes.",
            f"The family is {family}.",
            "Add family='binomial'.",
        )
    else:
        outcome = _number(survey, parsed, rows, family)
    solved = fit(survey, parsed, rows, columns, outcome, Glm(FAMILIES[family]))
    return Fit(solved, family, confidence)


def ordinal(
    survey: Survey,
    formula: str,
    *,
    offset: str | None = None,
    prior: str | None = None,
    confidence: float = 0.95,
) -> Fit:
    """Fit proportional odds to an outcome whose levels are in order.

    A positive coefficient moves answers to higher levels. Parameters as in ``glm``.
    """
    parsed, rows, columns = prepare(survey, formula, prior, offset)
    if not any(str(term) == "1" for term in parsed.terms):
        raise EstimateError(
            "An intercept was wanted, whose place the thresholds take.",
            f"{formula!r} leaves it out.",
            "Take '0 +' or '- 1' out of the formula.",
        )
    outcome = _levels(survey, parsed, rows, 3)
    solved = fit(survey, parsed, rows, columns, outcome, Ordinal(outcome.levels))
    return Fit(solved, "ordinal", confidence)


def multinomial(
    survey: Survey,
    formula: str,
    *,
    offset: str | None = None,
    prior: str | None = None,
    confidence: float = 0.95,
) -> Fit:
    """Fit a baseline-category logit; the first level that occurs is the baseline.

    Parameters as in ``glm``.
    """
    parsed, rows, columns = prepare(survey, formula, prior, offset)
    outcome = _levels(survey, parsed, rows, 3)
    solved = fit(survey, parsed, rows, columns, outcome, Multinomial(outcome.levels))
    return Fit(solved, "multinomial", confidence)


def _binary(
    survey: Survey, parsed: Parsed, rows: Rows, level: str | Sequence[str] | None
) -> Outcome:
    """Code an outcome as 0 and 1."""
    name = _single(parsed, "a model of yes and no")
    if level is None and not classifies(survey.coder, name):
        numbers = rows.of(survey.coder.numbers(name))
        # Looked at as they are: making levels of a million numbers takes longer.
        if ((numbers == 0) | (numbers == 1)).all():
            return _varying(name, numbers, "1")
    coded = survey.coder.coded(name)
    if level is None:
        chosen = [_yes(coded, name)]
    else:
        chosen = [str(code) for code in ([level] if isinstance(level, str | int) else level)]
    places = np.zeros(len(coded.levels))
    places[[coded.position(code, name) for code in chosen]] = 1.0
    codes = coded.codes if rows.chosen is None else coded.codes[rows.chosen]
    return _varying(name, places[codes], "+".join(chosen))


def _varying(name: str, y: Floats, shown: str) -> Outcome:
    if y.min() == y.max():
        raise EstimateError(
            f"An outcome '{name}' that varies was wanted.",
            f"{'All' if y[0] else 'None'} of the {len(y):,} rows of the model are '{shown}'.",
        )
    return Outcome(name, (), y, (shown,))


def _yes(coded: Coded, name: str) -> str:
    lower = {level.lower(): level for level in coded.levels}
    for yes, no in zip(YES, NO, strict=True):
        if set(lower) <= {yes, no} and yes in lower:
            return lower[yes]
    raise EstimateError(
        f"An outcome of yes and no (or 1 and 0) was wanted in '{name}'.",
        f"Its levels are {', '.join(map(repr, coded.levels[:6]))}.",
        f"Say which counts as 1: level={coded.levels[-1]!r}.",
    )


def _number(survey: Survey, parsed: Parsed, rows: Rows, family: str) -> Outcome:
    """Take an outcome as numbers; codes count as the value of their option."""
    if parsed.needs == (parsed.response,):
        values = rows.of(survey.coder.numbers(parsed.response))
    else:
        columns = columns_of(survey, parsed.needs, rows.chosen)
        values = evaluated(parsed, columns, context(survey.coder, parsed))
    if family == "poisson" and (values < 0).any():
        raise EstimateError(
            "Counts were wanted, none of them negative.",
            f"The least '{parsed.response}' is {values.min():g}.",
            "Take family='gaussian'.",
        )
    return Outcome(parsed.response, (), values, ("",))


def _levels(survey: Survey, parsed: Parsed, rows: Rows, fewest: int) -> Outcome:
    """Take an outcome as levels, those that occur."""
    name = _single(parsed, "a model of levels")
    if not classifies(survey.coder, name) and survey.coder.variable(name) is not None:
        raise EstimateError(
            f"A classification was wanted in '{name}'.",
            "The instrument says that it is a number.",
            f"Fit its mean: .glm({parsed.text!r}).",
        )
    coded = survey.coder.coded(name)
    codes = coded.codes if rows.chosen is None else coded.codes[rows.chosen]
    counts = np.bincount(codes, minlength=len(coded.levels))
    used = np.flatnonzero(counts)
    if len(used) < fewest:
        found = ", ".join(repr(coded.levels[u]) for u in used)
        raise EstimateError(
            f"An outcome with {fewest} or more levels was wanted.",
            f"In the rows of the model '{name}' has {found}.",
            "Two levels are .glm(…, family='binomial', level=…).",
        )
    place = np.zeros(len(coded.levels), dtype=np.int64)
    place[used] = np.arange(len(used))
    levels = tuple(coded.levels[u] for u in used)
    return Outcome(name, levels, place[codes], levels)


def _single(parsed: Parsed, what: str) -> str:
    if parsed.needs != (parsed.response,):
        raise EstimateError(
            f"For {what} one column was wanted on the left of '~'.",
            f"There is {parsed.response!r}.",
            "Name the column, and what counts as 1 by level=…",
        )
    return parsed.response
