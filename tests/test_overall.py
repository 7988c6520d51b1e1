"""A row for everyone above the groups of a chart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chart_cases import by_size

from mspsurvey.errors import PublicationError
from mspsurvey.inference.result.estimate import Estimates
from mspsurvey.publish.chart import bars
from mspsurvey.publish.chart.overall import with_overall


def everyone(**changes: object) -> Estimates:
    grouped = by_size()
    data = grouped.data.head(1).drop(columns=list(grouped.by)).assign(estimate=0.4)
    return replace(grouped, data=data, by=(), **changes)  # type: ignore[arg-type]


def test_the_row_for_everyone_comes_first_and_the_groups_stay_as_they_were() -> None:
    grouped = by_size()
    both = with_overall(grouped, everyone())
    first, *rest = both.frame.to_dict("records")
    assert first[grouped.by[0]] == "all"
    assert first["estimate"] == 0.4
    assert [r["estimate"] for r in rest if r["verdict"] != "suppress"] == [
        r["estimate"] for r in grouped.frame.to_dict("records") if r["verdict"] != "suppress"
    ]


def test_everyone_is_named_on_the_chart() -> None:
    chart = bars(with_overall(by_size(), everyone()))
    assert chart.rows[0].label.startswith("All")


def test_another_statistic_is_refused() -> None:
    with pytest.raises(PublicationError):
        with_overall(by_size(), everyone(statistic="mean"))
    with pytest.raises(PublicationError):
        with_overall(everyone(), everyone())


def test_the_row_for_everyone_leads_where_groups_are_ranked() -> None:
    chart = bars(with_overall(by_size(), everyone()), order="value")
    assert chart.rows[0].label.startswith("All")
