"""Spoiled exports are read or refused, never more: a short form of ``benchmarks.fuzz``."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz import HOSTILE, batch, seeds, try_file


def test_spoiled_exports_are_read_or_refused_by_one_error(tmp_path: Path) -> None:
    counts, faults, _ = batch(0, 156, None, tmp_path)
    assert faults == []
    assert sum(counts.values()) == 156
    # Some of each, or the test would say nothing.
    assert {word.split(": ")[1] for word in counts} == {"read", "refused"}


def test_whole_exports_are_read(tmp_path: Path) -> None:
    for name, content in seeds().items():
        (tmp_path / name).write_bytes(content)
        outcome = try_file(tmp_path / name)
        assert (name, outcome.word, outcome.detail) == (name, "read", "")


@pytest.mark.parametrize("name", ["wide.csv", "bomb.xlsx", "laughs.xlsx", "laughs.lss"])
def test_a_file_made_to_exhaust_a_reader_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name]())
    assert try_file(tmp_path / name).word == "refused"
