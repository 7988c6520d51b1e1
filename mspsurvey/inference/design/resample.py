"""Replicate weights made from a design: jackknife, balanced half-samples, bootstrap.

All but the last give factors of primary sampling units. h is a stratum with n_h sampled units of
N_h, f_h = n_h/N_h, H the number of strata, R that of replicates:

* JK1 (no strata), JKn: leave out one unit, give the others of its stratum n_h/(n_h − 1);
  rscale (1 − f_h)(n_h − 1)/n_h;
* BRR: of two units a stratum one gets 2 and the other 0, by a Hadamard matrix; scale 1/R;
* Fay: 2 − rho and rho instead; scale 1/(R(1 − rho)²);
* bootstrap (Rao & Wu, JASA 83 (1988); Rao, Wu & Yue 1992): n_h − 1 units drawn with
  replacement, k times the unit: 1 − λ + λ·k·n_h/(n_h − 1), λ = √(1 − f_h); scale 1/(R − 1);
* plain: n_h units drawn with replacement, factor k; scale m/((m − 1)(R − 1)) with m the
  harmonic mean of the n_h, as R's ``bootweights``;
* multistage (Preston, Survey Methodology 35 (2009)): of the n units of each stratum of each
  stage, m = ⌊n/2⌋ drawn without replacement, factors of units of the last stage; see
  ``_multistage``.

Strata that were taken whole vary in none of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mspsurvey.errors import DesignError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.design.design import CERTAIN, Design, Stage
from mspsurvey.inference.design.hadamard import hadamard
from mspsurvey.inference.design.replicate import Replicates

SYNONYMS = {"subbootstrap": "bootstrap", "mrbbootstrap": "multistage"}
"""R's names of two kinds."""
KINDS = ("JK1", "JKn", "BRR", "Fay", "bootstrap", "plain", "multistage", *SYNONYMS)
DRAWN = ("bootstrap", "plain", "multistage")
"""Kinds that are drawn at random, as many as are asked for."""
LARGEST = 250_000_000
"""Most factors (units × replicates) that are kept; they take 2 GB."""


def replicated(
    design: Design, *, kind: str, n: int, seed: int, rho: float | None, mse: bool
) -> Design:
    """Give the design with replicates of its sampling units.

    Parameters
    ----------
    design : Design
    kind : str
        One of ``KINDS``.
    n, seed : int
        Number of bootstrap replicates, and the start of their random numbers.
    rho : float, optional
        Fay's coefficient, 0 ≤ rho < 1.
    mse : bool
        Whether deviations are from the estimate.

    Raises
    ------
    DesignError
        Where the kind does not fit the design.
    """
    kind = SYNONYMS.get(kind, kind)
    _check(design, kind, n, rho)
    stage = design.stages[-1]
    count = n if kind in DRAWN else stage.units
    if stage.units * count > LARGEST:
        raise DesignError(
            f"At most {LARGEST:,} factors of replicates can be kept.",
            f"{stage.units:,} units in {count:,} replicates are more.",
            "Name the sampling units (psu=), or take fewer replicates of kind 'bootstrap'.",
        )
    if kind == "multistage":
        factors, scale, rscales = _multistage(design, n, np.random.default_rng(seed))
    else:
        factors, scale, rscales = _made(stage, design.lonely_psu, kind, n, seed, rho or 0.0)
    made = Replicates(kind, factors, design.unit, design.weights, scale, rscales, mse, drawn=True)
    return replace(design, replicates=made)


def _check(design: Design, kind: str, n: int, rho: float | None) -> None:
    if kind not in KINDS:
        raise DesignError(
            f"Replicates are made as one of {', '.join(KINDS)}.",
            f"It is {kind!r}.",
            did_you_mean(str(kind), KINDS),
        )
    if design.replicates is not None:
        raise DesignError("This survey has replicate weights.", f"They are of kind "
                          f"{design.replicates.kind}.", "Use them as they are.")  # fmt: skip
    if n < 2:
        raise DesignError("Two or more replicates were wanted.", f"n is {n}.")
    if (kind == "Fay") != (rho is not None) or not 0 <= (rho or 0.0) < 1:
        raise DesignError(
            "Fay's replicates, and no others, have a rho from 0 up to below 1.",
            f"The kind is {kind}, rho is {rho}.",
            "Write kind='Fay', rho=0.5.",
        )
    if len(design.stages) > 1 and kind != "multistage":
        raise DesignError(
            "Replicates of this kind are of primary sampling units, and carry one stage.",
            f"This design counts the finite populations of {len(design.stages)} stages.",
            "Take kind='multistage', or declare the design without fpc=, which errs on the safe "
            "side.",
        )


def _made(
    stage: Stage, lonely_psu: str, kind: str, n: int, seed: int, rho: float
) -> tuple[Floats, float, Floats]:
    """Factors, shape (units, R), scale and rscales."""
    if kind in ("BRR", "Fay"):
        return _half_samples(stage, rho)
    whole = stage.unsampled < CERTAIN
    if stage.lonely.any():
        _lonely(stage, lonely_psu, kind)
    if kind == "JK1" and len(stage.sampled) > 1:
        raise DesignError(
            "JK1 is for designs without strata.", f"This one has {len(stage.sampled):,}.",
            "Choose kind='JKn'.",
        )  # fmt: skip
    if kind in ("JK1", "JKn"):
        return _jackknife(stage, lonely_psu, whole)
    rng = np.random.default_rng(seed)
    return _plain(stage, n, rng) if kind == "plain" else _rao_wu(stage, n, rng, whole)


def _lonely(stage: Stage, lonely_psu: str, kind: str) -> None:
    first = int(np.flatnonzero(stage.lonely)[0])
    offered = ("certainty", "remove") + (("adjust", "average") if kind == "JKn" else ())
    if lonely_psu not in offered:
        raise DesignError(
            "Replicates need two or more units in each stratum.",
            f"{stage.labels[first]} has only one, and lonely_psu is {lonely_psu!r}.",
            f"Merge strata, or choose {' or '.join(map(repr, offered))}.",
        )


def _jackknife(stage: Stage, lonely_psu: str, whole: Bools) -> tuple[Floats, float, Floats]:
    n, strata = stage.sampled, len(stage.sampled)
    left_out = np.flatnonzero(((n > 1) & ~whole)[stage.stratum])
    if not len(left_out):
        raise DesignError(
            "A jackknife needs a stratum with two or more units, not taken whole.",
            "There is none.",
        )
    of = stage.stratum[left_out]
    factors = np.ones((stage.units, len(left_out)))
    grown = (n / np.maximum(n - 1, 1))[of]
    for column, (stratum, factor) in enumerate(zip(of, grown, strict=True)):
        first = stage.starts[stratum]
        factors[first : first + n[stratum], column] = factor
    factors[left_out, np.arange(len(left_out))] = 0.0
    rscales = (stage.unsampled * (n - 1) / n)[of]
    if lonely_psu == "adjust" and stage.lonely.any():
        # As R does: the lonely unit is left out of the sample, all others grow.
        for stratum in np.flatnonzero(stage.lonely):
            others = np.full(stage.units, strata / (strata - 1))
            others[stage.starts[stratum]] = 0.0
            factors = np.column_stack([factors, others])
            rscales = np.r_[rscales, (strata - 1) / strata]
    scale = 1.0
    if lonely_psu == "average":
        scale = 1 + stage.lonely.sum() / len(left_out)
    return factors, scale, rscales


def _half_samples(stage: Stage, rho: float) -> tuple[Floats, float, Floats]:
    if (stage.sampled != 2).any():
        odd = int(np.flatnonzero(stage.sampled != 2)[0])
        raise DesignError(
            "Balanced half-samples need exactly two units in each stratum.",
            f"{stage.labels[odd]} has {stage.sampled[odd]:,}.",
            "Pair the units into strata of two, or choose 'JKn' or 'bootstrap'.",
        )
    if np.isfinite(stage.size).any():
        raise DesignError(
            "Balanced half-samples have no place for a finite population correction.",
            "An fpc is declared.",
            "Leave it out, which errs on the safe side, or choose 'JKn' or 'bootstrap'.",
        )
    strata = len(stage.sampled)
    signs = hadamard(strata + 1)[1 : strata + 1].astype(np.float64)
    replicates = signs.shape[1]
    factors = np.empty((stage.units, replicates))
    factors[0::2] = 1 + (1 - rho) * signs
    factors[1::2] = 1 - (1 - rho) * signs
    return factors, 1 / (replicates * (1 - rho) ** 2), np.ones(replicates)


def _rao_wu(
    stage: Stage, replicates: int, rng: np.random.Generator, whole: Bools
) -> tuple[Floats, float, Floats]:
    factors = np.ones((stage.units, replicates))
    for first, n, unsampled, fixed in zip(
        stage.starts, stage.sampled, stage.unsampled, whole, strict=True
    ):
        # Drawn also where nothing varies, so that other strata keep their numbers.
        times = _drawn(n, n - 1, replicates, rng)
        if n > 1 and not fixed:
            grown = np.sqrt(unsampled)
            factors[first : first + n] = 1 - grown + grown * (n / (n - 1)) * times
    return factors, 1 / (replicates - 1), np.ones(replicates)


def _multistage(
    design: Design, replicates: int, rng: np.random.Generator
) -> tuple[Floats, float, Floats]:
    """Preston's rescaled bootstrap: factors of units of the last stage, shape (units, R).

    With δ = 1 for a unit that was drawn and 0 for the others, f the product of the sampling
    fractions above and λ = √(f · m(1 − n/N)/(n − m)), a stage adds λ(δ·n/m − 1) times
    the product of δ·√(n/m) over the units above.
    """
    factors, path = np.ones((1, replicates)), np.ones((1, replicates))
    for stage in design.stages:
        if stage.lonely.any():
            _lonely(stage, design.lonely_psu, "multistage")
        n, above = stage.sampled, stage.parent[stage.stratum]
        # One unit that is the whole stratum is drawn each time, and what is below it varies.
        m = np.maximum(n // 2, 1)
        share = np.sqrt(stage.fraction * m * stage.unsampled / np.maximum(n - m, 1))
        share = np.where((n == 1) | (stage.unsampled < CERTAIN), 0.0, share)
        drawn = _halves(stage, m, replicates, rng)
        times = drawn * (n / m)[stage.stratum, None]
        factors = factors[above] + path[above] * share[stage.stratum, None] * (times - 1)
        path = path[above] * np.sqrt(times)
    return factors, 1 / (replicates - 1), np.ones(replicates)


def _halves(stage: Stage, m: Ints, replicates: int, rng: np.random.Generator) -> Bools:
    """Draw m of each stratum's units without replacement, shape (units, replicates)."""
    chance = rng.random((stage.units, replicates))
    order = np.argsort(stage.stratum[:, None] + chance, axis=0)
    first = (np.arange(stage.units) - stage.starts[stage.stratum] < m[stage.stratum])[:, None]
    drawn = np.empty(chance.shape, dtype=bool)
    np.put_along_axis(drawn, order, np.broadcast_to(first, chance.shape), axis=0)
    return drawn


def _plain(
    stage: Stage, replicates: int, rng: np.random.Generator
) -> tuple[Floats, float, Floats]:
    if np.isfinite(stage.size).any():
        raise DesignError(
            "The plain bootstrap draws with replacement.",
            "An fpc is declared.",
            "Choose kind='bootstrap', which knows it.",
        )
    several = stage.sampled[stage.sampled > 1]
    if not len(several):
        raise DesignError("A bootstrap needs a stratum with two or more units.", "There is none.")
    mean = float(1 / np.mean(1 / several))
    factors = np.ones((stage.units, replicates))
    for first, n in zip(stage.starts, stage.sampled, strict=True):
        factors[first : first + n] = _drawn(n, n, replicates, rng)
    return factors, mean / ((mean - 1) * (replicates - 1)), np.ones(replicates)


def _drawn(units: int, draws: int, replicates: int, rng: np.random.Generator) -> Floats:
    """How often each unit is drawn in each replicate, shape (units, replicates)."""
    drawn = rng.integers(0, units, size=(draws, replicates))
    drawn += np.arange(replicates) * units
    times = np.bincount(drawn.ravel(), minlength=units * replicates)
    return times.reshape(replicates, units).T.astype(np.float64)
