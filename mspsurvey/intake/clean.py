"""All rules of cleaning, in the order in which they run."""

from __future__ import annotations

from mspsurvey.intake import corrections, drift
from mspsurvey.intake.rules import (
    dates,
    eligibility,
    labels,
    logic,
    numbers,
    others,
    ranges,
    routing,
    status,
    typography,
    units,
)
from mspsurvey.intake.work import Log, Rule, Work, run

# Text is made plain, then put right by hand and by the table of drift, since both name texts
# as exported; then it is coded, then measured in one unit; only numbers in one unit can be
# checked against ranges, only checked ones against one another, and only what is left says
# what was asked. Eligibility is decided before ranges make a telling 0 missing.
RULES: tuple[Rule, ...] = (
    *typography.RULES,
    *corrections.RULES,
    *drift.RULES,
    *eligibility.REAL,
    eligibility.REMEMBER,
    *labels.RULES,
    *others.RULES,
    *numbers.RULES,
    *dates.RULES,
    *units.RULES,
    *eligibility.RULES,
    *ranges.RULES,
    *logic.RULES,
    *routing.RULES,
    routing.REASONS,
    *status.RULES,
)
"""Every rule of cleaning; ``docs`` and the methods report list them from here."""


def clean(work: Work, log: Log) -> tuple[Work, Log]:
    """Apply all rules of cleaning.

    Parameters
    ----------
    work : Work
        Answers as text.
    log : Log
        Findings so far.

    Returns
    -------
    Work
        Answers as codes and numbers, each missing one with its reason.
    Log
        With a row for each change, query and rejected response.
    """
    return run(work, RULES, log)
