"""What weighting did: margins, or design effects, before and after."""

from __future__ import annotations

from collections.abc import Sequence

from mspsurvey.errors import PublicationError, did_you_mean
from mspsurvey.inference.survey import Survey
from mspsurvey.inference.weight import before_and_after, effects_before_and_after
from mspsurvey.publish.chart.fields import Fields
from mspsurvey.publish.chart.graphic import Chart
from mspsurvey.publish.chart.kinds.paired import paired

SHOWN = ("shares", "effects")
NAMES = ("Before weighting", "After weighting")


def weight_chart(
    survey: Survey,
    items: str | Sequence[str],
    fields: Fields | None = None,
    *,
    show: str = "shares",
) -> Chart:
    """Draw items before and after all steps of weighting, as paired dots.

    Parameters
    ----------
    survey : Survey
        One whose weights came out of steps of ``ms.weight``.
    items : str or list of str
        Variables: those that were weighted to, or outcomes.
    fields : Fields, optional
        The fields of a chart for publication; a draft without them.
    show : {"shares", "effects"}
        The share of each level; or the design effect of each share or mean, in which one can
        see what calibration gained and unequal weights cost.
    """
    if show not in SHOWN:
        raise PublicationError(
            f"show is one of {', '.join(SHOWN)}.", f"It is {show!r}.",
            did_you_mean(str(show), SHOWN),
        )  # fmt: skip
    names = [items] if isinstance(items, str) else list(items)
    pair = before_and_after if show == "shares" else effects_before_and_after
    before, after = pair(survey, names)
    title = "" if show == "shares" else "Design effect"
    return paired(before, after, fields, names=NAMES, axis_title=title)
