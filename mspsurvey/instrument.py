"""The questionnaire as data: wording, options, routing, ranges, missing codes.

One YAML file holds each question once; everything that needs a wording, an order of
options, a range or a rule of routing takes it from here. The format is described in
``docs/instruments.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from mspsurvey.condition import Condition
from mspsurvey.errors import DefinitionError, did_you_mean

KINDS = ("single", "multi", "grid", "number", "money", "percent", "date", "text")
ROLES = ("answer", "identifier", "personal", "free_text", "weight", "design", "paradata")

MISSING_REASONS: Mapping[str, int] = {
    "dont_know": -1,
    "refused": -2,
    "not_applicable": -3,
    "not_shown": -4,
    "unparseable": -5,
    "no_answer": -6,
    "not_reached": -7,
}
"""Why a value is missing, and the code that says so in an export of ours."""

TICK_CODES = ("no", "yes")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


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
    """

    code: str
    label: str
    value: float | None = None
    missing: str | None = None


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
    role: str = "answer"
    required: bool = False
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
    def values(self) -> dict[str, float]:
        """Number of each code that has one."""
        return {o.code: o.value for o in self.options if o.value is not None and not o.missing}

    @property
    def missing_codes(self) -> dict[str, str]:
        """Reason of each code that means 'no answer'."""
        return {o.code: o.missing for o in self.options if o.missing is not None}


@dataclass(frozen=True)
class Question:
    """What the respondent met: one stem, and the variables that hold its answer."""

    name: str
    text: str
    kind: str
    block: str
    variables: tuple[str, ...]
    sum_to: float | None = None
    other: str | None = None


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: its questions in order, and their variables by name."""

    name: str
    title: str
    version: str
    population: str
    reference_period: str
    blocks: Mapping[str, str]
    questions: Mapping[str, Question]
    variables: Mapping[str, Variable]
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


def load_instrument(path: Path) -> Instrument:
    """Read and check one questionnaire.

    Raises
    ------
    DefinitionError
        Where the file is not YAML, or a name stands twice, an option has no code, a
        condition names a question that is not there (or only comes later), and the like;
        always with file and key.
    """
    return _Loader(path).load()


def read_yaml(path: Path) -> Any:
    """Read one YAML file safely, or say where it is broken."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DefinitionError(
            f"The file {path} was wanted.", "It is not there.", "Check the path in study.toml."
        ) from None
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"{path} should be text in UTF-8.",
            f"Byte {error.start} is not.",
            "Save the file again as UTF-8.",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise DefinitionError(
            f"{path} should be valid YAML.",
            f"Broken{where}: {problem}.",
            "Mend that line; indentation and unclosed quotes are the usual causes.",
        ) from None


class _Loader:
    """One pass over one file, with the key under the finger for its errors."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.option_sets: dict[str, tuple[Option, ...]] = {}
        self.questions: dict[str, Question] = {}
        self.variables: dict[str, Variable] = {}

    def fail(self, key: str, wanted: str, came: str, do: str = "") -> DefinitionError:
        return DefinitionError(f"{self.path}, {key}: {wanted}", came, do)

    def load(self) -> Instrument:
        raw = read_yaml(self.path)
        if not isinstance(raw, dict) or not isinstance(raw.get("blocks"), list):
            raise self.fail("blocks", "a list of blocks was wanted.", "There is none.")
        head = {}
        for key in ("instrument", "title", "version", "population", "reference_period"):
            if not raw.get(key):
                raise self.fail(key, "a text was wanted.", "It is missing.")
            head[key] = str(raw[key])
        for name, options in (raw.get("option_sets") or {}).items():
            self.option_sets[name] = self.options(options, f"option_sets.{name}")
        blocks: dict[str, str] = {}
        for position, block in enumerate(raw["blocks"], 1):
            name = str(block.get("name", ""))
            if not name or name in blocks:
                raise self.fail(
                    f"blocks[{position}].name",
                    "each block needs a name of its own.",
                    f"It is {name!r}." if name else "It is missing.",
                )
            blocks[name] = str(block.get("title", name))
            condition = self.condition(block.get("ask_if"), f"blocks.{name}.ask_if")
            for index, question in enumerate(block.get("questions") or [], 1):
                if not isinstance(question, dict):
                    raise self.fail(
                        f"blocks.{name}.questions[{index}]",
                        "a question with name, kind and text was wanted.",
                        f"It is {question!r}.",
                    )
                self.question(question, name, condition)
        return Instrument(
            name=head["instrument"],
            title=head["title"],
            version=head["version"],
            population=head["population"],
            reference_period=head["reference_period"],
            blocks=blocks,
            questions=self.questions,
            variables=self.variables,
            path=self.path,
        )

    def question(self, raw: dict[str, Any], block: str, block_if: Condition | None) -> None:
        name = str(raw.get("name", ""))
        key = f"question '{name}'" if name else f"block '{block}'"
        if not _NAME.match(name):
            raise self.fail(
                key,
                "a name of small letters, digits and underscores was wanted.",
                f"It is {raw.get('name')!r}.",
            )
        if name in self.questions:
            raise self.fail(key, "each name may stand once.", "This one stands twice.")
        unknown = set(raw) - _QUESTION_KEYS
        if unknown:
            first = sorted(unknown)[0]
            raise self.fail(
                f"{key}.{first}",
                "this key is not one that a question has.",
                "",
                did_you_mean(first, _QUESTION_KEYS),
            )
        kind, text = raw.get("kind"), str(raw.get("text", "")).strip()
        if kind not in KINDS:
            raise self.fail(
                f"{key}.kind", f"one of {', '.join(KINDS)} was wanted.", f"It is {kind!r}."
            )
        if not text:
            raise self.fail(f"{key}.text", "the exact wording was wanted.", "It is missing.")
        if raw.get("role", "answer") not in ROLES:
            raise self.fail(
                f"{key}.role", f"one of {', '.join(ROLES)} was wanted.", f"It is {raw['role']!r}."
            )
        options = self.question_options(raw, kind, key)
        own_if = self.condition(raw.get("ask_if"), f"{key}.ask_if")
        base = Variable(
            name=name,
            text=text,
            label=str(raw.get("label", name)),
            kind=kind,
            question=name,
            options=options,
            ordered=bool(raw.get("ordered", kind == "grid")),
            ask_if=Condition.both(block_if, own_if),
            low=self.bound(raw, "low", key),
            high=self.bound(raw, "high", key),
            unit=str(raw.get("unit", "%" if kind == "percent" else "")),
            role=str(raw.get("role", "free_text" if kind == "text" else "answer")),
            required=bool(raw.get("required", False)),
            block=block,
            concept=str(raw.get("concept", "")),
            hypotheses=tuple(str(h) for h in raw.get("hypotheses") or ()),
        )
        if base.low is not None and base.high is not None and base.low > base.high:
            raise self.fail(
                f"{key}.low",
                "the range should run from low to high.",
                f"{base.low:g} is above {base.high:g}.",
            )
        variables = list(self.expand(base, raw, key))
        other = raw.get("other")
        if other:
            variables.append(
                replace(
                    base,
                    name=f"{name}_oth",
                    text=f"{text} Other: {other}" if isinstance(other, str) else f"{text} Other",
                    label=f"{base.label}, other",
                    kind="text",
                    options=(),
                    role="free_text",
                    required=False,
                )
            )
        for variable in variables:
            if variable.name in self.variables:
                raise self.fail(
                    key, "each name may stand once.", f"'{variable.name}' stands twice."
                )
            self.variables[variable.name] = variable
        self.questions[name] = Question(
            name=name,
            text=text,
            kind=kind,
            block=block,
            variables=tuple(v.name for v in variables),
            sum_to=self.bound(raw, "sum_to", key),
            other=f"{name}_oth" if other else None,
        )

    def expand(self, base: Variable, raw: dict[str, Any], key: str) -> Iterator[Variable]:
        """Give the columns of one question: its rows, its ticks, or itself."""
        if base.kind == "multi":
            ticks = tuple(Option(c, c.capitalize(), float(i)) for i, c in enumerate(TICK_CODES))
            for option in base.options:
                yield replace(
                    base,
                    name=f"{base.name}_{option.code}",
                    text=f"{base.text} {option.label}",
                    label=option.label,
                    kind="tick",
                    options=ticks,
                )
            return
        rows = raw.get("rows")
        if base.kind == "grid" and not rows:
            raise self.fail(f"{key}.rows", "a grid needs rows.", "There are none.")
        if not rows:
            yield base
            return
        for index, row in enumerate(rows, 1):
            name = str(row.get("name", "")) if isinstance(row, dict) else ""
            if not _NAME.match(name) or not row.get("text"):
                raise self.fail(
                    f"{key}.rows[{index}]",
                    "a row with name and text was wanted.",
                    f"It is {row!r}.",
                )
            yield replace(
                base,
                name=name,
                text=f"{base.text} {row['text']}",
                label=str(row.get("label", row["text"])),
                ask_if=Condition.both(
                    base.ask_if, self.condition(row.get("ask_if"), f"{key}.{name}.ask_if")
                ),
                concept=str(row.get("concept", base.concept)),
                hypotheses=tuple(str(h) for h in row.get("hypotheses") or base.hypotheses),
            )

    def question_options(self, raw: dict[str, Any], kind: str, key: str) -> tuple[Option, ...]:
        given = raw.get("options")
        if kind not in ("single", "multi", "grid"):
            return ()
        if isinstance(given, str):
            if given not in self.option_sets:
                raise self.fail(
                    f"{key}.options",
                    "the name of an option set was wanted.",
                    f"There is none called '{given}'.",
                    did_you_mean(given, self.option_sets),
                )
            return self.option_sets[given]
        return self.options(given, f"{key}.options")

    def options(self, raw: Any, key: str) -> tuple[Option, ...]:
        if not isinstance(raw, list) or not raw:
            raise self.fail(key, "a list of options was wanted.", f"It is {raw!r}.")
        options: dict[str, Option] = {}
        for index, item in enumerate(raw, 1):
            where = f"{key}[{index}]"
            if not isinstance(item, dict) or item.get("code") is None:
                raise self.fail(where, "an option needs a code.", f"It is {item!r}.")
            if isinstance(item["code"], bool):
                raise self.fail(
                    where,
                    "a code should be a text or a number.",
                    "YAML reads an unquoted yes or no as true or false.",
                    "Put the code in quotes.",
                )
            code = str(item["code"])
            if code in options:
                raise self.fail(where, "a code may stand once.", f"'{code}' stands twice.")
            if not item.get("label"):
                raise self.fail(where, "an option needs a label.", f"'{code}' has none.")
            missing = item.get("missing")
            if missing is not None and missing not in MISSING_REASONS:
                raise self.fail(
                    f"{where}.missing",
                    f"one of {', '.join(MISSING_REASONS)} was wanted.",
                    f"It is {missing!r}.",
                )
            options[code] = Option(code, str(item["label"]), _number(item, code), missing)
        return tuple(options.values())

    def bound(self, raw: dict[str, Any], key: str, question: str) -> float | None:
        value = raw.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(f"{question}.{key}", "a number was wanted.", f"It is {value!r}.")
        return float(value)

    def condition(self, raw: Any, key: str) -> Condition | None:
        if raw is None:
            return None
        condition = Condition.parse(str(raw), where=f"{self.path}, {key}")
        for name in sorted(condition.names):
            if name not in self.variables:
                raise self.fail(
                    key,
                    "a route may only depend on a question that comes before it.",
                    f"'{name}' is not among those before.",
                    did_you_mean(name, self.variables),
                )
        for name, code in condition.codes:
            variable = self.variables[name]
            if variable.options and code not in variable.labels:
                raise self.fail(
                    key,
                    f"a code of '{name}', in quotes, was wanted.",
                    f"It has no option {code!r}.",
                    did_you_mean(str(code), variable.labels),
                )
        return condition


def _number(item: dict[str, Any], code: str) -> float | None:
    """Score of an option: its ``value``, or its code where that is a number."""
    if item.get("value") is not None:
        return float(item["value"])
    try:
        return float(code)
    except ValueError:
        return None


_QUESTION_KEYS = {
    "name", "text", "label", "kind", "options", "rows", "ordered", "ask_if", "low", "high",
    "unit", "role", "required", "concept", "hypotheses", "other", "sum_to", "note",
}  # fmt: skip
