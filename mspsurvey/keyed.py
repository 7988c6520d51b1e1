"""Codes in place of ids and web domains: without the key nobody can turn them back.

A plain hash of an id protects nothing: whoever has the sample hashes all of its ids and looks
them up. So each code is made with a secret key (HMAC-SHA256, RFC 2104), which lies outside the
study's folder. Same key and same text give the same code, so that coded tables can be joined.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import DefinitionError
from mspsurvey.study_file import STUDY_FILE, StudyConfig

KEY_VARIABLE = "MSPSURVEY_KEY"
"""Variable of the environment that may hold the key; it goes before ``key_file``."""
SHORTEST_KEY = 16
CODE_LENGTH = 16
"""Characters of a code: with 15 hexadecimal digits, two of a million ids are alike in 2 of a
million studies."""
DOMAIN_CODE_LENGTH = 12
"""Characters of the code of a web domain, as survey platforms store it."""
_HOW = "Make one with `openssl rand -hex 32`, and keep it where the data are not."


@dataclass(frozen=True, repr=False)
class Key:
    """A secret that turns ids into codes; it is never printed or written."""

    secret: bytes

    def code(self, kind: str, text: str, *, length: int = CODE_LENGTH) -> str:
        """Give the code of one text.

        Parameters
        ----------
        kind : str
            What the text is ("response", "unit", "domain"): one text of two kinds has two
            codes. The code begins with its first letter, so that no program takes it for a
            number.
        text : str
            Id or domain.
        length : int
            Characters of the code.

        Examples
        --------
        >>> Key(b"sixteen bytes ok").code("unit", "F00007")
        'u82ac778cfa736f9'
        """
        digest = hmac.digest(self.secret, f"{kind}\0{text}".encode(), "sha256").hex()
        return kind[0] + digest[: length - 1]

    @property
    def fingerprint(self) -> str:
        """What tells this key from another, and does not tell the key."""
        return self.code("fingerprint", "mspsurvey")


DEMO_KEY = Key(b"mspsurvey demo: this key is published, so that it protects nothing")
"""Key of invented data, which have nobody to protect and must come out alike everywhere."""


def read_key(config: StudyConfig, environ: Mapping[str, str] | None = None) -> Key:
    """Find the key of a study.

    Parameters
    ----------
    config : StudyConfig
        ``[privacy] key_file`` names a file outside the study.
    environ : mapping, optional
        The environment; that of the process if not given.

    Returns
    -------
    Key
        From MSPSURVEY_KEY, else from the file, else the published key of invented data.

    Raises
    ------
    DefinitionError
        Where data are real and there is no key, or the key is short, published, or lies with
        the data.
    """
    environ = os.environ if environ is None else environ
    found = _found(config, environ)
    if found is None and config.synthetic:
        return DEMO_KEY
    if found == DEMO_KEY and not config.synthetic:
        raise DefinitionError(
            "Real data need a key that nobody else has.",
            "This one is the published key of invented data.",
            _HOW,
        )
    if found is not None:
        return found
    raise DefinitionError(
        "Real data need a key, with which their ids are turned into codes.",
        f"Neither {KEY_VARIABLE} nor [privacy] key_file in {STUDY_FILE} names one.",
        _HOW,
    )


def _found(config: StudyConfig, environ: Mapping[str, str]) -> Key | None:
    """Give the key that the environment or study.toml names."""
    if text := environ.get(KEY_VARIABLE, "").strip():
        return _checked(text, KEY_VARIABLE)
    if config.key_file is not None:
        return _checked(_read(config.root, config.key_file), config.key_file.name)
    return None


def _read(root: Path, path: Path) -> str:
    if path.is_relative_to(root):
        raise DefinitionError(
            f"{STUDY_FILE}, [privacy] key_file: a file outside the study was wanted.",
            f"{path.name} lies inside it, where it would be handed on with the data.",
            "Move it, and correct the path.",
        )
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise DefinitionError(
            f"{STUDY_FILE}, [privacy] key_file: a text file with the key was wanted.",
            f"{path} cannot be read.",
            _HOW,
        ) from None


def _checked(text: str, where: str) -> Key:
    secret = text.encode()
    if len(secret) < SHORTEST_KEY:
        raise DefinitionError(
            f"A key of at least {SHORTEST_KEY} characters was wanted in {where}.",
            f"It has {len(secret)}.",
            _HOW,
        )
    return Key(secret)
