"""Hadamard matrices: the balance of balanced repeated replication.

A Hadamard matrix of order n has entries ±1 and orthogonal rows. Orders come from doubling
(Sylvester 1867) and from the quadratic residues of a prime q: q + 1 where q leaves 3 on
division by 4, 2(q + 1) where it leaves 1 (Paley, *Journal of Mathematics and Physics* 12
(1933)). Where a multiple of 4 has none of these, the next one that has is taken.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Signs = NDArray[np.int8]


def hadamard(least: int) -> Signs:
    """Give a Hadamard matrix of order ``least`` or the next that can be made.

    Returns
    -------
    ndarray of int8, shape (order, order)
        Entries 1 and −1; the first row and the first column are all 1.
    """
    order = max(1, least)
    while (matrix := _made(order)) is None:
        order += 1
    first: Signs = matrix * matrix[:, :1]
    signs: Signs = first * first[:1]
    return signs


@cache
def _made(order: int) -> Signs | None:
    if order in (1, 2):
        return np.array([[1, 1], [1, -1]], dtype=np.int8)[:order, :order]
    if order % 4:
        return None
    if _prime(order - 1):
        return _paley_first(order - 1)
    half = order // 2
    if _prime(half - 1) and (half - 1) % 4 == 1:
        return _paley_second(half - 1)
    smaller = _made(half)
    if smaller is None:
        return None
    return np.kron(np.array([[1, 1], [1, -1]], dtype=np.int8), smaller)


def _prime(number: int) -> bool:
    if number < 2:
        return False
    return all(number % k for k in range(2, int(number**0.5) + 1))


def _residues(q: int) -> Signs:
    """Jacobsthal matrix: 1 where i − j is a square modulo q, −1 where not, 0 on the diagonal."""
    character = np.full(q, -1, dtype=np.int8)
    character[np.arange(1, q) ** 2 % q] = 1
    character[0] = 0
    place = np.arange(q)
    matrix: Signs = character[(place[:, None] - place[None, :]) % q]
    return matrix


def _bordered(q: int, sign: int) -> Signs:
    core = np.zeros((q + 1, q + 1), dtype=np.int8)
    core[0, 1:], core[1:, 0] = 1, sign
    core[1:, 1:] = _residues(q)
    return core


def _paley_first(q: int) -> Signs:
    signs: Signs = _bordered(q, -1) + np.eye(q + 1, dtype=np.int8)
    return signs


def _paley_second(q: int) -> Signs:
    off = np.array([[1, 1], [1, -1]], dtype=np.int8)
    on = np.array([[1, -1], [-1, -1]], dtype=np.int8)
    core = _bordered(q, 1)
    signs: Signs = np.kron(core, off) + np.kron(np.eye(q + 1, dtype=np.int8), on)
    return signs
