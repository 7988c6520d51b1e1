"""The build: steps, what each reads and writes, and what is stale.

The method from top to bottom: intake, classify, weigh, join, one report a notebook, audit,
site, privacy, hand over. doit decides by content hash which steps are stale. All is made aside
(``StudyConfig.aside``), and handed over to its readers only when it was audited and searched:
a build that fails or is killed before leaves what they have as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mspsurvey
from mspsurvey.contract import (
    classes_contract,
    hold,
    joined_contract,
    missing_contract,
    responses_contract,
    weights_contract,
)
from mspsurvey.errors import DefinitionError, ReadError
from mspsurvey.files import fingerprint, write_whole
from mspsurvey.instrument import load_instrument
from mspsurvey.keyed import read_key
from mspsurvey.publish.handover import Handover
from mspsurvey.publish.report.stage import LEDGER, STAGED
from mspsurvey.publish.site.manifest import MANIFEST_FILE
from mspsurvey.schema import LOGS, Processed, read_table, write_table
from mspsurvey.study_file import BUILD_FOLDER, STUDY_FILE, StudyConfig

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = Path(mspsurvey.__file__).parent
BASE = (
    "errors.py",
    "files.py",
    "condition.py",
    "study_file.py",
    "keyed.py",
    "schema.py",
    "contract.py",
    "instrument",
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step of the build.

    Attributes
    ----------
    name : str
        Verb or report, as the progress line shows it.
    reads, writes : tuple of Path
        Files whose content decides whether the step is stale, and files it makes.
    run : callable
        Does the work; takes a function that says what is going on.
    settings : str
        What else the step depends on; it is kept in the record of builds, so no secret.
    current : callable, optional
        Whether what the step made is still as it left it.
    """

    name: str
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]
    run: Callable[[Say], None]
    settings: str = ""
    current: Callable[[], bool] | None = None


def steps(config: StudyConfig, *, only: str | None = None) -> list[Step]:
    """List the steps of a build in the order of the data.

    Parameters
    ----------
    config : StudyConfig
        The study.
    only : str, optional
        Name of one report; then the other reports and the site are left out.

    Raises
    ------
    ReadError, DefinitionError
        Where a file that a step reads is not there.
    """
    processed = Processed(config.aside.processed)
    plan = [_definitions(config), _intake(config, processed), *_tables(config, processed)]
    notebooks = report_notebooks(config)
    if only is not None:
        notebooks = [n for n in notebooks if n.stem == only]
    reports = [_report(config, processed, notebook) for notebook in notebooks]
    # A report that is built alone stands beside those of earlier builds.
    told = [n for n in report_notebooks(config) if (_stage(config, n.stem) / LEDGER).is_file()]
    plan += [*reports, _audit(config, processed, sorted({*notebooks, *told}))]
    plan += [_page(config, notebook) for notebook in notebooks]
    if only is None:
        plan.append(_site(config, processed, notebooks))
    handover = Handover(config, _made(config, plan, tables=True), alone=only is not None)
    plan += [step(config, plan, handover) for step in (privacy_step, hand_over_step)]
    made = {path for step in plan for path in step.writes}
    _require({path for step in plan for path in step.reads} - made)
    return plan


def report_notebooks(config: StudyConfig) -> list[Path]:
    """Give the notebooks that are reports: their names begin with two digits."""
    return sorted(config.notebooks.glob("[0-9][0-9]_*.ipynb"))


def _require(paths: set[Path]) -> None:
    for path in sorted(paths):
        if not path.is_file():
            kind = ReadError if path.suffix == ".csv" else DefinitionError
            raise kind(
                f"The file {path} was wanted.",
                "It is not there.",
                f"Put it there, or change its path in {STUDY_FILE}.",
            )


def _code(*rooms: str) -> Iterator[Path]:
    """Give the source files that a step depends on."""
    for name in (*BASE, *rooms):
        path = PACKAGE / name
        yield from [path] if path.is_file() else _sources(path)


def _sources(folder: Path) -> list[Path]:
    """Give what a folder of the package holds: code, templates, fonts; no compiled code."""
    kept = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return sorted(kept)


def _checked(config: StudyConfig) -> Path:
    """Give the file that says that all definitions can be used.

    Its text never changes, so that it makes no step stale; but every step waits for it, and
    a broken definition stops the build before anything is made.
    """
    return config.root / BUILD_FOLDER / "definitions.checked"


def _definitions(config: StudyConfig) -> Step:
    def run(say: Say) -> None:
        from mspsurvey.evidence.definitions import load_all  # pandas: a second

        definitions = load_all(config)
        for name, source in config.sources.items():
            say(source.instrument.name)
            definitions.check(load_instrument(source.instrument), name, config.hypotheses)
        say(definitions.summary)
        write_whole(_checked(config), "All definitions could be read.\n")

    return Step(
        "definitions",
        (config.root / STUDY_FILE, *config.definitions, *_code("evidence")),
        (_checked(config),),
        run,
    )


def _intake(config: StudyConfig, processed: Processed) -> Step:
    def run(say: Say) -> None:
        from mspsurvey.intake.hand_on import hand_on
        from mspsurvey.intake.take_in import take_in  # pandas: a second

        taken = take_in(config, say)
        for name, source in config.sources.items():
            instrument = load_instrument(source.instrument)
            hold(taken.responses[name], responses_contract(instrument))
            hold(taken.missing[name], missing_contract(instrument))
        hand_on(taken, config, say, to=processed)

    names = list(config.sources)
    inputs = [p for s in config.sources.values() for p in (*s.inputs, s.instrument)]
    outputs = [processed.responses(n) for n in names] + [processed.missing(n) for n in names]
    outputs += [processed.log(n) for n in LOGS]
    if config.links is not None:
        decided = config.links.decisions
        inputs += [decided] if decided is not None and decided.is_file() else []
        outputs += [processed.links(n) for n in ("links", "rates")]
    inputs += [config.key_file] if config.key_file is not None else []
    return Step(
        "intake",
        (_checked(config), config.root / STUDY_FILE, *inputs, *_code("intake")),
        tuple(outputs),
        run,
        settings=read_key(config).fingerprint,
    )


def _tables(config: StudyConfig, processed: Processed) -> Iterator[Step]:
    """Classify, weigh and join each source."""
    toml = config.root / STUDY_FILE
    for name in config.sources:
        yield Step(
            f"classify {name}",
            (
                _checked(config),
                toml,
                *_taken(processed, name),
                config.rubric,
                config.segments,
                *_code("evidence"),
            ),
            (processed.classes(name),),
            lambda say, name=name: _classify(config, processed, name, say),  # type: ignore[misc]
        )
    for name, plan in config.weights.items():
        source = config.sources[name]
        sample = tuple(p for p in (source.sample, source.frame) if p is not None)
        inputs = (processed.responses(name), processed.classes(name), *sample, *plan.margins)
        yield Step(
            f"weigh {name}",
            (toml, *inputs, *_code("inference")),
            (processed.weights(name), processed.weighting(name)),
            lambda say, name=name: _weigh(config, processed, name, say),  # type: ignore[misc]
            settings=read_key(config).fingerprint,
        )
    for name in config.sources:
        tables = [processed.responses(name), processed.classes(name)]
        tables += [processed.weights(name)] if name in config.weights else []
        if linked := config.sources[name].links_to:
            tables += [processed.responses(linked), processed.classes(linked)]
        yield Step(
            f"join {name}",
            (*tables, PACKAGE / "pipeline.py"),
            (processed.joined(name),),
            lambda say, name=name: _join(config, processed, name, say),  # type: ignore[misc]
        )


def _taken(processed: Processed, name: str) -> tuple[Path, Path]:
    return processed.responses(name), processed.missing(name)


def _classify(config: StudyConfig, processed: Processed, name: str, say: Say) -> None:
    """Derive segments, and for MSPs the rubric's scores and classes."""
    from mspsurvey.evidence.definitions import load_all

    responses, missing = (read_table(path) for path in _taken(processed, name))
    say(f"{len(responses):,} responses")
    definitions = load_all(config)
    classes = definitions.classify(responses, name, missing=missing)
    hold(classes, classes_contract(definitions.variables(name), name=name))
    write_table(classes, processed.classes(name))


def _weigh(config: StudyConfig, processed: Processed, name: str, say: Say) -> None:
    """Make the weights of one source, each step a column."""
    import pandas as pd

    from mspsurvey.inference.weight.weigh import weigh
    from mspsurvey.intake.privacy.coded import coded

    key = read_key(config)
    source, plan = config.sources[name], config.weights[name]
    assert source.sample is not None
    assert source.frame is not None
    answers = read_table(processed.responses(name))
    classes = read_table(processed.classes(name))
    weights, record = weigh(
        answers.merge(classes, on="resp_id", validate="one_to_one"),
        sample=coded(pd.read_csv(source.sample, dtype=str, keep_default_na=False), key),
        frame=coded(pd.read_csv(source.frame, dtype=str, keep_default_na=False), key),
        plan=plan,
        margins=[
            pd.read_csv(m, dtype={"level": str}, keep_default_na=False) for m in plan.margins
        ],
    )
    say(f"design effect {record['deff_kish'].iloc[-1]:.2f}")
    write_table(hold(weights, weights_contract(name=name)), processed.weights(name))
    write_table(record, processed.weighting(name))


def _join(config: StudyConfig, processed: Processed, name: str, say: Say) -> None:
    """Put answers, classes and weights of one source side by side."""
    from mspsurvey.evidence.definitions import load_all  # pandas: a second

    table = read_table(processed.responses(name))
    parts = [read_table(processed.classes(name))]
    if name in config.weights:
        parts.append(read_table(processed.weights(name)).drop(columns="stratum"))
    for part in parts:
        table = table.merge(part, on="resp_id", how="left", validate="one_to_one")
    if linked := config.sources[name].links_to:
        table = table.merge(_linked(processed, linked), on="msp_sample_id", how="left")
    say(f"{len(table):,} rows, {len(table.columns)} columns")
    instrument = load_instrument(config.sources[name].instrument)
    described = instrument.with_derived(load_all(config).variables(name))
    hold(table, joined_contract(described, weighted=name in config.weights))
    write_table(table, processed.joined(name))


def _linked(processed: Processed, name: str) -> pd.DataFrame:
    """Give the classes of the linked source, with its name before theirs."""
    answers = read_table(processed.responses(name))[["resp_id", "sample_id"]]
    classes = read_table(processed.classes(name))[["resp_id", "size", "mat_level", "base_class"]]
    table = answers.merge(classes, on="resp_id").drop(columns="resp_id")
    return table.add_prefix("msp_")


def _report(config: StudyConfig, processed: Processed, notebook: Path) -> Step:
    stage = _stage(config, notebook.stem)

    def run(say: Say) -> None:
        from mspsurvey.publish.report.build import build_page  # nbclient, nbconvert: a second
        from mspsurvey.workbench import STAGE

        build_page(notebook, config, stage, stage_variable=STAGE, say=say)

    tables = [processed.joined(s) for s in config.sources]
    tables += [processed.missing(s) for s in config.sources]
    tables += [processed.log(name) for name in LOGS]
    tables += sorted(config.truth.iterdir()) if config.truth and config.truth.is_dir() else []
    return Step(
        f"report {notebook.stem}",
        (notebook, config.root / STUDY_FILE, *config.definitions, *tables, *_sources(PACKAGE)),
        tuple(stage / file for file in STAGED),
        run,
    )


def _audit(config: StudyConfig, processed: Processed, notebooks: list[Path]) -> Step:
    """Let no page out from which something hidden can be worked out, alone or with others."""
    ledgers = [_stage(config, n.stem) / LEDGER for n in notebooks]

    def run(say: Say) -> None:
        from mspsurvey.workbench.disclosure import audit_build  # pandas: a second

        audit_build(config.aside, ledgers, _audited(config), say)

    tables = [processed.joined(name) for name in config.sources]
    code = _code("inference", "workbench")
    return Step("audit", (*ledgers, *tables, *code), (_audited(config),), run)


def _audited(config: StudyConfig) -> Path:
    return config.root / BUILD_FOLDER / "audit.json"


def _page(config: StudyConfig, notebook: Path) -> Step:
    stage = _stage(config, notebook.stem)

    def run(say: Say) -> None:
        from mspsurvey.publish.report.build import lay_down

        say(lay_down(notebook.stem, config.aside, stage).name)

    return Step(
        f"page {notebook.stem}",
        (*(stage / file for file in STAGED), _audited(config)),
        (config.aside.reports / f"{notebook.stem}.html",),
        run,
    )


def _site(config: StudyConfig, processed: Processed, notebooks: list[Path]) -> Step:
    made = config.aside.reports

    def run(say: Say) -> None:
        from mspsurvey.publish.site.publication import publish

        publish(config.aside, [(n, _stage(config, n.stem)) for n in notebooks], say)

    inputs = [_stage(config, n.stem) / file for n in notebooks for file in STAGED]
    inputs += [made / f"{n.stem}.html" for n in notebooks]
    inputs += [processed.log("counts"), *(processed.weighting(n) for n in config.weights)]
    inputs += [*notebooks, config.root / STUDY_FILE, config.hypotheses]
    pages = ("index.html", "methods.html", "findings.json")
    return Step(
        "site",
        (*inputs, *_sources(PACKAGE)),
        tuple(made / page for page in pages),
        run,
    )


def privacy_step(config: StudyConfig, plan: list[Step], handover: Handover) -> Step:
    """Search what readers will have for all that identifies a respondent or a firm."""
    checked = _searched(config)

    def told() -> str:
        return f"No identifier was found in any output ({fingerprint(handover.after)}).\n"

    def run(say: Say) -> None:
        from mspsurvey.intake.privacy.leaks import check_outputs  # pandas: a second

        check_outputs(config, say, paths=handover.after)
        write_whole(checked, told())

    def current() -> bool:
        return checked.is_file() and checked.read_text(encoding="utf-8") == told()

    raw = [path for source in config.sources.values() for path in source.inputs]
    definitions = (config.root / STUDY_FILE, *config.definitions)
    read = (*raw, *definitions, *_made(config, plan), *_code("intake"))
    return Step("privacy", read, (checked,), run, current=current)


def hand_over_step(config: StudyConfig, plan: list[Step], handover: Handover) -> Step:
    """Lay what was audited and searched where its readers look."""
    return Step(
        "hand over",
        (_searched(config), *_made(config, plan)),
        (config.reports / MANIFEST_FILE,),
        lambda say: say(f"{handover.do()} files"),
        current=lambda: handover.is_done,
    )


def _searched(config: StudyConfig) -> Path:
    return config.root / BUILD_FOLDER / "privacy.checked"


def _made(config: StudyConfig, plan: list[Step], *, tables: bool = False) -> list[Path]:
    """Give what is made to be handed over, or the tables alone; charts are not foreseen."""
    made = config.aside
    folders = (made.processed,) if tables else (made.processed, made.reports)
    written = [path for step in plan for path in step.writes]
    return [p for p in written if any(p.is_relative_to(folder) for folder in folders)]


def _stage(config: StudyConfig, name: str) -> Path:
    """Give the folder in which a report is made before it is published."""
    return config.root / BUILD_FOLDER / name
