"""From the words of an answer to its code."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from rapidfuzz.distance import OSA

from mspsurvey.instrument import Question, Variable
from mspsurvey.intake.rules import places
from mspsurvey.intake.rules.dated import ranges_behind
from mspsurvey.intake.rules.typography import tidy_text
from mspsurvey.intake.work import Distinct, Edit, Rule, Work, changed, query, with_known

_SOFT = {
    "refused": (
        "-", "--", "---", ".", "..", "...", "x", "xx", "xxx", "prefer not", "prefer not to say",
        "prefer not to answer", "rather not say", "id rather not say", "no comment", "refused",
        "refuse", "private", "confidential", "pass", "none of your business", "secret",
    ),
    "dont_know": (
        "?", "??", "???", "dont know", "do not know", "dk", "idk", "i dont know", "not sure",
        "unsure", "no idea", "unknown", "cant say", "can not say",
    ),
    "not_applicable": ("n/a", "na", "n.a.", "n.a", "not applicable", "does not apply"),
}  # fmt: skip
SOFT_REFUSALS = {text: reason for reason, texts in _SOFT.items() for text in texts}
OFF = {
    "0", "no", "n", "false", "unchecked", "not selected", "not mentioned", "not chosen",
    "not ticked", "not checked", "not quoted", "nein", "nicht gewählt", "nicht ausgewählt",
    "nicht genannt", "non", "non sélectionné", "non coché", "non cité", "no seleccionado",
    "no mencionado", "non selezionato", "não", "não selecionado", "nee", "niet geselecteerd",
    "niet gekozen", "nej", "nei", "ei", "nie", "nie wybrano", "ne", "nem", "нет", "不", "否",
    "いいえ",
}  # fmt: skip
"""What platforms and codebooks write, in small letters, for a choice that was passed over."""
_SHORTEST_TYPO = 4


@dataclass(frozen=True)
class Decoded:
    """What one text stands for."""

    code: str | None
    reason: str = ""
    note: str = ""


def soft_refusal(text: str) -> str | None:
    """Give the reason behind a text that is no answer: "-", "prefer not", an emoji.

    Examples
    --------
    >>> soft_refusal("Prefer not"), soft_refusal("n/a"), soft_refusal("Ohio")
    ('refused', 'not_applicable', None)
    """
    plain = text.casefold().replace("'", "").strip()
    found = SOFT_REFUSALS.get(plain) or SOFT_REFUSALS.get(plain.rstrip(".! "))
    if found is None and plain and not re.search(r"\w", plain):
        return "refused"
    return found


class Decoder:
    """Turns texts into codes of one variable."""

    def __init__(self, variable: Variable, hidden: str | None) -> None:
        self.variable, self.hidden = variable, hidden
        self.exact: dict[str, str] = {}
        for option in variable.options:
            self.exact.setdefault(tidy_text(option.label), option.code)
        for option in variable.options:
            self.exact.setdefault(option.code, option.code)
        self.plain: dict[str, str] = {}
        for text, code in self.exact.items():
            self.plain.setdefault(_plain(text), code)
        for option in variable.options:
            self.plain.setdefault(_plain(option.axis), option.code)
        self.is_place = places.is_state_list(variable)

    def __call__(self, text: str) -> Decoded:
        """Decode one tidy text."""
        if not text:
            return Decoded(None)
        if text == self.hidden and text not in self.exact:
            return Decoded(None, "not_shown")
        if text in self.exact:
            return Decoded(self.exact[text])
        found = self.plain.get(_plain(text))
        if found is not None:
            return Decoded(found, note="label written in another way")
        return self.guess(text)

    def guess(self, text: str) -> Decoded:
        """Decode a text that is no label: a refusal, a place, a misspelling, or unknown."""
        reason = soft_refusal(text)
        if reason is not None:
            return Decoded(None, reason, "no answer in words")
        if self.is_place:
            place = places.find_state(text)
            if place.code is not None:
                return Decoded(place.code, note=place.note)
            if place.abroad:
                return Decoded(None, "not_applicable", "place outside the United States")
        ranges = {self.plain.get(_plain(typed)) for typed in ranges_behind(text)} - {None}
        if len(ranges) == 1:
            return Decoded(ranges.pop(), note="range that a spreadsheet took for a date")
        near = self.nearest(_plain(text))
        if near is not None:
            return Decoded(near, note="misspelt label")
        return Decoded(None, "unparseable", "no such label")

    def nearest(self, plain: str) -> str | None:
        """Give the code of the one label that is a slip of the finger away."""
        if len(plain) < _SHORTEST_TYPO:
            return None
        allowed = 1 if len(plain) < 8 else 2
        distances = sorted(
            (OSA.distance(plain, label, score_cutoff=allowed + 2), code)
            for label, code in self.plain.items()
            if len(label) >= _SHORTEST_TYPO
        )
        if not distances or distances[0][0] > allowed:
            return None
        best, code = distances[0]
        rivals = [c for d, c in distances[1:] if d <= best + 1 and c != code]
        return None if rivals else code


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w+$%]+", text.casefold().replace("'", "")))


def _code(work: Work) -> Edit:
    """Decode every question with options."""
    edit = Edit()
    for variable in work.instrument:
        if variable.name not in work.answers:
            continue
        if variable.kind == "text" and work.hidden is not None:
            _unhide_text(work, variable.name, edit)
        elif variable.categorical and variable.kind != "tick":
            _code_single(work, variable, edit)
    for question in work.instrument.questions.values():
        if question.kind == "multi":
            _code_ticks(work, question, edit)
    return edit


def _unhide_text(work: Work, name: str, edit: Edit) -> None:
    """Blank a text that the platform wrote itself because the question was hidden."""
    hidden = work.answers[name] == work.hidden
    if hidden.any():
        edit.answers[name] = work.answers[name].mask(hidden, "")
        edit.missing[name] = work.missing[name].mask(hidden, "not_shown")


def _code_single(work: Work, variable: Variable, edit: Edit) -> None:
    name, column = variable.name, work.answers[variable.name]
    distinct, decode = Distinct(column), Decoder(variable, work.hidden)
    decoded = [decode(text) for text in distinct.texts]
    empty = variable.missing_codes
    codes = distinct.spread([None if d.code in empty else d.code for d in decoded], "str")
    edit.answers[name] = codes
    reasons = distinct.spread([empty.get(d.code or "", d.reason) for d in decoded], "str")
    edit.missing[name] = with_known(work, name, reasons)
    if any(d.note for d in decoded):
        notes = distinct.spread([d.note for d in decoded], "str")
        rows = notes.ne("")
        edit.changes.append(changed(work, name, rows, column, codes, notes))
        unknown = notes.eq("no such label")
        edit.queries.append(
            query(work, name, unknown, column, "the answer is none of the options")
        )


def _code_ticks(work: Work, question: Question, edit: Edit) -> None:
    """Decode the ticks of one question: a blank is a no where another choice is ticked.

    Where only "Don't know" is ticked, the other choices are missing for that reason.
    """
    ticks = [n for n in question.variables if work.has(n) and work.instrument[n].kind == "tick"]
    frame = pd.DataFrame({n: _tick_states(work.answers[n], work.hidden) for n in ticks})
    touched = frame.isin(["yes", "no"]).any(axis=1)
    unknown = {f"{question.name}_{o.code}": o.missing for o in question.options if o.missing}
    answered = frame[[n for n in ticks if n not in unknown]].isin(["yes"]).any(axis=1)
    for name in ticks:
        state = frame[name]
        value = state.where(state.isin(["yes", "no"])).mask(touched & state.eq(""), "no")
        reason = state.where(state.eq("not_shown") & ~touched, "")
        for other, why in unknown.items():
            if other != name and other in frame:
                only = frame[other].eq("yes") & ~answered
                value, reason = value.mask(only), reason.mask(only, why)
        reason = with_known(work, name, reason.astype("str"))
        edit.answers[name] = value.mask(work.missing[name].ne("")).astype("str")
        edit.missing[name] = reason


def _tick_states(column: pd.Series, hidden: str | None) -> pd.Series:
    distinct = Distinct(column)
    return distinct.spread([_tick(text, hidden) for text in distinct.texts], "str")


def _tick(text: str, hidden: str | None) -> str:
    if not text:
        return ""
    if text == hidden:
        return "not_shown"
    return "no" if text.casefold() in OFF else "yes"


RULES = (
    Rule(
        "S3",
        "E",
        "Each answer is one of the options.",
        _code,
        "take the option that is written in another way or misspelt, or that a spreadsheet made "
        "a date of (9-Jan is 1-9); a refusal in words becomes "
        "its reason; else missing, and asked about",
    ),
)
