"""The weights of one source, from sampling frame to final weight, with a record of each step.

base (frame over sampled, by stratum) → nonresponse (by class) → rake (to every margin) →
trim (factors at a multiple of their median) → rake again, so that the margins hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import WeightError
from mspsurvey.inference.weight import (
    Margin,
    Raked,
    base_weights,
    design_effect,
    effective_n,
    frame_counts,
    nonresponse,
    rake,
    trim,
)
from mspsurvey.inference.weight.margin import margins_from
from mspsurvey.schema import WEIGHT_COLUMNS
from mspsurvey.study_file import WeightPlan

STEP_COLUMNS: Mapping[str, str] = {
    "step": "str",
    "variable": "str",
    "level": "str",
    "n": "float64",
    "target": "float64",
    "before": "float64",
    "after": "float64",
    "factor": "float64",
    "deff_kish": "float64",
    "n_eff": "float64",
    "source": "str",
    "note": "str",
}
"""Columns of the record: a row for each stratum, class or margin level that a step looked
at, and after them one for the step as a whole, with its design effect."""

INELIGIBLE = ("ineligible",)
"""Final dispositions that say for certain that a sampled record is not of the population."""
TRIM_ROUNDS = 20


def weigh(
    responses: pd.DataFrame,
    *,
    sample: pd.DataFrame,
    frame: pd.DataFrame,
    plan: WeightPlan,
    margins: Sequence[pd.DataFrame | Margin],
    unknown: str = "hold",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weigh the respondents of one source.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent: ``resp_id``, ``sample_id`` and the margins' variables (those
        it lacks are taken from the sample).
    sample : DataFrame
        One row a sampled record: ``sample_id``, ``stratum``, ``disposition`` and the columns
        that ``plan.nonresponse`` names.
    frame : DataFrame
        The sampling frame, a row a record, or its counts, a row a stratum.
    plan : WeightPlan
        Classes of nonresponse; trimming as a multiple of the median factor w_rake / w_base.
        Base weights differ by design and are not what is trimmed.
    margins : sequence of DataFrame or Margin
        Tables with ``variable, level, total, source``.
    unknown : {"hold", "error"}
        Respondents without a value in a margin, see ``rake``; how many is in the record.

    Returns
    -------
    weights : DataFrame
        ``schema.WEIGHT_COLUMNS``; each ``w_…`` is the weight after that step.
    steps : DataFrame
        ``STEP_COLUMNS``.

    Raises
    ------
    WeightError
        Where respondents and sample do not fit together, or a step cannot be made.
    """
    drawn = _drawn(responses, sample)
    counts = frame_counts(frame.assign(stratum=frame["stratum"].astype("str")))
    drawn["w_base"] = base_weights(drawn, counts)
    drawn["w_nonresponse"] = _adjusted(drawn, plan)
    record = [*_base_rows(drawn, counts), *_nonresponse_rows(drawn)]
    table = _respondents(responses, drawn, counts)
    wanted = [m for given in margins for m in _margins(given)]
    people = _with_margin_variables(responses, sample, wanted)
    table, rows = _raked(table, people, wanted, plan, unknown)
    record += rows
    record.append(_whole("final", table["w"]))
    return table[list(WEIGHT_COLUMNS)], _steps(record)


def _margins(given: pd.DataFrame | Margin) -> list[Margin]:
    return [given] if isinstance(given, Margin) else margins_from(given)


def _drawn(responses: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """Sampled records, with who answered and who may be eligible."""
    for table, columns, name in (
        (responses, ("resp_id", "sample_id"), "responses"),
        (sample, ("sample_id", "stratum", "disposition"), "sample"),
    ):
        absent = [c for c in columns if c not in table.columns]
        if absent:
            raise WeightError(
                f"The {name} should have the columns {', '.join(columns)}.",
                f"They lack {absent[0]}.",
            )
    for table, name in ((responses, "responses"), (sample, "sample")):
        twice = table["sample_id"].duplicated() | table["sample_id"].isna()
        if twice.any():
            raise WeightError(
                f"Each sample_id should stand once in the {name}.",
                f"{int(twice.sum()):,} rows have none, or one that stood before.",
                "Duplicates are for intake to set aside.",
            )
    strangers = ~responses["sample_id"].isin(sample["sample_id"])
    if strangers.any():
        raise WeightError(
            "Every respondent should be in the sample.",
            f"{int(strangers.sum()):,} are not, the first "
            f"{responses.loc[strangers, 'sample_id'].iloc[0]!r}.",
            "An answer that was not invited has no base weight; set it aside.",
        )
    return sample.assign(
        stratum=sample["stratum"].astype("str"),
        responded=sample["sample_id"].isin(responses["sample_id"]),
        eligible=~sample["disposition"].isin(INELIGIBLE),
    )


def _adjusted(drawn: pd.DataFrame, plan: WeightPlan) -> pd.Series:
    """Base weights carried over nonresponse; adds the class of each record on the way."""
    absent = [c for c in plan.nonresponse if c not in drawn.columns]
    if absent:
        raise WeightError(
            f"The sample should have the column '{absent[0]}', as a class of nonresponse.",
            f"It has {', '.join(map(str, drawn.columns))}.",
        )
    classes = pd.Series("all", index=drawn.index)
    if plan.nonresponse:
        classes = drawn[plan.nonresponse[0]].astype("str")
        for column in plan.nonresponse[1:]:
            classes = classes + " / " + drawn[column].astype("str")
    drawn["class"] = classes
    return nonresponse(
        drawn["w_base"],
        responded=drawn["responded"],
        eligible=drawn["eligible"],
        classes=classes,
    )


def _respondents(responses: pd.DataFrame, drawn: pd.DataFrame, counts: pd.Series) -> pd.DataFrame:
    """One row a respondent, in the order of the responses."""
    columns = ["sample_id", "stratum", "w_base", "w_nonresponse"]
    table = responses[["resp_id", "sample_id"]].merge(
        drawn[columns], on="sample_id", how="left", validate="one_to_one"
    )
    table["stratum_size"] = table["stratum"].map(counts).astype(np.float64)
    return table


def _with_margin_variables(
    responses: pd.DataFrame, sample: pd.DataFrame, margins: Sequence[Margin]
) -> pd.DataFrame:
    """Respondents with each variable of a margin, from the sample where they have none."""
    people = responses[["sample_id"]].reset_index(drop=True)
    indexed = sample.set_index("sample_id")
    for name in dict.fromkeys(n for margin in margins for n in margin.columns):
        if name in responses.columns:
            people[name] = responses[name].to_numpy()
        elif name in sample.columns:
            people[name] = indexed[name].reindex(people["sample_id"]).to_numpy()
    return people


def _raked(
    table: pd.DataFrame,
    people: pd.DataFrame,
    margins: Sequence[Margin],
    plan: WeightPlan,
    unknown: str,
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Rake, trim and rake again; rows of the record."""
    if not margins:
        same = table["w_nonresponse"]
        return table.assign(w_rake=same, w=same), []
    first = rake(people, table["w_nonresponse"], margins, unknown=unknown)
    table = table.assign(w_rake=first.weights, w=first.weights)
    rows = [*_rake_rows("rake", first), _whole("rake", first.weights, _rake_note(first))]
    if plan.trim is None:
        return table, rows
    last, note = _trimmed(table, people, margins, plan.trim, unknown)
    if last is not None:
        table = table.assign(w=last.weights)
        rows += _rake_rows("trim", last)
    rows.append(_whole("trim", table["w"], note))
    return table, rows


def _trimmed(
    table: pd.DataFrame,
    people: pd.DataFrame,
    margins: Sequence[Margin],
    multiple: float,
    unknown: str,
) -> tuple[Raked | None, str]:
    """Cut factors at a multiple of their median and rake, until both hold or 20 rounds."""
    factor = table["w_rake"] / table["w_base"]
    limit = multiple * factor.median() * table["w_base"]
    weights, last = table["w_rake"], None
    cut = int((weights > limit * (1 + 1e-9)).sum())
    if not cut:
        return None, f"No factor above {multiple:g} times the median."
    for _ in range(TRIM_ROUNDS):
        last = rake(people, trim(weights, limit), margins, unknown=unknown)
        weights = last.weights
        if not (weights > limit * (1 + TRIM_SLACK)).any():
            break
    over = int((weights > limit * (1 + TRIM_SLACK)).sum())
    note = f"{cut:,} factors above {multiple:g} times the median were cut; margins raked again."
    if over:
        worst = float((weights / limit).max())
        note += f" The margins need {over:,} above it, the largest {worst:.2f} times the limit."
    return last, note


TRIM_SLACK = 0.01
"""Raking after trimming may bring a weight this much above its limit."""


def _row(step: str, variable: str = "", level: str = "", **values: Any) -> dict[str, Any]:
    return {"step": step, "variable": variable, "level": level, **values}


def _whole(step: str, weights: pd.Series, note: str = "") -> dict[str, Any]:
    """Row for a step as a whole."""
    w = weights.to_numpy(dtype=np.float64)
    return _row(
        step, n=len(w), after=w.sum(), deff_kish=design_effect(w), n_eff=effective_n(w), note=note
    )


def _base_rows(drawn: pd.DataFrame, counts: pd.Series) -> list[dict[str, Any]]:
    rows = []
    for stratum, n in drawn["stratum"].value_counts().sort_index().items():
        size = float(counts.loc[str(stratum)])
        rows.append(
            _row("base", "stratum", str(stratum), n=n, target=size, before=n, after=size,
                 factor=size / n)
        )  # fmt: skip
    rows.append(_whole("base", drawn["w_base"], "Records of the frame over records sampled."))
    return rows


def _nonresponse_rows(drawn: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for name, part in drawn.groupby("class", sort=True):
        answered = part["responded"]
        before = float(part.loc[answered, "w_base"].sum())
        after = float(part["w_nonresponse"].sum())
        if before:
            rows.append(
                _row("nonresponse", "class", str(name), n=int(answered.sum()), target=after,
                     before=before, after=after, factor=after / before)
            )  # fmt: skip
    answered = drawn["responded"]
    out = int((~drawn["eligible"] & ~answered).sum())
    note = f"{out:,} sampled records are known to be ineligible and are not stood for."
    rows.append(_whole("nonresponse", drawn.loc[answered, "w_nonresponse"], note))
    return rows


def _rake_rows(step: str, raked: Raked) -> list[dict[str, Any]]:
    table = raked.table.assign(step=step, factor=raked.table["after"] / raked.table["before"])
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _rake_note(raked: Raked) -> str:
    parts = [f"{raked.cycles:,} cycles."]
    for variable, n in raked.unknown.items():
        parts.append(
            f"{n:,} respondents have no '{variable}': its margin leaves them as they are."
        )
    return " ".join(parts)


def _steps(record: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lay the record out, with fixed columns and kinds."""
    table = pd.DataFrame(list(record)).reindex(columns=list(STEP_COLUMNS))
    texts = [column for column, dtype in STEP_COLUMNS.items() if dtype == "str"]
    return table.fillna(dict.fromkeys(texts, "")).astype(dict(STEP_COLUMNS))
