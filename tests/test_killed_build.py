"""A build that is killed leaves its inputs untouched and no half file; the next one is whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from conftest import mspsurvey

from mspsurvey.files import UNFINISHED, sha256

KILLS = 4
LATEST = 8.0
"""Seconds: by then intake, classes and weights are under way on any machine."""


def hashes(folder: Path) -> dict[str, str]:
    """Give the hash of each whole file."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != UNFINISHED)
    return {str(p.relative_to(folder)): sha256(p) for p in files}


def kill_a_build(study: Path, after: float) -> bool:
    """Start a build and kill it and its children; say whether it was still at work."""
    command = [sys.executable, "-m", "mspsurvey", "build"]
    build = subprocess.Popen(
        command, cwd=study, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    time.sleep(after)
    at_work = build.poll() is None
    if at_work:
        os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    return at_work


def test_a_killed_build_loses_nothing_and_the_next_one_is_whole(
    demo: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study"
    shutil.copytree(demo, study)
    inputs, outputs = hashes(study / "data/raw"), hashes(study / "data/processed")
    # Everything from intake on is to be made again; what comes out is the same.
    shutil.rmtree(study / "data/processed")
    chance = random.Random(2026)
    killed = [kill_a_build(study, chance.uniform(0.5, LATEST)) for _ in range(KILLS)]
    assert any(killed)
    assert hashes(study / "data/raw") == inputs
    for table in (study / "data/processed").rglob("*.parquet"):
        pd.read_parquet(table)
    done = mspsurvey(study, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert hashes(study / "data/raw") == inputs
    assert hashes(study / "data/processed") == outputs
    assert not list((study / "data/processed").rglob(f"*{UNFINISHED}"))
