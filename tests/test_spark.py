"""A Spark table gives the numbers of the same table in pandas."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from mspsurvey.inference.survey import Survey
from tests.backend_cases import DESIGNS, QUESTIONS, assert_same, draw_sample

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning"),
]

# Spark has no type for an ordered classification: levels come sorted.
SAMPLE = draw_sample().astype({"group": "str", "use": "str"})


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.fail("Spark needs Java: apt-get install openjdk-17-jre-headless")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def table(spark: Any) -> Any:
    # Spark's own way in from pandas turns NaN in text into the word.
    frame = SAMPLE.astype(object).where(SAMPLE.notna(), None)
    kinds = {"f": "double", "i": "bigint", "b": "boolean", "O": "string"}
    schema = ", ".join(f"{n} {kinds.get(SAMPLE[n].dtype.kind, 'string')}" for n in SAMPLE)
    return spark.createDataFrame(frame.to_dict("split")["data"], schema).cache()


def test_every_question_has_the_same_answer_as_in_pandas(table: Any) -> None:
    here, there = Survey(SAMPLE, **DESIGNS["raked"]), Survey(table, **DESIGNS["raked"])
    for question in QUESTIONS.values():
        assert_same(question(here), question(there))


def test_stages_below_the_first_count(table: Any) -> None:
    here, there = (Survey(t, **DESIGNS["two stages"]) for t in (SAMPLE, table))
    assert_same(here.share("use", by="group"), there.share("use", by="group"))


def test_columns_can_be_taken_home(table: Any) -> None:
    options: dict[str, Any] = {"weights": "w", "strata": "stratum", "psu": "psu"}
    home = Survey(table, **options).collect("money")
    assert isinstance(home.frame, pd.DataFrame)
    assert_same(Survey(SAMPLE, **options).mean("money"), home.mean("money"))
