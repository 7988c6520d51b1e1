"""study.toml: what it says, and how a mistake in it is named."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
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
        ("synthetic = true", 'synthetic = "yes"', "study.synthetic: true or false was wanted"),
        ('name = "demo"', "", "study.name: a text was wanted. The key is missing"),
        ("[study]", "[study", "should be valid TOML"),
        ("[sources.msps]", "[sources.msp]", "sources.msp: .* Did you mean 'msps'"),
        ("[sources.pairs]", "[[sources.pairs]]", "sources.pairs: a table was wanted"),
        ("[weights.msps]", "[weights.mps]", "weights.mps: .* Did you mean 'msps'"),
        ("[weights.msps]", "[weigths.msps]", "weigths: .* Did you mean 'weights'"),
        ("[weights.msps]", "[weights.pairs]\n[weights.msps]", "sources.pairs should name both"),
        ('frame = "data/raw/msp_frame.csv"', "", "sources.msps should name both"),
        ("time_zone", "time_zome", "sources.msps.time_zome: .* Did you mean 'time_zone'"),
        ("America/New_York", "../../etc/passwd", "time_zone: a time zone such as"),
        ("trim = 5.0", 'trim = "five"', "weights.msps.trim: a number was wanted"),
        ("trim = 5.0", "trim = nan", "weights.msps.trim: a number was wanted. It is nan"),
        ("trim = 5.0", "trim = 1", "weights.msps.trim: a number above 1 was wanted"),
        ('nonresponse = ["stratum"]', "nonresponse = [3]", "nonresponse: a list of texts"),
        ('links_to = "msps"', 'links_to = "clients"', "links_to: one of msps was wanted"),
        ('sample_type = "probability"', 'sample_type = "random"', "sample_type: one of"),
        ("field_end = 2026-10-16", "field_end = 2025-10-16", "should end after it starts"),
        ('"data/raw/msp_survey.csv"', '"../elsewhere.csv"', "a path inside the study"),
        ("[weights.msps]", '[quality]\nexclude = ["C9", "C99"]\n[weights.msps]', "One is 'C99'"),
        ('modes = "', 'modes = " " # "', "disclosure.modes: each of the"),
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


def test_tables_of_repeats_beside_an_export_or_in_its_folder_are_inputs_too(
    tmp_path: Path,
) -> None:
    for name in ("form.csv", "form-staff.csv", "form-staff.txt", "formal-1.csv", "list.csv"):
        (tmp_path / name).write_text("x")
    study = load_config(ROOT)
    source = replace(
        next(iter(study.sources.values())), export=tmp_path / "form.csv",
        sample=tmp_path / "list.csv", frame=None, codebook=None, mapping=None, corrections=None,
        drift=None,
    )  # fmt: skip
    assert [p.name for p in source.inputs] == ["form.csv", "form-staff.csv", "list.csv"]
    assert len(replace(source, export=tmp_path).inputs) == 5
