"""One task of one competitor in a process of its own: prints seconds, memory and a check."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import resource
import time
from pathlib import Path
from typing import Any


def resident(field: str) -> float:
    """Memory of this process from the kernel, in MB: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Let the kernel count the peak from now on, where it can."""
    refs = Path("/proc/self/clear_refs")
    if refs.exists():
        refs.write_text("5")


def load(who: str, columns: str, file: Path) -> Any:
    """Read the sample into memory as the competitor wants it."""
    if who == "svy":
        import polars as pl

        frame = pl.read_parquet(file)
        kinds = [name for name, kind in frame.schema.items() if not kind.is_numeric()]
        kind = pl.String if columns == "text" else pl.Categorical
        return frame.with_columns(pl.col(kinds).cast(pl.String).cast(kind)).rechunk()
    import pandas as pd

    from benchmarks.sample import as_text

    frame = pd.read_parquet(file)
    return as_text(frame) if columns == "text" else frame


def measured(call: Any, repeats: int) -> tuple[dict[str, Any], Any]:
    """Time a call, and see how much memory it takes at most."""
    gc.collect()
    forget_peak()
    before, seconds, answer = resident("VmRSS"), [], None
    for _ in range(repeats):
        answer = None
        start = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "peak_mb": resident("VmHWM") - before}, answer


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=["floor", "ours", "svy"])
    parser.add_argument("task")
    parser.add_argument("file", type=Path)
    parser.add_argument("--columns", choices=["text", "categorical"], default="text")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    targets = json.loads(given.file.with_suffix(".json").read_text())
    module = importlib.import_module(
        "benchmarks.peer_svy" if given.who == "svy" else f"benchmarks.{given.who}"
    )
    frame = load(given.who, given.columns, given.file)
    calls = module.tasks(frame, targets)
    if given.task not in calls:
        print(json.dumps({"skipped": "not built yet"}))
        return
    result, answer = measured(calls[given.task], given.repeats)
    print(json.dumps(result | {"check": module.check(given.task, answer)}))


if __name__ == "__main__":
    main()
