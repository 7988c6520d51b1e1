"""Families of tests: Holm and Benjamini–Hochberg, and who says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.errors import EstimateError
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.testing import family
from mspsurvey.inference.testing.multiplicity import adjusted

P = [0.01, 0.04, 0.03, 0.005]


def test_holm_multiplies_by_the_tests_that_are_left() -> None:
    # 0.005 × 4, 0.01 × 3, 0.03 × 2, and 0.04 × 1, which may not fall below the one before.
    # R: p.adjust(c(.01, .04, .03, .005), "holm") is 0.03 0.06 0.06 0.02.
    assert adjusted(P, "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_divides_by_the_rank() -> None:
    # 0.04 × 4/4, 0.03 × 4/3, 0.01 × 4/2, 0.005 × 4/1; R: p.adjust(…, "BH").
    assert adjusted(P, "bh") == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_what_was_not_tested_does_not_count() -> None:
    found = adjusted([0.01, np.nan, 0.02], "holm")
    assert found[0] == pytest.approx(0.02)
    assert np.isnan(found[1])


def test_without_adjustment_or_tests_nothing_changes() -> None:
    assert adjusted(P, None).tolist() == P
    assert adjusted(P, "none").tolist() == P
    assert adjusted([], "holm").tolist() == []


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(EstimateError, match="Did you mean 'holm'"):
        adjusted(P, "home")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_values_are_ordered_as_the_plain_ones_and_holm_is_the_stricter(
    p: list[float],
) -> None:
    plain = np.array(p)
    holm, bh = adjusted(p, "holm"), adjusted(p, "bh")
    assert (plain <= bh + 1e-15).all()
    assert (bh <= holm + 1e-15).all()
    assert (holm <= np.minimum(1, len(p) * plain) + 1e-15).all()
    order = np.argsort(plain, kind="stable")
    assert (np.diff(holm[order]) >= 0).all()
    assert (np.diff(bh[order]) >= 0).all()


def survey() -> Survey:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({f"q{i}": rng.choice(["no", "yes"], 300) for i in range(4)})
    return Survey(frame.assign(g=rng.choice(["a", "b", "c"], 300)))


def test_several_items_are_one_family_that_is_named_in_the_footer() -> None:
    tests = survey().test(["q0", "q1", "q2", "q3"], by="g")
    assert len(tests) == 4
    assert "4 tests as one family, Holm." in tests.footer
    expected = adjusted([t.p for t in tests], "holm")
    assert [t.p_adjusted for t in tests] == pytest.approx(expected)
    assert "Holm over 4: p" in str(tests[0])
    assert tests.frame["p_adjusted"].tolist() == pytest.approx(expected)


def test_a_family_that_is_not_adjusted_says_so() -> None:
    tests = survey().test(["q0", "q1"], by="g", adjust=None)
    assert "whose number is not allowed for" in tests.footer
    assert tests[0].p_adjusted == tests[0].p


def test_tests_made_apart_can_become_a_family() -> None:
    made = [survey().test(f"q{i}", by="g") for i in range(3)]
    assert made[0].family == 1
    assert made[0].footer.endswith("One test, by itself.")
    tests = family(made, adjust="bh")
    assert "Benjamini–Hochberg" in tests._repr_html_()
    assert {t.family for t in tests} == {3}
