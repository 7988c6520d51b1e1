"""A study whose tables are built: its surveys, definitions and reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

import mspsurvey
from mspsurvey.errors import DefinitionError, PublicationError, did_you_mean
from mspsurvey.evidence.alternatives import apply_definitions, definition_variables, grid
from mspsurvey.evidence.benchmark import Benchmark
from mspsurvey.evidence.definitions import RUBRIC_SOURCE, Definitions, load_all
from mspsurvey.evidence.robustness import TippingPoint, tipping_point
from mspsurvey.evidence.specification import Specifications, specifications
from mspsurvey.files import fingerprint
from mspsurvey.inference.quality.response import Dispositions, count_dispositions
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.inference.survey import Survey
from mspsurvey.instrument import Instrument, Variable, load_instrument
from mspsurvey.schema import Processed, read_table
from mspsurvey.study_file import Source, StudyConfig, find_root, load_config
from mspsurvey.workbench.headlines import HEADLINES, sensitivity
from mspsurvey.workbench.report import STAGE, Report
from mspsurvey.workbench.truth import Truth


def study(root: Path | str | None = None) -> Study:
    """Open the study of this folder, or of the nearest folder above it.

    Parameters
    ----------
    root : Path or str, optional
        Where to look first; the working directory if not given.

    Raises
    ------
    DefinitionError
        Where there is no study.toml, or it or a definition is broken.
    """
    config = load_config(find_root(Path(root)) if root is not None else None)
    # A report in a build is made from the tables of that build, which nobody else sees yet.
    return Study(config.aside if os.environ.get(STAGE) else config)


class Study:
    """A study whose tables are built: surveys to ask, definitions, reports to write."""

    def __init__(self, config: StudyConfig) -> None:
        self.config = config
        self.processed = Processed(config.processed)

    def __repr__(self) -> str:
        """Say which study this is."""
        return f"<Study: {self.config.title}{' (SYNTHETIC)' if self.config.synthetic else ''}>"

    @cached_property
    def definitions(self) -> Definitions:
        """Rubric, segments, hypotheses, alternatives."""
        return load_all(self.config)

    @cached_property
    def msps(self) -> Survey:
        """Firms that answered the MSP survey."""
        return self.survey("msps")

    @cached_property
    def clients(self) -> Survey:
        """Organisations that answered the client survey."""
        return self.survey("clients")

    @cached_property
    def pairs(self) -> Survey:
        """Clients referred by an MSP that answered, with that MSP's classes."""
        return self.survey("pairs")

    def source(self, name: str) -> Source:
        """What study.toml says of a source."""
        if name not in self.config.sources:
            raise DefinitionError(
                "A source of this study was wanted.",
                f"There is none called '{name}'.",
                did_you_mean(name, self.config.sources),
            )
        return self.config.sources[name]

    def source_of(self, population: str) -> str:
        """Name the source whose units a population is: "MSP firms", "clients of MSP firms".

        Raises
        ------
        PublicationError
            Where it is that of no source, so that nobody could audit what is shown.
        """
        for name, about in self.config.sources.items():
            if population == about.unit or population.endswith(f" of {about.unit}"):
                return name
        raise PublicationError(
            "Estimates from a source of this study were wanted, to enter them in its ledger.",
            f"Their population is {population!r}.",
            "Make the survey with study.survey(…).",
        )

    def instrument(self, source: str) -> Instrument:
        """Questionnaire of a source, with its derived variables."""
        asked = load_instrument(self.source(source).instrument)
        return asked.with_derived(self.definitions.variables(source))

    def behind(self, source: str, items: Sequence[str]) -> list[Variable]:
        """Give the questions that items were computed from, traced to what was asked.

        An item that was asked stands for itself.
        """
        instrument = self.instrument(source)
        found: dict[str, Variable] = {}
        todo = [item for item in reversed(items) if item in instrument]
        seen: set[str] = set()
        while todo:
            variable = instrument[todo.pop()]
            if variable.name in seen:
                continue
            seen.add(variable.name)
            if variable.derived_from:
                todo += [name for name in reversed(variable.derived_from) if name in instrument]
            elif not variable.rule:
                found[variable.name] = variable
        return list(found.values())

    def self_reported(self, source: str, items: Sequence[str]) -> bool:
        """Whether items rest on what firms say of their own practices."""
        rubric = self.definitions.rubric
        practices = {item.name for item in rubric.items} if rubric else set()
        # An alternative definition of the baseline names no single practice.
        by_rule = any(item.startswith(("def_", "criteria_")) for item in items)
        return by_rule or any(v.name in practices for v in self.behind(source, items))

    def wording(self, source: str, items: Sequence[str]) -> str:
        """Say which questions computed items come from; "" where items were asked as such."""
        instrument = self.instrument(source)
        computed = [instrument[i] for i in items if i in instrument and instrument[i].rule]
        asked = self.behind(source, [v.name for v in computed])
        # Among questions that were asked as such, one that was computed leads astray.
        if not asked or len(computed) < len(items):
            return ""
        names = ", ".join(v.name for v in asked[:3]) + (" …" if len(asked) > 3 else "")
        number = f"{len(asked)} questions" if len(asked) > 1 else "one question"
        return f"{computed[0].text}, from {number} ({names}), the first: “{asked[0].text}”"

    def table(self, source: str) -> pd.DataFrame:
        """Answers, classes and weights of a source, one row a respondent."""
        return read_table(self.processed.joined(self.source(source).name))

    def missing(self, source: str) -> pd.DataFrame:
        """Reasons for missing answers, same rows as ``table``."""
        return read_table(self.processed.missing(self.source(source).name))

    def log(self, name: str) -> pd.DataFrame:
        """One of the tables that intake keeps over all sources, such as ``"changes"``."""
        return read_table(self.processed.log(name))

    @cached_property
    def truth(self) -> Truth | None:
        """What is known to be true of an invented study; None of a real one."""
        known = self.config.truth if self.config.synthetic else None
        return None if known is None else Truth(self, known)

    @cached_property
    def sensitivity(self) -> pd.DataFrame:
        """Ten headlines without the responses that each rule of exclusion would leave out."""
        names = sorted({h.source for h in HEADLINES} & set(self.config.sources))
        flags = {name: self.table(name)["flags"] for name in names}
        return sensitivity({name: self.survey(name) for name in names}, flags)

    def survey(self, source: str, *, extra: pd.DataFrame | None = None,
               instrument: Instrument | None = None) -> Survey:  # fmt: skip
        """Make the survey of a source as its design says.

        Parameters
        ----------
        source : str
            ``msps``, ``clients`` or ``pairs``.
        extra : DataFrame, optional
            More columns, same rows, such as alternative classifications.
        instrument : Instrument, optional
            One that describes the extra columns too.
        """
        about = self.source(source)
        frame = self.table(source)
        instrument = instrument or self.instrument(source)
        if extra is not None:
            frame = pd.concat([frame, extra], axis=1)
        design: dict[str, Any] = {}
        if source in self.config.weights:
            raked = self._margins(source)
            design = {"weights": "w", "strata": "stratum", "fpc": "stratum_size"}
            design |= {"raked_to": raked, "raked_from": "w_nonresponse"}
            words = [instrument[name].label.lower() for name in raked]
            design["weight_note"] = f"raked to {', '.join(words)}"
        elif about.links_to:
            design = {"psu": "msp_sample_id"}
        return Survey(
            frame,
            instrument=instrument,
            sample_type=about.sample_type,
            population=about.unit,
            synthetic=self.config.synthetic,
            missing=self.missing(source),
            **design,
        )

    def specifications(self) -> Specifications:
        """Share of firms that do not meet the baseline, under each definition."""
        rubric, table = self.definitions.rubric, self.table(RUBRIC_SOURCE)
        if rubric is None:
            raise DefinitionError("A rubric was wanted.", "study.toml names none.")
        cells = grid(rubric)
        extra = apply_definitions(table, cells, rubric, missing=self.missing(RUBRIC_SOURCE))
        described = self.instrument(RUBRIC_SOURCE).with_derived(
            definition_variables(cells, rubric)
        )
        survey = self.survey(RUBRIC_SOURCE, extra=extra, instrument=described)
        return specifications(survey, self.definitions.alternatives, cells, rubric)

    def response(self, source: str) -> Dispositions:
        """Final dispositions of a source's sample, for response rates."""
        path = self.source(source).sample
        if path is None:
            raise DefinitionError(
                f"A sample with dispositions was wanted for '{source}'.",
                "study.toml names none.",
            )
        return count_dispositions(pd.read_csv(path, dtype="str")["disposition"])

    def tipping_point(self, est: Estimates, source: str, *, threshold: float) -> TippingPoint:
        """How different nonrespondents must be for a share to cross the threshold.

        Parameters
        ----------
        est : Estimates
            One row: the share.
        source : str
            Its source; the response rate is RR3 of its sample.
        """
        share = float(est.frame["estimate"].iloc[0])
        rate = self.response(source).rate("RR3")
        return tipping_point(share, threshold=threshold, response_rate=rate)

    def response_rate(self, source: str) -> float | None:
        """RR3 of a probability sample whose dispositions are known."""
        about = self.source(source)
        if about.sample_type != "probability" or about.sample is None:
            return None
        return self.response(source).rate("RR3")

    def benchmark(self, variable: str) -> Benchmark:
        """Outside figures for a variable."""
        known = self.definitions.benchmarks
        if variable not in known:
            raise DefinitionError(
                "A variable with benchmarks was wanted.",
                f"There are none for '{variable}'.",
                did_you_mean(variable, known),
            )
        return known[variable]

    def report(self, name: str) -> Report:
        """Begin a report; ``name`` is that of its notebook."""
        return Report(self, name)

    def _margins(self, source: str) -> list[str]:
        margins = self.config.weights[source].margins
        read = [pd.read_csv(path, usecols=["variable"])["variable"] for path in margins]
        return [str(name) for column in read for name in column.unique()]

    @cached_property
    def data_hash(self) -> str:
        """Hash of the built tables."""
        return fingerprint([self.processed.joined(name) for name in self.config.sources])

    @cached_property
    def code_hash(self) -> str:
        """Hash of the package's code."""
        return fingerprint(sorted(Path(mspsurvey.__file__).parent.rglob("*.py")))
