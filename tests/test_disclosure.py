"""Exact suppression: as few cells as can be, and no secret one can be worked out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mspsurvey.errors import EstimateError
from mspsurvey.inference.disclosure.attack import intervals
from mspsurvey.inference.disclosure.complementary import information_cost, suppress
from mspsurvey.inference.disclosure.groups import Groups, bases_to_hide, protect_groups
from mspsurvey.inference.disclosure.needs import covering, sliding
from mspsurvey.inference.disclosure.primary import (
    contributors,
    discloses_group,
    dominated,
    sensitive_amounts,
    too_close,
    too_few,
)
from mspsurvey.inference.disclosure.search import Effort
from mspsurvey.inference.disclosure.table import Sum, Table, cross, hierarchy, holds, linked, table

# Seven cells are below ten; each is alone, or alone once others are known, in row or column.
COUNTS = np.array([
    [20, 5, 31, 44, 6],
    [17, 25, 3, 60, 7],
    [8, 33, 52, 19, 70],
    [35, 4, 28, 9, 51],
])  # fmt: skip


def small(of: Table, threshold: float = 10.0) -> np.ndarray:
    return np.flatnonzero(of.inside & too_few(of.values, int(threshold)))


def hiding(of: Table, cells: np.ndarray) -> np.ndarray:
    hidden = np.zeros(len(of.values), dtype=bool)
    hidden[cells] = True
    return hidden


# ---- primary ----------------------------------------------------------------------------


def test_cells_with_few_respondents_are_secret_and_empty_ones_are_not() -> None:
    assert too_few(np.array([0, 1, 9, 10])).tolist() == [False, True, True, False]


def test_one_firm_above_70_or_two_above_90_percent_dominate() -> None:
    cells = contributors(
        np.array([71, 20, 9, 60, 31, 9, 50, 30, 20.0, np.nan]),
        np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]),
        3,
    )
    assert cells.total.tolist() == [100, 100, 100]
    assert cells.first.tolist() == [71, 60, 50]
    assert cells.second.tolist() == [20, 31, 30]
    assert cells.n.tolist() == [3, 3, 3]
    assert dominated(cells).tolist() == [True, True, False]


def test_the_second_largest_may_not_know_the_largest_to_within_ten_percent() -> None:
    # 100 − 60 − 35 = 5 is less than 10 % of 60; 100 − 60 − 30 = 10 is more.
    cells = contributors(np.array([60, 35, 5, 60, 30, 10.0]), np.array([0, 0, 0, 1, 1, 1]), 2)
    assert too_close(cells).tolist() == [True, False]
    assert sensitive_amounts(cells, threshold=3).tolist() == [True, False]
    assert sensitive_amounts(cells).tolist() == [True, True]


def test_a_group_without_contributors_is_no_secret() -> None:
    assert not sensitive_amounts(contributors(np.array([]), np.array([], dtype=int), 1)).any()


def test_groups_of_all_or_nobody_are_marked() -> None:
    told = discloses_group(np.array([0, 5, 20, 0]), np.array([20, 20, 20, 0]))
    assert told.tolist() == [True, False, True, False]


# ---- tables -----------------------------------------------------------------------------


def test_a_table_has_its_margins_in_any_number_of_dimensions() -> None:
    for shape in ((3,), (2, 3), (2, 3, 4)):
        counts = np.arange(np.prod(shape)).reshape(shape)
        made = cross(counts)
        assert len(made.values) == np.prod([n + 1 for n in shape])
        assert made.values[-1] == counts.sum()
        assert holds(made)
        assert made.values[made.inside].sum() == counts.sum()


def test_a_hierarchy_has_totals_of_totals() -> None:
    # 0 is the country, 1 and 2 its regions, 3 to 6 their states.
    made = table(np.array([10, 6, 4, 2, 4, 1, 3.0]), hierarchy({0: [1, 2], 1: [3, 4], 2: [5, 6]}))
    assert holds(made)
    assert not holds(table(np.array([11, 6, 4.0]), hierarchy({0: [1, 2]})))


def test_amounts_below_zero_are_refused() -> None:
    with pytest.raises(EstimateError, match="negative"):
        table(np.array([1, -1.0]), [])


# ---- the known case ---------------------------------------------------------------------


def test_all_seven_small_cells_can_be_worked_out_from_the_margins() -> None:
    of = cross(COUNTS)
    cells = small(of)
    assert len(cells) == 7
    low, high = intervals(of, hiding(of, cells), cells)
    np.testing.assert_allclose(low, of.values[cells], atol=1e-6)
    np.testing.assert_allclose(high, of.values[cells], atol=1e-6)


def test_the_exact_solution_leaves_all_seven_anywhere_from_none_to_ten() -> None:
    of = cross(COUNTS)
    cells = small(of)
    found = suppress(of, covering(of, cells, 0.0, 10.0))
    assert found.optimal
    assert found.short == ()
    low, high = intervals(of, found.hidden, cells)
    assert (low < 1e-4).all()
    assert (high > 10 - 1e-4).all()
    assert not found.hidden[~of.inside].any()
    assert found.cost == found.hidden.sum() - 7 == 4


def test_a_cheaper_loss_of_information_may_take_more_cells() -> None:
    of = cross(COUNTS)
    cells = small(of)
    wanted = covering(of, cells, 0.0, 10.0)
    by_count, by_loss = (
        suppress(of, wanted),
        suppress(of, wanted, cost=information_cost(of.values)),
    )
    extra = by_loss.hidden & ~hiding(of, cells)
    other = by_count.hidden & ~hiding(of, cells)
    assert information_cost(of.values)[extra].sum() <= information_cost(of.values)[other].sum()


def brute_force(of: Table, cells: np.ndarray, threshold: float) -> int:
    """Fewest further cells that make a table safe, by trying all of them."""
    others = np.setdiff1d(np.arange(len(of.values)), cells)
    for count in range(len(others) + 1):
        for extra in itertools.combinations(others, count):
            hidden = hiding(of, np.r_[cells, np.array(extra, dtype=int)])
            low, high = intervals(of, hidden, cells)
            if (low < 1e-5).all() and (high > threshold - 1e-5).all():
                return count
    raise AssertionError("no choice is safe")


@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=6, max_size=6))
def test_no_choice_with_fewer_cells_is_safe(counts: list[int]) -> None:
    of = cross(np.array(counts).reshape(2, 3))
    cells = small(of, 5)
    found = suppress(of, covering(of, cells, 0.0, 5.0))
    assert found.optimal
    if not found.short:
        assert found.cost == brute_force(of, cells, 5.0)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=8, max_size=8),
    st.sampled_from([(8,), (2, 4), (4, 2), (2, 2, 2)]),
    st.integers(0, 1),
)
def test_every_secret_cell_is_as_uncertain_as_wanted_or_named_as_short(
    counts: list[int], shape: tuple[int, ...], rounds: int
) -> None:
    of = cross(np.array(counts).reshape(shape))
    cells = small(of)
    found = suppress(of, covering(of, cells, 0.0, 10.0), effort=Effort(rounds=40 * rounds))
    low, high = intervals(of, found.hidden, cells)
    for cell, least, most in zip(cells, low, high, strict=True):
        assert cell in found.short or (least < 1e-3 and most > 10 - 1e-3)


# ---- beyond two dimensions --------------------------------------------------------------


def test_a_cell_of_three_dimensions_takes_seven_others_with_it() -> None:
    counts = np.full((3, 3, 3), 40)
    counts[0, 0, 0] = 4
    of = cross(counts)
    found = suppress(of, covering(of, small(of), 0.0, 10.0))
    # The smallest safe pattern is the eight corners of a box.
    assert found.optimal
    assert found.hidden.sum() == 8


def test_a_cell_that_two_tables_share_is_protected_in_both() -> None:
    first, second = cross(np.array([[4, 30], [50, 60]])), cross(np.array([[4, 70], [80, 90]]))
    both = linked(first, second, [(0, 0)])
    assert holds(both)
    found = suppress(both, covering(both, np.array([0]), 0.0, 10.0))
    assert found.optimal
    # Two by two in each, one of them in common.
    assert found.hidden.sum() == 7


def test_a_part_of_a_hierarchy_takes_one_of_its_own_level_with_it() -> None:
    of = table(
        np.array([100, 60, 40, 4, 56, 15, 25.0]), hierarchy({0: [1, 2], 1: [3, 4], 2: [5, 6]})
    )
    found = suppress(of, covering(of, np.array([3]), 0.0, 10.0))
    assert np.flatnonzero(found.hidden).tolist() == [3, 4]


def test_an_interval_may_be_wanted_wherever_it_lies() -> None:
    of = cross(COUNTS)
    cells = small(of)
    found = suppress(of, sliding(cells, 8.0))
    low, high = intervals(of, found.hidden, cells)
    assert (high - low > 8 - 1e-4).all()


def test_a_cell_whose_total_is_too_small_is_named() -> None:
    of = table(np.array([3, 5.0]), [Sum.known([0, 1])])
    found = suppress(of, covering(of, np.array([0]), 0.0, 10.0))
    assert found.short == (0,)
    low, high = intervals(of, found.hidden, np.array([0]))
    assert (low[0], high[0]) == pytest.approx((0, 8))


def test_cells_that_must_be_shown_are() -> None:
    of = cross(COUNTS)
    cost = np.where(of.inside, 1.0, np.inf)
    cost[3] = np.inf
    found = suppress(of, covering(of, small(of), 0.0, 10.0), cost=cost)
    assert not found.hidden[3]
    assert not found.hidden[~of.inside].any()


def test_without_the_optimum_the_choice_is_safe_and_says_so() -> None:
    of = cross(COUNTS)
    cells = small(of)
    found = suppress(of, covering(of, cells, 0.0, 10.0), effort=Effort(rounds=0))
    low, high = intervals(of, found.hidden, cells)
    assert not found.optimal
    assert (low < 1e-4).all()
    assert (high > 10 - 1e-4).all()


def test_fifteen_by_twelve_is_solved() -> None:
    counts = np.random.default_rng(4).negative_binomial(1.2, 0.05, size=(15, 12))
    of = cross(counts)
    cells = small(of)
    found = suppress(of, covering(of, cells, 0.0, 10.0))
    assert found.optimal
    low, high = intervals(of, found.hidden, cells)
    assert (low < 1e-3).all()
    assert (high > 10 - 1e-3).all()


# ---- estimates by group -----------------------------------------------------------------


def two_groups(few: int, of_few: float, rest: int) -> Groups:
    n = np.array([few, rest], dtype=float)
    amount = np.array([[of_few, few - of_few], [rest / 2, rest / 2]])
    return Groups(amount, n, n, (("rural",), ("metro",)), share=True, whole=True)


def blank(of: Groups, *cells: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    verdict = np.full(of.amount.shape, "show", dtype=object)
    why = np.full(of.amount.shape, "", dtype=object)
    for cell in cells:
        verdict[cell], why[cell] = "suppress", "fewer than 3 cases"
    return verdict, why


def test_of_two_groups_the_second_goes_with_the_first() -> None:
    of = two_groups(60, 2, 200)
    verdict, _ = protect_groups(of, *blank(of, (0, 0)))
    assert (verdict == "suppress").all()


def test_where_nothing_is_secret_nothing_is_hidden() -> None:
    of = two_groups(60, 20, 200)
    verdict, why = protect_groups(of, *blank(of))
    assert (verdict == "show").all()
    assert (why == "").all()


def test_a_base_below_ten_takes_the_smallest_other_with_it() -> None:
    assert bases_to_hide(np.array([7.0, 40, 30, 90]), [range(4)]).tolist() == [
        True, False, True, False,
    ]  # fmt: skip
    assert bases_to_hide(np.array([7.0, 40]), []).tolist() == [True, False]
