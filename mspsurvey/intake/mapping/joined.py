"""Cells that hold several choices, cut into the choices of the instrument.

Google joins by ", " although choices hold commas, Microsoft ends each choice with ";", Kobo
puts a blank between codes. A choice that is not known (of an older form, or typed beside
"Other") does not hide those behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mspsurvey.intake.readers.joined import split_with_other
from mspsurvey.intake.readers.kobo.ticks import cut as cut_at_blanks

_MARK = re.compile(r"\s*[,;\n]\s*")
_MOST_MARKS = 200
_MOST_LETTERS = 10_000
"""A cell with more signs between choices, or more letters, is a text."""


@dataclass(frozen=True)
class Pieces:
    """What one cell holds: codes of choices, and texts that are no choice."""

    codes: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    def __add__(self, more: Pieces) -> Pieces:
        """Give what two cells of one response hold together."""
        return Pieces(self.codes + more.codes, self.rest + more.rest)


def cut(cell: str, known: Mapping[str, str]) -> Pieces:
    """Cut one cell into choices.

    Parameters
    ----------
    cell : str
        As exported.
    known : mapping of str to str
        Code of each text that is a choice: label, code, or what else a person decided.

    Examples
    --------
    >>> known = {"SSH": "ssh", "Manager (SLURM, PBS)": "hpc", "PBS": "pbs"}
    >>> cut("SSH, Manager (SLURM, PBS), my own, really", known)
    Pieces(codes=('ssh', 'hpc'), rest=('my own, really',))
    >>> cut("PBS SSH", known)
    Pieces(codes=('pbs', 'ssh'), rest=())
    """
    if not cell.strip():
        return Pieces()
    if len(cell) > _MOST_LETTERS or len(_MARK.findall(cell)) > _MOST_MARKS:
        return Pieces(rest=(cell,))
    at_marks = _cut_at_marks(cell, known)
    if at_marks.rest:
        choices = list(known)
        places = cut_at_blanks(cell, choices)
        if places:
            return Pieces(tuple(dict.fromkeys(known[choices[p]] for p in sorted(places))))
    return at_marks


def _cut_at_marks(cell: str, known: Mapping[str, str]) -> Pieces:
    codes: dict[str, None] = {}
    rest: list[str] = []
    todo, strange = cell, ""
    while todo:
        found, after = split_with_other(todo, known)
        if found and strange:
            rest.append(strange)
            strange = ""
        codes.update(dict.fromkeys(known[text] for text in found))
        mark = _MARK.search(after)
        strange += after[: mark.end()] if mark else after
        todo = after[mark.end() :] if mark else ""
    plain = (text.strip(" \n,;") for text in (*rest, strange))
    return Pieces(tuple(codes), tuple(text for text in plain if text))
