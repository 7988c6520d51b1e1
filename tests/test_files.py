"""Files are there whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mspsurvey.files import fingerprint, sha256, slug, whole, write_whole


def test_a_file_is_written_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "a" / "b.txt", "ü\n")
    assert path.read_bytes() == b"\xc3\xbc\n"
    assert list(path.parent.iterdir()) == [path]


def _break(unfinished: Path) -> None:
    unfinished.write_text("half")
    raise ZeroDivisionError


def test_where_writing_fails_the_earlier_file_stays(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "b.txt", "earlier")
    with pytest.raises(ZeroDivisionError), whole(path) as unfinished:
        _break(unfinished)
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    content = b"0123456789abcdef" * 200_000
    path = write_whole(tmp_path / "long", content)
    assert sha256(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("words", "name"),
    [("q1.by size", "q1-by-size"), ("../../etc", "etc"), ("Ünit & co.", "nit-co"), ("…", "x")],
)
def test_words_become_a_name_that_stays_in_its_folder(words: str, name: str) -> None:
    assert slug(words, "x") == name


def test_a_fingerprint_is_of_contents_in_their_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    hashes = hashlib.sha256(b"1").digest() + hashlib.sha256(b"2").digest()
    assert fingerprint([one, two]) == hashlib.sha256(hashes).hexdigest()[:12]
    assert fingerprint([two, one]) != fingerprint([one, two])
