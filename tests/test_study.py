"""study.toml: what it says, and how a mistake in it is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from conftest import ROOT

from mspsurvey.errors import DefinitionError
from mspsurvey.study_file import DISCLOSURE, find_root, load_config

DEMO = (ROOT / "study.toml").read_text(encoding="utf-8")


def write(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in DEMO
    (folder / "study.toml").write_text(DEMO.replace(old, new, 1), encoding="utf-8")
    return folder


def test_the_demo_study_says_that_it_is_synthetic() -> None:
    config = load_config(ROOT)
    assert config.synthetic
    assert config.stamp.startswith("SYNTHETIC")
    assert config.sources["msps"].field_start == dt.date(2026, 8, 3)
    assert set(config.disclosure) == set(DISCLOSURE)


def test_a_real_study_carries_no_stamp(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "synthetic = true", "synthetic = false"))
    assert config.stamp == ""


def test_the_study_is_found_from_a_folder_below_it(tmp_path: Path) -> None:
    below = write(tmp_path) / "notebooks" / "drafts"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path


def test_no_study_above_is_an_error_that_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"study\.toml was wanted"):
        find_root(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("synthetic = true", 'synthetic = "yes"', r"\[study\] synthetic: a bool was wanted"),
        ('name = "demo"', "", r"\[study\] name: a value was wanted"),
        ("[study]", "[study", "should be valid TOML"),
        ("[sources.msps]", "[sources.msp]", "Did you mean 'msps'"),
        ('sample_type = "probability"', 'sample_type = "random"', "sample_type: one of"),
        ("field_end = 2026-10-16", "field_end = 2025-10-16", "should end after it starts"),
        ('"data/raw/msp_survey.csv"', '"../elsewhere.csv"', "a path inside the study"),
        (
            "[weights.msps]",
            '[quality]\nexclude = ["C99"]\n[weights.msps]',
            "exclude: rules out of",
        ),
        ('modes = "', 'modes = " " # "', "modes: each of the"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(DefinitionError, match=said) as caught:
        load_config(write(tmp_path, old, new))
    assert "study.toml" in str(caught.value)


def test_careless_responses_are_flagged_and_stay_unless_the_study_says_otherwise(
    tmp_path: Path,
) -> None:
    assert load_config(ROOT).quality.exclude == ()
    said = '[quality]\nexclude = ["two", "C5"]\nattention = {attn_word = "purple"}\n[weights.msps]'
    quality = load_config(write(tmp_path, "[weights.msps]", said)).quality
    assert quality.exclude == ("two", "C5")
    assert quality.attention == {"attn_word": "purple"}
