"""How often a nominal 95 % interval holds the truth: ``python -m benchmarks.coverage``.

Samples are drawn again and again from the synthetic population, whose truth is known, by
three designs and at five base sizes, and asked through the package. Only rows that the
presentation standard lets through count; sums of numbers with a long tail, which it marks as
likely too short, are reported apart. Many samples are one table: each is a set of strata
of its own and a domain by itself, which gives exactly what the sample alone would give.

Writes the table in ``docs/methods/coverage.md`` and the chart beside it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mspsurvey as ms
from benchmarks.page import put
from benchmarks.world import SEED, WORLD, World, surveys
from mspsurvey.inference.result.disclose import LONG_TAIL_WORDS

ROOT = Path(__file__).parent.parent
PAGE, CHART = ROOT / "docs/methods/coverage.md", ROOT / "docs/methods/coverage.svg"
SIZES = (30, 50, 100, 300, 1000)
BATCH = 50
FEWEST = 200
"""A coverage of fewer intervals than this is not printed."""
DESIGNS = {
    "element": "stratified sample of firms",
    "cluster": "clients within firms (two stages)",
    "raked": "raked after nonresponse",
}
INTERVALS = ("logit", "korn-graubard", "wilson", "arcsine", "mean")
ESTIMATORS = {
    **{f"share, rare, {name}": f"share near 10 %: {name}" for name in INTERVALS},
    **{f"share, middle, {name}": f"share near 50 %: {name}" for name in INTERVALS},
    "mean": "mean, mildly skewed",
    "total": "count in the population",
    "median": "median",
    "difference": "difference of two shares",
    "mean, heavy tail": "mean, long tail",
    "ratio": "ratio of two totals, both with a long tail",
    "ratio, heavy tail": "ratio to a total with a long tail",
}
LONG_TAIL = ("mean, heavy tail", "ratio", "ratio, heavy tail")
"""Marked below 900 degrees of freedom, and outside the promise there."""
Ask = Callable[[ms.Survey], Any]


def questions() -> dict[str, Ask]:
    """Give every estimator as a question to a survey of many samples."""

    def share(item: str, interval: str) -> Ask:
        return lambda s: s.share(item, by="sample", level="yes", interval=interval)

    asks: dict[str, Ask] = {
        f"share, {item}, {name}": share(item, name)
        for item in ("rare", "middle") for name in INTERVALS
    }  # fmt: skip
    return asks | {
        "mean": lambda s: s.mean("mild", by="sample"),
        "mean, heavy tail": lambda s: s.mean("heavy", by="sample"),
        "total": lambda s: s.total("middle", by="sample", level="yes"),
        "ratio": lambda s: s.ratio("heavy", "other", by="sample"),
        "ratio, heavy tail": lambda s: s.ratio("mild", "other", by="sample"),
        "median": lambda s: s.quantile("mild", [0.5], by="sample"),
        "difference": lambda s: s.share("middle", by=["sample", "half"], level="yes").compare(
            {"half": "metro"}, {"half": "rural"}
        ),
    }


COUNTS = ("samples", "shown", "shown_missed", "known", "missed", "marked")
"""Samples; those whose number may be shown, and their intervals that miss; all intervals, and
those that miss; those that are shown with a mark for their long tail."""


def tally(world: World, design: str, survey: ms.Survey, only: Sequence[str]) -> pd.DataFrame:
    """Count, for each estimator, samples, intervals that may be shown, and those that hold."""
    rows = []
    for name, ask in questions().items():
        if only and name not in only:
            continue
        data, truth = ask(survey).data, world.truth(design, name)
        shown = data["verdict"].ne("suppress").to_numpy()
        low, high = data["low"].to_numpy(), data["high"].to_numpy()
        missed, known = (high < truth) | (low > truth), np.isfinite(low) & np.isfinite(high)
        tail = (data["why"] == LONG_TAIL_WORDS).sum()
        counts = (len(data), shown.sum(), (missed & shown).sum(), known.sum(), missed.sum())
        rows.append((name, *counts, tail))
    return pd.DataFrame(rows, columns=["estimator", *COUNTS])


def simulate(
    design: str, n: int, samples: int, seed: int = SEED, only: Sequence[str] = ()
) -> pd.DataFrame:
    """Run one design at one base size."""
    world = WORLD()
    # Raking makes a regression on the margins of all samples at once.
    batch = 15 if design == "raked" else BATCH * (4 if n <= 100 else 2 if n <= 300 else 1)
    rng = np.random.default_rng([seed, list(DESIGNS).index(design), n])
    parts = []
    done = 0
    while done < samples:
        survey = surveys(world, rng, design, n, min(batch, samples))
        parts.append(tally(world, design, survey, only))
        done = sum(int(part["samples"].iloc[0]) for part in parts)
    counts = pd.concat(parts).groupby("estimator", sort=False).sum().reset_index()
    shown, known = (counts[c].where(counts[c] > 0) for c in ("shown", "known"))
    return counts.assign(
        design=design,
        n=n,
        coverage=1 - counts["shown_missed"] / shown,
        of_all=1 - counts["missed"] / known,
    )


def run(samples: int, sizes: Sequence[int] = SIZES) -> pd.DataFrame:
    """Run all designs and base sizes, two at a time, the longest first."""
    jobs = [(d, n) for n in sorted(sizes, reverse=True) for d in ("raked", "element", "cluster")]
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        found = list(pool.map(simulate, *zip(*jobs, strict=True), [samples] * len(jobs)))
    return pd.concat(found, ignore_index=True)


def cell(row: Mapping[str, Any]) -> str:
    """Write one coverage, and how many of the samples may be shown where not all."""
    if row["marked"] > row["shown"] / 2:
        return f"[u] {100 * row['of_all']:.1f}"
    part = row["shown"] / row["samples"]
    if row["shown"] < FEWEST:
        return f"– ({part:.0%}; {100 * row['of_all']:.1f})"
    text = f"{100 * row['coverage']:.1f}"
    if not 0.93 <= row["coverage"] <= 0.97:
        text = f"**{text}**"
    return text if part > 0.995 else f"{text} ({part:.0%}; {100 * row['of_all']:.1f})"


def tables(found: pd.DataFrame, samples: int) -> str:
    """Lay the result out, a table each design."""
    lines = [
        f"{samples:,} samples in each cell: the simulation error (one standard error) of a "
        f"coverage of 95 % is {100 * np.sqrt(0.05 * 0.95 / samples):.1f} points where all are "
        "shown. In brackets, where not all are: the share of samples that the presentation "
        "standard lets through, and the coverage in all samples, shown or not. No coverage is "
        f"given where fewer than {FEWEST} are shown. In bold: outside 93–97 %. [u]: the standard "
        "prints these with the mark for low reliability, as a few large numbers carry them; the "
        "number is the coverage in all samples.",
        "",
    ]
    for design, words in DESIGNS.items():
        mine = found[found["design"] == design]
        sizes = sorted(mine["n"].unique())
        lines += [f"### {words[0].upper()}{words[1:]}", ""]
        lines.append(f"| nominal 95 % interval of a | {' | '.join(f'n = {n:,}' for n in sizes)} |")
        lines.append("|---" * (len(sizes) + 1) + "|")
        for name, label in ESTIMATORS.items():
            row = mine[mine["estimator"] == name].set_index("n")
            cells = [cell(row.loc[n].to_dict()) for n in sizes]
            lines.append(f"| {label} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def draw_chart(found: pd.DataFrame, file: Path) -> None:
    """Draw every coverage as a dot: a panel each design, a row each estimator."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "coverage", "svg.fonttype": "none", "font.size": 9})
    figure, axes = plt.subplots(1, 3, figsize=(11, 5.6), sharey=True, layout="constrained")
    names, colours = list(ESTIMATORS), plt.get_cmap("viridis")(np.linspace(0, 0.85, len(SIZES)))
    for axis, (design, words) in zip(axes, DESIGNS.items(), strict=True):
        axis.axvspan(93, 97, color="#dfe7ee", zorder=0)
        axis.axvline(95, color="#667", lw=0.8, zorder=1)
        for k, (n, colour) in enumerate(zip(SIZES, colours, strict=True)):
            mine = found[(found["design"] == design) & (found["n"] == n)]
            mine = mine[mine["shown"].ge(FEWEST) & mine["marked"].le(mine["shown"] / 2)]
            whole = mine["shown"] > 0.9 * mine["samples"]
            for part, face in ((mine[whole], colour), (mine[~whole], "white")):
                places = np.array([names.index(e) for e in part["estimator"]]) + 0.1 * (k - 2)
                covered = np.maximum(100 * part["coverage"], 80)
                axis.plot(covered, places, "o", mec=colour, mfc=face, ms=4.5)
            axis.plot([], [], "o", color=colour, ms=4.5, label=f"n = {n:,}")
        axis.set(xlim=(79.5, 100), xlabel="coverage, % (80: or less)")
        axis.set_title(words, fontsize=9)
        axis.set_yticks(range(len(names)), list(ESTIMATORS.values()))
        axis.grid(axis="y", color="#eee")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    axes[1].plot([], [], "o", mec="#555", mfc="white", ms=4.5, label="10 % or more not shown")
    handles = [*axes[0].get_legend_handles_labels()[0], axes[1].get_lines()[-1]]
    labels = [*axes[0].get_legend_handles_labels()[1], "10 % or more not shown"]
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def main() -> None:
    """Simulate, and write page and chart."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    found = run(given.samples)
    put(tables(found, given.samples).strip(), given.out, "python -m benchmarks.coverage")
    draw_chart(found, given.out.with_suffix(".svg"))


if __name__ == "__main__":
    main()
