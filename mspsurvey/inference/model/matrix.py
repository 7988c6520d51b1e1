"""Algebra of model matrices in blocks of rows, without ever writing the matrix out.

Two layouts answer the same questions. ``Cells`` holds X as g(cell)·h(row): products with
weights become sums by cell (``bincount``), and what follows works on as many rows as there
are cells. ``Dense`` holds X and uses BLAS on blocks that fit into the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Protocol

import numpy as np

from mspsurvey.inference.design.coding import Floats, Ints

BLOCK = 8_192
"""Rows that are worked on at once, so that what they need stays in the cache."""
LARGEST_TABLE = 8_000_000
"""Largest table of groups × cells that sums go through."""


class Sums(Protocol):
    """Sums of X'r and X'WX over blocks of rows."""

    def add(self, rows: slice, scores: Floats, weights: Floats) -> None:
        """Add a block: scores of shape (rows, S), weights (rows, pairs of S)."""

    def result(self) -> tuple[Floats, Floats]:
        """X'r of shape (S, columns), and X'WX of shape (pairs, columns, columns)."""


class Matrix(Protocol):
    """What a likelihood asks of a model matrix."""

    @property
    def rows(self) -> int:
        """Rows of the matrix."""

    @property
    def columns(self) -> int:
        """Columns of the matrix."""

    def linear(self, coefficients: Floats, rows: slice) -> Floats:
        """X b for a block of rows; b of shape (S, columns) gives (rows, S)."""

    def sums(self, scores: int, pairs: int) -> Sums:
        """Start sums over blocks."""

    def totals(self, values: Floats, index: Ints, size: int) -> Floats:
        """Σ values·x over the rows of each group, shape (size, S, columns)."""


def blocks(count: int) -> Iterator[slice]:
    """Cut rows into blocks."""
    for first in range(0, count, BLOCK):
        yield slice(first, min(first + BLOCK, count))


def pairs_of(scores: int) -> list[tuple[int, int]]:
    """Pairs of scores k ≤ l, in the order of ``Sums``."""
    return list(combinations_with_replacement(range(scores), 2))


@dataclass(frozen=True)
class Dense:
    """A model matrix as it is, shape (rows, columns)."""

    values: Floats

    @property
    def rows(self) -> int:
        """Rows of the matrix."""
        return len(self.values)

    @property
    def columns(self) -> int:
        """Columns of the matrix."""
        return int(self.values.shape[1])

    def linear(self, coefficients: Floats, rows: slice) -> Floats:
        """X b for a block of rows."""
        product: Floats = self.values[rows] @ coefficients.T
        return product

    def sums(self, scores: int, pairs: int) -> Sums:
        """Start sums over blocks."""
        return _DenseSums(self, scores, pairs)

    def totals(self, values: Floats, index: Ints, size: int) -> Floats:
        """Σ values·x over the rows of each group."""
        out = np.empty((size, values.shape[1], self.columns))
        for score in range(values.shape[1]):
            for column in range(self.columns):
                weight = values[:, score] * self.values[:, column]
                out[:, score, column] = np.bincount(index, weights=weight, minlength=size)
        return out


class _DenseSums:
    def __init__(self, matrix: Dense, scores: int, pairs: int) -> None:
        self.values = matrix.values
        columns = matrix.columns
        self.linear = np.zeros((scores, columns))
        self.square = np.zeros((pairs, columns, columns))

    def add(self, rows: slice, scores: Floats, weights: Floats) -> None:
        block = self.values[rows]
        self.linear += scores.T @ block
        for pair in range(weights.shape[1]):
            self.square[pair] += (block * weights[:, pair, None]).T @ block

    def result(self) -> tuple[Floats, Floats]:
        return self.linear, self.square


@dataclass(frozen=True)
class Cells:
    """A model matrix with X[i, j] = table[cell[i], j] · functions[part[j]][i].

    Attributes
    ----------
    table : ndarray of float, shape (cells, columns)
    cell : ndarray of int, shape (rows,)
    functions : tuple of ndarray of float, shape (rows,), or None for 1
    part : ndarray of int, shape (columns,)
    """

    table: Floats
    cell: Ints
    functions: tuple[Floats | None, ...]
    part: Ints

    @property
    def rows(self) -> int:
        """Rows of the matrix."""
        return len(self.cell)

    @property
    def columns(self) -> int:
        """Columns of the matrix."""
        return int(self.table.shape[1])

    @property
    def whole(self) -> bool:
        """Whether rows of one cell are all alike."""
        return len(self.functions) == 1

    @cached_property
    def of_part(self) -> list[Ints]:
        """Columns of each part."""
        return [np.flatnonzero(self.part == k) for k in range(len(self.functions))]

    def linear(self, coefficients: Floats, rows: slice) -> Floats:
        """X b for a block of rows."""
        cell = self.cell[rows]
        total = np.zeros((len(cell), len(coefficients)))
        for columns, function in zip(self.of_part, self.functions, strict=True):
            if len(columns):
                values = (self.table[:, columns] @ coefficients[:, columns].T)[cell]
                total += values if function is None else values * function[rows, None]
        return total

    def sums(self, scores: int, pairs: int) -> Sums:
        """Start sums over blocks."""
        return _CellSums(self, scores, pairs)

    def totals(self, values: Floats, index: Ints, size: int) -> Floats:
        """Σ values·x over the rows of each group."""
        out = np.empty((size, values.shape[1], self.columns))
        cells = len(self.table)
        small = size * cells <= LARGEST_TABLE
        place = index * cells + self.cell if small else index
        for score in range(values.shape[1]):
            for columns, function in zip(self.of_part, self.functions, strict=True):
                value = values[:, score] if function is None else values[:, score] * function
                if small:
                    table = np.bincount(place, weights=value, minlength=size * cells)
                    out[:, score, columns] = table.reshape(size, cells) @ self.table[:, columns]
                    continue
                for column in columns:
                    weight = value * self.table[self.cell, column]
                    out[:, score, column] = np.bincount(index, weights=weight, minlength=size)
        return out


class _CellSums:
    def __init__(self, matrix: Cells, scores: int, pairs: int) -> None:
        self.matrix = matrix
        cells, parts = len(matrix.table), len(matrix.functions)
        self.products = pairs_of(parts)
        self.linear = np.zeros((scores, parts, cells))
        self.square = np.zeros((pairs, len(self.products), cells))

    def add(self, rows: slice, scores: Floats, weights: Floats) -> None:
        matrix = self.matrix
        cell, cells = matrix.cell[rows], len(matrix.table)
        functions = [None if f is None else f[rows] for f in matrix.functions]
        for score in range(scores.shape[1]):
            for part, function in enumerate(functions):
                value = scores[:, score] if function is None else scores[:, score] * function
                self.linear[score, part] += np.bincount(cell, weights=value, minlength=cells)
        for pair in range(weights.shape[1]):
            for place, (left, right) in enumerate(self.products):
                value = weights[:, pair]
                for function in (functions[left], functions[right]):
                    value = value if function is None else value * function
                self.square[pair, place] += np.bincount(cell, weights=value, minlength=cells)

    def result(self) -> tuple[Floats, Floats]:
        matrix = self.matrix
        linear = np.empty((len(self.linear), matrix.columns))
        square = np.empty((len(self.square), matrix.columns, matrix.columns))
        for part, columns in enumerate(matrix.of_part):
            linear[:, columns] = self.linear[:, part] @ matrix.table[:, columns]
        for place, (left, right) in enumerate(self.products):
            one, two = matrix.of_part[left], matrix.of_part[right]
            for pair in range(len(self.square)):
                weighted = matrix.table[:, one] * self.square[pair, place][:, None]
                block = weighted.T @ matrix.table[:, two]
                square[pair][np.ix_(one, two)] = block
                square[pair][np.ix_(two, one)] = block.T
        return linear, square
