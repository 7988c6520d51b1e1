"""How far a headline depends on the definition, and on those who did not answer.

The definition is the finding: on the same answers the share of firms that "do not meet the
baseline" can be small or large. So each headline is shown under every definition of the
rubric's list, as a range with the default marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.evidence.alternatives import (
    Definition,
    apply_definitions,
    definition_variables,
    drop_one,
    grid,
    load_definitions,
    scores_without_domains,
)
from mspsurvey.inference.result.estimate import Estimates

__all__ = [
    "Curve", "Definition", "TippingPoint", "apply_definitions", "compare_definitions", "curve_of",
    "definition_variables", "drop_one", "grid", "kappa", "load_definitions",
    "scores_without_domains", "specification_curve", "tipping_point",
]  # fmt: skip

SAME_SIDE_NEEDED = 0.75
"""Share of definitions that must agree before a finding counts as not resting on one."""

PLAUSIBLE_SD = 0.25
"""A gap between nonrespondents and respondents below this many SDs is thought plausible."""


def kappa(
    one: pd.Series, two: pd.Series, *, weights: pd.Series | np.ndarray | None = None
) -> float:
    """Cohen's kappa of two classifications: agreement beyond what chance would give.

    κ = (p_o − p_e) / (1 − p_e), with p_o the weighted share of firms in the same category of
    both, and p_e = Σ_k p_k q_k from the weighted shares p and q of the categories. Firms
    missing in either are left out. NaN where none is left or all are in one category.
    """
    both = (one.notna() & two.notna()).to_numpy()
    w = np.ones(len(one)) if weights is None else np.asarray(weights, dtype=float)
    first, second = one.astype("object").to_numpy()[both], two.astype("object").to_numpy()[both]
    w = w[both]
    if not w.sum() > 0:
        return float("nan")
    w = w / w.sum()
    observed = float(w[first == second].sum())
    expected = sum(
        float(w[first == k].sum() * w[second == k].sum()) for k in sorted({*first, *second})
    )
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def compare_definitions(
    columns: pd.DataFrame,
    definitions: Sequence[Definition],
    *,
    weights: pd.Series | np.ndarray | None = None,
) -> pd.DataFrame:
    """Tabulate share and agreement under each definition, from the columns made above.

    Returns
    -------
    DataFrame
        ``definition, label, family, criteria, critical, share, n, kappa_default,
        kappa_not_fully_met``; shares are fractions of firms, point estimates (use a Survey
        for intervals). Agreement is with the first definition, and with the one called
        not_fully_met where it is there (NaN otherwise).
    """
    w = pd.Series(1.0 if weights is None else np.asarray(weights), index=columns.index)
    fully = columns.get("def_not_fully_met")
    rows = []
    for d in definitions:
        column = columns[d.variable]
        valid = column.notna()
        rows.append(
            {
                "definition": d.name,
                "label": d.label,
                "family": d.family,
                "criteria": d.criteria,
                "critical": d.critical,
                "share": float((w * column.eq("yes"))[valid].sum() / w[valid].sum())
                if valid.any() else float("nan"),
                "n": int(valid.sum()),
                "kappa_default": kappa(column, columns[definitions[0].variable], weights=w),
                "kappa_not_fully_met": float("nan")
                if fully is None else kappa(column, fully, weights=w),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Curve:
    """A specification curve in numbers.

    Attributes
    ----------
    n : int
        How many definitions have an estimate.
    lowest, highest, median, quartile_1, quartile_3 : float
        Of the estimates.
    same_side : float
        Share of definitions whose estimate is on the default's side of ``reference``.
    clear : float
        Share whose interval lies on the default's side altogether.
    default : float
        Estimate of the default.
    """

    n: int
    lowest: float
    highest: float
    median: float
    quartile_1: float
    quartile_3: float
    same_side: float
    clear: float
    default: float
    reference: float

    @property
    def default_in_middle(self) -> bool:
        """Whether the default lies in the inter-quartile range."""
        return self.quartile_1 <= self.default <= self.quartile_3

    @property
    def stable(self) -> bool:
        """Whether enough definitions agree to speak without naming the definition."""
        return self.same_side >= SAME_SIDE_NEEDED


def specification_curve(estimates: pd.DataFrame, *, default: str, reference: float = 0.0) -> Curve:
    """Sum up one estimand under many definitions.

    Parameters
    ----------
    estimates : DataFrame
        One row a definition: ``definition, estimate, low, high``. Rows without an estimate
        (suppressed) are left out.
    default : str
        The default's entry in ``definition``.
    reference : float
        The value that divides one answer from the other: 0 for a difference, the rule's
        threshold for a share.
    """
    table = estimates.loc[estimates["estimate"].notna()]
    chosen = table.loc[table["definition"].eq(default), "estimate"]
    if chosen.empty:
        raise EstimateError(
            "An estimate under the default definition was wanted.",
            f"There is none for '{default}'.",
            did_you_mean(default, table["definition"]),
        )
    values = table["estimate"].to_numpy(dtype=float)
    side = np.sign(chosen.iloc[0] - reference)
    near = np.where(side >= 0, table["low"], table["high"]).astype(float)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    return Curve(
        n=len(values),
        lowest=float(values.min()),
        highest=float(values.max()),
        median=float(quartiles[1]),
        quartile_1=float(quartiles[0]),
        quartile_3=float(quartiles[2]),
        same_side=float(np.mean(np.sign(values - reference) == side)),
        clear=float(np.mean(np.sign(near - reference) == side)),
        default=float(chosen.iloc[0]),
        reference=reference,
    )


def curve_of(est: Estimates, *, default: str, reference: float = 0.0) -> Curve:
    """Sum up shares that were estimated under many definitions at once.

    Parameters
    ----------
    est : Estimates
        One row a definition, as from
        ``msps.share([d.variable for d in definitions], level="yes")``; suppressed rows are
        left out.
    default : str
        Name of the default's column: ``def_not_met``.
    """
    return specification_curve(
        est.frame.rename(columns={"item": "definition"}), default=default, reference=reference
    )


@dataclass(frozen=True)
class TippingPoint:
    """What nonrespondents would have to be like for a statement to change.

    Attributes
    ----------
    share : float
        Among respondents.
    threshold : float
        Value of the whole population's share at which the statement changes.
    nonrespondents : float
        Share among nonrespondents at which that happens; may lie outside 0 to 1.
    difference : float
        Nonrespondents minus respondents.
    difference_sd : float
        The same in standard deviations of the yes/no variable among respondents; infinite
        where every respondent gave the same answer.
    """

    share: float
    threshold: float
    response_rate: float
    nonrespondents: float
    difference: float
    difference_sd: float

    @property
    def possible(self) -> bool:
        """Whether any share of nonrespondents could change the statement."""
        return 0.0 <= self.nonrespondents <= 1.0

    @property
    def plausible(self) -> bool:
        """Whether a small gap would do: under 0.25 standard deviations."""
        return self.possible and abs(self.difference_sd) < PLAUSIBLE_SD


def tipping_point(share: float, *, threshold: float, response_rate: float) -> TippingPoint:
    r"""Compute how far nonrespondents must differ for the headline's statement to change.

    The population's share is ``P = r·p_R + (1 − r)·p_N`` with ``r`` the response rate and
    ``p_R``, ``p_N`` the shares among those who answered and those who did not. Setting
    ``P = t``, the threshold of the statement, gives

    ``p_N* = (t − r·p_R) / (1 − r)`` and ``d* = p_N* − p_R = (t − p_R) / (1 − r)``,

    in standard deviations ``d* / sqrt(p_R (1 − p_R))``.

    Parameters
    ----------
    share : float
        ``p_R``; for a cautious reading its interval's end nearer to the threshold.
    threshold : float
        ``t``, as .05 for "amateur firms exist in more than a trivial number".
    response_rate : float
        ``r``, weighted; RR3 or RR4 of the response table.
    """
    for name, value in (("share", share), ("threshold", threshold)):
        if not 0.0 <= value <= 1.0:
            raise EstimateError(f"A {name} between 0 and 1 was wanted.", f"It is {value!r}.")
    if not 0.0 < response_rate < 1.0:
        raise EstimateError(
            "A response rate above 0 and below 1 was wanted.", f"It is {response_rate!r}.",
            "With full response there is nobody to differ.",
        )  # fmt: skip
    difference = (threshold - share) / (1.0 - response_rate)
    sd = float(np.sqrt(share * (1.0 - share)))
    gap = difference / sd if sd > 0 else float(np.copysign(np.inf, difference))
    return TippingPoint(
        share, threshold, response_rate, share + difference, difference,
        0.0 if difference == 0 else gap,
    )  # fmt: skip
