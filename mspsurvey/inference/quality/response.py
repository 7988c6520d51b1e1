"""Response rates by the AAPOR Standard Definitions.

Each rate is a fraction of the sampled units. Letters as there: I complete, P partial,
R refusal and break-off, NC non-contact, O other, U unknown eligibility, and e, the share of
the unknown that is thought to be eligible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import DataError, EstimateError, did_you_mean

LETTERS = {
    "complete": "I",
    "partial": "P",
    "refusal": "R",
    "break_off": "R",
    "non_contact": "NC",
    "other": "O",
    "unknown": "U",
    "ineligible": "X",
}
"""Letter of each final disposition of a sample file; X is known not to be eligible."""


@dataclass(frozen=True)
class Dispositions:
    """Final dispositions, counted.

    Attributes
    ----------
    complete, partial, refusal, non_contact, other, unknown, ineligible : int
        Sampled units by letter: I, P, R, NC, O, U, X.
    """

    complete: int
    partial: int
    refusal: int
    non_contact: int
    other: int
    unknown: int
    ineligible: int

    @property
    def sampled(self) -> int:
        """All sampled units."""
        return self.eligible + self.unknown + self.ineligible

    @property
    def eligible(self) -> int:
        """Units known to be eligible, I + P + R + NC + O."""
        return self.complete + self.partial + self.refusal + self.non_contact + self.other

    @property
    def e(self) -> float:
        """Default e: known eligible ÷ (known eligible + known ineligible)."""
        return self.eligible / (self.eligible + self.ineligible)

    def rate(self, name: str, *, e: float | None = None) -> float:
        """Response rate by name.

        RR1 = I / (I+P+R+NC+O+U); RR3 = I / (I+P+R+NC+O+e·U); RR5 = I / (I+P+R+NC+O); RR2,
        RR4 and RR6 are the same with I + P above the line.

        Parameters
        ----------
        name : str
            ``RR1`` … ``RR6``.
        e : float, optional
            Between 0 and 1; ``self.e`` if not given. Only RR3 and RR4 use it.

        Raises
        ------
        EstimateError
            For an unknown name, or an e outside 0 to 1.
        """
        if name not in RATES:
            raise EstimateError(
                "The name of a response rate was wanted.", f"It is '{name}'.",
                did_you_mean(name, RATES),
            )  # fmt: skip
        share = self.e if e is None else e
        if not 0 <= share <= 1:
            raise EstimateError("An e between 0 and 1 was wanted.", f"It is {share:g}.")
        number = int(name[2])
        above = self.complete + (self.partial if number % 2 == 0 else 0)
        unknown = {1: 1.0, 2: 1.0, 3: share, 4: share, 5: 0.0, 6: 0.0}[number]
        return above / (self.eligible + unknown * self.unknown)

    @property
    def cooperation(self) -> float:
        """COOP1 = I / (I + P + R + O)."""
        return self.complete / (self.complete + self.partial + self.refusal + self.other)

    @property
    def contact(self) -> float:
        """CON1 = (I + P + R + O) / (I + P + R + O + NC + U)."""
        reached = self.complete + self.partial + self.refusal + self.other
        return reached / (self.eligible + self.unknown)

    @property
    def refusals(self) -> float:
        """REF1 = R / (I + P + R + NC + O + U)."""
        return self.refusal / (self.eligible + self.unknown)

    @property
    def outcomes(self) -> pd.DataFrame:
        """What became of the sample.

        Returns
        -------
        DataFrame
            ``outcome, letter, n, share``: a row a kind of final disposition, ``share`` of all
            sampled units.
        """
        rows = [(words, letter, getattr(self, name)) for name, letter, words in OUTCOMES]
        table = pd.DataFrame(rows, columns=["outcome", "letter", "n"])
        return table.assign(share=table["n"] / self.sampled)

    @property
    def rates(self) -> pd.DataFrame:
        """All rates, with their formulas and, for RR3 and RR4, what they make of e.

        Returns
        -------
        DataFrame
            ``rate, value, e, formula``; RR3 and RR4 three times, by the default e and by e of
            1 and of 0.5, so that a reader sees how much hangs on it.
        """
        rows = [(name, self.rate(name), np.nan, FORMULAS[name]) for name in RATES[:2]]
        for e in (self.e, 1.0, 0.5):
            rows += [(name, self.rate(name, e=e), e, FORMULAS[name]) for name in RATES[2:4]]
        rows += [(name, self.rate(name), np.nan, FORMULAS[name]) for name in RATES[4:]]
        others = {"COOP1": self.cooperation, "REF1": self.refusals, "CON1": self.contact}
        rows += [(name, value, np.nan, FORMULAS[name]) for name, value in others.items()]
        return pd.DataFrame(rows, columns=["rate", "value", "e", "formula"])


RATES = ("RR1", "RR2", "RR3", "RR4", "RR5", "RR6")
OUTCOMES = (
    ("complete", "I", "complete"),
    ("partial", "P", "partial"),
    ("refusal", "R", "refusal or break-off"),
    ("non_contact", "NC", "not contacted"),
    ("other", "O", "other, eligible"),
    ("unknown", "U", "eligibility unknown"),
    ("ineligible", "X", "not eligible"),
)
FORMULAS = {
    "RR1": "I / (I + P + R + NC + O + U)",
    "RR2": "(I + P) / (I + P + R + NC + O + U)",
    "RR3": "I / (I + P + R + NC + O + e·U)",
    "RR4": "(I + P) / (I + P + R + NC + O + e·U)",
    "RR5": "I / (I + P + R + NC + O)",
    "RR6": "(I + P) / (I + P + R + NC + O)",
    "COOP1": "I / (I + P + R + O)",
    "REF1": "R / (I + P + R + NC + O + U)",
    "CON1": "(I + P + R + O) / (I + P + R + NC + O + U)",
}


def count_dispositions(dispositions: Iterable[str]) -> Dispositions:
    """Count the final dispositions of a sample.

    Raises
    ------
    DataError
        Where a disposition is not one of ``LETTERS``.
    """
    counts = pd.Series(list(dispositions), dtype="str").value_counts()
    for name in counts.index:
        if name not in LETTERS:
            raise DataError(
                f"Final dispositions of {', '.join(LETTERS)} were wanted.",
                f"There is {name!r}.",
                did_you_mean(str(name), LETTERS),
            )
    letters = counts.groupby(lambda name: LETTERS[name]).sum()
    found = {
        letter: int(letters.get(letter, 0)) for letter in ("I", "P", "R", "NC", "O", "U", "X")
    }
    return Dispositions(*found.values())
