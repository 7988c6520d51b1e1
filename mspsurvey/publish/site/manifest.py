"""The manifest: what went into a build and what came out of it, each with its hash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mspsurvey.errors import PublicationError
from mspsurvey.files import sha256
from mspsurvey.study_file import STUDY_FILE, StudyConfig

LOCK_FILE = "requirements.lock"
MANIFEST_FILE = "manifest.json"


def manifest(
    config: StudyConfig, inputs: Iterable[Path], outputs: Iterable[Path]
) -> dict[str, Any]:
    """Describe a build so that another can be compared with it.

    Parameters
    ----------
    config : StudyConfig
        The study; its definitions and the lock file are added by themselves.
    inputs, outputs : iterable of Path
        Raw files that were read and files that were made, inside the study.

    Returns
    -------
    dict
        ``study``, ``synthetic``, ``date``, ``package`` (name and version), and ``inputs``,
        ``definitions``, ``outputs``, ``lock``: SHA-256 in hexadecimal by path relative to the
        study, sorted. No time of the build: the same files give the same manifest.

    Raises
    ------
    PublicationError
        Where a file is not there or lies outside the study.
    """
    definitions = [config.root / STUDY_FILE, *config.definitions]
    lock = [p for p in (config.root / LOCK_FILE,) if p.is_file()]
    made = [p for p in outputs if p.name != MANIFEST_FILE]  # it cannot hold its own hash
    return {
        "study": config.name,
        "synthetic": config.synthetic,
        "date": config.date.isoformat(),
        "package": {"name": "mspsurvey", "version": _version()},
        "lock": _hashes(config.root, lock),
        "inputs": _hashes(config.root, inputs),
        "definitions": _hashes(config.root, definitions),
        "outputs": _hashes(config.root, made),
    }


def manifest_text(config: StudyConfig, inputs: Iterable[Path], outputs: Iterable[Path]) -> str:
    """Give what ``manifest.json`` holds."""
    told = manifest(config, inputs, outputs)
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _hashes(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    named = {_name(root, p): root / p for p in paths}
    return {name: sha256(named[name]) for name in sorted(named)}


def _name(root: Path, path: Path) -> str:
    whole = path if path.is_absolute() else root / path
    if not whole.is_file():
        raise PublicationError(
            f"The file {path} was wanted for the manifest.", "It is not there.", "Build again."
        )
    if not whole.resolve().is_relative_to(root.resolve()):
        raise PublicationError(
            f"Files inside the study {root} were wanted for the manifest.", f"One is {path}."
        )
    return whole.resolve().relative_to(root.resolve()).as_posix()


def _version() -> str:
    try:
        return version("mspsurvey")
    except PackageNotFoundError:
        return "unknown: not installed"
