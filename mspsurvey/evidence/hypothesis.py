"""Claims under test, and the rules, written before the data, that decide them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.evidence.robustness import SAME_SIDE_NEEDED
from mspsurvey.study_file import SOURCES
from mspsurvey.toml import Table, require_unique

DIRECTIONS = ("supports", "against", "mixed", "cannot tell")
STATISTICS = ("share", "mean", "total", "ratio", "difference", "other")


@dataclass(frozen=True)
class Bound:
    """One side of a threshold."""

    kind: str
    value: float

    def holds(self, low: float, high: float) -> bool:
        """Whether the whole interval lies on this side."""
        return low >= self.value if self.kind == "at_least" else high <= self.value

    def words(self) -> str:
        """The bound in words, as "at least 0.2"."""
        return f"{self.kind.replace('_', ' ')} {self.value:g}"


@dataclass(frozen=True)
class Rule:
    """The estimand of a claim and the values that speak for and against it.

    Attributes
    ----------
    source, statistic, item, level, of, where : str
        What to ask of which survey: ``msps.share("base_class", level="not_met")``.
    supports, against : Bound
        On the 95% interval of the estimand. None where that side has no simple rule.
    """

    source: str
    statistic: str
    item: str
    level: tuple[str, ...]
    of: str
    where: str
    supports: Bound | None
    against: Bound | None


@dataclass(frozen=True)
class Hypothesis:
    """One claim, and both sides of it."""

    id: str
    sentences: tuple[str, ...]
    claim: str
    evidence_for: str
    evidence_against: str
    testable: bool
    limits: str = ""
    by_definition: bool = False
    rule: Rule | None = None


def load_hypotheses(path: Path) -> dict[str, Hypothesis]:
    """Read the register of hypotheses, by id, in the order of the file; it may hold none.

    Raises
    ------
    DefinitionError
        With file and key.
    """
    top = Table.read(path).only("version", "date", "changed_by", "why", "hypotheses")
    for key in ("version", "changed_by", "why"):
        top.text(key)
    top.date("date")
    tables = top.tables("hypotheses", [])
    require_unique(tables, "id")
    return {h.id: h for h in map(_hypothesis, tables)}


def _hypothesis(table: Table) -> Hypothesis:
    table.only(*Hypothesis.__dataclass_fields__)
    testable = table.flag("testable", True)
    limits = table.text("limits", "")
    if not testable and not limits:
        raise table.fail(
            "limits", "what is not testable here should say why.", "The key is missing."
        )
    return Hypothesis(
        id=table.text("id"),
        sentences=table.texts("sentences", ()),
        claim=table.text("claim"),
        evidence_for=table.text("evidence_for"),
        evidence_against=table.text("evidence_against"),
        testable=testable,
        limits=limits,
        by_definition=table.flag("by_definition", False),
        rule=_rule(table.table("rule")) if "rule" in table else None,
    )


def _rule(table: Table) -> Rule:
    table.only(*Rule.__dataclass_fields__)
    supports, against = _bound(table, "supports"), _bound(table, "against")
    if supports is None and against is None:
        raise table.fail("", "a rule needs supports or against.", "It has neither.")
    return Rule(
        source=table.one_of("source", SOURCES),
        statistic=table.one_of("statistic", STATISTICS),
        item=table.text("item"),
        level=table.texts("level", ()),
        of=table.text("of", ""),
        where=table.text("where", ""),
        supports=supports,
        against=against,
    )


def _bound(table: Table, key: str) -> Bound | None:
    if key not in table:
        return None
    inner = table.table(key).only("at_least", "at_most")
    if len(inner.data) != 1:
        raise table.fail(key, "at_least or at_most was wanted, one of them.", f"{inner.data!r}.")
    kind = next(iter(inner.data))
    return Bound(kind, inner.number(kind))


def direction(
    hypothesis: Hypothesis,
    low: float,
    high: float,
    *,
    suppressed: bool = False,
    same_side: float | None = None,
) -> str:
    """Decide a claim by its rule.

    Parameters
    ----------
    low, high : float
        The 95% interval of the rule's estimand.
    suppressed : bool
        Whether the estimate may not be shown.
    same_side : float, optional
        Share of definitions that agree with the default, where the claim rests on one.

    Returns
    -------
    str
        ``supports`` or ``against`` where the whole interval lies on that side of the rule's
        value, and enough definitions agree; ``mixed`` where it lies wholly between the two
        values, or the definitions disagree; ``cannot tell`` where it holds a value that
        decides, there is no rule, or the number may not be shown.
    """
    rule = hypothesis.rule
    if rule is None or not hypothesis.testable or suppressed:
        return "cannot tell"
    if math.isnan(low) or math.isnan(high):
        return "cannot tell"
    for name, bound in (("supports", rule.supports), ("against", rule.against)):
        if bound is not None and bound.holds(low, high):
            return _if_stable(name, hypothesis, same_side)
    values = [b.value for b in (rule.supports, rule.against) if b is not None]
    return "mixed" if len(values) == 2 and _between(values, low, high) else "cannot tell"


def _if_stable(name: str, hypothesis: Hypothesis, same_side: float | None) -> str:
    """A claim about amateur firms holds only where it does not rest on one definition."""
    if not hypothesis.by_definition:
        return name
    if same_side is None:
        return "cannot tell"
    return name if same_side >= SAME_SIDE_NEEDED else "mixed"


def _between(values: list[float], low: float, high: float) -> bool:
    return min(values) < low and high < max(values)


def require_items(
    hypotheses: Mapping[str, Hypothesis], known: Mapping[str, Any], *, path: Path
) -> None:
    """Raise where a rule names a variable that its survey does not have.

    Parameters
    ----------
    known : mapping
        Names of variables by source; rules of other sources are left alone.
    """
    for hypothesis in hypotheses.values():
        rule = hypothesis.rule
        if rule is None or rule.source not in known:
            continue
        names = set(known[rule.source])
        for name in filter(None, (rule.item, rule.of)):
            if name not in names:
                raise DefinitionError(
                    f"{path}, {hypothesis.id}.rule: a variable of '{rule.source}' was wanted.",
                    f"There is none called '{name}'.",
                    did_you_mean(name, sorted(names)),
                )
