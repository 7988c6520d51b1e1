"""What can go wrong, said so that the reader knows what to do.

Every error that a user can meet has three parts: what was wanted, what came, what to do.
Bad data and bad files raise one of these classes; ``assert`` is kept for our own mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MspSurveyError(Exception):
    """Root of all errors that this package raises on purpose.

    Parameters
    ----------
    wanted : str
        What was expected, as a full sentence.
    came : str
        What was found instead, as a full sentence. May be empty.
    do : str
        What the reader can do about it, as a full sentence. May be empty.
    """

    def __init__(self, wanted: str, came: str = "", do: str = "") -> None:
        self.wanted, self.came, self.do = wanted, came, do
        super().__init__(" ".join(part for part in (wanted, came, do) if part))


class DefinitionError(MspSurveyError):
    """An instrument, rubric, segment rule, margin file or study.toml is not usable."""


class ReadError(MspSurveyError):
    """A raw file cannot be read as the survey export it should be."""


class DataError(MspSurveyError):
    """Data are read, but break a rule that the next step relies on."""


class DesignError(MspSurveyError):
    """A survey design (strata, PSUs, weights, fpc) is not usable as declared."""


class WeightError(MspSurveyError):
    """Weights cannot be made that meet what was asked of them."""


class EstimateError(MspSurveyError):
    """An estimate was asked for that the data or the design do not allow."""


class PublicationError(MspSurveyError):
    """A chart, finding or page lacks what it must carry before it may be shown."""


class WriteError(MspSurveyError):
    """What was made cannot be written: no room, no leave, or another build is at work."""


class NotBuiltError(MspSurveyError):
    """Something is asked for that a build makes, and the build has not been run."""


def did_you_mean(name: str, known: Iterable[object], *, most: int = 3) -> str:
    """Suggest the nearest known names.

    Parameters
    ----------
    name : str
        What was typed.
    known : iterable
        All names that would have been right.
    most : int, default 3
        How many suggestions at the most.

    Returns
    -------
    str
        ``"Did you mean 'size'?"``, or the first of the known names where none is near.
    """
    names = [str(k) for k in known]
    near = get_close_matches(name, names, n=most, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(n) for n in near)}?"
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"Known: {shown}." if names else ""
