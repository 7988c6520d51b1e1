"""One report: its notebook run, turned into a page, its findings and charts laid down."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from mspsurvey.errors import PublicationError
from mspsurvey.files import write_whole
from mspsurvey.publish.page.about import about
from mspsurvey.publish.report.execute import execute_notebook
from mspsurvey.study_file import StudyConfig

HANDED_OVER = ("findings.json", "report.json")
"""What a notebook's last cell, ``report.close()``, writes."""


def build_page(
    notebook: Path, config: StudyConfig, stage: Path, *, stage_variable: str,
    say: Callable[[str], None],
) -> Path:  # fmt: skip
    """Run a report's notebook and publish its page and charts.

    Everything is made in a folder aside; what readers see changes only when all of it is
    there.

    Parameters
    ----------
    notebook : Path
        The report.
    config : StudyConfig
        The study.
    stage : Path
        Folder aside; emptied first, but for what the last build handed over.
    stage_variable : str
        Variable of the kernel's environment that names the folder.

    Returns
    -------
    Path
        The page.
    """
    name = notebook.stem
    fresh = stage.with_name(f"{name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    say("running the notebook")
    executed = execute_notebook(
        notebook,
        parameters={},
        env={stage_variable: str(fresh), "SOURCE_DATE_EPOCH": _epoch(config)},
        cwd=notebook.parent,
        out=fresh / notebook.name,
        about=about(config, home="index.html", methods="methods.html", charts="charts"),
    )
    for file in HANDED_OVER:
        if not (fresh / file).is_file():
            raise PublicationError(
                f"{notebook.name} should hand over its findings and charts.",
                f"It did not write {file}.",
                "End the notebook with `report.close()`.",
            )
    say("making the page")
    page = _page(executed)
    _publish_charts(_ids(stage), fresh, config.reports / "charts")
    shutil.rmtree(stage, ignore_errors=True)
    fresh.rename(stage)
    return write_whole(config.reports / f"{name}.html", page)


def _epoch(config: StudyConfig) -> str:
    """Midnight of the study's date, in seconds: the only clock of a build."""
    midnight = dt.datetime.combine(config.date, dt.time(), tzinfo=dt.UTC)
    return str(int(midnight.timestamp()))


def _page(executed: Path) -> str:
    from mspsurvey.publish.report.exporter import MspHTMLExporter  # nbconvert: half a second

    page, _ = MspHTMLExporter().from_filename(str(executed))  # type: ignore[no-untyped-call]
    return str(page)


def _ids(stage: Path) -> set[str]:
    """Ids of the charts that the last build of this report made."""
    path = stage / "report.json"
    if not path.is_file():
        return set()
    record = json.loads(path.read_text(encoding="utf-8"))
    return {str(chart["id"]) for chart in record["charts"]}


def _publish_charts(old: set[str], fresh: Path, to: Path) -> None:
    """Lay new chart files down one by one, and take away those of charts that are gone."""
    for path in sorted(fresh.glob("charts/*")):
        write_whole(to / path.name, path.read_bytes())
    for gone in sorted(old - _ids(fresh)):
        for path in to.glob(f"{gone}.*"):
            path.unlink()
