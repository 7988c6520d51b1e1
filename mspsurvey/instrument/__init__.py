"""The questionnaire as data: wording, options, routing, ranges, missing codes.

One YAML file holds each question once; everything that needs a wording, an order of
options, a range or a rule of routing takes it from here. The format is described in
``docs/instruments.md``.
"""

from mspsurvey.instrument.model import (
    KINDS,
    MISSING_REASONS,
    MISSING_WORDS,
    NUMBERS,
    ROLES,
    TICK_CODES,
    Instrument,
    Option,
    Question,
    Variable,
)
from mspsurvey.instrument.reader import load_instrument
from mspsurvey.instrument.strict_yaml import read_yaml

__all__ = [
    "KINDS",
    "MISSING_REASONS",
    "MISSING_WORDS",
    "NUMBERS",
    "ROLES",
    "TICK_CODES",
    "Instrument",
    "Option",
    "Question",
    "Variable",
    "load_instrument",
    "read_yaml",
]
