"""One report: its notebook run and turned into a page; then, once audited, laid down."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from mspsurvey.errors import PublicationError
from mspsurvey.files import sha256, write_whole
from mspsurvey.publish.page.about import about
from mspsurvey.publish.report.execute import execute_notebook
from mspsurvey.publish.report.stage import CHARTS, HANDED_OVER, PAGE, RECORD
from mspsurvey.study_file import StudyConfig


def build_page(
    notebook: Path, config: StudyConfig, stage: Path, *, stage_variable: str,
    say: Callable[[str], None],
) -> Path:  # fmt: skip
    """Run a report's notebook and make its page, in a folder aside that no reader sees.

    Parameters
    ----------
    notebook : Path
        The report.
    config : StudyConfig
        The study.
    stage : Path
        Folder aside; replaced when all is made.
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
    write_whole(fresh / PAGE, _page(executed))
    drawn = [f"{sha256(path)}  {path.name}\n" for path in sorted(fresh.glob("charts/*"))]
    write_whole(fresh / CHARTS, "".join(drawn))
    shutil.rmtree(stage, ignore_errors=True)
    fresh.rename(stage)
    return stage / PAGE


def lay_down(name: str, config: StudyConfig, stage: Path) -> Path:
    """Publish the page and the charts of a report that was made and audited.

    Parameters
    ----------
    name : str
        Of the report.
    config : StudyConfig
    stage : Path
        Folder aside in which it was made.

    Returns
    -------
    Path
        The page that readers see.
    """
    _publish_charts(name, _ids(stage), stage, config.reports / "charts")
    return write_whole(config.reports / f"{name}.html", (stage / PAGE).read_bytes())


def _epoch(config: StudyConfig) -> str:
    """Midnight of the study's date, in seconds: the only clock of a build."""
    midnight = dt.datetime.combine(config.date, dt.time(), tzinfo=dt.UTC)
    return str(int(midnight.timestamp()))


def _page(executed: Path) -> str:
    from mspsurvey.publish.report.exporter import MspHTMLExporter  # nbconvert: half a second

    page, _ = MspHTMLExporter().from_filename(str(executed))  # type: ignore[no-untyped-call]
    return str(page)


def _ids(stage: Path) -> set[str]:
    """Ids of the charts and tables of a report, by which their files are named."""
    record = json.loads((stage / RECORD).read_text(encoding="utf-8"))
    return {*(str(chart["id"]) for chart in record["charts"]), *record["tables"]}


def _publish_charts(name: str, ids: set[str], fresh: Path, to: Path) -> None:
    """Lay new chart files down one by one, and take away those of charts that are gone."""
    for path in sorted(fresh.glob("charts/*")):
        write_whole(to / path.name, path.read_bytes())
    # A chart's id begins with the two digits of its report.
    for path in sorted(to.glob(f"{name[:2]}-*")):
        if path.stem not in ids:
            path.unlink()
