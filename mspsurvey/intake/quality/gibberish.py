"""C4: open answers that are no words of the language that the questionnaire is in.

A model of pairs of letters is learnt from the questionnaire's own wording, so that no
dictionary is needed and no answer is learnt from or kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from mspsurvey.instrument import Instrument
from mspsurvey.intake.shown import REDACTED
from mspsurvey.intake.work import Distinct, Work

LEAST_LETTERS = 4
SURPRISE = 4.5
"""Standard deviations above the words of the questionnaire, at which a text is no language."""
LEAST_ENTROPY = 1.2
"""Bits a letter, below which a text is one or two keys held down."""
LEAST_VOWELS = 0.12
KEYBOARD_WALK = 0.8
"""Share of the pairs of letters that lie side by side on a keyboard, as in "qwerty"."""
FILLERS = re.compile(r"\blorem ipsum\b|\btest(?:ing)?[\s,.]+test|^test(?:ing)?$")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIZE = len(_LETTERS) + 1
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {a + b for row in _KEYS for x, y in pairwise(row) for a, b in ((x, y), (y, x))}
_ABBREVIATION = re.compile(r"\b[A-Z]{2,5}s?\b")
_NOT_WRITING = re.compile(r"https?://\S+|\S+@\S+|" + re.escape(REDACTED))


@dataclass(frozen=True)
class LetterPairs:
    """How usual each pair of letters is: −log2 P(second | first), in bits.

    Attributes
    ----------
    bits : ndarray, 27 × 27
        The 27th letter is the edge of a word.
    mean, sd : float
        Of the words it was learnt from: each word's mean bits a pair, in a model of all the
        others, so that a short questionnaire does not take every new word for nonsense.
    """

    bits: np.ndarray
    mean: float
    sd: float

    @classmethod
    def learn(cls, texts: Iterable[str]) -> LetterPairs:
        """Learn from texts; a pair never seen counts as a quarter of one."""
        words = sorted({w for text in texts for w in _words(text) if len(w) >= 3})
        counts = np.full((_SIZE, _SIZE), 0.25)
        for word in words:
            np.add.at(counts, _pairs(word), 1)
        bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))
        scores = [_without_itself(counts, _pairs(word)) for word in words] or [0.0]
        return cls(bits, float(np.mean(scores)), float(np.std(scores)) or 1.0)

    def surprise(self, text: str) -> float:
        """Bits a pair of a whole text, in standard deviations above the words learnt from."""
        pairs = [self.bits[_pairs(word)] for word in _words(text)]
        return (float(np.concatenate(pairs).mean()) - self.mean) / self.sd if pairs else np.nan


def _words(text: str) -> list[str]:
    # "MFA", "EDR" and the like are the trade's language, in no questionnaire's letters.
    text = _ABBREVIATION.sub(" ", _NOT_WRITING.sub(" ", text))
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _pairs(word: str) -> tuple[np.ndarray, np.ndarray]:
    edge = _SIZE - 1
    places = np.array([edge, *(_LETTERS.index(c) for c in word), edge])
    return places[:-1], places[1:]


def _without_itself(counts: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> float:
    """Mean bits a pair of a word, in the model of all other words."""
    others = counts[pairs[0]].copy()
    for first, second in zip(*pairs, strict=True):
        others[pairs[0] == first, second] -= 1
    chosen = others[np.arange(len(pairs[1])), pairs[1]]
    return float(-np.log2(chosen / others.sum(axis=1)).mean())


def entropy(text: str) -> float:
    """Shannon entropy of the letters of a text, in bits a letter."""
    letters = np.frombuffer("".join(_words(text)).encode("ascii"), dtype="uint8")
    if not len(letters):
        return 0.0
    share = np.unique(letters, return_counts=True)[1] / len(letters)
    return float(-(share * np.log2(share)).sum())


def wording(instrument: Instrument) -> list[str]:
    """Give all texts of a questionnaire that respondents read."""
    asked = [
        t for q in instrument.questions.values() for t in (q.text, *(o.label for o in q.options))
    ]
    return [*asked, *(v.text for v in instrument), *instrument.intros.values()]


def is_gibberish(text: str, model: LetterPairs) -> bool:
    """Whether an open answer is held keys, filler or no words at all.

    A text in letters that the model does not know (another script) is never called so.
    """
    letters = "".join(_words(text))
    if FILLERS.search(text.strip().casefold()):
        return True
    if len(letters) < LEAST_LETTERS:
        return False
    vowels = sum(c in "aeiouy" for c in letters) / len(letters)
    held = entropy(text) < LEAST_ENTROPY or vowels < LEAST_VOWELS
    return held or _walks(text) or model.surprise(text) > SURPRISE


def _walks(text: str) -> bool:
    """Whether a finger walked along the keyboard."""
    pairs = [a + b for word in _words(text) for a, b in pairwise(word)]
    return bool(pairs) and sum(p in _NEIGHBOURS for p in pairs) >= KEYBOARD_WALK * len(pairs)


def gibberish(work: Work) -> pd.DataFrame:
    """Look at the open answers of each response.

    Returns
    -------
    DataFrame
        ``text_surprise``: the most surprising open answer, in standard deviations; NaN
        where nothing was written; and the flag ``C4``.
    """
    model = LetterPairs.learn(wording(work.instrument))
    index = work.answers.index
    worst = pd.Series(np.nan, index=index, dtype="float64")
    found = pd.Series(False, index=index)
    for name in work.instrument.by_role("free_text"):
        if not work.has(name):
            continue
        different = Distinct(work.answers[name].fillna(""))
        scores = [model.surprise(t) if t else np.nan for t in different.texts]
        scored = different.spread(scores, "float64")
        worst = worst.where(~scored.gt(worst) & worst.notna(), scored)
        flags = [bool(t) and is_gibberish(t, model) for t in different.texts]
        found |= different.spread(flags, "bool")
    return pd.DataFrame({"text_surprise": worst, "C4": found})
