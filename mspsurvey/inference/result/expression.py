"""Formulas of estimates as text, ``yes / no`` or ``log(`1-4` / `100+`)``, read safely.

Only arithmetic, names and a few functions are read; a name that is not a plain word stands
between backticks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mspsurvey.errors import EstimateError, did_you_mean

LONGEST = 1_000
FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "asin": np.arcsin,
    "logit": lambda p: np.log(p / (1 - p)),
    "expit": lambda x: 1 / (1 + np.exp(-x)),
}
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power,
}  # fmt: skip
_NAME = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Expression:
    """A formula, ready to be evaluated.

    Attributes
    ----------
    text : str
    names : tuple of str
        Names of estimates in it, each once.
    tree : ast.expr
    words : mapping
        Name of an estimate by the word that stands for it in ``tree``.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr
    words: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Read a formula.

        Raises
        ------
        EstimateError
            Where it is no formula of names, numbers and known functions.
        """
        words: dict[str, str] = {}

        def word(match: re.Match[str]) -> str:
            words[f"_name{len(words)}"] = match[1]
            return f" _name{len(words) - 1} "

        plain = _NAME.sub(word, text.replace("^", "**"))
        try:
            if len(text) > LONGEST:
                raise ValueError(f"it is longer than {LONGEST:,} letters")
            tree = ast.parse(plain.strip(), mode="eval").body
            used = _names(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            raise EstimateError(
                'A formula of estimates was wanted, such as "yes / no".',
                f"It is {text[:80]!r}: {e}.",
                f"Put other names than words between backticks; functions are "
                f"{', '.join(FUNCTIONS)}.",
            ) from e
        named = {u: words.get(u, u) for u in used}
        return cls(text, tuple(dict.fromkeys(named.values())), tree, named)

    def value(self, theta: Any) -> Any:
        """Evaluate at estimates, in the order of ``names``."""
        place = {name: theta[k] for k, name in enumerate(self.names)}
        return _evaluated(self.tree, {w: place[name] for w, name in self.words.items()})


def _names(node: ast.expr) -> list[str]:
    """Names in a tree, in order; an error for anything that is no arithmetic."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return [*_names(node.left), *_names(node.right)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return _names(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        if node.keywords or node.func.id not in FUNCTIONS:
            raise ValueError(
                f"there is no function {node.func.id!r}. {did_you_mean(node.func.id, FUNCTIONS)}"
            )
        return _names(node.args[0])
    raise ValueError(f"{ast.unparse(node)!r} is no arithmetic")


def _evaluated(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant):
        # A float: powers of whole numbers could take for ever.
        return np.float64(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left, values), _evaluated(node.right, values)
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp):
        inner = _evaluated(node.operand, values)
        return -inner if isinstance(node.op, ast.USub) else inner
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return FUNCTIONS[node.func.id](_evaluated(node.args[0], values))
