"""Tables larger than memory: Parquet files through DuckDB, one process a measurement.

``python -m benchmarks.big FOLDER TASK [--memory 1GB]`` prints seconds and the largest memory
of the whole process; ``page`` measures a series of sizes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mspsurvey as ms
from benchmarks.sample import ITEM_NAMES, write_parquet
from benchmarks.worker import resident

ROOT = Path(__file__).parent.parent
PARTS = Path(tempfile.gettempdir()) / "mspsurvey-bench"
TASKS = {
    "open": "declare and check the design",
    "mean": "mean with SE × 20 domains",
    "items": "ten five-level items × 20 domains",
    "where": "mean × 20 domains in a domain by two conditions",
}


def answer(survey: ms.Survey, task: str) -> Any:
    """Ask one question."""
    if task == "mean":
        return survey.mean("y", by="domain")
    if task == "items":
        return survey.share(list(ITEM_NAMES), by="domain")
    if task == "where":
        return survey.where("sex == '1' and y > 10").mean("y", by="domain")
    return survey


def measure(rows: int, task: str, memory: str = "1GB") -> dict[str, Any]:
    """Ask the files of so many rows, in a process of its own."""
    folder = PARTS / f"{rows}"
    write_parquet(rows, folder)
    ask = [sys.executable, "-m", "benchmarks.big", str(folder), task, "--memory", memory]
    done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    size = sum(f.stat().st_size for f in folder.glob("*.parquet"))
    return found | {"disk_mb": size / 1e6}


def page(sizes: list[int]) -> list[str]:
    """Measure all tasks at all sizes, as lines of a page."""
    return list(_lines(sizes))


def _lines(sizes: list[int]) -> Iterator[str]:
    yield "## Parquet files through DuckDB"
    yield ""
    yield (
        '`Survey.from_parquet(…, memory="1GB")`; files of a million rows each, with 29 '
        "columns; seconds, and the largest memory of the whole process, interpreter and "
        "libraries included."
    )
    yield ""
    yield f"| rows | on disk | {' | '.join(TASKS.values())} |"
    yield "|---" * (len(TASKS) + 2) + "|"
    for rows in sizes:
        found = {task: measure(rows, task) for task in TASKS}
        cells = [f"{f['seconds']:.2f} s, {f['peak_mb']:,.0f} MB" for f in found.values()]
        size = found["mean"]["disk_mb"]
        print(rows, cells, flush=True)
        yield f"| {rows:,} | {size:,.0f} MB | {' | '.join(cells)} |"
    yield ""


def main() -> None:
    """Ask one question of one folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("task", choices=list(TASKS))
    parser.add_argument("--memory", default="1GB")
    given = parser.parse_args()
    start = time.perf_counter()
    survey = ms.Survey.from_parquet(
        given.folder / "*.parquet", memory=given.memory, weights="w", strata="stratum", psu="psu"
    )
    opened = time.perf_counter()
    answer(survey, given.task)
    done = time.perf_counter()
    took = opened - start if given.task == "open" else done - opened
    print(json.dumps({"seconds": took, "peak_mb": resident("VmHWM")}))


if __name__ == "__main__":
    main()
