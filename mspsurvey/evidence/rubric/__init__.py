"""From the practices of a firm to a score, a maturity level and a baseline class.

The rules are those of the rubric's file (``file``); the other modules only apply them. A worked
example and the reasons are in ``docs/methods/rubric.md``.
"""

from mspsurvey.evidence.rubric.answers import Answers, read_answers
from mspsurvey.evidence.rubric.classes import class_codes, classify
from mspsurvey.evidence.rubric.file import Rubric, load_rubric
from mspsurvey.evidence.rubric.scores import cut_levels, score, score_without
from mspsurvey.evidence.rubric.variables import rubric_variables

__all__ = [
    "Answers",
    "Rubric",
    "class_codes",
    "classify",
    "cut_levels",
    "load_rubric",
    "read_answers",
    "rubric_variables",
    "score",
    "score_without",
]
