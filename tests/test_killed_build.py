"""A build that is killed leaves its inputs untouched and no half file; the next one is whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, mspsurvey
from rich.console import Console

from mspsurvey.build import Outcome, build
from mspsurvey.errors import MspSurveyError, PublicationError, ReadError, WriteError
from mspsurvey.files import UNFINISHED, sha256, write_whole
from mspsurvey.pipeline import Step
from mspsurvey.pipeline.hand_over import hand_over_step
from mspsurvey.publish.handover import Handover, differing
from mspsurvey.study_file import StudyConfig, load_config

KILLS = 4
STRIDE = 5
"""Of the writes of a build, each so-manieth is its last; with 1, each of them (20 s)."""
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
    kept = {name: hashes(study / name) for name in ("data/raw", "data/processed", "reports")}
    # Everything from intake to the tables is to be made again; what comes out is the same.
    shutil.rmtree(study / ".build/processed")
    chance = random.Random(2026)
    killed = [kill_a_build(study, chance.uniform(0.5, LATEST)) for _ in range(KILLS)]
    assert any(killed)
    assert {name: hashes(study / name) for name in kept} == kept
    # One report is enough: it needs all tables, and what it hands over is the whole study.
    done = mspsurvey(study, "report", "01_maturity")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: hashes(study / name) for name in kept} == kept
    for table in (study / ".build/processed").rglob("*.parquet"):
        pd.read_parquet(table)
    assert not list((study / "data").rglob(f"*{UNFINISHED}"))


@pytest.fixture
def config(tmp_path: Path) -> StudyConfig:
    """A study of one raw file, which its two reports repeat."""
    raw = tmp_path / "data/raw/a.csv"
    raw.parent.mkdir(parents=True)
    raw.write_text("one")
    (tmp_path / "study.toml").write_text("")
    demo = load_config(ROOT)
    source = replace(demo.sources["msps"], export=raw, instrument=raw, sample=None, frame=None)
    return replace(
        demo, root=tmp_path, processed=tmp_path / "data/processed", weights={},
        reports=tmp_path / "reports", sources={"msps": source}, rubric=raw, segments=raw,
        hypotheses=raw, benchmarks=raw,
    )  # fmt: skip


def raw_file(config: StudyConfig) -> Path:
    return config.sources["msps"].export


def plan(config: StudyConfig, *names: str) -> list[Step]:
    """Give steps as those of a real build: a table, pages with charts, a check, the handover."""
    raw, made = raw_file(config), config.aside
    table, checked = made.processed / "t.txt", config.root / ".build/privacy.checked"
    pages = [made.reports / f"{name}.html" for name in names or ("01_a", "02_b")]

    def write_table(_: object) -> None:
        if raw.read_text() == "bad":
            raise ReadError("A good text was wanted.")
        write_whole(table, raw.read_text())

    def write_page(page: Path) -> Callable[[object], None]:
        def write(_: object) -> None:
            write_whole(made.reports / "charts" / f"{page.stem[:2]}-c.svg", table.read_text())
            write_whole(page, table.read_text() * 2)

        return write

    def check(_: object) -> None:
        if raw.read_text() == "leak":
            raise PublicationError("No identifier was wanted.")
        write_whole(checked, "well")

    steps = [Step("table", (raw,), (table,), write_table)]
    steps += [Step(f"page {p.stem}", (table,), (p,), write_page(p)) for p in pages]
    steps.append(Step("privacy", tuple(pages), (checked,), check))
    return [*steps, hand_over_step(config, steps, Handover(config, [table], alone=False))]


def run(config: StudyConfig) -> Outcome:
    return build(config, plan(config), Console(quiet=True))


def seen(config: StudyConfig) -> dict[str, str]:
    """Give what readers see."""
    return hashes(config.processed) | hashes(config.reports)


def build_and_die(config: StudyConfig, at: int) -> bool:
    """Build in a process that is killed when it would write to the disk for the n-th time.

    The file that it was about to write is left half written. Say whether it got that far.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = [at]

    def die(event: str, told: tuple[object, ...]) -> None:
        path = str(told[0]) if told else ""
        writes = event in {"os.rename", "os.remove", "os.mkdir"} or (
            event == "open" and isinstance(told[2], int) and bool(told[2] & os.O_CREAT)
        )
        if not writes or not path.startswith(str(config.root)):
            return
        left[0] -= 1
        if left[0] == 0:
            if event == "open":
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    run(config)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a copy of this process")
def test_a_build_that_dies_at_any_write_leaves_old_or_new_and_the_next_one_is_whole(
    config: StudyConfig,
) -> None:
    run(config)
    old = seen(config)
    raw_file(config).write_text("two")
    run(config)
    new = seen(config)
    assert all(new[name] != digest for name, digest in old.items())
    at, died = 0, True
    while died:
        raw_file(config).write_text("one")
        run(config)
        assert seen(config) == old
        raw_file(config).write_text("two")
        at += STRIDE
        died = build_and_die(config, at)
        assert raw_file(config).read_text() == "two"
        assert all(d in (old[name], new[name]) for name, d in seen(config).items()), at
        run(config)
        assert seen(config) == new, at
        assert run(config).done == ()
    assert at > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a copy of this process")
def test_after_a_kill_inputs_that_are_put_back_are_not_taken_for_done(
    config: StudyConfig,
) -> None:
    run(config)
    old = seen(config)
    for at in range(1, 40, 4):
        raw_file(config).write_text("two")
        build_and_die(config, at)
        raw_file(config).write_text("one")
        run(config)
        assert seen(config) == old, at


@pytest.mark.parametrize("text", ["bad", "leak"])
def test_a_build_that_fails_leaves_what_readers_have_byte_for_byte(
    config: StudyConfig, text: str
) -> None:
    run(config)
    before = seen(config)
    raw_file(config).write_text(text)
    assert len(run(config).failed) == 1
    assert seen(config) == before
    raw_file(config).write_text("two")
    assert run(config).failed == ()
    assert (config.reports / "01_a.html").read_text() == "twotwo"


def test_what_was_edited_or_deleted_among_the_reports_is_laid_down_again(
    config: StudyConfig,
) -> None:
    run(config)
    before = seen(config)
    (config.reports / "01_a.html").write_text("edited")
    (config.processed / "t.txt").write_text("edited")
    assert differing(config) == [config.reports / "01_a.html"]
    assert run(config).done == ("hand over",)
    assert seen(config) == before
    shutil.rmtree(config.reports / "charts")
    assert run(config).done == ("hand over",)
    assert seen(config) == before


def test_a_file_of_the_reader_stays_and_is_not_in_the_manifest(config: StudyConfig) -> None:
    run(config)
    (config.reports / "03_mine.html").write_text("mine")
    raw_file(config).write_text("two")
    run(config)
    assert (config.reports / "03_mine.html").read_text() == "mine"
    told = json.loads((config.reports / "manifest.json").read_text(encoding="utf-8"))
    assert "reports/01_a.html" in told["outputs"]
    assert "reports/03_mine.html" not in told["outputs"]


def test_pages_of_a_report_that_is_no_more_are_taken_away(config: StudyConfig) -> None:
    run(config)
    for path in config.aside.reports.rglob("*02*"):
        path.unlink()
    build(config, plan(config, "01_a"), Console(quiet=True))
    assert not list(config.reports.rglob("*02*"))
    assert (config.reports / "01_a.html").is_file()


def test_two_builds_at_once_are_refused_and_a_dead_one_locks_nobody_out(
    config: StudyConfig,
) -> None:
    wait = Step("wait", (raw_file(config),), (), lambda _: run_again(config))
    outcome = build(config, [wait], Console(quiet=True))
    assert [str(error) for _, error in outcome.failed] == [
        "Only one build of a study can run at a time. Another one is at work. "
        "Wait until it is done, or stop it."
    ]
    assert run(config).failed == ()


def run_again(config: StudyConfig) -> None:
    run(config)


def test_a_record_that_cannot_be_read_means_that_all_is_done_anew(config: StudyConfig) -> None:
    run(config)
    before = seen(config)
    (config.root / ".build/steps.json").write_text('{"table": {"de')
    assert "table" in run(config).done
    assert seen(config) == before


def test_a_raw_file_that_changes_while_it_is_read_is_refused(config: StudyConfig) -> None:
    raw, target = raw_file(config), config.root / "t"

    def slow(_: object) -> None:
        raw.write_text("another export")
        target.write_text("half")

    outcome = build(config, [Step("slow", (raw,), (target,), slow)], Console(quiet=True))
    assert "should stay as they are while they are read" in str(outcome.failed[0][1])


def full_disk(_: object) -> None:
    raise OSError(28, "No space left on device", "t.parquet")


def test_a_full_disk_is_said_in_one_message(config: StudyConfig) -> None:
    step = Step("table", (raw_file(config),), (), full_disk)
    (name, error), *_ = build(config, [step], Console(quiet=True)).failed
    assert name == "table"
    assert isinstance(error, WriteError)
    assert "t.parquet: No space left on device" in str(error)


def test_a_folder_that_cannot_be_written_is_said_in_one_message(config: StudyConfig) -> None:
    (config.root / ".build").write_text("a file where a folder should be")
    with pytest.raises(MspSurveyError, match="needs a disk that it can write to"):
        run(config)
