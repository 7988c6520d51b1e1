"""Steps that make the tables: definitions, intake, classify, weigh, join."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mspsurvey.contract import (
    classes_contract,
    hold,
    joined_contract,
    missing_contract,
    responses_contract,
    weights_contract,
)
from mspsurvey.files import write_whole
from mspsurvey.instrument import load_instrument
from mspsurvey.keyed import read_key
from mspsurvey.pipeline.step import Say, Step, code
from mspsurvey.schema import LOGS, Processed, read_table, write_table
from mspsurvey.study_file import BUILD_FOLDER, STUDY_FILE, StudyConfig

if TYPE_CHECKING:
    import pandas as pd


def table_steps(config: StudyConfig) -> Iterator[Step]:
    """Give the steps from raw exports to one joined table a source."""
    processed = Processed(config.aside.processed)
    yield _definitions_step(config)
    yield _intake_step(config, processed)
    yield from (_classify_step(config, processed, name) for name in config.sources)
    yield from (_weigh_step(config, processed, name) for name in config.weights)
    yield from (_join_step(config, processed, name) for name in config.sources)


def _checked(config: StudyConfig) -> Path:
    """Give the file that says that all definitions can be used.

    Its text never changes, so that it makes no step stale; but every step waits for it, and
    a broken definition stops the build before anything is made.
    """
    return config.root / BUILD_FOLDER / "definitions.checked"


def _definitions_step(config: StudyConfig) -> Step:
    def run(say: Say) -> None:
        from mspsurvey.evidence.definitions import load_all  # pandas: a second

        definitions = load_all(config)
        for name, source in config.sources.items():
            say(source.instrument.name)
            definitions.check(load_instrument(source.instrument), name, config.hypotheses)
        say(definitions.summary)
        write_whole(_checked(config), "All definitions could be read.\n")

    reads = (config.root / STUDY_FILE, *config.definitions, *code("evidence", "inference"))
    return Step("definitions", reads, (_checked(config),), run)


def _intake_step(config: StudyConfig, processed: Processed) -> Step:
    def run(say: Say) -> None:
        from mspsurvey.intake.hand_on import hand_on
        from mspsurvey.intake.take_in import take_in  # pandas: a second

        taken = take_in(config, say)
        for name, source in config.sources.items():
            instrument = load_instrument(source.instrument)
            hold(taken.responses[name], responses_contract(instrument))
            hold(taken.missing[name], missing_contract(instrument))
        hand_on(taken, config, say, to=processed)

    return Step(
        "intake",
        (_checked(config), config.root / STUDY_FILE, *_inputs(config), *code("intake")),
        tuple(_taken(config, processed)),
        run,
        settings=read_key(config).fingerprint,
    )


def _inputs(config: StudyConfig) -> list[Path]:
    """Give the files that intake reads; a person's decisions on links need not be there."""
    read = [p for s in config.sources.values() for p in (*s.inputs, s.instrument)]
    decided = config.links.decisions if config.links else None
    read += [decided] if decided is not None and decided.is_file() else []
    return read + ([config.key_file] if config.key_file is not None else [])


def _taken(config: StudyConfig, processed: Processed) -> list[Path]:
    """Give the tables that intake writes."""
    names = list(config.sources)
    tables = [processed.responses(n) for n in names] + [processed.missing(n) for n in names]
    tables += [processed.log(n) for n in LOGS]
    return tables + [processed.links(n) for n in ("links", "rates") if config.links]


def _classify_step(config: StudyConfig, processed: Processed, name: str) -> Step:
    """Derive segments, and for MSPs the rubric's scores and classes."""
    answers, reasons = processed.responses(name), processed.missing(name)

    def run(say: Say) -> None:
        from mspsurvey.evidence.definitions import load_all  # pandas: a second

        responses = read_table(answers)
        say(f"{len(responses):,} responses")
        definitions = load_all(config)
        classes = definitions.classify(responses, name, missing=read_table(reasons))
        hold(classes, classes_contract(definitions.variables(name), name=name))
        write_table(classes, processed.classes(name))

    definitions = [_checked(config), config.root / STUDY_FILE, config.segments]
    definitions += [config.rubric] if config.rubric else []
    return Step(
        f"classify {name}",
        (*definitions, answers, reasons, *code("evidence", "inference")),
        (processed.classes(name),),
        run,
    )


def _weigh_step(config: StudyConfig, processed: Processed, name: str) -> Step:
    """Make the weights of one source, each step a column."""
    source, plan = config.sources[name], config.weights[name]
    drawn = [p for p in (source.sample, source.frame) if p is not None]
    tables = (processed.responses(name), processed.classes(name))

    def run(say: Say) -> None:
        from mspsurvey.inference.weight.margin import load_margins  # pandas: a second
        from mspsurvey.inference.weight.weigh import weigh

        answers, classes = (read_table(path) for path in tables)
        sample, frame = (_read_coded(path, config) for path in drawn)
        weights, record = weigh(
            answers.merge(classes, on="resp_id", validate="one_to_one"),
            sample=sample,
            frame=frame,
            plan=plan,
            margins=[margin for path in plan.margins for margin in load_margins(path)],
        )
        say(f"design effect {record['deff_kish'].iloc[-1]:.2f}")
        write_table(hold(weights, weights_contract(name=name)), processed.weights(name))
        write_table(record, processed.weighting(name))

    read = (*tables, *drawn, *plan.margins, *code("inference", "intake"))
    return Step(
        f"weigh {name}",
        (config.root / STUDY_FILE, *read),
        (processed.weights(name), processed.weighting(name)),
        run,
        settings=read_key(config).fingerprint,
    )


def _read_coded(path: Path, config: StudyConfig) -> pd.DataFrame:
    """Read a sample or a frame, with codes in place of its ids as in the answers."""
    import pandas as pd

    from mspsurvey.intake.privacy.coded import coded

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return coded(table, read_key(config))


def _join_step(config: StudyConfig, processed: Processed, name: str) -> Step:
    """Put answers, classes and weights of one source side by side."""
    source, weighted = config.sources[name], name in config.weights
    parts = [processed.responses(name), processed.classes(name)]
    parts += [processed.weights(name)] if weighted else []
    linked = [source.links_to] if source.links_to else []
    others = [table(n) for n in linked for table in (processed.responses, processed.classes)]

    def run(say: Say) -> None:
        from mspsurvey.evidence.definitions import load_all  # pandas: a second

        table, *more = (read_table(path) for path in parts)
        for part in more:
            new = part.drop(columns="stratum", errors="ignore")  # the answers have it
            table = table.merge(new, on="resp_id", how="left", validate="one_to_one")
        if others:
            table = table.merge(_linked(*others), on="msp_sample_id", how="left")
        say(f"{len(table):,} rows, {len(table.columns)} columns")
        instrument = load_instrument(source.instrument)
        described = instrument.with_derived(load_all(config).variables(name))
        hold(table, joined_contract(described, weighted=weighted))
        write_table(table, processed.joined(name))

    read = (_checked(config), *parts, *others, *code("evidence", "inference"))
    return Step(f"join {name}", read, (processed.joined(name),), run)


def _linked(responses: Path, classes: Path) -> pd.DataFrame:
    """Give the classes of the linked source, with its name before theirs."""
    answers = read_table(responses)[["resp_id", "sample_id"]]
    known = read_table(classes)
    told = known.columns.intersection(["resp_id", "size", "mat_level", "base_class"], sort=False)
    return answers.merge(known[told], on="resp_id").drop(columns="resp_id").add_prefix("msp_")
