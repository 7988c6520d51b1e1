"""Estimates: one tidy shape, the same for each statistic, and safe to show.

What is suppressed by the presentation standard is blank in ``frame``, in HTML and in every
view; the numbers behind it are reached only by ``unsuppressed(reason)``, which prints the
reason wherever the numbers go.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.result.base import FEWEST_RESPONDENTS, base_line
from mspsurvey.inference.result.exits import leave
from mspsurvey.inference.variance.root import Root
from mspsurvey.instrument import Variable

NUMBERS = ("estimate", "se", "low", "high", "df", "n", "n_eff", "deff", "base")
SHOW, FLAG, SUPPRESS = "show", "flag", "suppress"
HIDDEN = ("estimate", "se", "low", "high", "n_eff", "deff", "base")
"""Columns that are blank in a suppressed row; ``n`` stays, unless it is below ten or tells one.
Where it goes, ``df`` goes too: of rows that are sampling units it is n less the strata."""
GIVES_AWAY = "would give away one that is suppressed"
BASE_GIVES_AWAY = "its base would give away one below 10"
FEW = f"<{FEWEST_RESPONDENTS}"
"""What stands for a base that is too small to be told."""
SUPPRESSED, LESS_RELIABLE = "[c]", "[u]"
"""Marks of the UK's Government Statistical Service for suppressed and low-reliability cells."""
FINE = (
    "correlation", "contrast", "function", "coefficient", "odds ratio", "rate ratio", "slope",
    "alpha", "omega", "kappa", "design effect",
)  # fmt: skip
"""Statistics that are written with two decimals."""
MOST_LINES = 60
"""Longest table that a terminal is given whole."""
SAMPLING_ERROR = ("se", "low", "high")
"""Columns that are blank in every row where people chose themselves to take part."""

PRECISION_WORDS = {
    "mose": "95% interval: sampling error of a probability sample",
    "credible": "95% interval from a model, whose assumptions are stated in the methods",
    "none": "no margin of sampling error: people chose themselves to take part",
}


Key = str | tuple[str, ...]
Weights = Mapping[Key, float] | Sequence[float]
Function = Callable[[Any], Any]
Code = str | Mapping[str, str]
"""What names a row to compare: a code, or codes by column."""


@dataclass(frozen=True)
class Estimates:
    """A table of estimates, with all that its readers need to know.

    Attributes
    ----------
    data : DataFrame
        One row an estimate: ``item, level, <by…>``, then ``NUMBERS``, then ``verdict``
        (show, flag or suppress) and ``why`` (the rule behind the verdict). ``item`` is the
        name of a variable, ``level`` a code of it ("" for means, totals and ratios), each
        ``by`` column a code. Shares are fractions of 1.
    statistic : str
        ``share``, ``mean``, ``total``, ``ratio``, ``quantile``, ``variance``, ``correlation``,
        ``difference``, ``contrast``, ``function``, …
    by : tuple of str
        Names of the grouping columns, in order.
    variables : mapping
        The items' and the groups' variables, by name: wording, labels, order.
    population : str
        Whom the estimates speak of, in words.
    where : str
        Domain as code, "" for everyone.
    weight : str
        Name of the weight and what it was made to match.
    precision_kind : str
        A key of ``PRECISION_WORDS``.
    left_out : mapping
        Rows of the domain without a valid answer, by reason.
    respondents : mapping
        Respondents in the base of each item, over all groups; empty where one group is too
        small to be told, since the others would give it away.
    root : ndarray or Root, optional
        Root R of the covariance R'R, shape (any, rows), or what makes it; None where there
        is no covariance.
    override : str
        Reason given for showing suppressed numbers, "" if none was.
    synthetic : bool
        True where the data are invented.
    of : str
        For a share of a total: the variable that is totalled. For a difference: the
        statistic that is compared.
    confidence : float
        Of the intervals.
    nets : mapping
        Codes that a level of ``data`` takes together, where it is a net.
    digits : int or None
        Decimals of estimates and limits in ``frame``; None where they are not rounded.
    """

    data: pd.DataFrame = field(repr=False)
    statistic: str
    by: tuple[str, ...] = ()
    variables: Mapping[str, Variable] = field(default_factory=dict, repr=False)
    population: str = ""
    where: str = ""
    weight: str = ""
    precision_kind: str = "mose"
    left_out: Mapping[str, int] = field(default_factory=dict, repr=False)
    respondents: Mapping[str, int] = field(default_factory=dict)
    root: np.ndarray | Root | None = field(default=None, repr=False)
    override: str = ""
    synthetic: bool = False
    of: str = ""
    confidence: float = 0.95
    nets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digits: int | None = None

    def __len__(self) -> int:
        """Count the estimates."""
        return len(self.data)

    @property
    def frame(self) -> pd.DataFrame:
        """The estimates as they may be published: suppressed rows are blank."""
        leave(self)
        frame = self.data.copy()
        if self.digits is not None:
            numbers = ["estimate", *SAMPLING_ERROR]
            frame[numbers] = frame[numbers].round(self.digits)
        if self.precision_kind == "none":
            # No reason to lift suppression makes these a sampling error.
            frame[list(SAMPLING_ERROR)] = np.nan
        if self.override:
            return frame
        hidden, without_base = frame["verdict"].eq(SUPPRESS), untold(frame)
        frame[list(HIDDEN)] = frame[list(HIDDEN)].astype("float64").mask(hidden)
        frame[["n", "df"]] = frame[["n", "df"]].astype("float64").mask(hidden & without_base)
        return frame

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items, in order of appearance."""
        return tuple(dict.fromkeys(self.data["item"]))

    def unsuppressed(self, reason: str) -> Estimates:
        """Show every number, for a stated reason that is printed with them."""
        return replace(self, override=stated(reason))

    def rounded(self, digits: int) -> Estimates:
        """Show estimates and limits with so many decimals only; the ledger knows it."""
        return replace(self, digits=digits)

    def withhold(self, **codes: str | Sequence[str]) -> Estimates:
        """Hide the rows with these codes as well, since they would give another away.

        For numbers of other tables: within one table this is done when it is made. The audit
        of a build names the numbers that give one away.
        """
        rows = self.pick(**codes).data[["item", "level", *self.by]]
        mine = pd.MultiIndex.from_frame(self.data[["item", "level", *self.by]])
        more = mine.isin(pd.MultiIndex.from_frame(rows)) & self.data["verdict"].ne(SUPPRESS)
        data = self.data.assign(
            verdict=self.data["verdict"].mask(more, SUPPRESS),
            why=self.data["why"].mask(more, GIVES_AWAY),
        )
        return replace(self, data=data)

    def pick(self, **codes: str | Sequence[str]) -> Estimates:
        """Keep the rows with these codes: ``est.pick(level="yes", size=["1-4", "5-9"])``.

        Raises
        ------
        EstimateError
            Where a column or a code is not in the table.
        """
        keep = np.ones(len(self.data), dtype=bool)
        for column, wanted in codes.items():
            if column not in ("item", "level", *self.by):
                raise EstimateError(
                    "A column of these estimates was wanted.",
                    f"There is none called '{column}'.",
                    did_you_mean(column, ("item", "level", *self.by)),
                )
            wanted_codes = [wanted] if isinstance(wanted, str) else list(wanted)
            for code in wanted_codes:
                if not self.data[column].eq(code).any():
                    raise EstimateError(
                        f"A code of '{column}' was wanted.",
                        f"These estimates have no '{code}'.",
                        did_you_mean(code, dict.fromkeys(self.data[column])),
                    )
            keep &= self.data[column].isin(wanted_codes).to_numpy()
        positions = np.flatnonzero(keep)
        return replace(
            self,
            data=self.data.iloc[positions].reset_index(drop=True),
            root=None if self.root is None else self.root[:, positions],
        )

    @cached_property
    def covariance(self) -> np.ndarray:
        """Design-based covariance of the estimates, shape (rows, rows), in the order of ``data``.

        NaN in the rows and columns of suppressed estimates: a variance tells a share.

        Raises
        ------
        EstimateError
            Where it was too large to keep.
        """
        root = self._root()
        covariance = np.asarray(root.T @ root)
        if not self.override:
            hidden = self.data["verdict"].eq(SUPPRESS).to_numpy()
            covariance[hidden | hidden[:, None]] = np.nan
        return covariance

    def columns(self, positions: np.ndarray) -> np.ndarray:
        """Columns of the root of the covariance, shape (any, positions), by row of ``data``.

        Raises
        ------
        EstimateError
            Where they are too large, or nobody kept them.
        """
        if self.root is None:
            raise EstimateError(
                "The covariance of these estimates was wanted.",
                f"It was not kept for so large a sample with {len(self)} estimates.",
                "Ask for fewer groups or levels at a time.",
            )
        return np.asarray(self.root[:, positions])

    def _root(self) -> np.ndarray:
        return self.columns(np.arange(len(self)))

    def compare(self, a: Code, b: Code) -> Estimates:
        """Difference a − b with its standard error, which knows how the two go together.

        The variance is v_a + v_b − 2·c_ab with c_ab their covariance; the interval is
        difference ± t·√v with the smaller of the two degrees of freedom.

        Parameters
        ----------
        a, b : str or mapping
            Codes of the last grouping variable, or without one of the level, or of the item;
            or, to say which, ``{"size": "1-4"}``.

        Returns
        -------
        Estimates
            ``statistic="difference"``, ``of`` the statistic that was compared; one row for
            each pair that agrees in all other columns, with "a vs b" in the compared one.
            A difference is suppressed where one of the two estimates is.
        """
        from mspsurvey.inference.result.compare import compare  # compare.py builds on this module

        return compare(self, a, b)

    def contrast(
        self, weights: Weights | Mapping[str, Mapping[Key, float]], *, name: str = ""
    ) -> Estimates:
        """Weighted sum Σ c·θ of estimates, with the standard error of their covariance.

        Parameters
        ----------
        weights : mapping or sequence of float
            c by code of one column, ``{"1-4": 1, "100+": -1}``: one contrast for each
            combination of the other columns. Or by tuples of codes, one for each column that
            varies, in the order item, level, groups. Or several contrasts by name. Or one
            number a row.
        name : str
            What stands in the column in place of the codes.

        Returns
        -------
        Estimates
            ``statistic="contrast"``, ``of`` the statistic that was summed. Suppressed where
            one of the estimates is.
        """
        from mspsurvey.inference.result.contrast import (
            contrast,  # contrast.py builds on this module
        )

        return contrast(self, weights, name)

    def function(self, what: str | Function, *, name: str = "") -> Estimates:
        """Any smooth function of the estimates, with a standard error by the delta method.

        Parameters
        ----------
        what : str or callable
            A formula of codes, ``"yes / no"`` or ``"log(`1-4` / `100+`)"``, for each
            combination of the other columns; or a function from the estimates, in the order
            of the table, to a number or several: ``lambda m: m[0] / m[1]``.
        name : str
            What stands in the column in place of the codes.
        """
        from mspsurvey.inference.result.contrast import (
            function,  # contrast.py builds on this module
        )

        return function(self, what, name)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give each publishable row as a dict."""
        for record in self.frame.to_dict("records"):
            yield {str(name): value for name, value in record.items()}

    def label(self, column: str, code: str) -> str:
        """Words for a code of ``item``, ``level`` or one of the groups."""
        if column == "item":
            return self.variables[code].label if code in self.variables else code
        if column == "level":
            labels: dict[str, str] = {}
            for item in self.items:
                labels |= self.variables[item].labels if item in self.variables else {}
            return labels.get(code, code)
        return self.variables[column].labels.get(code, code) if column in self.variables else code

    @property
    def footer(self) -> str:
        """Base, level of inference, what was left out, and any override, in words."""
        parts = [
            base_line(
                self.population, where=self.where, respondents=self.respondents,
                left_out=self._left_out, variables=self.variables,
            )
        ]  # fmt: skip
        parts.append(f"Weighted: {self.weight}." if self.weight else "Unweighted.")
        words = PRECISION_WORDS[self.precision_kind].replace("95%", self._confidence)
        parts.append(f"{words[0].upper()}{words[1:]}.")
        parts.append(override_words(self.override))
        if self.synthetic:
            parts.append("SYNTHETIC DATA.")
        return " ".join(p for p in parts if p)

    @property
    def _left_out(self) -> Mapping[str, int]:
        """Reasons that may be told: the domain less these is the base, and may be too small."""
        each = self.data.drop_duplicates(["item", *self.by]).groupby("item")["n"].sum()
        small = each.between(1, FEWEST_RESPONDENTS - 1).any()
        return {} if small and not self.override else self.left_out

    def __str__(self) -> str:
        """Table with interval, base and verdict, for a terminal."""
        head, body = self._cells()
        table = pd.DataFrame(body, columns=head).to_string(index=False, max_rows=MOST_LINES)
        return f"{table}\n{self.footer}"

    def __repr__(self) -> str:
        """Say no more than the table for people does."""
        return str(self)

    def _repr_html_(self) -> str:
        """Table with interval, base and verdict, for a notebook."""
        head, body = self._cells()
        header = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in head)
        lines = ("".join(f"<td>{html.escape(str(c))}</td>" for c in cells) for cells in body)
        rows = "".join(f"<tr>{line}</tr>" for line in lines)
        return (
            f"<table><caption>{html.escape(self.footer)}</caption>"
            f"<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Heads and lines of the table for people."""
        head = ["Item", "Level", *self.by, "Estimate", f"{self._confidence} interval", "n"]
        columns = ("item", "level", *self.by)
        lines = [
            [*(self.label(c, row[c]) for c in columns), *self._shown(row)] for row in self.rows()
        ]
        return [*head, "Verdict"], lines

    @property
    def _confidence(self) -> str:
        return f"{100 * self.confidence:.3g}%"

    def _shown(self, row: dict[str, Any]) -> list[str]:
        n = base_text(row)
        if row["verdict"] == SUPPRESS and not self.override:
            return [SUPPRESSED, "", n, f"suppressed: {row['why']}"]
        number = self.number
        verdict = "less reliable" if row["verdict"] == FLAG else row["verdict"]
        known = pd.notna(row["low"]) and pd.notna(row["high"])
        interval = f"{number(row['low'])} to {number(row['high'])}" if known else "–"
        return [number(row["estimate"]), interval, n, verdict]

    def number(self, value: float) -> str:
        """Write a number as this statistic is written: shares as whole percents."""
        if pd.isna(value):
            return "–"
        if self.statistic == "share":
            return f"{100 * value:.0f}%"
        if self.statistic == "difference" and self.of == "share":
            return f"{100 * value:+.0f} points"
        if self.statistic in FINE and abs(value) < 10:
            return f"{value:.2f}"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"

    def chart(self, **options: Any) -> Any:
        """Draw these estimates; see ``mspsurvey.publish.chart``."""
        return view("chart")(self, **options)

    def table(self, **options: Any) -> Any:
        """Lay these estimates out as a table; see ``mspsurvey.publish.table``."""
        return view("table")(self, **options)

    def phrase(self, **options: Any) -> str:
        """Say these estimates in plain words; see ``mspsurvey.evidence.phrase``."""
        return str(view("phrase")(self, **options))


def stated(reason: str) -> str:
    """Take a reason for showing what is suppressed, which may not be empty."""
    if not reason.strip():
        raise EstimateError("A reason for showing suppressed numbers was wanted.", "It is empty.")
    return reason.strip()


def override_words(reason: str) -> str:
    """Say by which reason suppressed numbers are shown, "" where they are not."""
    return f"Shown below the presentation standard, because: {reason}." if reason else ""


def untold(data: pd.DataFrame) -> pd.Series:
    """Rows whose number of respondents may not be told, by rows of ``Estimates.data``."""
    told: pd.Series = data["n"].ge(FEWEST_RESPONDENTS) & ~data["why"].str.endswith(BASE_GIVES_AWAY)
    return ~told


def base_text(row: Mapping[str, Any]) -> str:
    """Write the unweighted base of a row of ``frame``, or what stands in its place."""
    if pd.notna(row["n"]):
        return f"{row['n']:,.0f}"
    return SUPPRESSED if row["why"].endswith(BASE_GIVES_AWAY) else FEW


def view(name: str) -> Any:
    """Find the function behind a view, as declared under ``mspsurvey.views``."""
    found = entry_points(group="mspsurvey.views", name=name)
    if not found:
        raise EstimateError(
            f"The view '{name}' was wanted.",
            "No installed package offers it.",
            "Install mspsurvey (`make setup`) instead of importing it from a folder.",
        )
    return next(iter(found)).load()
