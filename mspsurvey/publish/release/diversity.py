"""l-diversity: records that are alike in the keys do not all have one sensitive answer.

Machanavajjhala, Kifer, Gehrke & Venkitasubramaniam, *l-diversity: privacy beyond k-anonymity*,
ACM Transactions on Knowledge Discovery from Data 1 (2007), article 3. Asked for here are l
distinct answers; the entropy, as exp(H) answers of equal frequency, is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument


@dataclass(frozen=True)
class Diverse:
    """Sensitive answers that can be given away.

    Attributes
    ----------
    answers : DataFrame
        Same rows; missing where blanked.
    blanked : mapping of int
        Answers blanked, by variable.
    classes : mapping of (int, int)
        By variable: classes that keep it, and classes that lose it.
    """

    answers: pd.DataFrame = field(repr=False)
    blanked: Mapping[str, int]
    classes: Mapping[str, tuple[int, int]]


def distinct(answers: pd.Series, classes: pd.Series) -> pd.Series:
    """Number of different answers in each class, by class."""
    return answers.groupby(classes, observed=True).nunique()


def entropy(answers: pd.Series, classes: pd.Series) -> pd.Series:
    """exp(−Σ p·ln p) of the answers in each class: that many equally frequent ones."""

    def effective(part: pd.Series) -> float:
        p = part.value_counts(normalize=True).to_numpy()
        p = p[p > 0]
        return float(np.exp(-(p * np.log(p)).sum())) if len(p) else 0.0

    return answers.groupby(classes, observed=True).agg(effective)


def diverse(
    answers: pd.DataFrame, classes: pd.Series, least: int, instrument: Instrument, *,
    fewest: int = 1,
) -> Diverse:  # fmt: skip
    """Blank a sensitive answer in each class that has fewer than ``least`` different ones.

    And where fewer than ``fewest`` gave one: who was asked may be known, as that a firm had an
    incident, and of two who answered each would know the other.

    What is asked only after an answer goes where that answer goes, since having been asked
    tells it.

    Parameters
    ----------
    answers : DataFrame
        Sensitive answers, in the order of the questionnaire.
    classes : Series
        Class of each record.
    least : int
        l.
    instrument : Instrument
        Knows which questions hang on which.
    fewest : int
        Answers that a class must have.
    """
    kept = answers.copy()
    blank: dict[str, pd.Series] = {}
    counts: dict[str, tuple[int, int]] = {}
    for name in answers.columns:
        given = answers[name].groupby(classes, observed=True).count()
        alone = distinct(answers[name], classes).lt(least) | given.lt(fewest)
        gone = classes.map(alone).astype(bool)
        for parent in _parents(instrument, str(name), blank):
            gone |= blank[parent]
        blank[str(name)] = gone
        counts[str(name)] = _classes(classes, gone)
        kept[name] = answers[name].mask(gone)
    lost = {n: int((answers[n].notna() & blank[n]).sum()) for n in blank}
    return Diverse(kept, lost, counts)


def _parents(instrument: Instrument, name: str, known: Mapping[str, object]) -> Sequence[str]:
    rule = instrument[name].ask_if if name in instrument else None
    return [n for n in sorted(rule.names) if n in known] if rule else []


def _classes(classes: pd.Series, gone: pd.Series) -> tuple[int, int]:
    lost = int(classes[gone].nunique())
    return int(classes.nunique()) - lost, lost
