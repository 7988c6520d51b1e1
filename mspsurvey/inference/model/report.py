"""Coefficients as ``Estimates``, so that charts and tables know how to show them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.interval import mean_interval
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.model.telling import INTERCEPT, telling
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.disclose import FEW_RESPONDENTS, FEWEST_N, LOW_BASE, LOW_DF
from mspsurvey.inference.result.estimate import FLAG, SHOW, SUPPRESS, Estimates

if TYPE_CHECKING:
    from mspsurvey.inference.model.fit import Fit

_LEVEL = re.compile(r"(\w+)\[(.*)\]\Z")
RATIOS = {"binomial": "odds ratio", "poisson": "rate ratio", "ordinal": "odds ratio",
          "multinomial": "odds ratio"}  # fmt: skip


def coefficients(solved: Solved, confidence: float) -> Estimates:
    """Coefficients as a table of estimates; see ``Fit.estimates``."""
    places = list(range(len(solved.labels)))
    return _estimates(solved, places, confidence, "coefficient")


def ratios(solved: Solved, kind: str, confidence: float) -> Estimates:
    """exp(b), its interval that of b carried over; see ``Fit.ratios``."""
    if kind not in RATIOS:
        raise EstimateError(
            "Ratios were wanted, which exp(b) is in models of odds and of rates.",
            f"The family is {kind}.",
            "Its coefficients are differences of means: see .coefficients.",
        )
    columns = set(solved.encoded.encoder.columns) - {INTERCEPT}
    places = [k for k, (_, column) in enumerate(solved.labels) if column in columns]
    est = _estimates(solved, places, confidence, RATIOS[kind])
    data = est.data.copy()
    ratio = np.exp(data["estimate"])
    data["se"] *= ratio
    data["estimate"], data["low"], data["high"] = ratio, np.exp(data["low"]), np.exp(data["high"])
    assert est.root is not None
    return with_context(
        solved, data, RATIOS[kind], est.root * ratio.to_numpy(), est.by, confidence
    )


def _estimates(
    solved: Solved, places: Sequence[int], confidence: float, statistic: str
) -> Estimates:
    root = solved.root[:, places]
    estimate, variance = solved.parameters[places], (root**2).sum(axis=0)
    low, high = mean_interval(estimate, variance, np.asarray(solved.df), confidence)
    labels = [solved.labels[k] for k in places]
    names = [_item(solved, column) for _, column in labels]
    data = pd.DataFrame({"item": [n[0] for n in names], "level": [n[1] for n in names]})
    by: tuple[str, ...] = ()
    if any(level for level, _ in labels):
        by = (solved.outcome.name,)
        data[by[0]] = [level for level, _ in labels]
    verdicts, whys = _verdicts(solved, [column for _, column in labels])
    n = len(solved.rows.weights)
    data = data.assign(
        estimate=estimate, se=np.sqrt(variance), low=low, high=high, df=float(solved.df), n=n,
        n_eff=np.nan, deff=np.nan, base=solved.rows.weights.sum(), verdict=verdicts, why=whys,
    )  # fmt: skip
    return with_context(solved, data, statistic, root, by, confidence)


def _item(solved: Solved, column: str) -> tuple[str, str]:
    """Variable and level of an indicator; else the column's name and no level."""
    found = _LEVEL.match(column)
    if found and found[1] in solved.parsed.variables:
        # A product of indicators has brackets of its own inside.
        return (found[1], found[2]) if "]:" not in found[2] else (column, "")
    return column, ""


def _verdicts(solved: Solved, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Verdict and reason of each coefficient."""
    found, told = [], telling(solved)
    n = len(solved.rows.weights)
    for column in columns:
        if column in told:
            found.append((SUPPRESS, told[column]))
            continue
        name, level = _item(solved, column)
        of = solved.encoded.columns.get(name)
        at_level = n
        if of is not None and level in of.levels:
            at_level = int((of.answers == of.levels.index(level)).sum())
        found.append(verdict(n, at_level, solved.df))
    return [v for v, _ in found], [why for _, why in found]


def verdict(n: int, at_level: int, df: int) -> tuple[str, str]:
    """Verdict on an effect, which is near 0 where nothing is wrong: by rows and df only."""
    rules = [
        (n < FEWEST_N, SUPPRESS, f"n below {FEWEST_N}"),
        (at_level < FEWEST_RESPONDENTS, SUPPRESS, FEW_RESPONDENTS),
        (df < 1, SUPPRESS, "no degrees of freedom"),
        (at_level < LOW_BASE, FLAG, f"n below {LOW_BASE}"),
        (df < LOW_DF, FLAG, f"fewer than {LOW_DF} degrees of freedom"),
    ]
    return next(((v, why) for holds, v, why in rules if holds), (SHOW, ""))


def with_context(
    solved: Solved, data: pd.DataFrame, statistic: str, root: Floats, by: tuple[str, ...],
    confidence: float, of: str = "",
) -> Estimates:  # fmt: skip
    """Put a table of estimates together with what its readers need to know.

    Whatever is predicted says so in its population, since it is not what was counted.
    """
    survey = solved.survey
    names = [solved.outcome.name, *solved.parsed.variables]
    found = {name: survey.coder.variable(name) for name in names
             if name in survey.coder.frame.columns}  # fmt: skip
    left_out: dict[str, int] = {}
    if len(solved.rows.weights) != len(survey):
        needs = [*solved.parsed.needs, *solved.parsed.variables]
        left_out = survey.left_out(needs, solved.rows.inside, ())
    return Estimates(
        data=data,
        statistic=statistic,
        by=by,
        variables={name: v for name, v in found.items() if v is not None},
        population=_population(solved, statistic),
        where=survey.domain,
        weight=survey.weight,
        precision_kind=survey.precision_kind,
        left_out=left_out,
        root=root,
        synthetic=survey.synthetic,
        of=of,
        confidence=confidence,
    )


def _population(solved: Solved, statistic: str) -> str:
    population = solved.survey.population
    if statistic == "coefficient" or statistic in RATIOS.values():
        return population
    return f"{population or 'those asked'}, as predicted by {solved.parsed.text}"


def footer(fit: Fit) -> str:
    """Model, rows and what was left out, in words."""
    head = f"{fit.kind.capitalize()} model {fit.formula}; {fit.n:,} respondents."
    return f"{head}{_without_fit(fit)} {fit.estimates.footer}"


def _without_fit(fit: Fit) -> str:
    """Words for replicates that errors do without; "" where there are none."""
    if fit.solved.replicated is None:
        return ""
    lost = np.isnan(fit.solved.replicated[:, 0])
    return f" {lost.sum():,} of {len(lost):,} replicates have no fit." if lost.any() else ""


def page(table: pd.DataFrame, caption: str) -> str:
    """Table of coefficients as HTML."""
    head = "".join(f'<th scope="col">{html.escape(str(c))}</th>' for c in table.columns)
    body = []
    for row in table.itertuples(index=False):
        cells = "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row)
        body.append(f"<tr>{cells}</tr>")
    return (
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def masked(solved: Solved, table: pd.DataFrame) -> pd.DataFrame:
    """Blank the coefficients that would tell of a few firms, in a table of terms."""
    hidden = table["term"].isin(telling(solved))
    numbers = [c for c in ("estimate", "se", "low", "high", "t", "p", "fmi") if c in table]
    return table.assign(**{c: table[c].mask(hidden) for c in numbers})


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:.4g}"
    return str(value)
