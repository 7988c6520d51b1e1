"""Survey: answers, design and instrument together, and the questions that can be asked.

A Survey never changes. ``where`` gives another one that looks at a domain and keeps the
whole design, since rows that are dropped take their strata and sampling units with them and
make standard errors too small or too large without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mspsurvey.condition import Condition
from mspsurvey.inference import testing
from mspsurvey.inference.banner.banner import Banner
from mspsurvey.inference.banner.build import banner
from mspsurvey.inference.banner.rows import Nets
from mspsurvey.inference.disclosure.audit import Exposure
from mspsurvey.inference.disclosure.ledger import entries
from mspsurvey.inference.disclosure.together import audit_entries
from mspsurvey.inference.estimator import ask, spread
from mspsurvey.inference.estimator.quantile import quantiles
from mspsurvey.inference.model import ask as models
from mspsurvey.inference.model.fit import Fit
from mspsurvey.inference.model.imputation import Imputed, impute
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.sample import Names, Sample, listed

__all__ = ["Names", "Survey", "listed"]


class Survey(Sample):
    """Answers with the design they were drawn by.

    Below, w is the weight and sums go over the domain's valid answers; scores, variances and
    sources are in ``docs/methods``.

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

    def __new__(cls, frame: Any = None, **_: Any) -> Survey:
        """Give a survey of rows in memory, or of a table that lies elsewhere."""
        if cls is Survey and frame is not None and not isinstance(frame, pd.DataFrame):
            # Its libraries are slow or optional, and it builds on this module.
            from mspsurvey.inference.backend.home import kind_of

            cls = kind_of(frame)
        return object.__new__(cls)

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
            Variables. The name of a question with several answers is one item, with its
            options as levels and all who answered it as base; with ``level="yes"`` it stands
            for its ticks, one by one. The name of a grid stands for all of its rows.
        by : str or list of str, optional
            Grouping variables; every combination gets a row, also where nobody is in it.
        level : str or list of str, optional
            One level, or several taken together as a net. All levels if not given.
        net : str, optional
            Name of the net; "2+3" for levels 2 and 3 if not given.
        of : str, optional
            A number x: the share of its total, Σ w·x·1(level) / Σ w·x.
        interval : {"logit", "korn-graubard", "wilson", "arcsine", "mean", "likelihood"}
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
        return ask.share(self, listed(item), listed(by), ask.Levels(level, net), of, wanted)

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
            self, self.columns_of(item), listed(by), ask.Interval("mean", confidence, deff)
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
        return ask.total(self, self.columns_of(item), listed(by), ask.Levels(level, net), wanted)

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

    def at_hand(
        self, columns: Sequence[str], *, by: Sequence[str] = (), form: str = "rows"
    ) -> Survey:
        """Give a survey whose columns can be gone through, for what needs them: this one.

        Parameters
        ----------
        columns, by : sequence of str
            What is asked for, and by which groups.
        form : {"rows", "levels", "numbers"}
            What is enough: rows, or sums by sampling unit and group of the levels of one
            classification, or of one number. Matters where the table lies elsewhere.
        """
        del columns, by, form
        return self

    def classifies(self, item: str) -> bool:
        """Whether an item is a classification, not a number."""
        return ask.is_classification(self._coder, item)

    def audit(self, *shown: Estimates | Banner) -> list[Exposure]:
        """Say what readers of all these tables together can work out of what they hide.

        Parameters
        ----------
        *shown : Estimates or Banner
            Of this survey, or of domains of it: all that is published of it.

        Returns
        -------
        list of Exposure
            One for each number that is hidden to protect a firm, with ``safe``, and in words
            as text; and for fewer than ten respondents whom only a difference of tables tells
            of, where it does. ``docs/methods/disclosure.md`` says what is looked at.
        """
        kept = [
            entry
            for number, table in enumerate(shown, 1)
            for entry in entries(table, report=f"table {number}", source="")
        ]
        names = {entry.item for entry in kept} | {c for entry in kept for c, _ in entry.by}
        rules = [Condition.parse(e.where, where="audit").names for e in kept if e.where]
        known = set(self.coder.frame.columns)
        here = self.at_hand(sorted(known & names.union(*rules)))
        return audit_entries(kept, {"": here.frame})

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
            self, self.columns_of(item), by=listed(by), method=method, statistic=statistic,
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
        Options: ``mspsurvey.inference.banner.build.banner``.
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
        interval : {"mean", "logit", "korn-graubard", "wilson", "arcsine", "likelihood"}
            Interval of the share below the quantile, which is taken back to its scale.
        """
        wanted = ask.Interval(interval, confidence, deff)
        chances = [q] if isinstance(q, int | float) else list(q)
        return quantiles(
            self, self.columns_of(item), chances, listed(by), rule=rule, wanted=wanted
        )

    def variance(
        self,
        item: Names,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Population variance n/(n − 1) · Σ w·(y − ȳ)² / Σ w; parameters as in ``share``."""
        wanted = ask.Interval("mean", confidence, deff)
        return spread.variance(self, self.columns_of(item), listed(by), wanted)

    def correlation(
        self,
        x: str,
        y: str,
        *,
        by: Names | None = None,
        confidence: float = 0.95,
        deff: str = "wor",
    ) -> Estimates:
        """Correlation r = Σ w·a·b / Σ w of two numbers; parameters as in ``share``.

        a and b are the numbers less their means over their standard deviations. The interval
        is Fisher's, tanh(artanh r ± t·se/(1 − r²)).
        """
        wanted = ask.Interval("mean", confidence, deff)
        return spread.correlation(self, x, y, listed(by), wanted)

    def glm(
        self,
        formula: str,
        *,
        family: str = "gaussian",
        level: Names | None = None,
        offset: str | None = None,
        prior: str | None = None,
        confidence: float = 0.95,
    ) -> Fit:
        """Fit a generalised linear model: ``glm("mfa ~ size + sector", family="binomial")``.

        Parameters as in ``mspsurvey.inference.model.ask.glm``. Of the result,
        ``.margins("size")`` gives predicted shares and ``.effects("size")`` average effects.
        """
        return models.glm(
            self, formula, family=family, level=level, offset=offset, prior=prior,
            confidence=confidence,
        )  # fmt: skip

    def ordinal(self, formula: str, **options: Any) -> Fit:
        """Fit proportional odds; see ``mspsurvey.inference.model.ask.ordinal``."""
        return models.ordinal(self, formula, **options)

    def multinomial(self, formula: str, **options: Any) -> Fit:
        """Fit a baseline-category logit; see ``mspsurvey.inference.model.ask.multinomial``."""
        return models.multinomial(self, formula, **options)

    def impute(
        self, variables: Sequence[str], *, m: int = 20, seed: int, cycles: int = 10
    ) -> Imputed:
        """Fill in missing answers m times, for models only; see ``model.imputation``."""
        return impute(self, variables, m=m, seed=seed, cycles=cycles)
