"""From what a platform writes for an answer to what the instrument calls it.

A cell that is a label or a code of the instrument stays as it is; the rules of cleaning read
it. A platform's own code is turned into the label that the platform, its codebook, the
instrument's form or a person gives it. A code that means no answer becomes a blank with a
reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from mspsurvey.instrument import Instrument, Variable
from mspsurvey.instrument.model import MISSING_REASONS
from mspsurvey.instrument.target import RULES, target
from mspsurvey.intake.mapping.columns import FORM_OF
from mspsurvey.intake.mapping.decisions import Decisions
from mspsurvey.intake.readers.export import RawExport
from mspsurvey.intake.rules.labels import OFF, Decoder
from mspsurvey.intake.rules.typography import tidy_text

_ONE_OR_TWO = {"1": ("Yes", ""), "2": ("No", "")}


class Cell(NamedTuple):
    """What one text of an export stands for: the text to read, and why there is none."""

    text: str
    reason: str = ""


class Choices:
    """All that is known of the codes in an export.

    Parameters
    ----------
    export : RawExport
        With the platform's choices.
    instrument : Instrument
        Whose options they are to become.
    decisions : Decisions
        Of a person.
    """

    def __init__(self, export: RawExport, instrument: Instrument, decisions: Decisions) -> None:
        self.instrument, self.decisions, self.hidden = instrument, decisions, export.not_shown
        self.export = export
        self.said: dict[str, dict[str, tuple[str, str]]] = {}
        for name, code, label, missing in export.choices.itertuples(index=False):
            self.said.setdefault(name, {})[code] = (label, missing)
        form = FORM_OF.get(export.platform, "")
        self.form = target(instrument, form) if form in RULES else None

    def reader(self, column: str, variable: Variable) -> Reader:
        """Give what reads the cells of one column as those of a variable."""
        form = {}
        if self.form is not None and variable.kind != "tick":
            form = {cell: code for code, cell in self.form.cells(variable.name).items()}
        decided = dict(self.decisions.choices(variable.name))
        if variable.kind != "tick":
            decided = {**self.decisions.choices(variable.question), **decided}
        said = self.said.get(column, {})
        if not said and variable.kind == "tick" and self._one_or_two(column):
            said = _ONE_OR_TWO
        return Reader(variable, said, form, decided, self.hidden)

    def _one_or_two(self, column: str) -> bool:
        """Whether LimeSurvey was asked to write Y as 1 and N as 2."""
        if self.export.platform != "limesurvey" or column not in self.export.answers:
            return False
        return set(self.export.answers[column]) - {"", self.hidden} <= set(_ONE_OR_TWO)

    def codes(self, question: str, column: str) -> dict[str, str]:
        """Code of each text that stands for a choice of a question with several answers."""
        asked = self.instrument.questions[question]
        known = {text: o.code for o in asked.options for text in (o.code, tidy_text(o.label))}
        labels = {tidy_text(o.label): o.code for o in asked.options}
        if self.form is not None:
            known = {self.form.code(question, o.code): o.code for o in asked.options} | known
        for code, (label, _) in self.said.get(column, {}).items():
            if tidy_text(label) in labels:
                known[tidy_text(code)] = labels[tidy_text(label)]
        # A person's word counts most.
        return {**known, **labels, **self.decisions.choices(question)}


class Reader:
    """Reads the cells of one column; made by ``Choices.reader``."""

    def __init__(
        self, variable: Variable, said: Mapping[str, tuple[str, str]], form: Mapping[str, str],
        decided: Mapping[str, str], hidden: str | None,
    ) -> None:  # fmt: skip
        self.variable, self.said, self.form, self.decided = variable, said, form, decided
        self.hidden = hidden
        self.decode = Decoder(variable, hidden)
        self.labels = variable.labels
        self.ours = {tidy_text(o.label) for o in variable.options}

    def __call__(self, text: str) -> Cell:
        """Read one cell."""
        plain = tidy_text(text)
        if not plain or text == self.hidden:
            return Cell(text)
        if plain in self.decided:
            return Cell(self.labels[self.decided[plain]])
        if plain in self.said:
            return self._said(text, *self.said[plain])
        if plain in self.form and plain not in self.decode.exact:
            return Cell(self.labels[self.form[plain]])
        return Cell(text)

    def _said(self, text: str, label: str, missing: str) -> Cell:
        if missing:
            return self._missing(label, missing)
        if self.variable.kind == "tick":
            return Cell("no" if tidy_text(label).casefold() in OFF else text)
        # A labelled number is a number: "0, None" is the answer 0.
        return Cell(label if self.variable.categorical and label else text)

    def _missing(self, label: str, missing: str) -> Cell:
        """Take a code that means no answer: as our option that says so, else as a reason."""
        reason = missing if missing in MISSING_REASONS else "no_answer"
        if self.variable.kind == "tick" and reason == "no_answer":
            # Passed over, or nothing ticked at all: the other choices tell.
            return Cell("")
        ours = [o for o in self.variable.options if o.missing is not None]
        for option in ours:
            if tidy_text(option.label).casefold() == tidy_text(label).casefold():
                return Cell(option.label)
        same = [o for o in ours if o.missing == reason]
        return Cell(same[0].label) if len(same) == 1 else Cell("", reason)

    def unknown(self, text: str) -> bool:
        """Whether a cell that was read is none of the options, nor a refusal in words."""
        if not self.variable.categorical or self.variable.kind == "tick" or not text.strip():
            return False
        return self.decode(tidy_text(text)).reason == "unparseable"


def read_column(cells: pd.Series, reader: Reader) -> tuple[pd.Series, pd.Series]:
    """Read one column: texts, and the reasons for blanks."""
    codes, texts = pd.factorize(cells)
    read = [reader(str(text)) for text in texts]
    if all(r.text == t and not r.reason for r, t in zip(read, texts, strict=True)):
        return cells, pd.Series("", index=cells.index, dtype="str")
    parts = [pd.Series(part, dtype="str") for part in zip(*read, strict=True)]
    new, reason = (part.take(codes).set_axis(cells.index) for part in parts)
    return new, reason
