"""One sample, its designs and the questions that every back end has to answer alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Option, Question, Variable

ANSWERS = ("never", "now and then", "often")
SCALE = Variable(
    "scale", "Scale?", "Scale", "single", "scale",
    tuple(Option(code, code, float(k)) for k, code in enumerate("abcd")),
)  # fmt: skip
TICKS = tuple(
    Variable(f"tool_{k}", k, k, "tick", "tool", (Option("no", "no"), Option("yes", k)))
    for k in ("mail", "chat")
)
INSTRUMENT = Instrument(
    "demo", "Demo", "1", "firms", "now", {"b": "B"},
    {"tool": Question("tool", "Tools?", "multi", "b", ("tool_mail", "tool_chat"))},
    {v.name: v for v in (SCALE, *TICKS)},
)  # fmt: skip


def draw_sample(rows: int = 3000, seed: int = 7) -> pd.DataFrame:
    """Draw three stages, with gaps in answers, groups and numbers, and some weights of 0."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 6, rows)
    psu, ssu = rng.integers(0, 8, rows), rng.integers(0, 4, rows)
    frame = pd.DataFrame(
        {
            "stratum": [f"s{k}" for k in stratum],
            "psu": [f"p{k}" for k in psu],
            "ssu": ssu,
            "n1": 10.0 + stratum,
            "n2": 6.0 + psu % 3,
            "n3": 500.0,
            "w": np.exp(rng.normal(2, 0.5, rows)),
            "d": np.exp(rng.normal(2, 0.4, rows)),
            "group": pd.Categorical.from_codes(
                rng.integers(-1, 4, rows), ["west", "north", "east", "none here"][:4]
            ),
            "use": pd.Categorical.from_codes(rng.integers(-1, 3, rows), list(ANSWERS)),
            "scale": [["a", "b", "c", "d", None][k] for k in rng.integers(0, 5, rows)],
            "number": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(1e4, 3, rows)),
            "money": np.where(rng.random(rows) < 0.3, 0.0, rng.lognormal(3, 1, rows)),
            "staff": rng.integers(1, 40, rows),
            "member": rng.random(rows) < 0.4,
        }
    )
    gaps = rng.random(rows) < 0.05
    tools = {f"tool_{k}": rng.choice(["no", "yes"], rows) for k in ("mail", "chat")}
    frame = frame.assign(**tools)
    frame["tool_chat"] = frame["tool_chat"].mask(rng.random(rows) < 0.2)
    return frame.assign(money=frame["money"].mask(gaps), unit=rng.integers(0, 10**6, rows))


DESIGNS: dict[str, dict[str, Any]] = {
    "no design": {"psu": "psu"},
    "strata and units": {"weights": "w", "strata": "stratum", "psu": "psu"},
    "two stages": {
        "weights": "w", "strata": "stratum", "psu": ["psu", "ssu"], "fpc": ["n1", "n2"],
    },
    "rows at the last stage": {
        "weights": "w", "strata": "stratum", "psu": ["psu", "ssu"], "fpc": ["n1", "n2", "n3"],
    },
    "raked": {
        "weights": "w", "strata": "stratum", "psu": "psu",
        "raked_to": ["use", "member"], "raked_from": "d",
    },
    "rows as units": {"weights": "w", "strata": "stratum", "instrument": INSTRUMENT},
    "instrument": {
        "weights": "w", "strata": "stratum", "psu": "psu", "instrument": INSTRUMENT,
        "population": "firms of the land", "weight_note": "to the census",
    },
}  # fmt: skip

QUESTIONS: dict[str, Callable[[Survey], Estimates]] = {
    "shares": lambda s: s.share("use"),
    "shares by two groups": lambda s: s.share(["use", "scale"], by=["group", "member"]),
    "a net": lambda s: s.share("scale", by="group", level=["b", "c"], net="middle"),
    "other intervals": lambda s: s.share("use", interval="korn-graubard", deff="wr"),
    "means": lambda s: s.mean(["number", "money", "staff"], by="group"),
    "a mean by the stratum": lambda s: s.mean("money", by="stratum", confidence=0.9),
    "totals": lambda s: s.total(["money", "use", "staff"], by="member"),
    "a ratio": lambda s: s.ratio("money", "staff", by="group"),
    "a share of a total": lambda s: s.share("use", of="money", by="member"),
    "a domain": lambda s: s.where("use != 'never' and staff > 10").mean("money", by="group"),
    "a domain of a domain": lambda s: (
        s.where("not (group in ['west', 'east'])").where("number >= 1e4").share("use")
    ),
}


def assert_same(here: Estimates, there: Estimates) -> None:
    """Check that two tables agree, to 1e-10 in their numbers and exactly in all else."""
    assert list(here.data.columns) == list(there.data.columns)
    for name in here.data.columns:
        one, two = here.data[name], there.data[name]
        if one.dtype.kind in "fiu":
            scale = np.nanmax(np.abs(one.to_numpy(dtype=np.float64)), initial=1e-300)
            np.testing.assert_allclose(
                two.to_numpy(dtype=np.float64), one.to_numpy(dtype=np.float64),
                rtol=1e-10, atol=1e-14 * scale, err_msg=str(name),
            )  # fmt: skip
        else:
            assert one.astype(str).tolist() == two.astype(str).tolist(), name
    assert here.footer == there.footer
    assert dict(here.left_out) == dict(there.left_out)
    # Where weights were raked to the item itself, the covariance is what rounding leaves of 0.
    there, here = there.unsuppressed("test"), here.unsuppressed("test")
    noise = 1e-10 * np.nanmax(np.abs(here.covariance)) + 1e-26
    np.testing.assert_allclose(there.covariance, here.covariance, rtol=1e-9, atol=noise)


INSTRUMENT_QUESTIONS: dict[str, Callable[[Survey], Estimates]] = {
    "values behind codes": lambda s: s.mean("scale", by="group"),
    "several answers": lambda s: s.share("tool", by="group"),
    "several answers of a total": lambda s: s.share("tool", of="money"),
    "a ratio of codes": lambda s: s.ratio("scale", "staff"),
}
