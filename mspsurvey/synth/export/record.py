"""What a platform records beside the answers: who, from when to when, whether to the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mspsurvey.synth.answers.fill import Filled

_FIRST = np.datetime64("2026-09-01T14:00:00")


@dataclass(frozen=True)
class Record:
    """Metadata of answered forms, one element each.

    Attributes
    ----------
    ids : list of str
        Names of the responses, counted from 1.
    started, ended : ndarray of datetime64[s]
        In UTC.
    """

    ids: list[str]
    started: np.ndarray
    ended: np.ndarray

    def __len__(self) -> int:
        """Count the responses."""
        return len(self.ids)

    def written(self, form: str, *, end: bool = True) -> list[str]:
        """Write the times in a form of ``strftime``."""
        times = self.ended if end else self.started
        return [t.item().strftime(form) for t in times.astype("datetime64[s]")]


def record(filled: Filled) -> Record:
    """Make plain metadata: one response an hour, each ten minutes long."""
    n = len(next(iter(filled.reached.values())))
    started = _FIRST + np.arange(n) * np.timedelta64(3600, "s")
    ids = [str(k) for k in range(1, n + 1)]
    return Record(ids, started, started + np.timedelta64(600, "s"))
