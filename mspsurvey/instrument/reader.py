"""One YAML file read and checked into an `Instrument`.

Every error names the file and the key, so that someone who edits a questionnaire need not
know this program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mspsurvey.condition import Condition
from mspsurvey.errors import did_you_mean
from mspsurvey.instrument.keys import Keys, number
from mspsurvey.instrument.model import (
    KINDS,
    NUMBERS,
    ROLES,
    TICK_CODES,
    Instrument,
    Option,
    Question,
    Variable,
)
from mspsurvey.instrument.strict_yaml import read_yaml

_HEAD_KEYS = ("instrument", "title", "version", "population", "reference_period")
_FILE_KEYS = {*_HEAD_KEYS, "eligible_if", "option_sets", "blocks"}
TAILS = ("short", "long")
_BLOCK_KEYS = {"name", "title", "intro", "ask_if", "questions"}
_ROW_KEYS = {
    "name", "text", "label", "options", "ask_if", "required", "core", "concept", "hypotheses",
}  # fmt: skip
_QUESTION_KEYS = {
    *_ROW_KEYS, "kind", "rows", "ordered", "low", "high", "unit", "tail", "role", "other",
    "sum_to", "note",
}  # fmt: skip


def load_instrument(path: Path) -> Instrument:
    """Read and check one questionnaire.

    Raises
    ------
    DefinitionError
        Where the file is not YAML, or a name stands twice, an option has no code, a
        condition names a question that is not there (or only comes later), and the like;
        always with file and key.
    """
    return _Reader(path).instrument(read_yaml(path))


class _Reader(Keys):
    """One pass over one file; questions are known to the conditions that come after them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.option_sets: dict[str, tuple[Option, ...]] = {}
        self.blocks: dict[str, str] = {}
        self.intros: dict[str, str] = {}
        self.questions: dict[str, Question] = {}
        self.variables: dict[str, Variable] = {}

    # The file, its blocks and its questions

    def instrument(self, raw: Any) -> Instrument:
        if not isinstance(raw, dict) or not isinstance(raw.get("blocks"), list):
            raise self.fail("blocks", "a list of blocks was wanted.", "There is none.")
        self.check_keys(raw, _FILE_KEYS, "the file")
        head = {key: self.text(raw, key, key) for key in _HEAD_KEYS}
        for name, options in (raw.get("option_sets") or {}).items():
            self.option_sets[name] = self.options(options, f"option_sets.{name}")
        for position, block in enumerate(raw["blocks"], 1):
            self.block(block, f"blocks[{position}]")
        return Instrument(
            name=head["instrument"],
            title=head["title"],
            version=head["version"],
            population=head["population"],
            reference_period=head["reference_period"],
            blocks=self.blocks,
            intros=self.intros,
            questions=self.questions,
            variables=self.variables,
            eligible_if=self.condition(raw.get("eligible_if"), "eligible_if"),
            path=self.path,
        )

    def block(self, raw: Any, key: str) -> None:
        name = str(raw.get("name") or "") if isinstance(raw, dict) else ""
        if not name or name in self.blocks:
            came = f"'{name}' stands twice." if name else "It is missing."
            raise self.fail(f"{key}.name", "each block needs a name of its own.", came)
        key = f"blocks.{name}"
        self.check_keys(raw, _BLOCK_KEYS, key)
        self.blocks[name] = str(raw.get("title", name))
        if raw.get("intro"):
            self.intros[name] = str(raw["intro"]).strip()
        condition = self.condition(raw.get("ask_if"), f"{key}.ask_if")
        for index, question in enumerate(raw.get("questions") or [], 1):
            if not isinstance(question, dict):
                raise self.fail(
                    f"{key}.questions[{index}]",
                    "a question with name, kind and text was wanted.",
                    f"It is {question!r}.",
                )
            self.question(question, name, condition)

    def question(self, raw: dict[str, Any], block: str, block_if: Condition | None) -> None:
        name = str(raw.get("name") or "")
        key = f"question '{name}'" if name else f"block '{block}'"
        self.check_name(raw.get("name"), key)
        if name in self.questions:
            raise self.fail(key, "each name may stand once.", f"'{name}' stands twice.")
        self.check_keys(raw, _QUESTION_KEYS, key)
        base = self.base(raw, block, block_if, key)
        variables = list(self.columns(base, raw, key))
        if raw.get("other"):
            variables.append(_other(base, raw["other"]))
        for variable in variables:
            self.add(variable, key)
        self.questions[name] = Question(
            name=name,
            text=base.text,
            kind=base.kind,
            block=block,
            variables=tuple(v.name for v in variables),
            options=base.options,
            sum_to=self.bound(raw, "sum_to", key),
            other=f"{name}_oth" if raw.get("other") else None,
            note=str(raw.get("note", "")).strip(),
        )

    def add(self, variable: Variable, key: str) -> None:
        if variable.name in self.variables:
            raise self.fail(key, "each name may stand once.", f"'{variable.name}' stands twice.")
        self.variables[variable.name] = variable

    # The columns of one question

    def base(
        self, raw: dict[str, Any], block: str, block_if: Condition | None, key: str
    ) -> Variable:
        """Give what all columns of a question have in common."""
        kind = self.choice(raw, "kind", KINDS, key, None)
        return Variable(
            name=raw["name"],
            text=self.text(raw, "text", f"{key}.text"),
            label=str(raw.get("label", raw["name"])),
            kind=kind,
            question=raw["name"],
            options=self.question_options(raw, kind, key),
            ordered=bool(raw.get("ordered", kind == "grid")),
            ask_if=Condition.both(block_if, self.condition(raw.get("ask_if"), f"{key}.ask_if")),
            **self.range(raw, key),
            unit=str(raw.get("unit", "%" if kind == "percent" else "")),
            long_tail=self.choice(raw, "tail", TAILS, key, "short") == "long",
            role=self.choice(raw, "role", ROLES, key, "free_text" if kind == "text" else "answer"),
            required=bool(raw.get("required", False)),
            core=bool(raw.get("core", False)),
            block=block,
            concept=str(raw.get("concept", "")),
            hypotheses=self.hypotheses(raw, key),
        )

    def columns(self, base: Variable, raw: dict[str, Any], key: str) -> Iterator[Variable]:
        """Give the columns of one question: its ticks, its rows, or itself."""
        rows = raw.get("rows")
        if base.kind == "multi":
            yield from _ticks(base)
        elif rows:
            for index, row in enumerate(rows, 1):
                yield self.row(base, row, f"{key}.rows[{index}]")
        elif base.kind == "grid":
            raise self.fail(f"{key}.rows", "a grid needs rows.", "There are none.")
        else:
            yield base

    def row(self, base: Variable, raw: Any, key: str) -> Variable:
        if not isinstance(raw, dict) or not raw.get("name") or not raw.get("text"):
            raise self.fail(key, "a row with name and text was wanted.", f"It is {raw!r}.")
        self.check_name(raw["name"], key)
        self.check_keys(raw, _ROW_KEYS, key)
        own_if = self.condition(raw.get("ask_if"), f"{key}.ask_if")
        own_options = self.question_options(raw, base.kind, key) if "options" in raw else ()
        return replace(
            base,
            name=raw["name"],
            text=f"{base.text} {raw['text']}",
            label=str(raw.get("label", raw["text"])),
            options=own_options or base.options,
            ask_if=Condition.both(base.ask_if, own_if),
            required=bool(raw.get("required", base.required)),
            core=bool(raw.get("core", base.core)),
            concept=str(raw.get("concept", base.concept)),
            hypotheses=self.hypotheses(raw, key) or base.hypotheses,
        )

    # Options

    def question_options(self, raw: dict[str, Any], kind: str, key: str) -> tuple[Option, ...]:
        given = raw.get("options")
        if kind not in ("single", "multi", "grid"):
            if given is not None:
                raise self.fail(
                    f"{key}.options", f"a question of kind {kind} has no options.", "Some stand."
                )
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

    # Conditions and ranges

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
            self.check_code(self.variables[name], code, key)
        for name in sorted(condition.measured):
            self.check_measured(self.variables[name], key)
        return condition

    def check_code(self, variable: Variable, code: str | float, key: str) -> None:
        if not variable.options:
            if variable.kind in NUMBERS and isinstance(code, str):
                raise self.fail(
                    key, f"a number for '{variable.name}' was wanted.", f"It is {code!r}."
                )
            return
        if code in variable.levels:
            return
        if code in variable.missing_codes:
            raise self.fail(
                key,
                f"a code of '{variable.name}' that is an answer was wanted.",
                f"'{code}' is a reason for having none, and data hold no such answer.",
            )
        raise self.fail(
            key,
            f"a code of '{variable.name}', in quotes, was wanted.",
            f"It has no option {code!r}.",
            did_you_mean(str(code), variable.levels),
        )

    def check_measured(self, variable: Variable, key: str) -> None:
        numbers = bool(variable.levels) and all(number(c) is not None for c in variable.levels)
        if variable.kind not in NUMBERS and not numbers:
            raise self.fail(
                key,
                f"'{variable.name}' should hold numbers to be compared by size.",
                f"Its answers are {', '.join(variable.levels) or variable.kind}.",
                "List the codes instead, as in: size in ['5-9', '10-19'].",
            )

    def range(self, raw: dict[str, Any], key: str) -> dict[str, Any]:
        low, high = self.bound(raw, "low", key), self.bound(raw, "high", key)
        if low is not None and high is not None and low > high:
            raise self.fail(
                f"{key}.low",
                "the range should run from low to high.",
                f"{low:g} is above {high:g}.",
            )
        return {"low": low, "high": high}


def _ticks(base: Variable) -> Iterator[Variable]:
    """Give one yes-or-no column for each choice of a multiple choice."""
    ticks = tuple(Option(c, c.capitalize(), float(i)) for i, c in enumerate(TICK_CODES))
    for option in base.options:
        yield replace(
            base,
            name=f"{base.name}_{option.code}",
            text=f"{base.text} {option.label}",
            label=option.axis,
            kind="tick",
            options=ticks,
        )


def _other(base: Variable, prompt: object) -> Variable:
    """Give the column for the words beside 'other'; they may name persons and firms."""
    return replace(
        base,
        name=f"{base.name}_oth",
        text=f"{base.text} Other: {prompt}" if isinstance(prompt, str) else f"{base.text} Other",
        label=f"{base.label}, other",
        kind="text",
        options=(),
        ordered=False,
        role="free_text",
        required=False,
        core=False,
    )
