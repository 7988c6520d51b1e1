"""The list of definitions of "does not meet the baseline", and what each says of each firm.

Those of another idea or another cut stand in the rubric's file; the grid of criteria needed
and the ones that leave something out are made here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import EstimateError, did_you_mean
from mspsurvey.evidence.coded import coded
from mspsurvey.evidence.rubric import (
    Answers,
    Rubric,
    class_codes,
    classify,
    read_answers,
    score_without,
)
from mspsurvey.instrument import Option, Variable
from mspsurvey.toml import Table, require_unique

FAMILIES = ("default", "strictness", "score", "other_idea", "drop_one", "grid")


@dataclass(frozen=True)
class Definition:
    """One way to say which firms do not meet the baseline.

    Attributes
    ----------
    name, label : str
        Short name and words for a chart.
    family : str
        One of ``FAMILIES``.
    below_class : str
        Does not meet: in a lower class than this.
    criteria, critical : int
        Does not meet: fewer criteria, or fewer critical ones.
    column, below : str, float
        Does not meet: ``column`` smaller than ``below``.
    dropped : tuple of str
        Criteria that are taken as met by every firm.
    """

    name: str
    label: str
    family: str
    below_class: str = ""
    criteria: int = 0
    critical: int = 0
    column: str = ""
    below: float = 0.0
    dropped: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Name of the yes/no column."""
        return f"def_{self.name}"


def load_definitions(path: Path, rubric: Rubric) -> list[Definition]:
    """Read the list of alternatives from a rubric's file; the default stands first.

    Raises
    ------
    DefinitionError
        With file and key.
    """
    tables = Table.read(path).tables("alternatives")
    require_unique(tables, "name")
    definitions = [_definition(table, rubric) for table in tables]
    defaults = [d.name for d in definitions if d.family == "default"]
    if defaults != [definitions[0].name]:
        raise tables[0].fail(
            "family", "the first definition, and no other, should be the default.",
            f"The default is {', '.join(defaults) or 'missing'}.",
        )  # fmt: skip
    return definitions


def _definition(table: Table, rubric: Rubric) -> Definition:
    table.only("name", "label", "family", "below_class", "criteria", "critical", "column", "below")
    family, below_class = table.one_of("family", FAMILIES), table.text("below_class", "")
    if below_class and below_class not in class_codes(rubric):
        raise table.fail(
            "below_class", "the code of a class was wanted.", f"It is '{below_class}'.",
            did_you_mean(below_class, class_codes(rubric)),
        )  # fmt: skip
    if sum((bool(below_class), "criteria" in table, "column" in table)) != 1:
        raise table.fail(
            "", "exactly one of below_class, criteria, column was wanted.",
            f"The keys are {', '.join(table.data)}.",
        )  # fmt: skip
    counted, cut = "criteria" in table, "column" in table
    return Definition(
        name=table.text("name"),
        label=table.text("label"),
        family=family,
        below_class=below_class,
        criteria=table.whole("criteria") if counted else 0,
        critical=table.whole("critical") if counted else 0,
        column=table.text("column") if cut else "",
        below=table.number("below") if cut else 0.0,
    )


def drop_one(rubric: Rubric) -> list[Definition]:
    """Give the default without each criterion in turn, and without each domain.

    What is dropped is taken as met by every firm, so that a firm may miss as many criteria
    as before. Domains without criteria change nothing in a class and are left out.
    """
    default = rubric.classes[-2]
    definitions = [
        Definition(
            f"drop_{item.name}", f"Without: {item.label.lower()}", "drop_one",
            criteria=default.criteria, critical=default.critical, dropped=(item.name,),
        )
        for item in rubric.criteria
    ]  # fmt: skip
    for domain in rubric.domains:
        names = tuple(i.name for i in rubric.items_of(domain.code) if i.criterion)
        if names:
            definitions.append(
                Definition(
                    f"drop_dom_{domain.code}", f"Without domain: {domain.label.lower()}",
                    "drop_one", criteria=default.criteria, critical=default.critical,
                    dropped=names,
                )
            )  # fmt: skip
    return definitions


def grid(
    rubric: Rubric,
    *,
    criteria: Iterable[int] | None = None,
    critical: Iterable[int] | None = None,
) -> list[Definition]:
    """Give the definitions of the grid: criteria needed × critical ones needed.

    Parameters
    ----------
    criteria, critical : iterable of int, optional
        Numbers needed; more than half of the criteria up to all, and none of the critical
        ones up to all, if not given.
    """
    of, of_critical = len(rubric.criteria), len(rubric.critical)
    criteria = range(of // 2 + 1, of + 1) if criteria is None else criteria
    critical = range(of_critical + 1) if critical is None else critical
    return [
        Definition(
            f"grid_{n}_{c}", f"Fewer than {n} of {of}, or than {c} of {of_critical} critical",
            "grid", criteria=n, critical=c,
        )
        for n, c in itertools.product(criteria, critical)
    ]  # fmt: skip


def apply_definitions(
    frame: pd.DataFrame,
    definitions: Iterable[Definition],
    rubric: Rubric,
    *,
    missing: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say of each firm, under each definition, whether it does not meet the baseline.

    Parameters
    ----------
    frame : DataFrame
        Responses of MSPs together with their derived variables.

    Returns
    -------
    DataFrame
        Same rows; one column ``def_<name>`` a definition, categories no and yes ("yes" is
        "does not meet"), NA where it cannot be said.

    Notes
    -----
    A definition by ``below_class`` leaves out exactly the firms that are unclassified, as
    the headline does. One by counts leaves out those that its own bar leaves undecided, so
    that the cells of the grid may rest on a few firms more.
    """
    answers = read_answers(frame, rubric, missing=missing)
    classes = classify(frame, rubric, missing=missing)
    columns = {}
    for definition in definitions:
        values = _does_not_meet(frame, definition, answers, classes, rubric)
        codes = np.where(np.isnan(values), -1, values)
        columns[definition.variable] = coded(codes, ["no", "yes"], frame.index)
    return pd.DataFrame(columns, index=frame.index)


def _does_not_meet(
    frame: pd.DataFrame,
    definition: Definition,
    answers: Answers,
    classes: Any,
    rubric: Rubric,
) -> np.ndarray:
    """1 does not meet, 0 meets, NaN cannot be said."""
    if definition.below_class:
        codes = classes.cat.codes.to_numpy()
        below = codes < class_codes(rubric).index(definition.below_class)
        return np.where(codes < 0, np.nan, below.astype(float))
    if definition.column:
        values = _numbers(frame, definition.column, answers)
        return np.where(np.isnan(values), np.nan, (values < definition.below).astype(float))
    reached = answers.at_least(
        rubric,
        needed=definition.criteria,
        critical=definition.critical,
        dropped=definition.dropped,
    )
    return 1.0 - reached


def _numbers(frame: pd.DataFrame, column: str, answers: Answers) -> np.ndarray:
    if column in answers.scores:
        return answers.scores[column].to_numpy()
    if column not in frame:
        raise EstimateError(
            f"The column '{column}' of the responses or of their derived variables was wanted.",
            "The frame has none of that name.",
            did_you_mean(column, frame.columns),
        )
    return frame[column].to_numpy(dtype="float64", na_value=np.nan)


def definition_variables(definitions: Iterable[Definition], rubric: Rubric) -> list[Variable]:
    """Describe the yes/no columns, for the instrument and the codebook."""
    options = (Option("no", "Meets", 0.0), Option("yes", "Does not meet", 1.0))
    return [
        Variable(
            d.variable, f"Does not meet the baseline, if that is: {d.label} ({rubric.name})",
            d.label, "single", d.variable, options=options, rule=d.label,
        )
        for d in definitions
    ]  # fmt: skip


def scores_without_domains(
    frame: pd.DataFrame, rubric: Rubric, *, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute the total score without each domain in turn, one column ``score_no_<domain>``."""
    return pd.DataFrame(
        {
            f"score_no_{d.code}": score_without(frame, rubric, d.code, missing=missing)
            for d in rubric.domains
        },
        index=frame.index,
    )
