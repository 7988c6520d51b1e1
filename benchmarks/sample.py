"""The generated sample that every competitor is timed on.

50 strata of 40 PSUs, 20 domains, log-normal weights, ten five-level questions, two numbers
and a yes/no outcome that depend on five predictors and on the PSU, and four margins.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

STRATA, PSUS, DOMAINS, ITEMS, LEVELS = 50, 40, 20, 10, 5
ITEM_NAMES = tuple(f"q{k}" for k in range(ITEMS))
PREDICTORS = tuple(f"x{k}" for k in range(1, 6))
MARGINS = {"sex": 2, "age": 6, "region": 9, "school": 5}
CHUNK = 1_000_000


def draw(rows: int, seed: int = 1) -> pd.DataFrame:
    """Draw a sample; texts are categorical columns."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, STRATA * PSUS, rows).astype(np.int16)
    effect = np.random.default_rng(0).normal(0, 0.5, STRATA * PSUS)[unit]
    columns: dict[str, object] = {
        "w": np.exp(rng.normal(3.0, 0.6, rows)),
        "stratum": _texts(unit // PSUS, [f"s{k:02d}" for k in range(STRATA)]),
        "psu": _texts(unit, [f"p{k:04d}" for k in range(STRATA * PSUS)]),
        "domain": _texts(rng.integers(0, DOMAINS, rows), [f"d{k:02d}" for k in range(DOMAINS)]),
    }
    for k, name in enumerate(ITEM_NAMES):
        place = np.clip(np.rint(rng.normal(2 + 0.1 * k, 1.1, rows) + 0.4 * effect), 0, 4)
        columns[name] = _texts(place, [str(level) for level in range(1, LEVELS + 1)])
    for name in PREDICTORS:
        columns[name] = rng.normal(0, 1, rows)
    line = -0.5 + effect + sum(0.2 * k * columns[f"x{k}"] for k in range(1, 6))  # type: ignore[operator]
    columns["yes"] = (rng.random(rows) < 1 / (1 + np.exp(-line))).astype(np.float64)
    columns["y"] = np.exp(rng.normal(3, 0.8, rows) + 0.3 * effect)
    columns["z"] = np.asarray(columns["y"]) * rng.uniform(0.5, 1.5, rows)
    for name, count in MARGINS.items():
        columns[name] = _texts(rng.integers(0, count, rows), [str(k) for k in range(count)])
    return pd.DataFrame(columns)


def _texts(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int16), names)


def targets(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Give population totals of the margins, a few percent away from the sample's."""
    total = float(frame["w"].sum())
    made = {}
    for name, count in MARGINS.items():
        share = 1 + 0.1 * np.cos(np.arange(count))
        share /= share.sum()
        made[name] = {str(k): float(total * s) for k, s in enumerate(share)}
    return made


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn categorical columns into plain text."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "str"))


def write_parquet(rows: int, folder: Path) -> list[Path]:
    """Write a sample in chunks, each a file; what is there already stays.

    Texts are dictionary-encoded in the files, as a statistics office would have them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for k in range(max(1, rows // CHUNK)):
        file = folder / f"part{k:03d}.parquet"
        if not file.exists():
            table = pa.Table.from_pandas(draw(min(rows, CHUNK), seed=k + 1), preserve_index=False)
            made = file.with_suffix(".new")
            pq.write_table(table, made, compression="zstd")
            made.rename(file)
        files.append(file)
    return files
