"""Personal data in free text, found and replaced by the name of their kind.

What has a form (addresses, numbers, names after a title) is found by ``personal.PATTERNS``.
Names of firms have none; they come from the study's own frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mspsurvey.intake.linking.normalise import words_of
from mspsurvey.intake.personal import PATTERNS

_AROUND = 40
_SHORTEST_NAME = 4
_TOKEN = re.compile(r"[\w&'’.]*\w")
# Nothing shorter or without one of these has a form that could be personal.
_SHORTEST = 5
_MAY_HOLD = re.compile(r"[\d@.:/]|(?:\b[A-Z].*?\b|\s)[A-ZÀ-Þ]|(?i:\bat\b|[\[(]at[\])])")


@dataclass(frozen=True)
class Found:
    """Personal data in a text: what kind, and from where to where."""

    kind: str
    start: int
    end: int


class FirmNames:
    """Names of firms of a frame, found in text whatever their case and legal form.

    Parameters
    ----------
    names : iterable of str
        As the frame writes them. A name of a single word counts only as it is written, with
        its capital and inside a sentence, since many are words too ("Reliable").
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.phrases: set[tuple[str, ...]] = set()
        self.single: set[str] = set()
        for name in set(names):
            words = words_of(name)
            if len(words) > 1:
                self.phrases.add(words)
            elif words and len(words[0]) >= _SHORTEST_NAME:
                written = name.split()[0].rstrip(",.")
                self.single.update({written} if written[:1].isupper() else ())
        self.longest = max((len(p) for p in self.phrases), default=0)

    def find(self, text: str) -> Iterator[Found]:
        """Give each name in a text, the longest first where several begin at one place."""
        if not self.phrases and not self.single:
            return
        tokens = list(_TOKEN.finditer(text))
        plain = [words_of(token[0], keep_form=True) for token in tokens]
        for at, token in enumerate(tokens):
            end = self._longest(plain, at)
            if end:
                yield Found("firm", token.start(), tokens[end - 1].end())
            elif token[0] in self.single and _inside(text, token.start()):
                yield Found("firm", token.start(), token.end())

    def _longest(self, plain: list[tuple[str, ...]], start: int) -> int:
        """Position after the longest name that begins at a token; 0 where none does."""
        words: tuple[str, ...] = ()
        found = 0
        for at in range(start, len(plain)):
            words += plain[at]
            if len(words) > self.longest:
                break
            if words in self.phrases:
                found = at + 1
        return found


def _inside(text: str, start: int) -> bool:
    """Whether a place lies inside a sentence, where a word has no capital of its own."""
    return text[:start].rstrip()[-1:] not in ("", ".", "!", "?")


NO_FIRMS = FirmNames()


def find(text: str, firms: FirmNames = NO_FIRMS) -> list[Found]:
    """Find personal data in a text.

    Returns
    -------
    list of Found
        In the order of the text; none overlap.
    """
    taken = bytearray(len(text))
    found: list[Found] = []
    for hit in (*_by_pattern(text), *firms.find(text)):
        if not any(taken[hit.start : hit.end]):
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            found.append(hit)
    return sorted(found, key=lambda f: f.start)


def _by_pattern(text: str) -> Iterator[Found]:
    if len(text) < _SHORTEST or not _MAY_HOLD.search(text):
        return
    for pattern in PATTERNS:
        for match in pattern.expression.finditer(text):
            start, end = match.span("it" if "it" in pattern.expression.groupindex else 0)
            before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
            if pattern.guard(text[start:end], before, after):
                yield Found(pattern.name, start, end)


def redact(text: str, firms: FirmNames = NO_FIRMS) -> str:
    """Replace personal data by their kind.

    Parameters
    ----------
    text : str
        What somebody wrote.
    firms : FirmNames, optional
        Names of the frame.

    Examples
    --------
    >>> redact("Ask for Jo Bloggs, (555) 555-0173, or write to jo@example.org.")
    'Ask for [name], [phone], or write to [e-mail].'
    >>> redact("We moved 250-1000 users to version 10.0.0.1 in 2021 for $1,500,000.")
    'We moved 250-1000 users to version 10.0.0.1 in 2021 for $1,500,000.'
    """
    parts, at = [], 0
    for hit in find(text, firms):
        parts += [text[at : hit.start], f"[{hit.kind}]"]
        at = hit.end
    return "".join([*parts, text[at:]])
