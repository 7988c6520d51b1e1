"""Small draws that the questionnaires are filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mspsurvey.synth.model import choose


def code(rng: np.random.Generator, n: int, shares: Mapping[str, float]) -> np.ndarray:
    """Draw ``n`` codes; the shares are scaled to one."""
    weight = np.array(list(shares.values()), dtype=float)
    table = np.broadcast_to(weight / weight.sum(), (n, len(weight)))
    drawn: np.ndarray = np.array(list(shares), dtype=object)[choose(rng, table)]
    return drawn


def ordered(
    rng: np.random.Generator, codes: Sequence[str], centre: np.ndarray, *, spread: float = 1.0
) -> np.ndarray:
    """Draw ordered codes: a normal score around ``centre``, in steps of one from 0."""
    score = np.rint(centre + spread * rng.standard_normal(len(centre))).astype(int)
    drawn: np.ndarray = np.array(codes, dtype=object)[np.clip(score, 0, len(codes) - 1)]
    return drawn


def yes_no(flag: np.ndarray | np.bool_) -> np.ndarray:
    """Turn a flag into the codes of a tick or of a yes-no question."""
    words: np.ndarray = np.where(flag, "yes", "no").astype(object)
    return words


def swap(
    rng: np.random.Generator, answers: np.ndarray, new: str | None, rate: float | np.ndarray
) -> np.ndarray:
    """Put one code (or nothing) in place of the answer with a given chance."""
    changed = answers.astype(object)
    changed[rng.random(len(answers)) < rate] = new
    return changed


def one_of(rng: np.random.Generator, n: int, values: Sequence[float]) -> np.ndarray:
    """Draw from a few round numbers with equal chances; repeat a number to favour it."""
    drawn: np.ndarray = np.array(values, dtype=float)[rng.integers(0, len(values), n)]
    return drawn


def rounded(x: np.ndarray, *, digits: int = 2) -> np.ndarray:
    """Round to so many leading digits, as people do when they report amounts."""
    size = 10.0 ** (np.floor(np.log10(np.maximum(x, 1))) - digits + 1)
    result: np.ndarray = np.rint(x / size) * size
    return result
