"""All definitions of a study together: rubric, segments, hypotheses, alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mspsurvey.errors import DefinitionError
from mspsurvey.evidence.alternatives import (
    Definition,
    apply_definitions,
    definition_variables,
    load_definitions,
)
from mspsurvey.evidence.benchmark import Benchmark, load_benchmarks
from mspsurvey.evidence.hypothesis import Hypothesis, load_hypotheses, require_items
from mspsurvey.evidence.rubric import Rubric, load_rubric, rubric_variables, score
from mspsurvey.evidence.segment import Segments, load_segments, segment, segment_variables
from mspsurvey.instrument import Instrument, Variable
from mspsurvey.study_file import StudyConfig

RUBRIC_SOURCE = "msps"
"""The rubric speaks of the practices of MSPs; no other source has them."""


@dataclass(frozen=True)
class Definitions:
    """What decides who counts as what, as read from the study's files.

    Attributes
    ----------
    rubric : Rubric, optional
        Maturity score, levels and baseline classes.
    segments : Segments
        Size bands, divisions, outsourcing levels.
    hypotheses : mapping of str to Hypothesis
        Claims with their decision rules, by id.
    alternatives : sequence of Definition
        Other ways to draw the line of the baseline; the first is the default.
    benchmarks : mapping of str to Benchmark
        Outside figures, by variable.
    """

    rubric: Rubric | None
    segments: Segments
    hypotheses: Mapping[str, Hypothesis]
    alternatives: Sequence[Definition]
    benchmarks: Mapping[str, Benchmark]

    @property
    def version(self) -> str:
        """Versions of rubric and segment rules, as charts print them."""
        versions = [self.rubric.name] if self.rubric else []
        return ", ".join([*versions, self.segments.name])

    @property
    def summary(self) -> str:
        """What was read, in one line."""
        practices = self.rubric.items if self.rubric else ()
        return (
            f"{self.version}; practices: {len(practices)}, hypotheses: {len(self.hypotheses)}, "
            f"definitions compared: {len(self.alternatives)}"
        )

    def variables(self, source: str) -> list[Variable]:
        """Describe the derived variables of one source."""
        derived = list(segment_variables(self.segments, source))
        if source == RUBRIC_SOURCE and self.rubric:
            derived += rubric_variables(self.rubric)
            derived += definition_variables(self.alternatives, self.rubric)
        return derived

    def check(self, instrument: Instrument, source: str, register: Path) -> None:
        """Check that segments, rubric and hypotheses name variables that a source has.

        Parameters
        ----------
        instrument : Instrument
            Questionnaire of the source.
        source : str
            ``msps``, ``clients`` or ``pairs``.
        register : Path
            File of the hypotheses, for the message.

        Raises
        ------
        DefinitionError
            Where a rule names another variable.
        """
        known = [*instrument.variables, *(v.name for v in self.variables(source))]
        _require_used(_used(segment_variables(self.segments, source)), known,
                      source, self.segments.path)  # fmt: skip
        if source == RUBRIC_SOURCE and self.rubric:
            used = _used(rubric_variables(self.rubric))
            used |= {d.column: d.name for d in self.alternatives if d.column}
            _require_used(used, known, source, self.rubric.path)
        require_items(self.hypotheses, {source: known}, path=register)

    def classify(
        self, responses: pd.DataFrame, source: str, *, missing: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Compute the derived variables of one source: a classes table.

        Parameters
        ----------
        responses : DataFrame
            Answers, one row a response.
        source : str
            ``msps``, ``clients`` or ``pairs``.
        missing : DataFrame, optional
            Reasons for missing answers, same rows.
        """
        table = segment(responses, self.segments, source, missing=missing)
        if source != RUBRIC_SOURCE or self.rubric is None:
            return table
        table = table.merge(score(responses, self.rubric, missing=missing), on="resp_id")
        whole = responses.merge(table, on="resp_id")
        others = apply_definitions(whole, self.alternatives, self.rubric, missing=missing)
        return pd.concat([table, others], axis=1)


def _used(derived: Iterable[Variable]) -> dict[str, str]:
    """Give the variables that others are derived from, each with the first one of these."""
    return {name: v.name for v in reversed(list(derived)) for name in reversed(v.derived_from)}


def _require_used(
    used: Mapping[str, str], known: Sequence[str], source: str, path: Path | None
) -> None:
    """Raise, with all of them, where rules use variables that a source does not have."""
    absent = [(name, rule) for name, rule in used.items() if name not in known]
    if absent:
        named = ", ".join(f"'{name}' (for {rule})" for name, rule in absent[::-1])
        raise DefinitionError(
            f"{path}: variables of '{source}' were wanted.",
            f"Its questionnaire does not ask {named}.",
            "Ask them, name others that are asked, or leave the rule out.",
        )


def load_all(config: StudyConfig) -> Definitions:
    """Read every definition of the study.

    Raises
    ------
    DefinitionError
        Where a file is broken; with file and key.
    """
    rubric = load_rubric(config.rubric) if config.rubric else None
    return Definitions(
        rubric=rubric,
        segments=load_segments(config.segments),
        hypotheses=load_hypotheses(config.hypotheses),
        alternatives=load_definitions(config.rubric, rubric) if config.rubric and rubric else [],
        benchmarks=load_benchmarks(config.benchmarks),
    )
