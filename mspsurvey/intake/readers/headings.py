"""Headings of an export, laid beside those that its codebook leads one to expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher


def in_order(found: Sequence[str], expected: Sequence[str]) -> list[int | None]:
    """Give the place of each heading in the codebook.

    A label may stand for several questions ("Please specify"): its place is told from the
    headings around it. A label of one question alone is found wherever it stands.

    Parameters
    ----------
    found, expected : sequence of str
        Headings of the export, and of the codebook in its order.

    Returns
    -------
    list of int or None
        For each heading found, its index in ``expected``; None where there is none.

    Examples
    --------
    >>> in_order(["Why?", "Where?", "Why?"], ["When?", "Why?", "Where?", "Why?"])
    [1, 2, 3]
    """
    places: list[int | None] = [None] * len(found)
    for block in SequenceMatcher(None, found, expected, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            places[block.a + step] = block.b + step
    here, there = Counter(found), Counter(expected)
    only = {heading: place for place, heading in enumerate(expected) if there[heading] == 1}
    for position, heading in enumerate(found):
        if places[position] is None and here[heading] == 1:
            places[position] = only.get(heading)
    return places
