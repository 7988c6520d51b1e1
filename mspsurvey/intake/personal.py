"""What personal data look like in free text: named patterns, each with its guard.

A pattern alone takes versions for addresses, and ranges for telephone numbers. So each has a
guard that looks at what was matched and at the words around it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

Guard = Callable[[str, str, str], bool]


@dataclass(frozen=True)
class Pattern:
    """One kind of personal data.

    Attributes
    ----------
    name : str
        Stands in brackets where the text was.
    expression : re.Pattern
        What it looks like; the group "it", where there is one, is what is replaced.
    guard : callable
        From the match, and some characters before and after it, to whether it counts.
    """

    name: str
    expression: re.Pattern[str]
    guard: Guard = lambda _match, _before, _after: True


_VERSION_BEFORE = re.compile(
    r"(?i)(?:\bv|\bver|version|release|build|firmware|driver|patch)[.:\s]*\Z"
)
_VERSION_AFTER = re.compile(r"(?i)\s*(?:version|release|build|firmware)\b")


def _is_ip4(match: str, before: str, after: str) -> bool:
    if any(int(part) > 255 for part in match.split(".")):
        return False
    return not _VERSION_BEFORE.search(before) and not _VERSION_AFTER.match(after)


def _is_ip6(match: str, _before: str, _after: str) -> bool:
    try:
        ipaddress.IPv6Address(match)
    except ValueError:
        return False
    return any(c.isdigit() for c in match)


def _is_card(match: str, _before: str, _after: str) -> bool:
    digits = [int(c) for c in match if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    # Luhn: with every second digit from the right doubled, the digits add up to tens.
    return digits[0] in (2, 3, 4, 5, 6) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_ssn(match: str, before: str, _after: str) -> bool:
    digits = re.sub(r"\D", "", match)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    # Numbers that were never given out.
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return not match.isdigit() or bool(re.search(r"(?i)ssn|social security", before))


def _is_ein(match: str, before: str, _after: str) -> bool:
    # "10-5000000 dollars" is a range; a range ends in round numbers.
    return not match.endswith("000") or bool(re.search(r"(?i)\bf?ein\b|tax id", before))


_CALL = re.compile(
    r"(?i)\b(?:call|reach|phone|tel|telephone|cell|mobile|fax|text|office|line|number|at|ext|"
    r"contact|whatsapp|sms|hotline)\b[^.!?]*\Z"
)
_UNIT = re.compile(
    r"(?i)\s*(?:%|usd|dollars?|euros?|users?|seats?|people|persons?|employees|staff|clients?|"
    r"customers?|devices|endpoints|machines|servers?|hours?|minutes|days|weeks|months|years|"
    r"tickets|per\b)"
)
_MONEY = re.compile(r"[$€£¥]\s?\Z")
_THOUSANDS = re.compile(r"\+\d{1,3}(?:[ ,.]\d{3})+")
_PHONE_DIGITS = range(8, 16)


def _is_phone(match: str, before: str, after: str) -> bool:
    digits = re.sub(r"\D", "", match)
    if _MONEY.search(before) or _UNIT.match(after):
        return False
    if match.startswith("+"):
        number = _THOUSANDS.fullmatch(match) and len(digits) < 10
        return len(digits) in _PHONE_DIGITS and not number
    if match.isdigit() or len(digits) not in _PHONE_DIGITS:
        # Ten digits in a row, or three and four, are as often a number or a range.
        return bool(_CALL.search(before))
    return True


_NOT_NAMES = """
    about account accounting admin after agreement all also american and any apple april at
    august azure because before best board both business but can ceo cfo chief chrome cio cisa
    cisco ciso city client clients cloud company compliance computer congress coo cto customer
    customers data dear december defender department desk dell each email entra ever every
    everyone excel exchange fbi february federal finance first for friday from general google
    government governor great had has have head health hello help her here hi his hiring hp hr
    human i if in insurance internet inc it its january july june just law legal linux llc mac
    management manager managed many march marketing may microsoft monday more most mr ms msp msps
    my network networks never new next no none north not november now october office officer on
    one operations or our outlook overall owner partner partners please president provider rules
    sales saturday security senate september service services she small software solutions some
    south state states still sunday support system systems tech technical technology thank thanks
    that the their then there these they this those thursday to tuesday two united us vendor very
    vice was we website wednesday well were west what when where which while who why windows with
    would yes you your
"""
NOT_NAMES = frozenset(_NOT_NAMES.split())
"""Words with a capital that are no part of a person's name."""


def _is_name(match: str, _before: str, _after: str) -> bool:
    words = [w.strip(".'’-").casefold() for w in match.split()]
    return bool(words) and not any(w in NOT_NAMES for w in words)


_FRAMEWORKS = re.compile(
    r"(?i)(?:asp|vb|ado|node|next|socket)\.(?:net|io|js)|(?:e\.g|i\.e|u\.s).*"
)


def _is_site(match: str, _before: str, _after: str) -> bool:
    return not _FRAMEWORKS.fullmatch(match)


_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŠŽ][\w’'-]*[a-zß-öø-ÿ][\w’'-]*"
_FIRST = rf"(?:[A-Z]\.\s)?{_CAPITAL}(?:\s[A-Z]\.)?"
_NAME = rf"{_FIRST}(?:\s{_CAPITAL}){{0,2}}"
_FULL = (
    rf"{_CAPITAL}(?:\s[A-Z]\.)?(?:\s(?:van|von|de|da|la|del|der|bin|al|el))*"
    rf"\s{_CAPITAL}(?:-{_CAPITAL})?"
)
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Rev|Herr|Frau)\b\.?\s"
_BEFORE_FULL = (
    r"(?i:\b(?:ask(?:\s(?:for|to))?|contact|reach|call|e-?mail|text|speak (?:to|with)|"
    r"talk(?:ed)? (?:to|with)|thanks to|signed|attn[.:]?|c/o|this is|i am|i['’]m|from|with|by|"
    r"our (?:owner|president|manager|technician|tech|contact|boss)))[\s,]+"
)
_FAREWELL = (
    r"(?i:\b(?:regards|sincerely|thanks|thank you|cheers|yours(?: truly)?|best))[,.!\s–—-]+"
)
_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Highway|Hwy|"
    r"Parkway|Pkwy)\b\.?"
)
_TLD = (
    r"(?:com|net|org|edu|gov|mil|info|biz|io|us|uk|ca|de|fr|nl|eu|au|nz|ch|at|es|ie|tech|cloud|"
    r"dev|app|pro|ai|xyz|online|site|support|email|solutions|services|systems|agency|example)"
)
_AT, _DOT = r"\s?(?:@|\(at\)|\[at\])\s?", r"(?:\.|\s?(?:\(dot\)|\[dot\])\s?)"
_APART = r"(?![\w-]|\.\d)"


def _pattern(name: str, expression: str, guard: Guard = Pattern.guard) -> Pattern:
    return Pattern(name, re.compile(expression), guard)


PATTERNS: tuple[Pattern, ...] = (
    _pattern("url", r"(?i)\b(?:https?|ftp)://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]|\bwww\.[^\s<>\"']*\w"),
    _pattern("e-mail", rf"[\w.+%'-]+{_AT}[\w-]+(?:{_DOT}[\w-]+)+"),
    _pattern("card", rf"(?<![\w.,-])\d(?:[ -]?\d){{12,18}}{_APART}", _is_card),
    _pattern("ssn", r"(?<![\w-])\d{3}([- ]?)\d{2}\1\d{4}(?![\w-])", _is_ssn),
    _pattern("ein", r"(?<![\w-])\d{2}-\d{7}(?![\w-])", _is_ein),
    _pattern("mac", r"(?i)(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])"),
    _pattern("ip", r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)", _is_ip4),
    _pattern("ip", r"(?i)(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", _is_ip6),
    _pattern("phone", r"(?<![\w+])\+\d{1,3}(?:[\s.-]?\(?\d{1,4}\)?){2,6}(?![\w%])", _is_phone),
    _pattern(
        "phone",
        r"(?<![\w.$€£+-])(?:1[\s.-])?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]\d{4}"
        rf"(?:\s?(?:x|ext\.?)\s?\d{{1,5}})?{_APART}",
        _is_phone,
    ),
    _pattern(
        "phone",
        r"(?<![\w.$€£+-])\(?0\d{1,4}\)?[\s/-]\d{3,4}[\s-]?\d{3,5}(?![\w-])",
        _is_phone,
    ),
    _pattern("phone", r"(?<![\w.,$€£+-])(?:\d{3}[.-]\d{4}|\d{10})(?![\w-]|[.,]\d)", _is_phone),
    _pattern("address", rf"\b\d{{1,5}}\s(?:[NSEW]\.?\s)?(?:[A-Z][\w’'-]*\s){{1,3}}{_STREET}"),
    _pattern("name", rf"\b{_TITLE}(?P<it>{_NAME})", _is_name),
    _pattern("name", rf"(?i:\bmy name is|\bi am called|\bname[:=])\s+(?P<it>{_NAME})", _is_name),
    _pattern("name", rf"{_BEFORE_FULL}(?P<it>{_FULL})", _is_name),
    _pattern(
        "name",
        rf"{_FAREWELL}(?P<it>{_FIRST}(?:\s{_CAPITAL})?)(?=[\s,.]*(?:\n|\Z))",
        _is_name,
    ),
    _pattern("name", rf"(?:\n|\s)[–—-]{{1,2}}\s?(?P<it>{_FULL})\s*\Z", _is_name),
    _pattern(
        "url",
        r"(?i)(?<![\w@.-])(?:[a-z0-9](?:[\w-]*[a-z0-9])?\.)+"
        rf"{_TLD}\b(?!\.\w)(?:/[^\s<>\"']*)?",
        _is_site,
    ),
)
"""All patterns, in their order: of two that overlap, the first counts."""
