"""One variance under every estimator: from unit totals of scores to their covariance.

An estimator that is a smooth function of weighted totals has a score u for each row (its
influence times its weight). This module takes the totals of u over the units of the last
stage and gives a matrix R, the *root*, whose columns belong to the estimates: the covariance
of estimates a and b is the product of columns a and b of R. Standard errors then cost a sum
of squares, and a covariance is there for any pair that is asked for.

Sources: Särndal, Swensson & Wretman, *Model Assisted Survey Sampling* (1992), 4.3 and 5.5;
Lumley, *Complex Surveys* (2010), chapter 2, whose R package ``survey`` is what the tests
compare with; Woodruff (1971) for the linearisation.
"""

from __future__ import annotations

import numpy as np

from mspsurvey.errors import DesignError
from mspsurvey.inference.design.coding import Bools, Floats
from mspsurvey.inference.design.design import CERTAIN, Design, Stage, parent_starts, runs


def variance_root(totals: Floats, design: Design, present: Bools | None = None) -> Floats:
    """Give the root of the design-based covariance of linearised estimates.

    Stage by stage, from the last to the first, with z_hi the total of the scores in unit i
    of stratum h, the covariance is the sum of ::

        f_h · (1 − n_h/N_h) · n_h/(n_h − 1) · Σ_i (z_hi − z̄_h)(z_hi − z̄_h)'

    where n_h and N_h count sampled units and all units of the stratum, and f_h is the
    product of the sampling fractions of the stages above.

    Parameters
    ----------
    totals : ndarray of float, shape (units, estimates)
        Totals of the scores in each unit of the last stage; 0 in units without the domain.
    design : Design
    present : ndarray of bool, shape (units, estimates), optional
        Units with a row in the estimate's domain; all if not given. The rules for lonely
        units ask: "average" averages over the strata that the domain is in, as R's
        ``subset`` leaves them, and "fail" fails only where it is in a lonely one.

    Returns
    -------
    ndarray of float, shape (rows, estimates)
        R, with covariance R'R. Rows are units of all stages.

    Raises
    ------
    DesignError
        Where a stratum has one unit, is not taken whole, and ``lonely_psu`` is "fail".
    """
    parts = []
    for stage in reversed(design.stages):
        parts.append(_stage_root(totals, stage, design, present))
        if stage.number > 1:
            first = parent_starts(stage)
            totals = np.add.reduceat(totals, first, axis=0)
            if present is not None:
                present = np.logical_or.reduceat(present, first, axis=0)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def variances(root: Floats) -> Floats:
    """Variance of each estimate: the diagonal of R'R."""
    diagonal: Floats = np.einsum("ij,ij->j", root, root)
    return diagonal


def _stage_root(totals: Floats, stage: Stage, design: Design, present: Bools | None) -> Floats:
    held = None
    if present is not None and design.asks_domains:
        held = np.add.reduceat(present.astype(np.float64), stage.starts, axis=0)
    centre, scale = stratum_rules(stage, design, held)
    means = np.add.reduceat(totals, stage.starts, axis=0) / stage.sampled[:, None]
    centred = totals - (means * centre)[stage.stratum]
    centred *= np.sqrt(scale)[stage.stratum]
    return centred


def stratum_rules(
    stage: Stage, design: Design, held: Floats | None
) -> tuple[Floats | float, Floats]:
    """Say how the scores of each stratum are centred and scaled.

    Parameters
    ----------
    stage : Stage
    design : Design
    held : ndarray of float, shape (strata, estimates), optional
        Units of each stratum with a row in the estimate's domain; all if not given.

    Returns
    -------
    centre : float or ndarray, shape (strata, 1 or estimates)
        0 where scores are taken from 0 instead of their mean.
    scale : ndarray of float, shape (strata, 1 or estimates)
        Factor of the sum of squares, (1 − n/N) · n/(n − 1) times the fractions above.

    Raises
    ------
    DesignError
        Where the rule is "fail" and a stratum with one unit holds the domain, or "average"
        and there is no stratum to take it from.
    """
    scale = _scales(stage)[:, None]
    lonely = stage.lonely[:, None]
    if design.lonely_domains and held is not None:
        varies = (stage.sampled > 1) & (stage.unsampled >= CERTAIN)
        lonely = lonely | ((held == 1) & varies[:, None])
    if not lonely.any():
        return 1.0, scale
    if stage.lonely.any():
        _refuse_lonely(stage, design.lonely_psu, held)
    if design.lonely_psu == "adjust":
        # Centred at the mean of all scores, which is 0: the single unit keeps its total.
        return np.where(lonely, 0.0, 1.0), scale
    if design.lonely_psu == "average":
        scale = scale * _average(stage, lonely, held)
    return 1.0, scale


def _scales(stage: Stage) -> Floats:
    """Factor of each stratum's sum of squares."""
    n = stage.sampled
    correction = np.where(stage.unsampled < CERTAIN, 0.0, stage.unsampled)
    scale: Floats = stage.fraction * correction * n / np.maximum(n - 1, 1)
    return scale


def _refuse_lonely(stage: Stage, lonely_psu: str, held: Floats | None) -> None:
    asked = stage.lonely if held is None else stage.lonely & (held > 0).any(axis=1)
    count = int(asked.sum())
    if lonely_psu == "fail" and count:
        first = int(np.flatnonzero(asked)[0])
        raise DesignError(
            "A variance needs two or more units in each stratum.",
            f"At stage {stage.number}, {stage.labels[first]} has only one "
            f"({count:,} such strata in all).",
            "Merge strata, or choose lonely_psu='adjust', 'average', 'certainty' or 'remove'.",
        )
    if lonely_psu == "average" and stage.lonely.all():
        raise DesignError(
            "lonely_psu='average' needs a stratum with two or more units to take it from.",
            f"At stage {stage.number} there is none.",
            "Choose lonely_psu='adjust'.",
        )


def _average(stage: Stage, lonely: Bools, held: Floats | None) -> Floats:
    """Factor, shape (strata, any), that lets lonely strata have the mean of the others.

    Under each unit of the stage above: strata that hold the domain, over those of them with
    two or more units; not a number where all of them are lonely.
    """
    inside = np.ones(lonely.shape, dtype=bool) if held is None else held > 0
    first = runs(stage.parent)
    strata = np.add.reduceat(inside.astype(np.float64), first, axis=0)
    known = strata - np.add.reduceat((inside & lonely).astype(np.float64), first, axis=0)
    # A domain that is in no stratum has a variance of 0, whatever the factor.
    factor = np.where(strata > 0, strata / np.where(known > 0, known, np.nan), 1.0)
    spread: Floats = np.repeat(factor, np.diff(np.r_[first, len(stage.parent)]), axis=0)
    return np.where(lonely & (spread > 0), 0.0, spread)
