"""A small survey with an instrument, for the tests of banners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Question, Variable


def variable(name: str, label: str, options: dict[str, str], **more: Any) -> Variable:
    made = tuple(Option(code, words) for code, words in options.items())
    kind = more.pop("kind", "single")
    return Variable(name, label, label, kind, more.pop("question", name), made, **more)


TICK = {"no": "Not ticked", "yes": "Ticked"}
VARIABLES = [
    variable("mfa", "Second login step", {"none": "None", "some": "Some", "all": "All"}),
    variable("size", "Staff", {"s": "1 to 9", "m": "10 to 49", "l": "50 or more"}),
    variable("region", "Region", {"n": "North", "s": "South"}),
    variable("tools_a", "Tool A", TICK, kind="tick", question="tools"),
    variable("tools_b", "Tool B", TICK, kind="tick", question="tools"),
    variable("score", "Score", {}, kind="number"),
]
QUESTIONS = {
    v.name: Question(v.name, v.text, v.kind, "b", (v.name,)) for v in VARIABLES if v.kind != "tick"
} | {
    "tools": Question(
        "tools",
        "Which tools are used?",
        "multi",
        "b",
        ("tools_a", "tools_b"),
        (Option("a", "Tool A"), Option("b", "Tool B")),
    )
}
INSTRUMENT = Instrument(
    "msp", "Survey", "1", "firms", "2026", {"b": "Block"}, QUESTIONS,
    {v.name: v for v in VARIABLES},
)  # fmt: skip


def frame(n: int = 600, seed: int = 1) -> pd.DataFrame:
    """Firms with a share of "all" that grows with size: 20, 50 and 80 percent."""
    rng = np.random.default_rng(seed)
    size = rng.choice(["s", "m", "l"], n)
    full = rng.random(n) < pd.Series(size).map({"s": 0.2, "m": 0.5, "l": 0.8}).to_numpy()
    mfa = np.where(full, "all", rng.choice(["none", "some"], n))
    return pd.DataFrame({
        "mfa": mfa,
        "size": size,
        "region": rng.choice(["n", "s"], n),
        "tools_a": rng.choice(["no", "yes"], n),
        "tools_b": rng.choice(["no", "yes"], n),
        "score": rng.normal(50, 10, n) + 10 * full,
        "w": rng.uniform(0.5, 2, n),
        "u": rng.integers(0, 60, n),
    })  # fmt: skip


def survey(data: pd.DataFrame | None = None, **more: Any) -> Survey:
    data = frame() if data is None else data
    asked = {"weights": "w", "psu": "u", "instrument": INSTRUMENT, "synthetic": True} | more
    return Survey(data, **asked)


def counts(table: dict[tuple[str, str], int], **more: Any) -> Survey:
    """Firms by (mfa, size), each of weight 1."""
    rows = [key for key, n in table.items() for _ in range(n)]
    data = pd.DataFrame(rows, columns=["mfa", "size"])
    return Survey(data, **({"instrument": INSTRUMENT} | more))
