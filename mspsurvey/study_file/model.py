"""What a study is: sources, samples, dates, sponsor, definitions, places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mspsurvey.files import tables_of

STUDY_FILE = "study.toml"
BUILD_FOLDER = ".build"
"""Where a build does its work, inside the study: private, and safe to delete."""
SYNTHETIC = "SYNTHETIC DATA – invented to test the method; says nothing about the world"
"""What every chart and page of a study with invented data carries."""
SOURCES = ("msps", "clients", "pairs")
SAMPLE_TYPES = ("probability", "opt-in", "referral")
EXCLUSIONS: Mapping[str, tuple[tuple[str, ...], int]] = {
    **{f"C{number}": ((f"C{number}",), 1) for number in range(1, 10)},
    "two": (("C1", "C2", "C3", "C4", "C5", "C6"), 2),
}
"""Rules by which careless responses may be left out: some flags, and how many of them."""
DISCLOSURE = (
    "collection", "sponsor", "instruments", "population", "sample", "modes", "dates",
    "sizes", "weighting", "processing", "limits",
)  # fmt: skip
"""The eleven items that the AAPOR Code asks for (III.A, April 2021), one key each."""


@dataclass(frozen=True)
class Source:
    """One raw export and what is known of the sample behind it.

    Attributes
    ----------
    name : str
        ``msps``, ``clients`` or ``pairs``.
    export, instrument : Path
        Raw file and questionnaire.
    platform : str
        Name of the reader, or "auto".
    sample_type : str
        One of ``SAMPLE_TYPES``; only a probability sample has a margin of sampling error.
    sample : Path or None
        The sample drawn, one row a sampled unit, with stratum and final disposition.
    frame : Path or None
        The sampling frame, or its counts by stratum.
    links_to : str or None
        For pairs: the source whose respondents they belong to.
    unit : str
        What one row is, in the plural, for prose: "MSP firms".
    codebook : Path or None
        What the platform says of the columns, where the export itself does not.
    mapping : Path or None
        Decisions of a person on columns and choices that match no question by themselves.
    corrections : Path or None
        Single answers mended by a person, each with reason and source.
    drift : Path or None
        Names and labels of earlier waves, with those of the instrument.
    """

    name: str
    export: Path
    instrument: Path
    platform: str
    sample_type: str
    field_start: dt.date
    field_end: dt.date
    unit: str
    sample: Path | None = None
    frame: Path | None = None
    links_to: str | None = None
    time_zone: str = "UTC"
    codebook: Path | None = None
    mapping: Path | None = None
    corrections: Path | None = None
    drift: Path | None = None

    @property
    def inputs(self) -> list[Path]:
        """Files of this source that are read, beside its instrument."""
        files = (*tables_of(self.export), self.sample, self.frame, self.codebook, self.mapping,
                 self.corrections, self.drift)  # fmt: skip
        return list(dict.fromkeys(p for p in files if p is not None))


@dataclass(frozen=True)
class WeightPlan:
    """How one source is weighted: classes of nonresponse, margins, trimming."""

    nonresponse: tuple[str, ...] = ()
    margins: tuple[Path, ...] = ()
    trim: float | None = None


@dataclass(frozen=True)
class Quality:
    """What is done about careless responses.

    Attributes
    ----------
    exclude : tuple of str
        Keys of ``EXCLUSIONS``; a response that one of them holds for is set aside. Empty:
        responses are flagged, and all stay.
    attention : mapping of str to str
        Right answer to each attention check that is typed, by variable.
    """

    exclude: tuple[str, ...] = ()
    attention: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkPlan:
    """How clients are linked to MSPs by the names and web domains that they gave.

    Attributes
    ----------
    sources : tuple of str
        Sources of clients, whose providers are looked for among ``msps``.
    decisions : Path, optional
        What a person decided about doubtful links: ids in code, no names.
    worksheet : Path, optional
        Where the doubtful links are laid out for that person, with names: a private file.
    """

    sources: tuple[str, ...]
    decisions: Path | None = None
    worksheet: Path | None = None


@dataclass(frozen=True)
class Pages:
    """What the first page says in the study's own words.

    Attributes
    ----------
    lead : str
        One sentence under the title.
    terms : str
        What readers should not confuse; "" for nothing.
    cannot : tuple of str
        Questions that the study leaves open, each a sentence or two.
    """

    lead: str = (
        "What respondents report, with the sample, the wording and the uncertainty behind each "
        "number, and with what points the other way."
    )
    terms: str = ""
    cannot: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyConfig:
    """All that ``study.toml`` says, with paths made absolute."""

    root: Path
    name: str
    title: str
    synthetic: bool
    date: dt.date
    sponsor: str
    contact: str
    sources: Mapping[str, Source]
    weights: Mapping[str, WeightPlan]
    disclosure: Mapping[str, str]
    rubric: Path | None
    segments: Path
    hypotheses: Path
    benchmarks: Path
    processed: Path
    reports: Path
    notebooks: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    quality: Quality = Quality()
    truth: Path | None = None
    links: LinkPlan | None = None
    key_file: Path | None = None
    public_words: tuple[str, ...] = ()
    release: Mapping[str, Any] = field(default_factory=dict)
    pages: Pages = Pages()

    @property
    def stamp(self) -> str:
        """Words that every output carries while the data are not real; empty otherwise."""
        return SYNTHETIC if self.synthetic else ""

    @property
    def aside(self) -> StudyConfig:
        """The study in the making: its tables and pages lie where no reader looks."""
        folder = self.root / BUILD_FOLDER
        return replace(self, processed=folder / "processed", reports=folder / "reports")

    @property
    def definitions(self) -> list[Path]:
        """Every file of definitions that the study names."""
        instruments = {s.instrument for s in self.sources.values()}
        margins = {m for plan in self.weights.values() for m in plan.margins}
        return [
            *sorted(instruments),
            self.benchmarks,
            *([self.rubric] if self.rubric else []),
            self.segments,
            self.hypotheses,
            *sorted(margins),
        ]
