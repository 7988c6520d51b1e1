"""The ledger: every number that a report shows or hides, with what lies behind it.

It holds hidden numbers too, so that an audit can tell what readers could learn of them. It is
kept beside the build and never published.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mspsurvey.errors import DataError
from mspsurvey.files import write_whole
from mspsurvey.inference.banner.banner import Banner
from mspsurvey.inference.banner.rows import NET, Line
from mspsurvey.inference.result.estimate import SUPPRESS, Estimates, untold


@dataclass(frozen=True)
class Entry:
    """One number.

    Attributes
    ----------
    report, source : str
        Where it is shown, and whose answers it is made of.
    statistic, of, item : str
        As in ``Estimates``.
    levels : tuple of str
        Codes that it takes together; none for a number such as a mean.
    where : str
        Domain as code.
    by : tuple of (str, str)
        Grouping variables, each with its code.
    n, base : float
        Respondents behind it, counted and weighted.
    estimate : float or None
        Its value, also where it is hidden; None where there is none.
    shown, base_shown : bool
        Whether readers see the estimate, and the number of respondents.
    why : str
        Rule by which it is hidden, "" where it is shown.
    rounding : float
        How far a shown estimate may be from its value.
    """

    report: str
    source: str
    statistic: str
    of: str
    item: str
    levels: tuple[str, ...]
    where: str
    by: tuple[tuple[str, str], ...]
    n: float
    base: float
    estimate: float | None
    shown: bool
    base_shown: bool
    why: str
    rounding: float = 0.0

    @property
    def place(self) -> str:
        """The table it stands in, in words."""
        columns = " and ".join(column for column, _ in self.by)
        parts = [f"{self.statistic} of {self.item}", f"by {columns}" if columns else ""]
        parts += [f"where {self.where}" if self.where else ""]
        return f"{self.report}: {' '.join(p for p in parts if p)}"

    @property
    def name(self) -> str:
        """The cell, in words."""
        codes = [f"{self.item} {'+'.join(self.levels)}".strip()]
        codes += [f"{column} {code}" for column, code in self.by]
        return ", ".join(codes)


def entries(shown: Estimates | Banner, *, report: str, source: str) -> list[Entry]:
    """List the numbers of a table of estimates, or of a banner."""
    rows = _of_banner(shown) if isinstance(shown, Banner) else _of_estimates(shown)
    return [Entry(report=report, source=source, **row) for row in rows]


def _of_estimates(est: Estimates) -> Iterator[dict[str, Any]]:
    for row, small in zip(est.data.to_dict("records"), untold(est.data), strict=True):
        level = str(row["level"])
        shown = bool(row["verdict"] != SUPPRESS or est.override)
        yield {
            "statistic": est.statistic,
            "of": est.of,
            "item": str(row["item"]),
            "levels": tuple(est.nets.get(level, (level,) if level else ())),
            "where": est.where,
            "by": tuple((b, str(row[b])) for b in est.by),
            "base_shown": shown or not bool(small),
            "shown": shown,
            "rounding": 0.0 if est.digits is None else 0.5 * 10.0**-est.digits,
            **_numbers(row),
        }


def _of_banner(banner: Banner) -> Iterator[dict[str, Any]]:
    lines = {(b.name, x.item, x.level, x.kind): (b, x) for b, x in banner.lines}
    for row in banner.data.to_dict("records"):
        block, line = lines[row["block"], row["item"], row["level"], row["kind"]]
        columns = row["column"].split(" & ") if row["column"] else []
        codes = row["group"].split(" & ") if row["column"] else []
        yield {
            "statistic": str(row["statistic"]),
            "of": "",
            "item": line.item,
            "levels": _members(line),
            "where": banner.domains.get(block.name, ""),
            "by": tuple(zip(columns, codes, strict=True)),
            "base_shown": bool(not row["base_hidden"] or banner.override),
            "shown": bool(row["verdict"] != SUPPRESS or banner.override),
            **_numbers(row),
        }


def _members(line: Line) -> tuple[str, ...]:
    if line.kind == NET and line.members:
        return line.members
    return (line.level,) if line.level else ()


def _numbers(row: Mapping[Any, Any]) -> dict[str, Any]:
    value = float(row["estimate"])
    return {
        "n": float(row["n"]),
        "base": float(row["base"]),
        "estimate": None if math.isnan(value) else value,
        "why": str(row["why"]) if row["verdict"] == SUPPRESS else "",
    }


def write_ledger(path: Path, kept: Iterable[Entry]) -> None:
    """Write a ledger as JSON, each number once, in a fixed order, whole or not at all."""
    rows = sorted({_line(entry) for entry in kept})
    write_whole(path, "[\n" + ",\n".join(rows) + "\n]\n")


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True)


def read_ledger(path: Path) -> list[Entry]:
    """Read a ledger back.

    Raises
    ------
    DataError
        Where the file is not a ledger of this version.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_entry(row) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} should be the ledger of a report.", f"It cannot be read: {error}.",
            "Build the reports again.",
        ) from None  # fmt: skip


def _entry(row: Mapping[str, Any]) -> Entry:
    known = {f.name: row[f.name] for f in fields(Entry)}
    by = tuple((str(column), str(code)) for column, code in row["by"])
    return Entry(**{**known, "levels": tuple(row["levels"]), "by": by})
