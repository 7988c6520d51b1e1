"""Faults of names, codes, labels, ranges and lists, and what survey platforms do not take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mspsurvey.instrument.model import NUMBERS, OTHER_CODES, Instrument, Option, Question, Variable

RULES: Mapping[str, tuple[str, str]] = {
    "tick-name": ("error", "Name and code of a choice make a name of a column."),
    "code-space": ("error", "A code has no blank; XLSForm and REDCap part codes by them."),
    "no-answer": ("error", "A list of options has one that is an answer."),
    "sum": ("error", "Rows within their range can add up to their sum."),
    "name-long": ("warning", "A name has at most 32 characters, as Stata takes them."),
    "name-reserved": ("warning", "A name is no word of SPSS, Stata, REDCap or of our tables."),
    "name-alike": ("warning", "Names differ by more than underscores, which LimeSurvey drops."),
    "label-alike": ("warning", "Labels of a list differ by more than case and blanks."),
    "label-separator": ("warning", "A label has no '|', ';' or line break, which part choices."),
    "control": ("warning", "A text has no control characters."),
    "one-option": ("warning", "A list of options leaves a choice."),
    "scale": ("warning", "Values of an ordered list rise or fall."),
    "no-range": ("note", "A number has a smallest and a largest value that can be true."),
    "other": ("note", "The words beside 'other' have an option that leads to them."),
    "label-long": ("note", "A label has at most 40 characters, to fit an axis."),
}
LONGEST_NAME = 32
"""Stata's limit; SPSS takes 64 bytes, REDCap 100 characters, LimeSurvey 20 after a map."""
LONGEST_LABEL = 40
_ENDINGS = r"str\d+|.*_complete|.*__.*|.*_"
RESERVED = frozenset(
    {
        # SPSS
        "all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with",
        # Stata
        "byte", "double", "float", "if", "in", "int", "long", "using", "strl",
        # REDCap and ODK
        "record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance",
        "redcap_survey_identifier", "redcap_data_access_group", "start", "end", "today",
        "deviceid",
        # tables of ours
        "row", "resp_id", "sample_id", "started", "ended", "duration_s", "progress", "finished",
        "status", "language", "flags", "w", "w_base", "w_rake", "stratum_size",
    }
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
Found = Iterator[tuple[str, str, str]]


def look(instrument: Instrument) -> Found:
    """Give key, rule and message of each fault."""
    yield from _alike_names(instrument)
    for question in instrument.questions.values():
        key = f"question '{question.name}'"
        variables = [instrument[n] for n in question.variables if n in instrument]
        yield from _names(variables, key)
        yield from _words(question, variables, key)
        for where, options in _lists(question, variables, key):
            yield from _options(options, where)
            if question.kind != "multi" and any(v.ordered for v in variables):
                yield from _scale(options, where)
        yield from _numbers(question, variables, key)


def _names(variables: Sequence[Variable], key: str) -> Found:
    for variable in variables:
        name = variable.name
        if not _NAME.match(name):
            yield key, "tick-name", f"'{name}' cannot be the name of a column; mend the code."
        if len(name) > LONGEST_NAME:
            yield key, "name-long", f"'{name}' has {len(name)} characters."
        ours = name == "sample_id" and variable.role == "identifier"  # what it means to us too
        if not ours and (name in RESERVED or re.fullmatch(_ENDINGS, name)):
            yield key, "name-reserved", f"'{name}' means something else to a platform or program."


def _alike_names(instrument: Instrument) -> Found:
    seen: dict[str, str] = {}
    for name in instrument.variables:
        plain = name.replace("_", "")
        if plain in seen:
            key = f"question '{instrument[name].question}'"
            yield key, "name-alike", f"'{name}' and '{seen[plain]}' differ in underscores only."
        seen.setdefault(plain, name)


def _words(question: Question, variables: Sequence[Variable], key: str) -> Found:
    texts = (question.text, *(v.text for v in variables), *(o.label for o in question.options))
    if any(_CONTROL.search(text) for text in texts):
        yield key, "control", "A text of it has a control character; type it again."
    for variable in variables:
        if len(variable.label) > LONGEST_LABEL and variable.name != question.other:
            yield key, "label-long", f"'{variable.label}' has {len(variable.label)} characters."
    codes = {o.code for o in question.options}
    if question.other and not codes & set(OTHER_CODES):
        yield key, "other", f"No option has the code {' or '.join(OTHER_CODES)}."


def _lists(
    question: Question, variables: Sequence[Variable], key: str
) -> Iterator[tuple[str, tuple[Option, ...]]]:
    """Give each list of options once: that of the question, then those of rows."""
    if question.options:
        yield f"{key}.options", question.options
    for variable in variables:
        own = variable.kind != "tick" and variable.options
        if own and variable.options != question.options:
            yield f"{key}, row '{variable.name}'.options", variable.options


def _options(options: tuple[Option, ...], key: str) -> Found:
    answers = [o for o in options if o.missing is None]
    if not answers:
        yield key, "no-answer", "All options are reasons for having no answer."
    elif len(options) == 1:
        yield key, "one-option", f"'{options[0].label}' is the only option."
    seen: dict[str, str] = {}
    for option in options:
        if re.search(r"\s", option.code):
            yield key, "code-space", f"The code '{option.code}' has a blank."
        if re.search(r"[|;\n]", option.label):
            yield key, "label-separator", f"The label {option.label!r} has one."
        plain = " ".join(option.label.casefold().split())
        if plain in seen:
            yield key, "label-alike", f"'{option.label}' and '{seen[plain]}' read alike."
        seen.setdefault(plain, option.label)


def _scale(options: tuple[Option, ...], key: str) -> Found:
    values = [o.value for o in options if o.value is not None and not o.missing]
    if values not in (sorted(values), sorted(values, reverse=True)):
        yield key, "scale", f"They are {', '.join(f'{v:g}' for v in values)}."


def _numbers(question: Question, variables: Sequence[Variable], key: str) -> Found:
    if question.kind not in NUMBERS:
        return
    low, high = variables[0].low, variables[0].high
    if low is None or high is None:
        yield key, "no-range", f"'low' is {low}, 'high' is {high}."
    if question.sum_to is not None:
        smallest = float("-inf") if low is None else low * len(variables)
        largest = float("inf") if high is None else high * len(variables)
        if not smallest <= question.sum_to <= largest:
            yield key, "sum", f"They add to {smallest:g} to {largest:g}, not {question.sum_to:g}."
