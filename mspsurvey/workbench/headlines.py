"""Ten headlines of the reports, and what leaving careless responses out does to each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.schema import QUALITY_FLAGS, excluded
from mspsurvey.study_file import EXCLUSIONS


@dataclass(frozen=True)
class Headline:
    """A share that a report prints.

    Attributes
    ----------
    id : str
        Of the finding in its report.
    words : str
        What it is a share of.
    source, item, level, of, where
        As ``Survey.share`` takes them; ``where`` is a filter, "" for none.
    truth : tuple of str
        Keys of the same share in ``truth.json``; empty where the truth does not hold it.
    """

    id: str
    words: str
    source: str
    item: str
    level: tuple[str, ...]
    of: str = ""
    where: str = ""
    truth: tuple[str, ...] = ()

    def asked_in(self, survey: Survey) -> bool:
        """Whether a survey has all that the share needs: another study may ask other things."""
        known = survey.instrument.variables if survey.instrument else survey.frame.columns
        names = {self.item, self.of} - {""}
        if self.where:
            names |= Condition.parse(self.where, where=f"headline {self.id}").names
        return names <= set(known)

    def estimate(self, survey: Survey) -> Estimates:
        """Ask a survey for the share."""
        asked = survey.where(self.where) if self.where else survey
        return asked.share(
            self.item, level=list(self.level), net="together" if len(self.level) > 1 else None,
            of=self.of or None,
        )  # fmt: skip


_FIRMS = ("firms", "base_class_as_reported")
HEADLINES = (
    Headline("q1.1", "firms at the lowest level of maturity", "msps", "mat_level", ("1",),
             truth=("firms", "mat_level", "1")),
    Headline("q1.5", "firms at the highest level", "msps", "mat_level", ("5",),
             truth=("firms", "mat_level", "5")),
    Headline("q2.1", "clients served by firms at the lowest level", "msps", "mat_level", ("1",),
             of="clients_served"),
    Headline("q3.b4", "firms with an independent examination", "msps", "b4", ("2", "3"),
             truth=("firms", "practice_applied_to_all", "b4")),
    Headline("q5.not_met", "firms that do not meet the baseline", "msps", "base_class",
             ("not_met",), truth=(*_FIRMS, "not_met")),
    Headline("q5.clients.not_met", "clients served by firms that do not meet it", "msps",
             "base_class", ("not_met",), of="clients_served"),
    Headline("q6.small_met", "firms with fewer than five staff that meet it in full", "msps",
             "base_class", ("met",), where="emp < 5"),
    Headline("q9.contract", "organisations with an ongoing agreement", "clients", "outs_level",
             ("co_managed", "full"), truth=("clients", "contract")),
    Headline("q9.co_of_contract", "of those with an agreement, the co-managed", "clients",
             "outs_level", ("co_managed",), where="prov_contract == 'yes'"),
    Headline("q11", "organisations that depend fully on a provider", "clients", "full_no_it",
             ("yes",)),
)  # fmt: skip
"""Headlines of reports 01 to 03 that exclusions and cleaning are tried on."""

TRIED: Mapping[str, tuple[tuple[str, ...], str]] = {
    **{flag: ((flag,), words) for flag, words in QUALITY_FLAGS.items()},
    "two or C5": (("two", "C5"), "two signs of C1 to C6, or a burst"),
    "any": (
        tuple(rule for rule in EXCLUSIONS if rule not in ("two", "C7", "C9")),
        "any sign but C7 and C9",
    ),
}
"""Rules of exclusion that are tried, each as keys of ``EXCLUSIONS``, in words."""

DIGITS = 3
"""Decimals of a share that is told to the tenth of a point."""
SENSITIVITY = ("headline", "words", "rule", "rule_words", "left_out", "n", "estimate", "change")


def sensitivity(surveys: Mapping[str, Survey], flags: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Estimate each headline without the responses that each rule would leave out.

    The weights stay as they are: a domain is looked at, and its design kept. Where fewer than
    ten are left out, nothing is estimated, since the difference would tell of them.

    Parameters
    ----------
    surveys : mapping of Survey
        By source.
    flags : mapping of Series of str
        By source: the quality flags, indexed as the survey's frame.

    Returns
    -------
    DataFrame
        Columns ``SENSITIVITY``: a row a headline and rule, after a first one with rule "" and
        nobody left out. ``left_out`` counts those that the headline rested on; ``estimate`` is a
        share to the tenth of a point, ``change`` in points; NaN where they are not shown.
    """
    rows = []
    for headline in HEADLINES:
        if headline.source not in surveys or not headline.asked_in(surveys[headline.source]):
            continue
        survey, flag = surveys[headline.source], flags[headline.source]
        everyone = headline.estimate(survey)
        rows.append(_row(headline, "", "nobody left out", everyone, everyone))
        for rule, (keys, words) in TRIED.items():
            out = excluded(flag, keys)
            if out.any():
                est = headline.estimate(survey.where(staying(flag, out)))
                rows.append(_row(headline, rule, words, est, everyone))
    return pd.DataFrame(rows, columns=list(SENSITIVITY))


def staying(flags: pd.Series, out: pd.Series) -> str:
    """Say as a condition which responses stay, so that an audit can work it out again.

    Examples
    --------
    >>> flags = pd.Series(["", "C1", "C1 C3"])
    >>> staying(flags, flags.ne(""))
    "flags not in ['C1', 'C1 C3']"
    """
    return f"flags not in {sorted(flags[out].unique())}"


def _row(
    headline: Headline, rule: str, words: str, est: Estimates, everyone: Estimates
) -> tuple[object, ...]:
    n, before = (int(e.data["n"].iloc[0]) for e in (est, everyone))
    share = first = math.nan
    if not 0 < before - n < FEWEST_RESPONDENTS:
        share, first = (e.rounded(DIGITS).frame["estimate"].iloc[0] for e in (est, everyone))
    change = 100 * float(share - first)
    return headline.id, headline.words, rule, words, before - n, n, float(share), change
