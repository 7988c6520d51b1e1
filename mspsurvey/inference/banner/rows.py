"""Rows of a banner: items in the order asked, each with its levels, nets, ticks or mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.inference.estimator.ask import is_classification
from mspsurvey.inference.estimator.asked import Levels
from mspsurvey.inference.estimator.multi import multiple, variable_of
from mspsurvey.instrument import Question

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
    question = multiple(survey, name, Levels())
    if question is not None:
        return [_ticked(survey, question, nets)]
    return [_block(survey, column, nets) for column in survey.columns_of([name])]


def _ticked(survey: Survey, question: Question, nets: Nets) -> Block:
    """A question with several answers: a row for each option that is a column."""
    name, columns = question.name, survey.coder.frame.columns
    codes = [v.removeprefix(f"{name}_") for v in question.variables if v in columns]
    labels = variable_of(survey, question).labels
    lines = [Line(name, code, TICK, labels.get(code, code)) for code in codes]
    return Block(name, question.text, (*lines, *_net_lines(name, codes, nets)))


def _block(survey: Survey, name: str, nets: Nets) -> Block:
    variable = survey.coder.variable(name)
    label = name if variable is None else variable.label
    if not is_classification(survey.coder, name):
        return Block(name, label, (Line(name, "", MEAN, "Mean"),))
    levels = survey.coder.coded(name).levels
    labels = {} if variable is None else variable.labels
    lines = [Line(name, level, LEVEL, labels.get(level, level)) for level in levels]
    return Block(name, label, (*lines, *_net_lines(name, levels, nets)))


def _net_lines(name: str, levels: Sequence[str], nets: Nets) -> list[Line]:
    lines = []
    for net, members in _nets_of(name, levels, nets).items():
        codes = tuple(str(m) for m in members)
        for code in codes:
            if code not in levels:
                raise EstimateError(
                    f"Levels of '{name}' were wanted, for the net '{net}'.",
                    f"There is none called {code!r}.",
                    did_you_mean(code, levels),
                )
        lines.append(Line(name, net, NET, net, codes))
    return lines


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
