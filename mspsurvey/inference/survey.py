"""Survey: answers, design and instrument together, and the questions that can be asked.

A Survey never changes. ``where`` gives another one that looks at a domain and keeps the
whole design, since rows that are dropped take their strata and sampling units with them and
make standard errors too small or too large without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.errors import DataError, DesignError, EstimateError, did_you_mean
from mspsurvey.inference import ask
from mspsurvey.inference.calibration import Adjustment, Calibration
from mspsurvey.inference.coding import Bools, Coder
from mspsurvey.inference.design import Design, build_design
from mspsurvey.inference.estimate import Estimates
from mspsurvey.inference.moments import Domains, cross
from mspsurvey.instrument import Instrument
from mspsurvey.study_file import SAMPLE_TYPES

Names = str | Sequence[str]


class Survey:
    """Answers with the design they were drawn by.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent. It is not copied and not changed.
    weights : str, optional
        Column of weights; without one, every row counts 1.
    strata, psu, fpc : str or list of str, optional
        Columns of strata, sampling units and finite populations, one a stage. Without
        ``psu`` each row is a unit of its own. Units are nested in strata. Stages below the
        first count where an ``fpc`` is given for them.
    instrument : Instrument, optional
        Gives wording, labels, levels and their order.
    lonely_psu : {"fail", "certainty", "remove", "adjust", "average"}
        What a stratum with a single unit contributes; a stratum taken whole is none.
    raked_to : sequence of str
        Variables whose margins the weights were raked to: standard errors then come from
        the residuals of a regression on them.
    raked_from : str, optional
        Column of the weights before raking, by which that regression is weighted; the final
        weights if not given.
    sample_type : {"probability", "opt-in", "referral"}
        Only a probability sample has a margin of sampling error.
    population, weight_note : str
        Whom estimates speak of, and what the weights were made to match, in words.
    synthetic : bool
        True where the data are invented; every result says so.
    missing : DataFrame, optional
        Reasons for missing answers: same rows, columns named as the variables.

    Raises
    ------
    DesignError
        Where the design is not usable as declared.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        weights: str | None = None,
        strata: Names | None = None,
        psu: Names | None = None,
        fpc: Names | None = None,
        instrument: Instrument | None = None,
        lonely_psu: str = "fail",
        raked_to: Names = (),
        raked_from: str | None = None,
        sample_type: str = "probability",
        population: str = "",
        synthetic: bool = False,
        weight_note: str = "",
        missing: pd.DataFrame | None = None,
    ) -> None:
        if sample_type not in SAMPLE_TYPES:
            raise DesignError(
                f"sample_type should be one of {', '.join(SAMPLE_TYPES)}.",
                f"It is {sample_type!r}.",
                did_you_mean(str(sample_type), SAMPLE_TYPES),
            )
        design = build_design(
            frame,
            weights=weights,
            strata=listed(strata),
            psu=listed(psu),
            fpc=listed(fpc),
            lonely_psu=lonely_psu,
        )
        # A shallow copy shares the columns until somebody writes to either frame.
        coder = Coder(frame.copy(deep=False), instrument)
        self._set(
            _coder=coder,
            _missing=_aligned(missing, frame),
            _domain=design.weights > 0,
            _caches={},
            design=design,
            instrument=instrument,
            raking=_raking(coder, listed(raked_to), design, raked_from),
            sample_type=sample_type,
            population=population or (instrument.population if instrument else ""),
            synthetic=synthetic,
            weight=_weight_words(weights, weight_note),
            domain="",
        )

    def _set(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    _coder: Coder
    _missing: pd.DataFrame | None
    _domain: Bools
    _caches: dict[tuple[str, ...], Domains]
    design: Design
    instrument: Instrument | None
    raking: Calibration | None
    sample_type: str
    population: str
    synthetic: bool
    weight: str
    domain: str

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: a survey does not change."""
        raise DesignError(
            "A survey does not change once it is made.",
            f"An assignment to '{name}' was tried.",
            "Make another one with Survey(…), or a domain with .where(…).",
        )

    def __getitem__(self, key: object) -> NoReturn:
        """Refuse: rows cannot be dropped from a design."""
        raise DesignError(
            "A part of a survey is a domain: .where(\"size == '1-4'\").",
            "Brackets would drop rows, and with them strata and units that the standard "
            "errors need.",
            "Columns are in .frame.",
        )

    def __len__(self) -> int:
        """Count the respondents in the domain."""
        return self._count

    def __repr__(self) -> str:
        """Say size, design and domain in one line."""
        stage = self.design.stages[0]
        parts = [
            f"{len(self):,} respondents",
            f"{stage.units:,} sampling units in {len(stage.starts):,} strata",
            self.weight or "unweighted",
        ]
        parts += [f"where {self.domain}"] if self.domain else []
        return f"<Survey: {'; '.join(parts)}>"

    @property
    def frame(self) -> pd.DataFrame:
        """The answers of the whole sample, also outside the domain."""
        return self._coder.frame.copy(deep=False)

    @cached_property
    def _count(self) -> int:
        return int(self._domain.sum())

    @cached_property
    def _degrees(self) -> int:
        present = np.bincount(self.design.unit[self._domain], minlength=self.design.units) > 0
        return int(self.design.degrees_of_freedom(present[:, None])[0])

    @property
    def df(self) -> int:
        """Degrees of freedom: sampling units with a respondent in the domain, less strata."""
        return self._degrees

    def where(self, rule: str | pd.Series) -> Survey:
        """Look at a domain and keep the whole design.

        Parameters
        ----------
        rule : str or Series of bool
            A condition as in an instrument, ``"size == '1-4' and emp > 2"``, or one truth
            value a row, indexed as the frame.

        Returns
        -------
        Survey
            The same sample; estimates speak of the rows where the rule holds. A missing
            answer satisfies no comparison.
        """
        holds, words = self._holds(rule)
        survey = Survey.__new__(Survey)
        survey._set(**{k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN})
        both = f"({self.domain}) and ({words})" if self.domain else words
        survey._set(_domain=self._domain & holds, _caches={}, domain=both)
        return survey

    def _holds(self, rule: str | pd.Series) -> tuple[Bools, str]:
        frame = self._coder.frame
        if isinstance(rule, pd.Series):
            if rule.dtype != bool or not rule.index.equals(frame.index):
                raise EstimateError(
                    "A domain as a Series should be True or False for each row of the frame.",
                    f"It has {len(rule):,} values of {rule.dtype}.",
                    "Make it from a column of .frame, or write a condition as text.",
                )
            return rule.to_numpy(), str(rule.name or "a rule given as data")
        condition = Condition.parse(rule, where="where")
        self._coder.require(condition.names)
        for name in sorted(condition.measured):
            if not pd.api.types.is_numeric_dtype(frame[name].dtype):
                raise EstimateError(
                    f"Numbers were wanted in '{name}', to compare them by size.",
                    f"It holds {frame[name].dtype}.",
                    f'Name its codes: {name} in ["…", "…"].',
                )
        for name, code in condition.codes:
            variable = self._coder.variable(name)
            if variable is not None and variable.categorical:
                self._coder.coded(name).position(str(code), name)
        return condition.holds(frame).to_numpy(dtype=bool), rule

    def share(
        self,
        item: Names,
        *,
        by: Names | None = None,
        level: Names | None = None,
        net: str | None = None,
        of: str | None = None,
        interval: str = "logit",
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Share of each level, p = Σ w·1(level) / Σ w over valid answers.

        Parameters
        ----------
        item : str or list of str
            Variables; the name of a question with several stands for all of them.
        by : str or list of str, optional
            Grouping variables; every combination gets a row, also where nobody is in it.
        level : str or list of str, optional
            One level, or several taken together as a net. All levels if not given.
        net : str, optional
            Name of the net; "2+3" for levels 2 and 3 if not given.
        of : str, optional
            A number x: the share of its total, Σ w·x·1(level) / Σ w·x.
        interval : {"logit", "korn-graubard", "mean"}
            At 0 and 100 % the exact interval of Korn and Graubard, whatever is asked.
        confidence : float
            Of the interval.
        deff : {"wor", "wr"}
            Design effect against simple random sampling without or with replacement.

        Returns
        -------
        Estimates
            Shares as fractions of 1.
        """
        wanted = ask.Interval(interval, confidence, deff)
        return ask.share(self, self._items(item), listed(by), ask.Levels(level, net), of, wanted)

    def mean(
        self,
        item: Names,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Mean Σ w·y / Σ w over valid answers; codes count as the value of their option.

        Parameters as in ``share``.
        """
        return ask.mean(
            self, self._items(item), listed(by), ask.Interval("mean", confidence, deff)
        )

    def total(
        self,
        item: Names,
        *,
        by: Names | None = None,
        level: Names | None = None,
        net: str | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Total Σ w·y over valid answers; for a classification, the count Σ w of each level.

        Answers that are missing add nothing: the total is a lower bound where they are many.
        Parameters as in ``share``.
        """
        wanted = ask.Interval("mean", confidence, deff)
        return ask.total(self, self._items(item), listed(by), ask.Levels(level, net), wanted)

    def ratio(
        self,
        numerator: str,
        denominator: str,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Ratio of two totals, Σ w·y / Σ w·x, over rows that have both numbers.

        Parameters as in ``share``.
        """
        wanted = ask.Interval("mean", confidence, deff)
        return ask.ratio(self, numerator, denominator, listed(by), wanted)

    def _items(self, item: Names) -> list[str]:
        """Names of variables; a question with several stands for those that can be counted."""
        names: list[str] = []
        for name in listed(item):
            question = self.instrument.questions.get(name) if self.instrument else None
            if question is None or name in self._coder.frame.columns:
                names.append(name)
            else:
                names += [v for v in question.variables if v in self._coder.frame.columns]
        if not names:
            raise EstimateError("A variable to estimate was wanted.", "None is named.")
        return names

    def domains(self, by: Sequence[str]) -> Domains:
        """Groups of the domain's rows, coded once for each set of grouping variables."""
        key = tuple(by)
        if key not in self._caches:
            coded = [self._coder.coded(name) for name in by]
            if coded:
                index, count = cross(coded)
                combinations = _product([c.levels for c in coded])
            else:
                index, count = np.zeros(len(self._domain), dtype=np.int64), 1
                combinations = ((),)
            if len(self) < len(index):
                index[~self._domain] = count
            self._caches[key] = Domains(index, combinations)
        return self._caches[key]

    @property
    def coder(self) -> Coder:
        """Codes and numbers of the columns, for the estimators of this package."""
        return self._coder

    def left_out(self, items: Sequence[str], valid: Bools, by: Sequence[str]) -> dict[str, int]:
        """Count the domain's rows without a valid answer, by reason.

        A row without a group counts under the grouping variable; else under the reason of
        the first of ``items`` that it lacks, ``no_answer`` where none is recorded.
        """
        counts: dict[str, int] = {}
        rest = self._domain.copy()
        for name in by:
            rest = _count_and_drop(counts, f"no_{name}", rest, self._coder.coded(name).codes < 0)
        rest &= ~valid
        for name in items:
            absent = self._missing is not None and name in self._missing.columns
            if absent and rest.any():
                assert self._missing is not None
                reasons = self._missing[name].to_numpy(dtype=object)[rest]
                for reason, n in pd.Series(reasons).value_counts().sort_index().items():
                    counts[str(reason)] = counts.get(str(reason), 0) + int(n)
                known = self._missing[name].notna().to_numpy()
                rest = rest & ~known
        if rest.any():
            counts["no_answer"] = counts.get("no_answer", 0) + int(rest.sum())
        return counts


_OF_DOMAIN = ("_count", "_degrees")
"""What is remembered of one domain and not true of another."""


def listed(names: Names | None) -> list[str]:
    """Make a list of one name, several, or none."""
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _product(levels: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    combinations: list[tuple[str, ...]] = [()]
    for column in levels:
        combinations = [(*c, level) for c in combinations for level in column]
    return tuple(combinations)


def _count_and_drop(counts: dict[str, int], reason: str, rest: Bools, absent: Bools) -> Bools:
    n = int((rest & absent).sum())
    if n:
        counts[reason] = n
    kept: Bools = rest & ~absent
    return kept


def _raking(coder: Coder, names: Sequence[str], design: Design, base: str | None) -> Calibration | None:
    if not names:
        return None
    d = design.weights if base is None else coder.numbers(base)
    margins = [coder.coded(n) for n in names]
    adjustment = Adjustment.of_margins("rake", margins, before=d, after=design.weights)
    return Calibration.build([adjustment], design)


def _weight_words(weights: str | None, note: str) -> str:
    if weights is None:
        return ""
    return f"{weights} ({note})" if note else weights


def _aligned(missing: pd.DataFrame | None, frame: pd.DataFrame) -> pd.DataFrame | None:
    """Bring the reasons into the order of the answers."""
    if missing is None:
        return None
    if "resp_id" in missing.columns and "resp_id" in frame.columns:
        indexed = missing.set_index("resp_id")
        absent = ~frame["resp_id"].isin(indexed.index)
        if absent.any() or indexed.index.has_duplicates:
            raise DataError(
                "The reasons for missing answers should have one row for each respondent.",
                f"{int(absent.sum()):,} respondents have none, or some stand twice.",
                "Build again from the raw files with `mspsurvey build`.",
            )
        return indexed.loc[frame["resp_id"]]
    if len(missing) != len(frame):
        raise DataError(
            "The reasons for missing answers should have one row for each respondent.",
            f"There are {len(missing):,} rows for {len(frame):,} respondents.",
        )
    return missing
