"""The rubric in a few lines, for the truth only.

Written a second time on purpose: this room may not import the one that scores answers, and
a test holds the two together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.synth import model

LEVEL_CUTS = (25.0, 45.0, 65.0, 82.0)
CLASSES = ("not_met", "partly", "met")


def classify(practices: pd.DataFrame) -> pd.DataFrame:
    """Score complete answers 0–3: domains, total, level, criteria, class.

    Parameters
    ----------
    practices : DataFrame
        The 32 items, none missing.
    """
    cells = practices[list(model.ITEMS)].to_numpy(float)
    domains = cells.reshape(len(cells), 8, 4).mean(axis=2) / 3 * 100
    score = domains.mean(axis=1)
    level = np.digitize(score, LEVEL_CUTS)
    examined = practices[model.OUTSIDE_EXAMINATION].to_numpy() >= 2
    level = np.where((level == 4) & ~examined, 3, level) + 1
    n, n_critical = criteria(practices)
    frame = pd.DataFrame(
        {f"dom_{d}": domains[:, k] for k, d in enumerate(model.DOMAINS)}, index=practices.index
    )
    return frame.assign(
        score=score,
        mat_level=level.astype(str),
        base_n=n,
        base_critical_n=n_critical,
        base_class=np.array(CLASSES)[base_class(n, n_critical)],
    )


def criteria(practices: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Count the starred and the critical criteria that are met (answer 2 or 3)."""
    n = (practices[list(model.STARRED)].to_numpy() >= 2).sum(axis=1)
    n_critical = (practices[list(model.CRITICAL)].to_numpy() >= 2).sum(axis=1)
    return n, n_critical


def base_class(n: np.ndarray, n_critical: np.ndarray) -> np.ndarray:
    """Position in ``CLASSES``: met from 10 with all critical, partly from 7 with three."""
    met = (n >= 10) & (n_critical == 4)
    partly = (n >= 7) & (n_critical >= 3)
    return np.where(met, 2, np.where(partly, 1, 0))
