"""What all chart kinds do alike: order and name rows, and complete the fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.files import slug
from mspsurvey.inference.result.estimate import SUPPRESSED, Estimates
from mspsurvey.publish import theme
from mspsurvey.publish.chart.alt import describe
from mspsurvey.publish.chart.datum import Datum, confidence, tick, to_csv, unit
from mspsurvey.publish.chart.fields import Fields, draft_fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.marks import Axis, Mark, Reference, Row, Text
from mspsurvey.publish.chart.overall import EVERYONE
from mspsurvey.publish.chart.scale import axis as lay_axis
from mspsurvey.publish.table import MARKS
from mspsurvey.study_file import SYNTHETIC

ORDERS = ("auto", "value", "given")
ROW_HEIGHTS = ((12, 38.0), (24, 32.0), (10_000, 25.0))
"""Rows at the most, and how high each is then."""


def row_height(count: int) -> float:
    """Height of a row in CSS pixels, the lower the more there are."""
    return next(height for most, height in ROW_HEIGHTS if count <= most)


def dimensions(est: Estimates, rows: Sequence[Datum]) -> tuple[str, ...]:
    """Columns that tell the rows apart, the one for headings first.

    Items are headings over groups, and groups are headings over the levels of one item.
    """
    seen = {
        "item": len({r.item for r in rows}) > 1,
        "level": len({r.level for r in rows}) > 1,
        **{b: len({r.groups[i] for r in rows}) > 1 for i, b in enumerate(est.by)},
    }
    order = ("item", *est.by, "level")
    return tuple(d for d in order if seen[d]) or ("item",)


def code_of(est: Estimates, row: Datum, dimension: str) -> str:
    """Code of a row in one dimension."""
    if dimension in ("item", "level"):
        return row.item if dimension == "item" else row.level
    return row.groups[est.by.index(dimension)]


def label_of(est: Estimates, row: Datum, dimension: str) -> str:
    """Words of a row in one dimension."""
    if dimension in ("item", "level"):
        return row.item_label if dimension == "item" else row.level_label
    return row.group_labels[est.by.index(dimension)]


def name_of(est: Estimates, row: Datum, names: Sequence[str]) -> str:
    """Words of a row in all the dimensions that tell it apart."""
    return ", ".join(label_of(est, row, d) for d in names)


def require_dimension(est: Estimates, name: str) -> str:
    """Give the name back, or say which there are."""
    known = ("item", "level", *est.by)
    if name not in known:
        raise PublicationError(
            "A column of the estimates was wanted.",
            f"There is none called '{name}'.",
            did_you_mean(name, known),
        )
    return name


def is_ordinal(est: Estimates, dimension: str) -> bool:
    """Whether the codes of a dimension have an order of their own."""
    if dimension == "item":
        return False
    names = est.items if dimension == "level" else (dimension,)
    return all(n in est.variables and est.variables[n].ordered for n in names)


def ordered(
    est: Estimates, rows: Sequence[Datum], dims: Sequence[str], order: str
) -> tuple[Datum, ...]:
    """Put rows in order: by value unless they have an order of their own; headings stay.

    The row for everyone comes first, and a suppressed one last: its place would tell its value.
    """
    if order not in ORDERS:
        raise PublicationError(
            f"An order was wanted: {', '.join(ORDERS)}.", f"It is {order!r}.",
            did_you_mean(order, ORDERS),
        )  # fmt: skip
    head, last = dims[:-1], dims[-1]
    heads = list(dict.fromkeys(tuple(code_of(est, r, d) for d in head) for r in rows))
    by_value = order == "value" or (order == "auto" and not is_ordinal(est, last))

    def place(pair: tuple[int, Datum]) -> tuple[Any, ...]:
        index, row = pair
        group = heads.index(tuple(code_of(est, row, d) for d in head))
        if not by_value:
            return (group, index)
        if code_of(est, row, last) == EVERYONE:
            return (group, -1)
        return (group, row.hidden, 0.0 if row.hidden else -row.estimate, index)

    return tuple(row for _, row in sorted(enumerate(rows), key=place))


def headings(est: Estimates, rows: Sequence[Datum], dims: Sequence[str]) -> list[str]:
    """Words above each row: "" where the row before stands under the same heading."""
    texts = [", ".join(label_of(est, r, d) for d in dims[:-1]) for r in rows]
    return [t if i == 0 or t != texts[i - 1] else "" for i, t in enumerate(texts)]


def scale_of(
    est: Estimates,
    values: Sequence[float],
    *,
    title: str,
    references: Sequence[Reference] = (),
    from_zero: bool = True,
) -> Axis:
    """Lay the axis over what is drawn, written as the statistic is written."""
    return lay_axis(
        values,
        title=title or unit(est),
        words=partial(tick, est),
        share=est.statistic == "share",
        from_zero=from_zero,
        references=tuple(references),
    )


def withheld(x: float, row: float, *, whose: str = "", size: float = theme.SMALL.size) -> Text:
    """Words where a suppressed number would be; nothing about them tells its size."""
    words = " ".join(w for w in (SUPPRESSED, whose, "suppressed") if w)
    return Text(x=x, row=row, text=words, colour=theme.MUTED, size=size, anchor="start")


def cells(row: Datum, *, intervals: bool) -> tuple[str, ...]:
    """What stands right of the plot: number, interval, n."""
    return (row.shown, row.interval, row.count) if intervals else (row.shown, row.count)


def columns(est: Estimates, *, intervals: bool) -> tuple[str, ...]:
    """Heads of ``cells``."""
    return ("Estimate", f"{confidence(est)} interval", "n") if intervals else ("Estimate", "n")


def whiskers(est: Estimates, *, intervals: bool) -> list[str]:
    """Say what the lines with caps are."""
    return [f"Lines with caps show {confidence(est)} intervals."] if intervals else []


def kind_words(est: Estimates, kind: str, *, intervals: bool) -> str:
    """Type of a chart as the alternative text says it."""
    return f"{kind} with {confidence(est)} intervals" if intervals else kind


def assemble(
    est: Estimates,
    fields: Fields | None,
    *,
    kind: str,
    words: str,
    data: Sequence[Datum],
    names: Sequence[str],
    axis: Axis,
    rows: Sequence[Row],
    marks: Sequence[Mark],
    notes: Sequence[str] = (),
    **rest: Any,
) -> Chart:
    """Make the chart, with alternative text and CSV from what is drawn.

    Parameters
    ----------
    words : str
        Type of the chart, as the alternative text says it.
    names : sequence of str
        Name of each datum, parallel to ``data``.
    """
    fields = draft_fields(est) if fields is None else fields
    seen = {d.mark for d in data}
    signs = [f"{mark} {text}" for mark, text in MARKS.items() if mark in seen]
    override = [f"Shown below the presentation standard, because: {est.override}"]
    notes = [*notes, *signs, *(override if est.override else [])]
    stamp = [SYNTHETIC] if est.synthetic else []
    alt = fields.alt_text or describe(
        words,
        data,
        shows=fields.stat_subtitle,
        message=fields.finding_title,
        names=names,
        stamp="Synthetic data." if est.synthetic else "",
        level=confidence(est),
    )
    filled = replace(fields, alt_text=alt, data_csv=to_csv(data, est.by, notes=[*stamp, *notes]))
    name = fields.estimand_id or f"{kind}-{'-'.join((*est.items[:3], *est.by))}"
    return Chart(
        id=slug(name.lower(), "chart")[:80],
        kind=kind,
        fields=filled,
        axis=axis,
        rows=tuple(rows),
        marks=tuple(marks),
        notes=tuple(notes),
        data=tuple(data),
        by=est.by,
        by_labels=tuple(est.label("item", b) for b in est.by),
        synthetic=est.synthetic,
        level=confidence(est),
        **rest,
    )
