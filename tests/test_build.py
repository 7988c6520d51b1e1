"""How steps are run: what is stale, what is left alone, what a failure leaves behind."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import grimp
import pytest
from conftest import ROOT, copy_study
from rich.console import Console

from mspsurvey import doctor
from mspsurvey.build import build
from mspsurvey.errors import ReadError
from mspsurvey.keyed import DEMO_KEY, KEY_VARIABLE
from mspsurvey.pipeline import PACKAGE, Say, Step, steps
from mspsurvey.study_file import StudyConfig, load_config


@pytest.fixture
def config(tmp_path: Path) -> StudyConfig:
    return replace(load_config(ROOT), root=tmp_path)


def upper(source: Path, target: Path) -> Step:
    """Step that writes a text in capitals."""

    def run(say: Say) -> None:
        say("writing")
        text = source.read_text()
        if text == "bad":
            raise ReadError("A good text was wanted.", "It is bad.", "Write another.")
        target.write_text(text.upper())

    return Step(f"make {target.stem}", (source,), (target,), run)


@pytest.fixture
def plan(tmp_path: Path) -> list[Step]:
    a, b, c = (tmp_path / name for name in ("a", "b", "c"))
    a.write_text("one")
    return [upper(a, b), upper(b, c)]


def run(config: StudyConfig, plan: list[Step]) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    outcome = build(config, plan, Console(quiet=True))
    return outcome.done, outcome.kept, len(outcome.failed)


def test_steps_run_in_the_order_of_what_they_need(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    assert run(config, plan[::-1]) == (("make b", "make c"), (), 0)
    assert (tmp_path / "c").read_text() == "ONE"


def test_a_second_build_with_nothing_changed_does_nothing(
    config: StudyConfig, plan: list[Step]
) -> None:
    run(config, plan)
    assert run(config, plan) == ((), ("make b", "make c"), 0)


def test_a_file_that_is_touched_but_not_changed_makes_nothing_stale(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    run(config, plan)
    (tmp_path / "a").write_text("one")
    assert run(config, plan)[0] == ()


def test_a_changed_input_makes_what_depends_on_it_anew(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    run(config, plan)
    (tmp_path / "a").write_text("two")
    assert run(config, plan)[0] == ("make b", "make c")
    assert (tmp_path / "c").read_text() == "TWO"


def test_an_output_that_was_deleted_is_made_again(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    run(config, plan)
    (tmp_path / "c").unlink()
    assert run(config, plan) == (("make c",), ("make b",), 0)


def test_a_failed_step_stops_what_needs_it_and_leaves_earlier_outputs(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    run(config, plan)
    (tmp_path / "a").write_text("bad")
    outcome = build(config, plan, Console(quiet=True))
    assert outcome.done == ()
    assert [(step, error.came) for step, error in outcome.failed] == [("make b", "It is bad.")]
    assert (tmp_path / "b").read_text() == "ONE"
    assert (tmp_path / "c").read_text() == "ONE"


def test_a_mended_input_is_built_after_a_failure(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("bad")
    run(config, plan)
    (tmp_path / "a").write_text("one")
    assert run(config, plan) == (("make b", "make c"), (), 0)


def test_a_changed_setting_makes_a_step_stale(
    config: StudyConfig, plan: list[Step], tmp_path: Path
) -> None:
    run(config, [replace(step, settings="one") for step in plan])
    assert run(config, [replace(step, settings="one") for step in plan])[0] == ()
    assert run(config, [replace(plan[0], settings="two"), plan[1]])[0] == ("make b",)


def test_another_key_makes_stale_what_holds_codes_and_is_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(copy_study(tmp_path))
    told = {}
    for key in ("the key of one study", "the key of another"):
        monkeypatch.setenv(KEY_VARIABLE, key)
        told[key] = {step.name: step.settings for step in steps(config) if step.settings}
    first, second = told.values()
    assert set(first) == {"intake", "weigh msps", "weigh clients"}
    assert all(first[name] != second[name] for name in first)
    (tmp_path / "a").write_text("one")
    monkeypatch.setenv(KEY_VARIABLE, "the key of one study")
    run(config, [replace(upper(tmp_path / "a", tmp_path / "b"), settings=first["intake"])])
    record = (tmp_path / ".build" / "steps.json").read_text()
    assert first["intake"] in record
    assert "the key of one study" not in record


@pytest.mark.parametrize(
    ("key", "stops", "words"),
    [
        (None, True, "Real data need a key"),
        ("short", True, "at least 16"),
        (DEMO_KEY.secret.decode(), True, "published key"),
        ("a key of this very study", False, "there, 24 characters"),
    ],
)
def test_the_doctor_looks_at_the_key_and_says_nothing_of_it(
    config: StudyConfig, monkeypatch: pytest.MonkeyPatch, key: str, stops: bool, words: str
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    if key:
        monkeypatch.setenv(KEY_VARIABLE, key)
    found = doctor._key(replace(config, synthetic=False, key_file=None))
    assert found.stops == stops
    assert words in found.finding
    assert not key or key not in found.finding


def test_a_step_whose_files_are_gone_when_its_turn_comes_is_told(
    config: StudyConfig, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("one")
    step = upper(tmp_path / "a", tmp_path / "b")
    gone = replace(step, reads=(*step.reads, tmp_path / "gone"))
    outcome = build(config, [gone], Console(quiet=True))
    assert outcome.done == ()
    assert [name for name, _ in outcome.failed] == ["make b"]
    assert "gone" in outcome.failed[0][1].came


def test_an_error_that_is_not_ours_is_not_swallowed(config: StudyConfig, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")

    def crash(say: Say) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(config, [Step("crash", (tmp_path / "a",), (tmp_path / "b",), crash)])


def test_a_step_is_stale_where_any_code_that_it_runs_has_changed(tmp_path: Path) -> None:
    graph = grimp.build_graph("mspsurvey", cache_dir=None, exclude_type_checking_imports=True)
    looked_at = 0
    for step in steps(load_config(copy_study(tmp_path))):
        read = {".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts)
                for p in step.reads if p.is_relative_to(PACKAGE)}  # fmt: skip
        for module in re.findall(r"from (mspsurvey\S+) import", inspect.getsource(step.run)):
            run = {module, *graph.find_upstream_modules(module)} - {"mspsurvey"}
            run = {f"{m}.__init__" if graph.find_children(m) else m for m in run}
            assert run <= read, (step.name, sorted(run - read)[:3])
            looked_at += 1
    assert looked_at > 20


def test_brackets_in_names_and_notes_are_no_markup(config: StudyConfig, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    step = Step("make [/b]", (tmp_path / "a",), (), lambda say: say("[red] [/no]"))
    told = Console(record=True, quiet=True)
    assert build(config, [step], told).done == ("make [/b]",)
