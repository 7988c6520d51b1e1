"""Running the steps: doit decides what is stale, two run at a time, rich says how it goes.

What was done is written down after each step, and struck out before a step is done again:
a build that is killed has its finished steps behind it, and never takes a half done one, or
one that was done from other inputs, for good.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from doit.control import TaskControl
from doit.dependency import DatabaseException, Dependency, JsonDB
from doit.exceptions import BaseFail, UnmetDependency
from doit.runner import MThreadRunner
from doit.task import Stream, Task, dict_to_task
from doit.tools import config_changed
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mspsurvey.errors import MspSurveyError, ReadError, WriteError
from mspsurvey.files import write_whole
from mspsurvey.pipeline import PACKAGE, Step
from mspsurvey.study_file import BUILD_FOLDER, StudyConfig

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

    Raises
    ------
    WriteError
        Where another build of the study is at work, or nothing can be written.
    """
    try:
        folder = config.root / BUILD_FOLDER
        folder.mkdir(exist_ok=True)
        with _alone(folder / "lock"):
            return _run(plan, folder / "steps.json", console)
    except OSError as error:
        raise _unwritten(error) from error


def _run(plan: list[Step], kept_in: Path, console: Console) -> Outcome:
    record = Dependency(_Record, str(kept_in))
    board = _Board(console, record.backend)
    control = TaskControl([_task(step, board) for step in plan])
    control.process(None)
    with board:
        runner = MThreadRunner(
            record, board, continue_=True, stream=Stream(2), num_process=AT_A_TIME
        )
        runner.run_all(control.task_dispatcher())
    if board.crash is not None:
        raise board.crash
    return Outcome(tuple(board.done), tuple(board.kept), tuple(board.failed))


def _task(step: Step, board: _Board) -> Task:
    """Give a step to doit as its task."""
    asked = [config_changed(step.settings)] if step.settings else []
    return dict_to_task(
        {
            "name": step.name,
            "actions": [board.action(step)],
            "file_dep": [str(path) for path in step.reads],
            "targets": [str(path) for path in step.writes],
            "uptodate": asked + ([step.current] if step.current else []),
        }
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that the system takes back when this process ends, however it ends."""
    with path.open("a+b") as file:
        try:
            _lock(file)
        except OSError:
            raise WriteError(
                "Only one build of a study can run at a time.",
                "Another one is at work.",
                "Wait until it is done, or stop it.",
            ) from None
        yield


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt  # each system has its own

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unwritten(error: OSError) -> WriteError:
    """Say in our words why the disk took no more."""
    what = error.filename or "The study's folder"
    return WriteError(
        "A build needs a disk that it can write to.",
        f"{what}: {error.strerror or error}.",
        "Make room, or ask for leave to write there, and build again. Till then each file that "
        "readers have is whole, of an earlier build or of this one.",
    )


class _Record(JsonDB):  # type: ignore[misc]
    """Which steps were done from what: on the disk after each of them, whole or not at all."""

    def __init__(self, *args: object, **more: object) -> None:
        self.turn = threading.RLock()
        super().__init__(*args, **more)

    def _load(self) -> dict[str, dict[str, object]]:
        """Read what earlier builds did; where that cannot be read, all is done anew."""
        try:
            return dict(super()._load())
        except (DatabaseException, OSError, TypeError):
            return {}

    def dump(self) -> None:
        with self.turn:
            write_whole(Path(self.name), self.codec.encode(self._db))

    def set(self, task_id: str, dependency: str, value: object) -> None:
        with self.turn:
            super().set(task_id, dependency, value)
            if dependency == "deps:":  # what doit says last of a step that is done
                self.dump()

    def remove(self, task_id: str) -> None:
        with self.turn:
            if self.in_(task_id):
                super().remove(task_id)
                self.dump()


class _Board:
    """What the reader sees while steps run, and what is remembered of them: doit's reporter."""

    def __init__(self, console: Console, record: _Record) -> None:
        self.console, self.record = console, record
        self.done: list[str] = []
        self.kept: list[str] = []
        self.failed: list[tuple[str, MspSurveyError]] = []
        self.crash: Exception | None = None
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
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
                self.record.remove(step.name)
                before = _marks(step)
                step.run(say)
                _require_unchanged(step, before)
            except MspSurveyError as error:
                return self.fail(step.name, error)
            except OSError as error:
                return self.fail(step.name, _unwritten(error))
            except Exception as error:  # kept here, raised when doit has wound up
                self.crash = error
                return False
            finally:
                self.progress.remove_task(line)
            seconds = time.monotonic() - started
            note = f"  [dim]{escape(last[0])}[/]" if last[0] else ""
            self.console.print(
                f"[green]✓[/] {escape(f'{step.name:<24}')} {seconds:5.1f} s{note}",
                highlight=False,
                soft_wrap=True,
            )
            self.done.append(step.name)
            return True

        return run

    def fail(self, name: str, error: MspSurveyError) -> bool:
        """Keep why a step could not be done."""
        self.failed.append((name, error))
        self.console.print(f"[red]✗[/] {escape(name)}", highlight=False)
        return False

    def skip_uptodate(self, task: Task) -> None:
        """Hear from doit that a step is up to date."""
        self.kept.append(task.name)

    def runtime_error(self, msg: str) -> None:
        """Hear from doit that it could not go on."""
        self.crash = RuntimeError(msg)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """Hear from doit that a step failed: it was told here already, unless it never began."""
        told = task.name in dict(self.failed) or isinstance(fail, UnmetDependency)
        if not told and self.crash is None:
            wanted = "Files should stay where they are while a build reads them."
            self.fail(task.name, ReadError(wanted, str(fail.message), "Build again."))

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Take no notice of what else doit tells a reporter."""
        return _ignore


def _marks(step: Step) -> list[tuple[Path, int, int]]:
    """When each file of the study that a step reads was written, and its size."""
    found = [(p, p.stat()) for p in step.reads if not p.is_relative_to(PACKAGE)]
    return [(path, seen.st_mtime_ns, seen.st_size) for path, seen in found]


def _require_unchanged(step: Step, before: list[tuple[Path, int, int]]) -> None:
    """Refuse what was made from a file that changed meanwhile: nobody knows from which half."""
    changed = [old[0] for old, new in zip(before, _marks(step), strict=True) if old != new]
    if changed:
        raise ReadError(
            "Files should stay as they are while they are read.",
            f"{changed[0]} changed.",
            "Build again.",
        )


def _ignore(*_: object, **__: object) -> None:
    """Do nothing."""
