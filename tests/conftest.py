"""What all tests share: where things are, and what may be skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from mspsurvey.files import write_whole

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSER = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """Give the path of a Chromium browser, if this machine has one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or (str(MAC_BROWSER) if MAC_BROWSER.is_file() else None)


def has_r_survey() -> bool:
    """Say whether R with the package survey is here."""
    if not shutil.which("Rscript"):
        return False
    asked = ["Rscript", "-e", "stopifnot(requireNamespace('survey', quietly = TRUE))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def has_spark() -> bool:
    """Say whether PySpark and a Java to run it on are here."""
    return bool(find_spec("pyspark")) and shutil.which("java") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, and say so, what needs a browser, R or Spark where they are absent.

    With MSPSURVEY_SKIP_NOTHING set, as in CI, nothing is skipped: such a test then fails.
    """
    if os.environ.get("MSPSURVEY_SKIP_NOTHING"):
        return
    needs = {
        "browser": (find_browser, "no Chromium browser here: apt-get install chromium"),
        "r": (has_r_survey, "no R with survey here: apt-get install r-cran-survey"),
        "spark": (has_spark, "no PySpark or no Java here: `make spark` runs these tests"),
    }
    for marker, (present, reason) in needs.items():
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not present():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Path of the browser that pages are looked at with."""
    path = find_browser()
    assert path is not None, "a Chromium browser was wanted and none was found"
    return path


def copy_study(to: Path) -> Path:
    """Copy what a study is made of; nothing that a build has made."""
    for name in ("study.toml", "requirements.lock"):
        shutil.copy(ROOT / name, to / name)
    for name in ("definitions", "notebooks"):
        shutil.copytree(
            ROOT / name, to / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints")
        )
    for name in ("raw", "truth"):
        shutil.copytree(ROOT / "data" / name, to / "data" / name)
    return to


def mspsurvey(study: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a study, as its user would."""
    command = [sys.executable, "-m", "mspsurvey", *words]
    return subprocess.run(command, cwd=study, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo study, built once for all tests, by the first process that asks for it."""
    shared = tmp_path_factory.getbasetemp()
    study = (shared if worker_id == "master" else shared.parent) / "demo"
    report = study.with_name("demo.log")
    try:
        study.mkdir()
    except FileExistsError:
        patience = time.monotonic() + 600
        while not report.is_file() and time.monotonic() < patience:
            time.sleep(0.2)
    else:
        done = mspsurvey(copy_study(study), "build")
        words = f"{done.returncode}\n{done.stdout}{done.stderr}"
        write_whole(report, words)
    words = report.read_text(encoding="utf-8")
    assert words.startswith("0\n"), words
    return study
