"""YAML read safely and strictly: a broken line is named, and no key may stand twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mspsurvey.errors import DefinitionError


class _StrictLoader(yaml.CSafeLoader):
    """The safe loader, which moreover refuses a key that stands twice.

    The YAML library lets the last of two equal keys win, so that half a question pasted twice
    would silently lose its first half.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build one mapping whose keys differ."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key '{key.value}' stands twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """Read one YAML file, or say where it is broken.

    Raises
    ------
    DefinitionError
        Where the file is not there, is not UTF-8, is no YAML, or holds a key twice; with the
        line, counted from 1, where there is one.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), _StrictLoader)
    except FileNotFoundError:
        raise DefinitionError(
            f"The file {path} was wanted.", "It is not there.", "Check the path in study.toml."
        ) from None
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"{path} should be text in UTF-8.",
            f"Byte {error.start} is not.",
            "Save the file again as UTF-8.",
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise DefinitionError(
            f"{path} should be valid YAML.",
            f"Broken{where}: {problem}.",
            "Mend that line; indentation and unclosed quotes are the usual causes.",
        ) from None
