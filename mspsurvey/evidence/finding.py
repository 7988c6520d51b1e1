"""Findings: each number that a report prints, with all that is needed to check it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from mspsurvey.errors import DataError, EstimateError, PublicationError
from mspsurvey.evidence import phrase
from mspsurvey.evidence.finding_record import Finding
from mspsurvey.evidence.hypothesis import Hypothesis, Rule, direction
from mspsurvey.evidence.robustness import Curve
from mspsurvey.evidence.strength import Grounds, grade
from mspsurvey.files import write_whole
from mspsurvey.inference.result.estimate import SUPPRESS, Estimates

__all__ = ["Finding", "from_estimates", "read_findings", "with_comparison", "write_findings"]

MOST_CAVEATS = 3
Key = str | tuple[str, ...]


def from_estimates(
    est: Estimates,
    *,
    report: str,
    question_id: str,
    source: str,
    field_start: dt.date | str,
    field_end: dt.date | str,
    data_hash: str,
    code_ref: str,
    definition: str = "",
    hypothesis: Hypothesis | None = None,
    grounds: Grounds | None = None,
    curves: Mapping[Key, Curve] | None = None,
    n_comparisons: int | None = None,
    benchmark: str = "",
    caveats: Sequence[str] = (),
) -> dict[Key, Finding]:
    """Make a finding of each row of estimates.

    Parameters
    ----------
    est : Estimates
        Suppressed rows give findings without numbers.
    hypothesis : Hypothesis, optional
        The claim; the row that is its rule's estimand is decided by the rule, any other
        says "cannot tell".
    grounds : Grounds, optional
        What is known of all rows; precision is taken from each row.
    curves : mapping of Curve, optional
        For rows that rest on a definition, by the key of the result: the same estimand under
        the other definitions.
    caveats : sequence of str
        Three at most, the most important first.

    Returns
    -------
    dict
        By the codes of level and groups: ``found["not_met"]``, ``found["yes", "1-4"]``. The
        item leads the key where there are several, and is the key where nothing else is.
    """
    # Rules and wording of the register are written for 95% intervals, and lo and hi say no other.
    if abs(est.confidence - 0.95) > 1e-9:
        raise PublicationError(
            "A finding carries a 95% interval.",
            f"These estimates have {100 * est.confidence:g}% intervals.",
            "Ask for them again with confidence=0.95.",
        )
    notes = [f"Shown below the presentation standard: {est.override}"] if est.override else []
    notes += caveats
    if len(notes) > MOST_CAVEATS:
        raise PublicationError(
            f"{MOST_CAVEATS} caveats at the most were wanted.", f"There are {len(notes)}.",
            "Keep the most important.",
        )  # fmt: skip
    shared = {
        "report": report,
        "question_id": question_id,
        "hypothesis": hypothesis.id if hypothesis else "",
        "population": est.population,
        "filter_code": est.where,
        "measure": est.statistic,
        "precision_kind": est.precision_kind,
        "weight": est.weight,
        "n_comparisons": n_comparisons,
        "definition": definition,
        "benchmark": benchmark,
        "source": source,
        "field_start": str(field_start),
        "field_end": str(field_end),
        "data_hash": data_hash,
        "code_ref": code_ref,
        "synthetic": est.synthetic,
        **{f"caveat_{i}": text for i, text in enumerate(notes, 1)},
    }
    found: dict[Key, Finding] = {}
    for row in est.rows():
        key = _key(est, row)
        if key in found:
            raise EstimateError("Each row should have codes of its own.", f"{key!r} stands twice.")
        found[key] = _one(est, row, key, shared, hypothesis, grounds, (curves or {}).get(key))
    return found


def _key(est: Estimates, row: Mapping[str, Any]) -> Key:
    parts = [row["item"]] if len(est.items) > 1 else []
    parts += [row["level"]] if row["level"] else []
    parts += [row[b] for b in est.by]
    if not parts:
        return str(row["item"])
    return str(parts[0]) if len(parts) == 1 else tuple(str(p) for p in parts)


def _one(
    est: Estimates,
    row: dict[str, Any],
    key: Key,
    shared: Mapping[str, Any],
    hypothesis: Hypothesis | None,
    grounds: Grounds | None,
    curve: Curve | None,
) -> Finding:
    suppressed = row["verdict"] == SUPPRESS and not est.override
    low, high = float(row["low"]), float(row["high"])
    codes = [key] if isinstance(key, str) else key
    open_curve = None if suppressed else curve
    result = _grade(grounds, row, est.statistic, curve)
    return Finding(
        finding_id=".".join([str(shared["question_id"]), *codes]),
        estimand=_estimand(est, row),
        group="; ".join(f"{b}={row[b]}" for b in est.by),
        estimate=float(row["estimate"]),
        lo=low,
        hi=high,
        n=None if math.isnan(row["n"]) else int(row["n"]),
        n_eff=float(row["n_eff"]),
        deff=float(row["deff"]),
        spec_median=open_curve.median if open_curve else None,
        spec_same_sign=open_curve.same_side if open_curve else None,
        strength=result[0],
        ledger=result[1],
        direction=_direction(est, row, hypothesis, curve, suppressed=suppressed),
        sentence=_sentence(est, row, suppressed=suppressed),
        suppressed=suppressed,
        **shared,
    )  # fmt: skip


def _grade(
    grounds: Grounds | None, row: Mapping[str, Any], statistic: str, curve: Curve | None
) -> tuple[str, str]:
    """Give strength and ledger of one row: shared grounds, its own precision."""
    if grounds is None:
        return "", ""
    half = (row["high"] - row["low"]) / 2 if statistic == "share" else math.nan
    own = replace(
        grounds,
        half_width=None if math.isnan(half) else half,
        n_eff=None if math.isnan(row["n_eff"]) else row["n_eff"],
        same_side=curve.same_side if curve else grounds.same_side,
        default_in_middle=curve.default_in_middle if curve else grounds.default_in_middle,
    )
    strength = grade(own)
    return strength.word, strength.ledger


def _estimand(est: Estimates, row: Mapping[str, Any]) -> str:
    level = f"={row['level']}" if row["level"] else ""
    parts = [f"{est.statistic} of {row['item']}{level}"]
    parts += [f"out of {est.of}"] if est.of else []
    parts += [f"where {est.where}"] if est.where else []
    parts += [f"{b}={row[b]}" for b in est.by]
    return ", ".join(parts)


def _direction(
    est: Estimates,
    row: Mapping[str, Any],
    hypothesis: Hypothesis | None,
    curve: Curve | None,
    *,
    suppressed: bool,
) -> str:
    if hypothesis is None:
        return ""
    if hypothesis.rule is None or not _is_estimand(est, row, hypothesis.rule):
        return "cannot tell"
    return direction(
        hypothesis, float(row["low"]), float(row["high"]), suppressed=suppressed,
        same_side=curve.same_side if curve else None,
    )  # fmt: skip


def _is_estimand(est: Estimates, row: Mapping[str, Any], rule: Rule) -> bool:
    """Whether this row is what the rule speaks of: not a group, not another level."""
    ratio = rule.statistic == "ratio"
    return (
        not est.by
        and est.statistic == rule.statistic
        and row["item"] == (f"{rule.item}/{rule.of}" if ratio else rule.item)
        and row["level"] == "+".join(rule.level)
        and est.of == ("" if ratio else rule.of)
        and est.where == rule.where
    )


def _sentence(est: Estimates, row: dict[str, Any], *, suppressed: bool) -> str:
    what, whom = phrase.what_row(est, row), phrase.whom_row(est, row)
    if suppressed:
        return f"{what}, among {whom}: {phrase.SUPPRESSED}."
    return phrase.say(
        est.statistic, row["estimate"], row["low"], row["high"],
        population=whom, what=what, precision_kind=est.precision_kind,
    )  # fmt: skip


def with_comparison(
    finding: Finding,
    *,
    comparison: str,
    diff: float,
    diff_lo: float,
    diff_hi: float,
    n_comparisons: int,
) -> Finding:
    """Return the finding with a difference beside it: with whom, how much, one of how many."""
    if finding.suppressed:
        raise PublicationError(
            "A difference can stand only beside a number that may be shown.",
            f"{finding.finding_id} is suppressed.",
        )
    return replace(
        finding,
        comparison=comparison,
        diff=diff,
        diff_lo=diff_lo,
        diff_hi=diff_hi,
        n_comparisons=n_comparisons,
    )


def write_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings as JSON, sorted by id, whole or not at all; a missing number is null.

    Raises
    ------
    DataError
        Where two findings bear one id.
    """
    ordered = sorted(findings, key=lambda f: f.finding_id)
    ids = [f.finding_id for f in ordered]
    doubled = sorted({a for a, b in itertools.pairwise(ids) if a == b})
    if doubled:
        raise DataError(
            "Each finding should have an id of its own.", f"Doubled: {', '.join(doubled)}.",
            "Give each question of a report its own question_id.",
        )  # fmt: skip
    text = json.dumps([asdict(f) for f in ordered], ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(path, text + "\n")


def read_findings(path: Path) -> list[Finding]:
    """Read findings back, equal to what was written.

    Raises
    ------
    DataError
        Where the file is not a list of findings with exactly the fields of a finding.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} should hold findings as JSON.", f"It cannot be read: {error}.",
            "Build the reports again.",
        ) from None  # fmt: skip
    names = {f.name for f in fields(Finding)}
    if not isinstance(rows, list) or any(not isinstance(r, dict) or set(r) != names for r in rows):
        raise DataError(
            f"{path} should hold a list of findings.",
            "At least one entry has other fields than a finding.",
            "Build the reports again with this version.",
        )
    return [Finding(**row) for row in rows]
