"""Samples that people chose themselves into: pseudo-weights, a check, and what may be said.

An opt-in sample has no chance of selection to weigh by. What can be done is to model the
chance from a reference sample that was drawn by chance and has the same variables, to hold
the result against outside figures, and to say which kind of precision is left. A margin of
sampling error is none of them.

Sources: AAPOR Task Force on Non-Probability Sampling (2013); Eysenbach, *Journal of Medical
Internet Research* 6 (2004), e34, for participation. Pseudo-weights: ``weight/pseudo.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight.pseudo import quasi_randomise

__all__ = [
    "BenchmarkCheck",
    "Participation",
    "check_benchmarks",
    "precision_kind",
    "quasi_randomise",
    "with_precision",
]

FEWEST_ITEMS = 3
LIMIT = 0.05
"""Mean absolute difference from outside figures above which a sample fails, as a fraction."""


@dataclass(frozen=True)
class BenchmarkCheck:
    """Weighted estimates held against outside figures.

    Attributes
    ----------
    table : DataFrame
        ``item, level, estimate, benchmark, difference``, as fractions; suppressed estimates
        are left out.
    items : int
        Items that were compared.
    mean_absolute_difference : float
        Over the levels of each item, then over items.
    limit : float
        What it may be.
    """

    table: pd.DataFrame
    items: int
    mean_absolute_difference: float
    limit: float = LIMIT

    @property
    def passed(self) -> bool:
        """Whether the sample is near enough to the outside figures."""
        return self.mean_absolute_difference <= self.limit

    @property
    def strength(self) -> int:
        """What it does to the strength of evidence: −1 where the check failed."""
        return 0 if self.passed else -1

    @property
    def words(self) -> str:
        """Result in a sentence, to be printed with every estimate it is used for."""
        points = 100 * self.mean_absolute_difference
        verdict = "passed" if self.passed else "failed"
        return (
            f"Benchmark check {verdict}: {self.items} items differ from outside figures by "
            f"{points:.1f} points on average (limit {100 * self.limit:.0f})."
        )


def check_benchmarks(
    survey: Survey, benchmarks: Mapping[str, Mapping[str, float]], *, limit: float = LIMIT
) -> BenchmarkCheck:
    """Hold a survey's shares against outside figures of three or more items.

    Parameters
    ----------
    survey : Survey
    benchmarks : mapping of str to mapping of str to float
        Outside share, as a fraction, by level and item. Items that the weights were fitted
        to say nothing and are refused.
    limit : float
        Largest mean absolute difference, as a fraction.

    Raises
    ------
    EstimateError
        Where fewer than three items can be compared, or one was weighted to.
    """
    fitted = {k.variable for step in survey.weighting for k in step.known}
    rows = []
    for item, shares in benchmarks.items():
        if item in fitted:
            raise EstimateError(
                "A benchmark should be a figure that the weights were not made to match.",
                f"They were fitted to '{item}'.",
            )
        found = survey.share(item).frame.set_index("level")["estimate"]
        for level, share in shares.items():
            survey.coder.coded(item).position(level, item)
            rows.append((item, level, float(found[level]), float(share)))
    table = pd.DataFrame(rows, columns=["item", "level", "estimate", "benchmark"])
    table = table.dropna(subset=["estimate"]).reset_index(drop=True)
    table["difference"] = table["estimate"] - table["benchmark"]
    items = table["item"].nunique()
    if items < FEWEST_ITEMS:
        raise EstimateError(
            f"A benchmark check needs {FEWEST_ITEMS} or more items with outside figures.",
            f"{items} can be compared.",
            "Name more; suppressed estimates do not count.",
        )
    apart = table["difference"].abs().groupby(table["item"]).mean().mean()
    return BenchmarkCheck(table, items, float(apart), limit)


def precision_kind(
    sample_type: str,
    *,
    weighted: bool = False,
    check: BenchmarkCheck | None = None,
    model: str = "",
) -> str:
    """Say which precision a sample allows.

    Returns
    -------
    str
        ``mose``, a margin of sampling error, of a probability sample and of no other;
        ``credible`` for an opt-in sample that is weighted, has passed a benchmark check, and
        names the model its intervals rest on; else ``none``.
    """
    if sample_type == "probability":
        return "mose"
    modelled = weighted and bool(model.strip()) and check is not None and check.passed
    return "credible" if sample_type == "opt-in" and modelled else "none"


def with_precision(survey: Survey, check: BenchmarkCheck, *, model: str) -> Survey:
    """Give an opt-in survey the precision that its benchmark check allows.

    Parameters
    ----------
    survey : Survey
        Not a probability sample.
    check : BenchmarkCheck
        Of this survey, with these weights.
    model : str
        What its intervals rest on, in words; printed in every footer.

    Returns
    -------
    Survey
        Whose estimates have intervals "from a model" where the check was passed, and none
        where it was not.
    """
    if survey.sample_type == "probability":
        raise EstimateError(
            "A sample that people chose themselves into was wanted.",
            "A probability sample has a margin of sampling error, and needs no check for it.",
        )
    if not model.strip():
        raise EstimateError("The model that intervals rest on was wanted.", "It is empty.")
    kind = precision_kind(
        survey.sample_type, weighted=bool(survey.weight), check=check, model=model
    )
    words = f"{survey.weight}; {model.strip()}; {check.words.rstrip('.')}"
    return survey.like(precision_kind=kind, weight=words.lstrip("; "))


@dataclass(frozen=True)
class Participation:
    """Rates of an open web survey, which has no response rate (CHERRIES).

    Attributes
    ----------
    site_visitors, survey_visitors, agreed, finished : int
        Unique visitors of the site and of the survey's first page; those who agreed to take
        part, and who finished.
    """

    site_visitors: int
    survey_visitors: int
    agreed: int
    finished: int

    def __post_init__(self) -> None:
        """Check that each is a part of the one before."""
        order = (self.site_visitors, self.survey_visitors, self.agreed, self.finished)
        if min(order) < 0 or any(a < b for a, b in pairwise(order)):
            raise EstimateError(
                "Visitors, of the site and of the survey, who agreed, and who finished were "
                "wanted, each a part of the one before.",
                f"They are {', '.join(map(str, order))}.",
            )

    @property
    def view(self) -> float:
        """Survey visitors over site visitors."""
        return self.survey_visitors / self.site_visitors if self.site_visitors else float("nan")

    @property
    def participation(self) -> float:
        """Those who agreed, over survey visitors."""
        return self.agreed / self.survey_visitors if self.survey_visitors else float("nan")

    @property
    def completion(self) -> float:
        """Those who finished, over those who agreed."""
        return self.finished / self.agreed if self.agreed else float("nan")
