"""Reading ``study.toml``: every mistake in it is named with its key, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mspsurvey.errors import DefinitionError, did_you_mean
from mspsurvey.study_file.model import (
    DISCLOSURE,
    EXCLUSIONS,
    SAMPLE_TYPES,
    SOURCES,
    STUDY_FILE,
    LinkPlan,
    Pages,
    Quality,
    Source,
    StudyConfig,
    WeightPlan,
)
from mspsurvey.toml import Table

_TABLES = (
    "study", "definitions", "outputs", "sources", "weights", "quality", "links", "privacy",
    "disclosure", "settings", "release", "pages",
)  # fmt: skip
_SOURCE = (
    "export", "instrument", "platform", "sample_type", "field_start", "field_end", "unit",
    "links_to", "time_zone",
)  # fmt: skip
_FILES = ("sample", "frame", "codebook", "mapping", "corrections", "drift")
"""Files of a source that need not be there."""
_LINKED = frozenset({"msps"})
"""Sources whose classes those of others can be given, with whose respondents they are linked."""


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


def load_config(root: Path | None = None) -> StudyConfig:
    """Read and check the study's ``study.toml``.

    Parameters
    ----------
    root : Path, optional
        Folder of the study; searched upwards from the working directory if not given.

    Raises
    ------
    DefinitionError
        Where the file or one of its keys is missing or unusable, or a key is not known.
    """
    root = find_root() if root is None else Path(root).resolve()
    top = Table.read(root / STUDY_FILE).only(*_TABLES)
    sources = _sources(top.table("sources"))
    return StudyConfig(
        root=root,
        **_study(top.table("study")),
        **_definitions(top.table("definitions")),
        **_outputs(top.part("outputs")),
        **_privacy(top.part("privacy")),
        disclosure=_disclosure(top.table("disclosure")),
        sources=sources,
        weights=_weights(top.part("weights"), sources),
        quality=_quality(top.part("quality")),
        links=_links(top.table("links"), sources) if "links" in top else None,
        settings=top.part("settings").data,
        release=top.part("release").data,
        pages=_pages(top.part("pages")),
    )


def _path(table: Table, key: str) -> Path:
    """Give a path inside the study, made absolute."""
    return _inside(table, key, table.text(key))


def _path_or_none(table: Table, key: str) -> Path | None:
    return _path(table, key) if key in table else None


def _inside(table: Table, key: str, value: str) -> Path:
    root = table.path.parent
    path = (root / value).resolve()
    if not path.is_relative_to(root):
        raise table.fail(key, "a path inside the study was wanted.", f"It is {value!r}.")
    return path


def _study(table: Table) -> dict[str, Any]:
    texts = ("name", "title", "sponsor", "contact")
    table.only(*texts, "synthetic", "date", "truth")
    return {
        **{key: table.text(key) for key in texts},
        "synthetic": table.flag("synthetic"),
        "date": table.date("date"),
        "truth": _path_or_none(table, "truth"),
    }


def _definitions(table: Table) -> dict[str, Any]:
    files = ("segments", "hypotheses", "benchmarks")
    table.only("rubric", *files)
    return {**{key: _path(table, key) for key in files}, "rubric": _path_or_none(table, "rubric")}


def _pages(table: Table) -> Pages:
    table.only("lead", "terms", "cannot")
    lead, terms = table.text("lead", Pages.lead), table.text("terms", "")
    return Pages(lead, terms, table.texts("cannot", ()))


def _outputs(table: Table) -> dict[str, Any]:
    folders = {"processed": "data/processed", "reports": "reports", "notebooks": "notebooks"}
    table.only(*folders)
    return {key: _inside(table, key, table.text(key, usual)) for key, usual in folders.items()}


def _privacy(table: Table) -> dict[str, Any]:
    table.only("key_file", "public_words")
    # Not `_path`: the key must not lie inside the study.
    key_file = table.path.parent / table.text("key_file") if "key_file" in table else None
    return {
        "key_file": key_file.resolve() if key_file else None,
        "public_words": table.texts("public_words", ()),
    }


def _disclosure(table: Table) -> dict[str, str]:
    table.only(*DISCLOSURE)
    texts = {key: table.text(key, "") for key in DISCLOSURE}
    for key, text in texts.items():
        if not text:
            wanted = "each of the eleven AAPOR items needs a text."
            raise table.fail(key, wanted, "This one is empty.")
    return texts


def _quality(table: Table) -> Quality:
    exclude = table.only("exclude", "attention").texts("exclude", ())
    if unknown := [rule for rule in exclude if rule not in EXCLUSIONS]:
        wanted = f"rules out of {', '.join(EXCLUSIONS)} were wanted."
        raise table.fail("exclude", wanted, f"One is {unknown[0]!r}.")
    return Quality(exclude, table.part("attention").data)


def _sources(tables: Table) -> dict[str, Source]:
    tables.only(*SOURCES)
    return {name: _source(tables.table(name), name) for name in tables.data}


def _source(table: Table, name: str) -> Source:
    table.only(*_SOURCE, *_FILES)
    source = Source(
        name=name,
        export=_path(table, "export"),
        instrument=_path(table, "instrument"),
        platform=table.text("platform", "auto"),
        sample_type=table.one_of("sample_type", SAMPLE_TYPES),
        field_start=table.date("field_start"),
        field_end=table.date("field_end"),
        unit=table.text("unit"),
        links_to=table.one_of("links_to", _LINKED - {name}) if "links_to" in table else None,
        time_zone=_time_zone(table),
        **{key: _path_or_none(table, key) for key in _FILES},
    )
    if source.field_end < source.field_start:
        wanted = "the field period should end after it starts."
        came = f"{source.field_end} is before {source.field_start}."
        raise table.fail("field_end", wanted, came)
    return source


def _time_zone(table: Table) -> str:
    name = table.text("time_zone", "UTC")
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        wanted = "a time zone such as 'America/New_York' was wanted."
        raise table.fail("time_zone", wanted, f"It is {name!r}.") from None
    return name


def _weights(tables: Table, sources: Mapping[str, Source]) -> dict[str, WeightPlan]:
    tables.only(*sources)
    return {name: _plan(tables.table(name), sources[name]) for name in tables.data}


def _plan(table: Table, source: Source) -> WeightPlan:
    table.only("nonresponse", "margins", "trim")
    if source.sample is None or source.frame is None:
        wanted = f"weights are made from sample and frame; sources.{source.name} should name both."
        raise table.fail("", wanted, "It does not.")
    trim = table.number("trim") if "trim" in table else None
    if trim is not None and trim <= 1:
        raise table.fail("trim", "a number above 1 was wanted.", f"It is {trim:g}.")
    return WeightPlan(
        nonresponse=table.texts("nonresponse", ()),
        margins=tuple(_inside(table, "margins", m) for m in table.texts("margins", ())),
        trim=trim,
    )


def _links(table: Table, sources: Mapping[str, Source]) -> LinkPlan:
    named = table.only("sources", "decisions", "worksheet").texts("sources")
    if unknown := [name for name in named if name not in sources]:
        wanted, came = "sources of this study were wanted.", f"One is '{unknown[0]}'."
        raise table.fail("sources", wanted, came, did_you_mean(unknown[0], sources))
    return LinkPlan(named, _path_or_none(table, "decisions"), _path_or_none(table, "worksheet"))
