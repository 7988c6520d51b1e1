"""The sample that a survey asks: answers, design and instrument together, never changed.

``where`` gives another one that looks at a domain and keeps the whole design, since rows that
are dropped take their strata and sampling units with them and make standard errors too small
or too large without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

import pandas as pd

from mspsurvey.errors import DesignError, EstimateError, did_you_mean
from mspsurvey.inference.design.calibration import Adjustment, Calibration
from mspsurvey.inference.design.coding import Bools, Coder, Floats
from mspsurvey.inference.design.declare import build_design, with_supplied
from mspsurvey.inference.design.design import Design
from mspsurvey.inference.design.domain import grouped, holds
from mspsurvey.inference.design.resample import replicated
from mspsurvey.inference.estimator.absent import aligned, count_left_out
from mspsurvey.inference.estimator.item import Within
from mspsurvey.inference.estimator.moments import Domains
from mspsurvey.instrument import Instrument
from mspsurvey.study_file import SAMPLE_TYPES

if TYPE_CHECKING:
    from mspsurvey.inference.weight.step import WeightStep

Names = str | Sequence[str]


class Sample:
    """Answers and the design they were drawn by; parameters as of ``Survey``."""

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

    def where(self, rule: str | pd.Series) -> Self:
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
        both = f"({self.domain}) and ({words})" if self.domain else words
        return self.like(_domain=self._domain & inside, domain=both)

    def replicate(
        self,
        kind: str = "bootstrap",
        *,
        n: int = 500,
        seed: int = 1,
        rho: float | None = None,
        mse: bool = False,
        reweight: Callable[[Floats], Floats] | None = None,
    ) -> Self:
        """Give the same sample with replicate weights, from which all variances then come.

        Parameters
        ----------
        kind : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "plain", "multistage"}
            Jackknife without and with strata, balanced half-samples of two units a stratum,
            Fay's, the rescaled bootstrap of Rao and Wu (R's "subbootstrap"), the one that
            draws as many units as there are, and Preston's, which carries the finite
            populations of all stages (R's "mrbbootstrap").
        n, seed : int
            Bootstrap replicates, and the start of their random numbers.
        rho : float, optional
            Fay's coefficient.
        mse : bool
            Whether deviations are from the estimate, not from the mean of the replicates.
        reweight : callable, optional
            From weights of all rows to new ones, for each replicate: what the weights of
            this survey were fitted by. The steps of ``mspsurvey.weight`` are known.
        """
        start, again = self.design, reweight
        if reweight is None and self.weighting:
            # What was done to the weights since the first ones is done to each replicate.
            start = replace(start, weights=self.weighting[0].before.design.weights)
            again = self._again
        elif self.raking is not None and reweight is None:
            raise DesignError(
                "Replicates of fitted weights should be fitted too.",
                "These weights were fitted to known totals, and `reweight` is not given.",
                "Make replicates first and fit after, or give reweight=, from weights to weights.",
            )
        design = replicated(start, kind=kind, n=n, seed=seed, rho=rho, mse=mse)
        if again is not None and design.replicates is not None:
            fitted = design.replicates.mapped(again)
            design = replace(design, weights=self.design.weights, replicates=fitted)
        return self.like(design=design, raking=None)

    def _again(self, weights: Floats) -> Floats:
        """Take weights through the steps that led to those of this survey."""
        for step in self.weighting:
            if step.function is None:
                raise DesignError(
                    "Replicates should be weighted as the sample was.",
                    f"The step '{step.name}' cannot be done again.",
                    "Make replicates before it.",
                )
            weights = step.function(weights)
        return weights

    def reweighted(
        self,
        step: WeightStep,
        weights: Floats,
        function: Callable[[Floats], Floats],
        *,
        adjustment: Adjustment | None = None,
        **attributes: Any,
    ) -> Self:
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

    def like(self, **attributes: Any) -> Self:
        """Give a survey that differs from this one in these attributes alone."""
        survey = object.__new__(type(self))
        survey._set(**{k: v for k, v in self.__dict__.items() if k not in _OF_DOMAIN})
        survey._set(_caches={}, **attributes)
        return survey

    def columns_of(self, item: Names) -> list[str]:
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
