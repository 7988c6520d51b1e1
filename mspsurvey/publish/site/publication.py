"""The study as its readers meet it: the site, and all findings in one file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mspsurvey.evidence.finding import Finding, read_findings, write_findings
from mspsurvey.evidence.hypothesis import load_hypotheses
from mspsurvey.publish.report.stage import FINDINGS, RECORD
from mspsurvey.publish.site.index import build_site
from mspsurvey.schema import Processed, read_table
from mspsurvey.study_file import StudyConfig

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def publish(
    config: StudyConfig, reports: Sequence[tuple[Path, Path]], say: Callable[[str], None]
) -> None:
    """Publish what the reports have handed over.

    Parameters
    ----------
    config : StudyConfig
        The study.
    reports : sequence of (Path, Path)
        Notebook of each report, and the folder that holds its ``findings.json`` and
        ``report.json``.
    """
    findings: list[Finding] = []
    charts: list[dict[str, Any]] = []
    pages: list[dict[str, Any]] = []
    files: set[str] = set()
    for notebook, stage in reports:
        record = json.loads((stage / RECORD).read_text(encoding="utf-8"))
        findings += read_findings(stage / FINDINGS)
        charts += record["charts"]
        files |= {*(str(chart["id"]) for chart in record["charts"]), *record["tables"]}
        pages.append({**_page(notebook), "headlines": record["headlines"]})
    processed = Processed(config.processed)
    say(f"{len(findings)} findings, {len(charts)} charts")
    build_site(
        config.reports,
        config,
        [asdict(finding) for finding in findings],
        charts,
        pages,
        counts=read_table(processed.log("counts")),
        weighting={name: read_table(processed.weighting(name)) for name in config.weights},
        claims={h.id: h.claim for h in load_hypotheses(config.hypotheses).values()},
    )
    write_findings(config.reports / FINDINGS, findings)
    _take_away(config.reports, {page["id"] for page in pages}, files)


def _page(notebook: Path) -> dict[str, str]:
    """Title and first paragraph of a report, from its first cell."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    prose = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    heading = _HEADING.search(prose)
    after = prose[heading.end() :] if heading else prose
    summary = next((p.strip() for p in after.split("\n\n") if p.strip()), "")
    return {
        "id": notebook.stem,
        "title": heading[1].strip() if heading else notebook.stem,
        "href": f"{notebook.stem}.html",
        "summary": " ".join(summary.split()),
    }


def _take_away(folder: Path, pages: set[str], files: set[str]) -> None:
    """Take away pages, charts and tables of reports that are no more."""
    old = [p for p in folder.glob("[0-9][0-9]_*.html") if p.stem not in pages]
    old += [p for p in folder.glob("charts/[0-9][0-9]-*") if p.stem not in files]
    for path in old:
        path.unlink()
