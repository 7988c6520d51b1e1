"""What would stop a build, or make it poorer, found before it is run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mspsurvey.errors import MspSurveyError
from mspsurvey.instrument import load_instrument
from mspsurvey.instrument.lint import lint
from mspsurvey.keyed import DEMO_KEY, read_key
from mspsurvey.publish.handover import differing
from mspsurvey.publish.site.manifest import MANIFEST_FILE
from mspsurvey.study_file import StudyConfig, load_config


@dataclass(frozen=True)
class Check:
    """One thing looked at: what it is, what was found, and whether a build can go on."""

    what: str
    finding: str
    well: bool = True
    stops: bool = False


def examine(root: Path) -> Iterator[Check]:
    """Look at one thing after the other, from study.toml to the machine."""
    try:
        config = load_config(root)
    except MspSurveyError as error:
        yield Check("study.toml", str(error), well=False, stops=True)
        return
    yield Check("study.toml", config.title + (" (SYNTHETIC)" if config.synthetic else ""))
    yield _key(config)
    yield from _definitions(config)
    yield from _raw(config)
    yield from _answers(config)
    yield from _reports(config)
    yield from _machine()


def _key(config: StudyConfig) -> Check:
    """Say whether there is a key that ids can be turned into codes with; never which."""
    try:
        key = read_key(config)
    except MspSurveyError as error:
        return Check("key", str(error), well=False, stops=True)
    if key == DEMO_KEY:
        return Check("key", "the published one of invented data: it protects nobody")
    return Check("key", f"there, {len(key.secret)} characters")


def _definitions(config: StudyConfig) -> Iterator[Check]:
    from mspsurvey.evidence.definitions import load_all

    instruments = {}
    for path in sorted({s.instrument for s in config.sources.values()}):
        try:
            instrument = instruments[path] = load_instrument(path)
        except MspSurveyError as error:
            yield Check(path.name, str(error), well=False, stops=True)
        else:
            questions, columns = len(instrument.questions), len(instrument.variables)
            yield Check(path.name, f"{questions} questions, {columns} variables")
            for fault in lint(path):
                stops = fault.severity == "error"
                yield Check(fault.rule, str(fault), well=fault.severity == "note", stops=stops)
    try:
        definitions = load_all(config)
        for name, source in config.sources.items():
            if source.instrument in instruments:
                definitions.check(instruments[source.instrument], name, config.hypotheses)
    except MspSurveyError as error:
        yield Check("definitions", str(error), well=False, stops=True)
    else:
        yield Check("definitions", definitions.summary)


def _raw(config: StudyConfig) -> Iterator[Check]:
    from mspsurvey.intake.readers import read_responses

    for source in config.sources.values():
        for path in source.inputs:
            if not path.is_file():
                yield Check(path.name, f"{path} is not there", well=False, stops=True)
        if not source.export.exists():
            continue
        form = None if source.platform == "auto" else source.platform
        try:
            export = read_responses(source.export, form)
        except MspSurveyError as error:
            yield Check(source.export.name, str(error), well=False, stops=True)
        else:
            size = f"{len(export.answers):,} rows, {len(export.columns)} columns"
            yield Check(source.export.name, f"{export.platform}: {size}")


def _answers(config: StudyConfig) -> Iterator[Check]:
    """Say what the last build found wrong with the answers: what, where, how often, what to do."""
    from mspsurvey.intake.validate import summary  # pandas: a second
    from mspsurvey.schema import Processed, read_table

    processed = Processed(config.processed)
    if not processed.log("findings").is_file():
        yield Check("answers", "not looked at yet: run `mspsurvey build`")
        return
    for source, found in read_table(processed.log("findings")).groupby("source", sort=False):
        for row in summary(found).to_dict("records"):
            told = f"{row['n']:,} × {row['message']} ({row['columns']}). {row['remedy']}"
            yield Check(str(source), told, well=False)
    queries = read_table(processed.log("queries"))
    aside = read_table(processed.log("quarantine"))
    yield Check(
        "answers",
        f"{len(read_table(processed.log('changes'))):,} changed, {len(aside):,} responses set "
        f"aside, {len(queries):,} values for a person to look at; report 08 lists them by rule",
    )


def _reports(config: StudyConfig) -> Iterator[Check]:
    """Say whether readers see what the last build made."""
    if not (config.reports / MANIFEST_FILE).is_file():
        yield Check("reports", "not made yet: run `mspsurvey build`")
    elif other := differing(config):
        names = ", ".join(path.name for path in other[:3]) + (" …" if len(other) > 3 else "")
        told = f"{len(other)} files are not those of the last build ({names}), which was cut "
        told += "short, or they were edited: run `mspsurvey build`"
        yield Check("reports", told, well=False)
    else:
        yield Check("reports", "as the last build made them")


def _machine() -> Iterator[Check]:
    version = ".".join(str(v) for v in sys.version_info[:3])
    yield Check("Python", version, stops=sys.version_info < (3, 11))
    for what, names, use in (
        ("browser", ("chromium", "chromium-browser", "google-chrome"), "tests look at pages"),
        ("R", ("Rscript",), "tests compare with R survey"),
    ):
        found = next((n for n in names if shutil.which(n)), None)
        missing = f"none; builds do not need it ({use})"
        yield Check(what, found or missing, well=found is not None)
