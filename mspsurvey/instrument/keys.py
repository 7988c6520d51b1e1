"""Single keys of a questionnaire file, checked one by one; each error names file and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.instrument.model import MISSING_REASONS, Option

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_HYPOTHESIS = re.compile(r"[HF][0-9]+[a-z]?\Z")

_OPTION_KEYS = {"code", "label", "short", "value", "missing"}


class Mistake(DefinitionError):
    """What is wrong with one key of a questionnaire file.

    Parameters
    ----------
    path, key : Path, str
        Where it stands.
    rule : str
        Id of the rule that it breaks (see ``mspsurvey.instrument.lint``).
    wanted, came, do : str
        As of every error of this package.
    """

    def __init__(
        self, path: Path, key: str, rule: str, wanted: str, came: str = "", do: str = ""
    ) -> None:
        super().__init__(f"{path}, {key}: {wanted}", came, do)
        self.path, self.key, self.rule = path, key, rule
        self.message = " ".join(part for part in (wanted, came, do) if part)


class Keys:
    """Checks of the keys of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(
        self, key: str, wanted: str, came: str, do: str = "", *, rule: str = "form"
    ) -> Mistake:
        """Make the error that names this file and ``key``."""
        return Mistake(self.path, key, rule, wanted, came, do)

    def options(self, raw: Any, key: str) -> tuple[Option, ...]:
        """Read a list of options, in which codes and labels differ."""
        if not isinstance(raw, list) or not raw:
            raise self.fail(key, "a list of options was wanted.", f"It is {raw!r}.")
        options: dict[str, Option] = {}
        labels: set[str] = set()
        for index, item in enumerate(raw, 1):
            option = self.option(item, f"{key}[{index}]")
            if option.code in options:
                raise self.fail(
                    key,
                    "a code may stand once.",
                    f"'{option.code}' stands twice.",
                    rule="double-code",
                )
            # An export of labels could not be read back where two options share one.
            if option.label in labels:
                raise self.fail(
                    key,
                    "a label may stand once.",
                    f"'{option.label}' stands twice.",
                    rule="double-label",
                )
            options[option.code] = option
            labels.add(option.label)
        return tuple(options.values())

    def option(self, raw: Any, key: str) -> Option:
        """Read one option."""
        if not isinstance(raw, dict) or raw.get("code") is None:
            raise self.fail(key, "an option needs a code.", f"It is {raw!r}.")
        self.check_keys(raw, _OPTION_KEYS, key)
        for part in ("code", "label"):
            if isinstance(raw.get(part), bool):
                raise self.fail(
                    f"{key}.{part}",
                    "a text or a number was wanted.",
                    "YAML reads an unquoted yes or no as true or false.",
                    "Put it in quotes.",
                )
        missing = raw.get("missing")
        if missing is not None and missing not in MISSING_REASONS:
            raise self.fail(
                f"{key}.missing",
                f"one of {', '.join(MISSING_REASONS)} was wanted.",
                f"It is {missing!r}.",
            )
        code = str(raw["code"])
        return Option(
            code=code,
            label=self.text(raw, "label", f"{key}.label"),
            value=number(code) if raw.get("value") is None else self.bound(raw, "value", key),
            missing=missing,
            short=str(raw.get("short", "")),
        )

    def bound(self, raw: dict[str, Any], name: str, key: str) -> float | None:
        """Read a number, or None where the key is absent."""
        value = raw.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.fail(f"{key}.{name}", "a number was wanted.", f"It is {value!r}.")
        return float(value)

    def range(self, raw: dict[str, Any], key: str) -> dict[str, Any]:
        """Read the smallest and the largest number that can be true."""
        low, high = self.bound(raw, "low", key), self.bound(raw, "high", key)
        if low is not None and high is not None and low > high:
            raise self.fail(
                f"{key}.low",
                "the range should run from low to high.",
                f"{low:g} is above {high:g}.",
                rule="range",
            )
        return {"low": low, "high": high}

    def text(self, raw: dict[str, Any], name: str, key: str) -> str:
        """Read a text that has to be there."""
        value = raw.get(name)
        if value is None or not str(value).strip():
            raise self.fail(key, "a text was wanted.", "It is missing.")
        return str(value).strip()

    def choice(
        self, raw: dict[str, Any], name: str, known: Iterable[str], key: str, default: str | None
    ) -> str:
        """Read one of a few known words."""
        value = raw.get(name, default)
        if not isinstance(value, str) or value not in known:
            raise self.fail(
                f"{key}.{name}", f"one of {', '.join(known)} was wanted.", f"It is {value!r}."
            )
        return value

    def hypotheses(self, raw: dict[str, Any], key: str) -> tuple[str, ...]:
        """Read a list of ids of hypotheses (H19a) and facts (F1)."""
        given = raw.get("hypotheses") or []
        if not isinstance(given, list):
            raise self.fail(f"{key}.hypotheses", "a list was wanted.", f"It is {given!r}.")
        for one in given:
            if not _HYPOTHESIS.match(str(one)):
                raise self.fail(
                    f"{key}.hypotheses", "ids such as H19a were wanted.", f"It has {one!r}."
                )
        return tuple(str(one) for one in given)

    def check_name(self, name: Any, key: str) -> None:
        """Refuse what cannot be the name of a column."""
        if not isinstance(name, str) or not _NAME.match(name):
            raise self.fail(
                key,
                "a name of small letters, digits and underscores was wanted.",
                f"It is {name!r}.",
            )

    def check_keys(self, raw: Mapping[str, Any], known: set[str], key: str) -> None:
        """Refuse a key that means nothing here, which is mostly a misspelt one."""
        unknown = sorted(str(k) for k in set(raw) - known)
        if unknown:
            raise self.fail(
                key,
                f"the keys {', '.join(sorted(known))} can stand here.",
                f"'{unknown[0]}' is not one of them.",
                did_you_mean(unknown[0], known),
            )


def number(code: str) -> float | None:
    """Score of an option whose code is a number."""
    try:
        value = float(code)
    except ValueError:
        return None
    return value if isfinite(value) else None
