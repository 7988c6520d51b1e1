"""Numbers as people type them: "1,200", "1.2k", "about 50", "10-15", "~30%", "none"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mspsurvey.instrument import Variable
from mspsurvey.intake.rules.labels import soft_refusal
from mspsurvey.intake.work import Distinct, Edit, Rule, RuleLine, Work, changed, query, with_known

NUMBER_KINDS = ("number", "money", "percent")

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\Z")
_AMOUNT = r"(\d+(?:[.,]\d+)*|\.\d+)\s*(k|m|mm|mn|bn|b|thousand|million|billion|grand)?"
_ONE = re.compile(rf"{_AMOUNT}\Z")
_RANGE = re.compile(rf"(?:between\s+|from\s+)?{_AMOUNT}\s*(?:-|to|and|or)\s*{_AMOUNT}\Z")
_ABOUT = re.compile(
    r"^(?:~|≈|about|around|approx(?:imately)?\.?|roughly|circa|ca\.|c\.|maybe|perhaps|some|"
    r"probably|i think|i guess|est\.?|estimated|almost|nearly)\s*|\s*(?:or so|ish|-ish|approx\.?|"
    r"roughly|give or take|i think|maybe|\?)$"
)
_BOUND = re.compile(
    r"^(?:>=|<=|>|<|over|under|more than|less than|at least|at most|up to|below|above|"
    r"fewer than|max\.?|min\.?)\s*|\s*(?:\+|plus|or more|or less|and up|max|min)$"
)
_UNIT = re.compile(
    r"\s*(?:%|percent|per cent|pct|people|persons?|employees?|staff|ftes?|clients?|customers?|"
    r"users?|seats?|months?|mos?|weeks?|days?|hours?|hrs?|minutes?|mins?|years?|yrs?|states?|"
    r"per user|/ ?user|a user|per seat|per month|/ ?month|/ ?mo|a month|monthly|dollars?|bucks|"
    r"pounds?|/)\.?$"
)
_YEARLY = re.compile(
    r"\s*(?:per year|/ ?year|/ ?yr|a year|per annum|yearly|annually|annual|p\.a\.)$"
)
_CURRENCIES = (
    ("CAD", r"cad\$?|can\$|c\$|ca\$|canadian dollars?"),
    ("USD", r"usd\$?|us\$|u\.s\. dollars?|us dollars?|\$"),
    ("GBP", r"gbp|£|pounds? sterling"),
    ("EUR", r"eur(?:os?)?|€"),
)
_CURRENCY = [(code, re.compile(rf"(?:{form})(?![a-z])|(?<![a-z])(?:{form})$"))
             for code, form in _CURRENCIES]  # fmt: skip
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")
_SCALE = {
    "": 1.0, "k": 1e3, "thousand": 1e3, "grand": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6,
    "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9,
}  # fmt: skip
_COUNTED = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip
_WORDS = {word: float(value) for value, word in enumerate(_COUNTED)} | {
    "none": 0.0, "no": 0.0, "nil": 0.0, "nothing": 0.0, "zip": 0.0, "not any": 0.0,
    "a": 1.0, "a couple": 2.0, "a dozen": 12.0, "dozen": 12.0, "two dozen": 24.0,
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0,
    "eighty": 80.0, "ninety": 90.0, "hundred": 100.0, "a hundred": 100.0,
    "half": 50.0, "all": 100.0,
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """What a text says about a number.

    Attributes
    ----------
    value : float or None
        None where the text holds no number.
    rule : str
        N1 (how it is written), N2 (about), N3 (a range), N4 (no answer in words), N5 (no
        number can be read); empty where it was a plain number or blank.
    note : str
        The same in words.
    reason : str
        Key of the missing reasons, where there is no value.
    currency, period : str
        ``CAD`` and the like, ``year``; empty where the text does not say.
    """

    value: float | None
    rule: str = ""
    note: str = ""
    reason: str = ""
    currency: str = ""
    period: str = ""


def parse_number(text: str, *, percent: bool = False) -> Number:
    """Read a number from what was typed.

    Parameters
    ----------
    text : str
        Tidy text.
    percent : bool, default False
        Whether "all" and "half" are answers.

    Examples
    --------
    >>> parse_number("1.2k").value, parse_number("about 50").value, parse_number("10-15").value
    (1200.0, 50.0, 12.5)
    """
    low = text.casefold().strip()
    if not low:
        return Number(None)
    if _PLAIN.match(low):
        return Number(float(low))
    if low in _WORDS and (percent or low not in ("half", "all")):
        return Number(_WORDS[low], "N1", "number in words")
    reason = soft_refusal(low)
    if reason is not None:
        return Number(None, "N4", "no answer in words", reason)
    return _parse_typed(low)


def _parse_typed(low: str) -> Number:
    core, currency, period, about = _strip(low)
    both = _RANGE.match(core)
    if both:
        first, second = _amount(both[1], both[2] or both[4]), _amount(both[3], both[4])
        if first < second:
            return Number(
                (first + second) / 2, "N3", "range replaced by its midpoint", "", currency, period
            )
    one = _ONE.match(core)
    value = _amount(one[1], one[2]) if one else _WORDS.get(core) if core != "" else None
    if value is None:
        return Number(None, "N5", "no number can be read", "unparseable")
    rule, note = ("N2", "approximate number") if about else ("N1", "number written as text")
    return Number(value, rule, note, "", currency, period)


def _strip(low: str) -> tuple[str, str, str, bool]:
    """Take currency, units, and words such as 'about' off a number."""
    core, currency, period, about = low, "", "", False
    for code, form in _CURRENCY:
        if form.search(core):
            core, currency = form.sub(" ", core).strip(), code
            break
    for _ in range(6):
        before = core
        if _YEARLY.search(core):
            core, period = _YEARLY.sub("", core), "year"
        core = _UNIT.sub("", core).strip()
        for form in (_ABOUT, _BOUND):
            shorter = form.sub("", core).strip()
            if shorter != core:
                core, about = shorter, True
        if core == before:
            break
    return re.sub(r"(?<=\d)%", "", core), currency, period, about


def _amount(digits: str, scale: str | None) -> float:
    if _THOUSANDS.match(digits):
        digits = digits.replace(",", "")
    elif digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    digits = digits.replace(",", "")
    whole = digits if digits.count(".") <= 1 else digits.replace(".", "")
    return float(whole) * _SCALE[scale or ""]


def _read(work: Work) -> Edit:
    edit = Edit()
    for variable in work.instrument:
        if variable.kind in NUMBER_KINDS and work.has(variable.name):
            _read_one(work, variable, edit)
    return edit


def _read_one(work: Work, variable: Variable, edit: Edit) -> None:
    name, column = variable.name, work.answers[variable.name]
    if column.dtype.kind == "f":
        return
    percent = variable.kind == "percent"

    def parse(text: str) -> Number:
        if text == work.hidden:
            return Number(None, reason="not_shown")
        number = parse_number(text, percent=percent)
        # "none" of something that everybody has is no answer.
        if number.value == 0 and number.note == "number in words" and (variable.low or 0) > 0:
            return replace(number, value=None, rule="N4", reason="no_answer")
        return number

    distinct = Distinct(column)
    numbers = [parse(text) for text in distinct.texts]
    values = distinct.spread([n.value for n in numbers], "float64")
    edit.answers[name] = values
    reasons = distinct.spread([n.reason for n in numbers], "str")
    edit.missing[name] = with_known(work, name, reasons)
    if any(n.rule for n in numbers):
        rules = distinct.spread([n.rule for n in numbers], "str")
        notes = distinct.spread([n.note for n in numbers], "str")
        rows = rules.ne("")
        log = changed(work, name, rows, column, values, notes)
        edit.changes.append(log.assign(rule=rules[rows]))
        for rule, message in (("N3", "a range was given"), ("N5", "no number can be read")):
            found = query(work, name, rules.eq(rule), column, message)
            edit.queries.append(found.assign(rule=rule))
    for part in ("currency", "period"):
        said = [getattr(n, part) for n in numbers]
        if variable.kind == "money" and any(said):
            edit.meta[f"{part}:{name}"] = distinct.spread(said, "str")


RULES = (
    Rule(
        "N1",
        "I",
        "A number is written as a number.",
        _read,
        "read thousands, words, units and currencies",
        also=(
            RuleLine(
                "N2",
                "I",
                "A number is exact, not about or at least.",
                "take the number as it stands, and log it",
            ),
            RuleLine(
                "N3", "Q", "A number is one, not a range.", "take the middle of the range, and ask"
            ),
            RuleLine(
                "N4",
                "I",
                "A question on a number is answered.",
                "a refusal in words becomes its reason of missing",
            ),
            RuleLine("N5", "E", "A number can be read.", "missing, and asked about"),
        ),
    ),
)
