"""Tables in Polars, DuckDB and Parquet give the numbers of the same table in pandas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mspsurvey.errors import DesignError, EstimateError
from mspsurvey.inference.survey import Survey
from tests.backend_cases import (
    DESIGNS,
    INSTRUMENT_QUESTIONS,
    QUESTIONS,
    assert_same,
    draw_sample,
)

duckdb = pytest.importorskip("duckdb")
polars = pytest.importorskip("polars")

SAMPLE = draw_sample()
OPTIONS = DESIGNS["strata and units"]


def in_duckdb(frame: pd.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("sample", frame)
    return connection.table("sample")


def in_polars(frame: pd.DataFrame) -> Any:
    kinds = frame.select_dtypes("category")
    enums = {name: polars.Enum(list(c.cat.categories)) for name, c in kinds.items()}
    return polars.from_pandas(frame.astype(dict.fromkeys(enums, "str"))).cast(enums)


ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "duckdb": in_duckdb,
    "polars": in_polars,
    "polars lazy": lambda frame: in_polars(frame).lazy(),
}
TABLES = {name: make(SAMPLE) for name, make in ENGINES.items()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("design", DESIGNS)
def test_every_question_has_the_same_answer_as_in_pandas(engine: str, design: str) -> None:
    here, there = Survey(SAMPLE, **DESIGNS[design]), Survey(TABLES[engine], **DESIGNS[design])
    assert repr(there).replace("TableSurvey", "Survey") == repr(here)
    for question in QUESTIONS.values():
        assert_same(question(here), question(there))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_instrument_means_the_same_everywhere(engine: str) -> None:
    options = DESIGNS["instrument"]
    here, there = Survey(SAMPLE, **options), Survey(TABLES[engine], **options)
    for question in INSTRUMENT_QUESTIONS.values():
        assert_same(question(here), question(there))


NAMES = {
    "stratum": "a.b", "psu": "a b", "n1": 'say "N"', "w": "it's.w", "group": "select",
    "use": "名前", "number": "^a$", "staff": "`staff` ", "member": "a;b--",
}  # fmt: skip
"""Columns whose names mean something else to an engine, or to a formula of its."""


@pytest.mark.parametrize("engine", [*ENGINES, "parquet"])
def test_a_column_may_have_any_name(engine: str, tmp_path: Path) -> None:
    # In Parquet categories lose their order.
    frame = SAMPLE.head(600)[list(NAMES)].astype({"group": object, "use": object})
    hostile = frame.rename(columns=NAMES)
    roles = {"weights": "w", "strata": "stratum", "psu": "psu", "fpc": "n1"}
    named = {role: NAMES[name] for role, name in roles.items()}
    if engine == "parquet":
        file = tmp_path / "a.parquet"
        hostile.to_parquet(file)
        there = Survey.from_parquet(file, **named)
    else:
        there = Survey(ENGINES[engine](hostile), **named)
    here = Survey(frame, **roles)
    for one, two in (
        (here.share("use", by="group"), there.share(NAMES["use"], by=NAMES["group"])),
        (here.mean(["number", "staff"]), there.mean([NAMES["number"], NAMES["staff"]])),
        (here.ratio("number", "staff", by="member"),
         there.ratio(NAMES["number"], NAMES["staff"], by=NAMES["member"])),
    ):  # fmt: skip
        columns = ["estimate", "se", "low", "high", "df"]
        np.testing.assert_allclose(two.data[columns], one.data[columns], rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["*", "_msp_count"])
def test_a_name_that_no_engine_can_tell_is_refused(engine: str, name: str) -> None:
    frame = SAMPLE.head(60)[["w", "staff"]].rename(columns={"staff": name})
    with pytest.raises(DesignError, match="Rename it"):
        Survey(ENGINES[engine](frame), weights="w")


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_with_a_weight_of_0_do_not_count(engine: str) -> None:
    frame = SAMPLE.assign(w=SAMPLE["w"].where(SAMPLE["staff"] > 5, 0.0))
    here, there = Survey(frame, **OPTIONS), Survey(ENGINES[engine](frame), **OPTIONS)
    assert len(there) == len(here) == int((SAMPLE["staff"] > 5).sum())
    for question in QUESTIONS.values():
        assert_same(question(here), question(there))


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty", "remove"])
def test_lonely_units_are_treated_as_in_pandas(lonely: str) -> None:
    frame = SAMPLE[(SAMPLE["stratum"] != "s0") | (SAMPLE["psu"] == "p1")]
    options = OPTIONS | {"lonely_psu": lonely}
    here, there = Survey(frame, **options), Survey(in_duckdb(frame), **options)
    assert_same(here.mean("money", by="group"), there.mean("money", by="group"))


def test_parquet_files_are_asked_through_duckdb(tmp_path: Path) -> None:
    for k, part in SAMPLE.groupby(SAMPLE.index % 3):
        part.to_parquet(tmp_path / f"part{k}.parquet")
    here = Survey(SAMPLE.astype({"use": "str", "group": "str"}), **OPTIONS)
    there = Survey.from_parquet(tmp_path / "*.parquet", memory="200MB", threads=1, **OPTIONS)
    assert_same(here.share("use", by="group"), there.share("use", by="group"))
    listed = Survey.from_parquet(sorted(tmp_path.glob("*.parquet")), **OPTIONS)
    assert len(listed) == len(SAMPLE)


def test_levels_of_an_enum_keep_their_order_also_where_nobody_chose_one() -> None:
    kept = SAMPLE.assign(use=SAMPLE["use"].mask(SAMPLE["use"].eq("often")))
    connection = duckdb.connect()
    connection.register("raw", kept.astype({"use": "str"}))
    connection.execute("CREATE TYPE use AS ENUM ('never', 'now and then', 'often')")
    table = connection.sql("SELECT * REPLACE (use::use AS use) FROM raw")
    assert_same(Survey(kept, **OPTIONS).share("use"), Survey(table, **OPTIONS).share("use"))


def test_rows_are_not_handed_out_and_the_error_says_how_to_get_them() -> None:
    survey = Survey(TABLES["duckdb"], **OPTIONS)
    for wanted in ("frame", "coder"):
        with pytest.raises(EstimateError, match="collect"):
            getattr(survey, wanted)


def test_methods_that_need_rows_say_how_to_get_them() -> None:
    survey = Survey(TABLES["duckdb"], **OPTIONS)
    for ask in (
        lambda: survey.replicate("JKn"),
        lambda: survey.quantile("money", [0.5]),
        lambda: survey.glm("money ~ staff"),
    ):
        with pytest.raises(EstimateError, match="collect"):
            ask()


def test_columns_can_be_taken_home() -> None:
    survey = Survey(TABLES["duckdb"], **OPTIONS).where("staff > 10")
    home = survey.collect("money")
    assert set(home.frame.columns) == {"w", "stratum", "psu", "money", "staff"}
    assert_same(survey.mean("money"), home.mean("money"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"psu": "firm"}, "none called 'firm'"),
        ({"weights": "number"}, "missing or not finite"),
        ({"strata": "scale"}, "missing in"),
        ({"weights": None, "psu": "psu", "fpc": "staff"}, "should be the same"),
        ({"missing": pd.DataFrame()}, "It was given missing"),
    ],
)
def test_a_design_that_is_not_usable_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(DesignError, match=words):
        Survey(TABLES["duckdb"], **OPTIONS | change)


def test_a_table_of_no_known_kind_is_refused() -> None:
    with pytest.raises(DesignError, match="It is a list"):
        Survey([1, 2, 3])  # type: ignore[arg-type]


def test_questions_that_make_no_sense_get_the_same_errors_as_in_pandas() -> None:
    survey = Survey(TABLES["duckdb"], **OPTIONS)
    with pytest.raises(EstimateError, match="none called 'mony'"):
        survey.mean("mony")
    with pytest.raises(EstimateError, match="a mean can be taken of"):
        survey.mean("scale")
    with pytest.raises(EstimateError, match="not negative"):
        Survey(in_duckdb(SAMPLE.assign(money=-SAMPLE["money"])), **OPTIONS).share(
            "use", of="money"
        )
    with pytest.raises(EstimateError, match="A rule in words"):
        survey.where(SAMPLE["staff"] > 1)


def test_a_measurement_is_no_grouping_variable() -> None:
    with pytest.raises(EstimateError, match="at most 500 levels"):
        Survey(TABLES["duckdb"], **OPTIONS).share("unit")


def odd_frame(rows: int = 500) -> pd.DataFrame:
    """Gaps in truth values and whole numbers, and names and answers full of quotes."""
    rng = np.random.default_rng(1)
    gap = rng.random(rows) < 0.1
    return pd.DataFrame(
        {
            "psu": rng.integers(0, 20, rows),
            'is "x"': pd.array(np.where(gap, None, rng.random(rows) < 0.5), dtype="boolean"),
            "whole": pd.array(np.where(gap, None, rng.integers(1, 5, rows)), dtype="Int64"),
            "part": np.where(gap, np.nan, rng.integers(1, 5, rows) * 1.5),
            "t';--": rng.choice(["a'b", 'c"d', "e\\f", None], rows),
            "y_0": rng.normal(10, 2, rows),
        }
    )


@pytest.mark.parametrize("make", [in_duckdb, polars.from_pandas])
def test_gaps_quotes_and_odd_names_come_through(make: Callable[[pd.DataFrame], Any]) -> None:
    frame = odd_frame()
    here, there = Survey(frame, psu="psu"), Survey(make(frame), psu="psu")
    questions: list[Callable[[Survey], Any]] = [
        lambda s: s.share('is "x"'),
        lambda s: s.mean('is "x"'),
        lambda s: s.mean("whole", by="t';--"),
        lambda s: s.mean("y_0", by=["part", 'is "x"']),
        lambda s: s.where("whole >= 2 and whole != 3").share("part"),
    ]
    for question in questions:
        assert_same(question(here), question(there))


def test_names_that_sums_need_are_refused() -> None:
    with pytest.raises(DesignError, match="begin with '_msp_'"):
        Survey(in_duckdb(SAMPLE.assign(_msp_weight=1.0)), **OPTIONS)
