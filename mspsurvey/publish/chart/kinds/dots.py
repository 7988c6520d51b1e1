"""Dots with intervals: one number a row, on an axis that need not start at zero.

Also the specification curve: one row a definition, sorted, with the chosen one marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.datum import Datum, data, written
from mspsurvey.publish.chart.fields import Fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds import assembly
from mspsurvey.publish.chart.marks import Dot, Interval, Key, Mark, Reference, Row

BENCHMARK = theme.Fill(theme.INK, "", "diamond")


def dots(
    est: Estimates,
    fields: Fields | None = None,
    *,
    order: str = "auto",
    references: Sequence[Reference] = (),
    benchmarks: Mapping[str, float] | None = None,
    benchmark_label: str = "Benchmark",
    default: str = "",
    default_label: str = "Definition used in this report",
    from_zero: bool = False,
    axis_title: str = "",
) -> Chart:
    """Draw each estimate as a dot with its interval, number and n.

    Parameters
    ----------
    references : sequence of Reference
        Lines across all rows.
    benchmarks : mapping of str to float
        Outside value of a row, by its code; drawn as a hollow diamond.
    default : str
        Code of the row to mark, such as the definition that a report uses.
    """
    drawn = data(est)
    dims = assembly.dimensions(est, drawn)
    last = dims[-1]
    drawn = assembly.ordered(est, drawn, dims, order)
    codes = [assembly.code_of(est, d, last) for d in drawn]
    outside = benchmarks or {}
    _require_codes([*outside, *([default] if default else [])], codes)
    intervals = any(d.interval for d in drawn)
    rows = [
        Row(
            label=assembly.label_of(est, d, last),
            cells=assembly.cells(d, intervals=intervals),
            heading=heading,
            muted=d.hidden,
            bold=code == default,
        )
        for d, heading, code in zip(drawn, assembly.headings(est, drawn, dims), codes, strict=True)
    ]
    values = [v for d in drawn for v in (d.estimate, d.low, d.high)] + list(outside.values())
    scale = assembly.scale_of(
        est, values, title=axis_title, references=references, from_zero=from_zero
    )
    marks: list[Mark] = []
    for i, (d, code) in enumerate(zip(drawn, codes, strict=True)):
        marks += _marks(d, i, rows[i].label, scale.low, chosen=code == default)
        if code in outside:
            marks.append(
                _benchmark(outside[code], i, f"{benchmark_label}: {written(est, outside[code])}")
            )
    keys = _keys(outside and benchmark_label, default and default_label)
    return assembly.assemble(
        est, fields, kind="dots",
        words=assembly.kind_words(est, "Dot chart", intervals=intervals),
        data=drawn, names=[assembly.name_of(est, d, dims) for d in drawn],
        axis=scale, rows=rows, marks=marks, keys=keys,
        columns=assembly.columns(est, intervals=intervals),
        notes=assembly.whiskers(est, intervals=intervals),
        row_height=min(assembly.row_height(len(rows)), 32),
    )  # fmt: skip


def _require_codes(wanted: Sequence[str], codes: Sequence[str]) -> None:
    for code in wanted:
        if code not in codes:
            raise PublicationError(
                "A benchmark or default belongs to a row.",
                f"No row has the code '{code}'.",
                did_you_mean(code, codes),
            )


def _marks(row: Datum, index: int, label: str, low: float, *, chosen: bool) -> list[Mark]:
    if row.hidden:
        return [assembly.withheld(low, index)]
    hover = f"{label}: {row.words}"
    fill = theme.ACCENT if chosen else theme.MAIN
    marks: list[Mark] = []
    if row.interval:
        marks.append(Interval(low=row.low, high=row.high, row=index, colour=fill, hover=hover))
    marks.append(
        Dot(
            x=row.estimate, row=index, fill=fill, shape="square" if chosen else "circle",
            hollow=bool(row.mark), hover=hover,
        )
    )  # fmt: skip
    return marks


def _benchmark(value: float, index: int, hover: str) -> Dot:
    return Dot(
        x=value, row=index, fill=BENCHMARK.colour, shape=BENCHMARK.shape, size=15, hollow=True,
        hover=hover,
    )  # fmt: skip


def _keys(benchmark: object, default: object) -> tuple[Key, ...]:
    keys = []
    if default:
        keys.append(Key(label=str(default), fill=theme.ACCENT, shape="square", swatch=False))
    if benchmark:
        keys.append(
            Key(
                label=str(benchmark),
                fill=BENCHMARK.colour,
                shape="diamond",
                swatch=False,
                hollow=True,
            )
        )
    if keys:
        keys.insert(0, Key(label="Estimate", fill=theme.MAIN, shape="circle", swatch=False))
    return tuple(keys)
