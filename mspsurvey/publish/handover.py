"""What a build made and checked, laid where its readers look: file by file, manifest last.

A build that is killed on the way leaves whole files, old or new, and a manifest that tells them
apart; the next one lays down the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mspsurvey.files import UNFINISHED, sha256, write_whole
from mspsurvey.publish.site.manifest import MANIFEST_FILE, manifest_text
from mspsurvey.schema import outputs
from mspsurvey.study_file import StudyConfig

_REPORTS = ("[0-9][0-9]_*.html", "charts/[0-9][0-9]-*")
"""Names of pages, charts and tables of reports, which begin with the report's two digits."""


class Handover:
    """The files that a build makes aside, and those that its readers have.

    Parameters
    ----------
    config : StudyConfig
    tables : iterable of Path
        Tables made aside; of pages, charts and what they need, all that lie there are taken.
    alone : bool
        Whether one report alone is built, so that those of earlier builds stay.
    """

    def __init__(self, config: StudyConfig, tables: Iterable[Path], *, alone: bool) -> None:
        self.config, self.tables, self.alone = config, tuple(tables), alone

    @property
    def moves(self) -> dict[Path, Path]:
        """Where each file goes."""
        made, to = self.config.aside, self.config
        files = (p for p in made.reports.rglob("*") if p.is_file() and p.suffix != UNFINISHED)
        moves = {p: to.processed / p.relative_to(made.processed) for p in self.tables}
        return moves | {p: to.reports / p.relative_to(made.reports) for p in sorted(files)}

    @property
    def gone(self) -> set[Path]:
        """What an earlier build laid down, nobody edited, and this one does not make."""
        if self.alone:
            return set()
        reports, listed = self.config.reports, _listed(self.config)
        numbered = {path for pattern in _REPORTS for path in reports.glob(pattern)}
        old = numbered & set(listed) - set(self.moves.values())
        return {path for path in old if sha256(path) == listed[path]}

    @property
    def after(self) -> list[Path]:
        """All that readers will have: what was made, and what lies there already and stays."""
        moves = self.moves
        made = {*moves.values(), *self.gone, self.config.reports / MANIFEST_FILE}
        return [*moves, *(path for path in outputs(self.config) if path not in made)]

    @property
    def is_done(self) -> bool:
        """Whether readers have what was made: nothing cut short, edited or deleted."""
        if self.gone or not all(_alike(*move) for move in self.moves.items()):
            return False
        told = self.config.reports / MANIFEST_FILE
        return told.is_file() and told.read_bytes() == self._manifest().encode()

    def do(self) -> int:
        """Lay files down where they differ, take away what is gone; give how many there are."""
        moves = self.moves
        for path, target in moves.items():
            if not _alike(path, target):
                write_whole(target, path.read_bytes())
        for path in self.gone:
            path.unlink()
        write_whole(self.config.reports / MANIFEST_FILE, self._manifest())
        return len(moves)

    def _manifest(self) -> str:
        """Describe what lies there: of this build, and of earlier ones what stays."""
        reports = self.config.reports
        kept = {path for path in _listed(self.config) if path.is_file()} - self.gone
        laid = {path for path in self.moves.values() if path.is_relative_to(reports)}
        inputs = {p for source in self.config.sources.values() for p in source.inputs}
        return manifest_text(self.config, inputs, kept | laid)


def differing(config: StudyConfig) -> list[Path]:
    """Files of the reports that are not, or are no more, what the manifest says."""
    return [
        path
        for path, digest in _listed(config).items()
        if not path.is_file() or sha256(path) != digest
    ]


def _alike(path: Path, target: Path) -> bool:
    return path.is_file() and target.is_file() and path.read_bytes() == target.read_bytes()


def _listed(config: StudyConfig) -> dict[Path, str]:
    """Files that the manifest of the last build names, with their hashes; {} without one."""
    try:
        told = json.loads((config.reports / MANIFEST_FILE).read_text(encoding="utf-8"))
        return {config.root / name: str(digest) for name, digest in told["outputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
