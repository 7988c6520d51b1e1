"""Rows of a banner: items in the order asked, each with its levels, nets, ticks or mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mspsurvey.errors import EstimateError
from mspsurvey.inference.ask import is_classification

if TYPE_CHECKING:
    from mspsurvey.inference.survey import Survey

Nets = Mapping[str, Sequence[str] | Mapping[str, Sequence[str]]]

LEVEL, NET, TICK, MEAN = "level", "net", "tick", "mean"


@dataclass(frozen=True)
class Line:
    """One row: what is estimated, and what it is called.

    ``kind`` is "level", "net", "tick" (one choice of several) or "mean"; ``members`` are the
    levels of a net.
    """

    item: str
    level: str
    kind: str
    label: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """One item with its rows and its base.

    Attributes
    ----------
    name : str
        Name of the variable, or of the question that several ticks belong to.
    label : str
        Its words.
    lines : tuple of Line
        In the order of the instrument, nets after the levels.
    """

    name: str
    label: str
    lines: tuple[Line, ...]

    @property
    def whole(self) -> bool:
        """Whether the levels sum to 1."""
        return any(line.kind == LEVEL for line in self.lines)


def blocks(survey: Survey, rows: Sequence[str], nets: Nets) -> list[Block]:
    """Say what the rows are.

    Parameters
    ----------
    survey : Survey
    rows : sequence of str
        Variables; a question of several choices is one item, a grid one item for each row.
    nets : mapping
        By item, levels by the name of the net; or levels by the name of a net that every
        item gets which has all of them.

    Raises
    ------
    EstimateError
        Where a row or a net names what there is not.
    """
    made: list[Block] = []
    for name in rows:
        made += _blocks_of(survey, name, nets)
    if not made:
        raise EstimateError("Items for the rows of a banner were wanted.", "None are named.")
    doubled = [b.name for b in made if sum(o.name == b.name for o in made) > 1]
    if doubled:
        raise EstimateError("Each item may be a row once.", f"{doubled[0]!r} is named twice.")
    _used(made, nets)
    return made


def _blocks_of(survey: Survey, name: str, nets: Nets) -> list[Block]:
    question = survey.instrument.questions.get(name) if survey.instrument else None
    columns = survey.coder.frame.columns
    if question is None or name in columns:
        return [_block(survey, name, nets)]
    variables = [v for v in question.variables if v in columns]
    if not variables:
        survey.coder.require(question.variables[:1] or [name])
    if question.kind == "multi":
        lines = tuple(_tick(survey, v) for v in variables if is_classification(survey.coder, v))
        return [Block(name, question.text, lines)]
    return [_block(survey, v, nets) for v in variables]


def _tick(survey: Survey, name: str) -> Line:
    variable = survey.coder.variable(name)
    return Line(name, "yes", TICK, name if variable is None else variable.label)


def _block(survey: Survey, name: str, nets: Nets) -> Block:
    variable = survey.coder.variable(name)
    label = name if variable is None else variable.label
    if not is_classification(survey.coder, name):
        return Block(name, label, (Line(name, "", MEAN, "Mean"),))
    levels = survey.coder.coded(name).levels
    labels = {} if variable is None else variable.labels
    lines = [Line(name, level, LEVEL, labels.get(level, level)) for level in levels]
    for net, members in _nets_of(name, levels, nets).items():
        for member in members:
            survey.coder.coded(name).position(member, name)
        lines.append(Line(name, net, NET, net, tuple(str(m) for m in members)))
    return Block(name, label, tuple(lines))


def _nets_of(name: str, levels: Sequence[str], nets: Nets) -> dict[str, Sequence[str]]:
    own = nets.get(name)
    found: dict[str, Sequence[str]] = dict(own) if isinstance(own, Mapping) else {}
    for net, members in nets.items():
        if not isinstance(members, Mapping) and {str(m) for m in members} <= set(levels):
            found[net] = members
    clash = [net for net in found if net in levels]
    if clash:
        raise EstimateError(
            f"A net of '{name}' needs a name of its own.", f"{clash[0]!r} is one of its levels."
        )
    return found


def _used(made: Sequence[Block], nets: Nets) -> None:
    """Refuse nets that no row has."""
    names = {b.name for b in made}
    given = {line.label for b in made for line in b.lines if line.kind == NET}
    for net, members in nets.items():
        absent = net not in names if isinstance(members, Mapping) else net not in given
        if absent:
            raise EstimateError(
                "A net of an item in the rows was wanted.",
                f"No row has {net!r}, or has all of its levels.",
                "nets={'item': {'name of the net': ['level', 'level']}}.",
            )
