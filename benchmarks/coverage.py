"""How often a nominal 95 % interval holds the truth: ``python -m benchmarks.coverage``.

Samples are drawn again and again from the synthetic population, whose truth is known, by
three designs and at five base sizes, and asked through the package. Only rows that the
presentation standard lets through count. Many samples are one table: each is a set of strata
of its own and a domain by itself, which gives exactly what the sample alone would give.

Writes the table in ``docs/methods/coverage.md`` and the chart beside it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mspsurvey as ms
from benchmarks.page import put
from mspsurvey.synth.population.draw import draw_population

ROOT = Path(__file__).parent.parent
PAGE, CHART = ROOT / "docs/methods/coverage.md", ROOT / "docs/methods/coverage.svg"
SEED = 2026
SIZES = (30, 50, 100, 300, 1000)
BATCH = 50
FEWEST = 200
"""A coverage of fewer intervals than this is not printed."""
PER_CLUSTER = 3
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
    "mean, heavy tail": "mean, heavy tail",
    "total": "count in the population",
    "ratio": "ratio of two totals that go together",
    "ratio, heavy tail": "ratio to a total with a heavy tail",
    "median": "median",
    "difference": "difference of two shares",
}
GROUPS = {"1-4": "small", "5-9": "small", "10-19": "middle", "20-49": "middle"}
"""Strata as a margin; the others are large."""
MARGINS = ("group", "member", "half")
Ask = Callable[[ms.Survey], Any]


@dataclass(frozen=True)
class World:
    """The population, cut to what is asked about.

    Attributes
    ----------
    firms, clients : DataFrame
        ``rare``, ``middle`` (yes or no), ``mild``, ``heavy``, ``other`` (numbers), ``half``
        (two groups), and of firms ``stratum``, ``member``, ``chance`` of an answer.
        Clients are sorted by firm.
    first, count : ndarray of int, shape (firms with clients,)
        Where each firm's clients lie.
    """

    firms: pd.DataFrame
    clients: pd.DataFrame
    first: np.ndarray
    count: np.ndarray

    @classmethod
    def draw(cls, seed: int = SEED) -> World:
        """Draw the population once."""
        population = draw_population(seed)
        m, c = population.msps, population.clients
        firms = pd.DataFrame(
            {
                "rare": m["incident_reported"].to_numpy(),
                "middle": m["base_class"].eq("not_met").to_numpy(),
                "mild": m["price"].to_numpy(),
                "heavy": m["clients"].to_numpy(dtype=np.float64),
                "other": m["emp"].to_numpy(dtype=np.float64),
                "half": m["area"].to_numpy(),
                "stratum": m["size"].to_numpy(),
                "group": m["size"].map(GROUPS).fillna("large").to_numpy(),
                "member": m["member"].to_numpy(),
                "chance": np.where(m["member"], 0.5, 0.25),
            }
        )
        served = c[c["msp"] >= 0].sort_values("msp", kind="stable")
        enough = served.groupby("msp")["msp"].transform("size") >= PER_CLUSTER
        served = served[enough]
        clients = pd.DataFrame(
            {
                "rare": served["incident"].to_numpy(),
                "middle": served["contract"].to_numpy(),
                "mild": served["price"].to_numpy(),
                "heavy": (served["price"] * 2.0 ** served["size_index"]).to_numpy(),
                "other": 2.0 ** served["size_index"].to_numpy(),
                "half": np.where(served["regulated"], "metro", "rural"),
            }
        )
        _, first, count = np.unique(served["msp"], return_index=True, return_counts=True)
        return cls(firms, clients, first, count)

    def people(self, design: str) -> pd.DataFrame:
        """Whom a design is about."""
        return self.clients if design == "cluster" else self.firms

    def truth(self, design: str, estimator: str) -> float:
        """What is true of all of them."""
        people = self.people(design)
        if estimator.startswith("share"):
            return float(people[estimator.split(", ")[1]].mean())
        if estimator == "difference":
            shares = people.groupby("half")["middle"].mean()
            return float(shares["metro"] - shares["rural"])
        made = {
            "mean": people["mild"].mean(),
            "mean, heavy tail": people["heavy"].mean(),
            "total": people["middle"].sum(),
            "ratio": people["heavy"].sum() / people["other"].sum(),
            "ratio, heavy tail": people["mild"].sum() / people["other"].sum(),
            "median": float(np.sort(people["mild"])[(len(people) - 1) // 2]),
        }
        return float(made[estimator])


WORLD = cache(World.draw)


def without_replacement(
    rng: np.random.Generator, count: int, size: int, chance: np.ndarray
) -> np.ndarray:
    """Draw ``size`` of the rows of ``chance`` ``count`` times, as positions (count, size)."""
    # The largest of log(u)/chance are a sample with chances that follow ``chance``.
    keys = np.log1p(-rng.random((count, len(chance)), dtype=np.float32))
    keys /= chance.astype(np.float32)
    return np.argpartition(-keys, size - 1, axis=1)[:, :size]


def allocation(sizes: np.ndarray, n: int) -> np.ndarray:
    """Split a sample over strata by the square root of their size, two at least in each."""
    exact = n * np.sqrt(sizes) / np.sqrt(sizes).sum()
    split = np.maximum(2, np.floor(exact)).astype(np.int64)
    while split.sum() < n:
        split[np.argmax(exact - split)] += 1
    while split.sum() > n:
        split[np.argmax(split)] -= 1
    return split


def sample_firms(
    world: World, rng: np.random.Generator, n: int, count: int, *, answered: bool
) -> pd.DataFrame:
    """Stratified samples of firms; where not all answer, chances differ by membership."""
    codes, names = pd.factorize(world.firms["stratum"], sort=True)
    sizes = np.bincount(codes)
    split = allocation(sizes, n)
    drawn = []
    for stratum in range(len(names)):
        rows = np.flatnonzero(codes == stratum)
        chance = np.ones(len(rows))
        if answered:
            chance = world.firms["chance"].to_numpy()[rows]
        drawn.append(rows[without_replacement(rng, count, split[stratum], chance)])
    rows = np.concatenate(drawn, axis=1)
    frame = numbered(world.firms, rows)
    stratum = codes[rows.ravel()]
    return frame.assign(
        w=(sizes / split)[stratum],
        size=sizes[stratum].astype(np.float64),
        stratum=frame["sample"].astype(str) + "/" + frame["stratum"].astype(str),
    )


def sample_clients(world: World, rng: np.random.Generator, n: int, count: int) -> pd.DataFrame:
    """Firms drawn with chances by their number of clients, then three clients in each.

    Two strata of firms, large and small; draws of a firm are with replacement, so that every
    client has the same weight within a stratum.
    """
    large = world.count >= np.median(world.count)
    drawn, weights, strata, units = [], [], [], []
    clusters = -(-n // PER_CLUSTER)
    for number, inside in enumerate((large, ~large)):
        firms = np.flatnonzero(inside)
        share = world.count[firms] / world.count[firms].sum()
        many = clusters - clusters // 2 if number == 0 else clusters // 2
        chosen = firms[rng.choice(len(firms), (count, many), p=share)]
        picked = within_firm(rng, world.count[chosen]) + world.first[chosen][:, :, None]
        drawn.append(picked.reshape(count, -1))
        total = world.count[firms].sum() / (many * PER_CLUSTER)
        weights.append(np.full(many * PER_CLUSTER, total))
        strata.append(np.full(many * PER_CLUSTER, number))
        units.append(np.repeat(np.arange(many), PER_CLUSTER) + 1000 * number)
    rows = np.concatenate(drawn, axis=1)[:, : clusters * PER_CLUSTER]
    frame = numbered(world.clients, rows)
    sample = frame["sample"].astype(str)
    return frame.assign(
        w=np.tile(np.concatenate(weights), count),
        stratum=sample + "/" + np.tile(np.concatenate(strata), count).astype(str),
        psu=np.tile(np.concatenate(units), count),
    )


def within_firm(rng: np.random.Generator, count: np.ndarray) -> np.ndarray:
    """Three different numbers below each count, shape (…, 3)."""
    first = rng.integers(0, count)
    second = rng.integers(0, count - 1)
    second += second >= first
    low, high = np.minimum(first, second), np.maximum(first, second)
    third = rng.integers(0, count - 2)
    third += third >= low
    third += third >= high
    return np.stack([first, second, third], axis=-1)


def numbered(people: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Put samples, a row of positions each, under one another."""
    names = [f"{k:03d}" for k in range(len(rows))]
    sample = pd.Categorical.from_codes(np.repeat(np.arange(len(rows)), rows.shape[1]), names)
    frame = people.iloc[rows.ravel()].reset_index(drop=True)
    yes = {c: pd.Categorical.from_codes(frame[c].astype(int), ["no", "yes"])
           for c in ("rare", "middle")}  # fmt: skip
    return frame.assign(sample=sample, **yes)


def surveys(world: World, rng: np.random.Generator, design: str, n: int, count: int) -> ms.Survey:
    """Draw samples of one design and declare them."""
    if design == "cluster":
        frame = sample_clients(world, rng, n, count)
        return ms.Survey(frame, weights="w", strata="stratum", psu="psu")
    if design == "element":
        frame = sample_firms(world, rng, n, count, answered=False)
        return ms.Survey(frame, weights="w", strata="stratum", fpc="size")
    return raked(world, sample_firms(world, rng, n, 2 * count, answered=True), count)


def raked(world: World, frame: pd.DataFrame, count: int) -> ms.Survey:
    """Rake each sample to groups of size, membership and area."""
    known = {name: world.firms[name].astype(str).value_counts().sort_index() for name in MARGINS}
    mine = {name: frame[name].astype(str) for name in MARGINS}
    names = [str(k) for k in frame["sample"].cat.categories]
    whole = _feasible(frame, mine, known)[:count]
    keep = frame["sample"].cat.codes.isin(whole).to_numpy()
    sample = frame["sample"][keep].cat.set_categories([names[k] for k in whole])
    joint = {
        f"in_{name}": (sample.astype(str) + "/" + column[keep]).astype("category")
        for name, column in mine.items()
    }
    survey = ms.Survey(
        frame[keep].assign(sample=sample, **joint).reset_index(drop=True),
        weights="w", strata="stratum",
    )  # fmt: skip
    margins = {
        f"in_{name}": {
            f"{names[k]}/{level}": float(total) for k in whole for level, total in totals.items()
        }
        for name, totals in known.items()
    }
    return ms.weight.rake(survey, margins)


def _feasible(
    frame: pd.DataFrame, mine: Mapping[str, pd.Series], known: Mapping[str, pd.Series]
) -> np.ndarray:
    """Samples whose margins can be met at all, found by raking their joint cells.

    In the others a practitioner would merge levels; that would be another estimator.
    """
    cell, shape, wanted = frame["sample"].cat.codes.to_numpy(np.int64), [], []
    for name, column in mine.items():
        total = known[name]
        cell = cell * len(total) + np.searchsorted(total.index.to_numpy(), column.to_numpy())
        shape.append(len(total))
        wanted.append(total.to_numpy(np.float64))
    count = len(frame["sample"].cat.categories)
    table = np.bincount(cell, frame["w"], count * int(np.prod(shape))).reshape(count, *shape)
    for _ in range(300):
        for axis, total in enumerate(wanted, start=1):
            others = tuple(k for k in range(1, len(shape) + 1) if k != axis)
            sums = table.sum(axis=others, keepdims=True)
            where = [1] * (len(shape) + 1)
            where[axis] = -1
            factor = np.zeros_like(sums)
            np.divide(total.reshape(where), sums, out=factor, where=sums > 0)
            table = table * factor
    off = [
        np.abs(table.sum(axis=a) / t - 1).max(axis=1) for a, t in zip(_OTHERS, wanted, strict=True)
    ]
    return np.flatnonzero(np.max(off, axis=0) < 1e-9)


_OTHERS = ((2, 3), (1, 3), (1, 2))
"""Axes of the joint table besides the samples and each of the three margins."""


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


COUNTS = ("samples", "shown", "shown_missed", "known", "missed")
"""Samples; those whose number may be shown, and their intervals that miss; all intervals, and
those that miss."""


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
        counts = (len(data), shown.sum(), (missed & shown).sum(), known.sum(), missed.sum())
        rows.append((name, *counts))
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
        f"given where fewer than {FEWEST} are shown. In bold: outside 93–97 %.",
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
            mine = mine[mine["shown"] >= FEWEST]
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
