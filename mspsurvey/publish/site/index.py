"""The study's site: an index of reports and charts, and a page that says how we know.

Two static pages that work from the disk, with and without scripts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from mspsurvey.evidence.strength import WORDS
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

DIRECTION_WORDS = {
    "supports": "Supports",
    "against": "Speaks against",
    "mixed": "Mixed on",
    "cannot tell": "Cannot decide",
}
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
CANNOT_ANSWER = (
    "Whether a licence would raise quality. That needs places where the law changed, and "
    "measurements before and after.",
    "How many security incidents really happen. Only those that someone noticed can be reported.",
    "What legislators and their staff understand. That needs a poll of its own.",
    "How many providers in the world meet these choices each day. The samples are of one country.",
    "How firms that have left the business fared. They are in no frame.",
    "Who is liable in law. Opinions about responsibility are not legal findings.",
    "Whether showing evidence to clients made them safer. What goes together at one point in "
    "time need not be cause and effect.",
)
"""What two surveys at one point in time leave open, in words for the first page."""


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
        With the fields of a finding: ``report``, ``sentence``, ``strength``, ``ledger``,
        ``direction``, ``hypothesis``, ``suppressed``.
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
        cannot=CANNOT_ANSWER,
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
        cannot=CANNOT_ANSWER,
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
    summary = [
        [
            STEP_NAMES.get(r["step"], r["step"]),
            *(_number(r[c]) for c in ("n", "after", "deff_kish", "n_eff")),
            r["note"],
        ]
        for r in whole.to_dict("records")
    ]
    columns = ("n", "target", "before", "after", "factor")
    detail = [
        [
            STEP_NAMES.get(r["step"], r["step"]),
            r["variable"],
            r["level"],
            *(_number(r[c]) for c in columns),
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
        "<p>Where the targets come from:</p><ul>{}</ul></details>"
    ).format(
        Markup(Table(head, summary, f"Weighting of {name}, step by step").html()),
        Markup(Table(below, detail, f"Weighting of {name} in full").html()),
        lines,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(value: Any) -> str:
    if isinstance(value, float):
        if value != value:  # NaN: a step without this figure
            return "–"
        return f"{value:,.0f}" if abs(value) >= 100 or value.is_integer() else f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


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
    first = list(page.get("headlines", ()))
    if first:
        own.sort(key=lambda f: first.index(f["finding_id"]) if f["finding_id"] in first else 999)
    else:
        own.sort(key=lambda f: not (f.get("hypothesis") and f.get("direction")))
    shown = len(first) or KEY_FINDINGS
    return {"summary": "", **page, "key": own[:shown], "others": own[shown:]}


def _bearing(finding: Mapping[str, Any], claims: Mapping[str, str]) -> str:
    hypothesis, direction = finding.get("hypothesis"), finding.get("direction")
    if not hypothesis or not direction:
        return ""
    claim = claims.get(hypothesis, "").rstrip(".")
    words = f"{DIRECTION_WORDS[direction]} claim {hypothesis}"
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
