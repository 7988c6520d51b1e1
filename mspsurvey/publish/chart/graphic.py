"""Chart: rows, axis, marks and twenty fields; drawn by renderers, made by chart kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mspsurvey.errors import PublicationError
from mspsurvey.publish.chart import export
from mspsurvey.publish.chart.datum import Datum, to_table
from mspsurvey.publish.chart.drawing.measure import printable
from mspsurvey.publish.chart.fields import Fields
from mspsurvey.publish.chart.marks import Axis, Key, Mark, Row
from mspsurvey.study_file import SYNTHETIC

DRAFT = "DRAFT – not for publication"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart, before it is drawn.

    Attributes
    ----------
    id : str
        Name of its files: small letters, digits, ``-`` and ``_``.
    kind : str
        Name of the chart kind.
    fields : Fields
        The twenty fields; with an empty one the chart is a draft.
    axis, rows, marks, keys
        What is drawn, in units of the data.
    columns : tuple of str
        Heads of what stands right of the plot in each row's ``cells``.
    notes : tuple of str
        What marks and signs mean, printed under the plot.
    data : tuple of Datum
        The numbers drawn, for table and CSV.
    by, by_labels : tuple of str
        Names of the groups in ``data``, and their words.
    leads : int
        How many of the columns, from the left, are numbers to be set bold.
    level : str
        Level of the intervals.
    row_height : float
        Height of a row whose label has one line, in CSS pixels.
    """

    id: str
    kind: str
    fields: Fields
    axis: Axis
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    columns: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    data: tuple[Datum, ...] = field(default=(), repr=False)
    by: tuple[str, ...] = ()
    by_labels: tuple[str, ...] = ()
    leads: int = 1
    row_height: float = 36
    synthetic: bool = False
    level: str = "95%"

    @property
    def title(self) -> str:
        """The finding; for a draft without one, what is measured."""
        return printable(self.fields.finding_title or self.fields.stat_subtitle)

    @property
    def alt(self) -> str:
        """The chart in words."""
        return printable(self.fields.alt_text)

    @property
    def draft(self) -> bool:
        """True while a field is empty or breaks a rule."""
        return bool(self.fields.problems())

    @property
    def stamps(self) -> tuple[str, ...]:
        """Words of the bands across the top: synthetic data, draft."""
        return (*((SYNTHETIC,) if self.synthetic else ()), *((DRAFT,) if self.draft else ()))

    @property
    def stamp_word(self) -> str:
        """The first stamp in a word, "" where there is none."""
        return "SYNTHETIC" if self.synthetic else "DRAFT" if self.draft else ""

    @property
    def table(self) -> str:
        """The numbers drawn, as an HTML table."""
        return to_table(
            self.data, self.by, caption=self.title, by_labels=self.by_labels, level=self.level
        )

    @property
    def csv(self) -> str:
        """The numbers drawn, as CSV."""
        return self.fields.data_csv

    def check(self) -> Chart:
        """Give the chart back, or say what keeps it from being published.

        Raises
        ------
        PublicationError
            Where a field lacks or breaks a rule, or nothing is drawn.
        """
        self.fields.check()
        if not self.rows:
            raise PublicationError(f"The chart {self.id} needs rows.", "It has none.")
        return self

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, Any]:
        """Views for notebooks: accessible figure, Plotly figure, and what reports build on."""
        return export.mimebundle(self)
