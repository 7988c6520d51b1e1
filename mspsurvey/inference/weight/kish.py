"""What unequal weights cost: Kish's design effect and effective size.

Source: Kish, *Survey Sampling* (1965), 11.7.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mspsurvey.inference.design.coding import Floats


def design_effect(weights: pd.Series | Floats) -> float:
    """Kish's design effect of weighting, n·Σw² / (Σw)².

    w are the final weights of n respondents. 1 means that weighting cost nothing;
    ``design_effect([1, 1, 2])`` is 3 · 6 / 16 = 1.125. It is an approximation that leaves
    out what stratification and calibration gain.
    """
    w = np.asarray(weights, dtype=np.float64)
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def effective_n(weights: pd.Series | Floats) -> float:
    """Kish's effective sample size, (Σw)² / Σw²: n over the design effect."""
    return len(weights) / design_effect(weights)
