"""Formulas: from ``"mfa ~ size + sector"`` to the answers that a model is fitted to.

Whatever the instrument codes is a category, in the order of the questionnaire, and its first
level is the reference; levels that nobody in the domain has are left out, as in R. Numbers
are numbers. A row that lacks an answer is outside the domain: it keeps its place in the
design and has a score of 0.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError
from mspsurvey.inference.design.coding import Bools, Coder, Floats, Ints

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

EXAMPLE = "Write it as 'mfa ~ size + sector'."
ELEMENTWISE = (
    "C", "I", "exp", "exp10", "exp2", "log", "log10", "log2", "number", "Treatment", "Sum",
    "Helmert", "Diff", "Poly",
)  # fmt: skip
"""Functions of one answer at a time, or names of contrasts inside ``C``."""
OF_NUMPY = (
    "abs", "ceil", "clip", "exp", "expm1", "floor", "log", "log10", "log1p", "log2", "maximum",
    "minimum", "power", "round", "sign", "sqrt", "square", "where",
)  # fmt: skip
"""Such functions of NumPy."""
STATEFUL = ("bs", "cc", "center", "cr", "cs", "poly", "scale", "standardize")
"""Functions that look at all rows of the model, and keep what they saw for predictions."""
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class Parsed:
    """A formula, read.

    Attributes
    ----------
    text : str
        As typed.
    response : str
        Left side: a column, or an expression of columns.
    needs : tuple of str
        Columns that the left side takes.
    left, terms : tuple of formulaic terms
        Left side; right side, the intercept among them.
    variables : tuple of str
        Columns that the right side takes, in the order of the frame.
    aliases : mapping
        Name in the formula of each column whose own name is no identifier.
    """

    text: str
    response: str
    needs: tuple[str, ...]
    left: tuple[Any, ...]
    terms: tuple[Any, ...]
    variables: tuple[str, ...]
    aliases: Mapping[str, str]

    def alias(self, name: str) -> str:
        """Name of a column inside the formula."""
        return self.aliases.get(name, name)

    def shown(self, text: str) -> str:
        """Put the columns' own names back into a piece of the formula."""
        for name, alias in self.aliases.items():
            text = re.sub(rf"\b{re.escape(alias)}\b", name.replace("\\", r"\\"), text)
        return text


@dataclass(frozen=True)
class Column:
    """Answers of the model's rows to one variable.

    Attributes
    ----------
    levels : tuple of str
        Levels that occur, in order; empty for numbers.
    answers : ndarray, shape (rows,)
        Positions in ``levels``, or numbers.
    """

    levels: tuple[str, ...]
    answers: Ints | Floats

    def series(self, rows: Any = slice(None)) -> pd.Series:
        """Column as formulaic takes it."""
        if self.levels:
            return categorical(self.answers[rows], self.levels)
        return pd.Series(np.asarray(self.answers[rows], dtype=np.float64))


def categorical(codes: Any, levels: Sequence[str]) -> pd.Series:
    """Positions of levels as a column of categories."""
    return pd.Series(pd.Categorical.from_codes(np.asarray(codes), pd.Index(list(levels))))


def parse(text: str, coder: Coder) -> Parsed:
    """Read a formula and check that its columns exist.

    Raises
    ------
    EstimateError
        Where it is not a formula with one left side, or names an unknown column.
    """
    plain, aliases = _aliased(text, [str(c) for c in coder.frame.columns])
    formula = _read(plain, text)
    left, right = getattr(formula, "lhs", None), getattr(formula, "rhs", None)
    if left is None or right is None or len(left) != 1 or not hasattr(right, "required_variables"):
        raise EstimateError(
            "A formula with one variable on the left of '~' was wanted.",
            f"It is {text!r}.",
            EXAMPLE,
        )
    own = {alias: name for name, alias in aliases.items()}
    needs = _columns(left, own, coder)
    variables = _columns(right, own, coder)
    response = own.get(str(next(iter(left))), str(next(iter(left))))
    return Parsed(text, response, needs, tuple(left), tuple(right), variables, aliases)


@lru_cache(maxsize=64)
def _read(plain: str, text: str) -> Any:
    """Let formulaic read a formula; the same one is often asked of many domains."""
    from formulaic import Formula  # takes most of a second, and only models need it
    from formulaic.errors import FormulaicError

    try:
        return Formula(plain)
    except FormulaicError as error:
        reason = re.sub(r"\s*\n.*", "", str(error), flags=re.DOTALL)
        raise EstimateError(
            "A model formula was wanted.", f"{text!r}: {reason}", EXAMPLE
        ) from None


def _aliased(text: str, columns: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Replace names such as ``api.stu``, bare or in backticks, by identifiers."""
    aliases: dict[str, str] = {}
    taken = set(columns)
    for name in sorted(columns, key=len, reverse=True):
        bare = rf"(?<![\w.`]){re.escape(name)}(?![\w.])"
        quoted = rf"`{re.escape(name)}`"
        identifier = bool(_IDENTIFIER.match(name))
        pattern = quoted if identifier else f"{quoted}|{bare}"
        if not re.search(pattern, text):
            continue
        alias = name if identifier else re.sub(r"\W", "_", f"v_{name}")
        while not identifier and alias in taken:
            alias += "_"
        text = re.sub(pattern, alias, text)
        if not identifier:
            aliases[name] = alias
            taken.add(alias)
    return text, aliases


def _columns(terms: Iterable[Any], own: Mapping[str, str], coder: Coder) -> tuple[str, ...]:
    """Columns that terms take, in the order of the frame."""
    factors = [factor for term in terms for factor in term.factors]
    found = {name for f in factors if f.eval_method.value != "literal" for name in reads(f.expr)}
    names = {own.get(name, name) for name in found}
    coder.require(sorted(names))
    return tuple(str(c) for c in coder.frame.columns if c in names)


def reads(expression: str) -> set[str]:
    """Names of columns in an expression: all but those of functions and of NumPy.

    Formulaic's own list leaves out what splines and polynomials are made of.
    """
    tree = ast.parse(expression, mode="eval")
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return {n.id for n in names if n.id not in ("np", "contr")}


def made_levels(parsed: Parsed) -> set[str]:
    """Columns that the formula makes a classification of: x in C(x).

    Raises
    ------
    EstimateError
        Where one is a number elsewhere in the formula.
    """
    inside: set[str] = set()
    outside: set[str] = set()
    for factor in (factor for term in parsed.terms for factor in term.factors):
        if factor.eval_method.value == "literal":
            continue
        node = ast.parse(factor.expr, mode="eval").body
        whole = isinstance(node, ast.Call) and ast.unparse(node.func) == "C"
        first = node.args[0] if isinstance(node, ast.Call) and node.args else None
        named = whole and isinstance(first, ast.Name)
        (inside if named else outside).update(reads(factor.expr))
    own = {alias: name for name, alias in parsed.aliases.items()}
    both = sorted(inside & outside)
    if both:
        raise EstimateError(
            f"'{own.get(both[0], both[0])}' was wanted either as a number or as categories.",
            f"{parsed.text!r} has both.",
            "Make a second column of it, and use one in each place.",
        )
    return {own.get(name, name) for name in inside}


def looks_at_all(expression: str) -> bool:
    """Whether an expression takes the whole column, as a spline does.

    Raises
    ------
    EstimateError
        Where it calls what may do so and would not remember it, such as a mean.
    """
    calls = [
        n.func for n in ast.walk(ast.parse(expression, mode="eval")) if isinstance(n, ast.Call)
    ]
    stateful = False
    for call in calls:
        name = ast.unparse(call)
        stateful |= name in STATEFUL
        numpy = name.removeprefix("np.") in OF_NUMPY and name.startswith("np.")
        if name in (*STATEFUL, *ELEMENTWISE) or numpy or name.startswith("contr."):
            continue
        raise EstimateError(
            f"Functions of a formula are {', '.join((*ELEMENTWISE[:9], *STATEFUL))}, "
            f"and np.{', np.'.join(OF_NUMPY[:6])}, ….",
            f"'{expression}' calls '{name}'.",
            "Make it a column of the frame, and name that.",
        )
    return stateful


def classifies(coder: Coder, name: str) -> bool:
    """Whether a column is a classification: coded by the instrument, or not of numbers."""
    variable = coder.variable(name)
    if variable is not None:
        return variable.categorical
    dtype = coder.frame[name].dtype
    return not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def answered(survey: Survey, names: Iterable[str]) -> Bools:
    """Rows of the domain with an answer to each of these, shape (rows,)."""
    inside: Bools = survey.domains(()).index == 0
    for name in names:
        if classifies(survey.coder, name):
            codes = survey.coder.coded(name).codes
            absent: Bools = codes < 0
        else:
            absent = ~np.isfinite(survey.coder.numbers(name))
        if absent.any():
            inside = inside & ~absent
    return inside


def columns_of(
    survey: Survey, names: Iterable[str], rows: Ints | None, classified: Iterable[str] = ()
) -> dict[str, Column]:
    """Answers of the model's rows, all valid; ``rows`` None takes all.

    Numbers in ``classified`` are taken as levels.
    """
    chosen = set(classified)
    return {name: _column(survey.coder, name, rows, name in chosen) for name in names}


def _column(coder: Coder, name: str, rows: Ints | None, classified: bool) -> Column:
    if not classified and not classifies(coder, name):
        numbers = coder.numbers(name)
        return Column((), numbers if rows is None else numbers[rows])
    coded = coder.coded(name)
    codes = coded.codes if rows is None else coded.codes[rows]
    counts = np.bincount(codes, minlength=len(coded.levels))
    used = np.flatnonzero(counts)
    if len(used) == len(coded.levels):
        return Column(coded.levels, codes)
    place = np.zeros(len(coded.levels), dtype=np.int64)
    place[used] = np.arange(len(used))
    return Column(tuple(coded.levels[u] for u in used), place[codes])


def context(coder: Coder, parsed: Parsed) -> dict[str, Any]:
    """Functions of our own that a formula may use: ``number(x)``, the values behind codes."""

    def number(column: pd.Series) -> pd.Series:
        own = next((n for n, a in parsed.aliases.items() if a == column.name), str(column.name))
        if not isinstance(column.dtype, pd.CategoricalDtype):
            return column
        levels = coder.coded(own).levels
        some = pd.Series(coder.numbers(own)).groupby(coder.coded(own).codes).first()
        values = {level: some.get(place, np.nan) for place, level in enumerate(levels)}
        return column.astype(object).map(values).astype(float)

    return {"number": number}
