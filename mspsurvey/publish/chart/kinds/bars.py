"""Horizontal bars with intervals as whiskers: one number a row."""

from __future__ import annotations

from collections.abc import Sequence

from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.datum import Datum, data
from mspsurvey.publish.chart.fields import Fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds import assembly
from mspsurvey.publish.chart.marks import Bar, Interval, Mark, Reference, Row


def bars(
    est: Estimates,
    fields: Fields | None = None,
    *,
    order: str = "auto",
    references: Sequence[Reference] = (),
    axis_title: str = "",
) -> Chart:
    """Draw each estimate as a bar from zero, with its interval, number and n.

    Parameters
    ----------
    est : Estimates
        One row a bar. Where two columns tell rows apart, the first becomes headings.
    fields : Fields, optional
        Without them the chart is a draft.
    order : {"auto", "value", "given"}
        "auto" sorts by value unless the rows have an order of their own.
    references : sequence of Reference
        Benchmarks, as lines across all rows.
    """
    drawn = data(est)
    dims = assembly.dimensions(est, drawn)
    drawn = assembly.ordered(est, drawn, dims, order)
    intervals = any(d.interval for d in drawn)
    marks = [m for i, d in enumerate(drawn) for m in _marks(est, d, i, dims[-1])]
    rows = [
        Row(
            label=assembly.label_of(est, d, dims[-1]),
            cells=assembly.cells(d, intervals=intervals),
            heading=heading,
            muted=d.hidden,
        )
        for d, heading in zip(drawn, assembly.headings(est, drawn, dims), strict=True)
    ]
    values = [v for d in drawn for v in (d.estimate, d.low, d.high)]
    return assembly.assemble(
        est,
        fields,
        kind="bars",
        words=assembly.kind_words(est, "Bar chart", intervals=intervals),
        data=drawn,
        names=[assembly.name_of(est, d, dims) for d in drawn],
        axis=assembly.scale_of(est, values, title=axis_title, references=references),
        rows=rows,
        marks=marks,
        columns=assembly.columns(est, intervals=intervals),
        notes=assembly.whiskers(est, intervals=intervals),
        row_height=assembly.row_height(len(rows)),
    )  # fmt: skip


def _marks(est: Estimates, row: Datum, index: int, dimension: str) -> list[Mark]:
    if row.hidden:
        return [assembly.withheld(0, index)]
    fill = _fill(est, row, dimension)
    hover = f"{assembly.label_of(est, row, dimension)}: {row.words}"
    marks: list[Mark] = [
        Bar(
            start=0, end=row.estimate, row=index, fill=fill.colour, pattern=fill.pattern,
            hollow=bool(row.mark), hover=hover,
        )
    ]  # fmt: skip
    if row.interval:
        marks.append(Interval(low=row.low, high=row.high, row=index, hover=hover))
    return marks


def _fill(est: Estimates, row: Datum, dimension: str) -> theme.Fill:
    """Give the class its fixed fill where rows are classes, else the main colour."""
    code = assembly.code_of(est, row, dimension)
    variable = row.item if dimension == "level" else dimension
    fixed = theme.FIXED.get(theme.ALIASES.get(variable, variable), {})
    return fixed.get(code, theme.Fill(theme.MAIN))
