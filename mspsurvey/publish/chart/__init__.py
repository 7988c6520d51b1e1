"""Charts: from estimates to evidence that can be printed, shown, cited and checked.

A chart kind (``bars``, ``stacked``, ``paired``, ``heat``, ``dots``) turns estimates and the
twenty ``Fields`` into a ``Chart``; a renderer turns the chart into a picture.

    chart = bars(est, Fields(finding_title="4 in 10 firms do not meet the baseline", …))
    save(chart, Path("reports/charts"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as names_of
from typing import Any

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish.chart.export import MIMETYPE, save
from mspsurvey.publish.chart.fields import Fields, draft_fields
from mspsurvey.publish.chart.graphic import DRAFT, Chart
from mspsurvey.publish.chart.kinds.bars import bars
from mspsurvey.publish.chart.kinds.dots import dots
from mspsurvey.publish.chart.kinds.heat import heat
from mspsurvey.publish.chart.kinds.paired import paired
from mspsurvey.publish.chart.kinds.stacked import stacked
from mspsurvey.publish.chart.kinds.weighting import weight_chart
from mspsurvey.publish.chart.marks import (
    Axis,
    Bar,
    Dot,
    Interval,
    Key,
    Line,
    Reference,
    Row,
    Text,
    Tile,
)  # fmt: skip

__all__ = [
    "DRAFT", "KINDS", "MIMETYPE", "Axis", "Bar", "Chart", "Dot", "Fields",
    "Interval", "Key", "Line", "Reference", "Row", "Text", "Tile", "bars", "dots",
    "draft_fields", "from_estimates", "heat", "paired", "save", "stacked", "weight_chart",
]  # fmt: skip

KINDS: dict[str, Callable[..., Chart]] = {
    "bars": bars,
    "dots": dots,
    "heat": heat,
    "stacked": stacked,
}
"""Chart kinds that draw one set of estimates, by name; ``paired`` takes two."""


def from_estimates(
    est: Estimates, *, kind: str | None = None, fields: Fields | None = None, **options: Any
) -> Chart:
    """Draw estimates; without all the fields, as a draft that says so and cannot be saved.

    Parameters
    ----------
    est : Estimates
        What is drawn.
    kind : {"bars", "stacked", "heat", "dots"}, optional
        Chosen by what tells the rows apart where it is not given.
    fields : Fields, optional
        The twenty fields. Single ones can be given by name instead, and what estimates tell
        is filled in: ``est.chart(finding_title="…", source="…")``.
    **options
        Options of the chart kind, and single fields.

    Raises
    ------
    PublicationError
        Where there is no such kind.
    """
    kind = kind or _kind(est)
    if kind not in KINDS:
        raise PublicationError(
            "A chart kind was wanted.",
            f"There is none called '{kind}'.",
            did_you_mean(kind, KINDS),
        )
    known = {f.name for f in names_of(Fields)}
    given = {k: options.pop(k) for k in list(options) if k in known}
    if fields is None:
        fields = draft_fields(est, **given)
    elif given:
        raise PublicationError(
            "Fields were wanted either as a whole or one by one.",
            f"Both came: fields= and {', '.join(sorted(given))}.",
            "Put all into fields=, or use dataclasses.replace on it.",
        )
    return KINDS[kind](est, fields, **options)


def _kind(est: Estimates) -> str:
    """Choose the kind that shows what differs between the rows."""
    frame = est.data
    levels, items = frame["level"].nunique(), frame["item"].nunique()
    groups = sum(frame[b].nunique() > 1 for b in est.by)
    if est.statistic != "share":
        return "dots"
    if levels > 1 and (groups or items > 1):
        return "stacked" if groups + (items > 1) == 1 and levels <= 6 else "heat"
    # More than two dimensions of one level: a number in each cell reads best.
    return "heat" if groups + (items > 1) > 1 else "bars"
