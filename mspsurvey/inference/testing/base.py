"""What all tests rest on: rows, groups, and sums with the root of their covariance.

Each function goes through ``linear.estimate``, the one way from rows to a variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.design.coding import Bools, Floats, Ints
from mspsurvey.inference.estimator.asked import present_level
from mspsurvey.inference.estimator.linear import Item, Linear, estimate
from mspsurvey.inference.estimator.moments import Domains
from mspsurvey.inference.variance.element_covariance import small_root

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


@dataclass(frozen=True)
class Split:
    """The rows of a test by group; groups without a row are left out.

    Attributes
    ----------
    group : ndarray of int, shape (rows,)
        Position in ``names``; ``len(names)`` for rows that do not count.
    names : tuple of str
        Words for the groups, in the order of the instrument.
    n : ndarray of int, shape (groups,)
        Respondents of each.
    """

    group: Ints
    names: tuple[str, ...]
    n: Ints

    @property
    def inside(self) -> Bools:
        """Rows that count, shape (rows,)."""
        rows: Bools = self.group < len(self.names)
        return rows

    @property
    def counts(self) -> dict[str, int]:
        """Respondents by group name."""
        if self.names == ("",):
            return {}
        return {name: int(n) for name, n in zip(self.names, self.n, strict=True)}


def split(
    survey: Survey, valid: Bools, by: Sequence[str], groups: Sequence[str] | None = None
) -> Split:
    """Sort the domain's valid rows into groups.

    Parameters
    ----------
    survey : Survey
    valid : ndarray of bool, shape (rows,)
        Rows with a valid answer.
    by : sequence of str
        Grouping variables; combinations are groups. None: all rows are one group.
    groups : sequence of str, optional
        Codes of the groups to keep, in this order; only with one grouping variable.
    """
    domains = survey.domains(by)
    inside = valid & (domains.index < domains.count)
    number = survey.design.number
    weights = None if number is None else number[inside]
    n = np.bincount(domains.index[inside], weights, minlength=domains.count)[: domains.count]
    used = np.flatnonzero(n > 0)
    if groups is not None:
        used = _chosen(survey, by, groups, n)
    place = np.full(domains.count + 1, len(used), dtype=np.int64)
    place[used] = np.arange(len(used))
    group = np.where(inside, place[domains.index], len(used))
    names = tuple(_name(survey, by, domains.combinations[u]) for u in used)
    return Split(group, names, n[used].astype(np.int64))


def _chosen(survey: Survey, by: Sequence[str], groups: Sequence[str], n: Ints) -> Ints:
    if len(by) != 1:
        raise EstimateError(
            "Groups can be chosen of one grouping variable.", f"There are {len(by)}."
        )
    coded = survey.coder.coded(by[0])
    chosen = np.array([coded.position(g, by[0]) for g in groups], dtype=np.int64)
    empty = [g for g, c in zip(groups, chosen, strict=True) if n[c] == 0]
    if empty:
        raise EstimateError(
            "Groups with respondents were wanted.",
            f"Nobody with a valid answer is in {', '.join(map(repr, empty))}.",
        )
    return chosen


def _name(survey: Survey, by: Sequence[str], codes: Sequence[str]) -> str:
    """Words for a group, of the instrument where it has them."""
    return " & ".join(label(survey, name, code) for name, code in zip(by, codes, strict=True))


def label(survey: Survey, name: str, code: str) -> str:
    """Words for a code of a variable."""
    variable = survey.coder.variable(name)
    return code if variable is None else variable.axis_labels.get(code, code)


def degrees(survey: Survey, inside: Bools) -> int:
    """Degrees of freedom of these rows of the domain (R: ``degf`` of the subset)."""
    rows = pd.Series(inside, index=survey.frame.index)
    return survey.where(rows).df


def linear(survey: Survey, item: Item, domains: Domains) -> Linear:
    """Estimate by the survey's own way to a variance, linearised or replicated."""
    return estimate(item, domains, survey.design, survey.raking)


def group_means(survey: Survey, values: Floats, rows: Split) -> Linear:
    """Mean of each group, with the root of their covariance, shape (any, groups)."""
    kept, design = rows.inside, survey.design
    middle = float(values[kept].mean()) if kept.any() else 0.0
    item = Item(None, top=np.where(kept, values - middle, 0.0), shift=middle)
    found = linear(survey, item, _domains(rows))
    if design.asks_domains and design.replicates is None:
        # To the rules for lonely units the groups are one domain, as in R's regression on them.
        mean, size = found.estimate[:, 0], found.base
        scores = [
            np.where(rows.group == g, values - mean[g], 0.0) / size[g] for g in range(len(size))
        ]
        return replace(found, root=total_root(survey, np.stack(scores, axis=1), kept))
    return found


def table(survey: Survey, cell: NDArray[np.signedinteger], cells: int, kind: str) -> Linear:
    """Shares or totals of the cells of a table; ``cell`` is −1 for rows that do not count."""
    item = Item(cell, cells, cells, kind=kind)
    return linear(survey, item, survey.domains(()))


def total_root(survey: Survey, scores: Floats, inside: Bools) -> Floats:
    """Root of the covariance of totals Σ w·u of scores u, shape (rows, totals), of some rows."""
    roots = []
    for score in scores.T:
        item = Item(present_level(inside), top=np.ascontiguousarray(score), kind="total")
        roots.append(covariance_root(linear(survey, item, survey.domains(()))))
    return np.concatenate(roots, axis=1)


def covariance_root(result: Linear) -> Floats:
    """Root of the covariance, shape (any, estimates); an error where there is none."""
    root = small_root(result.root)
    if not np.isfinite(root).all():
        raise EstimateError(
            "A variance was wanted, to test by.",
            "The design gives none: within some unit every stratum has a single unit, and "
            "lonely_psu='average' finds none to take it from.",
            "Choose lonely_psu='adjust'.",
        )
    return root


def _domains(rows: Split) -> Domains:
    return Domains(rows.group, tuple((name,) for name in rows.names))


def context(survey: Survey) -> dict[str, Any]:
    """Say what every result about this survey says: base, domain, weight."""
    return {
        "population": survey.population,
        "where": survey.domain,
        "weight": survey.weight,
        "synthetic": survey.synthetic,
    }


def require_probability(survey: Survey) -> None:
    """Refuse where there is no sampling error that a test could speak of."""
    if survey.precision_kind == "none":
        raise EstimateError(
            "A test of sampling error needs a sample drawn by chance.",
            f"This one is {survey.sample_type}: people chose themselves to take part.",
            "Give shares and means with their base, and say how people came to take part.",
        )


def require_groups(survey: Survey, rows: Split, by: Sequence[str], count: int | None) -> None:
    """Refuse unless there are two groups (``count=2``), or two or more (``None``)."""
    found = len(rows.names)
    if (count is None and found >= 2) or found == count:
        return
    wanted = "Two or more groups" if count is None else "Two groups"
    codes = survey.coder.coded(by[0]).levels if len(by) == 1 else ()
    hint = f"Name two of them: groups=({codes[0]!r}, {codes[-1]!r})." if len(codes) > 2 else ""
    raise EstimateError(
        f"{wanted} with valid answers were wanted, by {', '.join(by)}.",
        f"There are {found}: {', '.join(rows.names[:6]) or 'none'}.",
        hint,
    )


def require_choice(name: str, value: object, known: Sequence[str]) -> None:
    """Refuse a word that is none of those known."""
    if value not in known:
        raise EstimateError(
            f"{name} is one of {', '.join(known)}.",
            f"It is {value!r}.",
            did_you_mean(str(value), known),
        )


def require_df(df: float) -> None:
    """Refuse where no degrees of freedom are left."""
    if df < 1:
        raise EstimateError(
            "A test needs at least one degree of freedom.",
            f"Sampling units less strata leave {df:g}.",
            "Test in a larger domain, or with fewer groups.",
        )
