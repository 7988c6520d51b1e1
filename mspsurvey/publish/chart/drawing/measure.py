"""How wide words are, and where lines break, in the font that is shipped.

Both renderers and the layout take widths from here, so that a line that fits on paper fits
on screen. Kerning is left out: it only makes a line shorter.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "fonts"
ELLIPSIS = "…"
PLACEHOLDER = "□"
"""Drawn for a character that the shipped font lacks."""


def font_file(*, bold: bool, suffix: str = ".ttf") -> Path:
    """File of the shipped font, ``.ttf`` for print and ``.woff2`` for pages."""
    return FOLDER / f"SurveySans-{'SemiBold' if bold else 'Regular'}{suffix}"


@lru_cache(maxsize=2)
def _advances(bold: bool) -> dict[int, float]:
    """Advance of each character as a share of the type size."""
    # Slow to import, and only drawing needs it; Matplotlib brings it.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(font_file(bold=bold), lazy=True) as font:
        units = font["head"].unitsPerEm
        widths = font["hmtx"].metrics
        return {code: widths[glyph][0] / units for code, glyph in font.getBestCmap().items()}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line in CSS pixels."""
    advances = _advances(bold)
    spare = advances[ord(PLACEHOLDER)]
    return size * sum(advances.get(ord(c), spare) for c in text)


def printable(text: object) -> str:
    """One line of text without control and direction characters, which could hide words.

    Answers are hostile text: a right-to-left override can make a label read as another one,
    and XML has no way to write most control characters.
    """
    composed = unicodedata.normalize("NFC", str(text))
    spaced = "".join(" " if c.isspace() else c for c in composed)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNPRINTABLE)
    return " ".join(kept.split(" ")).strip()


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def drawable(text: str) -> str:
    """Replace characters that the shipped font lacks, by their base letter where there is one."""
    advances = _advances(False)
    return "".join(c if ord(c) in advances else _nearest(c) for c in text)


def _nearest(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return bare if bare and all(ord(c) in _advances(False) for c in bare) else PLACEHOLDER


def wrap(
    text: str, width: float, size: float, *, bold: bool = False, most: int = 0, indent: float = 0
) -> tuple[str, ...]:
    """Break text into lines that are at most ``width`` CSS pixels wide.

    Parameters
    ----------
    most : int
        Lines at the most; what is left over becomes an ellipsis. 0 for no limit.
    indent : float
        What is already taken of the first line.
    """
    lines: list[str] = []
    line, room = "", width - indent
    for word in text.split():
        for piece in _pieces(word, width, size, bold):
            longer = f"{line} {piece}" if line else piece
            if text_width(longer, size, bold=bold) <= room:
                line = longer
                continue
            # An indented first line may have no room for its first word.
            if line or room < width:
                lines.append(line)
                room = width
            line = piece
    lines.append(line)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], shorten(f"{lines[most - 1]} …", width, size, bold=bold)]
    return tuple(lines)


def shorten(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Cut a line so that it fits, with an ellipsis for what is gone."""
    cut = text.removesuffix(ELLIPSIS).rstrip()
    ended = text != cut
    if not ended and text_width(text, size, bold=bold) <= width:
        return text
    while cut and text_width(cut + ELLIPSIS, size, bold=bold) > width:
        cut = cut[:-1].rstrip()
    return cut + ELLIPSIS


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    """Cut a word that is wider than a whole line."""
    if text_width(word, size, bold=bold) <= width:
        return [word]
    pieces, piece = [], ""
    for character in word:
        if piece and text_width(piece + character, size, bold=bold) > width:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]
