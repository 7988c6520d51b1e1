"""Samples from the synthetic population, by three designs, many in one table.

Each sample is a set of strata of its own and a level of the column ``sample``: as a domain it
gives exactly what it would give alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

import mspsurvey as ms
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.synth.population.draw import draw_population

SEED = 2026
PER_CLUSTER = 3
GROUPS = {"1-4": "small", "5-9": "small", "10-19": "middle", "20-49": "middle"}
"""Strata as a margin; the others are large."""
MARGINS = ("group", "member", "half")
LONG_TAIL = ("heavy", "other")
"""Numbers of which a few firms or clients hold most, as an instrument would say."""
INSTRUMENT = Instrument(
    "world", "Synthetic population", "1", "firms and clients", "", {}, {},
    {n: Variable(n, n, n, "number", n, long_tail=True) for n in LONG_TAIL},
)  # fmt: skip


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
        return ms.Survey(frame, weights="w", strata="stratum", psu="psu", instrument=INSTRUMENT)
    if design == "element":
        frame = sample_firms(world, rng, n, count, answered=False)
        return ms.Survey(frame, weights="w", strata="stratum", fpc="size", instrument=INSTRUMENT)
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
        weights="w", strata="stratum", instrument=INSTRUMENT,
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
