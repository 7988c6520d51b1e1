"""Conditions of routing: ``prov_any == 'yes' and emp >= 10``.

One small language, read by Python's own parser and cut down to what a questionnaire
needs: comparison of a variable with a code or a number, ``in`` a list, ``and``, ``or``,
``not``. A condition is a tree, which is evaluated on a frame here and written in the
languages of survey platforms, or in English, by ``mspsurvey.instrument.route``.
"""

from __future__ import annotations

import ast
import operator as op
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from mspsurvey.errors import DefinitionError

if TYPE_CHECKING:
    import pandas as pd

Constant = str | float

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
BY_SIZE: dict[str, Callable[[Any, Any], Any]] = {
    "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge,
}  # fmt: skip
"""Operators that compare by size, and what they do."""


@dataclass(frozen=True)
class Comparison:
    """A variable beside one value, or several after ``in``; a missing answer satisfies none."""

    name: str
    operator: str
    constants: tuple[Constant, ...]

    @property
    def by_size(self) -> bool:
        """Whether the variable has to hold numbers."""
        return self.operator in BY_SIZE

    @property
    def denies(self) -> bool:
        """Whether it holds for an answer that is none of the values."""
        return self.operator in ("!=", "not in")

    def holds(self, value: Constant | None) -> bool:
        """Say of one answer, None where it is missing, whether it satisfies the comparison."""
        if value is None:
            return False
        if self.by_size:
            return bool(BY_SIZE[self.operator](float(value), float(self.constants[0])))
        return (value in self.constants) != self.denies


@dataclass(frozen=True)
class Every:
    """Parts that must all hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Some:
    """Parts of which at least one must hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Not:
    """A part that must not hold."""

    part: Tree


Tree = Comparison | Every | Some | Not


@dataclass(frozen=True)
class Condition:
    """A rule that says of each row whether it holds.

    Attributes
    ----------
    source : str
        The rule as written.
    tree : Comparison, Every, Some or Not
        The rule taken apart.
    """

    source: str
    tree: Tree

    @classmethod
    def parse(cls, source: str, *, where: str) -> Condition:
        """Read a rule; ``where`` names file and key for the error."""
        try:
            parsed = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # ValueError: a null byte; the last two: brackets thousands deep.
            raise DefinitionError(
                f"{where}: a condition such as \"size == '1-4' and emp > 2\" was wanted.",
                f"It is {source!r}.",
            ) from None
        return cls(source, _tree(parsed, where))

    @classmethod
    def both(cls, one: Condition | None, two: Condition | None) -> Condition | None:
        """Give the rule that holds where both hold; None is 'always'."""
        if one is None or two is None:
            return one or two
        return cls(f"({one.source}) and ({two.source})", Every((one.tree, two.tree)))

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Comparisons from left to right."""
        return tuple(comparisons(self.tree))

    @property
    def names(self) -> frozenset[str]:
        """Variables that the rule reads."""
        return frozenset(c.name for c in self.comparisons)

    @property
    def codes(self) -> tuple[tuple[str, Constant], ...]:
        """Each variable with each value that it is tested for equality with."""
        return tuple((c.name, v) for c in self.comparisons if not c.by_size for v in c.constants)

    @property
    def measured(self) -> frozenset[str]:
        """Variables that are compared by size, and so have to hold numbers."""
        return frozenset(c.name for c in self.comparisons if c.by_size)

    def holds(self, frame: pd.DataFrame) -> pd.Series:
        """Say of each row whether the rule holds.

        A missing answer satisfies no comparison, so ``emp != 3`` is false where ``emp`` is
        missing, and ``not (emp == 3)`` is true there.

        Returns
        -------
        Series of bool
            Indexed as ``frame``.
        """
        holds: pd.Series = self.evaluate(
            lambda name, operator, values: _compare(frame[name], operator, values)
        )
        return holds

    def evaluate(self, compare: Callable[[str, str, Sequence[Constant]], Any]) -> Any:
        """Work the rule out on anything that knows ``&``, ``|`` and ``~``.

        Parameters
        ----------
        compare : callable
            Makes one comparison, of a variable's name, an operator (``"=="``, ``"in"``, …)
            and the values on its right. Its answer is True or False for each row, never
            missing.
        """
        return _evaluate(self.tree, compare)


def comparisons(tree: Tree) -> Iterator[Comparison]:
    """Give the comparisons of a tree from left to right."""
    if isinstance(tree, Comparison):
        yield tree
    elif isinstance(tree, Not):
        yield from comparisons(tree.part)
    else:
        for part in tree.parts:
            yield from comparisons(part)


def _tree(node: ast.expr, where: str) -> Tree:
    """Take a parsed expression apart, and refuse what the language does not have."""
    if isinstance(node, ast.BoolOp):
        parts = node.values  # noqa: PD011 (of a syntax tree, not of a frame)
        kind = Every if isinstance(node.op, ast.And) else Some
        return kind(tuple(_tree(part, where) for part in parts))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Not(_tree(node.operand, where))
    if (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.left, ast.Name)
        and type(node.ops[0]) in _OPERATORS
    ):
        operator = _OPERATORS[type(node.ops[0])]
        return Comparison(node.left.id, operator, tuple(_constants(node, operator, where)))
    raise DefinitionError(
        f"{where}: only comparisons joined by and, or, not can stand in a condition.",
        f"{ast.unparse(node)!r} is none.",
    )


def _constants(node: ast.Compare, operator: str, where: str) -> list[Constant]:
    """Give the values on the right of a comparison: several after ``in``, else one."""
    right = node.comparators[0]
    if isinstance(right, ast.List | ast.Tuple) != (operator in ("in", "not in")):
        raise DefinitionError(
            f"{where}: a list was wanted after 'in', and one value after any other comparison.",
            f"It is {ast.unparse(node)!r}.",
        )
    parts = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
    values = [_constant(part, where) for part in parts]
    if not values:
        raise DefinitionError(f"{where}: a list with values was wanted.", "It is empty.")
    if operator in BY_SIZE and isinstance(values[0], str):
        raise DefinitionError(
            f"{where}: a number, without quotes, was wanted.", f"It is {ast.unparse(right)!r}."
        )
    return values


def _constant(node: ast.expr, where: str) -> Constant:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        value = None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DefinitionError(
            f"{where}: a text in quotes or a number was wanted on the right side.",
            f"It is {ast.unparse(node)!r}.",
        )
    return value


def _evaluate(tree: Tree, compare: Callable[[str, str, Sequence[Constant]], Any]) -> Any:
    if isinstance(tree, Comparison):
        return compare(tree.name, tree.operator, tree.constants)
    if isinstance(tree, Not):
        return ~_evaluate(tree.part, compare)
    join = op.and_ if isinstance(tree, Every) else op.or_
    return reduce(join, (_evaluate(part, compare) for part in tree.parts))


def _compare(column: pd.Series, operator: str, values: Sequence[Constant]) -> pd.Series:
    """Compare one column with constants; missing compares as False, whatever the operator."""
    present = column.notna()
    if operator in BY_SIZE:
        result: pd.Series = BY_SIZE[operator](column.astype("float64"), float(values[0]))
        return result & present
    among = column.isin(values)
    return (among if operator in ("==", "in") else ~among) & present
