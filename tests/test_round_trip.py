"""The round trip: instrument → answers → the export of each platform → reader → the same data.

A question with no tick is one without an answer, on every platform; nothing else may be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instrument_cases import HEAD, made

from mspsurvey.instrument import Instrument, load_instrument
from mspsurvey.instrument.target import target
from mspsurvey.instrument.write.redcap import redcap_dictionary
from mspsurvey.intake.mapping import map_export
from mspsurvey.intake.readers import read_responses
from mspsurvey.intake.rules import dates, labels, numbers, typography
from mspsurvey.intake.work import Log, Work, run
from mspsurvey.synth.answers.fill import Filled, Plan, fill
from mspsurvey.synth.export.coded import kobo_csv, kobo_workbook, plain_csv, redcap_csv
from mspsurvey.synth.export.platforms import limesurvey_csv, qualtrics_csv
from mspsurvey.synth.export.record import Record, record
from mspsurvey.synth.export.stored import spss_bytes, stata_bytes
from mspsurvey.synth.export.worded import (
    google_csv,
    google_workbook,
    microsoft_csv,
    microsoft_workbook,
    surveymonkey_csv,
    surveymonkey_workbook,
)

DECODE = (*typography.RULES, *labels.RULES, *numbers.RULES, *dates.RULES)


@dataclass(frozen=True)
class Way:
    """One platform's export: who writes it, the ending of its file, and its format."""

    write: Callable[[Filled, Instrument, Record], str | bytes]
    ending: str
    format: str | None = None


WAYS = {
    "qualtrics csv": Way(qualtrics_csv, "csv"),
    "limesurvey csv": Way(limesurvey_csv, "csv"),
    "kobo csv": Way(kobo_csv, "csv"),
    "kobo workbook": Way(kobo_workbook, "xlsx"),
    "redcap csv": Way(redcap_csv, "csv"),
    "surveymonkey csv": Way(surveymonkey_csv, "csv"),
    "surveymonkey workbook": Way(surveymonkey_workbook, "xlsx"),
    "google csv": Way(google_csv, "csv"),
    "google workbook": Way(google_workbook, "xlsx"),
    "microsoft csv": Way(microsoft_csv, "csv"),
    "microsoft workbook": Way(microsoft_workbook, "xlsx"),
    "spss": Way(spss_bytes, "sav"),
    "stata": Way(stata_bytes, "dta"),
    "plain csv": Way(plain_csv, "csv", "plain"),
}


def answered(instrument: Instrument, n: int, seed: int) -> Filled:
    """Answers of n people who skip a tenth of the questions; some stop on the way."""
    rng = np.random.default_rng(seed)
    order = list(instrument.variables)
    middle = list(instrument.questions.values())[len(instrument.questions) // 2]
    stop = np.where(np.arange(n) % 5 == 4, order.index(middle.variables[0]), 10**6)
    plan = Plan(known={}, skipped={}, lean=rng.standard_normal(n), stop=stop, default_skip=0.1)
    return ticked(fill(rng, instrument, plan), instrument)


def ticked(filled: Filled, instrument: Instrument) -> Filled:
    """Make a question with no tick one without an answer, as it is on every platform."""
    answers = dict(filled.answers)
    for question in instrument.questions.values():
        ticks = [n for n in question.variables if instrument[n].kind == "tick"]
        if ticks:
            none = ~np.any([answers[n] == "yes" for n in ticks], axis=0)
            answers |= {n: np.where(none, None, answers[n]) for n in ticks}
    return replace(filled, answers=answers)


def expected(filled: Filled, instrument: Instrument) -> pd.DataFrame:
    """What data are to hold: codes, reasons for no answer as ``#reason``, numbers, texts."""
    columns: dict[str, list[Any]] = {}
    for name, cells in filled.answers.items():
        variable = instrument[name]
        reasons = variable.missing_codes
        if cells.dtype == float:
            columns[name] = [None if x != x else x for x in cells.tolist()]
        else:
            columns[name] = [f"#{reasons[x]}" if x in reasons else x or None for x in cells]
    for question in instrument.questions.values():
        _expect_reasons(columns, question.name, instrument)
    return pd.DataFrame(columns, dtype=object)


def _expect_reasons(columns: dict[str, list[Any]], name: str, instrument: Instrument) -> None:
    """Where only "Don't know" is ticked, the other choices are missing for that reason."""
    options = instrument.questions[name].options
    reasons = {f"{name}_{o.code}": o.missing for o in options if o.missing}
    if instrument.questions[name].kind != "multi" or not reasons:
        return
    ticks = [f"{name}_{o.code}" for o in options]
    for row in range(len(columns[ticks[0]])):
        said = [t for t in ticks if columns[t][row] == "yes"]
        if said and all(t in reasons for t in said):
            for tick in ticks:
                for other in reasons:
                    if other in said and other != tick and tick not in said:
                        columns[tick][row] = f"#{reasons[other]}"


def came_back(
    path: Path, way: Way, instrument: Instrument, codebook: Path | None = None
) -> pd.DataFrame:
    """What reader, mapping and the rules that decode make of a file."""
    export = read_responses(path, way.format, time_zone="UTC", codebook=codebook)
    mapped = map_export(export, instrument)
    work = Work(
        "trip", instrument, mapped.answers, mapped.missing, export.meta, {}, export.not_shown
    )
    work, _ = run(work, DECODE, Log())
    columns: dict[str, list[Any]] = {}
    for name in work.answers:
        values, reasons = work.answers[name], work.missing[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d")
        columns[name] = [
            f"#{r}" if pd.isna(v) and r not in ("", "not_shown") else
            None if pd.isna(v) or v == "" else v
            for v, r in zip(values, reasons, strict=True)
        ]  # fmt: skip
    return pd.DataFrame(columns, dtype=object)


def differences(one: pd.DataFrame, two: pd.DataFrame) -> dict[str, Any]:
    """Cells that differ, by variable, with both values."""
    found: dict[str, Any] = {}
    for name in one:
        pairs = zip(one[name], two[name], strict=True)
        if odd := [(k, a, b) for k, (a, b) in enumerate(pairs) if a != b]:
            found[str(name)] = odd[:3]
    return found


def travel(
    folder: Path, way: Way, instrument: Instrument, filled: Filled, codebook: Path | None = None
) -> dict[str, Any]:
    written = way.write(filled, instrument, record(filled))
    path = folder / f"export.{way.ending}"
    path.write_bytes(written.encode() if isinstance(written, str) else written)
    return differences(expected(filled, instrument), came_back(path, way, instrument, codebook))


# All platforms (REDCap's with its dictionary, below); a second file type of one differs in its
# cells only, which small surveys try.
DEMO = {
    "qualtrics csv": "client", "limesurvey csv": "client", "kobo workbook": "client",
    "stata": "client", "surveymonkey csv": "msp", "google csv": "msp",
    "microsoft workbook": "msp", "spss": "msp",
}  # fmt: skip


@pytest.mark.parametrize("way", DEMO)
def test_the_demo_comes_back_from_each_platform_as_it_was(way: str, tmp_path: Path) -> None:
    instrument = load_instrument(ROOT / "definitions" / f"{DEMO[way]}.yaml")
    assert travel(tmp_path, WAYS[way], instrument, answered(instrument, 30, seed=4)) == {}


def test_the_demo_comes_back_with_its_dictionary_whole(tmp_path: Path) -> None:
    instrument = load_instrument(ROOT / "definitions" / "msp.yaml")
    dictionary = tmp_path / "dictionary.csv"
    dictionary.write_text(redcap_dictionary(target(instrument, "redcap")), encoding="utf-8")
    filled = answered(instrument, 30, seed=4)
    assert travel(tmp_path, WAYS["redcap csv"], instrument, filled, dictionary) == {}


# Small instruments of every kind of question

WORDS = ("Alpha", "Beta, or so", "Gamma; both", "Delta (x, y)", "Yes", "None of these")
CODES = ("a", "1-9", "yes", "0", "b_2", "dk")
LISTS = st.integers(2, 5).map(lambda k: list(zip(CODES[:k], WORDS[:k], strict=True)))


def option_lines(options: list[tuple[str, str]], *, reason: bool) -> str:
    lines = [f'{{code: "{code}", label: "{label}"}}' for code, label in options]
    if reason:
        lines.append('{code: dunno, label: "Don\'t know", missing: dont_know}')
    return f"[{', '.join(lines)}]"


@st.composite
def questions(draw: st.DrawFn, name: str) -> str:
    """One question in YAML, of any kind."""
    kind = draw(st.sampled_from(["single", "multi", "grid", "number", "percent", "date", "text"]))
    head = f"name: {name}, kind: {kind}, text: What about {name}?, label: About {name}"
    options = draw(LISTS)
    if kind == "multi":
        options = [(c.replace("-", ""), w) for c, w in options]
    listed = f", options: {option_lines(options, reason=draw(st.booleans()))}"
    other = ", other: which?" if draw(st.booleans()) else ""
    if kind == "single":
        return head + listed + other
    if kind == "multi":
        return head + listed
    if kind == "grid":
        rows = f"[{{name: {name}_r1, text: One of {name}}}, {{name: {name}_r2, text: Two}}]"
        return f"{head}{listed}, rows: {rows}"
    if kind == "percent" and draw(st.booleans()):
        rows = f"[{{name: {name}_s1, text: First}}, {{name: {name}_s2, text: Second}}]"
        return f"{head}, low: 0, high: 100, sum_to: 100, rows: {rows}"
    if kind in ("number", "percent"):
        return f"{head}, low: 0, high: 90"
    return head


@st.composite
def instruments(draw: st.DrawFn) -> str:
    """A questionnaire of two to five questions; some depend on the one that comes first."""
    lines = ["name: first, kind: number, text: How many?, label: Many, low: 0, high: 9"]
    for k in range(draw(st.integers(1, 4))):
        route = ", ask_if: first > 3" if draw(st.booleans()) else ""
        lines.append(draw(questions(f"q{k}")) + route)
    block = "".join(f"      - {{{line}}}\n" for line in lines)
    return f"{HEAD}blocks:\n  - name: main\n    questions:\n{block}"


@pytest.mark.parametrize("way", WAYS)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=instruments(), seed=st.integers(0, 99))
def test_any_small_survey_comes_back_from_each_platform(
    way: str, text: str, seed: int, tmp_path: Path
) -> None:
    instrument = made(tmp_path, text)
    assert travel(tmp_path, WAYS[way], instrument, answered(instrument, 8, seed)) == {}
