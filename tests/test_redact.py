"""Personal data in free text: what is taken out, and what must stay."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspsurvey.intake.personal import PATTERNS
from mspsurvey.intake.redact import FirmNames, find, redact

FIRMS = FirmNames(["Oakfield Tech Group, LLC", "Smith & Sons I.T.", "Reliable Inc.", "The Anvil"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("You can reach Pat Doe at 555-0142.", "You can reach [name] at [phone]."),
        ("Call (555) 555-0173 ext. 12 now", "Call [phone] now"),
        ("tel +49 30 901820, 020 7946 0958", "tel [phone], [phone]"),
        ("mail ann.lee+x@example.org!", "mail [e-mail]!"),
        ("ann (at) example (dot) org", "[e-mail]"),
        ("seen from 203.0.113.77 and 2001:db8::7", "seen from [ip] and [ip]"),
        ("see https://acme.example/a?b=1, thanks", "see [url], thanks"),
        ("we are acme-it.com", "we are [url]"),
        ("card 4111 1111 1111 1111", "card [card]"),
        ("my ssn is 078-05-1120", "my ssn is [ssn]"),
        ("SSN 078051120", "SSN [ssn]"),
        ("EIN 12-3456789", "EIN [ein]"),
        ("at 12 Old Mill Road, Troy", "at [address], Troy"),
        ("Dr. Jane van Doe said so", "Dr. [name] van Doe said so"),
        ("Ms O'Neil knows", "Ms [name] knows"),
        ("my name is Ann Lee and I", "my name is [name] and I"),
        ("Ask for Jo Bloggs.", "Ask for [name]."),
        ("Too long.\nRegards,\nAnn Lee", "Too long.\nRegards,\n[name]"),
        ("Good survey. -- Ann Lee", "Good survey. -- [name]"),
        ("device 00:1a:2b:3c:4d:5e", "device [mac]"),
    ],
)
def test_each_kind_is_replaced_by_its_name(text: str, wanted: str) -> None:
    assert redact(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "We run 10.0.0.1 version of the agent.",
        "Firmware 10.2.30.4 broke it",
        "999.999.1.1",
        "Prices rose from $1,500,000 to $2,000,000 in 2024-2026.",
        "Between 250-1000 employees",
        "a budget of 1500000000 dollars",
        "On 2026-08-10 12:30:45 it was 12:45",
        "ISO 27001, SOC 2, CMMC 2.0, NIST 800-171",
        "Mon 08-12, 9-5, 24/7, 99.999 %",
        "card 4111 1111 1111 1112",
        "000-12-3456",
        "10-5000000 dollars",
        "We use ASP.NET and Node.js, e.g. for std::vector",
        "Thanks to Microsoft Office",
        "I am Chief Officer here",
        "This is Our Policy",
        "Thanks, Great Survey",
        "Rules should fit the size of the company.",
        "Don't know",
        "",
    ],
)
def test_what_only_looks_personal_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("We left OAKFIELD tech group last year", "We left [firm] last year"),
        ("Oakfield Tech Group LLC was fine", "[firm] LLC was fine"),
        ("ask Smith and Sons IT", "ask [firm]"),
        ("We use Reliable for mail", "We use [firm] for mail"),
        ("Reliable service matters", "Reliable service matters"),
        ("a reliable service", "a reliable service"),
        ("Oakfield is a town", "Oakfield is a town"),
    ],
)
def test_names_of_the_frame_are_found_and_mere_words_are_not(text: str, wanted: str) -> None:
    assert redact(text, FIRMS) == wanted


def test_every_pattern_has_an_example_above() -> None:
    kinds = {pattern.name for pattern in PATTERNS}
    assert kinds == {
        "url", "e-mail", "card", "ssn", "ein", "mac", "ip", "phone", "address", "name",
    }  # fmt: skip


@given(st.text(max_size=80))
def test_a_redacted_text_holds_nothing_more_to_redact_at_the_same_place(text: str) -> None:
    hits = find(text)
    assert all(a.end <= b.start for a, b in pairwise(hits))
    assert len(redact(text)) == len(text) + sum(len(h.kind) + 2 - (h.end - h.start) for h in hits)


@given(st.from_regex(r"[a-z]{3,9}\.[a-z]{2,9}@[a-z]{3,9}\.(com|org)", fullmatch=True))
def test_an_address_never_stays(address: str) -> None:
    assert address not in redact(f"Write to {address}, please, or call.")
