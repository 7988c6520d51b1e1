"""The "VV" file of LimeSurvey: responses as the platform takes them back.

Two header rows, texts over codes, tabs between cells, and marks in braces for what a cell of
such a table cannot hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEEDED = {"id", "submitdate", "startlanguage"}
_MARKS = {
    "question_not_shown": "N/A", "newline": "\n", "cr": "", "tab": "\t", "quote": '"',
    "lbrace": "{",
}  # fmt: skip
_MARK = re.compile(r"\{(" + "|".join(_MARKS) + r")\}")
_PART = re.compile(r"(?P<question>[A-Za-z][A-Za-z0-9]*)_(?P<row>[^#]+)(?:#(?P<scale>[01]))?\Z")


def is_vv(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table is such a file."""
    return len(rows) > 1 and {c.strip() for c in rows[1]} >= _NEEDED


def code_of(name: str) -> str:
    """Write the name of a column as other exports have it.

    Examples
    --------
    >>> [code_of(n) for n in ("Q1", "Q1_SQ001", "Q1_SQ1_SQ2", "Q1_SQ001#1", "Q1_other")]
    ['Q1', 'Q1[SQ001]', 'Q1[SQ1_SQ2]', 'Q1[SQ001][2]', 'Q1[other]']
    """
    match = _PART.match(name)
    if match is None:
        return name
    scale = f"[{int(match['scale']) + 1}]" if match["scale"] else ""
    return f"{match['question']}[{match['row']}]{scale}"


def plain_cell(cell: str) -> str:
    """Put back what the marks stand for.

    Examples
    --------
    >>> plain_cell("say {quote}no{quote}"), plain_cell("{question_not_shown}")
    ('say "no"', 'N/A')
    """
    return _MARK.sub(lambda m: _MARKS[m[1]], cell) if "{" in cell else cell
