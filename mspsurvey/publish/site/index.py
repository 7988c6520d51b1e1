"""The study's site: an index of reports and charts, and a page that says how we know.

Two static pages that work from the disk, with and without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from mspsurvey.evidence.strength import WORDS
from mspsurvey.evidence.verdict import CHART_WORDS
from mspsurvey.files import write_whole
from mspsurvey.inference.result.disclose import FEWEST_FOR_SHARE, FEWEST_N
from mspsurvey.publish.page import sheet
from mspsurvey.publish.page.about import about
from mspsurvey.publish.page.figure import DOWNLOADS, Table
from mspsurvey.study_file import StudyConfig

if TYPE_CHECKING:
    import pandas as pd

KEY_FINDINGS = 4
"""How many findings of a report stand open on the index; the others are folded."""

DISCLOSURE_TITLES = {
    "collection": "How the data were collected",
    "sponsor": "Who paid, and who did the work",
    "instruments": "What was asked",
    "population": "Whom it speaks of",
    "sample": "How people were chosen",
    "modes": "Mode and language",
    "dates": "When",
    "sizes": "How many, and how precise",
    "weighting": "How answers are weighted",
    "processing": "How answers were checked and cleaned",
    "limits": "What limits these results",
}


def build_site(
    reports: Path,
    study: StudyConfig,
    findings: Sequence[Mapping[str, Any]],
    charts: Sequence[Mapping[str, Any]],
    pages: Sequence[Mapping[str, Any]],
    *,
    counts: pd.DataFrame | None = None,
    weighting: Mapping[str, pd.DataFrame] | None = None,
    claims: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the site's pages, and lay the assets beside them.

    Parameters
    ----------
    reports : Path
        Folder of the site.
    study : StudyConfig
        Title, sponsor, date, disclosure.
    findings : sequence of mapping
        With the fields of a finding: ``finding_id``, ``report``, ``sentence``, ``strength``,
        ``ledger``, ``direction``, ``hypothesis``, ``suppressed``.
    charts : sequence of mapping
        ``id``, ``title``, ``alt``, ``report`` and, if wanted, ``topics``; the files are
        ``charts/<id>.png`` and so on.
    pages : sequence of mapping
        ``id`` (as in ``report``), ``title``, ``href`` and, if wanted, ``summary``.
    counts : DataFrame, optional
        Rows in, kept, quarantined and duplicates, one row a source.
    weighting : mapping of DataFrame, optional
        Steps of weighting, by name of the source.
    claims : mapping, optional
        Words of each hypothesis, by its id.

    Returns
    -------
    list of Path
        What was written.
    """
    reports.mkdir(parents=True, exist_ok=True)
    around = about(study, home="index.html", methods="methods.html")
    names = {name: source.unit for name, source in study.sources.items()}
    known = {page["id"] for page in pages}
    index = _render(
        "site/index.html.j2",
        about=around,
        study=study,
        pages=[_page(page, findings, claims or {}) for page in pages],
        charts=[_card(chart, pages) for chart in charts],
        topics=sorted({t for c in charts for t in c.get("topics", ())}),
        drawn=[p for p in pages if any(c["report"] == p["id"] for c in charts)],
        orphans=sorted({c["report"] for c in charts} - known),
        cannot=study.pages.cannot,
        strengths=dict(WORDS.values()),
    )
    methods = _render(
        "site/methods.html.j2",
        about=around,
        study=study,
        disclosure=[
            {"key": key, "title": DISCLOSURE_TITLES[key], "text": text}
            for key, text in study.disclosure.items()
        ],
        counts=counts_table(counts, names) if counts is not None else "",
        steps=[step_table(frame, names.get(n, n)) for n, frame in (weighting or {}).items()],
        cannot=study.pages.cannot,
        strengths=dict(WORDS.values()),
        fewest=FEWEST_N,
        fewest_for_share=FEWEST_FOR_SHARE,
    )
    written = [_write(reports / "index.html", index), _write(reports / "methods.html", methods)]
    return [*written, copy_assets(reports)]


def copy_assets(reports: Path) -> Path:
    """Lay Plotly's library, as installed, beside the pages: one copy for all of them."""
    source = Path(str(files("plotly").joinpath("package_data", "plotly.min.js")))
    return write_whole(reports / sheet.PLOTLY, source.read_bytes())


def counts_table(counts: pd.DataFrame, names: Mapping[str, str]) -> Markup:
    """Write the table that closes: rows in = kept + quarantined + duplicates."""
    titles = ("Survey", "Rows in", "Kept", "Set aside, with a reason", "Duplicates")
    rows = [
        [
            _capital(names.get(r["source"], r["source"])),
            *(f"{int(r[c]):,}" for c in list(counts)[1:]),
        ]
        for r in counts.to_dict("records")
    ]
    return Markup(Table(titles, rows, "What became of each row of the raw files").html())


STEP_NAMES = {
    "base": "Base weight",
    "nonresponse": "Nonresponse",
    "rake": "Raking",
    "trim": "Trimming",
    "final": "Final weight",
}


def step_table(steps: pd.DataFrame, name: str) -> Markup:
    """Write the record of the steps of weighting of one source.

    One table sums up each step; what it did to each stratum, class and level of a margin is
    folded, with the source of each margin under it.
    """
    whole = steps[steps["variable"].eq("")]
    parts = steps[steps["variable"].ne("")]
    whole_columns = (("n", 0), ("after", 0), ("deff_kish", 2), ("n_eff", 0))
    summary = [
        [
            STEP_NAMES.get(r["step"], r["step"]),
            *(_number(r[c], places) for c, places in whole_columns),
            r["note"],
        ]
        for r in whole.to_dict("records")
    ]
    columns = (("n", 0), ("target", 0), ("before", 0), ("after", 0), ("factor", 2))
    detail = [
        [
            STEP_NAMES.get(r["step"], r["step"]),
            r["variable"],
            r["level"],
            *(_number(r[c], places) for c, places in columns),
        ]
        for r in parts.to_dict("records")
    ]
    sources = parts.loc[parts["source"].ne(""), ["variable", "source"]].drop_duplicates()
    lines = Markup("").join(
        Markup("<li>{}: {}</li>").format(r["variable"], r["source"])
        for r in sources.to_dict("records")
    )
    head = ("Step", "Records", "Sum of weights", "Design effect", "Effective n", "Note")
    below = ("Step", "Variable", "Level", "Records", "Target", "Before", "After", "Factor")
    return Markup(
        "{}<details><summary>Every stratum, class and margin</summary>{}"
        "<p>Strata, classes and levels bear the names that they have in the sampling frame and in "
        "the questionnaire. Where the targets come from:</p><ul>{}</ul></details>"
    ).format(
        Markup(Table(head, summary, f"Weighting of {name}, step by step").html()),
        Markup(Table(below, detail, f"Weighting of {name} in full").html()),
        lines,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(value: float, places: int = 0) -> str:
    """Write a count without decimals, a factor with two; a step without this figure has none."""
    return "–" if value != value else f"{value:,.{places}f}"


def _page(
    page: Mapping[str, Any], findings: Iterable[Mapping[str, Any]], claims: Mapping[str, str]
) -> dict[str, Any]:
    """Gather what the index says of one report.

    Its headlines come first; without any, the findings that bear on a claim do.
    """
    own = [
        {"strength": "", "ledger": "", **f, "bears": _bearing(f, claims)}
        for f in findings
        if f["report"] == page["id"] and f.get("sentence") and not f.get("suppressed")
    ]
    own.sort(key=lambda f: _in_order(f["finding_id"]))
    first = list(page.get("headlines", ()))
    if first:
        own.sort(key=lambda f: first.index(f["finding_id"]) if f["finding_id"] in first else 999)
    else:
        own.sort(key=lambda f: not (f.get("hypothesis") and f.get("direction")))
    shown = len(first) or KEY_FINDINGS
    return {"summary": "", **page, "key": own[:shown], "others": own[shown:]}


def _in_order(finding_id: str) -> list[str]:
    """Sort key by which bands of size stand as they are counted: 5-9 before 10-19."""
    return [f"{int(p):09d}" if p.isdigit() else p for p in re.split(r"([0-9]+)", finding_id)]


def _bearing(finding: Mapping[str, Any], claims: Mapping[str, str]) -> str:
    hypothesis, direction = finding.get("hypothesis"), finding.get("direction")
    if not hypothesis or not direction:
        return ""
    claim = claims.get(hypothesis, "").rstrip(".")
    words = f"{CHART_WORDS[direction]} claim {hypothesis}"
    return f"{words}: “{claim}”" if claim else words


def _card(chart: Mapping[str, Any], pages: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    page = next((p for p in pages if p["id"] == chart["report"]), None)
    stem = f"charts/{chart['id']}"
    return {
        **chart,
        "image": f"{stem}.svg",
        "downloads": [(e.upper(), f"{stem}.{e}") for e in DOWNLOADS],
        "href": f"{page['href']}#chart-{chart['id']}" if page else "",
        "page": page["title"] if page else chart["report"],
        "topics": list(chart.get("topics", ())),
    }


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(sheet.TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css_text"] = sheet.css_text
    return environment


def _render(template: str, **content: Any) -> str:
    script = sheet.read("site/site.js")
    return (
        _environment()
        .get_template(template)
        .render(
            css=Markup(sheet.stylesheet("site/site.css")),
            csp=sheet.policy(script),
            script=Markup(script),
            **content,
        )
    )


def _write(path: Path, page: str) -> Path:
    sheet.require_no_address(page)
    return write_whole(path, page)
