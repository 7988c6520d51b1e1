"""The rubric as it is written down: items, criteria, cut points, classes, and their version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.toml import Table, require_unique

AS_WORDED = "as_worded"
"""Reason that needs no column: the question names the one case in which it may be chosen."""

_TOP = (
    "version", "date", "changed_by", "why", "scale", "not_applicable", "complete",
    "domains", "items", "levels", "classes", "alternatives",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One practice.

    Attributes
    ----------
    criterion, critical : bool
        Whether it is one of the baseline's criteria, and whether nothing makes up for its lack.
    derived_from : str
        Numeric variable that it is computed from, "" where it is asked.
    cuts : tuple of float
        Values of that variable from which the item scores 1, 2, 3.
    reasons : tuple of str
        Reasons accepted for "does not apply"; empty where that answer is not allowed.
    """

    name: str
    domain: str
    label: str
    basis: str
    criterion: bool = False
    critical: bool = False
    derived_from: str = ""
    cuts: tuple[float, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """A group of items, and the weight of its mean in the total score."""

    code: str
    label: str
    weight: float = 1.0


@dataclass(frozen=True)
class Level:
    """A maturity level: the score it starts at, and items that it needs besides."""

    code: str
    label: str
    start: float
    needs: Mapping[str, float]


@dataclass(frozen=True)
class BaseClass:
    """A baseline class: how many criteria, and how many critical ones, reach it."""

    code: str
    label: str
    printed_once: str
    criteria: int
    critical: int


@dataclass(frozen=True)
class Complete:
    """How much must be answered before a score or a class is given."""

    items_per_domain: int
    domains: int
    items: int
    criteria_missing_at_most: int


@dataclass(frozen=True)
class Rubric:
    """All of one version of the rubric. ``classes`` run from best to worst."""

    version: str
    date: dt.date
    changed_by: str
    why: str
    codes: tuple[str, ...]
    top: float
    met_from: float
    not_applicable: tuple[str, ...]
    dont_know: tuple[str, ...]
    reason_suffix: str
    complete: Complete
    domains: tuple[Domain, ...]
    items: tuple[Item, ...]
    levels: tuple[Level, ...]
    classes: tuple[BaseClass, ...]
    path: Path | None = None

    @property
    def name(self) -> str:
        """Words that each chart prints: ``rubric v1.0``."""
        return f"rubric v{self.version}"

    @property
    def criteria(self) -> tuple[Item, ...]:
        """Items of the baseline, in order."""
        return tuple(item for item in self.items if item.criterion)

    @property
    def critical(self) -> tuple[Item, ...]:
        """Criteria that nothing makes up for."""
        return tuple(item for item in self.criteria if item.critical)

    def items_of(self, domain: str) -> tuple[Item, ...]:
        """Items of one domain."""
        return tuple(item for item in self.items if item.domain == domain)


def load_rubric(path: Path) -> Rubric:
    """Read and check one rubric.

    Raises
    ------
    DefinitionError
        With file and key, where a key is missing, unknown or of the wrong kind, or where the
        parts do not fit together: an item of no domain, levels that do not rise, a class
        that asks for more criteria than there are.
    """
    top = Table.read(path).only(*_TOP)
    scale = top.table("scale").only("codes", "top", "met_from", "not_applicable", "dont_know")
    domains = _domains(top)
    items = _items(top, domains)
    return Rubric(
        version=top.text("version"),
        date=top.date("date"),
        changed_by=top.text("changed_by"),
        why=top.text("why"),
        codes=scale.texts("codes"),
        top=scale.number("top"),
        met_from=scale.number("met_from"),
        not_applicable=scale.texts("not_applicable"),
        dont_know=scale.texts("dont_know"),
        reason_suffix=top.table("not_applicable").text("reason_suffix"),
        complete=_complete(top),
        domains=domains,
        items=items,
        levels=_levels(top, items),
        classes=_classes(top, items),
        path=path,
    )


def _complete(top: Table) -> Complete:
    table = top.table("complete").only(*Complete.__dataclass_fields__)
    return Complete(**{key: table.whole(key) for key in Complete.__dataclass_fields__})


def _domains(top: Table) -> tuple[Domain, ...]:
    tables = [t.only("code", "label", "weight") for t in top.tables("domains")]
    require_unique(tables, "code")
    return tuple(Domain(t.text("code"), t.text("label"), t.number("weight", 1)) for t in tables)


def _items(top: Table, domains: Sequence[Domain]) -> tuple[Item, ...]:
    keys = ("name", "domain", "label", "basis", "criterion", "critical", "derived_from", "cuts")
    tables = [t.only(*keys) for t in top.tables("items")]
    require_unique(tables, "name")
    excuses = top.table("not_applicable")
    excuses.only("reason_suffix", *(t.text("name") for t in tables))
    items = tuple(_item(table, domains, excuses) for table in tables)
    for domain in domains:
        if not any(item.domain == domain.code for item in items):
            raise top.fail("domains", "each needs an item.", f"'{domain.code}' has none.")
    return items


def _item(table: Table, domains: Sequence[Domain], excuses: Table) -> Item:
    name, domain = table.text("name"), table.text("domain")
    codes = [d.code for d in domains]
    if domain not in codes:
        raise table.fail(
            "domain", "the code of a domain was wanted.", f"It is '{domain}'.",
            did_you_mean(domain, codes),
        )  # fmt: skip
    criterion, critical = table.flag("criterion", False), table.flag("critical", False)
    if critical and not criterion:
        raise table.fail(
            "critical", "only a criterion can be critical.", f"'{name}' is none.",
            "Add criterion = true, or take critical away.",
        )  # fmt: skip
    derived_from = table.text("derived_from", "")
    return Item(
        name=name,
        domain=domain,
        label=table.text("label"),
        basis=table.text("basis"),
        criterion=criterion,
        critical=critical,
        derived_from=derived_from,
        cuts=table.numbers("cuts") if derived_from else (),
        reasons=excuses.texts(name, ()),
    )


def _levels(top: Table, items: Sequence[Item]) -> tuple[Level, ...]:
    tables = [t.only("code", "label", "from", "needs") for t in top.tables("levels")]
    require_unique(tables, "code")
    names = [item.name for item in items]
    levels: list[Level] = []
    for table in tables:
        start = table.number("from")
        if (levels and start <= levels[-1].start) or (not levels and start != 0):
            raise table.fail(
                "from", "levels should start at 0 and rise.", f"This one starts at {start:g}."
            )
        needs = table.part("needs").only(*names)
        wanted = {name: needs.number(name) for name in needs.data}
        levels.append(Level(table.text("code"), table.text("label"), start, wanted))
    return tuple(levels)


def _classes(top: Table, items: Sequence[Item]) -> tuple[BaseClass, ...]:
    most = {
        "criteria": sum(item.criterion for item in items),
        "critical": sum(item.critical for item in items),
    }
    tables = [
        t.only("code", "label", "printed_once", "criteria", "critical")
        for t in top.tables("classes")
    ]
    require_unique(tables, "code")
    classes: list[BaseClass] = []
    for table in tables:
        counts = {key: table.whole(key) for key in most}
        for key, count in counts.items():
            if count > most[key]:
                raise table.fail(
                    key, "no more can be needed than there are.",
                    f"{count} are needed, and the items have {most[key]}.",
                )  # fmt: skip
            if classes and count > getattr(classes[-1], key):
                raise table.fail(key, "classes should stand best first.", f"{count} is more.")
        classes.append(
            BaseClass(
                table.text("code"), table.text("label"), table.text("printed_once"),
                counts["criteria"], counts["critical"],
            )
        )  # fmt: skip
    last = classes[-1]
    if last.criteria or last.critical:
        raise DefinitionError(
            f"{top.path}, classes: the last class should take every firm that is left.",
            f"'{last.code}' asks for {last.criteria} criteria and {last.critical} critical ones.",
            "Give it criteria = 0 and critical = 0.",
        )
    return tuple(classes)
