"""Conditions: who is asked what, evaluated on a frame."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.condition import Condition
from mspsurvey.errors import DefinitionError

FRAME = pd.DataFrame(
    {
        "size": pd.Categorical(["1-4", "5-9", None, "1-4"], categories=["1-4", "5-9"]),
        "emp": [1.0, 5.0, 7.0, None],
    },
    index=["a", "b", "c", "d"],
)


def holds(source: str) -> list[bool]:
    result = Condition.parse(source, where="test").holds(FRAME)
    assert list(result.index) == list(FRAME.index)
    return list(result)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("size == '1-4'", [True, False, False, True]),
        ("size != '1-4'", [False, True, False, False]),
        ("size in ['1-4', '5-9']", [True, True, False, True]),
        ("size not in ('5-9',)", [True, False, False, True]),
        ("emp == 5", [False, True, False, False]),
        ("emp < 5", [True, False, False, False]),
        ("emp <= 5", [True, True, False, False]),
        ("emp > 5", [False, False, True, False]),
        ("emp >= 5", [False, True, True, False]),
        ("emp > -1", [True, True, True, False]),
        ("size == '1-4' and emp == 1", [True, False, False, False]),
        ("size == '5-9' or emp == 7", [False, True, True, False]),
        ("not (emp >= 5)", [True, False, False, True]),
        ("emp == 1 or emp == 7 and size == '5-9'", [True, False, False, False]),
    ],
)
def test_each_comparison_means_what_it_says(source: str, expected: list[bool]) -> None:
    assert holds(source) == expected


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_a_missing_answer_satisfies_no_comparison(operator: str) -> None:
    assert not holds(f"emp {operator} 5")[3]


def test_codes_that_are_numbers_can_be_compared_by_size() -> None:
    frame = pd.DataFrame({"scale": pd.Categorical(["1", "4", None], categories=["1", "4"])})
    assert list(Condition.parse("scale >= 4", where="test").holds(frame)) == [False, True, False]


def test_numbers_with_a_missing_value_of_their_own_can_be_compared() -> None:
    frame = pd.DataFrame({"emp": pd.array([3, None], dtype="Int64")})
    assert list(Condition.parse("emp < 5", where="test").holds(frame)) == [True, False]


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os').system('true')",
        "emp",
        "True",
        "emp + 1 > 2",
        "1 < emp < 5",
        "5 == emp",
        "emp == other",
        "emp == None",
        "emp == True",
        "emp == [1, 2]",
        "emp in 5",
        "emp in []",
        "emp > '5'",
        "emp > [1]",
        "emp in [[1], [2]]",
        "emp is 5",
        "size.str == 'x'",
        "(lambda: 1)() == 1",
    ],
)
def test_whatever_the_language_lacks_is_refused_before_it_can_run(source: str) -> None:
    with pytest.raises(DefinitionError, match=r"^file\.yaml, key: "):
        Condition.parse(source, where="file.yaml, key")


@pytest.mark.parametrize("source", ["", "emp ==", "emp = 5", "size == '1-4' &&", "emp == 1\0"])
def test_what_cannot_be_parsed_is_refused_with_an_example(source: str) -> None:
    with pytest.raises(DefinitionError, match="a condition such as"):
        Condition.parse(source, where="file.yaml, key")


def test_a_condition_knows_its_names_and_codes() -> None:
    condition = Condition.parse("size in ['1-4', '5-9'] and not (emp > 3)", where="test")
    assert condition.names == {"size", "emp"}
    assert condition.codes == (("size", "1-4"), ("size", "5-9"))
    assert condition.measured == {"emp"}


def test_both_joins_two_conditions_and_none_is_always() -> None:
    one = Condition.parse("emp > 1 or emp < 0", where="test")
    two = Condition.parse("size == '5-9'", where="test")
    both = Condition.both(one, two)
    assert both is not None
    assert list(both.holds(FRAME)) == [False, True, False, False]
    assert both.names == {"emp", "size"}
    assert both.codes == (("size", "5-9"),)
    assert both.measured == {"emp"}
    assert Condition.both(one, None) == one
    assert Condition.both(None, two) == two
    assert Condition.both(None, None) is None


comparisons = st.one_of(
    st.builds("emp {} {}".format, st.sampled_from(["==", "!=", "<", ">="]), st.integers(0, 9)),
    st.builds("size {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from("ab")),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)
frames = st.lists(
    st.tuples(st.none() | st.integers(0, 9).map(float), st.none() | st.sampled_from("ab")),
    min_size=1,
    max_size=8,
).map(
    lambda rows: pd.DataFrame(
        {
            "emp": pd.Series([r[0] for r in rows], dtype="float64"),
            "size": pd.Categorical([r[1] for r in rows], categories=["a", "b"]),
        }
    )
)


def evaluated(source: str, frame: pd.DataFrame) -> list[bool]:
    return list(Condition.parse(source, where="test").holds(frame))


@given(conditions, frames)
def test_not_turns_every_row_around(source: str, frame: pd.DataFrame) -> None:
    turned = evaluated(f"not ({source})", frame)
    assert turned == [not held for held in evaluated(source, frame)]


@given(conditions, conditions, frames)
def test_and_needs_both_and_or_needs_either(one: str, two: str, frame: pd.DataFrame) -> None:
    pairs = list(zip(evaluated(one, frame), evaluated(two, frame), strict=True))
    assert evaluated(f"({one}) and ({two})", frame) == [a and b for a, b in pairs]
    assert evaluated(f"({one}) or ({two})", frame) == [a or b for a, b in pairs]


@given(conditions, frames)
def test_a_row_holds_or_not_whatever_rows_stand_beside_it(
    source: str, frame: pd.DataFrame
) -> None:
    alone = [evaluated(source, frame.iloc[[i]])[0] for i in range(len(frame))]
    assert evaluated(source, frame) == alone


@given(conditions, frames)
def test_python_itself_agrees_row_by_row(source: str, frame: pd.DataFrame) -> None:
    class Missing:
        """Compares as False with everything."""

        def _never(self, other: object) -> bool:
            return False

        __eq__ = __ne__ = __lt__ = __ge__ = _never  # type: ignore[assignment]
        __hash__ = None  # type: ignore[assignment]

    expected = []
    for emp, size in frame.itertuples(index=False):
        values = {
            "emp": Missing() if pd.isna(emp) else emp,
            "size": Missing() if pd.isna(size) else size,
        }
        expected.append(eval(source, {"__builtins__": {}}, values))
    assert evaluated(source, frame) == expected


@given(frames)
def test_the_frame_is_left_as_it_was(frame: pd.DataFrame) -> None:
    before = frame.copy(deep=True)
    evaluated("not (emp > 3) or size == 'a'", frame)
    pd.testing.assert_frame_equal(frame, before)
