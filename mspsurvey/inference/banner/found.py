"""What the cells of a banner are: estimates for everyone and under each heading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mspsurvey.inference.banner.rows import LEVEL, MEAN, NET, TICK, Block, Line
from mspsurvey.inference.estimator.ask import classified, mean, share, summed
from mspsurvey.inference.estimator.asked import Asked, Interval, Levels
from mspsurvey.inference.estimator.layout import Answer, laid_out
from mspsurvey.inference.estimator.pooled import groups_and_everyone
from mspsurvey.inference.result.estimate import Estimates

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

By = tuple[str, ...]
Key = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """Estimates under one heading, and where each line's are.

    ``place`` gives, by item and level, the table and its rows, one a column.
    """

    place: dict[Key, tuple[Estimates, NDArray[np.int64]]]


def found_cells(
    survey: Survey,
    made: Sequence[Block],
    rules: Mapping[str, str],
    headings: Sequence[By],
    wanted: Interval,
) -> list[Found]:
    """Estimate all lines for everyone and under each heading, those with one base together."""
    found: list[Found] = [Found({}) for _ in ((), *headings)]
    for rule in dict.fromkeys(rules.get(b.name, "") for b in made):
        domain = survey.where(rule) if rule else survey
        lines = [x for b in made if rules.get(b.name, "") == rule for x in b.lines]
        with_first, *others = headings or ((),)
        for groups, whole in _with_total(domain, lines, with_first, wanted):
            _put(found[0].place, whole)
            if headings:
                _put(found[1].place, groups)
        for by, part in zip(others, found[2:], strict=True):
            for groups in _estimated(domain, lines, by, wanted):
                _put(part.place, groups)
    return found


def _with_total(
    survey: Survey, lines: Sequence[Line], by: By, wanted: Interval
) -> list[tuple[Estimates, Estimates]]:
    """Estimate under one heading and for everyone, in one pass where that can be."""
    asked: dict[str, list[Asked]] = {"share": [], "mean": []}
    rest = []
    for line in lines:
        if line.kind == LEVEL:
            if line.item not in [a.name for a in asked["share"]]:
                asked["share"].append(classified(survey, line.item, Levels(), "share", None, None))
        elif line.kind == MEAN:
            asked["mean"].append(summed(survey, line.item, "ratio"))
        else:
            rest.append(line)
    made = [_laid_out(survey, kind, items, by, wanted) for kind, items in asked.items() if items]
    pairs = zip(
        _estimated(survey, rest, by, wanted), _estimated(survey, rest, (), wanted), strict=True
    )
    return [*made, *pairs]


def _laid_out(
    survey: Survey, statistic: str, items: Sequence[Asked], by: By, wanted: Interval
) -> tuple[Estimates, Estimates]:
    groups, whole = [], []
    for asked in items:
        of_groups, of_all = groups_and_everyone(survey, asked.item, by)
        groups.append(Answer(asked, of_groups))
        whole.append(Answer(asked, of_all))
    return (
        laid_out(survey, groups, by, statistic, wanted),
        laid_out(survey, whole, (), statistic, wanted),
    )


def _estimated(survey: Survey, lines: Sequence[Line], by: By, wanted: Interval) -> list[Estimates]:
    """Ask once for all shares, once for all means, and for each net."""
    shares = list(dict.fromkeys(x.item for x in lines if x.kind in (LEVEL, TICK)))
    means = [x.item for x in lines if x.kind == MEAN]
    answers = []
    if shares:
        answers.append(share(survey, shares, by, Levels(), None, wanted))
    if means:
        answers.append(mean(survey, means, by, replace(wanted, method="mean")))
    for line in lines:
        if line.kind == NET:
            net = Levels(line.members, line.level)
            answers.append(share(survey, [line.item], by, net, None, wanted))
    return answers


def _put(place: dict[Key, tuple[Estimates, NDArray[np.int64]]], estimates: Estimates) -> None:
    items = estimates.data["item"].to_numpy(dtype=object)
    levels = estimates.data["level"].to_numpy(dtype=object)
    positions: dict[Key, list[int]] = {}
    for position, key in enumerate(zip(items, levels, strict=True)):
        positions.setdefault(key, []).append(position)
    for key, found in positions.items():
        place[key] = (estimates, np.array(found, dtype=np.int64))
