"""The check of what is handed on: no identifier of the raw files in any output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import PublicationError
from mspsurvey.intake.privacy.contents import file_texts
from mspsurvey.intake.privacy.identifiers import Identifier, identifiers
from mspsurvey.intake.privacy.search import Search
from mspsurvey.schema import outputs
from mspsurvey.study_file import STUDY_FILE, StudyConfig

_NAMED_IN_ERROR = 5


@dataclass(frozen=True)
class Leak:
    """An identifier in an output, and where it comes from."""

    path: Path
    identifier: Identifier

    def __str__(self) -> str:
        """Say what leaked where, without repeating it."""
        item = self.identifier
        return f"{self.path}: {item.kind} ({masked(item.text)}) from {item.origin}"


def masked(text: str) -> str:
    """Say as much of a text as tells it from its neighbours, and no more.

    Examples
    --------
    >>> masked("ann@example.org")
    'a…, 15 characters'
    """
    return f"{text[:1]}…, {len(text)} characters"


def check_outputs(
    config: StudyConfig,
    say: Callable[[str], None] = lambda _: None,
    *,
    paths: Sequence[Path] | None = None,
) -> None:
    """Search files that are handed on for every identifier of the raw files.

    Parameters
    ----------
    config : StudyConfig
        The study; words of its definitions and ``[privacy] public_words`` are public.
    say : callable, optional
        Told how much was searched.
    paths : sequence of Path, optional
        The files; all that are processed or published if not given.

    Raises
    ------
    PublicationError
        Where one is found: the first files are named, the identifiers are not.
    """
    sought = identifiers(config)
    public = found_in([config.root / STUDY_FILE, *config.definitions], sought)
    sought = {text: item for text, item in sought.items() if text not in public}
    paths = outputs(config) if paths is None else paths
    say(f"{len(sought):,} identifiers in {len(paths)} files")
    leaks = find_leaks(sought, paths)
    if leaks:
        raise leak_error(leaks, config.root)


def find_leaks(sought: Mapping[str, Identifier], paths: Iterable[Path]) -> list[Leak]:
    """Search files for identifiers; each is named once a file."""
    search = _search(sought)
    leaks = []
    for path in paths:
        hits = {hit for text in (path.name, *file_texts(path)) for hit in search.find(text)}
        leaks += [Leak(path, sought[hit]) for hit in sorted(hits)]
    return leaks


def found_in(paths: Iterable[Path], sought: Mapping[str, Identifier]) -> set[str]:
    """Give the identifiers that files hold."""
    return {leak.identifier.text for leak in find_leaks(sought, paths)}


def _search(sought: Mapping[str, Identifier]) -> Search:
    return Search(sought, [text for text, item in sought.items() if item.whole])


def leak_error(leaks: list[Leak], root: Path) -> PublicationError:
    """Make the error that stops a build."""
    shown = [Leak(_relative(leak.path, root), leak.identifier) for leak in leaks]
    words = "; ".join(str(leak) for leak in shown[:_NAMED_IN_ERROR])
    more = f"; and {len(shown) - _NAMED_IN_ERROR} more" if len(shown) > _NAMED_IN_ERROR else ""
    return PublicationError(
        "No output should hold anything that identifies a respondent or a firm.",
        f"{len(shown)} identifiers were found. {words}{more}.",
        "Take them out of what writes the file. Where one is a word and no name, list it under "
        f"[privacy] public_words in {STUDY_FILE}.",
    )


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
