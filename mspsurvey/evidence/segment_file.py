"""The segments' file: how answers become groups, read and checked.

Each rule may be left out; then nobody is put into its groups.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.toml import Table, require_unique


@dataclass(frozen=True)
class Groups:
    """Codes of one variable, gathered into groups."""

    variable: str
    labels: Mapping[str, str]
    group_of: Mapping[str, str]


@dataclass(frozen=True)
class Member:
    """Who belongs to a trade body: prefix of the ticks for bodies, and the tick for none."""

    prefix: str
    none: str


@dataclass(frozen=True)
class Outsourcing:
    """Parameters of the rule for ``outs_level``, and the values of ``outs_index``."""

    provider: str
    contract: str
    staff: str
    functions: tuple[str, ...]
    functions_needed: int
    staff_below: float
    own_or_shared: int
    index: Mapping[str, float]


@dataclass(frozen=True)
class TopCode:
    """A number whose largest values are set to a quantile of it, under another name."""

    variable: str
    name: str
    label: str
    at: float


@dataclass(frozen=True)
class Segments:
    """All of one version of the segments; a rule that the file leaves out is None or empty."""

    version: str
    date: dt.date
    changed_by: str
    why: str
    size_variable: str
    size_starts: Mapping[str, tuple[float, ...]]
    division: Groups | None
    sector: Groups | None
    member: Member | None
    outsourcing: Outsourcing | None
    transparency: tuple[str, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    top_code: TopCode | None
    path: Path | None = None

    @property
    def name(self) -> str:
        """Words that each chart prints: ``segments v1.0``."""
        return f"segments v{self.version}"

    def sizes(self, source: str) -> list[str]:
        """Codes of the size bands, as ``1-4`` and ``100+``; none where there is no rule."""
        starts = [int(s) for s in self.starts(source)]
        ends = [f"{a}-{b - 1}" for a, b in itertools.pairwise(starts)]
        return [*ends, *(f"{start}+" for start in starts[-1:])]

    def starts(self, source: str) -> tuple[float, ...]:
        """Lower ends of the size bands; none where there is no rule."""
        return self.size_starts.get("msps" if source == "msps" else "clients", ())


def load_segments(path: Path) -> Segments:
    """Read and check one file of segments.

    Raises
    ------
    DefinitionError
        With file and key, where a key is missing, unknown or of the wrong kind, or a code
        stands in two groups.
    """
    top = Table.read(path).only(
        "version", "date", "changed_by", "why", "size", "division", "member", "sector_group",
        "outsourcing", "transparency", "top_code",
    )  # fmt: skip
    size = top.part("size").only("variable", "msps", "clients")
    transparency = top.part("transparency").only("variables", "known", "unknown")
    return Segments(
        version=top.text("version"),
        date=top.date("date"),
        changed_by=top.text("changed_by"),
        why=top.text("why"),
        size_variable=size.text("variable") if size.data else "",
        size_starts={key: size.numbers(key) for key in ("msps", "clients") if key in size},
        division=_groups(top.table("division")) if "division" in top else None,
        sector=_groups(top.table("sector_group")) if "sector_group" in top else None,
        member=_member(top.table("member")) if "member" in top else None,
        outsourcing=_outsourcing(top.table("outsourcing")) if "outsourcing" in top else None,
        transparency=transparency.texts("variables") if transparency.data else (),
        known=transparency.texts("known") if transparency.data else (),
        unknown=transparency.texts("unknown") if transparency.data else (),
        top_code=_top_code(top.table("top_code")) if "top_code" in top else None,
        path=path,
    )


def _groups(table: Table) -> Groups:
    table.only("variable", "groups")
    parts = [t.only("code", "label", "members") for t in table.tables("groups")]
    require_unique(parts, "code")
    group_of: dict[str, str] = {}
    for part in parts:
        for member in part.texts("members"):
            if member in group_of:
                raise part.fail(
                    "members", "a code can be in one group only.",
                    f"'{member}' is in '{group_of[member]}' and in '{part.text('code')}'.",
                )  # fmt: skip
            group_of[member] = part.text("code")
    labels = {part.text("code"): part.text("label") for part in parts}
    return Groups(table.text("variable"), labels, group_of)


def _member(table: Table) -> Member:
    table.only("prefix", "none")
    return Member(table.text("prefix"), table.text("none"))


def _top_code(table: Table) -> TopCode:
    table.only("variable", "name", "label", "at")
    at = table.number("at")
    if not 0.5 < at <= 1:
        raise table.fail("at", "a quantile above .5, up to 1, was wanted.", f"It is {at:g}.")
    return TopCode(table.text("variable"), table.text("name"), table.text("label"), at)


def _outsourcing(table: Table) -> Outsourcing:
    table.only(*Outsourcing.__dataclass_fields__)
    index = table.table("index")
    functions = table.texts("functions")
    needed = table.whole("functions_needed")
    if needed > len(functions):
        raise table.fail(
            "functions_needed", "no more can be needed than there are.",
            f"{needed} are needed of {len(functions)}.",
        )  # fmt: skip
    return Outsourcing(
        provider=table.text("provider"),
        contract=table.text("contract"),
        staff=table.text("staff"),
        functions=functions,
        functions_needed=needed,
        staff_below=table.number("staff_below"),
        own_or_shared=table.whole("own_or_shared"),
        index={code: index.number(code) for code in index.data},
    )
