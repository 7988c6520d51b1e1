"""Time the rules of validation: ``python -m benchmarks.validation [--rows 1000000]``.

A table of 40 columns (an id, twenty closed questions, sixteen numbers, three routed ones) in
which one cell in a hundred is wrong; seconds, and the memory taken beyond the data.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.intake.validate import Relation, findings

SEED = 20261124
CLOSED, NUMBERS = 20, 16
BAD = 0.01
RELATIONS = (Relation(("r0",), "n0"),)
HEAD = """
instrument: big
title: Benchmark
version: "1.0"
population: firms
reference_period: now
blocks:
  - name: main
    questions:
"""
OPTIONS = 'options: [{code: "1", label: A}, {code: "2", label: B}, {code: "3", label: C}]'


def instrument() -> Instrument:
    """Forty columns less the id: twenty closed, sixteen numbers, three asked of some."""
    lines = [
        f"      - {{name: c{k}, kind: single, text: C{k}?, {OPTIONS}}}" for k in range(CLOSED)
    ]
    lines += [
        f"      - {{name: n{k}, kind: number, text: N{k}?, low: 0, high: 100, required: true}}"
        for k in range(NUMBERS)
    ]
    lines += [
        f"      - {{name: r{k}, kind: number, text: R{k}?, low: 0, ask_if: \"c{k} == '1'\"}}"
        for k in range(3)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.yaml"
        path.write_text(HEAD + "\n".join(lines), encoding="utf-8")
        return load_instrument(path)


def table(rows: int, dtype: str) -> pd.DataFrame:
    """Answers, of which one in a hundred is wrong."""
    rng = np.random.default_rng(SEED)
    data: dict[str, object] = {"resp_id": pd.array([f"R{k}" for k in range(rows)], dtype="str")}
    for k in range(CLOSED):
        codes = np.where(rng.random(rows) < BAD, 3, rng.integers(0, 3, rows))
        column = pd.Categorical.from_codes(codes, pd.Index(["1", "2", "3", "9"]))
        data[f"c{k}"] = pd.Series(column).astype(pd.api.types.pandas_dtype(dtype))
    for k in range(NUMBERS):
        values = rng.integers(0, 101, rows).astype("float64")
        bad = rng.random(rows) < BAD
        values[bad] = np.where(rng.random(bad.sum()) < 0.5, np.nan, 101.0)
        data[f"n{k}"] = values
    for k in range(3):
        asked = pd.Series(data[f"c{k}"]).eq("1").to_numpy() ^ (rng.random(rows) < BAD)
        data[f"r{k}"] = np.where(asked, 1.0, np.nan)
    return pd.DataFrame(data)


def peak() -> float:
    """Most memory that the process has taken, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int, dtype: str) -> str:
    """Say how long the rules take, as the median of three, and what memory they take."""
    asked, answers = instrument(), table(rows, dtype)
    before, seconds = peak(), []
    for _ in range(3):
        start = time.perf_counter()
        found = findings(answers, asked, relations=RELATIONS)
        seconds.append(time.perf_counter() - start)
    return (
        f"{rows:,} rows, {answers.shape[1]} columns of {dtype}: {len(found):,} findings in "
        f"{statistics.median(seconds):.2f} s, {peak() - before:.0f} MB more"
    )


def main() -> None:
    """Measure categories and text, each in a process of its own, since a peak never falls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    for dtype in ("category", "str"):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            print(alone.submit(measure, rows, dtype).result())


if __name__ == "__main__":
    main()
