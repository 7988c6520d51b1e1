"""Everyone beside the groups, from one pass over the rows.

A table with a total column asks for an item in each group and in all of them together. The
sums of the latter are sums of the former, so the rows need not be counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mspsurvey.inference.design.coding import Floats
from mspsurvey.inference.estimator.item import Item
from mspsurvey.inference.estimator.layout import estimated
from mspsurvey.inference.estimator.linear import BLOCK, Linear, by_unit
from mspsurvey.inference.estimator.sums import Table

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey


class Everyone(Table):
    """Sums over all groups of a table whose groups leave nobody out."""

    def __init__(self, parts: Table, survey: Survey) -> None:
        super().__init__(parts.item, survey.domains(()), parts.design, None)
        self.parts = parts

    @cached_property
    def weights(self) -> Floats:
        """Sums of weights, shape (units, 1, L)."""
        return _together(self.parts.weights)

    @cached_property
    def top(self) -> Floats:
        """Sums of weight times y, shape (units, 1, L)."""
        return self.weights if self.item.top is None else _together(self.parts.top)

    @cached_property
    def bottom(self) -> Floats:
        """Sums of weight times x over valid rows, shape (units, 1)."""
        whole: Floats = self.parts.bottom.sum(axis=1, keepdims=True)
        return whole

    @cached_property
    def count(self) -> Floats:
        """Respondents, shape (1, L)."""
        whole: Floats = self.parts.count.sum(axis=0, keepdims=True)
        return whole


def _together(sums: Floats) -> Floats:
    """Sum over groups, (units, D, L) to (units, 1, L)."""
    # Several times faster than sum(axis=1), which goes through a short last axis.
    whole: Floats = np.einsum("udl->ul", sums)[:, None, :]
    return whole


def groups_and_everyone(survey: Survey, item: Item, by: Sequence[str]) -> tuple[Linear, Linear]:
    """Estimate an item in each group, and in the domain as a whole.

    Parameters
    ----------
    survey : Survey
    item : Item
    by : sequence of str
        Grouping variables.

    Returns
    -------
    groups, everyone : Linear
        As ``linear.estimate`` gives them. Where somebody is in no group, and where variance
        does not come from sums over units, the rows are gone through twice.
    """
    domains, design = survey.domains(by), survey.design
    plain = not design.elementary and design.replicates is None and design.number is None
    fits = design.units * item.levels * domains.count <= BLOCK
    covered = domains.rows.sum() == survey.domains(()).rows.sum()
    if not (plain and fits and covered and survey.raking is None and by):
        return estimated(survey, item, by), estimated(survey, item, ())
    parts = Table(item, domains, design, None)
    return by_unit(parts), by_unit(Everyone(parts, survey))
