"""The segments' file: how answers become groups, read and checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.evidence.definition import Table, require_unique


@dataclass(frozen=True)
class Groups:
    """Codes of one variable, gathered into groups."""

    variable: str
    labels: Mapping[str, str]
    group_of: Mapping[str, str]


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
    """All of one version of the segments."""

    version: str
    date: dt.date
    changed_by: str
    why: str
    size_variable: str
    size_starts: Mapping[str, tuple[float, ...]]
    division: Groups
    sector: Groups
    member_prefix: str
    member_none: str
    outsourcing: Outsourcing
    transparency: tuple[str, ...]
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    top_code: TopCode
    path: Path | None = None

    @property
    def name(self) -> str:
        """Words that each chart prints: ``segments v1.0``."""
        return f"segments v{self.version}"

    def sizes(self, source: str) -> list[str]:
        """Codes of the size bands, as ``1-4`` and ``100+``."""
        starts = [int(s) for s in self.size_starts["msps" if source == "msps" else "clients"]]
        ends = [s - 1 for s in starts[1:]]
        return [*(f"{a}-{b}" for a, b in zip(starts, ends, strict=False)), f"{starts[-1]}+"]


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
    size = top.table("size").only("variable", "msps", "clients")
    member = top.table("member").only("prefix", "none")
    transparency = top.table("transparency").only("variables", "known", "unknown")
    return Segments(
        version=top.text("version"),
        date=top.date("date"),
        changed_by=top.text("changed_by"),
        why=top.text("why"),
        size_variable=size.text("variable"),
        size_starts={key: size.numbers(key) for key in ("msps", "clients")},
        division=_groups(top.table("division")),
        sector=_groups(top.table("sector_group")),
        member_prefix=member.text("prefix"),
        member_none=member.text("none"),
        outsourcing=_outsourcing(top.table("outsourcing")),
        transparency=transparency.texts("variables"),
        known=transparency.texts("known"),
        unknown=transparency.texts("unknown"),
        top_code=_top_code(top.table("top_code")),
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
