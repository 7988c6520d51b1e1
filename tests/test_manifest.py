"""The manifest names every file of a build with its hash, and nothing that changes by itself."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from mspsurvey.errors import PublicationError
from mspsurvey.publish.site.manifest import manifest, manifest_text
from mspsurvey.study_file import StudyConfig, load_config

ROOT = Path(__file__).parent.parent
DATA = ("a.csv", "b.csv", "x.html")


@pytest.fixture
def study(tmp_path: Path) -> StudyConfig:
    """A study of one definition a kind, each file holding its own name."""
    shutil.copy(ROOT / "study.toml", tmp_path)
    config = load_config(tmp_path)
    for path in (*config.definitions, *(tmp_path / n for n in ("requirements.lock", *DATA))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    return config


def test_each_file_has_its_hash(study: StudyConfig) -> None:
    made = manifest(study, [study.root / "a.csv"], [study.root / "x.html"])
    assert made["inputs"] == {"a.csv": hashlib.sha256(b"a.csv").hexdigest()}
    assert made["outputs"] == {"x.html": hashlib.sha256(b"x.html").hexdigest()}
    names = [p.relative_to(study.root).as_posix() for p in study.definitions]
    assert list(made["definitions"]) == sorted([*names, "study.toml"])
    assert list(made["lock"]) == ["requirements.lock"]
    assert made["package"]["name"] == "mspsurvey"


def test_two_builds_write_the_same_bytes_whatever_the_order(study: StudyConfig) -> None:
    files = [study.root / "b.csv", study.root / "a.csv"]
    first = manifest_text(study, files, [])
    assert manifest_text(study, files[::-1], []) == first
    assert list(json.loads(first)["inputs"]) == ["a.csv", "b.csv"]


def test_a_changed_byte_changes_one_hash_and_no_other(study: StudyConfig) -> None:
    files = [study.root / "a.csv", study.root / "b.csv"]
    before = manifest(study, files, [])
    (study.root / "a.csv").write_text("A.csv")
    after = manifest(study, files, [])
    assert before["inputs"]["a.csv"] != after["inputs"]["a.csv"]
    assert before["inputs"]["b.csv"] == after["inputs"]["b.csv"]
    assert {k: v for k, v in before.items() if k != "inputs"} == {
        k: v for k, v in after.items() if k != "inputs"
    }


def test_the_manifest_leaves_itself_out(study: StudyConfig) -> None:
    assert manifest(study, [], [study.reports / "manifest.json"])["outputs"] == {}


def test_a_missing_file_is_refused(study: StudyConfig) -> None:
    with pytest.raises(PublicationError, match=r"gone\.csv.*not there"):
        manifest(study, [study.root / "gone.csv"], [])


def test_a_file_outside_the_study_is_refused(study: StudyConfig) -> None:
    with pytest.raises(PublicationError, match="inside the study"):
        manifest(study, [ROOT / "pyproject.toml"], [])
