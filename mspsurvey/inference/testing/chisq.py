"""Association of two classifications, and fit to given shares, in a complex sample.

Letters: p̂ the estimated cell shares with design-based covariance V, n the respondents that
Pearson's X² is scaled to, D = diag(p̂), C a basis of the interaction in the log-linear model,
ν the degrees of freedom of the design. The generalised design effects λ are the eigenvalues of

    Δ = (C' D⁻¹ C / n)⁻¹ (C' D⁻¹ V D⁻¹ C),        D⁻¹ = 0 at cells that are empty.

Sources: Rao & Scott, *Annals of Statistics* 12 (1984), 46–60; Thomas & Rao, *Journal of the
American Statistical Association* 82 (1987), 630–636, for F and the adjusted Wald test; R:
``svychisq``, all of whose statistics are here by their names. Stata's ``svy: tabulate`` gives
the same second-order F; its option ``null`` takes the shares under independence for D.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import helmert
from scipy.special import chdtrc, fdtrc

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.testing.mixture import exact_tail, saddlepoint_tail, satterthwaite

RAO_SCOTT = ("F", "Chisq", "lincom", "saddlepoint")
WALD = ("Wald", "adjWald")

NAMES: Mapping[str, str] = {
    "F": "Rao–Scott test of association, second-order F",
    "Chisq": "Rao–Scott test of association, first-order χ²",
    "lincom": "Rao–Scott test of association, exact asymptotic distribution",
    "saddlepoint": "Rao–Scott test of association, saddlepoint",
    "Wald": "Design-based Wald test of association",
    "adjWald": "Design-based adjusted Wald test of association",
}


@dataclass(frozen=True)
class Tail:
    """A statistic with its degrees of freedom and p-value."""

    name: str
    statistic: float
    df: tuple[float, ...]
    p: float


@dataclass(frozen=True)
class Pearson:
    """Pearson's X² with what a survey design does to its distribution.

    Attributes
    ----------
    x2 : float
        X², scaled to n respondents.
    effects : ndarray of float, shape (k,)
        Generalised design effects λ.
    n : float
    nu : float
        Degrees of freedom of the design.
    shape : tuple of int
        Rows and columns of the table, for Cramér's V.
    """

    x2: float
    effects: Floats
    n: float
    nu: float
    shape: tuple[int, int]

    def tail(self, statistic: str, *, replicated: bool = False) -> Tail:
        """Refer X² to one of the distributions in ``RAO_SCOTT``.

        F: X²/Σλ against F(d₀, d₀·ν) with d₀ = (Σλ)²/Σλ². Chisq: X²/λ̄ against χ² with as many
        degrees of freedom as there are λ. The other two: X² against Σ λ_i χ²₁, with d₀·ν in
        the denominator where the variance is linearised, as R does.
        """
        total, d0 = satterthwaite(self.effects)
        ddf = d0 * self.nu
        if statistic == "F":
            f = self.x2 / total
            return Tail("F", f, (d0, ddf), float(fdtrc(d0, ddf, f)))
        if statistic == "Chisq":
            k = len(self.effects)
            return Tail("X²", self.x2, (k,), float(chdtrc(k, self.x2 * k / total)))
        function = exact_tail if statistic == "lincom" else saddlepoint_tail
        return Tail(
            "X²", self.x2, (), function(self.x2, self.effects, math.inf if replicated else ddf)
        )

    @property
    def cramer(self) -> float:
        """Cramér's V = √(X² / (n·(min(rows, columns) − 1))), 0 for none and 1 for full."""
        return math.sqrt(self.x2 / (self.n * (min(self.shape) - 1)))

    def cramer_interval(self, confidence: float) -> tuple[float, float]:
        """Approximate interval of V.

        Those noncentralities of the second-order F between which the statistic is not far out
        in a tail (Smithson 2003, for simple random samples; here with Rao and Scott's d₀).
        """
        total, d0 = satterthwaite(self.effects)
        f, tail = self.x2 / total, (1 - confidence) / 2
        ends = [_noncentrality(f, d0, d0 * self.nu, q) for q in (1 - tail, tail)]
        scale = total / (d0 * self.n * (min(self.shape) - 1))
        low, high = (math.sqrt(e * scale) for e in ends)
        return min(low, 1.0), min(max(high, self.cramer), 1.0)


def association(shares: Floats, root: Floats, *, n: float, nu: float) -> Pearson:
    """Pearson's X² of a two-way table.

    Parameters
    ----------
    shares : ndarray of float, shape (rows, columns)
        p̂, without empty rows or columns; single cells may be empty.
    root : ndarray of float, shape (any, rows · columns)
        Root of V.
    n, nu : float

    Raises
    ------
    EstimateError
        Where too many cells are empty for the interaction to be tested.
    """
    rows, columns = shares.shape
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    x2 = n * float(((shares - expected) ** 2 / expected).sum())
    inverse = np.divide(1.0, shares.ravel(), out=np.zeros(shares.size), where=shares.ravel() > 0)
    # Orthogonal to all rows and columns; any other basis of the same space gives the same λ.
    basis = np.kron(helmert(rows).T, helmert(columns).T)
    scaled = root @ (inverse[:, None] * basis)
    simple = basis.T @ (inverse[:, None] * basis) / n
    delta = _solved(simple, scaled.T @ scaled)
    return Pearson(x2, _eigenvalues(delta), n, nu, (rows, columns))


def goodness_of_fit(
    shares: Floats, root: Floats, given: Floats, *, n: float, nu: float
) -> Pearson:
    """Pearson's X² of estimated against given shares, n·Σ (p̂ − p)²/p.

    The λ are those of Rao & Scott (1981): eigenvalues of n·P⁻¹V, with P = diag(p) − pp' the
    covariance under the given shares and one category left out.
    """
    kept = slice(0, len(shares) - 1)
    x2 = n * float(((shares - given) ** 2 / given).sum())
    simple = np.diag(given[kept]) - np.outer(given[kept], given[kept])
    part = root[:, kept]
    delta = n * _solved(simple, part.T @ part)
    return Pearson(x2, _eigenvalues(delta), n, nu, (len(shares), 2))


def wald(totals: Floats, root: Floats, *, nu: float, adjusted: bool) -> Tail:
    """Wald test that observed and expected totals agree, N_ij = N_i·N_j/N.

    With Y the differences outside the first row and column and V_Y their covariance by
    linearisation, W = Y'V_Y⁻¹Y and k = (rows − 1)(columns − 1): W/k against F(k, ν); adjusted,
    W·(ν − k + 1)/(k·ν) against F(k, ν − k + 1).

    Parameters
    ----------
    totals : ndarray of float, shape (rows, columns)
    root : ndarray of float, shape (any, rows · columns)
    nu : float
    adjusted : bool
    """
    rows, columns = totals.shape
    of_row, of_column, whole = totals.sum(axis=1), totals.sum(axis=0), totals.sum()
    y = (totals - np.outer(of_row, of_column) / whole)[1:, 1:].ravel()
    cell = root.reshape(len(root), rows, columns)
    change = (
        cell
        - cell.sum(axis=2)[:, :, None] * of_column / whole
        - cell.sum(axis=1)[:, None, :] * of_row[:, None] / whole
        + cell.sum(axis=(1, 2))[:, None, None] * np.outer(of_row, of_column) / whole**2
    )
    part = change[:, 1:, 1:].reshape(len(root), -1)
    k = len(y)
    return wald_tail(quadratic(part, y), k, nu, adjusted=adjusted)


def quadratic(root: Floats, y: Floats) -> float:
    """Wald statistic y'V⁻¹y of contrasts y, with V = R'R their covariance."""
    return float(y @ _solved(root.T @ root, y))


def wald_tail(w: float, k: int, nu: float, *, adjusted: bool = False) -> Tail:
    """Refer a Wald statistic of k contrasts to F, adjusted for ν as in ``wald``."""
    ddf = nu - k + 1 if adjusted else nu
    if ddf < 1:
        raise EstimateError(
            f"A Wald test of {k} contrasts needs {k} or more degrees of freedom.",
            f"The design has {nu:g}.",
            "Use the Rao–Scott test, statistic='F', or merge levels.",
        )
    f = w * ddf / (k * nu) if adjusted else w / k
    return Tail("F", f, (k, ddf), float(fdtrc(k, ddf, f)))


def _eigenvalues(delta: Floats) -> Floats:
    """Eigenvalues of Δ, which are real and not negative but for rounding."""
    values: Floats = np.maximum(np.linalg.eigvals(delta).real, 0.0).astype(np.float64)
    return values


def _solved(matrix: Floats, right: Floats) -> Floats:
    scale = np.sqrt(np.diag(matrix))
    if (scale > 0).all():
        unit = matrix / np.outer(scale, scale)
        if np.linalg.cond(unit) < _SINGULAR:
            answer: Floats = np.linalg.solve(matrix, right).astype(np.float64)
            return answer
    raise EstimateError(
        "A variance of every contrast was wanted, to test them together.",
        "Some have none: too few sampling units, or too many empty cells or groups.",
        "Merge levels or groups; for a table, the Rao–Scott test (statistic='F') needs less.",
    )


_SINGULAR = 1e13
"""A correlation matrix with a condition number above this has a contrast without variance."""


def _noncentrality(f: float, d1: float, d2: float, q: float) -> float:
    """Noncentrality at which a noncentral F falls below f with chance q; 0 if none does."""
    from scipy.optimize import brentq  # slow to import, and only this interval needs it
    from scipy.special import fdtr, ncfdtr

    if fdtr(d1, d2, f) <= q:
        return 0.0
    top = 10.0 + 4 * d1 * f
    while ncfdtr(d1, d2, top, f) > q:
        top *= 2
    return float(brentq(lambda nc: ncfdtr(d1, d2, nc, f) - q, 0.0, top, xtol=1e-10))
