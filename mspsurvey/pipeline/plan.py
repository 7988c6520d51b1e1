"""The steps of a build of one study, in the order of the data."""

from __future__ import annotations

from pathlib import Path

from mspsurvey.errors import DefinitionError, ReadError
from mspsurvey.pipeline.hand_over import last_steps
from mspsurvey.pipeline.reports import audit_step, page_step, report_step, site_step, stage
from mspsurvey.pipeline.step import Step
from mspsurvey.pipeline.tables import table_steps
from mspsurvey.publish.report.stage import LEDGER
from mspsurvey.study_file import STUDY_FILE, StudyConfig


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
    known = report_notebooks(config)
    notebooks = [n for n in known if only is None or n.stem == only]
    # A report that is built alone stands beside those of earlier builds.
    told = [n for n in known if n in notebooks or (stage(config, n) / LEDGER).is_file()]
    plan = list(table_steps(config))
    plan += [report_step(config, notebook) for notebook in notebooks]
    plan.append(audit_step(config, told))
    plan += [page_step(config, notebook) for notebook in notebooks]
    if only is None:
        plan.append(site_step(config, notebooks))
    plan += last_steps(config, plan, alone=only is not None)
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
