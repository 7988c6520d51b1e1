"""Outside figures that an estimate can be held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspsurvey.errors import DefinitionError

COLUMNS = ("variable", "level", "share", "label", "source", "note")


@dataclass(frozen=True)
class Benchmark:
    """Outside shares of the levels of one variable, from one source.

    Attributes
    ----------
    values : mapping of str to float
        Share, as a fraction, by code of the level.
    label, source, note : str
        Words for a legend, where the figures come from, and how far they can be compared.
    """

    values: Mapping[str, float]
    label: str
    source: str
    note: str


def load_benchmarks(path: Path) -> dict[str, Benchmark]:
    """Read the file of benchmarks, by variable.

    Raises
    ------
    DefinitionError
        Where a column is missing, a share is not between 0 and 1, or a variable has more
        than one source.
    """
    table = pd.read_csv(path, dtype={"level": "str"}, keep_default_na=False)
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        raise DefinitionError(
            f"{path} should have the columns {', '.join(COLUMNS)}.", f"It lacks {absent[0]}."
        )
    if not table["share"].between(0, 1).all():
        raise DefinitionError(f"{path}, share: fractions between 0 and 1 were wanted.", "", "")
    found = {}
    for variable, rows in table.groupby("variable", sort=False):
        words = rows[["label", "source", "note"]].drop_duplicates()
        if len(words) > 1:
            raise DefinitionError(
                f"{path}, {variable}: one source for all levels was wanted.",
                f"There are {len(words)}.",
            )
        values = dict(zip(rows["level"], rows["share"].astype("float64"), strict=True))
        label, source, note = (str(text) for text in words.iloc[0])
        found[str(variable)] = Benchmark(values, label, source, note)
    return found
