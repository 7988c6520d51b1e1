"""Tables for reports: suppressed numbers stay away, and two builds agree."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import NUMBERS, Estimates
from mspsurvey.publish.table import from_estimates, table_frame


def estimates(**changes: Any) -> Estimates:
    rows = [
        ("mfa", "yes", "1-4", 0.4136, 0.36, 0.47, 400, "show", ""),
        ("mfa", "yes", "5-9", 0.52, 0.38, 0.66, 40, "flag", "n 30 to 49"),
        ("mfa", "yes", "<i>", 0.987654, 0.9, 0.99, 12, "suppress", "n below 30"),
        ("mfa", "yes", "100+", 0.123456, 0.1, 0.2, 7, "suppress", "n below 10"),
    ]
    names = ["item", "level", "size", "estimate", "low", "high", "n", "verdict", "why"]
    data = pd.DataFrame(rows, columns=names)
    for name in NUMBERS:
        if name not in data:
            data[name] = 1.0
    return replace(
        Estimates(data, "share", by=("size",), population="MSP firms", synthetic=True), **changes
    )


def test_a_suppressed_row_shows_no_number() -> None:
    page = from_estimates(estimates()).as_raw_html()
    body = page[page.index("</style>") :]
    assert "[c]" in body
    for number in ("98.", "99%", "98%", "12%", "12.3", "90%"):
        assert number not in body
    assert ">&lt;10<" in body
    assert ">7<" not in body


def test_a_low_base_bears_its_mark_and_the_foot_explains_marks() -> None:
    body = from_estimates(estimates()).as_raw_html()
    assert "52% [u]" in body
    assert "[u] less reliable" in body
    assert "[c] suppressed" in body


def test_marks_that_do_not_occur_are_not_explained() -> None:
    body = from_estimates(estimates().pick(size="1-4")).as_raw_html()
    assert "[c]" not in body
    assert "[u]" not in body


def test_the_foot_says_base_and_synthetic() -> None:
    body = from_estimates(estimates(), note="Own note.").as_raw_html()
    assert "Own note." in body
    assert "Base: MSP firms" in body
    assert "SYNTHETIC DATA." in body


def test_two_builds_give_the_same_bytes_and_an_id_of_the_content() -> None:
    one, two = (from_estimates(estimates()).as_raw_html() for _ in range(2))
    assert one == two
    assert re.search(r'id="table-[0-9a-f]{10}"', one)
    other = from_estimates(estimates().pick(size="1-4")).as_raw_html()
    assert re.findall(r'id="(table-[0-9a-f]{10})"', one) != re.findall(
        r'id="(table-[0-9a-f]{10})"', other
    )


def test_labels_and_titles_are_escaped() -> None:
    body = from_estimates(estimates(), title="<script>x</script>").as_raw_html()
    assert "<script>" not in body
    assert "<i>" not in body
    assert "&lt;i&gt;" in body


def test_an_opt_in_sample_gets_no_interval() -> None:
    frame = table_frame(estimates(precision_kind="none"), ["size"])
    assert frame["95% interval"].tolist() == ["–", "–", "[c]", "[c]"]


def test_an_override_shows_the_number_and_its_reason() -> None:
    body = from_estimates(estimates().unsuppressed("audit")).as_raw_html()
    assert "99%" in body
    assert "because: audit" in body


def test_rows_are_led_by_the_column_that_varies() -> None:
    assert list(table_frame(estimates(), ["size"])) == ["size", "Estimate", "95% interval", "n"]


def test_an_unknown_column_or_no_estimates_are_refused() -> None:
    with pytest.raises(PublicationError, match="Did you mean 'size'"):
        from_estimates(estimates(), rows="siz")
    empty = estimates()
    with pytest.raises(PublicationError, match="There are none"):
        from_estimates(replace(empty, data=empty.data.iloc[:0]))
