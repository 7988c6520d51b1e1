"""Ways in which people and programs write an answer other than it was meant."""

from __future__ import annotations

import numpy as np

SOFT = ("-", ".", "prefer not", "n/a", "?", "🙂")
GIBBERISH = ("asdf asdf", "qwerty", "jkl; jkl;", "xxxxxxxx", "lorem ipsum dolor")
ZIP_CODES = {
    "LA": "70112", "CA": "94103", "TX": "75201", "NY": "10001", "FL": "33101", "IL": "60601",
}  # fmt: skip
SHORT_FORMS = {
    "LA": "La.", "CA": "Calif", "TX": "Tex.", "FL": "Fla.", "PA": "Penna.", "WA": "Wash.",
    "MA": "Mass", "MN": "Minn.", "CO": "Colo.", "GA": "Ga.", "IL": "Ill.", "MI": "Mich.",
}  # fmt: skip
PROVINCES = ("Ontario", "Quebec", "British Columbia")
PROVINCE_RATE = 0.03
SPACES = ("\u00a0", " ", "  ")


def number(rng: np.random.Generator, value: int, *, percent: bool) -> str:
    """Write a whole number as text: "1,200", "1.2k", "about 50", "10-15", "~30%", "none"."""
    forms = [f"about {value}", f"~{value}", f"{value} approx."]
    if percent:
        forms = [f"{value}%", f"~{value}%", f"about {value} percent"]
    elif value >= 1000:
        forms.append(f"{value:,}")
        if value % 100 == 0:
            forms += [f"{value / 1000:.10g}k", f"{value / 1000:.10g}K"]
    elif value >= 6:
        step = max(1, value // 10)
        forms.append(f"{value - step}-{value + step}")
    if value == 0:
        forms = ["none", "zero", "None"]
    return forms[int(rng.integers(0, len(forms)))]


def state(rng: np.random.Generator, code: str, name: str) -> str:
    """Write a state in another way, or a province that is none."""
    if rng.random() < PROVINCE_RATE:
        return PROVINCES[int(rng.integers(0, len(PROVINCES)))]
    forms = [code.lower(), name.lower(), typo(rng, name), f"{name} ", f" {name.upper()}"]
    forms += [SHORT_FORMS[code]] * 2 if code in SHORT_FORMS else []
    forms += [ZIP_CODES[code]] if code in ZIP_CODES else []
    return forms[int(rng.integers(0, len(forms)))]


def typo(rng: np.random.Generator, text: str) -> str:
    """Swap two neighbouring letters, drop one, or double one; never the first."""
    places = [k for k in range(1, len(text) - 1) if text[k : k + 2].isalpha()]
    if not places:
        return text + "."
    k = places[int(rng.integers(0, len(places)))]
    form = int(rng.integers(0, 3))
    if form == 0 and text[k] != text[k + 1]:
        return text[:k] + text[k + 1] + text[k] + text[k + 2 :]
    if form == 1:
        return text[:k] + text[k + 1 :]
    return text[:k] + text[k] + text[k:]


def spacing(rng: np.random.Generator, text: str) -> str:
    """Add blanks, exchange one for a non-breaking one, or bend the quotes."""
    blank = SPACES[int(rng.integers(0, len(SPACES)))]
    forms = [
        text + blank,
        blank + text,
        text.replace(" ", "\u00a0", 1),
        text.replace(" ", "  ", 1),
    ]
    if "'" in text:
        forms += [text.replace("'", "\u2019")] * 2
    return forms[int(rng.integers(0, len(forms)))]


def day_first(stamp: str) -> str:
    """Turn ``2026-08-24 09:13:02`` into ``24/08/2026 9:13``, as a spreadsheet would."""
    date, clock = stamp.split(" ")
    year, month, day = date.split("-")
    hour, minute = clock.split(":")[:2]
    return f"{day}/{month}/{year} {int(hour)}:{minute}"
