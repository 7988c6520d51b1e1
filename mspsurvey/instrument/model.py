"""What a questionnaire is: its questions, their options, and the variables they fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mspsurvey.condition import Condition
from mspsurvey.errors import DefinitionError, did_you_mean

KINDS = ("single", "multi", "grid", "number", "money", "percent", "date", "text")
NUMBERS = ("number", "money", "percent")
ROLES = ("answer", "identifier", "personal", "free_text", "weight", "design", "paradata")

MISSING_REASONS: Mapping[str, int] = {
    "dont_know": -1,
    "refused": -2,
    "not_applicable": -3,
    "not_shown": -4,
    "unparseable": -5,
    "no_answer": -6,
    "not_reached": -7,
    "not_in_version": -8,
    "redacted": -9,
}
"""Why a value is missing, and the code that says so in an export of ours."""
MISSING_WORDS: Mapping[str, str] = {
    "not_in_version": "not in their questionnaire",
    "not_shown": "not asked",
    "not_reached": "left before it",
    "no_answer": "no answer",
    "dont_know": "don't know",
    "refused": "refused",
    "not_applicable": "does not apply",
    "unparseable": "not usable",
    "redacted": "withheld",
}
"""The same in words, for a base line, in the order in which they come about."""

TICK_CODES = ("no", "yes")
OTHER_CODES = ("other", "oth")
"""Codes of the option beside which words can be written."""
SCREENER = "screener"
"""Block whose questions are asked of everybody, eligible or not."""
RECORDED = "paradata"
"""Block of what the platform records by itself."""


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen.

    Attributes
    ----------
    code : str
        What is stored, typed by users and exported: short and stable.
    label : str
        The words the respondent saw.
    value : float or None
        Number used in scores and means; the code itself where that is a number.
    missing : str or None
        A key of ``MISSING_REASONS`` where this answer is a reason for having none.
    short : str
        Words for the axis of a chart, where ``label`` is too long for one.
    """

    code: str
    label: str
    value: float | None = None
    missing: str | None = None
    short: str = ""

    @property
    def axis(self) -> str:
        """Words for the axis of a chart."""
        return self.short or self.label


@dataclass(frozen=True)
class Variable:
    """One column: a question, a row of a grid, a tick of a multiple choice, or a derived one.

    Attributes
    ----------
    name : str
        Column name.
    text : str
        Exact wording, with the row's or the choice's words after it.
    label : str
        Short form for axes and tables.
    kind : str
        One of ``KINDS``, or ``tick`` for one choice of a ``multi``.
    question : str
        Name of the question it belongs to (its own name, unless it is a row or a tick).
    required : bool
        Whether a response is only complete with an answer to it.
    long_tail : bool
        Whether a few respondents hold most of the sum of a number, as with staff or clients of
        firms.
    core : bool
        Whether it counts when complete and partial responses are told apart.
    """

    name: str
    text: str
    label: str
    kind: str
    question: str
    options: tuple[Option, ...] = ()
    ordered: bool = False
    ask_if: Condition | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    long_tail: bool = False
    role: str = "answer"
    required: bool = False
    core: bool = False
    block: str = ""
    concept: str = ""
    hypotheses: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    rule: str = ""

    @property
    def categorical(self) -> bool:
        """True where the column holds codes of options."""
        return bool(self.options)

    @property
    def levels(self) -> tuple[str, ...]:
        """Codes that count as answers, in the order of the questionnaire."""
        return tuple(o.code for o in self.options if o.missing is None)

    @property
    def labels(self) -> dict[str, str]:
        """Words of each code."""
        return {o.code: o.label for o in self.options}

    @property
    def axis_labels(self) -> dict[str, str]:
        """Short words of each code, for the axis of a chart."""
        return {o.code: o.axis for o in self.options}

    @property
    def values(self) -> dict[str, float]:
        """Number of each code that has one."""
        return {o.code: o.value for o in self.options if o.value is not None and not o.missing}

    @property
    def missing_codes(self) -> dict[str, str]:
        """Reason of each code that means 'no answer'."""
        return {o.code: o.missing for o in self.options if o.missing is not None}


@dataclass(frozen=True)
class Question:
    """What the respondent met: one stem, and the variables that hold its answer.

    ``options`` are those offered (of a multiple choice: one for each tick); ``note`` is what
    whoever programs the survey must know, such as text shown to some respondents only.
    """

    name: str
    text: str
    kind: str
    block: str
    variables: tuple[str, ...]
    options: tuple[Option, ...] = ()
    sum_to: float | None = None
    other: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: its questions in order, and their variables by name.

    ``blocks`` gives the title of each block, ``intros`` the text shown before its questions;
    ``eligible_if`` says who may go on after the screener (None: everybody).
    """

    name: str
    title: str
    version: str
    population: str
    reference_period: str
    blocks: Mapping[str, str]
    questions: Mapping[str, Question]
    variables: Mapping[str, Variable]
    intros: Mapping[str, str] = field(default_factory=dict)
    eligible_if: Condition | None = None
    path: Path | None = None

    def __getitem__(self, name: str) -> Variable:
        """Variable of that name; an error with the nearest names where there is none."""
        try:
            return self.variables[name]
        except KeyError:
            raise DefinitionError(
                f"A variable of the instrument '{self.name}' was wanted.",
                f"There is none called '{name}'.",
                did_you_mean(name, self.variables),
            ) from None

    def __contains__(self, name: object) -> bool:
        """Whether a variable has that name."""
        return name in self.variables

    def __iter__(self) -> Iterator[Variable]:
        """Variables in the order of the questionnaire."""
        return iter(self.variables.values())

    def with_derived(self, derived: Iterable[Variable]) -> Instrument:
        """Return the same instrument with variables that are computed, not asked."""
        return replace(self, variables={**self.variables, **{v.name: v for v in derived}})

    def by_role(self, *roles: str) -> list[str]:
        """Names of the variables that have one of these roles."""
        return [v.name for v in self if v.role in roles]
