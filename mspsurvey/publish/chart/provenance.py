"""Where a chart comes from: the record that each of its files carries inside."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mspsurvey.publish.chart.graphic import Chart

KEYWORD = "mspsurvey"
"""Key of the record in PNG text and PDF keywords."""


def provenance(chart: Chart) -> dict[str, Any]:
    """Give the fields, the stamps and the hash of the data, ready to be written as JSON.

    The data themselves stand beside the chart as CSV; their SHA-256 says whether they are
    the ones that were drawn.
    """
    fields = asdict(chart.fields)
    data = fields.pop("data_csv")
    return {
        "id": chart.id,
        "kind": chart.kind,
        "fields": fields,
        "stamps": list(chart.stamps),
        "data_sha256": hashlib.sha256(data.encode()).hexdigest(),
    }
