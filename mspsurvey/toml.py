"""TOML files, read key by key, with file and key named in every error."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Iterable
from math import isfinite
from pathlib import Path
from typing import Any

from mspsurvey.errors import DefinitionError, did_you_mean


def read_toml(path: Path) -> dict[str, Any]:
    """Read one TOML file, or say where it is broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DefinitionError(
            f"The file {path} was wanted.", "It is not there.", "Check the path in study.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(
            f"{path} should be valid TOML in UTF-8.", f"Broken: {error}."
        ) from None


class Table:
    """One table of a TOML file, and the words for where it stands.

    Parameters
    ----------
    path : Path
        File that it comes from.
    data : dict
        What the table holds.
    where : str
        Key of the table, as ``items[3]``; "" for the top of the file.
    """

    def __init__(self, path: Path, data: dict[str, Any], where: str = "") -> None:
        self.path, self.data, self.where = path, data, where

    @classmethod
    def read(cls, path: Path) -> Table:
        """Read a file; its top level is a table."""
        return cls(path, read_toml(path))

    def __contains__(self, key: object) -> bool:
        """Whether the table has that key."""
        return key in self.data

    def fail(self, key: str, wanted: str, came: str, do: str = "") -> DefinitionError:
        """Make the error that names file and key."""
        return DefinitionError(f"{self.path}, {self._place(key)}: {wanted}", came, do)

    def only(self, *keys: str) -> Table:
        """Refuse keys that mean nothing: a misspelt key must not be passed over in silence."""
        for key in self.data:
            if key not in keys:
                raise self.fail(key, "this key is not known here.", "", did_you_mean(key, keys))
        return self

    def text(self, key: str, default: str | None = None) -> str:
        """Give a text that is not empty, unless a default is given."""
        value = self.data.get(key, default)
        if not isinstance(value, str) or not (value.strip() or default is not None):
            raise self.fail(key, "a text was wanted.", self._came(key))
        return value.strip()

    def one_of(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        """Give a text that is one of some, or the default."""
        value = self.text(key, default)
        if value not in choices and value != default:
            raise self.fail(
                key, f"one of {', '.join(choices)} was wanted.", self._came(key),
                did_you_mean(value, choices),
            )  # fmt: skip
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Give a number."""
        value = self.data.get(key, default)
        if not _is_number(value):
            raise self.fail(key, "a number was wanted.", self._came(key))
        return float(value)  # type: ignore[arg-type]

    def whole(self, key: str, default: int | None = None) -> int:
        """Give a whole number, zero or more."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.fail(key, "a whole number, zero or more, was wanted.", self._came(key))
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Give true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "true or false was wanted.", self._came(key))
        return value

    def date(self, key: str) -> dt.date:
        """Give a day."""
        value = self.data.get(key)
        if type(value) is not dt.date:
            raise self.fail(key, "a date such as 2026-11-24 was wanted.", self._came(key))
        return value

    def texts(self, key: str, default: Iterable[str] | None = None) -> tuple[str, ...]:
        """Give a list of texts."""
        value = self.data.get(key, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.fail(key, "a list of texts was wanted.", self._came(key))
        return tuple(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Give a list of numbers that rise."""
        value = self.data.get(key)
        fine = isinstance(value, list) and all(map(_is_number, value))
        if not fine or value != sorted(set(value or ())):
            raise self.fail(key, "a list of rising numbers was wanted.", self._came(key))
        return tuple(float(v) for v in value or ())

    def table(self, key: str) -> Table:
        """Give a table within this one."""
        value = self.data.get(key)
        if not isinstance(value, dict):
            raise self.fail(key, "a table was wanted.", self._came(key))
        return Table(self.path, value, self._place(key))

    def part(self, key: str) -> Table:
        """Give a table that may be left out; then it is empty."""
        return self.table(key) if key in self else Table(self.path, {}, self._place(key))

    def tables(self, key: str, default: list[Any] | None = None) -> list[Table]:
        """Give a list of tables, each named by its place; not empty, unless by default."""
        value = self.data.get(key, default)
        if value == default == []:
            return []
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.fail(
                key, "a list of tables was wanted.", self._came(key), f"Write [[{key}]] entries."
            )
        return [Table(self.path, v, f"{self._place(key)}[{i}]") for i, v in enumerate(value, 1)]

    def _place(self, key: str) -> str:
        return ".".join(part for part in (self.where, key) if part)

    def _came(self, key: str) -> str:
        return f"It is {self.data[key]!r}." if key in self.data else "The key is missing."


def _is_number(value: object) -> bool:
    """Whether it is a finite number; TOML knows nan and inf, and a bool is an int in Python."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def require_unique(tables: Iterable[Table], key: str) -> None:
    """Raise where two tables of a list bear the same name."""
    seen: set[str] = set()
    for table in tables:
        name = table.text(key)
        if name in seen:
            raise table.fail(key, "each name may stand once.", f"'{name}' stands twice.")
        seen.add(name)
