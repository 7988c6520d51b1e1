"""Every rule of intake by its id: what it wants, what is done, and how often it was broken."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mspsurvey.intake.clean import RULES
from mspsurvey.intake.work import RuleLine
from mspsurvey.schema import RULES as RULE_COLUMNS
from mspsurvey.schema import VALIDATION

ROWS = (
    RuleLine("K1", "E", "A response belongs to a unit of the sample.", "set aside"),
    RuleLine("K2", "E", "A referred client's provider has a response.", "set aside"),
    RuleLine("S4", "E", "A response id stands once.", "keep the response with most answers"),
    RuleLine("D1", "E", "A response is exported once.", "keep the first"),
    RuleLine(
        "D2",
        "E",
        "A unit answers once.",
        "keep the response with most answers; ask where two sampled firms look like one",
    ),
    RuleLine(
        "D3", "E", "One person answers for a unit.",
        "keep the role that the questionnaire puts first",
    ),
    RuleLine("Q1", "E", "A response breaks no rule of exclusion of the study.", "set aside"),
)  # fmt: skip
"""Rules that look at whole responses, and run after those of cleaning."""


def catalogue() -> tuple[RuleLine, ...]:
    """List every rule of intake once, in the order in which they run."""
    cleaning = [line for rule in RULES for line in rule.lines]
    checks = [
        RuleLine(name, severity, f"There is not {words}.", _treatment(severity))
        for name, (severity, words, _) in VALIDATION.items()
    ]
    return tuple({line.id: line for line in (*cleaning, *ROWS, *checks)}.values())


def _treatment(severity: str) -> str:
    return "set aside where no table may hold it; else listed" if severity == "E" else "listed"


def rule_counts(sources: tuple[str, ...], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count for each source and rule what it changed, asked about and set aside.

    Parameters
    ----------
    sources : tuple of str
        All sources, in order.
    tables : mapping of str to DataFrame
        Logs over all sources: ``changes``, ``queries``, ``findings``, ``quarantine`` and
        ``duplicates``; each has the columns ``source`` and ``rule``.

    Returns
    -------
    DataFrame
        Columns of ``schema.RULES``; every source has a row for every rule.
    """
    counts = {name: table.value_counts(["source", "rule"]) for name, table in tables.items()}

    def number(source: str, rule: str, *names: str) -> int:
        return sum(int(counts[name].get((source, rule), 0)) for name in names)

    rows = [
        (source, line.id, line.severity, line.message,
         number(source, line.id, "changes"),
         number(source, line.id, "queries", "findings"),
         number(source, line.id, "quarantine", "duplicates"))
        for source in sources
        for line in catalogue()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(RULE_COLUMNS))


def as_markdown() -> str:
    """Write the catalogue as the table of ``docs/methods/cleaning.md``."""
    lines = ["| id | severity | what is wanted | what is done otherwise |", "|---|---|---|---|"]
    lines += [f"| {r.id} | {r.severity} | {r.message} | {r.treatment} |" for r in catalogue()]
    return "\n".join(lines) + "\n"
