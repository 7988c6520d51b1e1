"""From a notebook to a page that can be mailed, printed and read aloud.

Registered with nbconvert as ``msp-html``: ``jupyter nbconvert --to msp-html notebook.ipynb``
works by itself. The page holds all that it needs and asks nothing of the network.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.preprocessors import Preprocessor
from traitlets import default

from mspsurvey.errors import PublicationError
from mspsurvey.publish.page import sheet
from mspsurvey.publish.page.about import ABOUT_KEY, about, without_scheme
from mspsurvey.publish.page.markup import clean, markdown, plain
from mspsurvey.publish.report.body import Body, finish
from mspsurvey.publish.report.execute import last_line
from mspsurvey.publish.report.output import figure_of, holds_figure
from mspsurvey.study_file import STUDY_FILE, load_config

_FIGURE = "mspsurvey_figure"
_STAND_IN = re.compile(r'<div data-figure="([^"]*)"></div>')
_FIGURE_TAG = re.compile(r'<figure\b[^>]*class="chart"')


class FigurePreprocessor(Preprocessor):
    """Turn each picture in the outputs into a figure, and refuse one without words."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Replace the pictures of a notebook; count them in ``resources``."""
        charts = nb.metadata.get(ABOUT_KEY, {}).get("charts", "")
        name = Path(resources.get("metadata", {}).get("name", "notebook")).name
        seen: set[str] = set()
        resources["figures"] = 0
        for place, cell in enumerate(nb.cells):
            cell["id"] = cell.get("id") or f"cell-{place:03d}"
            for number, output in enumerate(cell.get("outputs", [])):
                where = f"{name}, cell {cell['id']}" + (f", output {number + 1}" if number else "")
                if output.output_type == "error":
                    raise _not_run_through(where, output)
                resources["figures"] += self._replace(output, where, charts, seen)
        return nb, resources

    @staticmethod
    def _replace(output: Any, where: str, charts: str, seen: set[str]) -> int:
        data = output.get("data", {})
        figure = figure_of(data, output.get("metadata", {}), place=where, charts=charts)
        if figure is None:
            return 0
        if figure.id in seen:
            raise PublicationError(
                f"{where}: each chart of a page needs an id of its own.",
                f"'{figure.id}' is there twice.",
                "Show a chart once, or give the second another id.",
            )
        seen.add(figure.id)
        output["data"], output["metadata"] = {"text/html": figure.html()}, {_FIGURE: True}
        return 1


class MspHTMLExporter(TemplateExporter):
    """Notebook to page: code folded, figures with words, data and files, nothing to load.

    Metadata of the notebook under the key ``mspsurvey`` (see ``about``) says what stands
    around the report; without it, the study is looked for upwards from the notebook.

    Raises
    ------
    PublicationError
        Where a figure has no alternative text, a cell has failed, a figure got lost, or a
        network address is left in the page.
    """

    export_from_notebook = "MSP report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _html_extension(self) -> str:
        return ".html"

    @default("template_name")
    def _own_template(self) -> str:
        return "msp"

    @default("extra_template_basedirs")
    def _own_basedirs(self) -> list[str]:
        # nbconvert looks in the working directory; ours lie in the package, wherever that is.
        return [str(sheet.TEMPLATES)]

    @default("template_paths")
    def _template_paths(self, prune: bool = True, root_dirs: Any = None) -> list[str]:
        paths: list[str] = super()._template_paths(prune, root_dirs)
        return [*paths, str(sheet.TEMPLATES)]

    def _create_environment(self) -> Any:
        environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.autoescape = True
        return environment

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()  # type: ignore[no-untyped-call]
        figures = FigurePreprocessor(parent=self)  # type: ignore[no-untyped-call]
        self.register_preprocessor(figures, enabled=True)  # type: ignore[no-untyped-call]

    def default_filters(self) -> Any:
        """Name the filters of the template."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "prose", lambda source, trusted: Markup(markdown(source, trusted=trusted))
        yield "plain", lambda text: Markup(plain(text))
        yield "result_html", _result_html
        yield "finish", _finish
        yield "code", _highlight
        yield "css_text", sheet.css_text

    def from_notebook_node(  # type: ignore[override]
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make the page of a notebook."""
        resources = dict(self._init_resources(resources))  # type: ignore[no-untyped-call]
        script = sheet.read("shared/page.js")
        resources |= {
            "about": _about_page(nb, resources),
            "css": Markup(sheet.stylesheet("msp/report.css")),
            "csp": sheet.policy(script),
            "script": Markup(script),
            "not_run": not any(c.get("execution_count") for c in nb.cells),
        }
        page, resources = super().from_notebook_node(nb, resources, **kw)
        check_page(page, figures=resources["figures"])
        return page, resources


def count_figures(nb: Any) -> int:
    """Count the pictures in a notebook's outputs."""
    outputs = (o for c in nb["cells"] for o in c.get("outputs", []))
    return sum(holds_figure(o.get("data", {})) for o in outputs)


def check_page(page: str, *, figures: int) -> None:
    """Raise where a page has lost a figure or still names the network."""
    shown = len(_FIGURE_TAG.findall(page))
    if shown != figures:
        raise PublicationError(
            f"The page should show the notebook's {figures} figures.", f"It shows {shown}."
        )
    sheet.require_no_address(page)


def _about_page(nb: Any, resources: Mapping[str, Any]) -> dict[str, Any]:
    """Take the study's particulars from the notebook, or from study.toml near it."""
    given = {k: without_scheme(v) for k, v in nb.metadata.get(ABOUT_KEY, {}).items()}
    if "stamp" in given:
        return given
    folder = Path(resources.get("metadata", {}).get("path") or ".").resolve()
    root = next((f for f in (folder, *folder.parents) if (f / STUDY_FILE).is_file()), None)
    return {**(about(load_config(root)) if root else {}), **given}


def _result_html(output: Any) -> Markup:
    """Give an output's HTML, made safe; a figure waits in a stand-in, for it is finished."""
    markup = output.data["text/html"]
    if output.metadata.get(_FIGURE):
        packed = base64.b64encode(markup.encode()).decode("ascii")
        return Markup(f'<div data-figure="{packed}"></div>')
    return Markup(clean(markup))


def _finish(markup: str) -> Body:
    body = finish(str(markup))
    return replace(body, markup=Markup(_STAND_IN.sub(_unpack, body.markup)))


def _unpack(found: re.Match[str]) -> str:
    return without_scheme(base64.b64decode(found[1]).decode())


def _highlight(source: str) -> Markup:
    # Colours are no address, but a comment may hold one; the body's own pass takes it out.
    highlight = Highlight2HTML(pygments_lexer="ipython3")  # type: ignore[no-untyped-call]
    return Markup(highlight(source))


def _not_run_through(where: str, output: Mapping[str, Any]) -> PublicationError:
    message = last_line("\n".join(output.get("traceback", [])))
    return PublicationError(
        f"{where}: a notebook that runs from top to bottom was wanted.",
        f"This cell failed: {message}.",
        "Mend the cell and run the notebook again.",
    )
