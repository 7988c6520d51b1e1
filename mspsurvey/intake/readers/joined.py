"""Several choices in one cell, told apart by the words of the choices themselves.

Google Forms joins what was ticked by ", ", Microsoft Forms ends each choice with ";". A choice
may hold either mark in its own words, so a cell is never cut at a mark: it is covered by the
known choices, the longest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_MARK = re.compile(r"\s*[,;\n]\s*")


def split_choices(cell: str, labels: Iterable[str]) -> list[str] | None:
    """Split a cell into the choices that it holds.

    Parameters
    ----------
    cell : str
        As exported: choices joined by ", ", ";" or line ends; a mark at the end is allowed.
    labels : iterable of str
        Words of all choices. Case and kinds of blanks make no difference.

    Returns
    -------
    list of str or None
        The labels in the order of the cell; [] for a blank cell; None where a part of the
        cell is no label.

    Examples
    --------
    >>> split_choices("SSH;Manager (A, B);", ["SSH", "Manager (A, B)", "Manager"])
    ['SSH', 'Manager (A, B)']
    >>> split_choices("Tea, and cake", ["Tea"]) is None
    True
    """
    found, rest = split_with_other(cell, labels)
    return None if rest else found


def split_with_other(cell: str, labels: Iterable[str]) -> tuple[list[str], str]:
    """Split a cell into its choices and the words that were typed beside them.

    Both platforms put the words of "Other" behind the choices, joined by the same mark.

    Returns
    -------
    list of str
        Labels in the order of the cell, as many as cover its beginning.
    str
        The rest, as typed; "" where the labels cover the whole cell.

    Examples
    --------
    >>> split_with_other("Tea, Coffee, milk, warm", ["Tea", "Coffee", "Water"])
    (['Tea', 'Coffee'], 'milk, warm')
    """
    text = cell.strip()
    folded, origin = _folded(text)
    known = _longest_first(tuple(labels))
    # For each place where a choice may begin: how far labels cover from there, by which
    # label first, and where the next one begins.
    covered: dict[int, tuple[int, str, int]] = {len(folded): (len(folded), "", len(folded))}
    starts = {0, *(mark.end() for mark in _MARK.finditer(folded))} - {len(folded)}
    for start in sorted(starts, reverse=True):
        covered[start] = _furthest(folded, start, known, covered)
    found: list[str] = []
    place = 0
    while covered[place][1]:
        found.append(covered[place][1])
        place = covered[place][2]
    return found, text[origin[place] :] if place < len(folded) else ""


def _furthest(
    text: str,
    start: int,
    known: tuple[tuple[str, str], ...],
    covered: dict[int, tuple[int, str, int]],
) -> tuple[int, str, int]:
    """Try each label at one place; the longest wins among those that lead equally far."""
    best = (start, "", start)
    for plain, label in known:
        end = start + len(plain)
        if not text.startswith(plain, start):
            continue
        mark = _MARK.match(text, end)
        if mark is None and end < len(text):
            continue
        after = mark.end() if mark else end
        reach = covered[after][0]
        if reach > best[0]:
            best = (reach, label, after)
    return best


@lru_cache(maxsize=256)
def _longest_first(labels: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    known = {_plain(label): label for label in labels if label.strip()}
    return tuple(sorted(known.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(";")


def _folded(text: str) -> tuple[str, list[int]]:
    """Fold case and blanks; give the place in the text that each letter comes from."""
    letters: list[str] = []
    origin: list[int] = []
    for place, letter in enumerate(text):
        if letter.isspace() and letter != "\n":
            if not letters or letters[-1] != " ":
                letters.append(" ")
                origin.append(place)
            continue
        for part in letter.casefold():
            letters.append(part)
            origin.append(place)
    return "".join(letters), origin
