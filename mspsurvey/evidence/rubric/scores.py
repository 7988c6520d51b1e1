"""From the items to a score and a maturity level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.evidence.coded import coded
from mspsurvey.evidence.rubric.answers import Answers, read_answers
from mspsurvey.evidence.rubric.classes import baseline
from mspsurvey.evidence.rubric.file import Rubric

_DECIMALS = 9
"""Scores are rounded here, so that a mean which is 45 but for the last bit is 45."""


def score(
    frame: pd.DataFrame, rubric: Rubric, *, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute every derived variable of the rubric.

    A domain's score is the mean of its answered items ÷ 3 × 100, the total the weighted mean
    of the domains' scores. Too few answers give no score; see ``[complete]`` in the file.

    Parameters
    ----------
    frame : DataFrame
        Responses of MSPs, one row a firm.
    missing : DataFrame, optional
        Reasons for missing answers, same rows and columns.

    Returns
    -------
    DataFrame
        Same rows; ``resp_id`` (where there is one) and the variables of ``rubric_variables``.
    """
    answers = read_answers(frame, rubric, missing=missing)
    domains = _domain_scores(answers, rubric)
    total = _total(domains, answers, rubric)
    columns: dict[str, object] = {"resp_id": frame["resp_id"]} if "resp_id" in frame else {}
    for item in rubric.items:
        if item.derived_from:
            columns[item.name] = _as_codes(answers.scores[item.name], rubric)
    columns |= {str(name): domains[name] for name in domains}
    columns["score"] = total
    columns["mat_level"] = cut_levels(total, answers.scores, rubric)
    return pd.DataFrame({**columns, **baseline(answers, rubric)}, index=frame.index)


def _as_codes(scores: pd.Series, rubric: Rubric) -> Any:
    """Give a derived item as the codes that the asked ones have."""
    positions = [-1 if np.isnan(value) else int(value) for value in scores]
    return coded(positions, list(rubric.codes), scores.index, ordered=True)


def _domain_scores(answers: Answers, rubric: Rubric) -> pd.DataFrame:
    columns = {}
    for domain in rubric.domains:
        names = [item.name for item in rubric.items_of(domain.code)]
        scores = answers.scores[names]
        answered = (scores.notna() | answers.excused[names]).sum(axis=1)
        enough = answered >= rubric.complete.items_per_domain
        columns[f"dom_{domain.code}"] = (scores.mean(axis=1) / rubric.top * 100).where(enough)
    return pd.DataFrame(columns, index=answers.scores.index).round(_DECIMALS)


def _total(
    domains: pd.DataFrame, answers: Answers, rubric: Rubric, *, dropped: str = ""
) -> pd.Series:
    weights = np.array([0.0 if d.code == dropped else d.weight for d in rubric.domains])
    present = domains.notna().to_numpy() & (weights > 0)
    sums = np.nansum(domains.to_numpy() * weights, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = sums / (present * weights).sum(axis=1)
    answered = (answers.scores.notna() | answers.excused).sum(axis=1).to_numpy()
    # A domain that is dropped for a sensitivity run is not held against anyone.
    domains_needed = rubric.complete.domains - (1 if dropped else 0)
    enough = (present.sum(axis=1) >= domains_needed) & (answered >= rubric.complete.items)
    return pd.Series(np.where(enough, total, np.nan), index=domains.index).round(_DECIMALS)


def score_without(
    frame: pd.DataFrame, rubric: Rubric, domain: str, *, missing: pd.DataFrame | None = None
) -> pd.Series:
    """Compute the total score with one domain left out."""
    codes = [d.code for d in rubric.domains]
    if domain not in codes:
        raise EstimateError(
            "The code of a domain of the rubric was wanted.",
            f"There is none called '{domain}'.",
            did_you_mean(domain, codes),
        )
    answers = read_answers(frame, rubric, missing=missing)
    return _total(_domain_scores(answers, rubric), answers, rubric, dropped=domain)


def cut_levels(total: pd.Series, scores: pd.DataFrame, rubric: Rubric) -> Any:
    """Cut scores into maturity levels; a cut point belongs to the upper level.

    A level that needs an item besides is not reached where that item is lower or missing: the
    firm then stays at the level below.
    """
    values = total.to_numpy(dtype="float64", na_value=np.nan)
    codes = np.full(len(values), -1)
    for position, level in enumerate(rubric.levels):
        reached = values >= level.start
        for name, least in level.needs.items():
            reached &= scores[name].to_numpy(dtype="float64", na_value=np.nan) >= least
        codes = np.where(reached, position, codes)
    return coded(codes, [level.code for level in rubric.levels], total.index, ordered=True)
