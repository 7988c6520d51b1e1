"""What one survey platform calls our variables and codes: the way out, and the way back.

Platforms take other names than ours: LimeSurvey has no underscore, and five characters for the
code of an answer; REDCap no hyphen. What each takes is a ``Rule`` here; ``target`` applies it
to an instrument, and ``Target.table`` writes down the result, so that an export can be read
back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mspsurvey.instrument.model import Instrument, Option, Question

COLUMNS = ("variable", "column", "code", "platform_code")
"""Columns of the table that leads back from an export."""
NOT_ASKED = ("design", "weight")
"""Roles that come from the sample, so that no platform asks for them."""


@dataclass(frozen=True)
class Rule:
    """What a platform takes for a name or a code: which characters, and how many.

    Attributes
    ----------
    field, code, row : (str, int)
        Characters that have to go, as a pattern, and the longest that may stay: for names of
        questions, codes of answers, and codes of rows and choices.
    array : callable
        Whether the rows of a question stand inside it, as a grid.
    row_column, tick_column : str
        Heading of a row that stands inside its question, and of a choice.
    ticks : (str, str)
        Cell of a choice passed over, and of one ticked.
    """

    field: tuple[str, int]
    code: tuple[str, int]
    row: tuple[str, int]
    array: Callable[[Instrument, Question], bool]
    row_column: str
    tick_column: str
    ticks: tuple[str, str]


def one_list(instrument: Instrument, question: Question) -> bool:
    """Whether a question has rows, and all offer the same options."""
    rows = [instrument[n] for n in question.variables if n != question.other]
    several = bool(rows) and rows[0].name != question.name and question.kind != "multi"
    return several and all(r.options == question.options for r in rows)


def _never(_: Instrument, __: Question) -> bool:
    return False


RULES: Mapping[str, Rule] = {
    "xlsform": Rule(
        (r"[^A-Za-z0-9_.-]", 255), (r"\s", 255), (r"\s", 255), _never,
        "{row}", "{field}/{row}", ("0", "1"),
    ),
    "redcap": Rule(
        (r"[^a-z0-9_]", 100), (r"[^A-Za-z0-9_]", 100), (r"[^a-z0-9_]", 100), _never,
        "{row}", "{field}___{row}", ("0", "1"),
    ),
    "limesurvey": Rule(
        (r"[^A-Za-z0-9]", 20), (r"[^A-Za-z0-9]", 5), (r"[^A-Za-z0-9]", 20), one_list,
        "{field}[{row}]", "{field}[{row}]", ("", "Y"),
    ),
}  # fmt: skip
"""What each platform takes."""


@dataclass(frozen=True)
class Target:
    """Names and codes of one instrument on one platform.

    Attributes
    ----------
    fields : mapping of str to str
        Name of each question, row or text on the platform.
    codes : mapping of (str, str) to str
        Code of each option on the platform, by the name of its question or row.
    columns : mapping of str to str
        Heading of each variable in an export; variables that are not asked have none.
    """

    platform: str
    instrument: Instrument
    fields: Mapping[str, str]
    codes: Mapping[tuple[str, str], str]
    columns: Mapping[str, str]

    def field(self, name: str) -> str:
        """Name of a question, row or text on the platform."""
        return self.fields[name]

    def code(self, name: str, code: str) -> str:
        """Code of an option of a question or row; a text that is no option stays as it is."""
        return self.codes.get((name, code), code)

    def cells(self, name: str) -> dict[str, str]:
        """Cell of each code of a variable; empty for numbers, dates and texts."""
        variable = self.instrument[name]
        if variable.kind == "tick":
            return dict(zip(variable.levels, RULES[self.platform].ticks, strict=True))
        return {o.code: self.code(name, o.code) for o in variable.options}

    def table(self) -> list[tuple[str, str, str, str]]:
        """Rows of ``COLUMNS``: one for each code of a variable, or one with blanks."""
        rows = []
        for name, column in self.columns.items():
            cells = self.cells(name) or {"": ""}
            rows += [(name, column, code, cell) for code, cell in cells.items()]
        return rows


def target(instrument: Instrument, platform: str) -> Target:
    """Name the variables and codes of an instrument as a platform takes them.

    Parameters
    ----------
    instrument : Instrument
    platform : {"xlsform", "redcap", "limesurvey"}
    """
    rule = RULES[platform]
    fields = _fields(instrument, rule)
    codes = dict(_codes(instrument, rule))
    columns = {}
    for question in asked(instrument):
        inside = rule.array(instrument, question)
        for name in question.variables:
            pattern, row = "{row}", fields.get(name, "")
            if instrument[name].kind == "tick":
                code = name.removeprefix(f"{question.name}_")
                pattern, row = rule.tick_column, codes[question.name, code]
            elif inside and name != question.other:
                pattern = rule.row_column
            columns[name] = pattern.format(field=fields[question.name], row=row)
    return Target(platform, instrument, fields, codes, columns)


def asked(instrument: Instrument) -> Iterator[Question]:
    """Give the questions that a platform asks or records: all but those from the sample."""
    for question in instrument.questions.values():
        if instrument[question.variables[0]].role not in NOT_ASKED:
            yield question


def _fields(instrument: Instrument, rule: Rule) -> dict[str, str]:
    names: dict[str, None] = {}
    for question in instrument.questions.values():
        names[question.name] = None
        rows = [n for n in question.variables if instrument[n].kind != "tick"]
        names.update(dict.fromkeys(rows))
    return fitted(names, *rule.field)


def _codes(instrument: Instrument, rule: Rule) -> Iterator[tuple[tuple[str, str], str]]:
    for question in instrument.questions.values():
        if question.kind == "multi":
            yield from _coded(question.name, question.options, rule.row)
            continue
        for name in (question.name, *question.variables):
            options = instrument[name].options if name in instrument else question.options
            yield from _coded(name, options, rule.code)


def _coded(
    name: str, options: Iterable[Option], rule: tuple[str, int]
) -> Iterator[tuple[tuple[str, str], str]]:
    for code, fit in fitted([o.code for o in options], *rule).items():
        yield (name, code), fit


def fitted(names: Iterable[str], unwanted: str, longest: int) -> dict[str, str]:
    """Make names fit: without some characters, not too long, and still different.

    Names that fit as they are keep their form, whatever comes before them.

    Examples
    --------
    >>> fitted(["1-9", "19", "already"], "[^A-Za-z0-9]", 5)
    {'1-9': '191', '19': '19', 'already': 'alrea'}
    """
    names = list(names)
    result = {n: n for n in names if len(n) <= longest and not re.search(unwanted, n)}
    taken = {fit.casefold() for fit in result.values()}
    for name in names:
        if name not in result:
            result[name] = _free(re.sub(unwanted, "", name)[:longest], taken, longest)
            taken.add(result[name].casefold())
    return {name: result[name] for name in names}


def _free(base: str, taken: set[str], longest: int) -> str:
    base, k, name = base or "x", 0, base or "x"
    while name.casefold() in taken:
        k += 1
        name = f"{base[: longest - len(str(k))]}{k}"
    return name
