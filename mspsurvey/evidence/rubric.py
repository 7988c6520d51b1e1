"""From 32 practices to a score, a maturity level and a baseline class.

The rules are those of the rubric's file; this module only applies them. A worked example
and the reasons are in ``docs/methods/rubric.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mspsurvey.errors import DataError, EstimateError, did_you_mean
from mspsurvey.evidence.coded import coded
from mspsurvey.evidence.rubric_file import AS_WORDED, Item, Rubric, load_rubric
from mspsurvey.instrument import Option, Variable
from mspsurvey.schema import require_columns

__all__ = [
    "Answers", "Rubric", "class_codes", "classify", "cut_levels", "load_rubric",
    "read_answers", "rubric_variables", "score",
]  # fmt: skip

_DECIMALS = 9
"""Scores are rounded here, so that a mean which is 45 but for the last bit is 45."""


@dataclass(frozen=True)
class Answers:
    """The items as numbers.

    Attributes
    ----------
    scores : DataFrame
        One column an item, 0 to 3; NaN where missing or not applicable.
    excused : DataFrame
        True where "does not apply" was answered and is allowed.
    criteria : DataFrame
        One column a criterion: 1 met, 0 not met, NaN missing.
    """

    scores: pd.DataFrame
    excused: pd.DataFrame
    criteria: pd.DataFrame

    def at_least(
        self, rubric: Rubric, *, needed: int, critical: int, dropped: Iterable[str] = ()
    ) -> np.ndarray:
        """Say of each firm whether it has ``needed`` criteria and ``critical`` critical ones.

        A missing criterion counts as not met. The firm is undecided where too many are
        missing, or where a missing critical one could decide.

        Parameters
        ----------
        dropped : iterable of str
            Criteria taken as met by every firm, so that as many misses are allowed as before.

        Returns
        -------
        ndarray of float
            1 yes, 0 no, NaN undecided.
        """
        counts = _count(self.criteria.assign(**dict.fromkeys(dropped, 1.0)), rubric)
        low = (counts.met >= needed) & (counts.critical >= critical)
        high = (counts.met + counts.open_critical >= needed) & (
            counts.critical + counts.open_critical >= critical
        )
        return np.where(counts.too_many | (low != high), np.nan, low.astype(float))


@dataclass(frozen=True)
class _Counts:
    met: np.ndarray
    critical: np.ndarray
    open_critical: np.ndarray
    too_many: np.ndarray


def _count(criteria: pd.DataFrame, rubric: Rubric) -> _Counts:
    critical = criteria[[item.name for item in rubric.critical]]
    missing = criteria.isna().sum(axis=1).to_numpy()
    return _Counts(
        met=criteria.sum(axis=1).to_numpy(),
        critical=critical.sum(axis=1).to_numpy(),
        open_critical=critical.isna().sum(axis=1).to_numpy(),
        too_many=missing > rubric.complete.criteria_missing_at_most,
    )


def read_answers(
    frame: pd.DataFrame, rubric: Rubric, *, missing: pd.DataFrame | None = None
) -> Answers:
    """Turn codes into numbers.

    Parameters
    ----------
    frame : DataFrame
        One row a firm, the items as codes.
    missing : DataFrame, optional
        Reasons for missing answers, same rows; "not_applicable" there is the same answer as
        the rubric's code for it here. Without it only the code itself is seen.

    Raises
    ------
    DataError
        Where an item's column is absent or holds a code that the rubric does not know.
    """
    require_columns(frame, [i.derived_from or i.name for i in rubric.items], table="msps")
    scores, excused = {}, {}
    for item in rubric.items:
        if item.derived_from:
            scores[item.name] = _from_cuts(frame[item.derived_from], item)
            excused[item.name] = np.zeros(len(frame), dtype=bool)
        else:
            reasons = missing[item.name] if missing is not None and item.name in missing else None
            scores[item.name], excused[item.name] = _one_item(frame, item, rubric, reasons)
    numbers = pd.DataFrame(scores, index=frame.index)
    return Answers(
        scores=numbers,
        excused=pd.DataFrame(excused, index=frame.index),
        criteria=pd.DataFrame(
            {i.name: _met(frame, numbers, excused, i, rubric) for i in rubric.criteria},
            index=frame.index,
        ),
    )


def _from_cuts(column: pd.Series, item: Item) -> np.ndarray:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    steps = np.searchsorted(item.cuts, values, side="right").astype(float)
    return np.where(np.isnan(values), np.nan, steps)


def _one_item(
    frame: pd.DataFrame, item: Item, rubric: Rubric, reasons: pd.Series | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give the scores of one asked item, and where it validly does not apply."""
    column = frame[item.name]
    # Codes come as texts; a frame made by hand may hold 2 or 2.0 for "2".
    text = column.astype("object").map(_code, na_action="ignore")
    known = {*rubric.codes, *rubric.not_applicable, *rubric.dont_know}
    strange = text.notna() & ~text.isin(known)
    if strange.any():
        raise DataError(
            f"'{item.name}' should hold one of the codes {', '.join(sorted(known))}.",
            f"{int(strange.sum())} rows hold another, the first is {text[strange].iloc[0]!r}.",
            "Clean the responses first, or add the code to the rubric.",
        )
    numbers = text.map({code: float(code) for code in rubric.codes})
    absent = text.isin(rubric.not_applicable)
    if reasons is not None:
        absent |= (text.isna() & reasons.eq("not_applicable")).to_numpy()
    allowed = absent.to_numpy(dtype=bool) & bool(item.reasons)
    return numbers.to_numpy(dtype="float64", na_value=np.nan), allowed


def _code(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _met(
    frame: pd.DataFrame,
    numbers: pd.DataFrame,
    excused: dict[str, np.ndarray],
    item: Item,
    rubric: Rubric,
) -> np.ndarray:
    """Say whether a criterion is met; an excuse counts only with an accepted reason."""
    values = numbers[item.name].to_numpy()
    met = np.where(np.isnan(values), np.nan, (values >= rubric.met_from).astype(float))
    accepted = np.full(len(frame), AS_WORDED in item.reasons)
    column = f"{item.name}{rubric.reason_suffix}"
    if column in frame:
        accepted = frame[column].astype("object").isin(item.reasons).to_numpy(dtype=bool)
    return np.where(excused[item.name] & accepted, 1.0, met)


def score(
    frame: pd.DataFrame, rubric: Rubric, *, missing: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute every derived variable of the rubric.

    A domain's score is the mean of its answered items ÷ 3 × 100, the total the weighted mean
    of the domains' scores. Too few answers give no score; see ``[complete]`` in the file.

    Parameters
    ----------
    frame : DataFrame
        Responses of MSPs, one row a firm.
    missing : DataFrame, optional
        Reasons for missing answers, same rows and columns.

    Returns
    -------
    DataFrame
        Same rows; ``resp_id`` (where there is one) and the variables of ``rubric_variables``.
    """
    answers = read_answers(frame, rubric, missing=missing)
    domains = _domain_scores(answers, rubric)
    total = _total(domains, answers, rubric)
    columns: dict[str, object] = {"resp_id": frame["resp_id"]} if "resp_id" in frame else {}
    for item in rubric.items:
        if item.derived_from:
            columns[item.name] = _as_codes(answers.scores[item.name], rubric)
    columns |= {str(name): domains[name] for name in domains}
    columns["score"] = total
    columns["mat_level"] = cut_levels(total, answers.scores, rubric)
    return pd.DataFrame({**columns, **_baseline(answers, rubric)}, index=frame.index)


def _as_codes(scores: pd.Series, rubric: Rubric) -> Any:
    """Give a derived item as the codes that the asked ones have."""
    positions = [-1 if np.isnan(value) else int(value) for value in scores]
    return coded(positions, list(rubric.codes), scores.index, ordered=True)


def _domain_scores(answers: Answers, rubric: Rubric) -> pd.DataFrame:
    columns = {}
    for domain in rubric.domains:
        names = [item.name for item in rubric.items_of(domain.code)]
        scores = answers.scores[names]
        answered = (scores.notna() | answers.excused[names]).sum(axis=1)
        enough = answered >= rubric.complete.items_per_domain
        columns[f"dom_{domain.code}"] = (scores.mean(axis=1) / rubric.top * 100).where(enough)
    return pd.DataFrame(columns, index=answers.scores.index).round(_DECIMALS)


def _total(
    domains: pd.DataFrame, answers: Answers, rubric: Rubric, *, dropped: str = ""
) -> pd.Series:
    weights = np.array([0.0 if d.code == dropped else d.weight for d in rubric.domains])
    present = domains.notna().to_numpy() & (weights > 0)
    sums = np.nansum(domains.to_numpy() * weights, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = sums / (present * weights).sum(axis=1)
    answered = (answers.scores.notna() | answers.excused).sum(axis=1).to_numpy()
    # A domain that is dropped for a sensitivity run is not held against anyone.
    domains_needed = rubric.complete.domains - (1 if dropped else 0)
    enough = (present.sum(axis=1) >= domains_needed) & (answered >= rubric.complete.items)
    return pd.Series(np.where(enough, total, np.nan), index=domains.index).round(_DECIMALS)


def score_without(
    frame: pd.DataFrame, rubric: Rubric, domain: str, *, missing: pd.DataFrame | None = None
) -> pd.Series:
    """Compute the total score with one domain left out."""
    codes = [d.code for d in rubric.domains]
    if domain not in codes:
        raise EstimateError(
            "The code of a domain of the rubric was wanted.",
            f"There is none called '{domain}'.",
            did_you_mean(domain, codes),
        )
    answers = read_answers(frame, rubric, missing=missing)
    return _total(_domain_scores(answers, rubric), answers, rubric, dropped=domain)


def cut_levels(total: pd.Series, scores: pd.DataFrame, rubric: Rubric) -> Any:
    """Cut scores into maturity levels; a cut point belongs to the upper level.

    A level that needs an item besides is not reached where that item is lower or missing: the
    firm then stays at the level below.
    """
    values = total.to_numpy(dtype="float64", na_value=np.nan)
    codes = np.full(len(values), -1)
    for position, level in enumerate(rubric.levels):
        reached = values >= level.start
        for name, least in level.needs.items():
            reached &= scores[name].to_numpy(dtype="float64", na_value=np.nan) >= least
        codes = np.where(reached, position, codes)
    return coded(codes, [level.code for level in rubric.levels], total.index, ordered=True)


def class_codes(rubric: Rubric) -> list[str]:
    """Give the codes of the baseline classes, worst first."""
    return [c.code for c in reversed(rubric.classes)]


def classify(
    frame: pd.DataFrame,
    rubric: Rubric,
    *,
    needed: int | None = None,
    critical: int | None = None,
    dropped: Iterable[str] = (),
    missing: pd.DataFrame | None = None,
) -> Any:
    """Give each firm's baseline class, or the class under another bar for the best one.

    Parameters
    ----------
    needed, critical : int, optional
        Criteria, and critical ones, that the best class needs; as in the rubric if not given.
    dropped : iterable of str
        Criteria taken as met by every firm.

    Returns
    -------
    Series of category
        Worst class first; NA where the firm cannot be classified.
    """
    answers = read_answers(frame, rubric, missing=missing)
    best = rubric.classes[0]
    bars = [(best.criteria if needed is None else needed,
             best.critical if critical is None else critical)]  # fmt: skip
    bars += [(c.criteria, c.critical) for c in rubric.classes[1:]]
    return _classes(answers, rubric, bars, dropped)


def _classes(
    answers: Answers, rubric: Rubric, bars: list[tuple[int, int]], dropped: Iterable[str] = ()
) -> Any:
    """Put each firm in the first class whose bar it reaches, best class first."""
    reach = [answers.at_least(rubric, needed=n, critical=c, dropped=dropped) for n, c in bars[:-1]]
    undecided = np.isnan(np.column_stack(reach)).any(axis=1)
    place = np.select([r == 1 for r in reach], list(range(len(reach))), default=len(reach))
    positions = np.where(undecided, -1, len(bars) - 1 - place)
    return coded(positions, class_codes(rubric), answers.scores.index, ordered=True)


def _baseline(answers: Answers, rubric: Rubric) -> dict[str, object]:
    counts = _count(answers.criteria, rubric)
    classes = _classes(answers, rubric, [(c.criteria, c.critical) for c in rubric.classes])
    worst, best = class_codes(rubric)[0], class_codes(rubric)[-1]
    return {
        # With too many missing, a count of those met would be read as a count of all.
        "base_n": np.where(counts.too_many, np.nan, counts.met),
        "base_critical_n": np.where(counts.too_many, np.nan, counts.critical),
        "base_class": classes,
        "base_bound_low": classes.fillna(worst),
        "base_bound_high": classes.fillna(best),
    }


def rubric_variables(rubric: Rubric) -> list[Variable]:
    """Describe the derived variables, for the instrument and the codebook."""
    made_by = f"computed by {rubric.name}"
    names = tuple(item.derived_from or item.name for item in rubric.items)
    criteria = tuple(item.name for item in rubric.criteria)
    scale = tuple(Option(code, code, float(code)) for code in rubric.codes)
    variables = [
        Variable(i.name, i.label, i.label, "single", i.name, options=scale, ordered=True,
                 derived_from=(i.derived_from,), rule=made_by)
        for i in rubric.items if i.derived_from
    ]  # fmt: skip
    for d in rubric.domains:
        used = tuple(i.derived_from or i.name for i in rubric.items_of(d.code))
        text = f"Score for {d.label.lower()}, 0 to 100 ({made_by})"
        variables.append(_number(f"dom_{d.code}", text, d.label, used, made_by, 100))
    text = f"Maturity score, 0 to 100 ({made_by})"
    variables.append(_number("score", text, "Maturity score", names, made_by, 100))
    levels = [(lv.code, lv.label) for lv in rubric.levels]
    text = f"Maturity level ({made_by})"
    variables.append(_classed("mat_level", text, "Maturity level", levels, ("score",)))
    for name, group, label in (
        ("base_n", rubric.criteria, "Baseline criteria met"),
        ("base_critical_n", rubric.critical, "Critical criteria met"),
    ):
        used = tuple(item.name for item in group)
        text = f"{label}, of {len(group)} ({made_by})"
        variables.append(_number(name, text, label, used, made_by, len(group)))
    options = [(c.code, c.label) for c in reversed(rubric.classes)]
    for name, label in (
        ("base_class", "Baseline class"),
        ("base_bound_low", "Baseline class, unclassified firms as the worst"),
        ("base_bound_high", "Baseline class, unclassified firms as the best"),
    ):
        variables.append(_classed(name, f"{label} ({made_by})", label, options, criteria))
    return variables


def _number(
    name: str, text: str, label: str, used: tuple[str, ...], rule: str, high: float
) -> Variable:
    return Variable(
        name, text, label, "number", name, low=0, high=high, derived_from=used, rule=rule
    )


def _classed(
    name: str, text: str, label: str, options: list[tuple[str, str]], used: tuple[str, ...]
) -> Variable:
    made = tuple(Option(code, words, float(i)) for i, (code, words) in enumerate(options, 1))
    return Variable(
        name, text, label, "single", name, options=made, ordered=True, derived_from=used, rule=text
    )
