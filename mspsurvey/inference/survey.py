"""Survey: answers, design and instrument together, and the questions that can be asked.

A Survey never changes. ``where`` gives another one that looks at a domain and keeps the
whole design, since rows that are dropped take their strata and sampling units with them and
make standard errors too small or too large without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from mspsurvey.errors import DesignError, EstimateError, did_you_mean
from mspsurvey.inference import ask, testing
from mspsurvey.inference.absent import aligned, count_left_out
from mspsurvey.inference.banner import Banner
from mspsurvey.inference.banner_build import banner
from mspsurvey.inference.banner_rows import Nets
from mspsurvey.inference.calibration import Adjustment, Calibration
from mspsurvey.inference.coding import Bools, Coder, Floats
from mspsurvey.inference.declare import build_design, with_supplied
from mspsurvey.inference.design import Design
from mspsurvey.inference.domain import grouped, holds
from mspsurvey.inference.estimate import Estimates
from mspsurvey.inference.linear import Within
from mspsurvey.inference.moments import Domains
from mspsurvey.inference.quantile import quantiles
from mspsurvey.inference.resample import replicated
from mspsurvey.instrument import Instrument
from mspsurvey.study_file import SAMPLE_TYPES

if TYPE_CHECKING:
    from mspsurvey.inference.weight.step import WeightStep

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
    probabilities : str or list of str, optional
        Instead of weights: chances of selection, one column a stage.
    lonely_domains : bool
        Whether "adjust" and "average" also hold where a domain has only one of a stratum's
        units (R: ``options(survey.adjust.domain.lonely = TRUE)``).
    replicates : DataFrame or list of str, optional
        Replicate weights that came with the data, one column a replicate, instead of strata
        and units: ``frame.filter(like="rw")``. Others are made by ``replicate``.
    kind, scale, rscales, rho, mse, combined
        What the replicates are, as in R's ``svrepdesign``: JK1, JK2, JKn, BRR, Fay,
        bootstrap, successive-difference or other; factors of all and of each squared
        deviation; Fay's coefficient; whether deviations are from the estimate; whether the
        columns are whole weights, not factors of ``weights``.
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

    def __new__(cls, frame: Any = None, **design: Any) -> Survey:
        """Give a survey of rows in memory, or of a table that lies elsewhere."""
        if cls is Survey and frame is not None and not isinstance(frame, pd.DataFrame):
            # Its libraries are slow or optional, and it builds on this module.
            from mspsurvey.inference.backend.home import kind_of

            cls = kind_of(frame)
        return object.__new__(cls)

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
        probabilities: Names | None = None,
        lonely_domains: bool = False,
        replicates: pd.DataFrame | Names | None = None,
        kind: str = "other",
        scale: float | None = None,
        rscales: Sequence[float] | Floats | float | None = None,
        rho: float | None = None,
        mse: bool = False,
        combined: bool = True,
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
            probabilities=listed(probabilities),
            strata=listed(strata),
            psu=listed(psu),
            fpc=listed(fpc),
            lonely_psu=lonely_psu,
            lonely_domains=lonely_domains,
        )
        if replicates is not None:
            design = with_supplied(
                frame, design, replicates, kind=kind, scale=scale, rscales=rscales, rho=rho,
                mse=mse, combined=combined,
            )  # fmt: skip
        # A shallow copy shares the columns until somebody writes to either frame.
        coder = Coder(frame.copy(deep=False), instrument)
        self._set(
            within=None,
            _coder=coder,
            _missing=aligned(missing, frame),
            _domain=design.weights > 0,
            _caches={},
            design=design,
            instrument=instrument,
            raking=_raking(coder, listed(raked_to), design, raked_from),
            sample_type=sample_type,
            population=population or (instrument.population if instrument else ""),
            synthetic=synthetic,
            weight=_weight_words(weights, weight_note),
            weighting=(),
            precision_kind="mose" if sample_type == "probability" else "none",
            domain="",
        )

    @classmethod
    def from_parquet(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        memory: str = "1GB",
        threads: int | None = None,
        **design: Any,
    ) -> Survey:
        """Ask Parquet files, which may be larger than memory, through DuckDB.

        Parameters
        ----------
        path : str, Path or sequence of them
            A file, several, or a pattern such as ``"answers/*.parquet"``.
        memory : str
            What DuckDB may take; beyond it, it uses the disk.
        threads : int, optional
            All cores if not given.
        **design
            As of ``Survey``.
        """
        # Needs DuckDB, an optional library, and builds on this module.
        from mspsurvey.inference.backend.home import from_parquet

        return from_parquet(path, memory=memory, threads=threads, **design)

    def _set(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    within: Within | None
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
    weighting: tuple[WeightStep, ...]
    precision_kind: str
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
        return self.design.respondents(self._domain)

    @cached_property
    def _degrees(self) -> int:
        return int(self.design.degrees_of_rows(self._domain))

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
        inside, words = holds(rule, self._coder)
        survey = Survey.__new__(Survey)
        survey._set(**{k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN})
        both = f"({self.domain}) and ({words})" if self.domain else words
        survey._set(_domain=self._domain & inside, _caches={}, domain=both)
        return survey

    def replicate(
        self,
        kind: str = "bootstrap",
        *,
        n: int = 500,
        seed: int = 1,
        rho: float | None = None,
        mse: bool = False,
        reweight: Callable[[Floats], Floats] | None = None,
    ) -> Survey:
        """Give the same sample with replicate weights, from which all variances then come.

        Parameters
        ----------
        kind : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "plain"}
            Jackknife without and with strata, balanced half-samples of two units a stratum,
            Fay's, the rescaled bootstrap of Rao and Wu (R's "subbootstrap"), and the one that
            draws as many units as there are.
        n, seed : int
            Bootstrap replicates, and the start of their random numbers.
        rho : float, optional
            Fay's coefficient.
        mse : bool
            Whether deviations are from the estimate, not from the mean of the replicates.
        reweight : callable, optional
            From weights of all rows to new ones, for each replicate: what the weights of
            this survey were fitted by. Needed where they were.
        """
        if self.raking is not None and reweight is None:
            raise DesignError(
                "Replicates of fitted weights should be fitted too.",
                "These weights were fitted to known totals, and `reweight` is not given.",
                "Make replicates first and fit after, or give reweight=, from weights to weights.",
            )
        design = replicated(self.design, kind=kind, n=n, seed=seed, rho=rho, mse=mse)
        if reweight is not None and design.replicates is not None:
            design = replace(design, replicates=design.replicates.mapped(reweight))
        survey = Survey.__new__(Survey)
        survey._set(**{k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN})
        survey._set(design=design, raking=None, _caches={})
        return survey

    def reweighted(
        self,
        step: WeightStep,
        weights: Floats,
        function: Callable[[Floats], Floats],
        *,
        adjustment: Adjustment | None = None,
        **attributes: Any,
    ) -> Survey:
        """Give the same sample with other weights; ``mspsurvey.inference.weight`` makes them.

        Parameters
        ----------
        step : WeightStep
            The record: name of the new column, and what was done.
        weights : ndarray of float, shape (rows,)
            The new weights.
        function : callable
            What made them from those before; replicate weights go through it, each for
            itself.
        adjustment : Adjustment, optional
            Known totals that were fitted: standard errors then know them.
        **attributes
            Attributes of the new survey that differ besides.
        """
        replicates = self.design.replicates
        replicates = replicates.mapped(function) if replicates is not None else None
        design = replace(self.design, weights=weights, replicates=replicates)
        chain = list(self.raking.adjustments) if self.raking else []
        chain += [adjustment] if adjustment is not None else []
        return self.like(
            _coder=Coder(self._coder.frame.assign(**{step.column: weights}), self.instrument),
            _domain=weights > 0,
            design=design,
            raking=Calibration(tuple(chain), design) if chain else None,
            weight=_weight_words(step.column, step.words),
            weighting=(*self.weighting, step),
            **attributes,
        )

    def like(self, **attributes: Any) -> Survey:
        """Give a survey that differs from this one in these attributes alone."""
        survey = object.__new__(type(self))
        survey._set(**{k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN})
        survey._set(_caches={}, **attributes)
        return survey

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
        interval : {"logit", "korn-graubard", "wilson", "arcsine", "mean"}
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

    def test(
        self,
        item: Names,
        *,
        by: Names | None = None,
        method: str | None = None,
        statistic: str = "F",
        scores: str = "wilcoxon",
        ties: str = "rows",
        groups: Sequence[str] | None = None,
        level: Names | None = None,
        against: float | Mapping[str, float] | None = None,
        pair: str | None = None,
        adjust: str | None = "holm",
        confidence: float = 0.95,
    ) -> testing.TestResult | testing.Tests:
        """Design-based test of an item between groups, or against given values.

        ``test("mfa", by="size")`` is Rao and Scott's; numbers get a t-test, or a Wald test of
        equal means for several groups; ``method="rank"`` a rank test;
        ``test("mfa", against={"yes": .4, "no": .6})`` goodness of fit;
        ``test("score", against=50)`` one sample, ``test("score", pair="last")`` a pair.
        Several items are one family. Options: ``mspsurvey.inference.testing.answer``.
        """
        return testing.answer(
            self, self._items(item), by=listed(by), method=method, statistic=statistic,
            scores=scores, ties=ties, groups=groups, level=listed(level), against=against,
            pair=pair, adjust=adjust, confidence=confidence,
        )  # fmt: skip

    def equivalence(
        self,
        item: str,
        *,
        by: Names | None = None,
        groups: Sequence[str] | None = None,
        level: Names | None = None,
        against: float | None = None,
        pair: str | None = None,
        margin: float | None = None,
        alpha: float = 0.05,
    ) -> testing.TestResult:
        """Test whether a difference is too small to be of interest, by two one-sided tests.

        Options: ``mspsurvey.inference.testing.equivalence``.
        """
        return testing.equivalence(
            self, item, by=listed(by), groups=groups, level=listed(level), against=against,
            pair=pair, margin=margin, alpha=alpha,
        )  # fmt: skip

    def banner(
        self,
        rows: Names,
        columns: str | Sequence[Names],
        *,
        nets: Nets | None = None,
        letters: bool = True,
        adjust: str | None = "holm",
        family: str = "table",
        alpha: float = 0.05,
        base: str | Mapping[str, str] | None = None,
        interval: str = "logit",
        confidence: float = 0.95,
    ) -> Banner:
        """Lay many items out by many columns, with nets, bases and letters.

        ``banner(["mfa", "score"], ["size", "region"], nets={"mfa": {"Some": ["2", "3"]}})``.
        Options: ``mspsurvey.inference.banner_build.banner``.
        """
        return banner(
            self, listed(rows), [columns] if isinstance(columns, str) else list(columns),
            nets=nets, letters=letters, adjust=adjust, family=family, alpha=alpha, base=base,
            interval=interval, confidence=confidence,
        )  # fmt: skip

    def quantile(
        self,
        item: Names,
        q: float | Sequence[float] = 0.5,
        *,
        by: Names | None = None,
        rule: str = "math",
        interval: str = "mean",
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Quantiles, 0.5 for the median, with Woodruff's intervals.

        Parameters
        ----------
        item, by, confidence, deff
            As in ``share``.
        q : float or list of float
            Between 0 and 1; the column ``level`` names them.
        rule : {"math", "school", "hf7", "linear"}
            How values are picked where the distribution has steps; see ``quantile.py``.
        interval : {"mean", "logit", "korn-graubard", "wilson", "arcsine"}
            Interval of the share below the quantile, which is taken back to its scale.
        """
        wanted = ask.Interval(interval, confidence, deff)
        chances = [q] if isinstance(q, int | float) else list(q)
        return quantiles(self, self._items(item), chances, listed(by), rule=rule, wanted=wanted)

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
            number = self.design.number
            self._caches[key] = grouped(self._coder, by, self._domain, number)
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
        return count_left_out(
            self._domain, valid, items=items, by=by, coder=self._coder, design=self.design,
            missing=self._missing,
        )  # fmt: skip


_OF_DOMAIN = ("_count", "_degrees")
"""What is remembered of one domain and not true of another."""


def listed(names: Names | None) -> list[str]:
    """Make a list of one name, several, or none."""
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _raking(
    coder: Coder, names: Sequence[str], design: Design, base: str | None
) -> Calibration | None:
    if not names:
        return None
    d = design.weights if base is None else coder.numbers(base)
    margins = [coder.coded(n) for n in names]
    adjustment = Adjustment.of_margins("rake", margins, before=d, after=design.weights)
    return Calibration((adjustment,), design)


def _weight_words(weights: str | None, note: str) -> str:
    if weights is None:
        return ""
    return f"{weights} ({note})" if note else weights
