"""Colours, type and sizes: the same for every chart, on screen and on paper.

Each fill has a contrast of 3:1 or more with the page, and either ink or white reads on it at
4.5:1 (WCAG 2.2, success criteria 1.4.3 and 1.4.11). No meaning rests on colour alone: classes
also have a pattern or a shape, and an order. ``tests/test_theme.py`` computes all of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mspsurvey.errors import PublicationError

PAPER = "#FFFFFF"
INK = "#16202A"
MUTED = "#4A5763"
RULE = "#C3CAD1"
GRID = "#E3E7EB"
MAIN = "#4678A6"
"""Fill of bars and dots that carry no class."""
ACCENT = "#A63A24"
"""Second series of a pair, and what a reference line is drawn in."""
HELD_BACK = "#8A9099"
"""Edge and words of suppressed rows; used for nothing else."""
HELD_BACK_FILL = "#F0F2F4"
STAMP = "#FFC933"
"""Band behind the words SYNTHETIC and DRAFT, always under ink."""
WATERMARK = "#EEF0F2"

FAMILY = "Survey Sans"
FALLBACK = "'Survey Sans', 'Source Sans 3', Calibri, Carlito, 'Segoe UI', Arial, sans-serif"
BODY_WEIGHT, BOLD_WEIGHT = 400, 600

WIDTH = 1200
"""Width of a chart in CSS pixels; its height follows from what it has to say."""
MARGIN = 40
DPI = 300


@dataclass(frozen=True)
class Type:
    """Size of letters and distance of lines, in CSS pixels."""

    size: float
    leading: float


TITLE = Type(30, 36)
SUBTITLE = Type(18.5, 25)
LABEL = Type(17, 21)
SMALL = Type(15, 19)
NOTE = Type(14, 18.5)
FOOT = Type(13.5, 17.5)

PATTERNS = ("", "diagonal", "dots", "cross", "back", "lines")
"""Second cue of a fill, in the order in which unnamed series take them."""


@dataclass(frozen=True)
class Fill:
    """Colour and pattern of one class, series or level."""

    colour: str
    pattern: str = ""
    shape: str = "circle"


FIXED: Mapping[str, Mapping[str, Fill]] = {
    "base_class": {
        "met": Fill("#14598C", "", "circle"),
        "partly": Fill("#BD8617", "dots", "square"),
        "not_met": Fill("#A63A24", "diagonal", "diamond"),
    },
    "outs_level": {
        "none": Fill("#A98B4F", "dots", "square"),
        "ad_hoc": Fill("#6D97BC", "", "triangle"),
        "co_managed": Fill("#2C6599", "", "circle"),
        "full": Fill("#0C2F50", "diagonal", "diamond"),
    },
    "mat_level": {
        "1": Fill("#B98A2C", "diagonal", "triangle"),
        "2": Fill("#7D9640", "dots", "square"),
        "3": Fill("#3A8163", "", "circle"),
        "4": Fill("#17596A", "", "diamond"),
        "5": Fill("#0F2A47", "", "hexagon"),
    },
}
"""Fills of the classes that recur, by variable: never given to anything else in a report."""

ALIASES: Mapping[str, str] = {
    "msp_base_class": "base_class",
    "base_bound_low": "base_class",
    "base_bound_high": "base_class",
}

SERIES = (
    Fill("#2C6599", "", "circle"),
    Fill("#A63A24", "diagonal", "diamond"),
    Fill("#1B7F79", "dots", "square"),
    Fill("#BD8617", "", "triangle"),
    Fill("#7A4A94", "cross", "hexagon"),
    Fill("#5B6770", "lines", "circle"),
)
"""Fills of unordered levels, in order of use."""

_NEGATIVE = ("#8E2F1B", "#B5513A", "#D06A4C")
_POSITIVE = ("#14497A", "#2F6FA6", "#5B95C6")
_NEUTRAL = "#8F949A"
_SEQUENCE = ("#B98A2C", "#7D9640", "#3A8163", "#1F6870", "#154A63", "#0A2440")


def diverging(count: int) -> tuple[Fill, ...]:
    """Fills from one pole through grey to the other, for 2 to 7 ordered levels.

    The first pole is hatched, so that the poles differ in print without colour.
    """
    if not 2 <= count <= 7:
        raise PublicationError(
            "A diverging palette has 2 to 7 levels.",
            f"{count} were asked for.",
            "Join levels with `net=`, or draw a heat table.",
        )
    side = count // 2
    picks = {1: (1,), 2: (0, 2), 3: (0, 1, 2)}[side]
    low = [Fill(_NEGATIVE[i], "diagonal" if i < 2 else "back", "diamond") for i in picks]
    high = [Fill(_POSITIVE[i], "", "circle") for i in reversed(picks)]
    middle = [Fill(_NEUTRAL, "dots", "square")] if count % 2 else []
    return (*low, *middle, *high)


def sequence(count: int) -> tuple[Fill, ...]:
    """Fills from light to dark for 1 to 6 ordered levels, distinct in grey print."""
    if not 1 <= count <= len(_SEQUENCE):
        raise PublicationError(
            f"A sequential palette has 1 to {len(_SEQUENCE)} levels.",
            f"{count} were asked for.",
            "Join levels with `net=`, or draw a heat table.",
        )
    last = len(_SEQUENCE) - 1
    picks = [round(i * last / max(count - 1, 1)) for i in range(count)]
    return tuple(Fill(_SEQUENCE[p], PATTERNS[1] if i == 0 else "") for i, p in enumerate(picks))


def fills(variable: str, levels: Sequence[str], *, palette: str = "series") -> tuple[Fill, ...]:
    """Give each level its fill.

    Parameters
    ----------
    variable : str
        Name of the variable; the recurring classes of ``FIXED`` always look the same.
    levels : sequence of str
        Codes, in order.
    palette : {"series", "diverging", "sequence"}
        For every other variable.
    """
    fixed = FIXED.get(ALIASES.get(variable, variable), {})
    if fixed and all(level in fixed for level in levels):
        return tuple(fixed[level] for level in levels)
    if palette == "diverging":
        return diverging(len(levels))
    if palette == "sequence":
        return sequence(len(levels))
    if len(levels) > len(SERIES):
        raise PublicationError(
            f"At most {len(SERIES)} series can be told apart by colour and pattern.",
            f"There are {len(levels)}: {', '.join(levels[:8])}.",
            "Join some, or draw a heat table.",
        )
    return SERIES[: len(levels)]


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB``, from 0 (black) to 1 (white), as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21: ``(L1 + 0.05) / (L2 + 0.05)``, L1 the lighter."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def on(fill: str) -> str:
    """Ink or white, whichever reads better on a fill."""
    return INK if contrast(INK, fill) >= contrast(PAPER, fill) else PAPER


def mix(colour: str, share: float) -> str:
    """Mix ``share`` of a colour into the page: 1 leaves it, 0 gives the page."""
    own = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    page = [int(PAPER[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(
        f"{round(share * o + (1 - share) * p):02X}" for o, p in zip(own, page, strict=True)
    )
