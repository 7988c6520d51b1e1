"""Time this package, a NumPy floor, PyPI's svy and R's survey on one generated sample.

``python -m benchmarks.run [--rows 1e4 1e5 1e6] [--quick] [--big]``. Every measurement is a
process of its own, with the data in memory; the number is the median of five calls, in each
of which the design is declared afresh. The table of ratios goes to ``benchmarks/results.md``.

svy lives in an environment of its own, ``.build/bench`` (made if a network is there); svy and
R are left out, with a line, where they are absent.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import big
from benchmarks.page import put
from benchmarks.sample import draw, targets

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".build" / "bench"
PEER_PYTHON = PLACE / "bin" / "python"
SVY = "svy==0.35.0"
TASKS = {
    "mean": "mean with SE × 20 domains",
    "items": "ten five-level items × 20 domains",
    "logit": "logit, five predictors",
    "rake": "raking, four margins",
    "bootstrap": "200 bootstrap replicates of a domain mean",
    "median": "median with interval × 20 domains",
}
COMPETITORS = (
    ("floor", "text"), ("ours", "text"), ("floor", "categorical"), ("ours", "categorical"),
    ("svy", "text"), ("R survey", "text"),
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One measurement, or why there is none."""

    task: str
    rows: int
    who: str
    columns: str
    seconds: float | None = None
    peak: float | None = None
    check: tuple[float | None, ...] = ()
    note: str = ""


def prepare(rows: int) -> Path:
    """Write the sample once, as Parquet and, for R, as CSV."""
    folder = PLACE / "data"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{rows}.parquet"
    if not file.exists():
        frame = draw(rows)
        totals = targets(frame)
        file.with_suffix(".json").write_text(json.dumps(totals))
        long = [(name, k, n) for name, levels in totals.items() for k, n in levels.items()]
        pd.DataFrame(long, columns=["name", "level", "total"]).to_csv(
            file.with_suffix(".targets.csv"), index=False
        )
        frame.to_csv(file.with_suffix(".csv"), index=False)
        frame.to_parquet(file)
    return file


def prepare_svy() -> None:
    """Make the environment that svy runs in, if it is not there and can be."""
    if PEER_PYTHON.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
    wanted = [SVY, "pandas", "pyarrow", "scipy"]
    quiet = ["-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([str(PEER_PYTHON), *quiet, *wanted], check=False)
    if done.returncode:
        shutil.rmtree(PLACE / "bin")


def command(who: str, task: str, columns: str, file: Path, repeats: int) -> list[str] | str:
    """Give the command of one measurement, or the reason why there is none."""
    if who == "R survey":
        rscript = shutil.which("Rscript")
        if rscript is None:
            return "no R here"
        script = str(ROOT / "benchmarks" / "peer.R")
        csv, totals = file.with_suffix(".csv"), file.with_suffix(".targets.csv")
        return [rscript, script, task, str(csv), str(repeats), str(totals)]
    python = PEER_PYTHON if who == "svy" else Path(sys.executable)
    if not python.exists():
        return "no svy here"
    name = "svy" if who == "svy" else who
    options = ["--columns", columns, "--repeats", str(repeats)]
    return [str(python), "-m", "benchmarks.worker", name, task, str(file), *options]


def measure(who: str, task: str, columns: str, rows: int, repeats: int) -> Result:
    """Run one measurement in a process of its own."""
    file = prepare(rows)
    # R takes minutes where the others take seconds: one call says enough.
    times = 1 if who == "R survey" and rows >= 1_000_000 else repeats
    made = command(who, task, columns, file, times)
    if isinstance(made, str):
        return Result(task, rows, who, columns, note=made)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    done = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, env=environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return Result(task, rows, who, columns, note=f"failed: {last[:90]}")
    found: dict[str, Any] = json.loads(lines[-1])
    if "skipped" in found:
        return Result(task, rows, who, columns, note=str(found["skipped"]))
    middle = statistics.median(found["seconds"])
    return Result(task, rows, who, columns, middle, float(found["peak_mb"]), tuple(found["check"]))


def disagreements(results: list[Result]) -> Iterator[str]:
    """Say where two competitors gave different numbers; bootstraps differ by their draws."""
    for task in TASKS:
        for rows in sorted({r.rows for r in results}):
            same = [r for r in results if r.task == task and r.rows == rows and r.check]
            if not same:
                continue
            reference = same[0].check
            for other in same[1:]:
                for k, value in enumerate(other.check):
                    # R's raking stops earlier, and interval limits of a median are two rules.
                    loose = (task, k) in {("bootstrap", 1), ("median", 1), ("rake", 0)}
                    limit = 0.2 if task == "bootstrap" and k else 1e-3 if loose else 1e-6
                    known = reference[k]
                    if value is None or known is None:
                        continue
                    if abs(value - known) > limit * abs(known):
                        yield f"{task}, {rows:,} rows: {other.who} {value:g}, floor {known:g}"


def seconds(value: float | None) -> str:
    """Write a time with two figures that count."""
    if value is None:
        return "–"
    if value < 0.1:
        return f"{1000 * value:.1f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def table(results: list[Result], rows: int) -> list[str]:
    """One table: times, and in brackets how many times the floor."""

    def cell(task: str, who: str, columns: str) -> str:
        floor = found.get((task, "floor", columns))
        one = found.get((task, who, columns))
        if one is None or one.seconds is None:
            return "–" if one is None else one.note
        text = seconds(one.seconds)
        if who != "floor" and floor is not None and floor.seconds:
            text += f" ({one.seconds / floor.seconds:.1f}×)"
        return f"{text}, {one.peak:,.0f} MB"

    found = {(r.task, r.who, r.columns): r for r in results if r.rows == rows}
    heads = [f"{who}, {columns}" for who, columns in COMPETITORS]
    lines = [f"### {rows:,} rows", "", f"| task | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for task, words in TASKS.items():
        cells = [cell(task, who, columns) for who, columns in COMPETITORS]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return [*lines, ""]


def report(results: list[Result], large: list[str], date: str) -> str:
    """Lay everything out as a page."""
    when = f", {date}" if date else ""
    lines = [
        "# Speed, measured",
        "",
        f"`python -m benchmarks.run` on a machine with {os.cpu_count()} cores{when}. Generated "
        "sample: 50 strata × 40 PSUs, 20 domains, log-normal weights. Each number is the "
        "median of five calls in a process of its own, with the data in memory and the design "
        "declared afresh in each call (R at a million rows: one call); in brackets, times the "
        "floor with the same columns; then the memory that the calls took at most, beyond the "
        "data. The floor is `benchmarks/floor.py`: NumPy written by hand for these six tasks "
        'and this one design, without checks, labels, design effects or verdicts. "text" has '
        'columns of strings, which must be hashed; "categorical" has codes.',
        "",
    ]
    for rows in sorted({r.rows for r in results}):
        lines += table(results, rows)
    differ = list(disagreements(results))
    agreed = "All gave the same numbers."
    lines += [agreed if not differ else "Numbers differ: " + "; ".join(differ) + ".", ""]
    return "\n".join([*lines, *large])


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=float, nargs="+", default=[1e4, 1e5, 1e6])
    parser.add_argument("--quick", action="store_true", help="10,000 rows, without R and svy")
    parser.add_argument("--big", type=float, nargs="*", default=None, metavar="ROWS",
                        help="Parquet files of so many rows, through DuckDB")  # fmt: skip
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--date", default="", help="printed in the page, if given")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results.md")
    given = parser.parse_args()
    who = [c for c in COMPETITORS if not given.quick or c[0] in ("floor", "ours")]
    if not given.quick:
        prepare_svy()
    results = []
    for rows in [10_000] if given.quick else [int(r) for r in given.rows]:
        for task in given.tasks:
            for name, columns in who:
                result = measure(name, task, columns, rows, 5)
                results.append(result)
                words = result.note or seconds(result.seconds)
                print(f"{rows:>9,} {task:10} {name:9} {columns:12} {words}", flush=True)
    sizes = [] if given.big is None else [int(r) for r in given.big or [1e5, 1e6, 1e7]]
    large = big.page(sizes) if sizes else []
    text = report(results, large, given.date)
    if given.quick:
        print(text)
        return
    given.out.write_text(text)
    if large:
        table_only = "\n".join(line for line in large if line.startswith("|"))
        put(
            table_only,
            ROOT / "docs" / "methods" / "big-tables.md",
            "python -m benchmarks.run --big",
        )


if __name__ == "__main__":
    main()
