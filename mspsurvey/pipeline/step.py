"""One step of a build, and the code that it depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mspsurvey

PACKAGE = Path(mspsurvey.__file__).parent
BASE = (
    "errors.py",
    "files.py",
    "toml.py",
    "condition.py",
    "study_file",
    "keyed.py",
    "schema.py",
    "contract.py",
    "instrument",
    "pipeline",
)
"""What every step that makes a table stands on."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step of the build.

    Attributes
    ----------
    name : str
        Verb or report, as the progress line shows it.
    reads, writes : tuple of Path
        Files whose content decides whether the step is stale, and files it makes.
    run : callable
        Does the work; takes a function that says what is going on.
    settings : str
        What else the step depends on; it is kept in the record of builds, so no secret.
    current : callable, optional
        Whether what the step made is still as it left it.
    """

    name: str
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    run: Callable[[Say], None]
    settings: str = ""
    current: Callable[[], bool] | None = None


def code(*rooms: str) -> list[Path]:
    """Give the source files that a step depends on: ``BASE``, and the rooms that it names.

    Parameters
    ----------
    *rooms : str
        Folders of the package, such as "intake".
    """
    named = (PACKAGE / name for name in (*BASE, *rooms))
    return [path for place in named for path in sources(place)]


def sources(place: Path = PACKAGE) -> list[Path]:
    """Give what a folder of the package holds: code, templates, fonts; no compiled code."""
    if place.is_file():
        return [place]
    return sorted(p for p in place.rglob("*") if p.is_file() and p.suffix != ".pyc")
