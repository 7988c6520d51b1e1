"""The command line: parses and calls.

Exit codes: 0 done; 1 something that was read or asked for is not usable (one message says
what was wanted, what came, what to do); 2 the command itself was not understood.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mspsurvey.errors import (
    DefinitionError,
    MspSurveyError,
    NotBuiltError,
    PublicationError,
    did_you_mean,
)
from mspsurvey.publish.page.figure import DOWNLOADS
from mspsurvey.study_file import Source, StudyConfig, find_root, load_config

DEMO_SEED = 20261124

app = typer.Typer(
    help="""From raw survey exports of MSPs and their clients to policy evidence.

    Most people need one command: `mspsurvey build`. It reads data/raw, cleans, weighs,
    runs the notebooks, and writes reports/index.html. Run it again after any change: only
    what is stale is made anew.""",
    rich_markup_mode="markdown",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out, err = Console(), Console(stderr=True)

StudyOption = Annotated[
    Path | None,
    typer.Option("--study", help="Folder of the study; default: the nearest with a study.toml."),
]


@app.command()
def build(study: StudyOption = None) -> None:
    """Build the whole study: raw exports in, reports out.

    Steps: intake, classify, weigh, join, one report for each notebook, audit, site, privacy,
    hand over. A step whose inputs have not changed is left alone. All is made aside and handed
    over last: if a step fails or the build is stopped, what earlier builds made stays as it was.

    Example: `mspsurvey build --study ~/studies/ohio-2027`
    """
    config = _config(study)
    _run(config, only=None)
    out.print(f"Open {config.reports / 'index.html'}", highlight=False, soft_wrap=True)


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="A report, such as 02_baseline.")],
    study: StudyOption = None,
) -> None:
    """Build one report, and whatever it needs.

    Example: `mspsurvey report 02_baseline`
    """
    from mspsurvey.pipeline import report_notebooks

    config = _config(study)
    known = [n.stem for n in report_notebooks(config)]
    if name not in known:
        raise PublicationError(
            "The name of a report was wanted.",
            f"There is no notebook '{name}'.",
            did_you_mean(name, known),
        )
    _run(config, only=name)
    out.print(f"Open {config.reports / f'{name}.html'}", highlight=False, soft_wrap=True)


@app.command()
def charts(
    only: Annotated[list[str] | None, typer.Argument(help="Charts to take; default: all.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to copy the chart files into.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="png, svg, pdf or csv; may be repeated.")
    ] = None,
    study: StudyOption = None,
) -> None:
    """List the charts of the last build, or copy their files.

    Examples: `mspsurvey charts` lists them;
    `mspsurvey charts 02-classes --to ~/Desktop --format png --format csv` copies one.
    """
    config = _config(study)
    titles = _chart_titles(config)
    for name in only or ():
        if name not in titles:
            raise NotBuiltError(
                "The name of a chart was wanted.",
                f"The last build made none called '{name}'.",
                did_you_mean(name, titles),
            )
    chosen = {name: title for name, title in titles.items() if not only or name in only}
    if to is None:
        _list_charts(chosen)
        return
    for kind in formats or ():
        if kind not in DOWNLOADS:
            raise typer.BadParameter(f"{kind!r} is not one of {', '.join(DOWNLOADS)}.")
    names = [f"{name}.{kind}" for name in chosen for kind in formats or DOWNLOADS]
    _copy_charts(config.reports / "charts", names, to)
    out.print(f"Copied {len(chosen)} charts to {to}", highlight=False, soft_wrap=True)


@app.command()
def synth(
    scenario: Annotated[
        str, typer.Option(help="mcar, mar_member, mnar_moderate or mnar_strong.")
    ] = "mnar_moderate",
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = DEMO_SEED,
    to: Annotated[Path | None, typer.Option("--to", help="Default: data/raw.")] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Where the truth goes. Default: data/truth.")
    ] = None,
    study: StudyOption = None,
) -> None:
    """Draw the synthetic demo study: raw exports of invented respondents.

    The scenario says who answers: `mcar` by chance, `mar_member` members of trade
    bodies more, `mnar_moderate` and `mnar_strong` mature firms more as well, which
    weighting cannot repair. The truth is read by the report that scores the method only.
    """
    from mspsurvey.instrument import load_instrument
    from mspsurvey.synth.study import synth as draw

    config = _config(study)
    if to is None and not config.synthetic:
        raise DefinitionError(
            "Invented answers were to be written over the exports of a real study.",
            "study.toml says `synthetic = false`.",
            "Name another folder with --to.",
        )
    with err.status("Drawing the synthetic study …"):
        draw(
            to or config.root / "data" / "raw",
            truth or config.truth or config.root / "data" / "truth",
            scenario=scenario,
            seed=seed,
            msp=load_instrument(_source(config, "msps").instrument),
            client=load_instrument(_source(config, "clients").instrument),
        )
    out.print(f"Wrote the synthetic study ({scenario}, seed {seed}).", highlight=False)


@app.command()
def release(
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder of the deposit. Default: release.")
    ] = None,
    study: StudyOption = None,
) -> None:
    """Write the public-use files, with report on risk, codebook, DDI and checksums.

    `[release]` in study.toml says what others may know of a respondent and how it is
    coarsened. No record is alone: at least k are alike in all of that. Needs a build.

    Example: `mspsurvey release --to ~/deposit-2026`
    """
    from mspsurvey.workbench.release import release as write

    config = _config(study)
    with err.status("Making the public-use files …") as status:
        archive = write(config, to or config.root / "release", status.update)
    out.print(f"Wrote {archive}", highlight=False, soft_wrap=True)


@app.command()
def doctor(study: StudyOption = None) -> None:
    """Check study.toml, definitions, raw files and this machine; change nothing.

    Exit code 1 where something would stop a build.
    """
    from mspsurvey.doctor import examine

    table = Table("", "what", "finding", box=None, pad_edge=False)
    sick = False
    root = study or find_root()
    with err.status("Checking …"):
        for check in examine(root):
            sick |= check.stops
            mark = "[red]✗[/]" if check.stops else "[green]✓[/]" if check.well else "[yellow]![/]"
            table.add_row(mark, escape(check.what), escape(check.finding))
    out.print(table)
    if sick:
        raise typer.Exit(1)


@app.command()
def lint(
    name: Annotated[
        str | None, typer.Argument(metavar="[INSTRUMENT]", help="msp, client …; default: all.")
    ] = None,
    study: StudyOption = None,
) -> None:
    """List all that is wrong or doubtful in the questionnaires.

    A route that can never be taken, a code that is not there, a label that a survey platform
    would cut in two. Exit code 1 where something is an error, so that it cannot be fielded.

    Example: `mspsurvey lint msp`
    """
    from mspsurvey.instrument.lint import lint as look

    faults = [fault for path in _instruments(_config(study), name) for fault in look(path)]
    for fault in faults:
        out.print(str(fault), markup=False, highlight=False, soft_wrap=True)
    if not faults:
        out.print("Nothing is wrong.")
    if any(fault.severity == "error" for fault in faults):
        raise typer.Exit(1)


@app.command()
def instrument(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="xlsform, redcap, limesurvey, ddi, schema, questionnaire, codebook or all.",
        ),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[INSTRUMENT]", help="msp, client …; default: all.")
    ] = None,
    folder: Annotated[Path, typer.Option("--folder", help="Where the files go.")] = Path(),
    study: StudyOption = None,
) -> None:
    """Write a questionnaire as a form of a survey platform, for an archive, or to print.

    Beside the form of a platform lies a table that leads from its columns and codes back to
    ours, since platforms take other names.

    Example: `mspsurvey instrument msp --to xlsform --folder ~/Desktop`
    """
    from mspsurvey.instrument import load_instrument
    from mspsurvey.instrument.write import FORMS, write_form

    for path in _instruments(_config(study), name):
        for form in FORMS if to == "all" else (to,):
            for written in write_form(load_instrument(path), form, folder):
                out.print(f"Wrote {written}", markup=False, highlight=False, soft_wrap=True)


@app.command("map")
def map_columns(
    source: Annotated[str | None, typer.Argument(help="A source, as msps; default: all.")] = None,
    study: StudyOption = None,
) -> None:
    """Say which columns and answers of an export fit no question, and propose what they are.

    Proposals go to the file that `mapping` of the source in study.toml names. Write `accept`
    or `reject` beside each; nothing else is applied.

    Example: `mspsurvey map clients`
    """
    from mspsurvey.intake.mapping.propose import propose

    config = _config(study)
    for name in [source] if source else config.sources:
        coverage = propose(_source(config, name))
        out.print(f"[bold]{name}[/]", highlight=False)
        out.print(escape(coverage.text()), highlight=False, soft_wrap=True)
        kept = config.sources[name].mapping
        if kept is not None:
            out.print(f"Proposals are in {kept}", highlight=False, soft_wrap=True)
        elif coverage.proposals:
            out.print("Name a file as `mapping` in study.toml to keep the proposals.")


def _source(config: StudyConfig, name: str) -> Source:
    """The source of that name."""
    if name not in config.sources:
        raise DefinitionError(
            "The name of a source was wanted.",
            f"study.toml has none called '{name}'.",
            did_you_mean(name, config.sources),
        )
    return config.sources[name]


def _instruments(config: StudyConfig, name: str | None) -> list[Path]:
    """Files of the questionnaires of a study, or the one of that name."""
    paths = {s.instrument.stem: s.instrument for s in config.sources.values()}
    if name is not None and name not in paths:
        raise DefinitionError(
            "The name of a questionnaire of this study was wanted.",
            f"There is none called '{name}'.",
            did_you_mean(name, paths),
        )
    return [paths[name]] if name else list(paths.values())


def _config(study: Path | None) -> StudyConfig:
    return load_config(find_root(study) if study else None)


def _run(config: StudyConfig, *, only: str | None) -> None:
    from mspsurvey.build import build as run_steps
    from mspsurvey.pipeline import steps

    outcome = run_steps(config, steps(config, only=only), out)
    for step, error in outcome.failed:
        _complain(error, step)
    if outcome.failed:
        raise typer.Exit(1)
    if not outcome.done:
        out.print(f"Nothing has changed: all {len(outcome.kept)} steps are up to date.")


def _chart_titles(config: StudyConfig) -> dict[str, str]:
    import json

    files = sorted((config.reports / "charts").glob("*.json"))
    if not files:
        raise NotBuiltError(
            "Charts of a build were wanted.",
            f"{config.reports / 'charts'} holds none.",
            "Run `mspsurvey build` first.",
        )
    read = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in files}
    return {
        name: str(chart["provenance"]["fields"]["finding_title"]) for name, chart in read.items()
    }


def _copy_charts(folder: Path, names: list[str], to: Path) -> None:
    if absent := [name for name in names if not (folder / name).is_file()]:
        raise NotBuiltError(
            "The files of each chart were wanted.",
            f"{len(absent)} are not in {folder}, such as {absent[0]}.",
            "Run `mspsurvey build`: the last one may have been cut short.",
        )
    to.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(folder / name, to / name)


def _list_charts(titles: dict[str, str]) -> None:
    table = Table("chart", "what it says", box=None, pad_edge=False)
    for name, title in titles.items():
        table.add_row(escape(name), escape(title))
    out.print(table)


def _complain(error: MspSurveyError, step: str = "") -> None:
    where = f" in step '{escape(step)}'" if step else ""
    err.print(f"[red]Error{where}:[/] {escape(error.wanted)}", highlight=False, soft_wrap=True)
    for part in (error.came, error.do):
        if part:
            err.print(f"  {escape(part)}", highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line, and turn our own errors into one message and exit code 1."""
    try:
        app()
    except MspSurveyError as error:
        _complain(error)
        sys.exit(1)
