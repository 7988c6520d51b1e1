"""Conditions of routing: ``prov_any == 'yes' and emp >= 10``.

One small language, read by Python's own parser and cut down to what a questionnaire
needs: comparison of a variable with a code or a number, ``in`` a list, ``and``, ``or``,
``not``. A condition is evaluated on a frame and can be said in English.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mspsurvey.errors import DefinitionError

if TYPE_CHECKING:
    import pandas as pd

_COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "is"),
    ast.NotEq: ("!=", "is not"),
    ast.Lt: ("<", "is below"),
    ast.LtE: ("<=", "is at most"),
    ast.Gt: (">", "is above"),
    ast.GtE: (">=", "is at least"),
    ast.In: ("in", "is one of"),
    ast.NotIn: ("not in", "is none of"),
}

_BY_SIZE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Condition:
    """A rule that says of each row whether it holds.

    Attributes
    ----------
    source : str
        The rule as written.
    names : frozenset of str
        Variables that it reads.
    codes : tuple of (str, str or float)
        Each value that a variable is tested for equality with.
    measured : frozenset of str
        Variables that are compared by size, and so have to hold numbers.
    """

    source: str
    names: frozenset[str]
    codes: tuple[tuple[str, str | float], ...]
    measured: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, source: str, *, where: str) -> Condition:
        """Read a rule; ``where`` names file and key for the error."""
        try:
            tree = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError):  # ValueError: a null byte
            raise DefinitionError(
                f"{where}: a condition such as \"size == '1-4' and emp > 2\" was wanted.",
                f"It is {source!r}.",
            ) from None
        comparisons = list(_comparisons(tree, where))
        equal = [c for c in comparisons if not isinstance(c.ops[0], _BY_SIZE)]
        return cls(
            source,
            frozenset(_name(c) for c in comparisons),
            tuple((_name(c), value) for c in equal for value in _constants(c, where)),
            frozenset(_name(c) for c in comparisons if c not in equal),
        )

    @classmethod
    def both(cls, one: Condition | None, two: Condition | None) -> Condition | None:
        """Give the rule that holds where both hold; None is 'always'."""
        if one is None or two is None:
            return one or two
        return cls(
            f"({one.source}) and ({two.source})",
            one.names | two.names,
            one.codes + two.codes,
            one.measured | two.measured,
        )

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

    def evaluate(self, compare: Callable[[str, str, Sequence[str | float]], Any]) -> Any:
        """Work the rule out on anything that knows ``&``, ``|`` and ``~``.

        Parameters
        ----------
        compare : callable
            Makes one comparison, of a variable's name, an operator (``"=="``, ``"in"``, …)
            and the values on its right. Its answer is True or False for each row, never
            missing.
        """
        return _evaluate(ast.parse(self.source, mode="eval").body, compare)

    def english(self, labels: dict[str, str] | None = None) -> str:
        """Say the rule in words, with ``labels`` for the names of variables."""
        return _say(ast.parse(self.source, mode="eval").body, labels or {})


def _comparisons(node: ast.expr, where: str) -> Iterator[ast.Compare]:
    """Give the comparisons from left to right, and refuse what the language does not have."""
    if isinstance(node, ast.BoolOp):
        for value in _parts(node):
            yield from _comparisons(value, where)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _comparisons(node.operand, where)
    elif (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.left, ast.Name)
        and type(node.ops[0]) in _COMPARE
    ):
        _constants(node, where)
        yield node
    else:
        raise DefinitionError(
            f"{where}: only comparisons joined by and, or, not can stand in a condition.",
            f"{ast.unparse(node)!r} is none.",
        )


def _parts(node: ast.BoolOp) -> list[ast.expr]:
    return node.values  # noqa: PD011 (of a syntax tree, not of a frame)


def _name(node: ast.Compare) -> str:
    assert isinstance(node.left, ast.Name)
    return node.left.id


def _constants(node: ast.Compare, where: str) -> list[str | float]:
    """Give the values on the right of a comparison: several after ``in``, else one."""
    right = node.comparators[0]
    listed = isinstance(right, ast.List | ast.Tuple)
    if listed != isinstance(node.ops[0], ast.In | ast.NotIn):
        raise DefinitionError(
            f"{where}: a list was wanted after 'in', and one value after any other comparison.",
            f"It is {ast.unparse(node)!r}.",
        )
    parts = right.elts if isinstance(right, ast.List | ast.Tuple) else [right]
    values = [_constant(part, where) for part in parts]
    if not values:
        raise DefinitionError(f"{where}: a list with values was wanted.", "It is empty.")
    if isinstance(node.ops[0], _BY_SIZE) and isinstance(values[0], str):
        raise DefinitionError(
            f"{where}: a number, without quotes, was wanted.", f"It is {ast.unparse(right)!r}."
        )
    return values


def _constant(node: ast.expr, where: str) -> str | float:
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


def _evaluate(node: ast.expr, compare: Callable[[str, str, Sequence[str | float]], Any]) -> Any:
    if isinstance(node, ast.BoolOp):
        parts = [_evaluate(value, compare) for value in _parts(node)]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if isinstance(node.op, ast.And) else result | part
        return result
    if isinstance(node, ast.UnaryOp):
        return ~_evaluate(node.operand, compare)
    assert isinstance(node, ast.Compare)
    operator = _COMPARE[type(node.ops[0])][0]
    return compare(_name(node), operator, _constants(node, "condition"))


def _compare(column: pd.Series, operator: str, values: Sequence[str | float]) -> pd.Series:
    """Compare one column with constants; missing compares as False, whatever the operator."""
    present = column.notna()
    if operator in ("==", "in"):
        return column.isin(values) & present
    if operator in ("!=", "not in"):
        return ~column.isin(values) & present
    numbers = column.astype("float64")
    method = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}[operator]
    result: pd.Series = getattr(numbers, method)(float(values[0])) & present
    return result


def _say(node: ast.expr, labels: dict[str, str]) -> str:
    if isinstance(node, ast.BoolOp):
        word = " and " if isinstance(node.op, ast.And) else " or "
        return word.join(_say_part(value, node, labels) for value in _parts(node))
    if isinstance(node, ast.UnaryOp):
        return f"not ({_say(node.operand, labels)})"
    assert isinstance(node, ast.Compare)
    values = ", ".join(str(v) for v in _constants(node, "condition"))
    return f"{labels.get(_name(node), _name(node))} {_COMPARE[type(node.ops[0])][1]} {values}"


def _say_part(node: ast.expr, whole: ast.BoolOp, labels: dict[str, str]) -> str:
    """Say one part of an 'and' or 'or', in brackets where the words would be ambiguous."""
    said = _say(node, labels)
    mixed = isinstance(node, ast.BoolOp) and type(node.op) is not type(whole.op)
    return f"({said})" if mixed else said
