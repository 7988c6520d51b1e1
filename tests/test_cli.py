"""The command line: what it says, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT, copy_study, mspsurvey


def test_help_names_every_command_and_what_most_people_need() -> None:
    done = mspsurvey(ROOT, "--help")
    assert done.returncode == 0
    for command in ("build", "report", "charts", "synth", "doctor", "map"):
        assert command in done.stdout
    assert "Most people need one command" in done.stdout


@pytest.mark.parametrize("command", ["build", "report", "charts", "synth"])
def test_the_help_of_a_command_explains_it(command: str) -> None:
    done = mspsurvey(ROOT, command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.split()) > 30


def test_a_command_that_is_not_understood_has_exit_code_two() -> None:
    assert mspsurvey(ROOT, "bild").returncode == 2
    assert mspsurvey(ROOT, "build", "--fast").returncode == 2


def test_outside_a_study_the_error_says_where_it_looked(tmp_path: Path) -> None:
    done = mspsurvey(tmp_path, "build")
    assert done.returncode == 1
    assert "study.toml was wanted" in done.stderr
    assert "Traceback" not in done.stderr


def test_charts_before_a_build_say_what_to_do(tmp_path: Path) -> None:
    done = mspsurvey(copy_study(tmp_path), "charts")
    assert done.returncode == 1
    assert "Run `mspsurvey build` first" in done.stderr


def test_an_unknown_report_is_answered_with_the_nearest(tmp_path: Path) -> None:
    done = mspsurvey(copy_study(tmp_path), "report", "02_basline")
    assert done.returncode == 1
    assert "Did you mean '02_baseline'" in done.stderr


def test_charts_lists_each_chart_with_what_it_says(demo: Path) -> None:
    done = mspsurvey(demo, "charts")
    assert done.returncode == 0
    for path in (demo / "reports/charts").glob("*.json"):
        assert path.stem in done.stdout


def test_charts_copies_the_files_that_are_asked_for(demo: Path, tmp_path: Path) -> None:
    to = tmp_path / "slides"
    done = mspsurvey(
        demo, "charts", "02-classes", "--to", str(to), "--format", "png", "--format", "csv"
    )
    assert done.returncode == 0
    assert sorted(p.name for p in to.iterdir()) == ["02-classes.csv", "02-classes.png"]


def test_an_unknown_chart_or_format_is_refused(demo: Path, tmp_path: Path) -> None:
    assert "Did you mean '02-classes'" in mspsurvey(demo, "charts", "02-clases").stderr
    odd = mspsurvey(demo, "charts", "--to", str(tmp_path), "--format", "gif")
    assert odd.returncode == 2


def test_doctor_finds_the_demo_well(demo: Path) -> None:
    done = mspsurvey(demo, "doctor")
    assert done.returncode == 0
    for word in ("msp.yaml", "qualtrics", "limesurvey", "SYNTHETIC"):
        assert word in done.stdout


def test_doctor_says_what_is_broken_and_has_exit_code_one(tmp_path: Path) -> None:
    study = copy_study(tmp_path)
    (study / "data/raw/msp_survey.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (study / "definitions/rubric.toml").write_text("version = \n", encoding="utf-8")
    done = mspsurvey(study, "doctor")
    assert done.returncode == 1
    assert done.stdout.count("✗") >= 2


def test_an_unknown_scenario_names_the_four_there_are(tmp_path: Path) -> None:
    done = mspsurvey(ROOT, "synth", "--scenario", "mnar", "--to", str(tmp_path / "r"))
    assert done.returncode != 0
    assert "mnar_moderate" in done.stderr
    assert not (tmp_path / "r").exists()


def test_the_map_of_a_source_says_what_fits_and_an_unknown_source_is_answered(
    tmp_path: Path,
) -> None:
    study = copy_study(tmp_path)
    done = mspsurvey(study, "map", "pairs")
    assert done.returncode == 0
    assert "variables have a column" in done.stdout
    done = mspsurvey(study, "map", "pair")
    assert done.returncode == 1
    assert "Did you mean 'pairs'" in done.stderr


def test_invented_answers_are_never_written_over_real_ones(tmp_path: Path) -> None:
    study = copy_study(tmp_path)
    told = (study / "study.toml").read_text().replace("synthetic = true", "synthetic = false")
    (study / "study.toml").write_text(told)
    raw = study / "data/raw/msp_survey.csv"
    before = raw.read_bytes()
    done = mspsurvey(study, "synth")
    assert done.returncode == 1
    assert "over the exports of a real study" in done.stderr
    assert raw.read_bytes() == before
