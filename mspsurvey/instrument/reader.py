"""One YAML file read and checked into an `Instrument`.

Every error names the file and the key, so that someone who edits a questionnaire need not
know this program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mspsurvey.condition import Condition
from mspsurvey.errors import did_you_mean
from mspsurvey.instrument.keys import Keys, Mistake
from mspsurvey.instrument.model import (
    KINDS,
    ROLES,
    TICK_CODES,
    Instrument,
    Option,
    Question,
    Variable,
)
from mspsurvey.instrument.routes import Routes
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
    """Read and check one questionnaire; the first mistake in it is an error.

    Raises
    ------
    DefinitionError
        Where the file is not YAML, or a name stands twice, an option has no code, a
        condition names a question that is not there (or only comes later), and the like;
        always with file and key.
    """
    instrument, mistakes = read_instrument(path)
    for mistake in mistakes:
        raise mistake
    return instrument


def read_instrument(path: Path) -> tuple[Instrument, list[Mistake]]:
    """Read one questionnaire as far as it can be read.

    Returns
    -------
    Instrument
        Without the questions that cannot be read.
    list of Mistake
        All that is wrong, what is nearest the top of the file first; then the routes.

    Raises
    ------
    DefinitionError
        Where the file is not there, or is no YAML with a list of blocks.
    """
    reader = _Reader(path)
    return reader.instrument(read_yaml(path)), [*reader.mistakes, *reader.routes.mistakes()]


class _Reader(Keys):
    """One pass over one file; conditions are checked when all questions are known."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.mistakes: list[Mistake] = []
        self.routes = Routes(path)
        self.option_sets: dict[str, tuple[Option, ...]] = {}
        self.blocks: dict[str, str] = {}
        self.intros: dict[str, str] = {}
        self.questions: dict[str, Question] = {}
        self.variables = self.routes.variables

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a mistake and go on behind it."""
        try:
            yield
        except Mistake as mistake:
            self.mistakes.append(mistake)

    # The file, its blocks and its questions

    def instrument(self, raw: Any) -> Instrument:
        if not isinstance(raw, dict) or not isinstance(raw.get("blocks"), list):
            raise self.fail("blocks", "a list of blocks was wanted.", "There is none.")
        with self.noted():
            self.check_keys(raw, _FILE_KEYS, "the file")
        head = dict.fromkeys(_HEAD_KEYS, "")
        for key in _HEAD_KEYS:
            with self.noted():
                head[key] = self.text(raw, key, key)
        for name, options in (raw.get("option_sets") or {}).items():
            self.option_sets[name] = ()
            with self.noted():
                self.option_sets[name] = self.options(options, f"option_sets.{name}")
        for position, block in enumerate(raw["blocks"], 1):
            with self.noted():
                self.block(block, f"blocks[{position}]")
        eligible_if = None
        with self.noted():
            eligible_if = self.condition(raw.get("eligible_if"), "eligible_if")
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
            eligible_if=eligible_if,
            path=self.path,
        )

    def condition(self, raw: Any, key: str, question: str = "") -> Condition | None:
        """Read a condition, to be checked when all questions are known."""
        return None if raw is None else self.routes.add(str(raw), key, question)

    def block(self, raw: Any, key: str) -> None:
        name = str(raw.get("name") or "") if isinstance(raw, dict) else ""
        if not name or name in self.blocks:
            came = f"'{name}' stands twice." if name else "It is missing."
            raise self.fail(f"{key}.name", "each block needs a name of its own.", came)
        key = f"blocks.{name}"
        with self.noted():
            self.check_keys(raw, _BLOCK_KEYS, key)
        self.blocks[name] = str(raw.get("title", name))
        if raw.get("intro"):
            self.intros[name] = str(raw["intro"]).strip()
        condition = None
        with self.noted():
            condition = self.condition(raw.get("ask_if"), f"{key}.ask_if")
        for index, question in enumerate(raw.get("questions") or [], 1):
            with self.noted():
                self.numbered(question, f"{key}.questions[{index}]", name, condition)

    def numbered(self, raw: Any, key: str, block: str, block_if: Condition | None) -> None:
        """Read one question; where it cannot be read, conditions may name it all the same."""
        if not isinstance(raw, dict):
            raise self.fail(
                key, "a question with name, kind and text was wanted.", f"It is {raw!r}."
            )
        self.routes.declare(raw)
        self.question(raw, block, block_if)

    def question(self, raw: dict[str, Any], block: str, block_if: Condition | None) -> None:
        name = str(raw.get("name") or "")
        key = f"question '{name}'" if name else f"block '{block}'"
        self.check_name(raw.get("name"), key)
        if name in self.questions:
            raise self.fail(
                key, "each name may stand once.", f"'{name}' stands twice.", rule="double-name"
            )
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
            raise self.fail(
                key, "each name may stand once.", f"'{variable.name}' stands twice.",
                rule="double-name",
            )  # fmt: skip
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
            ask_if=Condition.both(
                block_if, self.condition(raw.get("ask_if"), f"{key}.ask_if", raw["name"])
            ),
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
        own_if = self.condition(raw.get("ask_if"), f"{key}.ask_if", base.name)
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
