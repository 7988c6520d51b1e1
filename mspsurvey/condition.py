"""Conditions of routing: ``prov_any == 'yes' and emp >= 10``.

One small language, read by Python's own parser and cut down to what a questionnaire
needs: comparison of a variable with a code or a number, ``in`` a list, ``and``, ``or``,
``not``. A condition is evaluated on a frame and can be said in English.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    source: str
    names: frozenset[str]
    codes: tuple[tuple[str, str | float], ...]

    @classmethod
    def parse(cls, source: str, *, where: str) -> Condition:
        """Read a rule; ``where`` names file and key for the error."""
        try:
            tree = ast.parse(source, mode="eval").body
        except SyntaxError:
            raise DefinitionError(
                f"{where}: a condition such as \"size == '1-4' and emp > 2\" was wanted.",
                f"It is {source!r}.",
            ) from None
        names: set[str] = set()
        codes: list[tuple[str, str | float]] = []
        _walk(tree, names, codes, where)
        return cls(source, frozenset(names), tuple(codes))

    @classmethod
    def both(cls, one: Condition | None, two: Condition | None) -> Condition | None:
        """Give the rule that holds where both hold; None is 'always'."""
        if one is None or two is None:
            return one or two
        return cls(
            f"({one.source}) and ({two.source})", one.names | two.names, one.codes + two.codes
        )

    def holds(self, frame: pd.DataFrame) -> pd.Series:
        """Say of each row whether the rule holds; a missing answer never satisfies a comparison.

        Returns
        -------
        Series of bool
            Indexed as ``frame``.
        """
        return _evaluate(ast.parse(self.source, mode="eval").body, frame)

    def english(self, labels: dict[str, str] | None = None) -> str:
        """Say the rule in words, with ``labels`` for the names of variables."""
        return _say(ast.parse(self.source, mode="eval").body, labels or {})


def _walk(
    node: ast.expr, names: set[str], codes: list[tuple[str, str | float]], where: str
) -> None:
    """Collect names and codes, and refuse whatever the language does not have."""
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            _walk(value, names, codes, where)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _walk(node.operand, names, codes, where)
    elif (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.left, ast.Name)
        and type(node.ops[0]) in _COMPARE
    ):
        names.add(node.left.id)
        values = _constants(node.comparators[0], where)
        if isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            codes.extend((node.left.id, value) for value in values)
    else:
        raise DefinitionError(
            f"{where}: only comparisons joined by and, or, not can stand in a condition.",
            f"{ast.unparse(node)!r} is none.",
        )


def _constants(node: ast.expr, where: str) -> list[str | float]:
    """Give the values on the right of a comparison."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    values: list[str | float] = []
    for part in parts:
        try:
            value = ast.literal_eval(part)
        except ValueError:
            value = None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise DefinitionError(
                f"{where}: a text in quotes or a number was wanted on the right side.",
                f"It is {ast.unparse(part)!r}.",
            )
        values.append(value)
    return values


def _evaluate(node: ast.expr, frame: pd.DataFrame) -> pd.Series:
    if isinstance(node, ast.BoolOp):
        parts = [_evaluate(value, frame) for value in node.values]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if isinstance(node.op, ast.And) else result | part
        return result
    if isinstance(node, ast.UnaryOp):
        return ~_evaluate(node.operand, frame)
    assert isinstance(node, ast.Compare)
    assert isinstance(node.left, ast.Name)
    return _compare(frame[node.left.id], node)


def _compare(column: pd.Series, node: ast.Compare) -> pd.Series:
    """Compare one column with constants; missing compares as False, whatever the operator."""
    values = _constants(node.comparators[0], "condition")
    present = column.notna()
    operator = node.ops[0]
    if isinstance(operator, ast.Eq | ast.In):
        return column.isin(values) & present
    if isinstance(operator, ast.NotEq | ast.NotIn):
        return ~column.isin(values) & present
    numbers = column.astype("float64")
    method = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}[type(operator)]
    result: pd.Series = getattr(numbers, method)(float(values[0])) & present
    return result


def _say(node: ast.expr, labels: dict[str, str]) -> str:
    if isinstance(node, ast.BoolOp):
        word = " and " if isinstance(node.op, ast.And) else " or "
        return word.join(_say(value, labels) for value in node.values)
    if isinstance(node, ast.UnaryOp):
        return f"not ({_say(node.operand, labels)})"
    assert isinstance(node, ast.Compare)
    assert isinstance(node.left, ast.Name)
    name = labels.get(node.left.id, node.left.id)
    values = ", ".join(str(v) for v in _constants(node.comparators[0], "condition"))
    return f"{name} {_COMPARE[type(node.ops[0])][1]} {values}"
