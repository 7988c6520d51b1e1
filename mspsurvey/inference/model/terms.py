"""Wald tests of the terms of a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import fdtrc, stdtr

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.model.fitting import Solved
from mspsurvey.inference.testing.result import TestResult


def two_sided(t: Floats, df: float) -> Floats:
    """Two-sided p-value of t; not a number without a degree of freedom."""
    if df < 1:
        return np.full(np.shape(t), np.nan)
    p: Floats = 2 * stdtr(df, -np.abs(t))
    return p


def members(solved: Solved, term: str | Sequence[str]) -> list[int]:
    """Places of the parameters that belong to terms.

    Raises
    ------
    EstimateError
        Where the model has no such term; the order within an interaction does not matter.
    """
    encoder = solved.encoded.encoder
    term_of = dict(zip(encoder.columns, encoder.terms, strict=True))
    known = {_ordered(t): t for t in encoder.terms if t != "Intercept"}
    wanted = []
    for name in [term] if isinstance(term, str) else term:
        if _ordered(name) not in known:
            raise EstimateError(
                "A term of the model was wanted.",
                f"{solved.parsed.text!r} has none called {name!r}.",
                did_you_mean(name, known.values()),
            )
        wanted.append(known[_ordered(name)])
    return [k for k, (_, column) in enumerate(solved.labels) if term_of.get(column) in wanted]


def _ordered(term: str) -> str:
    return ":".join(sorted(part.strip() for part in term.split(":")))


def wald(estimate: Floats, covariance: Floats, df: float) -> tuple[float, float]:
    """F = b'V⁻¹b / k and its p-value with k and ``df`` degrees of freedom."""
    try:
        k = len(estimate)
        root = np.sqrt(np.diag(covariance))
        scaled = covariance / np.outer(root, root)
        f = float(estimate / root @ np.linalg.solve(scaled, estimate / root)) / k
    except np.linalg.LinAlgError:
        f = np.nan
    if not np.isfinite(f) or f < 0:
        raise EstimateError(
            "A test of these coefficients needs a covariance that can be inverted.",
            f"That of {len(estimate)} coefficients is singular.",
            "Test fewer of them: there are no more sampling units than that.",
        )
    return f, float(fdtrc(k, df, f)) if df >= 1 else float("nan")


def test(solved: Solved, kind: str, term: str | Sequence[str]) -> TestResult:
    """Test terms; see ``Fit.test``."""
    survey = solved.survey
    if survey.precision_kind == "none":
        raise EstimateError(
            "A test of sampling error needs a sample drawn by chance.",
            f"This one is {survey.sample_type}: people chose themselves to take part.",
        )
    places = members(solved, term)
    root = solved.root[:, places]
    f, p = wald(solved.parameters[places], root.T @ root, solved.df)
    name = term if isinstance(term, str) else " + ".join(term)
    return TestResult(
        item=solved.outcome.name,
        by=(name,),
        method=f"Wald test of '{name}' in a {kind} model ({solved.parsed.text})",
        statistic=f,
        df=(len(places), solved.df),
        p=p,
        n=len(solved.rows.weights),
        words=f"{solved.outcome.name} by {name}, other predictors held",
        population=survey.population,
        where=survey.domain,
        weight=survey.weight,
        synthetic=survey.synthetic,
    )


# It is named as R and readers name it, and pytest would take it for one of its own.
test.__test__ = False  # type: ignore[attr-defined]
