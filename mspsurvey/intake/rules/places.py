"""States as people write them: abbreviations old and new, ZIP codes, and places abroad."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from mspsurvey.instrument import Variable

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan",
    "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee",
    "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
"""Postal codes of the fifty states and the District of Columbia."""

# Abbreviations from before the postal codes, and nicknames, without blanks and full stops.
_OLD = {
    "ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "cal": "CA", "cali": "CA",
    "colo": "CO", "conn": "CT", "del": "DE", "fla": "FL", "ill": "IL", "ind": "IN",
    "kan": "KS", "kans": "KS", "ky": "KY", "la": "LA", "mass": "MA", "mich": "MI",
    "minn": "MN", "miss": "MS", "mont": "MT", "neb": "NE", "nebr": "NE", "nev": "NV",
    "okla": "OK", "ore": "OR", "oreg": "OR", "penn": "PA", "penna": "PA", "tenn": "TN",
    "tex": "TX", "wash": "WA", "wis": "WI", "wisc": "WI", "wyo": "WY", "wva": "WV",
    "washingtondc": "DC", "washdc": "DC", "ncarolina": "NC", "scarolina": "SC",
    "ndakota": "ND", "sdakota": "SD", "nyc": "NY", "newyorkcity": "NY", "nmex": "NM",
    "nocarolina": "NC", "socarolina": "SC",
}  # fmt: skip
_ABROAD = {
    "ontario", "quebec", "québec", "britishcolumbia", "alberta", "manitoba", "saskatchewan",
    "novascotia", "newbrunswick", "newfoundland", "princeedwardisland", "yukon", "nunavut",
    "northwestterritories", "on", "qc", "bc", "ab", "mb", "sk", "ns", "nb", "nl", "pe", "ont",
    "que", "canada", "mexico", "unitedkingdom", "uk", "england", "australia",
}  # fmt: skip
# First and last three-digit prefix of the ZIP codes of each state.
_ZIP = (
    (5, 5, "NY"), (10, 27, "MA"), (28, 29, "RI"), (30, 38, "NH"), (39, 49, "ME"),
    (50, 54, "VT"), (55, 55, "MA"), (56, 59, "VT"), (60, 69, "CT"), (70, 89, "NJ"),
    (100, 149, "NY"), (150, 196, "PA"), (197, 199, "DE"), (200, 200, "DC"), (201, 201, "VA"),
    (202, 205, "DC"), (206, 219, "MD"), (220, 246, "VA"), (247, 268, "WV"), (270, 289, "NC"),
    (290, 299, "SC"), (300, 319, "GA"), (320, 349, "FL"), (350, 369, "AL"), (370, 385, "TN"),
    (386, 397, "MS"), (398, 399, "GA"), (400, 427, "KY"), (430, 459, "OH"), (460, 479, "IN"),
    (480, 499, "MI"), (500, 528, "IA"), (530, 549, "WI"), (550, 567, "MN"), (570, 577, "SD"),
    (580, 588, "ND"), (590, 599, "MT"), (600, 629, "IL"), (630, 658, "MO"), (660, 679, "KS"),
    (680, 693, "NE"), (700, 714, "LA"), (716, 729, "AR"), (730, 731, "OK"), (733, 733, "TX"),
    (734, 749, "OK"), (750, 799, "TX"), (800, 816, "CO"), (820, 831, "WY"), (832, 838, "ID"),
    (840, 847, "UT"), (850, 865, "AZ"), (870, 884, "NM"), (885, 885, "TX"), (889, 898, "NV"),
    (900, 961, "CA"), (967, 968, "HI"), (970, 979, "OR"), (980, 994, "WA"), (995, 999, "AK"),
)  # fmt: skip
_SHORTEST_TYPO = 4
_LONG_NAME = 10
_NAMES = {re.sub(r"[^a-z]", "", name.casefold()): code for code, name in STATES.items()}


@dataclass(frozen=True)
class Place:
    """What a text about a place says."""

    code: str | None
    note: str = ""
    abroad: bool = False


def is_state_list(variable: Variable) -> bool:
    """Whether the options of a question are the states."""
    return len(set(variable.levels) & set(STATES)) >= 50


def find_state(text: str) -> Place:
    """Find the state that a text means.

    Examples
    --------
    >>> find_state("La.").code, find_state("Lousiana").code, find_state("70112").code
    ('LA', 'LA', 'LA')
    >>> find_state("Ontario").abroad
    True
    """
    zipped = re.fullmatch(r"(\d{3})\d{2}(?:-?\d{4})?|(\d{3})", text.strip())
    if zipped:
        return _by_zip(int(zipped[1] or zipped[2]))
    plain = re.sub(r"[^a-zé]", "", text.casefold().removeprefix("state of "))
    if plain in _NAMES or plain.upper() in STATES:
        return Place(_NAMES.get(plain) or plain.upper(), "state written in another way")
    if plain in _OLD:
        return Place(_OLD[plain], "state written in another way")
    if plain in _ABROAD:
        return Place(None, abroad=True)
    near = _nearest(plain)
    return Place(near, "misspelt state") if near else Place(None)


def _nearest(plain: str) -> str | None:
    """Give the one state that is a slip away; two slips only in a long name."""
    if len(plain) < _SHORTEST_TYPO:
        return None
    slips = sorted((OSA.distance(plain, name), name) for name in _NAMES)
    (least, name), (next_least, _) = slips[:2]
    allowed = 2 if len(name) >= _LONG_NAME else 1
    return _NAMES[name] if least <= allowed and least < next_least else None


def _by_zip(prefix: int) -> Place:
    for low, high, code in _ZIP:
        if low <= prefix <= high:
            return Place(code, "ZIP code in place of the state")
    return Place(None)
