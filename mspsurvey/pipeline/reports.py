"""Steps that make what people read, aside: reports, their audit, their pages, the site."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mspsurvey.pipeline.step import Say, Step, code, sources
from mspsurvey.publish.report.stage import FINDINGS, LEDGER, STAGED
from mspsurvey.schema import LOGS, Processed
from mspsurvey.study_file import BUILD_FOLDER, STUDY_FILE, StudyConfig


def stage(config: StudyConfig, notebook: Path) -> Path:
    """Give the folder in which a report is made before it is published."""
    return config.root / BUILD_FOLDER / notebook.stem


def report_step(config: StudyConfig, notebook: Path) -> Step:
    """Run one notebook, and make its page, findings, charts and ledger."""
    made, processed = stage(config, notebook), Processed(config.aside.processed)

    def run(say: Say) -> None:
        from mspsurvey.publish.report.build import build_page  # nbclient, nbconvert: a second
        from mspsurvey.workbench import STAGE

        build_page(notebook, config, made, stage_variable=STAGE, say=say)

    tables = [processed.joined(s) for s in config.sources]
    tables += [processed.missing(s) for s in config.sources]
    tables += [processed.log(name) for name in LOGS]
    truth = sorted(config.truth.iterdir()) if config.truth and config.truth.is_dir() else []
    definitions = (config.root / STUDY_FILE, *config.definitions)
    return Step(
        f"report {notebook.stem}",
        (notebook, *definitions, *tables, *truth, *sources()),
        tuple(made / file for file in STAGED),
        run,
    )


def audit_step(config: StudyConfig, notebooks: Iterable[Path]) -> Step:
    """Let no page out from which something hidden can be worked out, alone or with others."""
    ledgers = [stage(config, n) / LEDGER for n in notebooks]
    processed = Processed(config.aside.processed)

    def run(say: Say) -> None:
        from mspsurvey.workbench.disclosure import audit_build  # pandas: a second

        audit_build(config.aside, ledgers, _audited(config), say)

    tables = [processed.joined(name) for name in config.sources]
    return Step("audit", (*ledgers, *tables, *sources()), (_audited(config),), run)


def _audited(config: StudyConfig) -> Path:
    return config.root / BUILD_FOLDER / "audit.json"


def page_step(config: StudyConfig, notebook: Path) -> Step:
    """Lay the page and the charts of an audited report beside those of the others."""
    made = stage(config, notebook)

    def run(say: Say) -> None:
        from mspsurvey.publish.report.build import lay_down

        say(lay_down(notebook.stem, config.aside, made).name)

    staged = [made / file for file in STAGED]
    return Step(
        f"page {notebook.stem}",
        (*staged, _audited(config), *code("publish")),
        (config.aside.reports / f"{notebook.stem}.html",),
        run,
    )


def site_step(config: StudyConfig, notebooks: list[Path]) -> Step:
    """Make the index of reports and charts, the page on methods, and all findings as a file."""
    made, processed = config.aside.reports, Processed(config.aside.processed)

    def run(say: Say) -> None:
        from mspsurvey.publish.site.publication import publish

        publish(config.aside, [(n, stage(config, n)) for n in notebooks], say)

    inputs = [stage(config, n) / file for n in notebooks for file in STAGED]
    inputs += [made / f"{n.stem}.html" for n in notebooks]
    inputs += [processed.log("counts"), *(processed.weighting(n) for n in config.weights)]
    inputs += [*notebooks, config.root / STUDY_FILE, config.hypotheses]
    pages = ("index.html", "methods.html", FINDINGS)
    return Step("site", (*inputs, *sources()), tuple(made / page for page in pages), run)
