"""Names and web addresses of firms, brought to the form in which they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LEGAL_FORMS = _set(
    """llc llp lp inc incorporated corp corporation co company ltd limited plc pllc pc gmbh ag kg
    ug mbh bv nv sa sarl sas srl spa oy ab as aps pty pte kk"""
)
"""Words that say how a firm is owned and not which one it is."""
COMMON_WORDS = _set("group services service solutions solution the")
IT_WORDS = COMMON_WORDS | _set(
    """it tech technology technologies technical computer computers computing network networks
    networking system systems data digital cyber cybersecurity security secure cloud managed
    management msp support care help partner partners consulting consultants consultancy
    enterprises enterprise associates integrators integration telecom communications online
    information infotech software and of usa us america american international global"""
)
"""Words that so many providers bear that they say little about which one it is."""

PUBLIC_MAIL = _set(
    """gmail.com googlemail.com yahoo.com ymail.com outlook.com hotmail.com live.com msn.com
    aol.com icloud.com me.com mac.com proton.me protonmail.com gmx.com gmx.net gmx.de web.de
    mail.com zoho.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net
    charter.net earthlink.net rocketmail.com fastmail.com yandex.com t-online.de"""
)
"""Domains at which anybody has an address; they say nothing about the firm."""
_FRONT = re.compile(r"(?:www\d?|mail|webmail|portal|support|help|helpdesk|remote|home|m)\.")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def plain(text: str) -> str:
    """Give a text in small letters, without accents, its words apart by single blanks.

    Examples
    --------
    >>> plain("Müller & Söhne I.T., Inc.")
    'muller and sohne it inc'
    """
    low = text.casefold()
    if not low.isascii():
        low = "".join(
            c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c)
        )
    low = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", low)
    low = re.sub(r"['’`]", "", low).replace("&", " and ").replace("+", " and ")
    return " ".join(re.sub(r"[^\w]|_", " ", low).split())


@lru_cache(maxsize=1 << 16)
def words_of(name: str, *, keep_form: bool = False) -> tuple[str, ...]:
    """Give the words of a firm's name, without the article before and the legal form after.

    Examples
    --------
    >>> words_of("The Acme Co. LLC"), words_of("Co-op IT, L.L.C.")
    (('acme',), ('co', 'op', 'it'))
    """
    words = plain(name).split()
    if keep_form:
        return tuple(words)
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return tuple(words)


def firm_key(name: str) -> str:
    """Bring a firm's name to the form in which two records of one firm are alike.

    Examples
    --------
    >>> firm_key("Acme I.T., LLC") == firm_key("ACME IT")
    True
    """
    dropped = LEGAL_FORMS | COMMON_WORDS
    return " ".join(w for w in plain(name).split() if w not in dropped)


def core_of(name: str) -> str:
    """Give the words that tell a firm from others; all of its words where none does.

    Examples
    --------
    >>> core_of("Oakfield Tech Group LLC"), core_of("IT Solutions Inc.")
    ('oakfield', 'it solutions')
    """
    words = words_of(name)
    return " ".join(w for w in words if w not in IT_WORDS) or " ".join(words)


def domain_of(text: str) -> str:
    """Give the web domain in a URL, an e-mail address or plain text; "" where there is none.

    Public mail services are no firm's domain. Sub-domains are kept, since site builders give
    each customer one; "www." and its like are not.

    Examples
    --------
    >>> domain_of("https://www.Acme-IT.com/contact?x=1"), domain_of("jo@acme-it.com")
    ('acme-it.com', 'acme-it.com')
    >>> domain_of("jo@gmail.com"), domain_of("none")
    ('', '')
    """
    low = re.sub(r"^[a-z]+:/*", "", text.strip().casefold())
    host = re.split(r"[/?#\s:]", low, maxsplit=1)[0].rpartition("@")[2].strip(".,;")
    while (front := _FRONT.match(host)) and "." in host[front.end() :]:
        host = host[front.end() :]
    if not _HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        return ""
    return "" if host in PUBLIC_MAIL else host
