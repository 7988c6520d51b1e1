"""What this study is: sources, samples, dates, sponsor, definitions, places.

``study.toml`` says it once; everything that prints a date, a sponsor or the word
SYNTHETIC takes it from here.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mspsurvey.errors import DefinitionError, did_you_mean

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
        files = (self.export, self.sample, self.frame, self.codebook, self.mapping,
                 self.corrections, self.drift)  # fmt: skip
        return [p for p in files if p is not None]


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
    rubric: Path
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
            self.rubric,
            self.segments,
            self.hypotheses,
            *sorted(margins),
        ]


def find_root(start: Path | None = None) -> Path:
    """Give the nearest folder, from ``start`` upwards, that holds a study.toml."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / STUDY_FILE).is_file():
            return folder
    raise DefinitionError(
        f"A folder with {STUDY_FILE} was wanted.",
        f"Neither {here} nor any folder above it has one.",
        "Go to the study's folder, or give its path.",
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Read one TOML file, or say where it is broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DefinitionError(
            f"The file {path} was wanted.", "It is not there.", "Check the path in study.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DefinitionError(
            f"{path} should be valid TOML in UTF-8.", f"Broken: {error}."
        ) from None


def load_config(root: Path | None = None) -> StudyConfig:
    """Read and check the study's ``study.toml``.

    Parameters
    ----------
    root : Path, optional
        Folder of the study; searched upwards from the working directory if not given.

    Raises
    ------
    DefinitionError
        Where the file or one of its keys is missing or unusable.
    """
    root = find_root() if root is None else Path(root).resolve()
    raw = read_toml(root / STUDY_FILE)
    return _Reader(root, raw).config()


class _Reader:
    """Takes keys out of study.toml, and names the key where one is wrong."""

    def __init__(self, root: Path, raw: dict[str, Any]) -> None:
        self.root, self.raw = root, raw

    def fail(self, key: str, wanted: str, came: str, do: str = "") -> DefinitionError:
        return DefinitionError(f"{self.root / STUDY_FILE}, {key}: {wanted}", came, do)

    def get(
        self, table: Mapping[str, Any], where: str, key: str, kind: type, default: Any = ...
    ) -> Any:
        value = table.get(key, default)
        if value is ...:
            raise self.fail(f"[{where}] {key}", "a value was wanted.", "The key is missing.")
        # bool is an int in Python; a date is no datetime here.
        if value is not default and type(value) is not kind:
            raise self.fail(
                f"[{where}] {key}", f"a {kind.__name__} was wanted.", f"It is {value!r}."
            )
        return value

    def path(self, table: Mapping[str, Any], where: str, key: str, default: Any = ...) -> Any:
        value = self.get(table, where, key, str, default)
        return value if value is None else self.inside(value, f"[{where}] {key}")

    def inside(self, value: str, key: str) -> Path:
        path = (self.root / value).resolve()
        if not path.is_relative_to(self.root):
            raise self.fail(key, "a path inside the study was wanted.", f"It is {value!r}.")
        return path

    def config(self) -> StudyConfig:
        study = self.get(self.raw, "", "study", dict)
        disclosure = self.disclosure()
        definitions = self.get(self.raw, "", "definitions", dict)
        outputs = self.raw.get("outputs", {})
        tables = self.get(self.raw, "", "sources", dict)
        return StudyConfig(
            root=self.root,
            name=self.get(study, "study", "name", str),
            title=self.get(study, "study", "title", str),
            synthetic=self.get(study, "study", "synthetic", bool),
            date=self.get(study, "study", "date", dt.date),
            sponsor=self.get(study, "study", "sponsor", str),
            contact=self.get(study, "study", "contact", str),
            sources={name: self.source(name, table) for name, table in tables.items()},
            weights={n: self.plan(n, t) for n, t in self.raw.get("weights", {}).items()},
            disclosure=disclosure,
            rubric=self.path(definitions, "definitions", "rubric"),
            segments=self.path(definitions, "definitions", "segments"),
            hypotheses=self.path(definitions, "definitions", "hypotheses"),
            benchmarks=self.path(definitions, "definitions", "benchmarks"),
            processed=self.path(outputs, "outputs", "processed", "data/processed"),
            reports=self.path(outputs, "outputs", "reports", "reports"),
            notebooks=self.path(outputs, "outputs", "notebooks", "notebooks"),
            settings=self.raw.get("settings", {}),
            quality=self.quality(),
            truth=self.path(study, "study", "truth", None),
            links=self.links(),
            **self.privacy(),
            release=self.get(self.raw, "", "release", dict, {}),
        )

    def privacy(self) -> dict[str, Any]:
        table = self.get(self.raw, "", "privacy", dict, {})
        key_file = self.get(table, "privacy", "key_file", str, None)
        words = self.get(table, "privacy", "public_words", list, [])
        return {
            # Not `path`: the key must not lie inside the study.
            "key_file": None if key_file is None else (self.root / key_file).resolve(),
            "public_words": tuple(str(word) for word in words),
        }

    def links(self) -> LinkPlan | None:
        table = self.get(self.raw, "", "links", dict, None)
        if table is None:
            return None
        known = self.raw["sources"]
        named = self.get(table, "links", "sources", list)
        if unknown := [n for n in named if n not in known]:
            raise self.fail(
                "[links] sources", "sources of this study were wanted.",
                f"One is '{unknown[0]}'.", did_you_mean(str(unknown[0]), known),
            )  # fmt: skip
        return LinkPlan(
            sources=tuple(named),
            decisions=self.path(table, "links", "decisions", None),
            worksheet=self.path(table, "links", "worksheet", None),
        )

    def quality(self) -> Quality:
        table = self.get(self.raw, "", "quality", dict, {})
        exclude = self.get(table, "quality", "exclude", list, [])
        for rule in exclude:
            if rule not in EXCLUSIONS:
                raise self.fail(
                    "[quality] exclude", f"rules out of {', '.join(EXCLUSIONS)} were wanted.",
                    f"One is {rule!r}.",
                )  # fmt: skip
        return Quality(tuple(exclude), self.get(table, "quality", "attention", dict, {}))

    def disclosure(self) -> dict[str, str]:
        table = self.get(self.raw, "", "disclosure", dict)
        for key in DISCLOSURE:
            if not str(table.get(key, "")).strip():
                raise self.fail(
                    f"[disclosure] {key}",
                    "each of the eleven AAPOR items needs a text.",
                    "This one is empty.",
                )
        return {key: str(table[key]).strip() for key in DISCLOSURE}

    def source(self, name: str, table: dict[str, Any]) -> Source:
        where = f"sources.{name}"
        if name not in SOURCES:
            raise self.fail(
                f"[{where}]", f"one of {', '.join(SOURCES)} was wanted.", f"It is '{name}'.",
                did_you_mean(name, SOURCES),
            )  # fmt: skip
        sample_type = self.get(table, where, "sample_type", str)
        if sample_type not in SAMPLE_TYPES:
            raise self.fail(
                f"[{where}] sample_type",
                f"one of {', '.join(SAMPLE_TYPES)} was wanted.",
                f"It is {sample_type!r}.",
            )
        source = Source(
            name=name,
            export=self.path(table, where, "export"),
            instrument=self.path(table, where, "instrument"),
            platform=self.get(table, where, "platform", str, "auto"),
            sample_type=sample_type,
            field_start=self.get(table, where, "field_start", dt.date),
            field_end=self.get(table, where, "field_end", dt.date),
            unit=self.get(table, where, "unit", str),
            sample=self.path(table, where, "sample", None),
            frame=self.path(table, where, "frame", None),
            links_to=self.get(table, where, "links_to", str, None),
            time_zone=self.get(table, where, "time_zone", str, "UTC"),
            codebook=self.path(table, where, "codebook", None),
            mapping=self.path(table, where, "mapping", None),
            corrections=self.path(table, where, "corrections", None),
            drift=self.path(table, where, "drift", None),
        )
        if source.field_end < source.field_start:
            raise self.fail(
                f"[{where}] field_end",
                "the field period should end after it starts.",
                f"{source.field_end} is before {source.field_start}.",
            )
        return source

    def plan(self, name: str, table: dict[str, Any]) -> WeightPlan:
        where = f"weights.{name}"
        trim = table.get("trim")
        return WeightPlan(
            nonresponse=tuple(self.get(table, where, "nonresponse", list, [])),
            margins=tuple(
                self.inside(m, f"[{where}] margins")
                for m in self.get(table, where, "margins", list, [])
            ),
            trim=None if trim is None else float(trim),
        )
