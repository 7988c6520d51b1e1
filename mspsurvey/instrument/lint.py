"""All that is wrong or doubtful in a questionnaire, not only the first mistake.

What ``load_instrument`` refuses stands here too, under the same words. Beyond that come
questions that nobody can be asked, and what survey platforms do not take. Routes are decided
exactly (see ``mspsurvey.instrument.route.solve``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.instrument import lint_form, lint_routes
from mspsurvey.instrument.model import Instrument
from mspsurvey.instrument.reader import read_instrument

SEVERITIES = ("error", "warning", "note")
"""Cannot be fielded so; will go wrong somewhere; worth a look."""

RULES: Mapping[str, tuple[str, str]] = {
    "form": ("error", "Keys, kinds, names and values are those of the format."),
    "double-name": ("error", "A name stands once."),
    "double-code": ("error", "A code stands once in a list."),
    "double-label": ("error", "A label stands once in a list."),
    "range": ("error", "A range runs from low to high."),
    "condition": ("error", "A condition is one of the language."),
    "unknown-question": ("error", "A condition names questions that are there."),
    "later-question": ("error", "A condition names questions that come before."),
    "unknown-code": ("error", "A condition names codes that are there."),
    "missing-code": ("error", "A condition names codes that are answers."),
    "no-number": ("error", "Only numbers are compared by size."),
    **lint_routes.RULES,
    **lint_form.RULES,
}
"""Severity and meaning of each rule."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong or doubtful in a questionnaire file.

    Attributes
    ----------
    file, key : Path, str
        Where it stands.
    rule, severity : str
        A key of ``RULES``, and one of ``SEVERITIES``.
    message : str
        What was wanted, what came, what to do.
    """

    file: Path
    key: str
    rule: str
    severity: str
    message: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.severity} {self.rule}: {self.file.name}, {self.key}: {self.message}"


def lint(path: Path) -> list[Fault]:
    """Look for all faults of one questionnaire.

    Returns
    -------
    list of Fault
        Errors first, then warnings, then notes; each kind in the order of the file.

    Raises
    ------
    DefinitionError
        Where the file is not there or is no YAML with a list of blocks.
    """
    instrument, mistakes = read_instrument(path)
    found = [(m.key, m.rule, m.message) for m in mistakes]
    checks: list[Callable[[Instrument], Iterator[tuple[str, str, str]]]] = [
        lint_form.look,
        lint_routes.look,
    ]
    for check in checks:
        found += check(instrument)
    faults = [Fault(path, key, rule, RULES[rule][0], words) for key, rule, words in found]
    return sorted(dict.fromkeys(faults), key=lambda fault: SEVERITIES.index(fault.severity))
