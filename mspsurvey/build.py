"""Running the steps: doit decides what is stale, two run at a time, rich says how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doit.cmd_base import TaskLoader2
from doit.doit_cmd import DoitMain
from doit.task import Task, dict_to_task
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mspsurvey.errors import MspSurveyError
from mspsurvey.pipeline import BUILD_FOLDER, Step
from mspsurvey.study_file import StudyConfig

AT_A_TIME = 2
"""Steps that run side by side: reports run in kernels of their own, one a core."""


@dataclass(frozen=True)
class Outcome:
    """What a build did.

    Attributes
    ----------
    done, kept : tuple of str
        Steps that ran, and steps that were up to date.
    failed : tuple of (str, MspSurveyError)
        Steps that could not be done, each with its reason.
    """

    done: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[tuple[str, MspSurveyError], ...]


def build(config: StudyConfig, plan: list[Step], console: Console) -> Outcome:
    """Run the steps that are stale.

    A step that fails stops the steps that need it; the outputs of earlier builds stay as
    they were. Errors that are not ours (``MspSurveyError``) pass through.
    """
    board = _Board(console)
    folder = config.root / BUILD_FOLDER
    folder.mkdir(exist_ok=True)
    settings = {
        "dep_file": str(folder / "steps.json"),
        "backend": "json",
        "reporter": board.reporter,
        "num_process": AT_A_TIME,
        "par_type": "thread",
        "continue": True,
        "verbosity": 2,
    }
    with board:
        DoitMain(_Loader(plan, settings, board), config_filenames=()).run(["run"])
    if board.crash is not None:
        raise board.crash
    return Outcome(tuple(board.done), tuple(board.kept), tuple(board.failed))


class _Loader(TaskLoader2):  # type: ignore[misc]
    """Gives our steps to doit as its tasks."""

    def __init__(self, plan: list[Step], settings: dict[str, Any], board: _Board) -> None:
        super().__init__()
        self.plan, self.settings, self.board = plan, settings, board

    def load_doit_config(self) -> dict[str, Any]:
        return self.settings

    def load_tasks(self, cmd: object, pos_args: object) -> list[Task]:  # noqa: ARG002 (doit's)
        return [
            dict_to_task(
                {
                    "name": step.name,
                    "actions": [self.board.action(step)],
                    "file_dep": [str(path) for path in step.reads],
                    "targets": [str(path) for path in step.writes],
                }
            )
            for step in self.plan
        ]


class _Board:
    """What the reader sees while steps run, and what is remembered of them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.done: list[str] = []
        self.kept: list[str] = []
        self.failed: list[tuple[str, MspSurveyError]] = []
        self.crash: Exception | None = None
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    def __enter__(self) -> _Board:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def action(self, step: Step) -> Callable[[], bool]:
        """Wrap a step so that its progress shows and its error is kept."""

        def run() -> bool:
            started = time.monotonic()
            line = self.progress.add_task(step.name, total=None)
            last = [""]

            def say(what: str) -> None:
                last[0] = what
                self.progress.update(line, description=f"{step.name}: {what}")

            try:
                step.run(say)
            except MspSurveyError as error:
                self.failed.append((step.name, error))
                self.console.print(f"[red]✗[/] {step.name}", highlight=False)
                return False
            except Exception as error:  # kept here, raised when doit has wound up
                self.crash = error
                return False
            finally:
                self.progress.remove_task(line)
            seconds = time.monotonic() - started
            note = f"  [dim]{last[0]}[/]" if last[0] else ""
            self.console.print(
                f"[green]✓[/] {step.name:<24} {seconds:5.1f} s{note}",
                highlight=False,
                soft_wrap=True,
            )
            self.done.append(step.name)
            return True

        return run

    @property
    def reporter(self) -> type:
        """Make doit's reporter class, which tells this board what was up to date."""
        board = self

        class Reporter:
            desc = "lines of mspsurvey"

            def __init__(self, outstream: object, options: object) -> None:
                pass

            def skip_uptodate(self, task: Task) -> None:
                board.kept.append(task.name)

            def runtime_error(self, msg: str) -> None:
                board.crash = RuntimeError(msg)

            def __getattr__(self, name: str) -> Callable[..., None]:
                # doit tells a reporter much more; only two things matter here
                return _ignore

        return Reporter


def _ignore(*_: object, **__: object) -> None:
    """Do nothing."""
